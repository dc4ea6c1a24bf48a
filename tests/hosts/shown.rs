//! What pages tell people to type is run, and what they show of runs is what runs print.
//!
//! A page is a script. Its blocks are run from top to bottom, in a folder that has the examples, a chart and a cluster
//! of files. The language of a block says what happens to it, or a comment in the line above it:
//!
//! | block | what happens |
//! |---|---|
//! | `console` | the command in its first line is run, and prints the other lines |
//! | `sh` | the commands are run, and succeed |
//! | `yaml` | it is a part of a file: well-formed, and if it is an `OtelInject`, a good one |
//! | `<!-- file: NAME -->` | it is written to a file |
//! | `<!-- shows: COMMAND -->` | the command is run, and prints the block |
//! | `<!-- exits: CODE -->` | the commands are run, and exit with this code |
//! | `<!-- not run: REASON -->` | nothing |
//!
//! A comment `<!-- seen: MESSAGE | COMMAND -->` may be anywhere: the command prints a message that the page quotes.
//! Every message in the first column of a table "you see" has one.
//!
//! In what is shown, a line `…` stands for lines that are left out, and `…` at the end of a line for its rest.

use std::fs;
use std::ops::RangeBounds;
use std::os::unix::fs::symlink;

use libtest_mimic::Trial;
use otel_inject::value::Value;

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION};
use crate::tools::Tool;
use crate::trial;
use crate::world::{World, repository, text};

/// The blocks of a page that are run together.
struct Part {
    page: &'static str,
    /// The heading `##` that they are below; all blocks if empty.
    below: &'static str,
    needs: &'static [Tool],
}

const fn part(page: &'static str, below: &'static str, needs: &'static [Tool]) -> Part {
    Part { page, below, needs }
}

const PARTS: &[Part] = &[
    part("README.md", "", &[]),
    part("docs/action.md", "", &[]),
    part("docs/ci.md", "", &[]),
    part("docs/commands.md", "", &[]),
    part("docs/config.md", "", &[]),
    part("docs/faq.md", "", &[Tool::Kustomize]),
    part("docs/from-operator.md", "", &[Tool::Kubectl]),
    part("docs/from-patches.md", "", &[Tool::Kustomize, Tool::Kubectl]),
    part("docs/helm.md", "Helm 3", &[Tool::Helm3]),
    part("docs/helm.md", "Helm 4", &[Tool::Helm4]),
    part("docs/image-volumes.md", "", &[]),
    part("docs/images.md", "", &[]),
    part("docs/kpt.md", "", &[Tool::Kpt]),
    part("docs/kubectl.md", "", &[Tool::Kubectl]),
    part("docs/kustomize.md", "", &[Tool::Kustomize]),
    part("docs/layout.md", "", &[Tool::Kustomize]),
    part("docs/list.md", "", &[]),
    part("docs/pipes.md", "", &[Tool::Kustomize]),
    part("docs/quick-start.md", "", &[]),
    part("docs/record.md", "", &[]),
    part("docs/releasing.md", "", &[]),
    part("docs/reports.md", "", &[]),
    part("docs/support.md", "", &[]),
    part("examples/kustomize-patches/README.md", "", &[Tool::Kustomize]),
    part("examples/kustomize-rules/README.md", "", &[Tool::Kustomize]),
    part("examples/layout/README.md", "", &[Tool::Kustomize]),
    part("examples/nodejs-and-go/README.md", "", &[Tool::Kpt]),
    part("examples/sidecar-and-nodejs/README.md", "", &[Tool::Kpt, Tool::Kustomize]),
    part("functions/helm4-plugin/README.md", "", &[Tool::Helm4]),
    part("functions/krew/README.md", "", &[]),
    part("functions/kustomize-plugin/README.md", "", &[Tool::Kubectl]),
];

/// Pages whose blocks nobody runs here, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("docs/argo-cd.md", "it needs a repository's settings: tests/hosts/argo_cd.rs"),
    (
        "docs/findings.md",
        "its blocks are examples of what is wrong; testdata/findings has a run of each code",
    ),
    ("docs/flux.md", "it needs a folder of its own: tests/hosts/flux.rs"),
    ("docs/image.md", "it needs Docker and a registry: tests/hosts/image.rs"),
    ("docs/other-hosts.md", "it needs stand-ins: tests/hosts/other_hosts.rs"),
    ("docs/pre-commit.md", "it needs a repository with commits: tests/hosts/pre_commit.rs"),
];

/// The tests of all pages.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    let parts = PARTS.iter().map(|part| {
        let name = format!("the_page {} {}", part.page, part.below);
        trial(name.trim_end(), part.needs, || is_real(part))
    });
    parts.chain([trial("every_block_of_every_page_is_known", &[], every_block_is_known)])
}

/// A step through a page.
#[derive(Debug)]
struct Step {
    /// The heading `##` above it.
    below: String,
    /// What to do with the block; empty where its language says it.
    comment: Option<(String, String)>,
    language: String,
    lines: Vec<String>,
}

