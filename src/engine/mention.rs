//! Checks by bytes alone whether a text may have resources of some kinds.

use std::sync::LazyLock;

use memchr::memchr3_iter;
use memchr::memmem::Finder;

static KIND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("kind"));

/// Whether `text` may have a key `kind` with one of the `kinds`, or a list of one, as its value. Any unusual notation
/// counts, so there are no false negatives.
pub(super) fn may_hold(text: &[u8], kinds: &[&str]) -> bool {
    KIND.find_iter(text).any(|at| may_name(&text[at + KIND.needle().len()..], kinds)) || has_hidden_key(text)
}

/// Whether `text` may have a key with these letters. As in [`may_hold`], there are no false negatives.
pub(super) fn may_have_key(text: &[u8], key: &Finder<'_>) -> bool {
    key.find(text).is_some() || has_hidden_key(text)
}

/// Whether the end of a key and one of the `kinds` may follow.
fn may_name(rest: &[u8], kinds: &[&str]) -> bool {
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let Some(value) = blanks_skipped(rest).strip_prefix(b":") else { return false };
    let value = value.trim_ascii_start();
    let is_one = |text: &[u8]| kinds.iter().any(|kind| text.starts_with(kind.as_bytes()));
    match value.first() {
        // A comment before the value, an anchor, an alias, a tag or a block scalar.
        Some(b'#' | b'&' | b'*' | b'!' | b'|' | b'>') => true,
        Some(b'"') => {
            let quoted = &value[1..];
            let end = quoted.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(quoted.len());
            quoted.get(end) == Some(&b'\\') || is_one(quoted)
        }
        Some(b'\'') => is_one(&value[1..]),
        _ => is_one(value),
    }
}

/// Whether a key may be written without its letters in the text: with escapes, by an alias, or across lines.
fn has_hidden_key(text: &[u8]) -> bool {
    memchr3_iter(b'\\', b'*', b'?', text).any(|at| match text[at] {
        b'\\' => may_be_letter(&text[at + 1..]),
        b'*' => is_alias_key(&text[at + 1..]),
        _ => is_explicit_key(&text[..at], &text[at + 1..]),
    })
}

/// Whether an escape may mean a letter, or nothing between two letters.
fn may_be_letter(rest: &[u8]) -> bool {
    let digits = match rest.first() {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        other => return matches!(other, Some(b'\n' | b'\r')),
    };
    let digits = rest.get(1..=digits).and_then(|digits| std::str::from_utf8(digits).ok());
    let character = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    character.is_some_and(|character| character.is_ascii_alphabetic())
}

/// Whether an alias is a key.
fn is_alias_key(rest: &[u8]) -> bool {
    let name = rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    rest[..name].contains(&b':') || (name > 0 && blanks_skipped(&rest[name..]).first() == Some(&b':'))
}

fn is_explicit_key(before: &[u8], rest: &[u8]) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let before = before.iter().rev().find(|byte| !blank(byte));
    let is_first = before.is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b'{' | b',' | b'[' | b'-' | b':'));
    is_first && rest.first().is_none_or(u8::is_ascii_whitespace)
}

fn blanks_skipped(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &text[blanks..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Document;

    const KINDS: &[&str] = &["Instrumentation", "Namespace"];

    #[test]
    fn no_way_to_write_a_kind_is_missed() {
        for text in [
            "kind: Namespace",
            "kind:\n  Namespace",
            "\"kind\" : 'Namespace'",
            "'kind': \"Namespace\"",
            "{\"kind\":\"Namespace\"}",
            "kind: # a comment\n  Namespace",
            "kind: &a Namespace",
            "kind: !!str Namespace",
            "kind: >-\n  Namespace",
            "kind: |-\n  Namespace",
            "kind: \"Name\\x73pace\"",
            "kind: \"Name\\\n  space\"",
            "\"k\\u0069nd\": Namespace",
            "\"k\\U00000069nd\": Namespace",
            "? kind\n: Namespace",
            "{? kind : Namespace}",
            "{a: b, ? kind : Namespace}",
            "a: &a kind\n*a : Namespace",
            "a: &a Namespace\nkind: *a",
            "a: &a {kind: Namespace}\n<<: *a",
            "&k kind: Namespace",
            "!!str kind: Namespace",
            "kind\t: Namespace",
        ] {
            let document = Document::parse(text).expect(text);
            let root = document.at("").expect("a root");
            let kind = document.get(root, "kind").and_then(|node| document.text(node));
            assert!(kind.is_none_or(|kind| kind == "Namespace"), "{text}");
            assert!(may_hold(text.as_bytes(), KINDS), "{text}");
        }
        for text in ["kind: NamespaceList", "{*a: Namespace}"] {
            assert!(may_hold(text.as_bytes(), KINDS), "{text}");
        }
    }

    #[test]
    fn texts_that_speak_of_other_kinds_are_passed_over() {
        for text in [
            "kind: Deployment\nmetadata: {namespace: a}",
            "description: The kind of a Namespace, or its Instrumentation",
            "kind:\nmetadata: {}",
            "kind: \"Deployment\" # \\u003ca",
            "a: '*.example.com'\nb: what? yes\n# * kind of: x",
            "schedule: \"*/5 * * * *\"",
            "pattern: \"\\\\d+\"",
            "involvedObject: {kind: Pod}",
        ] {
            assert!(!may_hold(text.as_bytes(), KINDS), "{text}");
        }
    }
}
