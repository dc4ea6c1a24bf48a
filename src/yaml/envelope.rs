//! A `ResourceList` around its items, read and edited without parsing the items.
//!
//! What is printed is verified by its parts, so that most of it need not be parsed. The list is cut into the text up to
//! the line `items:`, the items, and the rest; each edit lies in one part. The whole is what the parts say because
//!
//! - the parts around the items are a mapping by themselves, whose `items` has no value and ends the first part. So a
//!   parser that has read the first part expects that value, and a line of the rest ends it;
//! - each item by itself is a block sequence of one element, and all begin at the same column. So the next item
//!   continues the sequence, and nothing that an item opens reaches into the next one;
//! - no document ends before the last part, not even behind a line break that we do not see;
//! - no part depends on another: around the items there is no anchor and no `%TAG` directive, and the aliases of an item
//!   have their anchors before them in the item, where they are found first.
//!
//! An item without an edit is then the same value, since it is the same text. That an item is such a sequence is seen
//! without parsing if it is simple ([`marks`]). If any of this does not hold, both whole texts are parsed and compared.

use std::collections::BTreeSet;
use std::ops::Range;

use super::outline::{self, Item, Outline, no_tags};
use super::parser::{Event, Granit, Parser};
use super::skim::{Mark, marks};
use super::text::{Lines, lone_carriage_return};
use super::{Document, Edit, Items, LineCol, Problem, Side, shifted, split_documents, split_items};
use crate::change::Change;
use crate::parallel::{both, in_order};
use crate::value::Value;

/// A `ResourceList` without its items.
#[derive(Debug)]
pub struct Envelope<'t> {
    text: &'t [u8],
    /// The range of the whole document.
    document: Range<usize>,
    body: Range<usize>,
    /// The document, or its header followed by its tail if the items could be cut out.
    own: String,
    /// The offset of `own` in the text.
    start: usize,
    /// The items in the document, if they could be cut out.
    items: Option<Items>,
    value: Value,
}

impl<'t> Envelope<'t> {
    /// Reads the one document of `text`.
    ///
    /// # Errors
    /// The text is not UTF-8 or not YAML, the document is not a mapping, or a second document has content.
    pub fn read(text: &'t [u8]) -> Result<Self, Problem> {
        let chunk = only_document(text)?;
        let valid = std::str::from_utf8(&text[chunk.clone()])
            .map_err(|error| Problem::syntax(chunk.start + error.valid_up_to(), "not UTF-8"))?;
        let items =
            split_items(valid.as_bytes()).filter(|items| !items.tail.is_empty() || valid.ends_with('\n'));
        if let Some(items) = items {
            let own = format!("{}{}", &valid[items.header.clone()], &valid[items.tail.clone()]);
            if let Ok(envelope) = Self::read_chunk(text, chunk.clone(), own, Some(items)) {
                return Ok(envelope);
            }
        }
        Self::read_chunk(text, chunk.clone(), valid.to_owned(), None)
    }

    fn read_chunk(
        text: &'t [u8],
        chunk: Range<usize>,
        own: String,
        items: Option<Items>,
    ) -> Result<Self, Problem> {
        let mut envelope = Self {
            text,
            document: chunk.clone(),
            body: chunk.clone(),
            own,
            start: chunk.start,
            items,
            value: Value::Null,
        };
        let document = Document::parse(&envelope.own).map_err(|problem| envelope.outside(problem))?;
        if !document.is_mapping() {
            return Err(Problem::syntax(chunk.start, "a ResourceList is a mapping"));
        }
        let value = document.value_without("items").map_err(|problem| envelope.outside(problem))?;
        let first = envelope.source(body_start(&document));
        envelope.body = first..without_end_marker(text, chunk);
        envelope.value = value;
        Ok(envelope)
    }

    /// The value of everything except the items.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The position of the node at `pointer`, or of its closest existing parent.
    #[must_use]
    pub fn line_col(&self, pointer: &str) -> LineCol {
        let span = Document::parse(&self.own).map_or(0..0, |document| document.span(pointer, Side::Value));
        LineCol::span(self.text, &(self.source(span.start)..self.source(span.end)))
    }

