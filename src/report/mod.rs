//! Findings in their output formats: lines for people, results for hosts, JSON, SARIF, the reference.

use anstyle::{AnsiColor, Style};
use serde_json::{Map, Value, json};

use crate::change::unescape;
use crate::finding::{Code, Finding, Injection, Origin, Position, Severity, Subject};

#[cfg(feature = "cli")]
mod excerpt;
#[cfg(feature = "cli")]
mod full;
mod github;
mod invisible;
#[cfg(feature = "cli")]
pub mod listing;
mod markdown;
mod reference;
mod run;
mod sarif;
mod view;

use invisible::{escaped_json, is_invisible};
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
            write: concise,
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
            write: concise,
        },
        Row {
            format: Self::Json,
            name: "json",
            what: "everything, for programs",
            endings: &["json"],
            write: |view| pretty(&json(view.run, view.findings)),
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

/// The numbers of findings, by category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Totals {
    injected: usize,
    updated: usize,
    current: usize,
    uninjected: usize,
    skipped: usize,
    errors: usize,
    warnings: usize,
    /// Added if no error fails the run.
    reason: &'static str,
    has_failed: bool,
    /// Words before the action on workloads.
    would: &'static str,
}

impl Totals {
    fn count(run: Run, findings: &[Finding]) -> Self {
        let has_failed = findings.iter().any(|finding| run.fails(finding));
        let count =
            |wanted: &dyn Fn(&Finding) -> bool| findings.iter().filter(|finding| wanted(finding)).count();
        Self {
            injected: count(&|finding| finding.code == Code::Injected),
            updated: count(&|finding| finding.code == Code::Updated),
            current: count(&|finding| finding.code == Code::UpToDate),
            uninjected: count(&|finding| finding.code == Code::Uninjected),
            skipped: count(&|finding| finding.code == Code::AlreadyInstrumented),
            errors: count(&|finding| finding.severity == Severity::Error),
            warnings: count(&|finding| finding.severity == Severity::Warning),
            reason: if has_failed { run.reason() } else { "" },
            has_failed,
            would: if run.purpose == Purpose::Write { "" } else { "would be " },
        }
    }

    fn line(self) -> String {
        let plural =
            |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let changed =
            [(self.injected, "injected"), (self.updated, "updated"), (self.uninjected, "uninjected")];
        let total: usize = changed.iter().map(|(count, _)| count).sum();
        // A failed run changes nothing.
        let nothing = if self.has_failed && total > 0 { "0 of " } else { "" };
        let others = [(self.current, "up to date"), (self.skipped, "without a record")];
        let would = self.would;
        let changed = changed.iter().map(|(count, what)| (*count, format!("{count} {would}{what}")));
        let others = others.iter().map(|(count, what)| (*count, format!("{count} {what}")));
        let parts = changed.chain(others).filter(|(count, _)| *count > 0);
        let mut parts: Vec<String> = parts.map(|(_, part)| part).collect();
        if total == 0 && self.current == 0 {
            parts.insert(0, format!("0 {would}injected"));
        }
        format!(
            "otel-inject: {nothing}{}, {}, {}{}\n",
            parts.join(", "),
            plural(self.errors, "error"),
            plural(self.warnings, "warning"),
            if self.errors == 0 { self.reason } else { "" },
        )
    }
}

/// A line per finding, then the totals.
fn concise(view: &View<'_>) -> String {
    let mut lines = String::new();
    for finding in view.wanted() {
        lines.push_str(&line(finding, view.paint));
        if view.detail == Detail::Reasons {
            lines.push_str(&format!("  why: {}\n", finding.code.page().why));
        }
    }
    if view.detail != Detail::Errors {
        lines.push_str(&Totals::count(view.run, view.findings).line());
        lines.push_str(&view.by_code());
    }
    lines
}

/// The address of a code's page, if the package says where its repository is.
fn page_url(code: Code) -> Option<String> {
    page_in(env!("CARGO_PKG_REPOSITORY"), code)
}

