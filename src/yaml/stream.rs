//! Splits a text into chunks that are read separately: documents, list items, a sequence of JSON values.
//!
//! Splits are textual, and every chunk is parsed afterwards: a separator inside quotes makes its chunk fail, so it
//! never passes unnoticed.

use std::ops::Range;

use super::parser::line_end;

/// The documents of a text; together they are the whole text. A `---` line begins a document, a `...` line ends one.
/// Comments, directives and blank lines before a `---` belong to the document after it.
#[must_use]
pub fn split_documents(text: &[u8]) -> Vec<Range<usize>> {
    let mut documents = Vec::new();
    let mut markers = Markers::new(text);
    let mut at = markers.next().unwrap_or(text.len());
    let mut start = 0;
    // Whether the chunk at `start` has more than comments and directives.
    let mut has_content = content_before(text, 0, at);
    while at < text.len() {
        let begins = text[at] == b'-';
        let line = line_end(text, at);
        if begins {
            if has_content {
                documents.push(start..at);
                start = at;
            }
            has_content = true;
        } else {
            documents.push(start..line);
            start = line;
            has_content = false;
        }
        at = markers.next().unwrap_or(text.len());
        has_content |= content_before(text, line, at);
    }
    if start < text.len() {
        documents.push(start..text.len());
    }
    documents
}

/// The offsets of the lines that are document markers, in order.
struct Markers<'t> {
    text: &'t [u8],
    /// A marker on the first line, which has no line break before it.
    first: Option<usize>,
    /// The search for each kind of marker, with its next hit.
    kinds: [(std::iter::Peekable<memchr::memmem::FindIter<'t, 'static>>, &'static [u8; 3]); 2],
}

impl<'t> Markers<'t> {
    fn new(text: &'t [u8]) -> Self {
        let first = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let search = |needle: &'static [u8; 4]| memchr::memmem::find_iter(text, needle).peekable();
        Self {
            text,
            first: [b"---", b"..."].iter().any(|kind| is_marker(text, first, kind)).then_some(first),
            kinds: [(search(b"\n---"), b"---"), (search(b"\n..."), b"...")],
        }
    }
}

impl Iterator for Markers<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let text = self.text;
        for (found, kind) in &mut self.kinds {
            while found.next_if(|newline| !is_marker(text, newline + 1, kind)).is_some() {}
        }
        let [(dashes, _), (dots, _)] = &mut self.kinds;
        let newline = match (dashes.peek(), dots.peek()) {
            (Some(dash), Some(dot)) if dash < dot => dashes.next(),
            (Some(_), None) => dashes.next(),
            _ => dots.next(),
        };
        newline.map(|newline| newline + 1)
    }
}

/// Whether the line at `at` is a marker of this kind.
fn is_marker(text: &[u8], at: usize, kind: &[u8; 3]) -> bool {
    let line = &text[at..];
    line.starts_with(kind) && line.get(3).is_none_or(|after| matches!(after, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Whether the text between the offsets has anything but blanks, comments and directives.
fn content_before(text: &[u8], from: usize, to: usize) -> bool {
    let text = text[from..to].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text[from..to]);
    text.split(|byte| *byte == b'\n').any(|line| match line.trim_ascii_start() {
        [] | [b'#', ..] => false,
        _ => line[0] != b'%',
    })
}

/// The values of a chunk of several JSON values in a row. `None` if it is a single value or not JSON.
#[must_use]
pub fn split_json(text: &str) -> Option<Vec<Range<usize>>> {
    if !text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('{') {
        return None;
    }
    let skipped = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut values =
        serde_json::Deserializer::from_str(&text[skipped..]).into_iter::<serde::de::IgnoredAny>();
    let mut chunks = Vec::new();
    let mut start = 0;
    while let Some(value) = values.next() {
        value.ok()?;
        let end = skipped + values.byte_offset();
        chunks.push(start..end);
        start = end;
    }
    let last = chunks.last_mut()?;
    last.end = text.len();
    (chunks.len() > 1).then_some(chunks)
}

/// The items of a JSON list, each from the start of its line if it begins one. `None` if the text is not a JSON object
/// with `items`, or if an item would lose the indent of its lines.
#[must_use]
pub fn split_json_list(text: &[u8]) -> Option<Items> {
    #[derive(serde::Deserialize)]
    struct List<'t> {
        #[serde(borrow)]
        items: Vec<&'t serde_json::value::RawValue>,
    }
    let text = std::str::from_utf8(text).ok()?;
    let list: List<'_> = serde_json::from_str(text).ok()?;
    let range = |item: &&serde_json::value::RawValue| {
        let item = item.get();
        let start = item.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        let before = text[..start].trim_end_matches(' ');
        let begins_line = before.is_empty() || before.ends_with('\n');
        let from = if begins_line { before.len() } else { start };
        (begins_line || !item.contains('\n')).then_some(from..start + item.len())
    };
    let items: Vec<Range<usize>> = list.items.iter().map(range).collect::<Option<_>>()?;
    let (first, last) = (items.first()?.start, items.last()?.end);
    Some(Items { header: 0..first, items, tail: last..text.len() })
}

/// A list, cut at its `items`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items {
    /// From the start to the end of the `items:` line, or to the first item.
    pub header: Range<usize>,
    /// Each item. In block style, it starts with its dash's line, and the first one includes the comments above it.
    pub items: Vec<Range<usize>>,
    /// The keys after the items; can be empty.
    pub tail: Range<usize>,
}

