//! Documents of ours decode to the value that they were made of, by readers of YAML 1.1 and 1.2.

use otel_inject::value::{Map, Value, json};
use otel_inject::yaml::{Event, Parser, Style, emit_document};
use proptest::prelude::*;

use super::judge::read;
use super::yaml_edit_parser::YamlEdit;

/// The value of a document for a reader of YAML 1.1 (yaml.org/type): events by another author's parser, plain
/// scalars by that version's types.
fn read_1_1(text: &str) -> Value {
    let mut events = Vec::new();
    let mut parser = YamlEdit::new(text);
    while let Some(event) = parser.next_event() {
        events.push(event.unwrap_or_else(|problem| panic!("{problem:?} in {text}")).0);
    }
    let mut events = events.into_iter().filter(|event| !matches!(event, Event::Document));
    node(&mut events).unwrap_or_else(|| panic!("a value in {text}"))
}

fn node<'t>(events: &mut impl Iterator<Item = Event<'t>>) -> Option<Value> {
    match events.next()? {
        Event::Scalar { text, style: Style::Plain, .. } => Some(plain(&text)),
        Event::Scalar { text, .. } => Some(Value::from(text)),
        Event::Sequence { .. } => {
            let mut items = Vec::new();
            while let Some(item) = node(events) {
                items.push(item);
            }
            Some(Value::from(items))
        }
        Event::Mapping { .. } => {
            let mut entries = Map::new();
            while let Some(key) = node(events) {
                let key = key.as_str().unwrap_or_else(|| panic!("{key} is no string")).to_owned();
                assert!(entries.insert(key, node(events).expect("a value")).is_none(), "a key twice");
            }
            Some(Value::Object(entries))
        }
        _ => None,
    }
}

/// What a plain scalar is in YAML 1.1. What that version and the next one take for different things, nobody may
/// write.
fn plain(text: &str) -> Value {
    const WORDS: &[&str] = &["y", "yes", "n", "no", "on", "off"];
    let lower = text.to_ascii_lowercase();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match lower.as_str() {
        "null" => return Value::Null,
        "true" => return json!(true),
        "false" => return json!(false),
        lower => assert!(!WORDS.contains(&lower) && !["~", "", "=", "<<"].contains(&lower), "{text:?}"),
    }
    let number = match digits.split_once('.') {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => is_digits(digits) && (digits == "0" || !digits.starts_with('0')),
    };
    if number {
        return serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let first = text.bytes().next().unwrap_or_default();
    let may_be_number = first.is_ascii_digit() || b"-+.".contains(&first);
    let is_quantity = text.bytes().last().is_some_and(|last| last.is_ascii_alphabetic())
        && !text.contains([':', '.', '_', '-', '+'])
        && !text.starts_with('0');
    assert!(!may_be_number || is_quantity, "{text:?} is a number for one reader, and a string for another");
    json!(text)
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("a number of JSON", |number| {
            // The other reader has its own idea of the last digit of the longest ones.
            (number.is_finite() && (number == 0.0 || (1e-200..1e200).contains(&number.abs())))
                .then(|| json!(number))
        }),
        prop::sample::select(vec![json!(1e-7), json!(1e21), json!(-0.5), json!(1000.0), json!(1e3)]),
    ]
}

fn word() -> impl Strategy<Value = String> {
    let tricky = [
        "on",
        "Yes",
        "n",
        "~",
        "null",
        "",
        "08",
        "0755",
        "0o7",
        "0x1F",
        "1e3",
        "1_000",
        "12:30",
        "1:2:3.5",
        ".5",
        "-.inf",
        ".NaN",
        "2001-01-01",
        "2001-12-14t21:59:43.10-05:00",
        "=",
        "<<",
        "? x",
        "- a",
        "a: b",
        "a #b",
        "# c",
        "|",
        ">-",
        "%YAML",
        "@a",
        "`a",
        "*a",
        "&a",
        "!t",
        "{a}",
        "[a]",
        "a,b",
        "'",
        "\"",
        "\\",
        "\t",
        " a",
        "a ",
        "a\nb",
        "a\n",
        "\na",
        "a\n\nb ",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "${env:X}",
        "$$",
        "500m",
        "64Mi",
        "...",
        "---",
    ];
    prop_oneof![
        3 => "[a-z][a-z0-9_/-]{0,12}",
        2 => prop::sample::select(tricky.map(str::to_owned).to_vec()),
        1 => "[ -~\t\r\n]{0,12}",
        1 => "\\PC{0,6}",
        1 => "[-+.0-9a-fxoeE_:]{0,8}",
    ]
}

fn mapping() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => word().prop_map(Value::from),
        2 => number(),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!([])),
        1 => Just(json!({})),
    ];
    let inner = leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::vec((word(), inner), 1..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    prop::collection::vec((word(), inner), 1..5)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_value_decodes_to_itself(value in mapping()) {
        let text = emit_document(&value);
        let read = read(&text).ok();
        prop_assert_eq!(read.as_ref(), Some(&value), "YAML 1.2: {}", text);
        prop_assert_eq!(&read_1_1(&text), &value, "YAML 1.1: {}", text);
    }
}

#[test]
fn a_key_that_is_longer_than_readers_take_stands_alone() {
    let value = json!({"a": {("k".repeat(2000)): {"b": [1]}, ("c".repeat(1100)): "x"}});
    let text = emit_document(&value);
    assert_eq!(read(&text).ok(), Some(value), "{text}");
}
