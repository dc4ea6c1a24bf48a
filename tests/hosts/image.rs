//! The container image: its parts, and what hosts make of `image:` in place of `exec:`.
//!
//! A script takes the place of Docker: it refuses what Docker would, and runs the program outside a container. A run in
//! the image's own root is tried by .ci/image.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use otel_inject::value::{Value, json};

use crate::common::binary::{CONFIG_MAP, Run, fed, fed_bytes};
use crate::examples;
use crate::tools::Tool;
use crate::world::{World, repository, text};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_catalog_entry_names_what_there_is,
        the_image_describes_the_program_as_the_crate_does,
        the_image_is_the_command,
    ],
    &[Tool::Buildah] => [
        the_image_has_the_program_of_each_platform,
        the_same_programs_give_the_same_image,
        an_image_takes_only_programs_for_its_platform,
    ],
    &[Tool::Kpt] => [
        kpt_renders_with_the_image_as_with_the_program,
        kpt_evaluates_with_the_image,
        kpt_fails_with_a_failing_image,
    ],
    &[Tool::Kustomize] => [
        kustomize_builds_with_the_image_as_with_the_program,
        kustomize_fails_with_a_failing_image,
        kustomize_does_not_skip_the_image,
    ],
];

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PAGE: &str = "docs/image.md";
const PASSWD: &str = "functions/image/passwd";
const METADATA: &str = "functions/image/metadata.yaml";

/// The beginning of a program for Linux, with the byte that names its machine.
fn program(machine: u8) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(18, 0);
    header.extend([machine, 0]);
    header
}

const AMD64: u8 = 0x3e;
const ARM64: u8 = 0xb7;

/// Builds an image into the folder `image`.
fn build(world: &World, programs: &[&str]) -> Run {
    let mut script = Command::new(repository().join(".github/scripts/image.sh"));
    script.arg("oci:image").args(programs).current_dir(world.path(""));
    script.env("GITHUB_REPOSITORY", "shop/otel-inject").env("GITHUB_SHA", "5f7d3a1");
    script.env_remove("SOURCE_DATE_EPOCH").env_remove("GITHUB_SERVER_URL");
    fed(&mut script, b"")
}

fn both(world: &World) -> String {
    world.file("amd64", program(AMD64)).file("arm64", program(ARM64));
    build(world, &["amd64=amd64", "arm64=arm64"]).good().trim_end().to_owned()
}

