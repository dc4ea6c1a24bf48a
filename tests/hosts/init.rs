//! `init` with each host: what it writes and prints is followed to the letter, and the host injects.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::binary::DEPLOYMENT;
use crate::tools::Tool;
use crate::world::World;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::Kustomize] => [
        init_leads_kustomize_to_an_injection,
        init_leads_flux_to_current_patches,
        init_leads_argo_cd_to_a_sidecar,
    ],
    &[Tool::Kpt] => [init_leads_kpt_to_an_injection],
    &[Tool::Helm3] => [init_leads_helm_3_to_an_injection],
    &[Tool::Helm4] => [init_leads_helm_4_to_an_injection],
    &[Tool::PreCommit, Tool::Git] => [init_leads_pre_commit_to_its_hook],
    &[Tool::Actionlint] => [init_leads_github_to_a_workflow],
];

const SERVICE: &str = "name: OTEL_SERVICE_NAME";
const ENDPOINT: &str = "value: http://opentelemetry-collector.opentelemetry.svc.cluster.local:4318";

/// A step that `init` prints: its sentence, and the block below it.
pub(crate) struct Step {
    title: String,
    block: String,
}

pub(crate) fn steps(printed: &str) -> Vec<Step> {
    let (_, steps) = printed.split_once("Next:\n").expect("steps");
    let mut found: Vec<Step> = Vec::new();
    for line in steps.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("   ") {
            Some(line) => found.last_mut().expect("a step").block.push_str(&format!("{line}\n")),
            None => found.push(Step { title: line.to_owned(), block: String::new() }),
        }
    }
    found
}

/// The block of the only step whose title contains `word`.
#[track_caller]
pub(crate) fn block(steps: &[Step], word: &str) -> String {
    let found: Vec<&Step> = steps.iter().filter(|step| step.title.contains(word)).collect();
    assert_eq!(found.len(), 1, "{word}: {:?}", steps.iter().map(|step| &step.title).collect::<Vec<_>>());
    assert!(!found[0].block.is_empty(), "{}", found[0].title);
    found[0].block.clone()
}

/// Appends the lines that belong into a file.
fn add(world: &World, steps: &[Step], file: &str) {
    let text = world.text(file);
    world.file(file, text + &block(steps, &format!("Add to {file}")));
}

/// A Deployment that requests nothing yet, with the annotation that `init` prints.
fn requested(steps: &[Step]) -> String {
    let request = block(steps, "the pod template");
    let annotation = request.lines().last().expect("a line").trim().to_owned();
    let deployment =
        DEPLOYMENT.replace("instrumentation.opentelemetry.io/inject-nodejs: \"true\"", &annotation);
    assert!(deployment.contains(&annotation), "{deployment}");
    deployment
}

fn kustomization(host: &str) -> (World, Vec<Step>) {
    let world = World::new();
    world.file("kustomization.yaml", "namespace: shop\nresources:\n  - web.yaml\n");
    let arguments: &[&str] = if host == "kustomize" { &["init"] } else { &["init", "--host", host] };
    let steps = steps(&world.otel_inject(arguments, "").good());
    world.file("web.yaml", requested(&steps));
    (world, steps)
}

fn init_leads_kustomize_to_an_injection() {
    let (world, steps) = kustomization("kustomize");
    add(&world, &steps, "kustomization.yaml");
    let built = world.shell(&block(&steps, "Build")).good();
    assert!(built.contains(SERVICE) && built.contains(ENDPOINT), "{built}");
    assert!(!built.contains("kind: OtelInject"), "{built}");
    world.file("web.yaml", DEPLOYMENT.replace("\"true\"", "nowhere/none"));
    world.shell(&block(&steps, "Build")).bad("error[instrumentation-not-found]");
}

fn init_leads_flux_to_current_patches() {
    let (world, steps) = kustomization("flux");
    world.shell(&block(&steps, "Write the patches")).good();
    add(&world, &steps, "kustomization.yaml");
    let built = world.shell("kustomize build .").good();
    assert!(built.contains(SERVICE) && built.contains(ENDPOINT), "{built}");
    let check = block(&steps, "in each pull request");
    world.shell(&check).good();
    world.file("web.yaml", world.text("web.yaml").replace("app:1", "app:2"));
    world.shell(&check).bad("error[stale-patch]");
    world.shell(&block(&steps, "Write the patches")).good();
    world.shell(&check).good();
}

fn init_leads_kpt_to_an_injection() {
    let world = World::new();
    world.file("Kptfile", "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: shop\n");
    let steps = steps(&world.otel_inject(&["init"], "").good());
    world.file("web.yaml", requested(&steps));
    add(&world, &steps, "Kptfile");
    world.shell(&block(&steps, "Render")).good();
    let injected = world.text("web.yaml");
    assert!(injected.contains(SERVICE) && injected.contains(ENDPOINT), "{injected}");
    // The config stays, and a second render changes nothing.
    let config = world.text("otel-inject.yaml");
    assert!(config.contains("kind: OtelInject"), "{config}");
    world.shell(&block(&steps, "Render")).good();
    assert_eq!(world.text("web.yaml"), injected);
    world.file("web.yaml", DEPLOYMENT.replace("\"true\"", "nowhere/none"));
    world.shell(&block(&steps, "Render")).bad("instrumentation-not-found");
}

