//! The three answers, and references that mean the same image.

use super::*;
use crate::value::json;

fn image(env: &[&str], architecture: &str) -> Image {
    let value = json!({"os": "linux", "architecture": architecture, "config": {"Env": env}});
    read_value(&value).expect("a config").remove(0).image
}

#[test]
fn what_differs_between_platforms_is_unknown() {
    let mut metadata = Metadata::default();
    assert!(metadata.of("shop:1").is_none());
    metadata.add("shop:1", image(&["A=1", "B=1", "C=1", "C=2"], "amd64")).expect("no conflict");
    metadata.add("docker.io/library/shop:1", image(&["A=1", "B=2"], "arm64")).expect("no conflict");
    let facts = metadata.of("library/shop:1").expect("facts");
    assert_eq!(facts.variable("A"), Answer::Known("1"));
    assert_eq!(facts.variable("B"), Answer::Unknown);
    assert_eq!(facts.variable("C"), Answer::Unknown);
    assert_eq!(facts.variable("D"), Answer::Absent);
    assert_eq!(facts.given_architectures().len(), 2);
    assert_eq!(facts.architectures(), None);
    assert!(metadata.of("shop:2").is_none() && metadata.of("not an image").is_none());
}

#[test]
fn different_content_is_a_conflict_and_the_same_is_not() {
    let mut metadata = Metadata::default();
    metadata.add("shop:1", image(&["A=1"], "amd64")).expect("no conflict");
    assert_eq!(metadata.add("shop:1", image(&["A=1"], "amd64")), Ok(()));
    assert_eq!(metadata.add("library/shop:1", image(&["A=2"], "amd64")), Err(Conflict));
    assert_eq!(metadata.add("shop:2", image(&["A=2"], "amd64")), Ok(()));
    // Pods on Linux do not run it.
    let windows = Image { os: "windows".to_owned(), ..image(&["A=3"], "amd64") };
    assert_eq!(metadata.add("shop:1", windows), Ok(()));
}

#[test]
fn a_user_is_root_by_number_by_name_or_by_default() {
    let cases = [
        ("", User::Root),
        ("0", User::Root),
        ("0:0", User::Root),
        ("root", User::Root),
        ("root:root", User::Root),
        (":1000", User::Root),
        ("1000", User::Number),
        ("1000:0", User::Number),
        ("node", User::Name("node")),
        ("node:node", User::Name("node")),
    ];
    for (text, expected) in cases {
        assert_eq!(user(text), expected, "{text}");
    }
}

#[test]
fn a_value_is_escaped_from_expansion() {
    assert_eq!(escaped("--a=$(X) $$ $Y"), "--a=$$(X) $$$$ $$Y");
}

#[test]
fn every_language_of_a_runtime_exists() {
    for runtime in RUNTIMES {
        assert_ne!(runtime.name, "");
        let id = runtime.language.unwrap_or_default();
        assert_eq!(
            RUNTIMES.iter().filter(|other| other.language == Some(id)).count(),
            usize::from(!id.is_empty())
        );
    }
}
