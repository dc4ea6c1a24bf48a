//! The commands as people see them: snapshots of the real binary, and what their outputs are good for.

use std::fs;
use std::path::Path;

use otel_inject::components::IMAGE;
use otel_inject::k8s::RELEASE;
use otel_inject::languages::{ALL, OPERATOR};
use otel_inject::value::Value;

use crate::common::binary::{CONFIG_MAP, DEPLOYMENT, INSTRUMENTATION, Run, World, input, run};

/// What a run shows, without what changes from release to release.
fn shown(run: &Run) -> String {
    let part = |name: &str, text: &str| {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "(no newline)\n" };
        format!("--- {name}\n{text}{end}")
    };
    let shown =
        format!("{}{}--- exit code {}", part("stdout", &run.stdout), part("stderr", &run.stderr), run.code);
    shown.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

macro_rules! snapshot {
    ($name:expr, $run:expr) => {
        insta::assert_snapshot!($name, shown(&$run))
    };
}

/// A folder with one workload that can be injected, one that names what there is not, and one that asks for
/// nothing.
fn world() -> World {
    let world = World::new();
    let lost = DEPLOYMENT.replace("name: web", "name: lost").replace("\"true\"", "nowhere/none");
    world
        .file("good/instrumentation.yaml", INSTRUMENTATION)
        .file("good/web.yaml", DEPLOYMENT)
        .file("bad/lost.yaml", &lost)
        .file("bad/other.yaml", CONFIG_MAP);
    world
}

#[test]
fn init() {
    let world = World::new();
    snapshot!("init-no-host", world.run(&["init"], ""));
    for host in super::init::hosts() {
        let run = world.run(&["init", "--host", &host, &host], "");
        snapshot!(format!("init-{host}"), run);
    }
    snapshot!("init-taken", world.run(&["init", "--host", "kpt", "kustomize"], ""));
    snapshot!("init-shared", world.run(&["init", "pre-commit"], ""));
    world.file("Kptfile", "").file("Chart.yaml", "");
    snapshot!("init-several-hosts", world.run(&["init"], ""));
    snapshot!("init-unknown-host", world.run(&["init", "--host", "nomad"], ""));
}

#[test]
fn check() {
    let world = world();
    snapshot!("check-good", world.run(&["check", "good"], ""));
    snapshot!("check-bad", world.run(&["check", "good", "bad"], ""));
    snapshot!("check-bad-verbose", world.run(&["check", "-v", "good", "bad"], ""));
    snapshot!("check-bad-quiet", world.run(&["check", "-q", "good", "bad"], ""));
    snapshot!("check-json", world.run(&["check", "--format", "json", "good", "bad"], ""));
    snapshot!("check-github", world.run(&["check", "--format", "github", "good", "bad"], ""));
    snapshot!("check-missing", world.run(&["check", "nowhere"], ""));
    snapshot!("check-stdin", world.run(&["check"], &input()));
    snapshot!("check-usage", world.run(&["check", "--format", "xml", "good"], ""));
}

#[test]
fn a_check_writes_nothing() {
    let world = world();
    assert_eq!(world.run(&["check", "good"], "").code, 0);
    assert_eq!(world.text("good/web.yaml"), DEPLOYMENT);
}

#[test]
fn diff() {
    let world = world();
    snapshot!("diff-good", world.run(&["diff", "good"], ""));
    snapshot!("diff-bad", world.run(&["diff", "good", "bad"], ""));
    snapshot!("diff-nothing", world.run(&["diff", "bad/other.yaml"], ""));
    snapshot!("diff-empty", world.run(&["diff"], ""));
}

#[test]
fn inject() {
    let world = world();
    snapshot!("inject-good", world.run(&["inject", "good"], ""));
    snapshot!("inject-quiet", world.run(&["inject", "-q", "--in-place", "good"], ""));
    snapshot!("inject-bad", world.run(&["inject", "bad"], ""));
    snapshot!("inject-skip", world.run(&["inject", "--on-error", "skip", "bad"], ""));
    snapshot!("inject-json", world.run(&["inject", "--format", "json", "bad/other.yaml"], ""));
}

