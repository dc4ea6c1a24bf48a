//! Finds the resource that a switch refers to: the one it names, or the only one in the workload's namespace.

use super::missing::Missing;
use super::{Selection, called, listed, place};
use crate::config::context::{Entries, Entry, Lookup};
use crate::finding::{Code, Finding};

/// A switch that refers to a resource of a kind.
pub(super) struct Reference<'a> {
    pub(super) selection: &'a Selection<'a>,
    /// The user of the resource, for messages.
    pub(super) user: &'a str,
    /// The switch's annotation, without the prefix.
    pub(super) key: &'a str,
    /// Its value.
    pub(super) switch: &'a str,
    pub(super) kind: &'static str,
    /// The finding if the namespace has none.
    pub(super) none: Code,
    /// The finding if none has that name.
    pub(super) not_found: Code,
    /// The finding if several match.
    pub(super) ambiguous: Code,
}

impl Reference<'_> {
    /// The resource it refers to, valid or not. If the switch names none, any resource in the workload's namespace must
    /// pass the filter. `note` is added to messages about the others.
    pub(super) fn find<'c, T>(
        &self,
        entries: &'c Entries<T>,
        fits: fn(&T) -> bool,
        note: impl Fn(&Entry<T>) -> String,
    ) -> Result<&'c Entry<T>, Box<Finding>> {
        let Self { selection, user, switch, kind, .. } = self;
        let (workload, own) = (&selection.workload, selection.namespace.as_str());
        let is_any = switch.eq_ignore_ascii_case("true");
        let (namespace, name) = switch.split_once('/').unwrap_or((own, switch));
        let lookup = if is_any { entries.in_namespace(own, fits) } else { entries.named(namespace, name) };
        match lookup {
            Lookup::One(entry) => Ok(entry),
            Lookup::Several(found) => {
                let whose = if is_any { place(own) } else { called(namespace, name) };
                let names = listed(found.iter().map(|entry| called(&entry.namespace, &entry.name)));
                let message =
                    format!("{user} uses the {kind} {whose}, but there are {}: {names}", found.len());
                Err(self.refuse(self.ambiguous, &message))
            }
            Lookup::None => {
                let missing = Missing::new(kind, entries, workload, own, (!is_any).then_some(*switch), note);
                let reason = missing.reason();
                let (code, wanted) = if is_any {
                    let whose = if reason.is_some() { "of its namespace".to_owned() } else { place(own) };
                    (self.none, format!("the {kind} {whose}"))
                } else {
                    (self.not_found, format!("{kind} {}", called(namespace, name)))
                };
                let reason =
                    reason.map_or("which is not in the input".to_owned(), |reason| format!("but {reason}"));
                let message = format!("{user} uses {wanted}, {reason}; {}", missing.there_is());
                Err(missing.help(self.refuse(code, &message)))
            }
        }
    }

    /// A finding at the switch, naming the rule that set it.
    pub(super) fn refuse(&self, code: Code, message: &str) -> Box<Finding> {
        let rule = self.selection.annotations.rule(self.key).map(|rule| format!(" (set by {rule})"));
        let message = format!("{message}{}", rule.unwrap_or_default());
        Box::new(Finding::new(code, self.selection.annotations.pointer(self.key), message))
    }
}
