//! A change to one value: RFC 6902 semantics, one list for the value, the text and printed patches.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::Value;

/// What happens at a [`Change`]'s pointer.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Sets an object's key, or inserts into an array before the element that has the index now.
    Add(Value),
    /// Sets a value that exists.
    Replace(Value),
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

    /// Carries the change out on `value`.
    ///
    /// # Errors
    /// When the pointer, or the one that it moves from, leads nowhere.
    pub fn apply(&self, value: &mut Value) -> Result<(), json_patch::PatchError> {
        // The crate copies every token of the way, so it is shown the last one only.
        let (way, _) = self.pointer.rsplit_once('/').unwrap_or_default();
        let is_within = |from: &str| from.rsplit_once('/').is_some_and(|(there, _)| there == way);
        let is_local = match &self.operation {
            Operation::Move { from } => is_within(from),
            _ => true,
        };
        match look_up_mut(value, way) {
            Some(parent) if is_local => json_patch::patch(parent, &[self.patch_below(way.len())]),
            _ => json_patch::patch(value, &[self.as_patch()]),
        }
    }

    /// The change as an RFC 6902 operation.
    #[must_use]
    pub fn as_patch(&self) -> PatchOperation {
        self.patch_below(0)
    }

    /// The operation on the value to which so many bytes of the pointers lead.
    fn patch_below(&self, way: usize) -> PatchOperation {
        let path = pointer_buf(&self.pointer[way..]);
        match &self.operation {
            Operation::Add(value) => PatchOperation::Add(AddOperation { path, value: value.clone() }),
            Operation::Replace(value) => {
                PatchOperation::Replace(ReplaceOperation { path, value: value.clone() })
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
        Value::Object(entries) if token.contains('~') => entries.get(&unescape(token)),
        Value::Object(entries) => entries.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    })
}

/// As [`look_up`], to be changed.
fn look_up_mut<'v>(value: &'v mut Value, pointer: &str) -> Option<&'v mut Value> {
    pointer.split('/').skip(1).try_fold(value, |value, token| match value {
        Value::Object(entries) => {
            if token.contains('~') {
                entries.get_mut(&unescape(token))
            } else {
                entries.get_mut(token)
            }
        }
        Value::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A key as a pointer's token: `~` and `/` escaped.
#[must_use]
pub fn escape(key: &str) -> String {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1") } else { key.to_owned() }
}

/// A pointer's token as the key it stands for.
#[must_use]
pub fn unescape(token: &str) -> String {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~") } else { token.to_owned() }
}
