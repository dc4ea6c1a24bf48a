//! Releases: the scripts and the steps of .github/workflows/release.yaml, run here without a forge.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use otel_inject::languages::OPERATOR;
use otel_inject::value::{Value, json};

use crate::action::{PLATFORMS, packed};
use crate::common::binary::{Run, World, fed};
use crate::tools::Tool;
use crate::world::{allow, text};
use crate::{Case, cases};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const WORKFLOW: &str = ".github/workflows/release.yaml";
const SCRIPTS: [&str; 4] = [
    ".github/scripts/version.sh",
    ".github/scripts/archive.sh",
    ".github/scripts/changelog.sh",
    ".github/scripts/image.sh",
];
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        a_release_has_the_version_of_its_tag,
        a_release_has_the_section_of_the_changelog,
        a_release_has_what_a_user_installs,
        a_release_has_checksums_that_verify,
        a_release_has_what_the_action_and_binstall_fetch,
        a_release_begins_as_a_draft,
        a_release_is_made_only_once,
        a_release_is_published_with_everything,
        a_release_has_an_image_of_its_programs,
        a_release_is_attested_by_jobs_that_build_nothing,
        a_release_publishes_the_crate_last,
        a_release_builds_with_the_oldest_rust,
        no_dependency_needs_a_newer_rust,
        a_release_pins_the_actions_that_it_uses,
        a_release_gives_its_token_to_single_steps,
    ],
    &[Tool::Zip, Tool::Unzip] => [a_release_for_windows_is_a_zip],
    &[Tool::Actionlint] => [actionlint_has_nothing_to_say_about_releases],
    &[Tool::Zizmor] => [zizmor_has_nothing_to_say_about_releases],
    &[Tool::Shellcheck] => [shellcheck_has_nothing_to_say_about_releases],
];

fn workflow() -> Value {
    serde_yaml::from_str(&text(WORKFLOW)).expect("YAML")
}

/// The script of a step.
pub(crate) fn script(job: &str, step: &str) -> String {
    let steps = workflow()["jobs"][job]["steps"].take();
    let found = steps.as_array().expect("steps").iter().find(|found| found["name"] == step).cloned();
    found.expect("the step")["run"].as_str().expect("a script").to_owned()
}

/// Packs what the tests built, and gives the name of the archive.
pub(crate) fn pack(target: &str, folder: &Path) -> String {
    let mut archive = Command::new(Path::new(ROOT).join(SCRIPTS[1]));
    let run = fed(archive.args([target, env!("CARGO_BIN_EXE_otel-inject")]).arg(folder), b"");
    run.good().trim_end().to_owned()
}

/// Keeps what it is given: a line for each call, and a copy of each file. The release has the state `RELEASE`.
const GH: &str = "#!/bin/sh\necho \"$*\" >> \"$CALLS/gh.txt\"\n\
    if [ \"$2\" = view ]; then if [ -n \"$RELEASE\" ]; then echo \"$RELEASE\"; else exit 1; fi; fi\n\
    for word; do if [ -f \"$word\" ]; then cp \"$word\" \"$CALLS/given\"; fi; done\n";
const CARGO: &str = "#!/bin/sh\necho \"$*\" >> \"$CALLS/cargo.txt\"\n\
    if [ \"$1\" = cyclonedx ]; then echo '{}' > otel-inject.cdx.json; fi\n";

/// A checkout with the scripts, and a changelog that has this version.
fn checkout() -> World {
    let world = World::new();
    for path in SCRIPTS.iter().chain(&["Cargo.toml"]) {
        world.file(&format!("checkout/{path}"), &text(path));
    }
    for path in SCRIPTS {
        allow(&world.path(&format!("checkout/{path}")));
    }
    world.file("checkout/CHANGELOG.md", &text("CHANGELOG.md"));
    fs::create_dir(world.path("given")).expect("a folder");
    for (name, script) in [("gh", GH), ("cargo", CARGO)] {
        world.file(&format!("tools/{name}"), script);
        allow(&world.path(&format!("tools/{name}")));
    }
    world
}

