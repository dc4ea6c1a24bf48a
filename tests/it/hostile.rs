//! Input that means no good, and what real hosts put on the wire: no panic, no hang, good output or a clear
//! refusal, and what holds no target comes back byte for byte.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use crate::common::binary::{binary, fed_bytes};
use crate::common::judge::{Outcome, Units, judge};
use crate::common::{documents, entries, file_name, injected, item, testdata};
use otel_inject::config::{OnError, Settings};
use otel_inject::yaml::{Document, is_resource_list, split_documents};
use otel_inject::{Role, Source, inject};

/// Nothing that is tried here may take longer.
const LIMIT: Duration = Duration::from_secs(2);

const NAMESPACE: &str = "hostile";

/// Makes a target of every workload in the namespace.
const CONTEXT: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: hostile
  annotations: {instrumentation.opentelemetry.io/inject-nodejs: \"true\"}
---
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata:
  name: all
spec:
  exporter:
    endpoint: http://collector:4318
";

const NEIGHBOUR: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: neighbour\n---\n";

const TARGET: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: target
spec:
  containers:
  - name: app
";

fn settings(on_error: OnError) -> Settings {
    Settings { on_error, namespace: Some(NAMESPACE.to_owned()), ..Settings::default() }
}

fn files() -> Vec<PathBuf> {
    let files: Vec<PathBuf> =
        ["hostile", "krm-wire"].iter().flat_map(|folder| entries(&testdata(folder))).collect();
    assert!(files.len() >= 60, "the files are there");
    files
}

fn texts() -> Vec<(String, Vec<u8>)> {
    let text = |path: PathBuf| (file_name(&path), std::fs::read(path).expect("a file"));
    files().into_iter().map(text).collect()
}

/// What `work` gives; a panic and a hang fail by the name of what was tried.
#[track_caller]
fn in_time<R: Send + 'static>(name: &str, work: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether the text is one of those that are all brackets.
fn units(text: &[u8]) -> Units {
    let is_flow = |line: &[u8]| line.trim_ascii_start().starts_with(b"{");
    if text.split(|byte| *byte == b'\n').any(is_flow) { Units::Tokens } else { Units::Lines }
}

/// Tries a text in every role. Says how it came out as a stream.
fn tried(name: &str, text: &[u8], on_errors: &[OnError]) -> Outcome {
    let owned = text.to_vec();
    let context = in_time(name, move || {
        let sources = [Source { file: None, text: &owned, role: Role::Context }];
        inject(&sources, &Settings::default()).edits[0].is_empty()
    });
    assert!(context, "{name}: a context is not changed");
    let mut outcomes = Vec::new();
    for role in [Role::Stream, Role::ResourceList] {
        for &on_error in on_errors {
            let owned = text.to_vec();
            let outcome =
                in_time(name, move || judge(&owned, role, units(&owned), CONTEXT, &settings(on_error)));
            match &outcome {
                Outcome::Wrong(why) => panic!("{name} ({role:?}, {on_error:?}): {why}"),
                Outcome::Unjudged => is_readable(name, text, role, on_error),
                Outcome::Right(_) | Outcome::Refused(_) | Outcome::Left => {}
            }
            outcomes.push(outcome);
        }
    }
    outcomes.swap_remove(0)
}

/// What our own reader could read, it can still read.
fn is_readable(name: &str, text: &[u8], role: Role, on_error: OnError) {
    let output = injected(text, role, CONTEXT, &settings(on_error));
    let count = |text: &[u8]| {
        let ranges = split_documents(text).into_iter();
        let texts = ranges.filter_map(|range| std::str::from_utf8(&text[range]).ok());
        texts.filter(|text| Document::parse(text).is_ok()).count()
    };
    assert_eq!(count(text), count(&output.bytes), "{name}");
}

#[test]
fn every_text_is_injected_right_or_refused_or_left_alone() {
    let (mut right, mut refused) = (Vec::new(), Vec::new());
    for (name, text) in texts() {
        match tried(&name, &text, OnError::ALL) {
            Outcome::Right(_) => right.push(name),
            Outcome::Refused(why) => refused.push(format!("{name}: {why}")),
            _ => {}
        }
    }
    assert!(right.len() >= 15, "right: {right:?}");
    for name in ["wl_anchor", "wl_alias_env", "wl_dup", "wl_merge", "wl_deepargs", "wl_quote_trick"] {
        assert!(refused.iter().any(|line| line.starts_with(name)), "{name} is refused: {refused:?}");
    }
}

#[test]
fn every_text_may_end_anywhere() {
    for (name, text) in texts() {
        for sixteenth in 1..16 {
            let end = text.len() * sixteenth / 16;
            tried(&format!("{name} up to byte {end}"), &text[..end], &[OnError::Fail]);
        }
    }
}

#[test]
fn every_text_may_hold_wrong_bytes() {
    // Bytes that mean something in YAML, and some that are not UTF-8.
    const BYTES: &[u8] = b"\n\r\t -:#{}[],&*!|>'\"%@`?\0\x80\xff\xc3~a0";
    let rounds: usize = std::env::var("OTEL_INJECT_ROUNDS").map_or(1, |text| text.parse().expect("a number"));
    let mut state = 0x9e37_79b9_u32;
    let mut random = move |limit: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize % limit
    };
    for (name, text) in texts() {
        let rounds = rounds * if text.len() > 10_000 { 2 } else { 16 };
        for _ in 0..rounds {
            let mut text = text.clone();
            let at = random(text.len());
            let what = match random(4) {
                0 => {
                    text[at] ^= 1 << random(8);
                    "flipped"
                }
                1 => {
                    text.remove(at);
                    "gone"
                }
                2 => {
                    text.insert(at, BYTES[random(BYTES.len())]);
                    "before a new one"
                }
                _ => {
                    text[at] = BYTES[random(BYTES.len())];
                    "replaced"
                }
            };
            let shown = String::from_utf8_lossy(&text[..text.len().min(400)]);
            tried(&format!("{name} with byte {at} {what}: {shown:?}"), &text, &[OnError::Skip]);
        }
    }
}

