//! SARIF 2.1.0, for code scanning: every code is a rule.

use std::collections::BTreeMap;

use super::{Run, STREAM, page_in, percent_encoded};
use crate::finding::{Code, Finding, Position, Related, Severity};
use crate::value::{Value, json};

/// The repository of the project's pages; empty if the package does not set it.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// A log of one run: errors, warnings and everything else that fails it. Code scanning requires a file for each result,
/// so findings without one become notifications of the run.
pub(super) fn log(run: Run, findings: &[Finding]) -> Value {
    let given = |finding: &&Finding| finding.severity != Severity::Info || run.fails(finding);
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    let mut seen = BTreeMap::new();
    for finding in findings.iter().filter(given) {
        match location(finding) {
            Some(location) => results.push(result(finding, &location, &mut seen)),
            None => notifications.push(notification(finding)),
        }
    }
    let has_failed = findings.iter().any(|finding| run.fails(finding) && finding.code.is_fatal());
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver(REPOSITORY)},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": !has_failed,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// The program and its rules, with links to pages in a repository.
fn driver(repository: &str) -> Value {
    let mut driver = json!({
        "name": "otel-inject",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": Code::ALL.iter().map(|code| rule(*code, repository)).collect::<Vec<_>>(),
    });
    if !repository.is_empty() {
        driver["informationUri"] = repository.into();
    }
    driver
}

fn rule(code: Code, repository: &str) -> Value {
    let page = code.page();
    let mut rule = json!({
        "id": page.id,
        "shortDescription": {"text": page.what},
        "fullDescription": {"text": format!("{} {}", page.what, page.why)},
        "help": {"text": page.remedy, "markdown": format!("{}\n\n```yaml\n{}\n```", page.remedy, page.example)},
        "defaultConfiguration": {"level": level(page.severity)},
    });
    if let Some(page) = page_in(repository, code) {
        rule["helpUri"] = page.into();
    }
    rule
}

/// The location of a finding: a file, a stream or a resource. `None` if it is about the run.
fn location(finding: &Finding) -> Option<Value> {
    let place = finding.place();
    let is_of_stream = place.is_some() || finding.subject.is_some();
    let place = place.unwrap_or_default();
    let file = place.file.clone().or_else(|| is_of_stream.then(|| STREAM.to_owned()))?;
    let mut location = json!({"physicalLocation": {"artifactLocation": {"uri": uri(&file)}}});
    if place.line > 0 {
        location["physicalLocation"]["region"] = region(&place);
    }
    if let Some(subject) = &finding.subject {
        let name = format!("{subject}{}", finding.pointer);
        location["logicalLocations"] = json!([{"fullyQualifiedName": name, "kind": "resource"}]);
    }
    Some(location)
}

fn region(place: &Position) -> Value {
    let mut region = json!({"startLine": place.line, "startColumn": place.column});
    if let Some(end) = place.end() {
        region["endColumn"] = end.into();
    }
    region
}

/// Other places that explain a finding.
fn related(finding: &Finding) -> Vec<Value> {
    if finding.origin.is_some() {
        return Vec::new();
    }
    let related = finding.related.iter();
    let location = |(index, other): (usize, &Related)| {
        let place = other.position.as_ref()?;
        let uri = uri(place.file.as_deref().unwrap_or(STREAM));
        let physical = json!({"artifactLocation": {"uri": uri}, "region": region(place)});
        Some(json!({"id": index, "message": {"text": other.label}, "physicalLocation": physical}))
    };
    related.enumerate().filter_map(location).collect()
}

fn message(finding: &Finding) -> Value {
    let help = if finding.severity == Severity::Info { "" } else { &finding.help };
    json!({"text": format!("{}\n{help}", finding.message).trim_end()})
}

fn rule_index(code: Code) -> Option<usize> {
    Code::ALL.iter().position(|other| *other == code)
}

