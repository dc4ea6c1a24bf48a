//! What is shown of every agent. Each check injects a workload, runs its pod, and compares what arrives.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agents::Agent;
use crate::collector::{self, SINK, to_sink};
use crate::common::agent::done;
use crate::common::binary::run;
use crate::common::documents;
use crate::common::otlp::{Request, Span, listen, spans};
use crate::kubelet::{POD, Pod};

/// A column of the page.
pub(crate) struct Check {
    pub(crate) title: &'static str,
    /// What it means.
    pub(crate) meaning: &'static str,
    /// What the cell says.
    pub(crate) run: fn(&Agent) -> String,
}

/// The columns.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        title: "spans by HTTP",
        meaning: "The application starts, and its spans arrive at port 4318.",
        run: by_http,
    },
    Check {
        title: "spans by gRPC",
        meaning: "The same with `OTEL_EXPORTER_OTLP_PROTOCOL=grpc`, at port 4317.",
        run: by_grpc,
    },
    Check {
        title: "own endpoint",
        meaning: "Endpoint and protocol of the container win over those of the Instrumentation.",
        run: own_endpoint,
    },
    Check {
        title: "resource attributes",
        meaning: "Every attribute arrives with the value that the manifests and the node give it.",
        run: attributes,
    },
    Check {
        title: "hard values",
        meaning: "Attributes with `,`, `=`, `%`, `+`, quotes, backslashes, spaces and other letters arrive as written.",
        run: hard_values,
    },
    Check {
        title: "propagators",
        meaning: "With `propagators: [b3]` the agent sends the header `b3`, and no `traceparent`.",
        run: propagators,
    },
    Check {
        title: "sampler 0",
        meaning: "With the argument `0` requests are marked as not sampled, and no span arrives.",
        run: sampled_never,
    },
    Check {
        title: "sampler 1",
        meaning: "With the argument `1` requests are marked as sampled, and spans arrive.",
        run: sampled_always,
    },
    Check {
        title: "own options",
        meaning: "What the container sets in `JAVA_TOOL_OPTIONS`, `NODE_OPTIONS` or `PYTHONPATH` still works.",
        run: own_options,
    },
    Check {
        title: "TLS",
        meaning: "CA, client certificate and key come from a Secret, and the receiver asks for them.",
        run: tls,
    },
    Check {
        title: "`$(VAR)`",
        meaning: "References in endpoint and attributes are expanded, `$$(VAR)` is not; variables come from \
                  ConfigMaps, Secrets and fields of the pod.",
        run: references,
    },
    Check {
        title: "sidecar",
        meaning: "The exporter's target is the injected collector, which passes the spans on.",
        run: sidecar,
    },
];

/// A receiver's name in the cluster.
const COLLECTOR: &str = "collector.observability.svc";
/// The workload's container.
const APP: &str = "app";
/// Where the application's request goes.
const PEER: u16 = 8080;

/// Sets up the network of this process: its loopback, and the names of the cluster.
pub(crate) fn enter() {
    done(Command::new("ip").args(["link", "set", "lo", "up"]));
    let names = format!("127.0.0.1 localhost {COLLECTOR} peer\n127.0.0.2 {}\n", POD[0].1);
    // A mount of a file that is gone cannot be mounted again, so the file is on a file system of its own.
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("hosts");
    done(Command::new("mount").args(["-t", "tmpfs", "none"]).arg(folder.path()));
    fs::write(&file, names).expect("a file");
    done(Command::new("mount").arg("--bind").arg(&file).arg("/etc/hosts"));
    done(Command::new("umount").arg("--lazy").arg(folder.path()));
}

/// A workload, and what it refers to.
struct Setup<'a> {
    agent: &'a Agent,
    annotations: BTreeMap<String, String>,
    /// The Instrumentation's.
    spec: Value,
    /// The container's variables.
    env: Vec<Value>,
    env_from: Value,
    objects: Vec<Value>,
}

/// What came of it.
struct Outcome {
    /// The application's output.
    output: String,
    /// The headers of the application's request.
    headers: BTreeMap<String, String>,
    /// What the command reported.
    report: String,
    /// Its sidecars still pass spans on.
    _pod: Pod,
}

impl<'a> Setup<'a> {
    fn new(agent: &'a Agent, endpoint: &str) -> Self {
        let switch = format!("instrumentation.opentelemetry.io/inject-{}", agent.language);
        Self {
            agent,
            annotations: BTreeMap::from([(switch, "true".to_owned())]),
            spec: json!({"exporter": {"endpoint": endpoint}}),
            env: vec![variable("PEER", &format!("http://peer:{PEER}/"))],
            env_from: json!([]),
            objects: Vec::new(),
        }
    }

