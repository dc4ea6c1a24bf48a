//! Workloads and the state of their injections, as tables, data and pages.

use crate::coverage::{Coverage, Part, Status, Workload};
use crate::finding::Finding;

use super::{STREAM, flat};
use crate::config::collector::SIDECAR;

mod data;
mod html;
mod markdown;
pub(super) mod table;

/// A workload with what a page shows of it.
pub struct Entry {
    /// The workload.
    pub workload: Workload,
    /// Its file: the source's, or the one that its stream names. `None` for a stream.
    pub file: Option<String>,
    /// Its findings, by severity.
    pub findings: Vec<Finding>,
    /// What a run changes in it, as a unified diff. Only the page shows it.
    pub diff: String,
}

/// Workloads to show.
pub struct Listing {
    /// The workloads in their order.
    pub entries: Vec<Entry>,
    /// The numbers of all workloads, shown or not.
    pub coverage: Coverage,
    /// Leave out the headers of a table.
    pub has_no_headers: bool,
    /// What links to files start with; they end with the path.
    pub links: String,
}

/// A form of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Aligned columns.
    Table,
    /// With file and reason.
    Wide,
    /// An object for programs.
    Json,
    /// The same in YAML.
    Yaml,
    /// A line for each workload: `kind.group/name`.
    Name,
    /// A table for a pull request.
    Markdown,
    /// A page.
    Html,
}

/// A form as selected by the user.
pub struct Row {
    /// The form.
    pub form: Form,
    /// Its name on the command line.
    pub name: &'static str,
    /// Its purpose, as a phrase.
    pub what: &'static str,
    write: fn(&Listing) -> String,
}

impl Form {
    /// Every form.
    pub const ALL: &'static [Row] = &[
        Row { form: Self::Table, name: "table", what: "aligned columns", write: table::narrow },
        Row {
            form: Self::Wide,
            name: "wide",
            what: "with the file, and why it is refused",
            write: table::wide,
        },
        Row { form: Self::Json, name: "json", what: "everything, for programs", write: data::json },
        Row { form: Self::Yaml, name: "yaml", what: "the same in YAML", write: data::yaml },
        Row {
            form: Self::Name,
            name: "name",
            what: "a line for each workload, as kubectl names it",
            write: table::names,
        },
        Row {
            form: Self::Markdown,
            name: "markdown",
            what: "a table for a pull request",
            write: markdown::listing,
        },
        Row { form: Self::Html, name: "html", what: "a page that needs nothing else", write: html::page },
    ];

    /// The form with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.name == name).map(|row| row.form)
    }

    /// The listing in this form, with a final newline unless it is empty.
    #[must_use]
    pub fn write(self, listing: &Listing) -> String {
        let row = Self::ALL.iter().find(|row| row.form == self);
        row.map_or_else(String::new, |row| (row.write)(listing))
    }
}

/// A column of a table.
pub struct Column {
    /// Its name for `--sort-by`; the header is the same in capitals.
    pub name: &'static str,
    text: fn(&Entry, &Part) -> String,
}

/// The columns of a table; the last two are those of a wide one.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "namespace",
        text: |entry, _| entry.workload.subject.namespace.clone().unwrap_or_default(),
    },
    Column { name: "kind", text: |entry, _| entry.workload.subject.kind.clone() },
    Column { name: "name", text: |entry, _| entry.workload.subject.name.clone() },
    Column { name: "container", text: |_, part| part.container.clone() },
    Column { name: "language", text: |_, part| part.language.unwrap_or_default().to_owned() },
    Column { name: "status", text: |_, part| part.status.to_string() },
    Column { name: "from", text: |entry, part| entry.from(part).join(", ") },
    Column { name: "image", text: |_, part| part.images.join(", ") },
    Column { name: "file", text: |entry, _| entry.place() },
    Column { name: "reason", text: |entry, _| entry.reason().to_owned() },
];

/// The number of columns of a table that is not wide.
const NARROW: usize = 8;

impl Entry {
    /// The names of the resources that a container's injection comes from.
    fn from(&self, part: &Part) -> Vec<&str> {
        let kind = match part.language {
            None => return Vec::new(),
            Some(SIDECAR) => "OpenTelemetryCollector ",
            Some(_) => "Instrumentation ",
        };
        self.workload.from.iter().filter_map(|from| from.strip_prefix(kind)).collect()
    }

    /// The file with its line, or the line of a stream.
    fn place(&self) -> String {
        let line = self.workload.lines.0;
        match (&self.file, &self.workload.origin) {
            // The line is the stream's.
            (Some(file), Some(_)) => file.clone(),
            (Some(file), None) => format!("{file}:{line}"),
            (None, _) => format!("{STREAM}:{line}"),
        }
    }

    /// Why it is refused.
    fn reason(&self) -> &str {
        let code = self.workload.status.code();
        let reason = self.findings.iter().find(|finding| Some(finding.code) == code);
        reason.map_or("", |reason| &reason.message)
    }

    /// Its containers; a workload without any has one row, too.
    fn parts(&self) -> Vec<Part> {
        if self.workload.parts.is_empty() {
            let status = self.workload.status;
            vec![Part { container: String::new(), language: None, images: Vec::new(), status }]
        } else {
            self.workload.parts.clone()
        }
    }

    /// The text of a column, on one line.
    fn cell(&self, part: &Part, column: &Column) -> String {
        flat(&(column.text)(self, part))
    }
}

impl Listing {
    /// Keeps the containers with these languages, and the workloads that have one.
    pub fn keep_languages(&mut self, languages: &[String]) {
        for entry in &mut self.entries {
            entry.workload.parts.retain(|part| {
                part.language.is_some_and(|own| languages.iter().any(|language| language == own))
            });
        }
        self.entries.retain(|entry| !entry.workload.parts.is_empty());
    }

    /// Keeps the rows with these statuses, whatever their code.
    pub fn keep_statuses(&mut self, statuses: &[Status]) {
        let is_kept = |status: Status| statuses.iter().any(|one| one.name() == status.name());
        self.entries.retain_mut(|entry| {
            let is_bare = entry.workload.parts.is_empty();
            entry.workload.parts.retain(|part| is_kept(part.status));
            if is_bare { is_kept(entry.workload.status) } else { !entry.workload.parts.is_empty() }
        });
    }

    /// Sorts workloads by a column of their first containers; equal ones keep their order.
    pub fn sort_by(&mut self, column: &Column) {
        // Lines are numbers.
        let line = |entry: &Entry| if column.name == "file" { entry.workload.lines.0 } else { 0 };
        let text = |entry: &Entry| match column.name {
            "file" => entry.file.clone(),
            _ => entry.parts().first().map(|part| entry.cell(part, column)),
        };
        self.entries.sort_by_cached_key(|entry| (text(entry), line(entry)));
    }
}
