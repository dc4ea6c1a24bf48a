//! Collector sidecars: what is reported about them, and what rules and images make of them.

use std::collections::BTreeSet;

use otel_inject::config::{Settings, function};
use otel_inject::finding::{Code, Finding, Severity};
use otel_inject::value::{Value, json};
use otel_inject::yaml::edited;
use otel_inject::{Role, Source, inject};

use crate::common::documents;

const COLLECTOR: &str = "\
apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata:
  name: sidecar
  namespace: shop
spec:
  mode: sidecar
  config:
    receivers:
      otlp:
        protocols:
          grpc: {}
    exporters:
      debug: {}
    service:
      pipelines:
        traces:
          receivers: [otlp]
          exporters: [debug]
";

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
  namespace: shop
spec:
  template:
    metadata:
      annotations:
        sidecar.opentelemetry.io/inject: 'true'
    spec:
      containers:
        - name: app
          image: app:1
";

fn settings(spec: &Value) -> Settings {
    let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": spec});
    function::parse(&config).expect("a config").0
}

fn run(text: &str, spec: &Value) -> (String, Vec<Finding>) {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let output = inject(&sources, &settings(spec));
    (edited(text, &output.edits[0]), output.findings)
}

fn both() -> String {
    format!("{COLLECTOR}---\n{WORKLOAD}")
}

/// The container of the collector, in the last document of a text.
fn sidecar(text: &str) -> Value {
    let workload = documents(text).expect("documents").pop().expect("a workload");
    let spec = &workload["spec"]["template"]["spec"];
    let lists = [&spec["initContainers"], &spec["containers"]];
    let mut all = lists.into_iter().filter_map(Value::as_array).flatten();
    all.find(|container| container["name"] == "otc-container").cloned().unwrap_or_default()
}

#[test]
fn a_lock_pins_the_collector_and_its_init_containers() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let own =
        "  mode: sidecar\n  image: otel/collector:1\n  initContainers: [{name: first, image: 'busybox:1'}]\n";
    let text = both().replace("  mode: sidecar\n", own);
    let locked = |images: &[&str]| {
        let lock = images.iter().map(|image| ((*image).to_owned(), digest.clone())).collect();
        let settings = Settings { lock: Some(lock), ..settings(&json!({})) };
        let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
        let output = inject(&sources, &settings);
        (edited(&text, &output.edits[0]), output.findings, output.images)
    };
    let (injected, findings, images) = locked(&["otel/collector:1", "busybox:1"]);
    assert_eq!(sidecar(&injected)["image"], format!("otel/collector:1@{digest}"), "{findings:?}");
    let workload = documents(&injected).expect("documents").pop().expect("a workload");
    let first = &workload["spec"]["template"]["spec"]["initContainers"][0];
    assert_eq!((&first["name"], &first["image"]), (&json!("first"), &json!(format!("busybox:1@{digest}"))));
    assert_eq!(images, ["busybox:1", "otel/collector:1"].map(|image| format!("{image}@{digest}")).into());
    for lacking in [&["otel/collector:1"][..], &["busybox:1"], &[]] {
        let (unchanged, findings, _) = locked(lacking);
        assert_eq!(
            (unchanged, findings.first().map(|finding| finding.code)),
            (text.clone(), Some(Code::StaleLock))
        );
    }
}

#[test]
fn a_collector_of_another_mode_is_named_with_its_service() {
    for (mode, shown) in
        [("mode: deployment", "deployment"), ("mode: daemonset", "daemonset"), ("", "deployment")]
    {
        for asks in ["'true'", "sidecar"] {
            let text =
                both().replace("mode: sidecar", mode).replace("inject: 'true'", &format!("inject: {asks}"));
            let (_, findings) = run(&text, &json!({}));
            let error = findings.first().expect("an error");
            assert!(
                error.message.contains(&format!("mode {shown}")) || error.message.ends_with(shown),
                "{error:?}"
            );
            assert!(error.help.contains(" Service sidecar-collector"), "{error:?}");
        }
    }
}

