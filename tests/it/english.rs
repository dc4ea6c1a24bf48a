//! Plain English: phrases that we have swept out must not come back, and commit subjects stay short.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Phrases that nobody says aloud, and what to write instead. Lower case; matched as whole words, across lines.
const TICS: &[(&str, &str)] = &[
    ("anew", "again"),
    ("as far as", "if, where"),
    ("as it were", "leave it out"),
    ("be it", "even, whether, including"),
    ("by right", "leave it out"),
    ("by rights", "leave it out"),
    ("come into being", "is created"),
    ("comes into being", "is created"),
    ("without a word", "silently"),
    ("is said", "is reported"),
    ("is told", "is configured with, is given"),
    ("none where", "none if, empty if"),
    ("stands in", "is in"),
    ("stands twice", "duplicate, is set twice"),
];

/// Commits up to this one are from before the limit and keep their subjects.
const LAST_UNCHECKED_COMMIT: &str = "579d030ea0ef";
const LONGEST_SUBJECT: usize = 72;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `folder` with this extension.
fn files(folder: &Path, extension: &str, is_deep: bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if is_deep {
                files(&path, extension, is_deep, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// The lines of a file with their numbers. Of tests only the module docs count: they may quote what they like.
fn lines<'t>(path: &Path, text: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    let is_test = path.starts_with(root().join("tests"));
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    numbered.filter(move |(_, line)| !is_test || line.starts_with("//!"))
}

/// The words of a line in lower case, without the marks of comments and of strings that go on.
fn words(line: &str) -> impl Iterator<Item = String> {
    let line = line.trim_start_matches(['/', '!', '#', '>']).trim_end_matches('\\');
    let is_in_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '\'' | '_' | '-');
    line.split(move |letter| !is_in_word(letter)).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The tics of a text, with the lines that they begin on.
fn tics<'t>(lines: impl Iterator<Item = (usize, &'t str)>) -> Vec<(usize, &'static str, &'static str)> {
    let words: Vec<(usize, String)> =
        lines.flat_map(|(number, line)| words(line).map(move |word| (number, word))).collect();
    let is_at = |at: usize, tic: &str| {
        let rest = words[at..].iter().map(|(_, word)| word.as_str());
        rest.chain([""; 8]).zip(tic.split(' ')).all(|(word, wanted)| word == wanted)
    };
    (0..words.len())
        .flat_map(|at| TICS.iter().filter(move |(tic, _)| is_at(at, tic)).map(move |tic| (at, tic)))
        .map(|(at, (tic, better))| (words[at].0, *tic, *better))
        .collect()
}

#[test]
fn the_prose_is_plain() {
    let mut paths = Vec::new();
    for folder in ["", "fuzz"] {
        files(&root().join(folder), "md", false, &mut paths);
    }
    for folder in ["docs", "examples", "functions"] {
        files(&root().join(folder), "md", true, &mut paths);
    }
    // Messages, help texts and module docs are all in here.
    for folder in ["src", "tests"] {
        files(&root().join(folder), "rs", true, &mut paths);
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(root()).expect("below the root").display();
        for (line, tic, better) in tics(lines(&path, &text)) {
            found.push(format!("{name}:{line}: \"{tic}\" (better: {better})"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn tics_are_found_across_lines_and_only_as_whole_words() {
    let text = "/// A list comes\n/// into being. Maybe it is, as it weren't.\nlet a = \"Skipped without \\\n  a word\";";
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let found: Vec<(usize, &str)> = tics(lines).into_iter().map(|(line, tic, _)| (line, tic)).collect();
    assert_eq!(found, [(1, "comes into being"), (3, "without a word")]);
}

/// Says nothing where there is no Git, no repository, or not enough of its history.
#[test]
fn commit_subjects_are_short() {
    if !root().join(".git").exists() {
        return;
    }
    let range = format!("{LAST_UNCHECKED_COMMIT}..HEAD");
    let log = Command::new("git")
        .args(["log", "--max-count=50", "--format=%h %s", &range])
        .current_dir(root())
        .output();
    let Ok(log) = log.map(|log| String::from_utf8_lossy(&log.stdout).into_owned()) else { return };
    let subjects = log.lines().filter_map(|line| line.split_once(' '));
    let long: Vec<_> = subjects.filter(|(_, subject)| subject.chars().count() > LONGEST_SUBJECT).collect();
    assert!(long.is_empty(), "more than {LONGEST_SUBJECT} characters: {long:#?}");
}
