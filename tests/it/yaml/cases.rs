//! Edits that once went wrong, or easily could: text, changes, text.

use otel_inject::change::Change;
use otel_inject::value::json;
use otel_inject::yaml::{Document, Trouble, edited};

/// What splicing makes of `text`; a refusal as its message.
fn splice(text: &str, changes: &[Change]) -> Result<String, String> {
    let document = Document::parse(text).unwrap();
    let edits = document.splice(changes).map_err(|problem| {
        assert_eq!(problem.trouble, Trouble::Uneditable);
        problem.message
    })?;
    let out = edited(text, &edits);
    let mut wanted = document.value().unwrap();
    changes.iter().for_each(|change| change.apply(&mut wanted).unwrap());
    let value = Document::parse(&out).and_then(|document| document.value());
    assert_eq!(value.as_ref(), Ok(&wanted), "{out}");
    Ok(out)
}

#[track_caller]
fn becomes(text: &str, changes: &[Change], wanted: &str) {
    assert_eq!(splice(text, changes).as_deref(), Ok(wanted));
}

#[track_caller]
fn is_refused(text: &str, changes: &[Change], why: &str) {
    match splice(text, changes) {
        Ok(out) => panic!("edited: {out}"),
        Err(message) => assert!(message.contains(why), "{message}"),
    }
}

#[test]
fn a_null_with_a_comment_opens_below_its_comment() {
    for (text, wanted) in [
        ("env: # none\n", "env: # none\n- a\n"),
        ("env: ~ # x\n", "env: # x\n- a\n"),
        ("env:", "env:\n- a"),
        ("env: []\n", "env:\n- a\n"),
        ("env: {} # x", "env: # x\n- a"),
        ("env: null\r\nb: 1\r\n", "env:\r\n- a\r\nb: 1\r\n"),
        ("env: &e [] # x\n", "env: &e # x\n- a\n"),
    ] {
        becomes(text, &[Change::replace("/env", json!(["a"]))], wanted);
    }
}

#[test]
fn an_empty_element_is_filled_behind_its_dash() {
    let changes = [Change::replace("/0", json!({"a": 1, "b": 2}))];
    becomes("-\n- x\n", &changes, "- a: 1\n  b: 2\n- x\n");
    becomes("- # c\n- x\n", &changes, "- # c\n  a: 1\n  b: 2\n- x\n");
    becomes("- []\n", &[Change::add("/0/0", json!("x"))], "- - x\n");
    becomes("- {} # c", &changes, "- # c\n  a: 1\n  b: 2");
    becomes("- - ~", &[Change::replace("/0/0", json!(["x", "z"]))], "- - - x\n    - z");
}

#[test]
fn a_text_without_final_line_break_keeps_none() {
    becomes("- a\n- b", &[Change::add("/2", json!("c"))], "- a\n- b\n- c");
    becomes("- a\n- b", &[Change::remove("/1")], "- a");
    becomes("- a\n- b\n- c\n- d", &[Change::remove("/3"), Change::remove("/2"), Change::remove("/1")], "- a");
    becomes("- a\n- b", &[Change::remove("/1"), Change::add("/1", json!("c"))], "- a\n- c");
    becomes("- a\n- b\n- c", &[Change::relocate("/0", "/2")], "- b\n- c\n- a");
    becomes("a: 1\r\nb: 2", &[Change::remove("/b"), Change::add("/c", json!(3))], "a: 1\r\nc: 3");
}

#[test]
fn a_block_scalar_at_the_end_keeps_its_content() {
    becomes("- |\n  x", &[Change::add("/1", json!("z"))], "- |-\n  x\n- z");
    becomes("- >\n  x", &[Change::relocate("/0", "/0"), Change::add("/1", json!("z"))], "- >-\n  x\n- z");
    becomes("- |\n  x\n- y", &[Change::remove("/1")], "- |\n  x\n");
    becomes("- a\n- |\n  x", &[Change::relocate("/0", "/1")], "- |-\n  x\n- a");
}