/// A code, texts that take the place of others in a sound input, and the line at which it is said.
type Case = (Code, &'static [(&'static str, &'static str)], usize);

const CASES: &[Case] = &[
    (Code::NoCollector, &[("mode: sidecar", "mode: deployment")], 30),
    (Code::CollectorNotFound, &[("inject: 'true'", "inject: other/sidecar")], 30),
    (
        Code::CollectorNotSidecar,
        &[("mode: sidecar", "mode: daemonset"), ("inject: 'true'", "inject: sidecar")],
        30,
    ),
    (Code::InvalidCollector, &[("grpc: {}", "grcp: {}")], 12),
    (Code::InvalidCollector, &[("grpc: {}", "grpc: {endpoint: 4317}")], 12),
    (
        Code::InvalidCollector,
        &[("  mode: sidecar\n", "  mode: sidecar\n  tolerations: [{operator: Exists}]\n")],
        8,
    ),
    (Code::InvalidCollector, &[("  mode: sidecar\n", "  mode: sidecar\n  imgae: x:1\n")], 8),
    (Code::InvalidCollector, &[("  mode: sidecar\n", "  mode: sidecar\n  replicas: two\n")], 8),
    (Code::InvalidCollector, &[("v1beta1", "v1beta2")], 1),
    (Code::InvalidCollector, &[("      debug: {}\n", "      debug: {}\n    exporter: {}\n")], 15),
    (
        Code::MissingVolume,
        &[("  mode: sidecar\n", "  mode: sidecar\n  volumeMounts: [{name: certs, mountPath: /certs}]\n")],
        31,
    ),
    (
        Code::NameConflict,
        &[
            ("  mode: sidecar\n", "  mode: sidecar\n  volumes: [{name: data, emptyDir: {}}]\n"),
            ("      containers:\n", "      volumes: [{name: data, emptyDir: {}}]\n      containers:\n"),
        ],
        33,
    ),
    (
        Code::MountConflict,
        &[(
            "  mode: sidecar\n",
            "  mode: sidecar\n  volumes: [{name: a, emptyDir: {}}]\n  volumeMounts: [{name: a, mountPath: /a}, {name: a, mountPath: /a}]\n",
        )],
        32,
    ),
    (
        Code::EnvConflict,
        &[("  mode: sidecar\n", "  mode: sidecar\n  env: [{name: OTEL_CONFIG, value: mine}]\n")],
        31,
    ),
    (Code::ConfigDollar, &[("debug: {}", "debug: {price: $$5}")], 14),
    (Code::ConfigDollar, &[("debug: {}", "debug: {pod: $(POD_NAME)}")], 14),
    (Code::EndpointQuirk, &[("grpc: {}", "grpc: {endpoint: localhost}")], 12),
    (Code::EndpointQuirk, &[("grpc: {}", "grpc: {endpoint: '[::1]:4317'}")], 12),
    (Code::EndpointQuirk, &[("grpc: {}", "grpc: {listen_address: 'localhost:4317'}")], 12),
    (
        Code::PortClash,
        &[("debug: {}", "prometheus: {}"), ("exporters: [debug]", "exporters: [prometheus]")],
        14,
    ),
    (Code::PortClash, &[("image: app:1", "image: app:1\n          ports: [{containerPort: 4317}]")], 35),
    (
        Code::MissingReference,
        &[("  mode: sidecar\n", "  mode: sidecar\n  configmaps: [{name: certs, mountpath: certs}]\n")],
        31,
    ),
    (Code::IgnoredField, &[("  mode: sidecar\n", "  mode: sidecar\n  hostNetwork: true\n")], 8),
    (Code::UnusedCollector, &[("inject: 'true'", "inject: 'false'")], 1),
    (Code::UnknowableAttribute, &[("kind: StatefulSet", "kind: Deployment")], 30),
    (Code::UnpinnedImage, &[("  mode: sidecar\n", "  mode: sidecar\n  image: collector\n")], 8),
    (Code::UnknownNamespace, &[("  namespace: shop\n", "")], 28),
    (Code::InvalidAnnotation, &[("inject: 'true'", "inject: true")], 30),
    (Code::UnknownAnnotation, &[("io/inject: 'true'", "io/injected: 'true'")], 30),
    (
        Code::MisplacedAnnotation,
        &[
            ("  name: web\n", "  name: web\n  annotations: {sidecar.opentelemetry.io/inject: 'true'}\n"),
            (
                "      annotations:\n        sidecar.opentelemetry.io/inject: 'true'\n",
                "      labels: {a: b}\n",
            ),
        ],
        25,
    ),
    (
        Code::EnvOrder,
        &[("  mode: sidecar\n", "  mode: sidecar\n  env: [{name: A, value: $(POD_NAME)}]\n")],
        31,
    ),
];

#[test]
fn what_is_wrong_or_doubtful_is_said_where_it_stands() {
    let mut failures = Vec::new();
    for (code, replaced, line) in CASES {
        let mut text = both();
        for (before, after) in *replaced {
            assert!(text.contains(before), "{before}");
            text = text.replace(before, after);
        }
        let (after, findings) = run(&text, &json!({}));
        let lines: Vec<usize> = findings
            .iter()
            .filter(|finding| finding.code == *code)
            .filter_map(|finding| Some(finding.position.as_ref()?.line))
            .collect();
        if !lines.contains(line) {
            failures.push(format!("{code} {replaced:?}: {lines:?}, not {line}"));
        }
        let is_error = findings.iter().any(|finding| finding.severity == Severity::Error);
        assert_eq!(is_error, code.page().severity == Severity::Error, "{code}");
        assert!(!is_error || after == text, "{code}");
    }
    let (_, findings) = run(&both(), &json!({}));
    let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::Injected], "a sound input gives rise to nothing");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_second_collector_is_one_too_many() {
    let second = COLLECTOR.replace("name: sidecar", "name: other");
    let (_, findings) = run(&format!("{second}---\n{}", both()), &json!({}));
    assert!(findings.iter().any(|finding| finding.code == Code::AmbiguousCollector), "{findings:?}");
}

