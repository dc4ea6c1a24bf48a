//! Pods recorded from the operator, through every face of the real binary.
//!
//! How to compare them: `testdata/vectors/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use otel_inject::finding::{Code, Severity};
use otel_inject::value::{Map, Value, json};
use serde::Deserialize as _;

use crate::common::binary::{Run, binary, fed};
use crate::common::judge::without_record;

struct Case {
    name: String,
    input: String,
    expected: Vec<Value>,
    /// Document index → codes.
    refused: BTreeMap<usize, Vec<String>>,
    skipped: Vec<usize>,
    /// The function config's spec, but for `onError`.
    config: Map,
}

impl Case {
    /// A function config that goes on where something is refused, or does not, and records nothing: what is written
    /// is the operator's pod to the letter.
    fn function_config(&self, skip: bool) -> Value {
        let mut config = self.recording_config(skip);
        config["spec"]["record"] = json!("none");
        config
    }

    /// The same with the record, by which alone the result differs.
    fn recording_config(&self, skip: bool) -> Value {
        function_config(&self.config, skip)
    }
}

/// A function config that says so much, and goes on where something is refused, or does not.
fn function_config(spec: &Map, skip: bool) -> Value {
    let mut spec = spec.clone();
    if skip {
        spec.insert("onError".to_owned(), json!("skip"));
    }
    json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "metadata": {"name": "x"}, "spec": spec})
}

fn vectors() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/vectors"))
}

fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).expect("a document of values"))
        .filter(|value| !value.is_null())
        .collect()
}

fn outcome(value: &Value) -> (BTreeMap<usize, Vec<String>>, Vec<usize>) {
    let codes = |codes: &Value| -> Vec<String> {
        codes
            .as_array()
            .expect("codes")
            .iter()
            .map(|code| code.as_str().expect("a code").to_owned())
            .collect()
    };
    let refused = value["refused"].as_object().into_iter().flatten();
    let refused = refused.map(|(index, list)| (index.parse().expect("an index"), codes(list)));
    let skipped = value["skipped"].as_array().into_iter().flatten();
    let index = |value: &Value| usize::try_from(value.as_u64().expect("an index")).expect("a small index");
    (refused.collect(), skipped.map(index).collect())
}

fn named() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(vectors().join("named")).expect("the named vectors") {
        let folder = entry.expect("a folder").path();
        let read = |file: &str| std::fs::read_to_string(folder.join(file));
        let (refused, skipped) = read("outcome.json")
            .map_or_else(|_| Default::default(), |text| outcome(&serde_json::from_str(&text).expect("JSON")));
        cases.push(Case {
            name: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            input: read("input.yaml").expect("an input"),
            expected: documents(&read("expected.yaml").expect("an expected output")),
            refused,
            skipped,
            config: Map::new(),
        });
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    assert!(cases.len() >= 75, "only {} named vectors", cases.len());
    cases
}

fn random() -> Vec<Case> {
    lines("random.jsonl", 400)
}

fn sidecars() -> Vec<Case> {
    lines("sidecar.jsonl", 162)
}

/// The cases of a file, one a line.
fn lines(file: &str, at_least: usize) -> Vec<Case> {
    let text = std::fs::read_to_string(vectors().join(file)).expect("vectors");
    let case = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let (refused, skipped) = outcome(&value);
        Case {
            name: value["id"].to_string(),
            input: value["input"].as_str().expect("text").to_owned(),
            expected: value["expected"].as_array().expect("documents").to_vec(),
            refused,
            skipped,
            config: value["config"].as_object().cloned().unwrap_or_default(),
        }
    };
    let cases: Vec<Case> = text.lines().map(case).collect();
    assert!(cases.len() >= at_least, "only {} vectors in {file}", cases.len());
    cases
}

fn run(arguments: &[&str], input: &str) -> Run {
    fed(binary(Path::new(".")).args(arguments), input.as_bytes())
}

/// Web-server scripts are ours: the vectors hold `<script>` in their place.
fn with_script_masked(mut value: Value) -> Value {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(map) => {
                let is_ours = map
                    .get("name")
                    .and_then(Value::as_str)
                    .is_some_and(|name| name.starts_with("otel-agent-"));
                if let (true, Some(script)) = (is_ours, map.get_mut("args").and_then(|args| args.get_mut(0)))
                {
                    *script = json!("<script>");
                }
                map.values_mut().for_each(mask);
            }
            Value::Array(items) => items.iter_mut().for_each(mask),
            _ => {}
        }
    }
    mask(&mut value);
    value
}

/// Whether two values are the same, numbers by value. `{"<yaml>": V}` stands for a text that decodes to V.
fn is_same(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::String(text), Value::Object(map)) if map.contains_key("<yaml>") => {
            documents(text).first().is_some_and(|decoded| is_same(decoded, &map["<yaml>"]))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |key: &str, value: &Value| right.get(key).is_some_and(|other| is_same(value, other));
            left.len() == right.len() && left.iter().all(|(key, value)| same(key, value))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        _ => actual == expected,
    }
}

