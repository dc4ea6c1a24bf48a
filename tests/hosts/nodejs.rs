//! What an example injects delivers: the real Node.js agent, started with the environment that the example's
//! container gets, sends its spans to a collector's ports.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use otel_inject::languages::otlp::Protocol;
use otel_inject::languages::{Delivery, find};
use otel_inject::value::Value;
use serde::Deserialize;

use crate::common::agent::nodejs;
use crate::common::otlp::{Request, Span, listen, spans};
use crate::examples::{KPT, KUSTOMIZE};
use crate::tools::Tool;
use crate::world::{World, repository};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::Node, Tool::Npm] => [
        the_nodejs_example_delivers_its_spans,
        the_nodejs_example_with_patches_delivers_its_spans_over_grpc,
        spans_for_the_other_port_do_not_arrive,
    ],
];

/// How long a program may take that normally takes seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// Answers one request, and ends: the agent then flushes.
const APPLICATION: &str = "\
const server = require('http').createServer((request, response) => {
  response.setHeader('connection', 'close');
  response.end('hello');
  server.close();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
";

/// A receiver of OTLP over gRPC on the agent's own gRPC library: prints its port, then each request in hex.
const GRPC_RECEIVER: &str = "\
const grpc = require('@grpc/grpc-js');
const method = (name) => ({
  path: `/opentelemetry.proto.collector.${name}/Export`, requestStream: false, responseStream: false,
  requestDeserialize: (bytes) => bytes, responseSerialize: () => Buffer.alloc(0),
});
const server = new grpc.Server();
server.addService({ Export: method('trace.v1.TraceService') }, {
  Export: (call, done) => { console.log(call.request.toString('hex')); done(null, {}); },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
";

/// The folder that stands for the agent's volume: what the default image holds, installed once.
fn agent() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| nodejs(Tool::Npm.path().expect("npm"), Path::new(env!("CARGO_TARGET_TMPDIR"))))
}

/// The environment of the container `app` of the Deployment `frontend`, as a kubelet gives it to the process.
fn environment(stream: &str) -> BTreeMap<String, String> {
    let documents = serde_yaml::Deserializer::from_str(stream)
        .map(|document| Value::deserialize(document).expect("YAML"));
    let deployment = documents
        .into_iter()
        .find(|value| value["kind"] == "Deployment" && value["metadata"]["name"] == "frontend");
    let deployment = deployment.expect("a Deployment");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    for entry in container["env"].as_array().expect("variables") {
        let name = entry["name"].as_str().expect("a name");
        let value = match entry["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
            Some("status.podIP" | "status.hostIP") => "127.0.0.1".to_owned(),
            Some(path) => format!("of-{}", path.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")),
            None => {
                let value = entry["value"].as_str().expect("a value").to_owned();
                env.iter().fold(value, |value, (name, own)| value.replace(&format!("$({name})"), own))
            }
        };
        env.insert(name.to_owned(), value);
    }
    assert!(env.values().all(|value| !value.contains("$(")), "{env:?}");
    env
}

/// The environment that injecting the kpt example gives.
fn injected() -> BTreeMap<String, String> {
    let world = World::new();
    world.copy(KPT, "package");
    environment(&world.otel_inject(&["inject", "package"], "").good())
}

/// A program that ends with the test.
struct Process(Child);

impl Process {
    /// Starts node with a script and an environment of its own; gives its lines.
    fn node(folder: &Path, script: &str, env: &BTreeMap<String, String>) -> (Self, Receiver<String>) {
        let mut command = Command::new(Tool::Node.path().expect("node"));
        command.args(["-e", script]).current_dir(folder).env_clear().envs(env);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("node runs");
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        (Self(child), lines)
    }

    /// Waits for the end.
    fn wait(&mut self) {
        let start = Instant::now();
        while self.0.try_wait().expect("a status").is_none() {
            assert!(start.elapsed() < PATIENCE, "the application does not end");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs an application with the agent and the environment until it has served one request and ended. The
/// endpoint's host is this one, and its port is what `ports` says: a collector's port and the one that stands for
/// it here.
fn serve(env: &BTreeMap<String, String>, ports: &[(Protocol, u16)]) {
    let mut env = env.clone();
    let folder = agent();
    let Some(Delivery::Copy(copy)) = find("nodejs").map(|language| &language.recipe.delivery) else {
        panic!("no copied agent")
    };
    let options = env.get_mut("NODE_OPTIONS").expect("NODE_OPTIONS");
    assert!(options.contains(copy.mount.path()), "{options}");
    *options = options.replace(copy.mount.path(), &folder.to_string_lossy());
    let endpoint = env.get_mut("OTEL_EXPORTER_OTLP_ENDPOINT").expect("an endpoint");
    let port = endpoint.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let own = ports.iter().find(|(protocol, _)| Some(protocol.port()) == port);
    let (_, own) = own.unwrap_or_else(|| panic!("no collector listens at {endpoint}"));
    *endpoint = format!("http://127.0.0.1:{own}");
    let world = World::new();
    let (mut application, lines) = Process::node(&world.path(""), APPLICATION, &env);
    let port = lines.recv_timeout(PATIENCE).expect("a port");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the application listens");
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("a request");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    assert!(response.contains("hello"), "{response}");
    application.wait();
}

/// A receiver of OTLP over gRPC: its port, and the requests that arrive.
fn grpc_receiver() -> (Process, u16, Receiver<String>) {
    let (process, lines) = Process::node(agent(), GRPC_RECEIVER, &BTreeMap::new());
    let port = lines.recv_timeout(PATIENCE).expect("a port").parse().expect("a number");
    (process, port, lines)
}

#[track_caller]
fn are_of_the_frontend(spans: &[Span]) {
    let is_ours = |span: &Span| span.of("service.name") == "frontend" && span.name == "GET";
    assert!(spans.iter().any(is_ours), "{spans:?}");
}

fn the_nodejs_example_delivers_its_spans() {
    let (port, requests) = listen("127.0.0.1:0");
    // The collector has no other port: an endpoint that names one fails.
    serve(&injected(), &[(Protocol::HttpProtobuf, port)]);
    let arrived = requests.try_iter().filter(Request::has_traces);
    let arrived: Vec<Span> = arrived.flat_map(|request| spans(&request.body)).collect();
    are_of_the_frontend(&arrived);
}

fn the_nodejs_example_with_patches_delivers_its_spans_over_grpc() {
    let expected = repository().join(KUSTOMIZE).join(".expected/manifests.yaml");
    let env = environment(&fs::read_to_string(expected).expect("a file"));
    let (_receiver, port, requests) = grpc_receiver();
    serve(&env, &[(Protocol::Grpc, port)]);
    let byte =
        |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).expect("ASCII"), 16).expect("hex");
    let request = requests.recv_timeout(PATIENCE).expect("a request");
    let request: Vec<u8> = request.as_bytes().chunks(2).map(byte).collect();
    are_of_the_frontend(&spans(&request));
}

/// What the finding `otlp-port-mismatch` says: HTTP at a port for gRPC delivers nothing.
fn spans_for_the_other_port_do_not_arrive() {
    let mut env = injected();
    let endpoint = env.get_mut("OTEL_EXPORTER_OTLP_ENDPOINT").expect("an endpoint");
    *endpoint = format!("http://collector:{}", Protocol::Grpc.port());
    let (_receiver, port, requests) = grpc_receiver();
    serve(&env, &[(Protocol::Grpc, port)]);
    assert_eq!(requests.try_iter().count(), 0);
}
