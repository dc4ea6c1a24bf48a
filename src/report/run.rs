//! The effect of findings on a run: whether it fails, and how reports word it.

use crate::config::FailOn;
use crate::finding::{Code, Finding, Severity};

/// What a run does with its planned injections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// It writes them.
    #[default]
    Write,
    /// It shows changes: a diff, patches, images.
    Show,
    /// It only checks.
    Check,
}

/// The parts of a run that affect its findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// Which findings fail it.
    pub fail_on: FailOn,
    /// Its purpose.
    pub purpose: Purpose,
}

impl Run {
    /// Whether `finding` fails the run. Each choice of [`FailOn`] includes the ones before it.
    #[must_use]
    pub fn fails(self, finding: &Finding) -> bool {
        match (finding.severity, self.fail_on) {
            (Severity::Error, _) | (Severity::Warning, FailOn::Warning) => true,
            (_, FailOn::Error) => false,
            (_, FailOn::Stale | FailOn::Warning) => self.leaves_stale(finding.code),
        }
    }

    /// Whether an injection remains out of date. A run that writes or shows changes updates it.
    fn leaves_stale(self, code: Code) -> bool {
        match code {
            Code::StaleInjection => true,
            Code::Updated | Code::Uninjected => self.purpose == Purpose::Check,
            _ => false,
        }
    }

    /// Rewords `findings` as what would happen, unless the run writes its plan.
    pub fn word(self, findings: &mut [Finding]) {
        if self.purpose == Purpose::Write {
            return;
        }
        for finding in findings {
            match finding.code {
                Code::Injected => finding.message.insert_str(0, "would inject "),
                Code::Updated => finding.message.insert_str(0, "would update: "),
                Code::Uninjected => "would remove the injection".clone_into(&mut finding.message),
                _ => {}
            }
        }
    }

    /// Why a run without errors fails.
    pub(super) const fn reason(self) -> &'static str {
        match self.fail_on {
            FailOn::Error => "",
            FailOn::Stale => "; failed, since an injection is stale (failOn: stale)",
            FailOn::Warning => "; failed, since there are warnings or stale injections (failOn: warning)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_has_happened() {
        let worded = |purpose: Purpose| {
            let findings = [
                (Code::Injected, "nodejs into app"),
                (Code::Updated, "app: image changed"),
                (Code::Uninjected, "removed the injection"),
                (Code::UpToDate, "nodejs into app is current"),
            ];
            let mut findings = findings.map(|(code, message)| Finding::new(code, "", message));
            Run { purpose, ..Run::default() }.word(&mut findings);
            findings.map(|finding| finding.message)
        };
        let would = [
            "would inject nodejs into app",
            "would update: app: image changed",
            "would remove the injection",
            "nodejs into app is current",
        ];
        assert_eq!(worded(Purpose::Check), would);
        assert_eq!(worded(Purpose::Show), would);
        let happened =
            ["nodejs into app", "app: image changed", "removed the injection", "nodejs into app is current"];
        assert_eq!(worded(Purpose::Write), happened);
    }

    #[test]
    fn each_choice_includes_the_ones_before_it() {
        // The first choice that fails, for a run that checks and for one that writes.
        let table = [
            (Code::NoInstrumentation, Some(FailOn::Error), Some(FailOn::Error)),
            (Code::StaleInjection, Some(FailOn::Stale), Some(FailOn::Stale)),
            (Code::Updated, Some(FailOn::Stale), None),
            (Code::Uninjected, Some(FailOn::Stale), None),
            (Code::UnknownAnnotation, Some(FailOn::Warning), Some(FailOn::Warning)),
            (Code::AlreadyInstrumented, Some(FailOn::Warning), Some(FailOn::Warning)),
            (Code::UpToDate, None, None),
            (Code::Injected, None, None),
            (Code::UnusedInstrumentation, None, None),
        ];
        let position = |choice: FailOn| FailOn::ALL.iter().position(|other| *other == choice);
        for (code, checking, writing) in table {
            for (purpose, first) in
                [(Purpose::Check, checking), (Purpose::Write, writing), (Purpose::Show, writing)]
            {
                for fail_on in FailOn::ALL.iter().copied() {
                    let fails = Run { fail_on, purpose }.fails(&Finding::new(code, "", ""));
                    let expected = first.is_some_and(|first| position(first) <= position(fail_on));
                    assert_eq!(fails, expected, "{code} {fail_on:?} {purpose:?}");
                }
            }
        }
    }
}