/// A part of the image by its descriptor.
fn part(world: &World, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().expect("a digest").replace(':', "/");
    fs::read(world.path(&format!("image/blobs/{digest}"))).expect("a part")
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

fn the_image_has_the_program_of_each_platform() {
    let world = World::new();
    let digest = both(&world);
    let layout = json(&fs::read(world.path("image/index.json")).expect("an index"));
    assert_eq!(layout["manifests"][0]["digest"], digest);
    let index = json(&part(&world, &layout["manifests"][0]));
    let platforms: Vec<&Value> =
        index["manifests"].as_array().expect("images").iter().map(|image| &image["platform"]).collect();
    let linux = |architecture| json!({"os": "linux", "architecture": architecture});
    assert_eq!(platforms, [&linux("amd64"), &linux("arm64")]);

    for (image, machine) in index["manifests"].as_array().expect("images").iter().zip([AMD64, ARM64]) {
        let manifest = json(&part(&world, image));
        let mut config = json(&part(&world, &manifest["config"]));
        assert_eq!(config["architecture"], image["platform"]["architecture"]);
        let labels = config["config"]["Labels"].take();
        assert_eq!(config["config"]["User"], "65532:65532");
        assert_eq!(config["config"]["Entrypoint"], json!(["/otel-inject"]));
        for other in ["Cmd", "Volumes", "ExposedPorts", "WorkingDir"] {
            assert_eq!(config["config"][other], Value::Null, "{other}");
        }
        let of =
            |name: &str| labels[&format!("org.opencontainers.image.{name}")].as_str().unwrap_or_default();
        assert_eq!(of("title"), "otel-inject");
        assert_eq!(of("description"), env!("CARGO_PKG_DESCRIPTION"));
        assert_eq!(of("licenses"), env!("CARGO_PKG_LICENSE"));
        assert_eq!(of("version"), VERSION);
        assert_eq!(of("revision"), "5f7d3a1");
        assert_eq!(of("source"), "https://github.com/shop/otel-inject");
        assert_eq!(of("documentation"), "https://github.com/shop/otel-inject/blob/5f7d3a1/docs/image.md");

        let layers = manifest["layers"].as_array().expect("layers");
        assert_eq!(layers.len(), 1, "one step of building");
        world.file("layer.tar.gz", part(&world, &layers[0]));
        let list = tar(&world, &["-tvzf", "layer.tar.gz"]);
        let list = String::from_utf8(list).expect("UTF-8");
        let files: Vec<(&str, &str)> = list
            .lines()
            .map(|line| (line.split(' ').next().expect("a mode"), line.rsplit(' ').next().expect("a name")))
            .collect();
        let expected = [("drwxr-xr-x", "etc/"), ("-rw-r--r--", "etc/passwd"), ("-rwxr-xr-x", "otel-inject")];
        assert_eq!(files, expected);
        assert_eq!(tar(&world, &["-xOzf", "layer.tar.gz", "otel-inject"]), program(machine));
        assert_eq!(tar(&world, &["-xOzf", "layer.tar.gz", "etc/passwd"]), text(PASSWD).into_bytes());
    }
}

fn tar(world: &World, args: &[&str]) -> Vec<u8> {
    let run = fed_bytes(Command::new("tar").args(args).current_dir(world.path("")), b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout
}

fn the_same_programs_give_the_same_image() {
    let digest = both(&World::new());
    let world = World::new();
    assert_eq!(both(&world), digest);
    world.file("amd64", [program(AMD64), vec![0]].concat());
    assert_ne!(build(&world, &["amd64=amd64", "arm64=arm64"]).good().trim_end(), digest);
}

fn an_image_takes_only_programs_for_its_platform() {
    let world = World::new();
    world.file("arm64", program(ARM64)).file("script", "#!/bin/sh\n");
    for (programs, reason) in [
        (&["amd64=arm64"][..], "\"arm64\" is not a program for amd64"),
        (&["arm64=script"], "\"script\" is not a program for arm64"),
        (&["amd64=nowhere"], "there is no program \"nowhere\""),
        (&["s390x=arm64"], "the architecture is \"s390x\", not amd64 or arm64"),
        (&[], "usage: image.sh"),
    ] {
        build(&world, programs).bad(reason);
        assert!(!world.path("image").exists(), "{programs:?}");
    }
}

fn the_image_describes_the_program_as_the_crate_does() {
    let containerfile = text("Containerfile");
    for (label, value) in
        [("description", env!("CARGO_PKG_DESCRIPTION")), ("licenses", env!("CARGO_PKG_LICENSE"))]
    {
        let label = format!("org.opencontainers.image.{label}=\"{value}\"");
        assert!(containerfile.contains(&label), "no {label}");
    }
}

fn the_catalog_entry_names_what_there_is() {
    let entry: Value = serde_yaml::from_str(&text(METADATA)).expect("YAML");
    assert_eq!(entry["image"], "ghcr.io/OWNER/otel-inject");
    assert_eq!(entry["description"], env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!(entry["license"], env!("CARGO_PKG_LICENSE"));
    assert_eq!(entry["tags"], json!(["mutator", "validator"]));
    let path = |url: &Value| {
        let url = url.as_str().expect("a URL");
        let path = url.strip_prefix("https://github.com/OWNER/otel-inject/tree/main/");
        repository().join(path.unwrap_or_else(|| panic!("{url} is elsewhere")))
    };
    assert!(path(&entry["sourceURL"]).is_dir());
    let examples = entry["examplePackageURLs"].as_array().expect("examples");
    let packages: Vec<_> = examples.iter().map(path).collect();
    assert_eq!(packages, examples::PACKAGES.map(|(package, _)| repository().join(package)));
}

/// Takes `run` with the options of kpt, kustomize and the page, runs the function and keeps the call. Docker refuses a
/// user by a name that the image does not have, and an image that no registry has.
const DOCKER: &str = "#!/bin/sh
set -eu
echo \"$*\" >>\"$HOME/calls\"
[ \"$1\" != version ] || { echo 28.0.0; exit; }
shift
while [ $# -gt 0 ]; do
	case $1 in
	IMAGE) shift; exec otel-inject \"$@\" ;;
	--user)
		case $2 in
		[0-9]*:[0-9]*) ;;
		*) grep -q \"^$2:\" \"$HOME/passwd\" || { echo \"unable to find user $2\" >&2; exit 125; } ;;
		esac
		shift
		;;
	--network) [ \"$2\" = none ]; shift ;;
	--volume) [ \"$2\" = \"$PWD:/work\" ]; shift ;;
	--workdir) [ \"$2\" = /work ]; shift ;;
	-a | -e | --pull) shift ;;
	--rm | -i | --security-opt=no-new-privileges) ;;
	*) break ;;
	esac
	shift
done
echo \"docker: what is $*\" >&2
exit 125
";

/// What the page shows, with an owner and this version in it.
fn filled(text: &str) -> String {
    text.replace("OWNER", "shop").replace("VERSION", VERSION)
}

/// The image that the page names.
fn image() -> String {
    filled("ghcr.io/OWNER/otel-inject:VERSION")
}

/// A world with that Docker.
fn world() -> World {
    let world = World::new().with_path("tools");
    world.program("tools/docker", DOCKER.replace("IMAGE", &image())).copy(PASSWD, "home/passwd");
    world
}