fn leads_helm_to_an_injection(tool: Tool) {
    let world = World::new().with_path("bin");
    fs::create_dir(world.path("bin")).expect("a folder");
    symlink(tool.path().expect("its tests are left out"), world.path("bin/helm")).expect("a link");
    world.file("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    let run = |command: &str| world.shell(&format!("cd chart && {command}"));
    let steps = steps(&run("otel-inject init").good());
    world.file("chart/templates/web.yaml", requested(&steps));
    if tool == Tool::Helm4 {
        run(&block(&steps, "install the plugin")).good();
    }
    let command = block(&steps, "Run Helm");
    let rendered = run(&command).good();
    assert!(rendered.contains(SERVICE) && rendered.contains(ENDPOINT), "{rendered}");
    assert!(rendered.contains("k8s.namespace.name=shop"), "{rendered}");
    world.file("chart/templates/web.yaml", DEPLOYMENT.replace("\"true\"", "nowhere/none"));
    let run = run(&command);
    assert_eq!(run.stdout, "");
    run.bad("error[instrumentation-not-found]");
}

fn init_leads_helm_3_to_an_injection() {
    leads_helm_to_an_injection(Tool::Helm3);
}

fn init_leads_helm_4_to_an_injection() {
    leads_helm_to_an_injection(Tool::Helm4);
}

/// An installation of Argo CD with what the sidecar uses of its repo server.
const REPO_SERVER: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: argocd-repo-server
spec:
  selector:
    matchLabels: {app.kubernetes.io/name: argocd-repo-server}
  template:
    metadata:
      labels: {app.kubernetes.io/name: argocd-repo-server}
    spec:
      containers:
        - name: argocd-repo-server
          image: quay.io/argoproj/argocd:v3.6.1
          volumeMounts:
            - {name: plugins, mountPath: /home/argocd/cmp-server/plugins}
      volumes:
        - {name: var-files, emptyDir: {}}
        - {name: plugins, emptyDir: {}}
        - {name: tmp, emptyDir: {}}
";

fn init_leads_argo_cd_to_a_sidecar() {
    let world = World::new();
    world.file("install.yaml", REPO_SERVER);
    world.file("kustomization.yaml", "namespace: argocd\nresources: [install.yaml]\n");
    let steps = steps(&world.otel_inject(&["init", "--host", "argo-cd"], "").good());
    let lines = world.text("kustomization.yaml") + &block(&steps, "that installs Argo CD");
    world.file("kustomization.yaml", lines);
    let built = world.shell("kustomize build .").good();
    let documents = crate::common::documents(&built).expect("YAML");
    let of = |kind: &str| documents.iter().find(|document| document["kind"] == kind).expect("a document");

    let config_map = of("ConfigMap");
    let name = &config_map["metadata"]["name"];
    assert_eq!(config_map["metadata"]["namespace"], "argocd");
    for file in ["plugin.yaml", "generate.sh", "otel-inject.yaml"] {
        assert_eq!(config_map["data"][file], world.text(&format!("otel-inject/{file}")));
    }

    let pod = &of("Deployment")["spec"]["template"]["spec"];
    let containers = pod["containers"].as_array().expect("containers");
    assert_eq!(containers.len(), 2, "{pod}");
    let sidecar =
        containers.iter().find(|container| container["name"] == "otel-inject").expect("the sidecar");
    // The image is the one that the steps build.
    let image = sidecar["image"].as_str().expect("an image");
    assert!(block(&steps, "build and push").contains(&format!("--tag {image} ")), "{image}");
    // Argo CD runs plugins as this user, and starts them from its own volume.
    assert_eq!(sidecar["securityContext"]["runAsUser"], 999);
    assert_eq!(sidecar["command"], otel_inject::value::json!(["/var/run/argocd/argocd-cmp-server"]));
    let volumes = pod["volumes"].as_array().expect("volumes");
    for mount in sidecar["volumeMounts"].as_array().expect("mounts") {
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
        assert_ne!(mount["name"], "tmp", "the repo server's");
        if mount["mountPath"] == "/home/argocd/cmp-server/config" {
            let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]).expect("a volume");
            assert_eq!(volume["configMap"]["name"], *name);
        }
    }
}

fn init_leads_pre_commit_to_its_hook() {
    const CONFIG: &str = ".pre-commit-config.yaml";
    let world = World::new();
    world.otel_inject(&["init", "--host", "pre-commit"], "").good();
    world.run(Tool::PreCommit, &["validate-config", CONFIG]).good();
    // A config with other hooks gets the printed lines.
    let own = "repos:\n  - repo: meta\n    hooks:\n      - id: identity\n";
    world.file(CONFIG, own);
    let steps = steps(&world.otel_inject(&["init"], "").good());
    assert_eq!(world.text(CONFIG), own);
    let lines = block(&steps, CONFIG);
    world.file(CONFIG, own.to_owned() + lines.strip_prefix("repos:\n").expect("below repos"));
    world.run(Tool::PreCommit, &["validate-config", CONFIG]).good();
    assert!(world.text(CONFIG).contains("- id: otel-inject-check\n"));
    world.shell(&format!("git init --quiet . && {}", block(&steps, "Install the hook"))).good();
    assert!(world.path(".git/hooks/pre-commit").is_file());
}

fn init_leads_github_to_a_workflow() {
    let world = World::new();
    world.file(".github/CODEOWNERS", "");
    world.otel_inject(&["init"], "").good();
    let run = world.run(Tool::Actionlint, &["-no-color", ".github/workflows/otel-inject.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}
