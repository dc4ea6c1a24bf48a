//! Findings in their output formats: lines for people, results for hosts, JSON, SARIF, the reference.

use crate::finding::{Code, Position, Subject};
use crate::value::Value;

mod concise;
#[cfg(feature = "cli")]
mod excerpt;
#[cfg(feature = "cli")]
mod full;
mod github;
mod invisible;
mod json;
mod krm;
#[cfg(feature = "cli")]
pub mod listing;
mod markdown;
mod reference;
mod run;
mod sarif;
#[cfg(feature = "cli")]
pub mod suggestions;
mod totals;
mod view;

pub use concise::line;
#[cfg(feature = "cli")]
use invisible::visible;
use invisible::{escaped_json, is_invisible};
pub use krm::krm;
pub use reference::{contents, explain, facts, names, reference};
pub use run::{Purpose, Run};
pub use view::{Texts, View};

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: [`Format::on`] chooses between the next two.
    Human,
    /// Findings below the source lines that they are about.
    #[cfg(feature = "cli")]
    Full,
    /// A line for each finding.
    Concise,
    /// One object with all findings and the totals.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Tables for a pull request.
    Markdown,
    /// GitHub workflow commands, shown next to the lines of a pull request.
    Github,
}

/// A format as selected by the user.
pub struct Row {
    /// The format.
    pub format: Format,
    /// Its name on the command line.
    pub name: &'static str,
    /// Its purpose, as a phrase.
    pub what: &'static str,
    /// The file extensions that select it.
    endings: &'static [&'static str],
    write: fn(&View<'_>) -> String,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Row] = &[
        Row {
            format: Self::Human,
            name: "human",
            what: "full on a terminal, else concise",
            endings: &["txt", "text"],
            write: concise::report,
        },
        #[cfg(feature = "cli")]
        Row {
            format: Self::Full,
            name: "full",
            what: "each finding below the lines that it is about",
            endings: &[],
            write: full::report,
        },
        Row {
            format: Self::Concise,
            name: "concise",
            what: "a line for each finding",
            endings: &[],
            write: concise::report,
        },
        Row {
            format: Self::Json,
            name: "json",
            what: "everything, for programs",
            endings: &["json"],
            write: json::report,
        },
        Row {
            format: Self::Sarif,
            name: "sarif",
            what: "SARIF 2.1.0, for code scanning",
            endings: &["sarif"],
            write: |view| pretty(&sarif::log(view.run, view.findings)),
        },
        Row {
            format: Self::Markdown,
            name: "markdown",
            what: "tables for a comment in a pull request",
            endings: &["md"],
            write: markdown::report,
        },
        Row {
            format: Self::Github,
            name: "github",
            what: "annotations in a GitHub pull request",
            endings: &[],
            write: github::annotations,
        },
    ];

    /// The format for a file's extension.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.endings.contains(&ending)).map(|row| row.format)
    }

    /// The format with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.name == name).map(|row| row.format)
    }

    /// The format for a stream: people read more on a terminal than in a log.
    #[cfg(feature = "cli")]
    #[must_use]
    pub const fn on(self, is_terminal: bool) -> Self {
        match self {
            Self::Human if is_terminal => Self::Full,
            Self::Human => Self::Concise,
            other => other,
        }
    }

    /// The report, with a final newline unless it is empty. JSON includes everything, SARIF everything except infos;
    /// colour is for people.
    #[must_use]
    pub fn report(self, view: &View<'_>) -> String {
        let row = Self::ALL.iter().find(|row| row.format == self);
        row.map_or_else(String::new, |row| (row.write)(view))
    }
}

fn pretty(value: &Value) -> String {
    escaped_json(&format!("{value:#}\n"))
}

/// The level of detail for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Only what fails the run.
    Errors,
    /// Every finding, and the totals.
    #[default]
    Lines,
    /// The same, with reasons.
    Reasons,
}

/// Whether lines are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// ANSI escapes around the severity.
    Coloured,
    /// Plain text.
    Plain,
}

/// The name of a stream, which has no file.
const STREAM: &str = "stdin";