#[test]
fn a_block_scalar_grows_in_its_style() {
    let longer = |text: &str| [Change::replace("/a", json!(text))];
    becomes("a: |\n  x\nb: 1\n", &longer("x\n --y"), "a: |-\n  x\n   --y\nb: 1\n");
    becomes("a: |-\n  x\nb: 1\n", &longer("x --y"), "a: |-\n  x --y\nb: 1\n");
    becomes("a: >-\n  x\n  y\n", &longer("/p:x y"), "a: >-\n  /p:x\n  y\n");
    becomes("a: >\n  x\n", &longer("x\n y"), "a: >-\n  x\n   y\n");
    becomes("a: |+\n  x\n\nb: 1\n", &longer("x\n\ny"), "a: |-\n  x\n\n  y\nb: 1\n");
}

#[test]
fn nothing_is_removed_below_a_block_scalar_that_would_take_in_what_follows() {
    let why = "would take in the lines below";
    is_refused("a:\n- |+\n x\n- y\n\nb: 1\n", &[Change::remove("/a/1")], why);
    is_refused("a:\n- |\n x\n- y\n # c\nb: 1\n", &[Change::remove("/a/1")], why);
    is_refused("a:\n- |+\n x\n- y\n\nb: 1\n", &[Change::relocate("/a/0", "/a/1")], why);
    becomes("a:\n- |\n x\n- y\n\nb: 1\n", &[Change::remove("/a/0")], "a:\n- y\n\nb: 1\n");
}

#[test]
fn quoted_and_plain_scalars_of_several_lines_keep_their_lines() {
    let longer = |text: &str| [Change::replace("/a", json!(text))];
    becomes("a: one\n  two\n", &longer("one two three"), "a: one\n  two three\n");
    becomes("a: one\n  t\"w\\o\n", &longer("one t\"w\\o: #"), "a: \"one\n  t\\\"w\\\\o: #\"\n");
    becomes("a: 'one\n  two'\n", &longer("one two it's"), "a: 'one\n  two it''s'\n");
    becomes("a: \"one\n  \"\n", &longer("one  x"), "a: \"one\n  \\x20x\"\n");
    becomes("a: '\n  one'\n", &longer("x  one"), "a: \"x  one\"\n");
    becomes("a: \"\n  one\"\n", &longer("x  one"), "a: \"x\\x20\n  one\"\n");
}

#[test]
fn comments_stay_with_their_elements() {
    let list = "a:\n# head\n- x # one\n# of y\n- y\n  # of z\n- z\nb: 1\n";
    becomes(
        list,
        &[Change::add("/a/0", json!("w"))],
        "a:\n- w\n# head\n- x # one\n# of y\n- y\n  # of z\n- z\nb: 1\n",
    );
    becomes(
        list,
        &[Change::relocate("/a/1", "/a/2")],
        "a:\n# head\n- x # one\n  # of z\n- z\n# of y\n- y\nb: 1\n",
    );
    becomes(list, &[Change::remove("/a/1")], "a:\n# head\n- x # one\n  # of z\n- z\nb: 1\n");
}

#[test]
fn the_first_key_of_an_element_leaves_its_dash_to_the_next() {
    becomes("- a: 1\n  b: 2\n  c: 3\n", &[Change::remove("/0/a")], "- b: 2\n  c: 3\n");
    becomes(
        "-   a: 1\n    b: 2\n    c: 3\n",
        &[Change::remove("/0/a"), Change::remove("/0/b")],
        "-   c: 3\n",
    );
    is_refused("- a: 1 # c\n  b: 2\n", &[Change::remove("/0/a")], "first member on its dash's line");
    becomes("- a: 1\n  !!str b: 2\n", &[Change::remove("/0/a")], "- !!str b: 2\n");
}

