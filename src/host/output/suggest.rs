//! The languages that images show.

use std::io::{self, Write};

use super::{Outcome, Output};
use crate::report::suggestions::{Form, Suggestions};
use crate::report::{Detail, Purpose};

/// Prints what the images show. The findings of workloads are those of other commands.
pub(in crate::host) struct Suggest {
    form: &'static Form,
    suggestions: Option<Suggestions>,
}

impl Suggest {
    pub(in crate::host) const fn new(form: &'static Form) -> Self {
        Self { form, suggestions: None }
    }
}

impl Output for Suggest {
    fn purpose(&self) -> Purpose {
        Purpose::Check
    }

    fn answers_failures(&self) -> bool {
        true
    }

    fn detail(&self, detail: Detail) -> Detail {
        if detail == Detail::Lines { Detail::Errors } else { detail }
    }

    fn render(&mut self, outcome: &mut Outcome<'_>) {
        if self.suggestions.is_some() {
            return;
        }
        let mut workloads = std::mem::take(&mut outcome.result.workloads);
        workloads.retain(|workload| outcome.flags.lists(workload.subject.namespace.as_deref()));
        self.suggestions = Some(Suggestions::new(workloads, &outcome.settings.metadata));
        let findings = std::mem::take(&mut outcome.result.findings);
        let (of_workloads, others) = findings.into_iter().partition(|finding| finding.subject.is_some());
        outcome.result.findings = others;
        outcome.listed = of_workloads;
    }

    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        // A run that could not read its input knows no workloads.
        let Some(suggestions) = self.suggestions.as_ref().filter(|_| outcome.exit_code() == 0) else {
            return Ok(());
        };
        out.write_all(self.form.write(suggestions).as_bytes())
    }
}
