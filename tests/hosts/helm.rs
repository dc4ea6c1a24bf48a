//! Helm: post-renderers, a program on PATH for Helm 3, a plugin for Helm 4.

use crate::common::binary::Run;
use crate::tools::Tool;
use crate::world::World;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::Helm3] => [
        helm_3_injects_a_chart,
        helm_3_keeps_what_is_not_injected,
        helm_3_finds_templates_by_their_sources,
        helm_3_fails_with_the_reason,
        helm_3_never_writes_uninjected_files_in_silence,
        helm_3_takes_an_empty_chart_where_it_is_allowed,
        helm_3_keeps_a_report,
        helm_3_hides_a_warning_that_does_not_fail,
    ],
    &[Tool::Helm4] => [
        helm_4_injects_a_chart_and_its_hooks,
        helm_4_fails_with_the_reason,
        helm_4_shows_wrong_arguments,
        helm_4_takes_an_empty_chart_where_it_is_allowed,
        helm_4_keeps_a_report,
        helm_4_hides_a_warning_that_does_not_fail,
    ],
    &[Tool::Helm4, Tool::Gpg] => [helm_4_verifies_a_signed_plugin],
];

/// A world with the chart and, for Helm 4, the plugin as its README says.
fn world(tool: Tool) -> World {
    let world = World::new();
    world.copy("testdata/chart", "chart");
    // Helm 3 breaks on plugins of Helm 4.
    if tool == Tool::Helm4 {
        world.copy("functions/helm4-plugin", "helm4-plugin");
        world.run(tool, &["plugin", "install", "helm4-plugin"]).good();
    }
    world
}

fn template(world: &World, tool: Tool, args: &[&str]) -> Run {
    world.run(tool, &[&["template", "shop", "chart", "--post-renderer", "otel-inject"], args].concat())
}

/// The document that a template gave.
#[track_caller]
fn document<'a>(stream: &'a str, kind: &str) -> &'a str {
    let found = stream.split("---\n").find(|document| document.contains(&format!("kind: {kind}\n")));
    found.unwrap_or_else(|| panic!("{stream}"))
}

fn helm_3_injects_a_chart() {
    let world = world(Tool::Helm3);
    let stream = template(&world, Tool::Helm3, &["--post-renderer-args=--namespace=shop"]).good();
    let deployment = document(&stream, "Deployment");
    assert!(deployment.starts_with("# Source: shop/templates/deployment.yaml\n"), "{stream}");
    assert!(
        deployment.contains("- name: OTEL_SERVICE_NAME\n") && deployment.contains("value: shop-web\n"),
        "{stream}"
    );
    assert!(deployment.contains("k8s.namespace.name=shop"), "{stream}");
    // Helm 3 does not show its hooks to post-renderers.
    assert!(!document(&stream, "Job").contains("OTEL_"), "{stream}");
}

fn helm_3_keeps_what_is_not_injected() {
    let world = world(Tool::Helm3);
    let injected = template(&world, Tool::Helm3, &[]).good();
    let without = world.run(Tool::Helm3, &["template", "shop", "chart"]).good();
    let mut rest = injected.lines();
    for line in without.lines() {
        assert!(rest.any(|other| other == line), "{line} is gone: {injected}");
    }
    assert!(injected.contains("configMap: {name: settings, defaultMode: 0644}\n"), "{injected}");

    let without =
        world.run(Tool::Helm3, &["template", "shop", "chart", "--set", "instrumentation=false"]).good();
    let untouched = template(&world, Tool::Helm3, &["--set", "instrumentation=false"]).good();
    assert!(untouched == without, "{untouched}");
}

fn helm_3_finds_templates_by_their_sources() {
    let world = world(Tool::Helm3);
    let stream = template(&world, Tool::Helm3, &["--show-only", "templates/deployment.yaml"]).good();
    assert!(stream.contains("OTEL_SERVICE_NAME") && !stream.contains("kind: Instrumentation"), "{stream}");
}

fn helm_3_fails_with_the_reason() {
    let world = world(Tool::Helm3);
    let run = template(&world, Tool::Helm3, &["--set", "instrumentation=nowhere"]);
    run.bad("error[instrumentation-not-found]");
    assert_eq!(run.stdout, "");
}

/// With `--output-dir` Helm 3 writes the files itself and gives post-renderers an empty stream.
fn helm_3_never_writes_uninjected_files_in_silence() {
    let world = world(Tool::Helm3);
    template(&world, Tool::Helm3, &["--output-dir", "out"]).bad("error[empty-input]");
}

fn takes_an_empty_chart(tool: Tool) {
    let world = world(tool);
    template(&world, tool, &["--set", "empty=true", "--no-hooks"]).bad("error[empty-input]");
    let allowed = ["--set", "empty=true", "--post-renderer-args", "--allow-empty"];
    let stream = template(&world, tool, &allowed).good();
    assert!(!stream.contains("kind:"), "{stream}");
}

