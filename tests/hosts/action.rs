//! The GitHub Action: its steps, run as a runner runs them, with a folder as the release server.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use otel_inject::value::Value;

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION, World, fed};
use crate::release;
use crate::tools::Tool;
use crate::world::{allow, text};
use crate::{Case, cases};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SCRIPT: &str = "functions/github/run.sh";
const PAGE: &str = "docs/action.md";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const COMMIT: &str = "5f7d3a10c2b4e6f8091a2b3c4d5e6f7081920a3b";

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_action_lets_good_manifests_pass,
        the_action_fails_as_the_check_does,
        the_action_takes_paths_config_and_level,
        the_action_injects_into_the_files,
        the_action_prints_a_diff_without_commands,
        the_action_prints_a_list,
        the_action_says_what_cannot_run,
        the_action_refuses_a_wrong_checksum,
        the_action_refuses_a_release_without_checksums,
        the_action_builds_nothing_after_a_broken_download,
        the_action_names_the_archive_of_each_platform,
        the_action_builds_its_own_commit_without_a_release,
        the_action_comments_on_the_pull_request,
        the_action_does_not_comment_for_forks,
        the_action_keeps_its_result_without_a_comment,
        the_action_refuses_wrong_inputs,
        the_action_gives_its_token_to_the_comment_alone,
        the_action_has_a_page_with_every_input,
    ],
    &[Tool::Zip, Tool::Unzip] => [the_action_unpacks_the_release_for_windows],
    &[Tool::Actionlint] => [actionlint_accepts_the_example_of_the_action],
    &[Tool::Zizmor] => [zizmor_has_nothing_to_say_about_the_action],
    &[Tool::Shellcheck] => [shellcheck_has_nothing_to_say_about_the_action],
];

fn action() -> Value {
    serde_yaml::from_str(&text("action.yml")).expect("YAML")
}

/// The name of the release's archive for a target, without its ending.
fn archive(target: &str) -> String {
    format!("otel-inject-{VERSION}-{target}")
}

/// A release for Linux on x86-64, packed once, as the workflow packs it: the archive and its line of SHA256SUMS.
pub(crate) fn packed() -> &'static (PathBuf, String) {
    static PACKED: OnceLock<(PathBuf, String)> = OnceLock::new();
    PACKED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("action");
        let _ = fs::remove_dir_all(&folder);
        let file = release::pack("x86_64-unknown-linux-gnu", &folder);
        let sums = release::script("publish", "Sum");
        fed(Command::new("sh").args(["-e", "-c", &sums]).current_dir(&folder), b"").good();
        (folder.join(file), fs::read_to_string(folder.join("SHA256SUMS")).expect("sums"))
    })
}

/// A job: its checkout in `repository`, its release server, what it gives to the action, and what comes of it.
struct Job {
    world: World,
    inputs: BTreeMap<String, String>,
    variables: BTreeMap<&'static str, String>,
    /// Other values of expressions than `inputs` and `steps`.
    expressions: BTreeMap<&'static str, String>,
}

/// What became of a job.
struct Done {
    log: String,
    code: i32,
    summary: String,
    sarif: Option<Value>,
}

/// Keeps what it is given in a file with its name, and the token.
const GH: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" \"$GH_TOKEN\" > \"$CALLS/gh\"\nexit \"${GH_FAILS:-0}\"\n";
/// Installs what the tests built. The fourth argument is the folder after `--root`.
const CARGO: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$CALLS/cargo\"\nmkdir \"$4/bin\" && ln -s \"$BINARY\" \"$4/bin/otel-inject\"\n";

