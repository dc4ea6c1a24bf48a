//! Compares a text with a value by its events alone, without an index or a second value. Every edited document is
//! verified this way.

use super::parser::{Event, Granit, Parser, Style};
use super::value::means;
use super::{events, scalar};
use crate::value::{Iter, Map, Value};

/// A collection of the value that is being compared.
enum Open<'v> {
    Array(std::slice::Iter<'v, Value>),
    /// The remaining entries, and the value of the key just read.
    Object(Iter<'v>, Option<(&'v str, &'v Value)>),
}

/// Whether `text` is one document with the value `value`, entries in the same order. Returns false if it cannot tell
/// without more memory (merge keys, another order): build the value and compare then.
#[must_use]
pub fn reads_as(text: &str, value: &Value) -> bool {
    compare(text, value).is_some()
}

fn compare(text: &str, value: &Value) -> Option<()> {
    let mut comparison = Comparison::with(value);
    if events::of_simple(text, |event, _| comparison.event(&event)).is_some() {
        return comparison.root.is_none().then_some(());
    }
    comparison = Comparison::with(value);
    let mut parser = Granit::new(text);
    while let Some(next) = parser.next_event() {
        comparison.event(&next.ok()?.0)?;
    }
    comparison.root.is_none().then_some(())
}

struct Comparison<'v> {
    /// The value of a document that has not begun.
    root: Option<&'v Value>,
    open: Vec<Open<'v>>,
    /// The values of the anchored nodes.
    anchors: Vec<Option<&'v Value>>,
    documents: usize,
}

impl<'v> Comparison<'v> {
    fn with(value: &'v Value) -> Self {
        // Deep enough for most texts.
        let open = Vec::with_capacity(16);
        Self { root: Some(value), open, anchors: Vec::new(), documents: 0 }
    }

    /// Compares the next event. `None` if it differs.
    fn event(&mut self, event: &Event<'_>) -> Option<()> {
        match event {
            Event::Document => {
                self.documents += 1;
                return (self.documents == 1).then_some(());
            }
            Event::End => {
                let is_complete = match self.open.pop()? {
                    Open::Array(rest) => rest.len() == 0,
                    Open::Object(rest, waiting) => rest.len() == 0 && waiting.is_none(),
                };
                return is_complete.then_some(());
            }
            _ => {}
        }
        let (name, expected) = match self.open.last_mut() {
            None => (None, self.root.take()?),
            Some(Open::Array(items)) => (None, items.next()?),
            Some(Open::Object(entries, waiting)) => match waiting.take() {
                Some((key, value)) => (Some(key), value),
                None => {
                    let (key, value) = entries.next()?;
                    *waiting = Some((key, value));
                    return is_key(event, key).then_some(());
                }
            },
        };
        if let Event::Scalar { anchor, .. } | Event::Sequence { anchor, .. } | Event::Mapping { anchor, .. } =
            event
            && *anchor > 0
        {
            self.anchors.resize(self.anchors.len().max(anchor + 1), None);
            self.anchors[*anchor] = Some(expected);
        }
        match (event, expected) {
            // The anchored node equals that value, or contains this one and so differs. A letter can mean something
            // else in another field.
            (Event::Alias(anchor), expected) => {
                expected.as_str().is_none_or(|text| scalar::letter(text).is_none()).then_some(())?;
                (self.anchors.get(*anchor).copied().flatten() == Some(expected)).then_some(())
            }
            (Event::Scalar { text, style, tag, .. }, expected) => {
                means(text, *style, tag.as_deref(), name, expected).then_some(())
            }
            (Event::Sequence { .. }, Value::Array(items)) => {
                self.open.push(Open::Array(items.iter()));
                Some(())
            }
            (Event::Mapping { .. }, Value::Object(entries)) => {
                self.open.push(Open::Object(Map::iter(entries), None));
                Some(())
            }
            _ => None,
        }
    }
}

fn is_key(event: &Event<'_>, key: &str) -> bool {
    match event {
        // Probably a merge key; the tag is not known here.
        Event::Scalar { text, style: Style::Plain, .. } if text == "<<" => false,
        Event::Scalar { text, .. } => text == key,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;
    use crate::yaml::Document;

    #[test]
    fn a_text_reads_as_its_value() {
        for text in [
            "a: 1\nb: [x, {c: ~}, \"1\"]\nd:\n- |\n  e\n- !!str 5\n- ''\n-\n",
            "--- {a: {}, b: []}\n...\n",
            "a: &x {b: [1]}\nc: *x\nd: &x 2\ne: *x\n",
            "# c\n- - 0x10\n  - 1.50\n- yes\n",
            "text",
        ] {
            let value = Document::parse(text).and_then(|document| document.value()).expect("YAML");
            assert!(reads_as(text, &value), "{text}");
        }
    }

    #[test]
    fn another_value_is_never_taken_for_it() {
        for (text, value) in [
            ("a: 1", json!({"a": "1"})),
            ("a: '1'", json!({"a": 1})),
            ("a: 1", json!({"a": 1, "b": 2})),
            ("a: 1\nb: 2", json!({"a": 1})),
            ("a: 1\na: 1", json!({"a": 1})),
            ("[1]", json!([1, 2])),
            ("[1, 2]", json!([1])),
            ("- a", json!({"a": null})),
            ("a: ~", json!({"a": "~"})),
            ("a: x", json!({"a": ["x"]})),
            ("a", json!("b")),
            ("", json!({})),
            ("a: 1\n---\n", json!({"a": 1})),
            ("a: [", json!({"a": []})),
            ("a: &x 1\nb: *x", json!({"a": 1, "b": 2})),
            ("a: &x [*x]", json!({"a": [[]]})),
        ] {
            assert!(!reads_as(text, &value), "{text} {value}");
        }
    }

    #[test]
    fn what_takes_an_index_is_left_to_it() {
        for text in ["a: &x {b: 1}\nc: {<<: *x}", "? [a]\n: 1", "&x a: 1\n*x : 2", "&a [*a]"] {
            let value = Document::parse(text).and_then(|document| document.value()).unwrap_or_default();
            assert!(!reads_as(text, &value), "{text}");
        }
    }
}
