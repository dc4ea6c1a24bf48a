//! The way back: what was injected is taken out again, and renewed where what it came from has changed.

#![allow(clippy::print_stdout, reason = "the figures are what it is run for")]

use otel_inject::change::Change;
use otel_inject::config::Settings;
use otel_inject::finding::{Code, Finding, Severity};
use otel_inject::yaml::{Document, edited, split_documents};
use otel_inject::{Output, Role, Source, inject, uninject};
use rayon::prelude::*;
use serde_json::{Value, json};
use support::{entries, testdata, vectors};

mod support;

type Run = fn(&[Source<'_>], &Settings) -> Output;

fn run(run: Run, text: &str) -> (String, Vec<Finding>) {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let output = run(&sources, &Settings::default());
    (edited(text, &output.edits[0]), output.findings)
}

fn has(findings: &[Finding], code: Code) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

/// The recorded pods, or a part of them that is quick to try: the named ones and every `step`-th of the others.
fn sample(step: usize) -> Vec<(String, String)> {
    let is_meant = |index: usize, name: &str| !name.starts_with("field-") || index.is_multiple_of(step);
    let all = vectors().into_iter().enumerate();
    all.filter(|(index, (name, _))| is_meant(*index, name)).map(|(_, vector)| vector).collect()
}

/// The text after a first run, where that injects something.
fn injected(input: &str) -> Option<String> {
    let (injected, findings) = run(inject, input);
    let is_first = has(&findings, Code::Injected) && !has(&findings, Code::AlreadyInstrumented);
    (injected != input && is_first).then_some(injected)
}

/// Why the injection in a text cannot be taken out.
fn refusal(text: &str) -> Option<String> {
    let (_, findings) = run(uninject, text);
    findings.into_iter().find(|finding| finding.code == Code::CannotUninject).map(|finding| finding.message)
}

#[test]
fn every_vector_leads_back() {
    let outcomes: Vec<bool> = vectors()
        .into_par_iter()
        .filter_map(|(name, input)| {
            let injected = injected(&input)?;
            assert_eq!(refusal(&injected), None, "{name}");
            let (before, findings) = run(uninject, &injected);
            assert!(has(&findings, Code::Uninjected), "{name}");
            assert_eq!(run(inject, &before).0, injected, "{name}");
            Some(before == input)
        })
        .collect();
    let same = outcomes.iter().filter(|is_same| **is_same).count();
    println!("{same} of {} are the original, the others another one of the same text", outcomes.len());
    assert!(same * 10 >= outcomes.len() * 9, "{same} of {}", outcomes.len());
}

const INSTRUMENTATION: &str = "\
---
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {name: default}
spec: {exporter: {endpoint: 'http://collector:4317'}, env: [{name: TEAM, value: shop}]}
";

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata:
      annotations:
        instrumentation.opentelemetry.io/inject-nodejs: 'true'
    spec:
      containers:
        - name: app # ours
          image: web:1
          env: # the application's
            # how loud it is
            - name: LEVEL
              value: info
            - name: NODE_OPTIONS
              value: --max-old-space-size=256
";

fn both(workload: &str) -> String {
    format!("{workload}{INSTRUMENTATION}")
}

#[test]
fn comments_and_layout_come_back() {
    let flow = "{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: \
                {instrumentation.opentelemetry.io/inject-java: 'true'}}, \
                spec: {containers: [{name: a, image: 'x:1'}]}} # last\n";
    let windows = both(WORKLOAD).replace('\n', "\r\n");
    let unended = format!("{INSTRUMENTATION}---\n{}", WORKLOAD.trim_end());
    // As sops writes a value that it encrypts.
    let encrypted =
        both(&WORKLOAD.replace("name: app", "name: 'ENC[AES256_GCM,data:eg==,iv:Yw=,tag:Qw==,type:str]'"));
    for text in [both(WORKLOAD), both(flow), windows, unended, encrypted] {
        let injected = injected(&text).expect("an injection");
        assert_eq!(run(uninject, &injected).0, text);
    }
}

#[test]
fn an_empty_list_below_a_comment_stays_a_list() {
    let (head, _) = WORKLOAD.split_once("          env").expect("variables");
    let with = |env: &str, mounts: &str| {
        both(&format!(
            "{head}          env: {env}# none\n          # nor these\n          volumeMounts: {mounts}\n"
        ))
    };
    let injected = injected(&with("", "~")).expect("an injection");
    assert_eq!(run(uninject, &injected).0, with("[] ", "[]"));
}

#[test]
fn no_more_lists_are_empty_than_must_be() {
    let two = WORKLOAD.replace(
        "inject-nodejs: 'true'",
        "inject-java: 'true'\n        \
        instrumentation.opentelemetry.io/container-names: app,other",
    );
    let (head, _) = two.split_once("          env").expect("variables");
    let pair = |empty: &str| {
        let mounts = format!("          # none\n          volumeMounts: {empty}\n          tty: true\n");
        both(&format!("{head}{mounts}        - name: other\n          image: web:1\n{mounts}"))
    };
    let injected = injected(&pair("~")).expect("an injection");
    assert_eq!(run(uninject, &injected).0, pair("[]"));
}

#[test]
fn what_was_edited_since_stays() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let edits = [
        ("autoinstrumentation.js", "own.js"),
        ("- name: OTEL_SERVICE_NAME\n", "# by hand\n            - name: OTEL_SERVICE_NAME\n"),
        ("value: web\n", "value: other\n"),
        ("sizeLimit: 200Mi", "medium: Memory"),
    ];
    for (before, after) in edits {
        assert!(injected.contains(before), "{before} in {injected}");
        let edited = injected.replacen(before, after, 1);
        assert!(refusal(&edited).is_some(), "{before}");
        let renewed = run(inject, &edited.replace("collector:4317", "elsewhere:4317"));
        assert!(has(&renewed.1, Code::AlreadyInstrumented), "{before}: {:?}", renewed.1);
    }
}

#[test]
fn what_nothing_asks_for_is_stale() {
    let injected =
        injected(&both(WORKLOAD)).expect("an injection").replace("nodejs: 'true'", "nodejs: 'false'");
    let (text, findings) = run(inject, &injected);
    assert_eq!(text, injected);
    assert!(has(&findings, Code::StaleInjection), "{findings:?}");
    let before = both(WORKLOAD).replace("nodejs: 'true'", "nodejs: 'false'");
    assert_eq!(run(uninject, &injected).0, before);
}

#[test]
fn an_update_says_what_is_other() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let (_, findings) = run(inject, &injected.replace("collector:4317", "elsewhere:4317"));
    // The Instrumentation says so too, and the pod must not be taken for it.
    let only_instrumentation = injected.replacen(
        "exporter: {endpoint: 'http://collector",
        "exporter: {endpoint: 'http://elsewhere",
        1,
    );
    let (text, updated) = run(inject, &only_instrumentation);
    let finding = updated.iter().find(|finding| finding.code == Code::Updated).expect("an update");
    assert_eq!(finding.message, "OTEL_EXPORTER_OTLP_ENDPOINT of app is other");
    assert_eq!(text, injected.replace("collector:4317", "elsewhere:4317"));
    assert!(has(&findings, Code::AlreadyInstrumented), "{findings:?}");
}