impl Job {
    /// A job with good manifests, and a release of this version.
    fn new() -> Self {
        let world = World::new();
        world.file("repository/manifests/instrumentation.yaml", INSTRUMENTATION);
        world.file("repository/manifests/web.yaml", DEPLOYMENT);
        for (name, script) in [("gh", GH), ("cargo", CARGO)] {
            world.file(&format!("tools/{name}"), script);
            allow(&world.path("tools").join(name));
        }
        let (packed, line) = packed();
        let server = world.path(&format!("releases/v{VERSION}"));
        fs::create_dir_all(&server).expect("a folder");
        fs::create_dir_all(world.path("temporary folder")).expect("a folder");
        std::os::unix::fs::symlink(packed, server.join(packed.file_name().expect("a name"))).expect("a link");
        world.file(&format!("releases/v{VERSION}/SHA256SUMS"), &format!("0000  other.tar.gz\n{line}"));

        let others = env::var_os("PATH").unwrap_or_default();
        let tools = env::join_paths([world.path("tools")].into_iter().chain(env::split_paths(&others)));
        let place = |name: &str| world.path(name).to_str().expect("UTF-8").to_owned();
        let variables = BTreeMap::from([
            ("PATH", tools.expect("a PATH").into_string().expect("UTF-8")),
            ("CALLS", place("")),
            ("BINARY", env!("CARGO_BIN_EXE_otel-inject").to_owned()),
            ("OTEL_INJECT_RELEASES", format!("file://{}", place("releases"))),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_TEMP", place("temporary folder")),
            ("GITHUB_ACTION_PATH", ROOT.to_owned()),
            ("GITHUB_SERVER_URL", "https://git.example.com".to_owned()),
            ("GITHUB_REPOSITORY", "shop/web".to_owned()),
            ("GITHUB_SHA", COMMIT.to_owned()),
            ("GITHUB_WORKSPACE", place("repository")),
            ("GITHUB_STEP_SUMMARY", place("summary.md")),
        ]);
        let expressions = BTreeMap::from([
            ("github.action_repository", "tools/otel-inject".to_owned()),
            ("github.action_ref", COMMIT.to_owned()),
            ("github.token", "a-token".to_owned()),
            ("github.event.pull_request.number", "7".to_owned()),
            ("github.event.pull_request.head.repo.full_name", "shop/web".to_owned()),
        ]);
        Self { world, inputs: BTreeMap::new(), variables, expressions }
    }

    /// The same with a finding that is an error.
    fn bad() -> Self {
        let job = Self::new();
        job.world.file("repository/manifests/web.yaml", &DEPLOYMENT.replace("\"true\"", "nowhere/none"));
        job
    }

    fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.insert(name, value.to_owned());
        self
    }

    fn expression(mut self, name: &'static str, value: &str) -> Self {
        self.expressions.insert(name, value.to_owned());
        self
    }

    fn without(self, file: &str) -> Self {
        fs::remove_file(self.world.path(&format!("releases/v{VERSION}/{file}"))).expect("a file");
        self
    }

    fn archive_is_missing(self) -> Self {
        self.without(&format!("{}.tar.gz", archive("x86_64-unknown-linux-gnu")))
    }

    /// What a stand-in was called with.
    fn call(&self, tool: &str) -> Option<Vec<String>> {
        let call = self.world.path(tool);
        call.exists().then(|| fs::read_to_string(call).expect("a file").lines().map(str::to_owned).collect())
    }

    /// The value of `${{ EXPRESSION }}`.
    fn value(&self, written: &str, outputs: &BTreeMap<String, String>) -> String {
        let inner = written.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}"));
        let name = inner.unwrap_or_else(|| panic!("not an expression: {written}"));
        if let Some(input) = name.strip_prefix("inputs.") {
            let default = || action()["inputs"][input]["default"].as_str().expect("a default").to_owned();
            return self.inputs.get(input).cloned().unwrap_or_else(default);
        }
        if name.starts_with("steps.") {
            return outputs.get(name).cloned().unwrap_or_default();
        }
        self.expressions.get(name).unwrap_or_else(|| panic!("unknown: {name}")).clone()
    }

    /// Runs the steps: after a failure only those that ask for it.
    fn run(&self) -> Done {
        let action = action();
        let mut outputs = BTreeMap::new();
        let mut done = Done { log: String::new(), code: 0, summary: String::new(), sarif: None };
        for step in action["runs"]["steps"].as_array().expect("steps") {
            match step["if"].as_str() {
                None if done.code != 0 => continue,
                Some("${{ !cancelled() && inputs.comment == 'true' }}")
                    if self.value("${{ inputs.comment }}", &outputs) != "true" =>
                {
                    continue;
                }
                None | Some("${{ !cancelled() && inputs.comment == 'true' }}") => {}
                Some(other) => panic!("unknown condition: {other}"),
            }
            let file = self.world.path("output.txt");
            fs::write(&file, "").expect("a file");
            let env = step["env"].as_object().expect("variables").iter();
            let env =
                env.map(|(name, written)| (name, self.value(written.as_str().expect("a text"), &outputs)));
            let output = Command::new(step["shell"].as_str().expect("a shell"))
                .args(["-e", "-o", "pipefail", "-c"])
                .arg(format!("{{ {}\n}} 2>&1", step["run"].as_str().expect("a script")))
                .current_dir(self.world.path("repository"))
                .env_clear()
                .envs(&self.variables)
                .env("GITHUB_OUTPUT", &file)
                .envs(env)
                .stdin(Stdio::null())
                .output()
                .expect("the shell runs");
            done.log.push_str(&String::from_utf8_lossy(&output.stdout));
            if done.code == 0 {
                done.code = output.status.code().expect("an exit code");
            }
            let id = step["id"].as_str().unwrap_or_default();
            for line in fs::read_to_string(&file).expect("outputs").lines() {
                let (name, value) = line.split_once('=').expect("an output");
                outputs.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
        }
        let sarif = self.value(action["outputs"]["sarif"]["value"].as_str().expect("a value"), &outputs);
        if !sarif.is_empty() {
            let written = fs::read(sarif).expect("the file is there");
            done.sarif = Some(serde_json::from_slice(&written).expect("JSON"));
        }
        done.summary = fs::read_to_string(self.world.path("summary.md")).unwrap_or_default();
        done
    }
}