/// Runs a step's script in the checkout, for a tag.
fn step(world: &World, (job, step): (&str, &str), tag: &str, release: &str) -> Run {
    let others = env::var_os("PATH").unwrap_or_default();
    let tools = env::join_paths([world.path("tools")].into_iter().chain(env::split_paths(&others)));
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", &script(job, step)]).current_dir(world.path("checkout"));
    shell.env_clear().env("PATH", tools.expect("a PATH")).env("GITHUB_REF_NAME", tag);
    shell.env("RUNNER_TEMP", world.folder.path()).env("CALLS", world.folder.path()).env("RELEASE", release);
    shell.env("GITHUB_REPOSITORY_OWNER", "Shop-Owner").env("GITHUB_REPOSITORY", "Shop-Owner/otel-inject");
    shell.env("GITHUB_SHA", "5f7d3a1").env("GITHUB_ACTOR", "somebody").env("REGISTRY_TOKEN", "a-token");
    shell.env("GITHUB_OUTPUT", world.path("output.txt"));
    fed(&mut shell, b"")
}

fn calls(world: &World, tool: &str) -> Vec<String> {
    let calls = fs::read_to_string(world.path(&format!("{tool}.txt"))).unwrap_or_default();
    calls.lines().map(str::to_owned).collect()
}

fn a_release_has_the_version_of_its_tag() {
    let version = |tag: &str| fed(Command::new(Path::new(ROOT).join(SCRIPTS[0])).arg(tag), b"");
    assert_eq!(version(&format!("v{VERSION}")).good(), format!("{VERSION}\n"));
    for tag in [VERSION, "v9.9.9", "v", &format!("v{VERSION}-rc.1")] {
        let run = version(tag);
        run.bad(&format!(
            "the tag is {tag}, but Cargo.toml has version {VERSION}, whose tag is v{VERSION}\n"
        ));
        assert_eq!(run.stdout, "");
    }
}

fn a_release_has_the_section_of_the_changelog() {
    let world = checkout();
    let changelog =
        |version: &str| fed(Command::new(world.path(&format!("checkout/{}", SCRIPTS[2]))).arg(version), b"");
    let whole = text("CHANGELOG.md");
    let section = whole.split_once(&format!("\n## {VERSION} - ")).expect("a section").1;
    let (date, section) = section.split_once("\n\n").expect("its text");
    let is_date = date.len() == 10 && date.split('-').all(|part| part.parse::<u16>().is_ok());
    assert!(is_date, "{date}");
    let section = section.split("\n\n## ").next().expect("a section");
    assert_eq!(changelog(VERSION).good(), format!("{}\n", section.trim_end()));

    let versions = "# Changelog\n\n## 0.10.0 - 2030-02-01\n\n- ten\n\n## 0.1.0\n\n\n### Part\n- one\n\n- two\n\n## 0.0.9\n";
    world.file("checkout/CHANGELOG.md", versions);
    assert_eq!(changelog("0.10.0").good(), "- ten\n");
    assert_eq!(changelog("0.1.0").good(), "### Part\n- one\n\n- two\n");
    for missing in ["0.0.9", "0.1", "1.0.0", "0?1.0"] {
        changelog(missing).bad(&format!("CHANGELOG.md has nothing below a heading \"## {missing}\""));
    }
}

/// The files below an archive's folder.
fn files(list: &str, folder: &str) -> BTreeSet<String> {
    let paths = list.lines().filter_map(|path| path.strip_prefix(&format!("{folder}/")));
    paths.filter(|path| !path.is_empty() && !path.ends_with('/')).map(str::to_owned).collect()
}

/// What every archive holds, beside the program.
fn expected(program: &str) -> BTreeSet<String> {
    let mut files = BTreeSet::from(["LICENSE", "README.md", program, "man/otel-inject.1"].map(str::to_owned));
    let shells =
        ["otel-inject.bash", "otel-inject.elv", "otel-inject.fish", "_otel-inject", "_otel-inject.ps1"];
    files.extend(shells.map(|file| format!("completions/{file}")));
    // The values that `man` accepts.
    let refused = World::new().run(&["man", "nothing"], "").stderr;
    let commands = refused.split_once("[possible values: ").and_then(|(_, rest)| rest.split_once(']'));
    files.extend(commands.expect("commands").0.split(", ").map(|name| format!("man/otel-inject-{name}.1")));
    files
}

