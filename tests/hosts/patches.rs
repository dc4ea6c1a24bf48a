//! Patches, applied by kustomize: the same manifests as injected ones.

use otel_inject::value::Value;
use rayon::prelude::*;

use crate::common::binary::Run;
use crate::common::{documents, vectors};
use crate::tools::Tool;
use crate::world::World;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases! {
    &[Tool::Kustomize] => [patched_manifests_are_injected_manifests, a_patch_leaves_namesakes_alone, a_list_of_patches_is_part_of_a_kustomization],
};

fn build(world: &World, folder: &str) -> Run {
    world.run(Tool::Kustomize, &["build", folder])
}

/// What kustomize builds of a vector with patches, and of its injected text; none where it takes the input for no
/// resources, or nothing is injected.
fn both(input: &str) -> Option<[Vec<Value>; 2]> {
    let world = World::new();
    world.file("patched/input.yaml", input);
    world.file("patched/kustomization.yaml", "resources: [input.yaml]\ncomponents: [../component]\n");
    world.file("injected/kustomization.yaml", "resources: [input.yaml]\n");
    let patches = world.otel_inject(&["patch", "--as", "component", "patched/input.yaml"], "");
    if patches.code != 0 {
        assert_eq!(patches.stdout, "");
        return None;
    }
    world.file("component/kustomization.yaml", &patches.stdout);
    // Patches are their own record.
    world.file(
        "config.yaml",
        "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata: {name: c}\nspec: {record: none}\n",
    );
    let injected = world.otel_inject(&["inject", "--config", "config.yaml", "patched/input.yaml"], "");
    world.file("injected/input.yaml", &injected.stdout);
    let injected = build(&world, "injected");
    if injected.code != 0 {
        return None;
    }
    let patched = build(&world, "patched");
    Some([&patched, &injected].map(|run| {
        assert_eq!(run.code, 0, "{}\n{}", run.stderr, patches.stdout);
        documents(&run.stdout).expect("documents")
    }))
}

fn patched_manifests_are_injected_manifests() {
    let built = vectors().into_par_iter().filter_map(|(name, input)| {
        let [patched, injected] = both(&input)?;
        assert_eq!(patched, injected, "{name}");
        Some(())
    });
    let built = built.count();
    assert!(built > 300, "only {built} vectors were built");
}

/// A patch is for one resource, whatever else of its name the kustomization that takes it holds.
fn a_patch_leaves_namesakes_alone() {
    let named = |namespace: &str, wants: bool| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web{namespace}}}\nspec:\n  template:\n    \
             metadata: {{annotations: {{instrumentation.opentelemetry.io/inject-sdk: '{wants}'}}}}\n    spec:\n      \
             containers: [{{name: app, image: 'app:1'}}]\n"
        )
    };
    let other = named(", namespace: shop", false);
    for (wanting, idle) in [
        (named("", true), other),
        (named(", namespace: shop", true), named("", false)),
        (named(", namespace: a-b", true), named(", namespace: a-b-c", false)),
    ] {
        let instrumentations = ["", ", namespace: shop", ", namespace: a-b"].map(|namespace| {
            format!(
                "---\napiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {{name: default{namespace}}}\nspec: {{}}\n"
            )
        });
        let input = format!("{wanting}---\n{idle}{}", instrumentations.concat());
        let [patched, injected] = both(&input).expect("a build");
        assert_eq!(patched, injected);
    }
}

fn a_list_of_patches_is_part_of_a_kustomization() {
    let world = World::new();
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a.b}\nspec:\n  template:\n    metadata: \
                      {annotations: {instrumentation.opentelemetry.io/inject-java: 'true'}}\n    spec:\n      \
                      containers: [{name: app, image: 'app:1'}]\n";
    let instrumentation =
        "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: default}\nspec: {}\n";
    let other = deployment.replace("a.b", "axb").replace("'true'", "'false'");
    world.file("input.yaml", format!("{deployment}---\n{other}---\n{instrumentation}"));
    let patches = world.otel_inject(&["patch", "--as", "json6902", "input.yaml"], "");
    world.file("kustomization.yaml", format!("resources: [input.yaml]\n{}", patches.stdout));
    let built = build(&world, ".");
    assert_eq!(built.code, 0, "{}", built.stderr);
    assert_eq!(
        built.stdout.matches("name: opentelemetry-auto-instrumentation-java").count(),
        4,
        "{}",
        built.stdout
    );
    let stale =
        world.otel_inject(&["patch", "--as", "json6902", "--check", "kustomization.yaml", "input.yaml"], "");
    assert_eq!(stale.code, 1, "{}", stale.stderr);
}
