//! The truth table of `docs/select.md`, row by row.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use otel_inject::config::function;
use otel_inject::finding::Code;
use otel_inject::value::json;
use otel_inject::{Role, Settings, Source, inject};

const NAMES: [&str; 3] = ["by-pod", "by-rule", "by-namespace"];

/// The table's rows; a dash is an empty cell.
fn rows() -> Vec<[String; 4]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/select.md");
    let page = fs::read_to_string(path).expect("docs/select.md");
    let cells = |line: &str| -> Option<[String; 4]> {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let texts = cells.map(|cell| cell.trim_matches(|mark| mark == '`' || mark == '–').to_owned());
        texts.collect::<Vec<_>>().try_into().ok()
    };
    page.lines().filter_map(cells).skip_while(|row| row[0] == "pod").collect()
}

fn settings(rule: &str) -> Settings {
    let mut parsed = json!({"select": {"names": ["web"]}, "inject": "sdk"});
    if rule != "true" {
        parsed["instrumentation"] = json!(rule);
    }
    let spec = if rule.is_empty() { json!({}) } else { json!({"rules": [parsed]}) };
    let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": spec});
    function::parse(&config).expect("valid").0
}

/// What the switch of a workload comes to.
fn outcome(pod: &str, rule: &str, namespace: &str) -> String {
    let annotations = |value: &str| match value {
        "" => json!({}),
        value => json!({"instrumentation.opentelemetry.io/inject-sdk": value}),
    };
    let instrumentation = |name: &str| {
        json!({
            "apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"exporter": {"endpoint": format!("http://{name}:4318")}},
        })
    };
    let mut items: Vec<_> = NAMES.iter().map(|name| instrumentation(name)).collect();
    items.push(json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "annotations": annotations(namespace)},
    }));
    items.push(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {
            "metadata": {"annotations": annotations(pod)},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]},
        }},
    }));
    let text = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let source = Source { file: None, text: text.as_bytes(), role: Role::Stream };
    let output = inject(&[source], &settings(rule));
    let written: String = output.edits.iter().flatten().map(|edit| edit.text.as_str()).collect();
    let codes = output.findings.iter().map(|finding| finding.code);
    let codes: Vec<_> = codes.filter(|code| *code != Code::UnusedInstrumentation).collect();
    match codes.as_slice() {
        [] => "nothing".to_owned(),
        // There are three: what is asked for is the one Instrumentation of the namespace.
        [Code::AmbiguousInstrumentation] => "true".to_owned(),
        [Code::Injected] => {
            let used = NAMES.iter().find(|name| written.contains(&format!("http://{name}:4318")));
            (*used.expect("one of them")).to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_row_holds() {
    for [pod, rule, namespace, counts] in rows() {
        let expected = if counts.is_empty() || counts == "false" { "nothing" } else { &counts };
        assert_eq!(
            outcome(&pod, &rule, &namespace),
            expected,
            "pod {pod:?}, rule {rule:?}, Namespace {namespace:?}"
        );
    }
}

#[test]
fn every_combination_has_one_row() {
    let rows = rows();
    let different: BTreeSet<_> =
        rows.iter().map(|[pod, rule, namespace, _]| (pod, rule, namespace)).collect();
    let words = |column: usize| rows.iter().map(|row| row[column].as_str()).collect::<BTreeSet<_>>();
    assert_eq!(words(0), BTreeSet::from(["", "by-pod", "false", "true"]));
    assert_eq!(words(1), BTreeSet::from(["", "by-rule", "true"]));
    assert_eq!(words(2), BTreeSet::from(["", "by-namespace", "false", "true"]));
    assert_eq!((rows.len(), different.len()), (4 * 3 * 4, 4 * 3 * 4));
}