/// A path in a link: what is not plain is a percent escape.
#[must_use]
pub fn percent_encoded(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let written = path.bytes().map(|byte| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    written.collect()
}

/// The address of a code's page, if the package says where its repository is.
fn page_url(code: Code) -> Option<String> {
    page_in(env!("CARGO_PKG_REPOSITORY"), code)
}

fn page_in(repository: &str, code: Code) -> Option<String> {
    (!repository.is_empty()).then(|| format!("{repository}/blob/HEAD/docs/findings.md#{}", code.id()))
}

fn place(position: &Position) -> String {
    match (&position.file, position.line) {
        (Some(file), 0) => file.clone(),
        (Some(file), line) => format!("{file}:{line}:{}", position.column),
        (None, line) => format!("{line}:{}", position.column),
    }
}

/// `text` on one line: line breaks become blanks, other invisible characters are escaped.
fn flat(text: &str) -> String {
    let text = text.trim_end();
    if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return text.to_owned();
    }
    let mut flat = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' if flat.ends_with(' ') => {}
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => flat.push(' '),
            _ if is_invisible(character) => flat.extend(character.escape_unicode()),
            _ => flat.push(character),
        }
    }
    flat
}

/// A resource as an object of its non-empty parts.
fn resource(subject: &Subject) -> Value {
    let parts = [
        ("apiVersion", Some(&subject.api_version)),
        ("kind", Some(&subject.kind)),
        ("namespace", subject.namespace.as_ref()),
        ("name", Some(&subject.name)),
    ];
    let set = parts.into_iter().filter_map(|(key, value)| value.map(|value| (key, value)));
    set.filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), Value::from(value.as_str())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Origin};
    use crate::value::json;

    pub(super) fn finding() -> Finding {
        Finding::new(Code::UnknownContainer, "/metadata/annotations/a.b~1c", "no container \"x\"\nin the pod")
            .help("Use app.")
            .about(Subject {
                api_version: "apps/v1".to_owned(),
                kind: "Deployment".to_owned(),
                namespace: Some("shop".to_owned()),
                name: "web".to_owned(),
            })
            .at(Position { file: Some("a b.yaml".to_owned()), line: 12, column: 5, end_column: 9, offset: 0 })
    }

    #[test]
    fn no_input_writes_to_a_terminal() {
        let message = "\u{7}x\u{202e}y\u{9b}0m\r\n\n\u{feff}z\u{200b}\u{e0041}";
        let hostile = Finding::new(Code::InvalidYaml, "/a\u{1b}[2J", message);
        for Row { format, .. } in Format::ALL {
            let findings = std::slice::from_ref(&hostile);
            let view = View { detail: Detail::Reasons, ..View::plain(Run::default(), findings) };
            let report = format.report(&view);
            let is_shown = |character: char| character == '\n' || !is_invisible(character);
            assert!(report.chars().all(is_shown), "{report:?}");
            let escape = match format {
                Format::Json | Format::Sarif => "x\\u202ey",
                Format::Markdown => "x\\\\u\\{202e\\}y",
                _ => "x\\u{202e}y",
            };
            assert!(report.contains(escape), "{report}");
        }
        let line = line(&hostile, Paint::Plain);
        assert!(line.trim_end().chars().all(|character| !is_invisible(character)), "{line:?}");
        assert!(line.contains("x\\u{202e}y"), "{line}");
    }

    #[test]
    fn a_line_is_said_only_where_it_is_that_files() {
        let origin = Origin { path: "base/web.yaml".to_owned(), index: Some(2) };
        let finding = Finding { origin: Some(origin), ..finding() };
        assert!(
            line(&finding, Paint::Plain)
                .starts_with("error[unknown-container] base/web.yaml Deployment shop/web: ")
        );
        let result = krm(&finding);
        assert_eq!(result["file"], json!({"path": "base/web.yaml", "index": 2}));
        assert_eq!(result["tags"], json!({"code": "unknown-container"}));
        let entry = &json::value(Run::default(), std::slice::from_ref(&finding))["findings"][0];
        assert_eq!((&entry["file"], &entry["line"]), (&json!("base/web.yaml"), &Value::Null));
        let github = Format::Github.report(&View::plain(Run::default(), &[finding]));
        assert!(github.starts_with("::error file=base/web.yaml,title="), "{github}");
    }

    #[test]
    fn every_format_has_a_name_and_endings_of_its_own() {
        for Row { format, name, endings, .. } in Format::ALL {
            assert!(endings.iter().all(|ending| Format::of_ending(ending) == Some(*format)));
            assert_eq!(Format::named(name), Some(*format));
        }
        assert_eq!(Format::of_ending("xml"), None);
    }
}
