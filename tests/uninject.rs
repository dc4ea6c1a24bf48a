//! The way back: what was injected is taken out again, and renewed where what it came from has changed.

#![allow(clippy::print_stdout, reason = "the figures are what it is run for")]

use otel_inject::config::Settings;
use otel_inject::finding::{Code, Finding};
use otel_inject::yaml::edited;
use otel_inject::{Output, Role, Source, inject, uninject};
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
