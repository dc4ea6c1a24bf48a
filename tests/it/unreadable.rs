//! Workloads that cannot be read: an error where something may ask for their injection, else only a warning.

use otel_inject::config::Settings;
use otel_inject::config::function;
use otel_inject::finding::{Code, Severity};
use otel_inject::value::json;
use otel_inject::{Role, Source, inject};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  annotations:\n    \
                         instrumentation.opentelemetry.io/inject-java: \"true\"\n---\n";

/// A Deployment in `namespace` with another line in its spec.
fn deployment(namespace: &str, line: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: {namespace}\nspec:\n  replicas: 1\n  {line}\n  \
         template:\n    metadata: {{}}\n    spec: {{containers: [{{name: a, image: \"acme/a:1\"}}]}}\n"
    )
}

fn settings(spec: otel_inject::value::Value) -> Settings {
    let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": spec});
    function::parse(&config).unwrap_or_else(|findings| panic!("{findings:?}")).0
}

/// The codes of errors and warnings, and whether the text was left alone.
fn codes(text: &str, role: Role, settings: &Settings) -> Vec<&'static str> {
    let output = inject(&[Source { file: None, text: text.as_bytes(), role }], settings);
    assert!(output.edits.iter().all(Vec::is_empty), "{text}");
    let weighty = output.findings.iter().filter(|finding| finding.severity != Severity::Info);
    weighty.map(|finding| finding.code.id()).collect()
}

/// What makes a workload unreadable.
const FAULTS: [&str; 4] = ["replicas: 2", "x: [", "x: *nothing", "x: &x [*x]"];

#[test]
fn a_workload_that_asks_for_nothing_passes_with_a_warning() {
    for fault in FAULTS {
        let text = deployment("shop", fault);
        assert_eq!(codes(&text, Role::Stream, &Settings::default()), ["unparsed-document"], "{fault}");
        let other = NAMESPACE.replace("name: shop", "name: other");
        assert_eq!(
            codes(&format!("{other}{text}"), Role::Stream, &Settings::default()),
            ["unparsed-document"]
        );
    }
}

#[test]
fn a_workload_that_asks_is_an_error() {
    for fault in FAULTS {
        for mark in [
            "instrumentation.opentelemetry.io/inject-java",
            "sidecar.opentelemetry.io/inject",
            "otel-inject.dev/record",
        ] {
            let text = deployment("shop", fault)
                .replace("metadata: {}", &format!("metadata: {{annotations: {{{mark}: \"true\"}}}}"));
            assert_eq!(codes(&text, Role::Stream, &Settings::default()), ["invalid-yaml"], "{text}");
        }
    }
    let escaped =
        "metadata: {annotations: {\"instrumentation.opentelemetry\\u002eio/inject-java\": \"true\"}}";
    let text = deployment("shop", FAULTS[0]).replace("metadata: {}", escaped);
    assert_eq!(codes(&text, Role::Stream, &Settings::default()), ["invalid-yaml"], "{text}");
}

#[test]
fn a_workload_whose_namespace_asks_is_an_error() {
    for fault in FAULTS {
        for namespace in ["shop", "\"shop\"", "'shop' # c"] {
            let text = format!("{NAMESPACE}{}", deployment(namespace, fault));
            assert_eq!(codes(&text, Role::Stream, &Settings::default()), ["invalid-yaml"], "{text}");
        }
        // It may be any namespace where that cannot be read.
        let text = deployment("shop", fault)
            .replace("  namespace: shop\n", "  namespace: shop\n  namespace: other\n");
        assert_eq!(
            codes(&format!("{NAMESPACE}{text}"), Role::Stream, &Settings::default()),
            ["invalid-yaml"]
        );
        let text = deployment("shop", fault).replace("  namespace: shop\n", "");
        let by_default = settings(json!({"namespace": "shop"}));
        assert_eq!(codes(&format!("{NAMESPACE}{text}"), Role::Stream, &by_default), ["invalid-yaml"]);
    }
}

#[test]
fn a_workload_that_a_rule_may_select_is_an_error() {
    let rule = |select: otel_inject::value::Value| {
        settings(json!({"rules": [{"select": select, "inject": "java"}]}))
    };
    for fault in FAULTS {
        let text = deployment("shop", fault);
        for select in [
            json!({"kinds": ["Deployment"]}),
            json!({"names": ["w*"]}),
            json!({"kinds": ["Deploy*"], "names": ["web"], "namespaces": ["shop"]}),
            // Labels cannot be read.
            json!({"labels": "a = b"}),
        ] {
            assert_eq!(
                codes(&text, Role::Stream, &rule(select.clone())),
                ["invalid-yaml"],
                "{select} {fault}"
            );
        }
        for select in [
            json!({"kinds": ["StatefulSet"]}),
            json!({"names": ["api"]}),
            json!({"namespaces": ["other"]}),
            json!({"kinds": ["DaemonSet"], "labels": "a = b"}),
        ] {
            let mut rule = rule(select.clone());
            rule.severities.insert(Code::UnusedRule, None);
            assert_eq!(codes(&text, Role::Stream, &rule), ["unparsed-document"], "{select} {fault}");
        }
    }
    // What comes before the fault is known, and nothing else.
    let early = "apiVersion: apps/v1\nx: [\nkind: Deployment\nmetadata: {name: web}\n";
    assert_eq!(codes(early, Role::Stream, &rule(json!({"names": ["api"]}))), ["invalid-yaml"]);
    assert_eq!(codes(early, Role::Stream, &Settings::default()), ["unparsed-document"]);
    let list = "apiVersion: v1\nkind: List\nmetadata: {name: x}\nitems: [{kind: Deployment, metadata: {name: web}, x: [}]\n";
    assert_eq!(codes(list, Role::Stream, &rule(json!({"names": ["web"]}))), ["invalid-yaml"]);
}

#[test]
fn an_item_of_a_list_that_asks_for_nothing_passes_with_a_warning_too() {
    let indented = |text: &str| text.lines().map(|line| format!("  {line}\n")).collect::<String>();
    let item = |text: &str| indented(text).replacen("  ", "- ", 1);
    let asks = deployment("shop", "replicas: 2")
        .replace("metadata: {}", "metadata: {annotations: {sidecar.opentelemetry.io/inject: \"true\"}}");
    for (version, kind, role) in
        [("v1", "List", Role::Stream), ("config.kubernetes.io/v1", "ResourceList", Role::ResourceList)]
    {
        let head = format!("apiVersion: {version}\nkind: {kind}\nitems:\n");
        let text = format!("{head}{}", item(&deployment("shop", "replicas: 2")));
        assert_eq!(codes(&text, role, &Settings::default()), ["unparsed-document"], "{text}");
        let text = format!("{text}{}", item(&asks));
        assert_eq!(codes(&text, role, &Settings::default()), ["invalid-yaml", "unparsed-document"], "{text}");
    }
}
