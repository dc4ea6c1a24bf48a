//! Findings about what is doubtful, each where it belongs and nowhere else.

use otel_inject::config::{Settings, function};
use otel_inject::finding::Code;
use otel_inject::{Role, Source, inject};
use serde_json::json;

const DOUBTS: &[Code] = &[
    Code::MisplacedAnnotation,
    Code::UnknownAnnotation,
    Code::OtlpPortMismatch,
    Code::EnvOrder,
    Code::UnusedInstrumentation,
];

/// What is doubtful about a text: codes with their lines.
fn doubts(text: &str) -> Vec<(Code, usize)> {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let output = inject(&sources, &Settings::default());
    let doubts = output.findings.into_iter().filter(|finding| DOUBTS.contains(&finding.code));
    doubts.map(|finding| (finding.code, finding.position.map_or(0, |position| position.line))).collect()
}

fn instrumentation(spec: &str) -> String {
    format!(
        "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {{name: default}}\nspec: {spec}\n---\n"
    )
}

/// A Deployment: the annotations of the workload stand in line 9, those of its pod template in line 13, the
/// variables in line 18.
fn text(spec: &str, own: &str, template: &str, env: &str) -> String {
    let instrumentation = instrumentation(spec);
    format!(
        "{instrumentation}apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  annotations: {{{own}}}\n  name: web\nspec:\n  \
         template:\n    metadata: {{annotations: {{{template}}}}}\n    spec:\n      containers:\n        - name: app\n          \
         image: app:1\n          env: [{env}]\n"
    )
}

const PREFIX: &str = "instrumentation.opentelemetry.io";

#[test]
fn annotations_on_the_workload_are_misplaced() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let found = doubts(&text("{}", &asks, "", ""));
    assert_eq!(found, [(Code::MisplacedAnnotation, 9), (Code::UnusedInstrumentation, 1)]);
    // Said twice it counts once, and what is switched off asks for nothing.
    assert_eq!(doubts(&text("{}", &asks, &asks, "")), []);
    let off = format!("{PREFIX}/inject-java: 'false'");
    assert_eq!(doubts(&text("{}", &off, "", "")), [(Code::UnusedInstrumentation, 1)]);
    // A pod's own metadata is what counts.
    let pod = format!(
        "{}apiVersion: v1\nkind: Pod\nmetadata: {{name: p, annotations: {{{asks}}}}}\nspec: {{containers: [{{name: a, image: 'a:1'}}]}}\n",
        instrumentation("{}")
    );
    assert_eq!(doubts(&pod), []);
}

#[test]
fn annotations_on_a_template_that_is_not_used_are_misplaced() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let rollout =
        text("{}", "", &asks, "").replace("apps/v1\nkind: Deployment", "argoproj.io/v1alpha1\nkind: Rollout");
    assert_eq!(doubts(&rollout), []);
    let refers = rollout.replace("spec:\n  template", "spec:\n  workloadRef: {name: web}\n  template");
    assert_eq!(doubts(&refers), [(Code::MisplacedAnnotation, 14), (Code::UnusedInstrumentation, 1)]);
}

#[test]
fn a_workload_without_an_api_version_does_not_pass_in_silence() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let codes = |text: &str| -> Vec<Code> {
        let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
        inject(&sources, &Settings::default()).findings.into_iter().map(|finding| finding.code).collect()
    };
    for version in ["", "apiVersion: ''\n"] {
        let text = text("{}", "", &asks, "").replace("apiVersion: apps/v1\n", version);
        assert!(codes(&text).contains(&Code::InvalidYaml), "{version}");
        assert!(!codes(&text.replace(&asks, "")).contains(&Code::InvalidYaml), "{version}");
    }
}

#[test]
fn annotations_that_nobody_reads_are_unknown() {
    let unknown = format!("{PREFIX}/inject-node: 'true'");
    let found = doubts(&text("{}", "", &unknown, ""));
    assert_eq!(found, [(Code::UnknownAnnotation, 13), (Code::UnusedInstrumentation, 1)]);
    let namespace =
        format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  annotations:\n    {unknown}\n");
    assert_eq!(doubts(&namespace), [(Code::UnknownAnnotation, 6)]);
    let others = "resource.opentelemetry.io/any.thing: x, example.com/inject-node: 'true'";
    assert_eq!(doubts(&text("{}", "", others, "")), [(Code::UnusedInstrumentation, 1)]);
}

