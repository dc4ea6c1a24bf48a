//! The way back: what was injected is taken out again, and renewed where what it came from has changed.

#![allow(clippy::print_stdout, reason = "the figures are what it is run for")]

use otel_inject::change::Change;
use otel_inject::config::Settings;
use otel_inject::finding::{Code, Finding, Severity};
use otel_inject::yaml::{Document, edited, split_documents};
use otel_inject::{Output, Role, Source, inject, uninject};
use serde_json::{Value, json};
use support::vectors;

mod support;

type Run = fn(&[Source<'_>], &Settings) -> Output;

fn run(run: Run, text: &str) -> (String, Vec<Finding>) {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let output = run(&sources, &Settings::default());
    (edited(text, &output.edits[0]), output.findings)
}

fn has(findings: &[Finding], code: Code) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

#[test]
fn every_vector_leads_back() {
    let (mut same, mut other) = (0, 0);
    let mut failures = Vec::new();
    for (name, input) in vectors() {
        let (injected, findings) = run(inject, &input);
        if injected == input || has(&findings, Code::AlreadyInstrumented) {
            continue;
        }
        let (before, findings) = run(uninject, &injected);
        if let Some(finding) = findings.iter().find(|finding| finding.code == Code::CannotUninject) {
            failures.push(format!("{name}: {}", finding.message));
            continue;
        }
        let (again, _) = run(inject, &before);
        if again != injected {
            failures.push(format!("{name}: injects to another text"));
            if std::env::var("SHOW").is_ok() {
                println!("AGAIN {name}\n{}", similar::TextDiff::from_lines(&injected, &again).unified_diff());
            }
        }
        if before == input {
            same += 1;
        } else {
            other += 1;
            if std::env::var("SHOW").is_ok() {
                println!("{name}\n{}", similar::TextDiff::from_lines(&input, &before).unified_diff());
            }
        }
    }
    println!("{same} are the original, {other} another one that injects to the same text");
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

/// Something that changes after the first run.
struct Later {
    name: &'static str,
    /// What it makes of an Instrumentation's spec.
    spec: fn(&Value) -> Vec<Change>,
    /// Texts that take the place of others.
    texts: &'static [(&'static str, &'static str)],
}

fn set(spec: &Value, path: &[&str], value: Value) -> Vec<Change> {
    let mut pointer = "/spec".to_owned();
    let mut there = Some(spec);
    for (depth, key) in path.iter().enumerate() {
        pointer = format!("{pointer}/{key}");
        there = there.and_then(|there| there.get(key));
        match there {
            None => {
                let rest = path[depth + 1..].iter().rev();
                return vec![Change::add(pointer, rest.fold(value, |inner, key| json!({ *key: inner })))];
            }
            Some(_) if depth + 1 == path.len() => return vec![Change::replace(pointer, value)],
            Some(_) => {}
        }
    }
    unreachable!("a path has a last key")
}

const LATER: &[Later] = &[
    Later {
        name: "endpoint",
        spec: |spec| set(spec, &["exporter", "endpoint"], json!("http://elsewhere:4318")),
        texts: &[],
    },
    Later {
        name: "propagators",
        spec: |spec| set(spec, &["propagators"], json!(["b3multi", "tracecontext"])),
        texts: &[],
    },
    Later {
        name: "sampler",
        spec: |spec| set(spec, &["sampler"], json!({"type": "traceidratio", "argument": "0.125"})),
        texts: &[],
    },
    Later {
        name: "images",
        spec: |spec| {
            let languages = ["java", "nodejs", "python", "dotnet", "go", "apacheHttpd", "nginx"];
            let image = |key: &str| set(spec, &[key, "image"], json!(format!("example.com/{key}:9")));
            languages.into_iter().flat_map(image).collect()
        },
        texts: &[],
    },
    Later {
        name: "language",
        spec: |_| Vec::new(),
        texts: &[
            ("inject-nodejs", "inject-x"),
            ("inject-java", "inject-nodejs"),
            ("inject-x", "inject-java"),
            ("nodejs-container-names", "x-container-names"),
            ("java-container-names", "nodejs-container-names"),
            ("x-container-names", "java-container-names"),
        ],
    },
];

/// The text after the change.
fn later(text: &str, later: &Later) -> Option<String> {
    let mut result = String::new();
    for range in split_documents(text.as_bytes()) {
        let document = Document::parse(&text[range]).ok()?;
        let value = document.value().ok()?;
        let changes = match value.get("kind").and_then(Value::as_str) {
            Some("Instrumentation") => (later.spec)(&value["spec"]),
            _ => Vec::new(),
        };
        result.push_str(&edited(document.source(), &document.splice(&changes).ok()?));
    }
    for (before, after) in later.texts {
        result = result.replace(before, after);
    }
    Some(result)
}

#[test]
fn what_has_changed_is_renewed() {
    let mut failures = Vec::new();
    let (mut renewed, mut kept) = (0, 0);
    for (name, input) in vectors().into_iter().filter(|(name, _)| std::env::var("ONLY").map_or(true, |only| name.contains(&only))) {
        let (injected, findings) = run(inject, &input);
        if injected == input || has(&findings, Code::AlreadyInstrumented) {
            continue;
        }
        for change in LATER {
            let Some((anew, again)) = later(&input, change).zip(later(&injected, change)) else { continue };
            let (first, findings) = run(inject, &anew);
            let is_refused = findings.iter().any(|finding| finding.severity == Severity::Error);
            let (second, findings) = run(inject, &again);
            if is_refused {
                let is_refused = findings.iter().any(|finding| finding.severity == Severity::Error);
                if !is_refused {
                    let (_, back) = run(uninject, &again);
                    let why = back.iter().find(|finding| finding.code == Code::CannotUninject);
                    let why = why.map(|finding| finding.message.as_str()).unwrap_or_default();
                    failures.push(format!("{name} {}: not refused {why}", change.name));
                }
            } else if first != second {
                let (_, back) = run(uninject, &again);
                let why = back.iter().find(|finding| finding.code == Code::CannotUninject);
                let why = why.map(|finding| finding.message.as_str()).unwrap_or_default();
                failures.push(format!("{name} {}: differs: {why}", change.name));
            } else if second == again {
                kept += 1;
            } else {
                renewed += 1;
                assert!(has(&findings, Code::Updated), "{name} {}", change.name);
            }
        }
    }
    println!("{renewed} are renewed, {kept} stay");
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}
