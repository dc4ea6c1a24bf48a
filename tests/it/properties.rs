//! What holds for every input: proven on documents by chance and on the recorded ones.

use std::collections::{BTreeMap, BTreeSet};

use otel_inject::config::{FilesBy, OnError, Settings};
use otel_inject::k8s::{Identity, Kind};
use otel_inject::value::Value;
use otel_inject::yaml::split_documents;
use otel_inject::{Role, Source, inject, uninject};
use proptest::prelude::*;

use crate::common::by_chance::input;
use crate::common::edits::is_same;
use crate::common::judge::{Outcome, Units, judge, python_path};
use crate::common::kubernetes;
use crate::common::{documents, edited, entries, injected, item, testdata, vectors};

/// Documents ahead of the workloads.
const SOURCES: usize = 2;

fn settings(on_error: OnError) -> Settings {
    Settings { on_error, ..Settings::default() }
}

/// The same with agents delivered that way.
fn delivered(by: FilesBy, on_error: OnError) -> Settings {
    let mut settings = settings(on_error);
    settings.delivery.default = by;
    settings
}

fn once(text: &str, on_error: OnError) -> crate::common::Injected {
    once_by(FilesBy::Init, text, on_error)
}

fn once_by(by: FilesBy, text: &str, on_error: OnError) -> crate::common::Injected {
    injected(text.as_bytes(), Role::Stream, "", &delivered(by, on_error))
}

// What must hold.

/// The comments of a text that stand on lines of their own, with the element or key that they stand above.
fn comments(text: &str) -> BTreeMap<String, String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut comments = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with("# above") {
            let below = lines[index + 1..].iter().find(|line| !line.starts_with('#') && !line.is_empty());
            let below = below.copied().unwrap_or_default();
            let is_element = below.starts_with("- name");
            let what = if is_element { below } else { below.split(':').next().unwrap_or_default() };
            comments.insert((*line).to_owned(), what.to_owned());
        }
    }
    comments
}

/// What of `before` is not in `after`, where elements may have been added, and text at the end of `value`.
fn lost(before: &Value, after: &Value, pointer: &str) -> Option<String> {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut places = new.keys();
            old.iter().find_map(|(key, value)| {
                let pointer = format!("{pointer}/{key}");
                // In the old order: what comes next is behind what came before.
                if !places.any(|new| new == key) {
                    return Some(format!("{pointer} is gone or stands elsewhere"));
                }
                lost(value, &new[key], &pointer)
            })
        }
        (Value::Array(old), Value::Array(new)) => {
            let mut rest = new.iter();
            let mut moved = None;
            for (index, value) in old.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                if value["name"] == "OTEL_RESOURCE_ATTRIBUTES" {
                    moved = Some(value);
                    continue;
                }
                let fits = |new: &&Value| lost(value, new, "").is_none();
                if !rest.any(|new| fits(&new)) {
                    return Some(format!("{pointer} is gone or stands elsewhere"));
                }
            }
            let last = moved
                .and_then(|value| new.iter().find_map(|new| lost(value, new, "").is_none().then_some(())));
            (moved.is_some() && last.is_none()).then(|| format!("{pointer} has lost the attributes"))
        }
        (Value::String(old), Value::String(new)) => {
            let is_longer =
                pointer.ends_with("/value") && (new.starts_with(old.as_str()) || *new == python_path(old));
            (old != new && !is_longer).then(|| format!("{pointer} is {new}, not {old}"))
        }
        (Value::Null, Value::Array(_) | Value::Object(_) | Value::String(_)) => None,
        _ => (before != after).then(|| format!("{pointer} is {after}, not {before}")),
    }
}

/// The containers of a workload.
fn containers(workload: &Value) -> Vec<&Value> {
    let template = Identity::read(workload, None)
        .and_then(|identity| Kind::find(identity.group(), identity.kind()))
        .and_then(|kind| workload.pointer(&kind.template));
    let list = |key: &str| {
        let list = template.and_then(|template| template.pointer(&format!("/spec/{key}")));
        list.and_then(Value::as_array).into_iter().flatten()
    };
    list("initContainers").chain(list("containers")).collect()
}

