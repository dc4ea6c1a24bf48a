//! Every code of finding in a run that a user could make.
//!
//! `testdata/findings/<code>/` holds the inputs, and in `cmd` the command as it is typed there: no shell runs it, but
//! `< FILE` is understood. Snapshots have what people read; `INSTA_UPDATE=always cargo test --test it codes` writes
//! them again. Inputs with a record were written by `inject --in-place`; when what is injected changes, so must they.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use otel_inject::finding::{Code, Severity};
use otel_inject::value::Value;
use tempfile::TempDir;

use crate::common::binary::{Run, binary, fed};
use crate::common::{entries, file_name, testdata};

/// Codes that no input leads to, with the reason.
const NOT_BY_USERS: &[(Code, &str)] =
    &[(Code::VerifyFailed, "only a bug of ours leads to it: an edited text that is not what was planned")];

/// Codes of findings about a run or a whole file, which have no line.
const WITHOUT_LINE: &[Code] = &[
    Code::ConflictingImageMetadata,
    Code::EmptyInput,
    Code::FileAttributes,
    Code::FoundConfig,
    Code::InvalidImageMetadata,
    Code::Io,
    Code::LeftOut,
    Code::LowCoverage,
    Code::UnusedConfig,
];

/// Makes in a folder what it lacks.
type Prepare = fn(&Path);

/// What is large, or what Git does not keep.
const PREPARED: &[(Code, Prepare)] = &[
    (Code::ConfigTooLarge, |folder| fill(folder, "collector.yaml", "CONDITION", 128 * 1024)),
    (Code::FileAttributes, |folder| {
        fs::hard_link(folder.join("web.yaml"), folder.join("web.yaml.bak")).expect("a second name");
    }),
    (Code::RecordTooLarge, |folder| fill(folder, "web.yaml", "DASHBOARD", 256 * 1024)),
];

/// Puts a text of that many bytes in the place of a word.
fn fill(folder: &Path, file: &str, word: &str, size: usize) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!(text.matches(word).count(), 1, "{file} has one {word}");
    fs::write(&path, text.replace(word, &"x".repeat(size))).expect("a file");
}

/// A command as it is typed: its arguments, and the file on its stdin.
struct Typed {
    line: String,
    args: Vec<String>,
    stdin: Option<String>,
}

impl Typed {
    fn of(folder: &Path) -> Self {
        let name = folder.display();
        let text =
            fs::read_to_string(folder.join("cmd")).unwrap_or_else(|error| panic!("{name}/cmd: {error}"));
        let line = text.trim_end();
        let (command, stdin) = match line.split_once(" < ") {
            Some((command, file)) => (command, Some(file.to_owned())),
            None => (line, None),
        };
        let mut words = command.split(' ').map(str::to_owned);
        assert_eq!(words.next().as_deref(), Some("otel-inject"), "{name}/cmd starts with the program");
        assert_eq!(text, format!("{line}\n"), "{name}/cmd is one line");
        assert!(!line.contains(['\n', '|', '>', '&', ';', '\'', '"', '$']), "{name}/cmd needs a shell");
        Self { line: line.to_owned(), args: words.collect(), stdin }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for path in entries(from) {
        let target = to.join(file_name(&path));
        if path.is_dir() {
            copy(&path, &target);
        } else if file_name(&path) != "cmd" {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// A run of a code's command in a copy of its folder, with further arguments: what was typed and printed, and the
/// findings.
fn told(code: Code, more: &[&str]) -> (Run, String, Vec<Value>) {
    let source = testdata("findings").join(code.page().id);
    let typed = Typed::of(&source);
    let temporary = TempDir::new().expect("a temporary folder");
    // Paths that are printed go through no link, unlike those of temporary folders on some systems.
    let world = temporary.path().canonicalize().expect("a path");
    let folder = world.join("folder");
    copy(&source, &folder);
    let prepared = PREPARED.iter().filter(|(prepared, _)| *prepared == code);
    prepared.for_each(|(_, prepare)| prepare(&folder));
    let stdin = typed.stdin.as_ref().map(|file| fs::read(folder.join(file)).expect("a file for stdin"));
    let report = world.join("report.json");
    let mut command = binary(&folder);
    let run =
        fed(command.args(&typed.args).args(more).arg("--report").arg(&report), &stdin.unwrap_or_default());
    let report =
        fs::read_to_string(&report).unwrap_or_else(|error| panic!("{code}: {error}: {}", run.stderr));
    let mut report: Value = serde_json::from_str(&report).expect("JSON");
    let Value::Array(findings) = report["findings"].take() else { panic!("{code}: no findings") };
    // The report of `check` is on stdout; what others print there are manifests, patches or images.
    let is_check = typed.args.first().is_some_and(|arg| arg == "check");
    let stdout = if is_check { &*run.stdout } else { "" };
    let line = [&[&*typed.line], more].concat().join(" ");
    let shown = format!("$ {line}\n{stdout}{}--- exit code {}", run.stderr, run.code);
    let shown = shown.replace(&*world.to_string_lossy(), "TEMPORARY");
    (run, shown, findings.to_vec())
}

#[test]
fn every_code_has_a_folder_and_every_folder_a_code() {
    let folders: BTreeMap<String, bool> =
        entries(&testdata("findings")).iter().map(|path| (file_name(path), path.is_dir())).collect();
    for code in Code::ALL {
        let id = code.page().id;
        let reason = NOT_BY_USERS.iter().find(|(left_out, _)| left_out == code).map(|(_, reason)| reason);
        match reason {
            None => assert_eq!(folders.get(id), Some(&true), "testdata/findings/{id} is missing"),
            Some(reason) => assert!(!folders.contains_key(id), "testdata/findings/{id} exists, but {reason}"),
        }
    }
    let is_code = |name: &str| Code::ALL.iter().any(|code| code.page().id == name);
    let unknown: Vec<&String> = folders.keys().filter(|name| !is_code(name)).collect();
    assert!(unknown.is_empty(), "testdata/findings has no code of these names: {unknown:?}");
}

#[test]
fn every_code_is_found_where_it_belongs() {
    let by_users = Code::ALL.iter().filter(|code| NOT_BY_USERS.iter().all(|(left_out, _)| left_out != *code));
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| {
        for code in by_users {
            let (run, lines, findings) = told(*code, &[]);
            is_found(*code, &run, &findings);
            let (_, full, of_full) = told(*code, &["--format", "full"]);
            assert_eq!(of_full, findings, "{code}");
            insta::assert_snapshot!(code.page().id, format!("{lines}\n\n{full}"));
        }
    });
}

/// Checks that a run found the code, at a line if it has one, and failed only if the code is an error.
#[track_caller]
fn is_found(code: Code, run: &Run, findings: &[Value]) {
    let page = code.page();
    let context = format!("{code}:\n{}{}", run.stdout, run.stderr);
    let ours: Vec<&Value> = findings.iter().filter(|finding| finding["code"] == page.id).collect();
    assert!(!ours.is_empty(), "not found: {context}");
    let has_line = |finding: &&Value| finding["line"].as_u64().is_some_and(|line| line > 0);
    let expected = if WITHOUT_LINE.contains(&code) { 0 } else { ours.len() };
    assert_eq!(ours.iter().copied().filter(has_line).count(), expected, "lines: {context}");
    let is_error = page.severity == Severity::Error;
    assert_eq!(run.code != 0, is_error, "exit code {}: {context}", run.code);
    let others =
        findings.iter().filter(|finding| finding["severity"] == "error" && finding["code"] != page.id);
    assert_eq!(others.count(), 0, "another error: {context}");
}