fn a_release_has_what_a_user_installs() {
    let (archive, _) = packed();
    let name = format!("otel-inject-{VERSION}-x86_64-unknown-linux-gnu");
    assert_eq!(archive.file_name().and_then(|file| file.to_str()), Some(&*format!("{name}.tar.gz")));
    let list = fed(Command::new("tar").arg("-tzf").arg(archive), b"").good();
    assert_eq!(files(&list, &name), expected("otel-inject"));
    assert!(list.lines().all(|path| path.starts_with(&format!("{name}/"))), "{list}");

    let world = World::new();
    fed(Command::new("tar").arg("-xzf").arg(archive).current_dir(world.folder.path()), b"").good();
    let program = world.path(&name).join("otel-inject");
    assert_eq!(
        fed(Command::new(program).arg("version"), b"").good(),
        format!("otel-inject {VERSION} (OpenTelemetry Operator {OPERATOR})\n")
    );
    assert!(world.text(&format!("{name}/man/otel-inject-check.1")).contains(".TH otel-inject-check 1"));
    assert!(world.text(&format!("{name}/completions/_otel-inject")).starts_with("#compdef otel-inject\n"));
    assert_eq!(world.text(&format!("{name}/LICENSE")), text("LICENSE"));
}

fn a_release_for_windows_is_a_zip() {
    let world = World::new();
    let archive = pack("x86_64-pc-windows-msvc", world.folder.path());
    let name = format!("otel-inject-{VERSION}-x86_64-pc-windows-msvc");
    assert_eq!(archive, format!("{name}.zip"));
    let list = fed(Command::new("unzip").arg("-Z1").arg(world.path(&archive)), b"").good();
    assert_eq!(files(&list, &name), expected("otel-inject.exe"));
}

fn a_release_has_checksums_that_verify() {
    let (archive, sums) = packed();
    let mut verify = Command::new("sha256sum");
    verify.args(["--check", "--strict", "-"]).current_dir(archive.parent().expect("a folder"));
    let file = archive.file_name().and_then(|file| file.to_str()).expect("a name");
    assert_eq!(fed(&mut verify, sums.as_bytes()).good(), format!("{file}: OK\n"));
    assert_ne!(fed(&mut verify, sums.replace(&sums[..8], "00000000").as_bytes()).code, 0);
}

fn a_release_has_what_the_action_and_binstall_fetch() {
    let workflow = workflow();
    let rows = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().expect("rows");
    let built: BTreeSet<String> = rows
        .iter()
        .map(|row| row["target"].as_str().expect("a target"))
        .map(|target| format!("{target}{}", if target.contains("windows") { ".zip" } else { ".tar.gz" }))
        .collect();
    assert_eq!(built, PLATFORMS.iter().map(|(_, _, ending)| (*ending).to_owned()).collect());
    let manifest = text("Cargo.toml");
    let url = "pkg-url = \"{ repo }/releases/download/v{ version }/otel-inject-{ version }-{ target }";
    let (all, windows) = manifest
        .split_once("[package.metadata.binstall.overrides.x86_64-pc-windows-msvc]")
        .expect("both tables");
    assert!(all.contains(&format!("{url}.tar.gz\"\n")) && windows.contains(&format!("{url}.zip\"\n")));
    assert!(all.contains("bin-dir = \"otel-inject-{ version }-{ target }/{ bin }{ binary-ext }\"\n"));
}

const DRAFT: (&str, &str) = ("draft", "Draft the release");

fn a_release_begins_as_a_draft() {
    let world = checkout();
    step(&world, DRAFT, &format!("v{VERSION}"), "").good();
    let notes = world.path("notes.md");
    assert_eq!(
        calls(&world, "gh")[1],
        format!(
            "release create v{VERSION} --draft --verify-tag --latest --title otel-inject {VERSION} --notes-file {}",
            notes.display()
        )
    );
    assert!(
        world.text("given/notes.md").starts_with("### Injection\n- Java, "),
        "{}",
        world.text("given/notes.md")
    );

    let rc = text("Cargo.toml").replacen(VERSION, "1.0.0-rc.1", 1);
    world.file("checkout/Cargo.toml", &rc).file("checkout/CHANGELOG.md", "## 1.0.0-rc.1\n\n- a\n");
    step(&world, DRAFT, "v1.0.0-rc.1", "").good();
    assert!(calls(&world, "gh")[3].contains(" --prerelease "), "{:?}", calls(&world, "gh"));
}