#[test]
fn an_injection_without_its_instrumentation_stays() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let alone = injected.strip_suffix(INSTRUMENTATION).expect("the Instrumentation");
    let (text, findings) = run(inject, alone);
    assert_eq!(text, alone);
    assert!(has(&findings, Code::AlreadyInstrumented), "{findings:?}");
}

#[test]
fn a_deleted_variable_of_an_instrumentation_stays() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let deleted = injected.replace(", env: [{name: TEAM, value: shop}]", "");
    let (text, findings) = run(inject, &deleted);
    assert_eq!(text, deleted);
    assert!(has(&findings, Code::AlreadyInstrumented), "{findings:?}");
}

const COLLECTOR: &str = "\
---
apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: {name: sidecar}
spec:
  mode: sidecar
  volumes: [{name: certs, secret: {secretName: certs}}]
  volumeMounts: [{name: certs, mountPath: /certs}]
  config:
    receivers: {otlp: {protocols: {grpc: {}}}}
    exporters: {otlp: {endpoint: 'gateway:4317'}}
    service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}
";

/// The workload with a sidecar, and with an agent where `is_instrumented`.
fn beside(is_instrumented: bool) -> String {
    let asks = "        sidecar.opentelemetry.io/inject: 'true'\n";
    let nodejs = "        instrumentation.opentelemetry.io/inject-nodejs: 'true'\n";
    let asks = if is_instrumented { format!("{asks}{nodejs}") } else { asks.to_owned() };
    format!("{}{COLLECTOR}", both(&WORKLOAD.replace(nodejs, &asks)))
}

#[test]
fn a_sidecar_comes_and_goes_with_and_without_an_agent() {
    for is_instrumented in [false, true] {
        let text = beside(is_instrumented);
        let injected = injected(&text).expect("an injection");
        assert_eq!(run(inject, &injected).0, injected);
        assert_eq!(run(uninject, &injected).0, text);
        // What it came from is not needed, nor is it known to stay as it was.
        let alone = injected.replace(COLLECTOR, "");
        assert_eq!(run(inject, &alone).0, alone);
        assert_eq!(run(uninject, &alone).0, text.replace(COLLECTOR, ""));
        let renewed =
            run(inject, &injected.replace("{endpoint: 'gateway:4317'}", "{endpoint: 'other:4317'}"));
        let anew = run(inject, &text.replace("gateway:4317", "other:4317"));
        assert_eq!(renewed.0, anew.0);
        assert!(has(&renewed.1, Code::Updated), "{:?}", renewed.1);
    }
}

