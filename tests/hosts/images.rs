//! Image metadata as real tools write it: layouts of umoci and skopeo, configs of skopeo.

use otel_inject::value::Value;

use crate::common::binary::Run;
use crate::tools::Tool;
use crate::world::World;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases! {
    &[Tool::Skopeo, Tool::Umoci] => [a_layout_of_skopeo_shows_language_and_library, a_config_of_skopeo_is_read],
};

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  template:\n    spec:\n      \
                        containers: [{name: app, image: 'ghcr.io/acme/shop:1.0'}]\n";

#[track_caller]
fn good(run: Run) -> String {
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    run.stdout
}

/// A world with an image in `made`, whose layer has the loader of musl.
fn world() -> World {
    let world = World::new();
    world.file("loader", "").file("shop.yaml", MANIFEST);
    let umoci = |args: &[&str]| good(world.run(Tool::Umoci, args));
    umoci(&["init", "--layout", "made"]);
    umoci(&["new", "--image", "made:one"]);
    umoci(&["insert", "--rootless", "--image", "made:one", "loader", "/lib/ld-musl-x86_64.so.1"]);
    let config =
        ["--config.env", "PYTHON_VERSION=3.12.6", "--config.cmd", "python3", "--architecture", "amd64"];
    umoci(&[&["config", "--image", "made:one", "--os", "linux"], &config[..]].concat());
    world
}

/// Copies the image into a layout of its own, under its full name.
fn copied(world: &World, layout: &str, compression: &[&str]) {
    let target = format!("oci:{layout}:ghcr.io/acme/shop:1.0");
    let args = [&["--insecure-policy", "copy"], compression, &["oci:made:one", &target]].concat();
    good(world.run(Tool::Skopeo, &args));
}

/// What `suggest` says of the container.
fn shown(world: &World, from: &str) -> Value {
    let run = world.otel_inject(&["suggest", "--images-from", from, "-o", "json", "shop.yaml"], "");
    let data: Value = serde_json::from_str(&good(run)).expect("JSON");
    data["workloads"][0]["containers"][0].clone()
}

fn a_layout_of_skopeo_shows_language_and_library() {
    let world = world();
    for (layout, compression) in
        [("gzip", &[][..]), ("zstd", &["--dest-compress", "--dest-compress-format", "zstd"])]
    {
        copied(&world, layout, compression);
        let shown = shown(&world, layout);
        assert_eq!(
            (&shown["language"], &shown["libc"]),
            (&"python".into(), &"musl".into()),
            "{layout}: {shown}"
        );
    }
    // umoci names images by their tags alone.
    let run = world.otel_inject(&["suggest", "--images-from", "made", "shop.yaml"], "");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("org.opencontainers.image.ref.name"), "{}", run.stderr);
}

fn a_config_of_skopeo_is_read() {
    let world = world();
    let config = good(world.run(Tool::Skopeo, &["inspect", "--config", "oci:made:one"]));
    world.file("images/ghcr.io/acme/shop:1.0.json", &config);
    let own = shown(&world, "images");
    // A config does not have the layers.
    assert_eq!((&own["language"], &own["libc"]), (&"python".into(), &Value::Null), "{own}");
    // The same image from a layout as well is no conflict.
    copied(&world, "layout", &[]);
    let both = ["suggest", "--images-from", "images", "--images-from", "layout", "shop.yaml"];
    assert!(good(world.otel_inject(&both, "")).contains("python"));
    let without = good(world.run(Tool::Skopeo, &["inspect", "oci:made:one"]));
    world.file("images/ghcr.io/acme/shop:1.0.json", &without);
    let run = world.otel_inject(&["suggest", "--images-from", "images", "shop.yaml"], "");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("skopeo inspect --config"), "{}", run.stderr);
}
