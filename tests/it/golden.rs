//! Cases that people can read, each through every face.
//!
//! `testdata/cases/<name>/` holds `input.yaml`, `config.yaml` where the case has one, `expected.yaml` where it
//! is not refused, and `report.snap`. `INSTA_UPDATE=always cargo test --test it golden` writes the last two again.

use std::path::{Path, PathBuf};

use otel_inject::value::Value;
use otel_inject::yaml::split_documents;

use crate::common::binary::{Run, binary, fed_bytes};
use crate::common::{documents, entries, file_name, item, testdata};

struct Case {
    name: String,
    folder: PathBuf,
    input: Vec<u8>,
    config: Option<String>,
    /// What is printed; none where the input is refused.
    expected: Option<Vec<u8>>,
}

const FILES: &[&str] = &["input.yaml", "config.yaml", "expected.yaml", "report.snap"];

fn cases() -> Vec<Case> {
    let case = |folder: PathBuf| {
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let input = read("input.yaml").unwrap_or_else(|| panic!("{} has no input.yaml", folder.display()));
        let config = read("config.yaml").map(|config| String::from_utf8(config).expect("UTF-8"));
        Case { name: file_name(&folder), input, config, expected: read("expected.yaml"), folder }
    };
    entries(&testdata("cases")).into_iter().map(case).collect()
}

impl Case {
    /// The arguments before which a subcommand and after which paths may stand.
    fn flags(&self) -> Vec<String> {
        let config = self.folder.join("config.yaml").to_string_lossy().into_owned();
        self.config.as_ref().map(|_| vec!["--config".to_owned(), config]).unwrap_or_default()
    }

    fn run(&self, folder: &Path, args: &[&str], stdin: &[u8]) -> Run<Vec<u8>> {
        let flags = self.flags();
        let args: Vec<&str> = args.iter().copied().chain(flags.iter().map(String::as_str)).collect();
        fed_bytes(binary(folder).args(&args), stdin)
    }

    #[track_caller]
    fn expect_stream(&self, face: &str, run: &Run<Vec<u8>>) {
        let name = &self.name;
        let expected = self.expected.clone().unwrap_or_default();
        assert_eq!(run.code, i32::from(self.expected.is_none()), "{name} through {face}: {}", run.stderr);
        assert_eq!(
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&expected),
            "{name} through {face}"
        );
        assert_eq!(run.stdout, expected, "{name} through {face}");
    }
}

fn updates() -> bool {
    std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always")
}

/// The folder is where the binary runs; the filter reads nothing from it.
fn nowhere() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_stream_comes_out_as_expected_with_its_report() {
    let folder = nowhere();
    for mut case in cases() {
        let run = case.run(folder.path(), &[], &case.input);
        if updates() {
            let path = case.folder.join("expected.yaml");
            if run.code == 0 {
                std::fs::write(path, &run.stdout).expect("an expected output");
                case.expected = Some(run.stdout.clone());
            } else {
                case.expected = None;
                // There may be none.
                let _ = std::fs::remove_file(path);
            }
        }
        case.expect_stream("a stream", &run);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&case.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("report", run.stderr));
    }
}

#[test]
fn files_come_out_as_expected() {
    for case in cases() {
        let folder = nowhere();
        let path = folder.path().join("input.yaml");
        std::fs::write(&path, &case.input).expect("a file");
        let printed = case.run(folder.path(), &["inject", "input.yaml"], b"");
        case.expect_stream("a file", &printed);
        assert!(
            std::fs::read(&path).expect("the file") == case.input,
            "{}: printing writes nothing",
            case.name
        );

        let written = case.run(folder.path(), &["inject", "--in-place", "input.yaml"], b"");
        assert_eq!(written.code, printed.code, "{} in place: {}", case.name, written.stderr);
        assert!(written.stdout.is_empty(), "{} in place prints nothing", case.name);
        let bytes = std::fs::read(&path).expect("the file");
        assert!(bytes == *case.expected.as_ref().unwrap_or(&case.input), "{} in place", case.name);
        assert_eq!(entries(folder.path()).len(), 1, "{} in place leaves nothing behind", case.name);
    }
}