const COMMENTS: [&str; 5] = ["file", "shows", "exits", "not run", "seen"];

/// The steps of a page from top to bottom.
fn steps(page: &str) -> Vec<Step> {
    let text = text(page);
    let mut lines = text.lines();
    let (mut steps, mut below, mut comment) = (Vec::new(), String::new(), None);
    while let Some(line) = lines.next() {
        let unindented = line.trim_start();
        let indent = line.len() - unindented.len();
        if let Some(language) = unindented.strip_prefix("```") {
            let block = lines.by_ref().take_while(|line| line.trim_start() != "```");
            let block = block.map(|line| line.get(indent..).unwrap_or_default().to_owned()).collect();
            steps.push(Step {
                below: below.clone(),
                comment: comment.take(),
                language: language.to_owned(),
                lines: block,
            });
            continue;
        }
        assert!(comment.is_none(), "{page}: a block must follow {comment:?}");
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut below);
        }
        let inner = unindented.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let known = inner.and_then(|inner| inner.split_once(": ")).filter(|(key, _)| COMMENTS.contains(key));
        match known {
            Some(("seen", value)) => steps.push(Step {
                below: below.clone(),
                comment: Some(("seen".to_owned(), value.to_owned())),
                language: String::new(),
                lines: Vec::new(),
            }),
            Some((key, value)) => comment = Some((key.to_owned(), value.to_owned())),
            None => {}
        }
    }
    assert!(comment.is_none(), "{page}: a block must follow {comment:?}");
    steps
}

fn is_of(step: &Step, part: &Part) -> bool {
    part.below.is_empty() || part.below == step.below
}

/// Runs the blocks of a part.
fn is_real(part: &Part) {
    let world = prepared(part.needs);
    let steps: Vec<Step> = steps(part.page).into_iter().filter(|step| is_of(step, part)).collect();
    assert!(!steps.is_empty(), "{} has nothing to run below {}", part.page, part.below);
    for step in &steps {
        perform(&world, part.page, step);
    }
}

fn perform(world: &World, page: &str, step: &Step) {
    let body = step.lines.join("\n") + "\n";
    let comment = step.comment.as_ref().map(|(key, value)| (key.as_str(), value.as_str()));
    match (comment, step.language.as_str()) {
        (Some(("not run", _)), _) => {}
        (Some(("file", name)), _) => {
            world.file(name, body);
        }
        (Some(("shows", command)), _) => prints(world, page, command, &step.lines),
        (Some(("exits", code)), "sh") => exits(world, page, &body, code.parse().expect("an exit code")),
        (Some(("seen", value)), _) => {
            let (message, command) = value.split_once(" | ").expect("a message and a command");
            let run = world.shell(&format!("exec 2>&1\n{command}"));
            assert!(run.stdout.contains(message), "{page}: {command} prints no {message}\n{}", run.stdout);
        }
        (None, "console") => {
            let (command, shown) = step.lines.split_first().expect("a command");
            let command = command.strip_prefix("$ ");
            prints(world, page, command.unwrap_or_else(|| panic!("{page}: no command: {body}")), shown);
        }
        (None, "sh") => exits(world, page, &body, 0),
        (None, "yaml") => is_good(page, &body),
        _ => panic!("{page}: nothing is known of this block: {step:?}"),
    }
}

fn exits(world: &World, page: &str, script: &str, code: i32) {
    let run = world.shell(&format!("set -e\n{script}"));
    assert_eq!(run.code, code, "{page}: {script}\n{}{}", run.stdout, run.stderr);
}

fn prints(world: &World, page: &str, command: &str, shown: &[String]) {
    // In the order of a terminal.
    let printed = world.shell(&format!("exec 2>&1\n{command}")).stdout;
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let is_real = is_shown(&shown, &printed.lines().collect::<Vec<_>>());
    assert!(is_real, "{page}: {command} prints\n{printed}");
}

/// Whether `printed` is what `shown` shows of it.
fn is_shown(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=printed.len()).any(|left_out| is_shown(rest, &printed[left_out..])),
        ([line, shown @ ..], [whole, printed @ ..]) => {
            let is_same = line.strip_suffix('…').map_or(line == whole, |start| whole.starts_with(start));
            is_same && is_shown(shown, printed)
        }
        _ => false,
    }
}

/// A part of a YAML file that nobody uses on its page.
fn is_good(page: &str, body: &str) {
    let values: Result<Vec<Value>, _> =
        serde_yaml::Deserializer::from_str(body).map(serde::Deserialize::deserialize).collect();
    for value in values.unwrap_or_else(|error| panic!("{page}: {error}: {body}")) {
        if value["kind"] == "OtelInject" {
            let config = otel_inject::config::function::parse(&value);
            assert!(config.is_ok(), "{page}: {:?}: {body}", config.err());
        }
    }
}

