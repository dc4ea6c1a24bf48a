//! Argo CD: the script of its plugin, run in an application's folder as the sidecar runs it, with the real Helm and
//! kustomize and with stand-ins that fail. The sidecar itself is in `init`.

use std::fs;
use std::os::unix::fs::symlink;

use otel_inject::value::Value;

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION, Run};
use crate::tools::Tool;
use crate::world::{World, repository, text};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_plugin_of_argo_cd_is_declared,
        the_plugin_of_argo_cd_prints_nothing_of_a_failed_build,
        the_plugin_of_argo_cd_refuses_other_sources,
        the_plugin_of_argo_cd_needs_the_program,
        the_plugin_of_argo_cd_passes_on_what_argo_cd_knows,
    ],
    &[Tool::Kustomize] => [
        the_plugin_of_argo_cd_injects_a_kustomization,
        the_plugin_of_argo_cd_shows_why_kustomize_fails,
        the_plugin_of_argo_cd_takes_an_empty_application,
        the_build_options_of_argo_cd_inject,
    ],
    &[Tool::Helm3] => [the_plugin_of_argo_cd_injects_a_chart_of_helm_3],
    &[Tool::Helm4] => [the_plugin_of_argo_cd_injects_a_chart_of_helm_4],
    &[Tool::Shellcheck] => [shellcheck_has_nothing_to_say_about_the_plugin],
];

const PAGE: &str = "docs/argo-cd.md";
const ENDPOINT: &str = "http://opentelemetry-collector.opentelemetry.svc.cluster.local:4318";

/// The sidecar's folders: its config, an application, and programs before those on PATH.
fn world() -> World {
    let world = World::new().with_path("bin");
    fs::create_dir(world.path("bin")).expect("a folder");
    fs::create_dir(world.path("app")).expect("a folder");
    world.otel_inject(&["init", "--host", "argo-cd"], "").good();
    world
}

/// The same with an application for kustomize.
fn with_kustomization() -> World {
    let world = world();
    world.file("app/kustomization.yaml", "resources: [web.yaml]\n").file("app/web.yaml", DEPLOYMENT);
    world
}

/// A program that prints `printed`, keeps its arguments in `app/NAME.txt`, and ends with `code`.
fn stand_in(world: &World, name: &str, printed: &str, code: u8) {
    world.file("bin/printed", printed);
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > {name}.txt\ncat ../bin/printed\nexit {code}\n");
    world.program(&format!("bin/{name}"), script);
}

/// Runs the script as the sidecar does, with more of Argo CD's variables.
fn generate_with(world: &World, variables: &str) -> Run {
    let standard =
        "ARGOCD_APP_NAME=shop ARGOCD_APP_NAMESPACE=prod KUBE_VERSION=1.33.1 KUBE_API_VERSIONS=v1,apps/v1";
    world.shell(&format!("cd app && {standard} {variables} sh ../otel-inject/generate.sh"))
}

fn generate(world: &World) -> Run {
    generate_with(world, "")
}

/// Checks that nothing is printed, and that the page shows the message.
#[track_caller]
fn fails(run: &Run, message: &str) {
    run.bad(message);
    assert_eq!(run.stdout, "");
    assert!(text(PAGE).contains(message), "{PAGE} does not show {message}");
}

fn the_plugin_of_argo_cd_is_declared() {
    let plugin: Value = serde_yaml::from_str(&text("functions/argo-cd/plugin.yaml")).expect("YAML");
    assert_eq!(plugin["apiVersion"], "argoproj.io/v1alpha1");
    assert_eq!(plugin["kind"], "ConfigManagementPlugin");
    let application = text("functions/init/argo-cd/application.yaml");
    let application: Value = serde_yaml::from_str(&application).expect("YAML");
    // With a version, its name would have that behind it.
    assert_eq!(plugin["spec"].get("version"), None);
    assert_eq!(application["spec"]["source"]["plugin"]["name"], plugin["metadata"]["name"]);
    let sidecar = text("functions/argo-cd/repo-server.yaml");
    let script = plugin["spec"]["generate"]["command"][1].as_str().expect("a script");
    let folder = script.strip_suffix("/generate.sh").expect("the script");
    assert!(sidecar.contains(&format!("mountPath: {folder}}}")), "{sidecar}");
}

