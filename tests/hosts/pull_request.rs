//! The gates of docs/ci: their commands do what docs/ci.md says, in a folder as a pipeline has it.

use std::env;
use std::path::Path;
use std::process::Command;

use otel_inject::value::{Value, json};

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION, Run, World};
use crate::tools::Tool;
use crate::world::{allow, text};
use crate::{Case, cases};

const GITHUB: &str = "docs/ci/github.yaml";
const GITLAB: &str = "docs/ci/gitlab.yaml";

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_gate_of_github_lets_good_manifests_pass,
        the_gate_of_github_marks_the_line,
        the_gate_of_github_comments_on_what_fails,
        the_gate_of_github_writes_comments_alone,
        no_report_is_no_comment,
        the_gate_of_gitlab_lets_good_manifests_pass,
        the_gate_of_gitlab_says_what_is_wrong,
        the_gate_of_gitlab_writes_a_note_with_a_token,
        both_build_a_given_revision,
        the_page_shows_what_is_in_the_files,
    ],
    &[Tool::Actionlint] => [actionlint_has_nothing_to_say],
    &[Tool::Zizmor] => [zizmor_has_nothing_to_say],
];

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&text(path)).expect("YAML")
}

/// The scripts at `pointer`: strings, or steps that run one.
fn scripts(path: &str, pointer: &str) -> Vec<String> {
    let pipeline = yaml(path);
    let steps = pipeline.pointer(pointer).and_then(Value::as_array).expect("a list");
    let script = |step: &Value| step.as_str().or_else(|| step.get("run")?.as_str()).map(str::to_owned);
    steps.iter().filter_map(script).collect()
}

/// A script of the gate, and how the pipeline runs it.
#[derive(Default)]
struct Step {
    script: String,
    env: Vec<(String, String)>,
    /// When it runs, as GitHub writes it.
    condition: String,
    /// It runs after a failure, too.
    is_always_run: bool,
    /// The job does not fail where it does.
    may_fail: bool,
}

/// What GitHub puts in the place of an expression.
const EXPRESSIONS: &[(&str, &str)] =
    &[("${{ github.token }}", "a-token"), ("${{ github.event.pull_request.number }}", "7")];

/// The steps of the gate itself, in order.
fn gate(path: &str) -> Vec<Step> {
    if path == GITLAB {
        let step = |is_always_run| {
            move |script| Step { script, is_always_run, may_fail: is_always_run, ..Step::default() }
        };
        let own = scripts(path, "/otel-inject/script").into_iter().map(step(false));
        return own.chain(scripts(path, "/otel-inject/after_script").into_iter().map(step(true))).collect();
    }
    let job = yaml(path)["jobs"]["check"].take();
    let steps = job["steps"].as_array().expect("steps").iter().filter_map(|step| {
        let script = step["run"].as_str()?.to_owned();
        let condition = step["if"].as_str().unwrap_or_default().to_owned();
        let value = |value: &Value| {
            let written = value.as_str().expect("a text");
            let expression = EXPRESSIONS.iter().find(|(expression, _)| *expression == written);
            expression.expect("a known expression").1.to_owned()
        };
        let env = step["env"].as_object().into_iter().flatten();
        Some(Step {
            script,
            env: env.map(|(name, text)| (name.to_string(), value(text))).collect(),
            is_always_run: condition.contains("!cancelled()"),
            condition,
            may_fail: step["continue-on-error"] == true,
        })
    });
    steps.filter(|step| !step.script.contains("cargo ")).collect()
}

impl Step {
    fn is_run(&self, world: &World, has_failed: bool) -> bool {
        let needs_findings = self.condition.contains("hashFiles('findings.md') != ''");
        (self.is_always_run || !has_failed) && (!needs_findings || world.path("findings.md").is_file())
    }
}

/// Keeps what it is given in a file with its name.
const STAND_IN: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" \"$GH_TOKEN\" > \"$CALLS/${0##*/}\"\nexit 1\n";