fn compare(case: &Case, face: &str, actual: Vec<Value>, failures: &mut Vec<String>) {
    let actual: Vec<Value> = actual.into_iter().map(with_script_masked).collect();
    if actual.len() != case.expected.len() {
        failures.push(format!(
            "{} ({face}): {} documents, not {}",
            case.name,
            actual.len(),
            case.expected.len()
        ));
        return;
    }
    for (index, (actual, expected)) in actual.iter().zip(&case.expected).enumerate() {
        if !is_same(actual, expected) {
            failures.push(format!("{} ({face}): document {index} differs", case.name));
        }
    }
}

/// Each refused workload is reported with its code, and nothing else is.
fn compare_codes(case: &Case, face: &str, findings: &[Value], failures: &mut Vec<String>) {
    let refusals: Vec<&Value> = findings
        .iter()
        .filter(|finding| {
            let is_source = ["Instrumentation", "OpenTelemetryCollector"].map(Value::from);
            finding["severity"] != "info" && !is_source.contains(&finding["resource"]["kind"])
        })
        .collect();
    let name = |index: usize| case.expected[index]["metadata"]["name"].clone();
    for (index, codes) in &case.refused {
        for code in codes {
            let is_reported = |finding: &&&Value| {
                finding["code"] == code.as_str() && finding["resource"]["name"] == name(*index)
            };
            if refusals.iter().find(is_reported).is_none() {
                failures.push(format!("{} ({face}): {code} of document {index} is not reported", case.name));
            }
        }
    }
    for index in &case.skipped {
        let is_said = |finding: &&Value| {
            finding["code"] == "already-instrumented" && finding["resource"]["name"] == name(*index)
        };
        if findings.iter().find(is_said).is_none() {
            failures.push(format!("{} ({face}): document {index} is not reported as skipped", case.name));
        }
    }
}

fn report(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a report");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    report["findings"].as_array().or_else(|| report.as_array()).expect("findings").to_vec()
}

fn finish(failures: Vec<String>) {
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

fn through_the_stream(cases: &[Case]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json");
    let mut failures = Vec::new();
    let config = folder.path().join("config.yaml");
    let flags = ["--config", config.to_str().expect("UTF-8")];
    for case in cases {
        std::fs::write(&config, case.function_config(false).to_string()).expect("a file");
        let report_flags = ["--on-error", "skip", "--report", path.to_str().expect("UTF-8")];
        let output = run(&[&flags[..], &report_flags].concat(), &case.input);
        if output.code != 0 {
            failures.push(format!("{}: exit {:?}: {}", case.name, output.code, output.stderr));
            continue;
        }
        compare(case, "stream", documents(&output.stdout), &mut failures);
        compare_codes(case, "stream", &report(&path), &mut failures);

        let output = run(&flags, &case.input);
        let expected = i32::from(!case.refused.is_empty());
        if output.code != expected || (expected == 1 && !output.stdout.is_empty()) {
            let message = "without onError: skip";
            failures.push(format!("{} ({message}): exit {:?}", case.name, output.code));
        }
    }
    failures
}

/// The documents of a stream as items of a `ResourceList`, their text as it is but for the indent.
fn resource_list(input: &str, config: &Value) -> String {
    let mut list = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    for range in otel_inject::yaml::split_documents(input.as_bytes()) {
        let mut is_first = true;
        for line in input[range].lines().filter(|line| !line.starts_with("---")) {
            if is_first && (line.trim().is_empty() || line.starts_with('#')) {
                continue;
            }
            // An empty line of a text has no more indent than that.
            list.push_str(if is_first {
                "- "
            } else if line.is_empty() {
                ""
            } else {
                "  "
            });
            list.push_str(line);
            list.push('\n');
            is_first = false;
        }
    }
    format!("{list}functionConfig: {config}\n")
}

fn through_krm(cases: &[Case]) -> Vec<String> {
    let mut failures = Vec::new();
    for case in cases {
        let output = run(&[], &resource_list(&case.input, &case.recording_config(true)));
        if output.code != 0 {
            failures.push(format!("{} (krm): exit {:?}: {}", case.name, output.code, output.stderr));
            continue;
        }
        let list = documents(&output.stdout).pop().expect("a ResourceList");
        let mut items = list["items"].as_array().expect("items").to_vec();
        items.iter_mut().zip(&case.expected).for_each(|(item, expected)| without_record(item, expected));
        compare(case, "krm", items, &mut failures);
        let results = list["results"].as_array().map(<[Value]>::to_vec).unwrap_or_default();
        for (index, codes) in &case.refused {
            for code in codes {
                let is_reported = |result: &&Value| {
                    result["tags"]["code"] == code.as_str()
                        && result["resourceRef"]["name"] == case.expected[*index]["metadata"]["name"]
                };
                if results.iter().find(is_reported).is_none() {
                    failures.push(format!("{} (krm): no result {code}", case.name));
                }
            }
        }
        let failing = run(&[], &resource_list(&case.input, &case.function_config(false)));
        let expected = i32::from(!case.refused.is_empty());
        if failing.code != expected {
            failures.push(format!("{} (krm): exit {:?}, not {expected}", case.name, failing.code));
        }
        if expected == 1 {
            let list = documents(&failing.stdout).pop().expect("a ResourceList");
            let items: Vec<Value> = documents(&case.input);
            if list["items"] != Value::from(items) {
                failures.push(format!("{} (krm): a failed run changed the items", case.name));
            }
        }
    }
    failures
}

fn through_files(cases: &[Case]) -> Vec<String> {
    let mut failures = Vec::new();
    for case in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let mut files = Vec::new();
        for (index, range) in
            otel_inject::yaml::split_documents(case.input.as_bytes()).into_iter().enumerate()
        {
            let path = folder.path().join(format!("{index:03}.yaml"));
            std::fs::write(&path, &case.input[range]).expect("a file");
            files.push(path);
        }
        let path = folder.path().to_str().expect("UTF-8");
        let config = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(config.path(), case.function_config(true).to_string()).expect("a file");
        let config = config.path().to_str().expect("UTF-8");
        let output = run(&["inject", path, "--in-place", "--config", config], "");
        if output.code != 0 {
            failures.push(format!("{} (files): exit {:?}: {}", case.name, output.code, output.stderr));
            continue;
        }
        let read = |path| documents(&std::fs::read_to_string(path).expect("a file"));
        compare(case, "files", files.iter().flat_map(read).collect(), &mut failures);
    }
    failures
}

