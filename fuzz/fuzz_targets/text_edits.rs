//! Changes at random places of any YAML text: the text and the value must end up the same.
//!
//! The input is a text and, behind its first NUL, what to do with it; where it has no NUL, its own end says
//! that too.

#![no_main]

use libfuzzer_sys::fuzz_target;
use otel_inject::change::Change;
use otel_inject::yaml::{Document, Trouble, edited};
use otel_inject::value::{Value, escape, json};

/// How many changes one input makes.
const CHANGES: usize = 6;
/// How many bytes decide about one change.
const STEP: usize = 5;

fuzz_target!(|bytes: &[u8]| {
    let split = bytes.iter().position(|byte| *byte == 0);
    let (text, program) = match split {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &bytes[bytes.len().saturating_sub(CHANGES * STEP)..]),
    };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(document) = Document::parse(text) else { return };
    let Ok(original) = document.value() else { return };
    let mut wanted = original.clone();
    let mut changes = Vec::new();
    for step in program.chunks_exact(STEP).take(CHANGES) {
        let Some(change) = change(&wanted, step) else { continue };
        if change.apply(&mut wanted).is_ok() {
            changes.push(change);
        }
    }
    let edits = match document.splice(&changes) {
        Ok(edits) => edits,
        Err(problem) => {
            assert_eq!(problem.trouble, Trouble::Uneditable, "{changes:?}");
            assert!(problem.offset <= text.len());
            return;
        }
    };
    // Slices out of order panic, as do those within a character.
    let result = edited(text, &edits);
    let reread =
        Document::parse(&result).unwrap_or_else(|problem| panic!("{problem}\n{changes:?}\n{result}"));
    let value = reread.value().unwrap_or_else(|problem| panic!("{problem}\n{changes:?}\n{result}"));
    assert_eq!(value, wanted, "{changes:?}\n{result}");
    assert!(!edits.is_empty() || value == original);
});

/// The change that `step` stands for in `value`, whose root stays.
fn change(value: &Value, step: &[u8]) -> Option<Change> {
    let &[operation, place, other, index, what] = step else { return None };
    let mut pointers = Vec::new();
    collect(value, &mut String::new(), &mut pointers);
    let pick = |choice: u8| pointers.get(usize::from(choice) % pointers.len().max(1)).cloned();
    let at = pick(place)?;
    let new = new_value(what);
    let inside = |at: &str| match value.pointer(at)? {
        Value::Array(items) => Some(format!("{at}/{}", usize::from(index) % (items.len() + 1))),
        Value::Object(_) => Some(format!("{at}/{}", escape(KEYS[usize::from(index) % KEYS.len()]))),
        _ => None,
    };
    match operation % 6 {
        0 | 1 => Some(Change::add(inside(&at)?, new)),
        2 if !at.is_empty() => match value.pointer(&at)? {
            Value::String(text) => Some(Change::replace(at, json!(extended(text, what)))),
            _ => Some(Change::replace(at, new)),
        },
        3 if !at.is_empty() => Some(Change::remove(at)),
        4 => Some(Change::add(inside(&at)?, json!({"name": "x", "value": new}))),
        5 if !at.is_empty() => {
            // Within one list: what a plan moves.
            let (list, _) = at.rsplit_once('/')?;
            let items = value.pointer(list)?.as_array()?;
            Some(Change::relocate(at.as_str(), format!("{list}/{}", usize::from(other) % items.len())))
        }
        _ => None,
    }
}

const KEYS: [&str; 6] = ["env", "a", "<<", "a/b~c", "yes", "k: v #"];

fn new_value(what: u8) -> Value {
    match what % 12 {
        0 => json!("plain"),
        1 => json!("0755"),
        2 => json!("a: b # c\n\td\u{85}"),
        3 => json!([]),
        4 => json!({}),
        5 => Value::Null,
        6 => json!(1.5),
        7 => json!({"name": "n", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}),
        8 => json!([{"a": [1, [2, {"b": {}}]]}, "x"]),
        9 => json!([["a"], []]),
        10 => json!(true),
        _ => json!("- x"),
    }
}

/// What becomes of a string: what a plan makes of values, and worse.
fn extended(text: &str, what: u8) -> String {
    match what % 8 {
        0 => format!("{text},a=b"),
        1 => format!("{text} --require /x.js"),
        2 => format!("x:{text}"),
        3 => format!("{text}\n"),
        4 => format!("{text}: "),
        5 => format!("'{text}\" #"),
        6 => "other".to_owned(),
        _ => format!(" {text}\\é"),
    }
}

fn collect(value: &Value, at: &mut String, pointers: &mut Vec<String>) {
    const MANY: usize = 512;
    if pointers.len() == MANY {
        return;
    }
    pointers.push(at.clone());
    let length = at.len();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push_str(&format!("/{index}"));
                collect(item, at, pointers);
                at.truncate(length);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                at.push('/');
                at.push_str(&escape(key));
                collect(value, at, pointers);
                at.truncate(length);
            }
        }
        _ => {}
    }
}