#[test]
fn ports_are_those_of_the_protocol() {
    let endpoint = |port: u16| format!("{{exporter: {{endpoint: 'http://collector:{port}'}}}}");
    let asks = |language: &str| {
        format!("{PREFIX}/inject-{language}: 'true', {PREFIX}/otel-go-auto-target-exe: /app")
    };
    let protocol = |value: &str| format!("{{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {value}}}");
    let own = "{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://collector:4318'}";
    let cases = [
        ("java", 4317, String::new(), true),
        ("java", 4318, String::new(), false),
        ("java", 4317, protocol("grpc"), false),
        ("java", 4318, protocol("grpc"), true),
        ("java", 4318, protocol("http/json"), false),
        ("java", 4317, own.to_owned(), false),
        ("python", 4317, String::new(), true),
        ("nodejs", 4318, String::new(), true),
        ("nodejs", 4317, String::new(), false),
        ("go", 4317, String::new(), true),
        ("go", 4318, String::new(), false),
        ("nginx", 4318, String::new(), true),
        ("nginx", 4317, String::new(), false),
        ("sdk", 4317, String::new(), false),
        ("sdk", 4318, protocol("grpc"), true),
        ("java", 80, String::new(), false),
    ];
    for (language, port, env, is_doubtful) in cases {
        let expected: &[(Code, usize)] = if is_doubtful { &[(Code::OtlpPortMismatch, 13)] } else { &[] };
        assert_eq!(
            doubts(&text(&endpoint(port), "", &asks(language), &env)),
            expected,
            "{language} {port} {env}"
        );
    }
}

#[test]
fn references_stand_behind_what_they_name() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let early = "{name: URL, value: 'http://$(HOST)'}, {name: HOST, value: web}";
    assert_eq!(doubts(&text("{}", "", &asks, early)), [(Code::EnvOrder, 18)]);
    // The pod's name comes with the injection, behind what the user has.
    let ours = "{name: ME, value: $(OTEL_RESOURCE_ATTRIBUTES_POD_NAME)}";
    assert_eq!(doubts(&text("{}", "", &asks, ours)), [(Code::EnvOrder, 18)]);
    for fine in [
        "{name: HOST, value: web}, {name: URL, value: $(HOST)}",
        "{name: A, value: $$(B)}, {name: B, value: x}",
    ] {
        assert_eq!(doubts(&text("{}", "", &asks, fine)), [], "{fine}");
    }
    // What is not injected is nobody's concern.
    assert_eq!(doubts(&text("{}", "", "", early)), [(Code::UnusedInstrumentation, 1)]);
}

#[test]
fn a_level_of_pod_security_is_lost_by_what_is_added() {
    let findings = |enforced: &str| {
        let asks = format!("{PREFIX}/inject-go: 'true', {PREFIX}/otel-go-auto-target-exe: /app");
        let text = text("{}", "", &asks, "");
        let config = json!({
            "apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "metadata": {"name": "c"},
            "spec": {"podSecurity": {"enforce": enforced}},
        });
        let (settings, _) = function::parse(&config).expect("a config");
        let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
        let findings = inject(&sources, &settings).findings.into_iter();
        findings.filter(|finding| finding.code == Code::PodSecurity).collect::<Vec<_>>()
    };
    let [finding] = &findings("baseline")[..] else { panic!("one finding") };
    assert_eq!(
        finding.message,
        "with the injection the pod does not meet baseline any more: \
         spec.containers[opentelemetry-auto-instrumentation].securityContext.privileged is true, \
         spec.volumes[kernel-debug].hostPath is set"
    );
    assert_eq!(findings("privileged"), []);
}

#[test]
fn an_instrumentation_that_is_asked_for_is_used() {
    let by_name = format!("{PREFIX}/inject-java: default");
    assert_eq!(doubts(&text("{}", "", &by_name, "")), []);
    let refused = format!("{PREFIX}/inject-java: default, {PREFIX}/container-names: nobody");
    assert_eq!(doubts(&text("{}", "", &refused, "")), []);
    // Of the context nobody asks anything.
    let text = text("{}", "", "", "");
    let (instrumentation, workload) = text.split_once("---\n").expect("two documents");
    let sources = [
        Source { file: None, text: workload.as_bytes(), role: Role::Stream },
        Source { file: None, text: instrumentation.as_bytes(), role: Role::Context },
    ];
    assert_eq!(inject(&sources, &Settings::default()).findings, []);
}
