//! The house has floors, and imports point down.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms of `src`, a folder counting as one, from the ground up.
const FLOORS: &[&[&str]] = &[
    &["value", "yaml", "change", "parallel"],
    &["k8s", "finding", "coverage"],
    &["languages", "components", "metadata"],
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

/// A file as a module: its names from the root down.
type Module = Vec<String>;

/// Every module of `src` with its code, tests and comments apart.
fn modules(folder: &Path, above: &Module, modules: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8");
        let mut module = above.clone();
        if stem != "mod" {
            module.push(stem.to_owned());
        }
        if path.is_dir() {
            self::modules(&path, &module, modules);
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            let text = fs::read_to_string(&path).expect("a file");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
            modules.insert(module, lines.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The paths that begin at the root, above a module or in it, in braces too.
fn paths(module: &Module, code: &str) -> Vec<Module> {
    fn tree(mut base: Module, mut rest: &str, paths: &mut Vec<Module>) {
        while !rest.starts_with('{') {
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let (name, behind) = rest.split_at(rest.find(|letter| !is_name(letter)).unwrap_or(rest.len()));
            match name {
                "" | "self" => {}
                "super" => drop(base.pop()),
                _ => base.push(name.to_owned()),
            }
            let Some(next) = behind.strip_prefix("::") else { return paths.push(base) };
            rest = next;
        }
        list(&base, &rest[1..], paths);
    }
    fn list(base: &Module, inner: &str, paths: &mut Vec<Module>) {
        let mut depth = 0;
        let mut start = 0;
        for (at, letter) in inner.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    let part = inner[start..at].trim();
                    if !part.is_empty() {
                        tree(base.clone(), part, paths);
                    }
                    start = at + 1;
                    if letter == '}' {
                        return;
                    }
                }
                _ => {}
            }
        }
    }
    let mut paths = Vec::new();
    for (head, base) in [("crate", Vec::new()), ("super", module.clone()), ("self", module.clone())] {
        for (at, _) in code.match_indices(&format!("{head}::")) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_ascii_alphanumeric() || "_:".contains(letter)) {
                continue;
            }
            let rest = if head == "super" { &code[at..] } else { &code[at + head.len() + 2..] };
            tree(base.clone(), rest, &mut paths);
        }
    }
    paths
}

/// In every folder, the parts that import from each other in a circle. A folder's own file is its vocabulary, which its
/// parts may use.
fn circles(modules: &BTreeMap<Module, String>) -> Vec<String> {
    let mut edges: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, code) in modules {
        for target in paths(module, code) {
            let shared = module.iter().zip(&target).take_while(|(left, right)| left == right).count();
            let is_module = |part: &str| {
                modules.keys().any(|known| {
                    known.len() > shared && known[..shared] == module[..shared] && known[shared] == part
                })
            };
            if let (Some(from), Some(to)) = (module.get(shared), target.get(shared))
                && is_module(to)
            {
                let folder = edges.entry(module[..shared].to_vec()).or_default();
                folder.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    let mut circles = Vec::new();
    for (folder, mut left) in edges {
        // A part without imports among those left can be taken away; a circle never can.
        while let Some(part) = left
            .iter()
            .find_map(|(part, to)| to.iter().all(|to| !left.contains_key(to)).then(|| part.clone()))
        {
            left.remove(&part);
        }
        if !left.is_empty() {
            circles.push(format!("{}: {left:?}", folder.join("/")));
        }
    }
    circles
}

#[test]
fn no_imports_run_in_a_circle_inside_a_room() {
    let mut all = BTreeMap::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &Vec::new(), &mut all);
    assert!(all.len() > 100, "{}", all.len());
    assert_eq!(circles(&all), Vec::<String>::new());
}

#[test]
fn a_circle_is_found() {
    let module = |path: &str| path.split('/').map(str::to_owned).collect::<Module>();
    let of = |files: &[(&str, &str)]| {
        circles(&files.iter().map(|(path, code)| (module(path), (*code).to_owned())).collect())
    };
    let one_way = ("a/b", "use super::{c::D, E};");
    assert_eq!(of(&[one_way, ("a/c", "use crate::a::E;"), ("a", "")]).len(), 0);
    assert_eq!(of(&[one_way, ("a/c", "fn d() -> crate::a::b::B {}"), ("a", "")]).len(), 1);
    assert_eq!(of(&[("a/b/x", "use super::super::c::D;"), ("a/c/y", "use crate::{a::{b::x::X}};")]).len(), 1);
}

#[test]
fn imports_are_found_in_every_form() {
    assert_eq!(named("use crate::yaml::{Edit, LineCol};"), ["yaml"]);
    assert_eq!(named("use crate::{change, yaml::Edit};"), ["change", "yaml"]);
    assert_eq!(named("    fn a() -> crate::change::Change { // crate::host"), ["change"]);
    assert_eq!(named("/// See [`crate::host`]."), [] as [String; 0]);
}
