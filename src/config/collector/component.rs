//! Fields of a component in a collector's configuration, and where they stand.

use serde_json::{Map, Value};

use super::Notes;
use crate::change::escape;

/// Where findings about the configuration point.
pub(super) const AT: &str = "/spec/config";

/// Where a component stands.
pub(super) fn pointer(section: &str, name: &str) -> String {
    format!("{AT}/{section}/{}", escape(name))
}

/// A text of a component; empty where it is missing or null.
pub(super) fn text<'g>(given: &'g Map<String, Value>, key: &str, at: &str, notes: &mut Notes) -> &'g str {
    match given.get(key) {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(other) => {
            notes.faults.wrong(&format!("{at}/{key}"), "a string", other);
            ""
        }
    }
}

/// A mapping in a component; none where it is missing or null.
pub(super) fn mapping<'g>(
    given: &'g Map<String, Value>,
    key: &str,
    at: &str,
    notes: &mut Notes,
) -> Option<&'g Map<String, Value>> {
    match given.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::Object(mapping)) => Some(mapping),
        Some(other) => {
            notes.faults.wrong(&format!("{at}/{key}"), "a mapping", other);
            None
        }
    }
}

/// The number behind the first `:` that a digit follows; none where there is none, or no number of a port.
pub(super) fn port_in(address: &str) -> Option<u32> {
    let starts = address.match_indices(':').map(|(at, _)| &address[at + 1..]);
    let rest = starts.into_iter().find(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))?;
    number(&rest[..rest.bytes().take_while(u8::is_ascii_digit).count()])
}

/// A number above 0 and below 2³¹.
pub(super) fn number(digits: &str) -> Option<u32> {
    digits.parse::<i32>().ok().filter(|number| *number > 0).map(i32::unsigned_abs)
}
