//! What is shown of every agent. A start takes time, so that each shows as much as fits into one pod.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;

use otel_inject::value::{Value, json};

use crate::agents::Agent;
use crate::collector::{self, SINK, to_sink};
use crate::common::otlp::{Request, listen};
use crate::kubelet::Pod;
use crate::workload::{COLLECTOR, Outcome, Workload, certificates, field, variable};

/// A pod with an agent, and what it shows.
pub(crate) struct Start {
    pub(crate) name: &'static str,
    run: fn(&Agent) -> Outcome,
    pub(crate) checks: &'static [Check],
}

/// A line of the page's table.
pub(crate) struct Check {
    pub(crate) title: &'static str,
    /// What it means.
    pub(crate) meaning: &'static str,
    /// What the cell says. It panics if the outcome does not show it.
    cell: fn(&Agent, &Outcome) -> String,
}

impl Start {
    /// The checks' titles and cells; no cell where the outcome does not show what it should.
    pub(crate) fn cells(&self, agent: &Agent) -> Vec<(&'static str, Option<String>)> {
        let outcome = (self.run)(agent);
        let cell = |check: &Check| catch_unwind(AssertUnwindSafe(|| (check.cell)(agent, &outcome))).ok();
        self.checks.iter().map(|check| (check.title, cell(check))).collect()
    }
}

/// All starts, in the order of the page.
pub(crate) const STARTS: &[Start] = &[
    Start {
        name: "by HTTP",
        run: by_http,
        checks: &[
            Check {
                title: "starts",
                meaning: "The application starts with the agent, sends its request, and ends with success.",
                cell: |_, outcome| shown(|| assert!(outcome.output.contains("own="), "{}", outcome.output)),
            },
            Check {
                title: "spans by HTTP",
                meaning: "Spans arrive at port 4318.",
                cell: |_, outcome| shown(|| outcome.has(&[("service.name", "shop-app")])),
            },
            Check {
                title: "resource attributes",
                meaning: "Every attribute arrives with the value that the manifests and the node give it.",
                cell: |_, outcome| shown(|| outcome.has(&attributes())),
            },
            Check {
                title: "hard values",
                meaning: "Attributes with `,`, `=`, `%`, `+`, quotes, backslashes, spaces and letters outside ASCII \
                          arrive as written.",
                cell: |_, outcome| shown(|| outcome.has(&HARD)),
            },
            Check {
                title: "sampler 1",
                meaning: "With the argument `1` requests are marked as sampled, and spans arrive.",
                cell: |_, outcome| {
                    shown(|| {
                        arrive(outcome);
                        assert!(is_sampled(outcome), "{:?}", outcome.headers);
                    })
                },
            },
            Check {
                title: "own options",
                meaning: "What the container sets in `JAVA_TOOL_OPTIONS`, `NODE_OPTIONS` or `PYTHONPATH` still works.",
                cell: |_, outcome| shown(|| keeps_its_option(outcome)),
            },
            Check {
                title: "`$(VAR)`",
                meaning: "References in endpoint and attributes are expanded, `$$(VAR)` is not; variables come from \
                          ConfigMaps, Secrets and fields of the pod.",
                cell: |_, outcome| {
                    shown(|| {
                        let pod = field("metadata.name");
                        outcome.has(&[("at", "checkout-north"), ("pod", pod), ("literal", "$(TEAM)")]);
                    })
                },
            },
        ],
    },
    Start {
        name: "by gRPC",
        run: by_grpc,
        checks: &[Check {
            title: "spans by gRPC",
            meaning: "With `OTEL_EXPORTER_OTLP_PROTOCOL=grpc` spans arrive at port 4317.",
            cell: |agent, outcome| match agent.grpc {
                Ok(()) => shown(|| outcome.has(&[("service.name", "shop-app")])),
                Err(reason) => {
                    assert!(outcome.report.contains("otlp-protocol-unavailable"), "{}", outcome.report);
                    outcome.has_no_spans();
                    reason.to_owned()
                }
            },
        }],
    },
    Start {
        name: "with its own settings",
        run: with_own_settings,
        checks: &[
            Check {
                title: "own endpoint",
                meaning: "Endpoint and protocol of the container win over those of the Instrumentation.",
                cell: |_, outcome| shown(|| arrive(outcome)),
            },
            Check {
                title: "propagators",
                meaning: "With `propagators: [b3]` the agent sends the header `b3`, and no `traceparent`.",
                cell: |_, outcome| shown(|| sends_b3(outcome)),
            },
            Check {
                title: "options of `envFrom`",
                meaning: "Options that come from a ConfigMap by `envFrom` still work.",
                cell: |_, outcome| shown(|| keeps_its_option(outcome)),
            },
            Check {
                title: "image volume",
                meaning: "With `delivery: image-volume` the agent is mounted from its image, and there is no init \
                          container.",
                cell: |_, outcome| {
                    shown(|| {
                        arrive(outcome);
                        assert_eq!(outcome.init_containers, 0);
                    })
                },
            },
        ],
    },
    Start {
        name: "with sampler 0",
        run: with_sampler_0,
        checks: &[Check {
            title: "sampler 0",
            meaning: "With the argument `0` requests are marked as not sampled, and no span arrives.",
            cell: |_, outcome| {
                shown(|| {
                    assert!(!is_sampled(outcome), "{:?}", outcome.headers);
                    outcome.has_no_spans();
                })
            },
        }],
    },
    Start {
        name: "by TLS",
        run: by_tls,
        checks: &[Check {
            title: "TLS",
            meaning: "CA, client certificate and key come from a Secret, and the receiver asks for them.",
            cell: |_, outcome| shown(|| arrive(outcome)),
        }],
    },
    Start {
        name: "with a sidecar",
        run: with_sidecar,
        checks: &[Check {
            title: "sidecar",
            meaning: "The exporter's target is the injected collector, which passes the spans on.",
            cell: |_, outcome| {
                shown(|| {
                    outcome.has(&[("service.name", "shop-app"), ("k8s.pod.name", field("metadata.name"))]);
                })
            },
        }],
    },
];

