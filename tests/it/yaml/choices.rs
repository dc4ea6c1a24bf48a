//! Decisions of a random renderer, as data that shrinks: 0 is always the plainest choice.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

#[derive(Clone, Default)]
pub(crate) struct Choices {
    bytes: Vec<u8>,
    at: usize,
}

impl std::fmt::Debug for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.bytes)
    }
}

impl Choices {
    /// A number below `count`.
    pub(crate) fn pick(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(byte) % count
    }

    /// True in one of `count` cases.
    pub(crate) fn rarely(&mut self, count: usize) -> bool {
        self.pick(count) == count - 1
    }

    pub(crate) fn one<'c, T: ?Sized>(&mut self, of: &[&'c T]) -> &'c T {
        of[self.pick(of.len())]
    }
}

pub(crate) fn choices(length: usize) -> impl Strategy<Value = Choices> {
    vec(any::<u8>(), 0..length).prop_map(|bytes| Choices { bytes, at: 0 })
}
