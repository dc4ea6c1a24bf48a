//! A language that a workload requests, with its Instrumentation.

use super::reference::Reference;
use super::{Selection, called, first};
use crate::config::effective::Annotations;
use crate::config::instrumentation::{Instrumentation, KIND};
use crate::finding::{Code, Finding};
use crate::languages::Language;

/// A requested language.
pub(super) struct Wish<'c> {
    pub(super) language: &'static Language,
    /// The Instrumentation that the switch refers to, and its name in messages.
    pub(super) found: Result<(&'c Instrumentation, String), Box<Finding>>,
}

impl<'c> Wish<'c> {
    /// `None` if the workload does not request the language.
    pub(super) fn read(language: &'static Language, selection: &Selection<'c>) -> Option<Self> {
        let switch = switch(language, &selection.annotations)?;
        Some(Self { language, found: find(language, switch, selection) })
    }
}

/// The value of a language's switch, if it requests the language.
pub(super) fn switch<'a>(language: &Language, annotations: &Annotations<'a>) -> Option<&'a str> {
    let switch = annotations.effective(language.switch);
    (!switch.is_empty() && !switch.eq_ignore_ascii_case("false")).then_some(switch)
}

fn find<'c>(
    language: &'static Language,
    switch: &str,
    selection: &Selection<'c>,
) -> Result<(&'c Instrumentation, String), Box<Finding>> {
    let reference = Reference {
        selection,
        user: language.id,
        key: language.switch,
        switch,
        kind: KIND,
        none: Code::NoInstrumentation,
        not_found: Code::InstrumentationNotFound,
        ambiguous: Code::AmbiguousInstrumentation,
    };
    let entry = match reference.find(&selection.context.instrumentations, |_| true, |_| String::new()) {
        Ok(entry) => entry,
        Err(finding) => {
            let own = selection
                .settings
                .instrumentation
                .as_ref()
                .filter(|_| finding.code == Code::NoInstrumentation);
            return own.map(|own| (own, "of the function config".to_owned())).ok_or(finding);
        }
    };
    let called = called(&entry.namespace, &entry.name);
    match &entry.outcome {
        Ok(instrumentation) => Ok((instrumentation, called)),
        Err(findings) => {
            let (message, field) = first(findings);
            let (pointer, language) = (reference.pointer(), language.id);
            let finding = Finding::instrumentation_not_valid(pointer, language, &called, message);
            Err(reference.refuse(finding.due_to(KIND, &called, field)))
        }
    }
}
