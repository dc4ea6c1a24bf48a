//! Findings: what a run has to say, each with a stable code, a place and a way out.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

mod codes;

pub use codes::Code;

/// How much a finding weighs. Errors come first and fail the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run fails.
    Error,
    /// Written all the same; somebody should look.
    Warning,
    /// For the record.
    Info,
}

impl Severity {
    /// The word that hosts know: `error`, `warning`, `info`.
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

/// What a code means, for people: one row per code in [`Code::ALL`].
#[derive(Debug)]
pub struct Page {
    /// Kebab-case and stable: scripts may rely on it.
    pub id: &'static str,
    /// The severity when nothing says otherwise.
    pub severity: Severity,
    /// What happened, in one sentence.
    pub what: &'static str,
    /// Why it matters, in one sentence.
    pub why: &'static str,
    /// What to do; the `help` of a finding that brings none of its own.
    pub remedy: &'static str,
    /// What leads to it, or how it looks, in a few lines of YAML.
    pub example: &'static str,
}

impl Code {
    /// The stable kebab-case code.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.page().id
    }

    /// Whether the run could not do its work at all: exit code 2, and `onError: skip` does not soften it.
    #[must_use]
    pub const fn is_fatal(self) -> bool {
        matches!(self, Self::InvalidConfig | Self::Io | Self::VerifyFailed)
    }

    /// Whether anything can make less of it than an error: hosts delete what an empty output lacks.
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

/// Which resource a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// `group/version` as written; empty where there is none.
    pub api_version: String,
    /// The kind; empty where there is none.
    pub kind: String,
    /// `metadata.namespace`, where it is set.
    pub namespace: Option<String>,
    /// `metadata.name`; empty where there is none.
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

/// The file that a resource of a stream comes from, as its annotations or Helm's comment say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its path.
    pub path: String,
    /// The item's number in that file, where it is said.
    pub index: Option<u32>,
}

/// Where in the input a finding is: line and column count from 1, columns in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The file's path as it was given; none for a stream.
    pub file: Option<String>,
    /// Line in the file or stream.
    pub line: usize,
    /// Column in the line.
    pub column: usize,
}

/// One language in one workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    /// The language's id.
    pub language: &'static str,
    /// The containers that it is injected into.
    pub containers: Vec<String>,
    /// The images that come with it.
    pub images: Vec<String>,
}

/// Something that a run has to say about one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// The code's own severity, or what `onError: skip` made of it.
    pub severity: Severity,
    /// The resource, where the finding is about one.
    pub subject: Option<Subject>,
    /// RFC 6901 pointer into the resource (or the config); empty for the whole.
    pub pointer: String,
    /// Where the pointer leads in the text, as far as it could be followed.
    pub position: Option<Position>,
    /// The file of the resource, where the text is a stream that says so.
    pub origin: Option<Origin>,
    /// What happened here.
    pub message: String,
    /// What to do about it.
    pub help: Cow<'static, str>,
    /// What was injected, where the finding says so.
    pub injections: Vec<Injection>,
}

impl Finding {
    /// A finding of `code` at `pointer`, with the code's own severity and remedy.
    pub fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.page().severity,
            subject: None,
            pointer: pointer.into(),
            position: None,
            origin: None,
            message: message.into(),
            help: Cow::Borrowed(code.page().remedy),
            injections: Vec::new(),
        }
    }

    /// The same finding with a remedy of its own.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = help.into();
        self
    }

    /// Where people find it: the file, with the line and column where these are that file's. None where nothing says.
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
