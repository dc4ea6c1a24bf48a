//! kpt: functions on packages of files.

use std::collections::BTreeMap;
use std::fs;

use crate::examples::{self, is_expected};
use crate::tools::Tool;
use crate::world::{World, repository, tree};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::Kpt] => [
        rendering_the_examples_twice_gives_what_is_expected,
        rendering_again_renews_what_has_changed,
        a_function_behind_ours_that_sets_images_converges,
        a_rendered_package_is_taken_back_to_its_files,
        evaluating_gives_what_is_expected,
        source_and_sink_give_what_is_expected,
        the_repository_renders_its_examples,
        comments_stay_with_their_elements,
        what_is_not_injected_stays_byte_for_byte,
        selecting_nothing_deletes_nothing,
        a_failing_run_leaves_the_package_alone,
        a_config_file_that_is_also_an_item_is_no_trouble,
        values_on_the_command_line_are_the_config,
        values_on_the_command_line_make_a_rule,
    ],
];

const RENDER: [&str; 4] = ["fn", "render", "--allow-exec", "package"];
const EVAL: [&str; 5] = ["fn", "eval", "package", "--exec", "otel-inject"];

const KPTFILE: &str = "\
apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: package
";

/// The package's files that hold resources.
fn resources(world: &World) -> BTreeMap<String, Vec<u8>> {
    let mut files = tree(&world.path("package"));
    files.retain(|name, _| name.ends_with(".yaml") && !name.starts_with(".expected/"));
    files
}

/// Checks the resources in `package` against what is expected of an example.
#[track_caller]
fn is_the_expected_package(world: &World, expected: &str) {
    for (name, bytes) in resources(world) {
        world.file(&format!("rendered/{name}"), bytes);
    }
    is_expected(expected, world, "rendered");
}

fn rendering_the_examples_twice_gives_what_is_expected() {
    for (example, expected) in examples::PACKAGES {
        let world = World::new();
        world.copy(example, "package");
        world.run(Tool::Kpt, &RENDER).good();
        is_the_expected_package(&world, expected);
        let once = tree(&world.path("package"));
        world.run(Tool::Kpt, &RENDER).good();
        assert_eq!(tree(&world.path("package")), once);
    }
}

fn rendering_again_renews_what_has_changed() {
    renews_a_change(examples::KPT, "package/instrumentation.yaml");
    renews_a_change(examples::SIDECAR, "package/collector.yaml");
}

fn renews_a_change(example: &str, file: &str) {
    let rendered = |renders: usize| {
        let world = World::new();
        world.copy(example, "package");
        for _ in 1..renders {
            world.run(Tool::Kpt, &RENDER).good();
        }
        let changed = world.text(file).replace("opentelemetry-collector.", "elsewhere.");
        world.file(file, changed);
        let run = world.run(Tool::Kpt, &RENDER);
        assert_eq!(run.stderr.contains("info[updated]"), renders > 1, "{}", run.stderr);
        (run.good(), resources(&world)).1
    };
    assert!(rendered(1) == rendered(2), "a second render gives other files than a first one");
}

fn evaluating_gives_what_is_expected() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    world.run(Tool::Kpt, &EVAL).good();
    is_the_expected_package(&world, examples::PACKAGES[0].1);
}

fn source_and_sink_give_what_is_expected() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    world.shell("kpt fn source package | otel-inject | kpt fn sink rendered").good();
    fs::remove_file(world.path("rendered/Kptfile")).expect("the Kptfile came along");
    is_expected(examples::PACKAGES[0].1, &world, "rendered");
}

/// What is ours is written again each time, and mirrored again behind it.
fn a_function_behind_ours_that_sets_images_converges() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    // The brackets keep it from matching itself in the Kptfile.
    let mirror = "sed -e s,ghcr.io[/]open-telemetry,mirror.example.com/otel,";
    let kptfile = format!("{KPTFILE}pipeline:\n  mutators:\n    - exec: otel-inject\n    - exec: {mirror}\n");
    world.file("package/Kptfile", kptfile);
    world.run(Tool::Kpt, &RENDER).good();
    let first = resources(&world);
    assert!(world.text("package/frontend.yaml").contains("image: mirror.example.com/otel/"));
    for _ in 0..2 {
        world.run(Tool::Kpt, &RENDER).good();
        assert!(resources(&world) == first, "{}", world.text("package/frontend.yaml"));
    }
}

fn a_rendered_package_is_taken_back_to_its_files() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    let before = resources(&world);
    world.run(Tool::Kpt, &RENDER).good();
    assert!(resources(&world) != before, "something is injected");
    let run = world.otel_inject(&["uninject", "--in-place", "package"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let after = resources(&world);
    for (name, bytes) in &before {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        assert_eq!(text(&after[name]), text(bytes), "{name}");
    }
}

fn the_repository_renders_its_examples() {
    let world = World::new();
    for entry in fs::read_dir(repository()).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        // What is built or fetched: large, and other people's.
        if !["target", ".git", "fuzz"].contains(&name.as_str()) {
            world.copy(&name, &format!("package/{name}"));
        }
    }
    let before = tree(&world.path("package"));
    world.run(Tool::Kpt, &RENDER).good();
    let after = tree(&world.path("package"));
    let changed: Vec<&str> = after
        .iter()
        .filter(|(name, bytes)| before.get(*name) != Some(bytes))
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(after.len(), before.len());
    assert_eq!(
        changed,
        [
            format!("{}/checkout.yaml", examples::KPT),
            format!("{}/frontend.yaml", examples::KPT),
            format!("{}/frontend.yaml", examples::SIDECAR),
        ]
    );
    world.run(Tool::Kpt, &RENDER).good();
    assert!(tree(&world.path("package")) == after, "a second rendering changes the package");
}

