//! What plain scalars mean: the table that kyaml and kubectl were asked for.

use otel_inject::yaml::Document;
use serde_json::Value;

use crate::texts::testdata;

fn table() -> Vec<(String, Value, Value)> {
    let text = std::fs::read_to_string(testdata("krm-wire/scalar-resolution.json")).unwrap();
    let table: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    table.into_iter().map(|(scalar, by)| (scalar, by["v3"].clone(), by["k8s"].clone())).collect()
}

fn resolved(scalar: &str) -> Value {
    Document::parse(&format!("a: {scalar}\n")).unwrap().value().unwrap()["a"].clone()
}

fn is_equal(own: &Value, theirs: &Value) -> bool {
    own == theirs || own.as_f64().is_some_and(|own| Some(own) == theirs.as_f64())
}

#[test]
fn a_plain_scalar_means_what_kyaml_or_kubectl_reads() {
    let mut compared = 0;
    for (scalar, kyaml, kubectl) in table() {
        let own = resolved(&scalar);
        let has_no_json = [&kyaml, &kubectl].iter().any(|value| {
            value.as_str().is_some_and(|text| text.starts_with("ERR") || text.starts_with("float64"))
        });
        if has_no_json {
            assert!(own.is_string(), "{scalar}: {own}");
            continue;
        }
        // Where the two differ, ours is a string: words of YAML 1.1 as kyaml, dates as kubectl.
        assert!(
            is_equal(&own, &kyaml) || is_equal(&own, &kubectl),
            "{scalar}: {own}, not {kyaml} or {kubectl}"
        );
        if kyaml != kubectl {
            assert!(own.is_string(), "{scalar}: {own}");
        }
        compared += 1;
    }
    assert!(compared > 80, "{compared}");
}
