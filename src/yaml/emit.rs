//! Writes values as text. A string is plain only if every YAML 1.1 and 1.2 reader reads it as a string.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Number;

use crate::value::Value;

/// How new text is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Indent of a mapping inside a mapping, in columns.
    pub(super) step: usize,
    /// Indent of a sequence's dashes inside a mapping, in columns.
    pub(super) dash: usize,
    /// `\n` or `\r\n`.
    pub(super) newline: &'static str,
    /// Multi-line strings are written as block scalars.
    pub(super) has_literals: bool,
}

/// A string as a scalar that every reader reads as that string: plain if that is safe, in single quotes if it contains
/// double quotes (JSON, for example), double-quoted otherwise.
#[must_use]
pub fn string(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        Cow::Borrowed(text)
    } else if text.contains('"') && !text.contains('\'') && are_printable(text) {
        Cow::Owned(format!("'{text}'"))
    } else {
        Cow::Owned(quoted(text))
    }
}

/// A string in double quotes, valid in both YAML and JSON.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push('"');
    escape(&mut result, text);
    result.push('"');
    result
}

/// Escapes `text` for use between double quotes.
pub(super) fn escape(result: &mut String, text: &str) {
    let mut rest = text;
    loop {
        let is_escaped = |byte: u8| matches!(byte, b'"' | b'\\') || !matches!(byte, b' '..=b'~');
        let (as_it_is, escaped) = rest.split_at(rest.bytes().position(is_escaped).unwrap_or(rest.len()));
        result.push_str(as_it_is);
        let mut characters = escaped.chars();
        let Some(character) = characters.next() else { return };
        rest = characters.as_str();
        match character {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            '\r' => result.push_str("\\r"),
            _ if !is_printable(character) => {
                write!(result, "\\u{:04x}", u32::from(character)).expect("impossible: a String takes all");
            }
            _ => result.push(character),
        }
    }
}

fn are_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || text.chars().all(is_printable)
}

/// Whether every reader accepts the character unescaped.
pub(super) fn is_printable(character: char) -> bool {
    !matches!(
        character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// Whether `text` can be written without quotes, in block and in flow (krm-hosts, section 4).
pub(super) fn is_plain(text: &str) -> bool {
    let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else { return false };
    let starts = first.is_ascii_alphabetic() || matches!(first, b'/' | b'_' | b'$');
    let is_word = starts
        && last != b':'
        && text.bytes().all(|byte| IN_WORDS[usize::from(byte)])
        && !is_word_of_yaml_1_1(text);
    is_word || is_quantity(text)
}

/// The characters of words without quotes.
static IN_WORDS: [bool; 256] = alphanumeric_or(b"_./:@$()=+%~;-");

/// A table of the ASCII letters and digits, and of `others`.
pub(super) const fn alphanumeric_or(others: &[u8]) -> [bool; 256] {
    let mut is_one = table(others);
    let mut byte = 0_u8;
    while byte < 0x80 {
        is_one[byte as usize] |= byte.is_ascii_alphanumeric();
        byte += 1;
    }
    is_one
}

/// A table of some characters.
pub(super) const fn table(characters: &[u8]) -> [bool; 256] {
    let mut is_one = [false; 256];
    let mut at = 0;
    while at < characters.len() {
        is_one[characters[at] as usize] = true;
        at += 1;
    }
    is_one
}

/// Whether a YAML 1.1 or 1.2 reader reads the plain word as a bool or null.
pub(super) fn is_word_of_yaml_1_1(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    const LONGEST: usize = "false".len();
    text.len() <= LONGEST && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether it is a Kubernetes quantity such as `500m` or `64Mi`: the suffix keeps it a string.
fn is_quantity(text: &str) -> bool {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let suffix = &text[digits.len()..];
    !digits.is_empty()
        && !digits.starts_with('0')
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && matches!(suffix, "m" | "Ki" | "Mi" | "Gi" | "Ti" | "k" | "M" | "G" | "T")
}

/// A number without an exponent: YAML 1.1 readers read most exponents as strings.
fn number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => number.to_string(),
        Some(float) => {
            let text = float.to_string();
            if text.contains('.') { text } else { text + ".0" }
        }
    }
}

/// A scalar or an empty collection on one line, or `None` for other values.
fn inline(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(string(text)),
        Value::Array(items) if items.is_empty() => Some(Cow::Borrowed("[]")),
        Value::Object(entries) if entries.is_empty() => Some(Cow::Borrowed("{}")),
        Value::Array(_) | Value::Object(_) => None,
        Value::Number(number) => Some(Cow::Owned(self::number(number))),
        scalar => Some(Cow::Owned(scalar.to_string())),
    }
}

/// A non-empty mapping or list as a block-style document. A multi-line string becomes a block scalar if every reader
/// reads it the same.
#[must_use]
pub fn document(value: &Value) -> String {
    let mut result = String::new();
    members(&mut result, value, 0, Layout { step: 2, dash: 2, newline: "\n", has_literals: true });
    result
}