/// The cell of what `check` does not refuse.
fn shown(check: impl FnOnce()) -> String {
    check();
    "yes".to_owned()
}

/// Values that SDKs read otherwise, or not at all, if they are not encoded.
const HARD: [(&str, &str); 11] = [
    ("hard.comma", "a,b=c,d"),
    ("hard.percent", "100% of %d"),
    ("hard.plus", "a+b c"),
    ("hard.quotes", "\"a\" 'b' `c`"),
    ("hard.letters", "zw\u{f6}lf \u{2013} \u{5341}\u{4e8c} \u{1f680}"),
    ("hard.equals", "a=b=="),
    ("hard.encoded", "a%2Cb%3Dc%25"),
    ("hard.backslash", "a\\b\\"),
    ("hard.semicolon", "a;b:c#d&e|f"),
    ("hard.braces", "${a} {b} [c] <d>"),
    ("hard.url", "https://example.com/a?b=c,d&e=%20#f"),
];

fn by_http(agent: &Agent) -> Outcome {
    let (_, requests) = listen("0.0.0.0:4318");
    // Half by annotation, half by the Instrumentation.
    let (annotations, resource) = HARD.split_at(HARD.len() / 2);
    let mut resource: BTreeMap<&str, &str> = resource.iter().copied().collect();
    resource.extend([("team", "checkout"), ("tier", "lost")]);
    let references =
        [("tier", "front"), ("at", "$(TEAM)-$(REGION)"), ("pod", "$(POD)"), ("literal", "$$(TEAM)")];
    let (name, option) = agent.option;
    let mut workload = Workload::new(agent, "http://$(OTEL_NODE_IP):4318")
        .spec("resource", json!({"addK8sUIDAttributes": true, "resourceAttributes": resource}))
        .spec("sampler", json!({"type": "traceidratio", "argument": "1"}))
        .env(name, option)
        .env("OTEL_RESOURCE_ATTRIBUTES", "own=kept,k8s.container.name=mine")
        .variable(json!({"name": "TEAM", "valueFrom": {"configMapKeyRef": {"name": "teams", "key": "team"}}}))
        .variable(json!({"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}))
        .env_from(json!({"secretRef": {"name": "regions"}}))
        .object("v1", "ConfigMap", "teams", json!({"data": {"team": "checkout"}}))
        .object("v1", "Secret", "regions", json!({"stringData": {"REGION": "north"}}));
    for (key, value) in annotations.iter().chain(&references) {
        workload = workload.annotate(&format!("resource.opentelemetry.io/{key}"), value);
    }
    workload.run(&requests)
}

/// What else arrives with it.
fn attributes() -> Vec<(&'static str, &'static str)> {
    vec![
        ("service.name", "shop-app"),
        ("service.namespace", field("metadata.namespace")),
        ("service.version", "1.2.3"),
        ("service.instance.id", "shop.app-5d4f8-x7k2p.app"),
        ("k8s.namespace.name", field("metadata.namespace")),
        ("k8s.deployment.name", "shop-app"),
        ("k8s.container.name", "mine"),
        ("k8s.pod.name", field("metadata.name")),
        ("k8s.pod.uid", field("metadata.uid")),
        ("k8s.node.name", field("spec.nodeName")),
        ("team", "checkout"),
        ("tier", "front"),
        ("own", "kept"),
    ]
}

/// Spans arrive.
#[track_caller]
fn arrive(outcome: &Outcome) {
    outcome.span();
}

#[track_caller]
fn keeps_its_option(outcome: &Outcome) {
    assert!(outcome.output.lines().any(|line| line == "own=kept"), "{}", outcome.output);
}

/// Whether the application's request was marked as sampled.
#[track_caller]
fn is_sampled(outcome: &Outcome) -> bool {
    let header = outcome.headers.get("traceparent").expect("the agent marks requests");
    let flags = header.rsplit('-').next().and_then(|flags| u8::from_str_radix(flags, 16).ok());
    flags.expect("flags in hex") & 1 == 1
}

fn by_grpc(agent: &Agent) -> Outcome {
    let protocols = json!({"grpc": {"endpoint": "0.0.0.0:4317"}});
    let (_collector, requests) = cluster_collector(&protocols, 4317, &json!({}));
    let workload = Workload::new(agent, &format!("http://{COLLECTOR}:4317"));
    let workload = workload.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    if agent.grpc.is_ok() { workload.run(&requests) } else { workload.run_in_silence(&requests) }
}

fn with_own_settings(agent: &Agent) -> Outcome {
    let (_, requests) = listen("0.0.0.0:14318");
    let (name, option) = agent.option;
    Workload::new(agent, "http://other.observability.svc:4317")
        .annotate("otel-inject.dev/delivery", "image-volume")
        .spec("env", json!([variable("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]))
        .spec("propagators", json!(["b3"]))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{COLLECTOR}:14318"))
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .env_from(json!({"configMapRef": {"name": "settings"}}))
        .object("v1", "ConfigMap", "settings", json!({"data": {name: option}}))
        .run(&requests)
}

#[track_caller]
fn sends_b3(outcome: &Outcome) {
    let header = outcome.headers.get("b3").map_or("", String::as_str);
    let is_of = |trace: &str| header.strip_prefix(trace).is_some_and(|rest| rest.starts_with('-'));
    assert!(outcome.spans.iter().any(|span| is_of(&span.trace)), "{header:?} {:?}", outcome.spans);
    assert!(!outcome.headers.contains_key("traceparent"), "{:?}", outcome.headers);
}

fn with_sampler_0(agent: &Agent) -> Outcome {
    let (_, requests) = listen("0.0.0.0:4318");
    let sampler = json!({"type": "parentbased_traceidratio", "argument": "0"});
    let workload = Workload::new(agent, &format!("http://{COLLECTOR}:4318"));
    workload.spec("sampler", sampler).run_in_silence(&requests)
}

fn by_tls(agent: &Agent) -> Outcome {
    let files = certificates();
    let listener = json!({
        "cert_file": "/tls/server.crt", "key_file": "/tls/server.pem", "client_ca_file": "/tls/ca.crt",
    });
    let protocols = json!({"http": {"endpoint": "0.0.0.0:4318", "tls": listener}});
    let (_collector, requests) = cluster_collector(&protocols, 4318, &json!(files));
    let secret =
        json!({"ca.crt": files["ca.crt"], "tls.crt": files["client.crt"], "tls.key": files["client.pem"]});
    let tls =
        json!({"secretName": "otlp", "ca_file": "ca.crt", "cert_file": "tls.crt", "key_file": "tls.key"});
    let exporter = json!({"endpoint": format!("https://{COLLECTOR}:4318"), "tls": tls});
    let workload = Workload::new(agent, "").spec("exporter", exporter);
    workload.object("v1", "Secret", "otlp", json!({"stringData": secret})).run(&requests)
}

fn with_sidecar(agent: &Agent) -> Outcome {
    let (_, requests) = listen(&format!("127.0.0.1:{SINK}"));
    let config = to_sink(&json!({"http": {"endpoint": "localhost:4318"}}), "${env:GATEWAY}");
    let spec = json!({
        "mode": "sidecar", "env": [variable("GATEWAY", COLLECTOR)], "config": config,
        "resources": {"limits": {"memory": "128Mi"}},
    });
    Workload::new(agent, "http://localhost:4318")
        .annotate("sidecar.opentelemetry.io/inject", "true")
        .object("opentelemetry.io/v1beta1", "OpenTelemetryCollector", "sidecar", json!({"spec": spec}))
        .run(&requests)
}

/// A collector of the cluster that listens as `protocols` of OTLP say: its pod, and what it passes on.
#[track_caller]
fn cluster_collector(protocols: &Value, port: u16, tls: &Value) -> (Pod, Receiver<Request>) {
    let (_, requests) = listen(&format!("127.0.0.1:{SINK}"));
    let config = to_sink(protocols, "localhost").to_string();
    let container = json!({
        "name": "collector", "image": "collector", "args": ["--config=env:OTEL_CONFIG"],
        "env": [variable("OTEL_CONFIG", &config)], "ports": [{"containerPort": port}],
        "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
    });
    let volume = json!({"name": "tls", "secret": {"secretName": "tls"}});
    let template = json!({"spec": {"volumes": [volume], "containers": [container]}});
    let secret = json!({"kind": "Secret", "metadata": {"name": "tls"}, "stringData": tls});
    let mut pod = Pod::new(&template, &[secret], vec![collector::image("collector")]);
    pod.keep(&container);
    (pod, requests)
}
