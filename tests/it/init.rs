//! What `init` writes: never over a file, all or nothing, and the same as the pages show.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::binary::{Run, World, run};

/// The pages that show the files of a host.
const PAGES: &[(&str, &str)] = &[
    ("argo-cd", "docs/argo-cd.md"),
    ("flux", "docs/flux.md"),
    ("github", "docs/action.md"),
    ("helm", "docs/helm.md"),
    ("kpt", "docs/kpt.md"),
    ("kustomize", "docs/kustomize.md"),
    ("pre-commit", "docs/pre-commit.md"),
];

/// Every host, as a run that does not know which one to take names them.
pub(crate) fn hosts() -> Vec<String> {
    let refusal = run(&["init"], "");
    assert_eq!((refusal.code, refusal.stdout.as_str()), (2, ""));
    let line = refusal.stderr.lines().next().expect("a message").to_owned();
    let (_, names) = line.split_once("--host: ").expect("the hosts");
    names.split(", ").map(str::to_owned).collect()
}

/// All files below `folder` by their paths in it.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8").to_owned();
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
        } else {
            files.insert(name, fs::read_to_string(&path).unwrap_or_default());
        }
    }
    files
}

fn init(world: &World, host: &str) -> Run {
    world.run(&["init", "--host", host], "")
}

/// What is written into an empty folder, and what is printed.
fn written(host: &str) -> (BTreeMap<String, String>, String) {
    let world = World::new();
    let printed = init(&world, host).good();
    (tree(world.folder.path()), printed)
}

/// The blocks of lines to add to a file, without that of the pod template, which is the same for all hosts.
fn additions(printed: &str) -> Vec<String> {
    let steps = printed.split("\n\n").collect::<Vec<_>>();
    let added = steps.windows(2).filter(|pair| {
        let title = pair[0].lines().last().unwrap_or_default();
        title.contains(". Add to ") && !title.contains("pod template")
    });
    let line = |line: &str| line.strip_prefix("   ").expect("an indented line").to_owned() + "\n";
    added.map(|pair| pair[1].lines().map(line).collect()).collect()
}

#[test]
fn it_names_what_it_writes() {
    for host in hosts() {
        let (files, printed) = written(&host);
        let named: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("wrote ")).collect();
        assert!(!files.is_empty() && named.len() == files.len(), "{host}: {printed}");
        assert!(named.iter().all(|name| files.contains_key(*name)), "{host}: {printed}");
        assert!(printed.contains("\nNext:\n\n1. "), "{host}: {printed}");
    }
}

#[test]
fn it_never_writes_over_a_file() {
    for host in hosts() {
        for taken in written(&host).0.keys() {
            let world = World::new();
            world.file(taken, "mine\n");
            let run = init(&world, &host);
            assert_eq!(tree(world.folder.path()), BTreeMap::from([(taken.clone(), "mine\n".to_owned())]));
            if taken == ".pre-commit-config.yaml" {
                // Other hooks are in it, too: the lines to add are printed.
                assert!(run.good().contains("1. Add to .pre-commit-config.yaml:\n\n   repos:\n"));
            } else {
                assert_eq!((run.code, run.stdout.as_str()), (2, ""));
                let message = format!("error: {taken:?} exists: nothing is written\n");
                assert!(run.stderr.starts_with(&message), "{}", run.stderr);
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_broken_link_and_a_folder_are_in_the_way() {
    let world = World::new();
    std::os::unix::fs::symlink("nowhere", world.path("otel-inject.yaml")).expect("a link");
    init(&world, "kpt").bad("\"otel-inject.yaml\" exists");
    assert!(!world.path("nowhere").exists());
    let world = World::new();
    world.file("otel-inject.yaml/a", "");
    init(&world, "kpt").bad("\"otel-inject.yaml\" exists");
    // A file where a folder has to be.
    let world = World::new();
    world.file("otel-inject", "mine\n");
    let run = init(&world, "argo-cd");
    run.is_refused_in_silence(2, "io");
    assert_eq!(tree(world.folder.path()).len(), 1);
}

#[test]
fn it_makes_the_folder() {
    let world = World::new();
    let run = world.run(&["init", "--host", "kpt", "a/b"], "");
    assert!(run.stdout.contains("Next in a"), "{}", run.stdout);
    assert_eq!(tree(world.folder.path()).keys().collect::<Vec<_>>(), ["a/b/otel-inject.yaml"]);
}

#[test]
fn it_finds_the_only_host_of_a_folder() {
    for (mark, host) in [
        ("kustomization.yaml", "kustomize"),
        ("kustomization.yml", "kustomize"),
        ("Kustomization", "kustomize"),
        ("Kptfile", "kpt"),
        ("Chart.yaml", "helm"),
        ("flux-system/gotk-sync.yaml", "flux"),
        (".github/CODEOWNERS", "github"),
        (".pre-commit-config.yaml", "pre-commit"),
    ] {
        let world = World::new();
        world.file(&format!("shop/{mark}"), "");
        let named = World::new();
        named.file(&format!("shop/{mark}"), "");
        let expected = named.run(&["init", "--host", host, "shop"], "").good();
        assert_eq!(world.run(&["init", "shop"], "").good(), expected);
        world.file("shop/Kptfile", "").file("shop/Chart.yaml", "");
        let several = world.run(&["init", "shop"], "");
        assert_eq!((several.code, several.stdout.as_str()), (2, ""));
        assert!(several.stderr.contains("\"shop\" has files of several hosts; name one with --host: "));
    }
}

#[test]
fn the_pages_show_what_is_written() {
    let known = hosts();
    for (host, page) in PAGES {
        assert!(known.iter().any(|name| name == host), "{host}");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("a page");
        let blocks: Vec<&str> = text.split("```").skip(1).step_by(2).collect();
        let (files, printed) = written(host);
        for shown in files.into_values().chain(additions(&printed)) {
            // After the language of the block.
            let is_shown =
                blocks.iter().any(|block| block.split_once('\n').is_some_and(|(_, text)| text == shown));
            assert!(is_shown, "{page} does not show:\n{shown}");
        }
    }
}