    fn annotate(mut self, name: &str, value: &str) -> Self {
        self.annotations.insert(name.to_owned(), value.to_owned());
        self
    }

    fn spec(mut self, key: &str, value: Value) -> Self {
        self.spec[key] = value;
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push(variable(name, value));
        self
    }

    fn object(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// Injects the workload, and runs its pod until the application ends.
    #[track_caller]
    fn run(self) -> Outcome {
        let instrumentation = json!({
            "apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation",
            "metadata": {"name": "default", "namespace": "shop"}, "spec": self.spec,
        });
        let container = json!({
            "name": APP, "image": "registry.example.com/app:1.2.3", "command": self.agent.command,
            "env": self.env, "envFrom": self.env_from,
        });
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop-app", "namespace": "shop"},
            "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": {
                "metadata": {"labels": {"app": "a"}, "annotations": self.annotations},
                "spec": {"containers": [container]},
            }},
        });
        let stream = [instrumentation, deployment].into_iter().chain(self.objects);
        let stream: String = stream.map(|object| format!("{object:#}\n---\n")).collect();
        let injected = run(&["inject"], &stream);
        assert_eq!(injected.code, 0, "{}", injected.stderr);
        assert!(injected.stderr.contains("info[injected]"), "{}", injected.stderr);
        let objects = documents(&injected.stdout).expect("YAML");
        let workload = objects.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        let images = vec![
            (self.agent.application)(),
            (self.agent.image)(),
            collector::image("ghcr.io/open-telemetry/opentelemetry-collector-releases/"),
        ];
        let (_, requests) = listen(&format!("127.0.0.1:{PEER}"));
        let mut pod = Pod::new(&workload["spec"]["template"], &objects, images);
        let output = pod.run(APP);
        let request = requests.try_recv().unwrap_or_else(|_| panic!("no request\n{output}"));
        Outcome { output, headers: request.headers, report: injected.stderr, _pod: pod }
    }
}

fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// Waits for the first spans.
#[track_caller]
fn arrived(requests: &Receiver<Request>, outcome: &Outcome) -> Vec<Span> {
    let first = first_spans(requests, Duration::from_secs(20));
    assert!(!first.is_empty(), "no span arrives\n{}", outcome.output);
    first
}

fn first_spans(requests: &Receiver<Request>, patience: Duration) -> Vec<Span> {
    let start = Instant::now();
    while let Ok(request) = requests.recv_timeout(patience.saturating_sub(start.elapsed())) {
        if request.has_traces() {
            return spans(&request.body);
        }
    }
    Vec::new()
}