/// A folder as the pages have it.
fn prepared(needs: &[Tool]) -> World {
    let world = World::new().with_path("bin");
    for folder in ["examples", "functions", "testdata/findings", "docs/ci"] {
        world.copy(folder, folder);
    }
    world.copy("testdata/chart", "chart").copy("testdata/cluster", "cluster");
    for file in ["frontend.yaml", "checkout.yaml", "instrumentation.yaml"] {
        world.copy(&format!("examples/nodejs-and-go/{file}"), &format!("manifests/{file}"));
    }
    world.file("instrumentation.yaml", INSTRUMENTATION);
    world.file("overlays/prod/instrumentation.yaml", INSTRUMENTATION);
    world.file("overlays/prod/web.yaml", DEPLOYMENT);
    world.file(
        "overlays/prod/kustomization.yaml",
        "namespace: shop\nresources: [instrumentation.yaml, web.yaml]\n",
    );
    // A cluster of files: `get` prints one, and `apply` wants resources.
    let kubectl = Tool::Kubectl.path().map(|path| path.display().to_string()).unwrap_or_default();
    let cluster = world.path("cluster").display().to_string();
    world.program(
        "bin/kubectl",
        format!(
            "#!/bin/sh\ncase $1 in\nget) exec cat \"{cluster}/$2.yaml\" ;;\napply) grep '^kind: ' >/dev/null ;;\n\
             *) exec {kubectl} \"$@\" ;;\nesac\n"
        ),
    );
    let plugin = world.path("bin/kubectl-otel_inject");
    symlink(env!("CARGO_BIN_EXE_otel-inject"), plugin).expect("a link");
    // Both are called helm on the page.
    for helm in needs.iter().filter(|tool| matches!(tool, Tool::Helm3 | Tool::Helm4)) {
        symlink(helm.path().expect("a needed tool"), world.path("bin/helm")).expect("a link");
    }
    world
}

/// The pages that people read: of the folders that have any, all.
pub(crate) fn pages() -> Vec<String> {
    let in_folder = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(repository().join(folder)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        names.map(|name| format!("{folder}/{}", name.to_str().expect("UTF-8"))).collect()
    };
    let folders = ["examples", "functions"].into_iter().flat_map(in_folder);
    let readmes = folders.map(|folder| format!("{folder}/README.md"));
    let docs = in_folder("docs").into_iter().filter(|page| page.ends_with(".md"));
    let pages = readmes.chain(docs).chain(["README.md".to_owned()]);
    let mut pages: Vec<String> = pages.filter(|page| repository().join(page).exists()).collect();
    pages.sort();
    pages
}

fn every_block_is_known() {
    let pages = pages();
    for page in &pages {
        let is_elsewhere = ELSEWHERE.iter().any(|(other, _)| other == page);
        let parts: Vec<&Part> = PARTS.iter().filter(|part| part.page == page).collect();
        let text = text(page);
        let steps = steps(page);
        for step in &steps {
            let known = usize::from(is_elsewhere) + parts.iter().filter(|part| is_of(step, part)).count();
            assert_eq!(known, 1, "{page}: who runs this? {step:?}");
        }
        let seen: Vec<&str> = steps.iter().filter_map(message).collect();
        for message in seen.iter() {
            assert!(text.contains(&format!("`{message}`")), "{page} quotes no {message}");
        }
        for quoted in quoted_messages(&text) {
            assert!(is_elsewhere || seen.contains(&quoted), "{page}: is {quoted} what people see?");
        }
    }
    let known = PARTS.iter().map(|part| part.page).chain(ELSEWHERE.iter().map(|(page, _)| *page));
    for page in known {
        assert!(pages.iter().any(|known| known == page), "there is no {page}");
    }
}

fn message(step: &Step) -> Option<&str> {
    let (key, value) = step.comment.as_ref()?;
    (key == "seen").then(|| value.split_once(" | ").expect("a message and a command").0)
}

/// The messages in the tables of what people see.
fn quoted_messages(text: &str) -> Vec<&str> {
    let tables = text.split("\n| you see |").skip(1);
    let rows = tables.flat_map(|table| table.lines().skip(2).take_while(|line| line.starts_with("| ")));
    let cells = rows.filter_map(|row| row.strip_prefix("| ")?.split_once(" |")).map(|(cell, _)| cell);
    cells.filter_map(code).collect()
}

/// The code in a cell that is code as a whole.
fn code(cell: &str) -> Option<&str> {
    let inner = cell.trim_start_matches('`');
    let mark = &cell[..cell.len() - inner.len()];
    let inner = inner.strip_suffix(mark).filter(|_| !mark.is_empty())?;
    (!inner.contains(mark)).then_some(inner)
}

/// Runs what a page shows, or a part of it by the numbers of its runs, in `world` from top to bottom.
pub(crate) fn are_real(world: &World, page: &str, part: impl RangeBounds<usize>) {
    let steps = steps(page).into_iter().filter(|step| step.language == "console").enumerate();
    let steps: Vec<Step> = steps.filter(|(at, _)| part.contains(at)).map(|(_, step)| step).collect();
    assert!(!steps.is_empty(), "{page} shows no run");
    for step in &steps {
        perform(world, page, step);
    }
}
