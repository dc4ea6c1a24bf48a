//! What plain scalars mean: the table that kyaml and kubectl were asked for, of which kubectl's column counts.

use otel_inject::value::Value;
use otel_inject::yaml::{Document, reads_as};

use super::texts::testdata;

fn table() -> Vec<(String, Value, Value)> {
    let text = std::fs::read_to_string(testdata("krm-wire/scalar-resolution.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let table = table.as_object().expect("a mapping").iter();
    table.map(|(scalar, by)| (scalar.to_string(), by["v3"].clone(), by["k8s"].clone())).collect()
}

/// What a scalar means in a field that takes a boolean, where letters are booleans, too.
fn resolved(scalar: &str) -> Value {
    Document::parse(&format!("optional: {scalar}\n")).unwrap().value().unwrap()["optional"].clone()
}

fn is_equal(own: &Value, theirs: &Value) -> bool {
    own == theirs || own.as_f64().is_some_and(|own| Some(own) == theirs.as_f64())
}

#[test]
fn a_plain_scalar_means_what_kubectl_reads() {
    let (mut compared, mut differing) = (0, 0);
    for (scalar, kyaml, kubectl) in table() {
        let own = resolved(&scalar);
        let has_no_json = [&kyaml, &kubectl].iter().any(|value| {
            value.as_str().is_some_and(|text| text.starts_with("ERR") || text.starts_with("float64"))
        });
        if has_no_json {
            assert!(own.is_string(), "{scalar}: {own}");
            continue;
        }
        assert!(is_equal(&own, &kubectl), "{scalar}: {own}, not {kubectl}");
        differing += usize::from(kyaml != kubectl);
        compared += 1;
    }
    assert!(compared > 80 && differing > 10, "{compared}, {differing}");
}

#[test]
fn a_word_of_yaml_1_1_is_a_boolean_in_its_three_spellings_and_only_without_quotes() {
    for (words, wanted) in [(["y", "yes", "on", "true"], true), (["n", "no", "off", "false"], false)] {
        for word in words {
            let mut letters = word.chars();
            let capital: String = letters.next().unwrap().to_uppercase().chain(letters).collect();
            for spelling in [word, &capital, &word.to_uppercase()] {
                assert_eq!(resolved(spelling), Value::Bool(wanted), "{spelling}");
                assert_eq!(resolved(&format!("!!bool {spelling}")), Value::Bool(wanted), "{spelling}");
                for written in ["\"?\"", "'?'", "!!str ?", "|-\n  ?"] {
                    let text = written.replace('?', spelling);
                    assert_eq!(resolved(&text), Value::from(spelling), "{text}");
                }
            }
        }
    }
    for word in ["yES", "tRUE", "oN", "nO", "yess", "onn", "0ff"] {
        assert!(resolved(word).is_string(), "{word}");
    }
}

#[test]
fn a_letter_is_a_boolean_only_in_a_field_that_takes_one() {
    let text = "name: y\ntty: N\noptional: [y, {tty: Y}]\nk: !!bool n\nl: &l n\nprivileged: *l\n<<: {stdin: y, x: y}\n";
    let wanted = otel_inject::value::json!({
        "name": "y", "tty": false, "optional": ["y", {"tty": true}], "k": false, "l": "n", "privileged": false,
        "stdin": true, "x": "y",
    });
    let document = Document::parse(text).unwrap();
    assert_eq!(document.value().unwrap(), wanted);
    assert_eq!(document.value_at("/tty").unwrap(), false);
    for (text, value) in [
        ("name: y\ntty: N\n", otel_inject::value::json!({"name": "y", "tty": false})),
        ("- y\n- tty: Y\n", otel_inject::value::json!(["y", {"tty": true}])),
    ] {
        assert!(reads_as(text, &value), "{text}");
        assert!(!reads_as(text, &otel_inject::value::json!({"name": "y", "tty": "N"})));
    }
}

#[test]
fn keys_stay_as_they_are_written() {
    let document = Document::parse("y: 1\nON: 2\n0x10: 3\nfalse: 4\n").unwrap().value().unwrap();
    assert_eq!(document, otel_inject::value::json!({"y": 1, "ON": 2, "0x10": 3, "false": 4}));
}
