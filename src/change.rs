//! A change to one value, with RFC 6902 semantics. The same list of changes serves the value, the text and printed
//! patches.

use std::borrow::Cow;

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::{Map, Value};

mod between;

pub use between::{Forms, Identify, between, shifts};
pub(crate) use between::{longest_increasing, origins};

/// The operation of a [`Change`].
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Sets an object's key, or inserts into an array before the element at the index.
    Add(Value),
    /// Sets an existing value.
    Replace(Value),
    /// Sets an existing value back to its text from before an earlier edit.
    Restore {
        /// The value.
        value: Value,
        /// Its text. For an empty value, what is between the colon and the end of the value (` []`, or nothing); for a
        /// plain string, the string.
        text: String,
    },
    /// Removes a value.
    Remove,
    /// Removes the value at `from`, then adds it at the change's pointer.
    Move {
        /// Pointer to the value before the change.
        from: String,
    },
}

/// One step of an edit. Pointers are RFC 6901 and refer to the value after all earlier changes. Array elements are
/// addressed by number, never by `-`.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Pointer to the value to change.
    pub pointer: String,
    /// What to do there.
    pub operation: Operation,
}

impl Change {
    /// Sets a key or inserts into an array.
    pub fn add(pointer: impl Into<String>, value: Value) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Add(value) }
    }

    /// Sets an existing value.
    pub fn replace(pointer: impl Into<String>, value: Value) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Replace(value) }
    }

    /// Removes a value.
    pub fn remove(pointer: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Remove }
    }

    /// Moves the value at `from` to `pointer`.
    pub fn relocate(from: impl Into<String>, pointer: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), operation: Operation::Move { from: from.into() } }
    }

    /// The same change, for a larger value that has this one at `base`.
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

    /// The same change, relative to the value at `base`, or `None` if it is elsewhere.
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

    /// Applies the change to `value`.
    ///
    /// # Errors
    /// The pointer, or the one it moves from, does not exist.
    pub fn apply(&self, value: &mut Value) -> Result<(), json_patch::PatchError> {
        // The crate copies every token of the path, so it gets only the last one. It also copies the value twice, so it
        // gets a null, which is then replaced by the single copy.
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

    /// The operation relative to the value at the first `way` bytes of the pointers, with its value mapped by `shown`.
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

/// The tokens of a pointer. They are so short that a plain loop finds their ends sooner than [`str::split`] does.
fn tokens(pointer: &str) -> impl Iterator<Item = &str> {
    let mut rest = pointer;
    std::iter::from_fn(move || {
        let token = rest.strip_prefix('/')?;
        let end = token.bytes().position(|byte| byte == b'/').unwrap_or(token.len());
        rest = &token[end..];
        Some(&token[..end])
    })
}

/// The value at `pointer`. Unlike [`Value::pointer`], it does not copy every token.
#[must_use]
pub fn look_up<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    tokens(pointer).try_fold(value, |value, token| match value {
        Value::Object(entries) => member(entries, &unescape(token)),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The value of a key in a small mapping, in which a linear search is faster than hashing.
#[must_use]
pub fn member<'v>(entries: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    entries.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// As [`look_up`], but mutable.
fn look_up_mut<'v>(value: &'v mut Value, pointer: &str) -> Option<&'v mut Value> {
    tokens(pointer).try_fold(value, |value, token| match value {
        Value::Object(entries) => {
            let key = unescape(token);
            entries.iter_mut().find(|(name, _)| **name == key).map(|(_, value)| value)
        }
        Value::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Escapes `~` and `/` in a key for use as a pointer's token.
#[must_use]
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(key)
    }
}

/// The key that a pointer's token refers to.
#[must_use]
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.bytes().any(|byte| byte == b'~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}
