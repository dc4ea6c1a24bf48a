//! Generated documents say what the code says. `UPDATE_DOCS=1` writes them again.

use std::fs;
use std::path::Path;

use otel_inject::components;
use otel_inject::config::function;
use otel_inject::finding::Code;
use otel_inject::k8s::Kind;
use otel_inject::languages::{ALL, OPERATOR};
use otel_inject::report;

#[test]
fn the_reference_of_findings_is_what_the_table_gives() {
    is_committed("docs/findings.md", &report::reference());
}

#[test]
fn the_reference_of_the_config_is_what_the_table_gives() {
    is_committed("docs/config.md", &function::reference());
}

#[test]
fn the_schema_of_the_config_is_what_the_table_gives() {
    is_committed("docs/otel-inject.schema.json", &format!("{:#}\n", function::schema()));
}

#[test]
fn parity_is_what_the_tables_give() {
    is_committed("docs/parity.md", &parity());
}

fn is_committed(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, expected).expect("it can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "{name} is stale: UPDATE_DOCS=1 cargo test --test it docs");
}

/// What is the operator's, what differs and why.
fn parity() -> String {
    let mut page = format!(
        "# Parity with the OpenTelemetry Operator\n\n\
         <!-- Generated from the tables of languages, components and kinds and testdata/differences*.yaml: \
         UPDATE_DOCS=1 cargo test --test it docs -->\n\n\
         The reference is release {OPERATOR}. What a pod gets from it at admission, it gets from a build: the same \
         containers, variables (names, values and order), mounts, volumes, images, resources and security \
         contexts. Pods recorded from the operator prove it, see `testdata/vectors`. What only a cluster knows \
         comes from the downward API, so that every variable has the same value once the pod runs.\n\n\
         ## Identical\n\n### Languages\n",
    );
    for language in ALL {
        let facts: String = report::facts(language).iter().map(|fact| format!("- {fact}\n")).collect();
        page.push_str(&format!("\n#### {}\n\n{facts}", language.id));
    }
    page.push_str("\n### Collector sidecars\n\nThe container with its configuration, ports, probes and variables; volumes, init containers and label. \
         Receivers whose ports are known:\n\n| receiver | listens |\n|---|---|\n");
    for (receiver, listener) in components::listeners() {
        page.push_str(&format!("| `{receiver}` | {listener} |\n"));
    }
    page.push_str("\n### Kinds\n\n| group | kind | pod template |\n|---|---|---|\n");
    for kind in Kind::ALL {
        let group = if kind.group.is_empty() { "core" } else { &kind.group };
        let template = kind.template.trim_start_matches('/').replace('/', ".");
        let template =
            if template.is_empty() { "the resource itself".into() } else { format!("`{template}`") };
        page.push_str(&format!("| {group} | {} | {template} |\n", kind.kind));
    }
    page.push_str(
        "\n## Different, on purpose\n\nEvery row has a case that shows it; the numbers are those of the \
         specification.\n\n| | here | the operator | why | finding |\n|---|---|---|---|---|\n",
    );
    page.push_str(&rows(crate::common::differences::of_instrumentation()));
    page.push_str(
        "\n### Collector sidecars\n\n| | here | the operator | why | finding |\n|---|---|---|---|---|\n",
    );
    page.push_str(&rows(crate::common::differences::of_collectors()));
    page
}

/// Rows of a table of differences.
fn rows(differences: Vec<crate::common::differences::Difference>) -> String {
    let mut page = String::new();
    for difference in differences {
        let code = difference.ours.code.map(|code| format!("[`{code}`](findings.md#{code})"));
        page.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            difference.number,
            difference.we,
            difference.operator,
            difference.why,
            code.unwrap_or_default()
        ));
    }
    page
}

#[test]
fn every_code_has_a_page_of_sentences() {
    for code in Code::ALL {
        let page = code.page();
        for sentence in [page.what, page.why, page.remedy] {
            assert!(sentence.ends_with('.'), "{}: {sentence}", page.id);
        }
        let example: Result<Vec<serde_yaml::Value>, _> =
            serde_yaml::Deserializer::from_str(page.example).map(serde::Deserialize::deserialize).collect();
        let is_broken_on_purpose = *code == Code::InvalidYaml;
        assert_eq!(example.is_err(), is_broken_on_purpose, "{}: {example:?}", page.id);
        assert!(!page.example.trim().is_empty(), "{} has no example", page.id);
        assert!(page.example.lines().all(|line| line.chars().count() <= 120), "{}", page.example);
        let is_kebab = page.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(is_kebab && !page.id.starts_with('-') && !page.id.ends_with('-'), "{}", page.id);
        assert_eq!(Code::ALL.iter().filter(|other| other.id() == page.id).count(), 1, "{}", page.id);
    }
}

#[test]
fn a_page_belongs_to_one_name() {
    for language in ALL {
        assert!(Code::ALL.iter().all(|code| code.id() != language.id), "{}", language.id);
        assert!(report::explain(language.id).is_some_and(|page| page.contains(language.switch)));
    }
    for code in Code::ALL {
        let page = report::explain(code.id()).expect("a page");
        for part in [code.page().what, code.page().why, code.page().remedy] {
            assert!(page.contains(part), "{page}");
        }
    }
    assert_eq!(report::explain("nothing"), None);
}

/// What follows `word` in a text, if that is a version: digits and dots, perhaps in brackets.
fn versions<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let version = |rest: &'t str| {
        let rest = rest.trim_start().trim_start_matches(['(', '`']);
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let found = rest[..end].trim_end_matches('.');
        found.contains('.').then_some(found)
    };
    text.split(word).skip(1).filter_map(version).collect()
}

#[test]
fn pages_name_the_versions_that_the_program_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs =
        fs::read_dir(root.join("docs")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let pages = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let mut seen = 0;
    for page in pages.chain([root.join("README.md")]) {
        let text = fs::read_to_string(&page).expect("a page");
        for (word, current) in [("Operator", OPERATOR), ("Rust", env!("CARGO_PKG_RUST_VERSION"))] {
            for version in versions(&text, word) {
                assert_eq!(version, current, "{}: {word}", page.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 1, "{seen}");
    assert_eq!(
        versions("Operator\n(0.1.2), Operator 0.1. Operator of 1.2, Operators 3.4", "Operator"),
        ["0.1.2", "0.1"]
    );
}
