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
    pub fn below(&self, base: &str) -> Self {
        let operation = match &self.operation {
            Operation::Move { from } => Operation::Move { from: format!("{base}{from}") },
            other => other.clone(),
        };
        Self { pointer: format!("{base}{}", self.pointer), operation }
    }

    /// Carries the change out on `value`.
    ///
    /// # Errors
    /// When the pointer, or the one that it moves from, leads nowhere.
    pub fn apply(&self, value: &mut Value) -> Result<(), json_patch::PatchError> {
        json_patch::patch(value, &[self.as_patch()])
    }

    /// The change as an RFC 6902 operation.
    #[must_use]
    pub fn as_patch(&self) -> PatchOperation {
        let path = pointer_buf(&self.pointer);
        match &self.operation {
            Operation::Add(value) => PatchOperation::Add(AddOperation { path, value: value.clone() }),
            Operation::Replace(value) => {
                PatchOperation::Replace(ReplaceOperation { path, value: value.clone() })
            }
            Operation::Remove => PatchOperation::Remove(RemoveOperation { path }),
            Operation::Move { from } => PatchOperation::Move(MoveOperation { from: pointer_buf(from), path }),
        }
    }
}

fn pointer_buf(pointer: &str) -> PointerBuf {
    PointerBuf::parse(pointer.to_owned()).expect("impossible: every pointer is made by `escape` and numbers")
}

/// A key as a pointer's token: `~` and `/` escaped.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A pointer's token as the key it stands for.
#[must_use]
pub fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
