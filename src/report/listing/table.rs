//! Tables and names, as kubectl prints them.

use unicode_width::UnicodeWidthStr;

use super::{COLUMNS, Column, Listing, NARROW};
use crate::report::flat;

pub(super) fn narrow(listing: &Listing) -> String {
    table(listing, &COLUMNS[..NARROW])
}

pub(super) fn wide(listing: &Listing) -> String {
    table(listing, COLUMNS)
}

fn table(listing: &Listing, columns: &[Column]) -> String {
    let header: Vec<String> = columns.iter().map(|column| column.name.to_uppercase()).collect();
    let rows = listing.entries.iter().flat_map(|entry| {
        let row = |part| columns.iter().map(|column| shown(entry.cell(&part, column))).collect::<Vec<_>>();
        entry.parts().into_iter().map(row).collect::<Vec<_>>()
    });
    let header = (!listing.has_no_headers && !listing.entries.is_empty()).then_some(header);
    let rows: Vec<Vec<String>> = header.into_iter().chain(rows).collect();
    aligned(&rows)
}

/// Rows of cells as aligned columns.
pub(in crate::report) fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let mut table = String::new();
    for row in rows {
        let mut line = String::new();
        for (text, width) in row.iter().zip(&widths) {
            line.push_str(text);
            line.extend(std::iter::repeat_n(' ', width - text.width() + 3));
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

/// An empty cell has a mark: a column that ends in blanks looks like a missing one.
pub(in crate::report) fn shown(cell: String) -> String {
    if cell.is_empty() { "-".to_owned() } else { cell }
}

/// `kind.group/name`, once for each workload.
pub(super) fn names(listing: &Listing) -> String {
    let name = |entry: &super::Entry| {
        let subject = &entry.workload.subject;
        let group = subject.api_version.rsplit_once('/').map(|(group, _)| format!(".{group}"));
        flat(&format!("{}{}/{}", subject.kind.to_lowercase(), group.unwrap_or_default(), subject.name)) + "\n"
    };
    listing.entries.iter().map(name).collect()
}