/// kpt copies comments by the index of elements, which injection moves.
fn comments_stay_with_their_elements() {
    let world = World::new();
    let frontend =
        fs::read_to_string(repository().join(examples::KPT).join("frontend.yaml")).expect("a file");
    let initialised = frontend.replace(
        "      containers:\n",
        "      initContainers:\n        - name: migrate # before the first start\n          \
         image: registry.example.com/shop/migrate:3 # released by hand\n      containers:\n",
    );
    // An agent for an init container stands before it.
    let both = initialised.replace(
        "inject-nodejs: \"true\"\n",
        "inject-nodejs: \"true\"\n        instrumentation.opentelemetry.io/container-names: migrate,app\n",
    );
    world.copy(examples::KPT, "package").file("package/frontend.yaml", &both);
    world.run(Tool::Kpt, &RENDER).good();
    let rendered = world.text("package/frontend.yaml");
    let commented = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains('#')).map(|line| line.trim().to_owned()).collect()
    };
    let mut extended = commented(&both);
    extended.sort();
    let mut kept = commented(&rendered);
    kept.sort();
    assert_eq!(kept, extended, "{rendered}");
    let (agent, migrate) =
        (rendered.find("name: opentelemetry-auto-instrumentation-nodejs"), rendered.find("migrate #"));
    assert!(agent < migrate, "{rendered}");
}

fn what_is_not_injected_stays_byte_for_byte() {
    let world = World::new();
    world.copy(examples::KPT, "package").copy(&format!("{}/base", examples::KUSTOMIZE), "package/base");
    let before = resources(&world);
    world.run(Tool::Kpt, &RENDER).good();
    let after = resources(&world);
    for (name, bytes) in
        before.iter().filter(|(name, _)| name.starts_with("base/") || *name == "instrumentation.yaml")
    {
        assert_eq!(&after[name], bytes, "{name}");
    }
    assert!(world.text("package/checkout.yaml").contains("defaultMode: 0444 # octal, and it stays so\n"));
}

fn selecting_nothing_deletes_nothing() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    let before = tree(&world.path("package"));
    world.run(Tool::Kpt, &[&EVAL[..], &["--match-kind", "Nothing"]].concat()).good();
    assert_eq!(tree(&world.path("package")), before);
}

fn a_failing_run_leaves_the_package_alone() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    fs::remove_file(world.path("package/instrumentation.yaml")).expect("a file");
    let before = tree(&world.path("package"));
    for args in [&RENDER[..], &EVAL[..]] {
        world.run(Tool::Kpt, args).bad("no-instrumentation");
        assert_eq!(tree(&world.path("package")), before);
    }
}

fn a_config_file_that_is_also_an_item_is_no_trouble() {
    let world = World::new();
    let pipeline = "pipeline:\n  mutators:\n    - exec: otel-inject\n      configPath: config.yaml\n";
    let config = "\
apiVersion: otel-inject.dev/v1alpha1
kind: OtelInject
metadata:
  name: config
  annotations:
    config.kubernetes.io/local-config: \"true\"
spec:
  instrumentation:
    exporter:
      endpoint: http://elsewhere:4318
";
    world.copy(examples::KPT, "package").file("package/Kptfile", format!("{KPTFILE}{pipeline}"));
    world.file("package/config.yaml", config);
    fs::remove_file(world.path("package/instrumentation.yaml")).expect("a file");
    world.run(Tool::Kpt, &RENDER).good();
    assert!(world.text("package/frontend.yaml").contains("value: http://elsewhere:4318\n"));
    assert_eq!(world.text("package/config.yaml"), config);
}

fn values_on_the_command_line_are_the_config() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    fs::remove_file(world.path("package/instrumentation.yaml")).expect("a file");
    let before = tree(&world.path("package"));
    world.run(Tool::Kpt, &[&EVAL[..], &["--", "onError=skip"]].concat()).good();
    assert_eq!(tree(&world.path("package")), before);
    let endpoint = "instrumentation.exporter.endpoint=http://elsewhere:4318";
    world.run(Tool::Kpt, &[&EVAL[..], &["--", endpoint]].concat()).good();
    assert!(world.text("package/frontend.yaml").contains("value: http://elsewhere:4318\n"));
}

fn values_on_the_command_line_make_a_rule() {
    let world = World::new();
    world.copy(examples::KPT, "package").copy(&format!("{}/base", examples::RULES), "package/base");
    fs::remove_file(world.path("package/base/kustomization.yaml")).expect("a file");
    let rule = [
        "--",
        "namespace=shop",
        "inject=nodejs",
        "labels=language in (nodejs), !legacy",
        "kinds=Deploy*,Job",
    ];
    let run = world.run(Tool::Kpt, &[&EVAL[..], &rule].concat());
    run.good();
    assert!(world.text("package/base/cart.yaml").contains("OTEL_SERVICE_NAME"));
    assert!(!world.text("package/base/checkout.yaml").contains("OTEL_SERVICE_NAME"));
}