/// Whether a multi-line string can be written as `|-`: nothing in it is folded, escaped or read as indentation.
fn is_literal(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.ends_with(['\n', ' ', '\t'])
        && text.chars().all(|character| character == '\n' || is_printable(character))
}

/// Writes `key: value` in block style at `column`, with a line break after every line.
pub(super) fn entry(result: &mut String, key: &str, value: &Value, column: usize, layout: Layout) {
    indent(result, column);
    entry_after_indent(result, key, value, column, layout);
}

fn entry_after_indent(result: &mut String, key: &str, value: &Value, column: usize, layout: Layout) {
    // Readers look for the colon within 1024 characters.
    const LONGEST: usize = 1000;
    let key = string(key);
    if key.len() > LONGEST {
        result.push_str("? ");
        result.push_str(&key);
        result.push_str(layout.newline);
        indent(result, column);
    } else {
        result.push_str(&key);
    }
    result.push(':');
    after_colon(result, value, column, layout);
}

/// Writes what follows the colon of a key at `column`.
pub(super) fn after_colon(result: &mut String, value: &Value, column: usize, layout: Layout) {
    if let Some(text) = value.as_str().filter(|text| layout.has_literals && is_literal(text)) {
        result.push_str(" |-");
        result.push_str(layout.newline);
        for line in text.lines() {
            if !line.is_empty() {
                indent(result, column + layout.step);
            }
            result.push_str(line);
            result.push_str(layout.newline);
        }
        return;
    }
    if let Some(text) = inline(value) {
        result.push(' ');
        result.push_str(&text);
        result.push_str(layout.newline);
        return;
    }
    result.push_str(layout.newline);
    below_key(result, value, column, layout);
}

/// Writes the lines of a non-empty collection below a key at `column`.
pub(super) fn below_key(result: &mut String, value: &Value, column: usize, layout: Layout) {
    let inner = column + if value.is_array() { layout.dash } else { layout.step };
    members(result, value, inner, layout);
}

/// Writes the lines of a non-empty collection, with its dashes or keys at `column`.
pub(super) fn members(result: &mut String, value: &Value, column: usize, layout: Layout) {
    match value {
        Value::Array(items) => {
            for value in items {
                item(result, value, column, 2, layout);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                entry(result, key, value, column, layout);
            }
        }
        _ => unreachable!("only collections that are not empty have lines of their own"),
    }
}

/// Writes `- value` in block style, with the dash at `column` and the content `width` columns after it.
pub(super) fn item(result: &mut String, value: &Value, column: usize, width: usize, layout: Layout) {
    indent(result, column);
    item_after_indent(result, value, column, width, layout);
}

fn item_after_indent(result: &mut String, value: &Value, column: usize, width: usize, layout: Layout) {
    result.push('-');
    if let Some(text) = inline(value) {
        result.push(' ');
        result.push_str(&text);
        result.push_str(layout.newline);
        return;
    }
    indent(result, width - 1);
    match value {
        Value::Object(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    indent(result, column + width);
                }
                entry_after_indent(result, key, value, column + width, layout);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                if index > 0 {
                    indent(result, column + width);
                }
                item_after_indent(result, value, column + width, 2, layout);
            }
        }
        _ => unreachable!("scalars are inline"),
    }
}

pub(super) fn indent(result: &mut String, columns: usize) {
    const SPACES: &str = "                                ";
    match SPACES.get(..columns) {
        Some(spaces) => result.push_str(spaces),
        None => result.extend(std::iter::repeat_n(' ', columns)),
    }
}

/// Writes a value as JSON, which is also YAML flow style: on one line if `indent` is `None`, otherwise one member per
/// line, indented by `step` more than `indent`, the indent of the closing bracket.
pub(super) fn json(result: &mut String, value: &Value, indent: Option<&str>, step: &str, newline: &str) {
    let inner = indent.map(|indent| format!("{indent}{step}"));
    let separate = |result: &mut String, index: usize| match &inner {
        Some(inner) => result.extend([if index > 0 { "," } else { "" }, newline, inner]),
        None => result.push_str(if index > 0 { ", " } else { "" }),
    };
    let (is_empty, close) = match value {
        Value::Array(items) => {
            result.push('[');
            for (index, value) in items.iter().enumerate() {
                separate(result, index);
                json(result, value, inner.as_deref(), step, newline);
            }
            (items.is_empty(), ']')
        }
        Value::Object(entries) => {
            result.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                separate(result, index);
                result.extend([quoted(key).as_str(), ": "]);
                json(result, value, inner.as_deref(), step, newline);
            }
            (entries.is_empty(), '}')
        }
        Value::String(text) => return result.push_str(&quoted(text)),
        Value::Number(number) => return result.push_str(&self::number(number)),
        scalar => return result.push_str(&scalar.to_string()),
    };
    if let (Some(indent), false) = (indent, is_empty) {
        result.extend([newline, indent]);
    }
    result.push(close);
}
