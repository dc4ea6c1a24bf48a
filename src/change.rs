//! A change to one value: RFC 6902 semantics, one list for the value, the text and printed patches.

use std::borrow::Cow;

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::{Map, Value};

mod between;

pub use between::{Forms, Identify, between, shifts};
pub(crate) use between::{longest_increasing, origins};

/// What happens at a [`Change`]'s pointer.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Sets an object's key, or inserts into an array before the element that has the index now.
    Add(Value),
    /// Sets a value that exists.
    Replace(Value),
    /// Sets a value that exists to what the text had there before an earlier edit.
    Restore {
        /// The value.
        value: Value,
        /// Its text: what is between the colon and the end of the value for an empty one (` []`, or nothing),
        /// the text itself for a plain string.
        text: String,
    },
    /// Takes a value out.
    Remove,
    /// Takes the value at `from` out, then adds it at the change's pointer.
    Move {
        /// Where the value stands before the change.
        from: String,
    },
}

/// One step of an edit. Pointers are RFC 6901 and refer to the value as earlier changes left it;
/// arrays are addressed by number, never by `-`.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where the change happens.
    pub pointer: String,
    /// What happens there.
    pub operation: Operation,
}

impl Change {
    /// Sets a key, or inserts into an array.
    pub fn add(pointer: impl Into<String>, value: Value) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Add(value) }
    }

    /// Sets a value that exists.
    pub fn replace(pointer: impl Into<String>, value: Value) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Replace(value) }
    }

    /// Takes a value out.
    pub fn remove(pointer: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Remove }
    }

    /// Takes the value at `from` out and adds it at `pointer`.
    pub fn relocate(from: impl Into<String>, pointer: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Move { from: from.into() } }
    }

    /// The same change to a value that stands at `base` in a larger one.
    #[must_use]
    pub fn below(self, base: &str) -> Self {
        if base.is_empty() {
            return self;
        }
        let operation = match self.operation {
            Operation::Move { from } => Operation::Move { from: format!("{base}{from}") },
            other => other,
        };
        Self { pointer: format!("{base}{}", self.pointer), operation }
    }

    /// The same change to the value that stands at `base`; none where it happens elsewhere.
    #[must_use]
    pub fn within(self, base: &str) -> Option<Self> {
        let inside = |pointer: String| {
            let rest = pointer.strip_prefix(base)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
        };
        let operation = match self.operation {
            Operation::Move { from } => Operation::Move { from: inside(from)? },
            other => other,
        };
        Some(Self { pointer: inside(self.pointer)?, operation })
    }

    /// Carries the change out on `value`.
    ///
    /// # Errors
    /// When the pointer, or the one that it moves from, leads nowhere.
    pub fn apply(&self, value: &mut Value) -> Result<(), json_patch::PatchError> {
        // The crate copies every token of the way, so it is shown the last one only; and the value twice, so it
        // is shown a null, which then gives way to the one copy that stays.
        let (way, _) = self.pointer.rsplit_once('/').unwrap_or_default();
        let last = &self.pointer[way.len()..];
        let is_within = |from: &str| from.rsplit_once('/').is_some_and(|(current, _)| current == way);
        let is_local = match &self.operation {
            Operation::Move { from } => is_within(from),
            _ => true,
        };
        let Some(parent) = look_up_mut(value, way).filter(|_| is_local) else {
            return json_patch::patch(value, &[self.as_patch()]);
        };
        json_patch::patch(parent, &[self.patch_below(way.len(), |_| Value::Null)])?;
        if let Operation::Add(value) | Operation::Replace(value) | Operation::Restore { value, .. } =
            &self.operation
        {
            *look_up_mut(parent, last).expect("impossible: the patch has put a null there") = value.clone();
        }
        Ok(())
    }

    /// The change as an RFC 6902 operation.
    #[must_use]
    pub fn as_patch(&self) -> PatchOperation {
        self.patch_below(0, Value::clone)
    }

    /// The operation on the value to which so many bytes of the pointers lead, with what `shown` makes of its own.
    fn patch_below(&self, way: usize, shown: impl Fn(&Value) -> Value) -> PatchOperation {
        let path = pointer_buf(&self.pointer[way..]);
        match &self.operation {
            Operation::Add(value) => PatchOperation::Add(AddOperation { path, value: shown(value) }),
            Operation::Replace(value) | Operation::Restore { value, .. } => {
                PatchOperation::Replace(ReplaceOperation { path, value: shown(value) })
            }
            Operation::Remove => PatchOperation::Remove(RemoveOperation { path }),
            Operation::Move { from } => {
                PatchOperation::Move(MoveOperation { from: pointer_buf(&from[way..]), path })
            }
        }
    }
}

fn pointer_buf(pointer: &str) -> PointerBuf {
    PointerBuf::parse(pointer.to_owned()).expect("impossible: every pointer is made by `escape` and numbers")
}

/// The value at `pointer`: as [`Value::pointer`], which makes copies of every token on the way.
#[must_use]
pub fn look_up<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(value, |value, token| match value {
        Value::Object(entries) => member(entries, &unescape(token)),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The value of a key in a mapping of a few keys, where to look at each is faster than to hash.
#[must_use]
pub fn member<'v>(entries: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    entries.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// As [`look_up`], to be changed.
fn look_up_mut<'v>(value: &'v mut Value, pointer: &str) -> Option<&'v mut Value> {
    pointer.split('/').skip(1).try_fold(value, |value, token| match value {
        Value::Object(entries) => {
            let key = unescape(token);
            entries.iter_mut().find(|(name, _)| **name == key).map(|(_, value)| value)
        }
        Value::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A key as a pointer's token: `~` and `/` escaped.
#[must_use]
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(key)
    }
}

/// A pointer's token as the key it stands for.
#[must_use]
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}
