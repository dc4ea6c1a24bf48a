//! pre-commit: the hooks of `.pre-commit-hooks.yaml` in a repository that uses them.
//!
//! Building `otel-inject` takes minutes, so these repositories ask for the program on PATH (`language: system`), as
//! docs/pre-commit.md says; everything else is what the file says.

use std::fs;

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION, Run};
use crate::shown;
use crate::tools::Tool;
use crate::world::{World, repository, text};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::PreCommit, Tool::Git] => [
        pre_commit_accepts_the_file_of_hooks,
        pre_commit_lets_good_manifests_pass,
        pre_commit_shows_why_a_workload_is_refused,
        pre_commit_reads_the_instrumentation_that_did_not_change,
        pre_commit_reads_what_will_be_committed,
        pre_commit_reads_files_that_git_does_not_know,
        pre_commit_is_silent_about_commits_without_manifests,
        pre_commit_skips_a_deletion_unless_it_always_runs,
        pre_commit_hides_warnings_unless_they_fail,
        pre_commit_stops_a_commit_once_for_what_it_injects,
        pre_commit_stops_a_commit_with_an_old_injection,
        pre_commit_names_the_missing_program,
        the_page_of_pre_commit_shows_real_runs,
    ],
    &[Tool::PreCommit, Tool::Git, Tool::Kustomize] => [pre_commit_checks_a_build],
];

const HOOKS: &str = ".pre-commit-hooks.yaml";
const PAGE: &str = "docs/pre-commit.md";
const CONFIG: &str = ".pre-commit-config.yaml";

/// The `nth` YAML that the page shows.
fn shown_yaml(nth: usize) -> String {
    let page = text(PAGE);
    let block = page.split("\n```yaml\n").nth(nth + 1).and_then(|rest| rest.split("\n```\n").next());
    block.unwrap_or_else(|| panic!("{PAGE} has no YAML {nth}")).to_owned() + "\n"
}

/// The config that the page shows, with the hook `id` of this file of hooks and the program on PATH.
fn config(world: &World, id: &str) -> String {
    let revision = git(world, "-C home/hooks rev-parse HEAD");
    shown_yaml(0)
        .lines()
        .map(|line| match line.trim_start_matches([' ', '-']).split_once(':') {
            Some(("repo", _)) => format!("  - repo: {}\n", world.path("home/hooks").display()),
            Some(("rev", _)) => format!("    rev: {revision}"),
            Some(("id", _)) => format!("      - id: {id}\n        language: system\n"),
            _ => format!("{line}\n"),
        })
        .collect()
}

fn git(world: &World, arguments: &str) -> String {
    world.shell(&format!("git {arguments}")).good()
}

/// A repository that uses the hook `id`, with a workload, its Instrumentation and no commit.
fn user_of(id: &str) -> World {
    let world = World::new();
    let settings = "[user]\nname = someone\nemail = someone@example.com\n[init]\ndefaultBranch = main\n";
    world.file("home/.gitconfig", settings);
    world.copy(HOOKS, &format!("home/hooks/{HOOKS}"));
    git(&world, "init --quiet home/hooks");
    git(&world, "-C home/hooks add .");
    git(&world, "-C home/hooks commit --quiet --message hooks");
    git(&world, "init --quiet .");
    world.file(".git/info/exclude", "/home\n");
    world.file(CONFIG, config(&world, id));
    world.file("manifests/instrumentation.yaml", INSTRUMENTATION).file("manifests/web.yaml", DEPLOYMENT);
    pre_commit(&world, "install --install-hooks").good();
    world
}

/// The same with everything committed.
fn settled(id: &str) -> World {
    let world = user_of(id);
    git(&world, "add .");
    git(&world, "commit --quiet --no-verify --message first");
    world
}

fn pre_commit(world: &World, arguments: &str) -> Run {
    world.shell(&format!("pre-commit {arguments}"))
}

/// Commits what git knows, as people do.
fn commit(world: &World) -> Run {
    world.shell("git commit --all --message change")
}

fn misspell(world: &World) {
    world.file("manifests/web.yaml", DEPLOYMENT.replace("inject-nodejs", "inject-nodjs"));
}

fn refuse(world: &World) {
    world.file("manifests/web.yaml", DEPLOYMENT.replace("\"true\"", "nowhere/none"));
}

const REFUSED: &str = "error[instrumentation-not-found] manifests/web.yaml:12:57";

#[track_caller]
fn passes(run: &Run) {
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("Passed\n"), "{}{}", run.stdout, run.stderr);
}

fn pre_commit_accepts_the_file_of_hooks() {
    let world = World::new();
    world.copy(HOOKS, HOOKS);
    assert_eq!(pre_commit(&world, &format!("validate-manifest {HOOKS}")).good(), "");
    let file = fs::read_to_string(repository().join(HOOKS)).expect("a file");
    let hooks: Vec<otel_inject::value::Value> = serde_yaml::from_str(&file).expect("YAML");
    for hook in hooks {
        // Who uses a revision gets the program of that revision.
        assert_eq!(hook["language"], "rust", "{hook}");
        assert!(text(PAGE).contains(&format!("`{}`", hook["id"].as_str().expect("an id"))), "{hook}");
    }
}

fn pre_commit_lets_good_manifests_pass() {
    let world = user_of("otel-inject-check");
    git(&world, "add .");
    passes(&commit(&world));
    assert_eq!(world.text("manifests/web.yaml"), DEPLOYMENT);
}

