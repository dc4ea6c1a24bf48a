//! Compares a text with a value by its events alone, without an index or a second value. Every edited document is
//! verified this way.

use super::parser::{Event, Granit, Parser, Span, Style};
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
    if events::of_simple(text, &mut comparison).is_some() {
        return comparison.root.is_none().then_some(());
    }
    comparison = Comparison::with(value);
    let mut parser = Granit::new(text);
    while let Some(next) = parser.next_event() {
        comparison.event(&next.ok()?.0)?;
    }
    comparison.root.is_none().then_some(())
}

/// What is expected next.
enum Next<'v> {
    Key(&'v str),
    /// A value, and its key.
    Value(Option<&'v str>, &'v Value),
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

    /// What is expected next, unless it is the end of a collection.
    fn next(&mut self) -> Option<Next<'v>> {
        Some(match self.open.last_mut() {
            None => Next::Value(None, self.root.take()?),
            Some(Open::Array(items)) => Next::Value(None, items.next()?),
            Some(Open::Object(entries, waiting)) => match waiting.take() {
                Some((key, value)) => Next::Value(Some(key), value),
                None => {
                    let (key, value) = entries.next()?;
                    *waiting = Some((key, value));
                    Next::Key(key)
                }
            },
        })
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
        let (name, expected) = match self.next()? {
            Next::Key(key) => return is_key(event, key).then_some(()),
            Next::Value(name, value) => (name, value),
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

impl<'t> events::Take<'t> for Comparison<'_> {
    fn event(&mut self, event: Event<'t>, _: Span) -> Option<()> {
        Self::event(self, &event)
    }

    fn scalar(&mut self, text: &'t str, style: Style, _: Span) -> Option<()> {
        let is_same = match self.next()? {
            Next::Key(key) => is_text_key(text, style, key),
            Next::Value(name, value) => means(text, style, None, name, value),
        };
        is_same.then_some(())
    }
}

fn is_key(event: &Event<'_>, key: &str) -> bool {
    matches!(event, Event::Scalar { text, style, .. } if is_text_key(text, *style, key))
}

fn is_text_key(text: &str, style: Style, key: &str) -> bool {
    // Probably a merge key; the tag is not known here.
    let is_merge = style == Style::Plain && text == "<<";
    text == key && !is_merge
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
