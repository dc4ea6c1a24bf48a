//! What comes out is what the Kubernetes API knows: every golden decodes into its types, and no field is
//! ignored that the input does not have already.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Pod, PodTemplate, PodTemplateSpec, ReplicationController};
use otel_inject::k8s::{Identity, Kind};
use otel_inject::yaml::{Document, split_documents};
use serde::de::DeserializeOwned;
use serde_json::Value;
use support::{entries, testdata};

mod support;

/// The fields of a value that the type `T` has not.
fn ignored<T: DeserializeOwned>(value: &Value) -> Result<BTreeSet<String>, String> {
    let mut paths = BTreeSet::new();
    let decoded: Result<T, _> = serde_ignored::deserialize(value, |path| {
        paths.insert(path.to_string().replace(".?", ""));
    });
    decoded.map(|_| paths).map_err(|error| error.to_string())
}

/// The fields of a workload that its type has not; of a kind that is not Kubernetes' own, its pod template's.
fn ignored_fields(kind: &Kind, workload: &Value) -> Result<BTreeSet<String>, String> {
    match (&*kind.group, &*kind.kind) {
        ("apps", "Deployment") => ignored::<Deployment>(workload),
        ("apps", "ReplicaSet") => ignored::<ReplicaSet>(workload),
        ("apps", "StatefulSet") => ignored::<StatefulSet>(workload),
        ("apps", "DaemonSet") => ignored::<DaemonSet>(workload),
        ("batch", "Job") => ignored::<Job>(workload),
        ("batch", "CronJob") => ignored::<CronJob>(workload),
        ("", "Pod") => ignored::<Pod>(workload),
        ("", "PodTemplate") => ignored::<PodTemplate>(workload),
        ("", "ReplicationController") => ignored::<ReplicationController>(workload),
        _ => ignored::<PodTemplateSpec>(workload.pointer(&kind.template).unwrap_or(&Value::Null)),
    }
}

/// The workloads of a stream, those in lists too.
fn workloads(text: &str) -> Vec<(&'static Kind, Value)> {
    // Documents that cannot be read pass through.
    let read = |range| Document::parse(&text[range]).and_then(|document| document.value()).ok();
    let documents = split_documents(text.as_bytes()).into_iter().filter_map(read);
    let mut left: Vec<Value> = documents.collect();
    let mut found = Vec::new();
    while let Some(mut resource) = left.pop() {
        if let Some(Value::Array(items)) = resource.get_mut("items").map(Value::take) {
            left.extend(items);
        } else if let Some(identity) = Identity::of(&resource, None)
            && let Some(kind) = Kind::find(identity.group(), identity.kind())
        {
            found.push((kind, resource));
        }
    }
    found
}

/// Checks the workloads of a golden against those of its input. Gives how many could be.
#[track_caller]
fn is_strict(name: &Path, input: &str, golden: &str) -> usize {
    let [before, after] = [input, golden].map(workloads);
    assert_eq!(before.len(), after.len(), "{}", name.display());
    let mut checked = 0;
    for ((kind, before), (_, after)) in before.iter().zip(&after) {
        let [known, now] = [before, after].map(|workload| ignored_fields(kind, workload));
        // An input that the API would not take is not made any better.
        let Ok(known) = known else { continue };
        let now = now.unwrap_or_else(|error| panic!("{}: {} {error}", name.display(), kind.kind));
        assert!(now.is_subset(&known), "{}: {:?}", name.display(), now.difference(&known));
        checked += 1;
    }
    checked
}

#[test]
fn goldens_hold_nothing_that_the_api_ignores() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/nodejs-and-go");
    let examples = entries(&example.join(".expected"))
        .into_iter()
        .map(|golden| (example.join(support::file_name(&golden)), golden));
    let cases = entries(&testdata("cases")).into_iter().map(|case| {
        let [input, golden] = ["input.yaml", "expected.yaml"].map(|file| case.join(file));
        (input, golden)
    });
    let pairs: Vec<(PathBuf, PathBuf)> =
        examples.chain(cases).filter(|(_, golden)| golden.exists()).collect();
    let mut checked = 0;
    for (input, golden) in pairs {
        let [before, after] = [&input, &golden].map(|path| std::fs::read_to_string(path).expect("UTF-8"));
        checked += is_strict(&golden, &before, &after);
    }
    assert!(checked > 40, "only {checked} workloads were checked");
}

#[test]
fn a_field_that_nobody_knows_is_seen() {
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    imagee: b\n";
    let [(kind, pod)] = &workloads(pod)[..] else { panic!("one pod") };
    let fields: Vec<String> = ignored_fields(kind, pod).expect("a pod").into_iter().collect();
    assert_eq!(fields, ["spec.containers.0.imagee"]);
}
