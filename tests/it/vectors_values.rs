//! Pods recorded from the operator, compared as values: context and plan per document, refusals left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use otel_inject::config::context::Context;
use otel_inject::config::{Settings, function};
use otel_inject::finding::{Code, Finding, Severity};
use otel_inject::k8s::Identity;
use otel_inject::languages::ALL;
use otel_inject::plan::{Verdict, plan};
use otel_inject::value::{Value, json};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde::Deserialize;

use crate::common::kubernetes::faults;

struct Case {
    id: String,
    input: Vec<Value>,
    expected: Vec<Value>,
    refused: BTreeMap<usize, Vec<String>>,
    skipped: BTreeSet<usize>,
    settings: Settings,
}

fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    documents.map(|value| value.expect("a vector parses")).filter(|value| !value.is_null()).collect()
}

fn outcome(value: &Value) -> (BTreeMap<usize, Vec<String>>, BTreeSet<usize>) {
    let refused = value["refused"].as_object().expect("refused").iter().map(|(index, codes)| {
        let codes = codes.as_array().expect("codes").iter().filter_map(Value::as_str).map(str::to_owned);
        (index.parse().expect("an index"), codes.collect())
    });
    let skipped = value["skipped"].as_array().expect("skipped").iter();
    let skipped = skipped.filter_map(Value::as_u64).filter_map(|index| usize::try_from(index).ok());
    (refused.collect(), skipped.collect())
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors");
    let read = |path: &Path| fs::read_to_string(path).expect("a readable vector");
    let mut cases = Vec::new();
    let mut named: Vec<_> = fs::read_dir(root.join("named"))
        .expect("named")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    named.sort();
    for folder in named {
        let outcome_file = folder.join("outcome.json");
        let (refused, skipped) = if outcome_file.exists() {
            outcome(&serde_json::from_str(&read(&outcome_file)).expect("JSON"))
        } else {
            Default::default()
        };
        cases.push(Case {
            id: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            input: documents(&read(&folder.join("input.yaml"))),
            expected: documents(&read(&folder.join("expected.yaml"))),
            refused,
            skipped,
            settings: Settings::default(),
        });
    }
    let lines = ["random.jsonl", "sidecar.jsonl"].map(|file| read(&root.join(file))).concat();
    for line in lines.lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let (refused, skipped) = outcome(&value);
        let config =
            json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": value["config"]});
        let (settings, _) = function::parse(&config).expect("a config");
        cases.push(Case {
            id: value["id"].as_str().expect("an id").to_owned(),
            input: documents(value["input"].as_str().expect("text")),
            expected: value["expected"].as_array().expect("documents").to_vec(),
            refused,
            skipped,
            settings,
        });
    }
    cases
}

/// What is wrong with a case.
fn run(case: &Case) -> Result<(), String> {
    let settings = &case.settings;
    let mut context = Context::default();
    for document in &case.input {
        if let Some(identity) = Identity::read(document, None) {
            context.add(document, &identity, false, settings);
        }
    }
    for (index, (document, expected)) in case.input.iter().zip(&case.expected).enumerate() {
        let Some(identity) = Identity::read(document, None) else { continue };
        let verdict = plan(document, &identity, &context, settings);
        let findings = match &verdict {
            Verdict::Nothing => &[],
            Verdict::Skipped(findings) | Verdict::Refused(findings) => findings.as_slice(),
            Verdict::Planned(planned) => planned.findings.as_slice(),
        };
        compare(case, index, findings)?;
        let value = match verdict {
            Verdict::Nothing | Verdict::Skipped(_) | Verdict::Refused(_) => document.clone(),
            Verdict::Planned(planned) => {
                let mut value = document.clone();
                for change in &planned.changes {
                    change.apply(&mut value).expect("a change that applies");
                }
                if let Some(trouble) = not_decodable(document, &value).first() {
                    return Err(format!("document {index} has a new fault: {trouble}"));
                }
                if let Some(trouble) = dangling(document, &value, &case.input) {
                    return Err(format!("document {index}: {trouble}"));
                }
                if value != planned.value {
                    return Err(format!("document {index}: the changes do not give the value"));
                }
                match plan(&value, &identity, &context, settings) {
                    Verdict::Nothing | Verdict::Skipped(_) => {}
                    Verdict::Planned(again) => {
                        return Err(format!("document {index} is planned again: {:?}", again.changes));
                    }
                    Verdict::Refused(findings) => {
                        let wanted = case.refused.get(&index).map_or(&[][..], Vec::as_slice);
                        let is_known = |code: &&str| wanted.iter().any(|wanted| wanted == code);
                        if !errors(&findings).iter().all(is_known) {
                            return Err(format!("document {index} is refused the second time: {findings:?}"));
                        }
                    }
                }
                value
            }
        };
        let (value, expected) = (masked(value), masked(expected.clone()));
        if value != expected {
            return Err(format!("document {index}: {}", difference("", &value, &expected)));
        }
    }
    Ok(())
}

