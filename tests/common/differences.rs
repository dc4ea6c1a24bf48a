//! `testdata/differences*.yaml`: where the result is not the operator's, each on purpose.

use std::collections::BTreeMap;
use std::path::Path;

use otel_inject::value::Value;
use serde::Deserialize;

/// A difference and a case that shows it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "one test runs the cases, another documents them")]
pub(crate) struct Difference {
    /// Its number in the specification.
    pub(crate) number: u32,
    /// What comes out of a run.
    pub(crate) we: String,
    /// What the operator does, in one line.
    pub(crate) operator: String,
    /// Why that is not done here.
    pub(crate) why: String,
    /// A part of the function config's spec.
    #[serde(default)]
    pub(crate) config: BTreeMap<String, Value>,
    /// Image configs by reference, for `--images-from`.
    #[serde(default)]
    pub(crate) images: BTreeMap<String, Value>,
    /// Pointer into the workload, which is the input's last document.
    pub(crate) at: String,
    /// Only the first line of the text there counts.
    #[serde(default)]
    pub(crate) first_line: bool,
    /// What comes out of a run.
    pub(crate) ours: Outcome,
    /// What comes out of the operator.
    pub(crate) theirs: Outcome,
    /// The resources.
    pub(crate) input: String,
}

/// A finding's code, and the value at a place.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) code: Option<String>,
    pub(crate) value: Value,
}

/// The differences of instrumentation.
pub(crate) fn of_instrumentation() -> Vec<Difference> {
    read("differences.yaml", 1..=19)
}

/// The differences of collectors.
pub(crate) fn of_collectors() -> Vec<Difference> {
    read("differences-collector.yaml", 1..=8)
}

/// A list of differences, with those `numbers` in the specification.
fn read(file: &str, numbers: impl IntoIterator<Item = u32>) -> Vec<Difference> {
    let numbers: Vec<u32> = numbers.into_iter().collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file);
    let text = std::fs::read_to_string(path).expect("the list of differences");
    let mut differences: Vec<Difference> = serde_yaml::from_str(&text).expect("a list of differences");
    differences.sort_by_key(|difference| difference.number);
    for number in &numbers {
        assert!(differences.iter().any(|difference| difference.number == *number), "{number} has no case");
    }
    for difference in &differences {
        assert!(numbers.contains(&difference.number), "there is no number {}", difference.number);
        assert!(!difference.operator.contains('\n'), "{}: one line", difference.number);
    }
    differences
}