#[test]
fn one_of_two_is_added_to_the_other() {
    let text = beside(true);
    let whole = injected(&text).expect("an injection");
    for switch in ["sidecar.opentelemetry.io/inject", "instrumentation.opentelemetry.io/inject-nodejs"] {
        let off = |text: &str, value: &str| {
            let [before, after] = if value == "false" { ["true", "false"] } else { ["false", "true"] };
            text.replace(&format!("{switch}: '{before}'"), &format!("{switch}: '{after}'"))
        };
        let first = injected(&off(&text, "false")).expect("an injection of the other");
        let (both, findings) = run(inject, &off(&first, "true"));
        assert_eq!(both, whole, "{switch}");
        assert!(has(&findings, Code::Updated), "{findings:?}");
    }
}

#[test]
fn a_sidecar_that_nothing_asks_for_is_stale() {
    let text = beside(false);
    let injected = injected(&text).expect("an injection");
    let unasked =
        |text: &str| text.replace("        sidecar.opentelemetry.io/inject: 'true'\n", "        a: b\n");
    let (after, findings) = run(inject, &unasked(&injected));
    assert_eq!(after, unasked(&injected));
    assert!(has(&findings, Code::StaleInjection), "{findings:?}");
    assert_eq!(run(uninject, &unasked(&injected)).0, unasked(&text));
}

#[test]
fn a_sidecar_that_was_edited_since_stays() {
    let injected = injected(&beside(true)).expect("an injection");
    for (before, after) in [
        ("--config=env:OTEL_CONFIG", "--config=/etc/own.yaml"),
        ("endpoint: \"0.0.0.0:4317\"", "endpoint: localhost:1"),
        ("containerPort: 4317", "containerPort: 4319"),
        ("- name: OTEL_CONFIG\n", "# by hand\n            - name: OTEL_CONFIG\n"),
    ] {
        assert!(injected.contains(before), "{before} in {injected}");
        let edited = injected.replacen(before, after, 1);
        assert!(refusal(&edited).is_some(), "{before}");
        let (text, findings) = run(inject, &edited.replace("gateway", "elsewhere"));
        assert!(text.contains(after), "{before}");
        assert!(has(&findings, Code::AlreadyInstrumented), "{before}: {findings:?}");
    }
}

#[test]
fn pods_of_every_release_lead_back() {
    let releases = entries(&testdata("released"));
    assert!(!releases.is_empty());
    for release in releases {
        let read = |file: &str| std::fs::read_to_string(release.join(file)).expect("a text");
        let (before, findings) = run(uninject, &read("injected.yaml"));
        assert_eq!(before, read("original.yaml"), "{}: {findings:?}", release.display());
    }
}

/// Something that changes after the first run.
struct Later {
    name: &'static str,
    /// The kind that it changes.
    kind: &'static str,
    /// What it makes of the spec.
    spec: fn(&Value) -> Vec<Change>,
    /// Texts that take the place of others.
    texts: &'static [(&'static str, &'static str)],
}

fn set(spec: &Value, path: &[&str], value: Value) -> Vec<Change> {
    let mut pointer = "/spec".to_owned();
    let mut there = Some(spec);
    for (depth, key) in path.iter().enumerate() {
        pointer = format!("{pointer}/{key}");
        there = there.and_then(|there| there.get(key));
        match there {
            None => {
                let rest = path[depth + 1..].iter().rev();
                return vec![Change::add(pointer, rest.fold(value, |inner, key| json!({ *key: inner })))];
            }
            Some(_) if depth + 1 == path.len() => return vec![Change::replace(pointer, value)],
            Some(_) => {}
        }
    }
    unreachable!("a path has a last key")
}

