//! The changes that lead from one value to another. List elements are matched by identity.

use std::collections::BTreeMap;

use super::{Change, Operation};
use crate::value::{Map, Value, escape};

/// The identity of an element of the list under a key, or `None` if only its position identifies it.
pub type Identify = for<'v> fn(&str, &'v Value) -> Option<&'v str>;

/// Values and the texts to write them with, by path. A path consists of keys and element identities.
pub type Forms = BTreeMap<String, (Value, String)>;

/// The changes that turn `before` into `after`. Equal values are not touched, elements keep their relative order if
/// possible, and an element in both lists is changed in place.
///
/// `forms` has the texts that values had before an earlier edit.
#[must_use]
pub fn between(before: &Value, after: &Value, identify: Identify, forms: &Forms) -> Vec<Change> {
    let mut walk = Walk { identify, forms, changes: Vec::new() };
    walk.values("", "", "", before, after);
    walk.changes
}

/// Whether an element in both values has another index in `after`.
#[must_use]
pub fn shifts(before: &Value, after: &Value, identify: Identify) -> bool {
    fn lists(key: &str, before: &Value, after: &Value, identify: Identify) -> bool {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                let mut after = after.seek();
                before.iter().any(|(key, before)| {
                    after.get(key).is_some_and(|after| before != after && lists(key, before, after, identify))
                })
            }
            (Value::Array(before), Value::Array(after)) => {
                let origins = origins(key, before, after, identify);
                origins.iter().enumerate().any(|(index, origin)| {
                    origin.is_some_and(|origin| {
                        origin != index || lists("", &before[origin], &after[index], identify)
                    })
                })
            }
            _ => false,
        }
    }
    lists("", before, after, identify)
}

struct Walk<'f> {
    identify: Identify,
    forms: &'f Forms,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn values(&mut self, pointer: &str, path: &str, key: &str, before: &Value, after: &Value) {
        if before == after {
            return;
        }
        let form = self.forms.get(path).filter(|(value, _)| value == after);
        let operation = match (before, after, form) {
            (_, _, Some((value, text))) => Operation::Restore { value: value.clone(), text: text.clone() },
            (Value::Object(before), Value::Object(after), _) => {
                return self.mappings(pointer, path, before, after);
            }
            (Value::Array(before), Value::Array(after), _) if !before.is_empty() => {
                return self.lists(pointer, path, key, before, after);
            }
            _ => Operation::Replace(after.clone()),
        };
        self.changes.push(Change { pointer: pointer.to_owned(), operation });
    }

    fn mappings(&mut self, pointer: &str, path: &str, before: &Map, after: &Map) {
        let mut there = after.seek();
        for key in before.keys().filter(|key| there.get(key).is_none()) {
            self.changes.push(Change::remove(format!("{pointer}/{}", escape(key))));
        }
        let mut before = before.seek();
        for (key, after) in after {
            let token = escape(key);
            let pointer = format!("{pointer}/{token}");
            match before.get(key) {
                Some(before) => self.values(&pointer, &format!("{path}/{token}"), key, before, after),
                None => self.changes.push(Change::add(pointer, after.clone())),
            }
        }
    }

    fn lists(&mut self, pointer: &str, path: &str, key: &str, before: &[Value], after: &[Value]) {
        let origins = origins(key, before, after, self.identify);
        let mut stays = vec![false; before.len()];
        origins.iter().flatten().for_each(|origin| stays[*origin] = true);
        for index in (0..before.len()).rev().filter(|index| !stays[*index]) {
            self.changes.push(Change::remove(format!("{pointer}/{index}")));
        }
        // The elements that stay, in the old order and in the new order.
        let mut order: Vec<usize> = (0..before.len()).filter(|index| stays[*index]).collect();
        let wanted: Vec<usize> = origins.iter().flatten().copied().collect();
        // Opposite to a plan: if two elements swap places, the first one moves.
        let mirrored: Vec<usize> = wanted.iter().rev().map(|origin| before.len() - origin).collect();
        let mut in_place = longest_increasing(&mirrored);
        in_place.reverse();
        for (place, origin) in wanted.iter().enumerate().filter(|(place, _)| !in_place[*place]) {
            let of = |wanted: usize, order: &[usize]| order.iter().position(|index| *index == wanted);
            let Some(from) = of(*origin, &order) else { continue };
            order.remove(from);
            let previous = place.checked_sub(1).and_then(|previous| of(wanted[previous], &order));
            let to = previous.map_or(0, |previous| previous + 1);
            order.insert(to, *origin);
            self.changes.push(Change::relocate(format!("{pointer}/{from}"), format!("{pointer}/{to}")));
        }
        for (index, element) in after.iter().enumerate().filter(|(index, _)| origins[*index].is_none()) {
            self.changes.push(Change::add(format!("{pointer}/{index}"), element.clone()));
        }
        for (index, element) in after.iter().enumerate() {
            let Some(origin) = origins[index].filter(|origin| before[*origin] != *element) else { continue };
            let token = (self.identify)(key, element).map_or_else(|| index.to_string(), str::to_owned);
            let path = format!("{path}/{}", escape(&token));
            self.values(&format!("{pointer}/{index}"), &path, "", &before[origin], element);
        }
    }
}

