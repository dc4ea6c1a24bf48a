//! A listing as a table for a pull request's comment or a job's summary.

use super::{COLUMNS, Entry, Listing, NARROW};
use crate::report::markdown::{escaped, link};

pub(super) fn listing(listing: &Listing) -> String {
    let mut table = format!("**{}**\n", escaped(&listing.coverage.to_string()));
    if listing.entries.is_empty() {
        return table;
    }
    let columns = &COLUMNS[..NARROW];
    let cells = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let headers = columns.iter().map(|column| column.name.to_owned()).chain(["where".to_owned()]);
    table.push('\n');
    table.push_str(&cells(headers.collect()));
    table.push_str(&format!("|{}\n", "---|".repeat(NARROW + 1)));
    for entry in &listing.entries {
        for part in entry.parts() {
            let row = columns.iter().map(|column| escaped(&entry.cell(&part, column)));
            table.push_str(&cells(row.chain([place(entry, listing)]).collect()));
        }
    }
    table
}

fn place(entry: &Entry, listing: &Listing) -> String {
    let line = if entry.workload.origin.is_some() { 0 } else { entry.workload.lines.0 };
    link(&entry.place(), entry.file.as_deref(), line, &listing.links)
}
