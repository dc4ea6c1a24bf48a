//! kustomize, and the kustomize in kubectl: exec functions and legacy plugins.

use std::path::PathBuf;
use std::{env, fs};

use otel_inject::config::{Settings, function};
use otel_inject::value::{Value, json};
use otel_inject::{Role, inject};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rayon::prelude::*;

use crate::common::binary::Run;
use crate::common::edits::{EDITS, Injection, by_yaml};
use crate::common::{by_chance, documents, done, entries, file_name, testdata, vectors};
use crate::examples::{self, is_expected};
use crate::tools::Tool;
use crate::world::World;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::Kustomize] => [
        the_legacy_plugin_of_kustomize_builds_the_examples,
        an_exec_function_is_skipped_without_enable_exec,
        references_by_first_names_hold_after_renaming,
        the_outermost_kustomization_gives_the_names,
        certificates_of_a_generated_config_map_are_found,
        what_is_not_injected_is_what_kustomize_gives_without_us,
        local_config_does_not_leak_out,
        a_failing_function_fails_the_build_with_its_reason,
        a_failing_plugin_fails_the_build_with_its_reason,
        a_plugin_without_resources_is_fine,
        a_plugin_keeps_a_report,
        a_warning_fails_a_plugin_where_asked,
        a_validator_never_passes_in_silence,
        a_validator_passes_and_fails_as_its_mode_says,
        instrumentations_are_dropped_or_kept_local,
        images_that_are_set_behind_an_injection_converge,
        an_edit_that_kustomize_writes_anew_is_as_if_it_had_come_first,
    ],
    &[Tool::Kubectl] => [
        the_legacy_plugin_of_kubectl_builds_the_examples,
        an_exec_function_is_skipped_by_kubectl,
    ],
];

/// The arguments that build with functions.
pub(crate) fn build(folder: &str) -> [&str; 4] {
    ["build", "--enable-alpha-plugins", "--enable-exec", folder]
}

const FUNCTION: &str = "\
apiVersion: otel-inject.dev/v1alpha1
kind: OtelInject
metadata:
  name: otel-inject
  annotations:
    config.kubernetes.io/function: |
      exec: {path: otel-inject}
";

const PLUGIN: &str = "\
apiVersion: otel-inject.dev/v1alpha1
kind: OtelInject
metadata:
  name: otel-inject
";

const INSTRUMENTATION: &str = "\
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata:
  name: agents
  annotations:
    config.kubernetes.io/local-config: \"true\"
spec:
  exporter:
    endpoint: http://collector:4318
";

/// A Deployment that asks for Node.js with `inject`.
fn deployment(inject: &str) -> String {
    format!(
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {{app: web}}
  template:
    metadata:
      labels: {{app: web}}
      annotations:
        instrumentation.opentelemetry.io/inject-nodejs: \"{inject}\"
    spec:
      containers:
        - name: app
          image: registry.example.com/web:1
          envFrom:
            - configMapRef: {{name: settings}}
      volumes:
        - name: settings
          configMap: {{name: settings, defaultMode: 0644}}
"
    )
}

/// A world with a kustomization of the Deployment and its Instrumentation.
fn world(config: &str, inject: &str, more: &str) -> World {
    let world = World::new();
    let kustomization = format!(
        "resources: [web.yaml, agents.yaml]\ntransformers: [otel-inject.yaml]\n\
         configMapGenerator:\n- name: settings\n  literals: [port=8080]\n{more}"
    );
    world.file("base/kustomization.yaml", kustomization);
    world.file("base/web.yaml", deployment(inject)).file("base/agents.yaml", INSTRUMENTATION);
    world.file("base/otel-inject.yaml", config);
    world
}

/// Installs the plugin as its README says.
fn install(world: &World) {
    world.copy("functions/kustomize-plugin/otel-inject.dev", "home/.config/kustomize/plugin/otel-inject.dev");
}

/// The value of `OTEL_SERVICE_NAME` in what was built.
#[track_caller]
fn service_name(built: &str) -> &str {
    let rest = built.split_once("name: OTEL_SERVICE_NAME\n").unwrap_or_else(|| panic!("{built}")).1;
    rest.lines().next().and_then(|line| line.trim().strip_prefix("value: ")).expect("a value")
}

fn examples_through_the_plugin(run: impl Fn(&World) -> Run) {
    const ANNOTATION: &str =
        "  annotations:\n    config.kubernetes.io/function: \"exec: {path: otel-inject}\"\n";
    for example in [examples::KUSTOMIZE, examples::RULES] {
        let world = World::new();
        install(&world);
        world.copy(example, "package");
        let config = world.text("package/otel-inject.yaml");
        assert!(config.contains(ANNOTATION), "{config}");
        world.file("package/otel-inject.yaml", config.replace(ANNOTATION, ""));
        let built = run(&world).good();
        world.file("built/manifests.yaml", built);
        is_expected(&format!("{example}/.expected"), &world, "built");
    }
}

