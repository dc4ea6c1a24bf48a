//! `testdata/differences.yaml`: where the result is not the operator's, each on purpose.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// How many differences the specification of the injection numbers.
pub(crate) const NUMBERS: std::ops::RangeInclusive<u32> = 1..=16;

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

/// Every difference.
pub(crate) fn all() -> Vec<Difference> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/differences.yaml");
    let text = std::fs::read_to_string(path).expect("the list of differences");
    let differences: Vec<Difference> = serde_yaml::from_str(&text).expect("a list of differences");
    for number in NUMBERS {
        assert!(differences.iter().any(|difference| difference.number == number), "{number} has no case");
    }
    for difference in &differences {
        assert!(NUMBERS.contains(&difference.number), "there is no number {}", difference.number);
        assert!(!difference.operator.contains('\n'), "{}: one line", difference.number);
    }
    differences
}