#[test]
fn patch() {
    let world = world();
    for form in ["json6902", "component", "flux"] {
        snapshot!(format!("patch-{form}"), world.run(&["patch", "--as", form, "good"], ""));
    }
    snapshot!("patch-bad", world.run(&["patch", "--as", "component", "good", "bad"], ""));
    snapshot!("patch-nothing", world.run(&["patch", "--as", "component", "bad/other.yaml"], ""));
    snapshot!("patch-usage", world.run(&["patch", "good"], ""));
    world.file("patches.yaml", &world.run(&["patch", "--as", "flux", "good"], "").stdout);
    let check = |inputs: &str| world.run(&["patch", "--as", "flux", "--check", "patches.yaml", inputs], "");
    assert_eq!((check("good").code, check("good").stdout.as_str()), (0, ""));
    snapshot!("patch-stale", check("bad/other.yaml"));
    snapshot!("patch-lost", world.run(&["patch", "--as", "flux", "--check", "nowhere", "good"], ""));
}

/// What a run patches is what it has changed, an earlier injection included.
#[test]
fn patches_renew_and_take_out() {
    let world = world();
    assert_eq!(world.run(&["inject", "--in-place", "good"], "").code, 0);
    world.file("good/instrumentation.yaml", &INSTRUMENTATION.replace("collector:4318", "elsewhere:4318"));
    world.file("config.yaml", "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata: {name: c}\nspec: {instrumentationResources: drop}\n");
    let flags = ["--as", "json6902", "--config", "config.yaml", "good"];
    let run = world.run(&[&["patch"][..], &flags].concat(), "");
    assert!(
        run.stdout.contains("$patch: delete") && run.stdout.contains("otel-inject.dev~1record"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("http://elsewhere:4318"), "{}", run.stdout);
}

#[test]
fn images() {
    let world = world();
    let images = |more: &[&str]| world.run(&[&["images"][..], more].concat(), "");
    snapshot!("images-good", images(&["good"]));
    snapshot!("images-bad", images(&["good", "bad"]));
    snapshot!("images-usage", images(&["--check", "good"]));
    world.file("digests", "app:1@sha256:1234\n");
    snapshot!("images-no-digest", images(&["--lock", "lock", "--digests", "digests", "good"]));
    assert_eq!(images(&["--lock", "lock", "good"]).code, 0);
    snapshot!("images-lock", images(&["--lock", "lock", "--check", "good"]));
    let image = images(&["good"]).stdout.trim().to_owned();
    let digest = format!("sha256:{}", "0a".repeat(32));
    world.file("digests", &format!("\n{image}@{digest}\n"));
    assert_eq!(images(&["--lock", "lock", "--digests", "digests", "good"]).code, 0);
    assert_eq!(world.text("lock"), format!("images:\n  {image}: {digest}\n"));
    // What is known stays, and what is current is pulled too.
    assert_eq!(images(&["--lock", "lock", "good"]).code, 0);
    assert_eq!(world.run(&["inject", "--in-place", "good"], "").code, 0);
    assert_eq!(images(&["--lock", "lock", "--check", "good"]).code, 0);
    snapshot!("images-stale", images(&["--lock", "lock", "--check", "bad/other.yaml"]));
    // What is no digest counts as none, and goes.
    let says = |lock: &str| {
        world.file("lock", lock);
        images(&["--lock", "lock", "--check", "good"]).stderr
    };
    assert!(says("images: {}\n").contains(&format!("{image:?} is not in it")));
    assert!(
        says(&format!("images: {{{image:?}: 12}}\n")).contains(&format!("{image:?} has no digest in it"))
    );
    let own = format!("{image}@{digest}");
    assert_eq!(images(&["--lock", "lock", "good"]).code, 0);
    assert_eq!(world.text("lock"), format!("images:\n  {image}: null\n"));
    let other = format!("sha256:{}", "0b".repeat(32));
    world.file(
        "good/instrumentation.yaml",
        &INSTRUMENTATION.replace("spec:", &format!("spec:\n  nodejs: {{image: {own:?}}}")),
    );
    assert!(
        says(&format!("images: {{{own:?}: {other:?}}}\n")).contains(&format!("{own:?} has another digest"))
    );
    world.file("lock", "images: []\n");
    snapshot!("images-no-lock", images(&["--lock", "lock", "good"]));
    snapshot!("images-lost-lock", images(&["--lock", "nowhere", "--check", "good"]));
}

#[test]
fn a_lock_pins_what_is_injected() {
    let world = world();
    let run = |args: &[&str]| world.run(args, "");
    let image = run(&["images", "good"]).stdout.trim().to_owned();
    let digest = |byte: &str| format!("sha256:{}", byte.repeat(32));
    let lock = |byte: &str| format!("images:\n  {image}: {}\n", digest(byte));
    world.file("lock", &lock("0a"));
    let pinned = format!("image: {image}@{}\n", digest("0a"));
    let injected = run(&["inject", "--lock", "lock", "good"]);
    assert!(
        injected.code == 0 && injected.stdout.contains(&pinned),
        "{}{}",
        injected.stdout,
        injected.stderr
    );
    for command in [&["diff"][..], &["patch", "--as", "flux"]] {
        let shown = run(&[command, &["--lock", "lock", "good"]].concat()).stdout;
        assert!(shown.contains(&format!("{image}@{}", digest("0a"))), "{shown}");
    }
    let filtered = world.run(&["--lock", "lock"], &input());
    assert!(filtered.stdout.contains(&pinned), "{}", filtered.stderr);
    // A second run changes nothing, another digest is an update, and the lock is still what is pulled.
    assert_eq!(run(&["inject", "--in-place", "--lock", "lock", "good"]).code, 0);
    assert_eq!(run(&["diff", "--lock", "lock", "good"]).code, 0);
    assert_eq!(run(&["check", "--lock", "lock", "--fail-on", "stale", "good"]).code, 0);
    assert_eq!(run(&["images", "--lock", "lock", "--check", "good"]).code, 0);
    world.file("lock", &lock("0b"));
    let stale = run(&["check", "--lock", "lock", "--fail-on", "stale", "good"]);
    assert!(stale.code == 1 && stale.stdout.contains("info[updated]"), "{}", stale.stdout);
    assert_eq!(run(&["uninject", "--in-place", "good"]).code, 0);
    assert_eq!(world.text("good/web.yaml"), DEPLOYMENT);
    // What the lock does not have is refused.
    for none in ["images: {}\n".to_owned(), format!("images: {{{image:?}: null}}\n"), lock("zz")] {
        world.file("lock", &none);
        let refused = run(&["inject", "--lock", "lock", "good"]);
        refused.is_refused_in_silence(1, "stale-lock");
        assert!(
            refused.stderr.contains(&format!("the lock has no digest of {image:?}")),
            "{}",
            refused.stderr
        );
    }
    run(&["inject", "--lock", "nowhere", "good"]).is_refused_in_silence(2, "io");
    world.file("list", "images: []\n");
    run(&["inject", "--lock", "list", "good"]).is_refused_in_silence(2, "invalid-config");
    run(&["inject", "--lock", "list.txt", "--report", "list.txt", "good"]).is_refused_in_silence(2, "io");
    // Where nothing is pulled, nothing is pinned.
    world.file("sdk.yaml", &input().replace("inject-nodejs", "inject-sdk"));
    assert_eq!(run(&["inject", "--lock", "lock", "sdk.yaml"]).code, 0);
    // An image with a digest of its own needs none.
    let own = format!("{image}@{}", digest("0c"));
    let with_own = INSTRUMENTATION.replace("spec:", &format!("spec:\n  nodejs: {{image: {own:?}}}"));
    world.file("good/instrumentation.yaml", &with_own).file("lock", "images: {}\n");
    assert!(run(&["inject", "--lock", "lock", "good"]).stdout.contains(&format!("image: {own}\n")));
}

#[test]
fn uninject() {
    let world = world();
    assert_eq!(world.run(&["inject", "--in-place", "good"], "").code, 0);
    let injected = world.text("good/web.yaml");
    snapshot!("uninject-good", world.run(&["uninject", "good"], ""));
    snapshot!("uninject-nothing", world.run(&["uninject", "bad/other.yaml"], ""));
    world.file("edited/web.yaml", &injected.replace("autoinstrumentation.js", "own.js"));
    snapshot!(
        "uninject-edited",
        world.run(&["uninject", "--in-place", "--context", "good/instrumentation.yaml", "edited"], "")
    );
    assert_eq!(world.text("edited/web.yaml"), DEPLOYMENT);
    assert_eq!(world.run(&["uninject", "--in-place", "good"], "").code, 0);
    assert_eq!(world.text("good/web.yaml"), DEPLOYMENT);
}

/// A folder with an injection: current, out of date, not asked for any more, or with a warning about an annotation.
fn injected(state: &str) -> World {
    let world = world();
    assert_eq!(world.run(&["inject", "--in-place", "good"], "").code, 0);
    let web = world.text("good/web.yaml");
    match state {
        "current" => world.file("good/web.yaml", &web),
        "old" => {
            world.file("good/instrumentation.yaml", &INSTRUMENTATION.replace("collector:4318", "other:4318"))
        }
        "not asked for" => world.file("good/web.yaml", &web.replace("inject-nodejs: \"true\"", "a: b")),
        _ => world.file("good/web.yaml", &web.replace("inject-nodejs:", "inject-node: x\n        a:")),
    };
    world
}

#[test]
fn what_fails_a_run_is_a_choice() {
    // The exit codes by --fail-on: error, stale, warning.
    let table = [
        ("current", &["check"][..], [0, 0, 0]),
        ("old", &["check"], [0, 1, 1]),
        ("old", &["inject"], [0, 0, 0]),
        ("old", &["patch", "--as", "flux"], [0, 0, 0]),
        ("old", &["images"], [0, 0, 0]),
        ("old", &["diff"], [1, 1, 1]),
        ("not asked for", &["check"], [0, 1, 1]),
        ("not asked for", &["inject"], [0, 1, 1]),
        ("not asked for", &["patch", "--as", "flux"], [0, 1, 1]),
        ("not asked for", &["uninject"], [0, 0, 0]),
        ("misspelt", &["check"], [0, 1, 1]),
    ];
    for (state, command, codes) in table {
        let world = injected(state);
        for (fail_on, code) in ["error", "stale", "warning"].iter().zip(codes) {
            let run = world.run(&[command, &["--fail-on", fail_on, "good"]].concat(), "");
            assert_eq!(run.code, code, "{state} {command:?} {fail_on}: {}", run.stderr);
            let prints = !["check", "diff"].contains(&command[0]);
            assert!(!prints || run.stdout.is_empty() == (code == 1), "{state} {command:?} {fail_on}");
        }
    }
}

#[test]
fn a_run_that_a_warning_fails_writes_nothing_and_says_why() {
    let unknown = DEPLOYMENT
        .replace("inject-nodejs:", "inject-node: x\n        instrumentation.opentelemetry.io/inject-nodejs:");
    let world = world();
    world.file("good/web.yaml", &unknown);
    world.file(
        "config.yaml",
        "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata: {name: c}\nspec: {failOn: warning}\n",
    );
    let config = &["--config", "config.yaml"][..];
    let run = world.run(&[&["inject", "--in-place", "good"], config].concat(), "");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert_eq!(world.text("good/web.yaml"), unknown);
    let said = "otel-inject: 0 of 1 injected, 0 errors, 1 warning; failed, since ";
    assert!(run.stderr.lines().last().is_some_and(|line| line.starts_with(said)), "{}", run.stderr);
    // What fails the run is said even where nothing else is.
    let quiet = world.run(&[&["inject", "-q", "good"], config].concat(), "");
    assert!(quiet.stderr.starts_with("warning[unknown-annotation] ") && quiet.stderr.lines().count() == 1);
    let flag_wins = world.run(&[&["inject", "--fail-on", "error", "good"], config].concat(), "");
    assert_eq!(flag_wins.code, 0, "{}", flag_wins.stderr);
    let checked =
        injected("old").run(&["check", "--fail-on", "stale", "-q", "--format", "github", "good"], "");
    assert!(checked.stdout.starts_with("::notice file=good/web.yaml,line="), "{}", checked.stdout);
    // A validator is a check: what would be updated is stale.
    let world = injected("old");
    world.file(
        "config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {failOn: stale, mode: validate}\n",
    );
    let validated = world.run(&[&["inject", "good"], config].concat(), "");
    assert_eq!((validated.code, validated.stdout.as_str()), (1, ""), "{}", validated.stderr);
    assert!(validated.stderr.contains("info[updated]"), "{}", validated.stderr);
}

/// A config that instruments all, as files have it.
const CONFIG: &str = "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata: {name: c}\n\
    spec: {rules: [{select: {names: ['*']}, inject: nodejs}]}\n";

/// What a run with `args` in a folder of a world says about its config, and whether a rule of it counts.
fn configured(world: &World, folder: &str, args: &[&str], stdin: &str) -> (Vec<String>, bool) {
    let mut command = world.command();
    command.current_dir(world.path(folder)).args(args);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), stdin.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("the binary ends");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
    let is_about_config = |line: &&str| line.contains("[found-config]") || line.contains("[unused-config]");
    let about = said.lines().filter(is_about_config).map(str::to_owned).collect();
    (about, said.contains("info[injected]"))
}

