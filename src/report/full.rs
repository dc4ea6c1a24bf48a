//! Findings below the source lines that they are about, as rustc and ruff show theirs.

use annotate_snippets::{Group, Level, Origin, Renderer, Snippet};

use super::excerpt::{Excerpt, Excerpts};
use super::totals::Totals;
use super::{Detail, Paint, STREAM, View, flat, line, page_url};
use crate::finding::{Code, Finding, Severity};

/// The report of `view`: a block for each finding, a line for each workload that is fine, then the totals.
pub(super) fn report(view: &View<'_>) -> String {
    let renderer = match view.paint {
        Paint::Coloured => Renderer::styled().hyperlink(view.has_links),
        Paint::Plain => Renderer::plain(),
    };
    let renderer = renderer.term_width(view.width);
    let mut excerpts = Excerpts::new(view.texts);
    let mut report = String::new();
    for (finding, more) in view.shown() {
        let is_outcome = is_outcome(finding.code);
        if is_outcome {
            report.push_str(&line(finding, view.paint));
        } else {
            report.push_str(&renderer.render(&[block(finding, view, &mut excerpts)]));
            report.push_str("\n\n");
        }
        if more > 0 {
            report.push_str(&format!("... and {more} more {}; --all shows them\n", finding.code));
            report.push_str(if is_outcome { "" } else { "\n" });
        }
    }
    if view.detail != Detail::Errors {
        report.push_str(&Totals::count(view.run, view.findings).line());
        report.push_str(&view.by_code());
    }
    report
}

/// Whether the code says what happened to a workload: no line of the source is wrong.
const fn is_outcome(code: Code) -> bool {
    matches!(code, Code::Injected | Code::UpToDate | Code::Updated | Code::Uninjected | Code::NotAsked)
}

fn block<'a>(finding: &Finding, view: &View<'_>, excerpts: &mut Excerpts<'_>) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level.primary_title(flat(&finding.message)).id(finding.code.id());
    let mut group = Group::with_title(match page_url(finding.code) {
        Some(url) => title.id_url(url),
        None => title,
    });
    let shown = excerpts.cut_out(finding);
    if shown.is_empty() {
        if let Some(place) = finding.place() {
            let origin = Origin::path(flat(place.file.as_deref().unwrap_or(STREAM)));
            let is_known = place.line > 0;
            group = group.element(if is_known {
                origin.line(place.line).char_column(place.column)
            } else {
                origin
            });
        }
        let field =
            if finding.pointer.is_empty() { String::new() } else { format!(" ({})", finding.pointer) };
        let subject = finding.subject.as_ref().map(|subject| flat(&format!("in {subject}{field}")));
        group = group.elements(subject.map(|subject| Level::NOTE.message(subject)));
    }
    for excerpt in shown {
        group = added(group, excerpt);
    }
    let origin = finding.origin.as_ref().filter(|_| finding.position.is_some());
    let origin = origin.map(|origin| flat(&format!("the resource comes from {}", origin.path)));
    let why = (view.detail == Detail::Reasons).then(|| finding.code.page().why.to_owned());
    let notes = origin.into_iter().chain(why).map(|note| Level::NOTE.message(note));
    let help = finding.remedy().map(|help| Level::HELP.message(flat(help)));
    group.elements(notes).elements(help)
}

fn added<'a>(group: Group<'a>, excerpt: Excerpt) -> Group<'a> {
    let path = flat(excerpt.file.as_deref().unwrap_or(STREAM));
    let annotations = excerpt.spans.into_iter().map(|(kind, span, label)| match label.as_str() {
        "" => kind.span(span),
        label => kind.span(span).label(flat(label)),
    });
    let snippet =
        Snippet::source(excerpt.source).line_start(excerpt.first).fold(true).annotations(annotations);
    match excerpt.cut_at {
        None => group.element(snippet.path(path)),
        // The column of a line that was cut is not the one in the excerpt.
        Some(column) => {
            group.element(Origin::path(path).line(excerpt.first).char_column(column)).element(snippet)
        }
    }
}