#[test]
fn what_holds_no_target_passes_a_stream_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in texts() {
        if is_resource_list(&text) {
            continue;
        }
        let text = [NEIGHBOUR.as_bytes(), text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text)].concat();
        let run = fed_bytes(&mut binary(folder.path()), &text);
        if run.code == 0 {
            assert!(run.stdout == text, "{name} comes out as it went in");
        } else {
            assert!(
                run.code == 1 && run.stdout.is_empty() && run.stderr.starts_with("error["),
                "{name}: {}",
                run.stderr
            );
            assert!(name.starts_with("wl_"), "{name} is no workload, and refused: {}", run.stderr);
        }
    }
}

#[test]
fn what_holds_no_target_passes_a_resource_list_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in texts() {
        let Ok(text) = String::from_utf8(text) else { continue };
        let list = if is_resource_list(text.as_bytes()) {
            text
        } else {
            let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
            let text = text.strip_prefix("--- # c\n").unwrap_or(&text);
            format!(
                "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}{}",
                item(TARGET),
                item(text)
            )
        };
        let run = fed_bytes(&mut binary(folder.path()), list.as_bytes());
        let printed = String::from_utf8(run.stdout).expect("UTF-8");
        if printed.is_empty() {
            assert!(run.code == 2 && run.stderr.starts_with("error[invalid-yaml]"), "{name}: {}", run.stderr);
            continue;
        }
        // Only the version may become the current one, and results may follow.
        let version =
            |text: &str| text.replacen("config.kubernetes.io/v1beta1", "config.kubernetes.io/v1", 1);
        assert!(version(&printed).starts_with(version(&list).trim_end()), "{name}: {printed}");
        let errors = run.stderr.lines().filter(|line| line.starts_with("error[")).count();
        assert_eq!(run.code > 0, errors > 0, "{name}: {}", run.stderr);
        if let Ok(values) = documents(&printed) {
            let results = values[0]["results"].as_array().map_or(0, <[_]>::len);
            assert!(results >= errors, "{name}: every error is a result");
        }
    }
}

#[test]
fn a_bad_document_does_not_hide_what_there_is_to_say_about_others() {
    for (name, text) in texts() {
        let Ok(text) = String::from_utf8(text) else { continue };
        if text.starts_with('%') || is_resource_list(text.as_bytes()) {
            continue;
        }
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let stream = format!("{TARGET}---\n{}{end}---\n{TARGET}", text.trim_start_matches('\u{feff}'));
        let output = injected(stream.as_bytes(), Role::Stream, CONTEXT, &settings(OnError::Fail));
        let targets = output.findings.iter().filter(|finding| {
            finding.code.id() == "injected"
                && finding.subject.as_ref().is_some_and(|subject| subject.name == "target")
        });
        // A quote that nobody closes may hold anything.
        let takes_in = if name.starts_with("wl_quote_trick") || name.contains("_open") { 1 } else { 2 };
        assert!(targets.count() >= takes_in, "{name}: {:?}", output.codes());
        if output.errors().is_empty() {
            assert!(output.bytes.len() > stream.len(), "{name}: the targets are injected");
        } else {
            assert!(output.bytes == stream.as_bytes(), "{name}: nothing is written");
        }
    }
}
