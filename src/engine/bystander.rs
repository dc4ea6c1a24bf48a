//! Documents that are passed on without being parsed: one resource each, of a kind that no run changes.
//!
//! The proof is on bytes. A root mapping in block style has all its keys at column 0, so if each line at column 0 begins
//! with a plain key and exactly one of them is `kind`, that line gives the kind. A resource of another kind than those
//! that are changed matters to the second pass only if it has an annotation of ours, whose prefix would be in the text.
//! Anything unusual means that the document is parsed, as does a text that is probably a Helm template.
//!
//! A document that is not parsed is not checked either: that it is not YAML is not reported, unless the first pass had to
//! look into it. Nothing else depends on it,
//! because every document is read on its own: a `---` inside quotes ends a document here as it does in the parser.

use memchr::{memchr_iter, memmem};

use super::cut::Group;
use super::unreadable::MARKS;
use crate::config::collector;
use crate::config::instrumentation;
use crate::k8s::{Kind, mentions_workload};

/// Whether the group is one resource, which the second pass would leave alone without a finding. If it is not YAML, the
/// only finding would be `unparsed-document`.
pub(super) fn is_one(group: &Group<'_>, declared: &[Kind]) -> bool {
    if group.list.is_some() {
        return false;
    }
    let text = group.text;
    let Some(Head { kind, is_first }) = Head::read(text) else { return false };
    !matters(kind, declared)
        && !MARKS.iter().any(|mark| memmem::find(text, mark.as_bytes()).is_some())
        && memchr_iter(b'\\', text).all(|at| is_harmless(text.get(at + 1)))
        && memchr_iter(b'\r', text).all(|at| text.get(at + 1) == Some(&b'\n'))
        && memmem::find(text, b"{{").is_none()
        && std::str::from_utf8(text).is_ok()
        // If reading fails before the kind, the document may be taken for the workload that it mentions.
        && (is_first || !mentions_workload(text, declared))
}

/// Whether resources of this kind, of whatever group, are changed or may have items that are.
fn matters(kind: &[u8], declared: &[Kind]) -> bool {
    let mut known = Kind::ALL.iter().chain(declared);
    kind.ends_with(b"List")
        || [instrumentation::KIND, collector::KIND].iter().any(|source| source.as_bytes() == kind)
        || known.any(|row| row.kind.as_bytes() == kind)
}

/// Whether a backslash before this byte cannot stand for a part of one of the [`MARKS`].
fn is_harmless(after: Option<&u8>) -> bool {
    matches!(after, Some(b'"' | b'\\' | b'n' | b't' | b'r' | b'b' | b'f' | b'0'))
}

/// What the lines at column 0 tell.
struct Head<'t> {
    kind: &'t [u8],
    /// Only an `apiVersion` comes before the kind.
    is_first: bool,
}

impl<'t> Head<'t> {
    /// `None` if a line at column 0 is anything but a plain key, an element, a comment, or the `---` at the start; or if
    /// the kind is not a plain word in one line.
    fn read(text: &'t [u8]) -> Option<Self> {
        let mut head: Option<Self> = None;
        let mut is_first = true;
        let mut begun = false;
        let mut marked = false;
        let mut at = 0;
        while at < text.len() {
            let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline);
            let line = &text[at..end];
            let start = std::mem::replace(&mut at, end + 1);
            match line.first() {
                None | Some(b'#') => continue,
                Some(b' ' | b'\r') if begun || line.trim_ascii().is_empty() => continue,
                Some(b'-') if begun && line.get(1) == Some(&b' ') => continue,
                Some(b'-') if !begun && !marked && line.trim_ascii_end() == b"---" => {
                    marked = true;
                    continue;
                }
                Some(first) if first.is_ascii_alphabetic() => begun = true,
                _ => return None,
            }
            let key = line.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let value = line[key..].strip_prefix(b":")?;
            if !matches!(value.first(), None | Some(b' ' | b'\r')) {
                return None;
            }
            let value = value.trim_ascii();
            match &line[..key] {
                b"kind" => {
                    let is_word =
                        value.first()?.is_ascii_uppercase() && value.iter().all(u8::is_ascii_alphanumeric);
                    // The value may go on in an indented line.
                    let is_whole =
                        text.get(at).is_none_or(|next| next.is_ascii_alphabetic() || *next == b'#');
                    // What is opened before may hide this line.
                    let is_open = text[..start].iter().any(|byte| matches!(byte, b'"' | b'\'' | b'{' | b'['));
                    if head.is_some() || !is_word || !is_whole || is_open {
                        return None;
                    }
                    head = Some(Self { kind: value, is_first });
                }
                b"apiVersion" => {
                    let is_plain =
                        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-');
                    is_first &= value.iter().all(is_plain);
                }
                _ => is_first = false,
            }
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::context::Context;
    use crate::config::{Settings, function};
    use crate::engine::{Role, Source, Task, cut, inject};
    use crate::finding::Code;

    /// Compares each document that is passed on with what reading it gives. Returns how many there are.
    fn compare(text: &[u8], settings: &Settings) -> usize {
        let source = Source { file: None, text, role: Role::Stream };
        let groups = cut::groups(0, &source);
        let passed: Vec<_> = groups.iter().filter(|group| is_one(group, &settings.kinds)).collect();
        for group in &passed {
            for task in [Task::Inject, Task::Patch, Task::List, Task::Uninject] {
                let read = inject::group(&[source], group, &Context::default(), settings, task);
                let shown = String::from_utf8_lossy(group.text);
                let is_unread = |code| code == Code::UnparsedDocument;
                assert!(
                    read.findings.iter().all(|(_, finding)| is_unread(finding.code)),
                    "{shown}\n{read:?}"
                );
                assert_eq!(read.resources, usize::from(read.findings.is_empty()), "{shown}");
                assert!(read.edits.is_empty() && read.patches.is_empty(), "{shown}");
                assert!(
                    read.workloads.is_empty() && read.asks_for.is_empty() && read.rules.is_empty(),
                    "{shown}"
                );
                assert!(read.dropped == 0 && !read.is_dropped && !read.unreadable, "{shown}");
            }
        }
        passed.len()
    }

    fn with_rule() -> Settings {
        let spec = json!({"rules": [{"select": {"names": ["*"]}, "inject": "java"}], "instrumentationResources": "drop"});
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
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: \"x\\n\"\n",
            "# c\n---\napiVersion: v1\r\nkind: Service\r\nspec:\r\n  ports:\r\n  - port: 80\r\n",
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec: {scaleTargetRef: {kind: Deployment}}\n",
            "data:\n  a: |\n    kind: Deployment is a text\napiVersion: v1\nrules:\n- a\nkind: Role",
        ] {
            let expected = usize::from(!text.contains("is a text"));
            assert_eq!(compare(text.as_bytes(), &with_rule()), expected, "{text}");
        }
    }

