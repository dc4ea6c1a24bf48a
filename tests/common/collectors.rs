//! `testdata/collectors`: configurations of a collector, what we report about each, and how a real one disagrees.

use std::collections::BTreeSet;

use otel_inject::config::Settings;
use otel_inject::finding::{Code, Finding};
use otel_inject::value::Value;
use otel_inject::yaml::edited;
use otel_inject::{Role, Source, inject};

use super::{documents, entries, file_name, testdata};

/// Codes of findings about a collector that is not expected to start.
const REFUSALS: &[Code] = &[Code::CollectorMayNotStart, Code::InvalidCollector, Code::PortClash];

/// A file: comments first, then a part of a collector's spec. A comment is what the file shows, and then one line for
/// each finding (`CODE POINTER`), `from:` and the public repository and page whose example it follows, `really:` and why
/// a real collector disagrees, `open:` and ports on which it listens although they are not declared, `closed:` and
/// declared ports on which it does not listen.
pub(crate) struct Configuration {
    pub(crate) name: String,
    /// Codes and pointers of its findings.
    pub(crate) said: BTreeSet<String>,
    /// It follows a public chart or page.
    pub(crate) is_public: bool,
    /// Why a real collector does otherwise than we report.
    pub(crate) really: Option<String>,
    pub(crate) open: BTreeSet<String>,
    pub(crate) closed: BTreeSet<String>,
    input: String,
}

/// What comes out for a configuration.
pub(crate) struct Injected {
    pub(crate) findings: Vec<Finding>,
    /// The collector's container; null if it is refused.
    pub(crate) container: Value,
}

/// All of them, by name.
pub(crate) fn all() -> Vec<Configuration> {
    entries(&testdata("collectors")).iter().map(|path| read(path)).collect()
}

fn read(path: &std::path::Path) -> Configuration {
    const COLLECTOR: &str = "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\n\
                             metadata: {name: sidecar, namespace: shop}\nspec:\n  mode: sidecar\n";
    const WORKLOAD: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web, namespace: shop}\n\
                            spec:\n  template:\n    metadata: {annotations: {sidecar.opentelemetry.io/inject: 'true'}}\n\
                            \x20   spec: {containers: [{name: app, image: 'app:1'}]}\n";
    let text = std::fs::read_to_string(path).expect("a configuration");
    let comments: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
    let spec: String = text.lines().map(|line| format!("  {line}\n")).collect();
    let name = file_name(path);
    let mut configuration = Configuration {
        name: name.strip_suffix(".yaml").expect("a YAML file").to_owned(),
        said: BTreeSet::new(),
        is_public: false,
        really: None,
        open: BTreeSet::new(),
        closed: BTreeSet::new(),
        input: format!("{COLLECTOR}{spec}---\n{WORKLOAD}"),
    };
    for comment in &comments[1..] {
        let ports = |list: &str| list.split(", ").map(str::to_owned).collect();
        match comment.split_once(": ") {
            Some(("from", _)) => configuration.is_public = true,
            Some(("really", why)) => configuration.really = Some(why.to_owned()),
            Some(("open", list)) => configuration.open = ports(list),
            Some(("closed", list)) => configuration.closed = ports(list),
            _ => drop(configuration.said.insert((*comment).to_owned())),
        }
    }
    configuration
}

impl Configuration {
    /// Injects it.
    pub(crate) fn inject(&self) -> Injected {
        let sources = [Source { file: None, text: self.input.as_bytes(), role: Role::Stream }];
        let output = inject(&sources, &Settings::default());
        let text = edited(&self.input, &output.edits[0]);
        let workload = documents(&text).expect("documents").pop().expect("a workload");
        let containers =
            workload["spec"]["template"]["spec"]["initContainers"].as_array().map(<[Value]>::to_vec);
        let container = containers.unwrap_or_default().pop().unwrap_or_default();
        let findings = output.findings.into_iter().filter(|finding| finding.code != Code::Injected);
        Injected { findings: findings.collect(), container }
    }
}

impl Injected {
    /// Codes and pointers.
    pub(crate) fn said(&self) -> BTreeSet<String> {
        self.findings.iter().map(|finding| format!("{} {}", finding.code, finding.pointer)).collect()
    }

    /// Whether the collector is expected to start.
    pub(crate) fn is_expected_to_start(&self) -> bool {
        !self.findings.iter().any(|finding| REFUSALS.contains(&finding.code))
    }
}
