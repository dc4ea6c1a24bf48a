//! A real collector does what we report about its configuration: it starts where nothing speaks against it, does not start
//! where something does, and listens on the declared ports and where the probes ask. It runs in a network namespace of
//! its own, so the ports of this machine do not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use otel_inject::value::Value;

use crate::common::collectors::{Configuration, all};
use crate::common::kubernetes::expanded;
use crate::tools::Tool;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::Collector, Tool::Unshare] => [collectors_do_what_we_report_about_their_configurations],
];

/// How long a start may take that normally takes half a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a collector says when all its components run.
const READY: &str = "Everything is ready";
/// The pod's address.
const POD_IP: &str = "10.0.0.1";

fn collectors_do_what_we_report_about_their_configurations() {
    let mut failures = Vec::new();
    for configuration in all() {
        if let Err(failure) = judge(&configuration) {
            failures.push(format!("{}: {failure}", configuration.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs a configuration, and compares.
fn judge(configuration: &Configuration) -> Result<(), String> {
    let injected = configuration.inject();
    if injected.container.is_null() {
        return Err("no collector is injected".to_owned());
    }
    // For the files and sockets that it writes.
    let folder = tempfile::tempdir().expect("a folder");
    let run = |command: &[&str]| {
        let mut run = collector(&injected.container, command);
        run.current_dir(folder.path());
        run
    };
    let is_valid = run(&["validate"]).output().expect("it runs").status.success();
    let start = start(run(&[]));
    // The probes come from outside of the pod's network.
    let is_healthy = start
        .as_ref()
        .is_ok_and(|open| probes(&injected.container).iter().all(|probe| open.outside.contains(probe)));
    let is_expected = injected.is_expected_to_start();
    let why = start.as_ref().err().cloned().unwrap_or_default();
    match &configuration.really {
        Some(reason) if is_healthy == is_expected && start.is_ok() == is_expected => {
            return Err(format!("it agrees, so this is no longer true: {reason}"));
        }
        None if is_healthy != is_expected => {
            return Err(format!(
                "expected to run: {is_expected}, runs: {is_healthy}, valid: {is_valid}. {why}"
            ));
        }
        _ => {}
    }
    if start.is_ok() && !is_valid {
        return Err("it starts, although `validate` refuses it".to_owned());
    }
    let Ok(open) = start else { return Ok(()) };
    let declared = ports(&injected.container);
    let listed = |list: &BTreeSet<String>, found: BTreeSet<String>| {
        if *list == found { Ok(()) } else { Err(format!("{found:?}, not {list:?}")) }
    };
    let undeclared = open.all.difference(&declared).cloned().collect();
    listed(&configuration.open, undeclared).map_err(|text| format!("listens on undeclared ports: {text}"))?;
    let silent = declared.difference(&open.all).cloned().collect();
    listed(&configuration.closed, silent).map_err(|text| format!("does not listen on declared ports: {text}"))
}

/// The collector as the kubelet would start the container.
fn collector(container: &Value, command: &[&str]) -> Command {
    let mut environment = BTreeMap::new();
    for entry in container["env"].as_array().into_iter().flatten() {
        let value = match (
            entry.get("value").and_then(Value::as_str),
            &entry["valueFrom"]["fieldRef"]["fieldPath"],
        ) {
            (Some(value), _) => expanded(value, &environment),
            (None, Value::String(field)) if field == "status.podIP" => POD_IP.to_owned(),
            (None, Value::String(field)) => format!("some-{}", field.rsplit('.').next().unwrap_or_default()),
            // Limits: there are none.
            _ => continue,
        };
        environment.insert(entry["name"].as_str().expect("a name").to_owned(), value);
    }
    let path = Tool::Collector.path().expect("a collector");
    let mut unshared = Command::new(Tool::Unshare.path().expect("unshare"));
    unshared.args(["--map-root-user", "--net", "sh", "-c"]);
    unshared
        .arg(format!("ip link set lo up && ip address add {POD_IP}/32 dev lo && exec \"$0\" \"$@\""))
        .arg(path);
    unshared.args(command);
    unshared.args(container["args"].as_array().into_iter().flatten().filter_map(Value::as_str));
    unshared.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(environment);
    unshared.stdin(Stdio::null());
    unshared
}

/// The ports on which a collector listens: all, and those that others reach.
struct Open {
    all: BTreeSet<String>,
    outside: BTreeSet<String>,
}

/// Starts a collector, looks at its ports, and ends it. The last line of its output if it does not start.
fn start(mut command: Command) -> Result<Open, String> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
    let lines = BufReader::new(child.stderr.take().expect("its output")).lines();
    let (sender, receiver) = channel();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let mut last = String::new();
    let result = loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(READY) => break Ok(sockets(child.id())),
            Ok(line) => last = line,
            Err(RecvTimeoutError::Disconnected) => break Err(last),
            Err(RecvTimeoutError::Timeout) => break Err(format!("it neither starts nor ends: {last}")),
        }
    };
    // It may have ended by itself.
    drop(child.kill());
    drop(child.wait());
    result
}

/// The listening sockets of a process's network namespace.
fn sockets(process: u32) -> Open {
    let mut open = Open { all: BTreeSet::new(), outside: BTreeSet::new() };
    for (table, protocol, state) in
        [("tcp", "TCP", "0A"), ("tcp6", "TCP", "0A"), ("udp", "UDP", "07"), ("udp6", "UDP", "07")]
    {
        let path = Path::new("/proc").join(process.to_string()).join("net").join(table);
        // Without IPv6 there is no table of it.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(local), Some(found)) = (fields.get(1), fields.get(3)) else { continue };
            let Some((address, port)) = local.split_once(':').filter(|_| *found == state) else { continue };
            let number = u16::from_str_radix(port, 16).expect("a port");
            let socket = format!("{number}/{protocol}");
            // Addresses are in the byte order of the machine: 127.0.0.1 ends in 7F.
            let is_loopback = address.len() == 8 && address.ends_with("7F")
                || address == "00000000000000000000000001000000";
            if !is_loopback {
                open.outside.insert(socket.clone());
            }
            open.all.insert(socket);
        }
    }
    open
}

/// The declared ports.
fn ports(container: &Value) -> BTreeSet<String> {
    let ports = container["ports"].as_array().into_iter().flatten();
    ports
        .map(|port| format!("{}/{}", port["containerPort"], port["protocol"].as_str().unwrap_or("TCP")))
        .collect()
}

/// The ports that the probes ask.
fn probes(container: &Value) -> BTreeSet<String> {
    let probes =
        ["livenessProbe", "readinessProbe", "startupProbe"].map(|name| &container[name]["httpGet"]["port"]);
    probes.into_iter().filter(|port| !port.is_null()).map(|port| format!("{port}/TCP")).collect()
}
