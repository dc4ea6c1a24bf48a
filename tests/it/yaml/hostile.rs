//! Hostile input: an answer within a second, and no panic.

use std::time::{Duration, Instant};

use otel_inject::yaml::{
    Document, Envelope, edited, is_resource_list, split_documents, split_items, split_json, split_json_list,
};

use super::plan::{inject, take_out};
use super::texts::{files, testdata};

/// A second; without optimisation more.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

fn read(bytes: &[u8]) {
    let _ = is_resource_list(bytes);
    let _ = split_items(bytes);
    let _ = split_json_list(bytes);
    let _ = Envelope::read(bytes);
    for range in split_documents(bytes) {
        let Ok(text) = std::str::from_utf8(&bytes[range]) else { continue };
        let _ = split_json(text);
        let Ok(document) = Document::parse(text) else { continue };
        let Ok(value) = document.value() else { continue };
        for plan in [inject(&value, ""), take_out(&value, "")] {
            if let Ok(edits) = document.splice(&plan.changes) {
                let out = edited(text, &edits);
                let back = Document::parse(&out).and_then(|document| document.value());
                assert_eq!(back.ok().as_ref(), Some(&plan.value), "{out}");
            }
        }
    }
}

fn timed(name: &str, bytes: &[u8]) {
    let start = Instant::now();
    read(bytes);
    let took = start.elapsed();
    println!("{name}: {took:?}");
    assert!(took < LIMIT, "{name} took {took:?}");
}

#[test]
fn hostile_files_are_answered_within_a_second() {
    for folder in ["hostile", "krm-wire"] {
        for file in files(&testdata(folder)) {
            timed(&file.display().to_string(), &std::fs::read(&file).unwrap());
        }
    }
}

#[test]
fn depth_and_repetition_are_answered_within_a_second() {
    let many = 30_000;
    let cases = [
        ("open sequences", "[".repeat(many)),
        ("open mappings", "{a: ".repeat(many)),
        ("closed sequences", "[".repeat(250) + &"]".repeat(250)),
        ("dashes", "- ".repeat(many)),
        ("question marks", "? ".repeat(many)),
        ("keys in keys", "a: ".repeat(many)),
        ("indents", (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()),
        ("anchors", (0..many).map(|number| format!("- &a{number} x\n")).collect()),
        ("aliases", "a: &a x\nb:\n".to_owned() + &"- *a\n".repeat(many)),
        ("aliases of many anchors", {
            let anchors = (0..many).map(|number| format!("- &a{number} x\n"));
            anchors.chain((0..many).map(|number| format!("- *a{number}\n"))).collect()
        }),
        ("aliases of aliases", {
            let steps = (1..60).map(|step| format!("a{step}: &a{step} [*a{}, *a{}]\n", step - 1, step - 1));
            "a0: &a0 [x]\n".to_owned() + &steps.collect::<String>()
        }),
        ("aliases in a chain", {
            let steps = (1..5_000).map(|step| format!("- &a{step} [*a{}]\n", step - 1));
            "- &a0 x\n".to_owned() + &steps.collect::<String>()
        }),
        ("merges of merges", {
            let steps =
                (1..60).map(|step| format!("a{step}: &a{step} {{<<: [*a{}, *a{}]}}\n", step - 1, step - 1));
            "a0: &a0 {x: y}\n".to_owned() + &steps.collect::<String>()
        }),
        ("keys", (0..many).map(|number| format!("k{number}: v\n")).collect()),
        ("one key twice", "a: 1\na: 2\n".to_owned()),
        ("quotes", "\"".to_owned() + &"\\\\".repeat(many)),
        ("comments", "# c\n".repeat(many) + "a: b\n"),
        ("blank lines in a block scalar", "a: |+\n".to_owned() + &"\n".repeat(many)),
        ("markers", "---\n".repeat(many)),
        ("end markers", "...\n".repeat(many)),
        ("dashes in a row", "-\n".repeat(many)),
        ("commas", format!("[{}]", ",".repeat(many))),
        ("nul", "\0".repeat(many)),
        ("carriage returns", "a: b\r".repeat(many)),
    ];
    for (name, text) in cases {
        timed(name, text.as_bytes());
        timed(
            name,
            format!("spec:\n  containers:\n  - name: x\n    env:\n    - {}", text.replace('\n', "\n      "))
                .as_bytes(),
        );
    }
}

#[test]
fn a_list_of_many_elements_is_edited_in_linear_time() {
    use otel_inject::change::Change;
    let count = 20_000;
    let text = "a:\n".to_owned()
        + &(0..count).map(|number| format!("- name: n{number}\n  value: v\n")).collect::<String>();
    let start = Instant::now();
    let document = Document::parse(&text).unwrap();
    let changes = [
        Change::add("/a/0", otel_inject::value::json!({"name": "first"})),
        Change::replace("/a/1/value", otel_inject::value::json!("vv")),
        Change::relocate("/a/2", format!("/a/{count}")),
        Change::remove("/a/3"),
    ];
    let mut wanted = document.value().unwrap();
    changes.iter().for_each(|change| change.apply(&mut wanted).unwrap());
    let out = edited(&text, &document.splice(&changes).unwrap());
    assert_eq!(Document::parse(&out).unwrap().value().unwrap(), wanted);
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}
