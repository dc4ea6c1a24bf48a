//! Resource attributes that an SDK reads otherwise than they are written, or not at all.

use super::{Check, Planned};
use crate::config::annotations::ATTRIBUTE_PREFIX;
use crate::finding::{Code, Finding};
use crate::value::escape;

/// The longest value that the Node.js SDK takes, in UTF-16 units.
/// <https://github.com/open-telemetry/opentelemetry-js/blob/main/packages/opentelemetry-resources/src/detectors/EnvDetector.ts>
const LONGEST: usize = 255;
/// The language whose SDK has that limit.
const LIMITED: &str = "nodejs";

pub(super) const CHECK: Check = Check { codes: &[Code::AttributeValue], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, languages: requests, .. } = planned;
    if requests.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let is_limited = requests.iter().any(|request| request.language.id == LIMITED);
    // The service's name has its own variable.
    for (key, value) in cx.annotations.attributes().filter(|(key, _)| *key != "service.name") {
        let annotation = format!("{ATTRIBUTE_PREFIX}{key}");
        let pointer = cx.workload.pointer(&format!("/metadata/annotations/{}", escape(&annotation)));
        findings.extend(doubt(pointer, &format!("annotation {annotation}"), key, value, is_limited));
    }
    let mut seen: Vec<&str> = Vec::new();
    for request in *requests {
        if seen.contains(&request.source.as_str()) {
            continue;
        }
        seen.push(&request.source);
        let place = format!("Instrumentation {}", request.source);
        for (key, value) in &request.instrumentation.attributes {
            let pointer = cx.annotations.pointer(request.language.switch);
            findings.extend(doubt(pointer, &place, key, value, is_limited));
        }
    }
    findings
}

/// What is doubtful about an attribute.
fn doubt(pointer: String, place: &str, key: &str, value: &str, is_limited: bool) -> Option<Finding> {
    let length = value.encode_utf16().count();
    if key.trim().is_empty() || key.trim() != key || key.contains([',', '=', '%']) {
        Some(Finding::attribute_key_breaks_list(pointer, place, key))
    } else if is_escaped(value) {
        Some(Finding::attribute_escaped_twice(pointer, place, key, value))
    } else if is_limited && length > LONGEST {
        Some(Finding::attribute_too_long(pointer, place, key, length, LONGEST))
    } else {
        None
    }
}

/// Whether a value has a `%` and two hexadecimal digits.
fn is_escaped(value: &str) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = value.as_bytes();
    bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'%' && is_digit(bytes.get(at + 1)) && is_digit(bytes.get(at + 2)))
}