fn a_release_is_made_only_once() {
    let world = checkout();
    step(&world, DRAFT, &format!("v{VERSION}"), "true").good();
    assert_eq!(step(&world, DRAFT, &format!("v{VERSION}"), "false").code, 1);
    assert_eq!(calls(&world, "gh").len(), 2, "both only look");

    step(&world, DRAFT, "v9.9.9", "").bad("Cargo.toml has version");
    world.file("checkout/CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- a\n");
    step(&world, DRAFT, &format!("v{VERSION}"), "").bad("CHANGELOG.md has nothing");
    assert_eq!(calls(&world, "gh").len(), 2, "nothing is created");
}

fn a_release_is_published_with_everything() {
    let world = checkout();
    let tag = format!("v{VERSION}");
    step(&world, ("dependencies", "List what is in the program"), &tag, "").good();
    let [install, list] = &calls(&world, "cargo")[..] else { panic!("two calls") };
    assert!(install.starts_with("install --locked cargo-cyclonedx@"), "{install}");
    assert!(list.starts_with("cyclonedx --format json"), "{list}");
    step(&world, ("dependencies", "Add to the draft"), &tag, "").good();
    step(&world, ("publish", "Fetch what is in the draft"), &tag, "").good();
    world.file(&format!("checkout/dist/otel-inject-{VERSION}-a.tar.gz"), "a");
    let sum = format!("cd dist\n{}", script("publish", "Sum"));
    fed(Command::new("sh").args(["-e", "-c", &sum]).current_dir(world.path("checkout")), b"").good();
    step(&world, ("publish", "Publish the release"), &tag, "").good();

    let sums = world.text("given/SHA256SUMS");
    let named: Vec<&str> =
        sums.lines().filter_map(|line| line.split_once("  ")).map(|(_, name)| name).collect();
    assert_eq!(named, [format!("otel-inject-{VERSION}-a.tar.gz"), format!("otel-inject-{VERSION}.cdx.json")]);
    // What is published comes last.
    let expected = [
        format!("upload {tag} --clobber dist/otel-inject-{VERSION}.cdx.json"),
        format!("download {tag} --dir dist --pattern otel-inject-*"),
        format!("upload {tag} --clobber dist/SHA256SUMS"),
        format!("edit {tag} --draft=false"),
    ];
    assert_eq!(calls(&world, "gh"), expected.map(|call| format!("release {call}")));
    assert_eq!(workflow()["jobs"]["publish"]["needs"], json!(["build", "dependencies", "image"]));
}

fn a_release_has_an_image_of_its_programs() {
    let world = checkout();
    let targets = ["x86_64", "aarch64"].map(|machine| format!("{machine}-unknown-linux-gnu"));
    for (target, machine) in targets.iter().zip([0x3e, 0xb7]) {
        // An archive as they are packed, with the beginning of a program.
        let name = format!("otel-inject-{VERSION}-{target}");
        let mut header = vec![0; 20];
        header[18] = machine;
        fs::create_dir_all(world.path(&format!("draft/{name}"))).expect("a folder");
        fs::write(world.path(&format!("draft/{name}/otel-inject")), header).expect("a file");
        let mut pack = Command::new("tar");
        pack.arg("-czf").arg(format!("{name}.tar.gz")).arg(&name).current_dir(world.path("draft"));
        fed(&mut pack, b"").good();
        fs::create_dir_all(world.path("checkout/dist")).expect("a folder");
        let to = world.path(&format!("checkout/dist/{name}.tar.gz"));
        fs::rename(world.path(&format!("draft/{name}.tar.gz")), to).expect("an archive");
    }
    for path in ["functions/image/passwd", "Containerfile"] {
        world.file(&format!("checkout/{path}"), &text(path));
    }
    for (name, script) in [("buildah", BUILDAH), ("podman", PODMAN), ("git", GIT)] {
        world.file(&format!("tools/{name}"), script);
        allow(&world.path(&format!("tools/{name}")));
    }
    let tag = format!("v{VERSION}");
    step(&world, ("image", "Fetch the programs for Linux"), &tag, "").good();
    step(&world, ("image", "Push the image"), &tag, "").good();

    let image = "ghcr.io/shop-owner/otel-inject";
    let [login, builds @ .., push, logout] = &calls(&world, "buildah")[..] else { panic!("four calls") };
    assert_eq!(login, "login --username somebody --password-stdin ghcr.io < a-token");
    assert_eq!(logout, "logout ghcr.io");
    assert!(
        push.contains(" manifest push ") && push.ends_with(&format!(" docker://{image}:{VERSION}")),
        "{push}"
    );
    let [amd64, arm64] = builds else { panic!("{builds:?}") };
    for (build, platform) in [(amd64, "linux/amd64"), (arm64, "linux/arm64")] {
        assert!(build.contains(&format!(" --platform {platform} ")), "{build}");
        assert!(build.contains(" --timestamp 1234567890 "), "{build}");
    }
    // What is tried is what was pushed.
    let [tried] = &calls(&world, "podman")[..] else { panic!("one call") };
    assert!(
        tried.contains(" --user nobody ") && tried.ends_with(&format!(" {image}@sha256:5f7d version")),
        "{tried}"
    );
    assert_eq!(world.text("output.txt"), format!("image={image}\ndigest=sha256:5f7d\n"));
}

