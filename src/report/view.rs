//! What a report is made of, besides its format.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Detail, Paint, Purpose, Run};
use crate::finding::{Code, Finding, Severity};

/// The texts that findings are about.
pub trait Texts {
    /// The bytes of a file, or of the stream for `None`. `None` if they are not known.
    fn text(&self, file: Option<&str>) -> Option<Cow<'_, [u8]>>;
}

/// No text is known.
impl Texts for () {
    fn text(&self, _file: Option<&str>) -> Option<Cow<'_, [u8]>> {
        None
    }
}

/// The findings of a run, and how to show them.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The run.
    pub run: Run,
    /// Its findings, sorted by severity.
    pub findings: &'a [Finding],
    /// The level of detail for people.
    pub detail: Detail,
    /// Whether lines are coloured.
    pub paint: Paint,
    /// The terminal opens links.
    pub has_links: bool,
    /// The width of the terminal in columns.
    pub width: usize,
    /// What links to files start with; they end with the path.
    pub links: &'a str,
    /// Show every finding, however many there are of one code.
    pub all: bool,
    /// The texts of the findings.
    pub texts: &'a dyn Texts,
}

/// More findings of one code than this are cut to [`FIRST`].
const MANY: usize = 50;
/// How many of many findings are shown.
const FIRST: usize = 10;
/// The width of what is no terminal, in columns; annotate-snippets has the same.
const WIDTH: usize = 140;

impl<'a> View<'a> {
    /// Plain text without source lines.
    #[must_use]
    pub const fn plain(run: Run, findings: &'a [Finding]) -> Self {
        Self {
            run,
            findings,
            detail: Detail::Lines,
            paint: Paint::Plain,
            has_links: false,
            width: WIDTH,
            links: "",
            all: false,
            texts: &(),
        }
    }

    /// The findings that the level of detail asks for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        let (run, detail) = (self.run, self.detail);
        self.findings.iter().filter(move |finding| detail != Detail::Errors || run.fails(finding))
    }

    /// The findings to show, each with the number of others of its code that are left out after it.
    pub(super) fn shown(&self) -> Vec<(&'a Finding, usize)> {
        let mut totals: BTreeMap<Code, usize> = BTreeMap::new();
        for finding in self.wanted() {
            *totals.entry(finding.code).or_default() += 1;
        }
        let mut seen: BTreeMap<Code, usize> = BTreeMap::new();
        let shown = self.wanted().filter_map(|finding| {
            let total = totals.get(&finding.code).copied().unwrap_or_default();
            let seen = seen.entry(finding.code).or_default();
            *seen += 1;
            match *seen {
                _ if self.all || total <= MANY => Some((finding, 0)),
                FIRST => Some((finding, total - FIRST)),
                _ => (*seen < FIRST).then_some((finding, 0)),
            }
        });
        shown.collect()
    }

    /// After a check with errors or warnings of several codes, a line with the number of each.
    pub(super) fn by_code(&self) -> String {
        let mut totals: BTreeMap<(Severity, Code), usize> = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.severity != Severity::Info) {
            *totals.entry((finding.severity, finding.code)).or_default() += 1;
        }
        if self.run.purpose != Purpose::Check || totals.len() < 2 {
            return String::new();
        }
        let totals = totals.iter().map(|((_, code), count)| format!("{count} {code}"));
        format!("by code: {}\n", totals.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_findings_of_one_code_are_cut() {
        let findings = |count: usize| vec![Finding::new(Code::UnpinnedImage, "", "x"); count];
        let shown = |findings: &[Finding], all: bool| -> Vec<usize> {
            let view = View { all, ..View::plain(Run::default(), findings) };
            view.shown().into_iter().map(|(_, more)| more).collect()
        };
        assert_eq!(shown(&findings(50), false), [0; 50]);
        assert_eq!(shown(&findings(51), false), [0, 0, 0, 0, 0, 0, 0, 0, 0, 41]);
        assert_eq!(shown(&findings(51), true), [0; 51]);
        let mut mixed = findings(60);
        mixed.push(Finding::new(Code::NotAsked, "", "y"));
        assert_eq!(shown(&mixed, false), [0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 0]);
    }

    #[test]
    fn a_check_ends_with_totals_by_code() {
        let findings = [
            Finding::new(Code::NoInstrumentation, "", "x"),
            Finding::new(Code::UnpinnedImage, "", "x"),
            Finding::new(Code::UnpinnedImage, "", "x"),
            Finding::new(Code::Injected, "", "x"),
        ];
        let check = Run { purpose: Purpose::Check, ..Run::default() };
        let expected = "by code: 1 no-instrumentation, 2 unpinned-image\n";
        assert_eq!(View::plain(check, &findings).by_code(), expected);
        assert_eq!(View::plain(Run::default(), &findings).by_code(), "");
        assert_eq!(View::plain(check, &findings[1..]).by_code(), "");
    }
}
