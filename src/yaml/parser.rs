//! The parser trait, which is all that the index needs, and its one production back end.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind, ScalarStyle, StructureStyle};

use super::Problem;

/// Byte offsets in the text.
pub type Span = Range<usize>;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes; also used for an empty node.
    Plain,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

/// One parser event. Anchors are numbers, unique in the document; 0 means no anchor.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'t> {
    /// A document begins.
    Document,
    /// A scalar. Its span runs from its first character (a quote, a `|`) to the last one of its content, without anchor
    /// and tag. An empty node has an empty span on the line of its key or dash.
    Scalar {
        /// The decoded content.
        text: Cow<'t, str>,
        /// How it is written.
        style: Style,
        /// Anchor.
        anchor: usize,
        /// Tag, with `!!` resolved to `tag:yaml.org,2002:`.
        tag: Option<String>,
    },
    /// A sequence begins. The span of a flow sequence is its bracket.
    Sequence {
        /// `[…]`.
        flow: bool,
        /// Anchor.
        anchor: usize,
        /// Tag.
        tag: Option<String>,
    },
    /// A mapping begins. The span of a flow mapping is its brace, or empty for a pair in a sequence.
    Mapping {
        /// `{…}`.
        flow: bool,
        /// Anchor.
        anchor: usize,
        /// Tag.
        tag: Option<String>,
    },
    /// The innermost collection ends. For a flow collection, the span ends after the bracket.
    End,
    /// A reference to the node with that anchor.
    Alias(usize),
}

/// Reads a text as events with spans.
pub trait Parser<'t> {
    /// The next event; `None` at the end of the text.
    ///
    /// # Errors
    /// The text is not YAML. No event follows.
    fn next_event(&mut self) -> Option<Result<(Event<'t>, Span), Problem>>;
}

/// The parser's fixed limit on nested collections.
const NESTING_LIMIT: usize = 255;

/// The back end based on `granit-parser`.
pub struct Granit<'t> {
    text: &'t str,
    parser: granit_parser::Parser<'t, granit_parser::StrInput<'t>>,
    previous_end: usize,
}

impl<'t> Granit<'t> {
    /// A parser at the start of `text`.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let options =
            granit_parser::options! { block_scalar_eof_without_line_feed: true, emit_comments: false };
        Self {
            text,
            parser: granit_parser::Parser::new_from_str_with_options(text, options),
            previous_end: 0,
        }
    }
}

/// The span of a block scalar from its indicator to the end of its content. The content starts at `content.start`
/// and ends before `content.end`, which may be behind comments.
pub(super) fn block_span(bytes: &[u8], header: usize, value: &str, content: Span) -> Span {
    let header_end = line_end(bytes, header);
    let newlines = value.len() - value.trim_end_matches('\n').len();
    if newlines == value.len() {
        let end = (0..newlines).fold(header_end, |at, _| line_end(bytes, at));
        return header..if newlines == 0 { header_end - line_break(&bytes[..header_end]) } else { end };
    }
    let mut at = memchr::memrchr(b'\n', &bytes[..content.start]).map_or(0, |newline| newline + 1);
    let indent = content.start - at;
    let mut end = content.start;
    while at < content.end {
        let next = line_end(bytes, at);
        let line = &bytes[at..next - line_break(&bytes[at..next])];
        let spaces = line.iter().take_while(|byte| **byte == b' ').count();
        if spaces >= indent && line.len() > indent {
            end = at + line.len();
        }
        at = next;
    }
    if newlines > 1 {
        end = (0..newlines).fold(end, |at, _| line_end(bytes, at));
    }
    header..end
}

/// The `|` or `>` after `from`. Only indicators, anchor, tag and comments can be in between.
fn block_header(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'|' | b'>' => break,
            b'#' => at = line_end(bytes, at),
            b'&' | b'!' => at += bytes[at..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count(),
            _ => at += 1,
        }
    }
    at
}

/// The offset after the next line break from `at`, or the end of the text.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |newline| at + newline + 1)
}

/// The length of the line break at the end of `bytes`.
pub(super) fn line_break(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\r\n") { 2 } else { usize::from(bytes.ends_with(b"\n")) }
}

impl<'t> Parser<'t> for Granit<'t> {
    #[inline]
    fn next_event(&mut self) -> Option<Result<(Event<'t>, Span), Problem>> {
        use granit_parser::Event as Theirs;
        loop {
            let (event, span) = match self.parser.next()? {
                Ok(next) => next,
                Err(error) => {
                    let offset = error.marker().byte_offset().unwrap_or(self.text.len());
                    return Some(Err(match error.kind() {
                        ErrorKind::RecursionLimitExceeded => {
                            Problem::limit(offset, format!("nested more than {NESTING_LIMIT} deep"))
                        }
                        _ => Problem::syntax(offset, error.info()),
                    }));
                }
            };
            let start = span.start.byte_offset().unwrap_or(self.text.len());
            let mut span = start..span.end.byte_offset().unwrap_or(start).max(start);
            let event = match event {
                Theirs::DocumentStart(..) => Event::Document,
                Theirs::Scalar(text, style, anchor, tag) => {
                    let style = match style {
                        ScalarStyle::SingleQuoted => Style::Single,
                        ScalarStyle::DoubleQuoted => Style::Double,
                        ScalarStyle::Literal => Style::Literal,
                        ScalarStyle::Folded => Style::Folded,
                        _ => Style::Plain,
                    };
                    if matches!(style, Style::Literal | Style::Folded) {
                        let bytes = self.text.as_bytes();
                        span = block_span(bytes, block_header(bytes, self.previous_end), &text, span);
                    }
                    let text = if span.is_empty() { Cow::Borrowed("") } else { text };
                    Event::Scalar { text, style, anchor, tag: tag.map(|tag| tag_name(&tag)) }
                }
                Theirs::SequenceStart(style, anchor, tag) => Event::Sequence {
                    flow: style == StructureStyle::Flow,
                    anchor,
                    tag: tag.map(|tag| tag_name(&tag)),
                },
                Theirs::MappingStart(style, anchor, tag) => Event::Mapping {
                    flow: style == StructureStyle::Flow,
                    anchor,
                    tag: tag.map(|tag| tag_name(&tag)),
                },
                Theirs::SequenceEnd | Theirs::MappingEnd => Event::End,
                Theirs::Alias(anchor) => Event::Alias(anchor),
                _ => continue,
            };
            let ends_here = match event {
                Event::End => matches!(self.text.as_bytes()[..span.end].last(), Some(b']' | b'}')),
                // Without `---`, a document begins at its content.
                Event::Document => self.text[..span.end].ends_with("---"),
                _ => true,
            };
            if ends_here {
                self.previous_end = span.end;
            }
            return Some(Ok((event, span)));
        }
    }
}

fn tag_name(tag: &granit_parser::Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}