const BUILDAH: &str = "#!/bin/sh
case $1 in
login) echo \"$* < $(cat)\" ;;
*) echo \"$*\" ;;
esac >> \"$CALLS/buildah.txt\"
while [ $# -gt 0 ]; do
\tif [ \"$1\" = --digestfile ]; then printf sha256:5f7d > \"$2\"; fi
\tshift
done
";
const PODMAN: &str = "#!/bin/sh\necho \"$*\" >> \"$CALLS/podman.txt\"\n";
const GIT: &str = "#!/bin/sh\necho 1234567890\n";

fn a_release_is_attested_by_jobs_that_build_nothing() {
    let workflow = workflow();
    let mut attested = Vec::new();
    for (name, job) in workflow["jobs"].as_object().expect("jobs") {
        let steps = job["steps"].as_array().expect("steps");
        let scripts: String = steps.iter().filter_map(|step| step["run"].as_str()).collect();
        let uses = |action: &str| {
            let is_it = |step: &&Value| step["uses"].as_str().is_some_and(|used| used.starts_with(action));
            steps.iter().find(is_it)
        };
        if let Some(step) = uses("actions/attest-build-provenance@") {
            assert!(!scripts.contains("cargo"), "{name}");
            attested.push((name.as_str(), step["with"].clone()));
        }
        let signs = job["permissions"]["id-token"] == "write";
        let asks = uses("actions/attest-build-provenance@").or(uses("rust-lang/crates-io-auth-action@"));
        assert_eq!(signs, asks.is_some(), "{name}");
    }
    let outputs = |name: &str| format!("${{{{ steps.push.outputs.{name} }}}}");
    assert_eq!(
        attested,
        [
            ("image", json!({"subject-name": outputs("image"), "subject-digest": outputs("digest")})),
            ("publish", json!({"subject-checksums": "dist/SHA256SUMS"})),
        ]
    );
}

fn a_release_publishes_the_crate_last() {
    let world = checkout();
    world.file("tools/rustup", "#!/bin/sh\n");
    allow(&world.path("tools/rustup"));
    let tag = format!("v{VERSION}");
    step(&world, ("crate", "Build what is published"), &tag, "").good();
    step(&world, ("crate", "Publish the crate"), &tag, "").good();
    assert_eq!(calls(&world, "cargo"), ["+stable package --locked", "+stable publish --locked --no-verify"]);

    let job = workflow()["jobs"]["crate"].take();
    assert_eq!(job["needs"], "publish");
    assert_eq!(job["if"], "vars.PUBLISH_CRATE == 'true'");
    assert_eq!(job["environment"], "crates-io");
    for step in job["steps"].as_array().expect("steps") {
        let has_token = step["env"]["CARGO_REGISTRY_TOKEN"].is_string();
        assert_eq!(
            has_token,
            step["run"].as_str().is_some_and(|script| script.contains("publish")),
            "{step}"
        );
    }
}

fn a_release_builds_with_the_oldest_rust() {
    let world = checkout();
    world.file("tools/rustup", "#!/bin/sh\necho \"$*\" >> \"$CALLS/rustup.txt\"\n");
    allow(&world.path("tools/rustup"));
    step(&world, ("rust-version", "Check with the oldest Rust"), &format!("v{VERSION}"), "").good();
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    let install = format!("toolchain install {oldest} --profile minimal --no-self-update");
    assert_eq!(calls(&world, "rustup"), [install]);
    assert_eq!(calls(&world, "cargo"), [format!("+{oldest} check --locked")]);
    assert_eq!(workflow()["jobs"]["draft"]["needs"], "rust-version");
}

/// Cargo looks at this when it chooses versions; a `Cargo.lock` that was edited can say otherwise.
fn no_dependency_needs_a_newer_rust() {
    let rustc = fed(Command::new("rustc").arg("-vV"), b"").good();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let mut cargo = Command::new(env!("CARGO"));
    // The packages for other platforms may not have been downloaded.
    cargo.args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&fed(cargo.current_dir(ROOT), b"").good()).expect("JSON");
    let number = |version: &str| -> Vec<u32> {
        version.split('.').chain(["0"]).take(3).map(|part| part.parse().expect("a number")).collect()
    };
    let ours = number(env!("CARGO_PKG_RUST_VERSION"));
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 50, "{}", packages.len());
    for package in packages {
        let needed = package["rust_version"].as_str();
        assert!(needed.is_none_or(|needed| number(needed) <= ours), "{} needs {needed:?}", package["id"]);
    }
}