    /// The text of the scalar at `pointer`, as written.
    #[must_use]
    pub fn text_at(&self, pointer: &str) -> Option<String> {
        let document = Document::parse(&self.own).ok()?;
        document.text_at(pointer).map(str::to_owned)
    }

    /// Checks `printed`, the text after `edits`: it must be one document with the same keys and the same items except
    /// removed ones. Each item must begin in the expected place, keep its tags, and be unchanged if it was not edited.
    /// The edits themselves are verified item by item elsewhere.
    ///
    /// # Errors
    /// Describes the difference.
    pub fn prove(&self, printed: &str, edits: &[Edit]) -> Result<(), String> {
        if self.proven_by_parts(printed, edits).is_some() {
            return Ok(());
        }
        self.prove_whole(printed, edits)
    }

    /// As `prove`, without parsing the items that are simple. `None` if it cannot tell.
    fn proven_by_parts(&self, printed: &str, edits: &[Edit]) -> Option<()> {
        let Items { header, items, tail } = self.items.as_ref()?;
        let has_one_document = split_documents(printed.as_bytes()).len() == 1;
        if self.tag_directive().is_some()
            || !has_one_document
            || lone_carriage_return(printed.as_bytes()).is_some()
        {
            return None;
        }
        let text = std::str::from_utf8(self.text).ok()?;
        let mut parts = Parts { printed, at: 0, edits };
        let first = parts.next(0..self.start + header.end)?;
        let mut elements = Vec::with_capacity(items.len());
        let mut are_all_removed = true;
        for range in items {
            let range = shifted(range, self.start);
            let (before, changes) = (&text[range.clone()], parts.edits);
            let after = parts.next(range.clone())?;
            let is_edited = changes.len() > parts.edits.len();
            let is_removed = after.is_empty();
            are_all_removed &= is_removed;
            if is_edited && !is_removed {
                after.ends_with('\n').then_some(())?;
                elements.push((before, Some((changes[0].range.start - range.start, after))));
            } else {
                elements.push((before, None));
            }
        }
        let last = parts.take(self.start + tail.start..text.len(), parts.edits.len())?;
        (parts.at == printed.len() && !are_all_removed).then_some(())?;
        let theirs = format!("{first}{last}");
        let (own, theirs) = (Outline::read(&self.own).ok()?, Outline::read(&theirs).ok()?);
        (own.expects_items_after(&self.own[..header.end]) && theirs.expects_items_after(first))
            .then_some(())?;
        same_keys(&own, &theirs).ok()?;
        let is_proven = |(before, edit): &(&str, Option<(usize, &str)>)| {
            let own = element(before);
            let is_same = |(begin, after): (usize, &str)| {
                own.is_some_and(|(start, _)| start < begin) && element(after) == own
            };
            own.is_some() && edit.is_none_or(is_same)
        };
        in_order(&elements, is_proven).into_iter().all(|proven| proven).then_some(())
    }

    fn prove_whole(&self, printed: &str, edits: &[Edit]) -> Result<(), String> {
        let start = self.start;
        let document =
            std::str::from_utf8(&self.text[self.document.clone()]).map_err(|error| error.to_string())?;
        let (own, theirs) = both(true, || Outline::read(document), || Outline::read(printed));
        let (own, theirs) = own.and_then(|own| Ok((own, theirs?))).map_err(|problem| problem.message)?;
        same_keys(&own, &theirs)?;
        let mut moved = Moved::by(edits);
        let mut expected = Vec::with_capacity(own.items.len());
        let mut items = own.items.into_iter().peekable();
        while let Some(item) = items.next() {
            let next = items.peek().map_or(usize::MAX, |next| next.start + start);
            if let Some((begins, is_edited)) = moved.item(item.start + start..item.end + start, next) {
                expected.push((Item { start: begins, ..item }, is_edited));
            }
        }
        if expected.len() != theirs.items.len() {
            return Err(format!("{} items where {} were expected", theirs.items.len(), expected.len()));
        }
        for (index, ((item, is_edited), printed)) in expected.iter().zip(&theirs.items).enumerate() {
            let is_same = item.start == printed.start
                && item.tags == printed.tags
                && (*is_edited || item.content == printed.content);
            if !is_same {
                return Err(format!("item {index} is another one"));
            }
        }
        Ok(())
    }

