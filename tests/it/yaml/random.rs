//! Random values in random styles, changed at random: right, or refused; never wrong, never a panic.

use otel_inject::change::{Change, Operation};
use otel_inject::value::{Map, Value, escape, json};
use otel_inject::yaml::{Document, Trouble, edited};
use proptest::prelude::*;

use super::choices::{Choices, choices};
use super::judge::{agrees, read};
use super::renderer;

const WORDS: [&str; 30] = [
    "a",
    "name",
    "value",
    "x y",
    "one two three four",
    "",
    " ",
    "true",
    "yes",
    "null",
    "~",
    "0777",
    "1e3",
    "- x",
    "a: b",
    "#h",
    "a #b",
    "é",
    "\u{1f600} smile",
    "it's",
    "say \"hi\"",
    "back\\slash",
    "line\nnext",
    "line\n",
    "two\n\nparas\n\n",
    "  lead\nmore",
    "tab\there",
    "trail ",
    "*a",
    "-Xmx1g -Dfoo=bar baz",
];

/// Why an edit of a random document may be refused. That a member, a key or a dash is not where it was expected is no
/// such reason.
const REFUSALS: &[&str] = &[
    "nothing would be left of the document",
    "the root itself",
    "the first member on its dash's line cannot be removed",
    "the element on its parent's line cannot be moved",
    "a value that is not empty would be replaced",
    "a value with a tag or an anchor would be replaced",
    "an element would move into a new list",
    "an element would move onto another one",
    "two changes meet in one place",
    "a change reaches beyond its element",
    "a pair without braces",
    "a comment in the head of a block scalar",
    "a comment in a flow collection",
    "a comment between the lines of a scalar",
    "a block scalar would take in the lines below",
    "a tab before a dash",
    "an anchor would be removed or moved, and the document has aliases",
    "what would be moved contains an anchor or an alias",
    "an alias shares the content of the anchor here",
    "the injection would have to change an alias",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => proptest::sample::select(WORDS.as_slice()).prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
        1 => "([a-z]{1,5}[ \n]){0,5}[a-z]{0,4}",
        1 => "\\PC{0,6}",
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-9_i64..1000).prop_map(Value::from),
        1 => Just(json!([])),
        1 => Just(json!({})),
        6 => word().prop_map(Value::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => "[a-z]{1,3}",
        1 => word().prop_filter("a key", |word| word != "<<" && word.len() < 100),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let inner = leaf().prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            proptest::collection::vec((key(), inner), 1..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map>())),
        ]
    });
    proptest::collection::vec((key(), inner), 1..5)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map>()))
}

/// The pointers to all values for which `is_wanted`.
fn pointers(value: &Value, is_wanted: fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        if is_wanted(value) {
            found.push(pointer.clone());
        }
        match value {
            Value::Array(items) => {
                open.extend(
                    items.iter().enumerate().map(|(index, item)| (format!("{pointer}/{index}"), item)),
                );
            }
            Value::Object(entries) => {
                open.extend(entries.iter().map(|(key, value)| (format!("{pointer}/{}", escape(key)), value)));
            }
            _ => {}
        }
    }
    found
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

fn is_filled_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty())
}

fn new_value(choices: &mut Choices) -> Value {
    match choices.pick(8) {
        0 => json!("plain"),
        1 => json!({"name": "n", "value": "yes"}),
        2 => json!([{"name": "n", "valueFrom": {"fieldRef": {"fieldPath": "a.b"}}}]),
        3 => json!([]),
        4 => json!({"k": [["x", 1], []], "e": {}}),
        5 => json!("a: \"b\" #c\n"),
        6 => json!(true),
        _ => json!(WORDS[choices.pick(WORDS.len())]),
    }
}