#[test]
fn an_element_may_end_in_an_empty_value_wherever_it_is() {
    let add = |index: usize| [Change::add(format!("/a/{index}"), json!({"k": "new"}))];
    for empty in
        ["", " ", "\t", "  # c", " # - x: y", "\n\n  # c\n", " &x", " !!null # c", "\n      !!null\n"]
    {
        let text = format!("a:\n- n: 1\n  v:{empty}\n- n: 2\n- m:\n    v:{empty}\n- n: 3\n");
        for newline in ["\n", "\r\n"] {
            let text = text.replace('\n', newline);
            for index in 0..=4 {
                let out = splice(&text, &add(index)).unwrap_or_else(|why| panic!("{why}: {text}"));
                let added = format!("- k: new{newline}");
                assert_eq!(out.replacen(&added, "", 1), text, "{out}");
            }
        }
    }
    for (text, wanted) in [
        ("a:\n-\n- x\n", "a:\n-\n- x\n- k: new\n"),
        ("a:\n- # c\n- &x\n", "a:\n- # c\n- &x\n- k: new\n"),
        ("a:\n- - x\n  - # c\n- ? v\nb: 1\n", "a:\n- - x\n  - # c\n- ? v\n- k: new\nb: 1\n"),
        ("a:\n- {v: }\n- w:", "a:\n- {v: }\n- w:\n- k: new"),
    ] {
        becomes(text, &add(2), wanted);
    }
}

#[test]
fn an_empty_value_is_filled_behind_its_colon_wherever_it_is() {
    let text = "a:\n- n: 1\n  v: # c\n- n: 2\n";
    becomes(text, &[Change::replace("/a/0/v", json!("x"))], "a:\n- n: 1\n  v: x # c\n- n: 2\n");
    becomes(text, &[Change::replace("/a/0/v", json!(["x"]))], "a:\n- n: 1\n  v: # c\n  - x\n- n: 2\n");
    becomes(text, &[Change::remove("/a/0/v")], "a:\n- n: 1\n- n: 2\n");
    becomes(text, &[Change::relocate("/a/0", "/a/1")], "a:\n- n: 2\n- n: 1\n  v: # c\n");
    for text in ["{a, b: 1}", "{a: , b: 1}", "{\"a\":, b: 1}", "{? a, b: 1}", "{? a : , b: 1}"] {
        let out = splice(text, &[Change::replace("/a", json!("x"))]).unwrap();
        assert!(out.replace('"', "").contains("b: 1}"), "{out}");
    }
    becomes("[a: , b]\n", &[Change::add("/1", json!("x"))], "[a: , \"x\" , b]\n");
}

#[test]
fn an_explicit_key_is_edited_like_any_other() {
    let text = "? a\n: b: 1\n  c: 2\n? d # of d\n# its value\n: - x\n  - y\n? e\n? &k \"f\"\n: 1\n";
    for (change, wanted) in [
        (Change::add("/g", json!(2)), format!("{text}g: 2\n")),
        (Change::add("/a/m", json!(3)), text.replace("  c: 2\n", "  c: 2\n  m: 3\n")),
        (Change::add("/d/0", json!("w")), text.replace(": - x\n", ": - w\n  - x\n")),
        (Change::add("/d/2", json!("z")), text.replace("  - y\n", "  - y\n  - z\n")),
        (Change::replace("/e", json!({"o": 1})), text.replace("? e\n", "? e\n:\n  o: 1\n")),
        (Change::replace("/e", json!("v")), text.replace("? e\n", "? e\n: v\n")),
        (Change::remove("/a"), text.replace("? a\n: b: 1\n  c: 2\n", "")),
        (Change::remove("/a/b"), text.replace(": b: 1\n  c: 2\n", ": c: 2\n")),
        (Change::remove("/d"), text.replace("? d # of d\n# its value\n: - x\n  - y\n", "")),
        (Change::remove("/d/0"), text.replace(": - x\n  - y\n", ": - y\n")),
        (Change::remove("/e"), text.replace("? e\n", "")),
        (Change::remove("/f"), text.replace("? &k \"f\"\n: 1\n", "")),
    ] {
        becomes(text, &[change], &wanted);
    }
    let item = "- ? name\n  : a\n  ? env\n  : # none\n  image: b\n- c\n";
    becomes(item, &[Change::replace("/0/env", json!(["x"]))], &item.replace("  image", "  - x\n  image"));
    becomes(item, &[Change::add("/1", json!("m"))], &item.replace("- c", "- m\n- c"));
    let aliases = "&k a: 1\nb: *k\n*k : x\n";
    is_refused("&k a: 1\nb: *k\n", &[Change::remove("/a")], "an anchor");
    assert!(Document::parse(aliases).unwrap().value().is_err());
    becomes("&k a: 1\nb: *k\n", &[Change::add("/c", json!(1))], "&k a: 1\nb: *k\nc: 1\n");
}

