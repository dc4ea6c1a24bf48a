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
        let own = selection.namespace.as_str();
        let is_any = switch.eq_ignore_ascii_case("true");
        let (namespace, name) = switch.split_once('/').unwrap_or((own, switch));
        let lookup = if is_any { entries.in_namespace(own, fits) } else { entries.named(namespace, name) };
        match lookup {
            Lookup::One(entry) => Ok(entry),
            Lookup::Several(found) => {
                let whose = if is_any { place(own) } else { called(namespace, name) };
                let names = listed(found.iter().map(|entry| called(&entry.namespace, &entry.name)));
                let (wanted, count) = (format!("the {kind} {whose}"), found.len());
                let (code, pointer) = (self.ambiguous, self.pointer());
                Err(self.refuse(Finding::several_in_input(code, pointer, user, &wanted, count, &names)))
            }
            Lookup::None => {
                let missing = Missing::new(kind, entries, own, (!is_any).then_some(*switch), note);
                let (code, wanted) = if is_any {
                    let whose = if missing.is_homeless { "of its namespace".to_owned() } else { place(own) };
                    (self.none, format!("the {kind} {whose}"))
                } else {
                    (self.not_found, format!("{kind} {}", called(namespace, name)))
                };
                let (pointer, others) = (self.pointer(), missing.there_is());
                Err(self.refuse(if missing.is_homeless {
                    let workload = selection.workload.subject().to_string();
                    let namespace = missing.namespace();
                    Finding::workload_without_namespace(
                        code, pointer, user, &wanted, &workload, &others, namespace,
                    )
                } else {
                    Finding::none_in_input(code, pointer, user, &wanted, &others)
                }))
            }
        }
    }

    /// Pointer to the switch.
    pub(super) fn pointer(&self) -> String {
        self.selection.annotations.pointer(self.key)
    }

    /// The finding, naming the rule that set the switch.
    pub(super) fn refuse(&self, mut finding: Finding) -> Box<Finding> {
        if let Some(rule) = self.selection.annotations.rule(self.key) {
            finding.message.push_str(&format!(" (set by {rule})"));
        }
        Box::new(finding)
    }
}
