//! What people read in `examples/` is what the tools give.

use std::fs;

use crate::tools::Tool;
use crate::world::{World, copy, repository, tree};
use crate::{Case, cases, kustomize};

pub(crate) const CASES: &[Case] = cases![
    &[] => [the_kpt_examples_are_injected_as_expected, an_injected_example_is_injected_to_itself],
    &[Tool::Kustomize] => [the_kustomize_examples_are_built_as_expected],
];

pub(crate) const KPT: &str = "examples/nodejs-and-go";
pub(crate) const KUSTOMIZE: &str = "examples/kustomize-patches";
pub(crate) const RULES: &str = "examples/kustomize-rules";
/// A package for kpt and kustomize.
pub(crate) const SIDECAR: &str = "examples/sidecar-and-nodejs";
/// The kpt packages, and what is expected of them.
pub(crate) const PACKAGES: [(&str, &str); 2] =
    [(KPT, "examples/nodejs-and-go/.expected"), (SIDECAR, "examples/sidecar-and-nodejs/.expected/package")];
/// A repository with a kustomization for each environment.
const LAYOUT: &str = "examples/layout";
/// What kustomize builds: examples, the folder in each, and what is expected of it.
const BUILT: [(&str, &str, &str); 5] = [
    (KUSTOMIZE, ".", "examples/kustomize-patches/.expected"),
    (RULES, ".", "examples/kustomize-rules/.expected"),
    (SIDECAR, ".", "examples/sidecar-and-nodejs/.expected/built"),
    (LAYOUT, "overlays/dev", "examples/layout/.expected/dev"),
    (LAYOUT, "overlays/prod", "examples/layout/.expected/prod"),
];

/// Makes every `.expected` anew, as far as the tools are there.
pub(crate) fn update() {
    let kustomize = Tool::Kustomize.path().into_iter();
    let kustomize =
        kustomize.flat_map(|_| BUILT.map(|(example, folder, expected)| (expected, built(example, folder))));
    let packages = PACKAGES.map(|(example, expected)| (expected, injected(example)));
    for (expected, (world, actual)) in packages.into_iter().chain(kustomize) {
        let expected = repository().join(expected);
        if expected.exists() {
            fs::remove_dir_all(&expected).expect("a folder");
        }
        copy(&world.path(actual), &expected);
    }
}

/// Compares the folder `actual` with a folder of the repository.
#[track_caller]
pub(crate) fn is_expected(folder: &str, world: &World, actual: &str) {
    const STALE: &str = "is stale: UPDATE_EXPECTED=1 cargo test --test hosts";
    let expected = tree(&repository().join(folder));
    let actual = tree(&world.path(actual));
    assert!(actual.keys().eq(expected.keys()), "{folder} {STALE}: {:?}", actual.keys());
    for (name, bytes) in &actual {
        let text = String::from_utf8_lossy(bytes);
        assert!(expected[name] == *bytes, "{folder}/{name} {STALE}\n{text}");
    }
}

/// A kpt example after the command.
fn injected(example: &str) -> (World, &'static str) {
    let world = World::new();
    world.copy(example, "package");
    world.otel_inject(&["inject", "package", "-o", "injected"], "").good();
    (world, "injected")
}

/// What kustomize makes of an example.
fn built(example: &str, folder: &str) -> (World, &'static str) {
    let world = World::new();
    world.copy(example, "package");
    let manifests = world.run(Tool::Kustomize, &kustomize::build(&format!("package/{folder}"))).good();
    world.file("built/manifests.yaml", manifests);
    (world, "built")
}

fn the_kpt_examples_are_injected_as_expected() {
    for (example, expected) in PACKAGES {
        let (world, actual) = injected(example);
        is_expected(expected, &world, actual);
    }
}

fn the_kustomize_examples_are_built_as_expected() {
    for (example, folder, expected) in BUILT {
        let (world, actual) = built(example, folder);
        is_expected(expected, &world, actual);
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