fn the_legacy_plugin_of_kustomize_builds_the_examples() {
    examples_through_the_plugin(|world| {
        world.run(Tool::Kustomize, &["build", "--enable-alpha-plugins", "package"])
    });
}

fn the_legacy_plugin_of_kubectl_builds_the_examples() {
    examples_through_the_plugin(|world| {
        world.run(Tool::Kubectl, &["kustomize", "--enable-alpha-plugins", "package"])
    });
}

/// Trap 2 of the README: where that changes, so must the README.
#[track_caller]
fn is_skipped(tool: Tool, args: &[&str]) {
    let world = world(FUNCTION, "true", "");
    // An installed plugin does not help.
    install(&world);
    let built = world.run(tool, args).good();
    assert!(built.contains("name: web\n") && !built.contains("OTEL_"), "{built}");
}

fn an_exec_function_is_skipped_without_enable_exec() {
    is_skipped(Tool::Kustomize, &["build", "--enable-alpha-plugins", "base"]);
}

fn an_exec_function_is_skipped_by_kubectl() {
    is_skipped(Tool::Kubectl, &["kustomize", "--enable-alpha-plugins", "base"]);
}

fn references_by_first_names_hold_after_renaming() {
    for reference in ["agents", "default/agents", "true", "shop/agents", "shop/a-agents-z"] {
        let renaming = "namespace: shop\nnamePrefix: a-\nnameSuffix: -z\n";
        let world = world(FUNCTION, reference, renaming);
        let built = world.run(Tool::Kustomize, &build("base")).good();
        assert_eq!(service_name(&built), "a-web-z", "{reference}");
        assert!(built.contains("k8s.namespace.name=shop"), "{built}");
    }
}

fn the_outermost_kustomization_gives_the_names() {
    let world = world(FUNCTION, "true", "");
    world.file("outer/kustomization.yaml", "resources: [../base]\nnamePrefix: outer-\n");
    let built = world.run(Tool::Kustomize, &build("outer")).good();
    assert!(built.contains("name: outer-web\n"), "{built}");
    assert_eq!(service_name(&built), "web");

    world.file("base/kustomization.yaml", "resources: [web.yaml, agents.yaml]\n");
    world.file(
        "outer/kustomization.yaml",
        "resources: [../base]\nnamePrefix: outer-\ntransformers: [otel-inject.yaml]\n",
    );
    world.file("outer/otel-inject.yaml", FUNCTION);
    let built = world.run(Tool::Kustomize, &build("outer")).good();
    assert_eq!(service_name(&built), "outer-web");
}