/// A result. `seen` counts results with the same fingerprint.
fn result(finding: &Finding, location: &Value, seen: &mut BTreeMap<String, usize>) -> Value {
    let fingerprint = fingerprint(finding, location);
    let count = seen.entry(fingerprint.clone()).or_default();
    *count += 1;
    let mut result = json!({
        "ruleId": finding.code.id(),
        "ruleIndex": rule_index(finding.code),
        "level": level(finding.severity),
        "message": message(finding),
        "locations": [location],
        // The one that code scanning reads. Otherwise it would compute one from the line's text, which a stream does
        // not have.
        "partialFingerprints": {"primaryLocationLineHash": format!("{fingerprint}:{count}")},
    });
    let related = related(finding);
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

/// Identifies the same problem in later runs, even if lines have moved.
fn fingerprint(finding: &Finding, location: &Value) -> String {
    let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap_or_default();
    let subject = finding.subject.as_ref().map(ToString::to_string).unwrap_or_default();
    // No part has the separator.
    let text = [finding.code.id(), uri, &subject, &finding.pointer].join("\0");
    // FNV-1a.
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

fn notification(finding: &Finding) -> Value {
    json!({
        "descriptor": {"id": finding.code.id(), "index": rule_index(finding.code)},
        "level": level(finding.severity),
        "message": message(finding),
    })
}

/// A path as a URI reference, as required by SARIF.
fn uri(path: &str) -> String {
    let uri = percent_encoded(path);
    if path.starts_with('/') { format!("file://{uri}") } else { uri }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FailOn;
    use crate::report::Purpose;
    use crate::report::tests::finding;

    #[test]
    fn sarif_has_a_rule_for_every_code_and_points_at_it() {
        let sarif = log(Run::default(), &[finding()]);
        let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), Code::ALL.len());
        let result = &sarif["runs"][0]["results"][0];
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.yaml");
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 12);
    }

    #[test]
    fn every_result_has_a_file_and_what_has_none_is_a_notification() {
        let of_stream = finding().at(Position { file: None, line: 3, column: 1, end_column: 0, offset: 0 });
        let info = Finding::new(Code::Injected, "", "nodejs into app");
        let of_run = Finding::new(Code::Io, "", "cannot read nowhere.yaml");
        let sarif = log(Run::default(), &[of_run, of_stream, info]);
        let run = &sarif["runs"][0];
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), 1);
        let physical = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(
            (&physical["artifactLocation"]["uri"], &physical["region"]["startLine"]),
            (&json!("stdin"), &json!(3))
        );
        let invocation = &run["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "io");
        assert_eq!(
            log(Run::default(), &[finding()])["runs"][0]["invocations"][0]["executionSuccessful"],
            true
        );
    }

    #[test]
    fn an_info_that_fails_the_run_is_a_result() {
        let updated = Finding { code: Code::Updated, severity: Severity::Info, ..finding() };
        let count = |run: Run| {
            log(run, std::slice::from_ref(&updated))["runs"][0]["results"]
                .as_array()
                .map_or(0, <[Value]>::len)
        };
        assert_eq!(count(Run::default()), 0);
        assert_eq!(count(Run { fail_on: FailOn::Stale, purpose: Purpose::Check }), 1);
    }

    #[test]
    fn fingerprints_outlive_lines_and_tell_results_apart() {
        let moved = finding().at(Position {
            file: Some("a b.yaml".to_owned()),
            line: 99,
            column: 1,
            end_column: 0,
            offset: 0,
        });
        let elsewhere = finding().at(Position {
            file: Some("b.yaml".to_owned()),
            line: 12,
            column: 5,
            end_column: 9,
            offset: 0,
        });
        let prints = |findings: &[Finding]| -> Vec<String> {
            let sarif = log(Run::default(), findings);
            let results = sarif["runs"][0]["results"].as_array().expect("results");
            let print = |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].to_string();
            results.iter().map(print).collect()
        };
        let first = prints(&[finding()]);
        assert_eq!(prints(&[moved]), first);
        assert_ne!(prints(&[elsewhere]), first);
        let twice = prints(&[finding(), finding()]);
        assert!(twice[0] == first[0] && twice[1] != twice[0], "{twice:?}");
    }

    #[test]
    fn links_lead_to_the_repository_where_the_package_names_one() {
        let driver = |repository| driver(repository);
        let named = driver("https://example.com/otel-inject");
        assert_eq!(named["informationUri"], "https://example.com/otel-inject");
        let page = "https://example.com/otel-inject/blob/HEAD/docs/findings.md#injected";
        assert_eq!(named["rules"][0]["helpUri"], page);
        assert_eq!(
            (&driver("")["informationUri"], &driver("")["rules"][0]["helpUri"]),
            (&Value::Null, &Value::Null)
        );
    }
}
