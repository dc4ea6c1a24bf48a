//! The last line of a report.

use super::{Purpose, Run};
use crate::finding::{Code, Finding, Severity};

/// The numbers of findings, by category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) injected: usize,
    pub(super) updated: usize,
    pub(super) current: usize,
    pub(super) uninjected: usize,
    pub(super) skipped: usize,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    /// Added if no error fails the run.
    reason: &'static str,
    pub(super) has_failed: bool,
    /// Words before the action on workloads.
    would: &'static str,
}

impl Totals {
    pub(super) fn count(run: Run, findings: &[Finding]) -> Self {
        let has_failed = findings.iter().any(|finding| run.fails(finding));
        let count =
            |wanted: &dyn Fn(&Finding) -> bool| findings.iter().filter(|finding| wanted(finding)).count();
        Self {
            injected: count(&|finding| finding.code == Code::Injected),
            updated: count(&|finding| finding.code == Code::Updated),
            current: count(&|finding| finding.code == Code::UpToDate),
            uninjected: count(&|finding| finding.code == Code::Uninjected),
            skipped: count(&|finding| finding.code == Code::AlreadyInstrumented),
            errors: count(&|finding| finding.severity == Severity::Error),
            warnings: count(&|finding| finding.severity == Severity::Warning),
            reason: if has_failed { run.reason() } else { "" },
            has_failed,
            would: if run.purpose == Purpose::Write { "" } else { "would be " },
        }
    }

    pub(super) fn line(self) -> String {
        let plural =
            |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let changed =
            [(self.injected, "injected"), (self.updated, "updated"), (self.uninjected, "uninjected")];
        let total: usize = changed.iter().map(|(count, _)| count).sum();
        // A failed run changes nothing.
        let nothing = if self.has_failed && total > 0 { "0 of " } else { "" };
        let others = [(self.current, "up to date"), (self.skipped, "without a record")];
        let would = self.would;
        let changed = changed.iter().map(|(count, what)| (*count, format!("{count} {would}{what}")));
        let others = others.iter().map(|(count, what)| (*count, format!("{count} {what}")));
        let parts = changed.chain(others).filter(|(count, _)| *count > 0);
        let mut parts: Vec<String> = parts.map(|(_, part)| part).collect();
        if total == 0 && self.current == 0 {
            parts.insert(0, format!("0 {would}injected"));
        }
        format!(
            "otel-inject: {nothing}{}, {}, {}{}\n",
            parts.join(", "),
            plural(self.errors, "error"),
            plural(self.warnings, "warning"),
            if self.errors == 0 { self.reason } else { "" },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::finding;

    #[test]
    fn totals_count_by_severity_and_by_what_happened() {
        let findings = [finding(), Finding::new(Code::Injected, "", "nodejs into app")];
        let line = Totals::count(Run::default(), &findings).line();
        assert_eq!(line, "otel-inject: 0 of 1 injected, 1 error, 0 warnings\n");
    }
}