fn page_in(repository: &str, code: Code) -> Option<String> {
    (!repository.is_empty()).then(|| format!("{repository}/blob/HEAD/docs/findings.md#{}", code.id()))
}

/// `error[code] file:12:5 Deployment shop/web: message (/spec/…): help: …`, always on one line: hosts split reports by
/// line, and no input may control a terminal.
#[must_use]
pub fn line(finding: &Finding, paint: Paint) -> String {
    let severity = finding.severity.as_str();
    let style = match finding.severity {
        _ if paint == Paint::Plain => Style::new(),
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Info => AnsiColor::Cyan.on_default().bold(),
    };
    let mut line = format!("{style}{severity}{style:#}[{}]", finding.code);
    if let Some(position) = finding.place() {
        line.push(' ');
        line.push_str(&flat(&place(&position)));
    }
    if let Some(subject) = &finding.subject {
        line.push(' ');
        line.push_str(&flat(&subject.to_string()));
    }
    line.push_str(": ");
    line.push_str(&flat(&finding.message));
    if !finding.pointer.is_empty() {
        line.push_str(&flat(&format!(" ({})", finding.pointer)));
    }
    if finding.severity != Severity::Info && !finding.help.is_empty() {
        line.push_str(": help: ");
        line.push_str(&flat(&finding.help));
    }
    line.push('\n');
    line
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
    let mut flat = String::with_capacity(text.len());
    for character in text.trim_end().chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' if flat.ends_with(' ') => {}
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => flat.push(' '),
            _ if is_invisible(character) => flat.extend(character.escape_unicode()),
            _ => flat.push(character),
        }
    }
    flat
}

/// A finding as an entry of a `ResourceList`'s `results`.
#[must_use]
pub fn krm(finding: &Finding) -> Value {
    let has_help = finding.severity != Severity::Info && !finding.help.is_empty();
    let help = if has_help { format!(": help: {}", finding.help) } else { String::new() };
    let mut result = Map::new();
    result.insert("message".to_owned(), flat(&format!("{}{help}", finding.message)).into());
    result.insert("severity".to_owned(), finding.severity.as_str().into());
    if let Some(subject) = &finding.subject {
        result.insert("resourceRef".to_owned(), resource(subject));
    }
    if !finding.pointer.is_empty() {
        result.insert("field".to_owned(), json!({"path": field_path(&finding.pointer)}));
    }
    if let Some(file) = file(finding) {
        result.insert("file".to_owned(), file);
    }
    let mut tags = Map::from_iter([("code".to_owned(), Value::from(finding.code.id()))]);
    if let Some(position) = finding.place().filter(|position| position.line > 0) {
        tags.insert("line".to_owned(), position.line.to_string().into());
        tags.insert("column".to_owned(), position.column.to_string().into());
    }
    result.insert("tags".to_owned(), tags.into());
    Value::Object(result)
}

/// The file of a finding, with the resource's index in it if known.
fn file(finding: &Finding) -> Option<Value> {
    let mut file = json!({"path": finding.place()?.file?});
    if let Some(Origin { index: Some(index), .. }) = &finding.origin {
        file["index"] = (*index).into();
    }
    Some(file)
}

/// A pointer in the path syntax of KRM hosts: `spec.containers[0].name`, with unusual keys as `["a.b/c"]`.
fn field_path(pointer: &str) -> String {
    let mut path = String::new();
    for token in pointer.split('/').skip(1).map(unescape) {
        let is_index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = !token.is_empty()
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if is_index {
            path.push_str(&format!("[{token}]"));
        } else if is_word {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&token);
        } else {
            path.push_str(&format!("[{}]", Value::from(token)));
        }
    }
    path
}

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

