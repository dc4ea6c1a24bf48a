use json_patch::Patch;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};

use super::*;
use crate::value::escape;
use crate::value::tests::json_of;

const KEYS: [&str; 9] = ["", "a", "b", "0", "1", "00", "+1", "/", "~1"];

/// The keys, and an index that is beyond most sequences.
const TOKENS: [&str; 11] = ["", "a", "b", "0", "1", "00", "+1", "~1", "~01", "3", "a~0"];

fn value() -> impl Strategy<Value = Json> {
    json_of(prop_oneof![Just(Json::Null), (0..9).prop_map(Json::from)], &KEYS)
}

/// What is chosen before the value is known: one of its places, and tokens below that.
fn place() -> impl Strategy<Value = (Index, Vec<&'static str>)> {
    (any::<Index>(), prop_oneof![Just(vec![]), vec(select(&TOKENS[..]), 1), vec(select(&TOKENS[..]), 0..3)])
}

/// The pointers to all values below `at`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), found));
        }
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{}", escape(key)), found));
        }
        _ => {}
    }
}

/// As RFC 6902 writes it.
fn patch(change: &Change) -> Patch {
    let path = &change.pointer;
    let operation = match &change.operation {
        Operation::Add(value) => json!({"op": "add", "path": path, "value": value}),
        Operation::Replace(value) | Operation::Restore { value, .. } => {
            json!({"op": "replace", "path": path, "value": value})
        }
        Operation::Remove => json!({"op": "remove", "path": path}),
        Operation::Move { from } => json!({"op": "move", "from": from, "path": path}),
    };
    serde_json::from_value(json!([operation])).expect("a patch")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn a_change_does_what_a_patch_does(
        start in value(),
        steps in vec((0..5, place(), place(), value()), 1..6),
    ) {
        let mut value = Value::from(start);
        for (operation, at, from, new) in steps {
            let mut found = Vec::new();
            pointers(&value, "", &mut found);
            let pointer = |(index, tokens): &(Index, Vec<&str>)| {
                let start = index.get(&found).clone();
                tokens.iter().fold(start, |at, token| format!("{at}/{token}"))
            };
            let at = pointer(&at);
            let change = match operation {
                0 => Change::add(at, Value::from(new)),
                1 => Change::replace(at, Value::from(new)),
                2 => Change::remove(at),
                3 => Change::relocate(pointer(&from), at),
                // Within what is moved.
                _ => Change::relocate(at.as_str(), format!("{at}{}", pointer(&from))),
            };
            let before = Json::from(&value);
            let mut patched = before.clone();
            let mut changed = value.clone();
            let theirs = json_patch::patch(&mut patched, &patch(&change));
            let ours = change.apply(&mut changed);
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}: {:?}, {:?}", change, ours, theirs);
            prop_assert_eq!(&Json::from(&value), &before, "{:?} changes a copy", change);
            // The crate takes an element out before it finds that it has no place to go.
            let expected = if ours.is_ok() { Value::from(patched) } else { value };
            prop_assert_eq!(&changed, &expected, "{:?}", change);
            value = changed;
        }
    }
}
