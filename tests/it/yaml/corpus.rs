//! Every document in every style: edited right, or refused; never wrong.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::judge::{Outcome, judge};
use super::plan::{Plan, inject, take_out};
use super::styles::variants;
use super::texts::{self, Sample};

type Counts = BTreeMap<(&'static str, &'static str), usize>;

/// Judges all samples in all styles; the counts by style and outcome, and what was wrong.
fn run(samples: &[Sample], plan: fn(&otel_inject::value::Value, &str) -> Plan) -> (Counts, Vec<String>) {
    let one = |sample: &Sample| {
        let mut counts = Vec::new();
        let mut wrong = Vec::new();
        for variant in variants(&sample.text) {
            let (outcome, _) = judge(&variant.text, variant.units, |value| plan(value, variant.base));
            let word = match &outcome {
                Outcome::Nothing => "nothing to do",
                Outcome::Unreadable(_) => "unreadable",
                Outcome::Refused(..) => "refused",
                Outcome::Right => "right",
                Outcome::Wrong(_) => "wrong",
            };
            counts.push((variant.style, word));
            match outcome {
                Outcome::Wrong(why) => wrong.push(format!("{} ({}): {why}", sample.name, variant.style)),
                Outcome::Refused(why, offset) => {
                    println!("refused {} ({}): {why} @{offset}", sample.name, variant.style);
                }
                _ => {}
            }
        }
        (counts, wrong)
    };
    let results: Vec<_> = samples.par_iter().map(one).collect();
    let mut counts = Counts::new();
    for key in results.iter().flat_map(|(counts, _)| counts) {
        *counts.entry(*key).or_default() += 1;
    }
    (counts, results.into_iter().flat_map(|(_, wrong)| wrong).collect())
}

fn expect(samples: &[Sample], plan: fn(&otel_inject::value::Value, &str) -> Plan, share: f64) {
    let (counts, wrong) = run(samples, plan);
    let total = |word: &str| -> usize {
        counts.iter().filter(|((_, other), _)| *other == word).map(|(_, count)| count).sum()
    };
    for ((style, word), count) in &counts {
        println!("{style}: {word} {count}");
    }
    let (right, refused) = (total("right"), total("refused"));
    println!("right {right}, refused {refused}, wrong {}", wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(right as f64 >= share * (right + refused) as f64, "{right} right, {refused} refused");
}

#[test]
fn own_documents_are_injected_right_or_refused_in_every_style() {
    expect(&texts::own(), inject, 0.5);
}

#[test]
fn own_documents_lose_elements_right_or_refused_in_every_style() {
    expect(&texts::own(), take_out, 0.5);
}

#[test]
fn workloads_are_injected_right_in_every_style() {
    expect(&texts::workloads(), inject, 0.95);
}

#[test]
fn workloads_lose_elements_right_in_every_style() {
    expect(&texts::workloads(), take_out, 0.9);
}

#[test]
#[ignore = "needs OTEL_INJECT_CORPUS, a folder of real workload documents"]
fn real_documents_are_injected_right_in_every_style() {
    expect(&texts::real(), inject, 0.97);
}

#[test]
#[ignore = "needs OTEL_INJECT_CORPUS, a folder of real workload documents"]
fn real_documents_lose_elements_right_in_every_style() {
    expect(&texts::real(), take_out, 0.97);
}