/// A change that `value` allows; none where the choice finds nothing.
fn change(value: &Value, choices: &mut Choices) -> Option<Change> {
    let kind = choices.pick(10);
    let mut at = |is_wanted: fn(&Value) -> bool| {
        let found = pointers(value, is_wanted);
        (!found.is_empty()).then(|| found[choices.pick(found.len())].clone())
    };
    match kind {
        0 | 1 => {
            let parent = at(Value::is_object)?;
            let key = ["new", "zz", "a/b", "yes", "tilde~", "a: b"][choices.pick(6)];
            Some(Change::add(format!("{parent}/{}", escape(key)), new_value(choices)))
        }
        2 | 3 => {
            let list = at(Value::is_array)?;
            let length = value.pointer(&list)?.as_array()?.len();
            let index = choices.pick(length + 1);
            Some(Change::add(format!("{list}/{index}"), new_value(choices)))
        }
        4 | 5 => {
            let string = at(Value::is_string)?;
            let old = value.pointer(&string)?.as_str()?;
            let more = [" --more", ",x=y", ":/p", " two words", ": #", "é\"\\'", "\nline", "\t", "\n", " "];
            let more = more[choices.pick(more.len())];
            let new = match choices.pick(6) {
                0..=2 => format!("{old}{more}"),
                3 => format!("{more}{old}"),
                4 => format!("/a:{old}{more}"),
                _ => more.to_owned(),
            };
            Some(Change::replace(string, json!(new)))
        }
        6 => Some(Change::replace(at(is_empty)?, new_value(choices))),
        7 => {
            let list = at(is_filled_list)?;
            let length = value.pointer(&list)?.as_array()?.len();
            Some(Change::remove(format!("{list}/{}", choices.pick(length))))
        }
        8 => {
            let parent = at(|value| value.as_object().is_some_and(|entries| !entries.is_empty()))?;
            let entries = value.pointer(&parent)?.as_object()?;
            let key = entries.keys().nth(choices.pick(entries.len()))?;
            Some(Change::remove(format!("{parent}/{}", escape(key))))
        }
        _ => {
            let list = at(is_filled_list)?;
            let length = value.pointer(&list)?.as_array()?.len();
            let (from, to) = (choices.pick(length), choices.pick(length));
            Some(Change::relocate(format!("{list}/{from}"), format!("{list}/{to}")))
        }
    }
}

/// The comments of a text, which the renderer numbers.
fn comments(text: &str) -> Vec<&str> {
    text.split('\n')
        .filter_map(|line| line.find("# ").map(|at| line[at..].trim_end()))
        .filter(|comment| comment.ends_with('@'))
        .collect()
}

fn check(value: &Value, mut style: Choices, mut plan: Choices) -> Result<(), TestCaseError> {
    let text = renderer::document(value, &mut style);
    let (Ok(theirs), Ok(document)) = (read(&text), Document::parse(&text)) else { return Ok(()) };
    let own = document.value().map_err(|problem| TestCaseError::fail(problem.message))?;
    prop_assert!(agrees(&own, &theirs), "two readers of\n{}\n{}\n{}", text, own, theirs);

    let mut wanted = own;
    let mut changes = Vec::new();
    for _ in 0..=plan.pick(5) {
        if let Some(change) = change(&wanted, &mut plan) {
            change.apply(&mut wanted).map_err(|error| TestCaseError::fail(error.to_string()))?;
            changes.push(change);
        }
    }
    let edits = match document.splice(&changes) {
        Ok(edits) => edits,
        Err(problem) => {
            let is_known = REFUSALS.iter().any(|known| problem.message.starts_with(known));
            prop_assert!(is_known, "{} at {} of\n{}\n{:?}", problem.message, problem.offset, text, changes);
            prop_assert_eq!(problem.trouble, Trouble::Uneditable);
            prop_assert!(problem.offset <= text.len());
            return Ok(());
        }
    };
    for pair in edits.windows(2) {
        prop_assert!(pair[0].range.end <= pair[1].range.start, "overlap in {edits:?}");
    }
    let out = edited(&text, &edits);
    let shown = || format!("{text}\n=====> {changes:?}\n{out}\n=====\n{edits:?}");
    match Document::parse(&out).and_then(|document| document.value()) {
        Ok(value) => prop_assert_eq!(&value, &wanted, "our own reader: {}", shown()),
        Err(problem) => return Err(TestCaseError::fail(format!("our own reader: {problem}: {}", shown()))),
    }
    match read(&out) {
        Ok(value) => {
            prop_assert!(agrees(&wanted, &value), "the other reader: {wanted}\n{value}\n{}", shown())
        }
        Err(error) => return Err(TestCaseError::fail(format!("the other reader: {error}: {}", shown()))),
    }
    let takes_out = |change: &Change| matches!(change.operation, Operation::Remove);
    if !changes.iter().any(takes_out) {
        for comment in comments(&text) {
            prop_assert!(out.contains(comment), "lost {comment}: {}", shown());
        }
    }
    if text.contains("\r\n") && !text.replace("\r\n", "").contains('\n') {
        prop_assert!(!out.replace("\r\n", "").contains('\n'), "a line break in another style: {}", shown());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn random_documents_are_edited_right_or_refused(value in value(), style in choices(300), plan in choices(40)) {
        check(&value, style, plan)?;
    }
}
