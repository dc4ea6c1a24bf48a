//! A working copy: every mutation is applied and recorded as a change.

use crate::change::Change;
use crate::k8s::pod::{name, position};
use crate::value::{Value, escape, json};

/// A value that is being changed.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    value: Value,
    changes: Vec<Change>,
}

impl Draft {
    pub(super) fn new(value: Value) -> Self {
        // Roughly what a language changes.
        Self { value, changes: Vec::with_capacity(32) }
    }

    pub(super) const fn value(&self) -> &Value {
        &self.value
    }

    /// The number of changes so far.
    pub(super) fn steps(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn finish(self) -> (Vec<Change>, Value) {
        (self.changes, self.value)
    }

    fn carry_out(&mut self, change: Change) {
        change.apply(&mut self.value).expect("impossible: every pointer comes from a look at the value");
        self.changes.push(change);
    }

    /// The list `key` of the mapping at `parent`; empty if it is missing or null.
    pub(super) fn list(&self, parent: &str, key: &str) -> &[Value] {
        self.value
            .pointer(parent)
            .and_then(|parent| parent.get(key))
            .and_then(Value::as_array)
            .unwrap_or_default()
    }

    /// Appends `element` to the list `key` of the mapping at `parent`.
    pub(super) fn append(&mut self, parent: &str, key: &str, element: Value) {
        self.insert(parent, key, usize::MAX, element);
    }

    /// Inserts `element` before the one at `index`, or at the end. Creates a list that is missing or null.
    pub(super) fn insert(&mut self, parent: &str, key: &str, index: usize, element: Value) {
        self.insert_if(false, parent, key, index, element);
    }

    /// As [`Self::insert`], but does nothing if the list has an element of that name.
    pub(super) fn insert_new(&mut self, parent: &str, key: &str, index: usize, element: Value) {
        self.insert_if(true, parent, key, index, element);
    }

    fn insert_if(&mut self, is_new: bool, parent: &str, key: &str, index: usize, element: Value) {
        let pointer = || pointer_to(parent, key);
        let change = match at(&mut self.value, parent, key) {
            Some(Value::Array(items)) => {
                if is_new && position(items, name(&element)).is_some() {
                    return;
                }
                let index = index.min(items.len());
                items.insert(index, element.clone());
                let pointer = [&*pointer(), "/", &index.to_string()].concat();
                self.changes.push(Change::add(pointer, element));
                return;
            }
            Some(_) => Change::replace(pointer(), json!([element])),
            None => Change::add(pointer(), json!([element])),
        };
        self.carry_out(change);
    }

    /// Removes the element at `index` from the list `key` of the mapping at `parent`.
    pub(super) fn remove(&mut self, parent: &str, key: &str, index: usize) {
        self.carry_out(Change::remove(format!("{}/{index}", pointer_to(parent, key))));
    }

    /// Moves the value at `from` to `pointer`.
    pub(super) fn relocate(&mut self, from: String, pointer: String) {
        self.carry_out(Change::relocate(from, pointer));
    }

    /// Removes the key from the mapping at `parent`.
    pub(super) fn unset(&mut self, parent: &str, key: &str) {
        self.carry_out(Change::remove(pointer_to(parent, key)));
    }

    /// Moves an element to the end of its list unless it is already there.
    pub(super) fn move_to_end(&mut self, parent: &str, key: &str, index: usize) {
        let Some(Value::Array(items)) = at(&mut self.value, parent, key) else { return };
        let last = items.len().saturating_sub(1);
        if index < last {
            let element = items.remove(index);
            items.push(element);
            let pointer = pointer_to(parent, key);
            self.changes.push(Change::relocate(format!("{pointer}/{index}"), format!("{pointer}/{last}")));
        }
    }

    /// Sets the key of the mapping at `parent` unless it already has that value.
    pub(super) fn set(&mut self, parent: &str, key: &str, value: Value) {
        let pointer = pointer_to(parent, key);
        let change = match self.value.pointer(&pointer) {
            Some(current) if *current == value => return,
            Some(_) => Change::replace(pointer, value),
            None => Change::add(pointer, value),
        };
        self.carry_out(change);
    }
}

/// What is at a key of the mapping at `parent`. Lists are changed there, as [`Change::apply`] would, which would look for
/// them again.
fn at<'v>(value: &'v mut Value, parent: &str, key: &str) -> Option<&'v mut Value> {
    value.pointer_mut(parent)?.get_mut(key)
}

/// Pointer to a key of the mapping at `parent`.
fn pointer_to(parent: &str, key: &str) -> String {
    [parent, "/", &escape(key)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn a_list_that_is_not_there_comes_into_being() {
        for start in [json!({}), json!({"env": null}), json!({"env": []})] {
            let mut draft = Draft::new(start);
            draft.append("", "env", json!(1));
            draft.insert("", "env", 0, json!(0));
            let (changes, value) = draft.finish();
            assert_eq!((changes.len(), value), (2, json!({"env": [0, 1]})));
        }
    }
}
