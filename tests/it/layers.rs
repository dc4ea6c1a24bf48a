//! The house has floors, and imports point down.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms of `src`, a folder counting as one, from the ground up.
const FLOORS: &[&[&str]] = &[
    &["yaml", "change"],
    &["k8s", "finding"],
    &["languages", "components"],
    &["config"],
    &["select", "plan", "apply"],
    &["engine", "verify", "report"],
    &["injector"],
    &["host"],
    &["main"],
];

/// Which rooms each room imports from, and a line that does.
type Imports = BTreeMap<String, BTreeMap<String, String>>;

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The rooms that a line of code names. Comments may name what they like.
fn named(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let paths = code.split("crate::").skip(1);
    let heads = paths.flat_map(|path| match path.strip_prefix('{') {
        Some(several) => several.split(',').map(str::trim).collect(),
        None => vec![path],
    });
    let room = |path: &str| -> String {
        path.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
    };
    heads.map(room).filter(|room| room.starts_with(|letter: char| letter.is_ascii_lowercase())).collect()
}

fn read(folder: &Path, room: Option<&str>, imports: &mut Imports) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8").to_owned();
        let room = room.unwrap_or(&stem);
        if path.is_dir() {
            read(&path, Some(room), imports);
        } else if room != "lib" {
            let of_room = imports.entry(room.to_owned()).or_default();
            for line in fs::read_to_string(&path).expect("a file").lines() {
                for target in named(line).into_iter().filter(|target| target != room) {
                    of_room.entry(target).or_insert_with(|| format!("{}: {line}", path.display()));
                }
            }
        }
    }
}

fn imports() -> Imports {
    let mut imports = Imports::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), None, &mut imports);
    imports
}

#[test]
fn every_room_has_a_floor() {
    let rooms: BTreeSet<String> = imports().into_keys().collect();
    let known: BTreeSet<String> = FLOORS.iter().copied().flatten().map(|room| (*room).to_owned()).collect();
    assert_eq!(rooms, known);
}

#[test]
fn no_import_runs_upwards() {
    for (room, targets) in imports() {
        for (target, line) in targets {
            let target_floor = floor(&target).unwrap_or_else(|| panic!("no such room: {line}"));
            assert!(Some(target_floor) <= floor(&room), "{room} is below {target}: {line}");
        }
    }
}

#[test]
fn no_imports_run_in_a_circle() {
    let mut left = imports();
    // A room without imports among those left can be taken away; a circle never can.
    while let Some(room) = left
        .iter()
        .find_map(|(room, targets)| targets.keys().all(|to| !left.contains_key(to)).then(|| room.clone()))
    {
        left.remove(&room);
    }
    assert!(left.is_empty(), "a circle among {left:#?}");
}

#[test]
fn imports_are_found_in_every_form() {
    assert_eq!(named("use crate::yaml::{Edit, Place};"), ["yaml"]);
    assert_eq!(named("use crate::{change, yaml::Edit};"), ["change", "yaml"]);
    assert_eq!(named("    fn a() -> crate::change::Change { // crate::host"), ["change"]);
    assert_eq!(named("/// See [`crate::host`]."), [] as [String; 0]);
}
