use proptest::prelude::*;

use super::*;
use crate::yaml::parser::{Event, Granit};
use crate::yaml::{Document, events};

const KEYS: [&str; 2] = ["apiVersion", "kind"];

/// Compares a simple text with what the parser reads. Returns whether the text is simple and without anchors.
fn compare(text: &str, form: Form) -> bool {
    let values = skim(text.as_bytes(), form, KEYS);
    if !compare_nodes(text) {
        // Otherwise the parser would be compared with itself.
        assert_eq!(values, None, "{text}");
    }
    let Some(values) = values else { return false };
    let document = Document::parse(text).expect("a simple text");
    let base = match form {
        Form::Mapping => "",
        Form::Element => "/0",
    };
    if form == Form::Element {
        let root = document.at("").expect("a root");
        assert_eq!(document.elements(root).map(|all| all.len()), Some(1), "{text}");
    }
    assert!(document.value().is_ok(), "{text}");
    let mapping = document.at(base).expect("a mapping");
    assert!(document.is_mapping_at(mapping), "{text}");
    for (key, value) in KEYS.iter().zip(values) {
        let read = document.values(mapping, key);
        assert_eq!(read.len(), usize::from(value.is_some()), "{text}");
        assert_eq!(read.first().and_then(|node| document.text(*node)), value, "{text}");
    }
    if form == Form::Element {
        between_others(text);
    }
    true
}

struct Anything;

impl<'t> events::Take<'t> for Anything {
    fn event(&mut self, _: Event<'t>, _: Span) -> Option<()> {
        Some(())
    }

    fn scalar(&mut self, _: &'t str, _: Style, _: Span) -> Option<()> {
        Some(())
    }
}

/// Compares the nodes of a simple text with those that the parser reads. Returns whether the text is simple.
fn compare_nodes(text: &str) -> bool {
    if events::of_simple(text, &mut Anything).is_none() {
        return false;
    }
    let document =
        Document::read(text, Granit::new(text)).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
    let own = Document::parse(text).expect("a simple text");
    assert_eq!(format!("{own:?}"), format!("{document:?}"), "{text}");
    true
}

/// The text as an element, in lines that are indented.
fn element(text: &str) -> String {
    let indent = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("  {line}") };
    text.split_inclusive('\n').map(indent).collect::<String>().replacen(' ', "-", 1)
}

/// Compares an element alone with the same element between others, in a list with other keys.
fn between_others(text: &str) {
    let text = format!("{text}{}", if text.ends_with('\n') { "" } else { "\n" });
    let dash = text.lines().find(|line| line.trim_start_matches(' ').starts_with('-')).expect("a dash");
    let indent = &dash[..dash.len() - dash.trim_start_matches(' ').len()];
    let around = format!("x: y\nitems:\n{text}{indent}- z\n{text}a: b\n");
    let list = Document::parse(&around).unwrap_or_else(|problem| panic!("{problem}\n{around}"));
    let alone = Document::parse(&text).expect("YAML");
    let value = |document: &Document<'_>, pointer| {
        document.value_of(document.at(pointer).expect("a node")).map_err(|problem| problem.message)
    };
    let own = value(&alone, "/0");
    for pointer in ["/items/0", "/items/2"] {
        assert_eq!(value(&list, pointer), own, "{around}");
    }
    assert_eq!(list.text_at("/items/1"), Some("z"), "{around}");
    assert_eq!(list.text_at("/a"), Some("b"), "{around}");
}

