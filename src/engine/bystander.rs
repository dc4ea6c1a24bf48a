//! Resources that are passed on without being parsed, because the run neither changes them nor reports on them.
//!
//! [`skim`] proves on the bytes that a document, or an item of a list, is valid YAML without anchors, aliases and tags,
//! and tells its `apiVersion` and `kind`. A resource of another kind than those that are changed matters to the second
//! pass only if it has an annotation of ours, whose prefix would be in the text: no escape in a simple text stands for
//! a letter. A workload matters as well if a rule or its Namespace may request an injection, or if it has an annotation
//! that looks like ours. Everything else is parsed. So a run gives the same edits and findings as if it parsed
//! everything.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::Task;
use super::unreadable::MARKS;
use crate::config::Settings;
use crate::config::annotations::{LOOKALIKES, SWITCH};
use crate::config::collector;
use crate::config::context::Context;
use crate::config::instrumentation;
use crate::finding::Code;
use crate::k8s::{Identity, Kind};
use crate::yaml::{Form, skim};

/// [`MARKS`], looked for in every text.
static MARKS_FINDERS: LazyLock<[Finder<'static>; MARKS.len()]> = LazyLock::new(|| MARKS.map(Finder::new));

/// Whether the text is one resource, which the second pass would leave alone without a finding.
pub(super) fn is_one(text: &[u8], form: Form, context: &Context, settings: &Settings, task: Task) -> bool {
    if MARKS_FINDERS.iter().any(|mark| mark.find(text).is_some()) {
        return false;
    }
    let Some([api_version, Some(kind)]) = skim(text, form, ["apiVersion", "kind"]) else { return false };
    if kind.ends_with("List") || [instrumentation::KIND, collector::KIND].contains(&kind) {
        return false;
    }
    !is_workload(api_version, kind, &settings.kinds)
        || !may_be_asked(kind, context, settings, task)
            && !has_any(text, LOOKALIKES)
            && !has_any(text, &[SWITCH])
}

fn has_any(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| memmem::find(text, word.as_bytes()).is_some())
}

/// Whether this is the kind of a workload, or of one whose group is not known.
fn is_workload(api_version: Option<&str>, kind: &str, declared: &[Kind]) -> bool {
    let mut known = Kind::ALL.iter().chain(declared);
    let is_known = |identity: Identity| Kind::among(declared, identity.group(), kind).is_some();
    known.any(|row| row.kind == kind) && Identity::new(api_version, Some(kind), None).is_none_or(is_known)
}

