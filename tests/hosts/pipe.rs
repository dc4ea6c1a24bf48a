//! Plain pipes, which need no host at all.

use crate::examples;
use crate::tools::Tool;
use crate::world::World;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[] => [a_pipe_is_injected, a_pipe_whose_first_half_failed_is_no_success],
    &[Tool::Kustomize] => [
        a_pipe_takes_its_instrumentation_as_context,
        a_pipe_of_a_broken_kustomization_fails,
    ],
];

fn a_pipe_is_injected() {
    let world = World::new();
    world.copy(examples::KPT, "package");
    let piped = world
        .shell("otel-inject --context package/instrumentation.yaml < package/frontend.yaml | cat")
        .good();
    world.file("piped/frontend.yaml", piped);
    world.otel_inject(&["inject", "package", "-o", "injected"], "").good();
    assert_eq!(world.text("piped/frontend.yaml"), world.text("injected/frontend.yaml"));
}

fn a_pipe_whose_first_half_failed_is_no_success() {
    let world = World::new();
    let run = world.shell("cat nowhere.yaml | otel-inject");
    run.bad("error[empty-input]");
    assert_eq!(run.stdout, "");
}

fn a_pipe_takes_its_instrumentation_as_context() {
    let world = World::new();
    world.copy(examples::KUSTOMIZE, "package");
    let kustomization = world.text("package/kustomization.yaml");
    let kept = kustomization.split("# What makes").next().expect("a first part");
    world.file("package/kustomization.yaml", kept);
    let build = "kustomize build package | otel-inject --namespace shop";
    world.shell(build).bad("error[no-instrumentation]");
    let piped = world.shell(&format!("{build} --context package/instrumentation.yaml")).good();
    assert!(piped.contains("OTEL_SERVICE_NAME") && !piped.contains("kind: Instrumentation"), "{piped}");
}

fn a_pipe_of_a_broken_kustomization_fails() {
    let world = World::new();
    world.shell("kustomize build nowhere | otel-inject").bad("error[empty-input]");
}