    /// The position of a `%TAG` directive that the list's tags depend on.
    #[must_use]
    pub fn tag_directive(&self) -> Option<LineCol> {
        let prologue = &self.text[..self.body.start];
        let mut lines = prologue.split_inclusive(|byte| *byte == b'\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        lines.find(|(_, line)| line.starts_with(b"%TAG")).map(|(start, _)| LineCol::at(self.text, start))
    }

    /// The document from its first key on, without what surrounds it; from the start of that line if it is indented.
    #[must_use]
    pub fn body(&self) -> Range<usize> {
        self.body.clone()
    }

    /// Turns `changes` into edits of the text. No change may touch the items.
    ///
    /// # Errors
    /// The text cannot be edited without changing other bytes.
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
        match &self.items {
            Some(Items { header, tail, .. }) if offset >= header.end => {
                self.start + offset + (tail.start - header.end)
            }
            _ => self.start + offset,
        }
    }

    fn outside(&self, problem: Problem) -> Problem {
        Problem { offset: self.source(problem.offset), ..problem }
    }
}

/// Whether the list has the same keys around its items, apart from those that are set.
fn same_keys(own: &Outline, theirs: &Outline) -> Result<(), String> {
    let mut keys = own.others.iter().filter(|(key, _)| !["apiVersion", "results"].contains(&key.as_str()));
    if let Some((key, _)) = keys.find(|(key, hash)| theirs.others.get(*key) != Some(hash)) {
        return Err(format!("{key:?} has another value"));
    }
    if !own.others.keys().all(|key| theirs.others.contains_key(key)) {
        return Err("a key of the list is missing".to_owned());
    }
    Ok(())
}

/// The start and the hash of the tags of an item that is by itself a sequence of one element. `None` if it is not.
fn element(item: &str) -> Option<(usize, u64)> {
    simple_element(item).map(|start| (start, no_tags())).or_else(|| outline::element(item))
}

/// The start of the mapping in an item that is simple, and so a sequence of that element alone.
fn simple_element(item: &str) -> Option<usize> {
    let mut anchors = BTreeSet::new();
    let mut read = 0;
    let mut start = None;
    marks(item.as_bytes(), |mark, span| {
        read += 1;
        match (read, mark) {
            (1, Mark::Sequence { flow: false }) => {}
            (2, Mark::Mapping { flow: false }) => start = Some(span.start),
            (1 | 2, _) => return None,
            (_, Mark::Anchor) => {
                anchors.insert(&item[span]);
            }
            (_, Mark::Alias) => return anchors.contains(&item[span.start + 1..span.end]).then_some(()),
            _ => {}
        }
        Some(())
    })?;
    start
}

/// The parts of an edited text, one after the other.
struct Parts<'p> {
    printed: &'p str,
    /// The end of the last part in `printed`.
    at: usize,
    /// The edits after it.
    edits: &'p [Edit],
}

impl<'p> Parts<'p> {
    /// The next part, which was `range` before the edits. `None` if an edit reaches over its end.
    fn next(&mut self, range: Range<usize>) -> Option<&'p str> {
        // Lines that are added at the end of an item are indented.
        let is_added_after = |edit: &Edit| edit.range.is_empty() && !edit.text.starts_with(' ');
        let count = self.edits.partition_point(|edit| {
            edit.range.end < range.end || edit.range.end == range.end && !is_added_after(edit)
        });
        self.take(range, count)
    }

    /// As `next`, with so many edits.
    fn take(&mut self, range: Range<usize>, count: usize) -> Option<&'p str> {
        let (own, rest) = self.edits.split_at(count);
        self.edits = rest;
        let is_inside = own.iter().all(|edit| range.start <= edit.range.start && edit.range.end <= range.end);
        let reaches_over = rest.first().is_some_and(|edit| edit.range.start < range.end);
        (is_inside && !reaches_over).then_some(())?;
        let removed: usize = own.iter().map(|edit| edit.range.len()).sum();
        let added: usize = own.iter().map(|edit| edit.text.len()).sum();
        let start = self.at;
        self.at = (start + range.len() + added).checked_sub(removed)?;
        self.printed.get(start..self.at)
    }
}

