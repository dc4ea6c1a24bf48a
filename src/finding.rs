//! Findings: what a run reports, each with a stable code, a place and a remedy.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::yaml::Side;

mod codes;
mod messages;

pub use codes::Code;

/// The severity of a finding. Errors come first and fail the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run fails.
    Error,
    /// Changes are written, but need a review.
    Warning,
    /// Informational.
    Info,
}

impl Severity {
    /// The word used by hosts: `error`, `warning`, `info`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The documentation of a code: one row per code in [`Code::ALL`].
#[derive(Debug)]
pub struct Page {
    /// Kebab-case and stable, so scripts can rely on it.
    pub id: &'static str,
    /// The default severity.
    pub severity: Severity,
    /// What happened, in one sentence.
    pub what: &'static str,
    /// Why it matters, in one sentence.
    pub why: &'static str,
    /// What to do; the default `help` of a finding.
    pub remedy: &'static str,
    /// An example of what causes it, or how it looks, in a few lines of YAML.
    pub example: &'static str,
}

impl Code {
    /// The stable kebab-case code.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.page().id
    }

    /// Whether the run could not work at all: exit code 2, not affected by `onError: skip`.
    #[must_use]
    pub const fn is_fatal(self) -> bool {
        matches!(
            self,
            Self::InvalidConfig
                | Self::InvalidImageMetadata
                | Self::ConflictingImageMetadata
                | Self::Io
                | Self::VerifyFailed
        )
    }

    /// Whether its severity can be lowered from error: hosts delete what is missing in an empty output.
    #[must_use]
    pub const fn is_softenable(self) -> bool {
        !self.is_fatal() && !matches!(self, Self::EmptyInput)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The resource that a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// `group/version` as written; empty if there is none.
    pub api_version: String,
    /// The kind; empty if there is none.
    pub kind: String,
    /// `metadata.namespace`, if set.
    pub namespace: Option<String>,
    /// `metadata.name`; empty if there is none.
    pub name: String,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind.is_empty() { "resource" } else { &self.kind };
        let name = if self.name.is_empty() { "(no name)" } else { &self.name };
        match &self.namespace {
            Some(namespace) => write!(f, "{kind} {namespace}/{name}"),
            None => write!(f, "{kind} {name}"),
        }
    }
}

/// The file that a stream's resource comes from, according to its annotations or Helm's comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its path.
    pub path: String,
    /// The item's index in that file, if known.
    pub index: Option<u32>,
}

/// The place of a finding in the input. Line and column count from 1, columns in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The file's path as given, or `None` for a stream.
    pub file: Option<String>,
    /// Line in the file or stream.
    pub line: usize,
    /// Column in the line.
    pub column: usize,
    /// The column after the span on the same line. A span without a known end has `column` or 0.
    pub end_column: usize,
    /// The first byte in the file or stream.
    pub offset: usize,
}

impl Position {
    /// The column after the span, if its end is known.
    #[must_use]
    pub fn end(&self) -> Option<usize> {
        (self.end_column > self.column).then_some(self.end_column)
    }
}

/// A second place that explains a finding: the first of two keys, or the list of what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The kind and the name in messages of the resource that it is in; `None` for the finding's own.
    pub resource: Option<(&'static str, String)>,
    /// RFC 6901 pointer into the resource.
    pub pointer: String,
    /// What is there, in a few words.
    pub label: String,
    /// The place of the pointer in the text.
    pub position: Option<Position>,
}

/// The injection of one language into one workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    /// The language's id.
    pub language: &'static str,
    /// The containers that it is injected into.
    pub containers: Vec<String>,
    /// The images it uses.
    pub images: Vec<String>,
}

/// What a run reports about one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its code.
    pub code: Code,
    /// The code's default severity, or a changed one, for example by `onError: skip`.
    pub severity: Severity,
    /// The resource, if the finding is about one.
    pub subject: Option<Subject>,
    /// RFC 6901 pointer into the resource (or the config); empty for all of it.
    pub pointer: String,
    /// What is wrong at the pointer: the key or the value.
    pub side: Side,
    /// The place of the pointer in the text, or of its closest existing parent.
    pub position: Option<Position>,
    /// The file of the resource, if the text is a stream that names it.
    pub origin: Option<Origin>,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub help: Cow<'static, str>,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// The injections that the finding reports.
    pub injections: Vec<Injection>,
}

impl Finding {
    /// A finding of `code` at `pointer`, with the code's default severity and remedy. Only a row of the table of
    /// messages builds one; tests may, too.
    pub(crate) fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.page().severity,
            subject: None,
            pointer: pointer.into(),
            side: Side::Value,
            position: None,
            origin: None,
            message: message.into(),
            help: Cow::Borrowed(code.page().remedy),
            related: Vec::new(),
            injections: Vec::new(),
        }
    }

    /// The same finding with another remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = help.into();
        self
    }

    /// The same finding about the key at its pointer.
    #[must_use]
    pub(crate) const fn key(mut self) -> Self {
        self.side = Side::Key;
        self
    }

    /// The same finding with a second place in the same resource.
    #[must_use]
    pub fn beside(mut self, pointer: impl Into<String>, label: impl Into<String>) -> Self {
        let (pointer, label) = (pointer.into(), label.into());
        self.related.push(Related { resource: None, pointer, label, position: None });
        self
    }

    /// The same finding with a place in another resource, which has that kind and that name in messages. The label is
    /// the resource.
    #[must_use]
    pub fn due_to(mut self, kind: &'static str, called: &str, pointer: impl Into<String>) -> Self {
        let (resource, label) = (Some((kind, called.to_owned())), format!("{kind} {called}"));
        self.related.push(Related { resource, pointer: pointer.into(), label, position: None });
        self
    }

    /// What to do about it, unless there is nothing to do.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        (self.severity != Severity::Info && !self.help.is_empty()).then_some(&*self.help)
    }

    /// The place to show: the file, with line and column if they are that file's. `None` if unknown.
    #[must_use]
    pub fn place(&self) -> Option<Position> {
        match &self.origin {
            Some(origin) => Some(Position { file: Some(origin.path.clone()), ..Position::default() }),
            None => self.position.clone(),
        }
    }

    /// The same finding, about `subject`.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The same finding at `position`.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}