/// Runs the gate as a pipeline does: after a failure only what is always run.
fn run_with(world: &World, path: &str, variables: &[(&str, &str)]) -> Run {
    let folder = Path::new(env!("CARGO_BIN_EXE_otel-inject")).parent().expect("a folder");
    for tool in ["gh", "curl"] {
        world.file(&format!("tools/{tool}"), STAND_IN);
        allow(&world.path("tools").join(tool));
    }
    let others = env::var_os("PATH").unwrap_or_default();
    let tools = env::join_paths(
        [world.path("tools"), folder.to_owned()].into_iter().chain(env::split_paths(&others)),
    );
    let mut all = Run { stdout: String::new(), stderr: String::new(), code: 0 };
    for step in gate(path) {
        if !step.is_run(world, all.code != 0) {
            continue;
        }
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &step.script]).current_dir(world.folder.path()).env_clear();
        shell
            .env("PATH", tools.as_ref().expect("a PATH"))
            .env("CALLS", world.folder.path())
            .env("GITHUB_STEP_SUMMARY", world.path("summary.md"))
            .envs(step.env)
            .envs(variables.iter().copied());
        let output = shell.output().expect("sh runs");
        all.stdout.push_str(&String::from_utf8_lossy(&output.stdout));
        all.stderr.push_str(&String::from_utf8_lossy(&output.stderr));
        if all.code == 0 && !step.may_fail {
            all.code = output.status.code().expect("an exit code");
        }
    }
    all
}

fn run(world: &World, path: &str) -> Run {
    run_with(world, path, &[])
}

fn good() -> World {
    let world = World::new();
    world.file("manifests/instrumentation.yaml", INSTRUMENTATION).file("manifests/web.yaml", DEPLOYMENT);
    world
}

fn bad() -> World {
    let world = good();
    world.file("manifests/web.yaml", &DEPLOYMENT.replace("\"true\"", "nowhere/none"));
    world
}

fn the_gate_of_github_lets_good_manifests_pass() {
    let world = good();
    let run = run(&world, GITHUB);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let summary = world.text("summary.md");
    assert!(summary.starts_with("**otel-inject: 1 would be injected, 0 errors, 0 warnings**\n"), "{summary}");
    let listed = "\n\n**1 of 1 workload instrumented, 0 stale, 0 refused**\n\n| namespace | kind |";
    assert!(summary.contains(listed), "{summary}");
    assert!(summary.contains("\n\n~~~~~~~~~~~~~~~~diff\n--- a/manifests/web.yaml\n"), "{summary}");
    assert!(
        summary.contains("+            - name: NODE_OPTIONS\n") && summary.ends_with("\n~~~~~~~~~~~~~~~~\n"),
        "{summary}"
    );
}

fn the_gate_of_github_marks_the_line() {
    let world = bad();
    let run = run(&world, GITHUB);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let mark = "::error file=manifests/web.yaml,line=12,col=57,endColumn=69,title=otel-inject%3A instrumentation-not-found::";
    assert!(run.stdout.starts_with(mark), "{}", run.stdout);
}

fn the_gate_of_github_comments_on_what_fails() {
    for (world, total, code) in [(bad(), "1 error", 1), (good(), "0 errors", 0)] {
        let folder = world.folder.path().to_str().expect("a path in UTF-8").to_owned();
        let variables = [
            ("GITHUB_SERVER_URL", "https://git.example.com"),
            ("GITHUB_REPOSITORY", "shop/web"),
            ("GITHUB_SHA", "5f7d3a1"),
            ("GITHUB_WORKSPACE", &folder),
        ];
        // The stand-in fails, which is not the gate's result.
        assert_eq!(run_with(&world, GITHUB, &variables).code, code);
        let call =
            ["pr", "comment", "7", "--edit-last", "--create-if-none", "--body-file", "comment.md", "a-token"];
        assert_eq!(world.text("gh").lines().collect::<Vec<_>>(), call);
        let comment = world.text("comment.md");
        assert!(comment.lines().next().is_some_and(|totals| totals.contains(total)), "{comment}");
        let link = "[manifests/web.yaml:12:57](https://git.example.com/shop/web/blob/5f7d3a1/manifests/web.yaml#L12)";
        assert_eq!(comment.contains("| `instrumentation-not-found` |"), code == 1, "{comment}");
        assert_eq!(comment.contains(link), code == 1, "{comment}");
        assert!(world.text("summary.md").starts_with(&comment));
    }
}

fn no_report_is_no_comment() {
    let world = bad();
    world.file("findings.md/is-a-folder", "");
    let run = run(&world, GITHUB);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(!world.path("gh").exists() && !world.path("summary.md").exists());
}

/// Only the job that comments may write, and not for forks: GitHub gives their pull requests no such token.
fn the_gate_of_github_writes_comments_alone() {
    let workflow = yaml(GITHUB);
    assert_eq!(workflow["permissions"], json!({"contents": "read"}));
    assert_eq!(
        workflow["jobs"]["check"]["permissions"],
        json!({"contents": "read", "pull-requests": "write"})
    );
    let steps = gate(GITHUB);
    let comments: Vec<&Step> = steps.iter().filter(|step| step.script.contains("gh pr")).collect();
    let [comment] = comments[..] else { panic!("one step comments") };
    let own = "github.event.pull_request.head.repo.full_name == github.repository";
    assert!(comment.condition.contains(own), "{}", comment.condition);
}

