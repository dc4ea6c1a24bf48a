//! Documents by chance: a stream with an Instrumentation, a collector and some workloads.

use std::collections::BTreeSet;

use otel_inject::value::Value;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A stream with an Instrumentation, a collector and some workloads.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// Lines of the collector's spec, and what one of its components is told.
    pub(crate) collector: (Vec<&'static str>, Value),
    workloads: Vec<Workload>,
    pub(crate) layout: Layout,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Spaces before the dashes of a sequence.
    dash: usize,
    pub(crate) crlf: bool,
    /// The last line has no line break.
    pub(crate) open: bool,
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

pub(crate) fn input() -> impl Strategy<Value = Input> {
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
    let given = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-z]{1,3}", inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    (vec(select(OF_COLLECTOR), 0..4), given).prop_map(|(mut lines, given)| {
        let mut seen = BTreeSet::new();
        lines.retain(|line| seen.insert(line.split(':').next()));
        (lines, given)
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

impl Input {
    pub(crate) fn text(&self) -> String {
        let mut writer = Writer { text: INSTRUMENTATION.to_owned(), layout: self.layout, comments: 0 };
        let (lines, given) = &self.collector;
        writer.lines(0, COLLECTOR);
        lines.iter().for_each(|line| writer.line(2, line));
        writer.lines(2, "config:\n  receivers: {otlp: {protocols: {grpc: {}}}}");
        writer.line(4, &format!("exporters: {{debug: {{given: {given}}}}}"));
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