#[test]
fn named_pods_come_out_of_a_stream() {
    finish(through_the_stream(&named()));
}

#[test]
fn random_pods_come_out_of_a_stream() {
    finish(through_the_stream(&random()));
}

#[test]
fn named_pods_come_out_of_a_resource_list() {
    finish(through_krm(&named()));
}

#[test]
fn random_pods_come_out_of_a_resource_list() {
    finish(through_krm(&random()));
}

#[test]
fn named_pods_come_out_of_files() {
    finish(through_files(&named()));
}

#[test]
fn random_pods_come_out_of_files() {
    finish(through_files(&random()));
}

#[test]
fn sidecars_come_out_of_a_stream() {
    finish(through_the_stream(&sidecars()));
}

#[test]
fn sidecars_come_out_of_a_resource_list() {
    finish(through_krm(&sidecars()));
}

#[test]
fn sidecars_come_out_of_files() {
    finish(through_files(&sidecars()));
}

#[test]
fn every_difference_from_the_operator_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json");
    let mut failures = Vec::new();
    let config = folder.path().join("config.yaml");
    let images = folder.path().join("images.json");
    for difference in crate::common::differences::of_instrumentation()
        .into_iter()
        .chain(crate::common::differences::of_collectors())
    {
        let called = format!("{} ({})", difference.number, difference.we);
        std::fs::write(&config, function_config(&difference.config.into_iter().collect(), false).to_string())
            .expect("a file");
        let mut flags = vec!["--config", config.to_str().expect("UTF-8")];
        if !difference.images.is_empty() {
            std::fs::write(&images, serde_json::to_string(&difference.images).expect("JSON"))
                .expect("a file");
            flags.extend(["--images-from", images.to_str().expect("UTF-8")]);
        }
        let arguments = ["--on-error", "skip", "--report", path.to_str().expect("UTF-8")];
        let output = run(&[&flags[..], &arguments].concat(), &difference.input);
        assert_eq!(output.code, 0, "{called}: {}", output.stderr);
        let workload = documents(&output.stdout).pop().expect("a workload");
        let mut value = workload.pointer(&difference.at).cloned().unwrap_or_default();
        if difference.first_line {
            value = json!(value.as_str().and_then(|text| text.split('\n').next()));
        }
        let codes: Vec<String> = report(&path)
            .iter()
            .filter(|finding| finding["severity"] != "info")
            .map(|finding| finding["code"].as_str().expect("a code").to_owned())
            .collect();
        let code = difference.ours.code.clone().filter(|code| codes.contains(code));
        if (&code, &value) != (&difference.ours.code, &difference.ours.value) {
            failures.push(format!("{called}: {codes:?} and {value}"));
        }
        if difference.ours == difference.theirs {
            failures.push(format!("{called}: the operator's outcome is the same"));
        }
        let refuses = Code::ALL.iter().find(|known| Some(known.id()) == code.as_deref());
        let refuses = refuses.is_some_and(|code| code.page().severity == Severity::Error);
        let status = run(&flags, &difference.input).code;
        if status != i32::from(refuses) {
            failures.push(format!("{called}: exit {status}"));
        }
    }
    finish(failures);
}
