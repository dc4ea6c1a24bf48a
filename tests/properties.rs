//! What holds for every input: proven on documents by chance and on the recorded ones.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use otel_inject::config::{OnError, Settings};
use otel_inject::k8s::{Identity, Kind};
use otel_inject::yaml::split_documents;
use otel_inject::{Role, Source, inject, uninject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::DeserializeOwned;
use serde_json::Value;
use support::{
    Outcome, Units, documents, edited, entries, injected, item, judge, python_path, testdata, vectors,
};

mod support;

// Documents by chance.

/// A stream with an Instrumentation, a collector and some workloads.
#[derive(Debug, Clone)]
struct Input {
    /// Lines of the collector's spec, and what one of its components is told.
    collector: (Vec<&'static str>, Value),
    workloads: Vec<Workload>,
    layout: Layout,
}

#[derive(Debug, Clone, Copy)]
struct Layout {
    /// Spaces before the dashes of a sequence.
    dash: usize,
    crlf: bool,
    /// The last line has no line break.
    open: bool,
}

#[derive(Debug, Clone)]
struct Workload {
    kind: &'static str,
    namespace: Option<&'static str>,
    /// Lines of annotations.
    annotations: Vec<&'static str>,
    containers: Vec<Container>,
    init_containers: Vec<Container>,
    volumes: Vec<&'static str>,
    noise: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Container {
    image: Option<&'static str>,
    env: Env,
    mounts: Option<&'static str>,
    noise: Vec<&'static str>,
    comments: bool,
}

#[derive(Debug, Clone)]
enum Env {
    Absent,
    /// What follows `env:`.
    Empty(&'static str),
    Entries(Vec<Entry>),
}

#[derive(Debug, Clone)]
struct Entry {
    name: &'static str,
    /// The lines after the name; later ones are indented below the first.
    value: &'static [&'static str],
    comment: bool,
}

const KINDS: &[&str] = &[
    "apps/v1 Deployment",
    "apps/v1 StatefulSet",
    "batch/v1 Job",
    "batch/v1 CronJob",
    "v1 Pod",
    "v1 ReplicationController",
    "argoproj.io/v1alpha1 Rollout",
    "serving.knative.dev/v1 Service",
    "v1 ConfigMap",
];

const ANNOTATIONS: &[&str] = &[
    "instrumentation.opentelemetry.io/inject-nodejs: \"true\"",
    "instrumentation.opentelemetry.io/inject-nodejs: default",
    "instrumentation.opentelemetry.io/inject-sdk: 'true'",
    "instrumentation.opentelemetry.io/inject-sdk: shop/default # another's",
    "instrumentation.opentelemetry.io/inject-sdk: nobody",
    "instrumentation.opentelemetry.io/inject-go: \"true\"",
    "instrumentation.opentelemetry.io/inject-go: \"false\"",
    "instrumentation.opentelemetry.io/container-names: c0",
    "instrumentation.opentelemetry.io/container-names: c0,c1",
    "instrumentation.opentelemetry.io/container-names: i0,c0",
    "instrumentation.opentelemetry.io/go-container-names: c1",
    "instrumentation.opentelemetry.io/otel-go-auto-target-exe: /app/app",
    "sidecar.opentelemetry.io/inject: \"true\"",
    "sidecar.opentelemetry.io/inject: shop/sidecar # another's",
    "sidecar.opentelemetry.io/inject: nobody",
    "resource.opentelemetry.io/team: checkout # ours",
    "resource.opentelemetry.io/service.name: \"front\"",
    "resource.opentelemetry.io/k8s.node.name: here",
    "example.com/octal: \"0755\"",
];

const OF_COLLECTOR: &[&str] = &[
    "image: example.com/collector:1",
    "args: {feature-gates: -a}",
    "env: [{name: POD_NAME, value: mine}, {name: TOKEN, value: $(POD_NAME)}]",
    "resources: {limits: {memory: 64Mi}}",
    "configmaps: [{name: certs, mountpath: certs}]",
    "volumes: [{name: data, emptyDir: {}}]",
    "initContainers: [{name: first, image: 'first:1'}]",
    "ports: [{name: own, port: 9999}]",
    "livenessProbe: {periodSeconds: 5}",
    "hostNetwork: true",
];

const NOISE: &[&str] = &[
    "unknownField: {deep: [1.10, 0x1F, ~, 2024-01-01], octal: 0755}",
    "moreUnknown:\n- |\n  # not a comment\n  ---\n\n- >-\n  folded\n\n  text\n- 'it''s'",
    "terminationGracePeriodSeconds: 1e3 # a number of sorts",
    "\"quoted key\": [a, {b: c}, \"d\"]",
    "anchored: &anchor {a: b}\naliased: *anchor",
];

const VALUES: &[&[&str]] = &[
    &["value: plain # c"],
    &["value: --max-old-space-size=512"],
    &["value: 'it''s single'"],
    &["value: \"double \\u00e9\" # c"],
    &["value: |", "  literal"],
    &["value: |-", "  literal", "", "  of lines"],
    &["value: |+", "  literal", ""],
    &["value: >", "  folded", "  words"],
    &["value: >- # c", "  folded"],
    &["value: several", "  plain words"],
    &["value: \"\""],
    &["value: a=b,c=d"],
    &["value: service.version=1,"],
    &["value: $(LATER) and $(OTEL_POD_IP)"],
    &["valueFrom: {fieldRef: {fieldPath: status.hostIP}}"],
    &["value: null"],
    &[],
];

const NAMES: &[&str] = &[
    "LOG_LEVEL",
    "MODE",
    "LATER",
    "NODE_OPTIONS",
    "NODE_OPTIONS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SERVICE_NAME",
    "OTEL_POD_IP",
    "OTEL_NODE_IP",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_RESOURCE_ATTRIBUTES_POD_NAME",
];

fn entry() -> impl Strategy<Value = Entry> {
    (select(NAMES), select(VALUES), any::<bool>()).prop_map(|(name, value, comment)| Entry {
        name,
        value,
        comment,
    })
}

fn env() -> impl Strategy<Value = Env> {
    prop_oneof![
        2 => Just(Env::Absent),
        1 => select(&["[]  # none", "[]", "", "null", "~ # nothing", "{}"][..]).prop_map(Env::Empty),
        5 => vec(entry(), 1..5).prop_map(|mut entries| {
            // Twice is refused; that is not what is tried here.
            let mut seen = BTreeSet::new();
            entries.retain(|entry| seen.insert(entry.name));
            Env::Entries(entries)
        }),
    ]
}

fn container() -> impl Strategy<Value = Container> {
    let images = prop::option::of(select(&["app:1.2", "host:5000/app", "app@sha256:0", "\"app:2\" # c"][..]));
    let mounts = prop::option::of(select(
        &["[]", "[{name: tmp, mountPath: /tmp}]", "\n- name: tmp\n  mountPath: /tmp"][..],
    ));
    (images, env(), mounts, vec(select(NOISE), 0..2), any::<bool>())
        .prop_map(|(image, env, mounts, noise, comments)| Container { image, env, mounts, noise, comments })
}

fn workload() -> impl Strategy<Value = Workload> {
    let volumes = vec(select(&["name: tmp\nemptyDir: {} # any", "{name: other, emptyDir: {}}"][..]), 0..2);
    (
        select(KINDS),
        prop::option::weighted(0.7, Just("shop")),
        vec(select(ANNOTATIONS), 0..5),
        vec(container(), 1..3),
        vec(container(), 0..2),
        volumes,
        vec(select(NOISE), 0..2),
    )
        .prop_map(
            |(kind, namespace, mut annotations, containers, init_containers, volumes, mut noise)| {
                let mut seen = BTreeSet::new();
                annotations.retain(|line| seen.insert(line.split(':').next()));
                noise.dedup();
                Workload { kind, namespace, annotations, containers, init_containers, volumes, noise }
            },
        )
}

fn input() -> impl Strategy<Value = Input> {
    let layout = (select(&[0, 0, 2, 3][..]), prop::bool::weighted(0.2), prop::bool::weighted(0.2))
        .prop_map(|(dash, crlf, open)| Layout { dash, crlf, open });
    (collector(), vec(workload(), 1..4), layout).prop_map(|(collector, workloads, layout)| Input {
        collector,
        workloads,
        layout,
    })
}

fn collector() -> impl Strategy<Value = (Vec<&'static str>, Value)> {
    const WORDS: &[&str] =
        &["a", "on", "08", "1e3", "12:30", "~", "two\nlines\n", "${env:X}", "'", "- x", "y: z", "2001-01-01"];
    let leaf = prop_oneof![
        4 => select(WORDS).prop_map(Value::from),
        2 => any::<i32>().prop_map(Value::from),
        1 => (-1e9..1e9).prop_map(|number: f64| Value::from(number)),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let told = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec(("[a-z]{1,3}", inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    (vec(select(OF_COLLECTOR), 0..4), told).prop_map(|(mut lines, told)| {
        let mut seen = BTreeSet::new();
        lines.retain(|line| seen.insert(line.split(':').next()));
        (lines, told)
    })
}

/// Lines, each with what it is indented by.
struct Writer {
    text: String,
    layout: Layout,
    comments: usize,
}

impl Writer {
    fn line(&mut self, indent: usize, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    fn lines(&mut self, indent: usize, lines: &str) {
        for line in lines.split('\n') {
            self.line(indent, line);
        }
    }

    fn comment(&mut self, indent: usize) {
        self.comments += 1;
        let number = self.comments;
        self.line(indent, &format!("# above {number}"));
    }

    /// An element of a sequence whose key is indented by `indent`.
    fn element(&mut self, indent: usize, lines: &str) {
        let dash = indent + self.layout.dash;
        let (first, rest) = lines.split_once('\n').unwrap_or((lines, ""));
        self.line(dash, &format!("- {first}"));
        if !rest.is_empty() {
            self.lines(dash + 2, rest);
        }
    }

    fn containers(&mut self, indent: usize, key: &str, containers: &[Container]) {
        if containers.is_empty() {
            return;
        }
        self.line(indent, &format!("{key}:"));
        for (index, container) in containers.iter().enumerate() {
            if container.comments {
                self.comment(indent + self.layout.dash);
            }
            self.element(indent, &format!("name: {}{index} # here", &key[..1]));
            let indent = indent + self.layout.dash + 2;
            let mut noise = container.noise.iter();
            if let Some(noise) = noise.next() {
                self.lines(indent, noise);
            }
            if container.comments {
                self.comment(indent);
            }
            if let Some(image) = container.image {
                self.line(indent, &format!("image: {image}"));
            }
            match &container.env {
                Env::Absent => {}
                Env::Empty(how) => self.line(indent, format!("env: {how}").trim_end()),
                Env::Entries(entries) => {
                    self.line(indent, "env:");
                    for entry in entries {
                        if entry.comment {
                            self.comment(indent + self.layout.dash);
                        }
                        let lines: String = entry.value.iter().map(|line| format!("\n{line}")).collect();
                        self.element(indent, &format!("name: {}{lines}", entry.name));
                    }
                }
            }
            if let Some(mounts) = container.mounts {
                match mounts.strip_prefix("\n- ") {
                    None => self.line(indent, &format!("volumeMounts: {mounts}")),
                    Some(element) => {
                        self.line(indent, "volumeMounts:");
                        self.element(indent, &element.replace("\n  ", "\n"));
                    }
                }
            }
        }
    }

    fn workload(&mut self, workload: &Workload, index: usize) {
        let (version, kind) = workload.kind.split_once(' ').expect("a version and a kind");
        self.line(0, "---");
        self.line(0, &format!("apiVersion: {version}"));
        self.line(0, &format!("kind: {kind} # of things"));
        self.line(0, "metadata:");
        self.line(2, &format!("name: w{index}"));
        if let Some(namespace) = workload.namespace {
            self.line(2, &format!("namespace: {namespace}"));
        }
        let is_pod = kind == "Pod";
        let mut indent = 0;
        if !is_pod {
            let levels = if kind == "CronJob" {
                &["spec", "jobTemplate", "spec", "template"][..]
            } else {
                &["spec", "template"]
            };
            for level in levels {
                self.line(indent, &format!("{level}:"));
                indent += 2;
            }
            self.line(indent, "metadata:");
        }
        if workload.annotations.is_empty() {
            self.line(indent + 2, "labels: {app: web} # few");
        } else {
            self.line(indent + 2, "annotations:");
            for annotation in &workload.annotations {
                self.line(indent + 4, annotation);
            }
        }
        self.line(indent, "spec:");
        let indent = indent + 2;
        self.containers(indent, "initContainers", &workload.init_containers);
        if let Some(noise) = workload.noise.first() {
            self.lines(indent, noise);
        }
        self.containers(indent, "containers", &workload.containers);
        if !workload.volumes.is_empty() {
            self.line(indent, "volumes:");
            for volume in &workload.volumes {
                self.comment(indent + self.layout.dash);
                self.element(indent, volume);
            }
        }
    }
}

const INSTRUMENTATION: &str = "\
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata:
  name: default
  namespace: shop
spec:
  exporter:
    endpoint: http://collector:4318
  propagators: [tracecontext]
  sampler: {type: always_on}
  env:
  - name: OTEL_LOG_LEVEL
    value: debug
  go:
    env:
    - name: OTEL_GO_AUTO_TARGET_EXE
      value: /go
";

const COLLECTOR: &str = "\
---
apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata:
  name: sidecar
  namespace: shop
spec:
  mode: sidecar";

/// Documents ahead of the workloads.
const SOURCES: usize = 2;

impl Input {
    fn text(&self) -> String {
        let mut writer = Writer { text: INSTRUMENTATION.to_owned(), layout: self.layout, comments: 0 };
        let (lines, told) = &self.collector;
        writer.lines(0, COLLECTOR);
        lines.iter().for_each(|line| writer.line(2, line));
        writer.lines(2, "config:\n  receivers: {otlp: {protocols: {grpc: {}}}}");
        writer.line(4, &format!("exporters: {{debug: {{told: {told}}}}}"));
        writer.line(4, "extensions: {health_check: {}}");
        writer.lines(4, "service:\n  extensions: [health_check]");
        writer.line(6, "pipelines: {traces: {receivers: [otlp], exporters: [debug]}}");
        for (index, workload) in self.workloads.iter().enumerate() {
            writer.workload(workload, index);
        }
        let mut text = writer.text;
        if self.layout.open {
            text.truncate(text.trim_end().len());
        }
        if self.layout.crlf { text.replace('\n', "\r\n") } else { text }
    }
}

fn settings(on_error: OnError) -> Settings {
    Settings { on_error, ..Settings::default() }
}

fn once(text: &str, on_error: OnError) -> support::Injected {
    injected(text.as_bytes(), Role::Stream, "", &settings(on_error))
}

// What must hold.

/// The comments of a text that stand on lines of their own, with the element or key that they stand above.
fn comments(text: &str) -> BTreeMap<String, String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut comments = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with("# above") {
            let below = lines[index + 1..].iter().find(|line| !line.starts_with('#') && !line.is_empty());
            let below = below.copied().unwrap_or_default();
            let is_element = below.starts_with("- name");
            let what = if is_element { below } else { below.split(':').next().unwrap_or_default() };
            comments.insert((*line).to_owned(), what.to_owned());
        }
    }
    comments
}

/// What of `before` is not in `after`, where elements may have been added, and text at the end of `value`.
fn lost(before: &Value, after: &Value, pointer: &str) -> Option<String> {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut places = new.keys();
            old.iter().find_map(|(key, value)| {
                let pointer = format!("{pointer}/{key}");
                // In the old order: what comes next is behind what came before.
                if !places.any(|new| new == key) {
                    return Some(format!("{pointer} is gone or stands elsewhere"));
                }
                lost(value, &new[key], &pointer)
            })
        }
        (Value::Array(old), Value::Array(new)) => {
            let mut rest = new.iter();
            let mut moved = None;
            for (index, value) in old.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                if value["name"] == "OTEL_RESOURCE_ATTRIBUTES" {
                    moved = Some(value);
                    continue;
                }
                let fits = |new: &&Value| lost(value, new, "").is_none();
                if !rest.any(|new| fits(&new)) {
                    return Some(format!("{pointer} is gone or stands elsewhere"));
                }
            }
            let last = moved
                .and_then(|value| new.iter().find_map(|new| lost(value, new, "").is_none().then_some(())));
            (moved.is_some() && last.is_none()).then(|| format!("{pointer} has lost the attributes"))
        }
        (Value::String(old), Value::String(new)) => {
            let is_longer =
                pointer.ends_with("/value") && (new.starts_with(old.as_str()) || *new == python_path(old));
            (old != new && !is_longer).then(|| format!("{pointer} is {new}, not {old}"))
        }
        (Value::Null, Value::Array(_) | Value::Object(_) | Value::String(_)) => None,
        _ => (before != after).then(|| format!("{pointer} is {after}, not {before}")),
    }
}

/// The containers of a workload.
fn containers(workload: &Value) -> Vec<&Value> {
    let template = Identity::of(workload, None)
        .and_then(|identity| Kind::find(identity.group(), identity.kind()))
        .and_then(|kind| workload.pointer(&kind.template));
    let list = |key: &str| {
        let list = template.and_then(|template| template.pointer(&format!("/spec/{key}")));
        list.and_then(Value::as_array).into_iter().flatten()
    };
    list("initContainers").chain(list("containers")).collect()
}

/// A reference in what was written to a variable that does not stand earlier in its container.
fn dangling(before: &Value, after: &Value) -> Option<String> {
    let old = containers(before);
    for container in containers(after) {
        let none = Vec::new();
        let env = container["env"].as_array().unwrap_or(&none);
        let was = old.iter().find(|old| old["name"] == container["name"]);
        let mut names: Vec<&str> = Vec::new();
        for entry in env {
            let (Some(name), value) = (entry["name"].as_str(), entry["value"].as_str().unwrap_or_default())
            else {
                continue;
            };
            let own = was.and_then(|was| was["env"].as_array()).into_iter().flatten();
            let own = own.filter(|own| own["name"] == name).find_map(|own| own["value"].as_str());
            // A web server's clone has the variables of its container.
            let is_copied =
                old.iter().any(|old| old["env"].as_array().is_some_and(|env| env.contains(entry)));
            let written = value.replacen(own.unwrap_or_default(), "", 1);
            // What a collector is configured with is its user's text, and so are its own variables.
            let is_of_collector = container["name"] == "otc-container"
                && (name != "OTEL_RESOURCE_ATTRIBUTES"
                    || !names.contains(&"OTEL_RESOURCE_ATTRIBUTES_NODE_NAME"));
            let written = if is_copied || is_of_collector { "" } else { written.as_str() };
            for reference in written.split("$(").skip(1) {
                let reference = reference.split(')').next().unwrap_or_default();
                if !names.contains(&reference) {
                    return Some(format!("{name} of {} refers to {reference}", container["name"]));
                }
            }
            names.push(name);
        }
    }
    None
}

/// Fields that the typed resource does not know, or why it cannot be read at all.
fn unknown_fields(resource: &Value) -> Vec<String> {
    fn read<T: DeserializeOwned>(value: &Value) -> Vec<String> {
        let mut ignored = Vec::new();
        match serde_ignored::deserialize::<_, _, T>(value, |path| ignored.push(path.to_string())) {
            Ok(_) => ignored,
            Err(error) => vec![error.to_string()],
        }
    }
    let Some(identity) = Identity::of(resource, None) else { return Vec::new() };
    match identity.kind() {
        "Deployment" => read::<Deployment>(resource),
        "StatefulSet" => read::<StatefulSet>(resource),
        "DaemonSet" => read::<DaemonSet>(resource),
        "ReplicaSet" => read::<ReplicaSet>(resource),
        "Job" => read::<Job>(resource),
        "CronJob" => read::<CronJob>(resource),
        "Pod" => read::<Pod>(resource),
        _ => {
            let kind = Kind::find(identity.group(), identity.kind());
            let template = kind.and_then(|kind| resource.pointer(&kind.template));
            template.map(read::<PodTemplateSpec>).unwrap_or_default()
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_planned_is_written_and_a_second_injection_changes_nothing(input in input()) {
        let text = input.text();
        for on_error in OnError::ALL {
            match judge(text.as_bytes(), Role::Stream, Units::Lines, "", &settings(*on_error)) {
                Outcome::Wrong(why) => prop_assert!(false, "{}\n{}", why, text),
                Outcome::Unjudged => prop_assert!(*on_error == OnError::Skip, "{}", text),
                Outcome::Refused(_) | Outcome::Left | Outcome::Right(_) => {}
            }
        }
    }

    #[test]
    fn a_document_changes_only_where_it_is_injected(input in input()) {
        let text = input.text();
        let output = once(&text, OnError::Skip);
        prop_assert!(output.errors().is_empty(), "{:?}", output.findings);
        let injected = output.findings.iter().filter(|finding| finding.code.id() == "injected");
        let names: BTreeSet<&str> =
            injected.filter_map(|finding| Some(finding.subject.as_ref()?.name.as_str())).collect();
        let (before, after) = (split_documents(text.as_bytes()), split_documents(&output.bytes));
        prop_assert_eq!(before.len(), after.len());
        for (index, (before, after)) in before.into_iter().zip(after).enumerate() {
            let is_same = text[before] == output.text()[after];
            let is_injected = index >= SOURCES && names.contains(format!("w{}", index - SOURCES).as_str());
            prop_assert_eq!(is_same, !is_injected, "document {} of\n{}", index, &text);
        }
    }

    #[test]
    fn comments_fields_and_order_survive(input in input()) {
        let text = input.text();
        let output = once(&text, OnError::Skip);
        prop_assert_eq!(comments(&text), comments(output.text()), "{}", output.text());
        let trailing = |text: &str| text.matches(" # ").count();
        prop_assert_eq!(trailing(&text), trailing(output.text()), "{}", output.text());
        let before = documents(&text).expect("what was written");
        let after = documents(output.text()).expect("what came out");
        prop_assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            prop_assert_eq!(lost(before, after, ""), None, "{}", output.text());
            prop_assert_eq!(dangling(before, after), None, "{}", output.text());
        }
    }

    #[test]
    fn what_is_injected_is_taken_out_again(input in input()) {
        let text = input.text();
        let after = once(&text, OnError::Skip);
        let source = Source { file: None, text: after.text().as_bytes(), role: Role::Stream };
        let output = uninject(&[source], &settings(OnError::Skip));
        let before = String::from_utf8(edited(after.text().as_bytes(), &output.edits[0])).expect("UTF-8");
        let again = once(&before, OnError::Skip);
        prop_assert_eq!(again.text(), after.text(), "{}", before);
        let has_agent = text.contains("instrumentation.opentelemetry.io/");
        prop_assert!(has_agent || before == text, "{}\n{}", before, text);
    }

    #[test]
    fn a_configuration_decodes_to_what_was_told(input in input()) {
        let text = input.text();
        let told = &input.collector.1;
        for document in documents(once(&text, OnError::Skip).text()).expect("documents") {
            for container in containers(&document).iter().filter(|container| container["name"] == "otc-container") {
                let env = container["env"].as_array().expect("variables");
                let config = env.iter().find(|entry| entry["name"] == "OTEL_CONFIG").expect("a configuration");
                let config = documents(config["value"].as_str().expect("a text")).expect("YAML");
                prop_assert_eq!(&config[0]["exporters"]["debug"]["told"], told);
            }
        }
    }

    #[test]
    fn several_sources_are_one_stream(input in input()) {
        let text = input.text();
        for on_error in OnError::ALL {
            let whole = once(&text, *on_error);
            let parts: Vec<&[u8]> =
                split_documents(text.as_bytes()).into_iter().map(|range| &text.as_bytes()[range]).collect();
            let sources: Vec<Source<'_>> =
                parts.iter().map(|text| Source { file: None, text, role: Role::Stream }).collect();
            let output = inject(&sources, &settings(*on_error));
            let together: Vec<u8> =
                parts.iter().zip(&output.edits).flat_map(|(text, edits)| edited(text, edits)).collect();
            prop_assert_eq!(String::from_utf8_lossy(&together), whole.text());
            prop_assert_eq!(output.resources, whole.resources);
            let said = |findings: &[otel_inject::finding::Finding]| -> Vec<String> {
                let what = |finding: &otel_inject::finding::Finding| {
                    format!("{} {:?} {} {}", finding.code, finding.subject, finding.message, finding.pointer)
                };
                findings.iter().map(what).collect()
            };
            prop_assert_eq!(said(&output.findings), said(&whole.findings));
        }
    }

    #[test]
    fn items_of_lists_become_what_documents_become(input in input()) {
        let mut input = input;
        (input.layout.open, input.layout.crlf) = (false, false);
        let text = input.text();
        let wanted = documents(once(&text, OnError::Skip).text()).expect("documents");
        let items: String = split_documents(text.as_bytes())
            .into_iter()
            .map(|range| item(text[range].trim_start_matches("---\n")))
            .collect();
        for (kind, role) in [("v1\nkind: List", Role::Stream), ("config.kubernetes.io/v1\nkind: ResourceList", Role::ResourceList)] {
            let list = format!("apiVersion: {kind}\nitems:\n{items}");
            let output = injected(list.as_bytes(), role, "", &settings(OnError::Skip));
            let read = documents(output.text()).expect("a list");
            prop_assert_eq!(&read[0]["items"], &Value::Array(wanted.clone()), "{}", output.text());
        }
    }

    #[test]
    fn lists_in_json_are_edited_item_by_item_as_they_are_as_a_whole(input in input()) {
        let items = documents(&input.text()).expect("documents");
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {}});
        for text in [list.to_string(), format!("{list:#}\n")] {
            // A document that does not begin with its brace is never cut.
            let whole = once(&format!("---\n{text}"), OnError::Skip);
            let cut = once(&text, OnError::Skip);
            prop_assert_eq!(whole.text().strip_prefix("---\n"), Some(cut.text()));
            let codes = |injected: &support::Injected| injected.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
            prop_assert_eq!(codes(&whole), codes(&cut));
            prop_assert_eq!(whole.resources, cut.resources);
        }
    }
}

#[test]
fn documents_by_chance_are_injected_often_enough() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut right, mut others) = (0, Vec::new());
    for _ in 0..100 {
        let text = input().new_tree(&mut runner).expect("an input").current().text();
        let output = once(&text, OnError::Skip);
        right += usize::from(output.codes().contains(&"injected"));
        others.extend(output.codes());
    }
    assert!(right >= 30, "{right} of 100 streams are injected");
    let others: BTreeSet<&str> = others.into_iter().collect();
    assert!(!others.contains("verify-failed") && !others.contains("invalid-yaml"), "{others:?}");
}

