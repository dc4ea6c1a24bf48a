//! What fuzzing found, made small, and what must come of it.

use otel_inject::change::Change;
use otel_inject::value::json;
use otel_inject::yaml::{Document, Trouble, edited};

/// Changes of a text, and what they make of it; none where they must be refused.
struct Find {
    text: &'static str,
    changes: Vec<Change>,
    outcome: Option<&'static str>,
}

fn finds() -> Vec<Find> {
    let find = |text, changes: &[Change], outcome| Find { text, changes: changes.to_vec(), outcome };
    vec![
        // An empty block scalar at the end of a text without a line break: the `-` went behind the new line.
        find("k: |", &[Change::add("/env", json!("plain"))], Some("k: |-\nenv: plain")),
        find("a:\n  x: >", &[Change::add("/env", json!([]))], Some("a:\n  x: >-\nenv: []")),
        // A tab before a dash: the next element's indent would have to be that tab.
        find("\t-", &[Change::add("/0", json!("x"))], None),
        // A plain scalar that gets quotes and begins with what is escaped in them.
        find("k: \\", &[Change::replace("/k", json!(" \\é"))], Some("k: \" \\\\é\"")),
        find("k: a\"\\", &[Change::replace("/k", json!("\ta\"\\"))], Some("k: \"\\ta\\\"\\\\\"")),
        // The bracket shares its line with a member: nothing but blanks is its indent.
        find(
            "{\nx y}\n",
            &[Change::remove("/x y"), Change::add("/k", json!(true))],
            Some("{\n\"k\": true\n}\n"),
        ),
        // Keys that are not written at all.
        find("\n ? \n", &[Change::add("/k", json!(1))], None),
        find("?\nk:", &[Change::remove("/")], None),
        find(": a\n", &[Change::add("/k", json!(1))], None),
        // A key that is written with `?`.
        find("?\n d", &[Change::add("/k", json!(1))], Some("?\n d\nk: 1")),
        find("? d\n: 1\n", &[Change::add("/k", json!(1))], Some("? d\n: 1\nk: 1\n")),
        // A block scalar that is written anew at the end of a text without a line break.
        find(
            "n: >",
            &[Change::add("/k", json!({})), Change::replace("/n", json!("x:"))],
            Some("n: \"x:\"\nk: {}"),
        ),
        // A pair without braces, key or value.
        find("[:]", &[Change::add("/1", json!(true))], None),
        find("[a, b: ]", &[Change::add("/1", json!(true))], Some("[a, true, b: ]")),
        // A plain scalar that becomes an indicator when a blank follows it.
        find("[?, x]", &[Change::replace("/0", json!("? y"))], Some("[\"? y\", x]")),
        // A block scalar that moves ahead, below a comment that is indented by a tab.
        find("\n\t#\n- n\n-\n- a: |\n\n", &[Change::relocate("/2", "/0")], Some("\n\t#\n- a: |\n- n\n-\n\n")),
        // A comment between the lines of a plain scalar, which quotes would take in.
        find("k: a\n\t#c\n b", &[Change::replace("/k", json!(" a\nb\\"))], None),
        // A comment right behind a colon.
        find("{\"a\":#c\n}", &[Change::add("/k", json!(1))], Some("{\"a\": , \"k\": 1 #c\n}")),
        find("{\n  \"a\":#c\n}", &[Change::add("/k", json!(1))], Some("{\n  \"a\": , #c\n  \"k\": 1\n}")),
        // The same, where what it stands behind goes.
        find("{\"b\": 1,\n\"a\":#c\n}", &[Change::remove("/a")], Some("{\"b\": 1 #c\n}")),
        find(
            "{\"b\": 1,\n\"a\":#c\n}",
            &[Change::add("/k", json!(1)), Change::remove("/a")],
            Some("{\"b\": 1, \"k\": 1 #c\n}"),
        ),
        // A text of several lines in the place of nothing.
        find("- #c\n", &[Change::replace("/0", json!("a\nb"))], Some("- \"a\\nb\" #c\n")),
        find(
            "k: #c\n",
            &[Change::replace("/k", json!({"l": "a\nb"}))],
            Some("k: #c\n  l: |-\n    a\n    b\n"),
        ),
        // An anchor right before a bracket.
        find("- &a{}\n", &[Change::add("/0/k", json!({"name": "x"}))], Some("- &a\n  k:\n    name: x\n")),
        find("k: &a{}\n", &[Change::replace("/k", json!("x"))], Some("k: &a x\n")),
        // A block scalar that ends the text as a key without a value.
        find("a:\n ? |+\n  b", &[Change::add("/env", json!("x"))], Some("a:\n ? |-\n  b\nenv: x")),
        // A block scalar that moves, with other lines below it at the end of the text.
        find(
            "a:\n- |\n  b\n- c # d",
            &[Change::relocate("/a/0", "/a/1"), Change::add("/e", json!("f"))],
            Some("a:\n- c # d\n- |\n  b\ne: f"),
        ),
        find("[&a{}]\n", &[Change::replace("/0", json!("x"))], Some("[&a \"x\"]\n")),
    ]
}

#[test]
fn finds_stay_fixed() {
    for Find { text, changes, outcome } in finds() {
        let document = Document::parse(text).unwrap_or_else(|problem| panic!("{text:?}: {problem}"));
        let mut wanted = document.value().unwrap();
        for change in &changes {
            change.apply(&mut wanted).unwrap();
        }
        match (document.splice(&changes), outcome) {
            (Ok(edits), Some(outcome)) => {
                let result = edited(text, &edits);
                assert_eq!(result, outcome, "{text:?}");
                assert_eq!(Document::parse(&result).and_then(|document| document.value()), Ok(wanted));
            }
            (Ok(edits), None) => panic!("{text:?} becomes {:?}", edited(text, &edits)),
            (Err(problem), None) => assert_eq!(problem.trouble, Trouble::Uneditable, "{text:?}"),
            (Err(problem), Some(_)) => panic!("{text:?}: {problem}"),
        }
    }
}