/// Cuts a document at a top-level, block-style `items:`. `None` if there is no such sequence, or if the text cannot be
/// cut line by line.
#[must_use]
pub fn split_items(text: &[u8]) -> Option<Items> {
    let header_end = items_line(text)?;
    let mut items: Vec<Range<usize>> = Vec::new();
    let mut column = None;
    let mut at = header_end;
    let mut tail = text.len();
    loop {
        if let Some(column) = column {
            at = inside_skipped(text, at, column);
        }
        if at == text.len() {
            break;
        }
        let next = line_end(text, at);
        let line = &text[at..next];
        let indent = line.iter().take_while(|byte| **byte == b' ').count();
        let content = line[indent..].trim_ascii_end();
        let is_dash = content.first() == Some(&b'-')
            && content.get(1).is_none_or(|after| matches!(after, b' ' | b'\t'));
        if content.is_empty() || content[0] == b'#' {
            // Belongs to the previous item.
        } else if is_dash && column.is_none_or(|column| column == indent) {
            column = Some(indent);
            items.push(at..at);
        } else if indent == 0 {
            tail = at;
            break;
        } else if column.is_none_or(|column| indent <= column) {
            return None;
        }
        at = next;
    }
    items.first_mut()?.start = header_end;
    let ends: Vec<usize> = items.iter().skip(1).map(|item| item.start).chain([tail]).collect();
    for (item, end) in items.iter_mut().zip(ends) {
        item.end = end;
    }
    Some(Items { header: 0..header_end, items, tail: tail..text.len() })
}

/// The start of the first line, from the one at `at` on, that has something else than spaces up to `column`.
fn inside_skipped(text: &[u8], at: usize, column: usize) -> usize {
    /// So many bytes are looked at together, since few lines are not inside an item.
    const BLOCK: usize = 256;
    /// Each column takes a look at the block.
    const FEW_COLUMNS: usize = 16;
    let is_inside = |line: usize| {
        text.get(line..=line + column).is_some_and(|first| first.iter().all(|byte| *byte == b' '))
    };
    if !is_inside(at) {
        return at;
    }
    let mut from = at;
    while column < FEW_COLUMNS
        && let Some(block) = text.get(from..from + BLOCK + column + 1)
    {
        let is_broken_before = |distance: usize| {
            let after = block[distance..].iter();
            block[..BLOCK]
                .iter()
                .zip(after)
                .fold(false, |any, (one, after)| any | ((*one == b'\n') & (*after != b' ')))
        };
        if (1..=column + 1).any(is_broken_before) {
            break;
        }
        from += BLOCK;
    }
    let mut breaks = memchr::memchr_iter(b'\n', &text[from..]).map(|newline| from + newline + 1);
    breaks.find(|line| !is_inside(*line)).unwrap_or(text.len())
}

/// The end of the `items:` line at column 0.
fn items_line(text: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(text, b"items:").find_map(|at| {
        let after = text[at + 6..line_end(text, at)].trim_ascii();
        let begins_line = at == 0 || text[at - 1] == b'\n';
        (begins_line && (after.is_empty() || after[0] == b'#')).then(|| line_end(text, at))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_end_where_a_line_does_not_belong_inside(
            lines in proptest::collection::vec(proptest::sample::select(
                &["- a", "  - b", "    c: d", "", "   ", " e", "      long enough to fill a good part of a block", "\r"][..],
            ), 0..24),
            inside in proptest::collection::vec(5..90_usize, 0..16),
            column in 0..20_usize,
            ends_in_break in any::<bool>(),
        ) {
            // Enough of them for some blocks.
            let inside = inside.iter().map(|length| format!("{:1$}{2}\n", "", column + 1, "x".repeat(*length)));
            let mut text = inside.chain([lines.join("\n")]).collect::<String>();
            if ends_in_break {
                text.push('\n');
            }
            let mut expected = 0;
            for line in text.split_inclusive('\n') {
                if !line.get(..=column).is_some_and(|first| first.bytes().all(|byte| byte == b' ')) {
                    break;
                }
                expected += line.len();
            }
            prop_assert_eq!(inside_skipped(text.as_bytes(), 0, column), expected);
        }
    }
}