#[test]
fn a_configuration_that_no_variable_holds_is_refused() {
    let sized = |size: usize| both().replace("debug: {}", &format!("debug: {{a: {}}}", "x".repeat(size)));
    let config = |text: &str| {
        let sidecar = sidecar(&run(text, &json!({})).0);
        let env = sidecar["env"].as_array().map(<[Value]>::to_vec).unwrap_or_default();
        let value = env.into_iter().find(|entry| entry["name"] == "OTEL_CONFIG");
        value.map_or(0, |entry| entry["value"].as_str().expect("a text").len())
    };
    const LONGEST: usize = 131_059;
    let beside = config(&sized(1)) - 1;
    assert_eq!(config(&sized(LONGEST - beside)), LONGEST);
    let (_, findings) = run(&sized(LONGEST - beside + 1), &json!({}));
    assert!(findings.iter().any(|finding| finding.code == Code::ConfigTooLarge), "{findings:?}");
}

#[test]
fn a_job_waits_for_a_sidecar_that_is_not_native() {
    let job = both().replace("apps/v1\nkind: StatefulSet", "batch/v1\nkind: Job");
    for (spec, is_blocked) in [(json!({"nativeSidecars": false}), true), (json!({}), false)] {
        let (_, findings) = run(&job, &spec);
        let says_so = findings.iter().any(|finding| finding.code == Code::SidecarBlocksJob);
        assert_eq!(says_so, is_blocked, "{findings:?}");
    }
}

#[test]
fn a_collector_that_nobody_asks_for_is_not_judged() {
    let text = both().replace("inject: 'true'", "inject: 'false'").replace("grpc: {}", "grcp: {}");
    assert_eq!(run(&text, &json!({})).1, []);
}

