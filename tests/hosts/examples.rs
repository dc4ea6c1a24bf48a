//! What people read in `examples/` is what the tools give.

use std::fs;

use crate::tools::Tool;
use crate::world::{World, copy, repository, tree};
use crate::{Case, cases, kustomize};

pub(crate) const CASES: &[Case] = cases![
    &[] => [the_kpt_example_is_injected_as_expected, an_injected_example_is_injected_to_itself],
    &[Tool::Kustomize] => [the_kustomize_examples_are_built_as_expected],
];

pub(crate) const KPT: &str = "examples/nodejs-and-go";
pub(crate) const KUSTOMIZE: &str = "examples/kustomize-patches";
pub(crate) const RULES: &str = "examples/kustomize-rules";

/// Makes every `.expected` anew, as far as the tools are there.
pub(crate) fn update() {
    let kustomize = Tool::Kustomize.path().into_iter();
    let kustomize = kustomize.flat_map(|_| [KUSTOMIZE, RULES].map(|example| (example, built(example))));
    for (example, (world, actual)) in [(KPT, injected())].into_iter().chain(kustomize) {
        let expected = repository().join(example).join(".expected");
        if expected.exists() {
            fs::remove_dir_all(&expected).expect("a folder");
        }
        copy(&world.path(actual), &expected);
    }
}

/// Compares the folder `actual` with an example's `.expected`.
#[track_caller]
pub(crate) fn is_expected(example: &str, world: &World, actual: &str) {
    const STALE: &str = "is stale: UPDATE_EXPECTED=1 cargo test --test hosts";
    let expected = tree(&repository().join(example).join(".expected"));
    let actual = tree(&world.path(actual));
    assert!(actual.keys().eq(expected.keys()), "{example}/.expected {STALE}: {:?}", actual.keys());
    for (name, bytes) in &actual {
        let text = String::from_utf8_lossy(bytes);
        assert!(expected[name] == *bytes, "{example}/.expected/{name} {STALE}\n{text}");
    }
}

/// The kpt example after the command.
fn injected() -> (World, &'static str) {
    let world = World::new();
    world.copy(KPT, "package");
    world.otel_inject(&["inject", "package", "-o", "injected"], "").good();
    (world, "injected")
}

/// What kustomize makes of an example.
fn built(example: &str) -> (World, &'static str) {
    let world = World::new();
    world.copy(example, "package");
    let manifests = world.run(Tool::Kustomize, &kustomize::build("package")).good();
    world.file("built/manifests.yaml", manifests);
    (world, "built")
}

fn the_kpt_example_is_injected_as_expected() {
    let (world, actual) = injected();
    is_expected(KPT, &world, actual);
}

fn the_kustomize_examples_are_built_as_expected() {
    for example in [KUSTOMIZE, RULES] {
        let (world, actual) = built(example);
        is_expected(example, &world, actual);
    }
}

fn an_injected_example_is_injected_to_itself() {
    let world = World::new();
    world.copy(KPT, "package");
    let once = world.otel_inject(&["inject", "package"], "").good();
    assert!(once.contains("OTEL_SERVICE_NAME"), "{once}");
    let twice = world.otel_inject(&[], &once).good();
    assert!(twice == once, "{twice}");
}