#[test]
fn flow_collections_keep_their_form() {
    let add = [Change::add("/b", json!({"c": ["x"]}))];
    becomes("{a: 1}\n", &add, "{a: 1, \"b\": {\"c\": [\"x\"]}}\n");
    becomes("{ a: }\n", &add, "{ a: , \"b\": {\"c\": [\"x\"]} }\n");
    becomes("{\n  a: 1,\n}\n", &add, "{\n  a: 1,\n  \"b\": {\n    \"c\": [\n      \"x\"\n    ]\n  },\n}\n");
    becomes("[a, b, c]\n", &[Change::remove("/1")], "[a, c]\n");
    becomes("[a: 1, b]\n", &[Change::add("/2", json!("x: y"))], "[a: 1, b, \"x: y\"]\n");
    becomes(
        "[a]\n",
        &[Change::replace("/0", json!("a: #")), Change::add("/0", json!("b"))],
        "[\"b\", \"a: #\"]\n",
    );
    is_refused("[a: 1]\n", &[Change::add("/0/b", json!(1))], "a pair without braces");
    is_refused("[a, # c\n b]\n", &[Change::remove("/0")], "a comment in a flow collection");
}

#[test]
fn what_stands_for_more_than_its_place_is_refused() {
    let add = [Change::add("/a/b", json!(1))];
    is_refused("x: &x {c: 1}\na: *x\n", &add, "an alias");
    is_refused("a: &x {c: 1}\nx: *x\n", &add, "an alias shares the content");
    is_refused("a:\n  ? [x]\n  : y\n", &add, "a key that is a collection");
    is_refused("a:\n- &x 1\n- 2\nb: *x\n", &[Change::remove("/a/0")], "an anchor");
    is_refused(
        "a:\n- &x 1\n- 2\nb: *x\n",
        &[
            Change::relocate("/a/1", "/a/0"),
            Change::relocate("/a/0", "/a/1"),
            Change::relocate("/a/0", "/a/1"),
        ],
        "anchor",
    );
    is_refused("a: !!str x\n", &[Change::replace("/a", json!(true))], "a value with a tag");
    is_refused("a: 1\rb: 2\n", &[Change::add("/c", json!(1))], "carriage return");
    is_refused("a: {b: 1}\n", &[Change::replace("/a", json!([]))], "would be replaced");
}

#[test]
fn merge_keys_are_refused_where_they_bring_the_value() {
    let text = "d: &d {x: 1}\na:\n  <<: *d\n  y: 2\n";
    is_refused(text, &[Change::replace("/a/x", json!(3))], "by a merge key");
}

#[test]
fn a_byte_order_mark_tabs_and_other_scripts_are_left_alone() {
    becomes("\u{feff}a: 1\n", &[Change::add("/b", json!(2))], "\u{feff}a: 1\nb: 2\n");
    becomes("--- # c\n- a\n", &[Change::add("/0", json!("b"))], "--- # c\n- b\n- a\n");
    becomes("\u{feff}- a\n", &[Change::add("/0", json!("b"))], "\u{feff}- b\n- a\n");
    becomes(
        "a:\t~\t# c\nb:\tü\n",
        &[Change::replace("/a", json!(["x"])), Change::replace("/b", json!("ü ß"))],
        "a: # c\n- x\nb:\t\"ü ß\"\n",
    );
}

#[test]
fn markers_and_what_stands_around_them_are_left_alone() {
    becomes(
        "%YAML 1.2\n--- # c\na: 1\n... # end\n",
        &[Change::add("/b", json!(2))],
        "%YAML 1.2\n--- # c\na: 1\nb: 2\n... # end\n",
    );
    becomes("--- |\n x\n", &[], "--- |\n x\n");
    is_refused("- a\n", &[Change::remove("/0")], "nothing would be left");
}
