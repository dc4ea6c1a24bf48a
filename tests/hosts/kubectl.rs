//! kubectl: `otel-inject` as its plugin, put on PATH by hand and by krew.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use otel_inject::languages::OPERATOR;
use otel_inject::value::{Value, json};

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION};
use crate::tools::Tool;
use crate::world::{World, repository};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_krew_manifest_has_every_platform,
        the_krew_manifest_needs_every_archive,
    ],
    &[Tool::Kubectl] => [
        a_plugin_of_kubectl_is_the_program,
        a_plugin_of_kubectl_is_a_filter,
        a_plugin_of_kubectl_lists,
        a_plugin_of_kubectl_fails_as_the_program_does,
        a_plugin_of_kubectl_needs_its_name,
    ],
    &[Tool::KrewValidator] => [krew_accepts_the_manifest],
    &[Tool::Kubectl, Tool::Krew] => [krew_installs_on_every_platform],
];

const PLUGIN: &str = "kubectl-otel_inject";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What krew calls a platform, and the target and the ending of its archive.
const PLATFORMS: [(&str, &str, &str, &str); 5] = [
    ("linux", "amd64", "x86_64-unknown-linux-gnu", "tar.gz"),
    ("linux", "arm64", "aarch64-unknown-linux-gnu", "tar.gz"),
    ("darwin", "amd64", "x86_64-apple-darwin", "tar.gz"),
    ("darwin", "arm64", "aarch64-apple-darwin", "tar.gz"),
    ("windows", "amd64", "x86_64-pc-windows-msvc", "zip"),
];

/// A folder with the plugin on PATH and a kustomization.
fn with_plugin() -> World {
    let world = World::new().with_path("plugins");
    fs::create_dir(world.path("plugins")).expect("a folder");
    symlink(env!("CARGO_BIN_EXE_otel-inject"), world.path("plugins").join(PLUGIN)).expect("a link");
    world.file(
        "overlays/prod/kustomization.yaml",
        "namespace: shop\nresources: [instrumentation.yaml, web.yaml]\n",
    );
    world.file("overlays/prod/instrumentation.yaml", INSTRUMENTATION);
    world.file("overlays/prod/web.yaml", DEPLOYMENT);
    world
}

fn a_plugin_of_kubectl_is_the_program() {
    let world = with_plugin();
    let version = world.run(Tool::Kubectl, &["otel-inject", "version"]).good();
    assert_eq!(version, format!("otel-inject {VERSION} (OpenTelemetry Operator {OPERATOR})\n"));
    let plugins = world.run(Tool::Kubectl, &["plugin", "list"]).good();
    let path = world.path("plugins").join(PLUGIN);
    assert!(plugins.lines().any(|line| Path::new(line) == path), "{plugins}");
}

fn a_plugin_of_kubectl_is_a_filter() {
    let world = with_plugin();
    let piped = world.shell("kubectl kustomize overlays/prod | kubectl otel-inject").good();
    assert!(piped.contains("OTEL_SERVICE_NAME"), "{piped}");
    assert_eq!(piped, world.shell("kubectl kustomize overlays/prod | otel-inject").good());
}

fn a_plugin_of_kubectl_lists() {
    let world = with_plugin();
    let listed = world.run(Tool::Kubectl, &["otel-inject", "list", "overlays/prod"]).good();
    assert_eq!(listed, world.otel_inject(&["list", "overlays/prod"], "").good());
    let dump = world.shell("kubectl kustomize overlays/prod | kubectl otel-inject list -o name -").good();
    assert_eq!(dump, world.shell("kubectl kustomize overlays/prod | otel-inject list -o name -").good());
    assert!(dump.contains("web"), "{dump}");
}

