//! The second law of the record: an edit beside an injection is as if it had come first, whoever wrote the text since.

use std::sync::LazyLock;

use otel_inject::change::{Forms, between};
use otel_inject::config::Settings;
use otel_inject::finding::{Code, Finding, Severity};
use otel_inject::k8s::pod::identify;
use otel_inject::plan::record::ANNOTATION;
use otel_inject::value::{Array, Map, Value, json};
use otel_inject::yaml::{Document, edited, split_documents};
use otel_inject::{Role, inject, uninject};

use super::{Task, documents, done};

/// A text and what an injection made of it.
pub(crate) struct Injection<'t> {
    pub(crate) name: &'t str,
    pub(crate) input: &'t str,
    pub(crate) injected: &'t str,
    pub(crate) role: Role,
    /// Where the workload of each document stands.
    pub(crate) base: &'t str,
    /// What is looked up beside the text.
    pub(crate) context: &'t str,
    pub(crate) settings: &'t Settings,
}

static DEFAULT: LazyLock<Settings> = LazyLock::new(Settings::default);

impl<'t> Injection<'t> {
    /// A stream that is injected from what it holds itself.
    pub(crate) fn of_stream(name: &'t str, input: &'t str, injected: &'t str) -> Self {
        Self { name, input, injected, role: Role::Stream, base: "", context: "", settings: &DEFAULT }
    }

    pub(crate) fn run(&self, task: Task, text: &str) -> (String, Vec<Finding>) {
        done(task, text, self.role, self.context, self.settings)
    }

    /// Tries an edit of the injected text against the same edit of its original: a second run is a first run, and what
    /// is taken out leaves the edit alone. False where the edit cannot be tried.
    pub(crate) fn is_lawful(&self, edit: &(&str, Edit), rewrite: Option<Rewrite>) -> bool {
        let (Ok(before), Ok(after)) = (documents(self.input), documents(self.injected)) else { return false };
        let (what, edit) = *edit;
        let name = self.name;
        let [anew, current] = [(self.input, &before), (self.injected, &after)].map(|(text, values)| {
            let wanted = with_edit(values, &before, self.base, edit);
            match rewrite {
                Some(rewrite) => rewrite(&wanted),
                None => spliced(text, &wanted),
            }
        });
        let (Some(anew), Some(current)) = (anew, current) else { return false };
        let (first, findings) = self.run(inject, &anew);
        if is_refused(&findings) {
            return false;
        }
        let (second, findings) = self.run(inject, &current);
        assert!(!is_refused(&findings), "{name}, {what}: {findings:?}");
        is_same(&second, &first, &format!("{name}, {what}"));
        let has = |code: Code| findings.iter().any(|finding| finding.code == code);
        assert_eq!(has(Code::Updated), second != current, "{name}, {what}: {findings:?}");
        assert!(!has(Code::EditedInjection), "{name}, {what}: {findings:?}");
        let (taken_out, findings) = self.run(uninject, &current);
        assert!(!is_refused(&findings), "{name}, {what}: {findings:?}");
        is_same(&taken_out, &anew, &format!("{name}, {what}, taken out"));
        let (taken_out, _) = self.run(uninject, &second);
        is_same(&taken_out, &anew, &format!("{name}, {what}, taken out after a second run"));
        true
    }
}