fn helm_3_takes_an_empty_chart_where_it_is_allowed() {
    takes_an_empty_chart(Tool::Helm3);
}

fn keeps_a_report(tool: Tool) {
    let world = world(tool);
    let args = ["--post-renderer-args", "--report", "--post-renderer-args", "report.txt"];
    let run = template(&world, tool, &args);
    assert!(!run.stderr.contains("info[injected]"), "{tool:?} shows stderr by now: {}", run.stderr);
    run.good();
    assert!(world.text("report.txt").contains("info[injected]"));
}

fn helm_3_keeps_a_report() {
    keeps_a_report(Tool::Helm3);
}

fn helm_4_injects_a_chart_and_its_hooks() {
    let world = world(Tool::Helm4);
    let stream = template(&world, Tool::Helm4, &["--post-renderer-args=--namespace=shop"]).good();
    let deployment = document(&stream, "Deployment");
    assert!(
        deployment.contains("- name: OTEL_SERVICE_NAME\n") && deployment.contains("value: shop-web\n"),
        "{stream}"
    );
    assert!(deployment.contains("k8s.namespace.name=shop"), "{stream}");
    assert!(document(&stream, "Job").contains("value: shop-migrate\n"), "{stream}");
}

fn helm_4_fails_with_the_reason() {
    let world = world(Tool::Helm4);
    let run = template(&world, Tool::Helm4, &["--set", "instrumentation=nowhere"]);
    run.bad("error[instrumentation-not-found]");
    assert_eq!(run.stdout, "");
}

fn helm_4_shows_wrong_arguments() {
    let world = world(Tool::Helm4);
    template(&world, Tool::Helm4, &["--post-renderer-args=--nonsense"]).bad("--nonsense");
}

fn helm_4_takes_an_empty_chart_where_it_is_allowed() {
    takes_an_empty_chart(Tool::Helm4);
}

fn helm_4_keeps_a_report() {
    keeps_a_report(Tool::Helm4);
}

fn hides_a_warning_that_does_not_fail(tool: Tool) {
    let world = world(tool);
    let chart = world.text("chart/templates/deployment.yaml");
    world.file("chart/templates/deployment.yaml", chart.replace("inject-nodejs", "inject-node"));
    let run = template(&world, tool, &[]);
    assert!(!run.stderr.contains("unknown-annotation"), "{tool:?} shows stderr by now: {}", run.stderr);
    run.good();
    template(&world, tool, &["--post-renderer-args=--fail-on=warning"]).bad("warning[unknown-annotation]");
}

fn helm_3_hides_a_warning_that_does_not_fail() {
    hides_a_warning_that_does_not_fail(Tool::Helm3);
}

fn helm_4_hides_a_warning_that_does_not_fail() {
    hides_a_warning_that_does_not_fail(Tool::Helm4);
}

/// The commands of the plugin's README, with a key for this test.
fn helm_4_verifies_a_signed_plugin() {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let world = World::new().with_path("bin");
    std::fs::create_dir(world.path("bin")).expect("a folder");
    std::os::unix::fs::symlink(Tool::Helm4.path().expect("its tests are left out"), world.path("bin/helm"))
        .expect("a link");
    world.copy("functions/helm4-plugin", "functions/helm4-plugin");
    let key = "gpg --batch --quiet --pinentry-mode loopback --passphrase ''";
    world.shell(&format!("{key} --quick-generate-key Release rsa2048 sign never")).good();
    world.shell("gpg --batch --quiet --export > public.gpg").good();
    let readme = world.text("functions/helm4-plugin/README.md");
    let command = |start: &str| {
        let line = readme.lines().find(|line| line.starts_with(start)).expect("a command");
        line.replace("otel-inject-0.1.0", &format!("otel-inject-{VERSION}"))
    };
    // The test's key has no passphrase, and nobody is there to type one.
    world.shell(&command("gpg --export-secret-keys").replacen("gpg", key, 1)).good();
    world.shell(&command("helm plugin package")).good();
    let archive = format!("otel-inject-{VERSION}.tgz");
    assert!(world.path(&format!("{archive}.prov")).is_file());
    let verify = command("helm plugin verify");
    world.shell(&verify).good();
    let install = command("helm plugin install https").replace("https://example.com/", "./");
    world.shell(&install).good();
    let plugins = world.run(Tool::Helm4, &["plugin", "list"]).good();
    assert!(plugins.contains("otel-inject"), "{plugins}");
    world.run(Tool::Helm4, &["plugin", "uninstall", "otel-inject"]).good();
    // Another archive under the same signature.
    world.shell(&format!("printf x >> {archive}")).good();
    world.shell(&verify).bad("sha256 sum does not match");
    world.shell(&install).bad("sha256 sum does not match");
}
