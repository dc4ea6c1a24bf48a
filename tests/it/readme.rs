//! The README promises no more and no less than there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use otel_inject::languages::ALL;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines below `heading` of Markdown or TOML, to the next heading.
fn section<'t>(text: &'t str, heading: &str) -> impl Iterator<Item = &'t str> {
    let mark = heading[..1].to_owned();
    let mut lines = text.lines();
    assert!(lines.any(|line| line == heading), "{heading} is missing");
    lines.take_while(move |line| !line.starts_with(&mark))
}

#[test]
fn every_dependency_is_given_a_reason() {
    let manifest = text("Cargo.toml");
    for table in ["[dependencies]", "[target.'cfg(unix)'.dependencies]", "[dev-dependencies]"] {
        let mut above = "";
        for line in section(&manifest, table) {
            let is_given = above.starts_with("# ") && above.ends_with('.');
            assert!(is_given || !line.contains(" = "), "{table} has no comment above {line}");
            above = line;
        }
    }
}

#[test]
fn every_language_is_named() {
    let readme = text("README.md");
    let named: BTreeSet<&str> = readme.split('`').filter(|word| word.starts_with("inject-")).collect();
    assert_eq!(named, ALL.iter().map(|language| language.switch).collect());
}

#[test]
fn a_newcomer_has_two_commands() {
    let readme = text("README.md");
    let commands: Vec<&str> =
        section(&readme, "## Two commands").filter(|line| line.starts_with("cargo ")).collect();
    assert_eq!(commands, ["cargo run --release -- inject examples/nodejs-and-go", "cargo test"]);
}

/// Longer, and it would be a guide: those are in docs.
#[test]
fn the_readme_is_short() {
    assert!(text("README.md").lines().count() <= 130);
}

/// The files with this extension in a folder of the repository.
fn files(folder: &str, extension: &str) -> Vec<String> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    paths.map(|path| format!("{folder}/{}", path.file_name().unwrap_or_default().display())).collect()
}

/// What hosts of repositories, and mdBook, call a heading.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    letters.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["examples", "functions"].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(root.join(folder)).expect("a folder");
        entries.map(move |entry| format!("{folder}/{}", entry.expect("an entry").file_name().display()))
    });
    let pages: Vec<String> = [".".to_owned(), "docs".to_owned()]
        .into_iter()
        .chain(folders)
        .flat_map(|folder| files(&folder, "md"))
        .collect();
    assert!(pages.len() > 30, "{pages:?}");
    for page in &pages {
        let text = text(page);
        // What runs print has links of its own.
        let prose: String = text.split("```").step_by(2).collect();
        let targets =
            prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, wanted) = target.split_once('#').unwrap_or((target, ""));
            let folder = root.join(page).parent().expect("a folder").to_owned();
            let path = if file.is_empty() { root.join(page) } else { folder.join(file) };
            assert!(path.exists(), "{page}: {target}");
            let heading =
                |line: &str| line.starts_with('#') && anchor(line.trim_start_matches('#')) == wanted;
            let has_anchor =
                wanted.is_empty() || fs::read_to_string(&path).is_ok_and(|text| text.lines().any(heading));
            assert!(has_anchor, "{page}: {target}");
        }
    }
}

#[test]
fn the_plugin_has_the_version_of_the_program() {
    let plugin = text("functions/helm4-plugin/plugin.yaml");
    assert!(plugin.contains(concat!("\nversion: ", env!("CARGO_PKG_VERSION"), "\n")), "{plugin}");
}
