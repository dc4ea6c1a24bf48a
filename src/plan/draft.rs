//! A working copy: every mutation is a change that is carried out and kept.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change::{Change, escape, look_up};

/// A value on the way from what it is to what it shall be.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    value: Value,
    changes: Vec<Change>,
    /// Per list that has been touched: behind which index none of the input's elements stands.
    ends: BTreeMap<String, usize>,
    shifts: bool,
}

impl Draft {
    pub(super) const fn new(value: Value) -> Self {
        Self { value, changes: Vec::new(), ends: BTreeMap::new(), shifts: false }
    }

    pub(super) const fn value(&self) -> &Value {
        &self.value
    }

    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    pub(super) fn finish(self) -> (Vec<Change>, Value, bool) {
        (self.changes, self.value, self.shifts)
    }

    fn carry_out(&mut self, change: Change) {
        change.apply(&mut self.value).expect("impossible: every pointer comes from a look at the value");
        self.changes.push(change);
    }

    /// The list `key` of the mapping at `parent`; empty where it is missing or null.
    pub(super) fn list(&self, parent: &str, key: &str) -> &[Value] {
        look_up(&self.value, parent)
            .and_then(|parent| parent.get(key))
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Puts `element` at the end of the list `key` of the mapping at `parent`.
    pub(super) fn append(&mut self, parent: &str, key: &str, element: Value) {
        let end = self.list(parent, key).len();
        self.insert(parent, key, end, element);
    }

    /// Puts `element` before the one at `index`. A list that is missing or null comes into being with it.
    pub(super) fn insert(&mut self, parent: &str, key: &str, index: usize, element: Value) {
        let pointer = pointer_to(parent, key);
        let there = look_up(&self.value, &pointer);
        let length = there.and_then(Value::as_array).map_or(0, Vec::len);
        let element_pointer = pointer_to(&pointer, &index.to_string());
        let change = match there {
            Some(Value::Array(_)) => Change::add(element_pointer, element),
            Some(_) => Change::replace(pointer.clone(), Value::Array(vec![element])),
            None => Change::add(pointer.clone(), Value::Array(vec![element])),
        };
        let end = self.ends.entry(pointer).or_insert(length);
        if index < *end {
            *end += 1;
            self.shifts = true;
        }
        self.carry_out(change);
    }

    /// Takes the element at `index` out of the list `key` of the mapping at `parent`.
    pub(super) fn remove(&mut self, parent: &str, key: &str, index: usize) {
        let pointer = pointer_to(parent, key);
        let length = self.list(parent, key).len();
        let end = self.ends.entry(pointer.clone()).or_insert(length);
        if index < *end {
            *end -= 1;
            self.shifts |= index < *end;
        }
        self.carry_out(Change::remove(format!("{pointer}/{index}")));
    }

    /// Takes the key of the mapping at `parent` out.
    pub(super) fn unset(&mut self, parent: &str, key: &str) {
        self.carry_out(Change::remove(pointer_to(parent, key)));
    }

    /// Moves an element to the end of its list, unless it stands there.
    pub(super) fn move_to_end(&mut self, parent: &str, key: &str, index: usize) {
        let length = self.list(parent, key).len();
        if index + 1 >= length {
            return;
        }
        let pointer = pointer_to(parent, key);
        let end = self.ends.entry(pointer.clone()).or_insert(length);
        if index < *end {
            *end -= 1;
            self.shifts = true;
        }
        self.carry_out(Change::relocate(format!("{pointer}/{index}"), format!("{pointer}/{}", length - 1)));
    }

    /// Sets the key of the mapping at `parent`, unless it has that value.
    pub(super) fn set(&mut self, parent: &str, key: &str, value: Value) {
        let pointer = pointer_to(parent, key);
        let change = match look_up(&self.value, &pointer) {
            Some(there) if *there == value => return,
            Some(_) => Change::replace(pointer, value),
            None => Change::add(pointer, value),
        };
        self.carry_out(change);
    }
}

/// Pointer to a key of the mapping at `parent`.
fn pointer_to(parent: &str, key: &str) -> String {
    [parent, "/", &escape(key)].concat()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_is_not_there_comes_into_being() {
        for start in [json!({}), json!({"env": null}), json!({"env": []})] {
            let mut draft = Draft::new(start);
            draft.append("", "env", json!(1));
            draft.insert("", "env", 0, json!(0));
            let (changes, value, shifts) = draft.finish();
            assert_eq!((changes.len(), value, shifts), (2, json!({"env": [0, 1]}), false));
        }
    }

    #[test]
    fn only_elements_of_the_input_shift() {
        let mut draft = Draft::new(json!({"env": [1, 2]}));
        draft.append("", "env", json!(3));
        draft.insert("", "env", 2, json!(4));
        draft.move_to_end("", "env", 2);
        draft.move_to_end("", "env", 3);
        assert_eq!(draft.changes().len(), 3);
        assert!(!draft.shifts);
        draft.move_to_end("", "env", 1);
        assert!(draft.shifts);
        assert_eq!(draft.value(), &json!({"env": [1, 3, 4, 2]}));
        let mut draft = Draft::new(json!({"env": [1]}));
        draft.insert("", "env", 0, json!(0));
        assert!(draft.shifts);
    }
}