fn is_refused(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// A serialiser that writes a text anew.
pub(crate) type Rewrite = fn(&[Value]) -> Option<String>;

pub(crate) fn by_yaml(documents: &[Value]) -> Option<String> {
    Some(
        documents
            .iter()
            .map(|value| format!("---\n{}", serde_yaml::to_string(value).expect("YAML")))
            .collect(),
    )
}

pub(crate) fn by_json(documents: &[Value]) -> Option<String> {
    Some(documents.iter().map(|value| format!("---\n{value}\n")).collect())
}

/// The text kept, and written anew.
pub(crate) const WAYS: [Option<Rewrite>; 3] = [None, Some(by_yaml), Some(by_json)];

/// An edit of every workload, by hand.
pub(crate) type Edit = fn(&mut Value, &Value);

/// The pod's first container, a place of the user's in all of them.
fn first(pod: &mut Value) -> Option<&mut Value> {
    pod.pointer_mut("/spec/containers/0")
}

fn list<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Array> {
    let map = value.as_object_mut()?;
    let list = map.get_or_insert_with(key, || json!([]));
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut()
}

fn map<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Map> {
    let map = value.as_object_mut()?;
    let inner = map.get_or_insert_with(key, || json!({}));
    if inner.is_null() {
        *inner = json!({});
    }
    inner.as_object_mut()
}

/// Variables that an injection may extend or move.
fn is_shared(entry: &Value) -> bool {
    let name = entry["name"].as_str().unwrap_or_default();
    ["OTEL_", "JAVA_", "NODE_", "PYTHON", "DOTNET_", "CORECLR", "LD_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The second value is the pod before any injection.
pub(crate) const EDITS: &[(&str, Edit)] = &[
    ("nothing", |_, _| {}),
    ("image", |pod, _| {
        if let Some(container) = first(pod) {
            container["image"] = json!("registry.example.com/edited:9.9.9");
        }
    }),
    ("a variable behind", |pod, _| {
        if let Some(env) = first(pod).and_then(|container| list(container, "env")) {
            env.push(json!({"name": "EDITED", "value": "1"}));
        }
    }),
    ("a variable before", |pod, _| {
        if let Some(env) = first(pod).and_then(|container| list(container, "env")) {
            env.insert(0, json!({"name": "EDITED", "value": "1"}));
        }
    }),
    ("no variable", |pod, before| {
        let own = before.pointer("/spec/containers/0/env").and_then(Value::as_array);
        let gone =
            own.and_then(|env| env.iter().rev().find(|entry| !is_shared(entry))).map(|entry| &entry["name"]);
        let is_used = |name: &Value| {
            own.is_some_and(|env| env.iter().filter(|entry| entry["name"] == *name).count() > 1)
        };
        if let Some(gone) = gone.filter(|name| !is_used(name))
            && let Some(env) = first(pod).and_then(|container| list(container, "env"))
        {
            env.retain(|entry| entry["name"] != *gone);
        }
    }),
    ("a volume", |pod, _| {
        if let Some(volumes) = pod.get_mut("spec").and_then(|spec| list(spec, "volumes")) {
            volumes.push(json!({"name": "edited", "emptyDir": {}}));
        }
        if let Some(mounts) = first(pod).and_then(|container| list(container, "volumeMounts")) {
            mounts.push(json!({"name": "edited", "mountPath": "/edited"}));
        }
    }),
    ("a container", |pod, _| {
        if let Some(containers) = pod.get_mut("spec").and_then(|spec| list(spec, "containers")) {
            containers.push(json!({"name": "edited", "image": "edited:1"}));
        }
    }),
    ("an init container", |pod, _| {
        if let Some(containers) = pod.get_mut("spec").and_then(|spec| list(spec, "initContainers")) {
            containers.insert(0, json!({"name": "edited", "image": "edited:1"}));
        }
    }),
    ("a label", |pod, _| {
        if map(pod, "metadata").is_some()
            && let Some(labels) = map(&mut pod["metadata"], "labels")
        {
            labels.insert("edited".to_owned(), json!("yes"));
        }
    }),
    ("an attribute", |pod, _| {
        if map(pod, "metadata").is_some()
            && let Some(annotations) = map(&mut pod["metadata"], "annotations")
        {
            annotations.insert("resource.opentelemetry.io/team".to_owned(), json!("edited"));
        }
    }),
    ("a field", |pod, _| {
        if let Some(spec) = pod.get_mut("spec").filter(|spec| spec.is_object()) {
            spec["terminationGracePeriodSeconds"] = json!(5);
        }
    }),
];

/// Where the pod template of a workload is.
fn template(value: &Value) -> Option<&'static str> {
    ["/spec/jobTemplate/spec/template", "/spec/template", "/template", ""]
        .into_iter()
        .find(|at| value.pointer(&format!("{at}/spec/containers")).is_some_and(Value::is_array))
}

/// The documents after an edit of each workload, which stands at `base`. `before` are they before any injection.
fn with_edit(documents: &[Value], before: &[Value], base: &str, edit: Edit) -> Vec<Value> {
    let mut result = documents.to_vec();
    for (value, before) in result.iter_mut().zip(before) {
        let workload = before.pointer(base);
        let Some(at) = workload.and_then(template).map(|at| format!("{base}{at}")) else { continue };
        let original = before.pointer(&at).cloned().unwrap_or_default();
        if let Some(pod) = value.pointer_mut(&at) {
            edit(pod, &original);
        }
    }
    result
}

/// The text with its documents made so, all else kept.
fn spliced(text: &str, wanted: &[Value]) -> Option<String> {
    let mut result = String::new();
    let mut wanted = wanted.iter();
    for range in split_documents(text.as_bytes()) {
        let document = Document::parse(&text[range]).ok()?;
        let value = document.value().ok()?;
        if value.is_null() {
            result.push_str(document.source());
            continue;
        }
        let changes = between(&value, wanted.next()?, identify, &Forms::new());
        result.push_str(&edited(document.source(), &document.splice(&changes).ok()?));
    }
    Some(result)
}

/// What a text holds, records without what only says how something was written.
fn meaning(text: &str) -> Vec<Value> {
    fn reduced(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.remove("plain");
                for (key, value) in map.iter_mut() {
                    if key == "was" {
                        for was in value.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
                            let Some(text) = was.as_str() else { continue };
                            let bare: String =
                                text.lines().filter_map(|line| line.split('#').next()).collect();
                            let bare: String = bare.split_whitespace().collect();
                            let is_null = ["", "~", "null"].contains(&bare.as_str());
                            *was = if is_null { json!("null") } else { json!(bare) };
                        }
                    } else {
                        reduced(value);
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(reduced),
            _ => {}
        }
    }
    fn without_layout(value: &mut Value) {
        for item in value.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
            without_layout(item);
        }
        let pointer = format!("/metadata/annotations/{}", ANNOTATION.replace('/', "~1"));
        if let Some(record) = value.pointer_mut(&pointer) {
            let mut read: Value = serde_json::from_str(record.as_str().expect("a text")).expect("JSON");
            reduced(&mut read);
            // How the text ended.
            read.as_object_mut().expect("a mapping").remove("end");
            *record = read;
        }
    }
    let mut documents = documents(text).expect("documents");
    documents.iter_mut().for_each(without_layout);
    documents
}

/// Fails with the differences where two texts do not hold the same.
#[track_caller]
pub(crate) fn is_same(left: &str, right: &str, what: &str) {
    let (left, right) = (Value::from(meaning(left)), Value::from(meaning(right)));
    assert!(left == right, "{what}: {:#?}", between(&left, &right, identify, &Forms::new()));
}
