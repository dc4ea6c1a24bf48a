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
    // The file of a stream's resource is relative to a folder that is not known.
    let file = entry.file.as_deref().filter(|_| entry.workload.origin.is_none());
    link(&entry.place(), file, entry.workload.lines.0, &listing.links)
}
