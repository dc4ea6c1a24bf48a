//! A `ResourceList` around its items: read, and edited, without a look at them.

use std::ops::Range;

use serde_json::Value;

use super::parser::{Event, Granit, Parser};
use super::{Document, Edit, Place, Problem, split_documents, split_items};
use crate::change::Change;

/// A `ResourceList` without its items.
#[derive(Debug)]
pub struct Envelope<'t> {
    text: &'t [u8],
    body: Range<usize>,
    /// The document, or where it could be cut its header and tail in a row.
    own: String,
    /// Where `own` begins in the text.
    start: usize,
    /// The header's length, and how many bytes of items follow it.
    cut: Option<(usize, usize)>,
    value: Value,
}

impl<'t> Envelope<'t> {
    /// Reads the one document of `text`.
    ///
    /// # Errors
    /// When it is not UTF-8 or not YAML, when it is not a mapping, or when a second document has content.
    pub fn read(text: &'t [u8]) -> Result<Self, Problem> {
        let chunk = only_document(text)?;
        let valid = std::str::from_utf8(&text[chunk.clone()])
            .map_err(|error| Problem::syntax(chunk.start + error.valid_up_to(), "not UTF-8"))?;
        let items =
            split_items(valid.as_bytes()).filter(|items| !items.tail.is_empty() || valid.ends_with('\n'));
        if let Some(items) = items {
            let own = format!("{}{}", &valid[items.header.clone()], &valid[items.tail.clone()]);
            let cut = Some((items.header.end, items.tail.start - items.header.end));
            if let Ok(envelope) = Self::of(text, chunk.clone(), own, cut) {
                return Ok(envelope);
            }
        }
        Self::of(text, chunk.clone(), valid.to_owned(), None)
    }

    fn of(
        text: &'t [u8],
        chunk: Range<usize>,
        own: String,
        cut: Option<(usize, usize)>,
    ) -> Result<Self, Problem> {
        let mut envelope =
            Self { text, body: chunk.clone(), own, start: chunk.start, cut, value: Value::Null };
        let document = Document::parse(&envelope.own).map_err(|problem| envelope.outside(problem))?;
        if !document.is_mapping() {
            return Err(Problem::syntax(chunk.start, "a ResourceList is a mapping"));
        }
        let value = document.value_without("items").map_err(|problem| envelope.outside(problem))?;
        let first = envelope.source(document.offset(""));
        envelope.body = first..without_end_marker(text, chunk);
        envelope.value = value;
        Ok(envelope)
    }

    /// Everything but the items.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The place in the text that `pointer` leads to, as far as it can be followed.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Place {
        let offset = Document::parse(&self.own).map_or(0, |document| document.offset(pointer));
        Place::of(self.text, self.source(offset))
    }

    /// The text of the scalar at `pointer`, as it is written.
    #[must_use]
    pub fn text_at(&self, pointer: &str) -> Option<String> {
        let document = Document::parse(&self.own).ok()?;
        document.text_at(pointer).map(str::to_owned)
    }

    /// The document from its first key on, without what stands around it.
    #[must_use]
    pub fn body(&self) -> Range<usize> {
        self.body.clone()
    }

    /// Edits of the text that carry `changes` out; none of them may concern the items.
    ///
    /// # Errors
    /// When the text cannot be edited without changing other bytes.
    pub fn edit(&self, changes: &[Change]) -> Result<Vec<Edit>, Problem> {
        let document = Document::parse(&self.own).map_err(|problem| self.outside(problem))?;
        let edits = document.splice(changes).map_err(|problem| self.outside(problem))?;
        let shift = |edit: Edit| Edit {
            range: self.source(edit.range.start)..self.source(edit.range.end),
            text: edit.text,
        };
        Ok(edits.into_iter().map(shift).collect())
    }

    fn source(&self, offset: usize) -> usize {
        match self.cut {
            Some((header, items)) if offset >= header => self.start + offset + items,
            _ => self.start + offset,
        }
    }

    fn outside(&self, problem: Problem) -> Problem {
        Problem { offset: self.source(problem.offset), ..problem }
    }
}

/// The one document of `text` that holds more than markers and comments; the whole text where none does.
fn only_document(text: &[u8]) -> Result<Range<usize>, Problem> {
    let documents = split_documents(text);
    let mut filled = documents.into_iter().filter(|range| has_content(&text[range.clone()]));
    let first = filled.next().unwrap_or(0..text.len());
    match filled.next() {
        Some(second) => Err(Problem::syntax(second.start, "a second document after a ResourceList")),
        None => Ok(first),
    }
}

fn has_content(document: &[u8]) -> bool {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    document.split(|byte| *byte == b'\n').any(|line| match line.trim_ascii() {
        [] | [b'#', ..] | b"---" | b"..." => false,
        [b'-', b'-', b'-', b' ' | b'\t', rest @ ..] => !matches!(rest.trim_ascii_start(), [] | [b'#', ..]),
        _ => line[0] != b'%',
    })
}

/// The end of a document before the `...` line that closes it.
fn without_end_marker(text: &[u8], chunk: Range<usize>) -> usize {
    let document = &text[chunk.clone()];
    let last_line = memchr::memrchr(b'\n', document.trim_ascii_end()).map_or(0, |newline| newline + 1);
    let ends = document[last_line..].starts_with(b"...")
        && document.get(last_line + 3).is_none_or(u8::is_ascii_whitespace);
    if ends { chunk.start + last_line } else { chunk.end }
}

/// Whether the first document with content is a `ResourceList`. Reads no further than to its kind; where
/// the text does not parse, a line `kind: ResourceList` decides.
#[must_use]
pub fn is_resource_list(text: &[u8]) -> bool {
    let valid = match std::str::from_utf8(text) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
    };
    let mut parser = Granit::new(valid);
    let mut depth = 0;
    let mut is_key = true;
    let mut is_kind = false;
    let mut seen = false;
    loop {
        match parser.next_event() {
            Some(Ok((event, span))) => match event {
                Event::Document if seen => return false,
                Event::Document => {}
                Event::End => {
                    depth -= 1;
                    is_key = depth == 1 || is_key;
                }
                Event::Scalar { text, .. } if depth == 1 => {
                    if is_kind {
                        return text == "ResourceList";
                    }
                    is_kind = is_key && text == "kind";
                    is_key = !is_key;
                }
                Event::Scalar { .. } if depth == 0 => seen = !span.is_empty(),
                Event::Scalar { .. } => {}
                Event::Alias(_) => is_key = if depth == 1 { !is_key } else { is_key },
                Event::Sequence { .. } | Event::Mapping { .. } => {
                    seen = true;
                    is_kind = false;
                    // The value of a key of the root; the next scalar at depth 1 is a key again.
                    is_key = depth == 0;
                    depth += 1;
                }
            },
            Some(Err(_)) => {
                return valid.lines().any(|line| line.trim_end() == "kind: ResourceList");
            }
            None => return false,
        }
    }
}