#[test]
fn a_config_is_found_up_to_the_root_of_the_repository() {
    let plain = DEPLOYMENT.replace("inject-nodejs: \"true\"", "a: b");
    let input = format!("{INSTRUMENTATION}---\n{plain}");
    let world = World::new();
    world.file("otel-inject.yaml", CONFIG).file("repo/.git/HEAD", "").file("repo/app/deep/web.yaml", &input);
    let used = |path: &str| vec![format!("info[found-config] {path}: used as the function config")];
    let check = |folder: &str, more: &[&str]| {
        let by_file = configured(&world, folder, &[&["check"][..], more, &["."]].concat(), "");
        let by_stdin = configured(&world, folder, more, &input);
        assert_eq!(by_file, by_stdin, "{folder} {more:?}");
        by_file
    };
    // One outside of the repository is somebody else's.
    assert_eq!(check("repo/app/deep", &[]), (vec![], false));
    world.file("repo/otel-inject.yaml", CONFIG);
    assert_eq!(check("repo/app/deep", &[]), (used("../../otel-inject.yaml"), true));
    // Another resource of that name is none.
    world.file("repo/app/otel-inject.yaml", CONFIG_MAP);
    assert_eq!(check("repo/app/deep", &[]), (used("../../otel-inject.yaml"), true));
    world.file("repo/app/otel-inject.yaml", &CONFIG.replace("'*'", "none"));
    assert_eq!(check("repo/app/deep", &[]), (used("../otel-inject.yaml"), false));
    assert_eq!(check("repo/app/deep", &["--no-config"]), (vec![], false));
    assert_eq!(check("repo/app/deep", &["--config", "../../otel-inject.yaml"]), (vec![], true));
    // Where there is no repository, only the current folder counts.
    world.file("loose/web.yaml", &input);
    assert_eq!(check("loose", &[]), (vec![], false));
    world.file("loose/otel-inject.yaml", CONFIG);
    assert_eq!(check("loose", &[]), (used("otel-inject.yaml"), true));
    // A broken one is an error, not one that is not there.
    world.file("otel-inject.yaml", &CONFIG.replace("select", "selcet"));
    world.run(&[], &input).is_refused_in_silence(2, "invalid-config");
    world.file("otel-inject.yaml", &CONFIG.replace("]}\n", "\n"));
    world.run(&[], &input).is_refused_in_silence(2, "invalid-config");
}