/// A reference in what was written to a variable that does not stand earlier in its container.
fn dangling(before: &Value, after: &Value) -> Option<String> {
    let old = containers(before);
    for container in containers(after) {
        let none = Vec::new();
        let env = container["env"].as_array().unwrap_or(&none);
        let was = old.iter().find(|old| old["name"] == container["name"]);
        let mut names: Vec<&str> = Vec::new();
        for entry in env {
            let (Some(name), value) = (entry["name"].as_str(), entry["value"].as_str().unwrap_or_default())
            else {
                continue;
            };
            let own = was.and_then(|was| was["env"].as_array()).into_iter().flatten();
            let own = own.filter(|own| own["name"] == name).find_map(|own| own["value"].as_str());
            // A web server's clone has the variables of its container.
            let is_copied =
                old.iter().any(|old| old["env"].as_array().is_some_and(|env| env.contains(entry)));
            let written = value.replacen(own.unwrap_or_default(), "", 1);
            // What a collector is configured with is its user's text, and so are its own variables.
            let is_of_collector = container["name"] == "otc-container"
                && (name != "OTEL_RESOURCE_ATTRIBUTES"
                    || !names.contains(&"OTEL_RESOURCE_ATTRIBUTES_NODE_NAME"));
            let written = if is_copied || is_of_collector { "" } else { written.as_str() };
            for reference in written.split("$(").skip(1) {
                let reference = reference.split(')').next().unwrap_or_default();
                if !names.contains(&reference) {
                    return Some(format!("{name} of {} refers to {reference}", container["name"]));
                }
            }
            names.push(name);
        }
    }
    None
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_planned_is_written_and_a_second_injection_changes_nothing(
        input in input(),
        on_error in proptest::sample::select(OnError::ALL),
        by in proptest::sample::select(FilesBy::ALL),
    ) {
        let text = input.text();
        match judge(text.as_bytes(), Role::Stream, Units::Lines, "", &delivered(by, on_error)) {
            Outcome::Wrong(why) => prop_assert!(false, "{}\n{}", why, text),
            Outcome::Unjudged => prop_assert!(on_error == OnError::Skip, "{}", text),
            Outcome::Refused(_) | Outcome::Left | Outcome::Right(_) => {}
        }
    }

    #[test]
    fn a_document_changes_only_where_it_is_injected(input in input()) {
        let text = input.text();
        let output = once(&text, OnError::Skip);
        prop_assert!(output.errors().is_empty(), "{:?}", output.findings);
        let injected = output.findings.iter().filter(|finding| finding.code.id() == "injected");
        let names: BTreeSet<&str> =
            injected.filter_map(|finding| Some(finding.subject.as_ref()?.name.as_str())).collect();
        let (before, after) = (split_documents(text.as_bytes()), split_documents(&output.bytes));
        prop_assert_eq!(before.len(), after.len());
        for (index, (before, after)) in before.into_iter().zip(after).enumerate() {
            let is_same = text[before] == output.text()[after];
            let is_injected = index >= SOURCES && names.contains(format!("w{}", index - SOURCES).as_str());
            prop_assert_eq!(is_same, !is_injected, "document {} of\n{}", index, &text);
        }
    }

    #[test]
    fn comments_fields_and_order_survive(input in input(), by in proptest::sample::select(FilesBy::ALL)) {
        let text = input.text();
        let output = once_by(by, &text, OnError::Skip);
        prop_assert_eq!(comments(&text), comments(output.text()), "{}", output.text());
        let trailing = |text: &str| text.matches(" # ").count();
        prop_assert_eq!(trailing(&text), trailing(output.text()), "{}", output.text());
        let before = documents(&text).expect("what was written");
        let after = documents(output.text()).expect("what came out");
        prop_assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            prop_assert_eq!(lost(before, after, ""), None, "{}", output.text());
            prop_assert_eq!(dangling(before, after), None, "{}", output.text());
        }
    }

    #[test]
    fn what_is_injected_is_taken_out_again(input in input(), by in proptest::sample::select(FilesBy::ALL)) {
        let text = input.text();
        let after = once_by(by, &text, OnError::Skip);
        let source = Source { file: None, text: after.text().as_bytes(), role: Role::Stream };
        let output = uninject(&[source], &settings(OnError::Skip));
        let before = String::from_utf8(edited(after.text().as_bytes(), &output.edits[0])).expect("UTF-8");
        prop_assert_eq!(before, text);
    }

    #[test]
    fn another_delivery_is_as_if_it_had_come_first(
        input in input(),
        first in proptest::sample::select(FilesBy::ALL),
        second in proptest::sample::select(FilesBy::ALL),
    ) {
        let text = input.text();
        let [before, anew] = [first, second].map(|by| once_by(by, &text, OnError::Fail));
        // An injection that can no longer be had stays.
        if !before.errors().is_empty() || !anew.errors().is_empty() {
            return Ok(());
        }
        let switched = once_by(second, before.text(), OnError::Fail);
        is_same(switched.text(), anew.text(), &text);
    }

    #[test]
    fn a_configuration_decodes_to_what_was_given(input in input()) {
        let text = input.text();
        let given = &input.collector.1;
        for document in documents(once(&text, OnError::Skip).text()).expect("documents") {
            for container in containers(&document).iter().filter(|container| container["name"] == "otc-container") {
                let env = container["env"].as_array().expect("variables");
                let config = env.iter().find(|entry| entry["name"] == "OTEL_CONFIG").expect("a configuration");
                let config = documents(config["value"].as_str().expect("a text")).expect("YAML");
                prop_assert_eq!(&config[0]["exporters"]["debug"]["given"], given);
            }
        }
    }

    #[test]
    fn several_sources_are_one_stream(input in input()) {
        let text = input.text();
        for on_error in OnError::ALL {
            let whole = once(&text, *on_error);
            let parts: Vec<&[u8]> =
                split_documents(text.as_bytes()).into_iter().map(|range| &text.as_bytes()[range]).collect();
            let sources: Vec<Source<'_>> =
                parts.iter().map(|text| Source { file: None, text, role: Role::Stream }).collect();
            let output = inject(&sources, &settings(*on_error));
            let together: Vec<u8> =
                parts.iter().zip(&output.edits).flat_map(|(text, edits)| edited(text, edits)).collect();
            prop_assert_eq!(String::from_utf8_lossy(&together), whole.text());
            prop_assert_eq!(output.resources, whole.resources);
            let said = |findings: &[otel_inject::finding::Finding]| -> Vec<String> {
                let what = |finding: &otel_inject::finding::Finding| {
                    format!("{} {:?} {} {}", finding.code, finding.subject, finding.message, finding.pointer)
                };
                findings.iter().map(what).collect()
            };
            prop_assert_eq!(said(&output.findings), said(&whole.findings));
        }
    }

    #[test]
    fn items_of_lists_become_what_documents_become(input in input()) {
        let mut input = input;
        (input.layout.open, input.layout.crlf) = (false, false);
        let text = input.text();
        let wanted = documents(once(&text, OnError::Skip).text()).expect("documents");
        let items: String = split_documents(text.as_bytes())
            .into_iter()
            .map(|range| item(text[range].trim_start_matches("---\n")))
            .collect();
        for (kind, role) in [("v1\nkind: List", Role::Stream), ("config.kubernetes.io/v1\nkind: ResourceList", Role::ResourceList)] {
            let list = format!("apiVersion: {kind}\nitems:\n{items}");
            let output = injected(list.as_bytes(), role, "", &settings(OnError::Skip));
            let read = documents(output.text()).expect("a list");
            prop_assert_eq!(&read[0]["items"], &Value::from(wanted.clone()), "{}", output.text());
        }
    }

    #[test]
    fn lists_in_json_are_edited_item_by_item_as_they_are_as_a_whole(input in input()) {
        let items = documents(&input.text()).expect("documents");
        let list = otel_inject::value::json!({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {}});
        for text in [list.to_string(), format!("{list:#}\n")] {
            // A document that does not begin with its brace is never cut.
            let whole = once(&format!("---\n{text}"), OnError::Skip);
            let cut = once(&text, OnError::Skip);
            prop_assert_eq!(whole.text().strip_prefix("---\n"), Some(cut.text()));
            let codes = |injected: &crate::common::Injected| injected.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
            prop_assert_eq!(codes(&whole), codes(&cut));
            prop_assert_eq!(whole.resources, cut.resources);
        }
    }
}

