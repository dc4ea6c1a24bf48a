//! The list of workloads.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Outcome, Output, diff};
use crate::coverage::{Coverage, Status, Workload};
use crate::finding::{Finding, Subject};
use crate::host::files::Text;
use crate::host::terminal;
use crate::report::listing::{Column, Entry, Form, Listing};
use crate::report::{Detail, Paint, Purpose};
use crate::yaml::Edit;

/// What to list, and how.
pub(in crate::host) struct Wanted {
    pub(in crate::host) form: Form,
    pub(in crate::host) has_no_headers: bool,
    /// The column to sort by.
    pub(in crate::host) column: Option<&'static Column>,
    /// The statuses to list, whatever their code; empty for all.
    pub(in crate::host) statuses: Vec<Status>,
    /// The languages to list; empty for all.
    pub(in crate::host) languages: Vec<String>,
    /// The part of all workloads that must be instrumented, in percent.
    pub(in crate::host) min_coverage: Option<usize>,
}

/// Prints the workloads. Their findings are part of the list; only what else is wrong is reported.
pub(in crate::host) struct List {
    wanted: Wanted,
    listing: Option<Listing>,
}

impl List {
    pub(in crate::host) const fn new(wanted: Wanted) -> Self {
        Self { wanted, listing: None }
    }

    fn listing(&self, outcome: &mut Outcome<'_>) -> Listing {
        let workloads = std::mem::take(&mut outcome.result.workloads);
        let mut entries: Vec<Entry> =
            workloads.into_iter().map(|workload| self.entry(workload, outcome)).collect();
        take_findings(&mut entries, outcome);
        entries.retain(|entry| outcome.flags.lists(entry.workload.subject.namespace.as_deref()));
        outcome.listed = entries.iter().flat_map(|entry| entry.findings.iter().cloned()).collect();
        let coverage = Coverage::count(entries.iter().map(|entry| entry.workload.status));
        let has_no_headers = self.wanted.has_no_headers;
        let mut listing = Listing { entries, coverage, has_no_headers, links: outcome.links.clone() };
        if !self.wanted.languages.is_empty() {
            listing.keep_languages(&self.wanted.languages);
        }
        if !self.wanted.statuses.is_empty() {
            listing.keep_statuses(&self.wanted.statuses);
        }
        if let Some(column) = self.wanted.column {
            listing.sort_by(column);
        }
        listing
    }

    fn entry(&self, workload: Workload, outcome: &Outcome<'_>) -> Entry {
        let text = outcome.texts.get(workload.source);
        let edits = outcome.result.edits.get(workload.source);
        let diff = text.zip(edits).filter(|_| self.wanted.form == Form::Html);
        let diff = diff.map(|(text, edits)| changes(&workload, text, edits)).unwrap_or_default();
        let file = match &workload.origin {
            Some(origin) => Some(origin.path.clone()),
            None => text.and_then(|text| text.name.clone()),
        };
        Entry { workload, file, findings: Vec::new(), diff }
    }
}

/// The changes of a workload as a diff of its own text.
fn changes(workload: &Workload, text: &Text, edits: &[Edit]) -> String {
    let start = workload.span.start;
    let rest = &text.bytes[workload.span.end..];
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    // Whole lines: the next text's indentation is not part of it.
    let end = workload.span.end + memchr::memrchr(b'\n', &rest[..blanks]).map_or(0, |newline| newline + 1);
    let first = edits.partition_point(|edit| edit.range.start < start);
    let own = edits[first..].iter().take_while(|edit| edit.range.end <= end);
    let own: Vec<Edit> = own
        .map(|edit| Edit { range: edit.range.start - start..edit.range.end - start, text: edit.text.clone() })
        .collect();
    let mut diff = Vec::new();
    // Writing to memory cannot fail.
    let _ = diff::write("", &text.bytes[start..end], &own, Paint::Plain, &mut diff);
    String::from_utf8_lossy(&diff).into_owned()
}

/// Moves the findings of workloads from the run's to those of their entries.
fn take_findings(entries: &mut [Entry], outcome: &mut Outcome<'_>) {
    let mut by_start: BTreeMap<(Option<&str>, usize), usize> = BTreeMap::new();
    let mut by_name: BTreeMap<(Option<&str>, Subject), usize> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let file = outcome.texts.get(entry.workload.source).and_then(|text| text.name.as_deref());
        by_start.insert((file, entry.workload.span.start), index);
        by_name.entry((file, entry.workload.subject.clone())).or_insert(index);
    }
    let entry_of = |finding: &Finding| {
        let position = finding.position.as_ref()?;
        let subject = finding.subject.clone()?;
        let file = position.file.as_deref();
        // Two workloads of a text may have the same name. An alias may lead out of a workload.
        let before = by_start.range((file, 0)..=(file, position.offset)).next_back();
        let holds = |index: &usize| {
            let workload = &entries[*index].workload;
            workload.subject == subject && position.offset <= workload.span.end
        };
        let found = before.map(|(_, index)| *index).filter(holds);
        found.or_else(|| by_name.get(&(file, subject.clone())).copied())
    };
    let findings = std::mem::take(&mut outcome.result.findings);
    let placed: Vec<(Option<usize>, Finding)> =
        findings.into_iter().map(|finding| (entry_of(&finding), finding)).collect();
    for (index, finding) in placed {
        match index {
            Some(index) => entries[index].findings.push(finding),
            None => outcome.result.findings.push(finding),
        }
    }
}

impl Output for List {
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
        if self.listing.is_some() {
            return;
        }
        let listing = self.listing(outcome);
        if let Some(wanted) = self.wanted.min_coverage
            && listing.coverage.instrumented * 100 < wanted * listing.coverage.workloads
        {
            let percent = listing.coverage.percent();
            let finding = Finding::coverage_too_low("", percent, wanted);
            outcome.result.findings.extend(outcome.settings.weighed(finding));
        }
        self.listing = Some(listing);
    }

    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        let Some(listing) = &self.listing else { return Ok(()) };
        out.write_all(self.wanted.form.write(listing).as_bytes())?;
        if matches!(self.wanted.form, Form::Table | Form::Wide) && outcome.flags.detail() != Detail::Errors {
            out.flush()?;
            terminal::note(&listing.coverage.to_string());
        }
        Ok(())
    }
}