#[test]
fn a_config_among_the_manifests_is_named_as_not_used() {
    let world = world();
    world.file("good/otel-inject.yaml", CONFIG);
    let unused =
        "warning[unused-config] good/otel-inject.yaml: not used as the function config: help: Pass --config \
        good/otel-inject.yaml, or --no-config."
            .to_owned();
    assert_eq!(configured(&world, ".", &["check", "good"], "").0, [unused]);
    for args in
        [&["check", "--no-config", "good"][..], &["check", "--config", "good/otel-inject.yaml", "good"]]
    {
        assert_eq!(configured(&world, ".", args, "").0, [""; 0], "{args:?}");
    }
    let found = "info[found-config] otel-inject.yaml: used as the function config";
    assert_eq!(configured(&world, "good", &["check", "."], "").0, [found]);
    // One for a host is that host's.
    let of_host = CONFIG.replace("{name: c}", "{name: c, annotations: {config.kubernetes.io/function: x}}");
    world.file("good/otel-inject.yaml", &of_host);
    assert_eq!(configured(&world, ".", &["check", "good"], "").0, [""; 0]);
}

#[test]
fn a_kustomization_that_changes_resources_is_to_be_built_first() {
    let said = |kustomization: &str, command: &[&str]| -> Vec<String> {
        let world = world();
        world.file("good/overlay/kustomization.yaml", kustomization);
        let run = world.run(&[command, &["good"]].concat(), "");
        let said = [run.stdout, run.stderr].concat();
        said.lines().filter(|line| line.contains("[unbuilt-kustomization]")).map(str::to_owned).collect()
    };
    let patches = "resources: [../web.yaml]\npatches:\n- path: patch.yaml\n";
    for command in [&["check"][..], &["inject"], &["diff"], &["patch", "--as", "flux"], &["images"]] {
        let [line] = &said(patches, command)[..] else { panic!("{command:?}") };
        let start = "warning[unbuilt-kustomization] good/overlay/kustomization.yaml:3:3: kustomize has not built this: patches ";
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with("kustomize build good/overlay | otel-inject check"), "{line}");
    }
    assert_eq!(said(patches, &["uninject"]), [""; 0]);
    // A transformer that is the config of the run does here what it does there.
    let world = world();
    world
        .file("good/otel-inject.yaml", CONFIG)
        .file("good/kustomization.yaml", "transformers: [otel-inject.yaml]\n");
    let is_said = |args: &[&str]| world.run(args, "").stdout.contains("[unbuilt-kustomization]");
    assert!(!is_said(&["check", "--config", "good/otel-inject.yaml", "good"]));
    assert!(is_said(&["check", "--no-config", "good"]));
    for (kustomization, count) in [
        ("transformers: [otel-inject.yaml]\n", 1),
        ("components: [../c]\ncommonAnnotations: {a: b}\n", 1),
        ("patches: []\nresources: [../web.yaml]\nnamePrefix: a-\n", 0),
        ("patches: [\n", 0),
    ] {
        assert_eq!(said(kustomization, &["check"]).len(), count, "{kustomization}");
    }
}