fn json(run: Run, findings: &[Finding]) -> Value {
    let entry = |finding: &Finding| {
        let mut entry = Map::from_iter([
            ("code".to_owned(), Value::from(finding.code.id())),
            ("severity".to_owned(), finding.severity.as_str().into()),
        ]);
        if let Some(subject) = &finding.subject {
            entry.insert("resource".to_owned(), resource(subject));
        }
        if !finding.pointer.is_empty() {
            entry.insert("pointer".to_owned(), finding.pointer.as_str().into());
        }
        if let Some(position) = finding.place() {
            if let Some(file) = &position.file {
                entry.insert("file".to_owned(), file.as_str().into());
            }
            if position.line > 0 {
                entry.insert("line".to_owned(), position.line.into());
                entry.insert("column".to_owned(), position.column.into());
                if let Some(end) = position.end() {
                    entry.insert("endColumn".to_owned(), end.into());
                }
            }
        }
        entry.insert("message".to_owned(), finding.message.as_str().into());
        entry.insert("help".to_owned(), (*finding.help).into());
        if !finding.injections.is_empty() {
            let injection = |Injection { language, containers, images }: &Injection| json!({"language": language, "containers": containers, "images": images});
            entry.insert("injections".to_owned(), finding.injections.iter().map(injection).collect());
        }
        Value::Object(entry)
    };
    let totals = Totals::count(run, findings);
    let written = |count: usize| if totals.has_failed { 0 } else { count };
    json!({
        "findings": findings.iter().map(entry).collect::<Vec<_>>(),
        "totals": {
            "injected": written(totals.injected),
            "updated": written(totals.updated),
            "upToDate": totals.current,
            "uninjected": written(totals.uninjected),
            "alreadyInstrumented": totals.skipped,
            "errors": totals.errors,
            "warnings": totals.warnings,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn finding() -> Finding {
        Finding::new(Code::UnknownContainer, "/metadata/annotations/a.b~1c", "no container \"x\"\nin the pod")
            .help("Use app.")
            .about(Subject {
                api_version: "apps/v1".to_owned(),
                kind: "Deployment".to_owned(),
                namespace: Some("shop".to_owned()),
                name: "web".to_owned(),
            })
            .at(Position { file: Some("a b.yaml".to_owned()), line: 12, column: 5, end_column: 9 })
    }

    #[test]
    fn a_finding_is_one_line() {
        assert_eq!(
            line(&finding(), Paint::Plain),
            "error[unknown-container] a b.yaml:12:5 Deployment shop/web: no container \"x\" in the pod \
             (/metadata/annotations/a.b~1c): help: Use app.\n"
        );
    }

    #[test]
    fn colour_is_around_the_severity_alone() {
        assert!(
            line(&finding(), Paint::Coloured)
                .starts_with("\u{1b}[1m\u{1b}[31merror\u{1b}[0m[unknown-container] a b")
        );
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
    fn a_result_names_resource_field_file_and_code() {
        assert_eq!(
            krm(&finding()),
            json!({
                "message": "no container \"x\" in the pod: help: Use app.",
                "severity": "error",
                "resourceRef": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web"},
                "field": {"path": "metadata.annotations[\"a.b/c\"]"},
                "file": {"path": "a b.yaml"},
                "tags": {"code": "unknown-container", "line": "12", "column": "5"},
            })
        );
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
        let entry = &json(Run::default(), std::slice::from_ref(&finding))["findings"][0];
        assert_eq!((&entry["file"], &entry["line"]), (&json!("base/web.yaml"), &Value::Null));
        let github = Format::Github.report(&View::plain(Run::default(), &[finding]));
        assert!(github.starts_with("::error file=base/web.yaml,title="), "{github}");
    }

    #[test]
    fn paths_are_those_of_krm() {
        assert_eq!(field_path("/spec/containers/0/name"), "spec.containers[0].name");
        assert_eq!(field_path("/a~0b"), "[\"a~b\"]");
        assert_eq!(field_path(""), "");
    }

    #[test]
    fn totals_count_by_severity_and_by_what_happened() {
        let findings = [finding(), Finding::new(Code::Injected, "", "nodejs into app")];
        assert!(
            concise(&View::plain(Run::default(), &findings))
                .ends_with("otel-inject: 0 of 1 injected, 1 error, 0 warnings\n")
        );
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