impl Done {
    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.log);
        self
    }

    /// The run stopped before any program of the release or of cargo did.
    #[track_caller]
    fn is_refused(&self, reason: &str) {
        let Self { log, summary, sarif, code } = self;
        assert_eq!(*code, 2, "{}", log);
        let error = log.lines().find(|line| line.starts_with("::error title=otel-inject::"));
        assert!(error.is_some_and(|error| error.contains(reason)), "{reason}: {}", log);
        assert!(summary.is_empty() && sarif.is_none(), "{}", log);
        assert!(!log.contains("would be injected"), "{}", log);
    }

    /// The codes of the findings in the SARIF file.
    #[track_caller]
    fn codes(&self) -> Vec<&str> {
        let sarif = self.sarif.as_ref().expect("a SARIF file");
        let results = sarif["runs"][0]["results"].as_array().expect("results").iter();
        results.map(|result| result["ruleId"].as_str().expect("a code")).collect()
    }
}

fn the_action_lets_good_manifests_pass() {
    let job = Job::new();
    let done = job.run().ends_with(0);
    let (_, line) = packed();
    let sum = line.split(' ').next().expect("a checksum");
    assert!(done.log.contains(&format!("x86_64-unknown-linux-gnu.tar.gz, SHA-256 {sum}\n")), "{}", done.log);
    assert!(done.log.ends_with("\notel-inject: 1 would be injected, 0 errors, 0 warnings\n"), "{}", done.log);
    assert!(
        done.summary.starts_with("**otel-inject: 1 would be injected, 0 errors, 0 warnings**\n"),
        "{}",
        done.summary
    );
    let listed = "\n\n**1 of 1 workload instrumented, 0 stale, 0 refused**\n\n| namespace | kind |";
    assert!(done.summary.contains(listed), "{}", done.summary);
    assert_eq!(done.codes(), [""; 0]);
    assert_eq!((job.call("cargo"), job.call("gh")), (None, None));
    assert_eq!(job.world.text("repository/manifests/web.yaml"), DEPLOYMENT);
}

fn the_action_fails_as_the_check_does() {
    let done = Job::bad().run().ends_with(1);
    let mark = "::error file=manifests/web.yaml,line=12,col=57,endColumn=69,title=otel-inject%3A instrumentation-not-found::";
    assert!(done.log.lines().any(|line| line.starts_with(mark)), "{}", done.log);
    let link = format!(
        "[manifests/web.yaml:12:57](https://git.example.com/shop/web/blob/{COMMIT}/manifests/web.yaml#L12)"
    );
    for part in
        ["| `instrumentation-not-found` |", &link, "**0 of 1 workload instrumented, 0 stale, 1 refused**"]
    {
        assert!(done.summary.contains(part), "{part}: {}", done.summary);
    }
    assert_eq!(done.codes(), ["instrumentation-not-found"]);
}

