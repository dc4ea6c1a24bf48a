//! A line for each finding.

use anstyle::{AnsiColor, Style};

use super::totals::Totals;
use super::{Detail, Paint, View, flat, place};
use crate::finding::{Finding, Severity};

/// A line per finding, then the totals.
pub(super) fn report(view: &View<'_>) -> String {
    let mut lines = String::new();
    for finding in view.wanted() {
        lines.push_str(&line(finding, view.paint));
        if view.detail == Detail::Reasons {
            lines.push_str(&format!("  why: {}\n", finding.code.page().why));
        }
    }
    if view.detail != Detail::Errors {
        lines.push_str(&Totals::count(view.run, view.findings).line());
        lines.push_str(&view.by_code());
    }
    lines
}

/// `error[code] file:12:5 Deployment shop/web: message (/spec/…): help: …`, always on one line: hosts split reports by
/// line, and no input may control a terminal.
#[must_use]
pub fn line(finding: &Finding, paint: Paint) -> String {
    let severity = finding.severity.as_str();
    let style = match finding.severity {
        _ if paint == Paint::Plain => Style::new(),
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Info => AnsiColor::Cyan.on_default().bold(),
    };
    let mut line = format!("{style}{severity}{style:#}[{}]", finding.code);
    if let Some(position) = finding.place() {
        line.push(' ');
        line.push_str(&flat(&place(&position)));
    }
    if let Some(subject) = &finding.subject {
        line.push(' ');
        line.push_str(&flat(&subject.to_string()));
    }
    line.push_str(": ");
    line.push_str(&flat(&finding.message));
    if !finding.pointer.is_empty() {
        line.push_str(&flat(&format!(" ({})", finding.pointer)));
    }
    if let Some(help) = finding.remedy() {
        line.push_str(": help: ");
        line.push_str(&flat(help));
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::finding;

    #[test]
    fn a_finding_is_one_line() {
        assert_eq!(
            line(&finding(), Paint::Plain),
            "error[unknown-container] a b.yaml:12:5 Deployment shop/web: no container \"x\" in the pod \
             (/metadata/annotations/a.b~1c): help: Use app.\n"
        );
    }

    #[test]
    fn colour_is_around_the_severity_alone() {
        assert!(
            line(&finding(), Paint::Coloured)
                .starts_with("\u{1b}[1m\u{1b}[31merror\u{1b}[0m[unknown-container] a b")
        );
    }
}
