//! A listing as one page: no request to anywhere, and complete without its script.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{COLUMNS, Listing, NARROW};
use crate::coverage::{Coverage, Part, Status};
use crate::finding::Finding;
use crate::report::{flat, visible};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Nothing is loaded, whatever a manifest says.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

pub(super) fn page(listing: &Listing) -> String {
    let title = "OpenTelemetry instrumentation";
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p.total { (listing.coverage) " (" (listing.coverage.percent()) " %)" }
                }
                main {
                    (namespaces(listing))
                    (filter())
                    (table(listing))
                    (details(listing))
                }
                footer { "Written by otel-inject " (env!("CARGO_PKG_VERSION")) "." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// The groups of a bar, from the left: class and name.
const GROUPS: &[(&str, &str)] = &[
    ("good", "current, or to inject"),
    ("fair", "stale, edited or unrecorded"),
    ("bad", "refused"),
    ("none", "not asked"),
];

/// The class of a status' group.
const fn group(status: Status) -> &'static str {
    match status {
        Status::Injected | Status::UpToDate | Status::ToInject => "good",
        Status::Stale | Status::Edited | Status::Unrecorded => "fair",
        Status::Refused(_) => "bad",
        Status::NotAsked => "none",
    }
}

fn namespaces(listing: &Listing) -> Markup {
    let mut namespaces: BTreeMap<&str, Vec<Status>> = BTreeMap::new();
    for entry in &listing.entries {
        let namespace = entry.workload.subject.namespace.as_deref().unwrap_or_default();
        namespaces.entry(namespace).or_default().push(entry.workload.status);
    }
    html! {
        section aria-labelledby="namespaces" {
            h2 #namespaces { "Namespaces" }
            ul.legend aria-hidden="true" {
                @for (class, name) in GROUPS { li { span.swatch.(class) {} (name) } }
            }
            dl.bars {
                @for (namespace, statuses) in &namespaces {
                    dt { @if namespace.is_empty() { i { "no namespace" } } @else { (shown(namespace)) } }
                    dd {
                        (bar(statuses))
                        span.numbers { (Coverage::count(statuses.iter().copied())) }
                    }
                }
            }
        }
    }
}

fn bar(statuses: &[Status]) -> Markup {
    let count = |class: &str| statuses.iter().filter(|status| group(**status) == class).count();
    let parts = GROUPS.iter().map(|(class, _)| (class, count(class))).filter(|(_, count)| *count > 0);
    html! {
        span.bar aria-hidden="true" {
            @for (class, count) in parts { span.(class) style=(format!("flex-grow:{count}")) {} }
        }
    }
}

/// Without the script it could do nothing, so the script shows it.
fn filter() -> Markup {
    html! {
        form #filter role="search" hidden {
            label { "Search " input #search type="search" placeholder="name, namespace, image …" autocomplete="off"; }
            label {
                "Status "
                select #status {
                    option value="" { "all" }
                    @for status in Status::ALL { option value=(status.name()) { (status.word()) } }
                }
            }
            button #unfold type="button" { "Unfold all" }
            button #fold type="button" { "Fold all" }
            output #count aria-live="polite" {}
        }
    }
}

fn table(listing: &Listing) -> Markup {
    let columns = &COLUMNS[..NARROW];
    html! {
        section aria-labelledby="containers" {
            h2 #containers { "Containers" }
            // The roles stay where narrow screens show the rows as blocks.
            table role="table" {
                thead role="rowgroup" {
                    tr role="row" {
                        @for column in columns { th scope="col" role="columnheader" { (column.name) } }
                    }
                }
                tbody role="rowgroup" {
                    @for (index, entry) in listing.entries.iter().enumerate() {
                        @for part in entry.parts() {
                            tr role="row" data-of=(index) data-status=(part.status.name()) {
                                @for column in columns {
                                    td role="cell" data-label=(column.name) {
                                        (cell(index, &part, column.name, &entry.cell(&part, column)))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(index: usize, part: &Part, column: &str, text: &str) -> Markup {
    match column {
        "name" => html! { a href=(format!("#w{index}")) { (text) } },
        "status" => html! { span.status.(group(part.status)) { (text) } },
        _ => html! { (text) },
    }
}

fn details(listing: &Listing) -> Markup {
    html! {
        section aria-labelledby="workloads" {
            h2 #workloads { "Workloads" }
            @for (index, entry) in listing.entries.iter().enumerate() {
                details id=(format!("w{index}")) data-of=(index) {
                    summary {
                        span.status.(group(entry.workload.status)) { (entry.workload.status) }
                        " " (shown(&entry.workload.subject.to_string()))
                    }
                    p.place { (shown(&entry.place())) }
                    (findings(&entry.findings))
                    @if entry.diff.is_empty() {
                        p { "A run changes nothing." }
                    } @else {
                        pre tabindex="0" aria-label="Changes" { (diff(&entry.diff, entry.workload.lines.0)) }
                    }
                }
            }
        }
    }
}

fn findings(findings: &[Finding]) -> Markup {
    html! {
        @if !findings.is_empty() {
            ul.findings {
                @for finding in findings {
                    li.(finding.severity.as_str()) {
                        strong { (finding.severity) } " " code { (finding.code) } " " (flat(&finding.message))
                        @if let Some(help) = finding.remedy() { br; (flat(help)) }
                    }
                }
            }
        }
    }
}

/// A unified diff of a text that starts at the line `first` of its file, with its lines marked.
fn diff(diff: &str, first: usize) -> Markup {
    let start = |hunk: &str| {
        let number: String = hunk.chars().skip("@@ -".len()).take_while(char::is_ascii_digit).collect();
        number.parse::<usize>().map_or(first, |number| number + first - 1)
    };
    // The first two lines name files.
    let lines = diff.lines().skip(2);
    html! {
        @for line in lines {
            @match line.as_bytes().first() {
                Some(b'+') => ins { (shown(line)) },
                Some(b'-') => del { (shown(line)) },
                Some(b'@') => span.hunk { "line " (start(line)) },
                _ => { (shown(line)) },
            }
            "\n"
        }
    }
}

/// Text without characters that a page would hide or that turn its direction.
fn shown(text: &str) -> String {
    text.chars().map(visible).collect()
}