fn a_release_pins_the_actions_that_it_uses() {
    let known = text("docs/ci/github.yaml");
    let workflow = text(WORKFLOW);
    let uses: Vec<&str> =
        workflow.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, used)| used).collect();
    assert!(!uses.is_empty());
    for used in uses {
        let digest = used.split_once('@').and_then(|(_, rest)| rest.split_once(" # v")).expect("a digest").0;
        assert_eq!(digest.len(), 40, "{used}");
        let action = used.split_once('@').expect("a digest").0;
        let is_elsewhere = known.contains(&format!("uses: {action}@"));
        assert!(
            !is_elsewhere || known.contains(&format!("uses: {used}\n")),
            "{used} is another one in docs/ci"
        );
        let all = workflow.matches(&format!("uses: {action}@")).count();
        assert_eq!(all, workflow.matches(&format!("uses: {used}\n")).count(), "{action} has two versions");
    }
}

fn a_release_gives_its_token_to_single_steps() {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], json!({}));
    assert_eq!(workflow["on"], json!({"push": {"tags": ["v*"]}}));
    for (name, job) in workflow["jobs"].as_object().expect("jobs") {
        let release = json!({"contents": "write"});
        let expected = match name.as_str() {
            "rust-version" => json!({"contents": "read"}),
            "draft" | "build" | "dependencies" => release,
            "image" => {
                json!({"contents": "write", "packages": "write", "id-token": "write", "attestations": "write"})
            }
            "publish" => json!({"contents": "write", "id-token": "write", "attestations": "write"}),
            "crate" => json!({"contents": "read", "id-token": "write"}),
            other => panic!("{other}: what may it do?"),
        };
        assert_eq!(job["permissions"], expected, "{name}");
        for step in job["steps"].as_array().expect("steps") {
            let Some(script) = step["run"].as_str() else { continue };
            assert_eq!(step["env"]["GH_TOKEN"].is_string(), script.contains("gh release"), "{script}");
            assert!(!script.contains("${{"), "{script}");
        }
    }
}

fn actionlint_has_nothing_to_say_about_releases() {
    assert_eq!(
        fed(Command::new("actionlint").args(["-no-color", WORKFLOW]).current_dir(ROOT), b"").good(),
        ""
    );
}

fn zizmor_has_nothing_to_say_about_releases() {
    let mut zizmor = Command::new("zizmor");
    zizmor.args(["--offline", "--no-progress", "--no-config", "--color", "never", WORKFLOW]);
    let said = fed(zizmor.current_dir(ROOT), b"").good();
    assert!(said.starts_with("No findings to report."), "{said}");
}

fn shellcheck_has_nothing_to_say_about_releases() {
    assert_eq!(fed(Command::new("shellcheck").args(SCRIPTS).current_dir(ROOT), b"").good(), "");
}
