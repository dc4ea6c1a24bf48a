//! New strings are read as the strings that they are, whoever reads them.

use otel_inject::value::{Value, json};
use otel_inject::yaml::{Document, emit_string, quoted};
use proptest::prelude::*;

use super::judge::read;
use super::texts::testdata;

fn tricky() -> Vec<String> {
    let text = std::fs::read_to_string(testdata("hostile/tricky-strings.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn scalars() -> Vec<String> {
    let text = std::fs::read_to_string(testdata("krm-wire/scalar-resolution.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    table.as_object().expect("a mapping").keys().map(|scalar| scalar.to_string()).collect()
}

/// Reads `text` as a value, a key and an element, in block and in flow, by two readers.
fn check(text: &str) {
    for written in [emit_string(text), quoted(text).into()] {
        let documents = [
            (format!("a: {written}\n"), json!({ "a": text })),
            (format!("{written}: a\n"), json!({ text: "a" })),
            (format!("- {written}\n- {written}"), json!([text, text])),
            (format!("{{\"a\": {written}, \"b\": [{written}]}}\n"), json!({ "a": text, "b": [text] })),
        ];
        for (document, wanted) in documents {
            if text == "<<" && wanted.get("<<").is_some() {
                continue;
            }
            let own = Document::parse(&document).and_then(|document| document.value());
            assert_eq!(own.as_ref(), Ok(&wanted), "our own reader of {document:?}");
            assert_eq!(read(&document).ok(), Some(wanted), "the other reader of {document:?}");
        }
    }
    let json: Result<String, _> = serde_json::from_str(&quoted(text));
    assert_eq!(json.ok().as_deref(), Some(text), "as JSON: {}", quoted(text));
}

#[test]
fn tricky_strings_are_read_as_themselves() {
    let (tricky, scalars) = (tricky(), scalars());
    assert!(tricky.len() > 50);
    tricky.iter().chain(&scalars).for_each(|text| check(text));
    for character in
        ('\0'..='\u{2ff}').chain(['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffd}', '\u{ffff}', '\u{1f600}'])
    {
        check(&character.to_string());
        check(&format!("a{character}b"));
    }
}

#[test]
fn what_a_yaml_1_1_reader_takes_for_something_else_is_quoted() {
    for text in scalars() {
        let is_other = resolved_by_yaml_1_1(&text);
        assert!(!is_other || emit_string(&text).starts_with('"'), "{text}");
    }
}

fn resolved_by_yaml_1_1(text: &str) -> bool {
    let table = std::fs::read_to_string(testdata("krm-wire/scalar-resolution.json")).unwrap();
    let table: Value = serde_json::from_str(&table).unwrap();
    ["v3", "k8s"].iter().any(|reader| table[text][reader] != json!(text))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string_is_read_as_itself(text in prop_oneof!["\\PC*", any::<String>(), "[-+.0-9a-fxoeE_:~ ]{0,8}", "[ -~\t\r\n]{0,10}"]) {
        check(&text);
    }
}