fn the_action_takes_paths_config_and_level() {
    let job = Job::new()
        .input("paths", "\n  with a space/web.yaml\n-dash\n\n")
        .input("config", "its config.yaml")
        .input("fail-on", "warning");
    fs::remove_dir_all(job.world.path("repository/manifests")).expect("a folder");
    job.world
        .file("repository/its config.yaml", INSTRUMENTATION)
        .file("repository/with a space/web.yaml", DEPLOYMENT)
        .file("repository/-dash/web.yaml", &DEPLOYMENT.replace("name: web", "name: other"));
    let done = job.run().ends_with(0);
    assert!(done.log.contains("otel-inject: 2 would be injected, 0 errors, 0 warnings\n"), "{}", done.log);
    job.world.file("repository/-dash/web.yaml", &DEPLOYMENT.replace("inject-nodejs", "inject-nodejz"));
    let done = job.run().ends_with(1);
    assert!(done.log.contains("::warning file=-dash/web.yaml,"), "{}", done.log);
    assert_eq!(done.codes(), ["unknown-annotation"]);
}

fn the_action_injects_into_the_files() {
    let job = Job::new().input("command", "inject");
    let done = job.run().ends_with(0);
    assert!(done.log.ends_with("\notel-inject: 1 injected, 0 errors, 0 warnings\n"), "{}", done.log);
    let web = job.world.text("repository/manifests/web.yaml");
    assert!(web.contains("OTEL_SERVICE_NAME") && web.contains("name: web # the shop\n"), "{web}");
    assert!(done.summary.contains("| up-to-date |"), "{}", done.summary);

    let job = Job::bad().input("command", "inject");
    let done = job.run().ends_with(1);
    assert!(done.log.contains("::error file=manifests/web.yaml,line=12,"), "{}", done.log);
    assert_eq!(done.codes(), ["instrumentation-not-found"]);
}

/// A line of a manifest that the runner would take for a command is shown, and does nothing.
fn the_action_prints_a_diff_without_commands() {
    let job = Job::new().input("command", "diff");
    let bait = "args:\n            - \"\n              ::error::bait\"\n          image:";
    job.world.file("repository/manifests/web.yaml", &DEPLOYMENT.replace("image:", bait));
    let done = job.run().ends_with(1);
    let lines: Vec<&str> = done.log.lines().collect();
    let stop = lines.iter().position(|line| line.starts_with("::stop-commands::")).expect("commands stop");
    let token = lines[stop].trim_start_matches("::stop-commands::");
    assert_eq!(token.len(), 32, "{token}");
    let resume = lines.iter().position(|line| *line == format!("::{token}::")).expect("commands resume");
    let shown = lines.iter().position(|line| line.trim_start().starts_with("::error::bait"));
    assert!(shown.is_some_and(|at| stop < at && at < resume), "{}", done.log);
    assert!(lines[stop..resume].contains(&"--- a/manifests/web.yaml"), "{}", done.log);
    assert!(!job.run().log.contains(token), "a token is used once");
}

fn the_action_prints_a_list() {
    let done = Job::new().input("command", "list").run().ends_with(0);
    for part in ["NAMESPACE ", "1 of 1 workload instrumented, 0 stale, 0 refused\n"] {
        assert!(done.log.contains(part), "{part}: {}", done.log);
    }
    assert!(done.sarif.is_some() && done.summary.contains("| namespace | kind |"), "{}", done.summary);
}

fn the_action_says_what_cannot_run() {
    let done = Job::new().input("paths", "nowhere").input("comment", "true").run().ends_with(2);
    assert!(done.log.contains("nowhere"), "{}", done.log);
    let job = Job::new().input("fail-on", "everything").input("comment", "true");
    let done = job.run().ends_with(2);
    assert!(done.log.contains("everything") && done.summary.is_empty(), "{}{}", done.log, done.summary);
    assert_eq!(job.call("gh"), None, "no report is no comment");
}

fn the_action_refuses_a_wrong_checksum() {
    let job = Job::new();
    let file = format!("{}.tar.gz", archive("x86_64-unknown-linux-gnu"));
    let zeros = "0".repeat(64);
    job.world.file(&format!("releases/v{VERSION}/SHA256SUMS"), &format!("{zeros}  {file}\n"));
    job.run().is_refused(&format!("but SHA256SUMS says \"{zeros}\": refusing to run it"));
    // The right checksum of another file is no better.
    let (_, line) = packed();
    job.world.file(&format!("releases/v{VERSION}/SHA256SUMS"), &line.replace(&file, "other.tar.gz"));
    job.run().is_refused("but SHA256SUMS says \"\": refusing to run it");
    assert_eq!(job.call("cargo"), None);
}

fn the_action_refuses_a_release_without_checksums() {
    let job = Job::new().without("SHA256SUMS");
    job.run().is_refused("but no SHA256SUMS: refusing to run it");
    assert_eq!(job.call("cargo"), None);
}

