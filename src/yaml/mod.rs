//! Text: documents, spans and edits. Nothing that we did not write is ever emitted again.
//!
//! This floor knows no Kubernetes: a [`Document`] maps pointers to spans and values, and
//! [`Document::splice`] turns changes of the value into edits of the text.

use std::fmt;
use std::ops::Range;

mod emit;
mod envelope;
mod flags;
mod index;
mod outline;
mod overlay;
mod parser;
mod rewrite;
mod same;
mod scalar;
mod shorten;
mod splice;
mod stream;
mod text;
mod value;

pub use emit::{document as emit_document, quoted, string as emit_string};
pub use envelope::{Envelope, is_resource_list};
pub use flags::is_flag;
pub use index::{Cursor, Document};
pub use parser::{Event, Granit, Parser, Span, Style};
pub use same::reads_as;
pub use stream::{Items, split_documents, split_items, split_json, split_json_list};

/// A position in a text: line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCol {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl LineCol {
    /// The position of the byte at `offset` in `text`; the end for an offset beyond it.
    #[must_use]
    pub fn at(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        Self { line: memchr::memchr_iter(b'\n', before).count() + 1, column: Self::column(text, offset) }
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

/// Lines and columns in one text: cheap where they are asked for in about the order of the text.
#[derive(Debug)]
pub struct LineCols<'t> {
    text: &'t [u8],
    /// The position of the byte at `offset`.
    line_col: LineCol,
    offset: usize,
}

impl<'t> LineCols<'t> {
    /// Those of `text`.
    #[must_use]
    pub fn new(text: &'t [u8]) -> Self {
        Self { text, line_col: LineCol { line: 1, column: 1 }, offset: 0 }
    }

    /// As [`LineCol::at`].
    pub fn line_col(&mut self, offset: usize) -> LineCol {
        let offset = offset.min(self.text.len());
        let is_behind = offset >= self.offset;
        let between = if is_behind { self.offset..offset } else { offset..self.offset };
        let between = &self.text[between];
        let breaks = memchr::memchr_iter(b'\n', between).count();
        let LineCol { line, column } = &mut self.line_col;
        *line = if is_behind { *line + breaks } else { *line - breaks };
        *column = match breaks {
            // A line may be as long as the text.
            0 if is_behind => *column + LineCol::characters(between),
            0 => *column - LineCol::characters(between),
            _ => LineCol::column(self.text, offset),
        };
        self.offset = offset;
        self.line_col
    }
}

/// One replacement in a text: an empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// The same edit in a text of which this one's begins at `offset`.
    #[must_use]
    pub fn shifted(self, offset: usize) -> Self {
        Self { range: self.range.start + offset..self.range.end + offset, text: self.text }
    }
}

/// `text` with `edits`, which are in order and do not overlap.
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
    /// It is not YAML, or not a value that JSON can hold.
    Syntax,
    /// Reading it would take more than the limits allow.
    Limit,
    /// It can be read, but not edited without changing other bytes.
    Uneditable,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether it cannot be read or cannot be edited.
    pub trouble: Trouble,
    /// The byte offset in the text that was read.
    pub offset: usize,
    /// One sentence without a final dot.
    pub message: String,
}

impl Problem {
    pub(crate) fn syntax(offset: usize, message: impl Into<String>) -> Self {
        Self { trouble: Trouble::Syntax, offset, message: message.into() }
    }

    pub(crate) fn limit(offset: usize, message: impl Into<String>) -> Self {
        Self { trouble: Trouble::Limit, offset, message: message.into() }
    }

    pub(crate) fn uneditable(offset: usize, message: impl Into<String>) -> Self {
        Self { trouble: Trouble::Uneditable, offset, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
