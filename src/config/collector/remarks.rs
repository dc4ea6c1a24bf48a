//! What is remarkable about a collector whose pods it does not stop.

use serde_json::Value;

use super::config::AT;
use super::{CONFIG, Collector, Notes};
use crate::finding::Code;
use crate::k8s::pod::name;

/// Variables that stand before the configuration, beside the user's.
const EARLIER: &[&str] = &["POD_NAME", "GOMEMLIMIT", "GOMAXPROCS", "K8S_NODE_NAME"];

/// Remarks about a collector as a whole.
pub(super) fn of(collector: &Collector, spec: &Value, notes: &mut Notes) {
    if let Some(image) = collector.unpinned_image() {
        let own = spec.get("image").and_then(Value::as_str);
        let at = if own == Some(image) { "/spec/image" } else { "/spec/initContainers" };
        notes.remark(Code::UnpinnedImage, at, format!("{image:?} has no version"));
    }
    let is_earlier =
        |wanted: &str| EARLIER.contains(&wanted) || collector.env.iter().any(|entry| name(entry) == wanted);
    if let Some(expanded) = expanded(&collector.config, is_earlier) {
        let message = format!("the kubelet replaces {expanded} in {CONFIG}");
        notes.remark(Code::ConfigDollar, AT, message);
    }
}

/// The first part of a variable's value that a kubelet does not leave as it is.
fn expanded(value: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if rest.starts_with('$') {
            return Some("$$".to_owned());
        }
        if let Some((inside, _)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'))
            && is_known(inside)
        {
            return Some(format!("$({inside})"));
        }
    }
    None
}