#[test]
fn explain() {
    snapshot!("explain-finding", run(&["explain", "no-instrumentation"], ""));
    snapshot!("explain-language", run(&["explain", "nginx"], ""));
    snapshot!("explain-nearest", run(&["explain", "no-instrumentaton"], ""));
    assert_eq!(run(&["explain", "[IO]"], "").stdout, run(&["explain", "io"], "").stdout);
    let unknown = run(&["explain", "zzz"], "");
    assert_eq!((unknown.code, unknown.stdout.as_str()), (2, ""));
    assert!(unknown.stderr.contains("`otel-inject explain` lists all"), "{}", unknown.stderr);
    snapshot!("explain", run(&["explain"], ""));
    snapshot!("explain-go", run(&["explain", "go"], ""));
}

#[test]
fn generated() {
    snapshot!("completions-usage", run(&["completions", "tcsh"], ""));
    snapshot!("help", run(&["--help"], ""));
    snapshot!("help-check", run(&["check", "--help"], ""));
    snapshot!("help-diff", run(&["diff", "--help"], ""));
    snapshot!("help-images", run(&["images", "--help"], ""));
    snapshot!("help-inject", run(&["inject", "--help"], ""));
    snapshot!("help-patch", run(&["patch", "--help"], ""));
    snapshot!("help-suggest", run(&["suggest", "--help"], ""));
    snapshot!("help-uninject", run(&["uninject", "--help"], ""));
}