fn pre_commit_shows_why_a_workload_is_refused() {
    for id in ["otel-inject-check", "otel-inject"] {
        let world = settled(id);
        refuse(&world);
        let before = world.text("manifests/web.yaml");
        let run = commit(&world);
        run.bad(REFUSED);
        run.bad(&format!("- hook id: {id}\n- exit code: 1\n"));
        assert_eq!(world.text("manifests/web.yaml"), before);
    }
}

fn pre_commit_reads_the_instrumentation_that_did_not_change() {
    let world = settled("otel-inject-check");
    world.file("manifests/web.yaml", DEPLOYMENT.replace("app:1", "app:2"));
    passes(&commit(&world));
    // The other way round, too: a workload that did not change loses its Instrumentation.
    world.file(
        "manifests/instrumentation.yaml",
        INSTRUMENTATION.replace("default", "other\n  namespace: other"),
    );
    commit(&world).bad("error[no-instrumentation] manifests/web.yaml:");
}

fn pre_commit_reads_what_will_be_committed() {
    let world = settled("otel-inject-check");
    refuse(&world);
    git(&world, "add manifests/web.yaml");
    world.file("manifests/web.yaml", DEPLOYMENT);
    world.shell("git commit --message change").bad(REFUSED);
    assert_eq!(world.text("manifests/web.yaml"), DEPLOYMENT);
}

fn pre_commit_reads_files_that_git_does_not_know() {
    let world = user_of("otel-inject-check");
    git(&world, &format!("add {CONFIG} manifests/web.yaml"));
    passes(&world.shell("git commit --message change"));
}

fn pre_commit_is_silent_about_commits_without_manifests() {
    let world = settled("otel-inject-check");
    refuse(&world);
    git(&world, "commit --quiet --all --no-verify --message refused");
    world.file("README.md", "Text.\n");
    git(&world, "add README.md");
    let run = commit(&world);
    assert!(run.stderr.contains("(no files to check)Skipped"), "{}", run.stderr);
    run.good();
}

fn pre_commit_skips_a_deletion_unless_it_always_runs() {
    let world = settled("otel-inject-check");
    git(&world, "rm --quiet manifests/instrumentation.yaml");
    let run = commit(&world);
    assert!(run.stderr.contains("(no files to check)Skipped"), "{}", run.stderr);
    run.good();
    git(&world, "reset --quiet --hard HEAD~1");
    world.file(CONFIG, world.text(CONFIG) + "        always_run: true\n");
    passes(&commit(&world));
    git(&world, "rm --quiet manifests/instrumentation.yaml");
    commit(&world).bad("error[no-instrumentation] manifests/web.yaml:");
}

fn pre_commit_hides_warnings_unless_they_fail() {
    let world = settled("otel-inject-check");
    misspell(&world);
    let run = commit(&world);
    passes(&run);
    assert!(!run.stderr.contains("unknown-annotation"), "{}", run.stderr);
    world.file(CONFIG, world.text(CONFIG).replace("[manifests/]", "[--fail-on=warning, manifests/]"));
    commit(&world).bad("warning[unknown-annotation] manifests/web.yaml:12:9");
}

fn pre_commit_stops_a_commit_once_for_what_it_injects() {
    let world = user_of("otel-inject");
    git(&world, "add .");
    let run = commit(&world);
    run.bad("- files were modified by this hook\n");
    run.bad("info[injected] manifests/web.yaml:");
    assert!(world.text("manifests/web.yaml").contains("OTEL_SERVICE_NAME"));
    passes(&commit(&world));
    assert_eq!(git(&world, "status --porcelain"), "");
    passes(&pre_commit_of_all(&world));
}

/// What people and pipelines run by hand; it prints on stdout.
fn pre_commit_of_all(world: &World) -> Run {
    let Run { stdout, stderr, code } = pre_commit(world, "run --all-files");
    Run { stdout: String::new(), stderr: stdout + &stderr, code }
}

fn pre_commit_stops_a_commit_with_an_old_injection() {
    let world = user_of("otel-inject");
    git(&world, "add .");
    commit(&world).bad("files were modified");
    passes(&commit(&world));
    let other = INSTRUMENTATION.replace("collector:4318", "other:4318");
    world.file("manifests/instrumentation.yaml", &other).file(CONFIG, config(&world, "otel-inject-check"));
    let stale = world.text(CONFIG).replace("[manifests/]", "[--fail-on=stale, manifests/]");
    passes(&commit(&world));
    world.file(CONFIG, stale);
    let run = commit(&world);
    run.bad("info[updated] manifests/web.yaml:");
    run.bad("; failed, since an injection is stale (failOn: stale)");
}

fn pre_commit_names_the_missing_program() {
    let world = settled("otel-inject-check");
    world.file(
        CONFIG,
        world.text(CONFIG).replace("language: system\n", "language: system\n        entry: no-otel-inject\n"),
    );
    commit(&world).bad("Executable `no-otel-inject` not found");
}

fn pre_commit_checks_a_build() {
    let world = user_of("otel-inject-check");
    world.file(CONFIG, format!("repos:\n{}", shown_yaml(2)));
    world.file("manifests/kustomization.yaml", "resources: [instrumentation.yaml, web.yaml]\n");
    git(&world, "add .");
    passes(&commit(&world));
    refuse(&world);
    commit(&world).bad("error[instrumentation-not-found]");
}

fn the_page_of_pre_commit_shows_real_runs() {
    let world = settled("otel-inject-check");
    refuse(&world);
    shown::are_real(&world, PAGE, ..1);
    let world = settled("otel-inject");
    misspell(&world);
    git(&world, "commit --quiet --all --no-verify --message misspelt");
    world.file("manifests/web.yaml", DEPLOYMENT);
    shown::are_real(&world, PAGE, 1..);
}
