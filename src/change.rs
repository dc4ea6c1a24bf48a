//! A change to one value, with RFC 6902 semantics. The same list of changes serves the value, the text and printed
//! patches.

use std::fmt;

use crate::value::{Value, index, unescape};

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
            Operation::Move { from } => Operation::Move { from: [base, &from].concat() },
            other => other,
        };
        Self { pointer: [base, &self.pointer].concat(), operation }
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
    /// The pointer, or the one it moves from, does not exist, or something is to move into itself. `value` is then as it
    /// was.
    pub fn apply(&self, value: &mut Value) -> Result<(), NoSuchPlace> {
        let missing = |pointer: &str| NoSuchPlace { pointer: pointer.to_owned() };
        let is_done = match &self.operation {
            Operation::Add(added) => add(value, &self.pointer, added.clone()),
            Operation::Replace(wanted) | Operation::Restore { value: wanted, .. } => {
                value.pointer_mut(&self.pointer).map(|place| *place = wanted.clone())
            }
            Operation::Remove => take(value, &self.pointer).map(drop),
            Operation::Move { from } => {
                if self.pointer.strip_prefix(from.as_str()).is_some_and(|rest| rest.starts_with('/')) {
                    return Err(missing(&self.pointer));
                }
                // A copy of more would make each move copy all the collections around it.
                let list = from.rsplit_once('/').map_or("", |(list, _)| list);
                let before = value.pointer(list).cloned();
                let moved = take(value, from).ok_or_else(|| missing(from))?;
                let is_done = add(value, &self.pointer, moved);
                if is_done.is_none()
                    && let Some((place, before)) = value.pointer_mut(list).zip(before)
                {
                    *place = before;
                }
                is_done
            }
        };
        is_done.ok_or_else(|| missing(&self.pointer))
    }
}

/// What a change needs is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchPlace {
    /// Where.
    pub pointer: String,
}

impl fmt::Display for NoSuchPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there is no {:?}", self.pointer)
    }
}

impl std::error::Error for NoSuchPlace {}

/// Sets a key, inserts an item, or replaces the whole value.
fn add(value: &mut Value, pointer: &str, added: Value) -> Option<()> {
    let Some((parent, token)) = pointer.rsplit_once('/') else {
        return pointer.is_empty().then(|| *value = added);
    };
    match value.pointer_mut(parent)? {
        Value::Object(entries) => {
            entries.insert(unescape(token), added);
        }
        Value::Array(items) => {
            let index = index(token).filter(|index| *index <= items.len())?;
            items.insert(index, added);
        }
        _ => return None,
    }
    Some(())
}

/// Takes a key or an item out. The whole value stays.
fn take(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, token) = pointer.rsplit_once('/')?;
    match value.pointer_mut(parent)? {
        Value::Object(entries) => entries.remove(&unescape(token)),
        Value::Array(items) => {
            let index = index(token).filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
