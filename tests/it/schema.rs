//! The schema that editors use and the reader of configs take and refuse the same.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use otel_inject::config::function;
use otel_inject::value::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Validator {
    let text = fs::read_to_string(root().join("docs/otel-inject.schema.json")).expect("the schema");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::draft7::meta::validate(&schema).expect("a schema");
    jsonschema::draft7::new(&schema).expect("a schema")
}

fn is_valid(schema: &Validator, config: &Value) -> bool {
    schema.is_valid(&serde_json::Value::from(config))
}

fn config(spec: &str) -> Value {
    let spec: Value = serde_yaml::from_str(&format!("{{{spec}}}")).expect("YAML");
    json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "metadata": {"name": "x"}, "spec": spec})
}

const RULE: &str = "select: {names: ['*']}, inject: go";

#[test]
fn both_take_what_is_right() {
    let schema = schema();
    for spec in [
        "",
        "mode: validate, onError: skip, annotate: true, requireReferences: false, namespace: shop",
        "mode: null, onError: null, annotate: null, namespace: null, rules: null, images: null, severity: null",
        "instrumentationResources: local-config",
        "delivery: {default: image-volume, java: init, go: null}, kubernetes: v1.34",
        "delivery: null, kubernetes: latest, rules: [{select: {names: ['*']}, delivery: image-volume}]",
        "images: {registry: 'mirror.example.com:5000/otel', java: 'a/b@sha256:0123456789012345678901234567890123456789012345678901234567890123', apache-httpd: null}",
        "kinds: [{group: example.com, kind: Runner, podTemplate: spec.runner.template}, {group: '', kind: X, podTemplate: a}]",
        "severity: {missing-reference: error, injected: 'off', io: error}",
        "instrumentation: {}",
        "instrumentation: {exporter: {endpoint: 'http://c:4318', tls: null}, propagators: [b3], sampler: {type: always_on}}",
        "instrumentation: {java: {image: 'a:1', resources: {limits: {cpu: 1}}}, env: [{name: A, value: b}]}",
        "instrumentation: {imagePullPolicy: Always, resource: {resourceAttributes: {a: b}}, nginx: {configFile: /a}}",
        "rules: [{select: {names: ['*']}, inject: go}]",
        "rules: [{select: {kinds: [Job], names: ['a-*'], namespaces: [b], labels: 'a in (b), !c'}, inject: [go, java]}]",
        "rules: [{select: {labels: a}, inject: {language: nodejs, containers: [app]}, instrumentation: shop/default}]",
        "rules: [{select: {labels: a, kinds: null}, inject: [{language: nodejs}, sdk], options: null}]",
        "rules: [{select: {labels: a}, options: {goTargetExe: /a, pythonPlatform: musl, dotnetRuntime: linux-x64}}]",
    ] {
        let config = config(spec);
        if let Err(error) = schema.validate(&serde_json::Value::from(&config)) {
            panic!("{spec}: {error} at {}", error.instance_path());
        }
        function::parse(&config).expect(spec);
    }
}

#[test]
fn both_refuse_what_is_wrong() {
    let schema = schema();
    let rules = [
        "inject: go",
        "select: {}, inject: go",
        "select: null, inject: go",
        "select: {names: null}, inject: go",
        "select: {names: []}, inject: go",
        "select: {names: [1]}, inject: go",
        "select: {names: ['']}, inject: go",
        "select: {name: [a]}, inject: go",
        "select: {labels: ''}, inject: go",
        "select: {names: [a]}",
        "select: {names: [a]}, inject: null",
        "select: {names: [a]}, inject: ruby",
        "select: {names: [a]}, delivery: volume",
        "select: {names: [a]}, delivery: {java: init}",
        "select: {names: [a]}, inject: []",
        "select: {names: [a]}, inject: [ruby]",
        "select: {names: [a]}, inject: {containers: [a]}",
        "select: {names: [a]}, inject: {language: go, containers: ['a,b']}",
        "select: {names: [a]}, inject: {language: go, container: [a]}",
        "select: {names: [a]}, options: {}",
        "select: {names: [a]}, options: {goTarget: /a}",
        "select: {names: [a]}, options: {goTargetExe: ''}",
        "select: {names: [a]}, options: {pythonPlatform: musl}, instrumentation: a",
        "select: {names: [a]}, inject: go, instrumentation: a/b/c",
        "select: {names: [a]}, inject: go, sidecar: 1",
    ];
    let rules = rules.iter().map(|rule| format!("rules: [{{{rule}}}]"));
    let others = [
        "rules: []",
        "rules: [null]",
        "rulez: []",
        "mode: check",
        "annotate: 'true'",
        "namespace: Shop",
        "images: {javaa: x}",
        "images: {sdk: x}",
        "images: {java: ''}",
        "images: {registry: a/}",
        "kinds: []",
        "kinds: [{kind: A, podTemplate: b}]",
        "kinds: [{group: a/v1, kind: A, podTemplate: b}]",
        "kinds: [{group: a, kind: A, podTemplate: /b}]",
        "severity: {io: 'off'}",
        "severity: {empty-input: warning}",
        "severity: {injected: fatal}",
        "severity: {injectd: error}",
        "instrumentation: a",
        "instrumentation: {exporter: {endpont: a}}",
        "instrumentation: {propagators: b3}",
        "instrumentation: {sdk: {}}",
        "nativeSidecars: yes please",
        "delivery: image-volume",
        "delivery: {sdk: init}",
        "delivery: {default: volume}",
        "kubernetes: 1.34",
        "kubernetes: '1.34'",
    ];
    for spec in rules.chain(others.map(str::to_owned)) {
        let config = config(&spec);
        assert!(!is_valid(&schema, &config), "the schema takes {spec}");
        assert!(function::parse(&config).is_err(), "the reader takes {spec}");
    }
    assert!(is_valid(&schema, &config(&format!("rules: [{{{RULE}}}]"))));
    let mut odd = config("");
    odd["spce"] = json!({});
    assert!(!is_valid(&schema, &odd));
}

#[test]
fn the_configs_of_examples_are_right() {
    let schema = schema();
    let mut seen = 0;
    for example in fs::read_dir(root().join("examples")).expect("examples") {
        let path = example.expect("an example").path().join("otel-inject.yaml");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let config: Value = serde_yaml::from_str(&text).expect("YAML");
        assert!(is_valid(&schema, &config), "{}", path.display());
        function::parse(&config).expect("a config");
        seen += 1;
    }
    assert!(seen > 0);
}
