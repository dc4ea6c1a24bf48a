//! Findings as the results of a `ResourceList`.

use super::{flat, resource};
use crate::finding::{Finding, Origin};
use crate::value::{Map, Value, json, unescape};

/// A finding as an entry of a `ResourceList`'s `results`.
#[must_use]
pub fn krm(finding: &Finding) -> Value {
    let help = finding.remedy().map(|help| format!(": help: {help}")).unwrap_or_default();
    let mut result = Map::new();
    result.insert("message".to_owned(), flat(&format!("{}{help}", finding.message)).into());
    result.insert("severity".to_owned(), finding.severity.as_str().into());
    if let Some(subject) = &finding.subject {
        result.insert("resourceRef".to_owned(), resource(subject));
    }
    if !finding.pointer.is_empty() {
        result.insert("field".to_owned(), json!({"path": field_path(&finding.pointer)}));
    }
    if let Some(file) = file(finding) {
        result.insert("file".to_owned(), file);
    }
    let mut tags = Map::from_iter([("code".to_owned(), Value::from(finding.code.id()))]);
    if let Some(position) = finding.place().filter(|position| position.line > 0) {
        tags.insert("line".to_owned(), position.line.to_string().into());
        tags.insert("column".to_owned(), position.column.to_string().into());
    }
    result.insert("tags".to_owned(), tags.into());
    Value::Object(result)
}

/// The file of a finding, with the resource's index in it if known.
fn file(finding: &Finding) -> Option<Value> {
    let mut file = json!({"path": finding.place()?.file?});
    if let Some(Origin { index: Some(index), .. }) = &finding.origin {
        file["index"] = (*index).into();
    }
    Some(file)
}

/// A pointer in the path syntax of KRM hosts: `spec.containers[0].name`, with unusual keys as `["a.b/c"]`.
fn field_path(pointer: &str) -> String {
    let mut path = String::new();
    for token in pointer.split('/').skip(1).map(unescape) {
        let is_index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = !token.is_empty()
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if is_index {
            path.push_str(&format!("[{token}]"));
        } else if is_word {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&token);
        } else {
            path.push_str(&format!("[{}]", Value::from(token)));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::finding;

    #[test]
    fn a_result_names_resource_field_file_and_code() {
        assert_eq!(
            krm(&finding()),
            json!({
                "message": "no container \"x\" in the pod: help: Use app.",
                "severity": "error",
                "resourceRef": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web"},
                "field": {"path": "metadata.annotations[\"a.b/c\"]"},
                "file": {"path": "a b.yaml"},
                "tags": {"code": "unknown-container", "line": "12", "column": "5"},
            })
        );
    }

    #[test]
    fn paths_are_those_of_krm() {
        assert_eq!(field_path("/spec/containers/0/name"), "spec.containers[0].name");
        assert_eq!(field_path("/a~0b"), "[\"a~b\"]");
        assert_eq!(field_path(""), "");
    }
}
