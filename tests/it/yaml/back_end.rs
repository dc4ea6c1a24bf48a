//! The parser is behind a trait: another one gives the same values and the same edits.

use otel_inject::yaml::{Document, edited};
use rayon::prelude::*;

use super::plan::{inject, take_out};
use super::styles::variants;
use super::texts::{self, Sample};
use super::yaml_edit_parser::YamlEdit;

/// What that parser itself reads otherwise, by a part of the name, and why.
const DEVIATIONS: &[(&str, &str)] =
    &[("tricky-strings.json", "it does not join the two halves of a surrogate pair (`\\ud83d\\ude00`)")];

/// Compares both back ends on all samples: how many texts both read, and what differs.
fn compare(samples: &[Sample], styles: Option<&[&str]>) -> (usize, Vec<String>) {
    let one = |sample: &Sample| {
        let mut compared = 0;
        let mut differences = Vec::new();
        for variant in variants(&sample.text) {
            if styles.is_some_and(|styles| !styles.contains(&variant.style)) {
                continue;
            }
            let text = &variant.text;
            let name = format!("{} ({})", sample.name, variant.style);
            let Ok(document) = Document::parse(text) else { continue };
            let Ok(value) = document.value() else { continue };
            let other = match Document::read(text, YamlEdit::new(text)) {
                Ok(other) => other,
                Err(problem) => {
                    differences.push(format!("{name}: {problem}"));
                    continue;
                }
            };
            compared += 1;
            if other.value().as_ref() != Ok(&value) {
                differences.push(format!("{name}: another value"));
                continue;
            }
            for plan in [inject(&value, variant.base), take_out(&value, variant.base)] {
                if plan.changes.is_empty() {
                    continue;
                }
                let result = |document: &Document<'_>| {
                    let edits = document.splice(&plan.changes).map_err(|problem| problem.message)?;
                    Ok::<String, String>(edited(text, &edits))
                };
                let (ours, theirs) = (result(&document), result(&other));
                if ours != theirs {
                    let why =
                        [&ours, &theirs].map(|result| result.as_ref().err().cloned().unwrap_or_default());
                    differences.push(format!("{name}: other edits {why:?}"));
                }
            }
        }
        (compared, differences)
    };
    let results: Vec<_> = samples.par_iter().map(one).collect();
    let compared = results.iter().map(|(compared, _)| compared).sum();
    let is_known = |difference: &String| DEVIATIONS.iter().any(|(name, _)| difference.contains(name));
    (
        compared,
        results
            .into_iter()
            .flat_map(|(_, differences)| differences)
            .filter(|difference| !is_known(difference))
            .collect(),
    )
}

#[test]
fn another_parser_gives_the_same_values_and_edits_on_own_documents() {
    let (compared, differences) = compare(&texts::own(), None);
    println!("{compared} compared");
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 200, "{compared}");
}

#[test]
#[ignore = "needs OTEL_INJECT_CORPUS, a folder of real workload documents"]
fn another_parser_gives_the_same_values_and_edits_on_real_documents() {
    let styles =
        ["as is", "crlf", "no final newline", "comments", "an item", "flow", "flow on lines", "json"];
    let (compared, differences) = compare(&texts::real(), Some(&styles));
    println!("{compared} compared");
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}
