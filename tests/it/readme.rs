//! The README promises no more and no less than there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use otel_inject::languages::ALL;

use crate::common::binary::{binary, fed};

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

/// The first code block of a language.
#[track_caller]
fn block<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let mut lines = text.lines();
    assert!(lines.any(|line| line == format!("```{language}")), "no {language}");
    lines.take_while(|line| *line != "```").collect()
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

/// The example is a file to copy, and its diff is what the program prints: in parts, with `…` for what is left out.
#[test]
fn the_diff_is_what_the_example_gives() {
    let readme = text("README.md");
    let folder = tempfile::TempDir::new().expect("a folder");
    let example = block(&readme, "yaml").join("\n") + "\n";
    for kind in ["Instrumentation", "Deployment"] {
        assert!(example.contains(&format!("\nkind: {kind}\n")), "{example}");
    }
    fs::write(folder.path().join("web.yaml"), example).expect("a file");
    let run = fed(binary(folder.path()).args(["diff", "web.yaml"]), b"");
    assert_eq!(run.code, 1, "{}", run.stderr);
    let shown = block(&readme, "diff");
    let mut rest = run.stdout.as_str();
    for part in shown.split(|line| *line == "…").filter(|part| !part.is_empty()) {
        let part = part.join("\n") + "\n";
        let (_, after) = rest.split_once(&part).unwrap_or_else(|| panic!("not printed:\n{part}\nin\n{rest}"));
        rest = after;
    }
    assert!(shown.iter().any(|line| line.starts_with("+ ")), "{shown:?}");
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

#[test]
fn the_kustomize_config_is_the_examples() {
    let readme = text("README.md");
    let config =
        block(readme.split_once("### kustomize\n").expect("the section").1, "yaml").join("\n") + "\n";
    assert_eq!(config, text("examples/kustomize-patches/otel-inject.yaml"));
}

#[test]
fn the_config_is_accepted() {
    let readme = text("README.md");
    let config = block(readme.split_once("## Config\n").expect("the section").1, "yaml").join("\n");
    let config = otel_inject::config::function::parse(&serde_yaml::from_str(&config).expect("YAML"));
    assert_eq!(config.expect("a good config").0.namespace.as_deref(), Some("shop"));
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "examples/nodejs-and-go/README.md",
        "examples/kustomize-patches/README.md",
        "examples/kustomize-rules/README.md",
        "examples/sidecar-and-nodejs/README.md",
        "docs/action.md",
        "docs/argo-cd.md",
        "docs/config.md",
        "docs/flux.md",
        "docs/kubectl.md",
        "docs/list.md",
        "docs/other-hosts.md",
        "docs/pre-commit.md",
        "docs/record.md",
        "docs/releasing.md",
        "docs/reports.md",
        "docs/select.md",
        "functions/kustomize-plugin/README.md",
        "functions/helm4-plugin/README.md",
    ];
    for page in pages {
        let text = text(page);
        // What runs print has links of its own.
        let prose: String = text.split("```").step_by(2).collect();
        let targets =
            prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = root.join(page).parent().expect("a folder").to_owned();
            let path = if file.is_empty() { root.join(page) } else { folder.join(file) };
            assert!(path.exists(), "{page}: {target}");
            let heading = |line: &str| {
                line.starts_with('#')
                    && line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-") == anchor
            };
            let has_anchor =
                anchor.is_empty() || fs::read_to_string(&path).is_ok_and(|text| text.lines().any(heading));
            assert!(has_anchor, "{page}: {target}");
        }
    }
}

#[test]
fn the_plugin_has_the_version_of_the_program() {
    let plugin = text("functions/helm4-plugin/plugin.yaml");
    assert!(plugin.contains(concat!("\nversion: ", env!("CARGO_PKG_VERSION"), "\n")), "{plugin}");
}
