use proptest::prelude::*;

use super::*;
use crate::yaml::edited;

/// Applies edits and the ones that every host gets, and proves them by parts and as a whole.
fn proven(text: &str, mut edits: Vec<Edit>) -> Option<(bool, Result<(), String>)> {
    let envelope = Envelope::read(text.as_bytes()).ok()?;
    let body = envelope.body();
    let removal = |range| Edit { range, text: String::new() };
    edits.insert(0, removal(0..body.start));
    edits.push(removal(body.end..text.len()));
    edits.sort_by_key(|edit| edit.range.start);
    let is_in_order = edits.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start);
    let is_whole =
        |edit: &Edit| text.is_char_boundary(edit.range.start) && text.is_char_boundary(edit.range.end);
    if !is_in_order || !edits.iter().all(is_whole) {
        return None;
    }
    let printed = edited(text, &edits);
    let by_parts = envelope.proven_by_parts(&printed, &edits).is_some();
    Some((by_parts, envelope.prove_whole(&printed, &edits)))
}

const LIST: &str = "\
# c
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
# first
- apiVersion: v1
  kind: ConfigMap
  data:
    a: |
      - b
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
- !!map
  kind: Other
- kind: Anchors
  a: &a b
  c: *a
functionConfig:
  kind: OtelInject
";

fn added(before: &str, added: &str) -> Edit {
    let at = LIST.find(before).expect("a place") + before.len();
    Edit { range: at..at, text: added.to_owned() }
}

#[test]
fn edits_are_proven_by_parts() {
    let removed = |text: &str| {
        let at = LIST.find(text).expect("a place");
        Edit { range: at..at + text.len(), text: String::new() }
    };
    for edits in [
        vec![],
        vec![added("metadata: {name: web", ", labels: {a: b}")],
        vec![added("{name: web}\n", "  spec: {}\n"), added("kind: Other\n", "  a: b\n")],
        vec![added("kind: OtelInject\n", "results:\n- message: m\n")],
        vec![removed("- !!map\n  kind: Other\n")],
        vec![added("c: *a\n", "  d: *a\n")],
    ] {
        assert_eq!(proven(LIST, edits.clone()), Some((true, Ok(()))), "{edits:?}");
    }
    let last = &LIST[..LIST.find("functionConfig").expect("a place")];
    let results = Edit { range: last.len()..last.len(), text: "results:\n- message: m\n".to_owned() };
    let own = added("c: *a\n", "  d: e\n");
    assert_eq!(proven(last, vec![own, results]), Some((true, Ok(()))));
}

#[test]
fn edits_that_change_more_are_not_proven() {
    for edit in [
        added("kind: Deployment", "\n- kind: Other"),
        added("kind: Deployment", "\n-"),
        added("kind: Deployment", "\nx: y"),
        added("kind: Other", "\n  x: \""),
        added("- !!map", " !!seq"),
        added("  kind: OtelInject", "\n  x: y"),
        added("# first", "\n- kind: Other"),
        added("items:", " []"),
        added("kind: ResourceList\n", "items:\n- a: b\n"),
        added("metadata: {name: web}\n", "...\n"),
        added("metadata: {name: web", ", labels: *a"),
    ] {
        let (by_parts, whole) = proven(LIST, vec![edit.clone()]).expect("an edited list");
        assert!(!by_parts && whole.is_err(), "{edit:?} {whole:?}");
    }
}

#[test]
fn a_document_that_ends_behind_a_carriage_return_is_not_proven_by_parts() {
    let text = "items:\n- a: b\n- \r\nx: y\n";
    let at = text.find('\r').expect("one") + 1;
    let edit = Edit { range: at..at, text: "...\n".to_owned() };
    let (by_parts, whole) = proven(text, vec![edit]).expect("an edited list");
    assert!(!by_parts && whole.is_err(), "{whole:?}");
}

const PIECES: &[&str] = &[
    "apiVersion: v1\n",
    "kind: ResourceList\n",
    "items:\n",
    "items:\n",
    "items: # c\n",
    "- a: b\n",
    "- a: b\n",
    "- a: b\n",
    "  - a: b\n",
    "  c: d\n",
    "  c: |\n",
    "    e\n",
    "    e: \"f\n",
    "\"\n",
    "  - g\n",
    "- ",
    "-\n",
    "# c\n",
    "  # c\n",
    "\n",
    "    ",
    "- &x a: b\n",
    "  c: *x\n",
    "  c: &x d\n",
    "  c: *x\n",
    "- *x\n",
    "- !t a: b\n",
    "- {a: b}\n",
    "- [a,\n",
    "]\n",
    "  c: 'd\n",
    "'\n",
    "x: \"y\n",
    "x: |\n",
    "x: >+\n",
    "functionConfig: {}\n",
    "functionConfig: &x\n",
    "x: *x\n",
    "? a\n",
    ": b\n",
    "results: []\n",
    "...\n",
    "---\n",
    "%TAG ! !a\n",
    "  c:\td\n",
    "\r\n",
    "\u{feff}",
    "\u{e9}",
    "a",
    "-",
    ":",
    " ",
];

fn by_chance(cases: u32) {
    let pieces = || proptest::collection::vec(proptest::sample::select(PIECES), 0..8);
    let head = proptest::sample::select(
        &["", "# c\n", "a: b\n", "kind: ResourceList\n", "---\n", "x: \"\n", "%TAG ! !a\n---\n"][..],
    );
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), 0..6usize, pieces()), 0..3);
    let by_parts = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(cases), |(head in head, items in pieces(), rest in pieces(), edits in edits)| {
        let text = format!("{head}items:\n- a: b\n{}functionConfig: c\n{}", items.concat(), rest.concat());
        let edits = edits.into_iter().map(|(at, length, pieces)| {
            let start = at.index(text.len() + 1);
            let start = (0..=start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            let length = if length == 5 { text[start..].find("\n- ").map_or(0, |at| at + 1) } else { length };
            Edit { range: start..(start + length).min(text.len()), text: pieces.concat() }
        });
        if let Some((true, whole)) = proven(&text, edits.collect()) {
            prop_assert_eq!(whole, Ok(()), "{}", text);
            by_parts.set(by_parts.get() + 1);
        }
    });
    assert!(by_parts.get() > cases / 100, "{by_parts:?}");
}

#[test]
fn what_is_proven_by_parts_is_proven_as_a_whole() {
    by_chance(20_000);
}

#[test]
#[ignore = "takes minutes"]
fn what_is_proven_by_parts_by_much_chance_is_proven_as_a_whole() {
    by_chance(10_000_000);
}