/// Only a missing archive is a reason to build: what else fails may be better in a minute.
fn the_action_builds_nothing_after_a_broken_download() {
    let job = Job::new().variable("OTEL_INJECT_RELEASES", "http://127.0.0.1:1");
    job.run().is_refused("cannot download http://127.0.0.1:1/v");
    assert_eq!(job.call("cargo"), None);
}

/// What runners call themselves, and the archives for them.
pub(crate) const PLATFORMS: &[(&str, &str, &str)] = &[
    ("Linux", "X64", "x86_64-unknown-linux-gnu.tar.gz"),
    ("Linux", "ARM64", "aarch64-unknown-linux-gnu.tar.gz"),
    ("macOS", "X64", "x86_64-apple-darwin.tar.gz"),
    ("macOS", "ARM64", "aarch64-apple-darwin.tar.gz"),
    ("Windows", "X64", "x86_64-pc-windows-msvc.zip"),
];

fn the_action_names_the_archive_of_each_platform() {
    for (os, arch, ending) in PLATFORMS {
        let job =
            Job::new().variable("RUNNER_OS", os).variable("RUNNER_ARCH", arch).input("version", "v7.0.0");
        let name = format!("otel-inject-7.0.0-{ending}");
        job.world.file(&format!("releases/v7.0.0/{name}"), "").file("releases/v7.0.0/SHA256SUMS", "");
        job.run().is_refused(&format!("the checksum of {name} is "));
    }
    let job = Job::new().variable("RUNNER_ARCH", "ARM");
    job.run().ends_with(0);
    assert!(job.call("cargo").is_some(), "there is no archive for it");
}

fn the_action_unpacks_the_release_for_windows() {
    let job = Job::bad().variable("RUNNER_OS", "Windows");
    let server = job.world.path(&format!("releases/v{VERSION}"));
    release::pack("x86_64-pc-windows-msvc", &server);
    let sums = release::script("publish", "Sum");
    fed(Command::new("sh").args(["-e", "-c", &sums]).current_dir(&server), b"").good();
    let done = job.run().ends_with(1);
    assert!(done.log.contains("-x86_64-pc-windows-msvc.zip, SHA-256 "), "{}", done.log);
    assert_eq!(job.call("cargo"), None);
}

fn the_action_builds_its_own_commit_without_a_release() {
    let url = "https://git.example.com/tools/otel-inject";
    for (version, reference, expected) in [
        ("", COMMIT, ["--git", url, "--rev", COMMIT, "otel-inject"].as_slice()),
        ("", "v1", &["--git", url, "--tag", "v1", "otel-inject"]),
        ("", "main", &["--git", url, "--branch", "main", "otel-inject"]),
        ("", "fade", &["--git", url, "--branch", "fade", "otel-inject"]),
        ("0.0.9", COMMIT, &["--git", url, "--tag", "v0.0.9", "otel-inject"]),
    ] {
        let job = Job::bad().archive_is_missing().input("version", version);
        let job = job.expression("github.action_ref", reference);
        let done = job.run().ends_with(1);
        assert!(done.log.contains("for Linux X64: building it\n"), "{}", done.log);
        assert_eq!(done.codes(), ["instrumentation-not-found"]);
        let call = job.call("cargo").expect("a call");
        assert_eq!(call[..3], ["install", "--locked", "--root"]);
        assert_eq!(call[4..], *expected);
    }
    // The action of the job's own checkout.
    let job = Job::new().archive_is_missing().expression("github.action_repository", "");
    job.run().ends_with(0);
    assert_eq!(job.call("cargo").expect("a call")[4..], ["--path", ROOT]);
}

fn the_action_comments_on_the_pull_request() {
    for (job, total, code) in [(Job::bad(), "1 error", 1), (Job::new(), "0 errors", 0)] {
        let job = job.input("comment", "true");
        let done = job.run().ends_with(code);
        let call = job.call("gh").expect("a comment");
        let fixed =
            ["pr", "comment", "7", "--repo", "shop/web", "--edit-last", "--create-if-none", "--body-file"];
        assert_eq!(call[..8], fixed);
        assert_eq!(call[9], "a-token");
        let comment = fs::read_to_string(&call[8]).expect("a body");
        assert!(comment.lines().next().is_some_and(|totals| totals.contains(total)), "{comment}");
        assert!(done.summary.starts_with(&comment), "{}", done.summary);
    }
    let job = Job::bad();
    job.run().ends_with(1);
    assert_eq!(job.call("gh"), None, "nobody asked");
}