#[test]
fn simple_texts_are_recognized() {
    for text in [
        "a: b",
        "# c\n---\na: b\n",
        "kind: Foo\napiVersion: apps/v1 \r\na:\r\n- b\r\n",
        "a:\n  b:\n  - c: d\n    e: f\n  - - g\n    - h\n  -\n    i: j\nk: l\n",
        "a:\n# c\n- b # c\n\n- c\nd:\ne: # c\n  f\n",
        "a:\n- b\n- # c\nc:\n-  \n- d\ne:\n  - ",
        "a: >\n\n  b\n  c\n\n\n  d\n    e\n   f\n\n  g\n  h\n\n\nb: >+\n  c\n\n# d\n",
        "a: \"b  \n  c \\\\n\\t \n\n\n  d\n \"\ne: '\n  ''f\n\n  '\n",
        "a: |\n  x: \"y\n\n   {{ z\n\n# c\nb: >-\n  t\nc: |+\n\n\nd: |\ne: f\n",
        "a:\n- |\n  kind: x\n- >\n   'y\n",
        "a: \"b\\n\\\"c\" # d\ne: 'f''g'\n\"h\": \"i\n  j\n\n  k\"\n'l': ''\n",
        "a: b c\n  d \"e\n\n  f\ng: http://h#i\n",
        "a: b\n  \"c\", 'd'\n  - e\n  == f\n  `g`\n  [h], {i}\n  |\n  &j *k !l @m %n\n  --- ?\no:\n- p\n  - q\n",
        "a: \"b\n  \\ c\\ d\n\n  \\  e\"\n",
        "a: {}\nb: [] # c\nc: -1\nd: <e>\nf:\n- --g\n- -h i\nj: [-k, --l]\n",
        "kind: Foo # c\n",
        "a: [b, 'c d', \"e: f\", [1.5, {}], { g: h, \"i\": {j: []} }] # k\nl:\n- {m: n/o-p}\n- [ ]\n",
        "a: \u{e9}\u{2026}\n",
        "a:\n  \"b c\": d\n  .e/f: g\n",
        "a:\n  a:\n    a: b\n  b: {a: {a: b}}\nb:\n- a: b\n- a: b\nc:\n  a: b\n",
    ] {
        assert!(compare(text, Form::Mapping), "{text}");
        let item = element(text.trim_start_matches("# c\n---\n"));
        assert!(compare(&item, Form::Element), "{text}");
    }
}

#[test]
fn anchors_and_aliases_are_read() {
    for text in [
        "a: &x b\nc: *x\n",
        "a: &x-1 \"b\" # c\nd:\n- *x-1\n- *x-1 # c\n",
        "a: &x {b: c}\nd: *x\ne: &x [f]\ng: *x\n",
        "a: &x\n  b: c\nd: &y\n- e\n- &z f\n- &z\n  g\nh: [*y]\n".replace("[*y]", "*y").as_str(),
        "a: &x |\n  b\nc: *x\nd:\n- &y\n  e: f\n- *y\n",
        "a: &x # c\n\n  b\n  c\nd: *x\n",
    ] {
        assert!(compare_nodes(text), "{text}");
        assert!(!compare(text, Form::Mapping), "{text}");
        assert!(compare_nodes(&element(text)), "{text}");
    }
    for text in [
        "a: *x\n",
        "a: &x\nb: c\n",
        "a: &x\n",
        "a: &x &y b\n",
        "a: &x *x\n",
        "a: &x\n  &y b\n",
        "a: &x b\nc: &y\n  *x\n",
        "a: &x b: c\n",
        "a:\n- &x b: c\n",
        "a:\n- &x - c\n",
        "a: &x b\n*x : c\n",
        "a: &x b\nc: *x d\n",
        "a: &x b\nc: *x: d\n",
        "a: &x,b c\n",
        "a: & b\n",
        "&x\na: b\n",
        "a: [&x b]\n",
    ] {
        assert!(!compare_nodes(text), "{text}");
    }
}