fn the_plugin_of_argo_cd_injects_a_kustomization() {
    let world = with_kustomization();
    let built = generate(&world).good();
    assert!(built.contains("name: OTEL_SERVICE_NAME") && built.contains(ENDPOINT), "{built}");
    assert!(built.contains("k8s.namespace.name=prod"), "{built}");
    // A team's own config.
    let own = world.text("otel-inject/otel-inject.yaml").replace(ENDPOINT, "http://ours:4318");
    world.file("app/otel-inject.yaml", own);
    let built = generate(&world).good();
    assert!(built.contains("http://ours:4318") && !built.contains(ENDPOINT), "{built}");
    world.file("app/web.yaml", DEPLOYMENT.replace("\"true\"", "nowhere/none"));
    let run = generate(&world);
    run.bad("error[instrumentation-not-found]");
    assert_eq!(run.stdout, "");
}

fn the_plugin_of_argo_cd_shows_why_kustomize_fails() {
    let world = with_kustomization();
    world.file("app/kustomization.yaml", "resources: [nowhere.yaml]\n");
    fails(&generate(&world), "Error: accumulating resources");
    let config = text("functions/init/kustomize/otel-inject.yaml");
    world.file("app/otel-inject.yaml", config);
    world.file("app/kustomization.yaml", "resources: [web.yaml]\ntransformers: [otel-inject.yaml]\n");
    fails(&generate(&world), "external plugins disabled; unable to load external plugin 'OtelInject'");
}

fn the_plugin_of_argo_cd_takes_an_empty_application() {
    let world = world();
    // kustomize prints nothing of resources that are local config.
    let local = "metadata:\n  annotations: {config.kubernetes.io/local-config: 'true'}\n";
    world.file("app/local.yaml", INSTRUMENTATION.replace("metadata:\n", local));
    world.file("app/kustomization.yaml", "resources: [local.yaml]\n");
    assert_eq!(world.run(Tool::Kustomize, &["build", "app"]).good(), "");
    let printed = generate(&world).good();
    assert!(printed.lines().all(|line| line.starts_with('#')), "{printed}");
}

/// The reason for the script: half a build must not be taken for a whole one.
fn the_plugin_of_argo_cd_prints_nothing_of_a_failed_build() {
    for (tool, source) in [("kustomize", "app/kustomization.yaml"), ("helm", "app/Chart.yaml")] {
        let world = world();
        world.file(source, "name: shop\n");
        stand_in(&world, tool, DEPLOYMENT, 0);
        let built = generate(&world).good();
        assert!(built.contains("OTEL_SERVICE_NAME"), "{built}");
        for code in [1, 3, 137] {
            stand_in(&world, tool, DEPLOYMENT, code);
            let run = generate(&world);
            assert_eq!((run.code, run.stdout.as_str()), (i32::from(code), ""), "{}", run.stderr);
        }
        // A failing download of dependencies is a failed build, too.
        if tool == "helm" {
            world.file(source, "name: shop\ndependencies: []\n");
            let run = generate(&world);
            assert_eq!((run.code, run.stdout.as_str()), (137, ""));
            assert_eq!(world.text("app/helm.txt"), "dependency\nbuild\n.\n");
        }
    }
}

fn the_plugin_of_argo_cd_refuses_other_sources() {
    let world = world();
    world.file("app/web.yaml", DEPLOYMENT);
    fails(&generate(&world), "the application's folder has no Chart.yaml and no kustomization.yaml");
}

fn the_plugin_of_argo_cd_needs_the_program() {
    let world = with_kustomization();
    stand_in(&world, "kustomize", DEPLOYMENT, 0);
    for tool in ["sh", "dirname", "mktemp", "rm", "cat", "printenv", "grep"] {
        let path = world.shell(&format!("command -v {tool}")).good();
        symlink(path.trim(), world.path("bin").join(tool)).expect("a link");
    }
    let bin = world.path("bin");
    fails(&generate_with(&world, &format!("PATH={}", bin.display())), "otel-inject: not found");
}

