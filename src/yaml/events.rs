//! The events of a simple text, read from its lines ([`super::skim`]) instead of by the parser, which takes several
//! times as long.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::parser::{Event, Span, Style, block_span, line_end};
use super::skim::{Mark, marks};

/// What takes the events of a text. `None` ends the reading.
pub(super) trait Take<'t> {
    /// Takes any event.
    fn event(&mut self, event: Event<'t>, span: Span) -> Option<()>;

    /// Takes a scalar that means what is written and has no anchor and no tag, as most nodes are. An event takes longer
    /// to make.
    fn scalar(&mut self, text: &'t str, style: Style, span: Span) -> Option<()>;
}

/// Gives the events of a simple text to `take`. `None` if the text is not simple or `take` returns `None`; the events
/// before that are worth nothing.
pub(super) fn of_simple<'t>(text: &'t str, take: &mut impl Take<'t>) -> Option<()> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut anchors = 0;
    // The number of the anchor that the next node has.
    let mut anchor = 0;
    marks(text.as_bytes(), |mark, span| {
        let own = std::mem::take(&mut anchor);
        let event = match mark {
            Mark::Scalar { style: style @ (Style::Literal | Style::Folded), .. } => {
                let (value, span) = block(text, span, style);
                let text = Cow::Owned(value);
                return take.event(Event::Scalar { text, style, anchor: own, tag: None }, span);
            }
            Mark::Scalar { style, is_verbatim } => {
                let written = inside(&text[span.clone()], style);
                if is_verbatim && own == 0 {
                    return take.scalar(written, style, span);
                }
                let text = if is_verbatim { Cow::Borrowed(written) } else { inline(written, style) };
                Event::Scalar { text, style, anchor: own, tag: None }
            }
            Mark::Sequence { flow } => Event::Sequence { flow, anchor: own, tag: None },
            Mark::Mapping { flow } => Event::Mapping { flow, anchor: own, tag: None },
            Mark::End => Event::End,
            Mark::Anchor => {
                anchors += 1;
                anchor = anchors;
                numbers.insert(&text[span], anchor);
                return Some(());
            }
            Mark::Alias => Event::Alias(*numbers.get(&text[span.start + 1..span.end])?),
        };
        take.event(event, span)
    })
}

/// A scalar without its quotes.
fn inside(written: &str, style: Style) -> &str {
    match style {
        Style::Single | Style::Double => &written[1..written.len() - 1],
        _ => written,
    }
}

/// The content of a plain or quoted scalar, from what is inside its quotes.
fn inline(inner: &str, style: Style) -> Cow<'_, str> {
    let has = |byte: u8| memchr::memchr(byte, inner.as_bytes()).is_some();
    let unfolded = if has(b'\n') { Cow::Owned(fold_lines(inner)) } else { Cow::Borrowed(inner) };
    match style {
        Style::Single if has(b'\'') => Cow::Owned(unfolded.replace("''", "'")),
        Style::Double if has(b'\\') => Cow::Owned(unescape(&unfolded)),
        _ => unfolded,
    }
}

/// Joins lines: a single line break is a space, of several the first is dropped.
fn fold_lines(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let last = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let mut breaks = 0;
    for (index, line) in text.split('\n').enumerate() {
        let line = if index == 0 { line } else { line.trim_start_matches(' ') };
        let line = if index == last { line } else { line.trim_end_matches([' ', '\r']) };
        if !line.is_empty() || index == last {
            push_breaks(&mut folded, breaks);
            folded.push_str(line);
            breaks = 0;
        }
        breaks += 1;
    }
    folded
}

/// Appends folded line breaks.
fn push_breaks(folded: &mut String, breaks: usize) {
    match breaks {
        0 => {}
        1 => folded.push(' '),
        _ => folded.extend(std::iter::repeat_n('\n', breaks - 1)),
    }
}

/// Resolves the escapes of a simple text.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut parts = text.split('\\');
    result.push_str(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let mut rest = part.chars();
        match rest.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('0') => result.push('\0'),
            Some(quote) => result.push(quote),
            // An escaped backslash; what follows it is text.
            None => {
                result.push('\\');
                rest = parts.next().unwrap_or_default().chars();
            }
        }
        result.push_str(rest.as_str());
    }
    result
}

/// The content of the block scalar that is written at the start of `region`, and its span.
fn block(text: &str, region: Span, style: Style) -> (String, Span) {
    let bytes = text.as_bytes();
    let body = line_end(&bytes[..region.end], region.start);
    let lines = || text[body..region.end].split_inclusive('\n');
    let is_blank = |line: &&str| matches!(*line, "\n" | "\r\n");
    let first = body + lines().take_while(is_blank).map(str::len).sum::<usize>();
    let indent = bytes[first..region.end].iter().take_while(|byte| **byte == b' ').count();
    let mut value = String::with_capacity(region.len());
    let mut previous = Line::None;
    // Line breaks that are not yet part of the value.
    let mut breaks = 0;
    for line in lines() {
        let unbroken = line.trim_end_matches(['\r', '\n']);
        if let content @ [first, ..] = unbroken.get(indent..).unwrap_or_default().as_bytes() {
            let this = if matches!(first, b' ' | b'\t') { Line::Indented } else { Line::Text };
            if style == Style::Folded && (previous, this) == (Line::Text, Line::Text) {
                push_breaks(&mut value, breaks);
            } else {
                value.extend(std::iter::repeat_n('\n', breaks));
            }
            value.push_str(&unbroken[unbroken.len() - content.len()..]);
            previous = this;
            breaks = 0;
        }
        breaks += usize::from(unbroken.len() < line.len());
    }
    let kept = match bytes.get(region.start + 1) {
        Some(b'-') => 0,
        Some(b'+') => breaks,
        _ => breaks.min(usize::from(previous != Line::None)),
    };
    value.extend(std::iter::repeat_n('\n', kept));
    let span = block_span(bytes, region.start, &value, first + indent..region.end);
    (value, span)
}

/// A line of a block scalar with content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    None,
    Text,
    /// It begins with a blank, and the line breaks around it are kept.
    Indented,
}
