//! A workload with an agent: injected, run as a pod, and what comes of it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use otel_inject::value::{Value, json};
use tempfile::TempDir;

use crate::agents::Agent;
use crate::collector;
use crate::common::agent::done;
use crate::common::binary::run;
use crate::common::documents;
use crate::common::otlp::{Request, Span, listen, spans};
use crate::kubelet::{MEMORY, POD, Pod};

/// A receiver's name in the cluster.
pub(crate) const COLLECTOR: &str = "collector.observability.svc";
/// The workload's container.
const APP: &str = "app";
/// The namespace of everything.
const NAMESPACE: &str = "shop";
/// Where the application's request goes.
const PEER: u16 = 8080;
/// How long to wait for spans that a collector passes on.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to wait where none should arrive: the application has ended, so an agent has sent what it had.
const SILENCE: Duration = Duration::from_secs(1);

/// Sets up this process's network (loopback, and the names of the cluster) and its file system in memory.
pub(crate) fn enter() {
    done(Command::new("ip").args(["link", "set", "lo", "up"]));
    // Agents are thousands of files: copying them to a disk takes longer than running them.
    done(Command::new("mount").args(["-t", "tmpfs", "none", MEMORY]));
    let (address, pod) = (field("status.podIP"), field("metadata.name"));
    let names = format!("127.0.0.1 localhost {COLLECTOR} peer\n{address} {pod}\n");
    let file = format!("{MEMORY}/hosts");
    fs::write(&file, names).expect("a file");
    done(Command::new("mount").args(["--bind", &file, "/etc/hosts"]));
}

/// What the API server and the node say of the pod.
pub(crate) fn field(path: &str) -> &'static str {
    POD.iter().find(|(known, _)| *known == path).expect("a known field").1
}

/// A workload, and what it refers to.
pub(crate) struct Workload<'a> {
    agent: &'a Agent,
    annotations: BTreeMap<String, String>,
    /// The Instrumentation's.
    spec: Value,
    /// The container's variables.
    env: Vec<Value>,
    env_from: Vec<Value>,
    objects: Vec<Value>,
}

/// What came of it.
pub(crate) struct Outcome {
    /// The application's output.
    pub(crate) output: String,
    /// The headers of the application's request.
    pub(crate) headers: BTreeMap<String, String>,
    /// What the command reported.
    pub(crate) report: String,
    /// The spans that arrived first.
    pub(crate) spans: Vec<Span>,
    /// The init containers that were injected.
    pub(crate) init_containers: usize,
}

impl<'a> Workload<'a> {
    /// One whose Instrumentation has this endpoint.
    pub(crate) fn new(agent: &'a Agent, endpoint: &str) -> Self {
        let switch = format!("instrumentation.opentelemetry.io/inject-{}", agent.language);
        Self {
            agent,
            annotations: BTreeMap::from([(switch, "true".to_owned())]),
            spec: json!({"exporter": {"endpoint": endpoint}}),
            env: vec![variable("PEER", &format!("http://peer:{PEER}/"))],
            env_from: Vec::new(),
            objects: Vec::new(),
        }
    }