#[track_caller]
fn nothing_arrives(requests: &Receiver<Request>) {
    let spans = first_spans(requests, Duration::from_secs(2));
    assert!(spans.is_empty(), "{spans:?}");
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

/// The cell of a check that shows what it should.
fn yes() -> String {
    "yes".to_owned()
}

fn by_http(agent: &Agent) -> String {
    let (_, requests) = listen("0.0.0.0:4318");
    let outcome = Setup::new(agent, &format!("http://{COLLECTOR}:4318")).run();
    let spans = arrived(&requests, &outcome);
    assert_eq!(spans[0].of("service.name"), "shop-app", "{spans:?}");
    yes()
}

fn by_grpc(agent: &Agent) -> String {
    let protocols = json!({"grpc": {"endpoint": "0.0.0.0:4317"}});
    let (_collector, requests) = cluster_collector(&protocols, 4317, &json!({}));
    let setup = Setup::new(agent, &format!("http://{COLLECTOR}:4317"));
    let outcome = setup.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc").run();
    if let Err(reason) = agent.grpc {
        assert!(outcome.report.contains("otlp-protocol-unavailable"), "{}", outcome.report);
        nothing_arrives(&requests);
        return reason.to_owned();
    }
    let spans = arrived(&requests, &outcome);
    assert_eq!(spans[0].of("service.name"), "shop-app", "{spans:?}");
    yes()
}

fn own_endpoint(agent: &Agent) -> String {
    let (_, requests) = listen("0.0.0.0:14318");
    let instrumentation = json!([variable("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    let setup = Setup::new(agent, "http://other.observability.svc:4317").spec("env", instrumentation);
    let setup = setup.env("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{COLLECTOR}:14318"));
    let outcome = setup.env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf").run();
    arrived(&requests, &outcome);
    yes()
}

fn attributes(agent: &Agent) -> String {
    let (_, requests) = listen("0.0.0.0:4318");
    let resource =
        json!({"addK8sUIDAttributes": true, "resourceAttributes": {"team": "checkout", "tier": "lost"}});
    let setup = Setup::new(agent, &format!("http://{COLLECTOR}:4318")).spec("resource", resource);
    let setup = setup.annotate("resource.opentelemetry.io/tier", "front");
    let outcome = setup.env("OTEL_RESOURCE_ATTRIBUTES", "own=kept,k8s.container.name=mine").run();
    let span = arrived(&requests, &outcome).remove(0);
    let [(_, pod), (_, namespace), (_, uid), (_, node), ..] = POD;
    let expected = [
        ("service.name", "shop-app"),
        ("service.namespace", namespace),
        ("service.version", "1.2.3"),
        ("service.instance.id", &format!("{namespace}.{pod}.{APP}")),
        ("k8s.namespace.name", namespace),
        ("k8s.deployment.name", "shop-app"),
        ("k8s.container.name", "mine"),
        ("k8s.pod.name", pod),
        ("k8s.pod.uid", uid),
        ("k8s.node.name", node),
        ("team", "checkout"),
        ("tier", "front"),
        ("own", "kept"),
    ];
    same(&span, &expected, &outcome);
    yes()
}

/// Compares attributes, so that a failure names all that differ.
#[track_caller]
fn same(span: &Span, expected: &[(&str, &str)], outcome: &Outcome) {
    let wrong = expected.iter().filter(|(key, value)| span.of(key) != *value);
    let wrong: Vec<String> =
        wrong.map(|(key, value)| format!("{key}: {:?} instead of {value:?}", span.of(key))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{}", outcome.output);
}

fn hard_values(agent: &Agent) -> String {
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
    let (_, requests) = listen("0.0.0.0:4318");
    let mut setup = Setup::new(agent, &format!("http://{COLLECTOR}:4318"));
    // Half by annotation, half by the Instrumentation.
    let (annotations, resource) = HARD.split_at(HARD.len() / 2);
    for (key, value) in annotations {
        setup = setup.annotate(&format!("resource.opentelemetry.io/{key}"), value);
    }
    let resource: BTreeMap<&str, &str> = resource.iter().copied().collect();
    let outcome = setup.spec("resource", json!({"resourceAttributes": resource})).run();
    let span = arrived(&requests, &outcome).remove(0);
    same(&span, &HARD, &outcome);
    same(&span, &[("k8s.pod.name", POD[0].1), ("service.namespace", POD[1].1)], &outcome);
    yes()
}

fn propagators(agent: &Agent) -> String {
    let (_, requests) = listen("0.0.0.0:4318");
    let setup = Setup::new(agent, &format!("http://{COLLECTOR}:4318"));
    let outcome = setup.spec("propagators", json!(["b3"])).run();
    let spans = arrived(&requests, &outcome);
    let header = outcome.headers.get("b3").map_or("", String::as_str);
    assert!(spans.iter().any(|span| header.starts_with(&span.trace)), "{header:?} {spans:?}");
    assert!(!outcome.headers.contains_key("traceparent"), "{:?}", outcome.headers);
    yes()
}

/// A run with a sampler's argument: what arrives, and whether the request was marked as sampled.
#[track_caller]
fn sampled(agent: &Agent, sampler: &str, argument: &str) -> (Receiver<Request>, Outcome, bool) {
    let (_, requests) = listen("0.0.0.0:4318");
    let setup = Setup::new(agent, &format!("http://{COLLECTOR}:4318"));
    let outcome = setup.spec("sampler", json!({"type": sampler, "argument": argument})).run();
    let header = outcome.headers.get("traceparent").expect("the agent marks requests");
    let flags = header.rsplit('-').next().and_then(|flags| u8::from_str_radix(flags, 16).ok());
    let is_sampled = flags.expect("flags in hex") & 1 == 1;
    (requests, outcome, is_sampled)
}

fn sampled_never(agent: &Agent) -> String {
    let (requests, _outcome, is_sampled) = sampled(agent, "parentbased_traceidratio", "0");
    assert!(!is_sampled);
    nothing_arrives(&requests);
    yes()
}

fn sampled_always(agent: &Agent) -> String {
    let (requests, outcome, is_sampled) = sampled(agent, "traceidratio", "1");
    assert!(is_sampled);
    arrived(&requests, &outcome);
    yes()
}

fn own_options(agent: &Agent) -> String {
    let (_, requests) = listen("0.0.0.0:4318");
    let (name, value) = agent.option;
    let outcome = Setup::new(agent, &format!("http://{COLLECTOR}:4318")).env(name, value).run();
    assert!(outcome.output.lines().any(|line| line == "own=kept"), "{}", outcome.output);
    arrived(&requests, &outcome);
    yes()
}

/// A CA, and what it signs for the receiver and for the agent: file names and texts.
fn certificates() -> BTreeMap<String, String> {
    const SCRIPT: &str = r#"
set -eu
new="openssl req -newkey rsa:2048 -nodes"
$new -x509 -days 2 -keyout ca.key -out ca.crt -subj /CN=ca
for name in server client; do
    $new -keyout $name.key -out $name.csr -subj "/CN=$name"
    printf 'subjectAltName=DNS:%s\n' "$1" >extensions
    openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out $name.crt
    # The Java agent reads keys in this form alone.
    openssl pkcs8 -topk8 -nocrypt -in $name.key -out $name.pem
done
"#;
    let folder = TempDir::new().expect("a temporary folder");
    done(Command::new("sh").args(["-c", SCRIPT, "sh", COLLECTOR]).current_dir(folder.path()));
    let names = ["ca.crt", "server.crt", "server.pem", "client.crt", "client.pem"];
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    names.iter().map(|name| ((*name).to_owned(), text(name))).collect()
}

fn tls(agent: &Agent) -> String {
    let files = certificates();
    let listener = json!({
        "cert_file": "/tls/server.crt", "key_file": "/tls/server.pem", "client_ca_file": "/tls/ca.crt",
    });
    let protocols = json!({"http": {"endpoint": "0.0.0.0:4318", "tls": listener}});
    let (_collector, requests) = cluster_collector(&protocols, 4318, &json!(files));
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "otlp", "namespace": "shop"},
        "stringData": {"ca.crt": files["ca.crt"], "tls.crt": files["client.crt"], "tls.key": files["client.pem"]},
    });
    let tls =
        json!({"secretName": "otlp", "ca_file": "ca.crt", "cert_file": "tls.crt", "key_file": "tls.key"});
    let exporter = json!({"endpoint": format!("https://{COLLECTOR}:4318"), "tls": tls});
    let outcome = Setup::new(agent, "").spec("exporter", exporter).object(secret).run();
    arrived(&requests, &outcome);
    yes()
}

fn references(agent: &Agent) -> String {
    let (_, requests) = listen("0.0.0.0:4318");
    let mut setup = Setup::new(agent, "http://$(OTEL_NODE_IP):4318");
    for (key, value) in [("team", "$(TEAM)-$(REGION)"), ("pod", "$(POD)"), ("literal", "$$(TEAM)")] {
        setup = setup.annotate(&format!("resource.opentelemetry.io/{key}"), value);
    }
    let metadata = |name: &str| json!({"name": name, "namespace": "shop"});
    setup = setup.object(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("teams"), "data": {"team": "checkout"},
    }));
    setup = setup.object(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": metadata("regions"), "stringData": {"REGION": "north"},
    }));
    setup.env_from = json!([{"secretRef": {"name": "regions"}}]);
    setup
        .env
        .push(json!({"name": "TEAM", "valueFrom": {"configMapKeyRef": {"name": "teams", "key": "team"}}}));
    setup.env.push(json!({"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}));
    let outcome = setup.run();
    let span = arrived(&requests, &outcome).remove(0);
    same(&span, &[("team", "checkout-north"), ("pod", POD[0].1), ("literal", "$(TEAM)")], &outcome);
    yes()
}

fn sidecar(agent: &Agent) -> String {
    let (_, requests) = listen(&format!("127.0.0.1:{SINK}"));
    let config = to_sink(&json!({"http": {"endpoint": "localhost:4318"}}), "${env:GATEWAY}");
    let collector = json!({
        "apiVersion": "opentelemetry.io/v1beta1", "kind": "OpenTelemetryCollector",
        "metadata": {"name": "sidecar", "namespace": "shop"},
        "spec": {
            "mode": "sidecar", "env": [variable("GATEWAY", COLLECTOR)], "config": config,
            "resources": {"limits": {"memory": "128Mi"}},
        },
    });
    let setup = Setup::new(agent, "http://localhost:4318").object(collector);
    let outcome = setup.annotate("sidecar.opentelemetry.io/inject", "true").run();
    let span = arrived(&requests, &outcome).remove(0);
    same(&span, &[("service.name", "shop-app"), ("k8s.pod.name", POD[0].1)], &outcome);
    yes()
}
