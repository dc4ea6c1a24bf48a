//! Resources that are passed on without being parsed, because no run changes them or has anything to say about them.
//!
//! [`skim`] proves on the bytes that a document, or an item of a list, is valid YAML without anchors, aliases and tags,
//! and tells its `apiVersion` and `kind`. A resource of another kind than those that are changed matters to the second
//! pass only if it has an annotation of ours, whose prefix would be in the text: no escape in a simple text stands for
//! a letter. Everything else is parsed. So a run gives the same edits and findings as if it parsed everything.

use memchr::memmem;

use super::unreadable::MARKS;
use crate::config::collector;
use crate::config::instrumentation;
use crate::k8s::{Identity, Kind};
use crate::yaml::{Form, skim};

/// Whether the text is one resource, which the second pass would leave alone without a finding.
pub(super) fn is_one(text: &[u8], form: Form, declared: &[Kind]) -> bool {
    let Some([api_version, Some(kind)]) = skim(text, form, ["apiVersion", "kind"]) else { return false };
    !matters(api_version, kind, declared)
        && !MARKS.iter().any(|mark| memmem::find(text, mark.as_bytes()).is_some())
}

/// Whether such resources are changed, or may have items that are.
fn matters(api_version: Option<&str>, kind: &str, declared: &[Kind]) -> bool {
    let is_source = [instrumentation::KIND, collector::KIND].contains(&kind);
    kind.ends_with("List") || is_source || is_workload(api_version, kind, declared)
}

/// Whether this is the kind of a workload, or of one whose group is not known.
fn is_workload(api_version: Option<&str>, kind: &str, declared: &[Kind]) -> bool {
    let mut known = Kind::ALL.iter().chain(declared);
    let is_known = |identity: Identity| Kind::among(declared, identity.group(), kind).is_some();
    known.any(|row| row.kind == kind) && Identity::new(api_version, Some(kind), None).is_none_or(is_known)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::context::Context;
    use crate::config::{Keep, Settings, function};
    use crate::engine::inject::{Piece, Run};
    use crate::engine::{Role, Source, Task, cut, read};
    use crate::yaml::Document;

    /// Compares each resource that is passed on with what reading it gives. Returns how many there are.
    fn compare(text: &[u8], settings: &Settings) -> usize {
        let source = Source { file: None, text, role: Role::Stream };
        let mut passed = 0;
        for group in cut::groups(0, &source) {
            if is_one(group.text, Form::Mapping, &settings.kinds) {
                let documents = read::documents(group.text).expect("a simple text is YAML");
                assert_eq!(documents.len(), 1);
                compare_one(&documents[0].1, settings, read::resources);
                passed += 1;
            }
            let Some(list) = &group.list else { continue };
            for item in list.items.iter().map(|range| &group.text[range.clone()]) {
                if is_one(item, Form::Element, &settings.kinds) {
                    let document = read::item(item).expect("a simple text is YAML");
                    compare_one(&document, settings, |document| {
                        read::item_resources(document, list.inherited.as_ref(), list.is_resource_list)
                    });
                    passed += 1;
                }
            }
        }
        passed
    }

    fn compare_one(
        document: &Document<'_>,
        settings: &Settings,
        read: impl Fn(&Document<'_>) -> Vec<read::Found>,
    ) {
        for task in [Task::Inject, Task::Patch, Task::List, Task::Uninject] {
            for keep in [Keep::Keep, Keep::Drop, Keep::LocalConfig] {
                let run = Run { context: &Context::default(), settings, task, keep };
                let piece = run.document(document, &read);
                let expected = format!("{:?}", Piece::passed_on());
                assert_eq!(format!("{piece:?}"), expected, "{}", document.source());
            }
        }
    }

    fn with_rule() -> Settings {
        let spec = json!({
            "rules": [{"select": {"names": ["*"]}, "inject": "java"}],
            "kinds": [{"group": "acme.example", "kind": "App", "podTemplate": "spec.template"}],
        });
        let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": spec});
        function::parse(&config).expect("a config").0
    }

    fn files(folder: &Path, visit: &mut impl FnMut(&[u8])) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                files(&entry, visit);
            } else {
                visit(&std::fs::read(&entry).expect("a file"));
            }
        }
    }

    #[test]
    fn reading_what_is_passed_on_gives_nothing() {
        let settings = with_rule();
        let mut passed = 0;
        for folder in ["testdata", "examples"] {
            files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut |text| {
                passed += compare(text, &settings)
            });
        }
        assert!(passed > 20, "{passed}");
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
        let settings = with_rule();
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
            compare(text.as_bytes(), &settings);
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
