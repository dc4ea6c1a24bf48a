use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value as Json;

use super::*;

/// A JSON text: with keys twice, and with numbers and strings in all ways to write them.
fn text() -> impl Strategy<Value = String> {
    let string = || prop_oneof![any::<String>().prop_map(|text| Json::from(text).to_string()), key_text()];
    let leaf = prop_oneof![
        string(),
        select(&["null", "true", "false", "0", "-0", "-0.0", "1e5", "1.0", "0.1e-7", "1e308", "5e-324"][..])
            .prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter_map("a number", |number| Some(Json::from(number).to_string())),
        "-?[1-9][0-9]{0,30}(\\.[0-9]{1,30})?",
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let entry = (string(), inner.clone()).prop_map(|(key, value)| format!("{key} :{value}"));
        prop_oneof![
            vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(" , "))),
            vec(entry, 0..6).prop_map(|entries| format!("{{{}\n}}", entries.join(","))),
        ]
    })
}

/// One of a few keys, so that they come twice.
fn key_text() -> impl Strategy<Value = String> {
    select(
        &["\"\"", "\"a\"", "\"\\u0061\"", "\"\\ud83d\\ude00\"", "\"a key that is long enough for the heap\""]
            [..],
    )
    .prop_map(str::to_owned)
}

/// A key that pointers can be about.
const KEYS: [&str; 12] = ["", "a", "b", "0", "1", "00", "01", "+1", "/", "~", "~1", "a/b~0"];

/// A small value, so that two of them are often the same.
fn json() -> impl Strategy<Value = Json> {
    json_of(prop_oneof![Just(Json::Null), (0..2).prop_map(Json::from), Just(Json::from("0"))], &KEYS)
}

/// A small value of these leaves and keys.
pub(crate) fn json_of(
    leaf: impl Strategy<Value = Json> + 'static,
    keys: &'static [&'static str],
) -> impl Strategy<Value = Json> {
    leaf.prop_recursive(4, 30, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec((select(keys), inner), 0..4).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

/// Keys, each once, and their values, in random order.
fn entries() -> impl Strategy<Value = Vec<(String, Value)>> {
    let value = json().prop_map(Value::from);
    btree_map("[a-z]{1,20}", value, 0..80).prop_map(|entries| entries.into_iter().collect()).prop_shuffle()
}

fn map(entries: &[(String, Value)]) -> Map {
    entries.iter().cloned().collect()
}

/// The same, with the keys of every mapping the other way round, and nothing shared.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> =
                entries.iter().map(|(key, value)| (key.to_string(), reversed(value))).collect();
            entries.reverse();
            entries.into_iter().collect()
        }
        other => other.clone(),
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "",
            "a",
            "b",
            "0",
            "1",
            "2",
            "00",
            "01",
            "+1",
            "-1",
            "-",
            "~1",
            "~0",
            "~01",
            "a~1b~00",
            "~",
            "~2",
            "é",
            "99999999999999999999",
        ][..],
    )
}