fn certificates_of_a_generated_config_map_are_found() {
    let world = world(
        FUNCTION,
        "agents",
        "- name: ca\n  literals: [ca.crt=abc]\nnamespace: shop\nnamePrefix: dev-\n",
    );
    let strict = format!("{FUNCTION}spec: {{requireReferences: true}}\n");
    world.file("base/otel-inject.yaml", strict);
    let tls = "    endpoint: https://collector:4318\n    tls: {configMapName: ca, ca_file: ca.crt}\n";
    world.file("base/agents.yaml", INSTRUMENTATION.replace("    endpoint: http://collector:4318\n", tls));
    let run = world.run(Tool::Kustomize, &build("base"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let all = documents(&run.stdout).expect("documents");
    let of = |kind: &'static str| all.iter().filter(move |document| document["kind"] == kind);
    let volumes = &of("Deployment").next().expect("a Deployment")["spec"]["template"]["spec"]["volumes"];
    let volume =
        volumes.as_array().expect("volumes").iter().find(|volume| volume["name"] == "otel-auto-configmap-ca");
    let name = &volume.expect("the volume of the certificate")["configMap"]["name"];
    assert!(of("ConfigMap").any(|config_map| config_map["metadata"]["name"] == *name), "{}", run.stdout);
}

fn what_is_not_injected_is_what_kustomize_gives_without_us() {
    let world = world(FUNCTION, "false", "namePrefix: a-\n");
    install(&world);
    let with_function = world.run(Tool::Kustomize, &build("base")).good();
    world.file("base/otel-inject.yaml", PLUGIN);
    let with_plugin = world.run(Tool::Kustomize, &build("base")).good();
    let kustomization = world.text("base/kustomization.yaml");
    world.file("base/kustomization.yaml", kustomization.replace("transformers: [otel-inject.yaml]\n", ""));
    let without = world.run(Tool::Kustomize, &build("base")).good();
    assert!(with_function == without, "{with_function}");
    assert!(with_plugin == without, "{with_plugin}");

    world.file("base/kustomization.yaml", kustomization).file("base/otel-inject.yaml", FUNCTION);
    world.file("base/web.yaml", deployment("true"));
    let injected = world.run(Tool::Kustomize, &build("base")).good();
    assert!(injected.contains("OTEL_SERVICE_NAME"), "{injected}");
    // The generated name has its hash, the references follow, the mode is still octal.
    let hashed = without.lines().find(|line| line.contains("name: a-settings-")).expect("a hash suffix");
    assert_eq!(injected.matches(hashed.trim()).count(), 3, "{injected}");
    let mode = without.lines().find(|line| line.contains("defaultMode")).expect("a mode");
    assert!(injected.lines().any(|line| line == mode), "{injected}");
}

fn local_config_does_not_leak_out() {
    let world = world(FUNCTION, "true", "");
    install(&world);
    for config in [FUNCTION, PLUGIN] {
        world.file("base/otel-inject.yaml", config);
        let built = world.run(Tool::Kustomize, &build("base")).good();
        assert!(built.contains("OTEL_SERVICE_NAME") && !built.contains("kind: Instrumentation"), "{built}");
        assert!(!built.contains("config.kubernetes.io"), "{built}");
    }
}

fn fails(config: &str) {
    let world = world(config, "nowhere", "");
    install(&world);
    let run = world.run(Tool::Kustomize, &build("base"));
    run.bad("error[instrumentation-not-found]");
    assert_eq!(run.stdout, "");
}

fn a_failing_function_fails_the_build_with_its_reason() {
    fails(FUNCTION);
}

fn a_failing_plugin_fails_the_build_with_its_reason() {
    fails(PLUGIN);
}

fn a_plugin_without_resources_is_fine() {
    let world = World::new();
    install(&world);
    world.file("base/kustomization.yaml", "transformers: [otel-inject.yaml]\n");
    for config in [FUNCTION, PLUGIN] {
        world.file("base/otel-inject.yaml", config);
        assert_eq!(world.run(Tool::Kustomize, &build("base")).good(), "");
    }
}

/// kustomize throws away what a plugin says when all is well.
fn a_plugin_keeps_a_report() {
    let world = world(&format!("{PLUGIN}argsOneLiner: --report ../report.txt\n"), "true", "");
    install(&world);
    let run = world.run(Tool::Kustomize, &build("base"));
    assert!(!run.stderr.contains("info[injected]"), "kustomize shows stderr by now: {}", run.stderr);
    run.good();
    assert!(world.text("report.txt").contains("info[injected]"));
}

/// Without it kustomize would hide the warning.
fn a_warning_fails_a_plugin_where_asked() {
    for config in [FUNCTION, PLUGIN] {
        let world = world(&format!("{config}spec:\n  failOn: warning\n"), "true", "");
        install(&world);
        world.file("base/web.yaml", deployment("true").replace("inject-nodejs", "inject-node"));
        let run = world.run(Tool::Kustomize, &build("base"));
        run.bad("warning[unknown-annotation]");
        assert_eq!(run.stdout, "");
    }
}

/// kustomize refuses every validator that gives its items back.
fn a_validator_never_passes_in_silence() {
    let world = world(FUNCTION, "true", "");
    let kustomization = world.text("base/kustomization.yaml").replace("transformers:", "validators:");
    world.file("base/kustomization.yaml", kustomization);
    world.run(Tool::Kustomize, &build("base")).bad("validator");
}

fn a_validator_passes_and_fails_as_its_mode_says() {
    for config in [FUNCTION, PLUGIN] {
        let world = world(&format!("{config}spec:\n  mode: validate\n"), "true", "");
        install(&world);
        let kustomization = world.text("base/kustomization.yaml").replace("transformers:", "validators:");
        world.file("base/kustomization.yaml", kustomization);
        let built = world.run(Tool::Kustomize, &build("base")).good();
        assert!(built.contains("kind: Deployment") && !built.contains("OTEL_SERVICE_NAME"), "{built}");
        world.file("base/web.yaml", deployment("nowhere"));
        world.run(Tool::Kustomize, &build("base")).bad("instrumentation-not-found");
    }
}

fn instrumentations_are_dropped_or_kept_local() {
    for config in [FUNCTION, PLUGIN] {
        for keep in ["drop", "local-config", "keep"] {
            let world = world(&format!("{config}spec:\n  instrumentationResources: {keep}\n"), "true", "");
            install(&world);
            let anywhere = INSTRUMENTATION.replace("\"true\"", "\"false\"");
            world.file("base/agents.yaml", anywhere);
            let built = world.run(Tool::Kustomize, &build("base")).good();
            assert!(built.contains("OTEL_SERVICE_NAME"), "{built}");
            assert_eq!(built.contains("kind: Instrumentation"), keep == "keep", "{keep}: {built}");
        }
    }
}

/// What is built is committed, and injected again the next time.
fn images_that_are_set_behind_an_injection_converge() {
    let world = World::new();
    world.file("kustomization.yaml", "resources: [committed.yaml]\nimages:\n- name: ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-nodejs\n  newName: mirror.example.com/nodejs\n- name: app\n  newTag: \"2\"\n");
    let mut committed = deployment("true");
    world.file("agents.yaml", INSTRUMENTATION);
    let mut rounds = Vec::new();
    for _ in 0..3 {
        let injected = world.otel_inject(&["--context", "agents.yaml"], &committed);
        assert_eq!(injected.code, 0, "{}", injected.stderr);
        world.file("committed.yaml", &injected.stdout);
        committed = world.run(Tool::Kustomize, &["build", "."]).good();
        rounds.push(committed.clone());
    }
    assert!(rounds[0].contains("otel-inject.dev/record"), "{}", rounds[0]);
    assert_eq!(rounds[1], rounds[2]);
}

/// What kustomize makes of documents: comments, quotes and the order of keys are its own; none where it refuses them.
fn by_kustomize(documents: &[Value]) -> Option<String> {
    let world = World::new();
    world.file("kustomization.yaml", "resources: [input.yaml]\n");
    world.file("input.yaml", by_yaml(documents)?);
    let run = world.run(Tool::Kustomize, &["build", "."]);
    (run.code == 0).then_some(run.stdout)
}

/// Recorded pods, manifests by chance and everyday workloads; `OTEL_INJECT_CORPUS` names a folder of more.
fn an_edit_that_kustomize_writes_anew_is_as_if_it_had_come_first() {
    const AGENTS: &str = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: agents, namespace: \
                          observability}\nspec: {exporter: {endpoint: 'http://collector:4317'}}\n";
    let config = json!({
        "apiVersion": "otel-inject.dev/v1alpha1",
        "kind": "OtelInject",
        "metadata": {"name": "all"},
        "spec": {"rules": [{"select": {"names": ["*"]}, "inject": "nodejs", "instrumentation": "observability/agents"}]},
    });
    let (rules, findings) = function::parse(&config).expect("a config");
    assert!(findings.is_empty(), "{findings:?}");
    let asked = Settings::default();
    let mut runner = TestRunner::deterministic();
    let by_chance = (0..64).map(|number| {
        let input = by_chance::input().new_tree(&mut runner).expect("an input").current();
        (format!("by chance {number}"), input.text(), &asked)
    });
    let recorded = vectors().into_iter().step_by(4).map(|(name, input)| (name, input, &asked));
    let corpus = env::var_os("OTEL_INJECT_CORPUS").map(PathBuf::from);
    let folders = corpus.into_iter().chain([testdata("workloads")]);
    let real = folders
        .flat_map(|folder| entries(&folder))
        .filter_map(|path| Some((file_name(&path), fs::read_to_string(&path).ok()?, &rules)));
    let inputs: Vec<(String, String, &Settings)> = recorded.chain(by_chance).chain(real).collect();
    let tried = inputs.par_iter().enumerate().map(|(number, (name, input, settings))| {
        // kustomize drops empty annotations of a resource, but not where a record stands among them.
        let is_empty = |value: &Value| {
            let annotations = value.pointer("/metadata/annotations");
            annotations.is_some_and(|annotations| annotations.is_null() || *annotations == json!({}))
        };
        if documents(input).is_ok_and(|documents| documents.iter().any(is_empty)) {
            return 0;
        }
        let (injected, _) = done(inject, input, Role::Stream, AGENTS, settings);
        if injected == *input {
            return 0;
        }
        let injection = Injection {
            name,
            input,
            injected: &injected,
            role: Role::Stream,
            base: "",
            context: AGENTS,
            settings,
        };
        let edits = [&EDITS[0], &EDITS[1 + number % (EDITS.len() - 1)]];
        edits.into_iter().filter(|edit| injection.is_lawful(edit, Some(by_kustomize))).count()
    });
    let tried: usize = tried.sum();
    assert!(tried > 150, "only {tried} edits");
}