fn the_action_does_not_comment_for_forks() {
    for (number, head) in [("7", "stranger/web"), ("", "")] {
        let job = Job::new().input("comment", "true");
        let job = job.expression("github.event.pull_request.number", number);
        let job = job.expression("github.event.pull_request.head.repo.full_name", head);
        let done = job.run().ends_with(0);
        assert!(done.log.contains("otel-inject: no comment: "), "{}", done.log);
        assert_eq!(job.call("gh"), None);
    }
}

fn the_action_keeps_its_result_without_a_comment() {
    for (job, code) in [(Job::new(), 0), (Job::bad(), 1)] {
        let done = job.input("comment", "true").variable("GH_FAILS", "1").run().ends_with(code);
        assert!(
            done.log.contains("::warning title=otel-inject::The comment could not be written."),
            "{}",
            done.log
        );
    }
}

fn the_action_refuses_wrong_inputs() {
    for (input, value) in
        [("command", "uninject"), ("comment", "yes"), ("version", "../v1"), ("command", "a\n::b")]
    {
        let job = Job::new().input(input, value);
        job.run().is_refused(&format!("the input {input} is \"{}\"", value.replace('\n', " ")));
        assert_eq!(job.call("cargo"), None);
    }
}

/// Neither the program nor a build sees the token.
fn the_action_gives_its_token_to_the_comment_alone() {
    let action = action();
    let steps = action["runs"]["steps"].as_array().expect("steps");
    for (step, is_comment) in steps.iter().zip([false, false, true]) {
        assert_eq!(step.to_string().contains("token"), is_comment, "{step}");
        // Inputs are variables, never a part of a script.
        assert!(!step["run"].to_string().contains("${{"), "{step}");
    }
    assert_eq!(steps.len(), 3);
}

fn the_action_has_a_page_with_every_input() {
    let action = action();
    let page = text(PAGE);
    let names = action["inputs"].as_object().expect("inputs");
    for (name, input) in names {
        let default = match input["default"].as_str().expect("a default") {
            "" => "empty".to_owned(),
            default => format!("`{default}`"),
        };
        assert!(page.contains(&format!("\n| `{name}` | {default} | ")), "{name}: {default}");
    }
    for name in action["outputs"].as_object().expect("outputs").keys() {
        assert!(page.contains(&format!("steps.otel-inject.outputs.{name}")), "{name}");
    }
    assert!(page.contains(&format!("@{} # v", "COMMIT")), "the example pins a commit");
    assert!(text("README.md").contains(&format!("]({PAGE})")), "the README leads there");
}

/// The workflow on the page, with the action of this folder.
fn example() -> String {
    let page = text(PAGE);
    let example =
        page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let own = example.lines().map(|line| match line.split_once("uses: OWNER/otel-inject@") {
        Some((before, _)) => format!("{before}uses: ./\n"),
        None => format!("{line}\n"),
    });
    own.collect()
}

/// It holds the inputs and outputs that are used against action.yml.
fn actionlint_accepts_the_example_of_the_action() {
    let lint = |workflow: &str| {
        let world = World::new();
        // It looks for actions only in a repository with workflows.
        world.file(".git/HEAD", "").file("action.yml", &text("action.yml"));
        world.file(".github/workflows/example.yaml", workflow);
        fed(Command::new("actionlint").arg("-no-color").current_dir(world.folder.path()), b"")
    };
    let example = example();
    assert_eq!(lint(&example).good(), "");
    let wrong = lint(&example.replace("fail-on:", "fails-on:"));
    assert!(
        wrong.stdout.contains("input \"fails-on\" is not defined in action \"otel-inject\""),
        "{}",
        wrong.stdout
    );
}

fn zizmor_has_nothing_to_say_about_the_action() {
    let mut zizmor = Command::new("zizmor");
    zizmor.args(["--offline", "--no-progress", "--no-config", "--color", "never", "action.yml"]);
    let said = fed(zizmor.current_dir(ROOT), b"").good();
    assert!(said.starts_with("No findings to report."), "{said}");
}

fn shellcheck_has_nothing_to_say_about_the_action() {
    assert_eq!(fed(Command::new("shellcheck").arg(SCRIPT).current_dir(ROOT), b"").good(), "");
}
