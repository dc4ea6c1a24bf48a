//! One document in the styles in which documents come.

use otel_inject::value::Value;
use otel_inject::yaml::Document;

use super::judge::{Units, read};
use super::renderer;

/// A document in one of the styles.
pub(crate) struct Variant {
    pub(crate) style: &'static str,
    pub(crate) text: String,
    /// Where the workload stands in it.
    pub(crate) base: &'static str,
    pub(crate) units: Units,
}

/// `text` in every style that can express it.
pub(crate) fn variants(text: &str) -> Vec<Variant> {
    let mut variants = Vec::new();
    let mut push = |style, text: String, base, units| variants.push(Variant { style, text, base, units });
    let unix = text.replace("\r\n", "\n");
    push("as is", text.to_owned(), "", Units::Lines);
    push("crlf", unix.replace('\n', "\r\n"), "", Units::Lines);
    push("no final newline", unix.trim_end().to_owned(), "", Units::Lines);
    if Document::parse(text).and_then(|document| document.value()).is_err() {
        return variants;
    }
    let value = read(&unix).ok();
    let same = |other: &String| value.is_some() && read(other).ok() == value;
    let Some(body) = without_marker(&unix) else { return variants };
    push("indented by 3", prefixed(body, "   ", "   "), "", Units::Lines);
    push("an item", format!("kind: List\nitems:\n{}", prefixed(body, "- ", "  ")), "/items/0", Units::Lines);
    let between = "- {kind: A}\n# between\n";
    push(
        "an item of several",
        format!("items:\n{between}{}{between}functionConfig: {{}}\n", prefixed(body, "- ", "  ")),
        "/items/1",
        Units::Lines,
    );
    push("an indented item", format!("items:\n{}", prefixed(body, "  - ", "    ")), "/items/0", Units::Lines);
    push(
        "a wide item",
        format!("items:\n{}kind: List\n", prefixed(body, " -   ", "     ")),
        "/items/0",
        Units::Lines,
    );
    if let Some(text) = Some(doubled(&unix)).filter(same) {
        push("four columns", text, "", Units::Lines);
    }
    if let Some(text) = commented(&unix, value.as_ref()) {
        push("comments, crlf", text.replace('\n', "\r\n"), "", Units::Lines);
        push("comments", text, "", Units::Lines);
    }
    let Some(value) = value.filter(Value::is_object) else { return variants };
    push("json", serde_json::to_string_pretty(&value).unwrap(), "", Units::Tokens);
    push("json on one line", serde_json::to_string(&value).unwrap() + "\n", "", Units::Tokens);
    push("flow", renderer::flow(&value, false), "", Units::Tokens);
    push("flow on lines", renderer::flow(&value, true), "", Units::Tokens);
    for (style, step, dash) in
        [("dashes at the key", 2, 0), ("indented dashes", 2, 2), ("wide", 4, 4), ("narrow", 1, 0)]
    {
        push(style, renderer::block(&value, step, dash), "", Units::Lines);
    }
    let mixed = otel_inject::value::json!({ "items": [value] });
    push("json item", serde_json::to_string_pretty(&mixed).unwrap(), "/items/0", Units::Tokens);
    let item = mixed["items"][0].to_string();
    push("json item in a block", format!("kind: List\nitems:\n- {item}\n"), "/items/0", Units::Tokens);
    variants
}

/// A document without markers, directives and byte order mark; none where those are not simple.
fn without_marker(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('\u{feff}');
    let text = match text.find("---\n") {
        Some(at) if at == 0 || text[..at].lines().all(|line| line.is_empty() || line.starts_with('#')) => {
            &text[at + 4..]
        }
        _ => text,
    };
    let has_marker =
        text.lines().any(|line| line.starts_with("---") || line.starts_with("...") || line.starts_with('%'));
    (!has_marker && text.lines().next().is_some_and(|line| !line.is_empty() && !line.starts_with(['#', ' '])))
        .then_some(text)
}

fn prefixed(text: &str, first: &str, rest: &str) -> String {
    let mut result = String::new();
    for (index, line) in text.lines().enumerate() {
        if !line.is_empty() {
            result.push_str(if index == 0 { first } else { rest });
        }
        result.push_str(line);
        result.push('\n');
    }
    result
}

/// Every indent and every dash twice as wide.
fn doubled(text: &str) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let mut rest = line;
        loop {
            if let Some(after) = rest.strip_prefix("- ") {
                result.push_str("-   ");
                rest = after;
            } else if let Some(after) = rest.strip_prefix(' ') {
                result.push_str("  ");
                rest = after;
            } else {
                break;
            }
        }
        result.push_str(rest);
        result.push('\n');
    }
    result
}

/// A comment after every line and at the end of every line that can have one.
fn commented(text: &str, value: Option<&Value>) -> Option<String> {
    let value = value?;
    let lines: Vec<&str> = text.lines().collect();
    // Line by line would be slow: halve until the comments of a part leave the value as it is.
    let mut comments = vec![false; lines.len()];
    let whole = 0..lines.len();
    let mut parts = Vec::from([whole]);
    while let Some(part) = parts.pop() {
        comments[part.clone()].fill(true);
        if read(&with_comments(&lines, &comments)).ok().as_ref() == Some(value) {
            continue;
        }
        comments[part.clone()].fill(false);
        if part.len() > 1 {
            let middle = part.start + part.len() / 2;
            parts.extend([part.start..middle, middle..part.end]);
        }
    }
    comments.contains(&true).then(|| with_comments(&lines, &comments))
}

fn with_comments(lines: &[&str], comments: &[bool]) -> String {
    let mut result = String::new();
    for (index, line) in lines.iter().enumerate() {
        result.push_str(line);
        if comments[index] {
            let indent = line.len() - line.trim_start_matches([' ', '-']).len();
            let indent = [indent, 0, indent + 2, indent.saturating_sub(2)][index % 4];
            if line.ends_with(|character: char| character.is_alphanumeric() || character == ':') {
                result.push_str(" # trailing");
            }
            result.push_str(&format!("\n{}# own line {index}", " ".repeat(indent)));
        }
        result.push('\n');
    }
    result
}
