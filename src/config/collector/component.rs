//! Fields of a component in a collector's configuration, and their pointers.

use super::Notes;
use crate::value::{Map, Value, escape};

/// The pointer to the configuration, for findings.
pub(super) const AT: &str = "/spec/config";

/// The pointer to a component.
pub(super) fn pointer(section: &str, name: &str) -> String {
    format!("{AT}/{section}/{}", escape(name))
}

/// A string field of a component; empty if it is missing or null.
pub(super) fn text<'g>(given: &'g Map, key: &str, at: &str, notes: &mut Notes) -> &'g str {
    match given.get(key) {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(other) => {
            notes.faults.wrong(&format!("{at}/{key}"), "a string", other);
            ""
        }
    }
}

/// A mapping field of a component, or `None` if it is missing or null.
pub(super) fn mapping<'g>(given: &'g Map, key: &str, at: &str, notes: &mut Notes) -> Option<&'g Map> {
    match given.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::Object(mapping)) => Some(mapping),
        Some(other) => {
            notes.faults.wrong(&format!("{at}/{key}"), "a mapping", other);
            None
        }
    }
}

/// The number after the first `:` that is followed by a digit. `None` if there is none or it is not a valid port.
pub(super) fn port_in(address: &str) -> Option<u32> {
    let starts = address.match_indices(':').map(|(at, _)| &address[at + 1..]);
    let rest = starts.into_iter().find(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))?;
    number(&rest[..rest.bytes().take_while(u8::is_ascii_digit).count()])
}

/// A number greater than 0 and less than 2³¹.
pub(super) fn number(digits: &str) -> Option<u32> {
    digits.parse::<i32>().ok().filter(|number| *number > 0).map(i32::unsigned_abs)
}