/// What `after` loses, or has wrong, as an object of the Kubernetes API, that `before` does not.
fn not_decodable(before: &Value, after: &Value) -> Vec<String> {
    let known = faults(before);
    faults(after).into_iter().filter(|fault| !known.contains(fault)).collect()
}

/// The containers of a workload, by their names.
fn containers(workload: &Value) -> Vec<&Value> {
    let templates = ["", "/template", "/spec/template", "/spec/jobTemplate/spec/template"];
    let specs = templates.iter().filter_map(|template| workload.pointer(&format!("{template}/spec")));
    let lists = specs.flat_map(|spec| [spec.get("initContainers"), spec.get("containers")]);
    lists.flatten().filter_map(Value::as_array).flatten().collect()
}

/// The names of the `$(NAME)` in a text.
fn references(text: &str) -> Vec<&str> {
    let pieces = text.split("$(").skip(1);
    pieces.filter_map(|piece| piece.split_once(')')).map(|(name, _)| name).collect()
}

/// A variable of `after` with a reference that we wrote to one that does not stand before it. What the input
/// holds somewhere, in the workload or in an Instrumentation, is not ours.
fn dangling(before: &Value, after: &Value, input: &[Value]) -> Option<String> {
    let texts: String = input.iter().chain([before]).map(Value::to_string).collect();
    for container in containers(after) {
        let mut earlier = BTreeSet::new();
        for entry in container["env"].as_array().into_iter().flatten() {
            let name = entry["name"].as_str().unwrap_or_default();
            for reference in references(entry["value"].as_str().unwrap_or_default()) {
                let is_theirs = texts.contains(&format!("$({reference})"));
                if !is_theirs && !earlier.contains(reference) {
                    return Some(format!("{name} refers to {reference}, which does not stand before it"));
                }
            }
            earlier.insert(name);
        }
    }
    None
}

/// The codes of errors.
fn errors(findings: &[Finding]) -> Vec<&'static str> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.code.id()).collect()
}

/// Whether a workload is refused and skipped as the case says.
fn compare(case: &Case, index: usize, findings: &[Finding]) -> Result<(), String> {
    let refused = errors(findings);
    let wanted = case.refused.get(&index).map_or(&[][..], Vec::as_slice);
    if wanted.is_empty() != refused.is_empty() || !wanted.iter().all(|code| refused.contains(&code.as_str()))
    {
        return Err(format!("document {index} is refused with {refused:?}, not {wanted:?}"));
    }
    let is_skipped = findings.iter().any(|finding| finding.code == Code::AlreadyInstrumented);
    if is_skipped != case.skipped.contains(&index) {
        return Err(format!("document {index} is skipped: {is_skipped}"));
    }
    Ok(())
}

/// Web-server scripts are ours: the vectors hold `<script>` in their place, and what a collector's configuration
/// decodes to below `<yaml>`. Whole numbers have no fraction.
fn masked(mut value: Value) -> Value {
    match &mut value {
        Value::Number(number)
            if number.as_f64().is_some_and(|number| number.fract() == 0.0 && number.abs() < 1e15) =>
        {
            value = json!(number.as_f64().map(|number| number as i64));
        }
        Value::Object(map) => {
            if let (true, Some(Value::String(text))) =
                (map.get("name").is_some_and(|name| name == "OTEL_CONFIG"), map.get("value"))
            {
                let decoded = json!({"<yaml>": documents(text)[0]});
                map.insert("value".to_owned(), decoded);
            }
            let is_web_server = map.get("name").and_then(Value::as_str).unwrap_or_default();
            let is_web_server = is_web_server.starts_with("otel-agent-");
            if let (true, Some(script)) =
                (is_web_server, map.get_mut("args").and_then(|args| args.get_mut(0)))
            {
                *script = json!("<script>");
            }
            map.values_mut().for_each(|value| *value = masked(value.take()));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| *value = masked(value.take())),
        _ => {}
    }
    value
}

