//! The level of every recorded pod, before and after the injection, as the Pod Security admission library says it.
//!
//! `testdata/pod-security.json` has its verdicts; `POD_SECURITY_JUDGE` names a program that gives them again: manifests
//! on its stdin, a line of JSON per workload on its stdout.

#![allow(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use otel_inject::config::Settings;
use otel_inject::finding::Code;
use otel_inject::k8s::security::{Level, Version, meets};
use otel_inject::k8s::{Identity, Workload};
use otel_inject::value::{Value, json};
use otel_inject::yaml::edited;
use otel_inject::{Role, Source, inject};
use rayon::prelude::*;

use crate::common::{documents, entries, testdata, vectors};

/// What the judge looks at.
const KINDS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"];
/// What the judge knows: the library of Kubernetes 1.34.
const VERSION: &str = "v1.34";

fn workloads(text: &str) -> Vec<Value> {
    let is_judged = |value: &Value| KINDS.contains(&value["kind"].as_str().unwrap_or_default());
    documents(text).expect("documents").into_iter().filter(is_judged).collect()
}

fn level(resource: &Value) -> Option<&'static str> {
    let identity = Identity::read(resource, None)?;
    let workload = Workload::read(resource, &identity, &[])?;
    let template = resource.pointer(&workload.pointer(""))?;
    let version = Version::parse(VERSION).expect("a version");
    let met = Level::ALL.into_iter().rev().find(|level| meets(template, *level, version));
    met.map(Level::as_str)
}

fn injected(input: &str) -> (String, Vec<Code>) {
    let sources = [Source { file: None, text: input.as_bytes(), role: Role::Stream }];
    let output = inject(&sources, &Settings::default());
    let codes = output.findings.iter().map(|finding| finding.code).collect();
    (edited(input, &output.edits[0]), codes)
}

/// The judge's levels, in the order of the workloads; none for one that it does not decode.
fn judged(judge: &str, workloads: &[Value]) -> Vec<Value> {
    let text: String = workloads.iter().map(|workload| format!("---\n{workload}\n")).collect();
    let mut child =
        Command::new(judge).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the judge runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("the judge reads");
    let output = child.wait_with_output().expect("the judge ends");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let verdict = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["level"].clone();
    lines.lines().map(verdict).collect()
}

#[test]
fn levels_are_what_the_admission_library_says() {
    let file = testdata("pod-security.json");
    if let Ok(judge) = std::env::var("POD_SECURITY_JUDGE") {
        let verdicts: BTreeMap<String, Value> = vectors()
            .into_par_iter()
            .map(|(name, input)| {
                let both = [input.clone(), injected(&input).0].map(|text| judged(&judge, &workloads(&text)));
                (name, json!(both))
            })
            .collect();
        std::fs::write(&file, serde_json::to_string(&verdicts).expect("JSON") + "\n").expect("a file");
    }
    let text = std::fs::read_to_string(file).expect("verdicts");
    let verdicts: BTreeMap<String, [Vec<Option<String>>; 2]> = serde_json::from_str(&text).expect("JSON");
    let mut weakened = 0;
    for (name, input) in vectors() {
        let (after, codes) = injected(&input);
        let expected = &verdicts[&name];
        let mut is_weakened = false;
        let levels = [&input, &after].map(|text| workloads(text));
        for (index, (before, after)) in levels[0].iter().zip(&levels[1]).enumerate() {
            let verdict = expected.each_ref().map(|levels| levels[index].as_deref());
            for (workload, verdict) in [before, after].into_iter().zip(verdict) {
                if let Some(verdict) = verdict {
                    assert_eq!(level(workload), Some(verdict), "{name}: {workload}");
                }
            }
            is_weakened |= verdict[0].is_some() && verdict[1].is_some() && verdict[0] != verdict[1];
        }
        // With an error nothing is written, and nothing is lost.
        if after != input {
            assert_eq!(codes.contains(&Code::PodSecurity), is_weakened, "{name}: {codes:?}");
        }
        weakened += usize::from(is_weakened);
    }
    assert!(weakened > 10, "only {weakened} pods lose a level");
}

#[test]
#[ignore = "OTEL_INJECT_CORPUS names a folder of workloads, POD_SECURITY_JUDGE the judge"]
fn levels_of_a_corpus_are_what_the_admission_library_says() {
    let folder = std::env::var("OTEL_INJECT_CORPUS").expect("OTEL_INJECT_CORPUS names a folder");
    let judge = std::env::var("POD_SECURITY_JUDGE").expect("POD_SECURITY_JUDGE names a program");
    let files = entries(Path::new(&folder)).into_iter().filter_map(|path| std::fs::read_to_string(path).ok());
    let is_judged = |value: &Value| KINDS.contains(&value["kind"].as_str().unwrap_or_default());
    let all = files.filter_map(|text| documents(&text).ok()).flatten().filter(is_judged);
    let all: Vec<Value> = all.collect();
    let compared: usize = all
        .par_chunks(100)
        .map(|workloads| {
            let verdicts = judged(&judge, workloads);
            assert_eq!(verdicts.len(), workloads.len());
            let pairs = workloads.iter().zip(&verdicts).filter(|(_, verdict)| verdict.is_string());
            let differ = |(workload, verdict): (&Value, &Value)| {
                assert_eq!(level(workload), verdict.as_str(), "{workload}");
            };
            pairs.map(differ).count()
        })
        .sum();
    println!("{compared} of {} workloads were judged", all.len());
    assert!(compared > 0);
}