fn the_plugin_of_argo_cd_passes_on_what_argo_cd_knows() {
    let world = world();
    world.file("app/Chart.yaml", "name: shop\n");
    stand_in(&world, "helm", DEPLOYMENT, 0);
    let files = "PARAM_VALUES_FILES_0=values-prod.yaml PARAM_VALUES_FILES_1='sub/a b.yaml' PARAM_VALUES_FILES_3=no.yaml";
    generate_with(&world, files).good();
    let arguments = [
        "template",
        "shop",
        ".",
        "--include-crds",
        "--namespace",
        "prod",
        "--kube-version",
        "1.33.1",
        "--api-versions",
        "v1,apps/v1",
        "--values",
        "values-prod.yaml",
        "--values",
        "sub/a b.yaml",
    ];
    assert_eq!(world.text("app/helm.txt").lines().collect::<Vec<_>>(), arguments);
    for file in ["../secret.yaml", "a/../../b.yaml", "/etc/passwd", "https://example.com/a.yaml", ".."] {
        let run = generate_with(&world, &format!("PARAM_VALUES_FILES_0={file}"));
        fails(&run, "is not a path in the application's folder");
    }
    generate_with(&world, "PARAM_VALUES_FILES_0=a..b.yaml").good();
}

fn injects_a_chart(tool: Tool) {
    let world = world();
    symlink(tool.path().expect("its tests are left out"), world.path("bin/helm")).expect("a link");
    world.copy("testdata/chart", "app");
    let built = generate(&world).good();
    assert!(built.contains("value: shop-web\n") && built.contains("k8s.namespace.name=prod"), "{built}");
    world.file("app/off.yaml", "instrumentation: \"false\"\n");
    let built = generate_with(&world, "PARAM_VALUES_FILES_0=off.yaml").good();
    assert!(!built.contains("OTEL_SERVICE_NAME"), "{built}");
    let run = generate_with(&world, "PARAM_VALUES_FILES_0=nowhere.yaml");
    run.bad("nowhere.yaml");
    assert_eq!(run.stdout, "");
}

fn the_plugin_of_argo_cd_injects_a_chart_of_helm_3() {
    injects_a_chart(Tool::Helm3);
}

fn the_plugin_of_argo_cd_injects_a_chart_of_helm_4() {
    injects_a_chart(Tool::Helm4);
}

/// The other way, without a plugin: the options that the page sets, as Argo CD passes them to kustomize.
fn the_build_options_of_argo_cd_inject() {
    let page = text(PAGE);
    let config =
        page.split("```yaml\n").find(|block| block.contains("name: argocd-cm\n")).expect("the ConfigMap");
    let config: Value = serde_yaml::from_str(config.split("```").next().expect("a block")).expect("YAML");
    let options = config["data"]["kustomize.buildOptions"].as_str().expect("options").to_owned();
    let world = with_kustomization();
    world.copy("functions/init/kustomize/otel-inject.yaml", "app/otel-inject.yaml");
    world.file("app/kustomization.yaml", "resources: [web.yaml]\ntransformers: [otel-inject.yaml]\n");
    let built = world.shell(&format!("kustomize build {options} app")).good();
    assert!(built.contains("OTEL_SERVICE_NAME"), "{built}");
    // Half of the options is the silent way to fail that the page warns of.
    let half = options.replace("--enable-exec", "");
    let built = world.shell(&format!("kustomize build {half} app")).good();
    assert!(!built.contains("OTEL_SERVICE_NAME"), "{built}");
}

fn shellcheck_has_nothing_to_say_about_the_plugin() {
    let script = repository().join("functions/argo-cd/generate.sh");
    let run = World::new().run(Tool::Shellcheck, &[script.to_str().expect("UTF-8")]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}
