//! What is not parsed is passed on as if it had been parsed.

use std::path::Path;

use otel_inject::config::{Recording, Settings, function};
use otel_inject::engine::{Output, Task, run};
use otel_inject::finding::Code;
use otel_inject::value::json;
use otel_inject::yaml::edited;
use otel_inject::{Role, Source};
use proptest::prelude::*;

use crate::common::testdata;

/// A comment after which a text is not simple, because readers disagree on the character.
const MARK: &str = " # \u{2028}";

/// The same text with the mark in each resource that begins with its `apiVersion`, so that all of these are parsed.
/// No line changes its place. A version that goes on in the next line gets no mark.
fn marked(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mark = |(index, line): (usize, &&str)| {
        let content = line.trim_end_matches(['\n', '\r']);
        let key = content.trim_start_matches(' ');
        let key = key.strip_prefix("- ").unwrap_or(key);
        let is_word =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte));
        let next = lines[index + 1..].iter().find(|line| !line.trim().is_empty());
        let goes_on = next.is_some_and(|next| indent(next) > content.len() - key.len());
        match key.strip_prefix("apiVersion: ") {
            Some(version) if is_word(version) && !goes_on => {
                format!("{content}{MARK}{}", &line[content.len()..])
            }
            _ => (*line).to_owned(),
        }
    };
    lines.iter().enumerate().map(mark).collect()
}

/// Everything that a run returns, without the mark and without columns, because the mark makes lines longer.
fn result(text: &str, role: Role, settings: &Settings, task: Task) -> (String, String) {
    let Output { edits, mut findings, unreadable, patches, images, workloads, resources } =
        run(&[Source { file: None, text: text.as_bytes(), role }], settings, task);
    for finding in &mut findings {
        if matches!(finding.code, Code::UnparsedDocument | Code::InvalidYaml) {
            // The mark moves the place where reading fails.
            (finding.message, finding.position) = (String::new(), None);
        }
        let related = finding.related.iter_mut().filter_map(|related| related.position.as_mut());
        for position in finding.position.iter_mut().chain(related) {
            (position.column, position.end_column, position.offset) = (0, 0, 0);
        }
    }
    let workloads: Vec<_> = workloads.iter().map(|workload| (&workload.subject, workload.lines)).collect();
    let rest = format!("{findings:#?} {unreadable} {patches:#?} {images:?} {workloads:?} {resources}");
    (edited(text, &edits[0]).replace(MARK, ""), rest.replace(&MARK.escape_debug().to_string(), ""))
}

fn all_settings() -> [Settings; 2] {
    let config = json!({
        "apiVersion": "otel-inject.dev/v1alpha1",
        "kind": "OtelInject",
        "spec": {
            "instrumentation": {"exporter": {"endpoint": "http://collector:4318"}},
            "rules": [{"select": {"kinds": ["Deployment"]}, "inject": "java"}],
        },
    });
    let settings = [Settings::default(), function::parse(&config).expect("a config").0];
    // A record has checksums, and the mark may be in a text.
    settings.map(|settings| Settings { record: Recording::None, ..settings })
}

/// Compares the run with one that parses everything.
fn compare(name: &str, text: &str, settings: &Settings) {
    let marked = marked(text);
    for role in [Role::Stream, Role::ResourceList] {
        for task in [Task::Inject, Task::Patch, Task::List, Task::Uninject] {
            let (as_is, parsed) = (result(text, role, settings, task), result(&marked, role, settings, task));
            assert_eq!(as_is.0, parsed.0, "{name} {role:?} {task:?}");
            assert_eq!(as_is.1, parsed.1, "{name} {role:?} {task:?}");
        }
    }
}

fn files(folder: &Path, visit: &mut impl FnMut(&str, &str)) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files(&entry, visit);
        } else if let Ok(text) = std::fs::read_to_string(&entry) {
            visit(&entry.display().to_string(), &text);
        }
    }
}

#[test]
fn recorded_texts_come_out_as_if_all_were_parsed() {
    let settings = all_settings();
    for folder in ["cases", "findings", "hostile", "krm-wire"] {
        files(&testdata(folder), &mut |name, text| {
            if text.contains("apiVersion: ") && text.len() < 200_000 {
                settings.iter().for_each(|settings| compare(name, text, settings));
            }
        });
    }
}

const WORKLOAD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      \
                        containers:\n      - name: app\n        image: web:1\n";
const ASKING: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: db\nspec:\n  template:\n    metadata:\n      \
                      annotations:\n        instrumentation.opentelemetry.io/inject-java: 'true'\n    spec:\n      \
                      containers:\n      - name: app\n        image: db:1\n";

const RESOURCES: &[&str] = &[
    WORKLOAD,
    ASKING,
    "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata:\n  name: default\nspec:\n  exporter:\n    endpoint: http://c:4318\n",
    "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  annotations:\n    instrumentation.opentelemetry.io/inject-java: 'true'\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: |\n    - \"b\n    ---\n  c: \"d\n    e\"\n",
    "apiVersion: v1\nkind: Service\nspec: &a\n  selector: {app: web}\nstatus: *a\n",
    "apiVersion: v1\nkind: Role\nrules:\n- verbs: [get]\n  apiGroups: ['']\n",
];

const PIECES: &[&str] = &[
    "\n",
    "  ",
    "x: \"",
    "\"\n",
    "x: '\n",
    "- ",
    "'",
    "|\n",
    "---\n",
    "...\n",
    "# c\n",
    "\t",
    "\r\n",
    "{",
    "}\n",
    "[",
    "]\n",
    "&a ",
    "*a\n",
    "kind: Pod\n",
    "? ",
    ": ",
    "\u{feff}",
    "\\",
    "%TAG ! !x\n",
    "items:\n",
    "data:\n",
];

/// The resources as a stream or as the items of a list, with pieces in between and inside.
fn text(resources: &[&str], pieces: &[(usize, &str)], form: usize) -> String {
    let item = |resource: &&str| {
        let lines = resource.lines().map(|line| format!("  {line}\n")).collect::<String>();
        lines.replacen(' ', "-", 1)
    };
    let mut text = match form {
        0 => resources.join("---\n"),
        1 => {
            format!("apiVersion: v1\nkind: List\nitems:\n{}", resources.iter().map(item).collect::<String>())
        }
        _ => {
            let items = resources.iter().map(item).collect::<String>();
            format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}results: []\n")
        }
    };
    for (at, piece) in pieces {
        let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let at = breaks.get(at % (breaks.len() + 1)).copied().unwrap_or_default();
        text.insert_str(at, piece);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 200 } else { 2_000 }))]

    #[test]
    fn texts_by_chance_come_out_as_if_all_were_parsed(
        resources in proptest::collection::vec(proptest::sample::select(RESOURCES), 1..5),
        pieces in proptest::collection::vec((0..200usize, proptest::sample::select(PIECES)), 0..4),
        form in 0..3usize,
    ) {
        let text = text(&resources, &pieces, form);
        for settings in &all_settings() {
            compare("by chance", &text, settings);
        }
    }
}