    pub(crate) fn annotate(mut self, name: &str, value: &str) -> Self {
        self.annotations.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn spec(mut self, key: &str, value: Value) -> Self {
        self.spec[key] = value;
        self
    }

    pub(crate) fn env(self, name: &str, value: &str) -> Self {
        self.variable(variable(name, value))
    }

    pub(crate) fn variable(mut self, variable: Value) -> Self {
        self.env.push(variable);
        self
    }

    pub(crate) fn env_from(mut self, source: Value) -> Self {
        self.env_from.push(source);
        self
    }

    /// An object that the workload refers to; `content` has what is not its name.
    pub(crate) fn object(mut self, api_version: &str, kind: &str, name: &str, content: Value) -> Self {
        self.objects.push(object(api_version, kind, name, content));
        self
    }

    /// Injects the workload, runs its pod until the application ends, and waits for the first spans.
    #[track_caller]
    pub(crate) fn run(self, requests: &Receiver<Request>) -> Outcome {
        self.run_and_wait(requests, PATIENCE)
    }

    /// The same where no spans should arrive.
    #[track_caller]
    pub(crate) fn run_in_silence(self, requests: &Receiver<Request>) -> Outcome {
        self.run_and_wait(requests, SILENCE)
    }

    #[track_caller]
    fn run_and_wait(self, requests: &Receiver<Request>, patience: Duration) -> Outcome {
        let container = json!({
            "name": APP, "image": "registry.example.com/app:1.2.3", "command": self.agent.command,
            "env": self.env, "envFrom": self.env_from,
        });
        let instrumentation = json!({"spec": self.spec});
        let own = [
            object("opentelemetry.io/v1alpha1", "Instrumentation", "default", instrumentation),
            deployment("shop-app", &json!(self.annotations), &container),
        ];
        let (objects, report) = injected(own.into_iter().chain(self.objects));
        let template = pod_template(&objects);
        let images = vec![
            (self.agent.application)(),
            (self.agent.image)(),
            collector::image("ghcr.io/open-telemetry/opentelemetry-collector-releases/"),
        ];
        let (_, peer) = listen(&format!("127.0.0.1:{PEER}"));
        let mut pod = Pod::new(template, &objects, images);
        let output = pod.run(APP);
        let request = peer.try_recv().unwrap_or_else(|_| panic!("no request\n{output}"));
        // Sidecars of the pod still pass spans on.
        let spans = first_spans(requests, patience);
        let init_containers = template["spec"]["initContainers"].as_array().map_or(0, <[_]>::len);
        Outcome { output, headers: request.headers, report, spans, init_containers }
    }
}

impl Outcome {
    /// The span that arrived first.
    #[track_caller]
    pub(crate) fn span(&self) -> &Span {
        self.spans.first().unwrap_or_else(|| panic!("no span arrives\n{}", self.output))
    }

    /// Compares attributes, so that a failure names all that differ.
    #[track_caller]
    pub(crate) fn has(&self, expected: &[(&str, &str)]) {
        let span = self.span();
        let wrong = expected.iter().filter(|(key, value)| span.of(key) != *value);
        let wrong: Vec<String> =
            wrong.map(|(key, value)| format!("{key}: {:?} instead of {value:?}", span.of(key))).collect();
        assert!(wrong.is_empty(), "{wrong:#?}\n{}", self.output);
    }

    #[track_caller]
    pub(crate) fn has_no_spans(&self) {
        assert!(self.spans.is_empty(), "{:?}", self.spans);
    }
}

/// The objects of a stream after the injection, and what the command reported.
#[track_caller]
pub(crate) fn injected(objects: impl IntoIterator<Item = Value>) -> (Vec<Value>, String) {
    let stream: String = objects.into_iter().map(|object| format!("{object:#}\n---\n")).collect();
    let run = run(&["inject"], &stream);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("info[injected]"), "{}", run.stderr);
    (documents(&run.stdout).expect("YAML"), run.stderr)
}

/// The pod template of the Deployment.
#[track_caller]
pub(crate) fn pod_template(objects: &[Value]) -> &Value {
    let workload = objects.iter().find(|object| object["kind"] == "Deployment");
    &workload.expect("a Deployment")["spec"]["template"]
}

/// An object of the namespace; `content` has what is not its name.
pub(crate) fn object(api_version: &str, kind: &str, name: &str, content: Value) -> Value {
    let mut object = content;
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    object["metadata"] = json!({"name": name, "namespace": NAMESPACE});
    object
}

/// A Deployment whose pods have these annotations and this container.
pub(crate) fn deployment(name: &str, annotations: &Value, container: &Value) -> Value {
    let template = json!({
        "metadata": {"labels": {"app": "a"}, "annotations": annotations}, "spec": {"containers": [container]},
    });
    let spec = json!({"selector": {"matchLabels": {"app": "a"}}, "template": template});
    object("apps/v1", "Deployment", name, json!({"spec": spec}))
}

pub(crate) fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// The first spans that arrive in that time.
fn first_spans(requests: &Receiver<Request>, patience: Duration) -> Vec<Span> {
    let start = Instant::now();
    while let Ok(request) = requests.recv_timeout(patience.saturating_sub(start.elapsed())) {
        if request.has_traces() {
            return spans(&request.body);
        }
    }
    Vec::new()
}

/// A CA, and what it signs for the receiver and for the agent: file names and texts.
pub(crate) fn certificates() -> BTreeMap<String, String> {
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