/// The start of a document's content, after directives, marker, leading comments and the root's anchor and tag. A block
/// collection keeps the indentation of its first line.
fn body_start(document: &Document<'_>) -> usize {
    let lines = Lines::new(document.source());
    let properties = document.root().map_or(0, |root| document.nodes[root].properties());
    let first = lines.skip_blanks(lines.skip_properties(lines.content_start(), properties));
    let line = lines.line_start(first);
    let is_bracketed = document.root().is_some_and(|root| document.is_bracketed(root));
    if !is_bracketed && lines.is_blank(line..first) { line } else { first }
}

/// Maps offsets of a text to offsets after its edits. Look them up in ascending order.
struct Moved<'e> {
    edits: std::iter::Peekable<std::slice::Iter<'e, Edit>>,
    added: usize,
    removed: usize,
}

impl<'e> Moved<'e> {
    fn by(edits: &'e [Edit]) -> Self {
        Self { edits: edits.iter().peekable(), added: 0, removed: 0 }
    }

    /// The new start of an item, and whether an edit touches it or the text before `next`, the item after it. `None` if
    /// the item is removed.
    fn item(&mut self, item: Range<usize>, next: usize) -> Option<(usize, bool)> {
        while let Some(edit) = self.edits.next_if(|edit| edit.range.end <= item.start) {
            self.added += edit.text.len();
            self.removed += edit.range.len();
        }
        let edit = self.edits.peek();
        let covers = |edit: &&&Edit| edit.range.start <= item.start && edit.range.end >= item.end;
        let is_taken_out = edit.filter(covers).is_some_and(|edit| edit.text.is_empty());
        let is_edited = edit.is_some_and(|edit| edit.range.start < next);
        (!is_taken_out).then_some((item.start + self.added - self.removed, is_edited))
    }
}

/// The only document of `text` with content, or the whole text if there is none.
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

/// The end of a document, without the `...` line that closes it.
fn without_end_marker(text: &[u8], chunk: Range<usize>) -> usize {
    let document = &text[chunk.clone()];
    let last_line = memchr::memrchr(b'\n', document.trim_ascii_end()).map_or(0, |newline| newline + 1);
    let ends = document[last_line..].starts_with(b"...")
        && document.get(last_line + 3).is_none_or(u8::is_ascii_whitespace);
    if ends { chunk.start + last_line } else { chunk.end }
}

/// Whether the first document with content is a `ResourceList`. Reads only up to its kind. If the text does not parse,
/// it looks for a line `kind: ResourceList`.
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
    // Anchors of the scalars that matter.
    let mut words: Vec<(usize, String)> = Vec::new();
    loop {
        match parser.next_event() {
            Some(Ok((event, span))) => match event {
                Event::Document if seen => return false,
                Event::Document => {}
                Event::End => {
                    depth -= 1;
                    is_key = depth == 1 || is_key;
                }
                Event::Scalar { .. } if depth == 0 => seen = !span.is_empty(),
                Event::Scalar { .. } | Event::Alias(_) => {
                    let text = match event {
                        Event::Scalar { text, anchor, .. } => {
                            if anchor > 0 && ["kind", "ResourceList"].contains(&&*text) {
                                words.push((anchor, text.clone().into_owned()));
                            }
                            text.into_owned()
                        }
                        Event::Alias(anchor) => {
                            let word = words.iter().find(|(known, _)| *known == anchor);
                            word.map(|(_, text)| text.clone()).unwrap_or_default()
                        }
                        _ => String::new(),
                    };
                    if depth == 1 {
                        if is_kind {
                            return text == "ResourceList";
                        }
                        is_kind = is_key && text == "kind";
                        is_key = !is_key;
                    }
                }
                Event::Sequence { .. } | Event::Mapping { .. } => {
                    seen = true;
                    is_kind = false;
                    // This is the value of a root key; the next scalar at depth 1 is a key again.
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

#[cfg(test)]
mod tests;