fn a_plugin_of_kubectl_fails_as_the_program_does() {
    let world = with_plugin();
    let run = world.run(Tool::Kubectl, &["otel-inject", "check", "nowhere.yaml"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stdout.starts_with("error[io]"), "{}", run.stdout);
    let run = world.shell("kubectl kustomize nowhere | kubectl otel-inject");
    run.bad("error[empty-input]");
    assert_eq!(run.stdout, "");
    world
        .run(Tool::Kubectl, &["--namespace=shop", "otel-inject", "version"])
        .bad("flags cannot be placed before plugin name");
}

fn a_plugin_of_kubectl_needs_its_name() {
    let world = World::new();
    world
        .run(Tool::Kubectl, &["otel-inject", "version"])
        .bad("unknown command \"otel-inject\" for \"kubectl\"");
}

/// An archive as a release has it, with a stand-in of the program of a platform.
fn archive(world: &World, target: &str) -> String {
    let folder = format!("otel-inject-{VERSION}-{target}");
    world.copy("LICENSE", &format!("{folder}/LICENSE"));
    if target == "x86_64-unknown-linux-gnu" {
        fs::copy(env!("CARGO_BIN_EXE_otel-inject"), world.path(&folder).join("otel-inject")).expect("a copy");
    } else {
        world.file(
            &format!("{folder}/otel-inject{}", if target.contains("windows") { ".exe" } else { "" }),
            target,
        );
    }
    // krew recognises archives by their content.
    world.shell(&format!("tar -czf {folder}.archive {folder}")).good();
    format!("{folder}.archive")
}

/// Fills the manifest as a release does, with these checksums by target.
fn manifest(world: &World, checksum: impl Fn(&str) -> String) -> String {
    world.copy("functions/krew", "krew");
    let sums: String = PLATFORMS
        .iter()
        .map(|(_, _, target, ending)| {
            format!("{}  otel-inject-{VERSION}-{target}.{ending}\n", checksum(target))
        })
        .collect();
    world.file("SHA256SUMS", sums);
    let fill =
        format!("krew/manifest {VERSION} https://example.com https://example.com/v{VERSION} SHA256SUMS");
    world.shell(&fill).good()
}

fn of_zeros(_: &str) -> String {
    "0".repeat(64)
}

fn the_krew_manifest_has_every_platform() {
    let filled = manifest(&World::new(), |target| format!("{:064x}", target.len()));
    let manifest: Value = serde_yaml::from_str(&filled).expect("YAML");
    assert_eq!(manifest["metadata"]["name"], "otel-inject");
    assert_eq!(manifest["spec"]["version"], format!("v{VERSION}"));
    let platforms: Vec<Value> = PLATFORMS
        .iter()
        .map(|(os, arch, target, ending)| {
            let program = if *os == "windows" { "otel-inject.exe" } else { "otel-inject" };
            json!({
                "selector": {"matchLabels": {"os": os, "arch": arch}},
                "uri": format!("https://example.com/v{VERSION}/otel-inject-{VERSION}-{target}.{ending}"),
                "sha256": format!("{:064x}", target.len()),
                "files": [{"from": format!("*/{program}"), "to": "."}, {"from": "*/LICENSE", "to": "."}],
                "bin": program,
            })
        })
        .collect();
    assert_eq!(manifest["spec"]["platforms"], json!(platforms));
}

fn the_krew_manifest_needs_every_archive() {
    let world = World::new();
    manifest(&world, of_zeros);
    let sums = world.text("SHA256SUMS");
    for missing in sums.lines() {
        let others: String =
            sums.lines().filter(|line| *line != missing).map(|line| format!("{line}\n")).collect();
        world.file("SHA256SUMS", others);
        let run = world.shell(&format!("krew/manifest {VERSION} https://a https://b SHA256SUMS"));
        run.bad("manifest: SHA256SUMS has no such archive");
        assert_eq!(run.stdout, "");
    }
}

fn krew_accepts_the_manifest() {
    let world = World::new();
    let filled = manifest(&world, of_zeros);
    let validate = |text: &str| {
        world.file("otel-inject.yaml", text);
        world.run(Tool::KrewValidator, &["-skip-install", "-manifest", "otel-inject.yaml"])
    };
    validate(&filled).good();
    let template = fs::read_to_string(repository().join("functions/krew/otel-inject.yaml")).expect("a file");
    validate(&template).bad("failed to parse plugin version");
    validate(&filled.replace("arch: arm64", "arch: amd64")).bad("overlapping platform selectors found");
}

fn krew_installs_on_every_platform() {
    let world = World::new().with_path("linux-amd64/bin");
    let checksum = |target: &str| {
        let sum = world.shell(&format!("sha256sum {}", archive(&world, target))).good();
        sum.split(' ').next().expect("a checksum").to_owned()
    };
    let filled = manifest(&world, checksum);
    world.file("otel-inject.yaml", filled);
    let krew = Tool::Krew.path().expect("its tests are left out").display();
    for (os, arch, target, _) in PLATFORMS {
        let root = world.path(&format!("{os}-{arch}"));
        let of_platform = format!("KREW_ROOT={} KREW_OS={os} KREW_ARCH={arch}", root.display());
        let archive = format!("otel-inject-{VERSION}-{target}.archive");
        let install = format!("{krew} install --manifest=otel-inject.yaml --archive={archive}");
        world.shell(&format!("{of_platform} {install}")).good();
        let installed = root.join(format!("store/otel-inject/v{VERSION}"));
        assert!(installed.join("LICENSE").is_file(), "{target}");
    }
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let version = world.run(Tool::Kubectl, &["otel-inject", "version"]).good();
        assert_eq!(version, format!("otel-inject {VERSION} (OpenTelemetry Operator {OPERATOR})\n"));
    }
}
