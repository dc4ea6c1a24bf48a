//! The gates of docs/ci: their commands do what the README says, in a folder as a pipeline has it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION, Run, World};
use crate::tools::Tool;
use crate::{Case, cases};

const GITHUB: &str = "docs/ci/github.yaml";
const GITLAB: &str = "docs/ci/gitlab.yaml";

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_gate_of_github_lets_good_manifests_pass,
        the_gate_of_github_marks_the_line,
        the_gate_of_gitlab_lets_good_manifests_pass,
        the_gate_of_gitlab_says_what_is_wrong,
        both_build_a_given_revision,
        the_readme_shows_what_is_in_the_files,
    ],
    &[Tool::Actionlint] => [actionlint_has_nothing_to_say],
];

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file")
}

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

/// The scripts of the gate itself, in order.
fn gate(path: &str) -> Vec<String> {
    match path {
        GITHUB => {
            let scripts = scripts(path, "/jobs/check/steps");
            scripts.into_iter().filter(|script| !script.contains("cargo ")).collect()
        }
        _ => scripts(path, "/otel-inject/script"),
    }
}

/// Runs the gate as a pipeline does: to the first script that fails.
fn run(world: &World, path: &str) -> Run {
    let folder = Path::new(env!("CARGO_BIN_EXE_otel-inject")).parent().expect("a folder");
    let tools = env::var_os("PATH").unwrap_or_default();
    let tools = env::join_paths([folder.to_owned()].into_iter().chain(env::split_paths(&tools)));
    let mut all = Run { stdout: String::new(), stderr: String::new(), code: 0 };
    let scripts = gate(path);
    assert_eq!(scripts.len(), 2, "{scripts:?}");
    for script in scripts {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &script]).current_dir(world.folder.path()).env_clear();
        shell
            .env("PATH", tools.as_ref().expect("a PATH"))
            .env("GITHUB_STEP_SUMMARY", world.path("summary.md"));
        let output = shell.output().expect("sh runs");
        all.stdout.push_str(&String::from_utf8_lossy(&output.stdout));
        all.stderr.push_str(&String::from_utf8_lossy(&output.stderr));
        all.code = output.status.code().expect("an exit code");
        if all.code != 0 {
            break;
        }
    }
    all
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
    assert!(summary.starts_with("```diff\n--- a/manifests/web.yaml\n"), "{summary}");
    assert!(
        summary.contains("+            - name: NODE_OPTIONS\n") && summary.ends_with("\n```\n"),
        "{summary}"
    );
}

fn the_gate_of_github_marks_the_line() {
    let world = bad();
    let run = run(&world, GITHUB);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let mark =
        "::error file=manifests/web.yaml,line=12,col=57,title=otel-inject%3A instrumentation-not-found::";
    assert!(run.stdout.starts_with(mark), "{}", run.stdout);
    assert!(!world.path("summary.md").exists());
}

fn the_gate_of_gitlab_lets_good_manifests_pass() {
    let world = good();
    let run = run(&world, GITLAB);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let diff = world.text("otel-inject.diff");
    assert!(diff.starts_with("--- a/manifests/web.yaml\n"), "{diff}");
    let artifacts = yaml(GITLAB);
    assert_eq!(artifacts["otel-inject"]["artifacts"]["paths"], serde_json::json!(["otel-inject.diff"]));
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

fn the_readme_shows_what_is_in_the_files() {
    let readme = text("README.md");
    let section =
        readme.split("\n### ").find(|part| part.starts_with("In your pull request\n")).expect("the section");
    for path in [GITHUB, GITLAB] {
        assert!(section.contains(&format!("]({path})")), "no link to {path}");
    }
    let shown: Vec<&str> = section.lines().filter(|line| line.starts_with("otel-inject ")).collect();
    assert!(!shown.is_empty(), "{section}");
    for command in shown {
        let is_run =
            [GITHUB, GITLAB].iter().flat_map(|path| gate(path)).any(|script| script.contains(command));
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
