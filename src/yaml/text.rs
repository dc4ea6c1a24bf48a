//! Line-level helpers for a text: blanks, comments, line breaks.

use std::ops::Range;

use super::parser::line_end;

const BOM: &str = "\u{feff}";

/// A carriage return that we do not treat as a line break, but a YAML reader may.
pub(super) fn lone_carriage_return(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\r', text).find(|at| text.get(at + 1) != Some(&b'\n'))
}

/// The next offset that is not in blanks, line breaks or a comment.
pub(super) fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'#' => at = line_end(bytes, at),
            _ => break,
        }
    }
    at
}

/// Whether the byte at `at` is the indicator (`?` or `:`) and not the start of a word such as `:a`. In flow, the value
/// of a quoted key can directly follow its colon.
pub(super) fn is_indicator(bytes: &[u8], at: usize, indicator: u8, in_flow: bool) -> bool {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || in_flow && indicator == b':';
    bytes.get(at) == Some(&indicator) && bytes.get(at + 1).is_none_or(ends)
}

fn ends_property(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b",[]{}".contains(&byte)
}

/// A text's lines, read without a parser.
pub(super) struct Lines<'t> {
    text: &'t str,
    /// The start of every line but the first. Searching for line breaks each time is too slow if a line is as long as
    /// the text.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        // Lines of manifests are seldom shorter.
        let mut starts = Vec::with_capacity(text.len() / 16);
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline + 1));
        Self { text, starts }
    }

    /// The number of line starts up to `at`, without the first line.
    fn lines_before(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The start of the line that contains `at`, after a byte order mark.
    pub(super) fn line_start(&self, at: usize) -> usize {
        match self.lines_before(at).checked_sub(1) {
            Some(line) => self.starts[line],
            None if self.text.starts_with(BOM) => BOM.len().min(at),
            None => 0,
        }
    }

    /// The offset after the next line break from `at`, or the end of the text.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.starts.get(self.lines_before(at)).copied().unwrap_or(self.text.len())
    }

    /// The start of the line after a node that ends at `at`. A node that ends with a line break has already ended its
    /// line.
    pub(super) fn after_line(&self, at: usize) -> usize {
        if at > 0 && self.byte(at - 1) == Some(b'\n') { at } else { self.line_end(at) }
    }

    pub(super) fn is_blank(&self, range: Range<usize>) -> bool {
        self.text[range].trim_matches([' ', '\t']).is_empty()
    }

    /// The earliest start of the document's content, after byte order mark, directives and `---`.
    pub(super) fn content_start(&self) -> usize {
        let mut at = if self.text.starts_with(BOM) { BOM.len() } else { 0 };
        loop {
            let line = &self.text[at..self.line_end(at)];
            if line.starts_with("---") && line[3..].chars().next().is_none_or(char::is_whitespace) {
                return at + 3;
            }
            let is_prologue =
                line.starts_with('%') || line.trim().is_empty() || line.trim_start().starts_with('#');
            if line.is_empty() || !is_prologue {
                return at;
            }
            at += line.len();
        }
    }

    /// As [`skip_blanks`].
    pub(super) fn skip_blanks(&self, from: usize) -> usize {
        skip_blanks(self.text.as_bytes(), from)
    }

    /// The offset after the anchor and tag that follow `from`, at most `count` of them, or `from` if there are none.
    /// Later ones can belong to the node's first key.
    pub(super) fn skip_properties(&self, from: usize, count: usize) -> usize {
        let mut end = from;
        for _ in 0..count {
            let at = self.skip_blanks(end);
            let rest = &self.text.as_bytes()[at..];
            let length = match rest {
                [b'!', b'<', ..] => memchr::memchr(b'>', rest).map_or(rest.len(), |close| close + 1),
                // The content can follow directly: `&a{}`.
                [b'&' | b'!', ..] => rest.iter().take_while(|byte| !ends_property(**byte)).count(),
                _ => return end,
            };
            end = at + length;
        }
        end
    }

    /// The start of the comment lines directly above the line at `line`, not before `floor`.
    pub(super) fn comments_above(&self, line: usize, floor: usize) -> usize {
        let mut start = line;
        while start > floor {
            let above = self.line_start(start - 1);
            if !self.text[above..start].trim_start().starts_with('#') {
                break;
            }
            start = above;
        }
        start
    }

    /// The length of the line break that ends before `at`.
    pub(super) fn break_before(&self, at: usize) -> usize {
        super::parser::line_break(&self.text.as_bytes()[..at])
    }

    /// The line break used around `at`.
    pub(super) fn newline(&self, at: usize) -> &'static str {
        let lines = self.lines_before(at);
        match self.starts.get(lines.saturating_sub(1)) {
            Some(start) if self.text[..*start].ends_with("\r\n") => "\r\n",
            _ => "\n",
        }
    }

    /// The columns from a dash to the content on its line, or 2 if there is none.
    pub(super) fn dash_width(&self, dash: usize) -> usize {
        let rest = &self.text.as_bytes()[dash + 1..];
        let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
        match rest.get(blanks) {
            None | Some(b'#' | b'\r' | b'\n' | b'\t') => 2,
            Some(_) => blanks + 1,
        }
    }
}
