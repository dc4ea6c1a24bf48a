//! The examples through the binary alone, and what they say; `tests/hosts` builds them with real hosts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use otel_inject::languages::otlp::{Agent, Protocol};
use otel_inject::languages::{ALL, Delivery, Language};
use otel_inject::value::{Value, json};
use serde::Deserialize;

use crate::common::binary::{binary, fed};
use crate::common::judge::without_record;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kustomize-rules")
}

fn run(args: &[&str]) -> (String, String) {
    let run = fed(binary(&folder()).args(args), b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    (run.stdout, run.stderr)
}

/// The Deployments of a stream by their names.
fn deployments(stream: &str) -> BTreeMap<String, Value> {
    let read = serde_yaml::Deserializer::from_str(stream)
        .map(|document| Value::deserialize(document).expect("YAML"));
    let deployments = read.filter(|value| value["kind"] == "Deployment");
    deployments.map(|value| (value["metadata"]["name"].to_string(), value)).collect()
}

const CONFIG: [&str; 4] = ["--config", "otel-inject.yaml", "--context", "instrumentation.yaml"];
const EXPECTED: &str = ".expected/manifests.yaml";

/// The Deployments of `base` after the rules, with the Instrumentation of an example.
fn injected(instrumentation: &str) -> BTreeMap<String, Value> {
    let args = ["inject", "base", "--namespace", "shop", "--config", "otel-inject.yaml", "--context"];
    let (printed, _) = run(&[&args[..], &[instrumentation]].concat());
    let mut ours = deployments(&printed);
    for deployment in ours.values_mut() {
        // kustomize writes it; to us it is told.
        deployment["metadata"]["namespace"] = json!("shop");
    }
    assert_eq!(ours.len(), 3);
    ours
}

#[test]
fn rules_make_the_pods_that_patches_made() {
    let patches = "../kustomize-patches";
    for (instrumentation, expected) in [
        ("instrumentation.yaml".to_owned(), EXPECTED.to_owned()),
        (format!("{patches}/instrumentation.yaml"), format!("{patches}/{EXPECTED}")),
    ] {
        let expected = std::fs::read_to_string(folder().join(expected)).expect("a file");
        let (mut ours, mut patched) = (injected(&instrumentation), deployments(&expected));
        // Annotations that a rule wrote are in its record, those of a patch are the user's.
        for workload in ours.values_mut().chain(patched.values_mut()) {
            without_record(workload, &json!({"metadata": {}}));
        }
        assert_eq!(ours, patched);
    }
}

#[test]
fn what_is_expected_stays_as_it_is() {
    let args = ["inject", ".expected/manifests.yaml", "--namespace", "shop"];
    let (printed, said) = run(&[&args[..], &CONFIG].concat());
    assert_eq!(printed, std::fs::read_to_string(folder().join(".expected/manifests.yaml")).expect("a file"));
    assert!(said.ends_with("otel-inject: 3 up to date, 0 errors, 0 warnings\n"), "{said}");
}

/// Every manifest that an example is expected to give.
fn expected(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_expected = path.iter().any(|part| part == ".expected");
        if path.is_dir() {
            files.extend(expected(&path));
        } else if is_expected && path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_default()
}

/// The agents of a pod, each with the containers that send.
fn agents(pod: &Value) -> Vec<(&'static Language, Agent, Vec<&Value>)> {
    let containers = list(pod, "containers");
    let find = |language: &&'static Language| {
        let (brings, sends): (_, Vec<&Value>) = match &language.recipe.delivery {
            Delivery::Copy(copy) => {
                let mounts = |container: &&Value| {
                    list(container, "volumeMounts").iter().any(|mount| mount["name"] == copy.name)
                };
                let brings = list(pod, "initContainers").iter().find(|init| init["name"] == copy.name)?;
                (brings, containers.iter().filter(mounts).collect())
            }
            Delivery::Container(sidecar) => {
                let brings = containers.iter().find(|container| container["name"] == sidecar.name)?;
                (brings, vec![brings])
            }
            Delivery::WebServer(_) | Delivery::None => return None,
        };
        let agent = language.agent(brings["image"].as_str()?)?;
        Some((*language, agent, sends))
    };
    ALL.iter().filter_map(find).collect()
}

/// What is committed is read on its own, not through the check that warns of ports.
#[test]
fn every_endpoint_fits_its_agent_and_the_sidecar_beside_it() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found = BTreeMap::new();
    for file in expected(&examples) {
        let text = std::fs::read_to_string(&file).expect("a file");
        for (name, deployment) in deployments(&text) {
            let pod = &deployment["spec"]["template"]["spec"];
            for (language, agent, containers) in agents(pod) {
                let place = format!("{} of {name} in {}", language.id, file.display());
                assert!(agent.is_known && !containers.is_empty(), "{place}");
                *found.entry(language.id).or_insert(0) += containers.len();
                for container in containers {
                    let value = |variable: &str| {
                        list(container, "env").iter().find(|entry| entry["name"] == variable)?["value"]
                            .as_str()
                    };
                    let given = value("OTEL_EXPORTER_OTLP_PROTOCOL")
                        .map(|given| Protocol::named(given).expect("a protocol"));
                    let protocol = given.unwrap_or(agent.spoken.default);
                    assert!(agent.spoken.can.contains(&protocol), "{place}");
                    let endpoint = value("OTEL_EXPORTER_OTLP_ENDPOINT").expect("an endpoint");
                    assert!(endpoint.ends_with(&format!(":{}", protocol.port())), "{place}: {endpoint}");
                    if endpoint.starts_with("http://localhost:") {
                        let sidecars = list(pod, "initContainers").iter().chain(list(pod, "containers"));
                        let ports = sidecars.filter(|sidecar| sidecar["name"] == "otc-container");
                        let opens = |port: &Value| port["containerPort"] == protocol.port();
                        let is_open = ports.flat_map(|sidecar| list(sidecar, "ports")).any(opens);
                        assert!(is_open, "{place}: nothing listens at {endpoint}");
                        *found.entry("sidecar").or_insert(0) += 1;
                    }
                }
            }
        }
    }
    // Four built ones and two packages with Node.js, of which one has a collector beside it and is built as well.
    assert_eq!(found, BTreeMap::from([("go", 3), ("java", 2), ("nodejs", 9), ("sidecar", 2)]));
}

#[test]
fn the_packages_get_no_warning_about_their_endpoints() {
    for example in ["nodejs-and-go", "sidecar-and-nodejs"] {
        let (_, said) = run(&["inject", &format!("../{example}")]);
        assert!(said.contains("[injected]") && !said.contains("[otlp-"), "{example}: {said}");
    }
}