/// The block of YAML on the page below that heading, of this version.
fn block(heading: &str) -> String {
    let page = text(PAGE);
    let section = page.split_once(&format!("\n## {heading}\n")).expect("the section").1;
    let block = section.split_once("```yaml\n").expect("a block").1;
    filled(block.split_once("```").expect("its end").0)
}

/// An example with the pipeline of the page.
fn package(world: &World) {
    world.copy(examples::KPT, "package");
    let kptfile = world.text("package/Kptfile");
    let rest = kptfile.split_once("pipeline:\n").expect("a pipeline").0;
    world.file("package/Kptfile", format!("{rest}{}", block("kpt")));
}

fn the_image_is_the_command() {
    let world = world();
    world.copy(examples::KPT, "manifests");
    let page = text(PAGE);
    let section = page.split_once("\n## Commands\n").expect("the section").1;
    let commands =
        section.split_once("```sh\n").and_then(|(_, rest)| rest.split_once("```")).expect("commands").0;
    assert_eq!(commands.matches("docker run").count(), 2, "{commands}");
    world.shell(&format!("set -e\n{}", filled(commands))).good();
    assert!(world.text("manifests/frontend.yaml").contains("autoinstrumentation-nodejs"));
}

fn was_run(world: &World) -> bool {
    let calls = fs::read_to_string(world.path("home/calls")).unwrap_or_default();
    calls.lines().any(|call| call.starts_with("run ") && call.contains(&image()))
}

/// The files of a package without its Kptfile, which names the way to the function.
fn resources(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = crate::world::tree(folder);
    files.retain(|name, _| name.ends_with(".yaml") && !name.starts_with(".expected/"));
    files
}

fn kpt_renders_with_the_image_as_with_the_program() {
    let world = world();
    package(&world);
    world.run(Tool::Kpt, &["fn", "render", "package"]).good();
    assert!(was_run(&world));
    let expected = resources(&repository().join(examples::PACKAGES[0].1));
    assert!(resources(&world.path("package")) == expected, "the files are others");
}

fn kpt_evaluates_with_the_image() {
    let world = world();
    world.copy(examples::KPT, "package");
    let web = world.text("package/frontend.yaml");
    let mark = "      annotations:\n        instrumentation.opentelemetry.io/inject-nodejs: \"true\"\n";
    world.file("package/frontend.yaml", web.replace(mark, ""));
    let page = text(PAGE);
    let command = page.lines().find(|line| line.starts_with("kpt fn eval ")).expect("a command");
    world.shell(&format!("cd package\n{}", filled(command))).good();
    assert!(was_run(&world));
    assert!(world.text("package/frontend.yaml").contains("autoinstrumentation-nodejs"));
}

/// Takes the Instrumentation away, so that the injection fails.
fn without_instrumentation(world: &World) {
    world.file("package/instrumentation.yaml", CONFIG_MAP);
}

fn kpt_fails_with_a_failing_image() {
    let world = world();
    package(&world);
    without_instrumentation(&world);
    let before = resources(&world.path("package"));
    world.run(Tool::Kpt, &["fn", "render", "package"]).bad("no-instrumentation");
    assert!(was_run(&world));
    assert!(resources(&world.path("package")) == before, "a file has changed");
}

/// An example with the function of the page.
fn kustomization(world: &World) {
    world.copy(examples::KUSTOMIZE, "package");
    let config = world.text("package/otel-inject.yaml");
    let spec = config.split_once("\nspec:").map(|(_, spec)| format!("spec:{spec}")).unwrap_or_default();
    world.file("package/otel-inject.yaml", format!("{}{spec}", block("kustomize")));
}

const BUILD: [&str; 3] = ["build", "--enable-alpha-plugins", "package"];

fn kustomize_builds_with_the_image_as_with_the_program() {
    let world = world();
    kustomization(&world);
    let built = world.run(Tool::Kustomize, &BUILD).good();
    assert!(was_run(&world));
    assert_eq!(built, text("examples/kustomize-patches/.expected/manifests.yaml"));
}

fn kustomize_fails_with_a_failing_image() {
    let world = world();
    kustomization(&world);
    without_instrumentation(&world);
    let run = world.run(Tool::Kustomize, &BUILD);
    run.bad("no-instrumentation");
    assert_eq!(run.stdout, "");
}

fn kustomize_does_not_skip_the_image() {
    let world = world();
    kustomization(&world);
    let run = world.run(Tool::Kustomize, &["build", "package"]);
    run.bad("external plugins disabled; unable to load external plugin 'OtelInject'");
    assert!(!was_run(&world));
    // A user by a name must be in the image.
    world.file("home/passwd", "root:x:0:0::/:\n");
    world.run(Tool::Kustomize, &BUILD).bad("unable to find user nobody");
}
