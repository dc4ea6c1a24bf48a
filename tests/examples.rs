//! The examples through the binary alone; `tests/hosts` builds them with real hosts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kustomize-rules")
}

fn run(args: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otel-inject"));
    let output = command.current_dir(folder()).args(args).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr))
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
        assert_eq!(injected(&instrumentation), deployments(&expected));
    }
}

#[test]
fn what_is_expected_stays_as_it_is() {
    let (printed, said) = run(&[&["inject", ".expected/manifests.yaml"][..], &CONFIG].concat());
    assert_eq!(printed, std::fs::read_to_string(folder().join(".expected/manifests.yaml")).expect("a file"));
    assert!(said.ends_with("0 injected, 3 already instrumented, 0 errors, 0 warnings\n"), "{said}");
}