proptest! {
    #[test]
    fn json_is_read_and_printed_as_by_its_crate(text in text()) {
        let own: Value = serde_json::from_str(&text).expect("JSON");
        let json: Json = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(own.to_string(), json.to_string());
        prop_assert_eq!(format!("{own:#}"), format!("{json:#}"));
        let converted = Value::from(json.clone());
        prop_assert_eq!(&converted, &own);
        prop_assert_eq!(converted.to_string(), json.to_string());
        let converted = Json::from(&own);
        prop_assert_eq!(&converted, &json);
        prop_assert_eq!(converted.to_string(), json.to_string());
    }

    #[test]
    fn values_are_equal_if_they_are_as_json(one in json(), other in json()) {
        prop_assert_eq!(Value::from(one.clone()) == Value::from(other.clone()), one == other);
    }

    #[test]
    fn the_order_of_keys_is_not_compared(one in json(), entries in entries()) {
        let one = Value::from(one);
        prop_assert_eq!(&reversed(&one), &one);
        let entries = Value::Object(map(&entries));
        prop_assert_eq!(&reversed(&entries), &entries);
        let both = json!([one, entries]);
        prop_assert_eq!(&reversed(&both), &both);
    }

    #[test]
    fn all_but_the_order_of_keys_is_compared(
        (entries, shuffled) in entries().prop_flat_map(|entries| {
            (Just(entries.clone()), Just(entries).prop_shuffle())
        }),
        at in any::<prop::sample::Index>(),
    ) {
        let whole = map(&entries);
        prop_assert_eq!(&whole, &map(&shuffled));
        let shared = whole.clone();
        prop_assert_eq!(&shared, &whole);
        if entries.is_empty() {
            return Ok(());
        }
        let (key, value) = &entries[at.index(entries.len())];
        // The memory of the one, the same entries in another order, and other memory in the same order.
        for start in [shared, map(&shuffled), map(&entries)] {
            let mut other = start.clone();
            other.insert(key.as_str(), json!([value]));
            prop_assert_ne!(&other, &whole);
            prop_assert_ne!(&whole, &other);
            other.insert(key.as_str(), value.clone());
            prop_assert_eq!(&other, &whole);
            other.remove(key);
            prop_assert_ne!(&other, &whole);
            prop_assert_ne!(&whole, &other);
            other.insert(format!("{key} "), value.clone());
            prop_assert_ne!(&other, &whole);
            prop_assert_ne!(&whole, &other);
            prop_assert_eq!(&start, &whole);
        }
    }

    #[test]
    fn keys_are_found_in_any_order(entries in entries(), keys in vec("[a-z]", 0..20)) {
        let map = map(&entries);
        let mut sorted: Vec<&str> = map.keys().map(|key| key.as_str()).collect();
        sorted.sort_unstable();
        let in_order = map.keys().map(|key| key.as_str());
        let mut seeker = map.seek();
        for key in in_order.chain(keys.iter().map(String::as_str)).chain(sorted) {
            prop_assert_eq!(seeker.get(key), map.get(key));
        }
    }

    #[test]
    fn the_order_of_items_is_compared(items in vec(json(), 0..5)) {
        let items: Vec<Value> = items.into_iter().map(Value::from).collect();
        let mut reversed = items.clone();
        reversed.reverse();
        let is_same = items.iter().eq(reversed.iter());
        prop_assert_eq!(Value::from(items) == Value::from(reversed), is_same);
    }

    #[test]
    fn keys_that_come_twice_are_kept_as_by_json(
        before in vec(("[a-e][a-j]?", 0..9), 0..60),
        more in vec(("[a-e][a-j]?", 0..9), 0..120),
    ) {
        let own = |entries: &[(String, i32)]| -> Vec<(String, Value)> {
            entries.iter().map(|(key, value)| (key.clone(), Value::from(*value))).collect()
        };
        let json = |entries: &[(String, i32)]| -> Vec<(String, Json)> {
            entries.iter().map(|(key, value)| (key.clone(), Json::from(*value))).collect()
        };
        let printed = |own: &Map| Value::Object(own.clone()).to_string();
        let printed_by_json = |json: &serde_json::Map<String, Json>| Json::Object(json.clone()).to_string();
        let mut extended: Map = own(&before).into_iter().collect();
        let mut expected: serde_json::Map<String, Json> = json(&before).into_iter().collect();
        prop_assert_eq!(printed(&extended), printed_by_json(&expected));
        let mut one_by_one = extended.clone();
        let unchanged = extended.clone();
        extended.extend(own(&more));
        for ((key, value), (_, json)) in own(&more).into_iter().zip(json(&more)) {
            let current = one_by_one.insert(key.as_str(), value);
            prop_assert_eq!(current, expected.insert(key, json).map(Value::from));
        }
        prop_assert_eq!(printed(&extended), printed_by_json(&expected));
        prop_assert_eq!(printed(&one_by_one), printed_by_json(&expected));
        prop_assert_eq!(unchanged, own(&before).into_iter().collect::<Map>());
        for (key, _) in &before {
            prop_assert_eq!(extended.remove(key), expected.shift_remove(key).map(Value::from));
        }
        prop_assert_eq!(printed(&extended), printed_by_json(&expected));
    }

    #[test]
    fn pointers_lead_where_those_of_json_lead(
        json in json(),
        tokens in vec(token(), 0..5),
        is_absolute in prop::bool::weighted(0.9),
    ) {
        let pointer = tokens.join("/");
        let pointer = if is_absolute && !tokens.is_empty() { format!("/{pointer}") } else { pointer };
        let mut own = Value::from(json.clone());
        let expected = json.pointer(&pointer).cloned().map(Value::from);
        prop_assert_eq!(own.pointer(&pointer), expected.as_ref());
        prop_assert_eq!(own.pointer_mut(&pointer).cloned(), expected);
    }

    #[test]
    fn an_escaped_key_leads_to_its_value(key in any::<String>(), value in json()) {
        let value = Value::from(value);
        let object = json!({"~other": null, (key.as_str()): value});
        prop_assert_eq!(object.pointer(&format!("/{}", escape(&key))), Some(&value));
    }
}
