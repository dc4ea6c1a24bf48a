//! What several tests share: data, and runs of the library and of the binary.

#![allow(dead_code, reason = "each test program uses a part")]

use std::path::{Path, PathBuf};

use otel_inject::config::Settings;
use otel_inject::finding::{Finding, Severity};
use otel_inject::value::Value;
use otel_inject::yaml::Edit;
use otel_inject::{Output, Role, Source, inject};
use serde::Deserialize as _;

pub(crate) mod agent;
pub(crate) mod binary;
pub(crate) mod by_chance;
pub(crate) mod collectors;
pub(crate) mod differences;
pub(crate) mod edits;
pub(crate) mod judge;
pub(crate) mod kubernetes;
pub(crate) mod otlp;
pub(crate) mod patch;

pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// What stands in a folder, in order.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// The documents of a stream as another reader sees them, empty ones left out. That reader has no limits,
/// so it does not get to see what would keep it busy for hours.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let is_deep = ["[[[[[[[[", "- - - - - ", "? ? ? ? ? "].iter().any(|nest| text.contains(nest));
    if is_deep || text.matches('*').count() > 50 {
        return Err("too much for the other reader".to_owned());
    }
    let documents = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    let documents: Result<Vec<Value>, _> = documents.collect();
    let filled = |values: Vec<Value>| values.into_iter().filter(|value| !value.is_null()).collect();
    documents.map(filled).map_err(|error| error.to_string())
}

/// The texts of all vectors with what they are called.
pub(crate) fn vectors() -> Vec<(String, String)> {
    let mut vectors = Vec::new();
    for folder in entries(&testdata("vectors/named")) {
        let text = std::fs::read_to_string(folder.join("input.yaml")).expect("an input");
        vectors.push((file_name(&folder), text));
    }
    for file in ["vectors/random.jsonl", "vectors/sidecar.jsonl"] {
        let cases = std::fs::read_to_string(testdata(file)).expect("vectors");
        for line in cases.lines() {
            let value: Value = serde_json::from_str(line).expect("JSON");
            let text = value["input"].as_str().expect("text").to_owned();
            vectors.push((value["id"].as_str().expect("an id").to_owned(), text));
        }
    }
    vectors
}

/// A task of the engine: `inject` or `uninject`.
pub(crate) type Task = fn(&[Source<'_>], &Settings) -> Output;

/// The text after a task that looks things up in `context` as well, and the findings.
pub(crate) fn done(
    task: Task,
    text: &str,
    role: Role,
    context: &str,
    settings: &Settings,
) -> (String, Vec<Finding>) {
    let sources = [
        Source { file: None, text: text.as_bytes(), role },
        Source { file: None, text: context.as_bytes(), role: Role::Context },
    ];
    let output = task(&sources, settings);
    (otel_inject::yaml::edited(text, &output.edits[0]), output.findings)
}

/// What came of a text.
pub(crate) struct Injected {
    pub(crate) bytes: Vec<u8>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) resources: usize,
}

impl Injected {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.findings.iter().map(|finding| finding.code.id()).collect()
    }

    pub(crate) fn errors(&self) -> Vec<&Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).collect()
    }
}

/// Injects `text`, looking things up in `context` as well.
pub(crate) fn injected(text: &[u8], role: Role, context: &str, settings: &Settings) -> Injected {
    let sources = [
        Source { file: None, text, role },
        Source { file: Some("context.yaml"), text: context.as_bytes(), role: Role::Context },
    ];
    let output = inject(&sources, settings);
    let bytes = edited(text, &output.edits[0]);
    Injected { bytes, findings: output.findings, resources: output.resources }
}

pub(crate) fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut at = 0;
    for edit in edits {
        assert!(at <= edit.range.start && edit.range.start <= edit.range.end, "edits are in order and apart");
        result.extend_from_slice(&text[at..edit.range.start]);
        result.extend_from_slice(edit.text.as_bytes());
        at = edit.range.end;
    }
    result.extend_from_slice(&text[at..]);
    result
}

/// `text` as an item of a block sequence.
pub(crate) fn item(text: &str) -> String {
    let mut item = String::new();
    for line in text.split_inclusive('\n') {
        let prefix = if item.is_empty() { "- " } else { "  " };
        if !line.trim().is_empty() || item.is_empty() {
            item.push_str(prefix);
        }
        item.push_str(line);
    }
    if !item.ends_with('\n') {
        item.push('\n');
    }
    item
}