#[test]
fn the_rest_is_left_to_the_parser() {
    for text in [
        "",
        "a",
        "- a: b",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b\n",
        "--- # c\na: b\n",
        "\u{feff}a: b\n",
        "a: b\n---\nc: d\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !!str b\n",
        "? a\n: b\n",
        "<<: a\n",
        "a: {b}\n",
        "a: {b:c}\n",
        "a: {b : c}\n",
        "a: {b: }\n",
        "a: {b: c,}\n",
        "a: {b: c]\n",
        "a: [b\n  ]\n",
        "a: [b: c]\n",
        "a: [b c]\n",
        "a: [b,c]\n",
        "a: [&b c]\n",
        "a: [b] c\n",
        "a: ['b''c']\n",
        "a: [\"b\\\"]\n",
        "a: {{ b }}\n",
        "a:\tb\n",
        "a: b\t\n",
        "\ta: b\n",
        "a: b\rc: d\n",
        "a: \u{85}\n",
        "a: \u{2028}\n",
        "a: \u{0}\n",
        "a: \u{7f}\n",
        "a: b: c\n",
        "a: b:\n",
        "a: b\n  c: d\n",
        "a: b\n  - c: d\n",
        "a: b\n  \"c\":\n",
        "a: b\n  \tc\n",
        "a: b # c\n  d\n",
        "a: b\n # c\n  d\n",
        "a: 'b' c\n",
        "a: 'b\n",
        "a: \"b\nc\"\n",
        "a: \"\\x41\"\n",
        "a: \"b\\\n  c\"\n",
        "a: \"b\\ \n  c\"\n",
        "a: |2\n   b\n",
        "a: | # c\n  b\n",
        "a: |\n    b\n  c\n",
        "a: |\n   \n  b\n",
        "a: |\n  \tb\n",
        "a:\n  b: c\n d: e\n",
        "a: - b\n",
        "a:\n- b\n-c\n",
        "  a: b\nc: d\n",
        "a: b\na: c\n",
        "a: b\n\"a\": c\n",
        "a:\n- b: c\n  d:\n    b: e\n  b: f\n",
        "a: {b: c, 'b': d}\n",
        "kind: Foo\nkind: Bar\n",
        "kind:\n  Foo\n",
        "kind: Foo\n  Bar\n",
        "kind: 'Foo'\n",
        "kind: Foo# c\n",
        "kind: Foo # c\n  Bar\n",
        "a: - b\n",
        "a: ---\n",
        "a: [-]\n",
        "a: [- b]\n",
        "a: [---]\n",
        "kind: |\n  Foo\n",
        "kind: 1\n",
        "\"kind\": Foo\nkind: Bar\n",
        "kind : Foo\n",
    ] {
        assert!(!compare(text, Form::Mapping), "{text}");
    }
    for text in [
        "a: b\n",
        "- a: b\n- c: d\n",
        "- - a: b\n",
        "- b\n",
        "-\n",
        "",
        "- a: b\nc: d\n",
        "-   a: b\n  c: d\n",
    ] {
        assert!(!compare(text, Form::Element), "{text}");
    }
}

const PIECES: &[&str] = &[
    "a: ",
    "a:",
    "b: c",
    "\"d\": ",
    "'e': f",
    "kind: Foo",
    "apiVersion: v1",
    "kind: ",
    "x",
    "y z",
    "-",
    "- ",
    "- ",
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\n  ",
    "\n    ",
    "\n - ",
    "\n- ",
    "\n  - ",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "---",
    "\n---\n",
    "...",
    "\"",
    "\"",
    "'",
    "'",
    "|",
    "|\n",
    "|+\n  ",
    ">-\n",
    ">\n",
    "\n\n",
    "\n\n\n",
    "\n     x",
    "\n   y",
    "|2",
    "{}",
    "[]",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ": ",
    "&a ",
    "&a",
    "&b\n",
    "*a",
    ": &a ",
    ": *a\n",
    "- &b ",
    "- *b",
    "!!str ",
    "# c",
    " # c",
    "#",
    "? ",
    "\\",
    "\\\"",
    "\\n",
    "\\ ",
    "\\x2e",
    "<<: ",
    "%",
    "@",
    "`",
    "~",
    "<",
    "\u{feff}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{0}",
    "\u{e9}",
    "null",
    "=",
    "-1",
    "--",
    "0",
];

fn by_chance(cases: u32) {
    let pieces = || proptest::collection::vec(proptest::sample::select(PIECES), 1..16);
    let start = proptest::sample::select(
        &[
            "",
            "a: b\n",
            "a: b\n  ",
            "a:\n  b: c\n",
            "a:\n- b\n",
            "a:\n- b\n  ",
            "a: |\n  b\n",
            "a: >\n   b",
            "a: >+\n   b\n    c",
            "a: \"",
            "a: \"b\n  ",
            "a: 'b",
        ][..],
    );
    proptest!(ProptestConfig::with_cases(cases), |(start in start, pieces in pieces(), end in pieces())| {
        let text = format!("{start}{}", pieces.concat());
        compare(&text, Form::Mapping);
        compare(&format!("{text}\nx: {}", end.concat()), Form::Mapping);
        compare(&element(&text), Form::Element);
        compare(&format!("- {text}"), Form::Element);
    });
}

#[test]
fn a_simple_text_by_chance_is_read_the_same() {
    by_chance(30_000);
}

#[test]
#[ignore = "takes minutes"]
fn a_simple_text_by_much_chance_is_read_the_same() {
    by_chance(20_000_000);
}
