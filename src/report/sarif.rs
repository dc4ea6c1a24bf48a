//! SARIF 2.1.0, for code scanning: every code is a rule.

use serde_json::{Map, Value, json};

use crate::finding::{Code, Finding, Severity};

/// A log of one run.
pub(super) fn log(findings: &[Finding]) -> Value {
    let level = |severity: Severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let rule = |code: &Code| {
        let page = code.page();
        json!({
            "id": page.id,
            "shortDescription": {"text": page.what},
            "fullDescription": {"text": format!("{} {}", page.what, page.why)},
            "help": {"text": page.remedy, "markdown": format!("{}\n\n```yaml\n{}\n```", page.remedy, page.example)},
            "defaultConfiguration": {"level": level(page.severity)},
        })
    };
    let result = |finding: &Finding| {
        let mut location = Map::new();
        if let Some(position) = finding.place()
            && let Some(file) = &position.file
        {
            let mut physical = json!({"artifactLocation": {"uri": uri(file)}});
            if position.line > 0 {
                physical["region"] = json!({"startLine": position.line, "startColumn": position.column});
            }
            location.insert("physicalLocation".to_owned(), physical);
        }
        if let Some(subject) = &finding.subject {
            let name = format!("{subject}{}", finding.pointer);
            location.insert(
                "logicalLocations".to_owned(),
                json!([{"fullyQualifiedName": name, "kind": "resource"}]),
            );
        }
        let help = if finding.severity == Severity::Info { "" } else { &finding.help };
        let mut result = json!({
            "ruleId": finding.code.id(),
            "ruleIndex": Code::ALL.iter().position(|code| *code == finding.code),
            "level": level(finding.severity),
            "message": {"text": format!("{}\n{help}", finding.message).trim_end()},
        });
        if !location.is_empty() {
            result["locations"] = json!([location]);
        }
        result
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "otel-inject",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": Code::ALL.iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A path as the URI reference that SARIF wants.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    if path.starts_with('/') { format!("file://{uri}") } else { uri }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::finding;

    #[test]
    fn sarif_has_a_rule_for_every_code_and_points_at_it() {
        let sarif = log(&[finding()]);
        let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), Code::ALL.len());
        let result = &sarif["runs"][0]["results"][0];
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.yaml");
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 12);
    }
}
