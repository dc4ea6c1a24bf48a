//! What a run is told: the function config and the Instrumentation, parsed loosely, then validated.

pub mod annotations;
pub mod context;
pub mod function;
pub mod instrumentation;
mod nearest;

use crate::config::instrumentation::Instrumentation;
pub use crate::config::nearest::nearest;

/// What the function config and the command line say, validated.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What happens to a workload that is refused.
    pub on_error: OnError,
    /// The namespace of every namespaced resource that names none.
    pub namespace: Option<String>,
    /// What is used where the switch says `"true"` and the namespace has no Instrumentation.
    pub instrumentation: Option<Instrumentation>,
}

/// What happens to a workload that is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// The run fails and prints nothing that it changed.
    #[default]
    Fail,
    /// The workload is left out and its finding becomes a warning.
    Skip,
}

impl OnError {
    /// Every choice, the default first.
    pub const ALL: &'static [Self] = &[Self::Fail, Self::Skip];

    /// The word in the function config and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

/// Whether a namespace may be called `name`: an RFC 1123 label.
#[must_use]
pub fn is_namespace(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_dns_label() {
        assert!(is_namespace("shop"));
        assert!(is_namespace("0"));
        for wrong in ["", "-a", "a-", "A", "a.b", "ä", &"a".repeat(64)] {
            assert!(!is_namespace(wrong), "{wrong}");
        }
    }
}