const LATER: &[Later] = &[
    Later {
        name: "endpoint",
        kind: "Instrumentation",
        spec: |spec| set(spec, &["exporter", "endpoint"], json!("http://elsewhere:4317")),
        texts: &[],
    },
    Later {
        name: "propagators",
        kind: "Instrumentation",
        spec: |spec| set(spec, &["propagators"], json!(["b3multi", "tracecontext"])),
        texts: &[],
    },
    Later {
        name: "sampler",
        kind: "Instrumentation",
        spec: |spec| set(spec, &["sampler"], json!({"type": "traceidratio", "argument": "0.125"})),
        texts: &[],
    },
    Later {
        name: "images",
        kind: "Instrumentation",
        spec: |spec| {
            let languages = ["java", "nodejs", "python", "dotnet", "go", "apacheHttpd", "nginx"];
            let image = |key: &str| set(spec, &[key, "image"], json!(format!("example.com/{key}:9")));
            languages.into_iter().flat_map(image).collect()
        },
        texts: &[],
    },
    Later {
        name: "collector",
        kind: "OpenTelemetryCollector",
        spec: |spec| {
            let mut changes = set(spec, &["image"], json!("example.com/collector:9"));
            changes.extend(set(spec, &["args"], json!({"feature-gates": "+later"})));
            changes
        },
        texts: &[],
    },
    Later {
        name: "configuration",
        kind: "OpenTelemetryCollector",
        spec: |spec| {
            if !spec["config"].is_object() {
                return Vec::new();
            }
            let mut changes =
                set(spec, &["config", "receivers", "otlp~1later"], json!({"protocols": {"http": {}}}));
            let pipelines = spec["config"]["service"]["pipelines"].as_object().into_iter().flatten();
            for (name, _) in pipelines.filter(|(_, pipeline)| pipeline["receivers"].is_array()) {
                let name = name.replace('/', "~1");
                let first = format!("/spec/config/service/pipelines/{name}/receivers/0");
                changes.push(Change::add(first, json!("otlp/later")));
            }
            changes
        },
        texts: &[],
    },
    Later {
        name: "language",
        kind: "Instrumentation",
        spec: |_| Vec::new(),
        texts: &[
            ("inject-nodejs", "inject-other"),
            ("inject-java", "inject-nodejs"),
            ("inject-other", "inject-java"),
            ("nodejs-container-names", "other-container-names"),
            ("java-container-names", "nodejs-container-names"),
            ("other-container-names", "java-container-names"),
        ],
    },
];

/// The text after the change.
fn later(text: &str, later: &Later) -> Option<String> {
    let mut result = String::new();
    for range in split_documents(text.as_bytes()) {
        let document = Document::parse(&text[range]).ok()?;
        let value = document.value().ok()?;
        let changes = match value.get("kind").and_then(Value::as_str) {
            Some(kind) if kind == later.kind => (later.spec)(&value["spec"]),
            _ => Vec::new(),
        };
        result.push_str(&edited(document.source(), &document.splice(&changes).ok()?));
    }
    for (before, after) in later.texts {
        result = result.replace(before, after);
    }
    Some(result)
}

/// What a second run makes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Second {
    /// The same as a first run.
    Renewed,
    /// Nothing, and nothing is asked.
    Current,
    /// Nothing: the injection is not recognized.
    Kept,
}

fn second_run(name: &str, input: &str, injected: &str, change: &Later) -> Option<Second> {
    let anew = later(input, change).filter(|anew| anew != input)?;
    let there = later(injected, change)?;
    let (first, findings) = run(inject, &anew);
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    let is_refused = findings.iter().any(is_error);
    let (second, findings) = run(inject, &there);
    let what = change.name;
    if !is_refused && first == second {
        assert_eq!(has(&findings, Code::Updated), second != there, "{name} {what}");
        return Some(if second == there { Second::Current } else { Second::Renewed });
    }
    if is_refused && findings.iter().any(is_error) {
        return Some(Second::Current);
    }
    assert!(refusal(&there).is_some(), "{name} {what}: a second run differs from the first");
    assert!(has(&findings, Code::AlreadyInstrumented), "{name} {what}");
    println!("{name} {what} is kept: {}", refusal(&there).unwrap_or_default());
    Some(Second::Kept)
}

/// Tries every change on a part of the vectors: never another outcome than a first run's, and every injection is
/// recognized.
fn renew(step: usize) {
    let tried = sample(step).into_par_iter().flat_map_iter(|(name, input)| {
        let injected = injected(&input);
        let seconds = injected.map(|injected| {
            LATER.iter().filter_map(|change| second_run(&name, &input, &injected, change)).collect::<Vec<_>>()
        });
        seconds.unwrap_or_default()
    });
    let tried: Vec<Second> = tried.collect();
    let count = |wanted: Second| tried.iter().filter(|second| **second == wanted).count();
    let kept = count(Second::Kept);
    println!("{} renewed, {} current, {kept} kept", count(Second::Renewed), count(Second::Current));
    assert_eq!(kept, 0, "of {}", tried.len());
    assert!(count(Second::Renewed) * 2 >= tried.len(), "few changes change something");
}

#[test]
fn what_has_changed_is_renewed() {
    renew(8);
}

#[test]
#[ignore = "takes minutes without optimization"]
fn what_has_changed_is_renewed_in_every_vector() {
    renew(1);
}