#[test]
fn a_rule_asks_for_a_sidecar_and_the_pod_has_the_last_word() {
    let bare = both().replace("        sidecar.opentelemetry.io/inject: 'true'\n", "        a: b\n");
    let all = json!({"names": ["*"]});
    for wanted in [json!(true), json!("sidecar"), json!("shop/sidecar")] {
        let (text, _) = run(&bare, &json!({"rules": [{"select": all, "sidecar": wanted}], "annotate": true}));
        assert_eq!(sidecar(&text)["restartPolicy"], "Always", "{wanted}");
        let annotation = wanted.as_str().unwrap_or("true");
        assert!(
            text.contains(&format!("sidecar.opentelemetry.io/inject: {}", json!(annotation)))
                || text.contains(&format!("sidecar.opentelemetry.io/inject: {annotation}\n")),
            "{text}"
        );
    }
    let (text, _) = run(&bare, &json!({"rules": [{"select": all, "sidecar": false}]}));
    assert_eq!(text, bare);
    let refusing = both().replace("inject: 'true'", "inject: 'false'");
    assert_eq!(run(&refusing, &json!({"rules": [{"select": all, "sidecar": true}]})).0, refusing);
    let (_, findings) = run(&bare, &json!({"rules": [{"select": all, "sidecar": "other"}]}));
    assert!(findings[0].message.ends_with("(set by spec.rules[0] of the function config)"), "{findings:?}");
}

#[test]
fn images_come_from_where_the_config_says() {
    let image = |spec: Value, text: &str| sidecar(&run(text, &spec).0)["image"].clone();
    let of_registry = image(json!({"images": {"registry": "mirror.example.com/otel"}}), &both());
    assert_eq!(of_registry, "mirror.example.com/otel/opentelemetry-collector:0.158.0");
    assert_eq!(image(json!({"images": {"collector": "collector:1"}}), &both()), "collector:1");
    let own = both().replace("  mode: sidecar\n", "  mode: sidecar\n  image: own:2\n");
    assert_eq!(image(json!({"images": {"collector": "collector:1"}}), &own), "own:2");
}

#[test]
fn what_is_refused_leaves_the_other_as_it_would_be_alone() {
    let asks = "        instrumentation.opentelemetry.io/inject-sdk: 'true'\n";
    let instrumentation = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: a, namespace: shop}\n---\n";
    let two = format!("{instrumentation}{}", both().replace("    spec:\n", &format!("{asks}    spec:\n")));
    let skip = json!({"onError": "skip"});
    let codes = |text: &str| -> BTreeSet<Code> {
        let findings = run(text, &json!({})).1;
        findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.code)
            .collect()
    };
    // Without a collector, and without an Instrumentation.
    let lonely = two.replace("inject: 'true'", "inject: other");
    let alone = two.replace("inject: 'true'", "inject: 'false'");
    assert_eq!(run(&lonely, &skip).0, run(&alone, &skip).0.replace("inject: 'false'", "inject: other"));
    assert_eq!(codes(&lonely), BTreeSet::from([Code::CollectorNotFound]));
    let lonely = two.replace("inject-sdk: 'true'", "inject-sdk: other");
    let alone = two.replace("inject-sdk: 'true'", "inject-sdk: 'false'");
    assert_eq!(
        run(&lonely, &skip).0,
        run(&alone, &skip).0.replace("inject-sdk: 'false'", "inject-sdk: other")
    );
    assert_eq!(codes(&lonely), BTreeSet::from([Code::InstrumentationNotFound]));
    // Both are refused, and both say so.
    let neither = lonely.replace("inject: 'true'", "inject: other");
    assert_eq!(codes(&neither), BTreeSet::from([Code::CollectorNotFound, Code::InstrumentationNotFound]));
    assert_eq!(run(&neither, &skip).0, neither);
}

#[test]
fn a_severity_makes_a_remark_about_a_collector_a_refusal() {
    let text = both().replace("grpc: {}", "grpc: {endpoint: localhost}");
    let (after, findings) = run(&text, &json!({"severity": {"endpoint-quirk": "error"}}));
    assert_eq!(after, text);
    assert!(findings.iter().any(|finding| finding.code == Code::InvalidCollector), "{findings:?}");
}