fn difference(pointer: &str, value: &Value, expected: &Value) -> String {
    match (value, expected) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, expected) in right {
                match left.get(key) {
                    None => return format!("{pointer}/{key} is missing: {expected}"),
                    Some(value) if value != expected => {
                        return difference(&format!("{pointer}/{key}"), value, expected);
                    }
                    Some(_) => {}
                }
            }
            let extra: Vec<_> = left.keys().filter(|key| !right.contains_key(key)).collect();
            format!("{pointer} has {extra:?} too many")
        }
        (Value::Array(left), Value::Array(right)) => {
            for (index, (value, expected)) in left.iter().zip(right).enumerate() {
                if value != expected {
                    return difference(&format!("{pointer}/{index}"), value, expected);
                }
            }
            format!("{pointer} has {} elements, not {}", left.len(), right.len())
        }
        _ => format!("{pointer}\n  is     {value}\n  wanted {expected}"),
    }
}

#[test]
fn every_vector_is_what_the_operator_writes() {
    let cases = cases();
    assert!(cases.len() > 400, "the vectors are there");
    let mut wrong = Vec::new();
    for case in &cases {
        assert_eq!(case.input.len(), case.expected.len(), "{}", case.id);
        if let Err(message) = run(case) {
            wrong.push(format!("{}: {message}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Pointers to every node of a value.
fn nodes(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                nodes(value, &format!("{pointer}/{}", otel_inject::value::escape(key)), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                nodes(value, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_wrong_value_anywhere_makes_a_plan_panic() {
    let settings = Settings::default();
    let wrong =
        [json!(null), json!([]), json!({}), json!([null]), json!([{}]), json!(7), json!(true), json!("a,b")];
    let named = cases().into_iter().filter(|case| !case.id.starts_with("field-"));
    for case in named {
        let mut context = Context::default();
        for (index, document) in case.input.iter().enumerate() {
            let mut pointers = Vec::new();
            nodes(document, "", &mut pointers);
            let Some(identity) = Identity::read(document, None) else { continue };
            for (number, pointer) in pointers.iter().enumerate() {
                // Three at every node, all within a few: a value that one node does not get its neighbours do.
                for value in wrong.iter().cycle().skip(number * 3 % wrong.len()).take(3) {
                    let mut changed = document.clone();
                    *changed.pointer_mut(pointer).expect("a node") = value.clone();
                    let mut broken = Context::default();
                    broken.add(&changed, &identity, false, &settings);
                    if let Verdict::Planned(planned) = plan(&changed, &identity, &context, &settings) {
                        let again = plan(&planned.value, &identity, &context, &settings);
                        assert!(
                            !matches!(again, Verdict::Planned(_)),
                            "{} {index} {pointer} {value}",
                            case.id
                        );
                    }
                }
            }
            context.add(document, &identity, false, &settings);
        }
    }
}

/// Variables that a user or an Instrumentation may have, ours among them.
fn any_env() -> impl Strategy<Value = Value> {
    let names = select(vec![
        "A",
        "JAVA_TOOL_OPTIONS",
        "NODE_OPTIONS",
        "PYTHONPATH",
        "DOTNET_SHARED_STORE",
        "LD_LIBRARY_PATH",
        "OTEL_SERVICE_NAME",
        "OTEL_NODE_IP",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_RESOURCE_ATTRIBUTES_POD_NAME",
    ]);
    let values =
        select(vec!["", "x", "k8s.pod.name=own", "k8s.deployment.name=own,service.version=1,", "a=b"]);
    let entry = (names, values).prop_map(|(name, value)| match name {
        "OTEL_RESOURCE_ATTRIBUTES_POD_NAME" => {
            json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})
        }
        _ => json!({"name": name, "value": value}),
    });
    vec(entry, 0..4).prop_map(|entries| {
        let mut seen = BTreeSet::new();
        let is_new = |entry: &Value| seen.insert(entry["name"].to_string());
        Value::Array(entries.into_iter().filter(is_new).collect())
    })
}

/// An Instrumentation and a workload that asks for languages.
fn any_case() -> impl Strategy<Value = (Value, Value)> {
    let languages = subsequence(ALL.iter().map(|language| language.id).collect::<Vec<_>>(), 1..=3);
    let kinds = select(vec![
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("batch/v1", "CronJob"),
        ("v1", "Pod"),
        ("v1", "PodTemplate"),
        ("v1", "ReplicationController"),
        ("argoproj.io/v1alpha1", "Rollout"),
    ]);
    let containers = vec((any_env(), any::<bool>()), 1..4);
    let spec = (any_env(), any_env(), any::<bool>(), any::<bool>());
    (languages, kinds, containers, spec, any::<bool>()).prop_map(
        |(languages, (api_version, kind), containers, (env, own_env, uid, has_tls), has_namespace)| {
            let mut instrumentation = json!({
                "apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation", "metadata": {"name": "default"},
                "spec": {"env": env, "resource": {"addK8sUIDAttributes": uid}, "propagators": ["b3"],
                    "java": {"env": own_env, "extensions": [{"image": "a:1", "dir": "/a"}]},
                    "nginx": {"env": own_env}},
            });
            if has_tls {
                instrumentation["spec"]["exporter"] = json!({"endpoint": "https://c",
                    "tls": {"secretName": "s", "configMapName": "c", "ca_file": "ca", "cert_file": "a", "key_file": "b"}});
            }
            let mut pod = json!({"initContainers": [], "containers": []});
            let mut names = Vec::new();
            for (index, (env, is_init)) in containers.into_iter().enumerate() {
                let list = if is_init && index > 0 { "initContainers" } else { "containers" };
                let container = json!({"name": format!("c{index}"), "image": "a/b:1", "env": env});
                names.push(format!("c{index}"));
                pod[list].as_array_mut().expect("a list").push(container);
            }
            let mut annotations = json!({
                "instrumentation.opentelemetry.io/container-names": names.join(","),
                "instrumentation.opentelemetry.io/otel-go-auto-target-exe": "/app",
            });
            for language in languages {
                annotations[&format!("instrumentation.opentelemetry.io/inject-{language}")] = json!("true");
            }
            let mut workload = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}});
            if has_namespace {
                workload["metadata"]["namespace"] = json!("shop");
                instrumentation["metadata"]["namespace"] = json!("shop");
            }
            let template = json!({"metadata": {"annotations": annotations}, "spec": pod});
            match kind {
                "Pod" => {
                    workload["metadata"]["annotations"] = template["metadata"]["annotations"].clone();
                    workload["spec"] = template["spec"].clone();
                }
                "PodTemplate" => workload["template"] = template,
                "CronJob" => workload["spec"] = json!({"jobTemplate": {"spec": {"template": template}}}),
                _ => workload["spec"] = json!({"template": template}),
            }
            (instrumentation, workload)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_is_planned_is_sound((instrumentation, workload) in any_case()) {
        let settings = Settings::default();
        let mut context = Context::default();
        let identity = Identity::read(&instrumentation, None).expect("a kind");
        context.add(&instrumentation, &identity, false, &settings);
        let identity = Identity::read(&workload, None).expect("a kind");
        match plan(&workload, &identity, &context, &settings) {
            Verdict::Planned(planned) => {
                let value = &planned.value;
                prop_assert_eq!(not_decodable(&workload, value), Vec::<String>::new());
                prop_assert_eq!(dangling(&workload, value, std::slice::from_ref(&instrumentation)), None);
                for container in containers(value) {
                    let env = container["env"].as_array().into_iter().flatten();
                    let names: Vec<&str> = env.filter_map(|entry| entry["name"].as_str()).collect();
                    let unique: BTreeSet<&str> = names.iter().copied().collect();
                    prop_assert_eq!(unique.len(), names.len(), "{:?}", names);
                }
                let again = plan(value, &identity, &context, &settings);
                prop_assert!(matches!(again, Verdict::Skipped(_)), "{:?}", again);
            }
            Verdict::Refused(findings) => {
                let known = ["unsupported-option", "mount-conflict", "name-conflict"];
                prop_assert!(known.contains(&findings[0].code.id()), "{:?}", findings);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
