//! Text: documents, spans and edits. Text that we did not write is never re-emitted.
//!
//! This module knows nothing about Kubernetes. A [`Document`] maps pointers to spans and values, and
//! [`Document::splice`] turns changes of the value into edits of the text.

use std::fmt;
use std::ops::Range;

mod emit;
mod envelope;
mod events;
mod flags;
mod index;
mod outline;
mod overlay;
mod parser;
mod rewrite;
mod same;
mod scalar;
mod shorten;
mod skim;
mod splice;
mod stream;
mod text;
mod value;

pub use emit::{document as emit_document, quoted, string as emit_string};
pub use envelope::{Envelope, is_resource_list};
pub use flags::is_flag;
pub use index::{Cursor, Document, Side};
pub use parser::{Event, Granit, Parser, Span, Style};
pub use same::reads_as;
pub use skim::{Form, skim};
pub use stream::{Items, split_documents, split_items, split_json, split_json_list};

/// A position in a text, and how far it extends. Line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCol {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// The column after its end, on the same line; `column` for a point.
    pub end_column: usize,
    /// Its byte in the text.
    pub offset: usize,
}

impl LineCol {
    /// The position of the byte at `offset` in `text`, or of the end if `offset` is past it.
    #[must_use]
    pub fn at(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let column = Self::column(text, offset);
        Self { line: memchr::memchr_iter(b'\n', before).count() + 1, column, end_column: column, offset }
    }

    /// The first line of `span` in `text`, from the span's start to its last character that is not blank.
    #[must_use]
    pub fn span(text: &[u8], span: &Range<usize>) -> Self {
        Self::at(text, span.start).until(text, span)
    }

    fn until(self, text: &[u8], span: &Range<usize>) -> Self {
        let bytes = text.get(span.clone()).unwrap_or_default();
        let line = memchr::memchr(b'\n', bytes).map_or(bytes, |newline| &bytes[..newline]);
        Self { end_column: self.column + Self::characters(line.trim_ascii_end()), ..self }
    }

    fn column(text: &[u8], offset: usize) -> usize {
        let before = &text[..offset.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        Self::characters(&before[line_start..]) + 1
    }

    fn characters(text: &[u8]) -> usize {
        let is_first_byte_of_character = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
        text.iter().filter(is_first_byte_of_character).count()
    }
}

/// The same bytes in a larger text that has the text of `span` at `offset`.
#[must_use]
pub const fn shifted(span: &Range<usize>, offset: usize) -> Range<usize> {
    span.start + offset..span.end + offset
}

/// Lines and columns of one text. Lookups are cheap if roughly in text order.
#[derive(Debug)]
pub struct LineCols<'t> {
    text: &'t [u8],
    /// The position that was looked up last.
    line_col: LineCol,
}

impl<'t> LineCols<'t> {
    /// A lookup in `text`.
    #[must_use]
    pub fn new(text: &'t [u8]) -> Self {
        Self { text, line_col: LineCol { line: 1, column: 1, end_column: 1, offset: 0 } }
    }

    /// As [`LineCol::span`].
    pub fn span(&mut self, span: &Range<usize>) -> LineCol {
        let offset = span.start.min(self.text.len());
        let last = self.line_col.offset;
        let is_behind = offset >= last;
        let between = if is_behind { last..offset } else { offset..last };
        let between = &self.text[between];
        let breaks = memchr::memchr_iter(b'\n', between).count();
        let LineCol { line, column, .. } = &mut self.line_col;
        *line = if is_behind { *line + breaks } else { *line - breaks };
        *column = match breaks {
            // A line may be as long as the text.
            0 if is_behind => *column + LineCol::characters(between),
            0 => *column - LineCol::characters(between),
            _ => LineCol::column(self.text, offset),
        };
        self.line_col.offset = offset;
        self.line_col.until(self.text, span)
    }
}

/// One replacement in a text. An empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub range: Range<usize>,
    /// The new text.
    pub text: String,
}

impl Edit {
    /// The same edit in a larger text that contains this one at `offset`.
    #[must_use]
    pub fn shifted(self, offset: usize) -> Self {
        Self { range: self.range.start + offset..self.range.end + offset, text: self.text }
    }
}

/// Applies `edits` to `text`. They must be in order and must not overlap.
#[must_use]
pub fn edited(text: &str, edits: &[Edit]) -> String {
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut result = String::with_capacity(text.len() + added);
    let mut at = 0;
    for edit in edits {
        result.push_str(&text[at..edit.range.start]);
        result.push_str(&edit.text);
        at = edit.range.end;
    }
    result.push_str(&text[at..]);
    result
}

/// Why a text cannot be read or edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is not YAML, or has a value that JSON cannot hold.
    Syntax,
    /// It exceeds a limit.
    Limit,
    /// It is valid, but cannot be edited without changing other bytes.
    Uneditable,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem.
    pub trouble: Trouble,
    /// The byte offset in the text.
    pub offset: usize,
    /// How many bytes are wrong; 0 for a point.
    pub length: usize,
    /// Where the same stood before, if it is there a second time.
    pub first: Option<usize>,
    /// One sentence without a final period.
    pub message: String,
}

impl Problem {
    pub(crate) fn syntax(offset: usize, message: impl Into<String>) -> Self {
        Self { trouble: Trouble::Syntax, offset, length: 0, first: None, message: message.into() }
    }

    /// A key that a mapping has twice, at its second place.
    pub(crate) fn duplicate(key: &str, first: Option<usize>, second: Range<usize>) -> Self {
        let message = format!("duplicate key {key:?}");
        Self { length: second.len(), first, ..Self::syntax(second.start, message) }
    }

    /// The bytes that are wrong.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        self.offset..self.offset + self.length
    }

    pub(crate) fn limit(offset: usize, message: impl Into<String>) -> Self {
        Self { trouble: Trouble::Limit, ..Self::syntax(offset, message) }
    }

    pub(crate) fn uneditable(offset: usize, message: impl Into<String>) -> Self {
        Self { trouble: Trouble::Uneditable, ..Self::syntax(offset, message) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
