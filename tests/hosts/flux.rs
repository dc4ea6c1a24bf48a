//! Flux: committed patches, as its page shows them. kustomize builds them here; kustomize-controller calls it, too.

use otel_inject::value::Value;

use crate::common::binary::DEPLOYMENT;
use crate::shown;
use crate::tools::Tool;
use crate::world::{World, text};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_page_of_flux_shows_real_runs,
        a_whole_kustomization_of_flux_is_checked_by_its_patches,
    ],
    &[Tool::Kustomize] => [
        flux_applies_the_patches_of_a_kustomization,
        an_old_patch_fails_or_matches_nothing,
    ],
    &[Tool::Helm3, Tool::Kustomize] => [a_chart_gives_patches_for_flux],
];

const PAGE: &str = "docs/flux.md";

/// A folder that `init` has prepared.
fn world() -> World {
    let world = World::new();
    world.file("web.yaml", DEPLOYMENT.replace("app:1", "registry.example.com/web:1"));
    world.file("kustomization.yaml", "resources:\n  - web.yaml\n");
    world.otel_inject(&["init", "--host", "flux"], "").good();
    world
}

fn list_component(world: &World) {
    world
        .file("kustomization.yaml", world.text("kustomization.yaml") + &text("functions/init/flux/add.yaml"));
}

fn the_page_of_flux_shows_real_runs() {
    let world = world();
    shown::are_real(&world, PAGE, ..1);
    list_component(&world);
    shown::are_real(&world, PAGE, 1..);
}

/// A Kustomization with the printed patches among fields of its own.
fn whole(world: &World) -> Value {
    let printed = world.otel_inject(&["patch", "--as", "flux", "--quiet", "web.yaml"], "").good();
    let mut whole: Value = serde_yaml::from_str(&printed).expect("YAML");
    whole["metadata"] = otel_inject::value::json!({"name": "shop", "namespace": "flux-system"});
    for (field, value) in [("interval", "10m"), ("path", "./shop"), ("targetNamespace", "shop")] {
        whole["spec"][field] = value.into();
    }
    whole
}

fn a_whole_kustomization_of_flux_is_checked_by_its_patches() {
    let world = world();
    let check = |whole: &Value| {
        world.file("flux/shop.yaml", serde_yaml::to_string(whole).expect("YAML"));
        world.otel_inject(&["patch", "--as", "flux", "--check", "flux/shop.yaml", "web.yaml"], "")
    };
    let current = whole(&world);
    check(&current).good();
    let stale = |edit: fn(&mut Value)| {
        let mut whole = current.clone();
        edit(&mut whole);
        check(&whole).bad("error[stale-patch]");
    };
    stale(|whole| whole["spec"]["patches"][0]["patch"] = "[]".into());
    stale(|whole| whole["spec"]["patches"][0]["target"]["name"] = "other".into());
    stale(|whole| drop(whole["spec"].as_object_mut().expect("a spec").remove("patches")));
    stale(|whole| whole["kind"] = "HelmRelease".into());
    stale(|whole| {
        whole["spec"]["patches"]
            .as_array_mut()
            .expect("a list")
            .push(otel_inject::value::json!({"patch": "[]"}))
    });
    // Nothing to patch: a file without patches is current.
    world.file("web.yaml", DEPLOYMENT.replace("\"true\"", "\"false\""));
    check(&current).bad("error[stale-patch]");
    let mut without = current;
    without["spec"].as_object_mut().expect("a spec").remove("patches");
    check(&without).good();
}

/// kustomize-controller appends `spec.patches` to those of the kustomization.
fn flux_applies_the_patches_of_a_kustomization() {
    let world = world();
    let patches = otel_inject::value::json!({"patches": whole(&world)["spec"]["patches"]});
    let own = world.text("kustomization.yaml");
    world.file("kustomization.yaml", own + &serde_yaml::to_string(&patches).expect("YAML"));
    let built = world.run(Tool::Kustomize, &["build", "."]).good();
    assert!(built.contains("name: OTEL_SERVICE_NAME"), "{built}");
}

fn an_old_patch_fails_or_matches_nothing() {
    let world = world();
    let with_env = world.text("web.yaml") + "          env:\n            - {name: A, value: \"1\"}\n";
    world.file("web.yaml", &with_env);
    let write = ["patch", "--as", "component", "--output", "otel-inject/kustomization.yaml", "."];
    world.otel_inject(&write, "").good();
    list_component(&world);
    assert!(world.run(Tool::Kustomize, &["build", "."]).good().contains("OTEL_SERVICE_NAME"));
    world.file("web.yaml", with_env.split("          env:").next().expect("the rest"));
    let message = "doc is missing path";
    world.run(Tool::Kustomize, &["build", "."]).bad(message);
    assert!(text(PAGE).contains(message));
    // The silent way to fail, for which the check is.
    world.file("web.yaml", with_env.replace("name: web ", "name: shop "));
    assert!(!world.run(Tool::Kustomize, &["build", "."]).good().contains("OTEL_SERVICE_NAME"));
    let check = ["patch", "--as", "component", "--check", "otel-inject/kustomization.yaml", "."];
    world.otel_inject(&check, "").bad("error[stale-patch]");
}

fn a_chart_gives_patches_for_flux() {
    let page = text(PAGE);
    let command = page.lines().find(|line| line.starts_with("helm template ")).expect("a command");
    let world = World::new().with_path("bin");
    std::fs::create_dir(world.path("bin")).expect("a folder");
    std::os::unix::fs::symlink(Tool::Helm3.path().expect("its tests are left out"), world.path("bin/helm"))
        .expect("a link");
    world.copy("testdata/chart", "chart");
    world.shell(command).good();
    // The post-renderer of a HelmRelease is kustomize with these patches.
    world.shell("helm template shop chart > all.yaml").good();
    world.file("kustomization.yaml", "resources: [all.yaml]\n".to_owned() + &world.text("patches.yaml"));
    let built = world.run(Tool::Kustomize, &["build", "."]).good();
    assert!(built.contains("value: shop-web\n") && built.contains("k8s.namespace.name=shop"), "{built}");
}