/// A web server's container loses the mount over its configuration to the clone, and a pod its collector where it
/// wants none any more: all that an injection takes out of a pod. The vectors show the result.
fn takes_something_out(text: &str) -> bool {
    ["inject-nginx", "inject-apache-httpd", "name: otc-container"].iter().any(|mark| text.contains(mark))
}

#[test]
fn recorded_workloads_are_written_as_planned() {
    let mut count = 0;
    for (name, text) in vectors() {
        if takes_something_out(&text) {
            continue;
        }
        let units = if text.lines().any(|line| line.starts_with('{')) { Units::Tokens } else { Units::Lines };
        match judge(text.as_bytes(), Role::Stream, units, "", &settings(OnError::Skip)) {
            Outcome::Right(injected) => count += injected,
            Outcome::Left | Outcome::Refused(_) => {}
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(count >= 100, "{count} workloads were injected");
}

#[test]
fn recorded_and_written_pods_are_valid_to_the_last_field() {
    let mut count = 0;
    let mut check = |name: &str, resources: &[Value]| {
        for resource in resources {
            let unknown = unknown_fields(resource);
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
            count += 1;
        }
    };
    for (name, text) in vectors() {
        let output = once(&text, OnError::Skip);
        check(&name, &documents(output.text()).expect("the output"));
        let before = documents(&text).expect("the input");
        for (before, after) in before.iter().zip(&documents(output.text()).expect("the output")) {
            assert_eq!(dangling(before, after), None, "{name}");
            assert!(takes_something_out(&text) || lost(before, after, "").is_none(), "{name}");
        }
    }
    for case in entries(&testdata("vectors/named")) {
        let text = std::fs::read_to_string(case.join("expected.yaml")).expect("an expected output");
        check(&case.to_string_lossy(), &documents(&text).expect("documents"));
    }
    let random = std::fs::read_to_string(testdata("vectors/random.jsonl")).expect("the random vectors");
    for line in random.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        check(&case["id"].to_string(), case["expected"].as_array().expect("documents"));
    }
    assert!(count > 1000, "{count} resources");
}

#[test]
fn the_checks_see_what_is_wrong() {
    let pod = |env: &str| -> Value {
        let text = format!("{{apiVersion: v1, kind: Pod, spec: {{containers: [{{name: c, env: {env}}}]}}}}");
        documents(&text).expect("a document").remove(0)
    };
    let before = pod("[{name: A, value: $(X)}]");
    assert_eq!(dangling(&before, &pod("[{name: A, value: $(X)}, {name: B, value: $(A)}]")), None);
    assert!(dangling(&before, &pod("[{name: B, value: $(A)}, {name: A, value: $(X)}]")).is_some());
    assert!(dangling(&before, &pod("[{name: A, value: $(X)$(Y)}]")).is_some());
    for wrong in ["[]", "[{name: A}]", "[{name: A, value: x}]", "[{value: $(X), name: A}]", "{name: A}"] {
        assert!(lost(&before, &pod(wrong), "").is_some(), "{wrong}");
    }
    assert!(!unknown_fields(&pod("[{name: A, values: x}]")).is_empty());
    assert!(!unknown_fields(&pod("[{name: A, value: 1}]")).is_empty());
    let text = "# above 1\n- name: A\n# above 2\nimage: x\n";
    assert_ne!(comments(text), comments("# above 1\n- name: B\n# above 2\nimage: x\n"));
}