#[test]
fn the_schema_is_the_committed_one() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/otel-inject.schema.json");
    let committed = fs::read_to_string(committed).expect("a file");
    assert!(run(&["schema"], "").stdout == committed, "docs/otel-inject.schema.json is another one");
}

#[test]
fn version_and_help_are_commands_too() {
    assert_eq!(run(&["version"], "").stdout, run(&["--version"], "").stdout);
    let verbose = run(&["version", "--verbose"], "").stdout;
    for args in [&["version", "-v"][..], &["-V", "-v"], &["-vV"], &["--verbose", "--version"]] {
        assert_eq!(run(args, "").stdout, verbose, "{args:?}");
    }
    assert_eq!(run(&["help"], "").stdout, run(&["--help"], "").stdout);
    assert_eq!(run(&["help", "check"], "").stdout, run(&["check", "--help"], "").stdout);
}

#[test]
fn the_version_says_what_it_follows_and_injects() {
    let line = format!("otel-inject {} (OpenTelemetry Operator {OPERATOR})\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["version"], "").stdout, line);
    let verbose = run(&["version", "--verbose"], "").stdout;
    let more: Value =
        serde_yaml::from_str(verbose.strip_prefix(&line).expect("the same line")).expect("YAML");
    assert_eq!(more["kubernetes"], RELEASE);
    assert_eq!(more["rust"], env!("CARGO_PKG_RUST_VERSION"));
    let images = more["images"].as_object().expect("images");
    for language in ALL {
        let image = language.settings.as_ref().map(|settings| settings.image);
        let expected = image.map(|image| format!("{}:{}", image.repository, image.tag));
        assert_eq!(images.get(language.id).and_then(Value::as_str), expected.as_deref(), "{}", language.id);
    }
    assert_eq!(images["collector"], format!("{}:{}", IMAGE.repository, IMAGE.tag));
}

#[test]
fn every_shell_has_completions_for_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = run(&["completions", shell], "");
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        let mut words = vec!["check", "diff", "explain", "--on-error", "on-error", "format"];
        // The values of arguments, which the others cannot complete.
        if ["bash", "fish", "zsh"].contains(&shell) {
            words.extend(["sarif", "skip", "json6902", "no-instrumentation", "nodejs"]);
        }
        for word in words {
            let is_there = run.stdout.contains(word.trim_start_matches('-'));
            assert!(is_there, "{shell} does not know {word}");
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    for args in [&["man"][..], &["man", "check"], &["man", "completions"], &["man", "man"]] {
        let run = run(args, "");
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let title =
            format!(".TH otel-inject{} 1", args.get(1).map_or_else(String::new, |name| format!("-{name}")));
        assert!(run.stdout.contains(&title), "{}", run.stdout);
        for section in ["EXAMPLES", "\"EXIT STATUS\""] {
            assert!(run.stdout.contains(&format!(".SH {section}\n")), "{}", run.stdout);
        }
    }
    assert_eq!(run(&["man", "nowhere"], "").code, 2);
}

#[test]
fn sarif_is_what_its_schema_says() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/sarif/sarif-2.1.0-rtm.5.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(schema).expect("a file")).expect("JSON");
    // This pattern has a stray `]`, which strict readers refuse; no report of ours has a language.
    for place in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{place}/properties/language"));
        let language = language.and_then(Value::as_object_mut).expect("the property");
        language.remove("pattern").expect("the pattern");
    }
    let validator = jsonschema::validator_for(&serde_json::Value::from(&schema)).expect("a schema");
    let world = world();
    world.file("odd/a b%[ü].yaml", DEPLOYMENT);
    for (args, stdin) in [
        (&["good", "bad"][..], ""),
        (&["good"], ""),
        (&["odd", "."], ""),
        (&["nowhere"], ""),
        (&["-"], DEPLOYMENT),
        (&["-"], "a: [\n"),
    ] {
        let run = world.run(&[&["check", "--format", "sarif"], args].concat(), stdin);
        let log: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        if let Err(error) = validator.validate(&log) {
            panic!("{args:?}: {error} at {}", error.instance_path());
        }
        assert_eq!(run.stderr, "", "{args:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})));
}

#[test]
fn a_diff_gives_what_inject_gives() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases");
    let mut seen = 0;
    for case in fs::read_dir(cases).expect("cases") {
        let case = case.expect("a case").path();
        let read = |name: &str| fs::read_to_string(case.join(name)).ok();
        let (Some(input), Some(expected)) = (read("input.yaml"), read("expected.yaml")) else { continue };
        let world = World::new();
        let mut args = vec!["diff", "-"];
        if let Some(config) = read("config.yaml") {
            world.file("config.yaml", &config);
            args.extend(["--config", "config.yaml"]);
        }
        let run = world.run(&args, &input);
        assert_eq!(run.code, i32::from(input != expected), "{}: {}", case.display(), run.stderr);
        assert_eq!(run.stdout.is_empty(), input == expected, "{}", case.display());
        assert!(
            crate::common::patch::applied(&input, &run.stdout) == expected,
            "{}: {}",
            case.display(),
            run.stdout
        );
        seen += 1;
    }
    assert!(seen >= 30, "{seen} cases");
}

#[test]
fn a_format_is_that_of_stderr_where_stdout_is_the_stream() {
    let run = run(&["--format", "json"], DEPLOYMENT);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    let report: Value = serde_json::from_str(&run.stderr).expect("JSON");
    assert_eq!(report["findings"][0]["code"], "no-instrumentation");
}