    #[test]
    fn anything_doubtful_is_read() {
        for text in [
            "kind: Deployment\n",
            "kind: List\n",
            "kind: FooList\n",
            "kind: Instrumentation\n",
            "kind: ConfigMap\nkind: Deployment\n",
            "kind: Foo\n  List\n",
            "kind: Foo\n\n  List\n",
            "kind: Foo\n\"kind\": Deployment\n",
            "kind: Foo\n? kind\n: Deployment\n",
            "kind: Foo\n<<: {kind: Deployment}\n",
            "kind: Foo\nx: y\rkind: Deployment\n",
            "x: \"\nkind: Foo\n\"\n",
            "x: {\nkind: Foo\n}\n",
            "kind: &a Foo\n",
            "kind : Foo\n",
            "\u{feff}kind: Foo\n",
            "kind: Foo\nname: {{ .Release.Name }}\n",
            "kind: Foo\nx: \"instrumentation.opentelemetry\\x2eio/inject-java\"\n",
            "kind: Foo\nmetadata: {annotations: {instrumentation.opentelemetry.io/inject-java: 'true'}}\n",
            "x: *a\nkind: Foo\nspec: {kind: Deployment}\n",
            "- kind: Foo\n",
            " kind: Foo\n",
            "x: y\n",
            "",
        ] {
            assert_eq!(compare(text.as_bytes(), &with_rule()), 0, "{text}");
        }
    }

    const PIECES: &[&str] = &[
        "apiVersion: v1",
        "kind: Foo",
        "kind: ConfigMap",
        "kind: Deployment",
        "kind: List",
        "kind:",
        "Kind: A",
        "metadata:",
        "data:",
        "items:",
        "spec:",
        "a: b",
        "\n",
        "\n",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n- ",
        "\r\n",
        "\r",
        "\t",
        " ",
        "---",
        "\n---\n",
        "\n---\n",
        "...",
        "\"",
        "'",
        "|",
        "|0",
        ">-",
        "|2",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        ": ",
        "&a",
        "*a",
        "!!str ",
        "# c",
        " #",
        "? ",
        "- ",
        "\\",
        "\\\"",
        "\\n",
        "\\x2e",
        "<<: ",
        "%YAML 1.2",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{0}",
        "é",
        "instrumentation.opentelemetry.io/inject-java: 'true'",
        "apiVersion: v1\nkind: Foo\n",
        "apiVersion: v1\nkind: Secret\ndata:\n  a: ",
        "template",
        "name: x",
    ];

    fn by_chance(cases: u32) {
        let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 1..24);
        let start = proptest::sample::select(
            &["", "apiVersion: v1\nkind: Foo\n", "data:\n  a: ", "kind: Foo\nx: "][..],
        );
        let settings = with_rule();
        proptest!(ProptestConfig::with_cases(cases), |(start in start, pieces in pieces)| {
            compare(format!("{start}{}", pieces.concat()).as_bytes(), &settings);
        });
    }

    #[test]
    fn what_is_passed_on_by_chance_gives_nothing() {
        by_chance(20_000);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn what_is_passed_on_by_much_chance_gives_nothing() {
        by_chance(10_000_000);
    }
}