/// For each element of `after`, its index in `before`: an equal element with the same identity first, then the next one
/// with that identity. Elements without identity match if they are equal.
pub(crate) fn origins(
    key: &str,
    before: &[Value],
    after: &[Value],
    identify: Identify,
) -> Vec<Option<usize>> {
    if after.starts_with(before) {
        let added = after.len() - before.len();
        return (0..before.len()).map(Some).chain(std::iter::repeat_n(None, added)).collect();
    }
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut nameless = Vec::new();
    for (index, element) in before.iter().enumerate() {
        match identify(key, element) {
            Some(name) => named.entry(name).or_default().push(index),
            None => nameless.push(index),
        }
    }
    let mut origins = vec![None; after.len()];
    for only_equal in [true, false] {
        for (index, element) in after.iter().enumerate() {
            if origins[index].is_some() {
                continue;
            }
            let candidates = match identify(key, element) {
                Some(name) => named.get_mut(name),
                None if only_equal => Some(&mut nameless),
                None => None,
            };
            let Some(candidates) = candidates else { continue };
            let found = candidates.iter().position(|candidate| !only_equal || before[*candidate] == *element);
            origins[index] = found.map(|found| candidates.remove(found));
        }
    }
    origins
}

/// Marks which of `numbers`, all distinct, belong to a longest increasing subsequence. Of several, it prefers the one
/// with the earliest elements, so that an element moved to the end is the one that moves.
pub(crate) fn longest_increasing(numbers: &[usize]) -> Vec<bool> {
    // From the end, by length: the index of the largest number that starts such a subsequence, and its successors.
    let mut starts: Vec<usize> = Vec::new();
    let mut next: Vec<Option<usize>> = vec![None; numbers.len()];
    for (index, number) in numbers.iter().enumerate().rev() {
        let length = starts.partition_point(|start| numbers[*start] > *number);
        next[index] = length.checked_sub(1).map(|shorter| starts[shorter]);
        if length == starts.len() {
            starts.push(index);
        } else {
            starts[length] = index;
        }
    }
    let mut is_part = vec![false; numbers.len()];
    let mut at = starts.last().copied();
    while let Some(index) = at {
        is_part[index] = true;
        at = next[index];
    }
    is_part
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::json;

    fn by_name<'v>(_: &str, element: &'v Value) -> Option<&'v str> {
        element.get("name").and_then(Value::as_str)
    }

    fn applied(before: &Value, changes: &[Change]) -> Value {
        let mut value = before.clone();
        changes.iter().for_each(|change| change.apply(&mut value).expect("a change that can be carried out"));
        value
    }

    #[test]
    fn one_element_that_moves_is_one_move() {
        let list =
            |names: &[&str]| json!(names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>());
        let (before, after) = (list(&["a", "b", "c", "d"]), list(&["b", "c", "d", "a"]));
        for (before, after) in [(&before, &after), (&after, &before)] {
            let changes = between(before, after, by_name, &Forms::new());
            assert_eq!(changes.len(), 1, "{changes:?}");
            assert_eq!(applied(before, &changes), *after);
        }
    }

    #[test]
    fn of_two_that_change_places_the_second_moves() {
        assert_eq!(longest_increasing(&[1, 0]), [true, false]);
        assert_eq!(longest_increasing(&[1, 2, 3, 0]), [true, true, true, false]);
        assert_eq!(longest_increasing(&[3, 0, 1, 2]), [false, true, true, true]);
        assert_eq!(longest_increasing(&[]), [false; 0]);
    }

    #[test]
    fn only_elements_of_both_sides_shift() {
        let cases = [
            (json!([1, 2]), json!([1, 2, 3]), false),
            (json!([1, 2]), json!([0, 1, 2]), true),
            (json!([1, 2]), json!([2]), true),
            (json!([1, 2]), json!([1]), false),
            (json!([{"name": "a", "env": [1]}]), json!([{"name": "a", "env": [0, 1]}]), true),
        ];
        for (before, after, expected) in cases {
            assert_eq!(shifts(&json!({ "l": before }), &json!({ "l": after }), by_name), expected, "{after}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let named = ("[abc]", inner.clone()).prop_map(|(name, inner)| json!({"name": name, "v": inner}));
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(named, 0..5).prop_map(Value::from),
                prop::collection::btree_map("[abc/~]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_changes_lead_there(before in value(), after in value()) {
            let changes = between(&before, &after, by_name, &Forms::new());
            prop_assert_eq!(applied(&before, &changes), after);
        }
    }
}