/// Whether a workload of this kind without annotations of ours may be of interest.
fn may_be_asked(kind: &str, context: &Context, settings: &Settings, task: Task) -> bool {
    !matches!(task, Task::Inject | Task::Patch)
        || settings.severities.contains_key(&Code::NotAsked)
        || settings.rules.iter().any(|rule| rule.may_match(Some(kind), None, None))
        || context.has_annotated_namespace(&MARKS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::annotations::SIDECAR;
    use crate::config::{Keep, function};
    use crate::engine::inject::{Piece, Run};
    use crate::engine::{Role, Source, cut, read};
    use crate::finding::Severity;
    use crate::value::{Value, json};
    use crate::yaml::Document;

    const TASKS: [Task; 4] = [Task::Inject, Task::Patch, Task::List, Task::Uninject];

    /// Compares each resource that is passed on with what reading it gives. Returns how many an injection passes on.
    fn compare(text: &[u8], settings: &Settings) -> usize {
        let source = Source { file: None, text, role: Role::Stream };
        let context = &Context::default();
        let is_one = |text, form, task| is_one(text, form, context, settings, task);
        let mut passed = 0;
        for group in cut::groups(0, &source) {
            for task in TASKS.into_iter().filter(|task| is_one(group.text, Form::Mapping, *task)) {
                let documents = read::documents(group.text).expect("a simple text is YAML");
                assert_eq!(documents.len(), 1);
                compare_one(&documents[0].1, settings, task, read::resources);
                passed += usize::from(task == Task::Inject);
            }
            let Some(list) = &group.list else { continue };
            for item in list.items.iter().map(|range| &group.text[range.clone()]) {
                for task in TASKS.into_iter().filter(|task| is_one(item, Form::Element, *task)) {
                    let document = read::item(item).expect("a simple text is YAML");
                    compare_one(&document, settings, task, |document| {
                        read::item_resources(document, list.inherited.as_ref(), list.is_resource_list)
                    });
                    passed += usize::from(task == Task::Inject);
                }
            }
        }
        passed
    }

    fn compare_one(
        document: &Document<'_>,
        settings: &Settings,
        task: Task,
        read: impl Fn(&Document<'_>) -> Vec<read::Found>,
    ) {
        for keep in [Keep::Keep, Keep::Drop, Keep::LocalConfig] {
            let run = Run { context: &Context::default(), settings, task, keep };
            let piece = run.document(document, &read);
            let expected = format!("{:?}", Piece::passed_on());
            assert_eq!(format!("{piece:?}"), expected, "{}", document.source());
        }
    }

    /// Settings with a kind of their own and these rules.
    fn with(rules: &Value) -> Settings {
        let kinds = json!([{"group": "acme.example", "kind": "App", "podTemplate": "spec.template"}]);
        let mut spec = json!({"kinds": kinds});
        if rules.as_array().is_some_and(|rules| !rules.is_empty()) {
            spec["rules"] = rules.clone();
        }
        let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": spec});
        function::parse(&config).expect("a config").0
    }

    fn with_rule() -> Settings {
        with(&json!([{"select": {"names": ["*"]}, "inject": "java"}]))
    }

    #[test]
    fn a_resource_of_another_kind_is_passed_on() {
        for text in [
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: \"x\\n\"\n",
            "# c\n---\napiVersion: v1\r\nkind: Service\r\nspec:\r\n  ports:\r\n  - port: 80\r\n",
            "apiVersion: autoscaling/v2\nkind: Scaler\nspec:\n  scaleTargetRef:\n    kind: Deployment\n",
            "data:\n  a: |\n    kind: Deployment\n    \"{[\napiVersion: v1\nrules:\n- a\nkind: Role",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  data: {}\n",
            "apiVersion: v1\nkind: App\n",
            "kind: Foo\n",
        ] {
            assert_eq!(compare(text.as_bytes(), &with_rule()), 1, "{text}");
        }
    }

    const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: app
        image: web:1
";

    #[test]
    fn a_workload_that_nothing_asks_for_is_passed_on() {
        let of_jobs = json!([{"select": {"kinds": ["Job"]}, "inject": "java"}]);
        for (rules, expected) in [(json!([]), 1), (of_jobs, 1)] {
            assert_eq!(compare(WORKLOAD.as_bytes(), &with(&rules)), expected, "{rules}");
        }
        assert_eq!(compare(WORKLOAD.as_bytes(), &with_rule()), 0);
        let mut settings = with(&json!([]));
        settings.severities.insert(Code::NotAsked, Some(Severity::Info));
        assert_eq!(compare(WORKLOAD.as_bytes(), &settings), 0);
        for annotation in [
            "instrumentation.opentelemetry.io/inject-java: 'true'",
            "sidecar.opentelemetry.io/inject: 'true'",
            "otel-inject.dev/delivery: init",
            "instrumentation.opentelemtry.io/inject-java: 'true'",
            "inject-java: 'true'",
        ] {
            let annotated = format!("{WORKLOAD}    metadata:\n      annotations:\n        {annotation}\n");
            assert_eq!(compare(annotated.as_bytes(), &with(&json!([]))), 0, "{annotation}");
        }
        assert_eq!(compare(format!("{WORKLOAD}      x: y\n      x: y\n").as_bytes(), &with(&json!([]))), 0);
    }

    #[test]
    fn a_workload_that_its_namespace_asks_for_is_read() {
        for (annotation, expected) in [("a/b", true), ("otel-inject.dev/delivery", false), (SIDECAR, false)] {
            let namespace = json!({"metadata": {"name": "shop", "annotations": {annotation: "true"}}});
            let identity = Identity::new(Some("v1"), Some("Namespace"), None).expect("a kind");
            let mut context = Context::default();
            context.add(&namespace, &identity, false, &Settings::default());
            let is_passed_on =
                is_one(WORKLOAD.as_bytes(), Form::Mapping, &context, &Settings::default(), Task::Inject);
            assert_eq!(is_passed_on, expected, "{annotation}");
        }
    }

    #[test]
    fn what_may_matter_is_read() {
        for text in [
            "apiVersion: apps/v1\nkind: Deployment\n",
            "apiVersion: acme.example/v1\nkind: App\n",
            "kind: App\n",
            "kind: Service\n",
            "apiVersion: serving.knative.dev/v1\nkind: Service\n",
            "kind: List\n",
            "kind: FooList\n",
            "kind: Instrumentation\n",
            "kind: OpenTelemetryCollector\n",
            "kind: Foo\nmetadata:\n  annotations:\n    instrumentation.opentelemetry.io/inject-java: 'true'\n",
            "kind: Foo\nmetadata:\n  annotations:\n    otel-inject.dev/injected: ''\n",
            "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n- apiVersion: apps/v1\n  kind: Deployment\n",
            "- kind: Foo\n",
            "x: y\n",
        ] {
            assert_eq!(compare(text.as_bytes(), &with_rule()), 0, "{text}");
        }
    }

    fn by_chance(cases: u32) {
        let head =
            proptest::sample::select(&["", "apiVersion: v1\n", "apiVersion: apps/v1\n", "# c\n---\n"][..]);
        let kind = proptest::sample::select(
            &["Foo", "Service", "Deployment", "App", "List", "Instrumentation", "ConfigMap"][..],
        );
        let rest = proptest::collection::vec(proptest::sample::select(PIECES), 0..12);
        let is_list = any::<bool>();
        let all = [with_rule(), with(&json!([]))];
        proptest!(ProptestConfig::with_cases(cases), |(head in head, kind in kind, rest in rest, is_list in is_list)| {
            let text = format!("{head}kind: {kind}\n{}", rest.concat());
            let items = || text.lines().enumerate().map(|(index, line)| {
                format!("{} {line}\n", if index == 0 { "-" } else { " " })
            });
            let text = if is_list {
                format!("apiVersion: v1\nkind: List\nitems:\n{}", items().collect::<String>())
            } else {
                text
            };
            for settings in &all {
                compare(text.as_bytes(), settings);
            }
        });
    }

    const PIECES: &[&str] = &[
        "metadata:\n",
        "  name: a\n",
        "  annotations:\n",
        "    instrumentation.opentelemetry.io/inject-java: 'true'\n",
        "    config.kubernetes.io/local-config: 'true'\n",
        "spec:\n",
        "  mode: sidecar\n",
        "  template:\n",
        "    spec:\n",
        "      containers:\n",
        "      - name: app\n",
        "items:\n",
        "- kind: Deployment\n",
        "- apiVersion: v1\n  kind: Pod\n",
        "kind: Foo\n",
        "kind: Deployment\n",
        "apiVersion: v1\n",
        "---\n",
        "data: |\n  text\n",
        "data: {}\n",
        "\n",
    ];

    #[test]
    fn what_is_passed_on_by_chance_gives_nothing() {
        by_chance(10_000);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn what_is_passed_on_by_much_chance_gives_nothing() {
        by_chance(3_000_000);
    }
}
