//! What we report about configurations of a collector. `tests/hosts/collector.rs` runs a real one with them.

use std::collections::BTreeSet;

use crate::common::collectors::all;
use otel_inject::finding::Code;

#[test]
fn each_configuration_gets_the_findings_that_its_file_lists() {
    let configurations = all();
    assert!(configurations.len() >= 60, "only {}", configurations.len());
    let mut failures = Vec::new();
    for configuration in &configurations {
        let said = configuration.inject().said();
        if said != configuration.said {
            failures.push(format!("{}: {said:#?}", configuration.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn configurations_with_and_without_remarks_are_there() {
    let configurations = all();
    let silent = configurations.iter().filter(|configuration| configuration.said.is_empty());
    assert!(silent.count() >= 30);
    let codes: BTreeSet<&str> =
        configurations.iter().flat_map(|one| &one.said).filter_map(|said| said.split(' ').next()).collect();
    for code in
        [Code::CollectorMayNotStart, Code::UnusedComponent, Code::DeprecatedComponent, Code::PortClash]
    {
        assert!(codes.contains(code.page().id), "{code}");
    }
}
