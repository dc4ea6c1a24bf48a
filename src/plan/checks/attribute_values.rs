//! Resource attributes whose values break the list syntax of their variable.

use super::{Check, Planned};
use crate::change::escape;
use crate::config::annotations::ATTRIBUTE_PREFIX;
use crate::finding::{Code, Finding};

/// The separators of attributes, and of key and value.
const SEPARATORS: [char; 2] = [',', '='];

pub(super) const CHECK: Check = Check { codes: &[Code::AttributeValue], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, languages: requests, .. } = planned;
    if requests.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let breaks = |value: &str| value.contains(SEPARATORS);
    // The service's name has its own variable.
    let own = cx.annotations.attributes().filter(|(key, value)| *key != "service.name" && breaks(value));
    for (key, value) in own {
        let annotation = format!("{ATTRIBUTE_PREFIX}{key}");
        let pointer = cx.workload.pointer(&format!("/metadata/annotations/{}", escape(&annotation)));
        let place = format!("annotation {annotation}");
        findings.push(Finding::attribute_breaks_list(pointer, &place, key, value));
    }
    let mut seen: Vec<&str> = Vec::new();
    for request in *requests {
        if seen.contains(&request.source.as_str()) {
            continue;
        }
        seen.push(&request.source);
        for (key, value) in request.instrumentation.attributes.iter().filter(|(_, value)| breaks(value)) {
            let pointer = cx.annotations.pointer(request.language.switch);
            let place = format!("Instrumentation {}", request.source);
            findings.push(Finding::attribute_breaks_list(pointer, &place, key, value));
        }
    }
    findings
}