const OF_GITLAB: &[(&str, &str)] = &[
    ("CI_API_V4_URL", "https://git.example.com/api/v4"),
    ("CI_PROJECT_ID", "42"),
    ("CI_MERGE_REQUEST_IID", "7"),
    ("CI_PROJECT_URL", "https://git.example.com/shop/web"),
    ("CI_COMMIT_SHA", "5f7d3a1"),
];

fn the_gate_of_gitlab_lets_good_manifests_pass() {
    let world = good();
    let run = run_with(&world, GITLAB, OF_GITLAB);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let diff = world.text("otel-inject.diff");
    assert!(diff.starts_with("--- a/manifests/web.yaml\n"), "{diff}");
    assert!(world.path("findings.md").exists());
    let artifacts = &yaml(GITLAB)["otel-inject"]["artifacts"];
    assert_eq!(artifacts["paths"], json!(["findings.md", "otel-inject.diff"]));
    assert_eq!(artifacts["when"], "always");
    assert!(!world.path("curl").exists(), "nobody gave it a token");
}

fn the_gate_of_gitlab_says_what_is_wrong() {
    let run = run(&bad(), GITLAB);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.starts_with("error[instrumentation-not-found] manifests/web.yaml:12:57"),
        "{}",
        run.stdout
    );
}

fn the_gate_of_gitlab_writes_a_note_with_a_token() {
    let world = bad();
    let folder = world.folder.path().to_str().expect("a path in UTF-8").to_owned();
    let own = [("OTEL_INJECT_TOKEN", "a-token"), ("CI_PROJECT_DIR", folder.as_str())];
    assert_eq!(run_with(&world, GITLAB, &[OF_GITLAB, &own].concat()).code, 1);
    let call = world.text("curl");
    for part in [
        "--fail-with-body",
        "PRIVATE-TOKEN: a-token",
        "body@findings.md",
        "https://git.example.com/api/v4/projects/42/merge_requests/7/notes",
    ] {
        assert!(call.lines().any(|line| line == part), "{part}: {call}");
    }
    let note = world.text("findings.md");
    let link = "](https://git.example.com/shop/web/-/blob/5f7d3a1/manifests/web.yaml#L12)";
    assert!(note.contains("`instrumentation-not-found`") && note.contains(link), "{note}");
    // A slash at the start of a line would be a quick action.
    assert!(!note.lines().any(|line| line.starts_with('/')), "{note}");
}

fn both_build_a_given_revision() {
    let of_github = scripts(GITHUB, "/jobs/check/steps");
    let of_gitlab = scripts(GITLAB, "/otel-inject/before_script");
    for scripts in [of_github, of_gitlab] {
        let install =
            scripts.iter().find(|script| script.contains("cargo install")).expect("an installation");
        for part in
            ["--locked", "--git \"$OTEL_INJECT_REPOSITORY\"", "--rev \"$OTEL_INJECT_REVISION\" otel-inject"]
        {
            assert!(install.contains(part), "{install}");
        }
    }
    let toolchain = yaml(GITLAB)["otel-inject"]["image"].as_str().expect("an image").to_owned();
    let version = toolchain.strip_prefix("rust:").expect("Rust's own image");
    assert!(text("Cargo.toml").contains(&format!("rust-version = \"{version}\"\n")), "{toolchain}");
}

fn the_page_shows_what_is_in_the_files() {
    let page = text("docs/ci.md");
    let (gates, _) = page.split_once("\n## ").expect("a first section");
    for path in [GITHUB, GITLAB] {
        let path = path.strip_prefix("docs/").expect("a file beside the page");
        assert!(gates.contains(&format!("]({path})")), "no link to {path}");
    }
    let commands = gates.lines().map(|line| line.strip_prefix("$ ").unwrap_or(line));
    let shown: Vec<&str> = commands.filter(|line| line.starts_with("otel-inject ")).collect();
    assert_eq!(shown.len(), 3, "{gates}");
    for command in shown {
        let is_run =
            [GITHUB, GITLAB].iter().flat_map(|path| gate(path)).any(|step| step.script.contains(command));
        assert!(is_run, "nothing runs {command}");
    }
}

fn actionlint_has_nothing_to_say() {
    let output = Command::new("actionlint")
        .args(["-no-color", GITHUB])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("actionlint runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

fn zizmor_has_nothing_to_say() {
    let output = Command::new("zizmor")
        .args(["--offline", "--no-progress", "--no-config", "--color", "never", GITHUB])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("zizmor runs");
    // It fails for what it finds.
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.starts_with("No findings to report."), "{said}");
}