/// A literal that the end of the text cuts short is another value where something follows.
const OF_THE_STREAM_ONLY: &str = "no-final-newline-after-a-literal";

/// The documents as items of a `ResourceList`, their text as it is but for the indent.
fn resource_list(stream: &str, config: Option<&str>) -> String {
    let mut list = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    let stream = stream.trim_start_matches('\u{feff}');
    for range in split_documents(stream.as_bytes()) {
        let is_filled = documents(&stream[range.clone()]).is_ok_and(|documents| !documents.is_empty());
        if !is_filled {
            continue;
        }
        let mut lines: Vec<&str> = stream[range].split_inclusive('\n').collect();
        lines.retain(|line| !["...", "%"].iter().any(|mark| line.starts_with(mark)));
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some_and(|line| {
            line.trim().is_empty()
                || line.starts_with('#')
                || line.trim_end() == "---"
                || line.starts_with("--- #")
        }) {
            lines.next();
        }
        let text: String = lines.collect();
        list.push_str(&item(text.trim_start_matches("--- ")));
    }
    if let Some(config) = config {
        list.push_str("functionConfig:\n");
        list.extend(config.lines().map(|line| format!("  {line}\n")));
    }
    list
}

#[test]
fn a_resource_list_comes_out_with_the_same_resources_and_the_findings_as_results() {
    let folder = nowhere();
    for case in cases() {
        let name = &case.name;
        if name == OF_THE_STREAM_ONLY {
            continue;
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let config = case.config.as_deref();
        let list = resource_list(&text(&case.input), config);
        let run = fed_bytes(&mut binary(folder.path()), list.as_bytes());
        assert_eq!(run.code, i32::from(case.expected.is_none()), "{name}: {}", run.stderr);
        let expected = resource_list(&text(case.expected.as_ref().unwrap_or(&case.input)), config);
        let printed = text(&run.stdout);
        let own = printed.split_once("results:\n").map_or(printed.as_str(), |(own, _)| own);
        // The list's lines end as those of its first do.
        assert_eq!(own.replace("\r\n", "\n"), expected.replace("\r\n", "\n"), "{name}");

        let wanted = documents(&expected).expect("a list of what is expected").remove(0);
        let actual = documents(&printed).expect("a ResourceList").remove(0);
        assert_eq!(actual["items"], wanted["items"], "{name}");
        let codes: Vec<&Value> = actual["results"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|result| &result["tags"]["code"])
            .collect();
        let lines = run.stderr.lines().filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0));
        assert_eq!(codes, lines.collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn a_second_run_over_an_expected_output_changes_nothing() {
    let folder = nowhere();
    for case in cases() {
        let Some(expected) = &case.expected else { continue };
        let run = case.run(folder.path(), &[], expected);
        assert!(run.code == 0 && run.stdout == *expected, "{}: {}", case.name, run.stderr);
    }
}

#[test]
fn no_golden_file_is_stale() {
    let cases = cases();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    for case in cases {
        for file in entries(&case.folder) {
            assert!(FILES.contains(&file_name(&file).as_str()), "{} belongs to nothing", file.display());
        }
        let report = std::fs::read_to_string(case.folder.join("report.snap"));
        let report = report.unwrap_or_else(|_| panic!("{} has no report.snap", case.name));
        let is_refused = report.lines().any(|line| line.starts_with("error["));
        let name = &case.name;
        assert_eq!(case.expected.is_none(), is_refused, "{name} has an expected.yaml unless it is refused");
        let is_changed = case.expected.is_some_and(|expected| expected != case.input);
        let is_injected = report.lines().any(|line| line.starts_with("info[injected]"));
        assert_eq!(is_changed, is_injected && !is_refused, "{name} reports what it changes");
    }
}