#[test]
fn documents_by_chance_are_injected_often_enough() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut right, mut others) = (0, Vec::new());
    for _ in 0..100 {
        let text = input().new_tree(&mut runner).expect("an input").current().text();
        let output = once(&text, OnError::Skip);
        right += usize::from(output.codes().contains(&"injected"));
        others.extend(output.codes());
    }
    assert!(right >= 30, "{right} of 100 streams are injected");
    let others: BTreeSet<&str> = others.into_iter().collect();
    assert!(!others.contains("verify-failed") && !others.contains("invalid-yaml"), "{others:?}");
}

/// A web server's container loses the mount over its configuration to the clone, and a pod its collector where it
/// wants none any more: all that an injection takes out of a pod. The vectors show the result.
fn takes_something_out(text: &str) -> bool {
    ["inject-nginx", "inject-apache-httpd", "name: otc-container"].iter().any(|mark| text.contains(mark))
}

#[test]
fn recorded_workloads_are_written_as_planned() {
    let mut count = 0;
    for (name, text) in vectors() {
        if takes_something_out(&text) {
            continue;
        }
        let units = if text.lines().any(|line| line.starts_with('{')) { Units::Tokens } else { Units::Lines };
        for by in FilesBy::ALL {
            match judge(text.as_bytes(), Role::Stream, units, "", &delivered(*by, OnError::Skip)) {
                Outcome::Right(injected) => count += injected,
                Outcome::Left | Outcome::Refused(_) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert!(count >= 200, "{count} workloads were injected");
}

#[test]
fn recorded_and_written_pods_are_valid_to_the_last_field() {
    let mut count = 0;
    let mut check = |name: &str, resources: &[Value]| {
        for resource in resources {
            let unknown = kubernetes::faults(resource);
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
            count += 1;
        }
    };
    let both =
        |(name, text): (String, String)| FilesBy::ALL.iter().map(move |by| (name.clone(), text.clone(), *by));
    for (name, text, by) in vectors().into_iter().flat_map(both) {
        let output = once_by(by, &text, OnError::Skip);
        check(&name, &documents(output.text()).expect("the output"));
        let before = documents(&text).expect("the input");
        for (before, after) in before.iter().zip(&documents(output.text()).expect("the output")) {
            assert_eq!(dangling(before, after), None, "{name}");
            assert!(takes_something_out(&text) || lost(before, after, "").is_none(), "{name}");
        }
    }
    for case in entries(&testdata("vectors/named")) {
        let text = std::fs::read_to_string(case.join("expected.yaml")).expect("an expected output");
        check(&case.to_string_lossy(), &documents(&text).expect("documents"));
    }
    let random = std::fs::read_to_string(testdata("vectors/random.jsonl")).expect("the random vectors");
    for line in random.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        check(&case["id"].to_string(), case["expected"].as_array().expect("documents"));
    }
    assert!(count > 1000, "{count} resources");
}

#[test]
fn the_checks_see_what_is_wrong() {
    let pod = |env: &str| -> Value {
        let text = format!("{{apiVersion: v1, kind: Pod, spec: {{containers: [{{name: c, env: {env}}}]}}}}");
        documents(&text).expect("a document").remove(0)
    };
    let before = pod("[{name: A, value: $(X)}]");
    assert_eq!(dangling(&before, &pod("[{name: A, value: $(X)}, {name: B, value: $(A)}]")), None);
    assert!(dangling(&before, &pod("[{name: B, value: $(A)}, {name: A, value: $(X)}]")).is_some());
    assert!(dangling(&before, &pod("[{name: A, value: $(X)$(Y)}]")).is_some());
    for wrong in ["[]", "[{name: A}]", "[{name: A, value: x}]", "[{value: $(X), name: A}]", "{name: A}"] {
        assert!(lost(&before, &pod(wrong), "").is_some(), "{wrong}");
    }
    assert!(!kubernetes::faults(&pod("[{name: A, values: x}]")).is_empty());
    assert!(!kubernetes::faults(&pod("[{name: A, value: 1}]")).is_empty());
    let text = "# above 1\n- name: A\n# above 2\nimage: x\n";
    assert_ne!(comments(text), comments("# above 1\n- name: B\n# above 2\nimage: x\n"));
}
