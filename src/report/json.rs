//! Findings and totals for programs.

use super::totals::Totals;
use super::{Run, View, pretty, resource};
use crate::finding::{Finding, Injection};
use crate::value::{Map, Value, json};

/// One object with everything.
pub(super) fn report(view: &View<'_>) -> String {
    pretty(&value(view.run, view.findings))
}

pub(super) fn value(run: Run, findings: &[Finding]) -> Value {
    let entry = |finding: &Finding| {
        let mut entry = Map::from_iter([
            ("code".to_owned(), Value::from(finding.code.id())),
            ("severity".to_owned(), finding.severity.as_str().into()),
        ]);
        if let Some(subject) = &finding.subject {
            entry.insert("resource".to_owned(), resource(subject));
        }
        if !finding.pointer.is_empty() {
            entry.insert("pointer".to_owned(), finding.pointer.as_str().into());
        }
        if let Some(position) = finding.place() {
            if let Some(file) = &position.file {
                entry.insert("file".to_owned(), file.as_str().into());
            }
            if position.line > 0 {
                entry.insert("line".to_owned(), position.line.into());
                entry.insert("column".to_owned(), position.column.into());
                if let Some(end) = position.end() {
                    entry.insert("endColumn".to_owned(), end.into());
                }
            }
        }
        entry.insert("message".to_owned(), finding.message.as_str().into());
        entry.insert("help".to_owned(), (*finding.help).into());
        if !finding.injections.is_empty() {
            let injection = |Injection { language, containers, images }: &Injection| json!({"language": language, "containers": containers, "images": images});
            entry.insert("injections".to_owned(), finding.injections.iter().map(injection).collect());
        }
        Value::Object(entry)
    };
    let totals = Totals::count(run, findings);
    let written = |count: usize| if totals.has_failed { 0 } else { count };
    json!({
        "findings": findings.iter().map(entry).collect::<Vec<_>>(),
        "totals": {
            "injected": written(totals.injected),
            "updated": written(totals.updated),
            "upToDate": totals.current,
            "uninjected": written(totals.uninjected),
            "alreadyInstrumented": totals.skipped,
            "errors": totals.errors,
            "warnings": totals.warnings,
        },
    })
}
