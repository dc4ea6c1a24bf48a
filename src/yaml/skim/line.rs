//! The pieces of a line: keys, scalars in flow style, dashes and blanks.

use crate::yaml::emit::{alphanumeric_or, table};
use crate::yaml::parser::Style;

/// The parser's limit on keys without `?` is higher.
const KEY_LIMIT: usize = 1000;

/// The lines of a text with their offsets, without their breaks.
#[derive(Clone)]
pub(super) struct Lines<'t> {
    text: &'t [u8],
    /// The start of the next line.
    pub(super) at: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = (usize, &'t [u8]);

    fn next(&mut self) -> Option<(usize, &'t [u8])> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += length + 1;
        let line = &rest[..length];
        Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// The style of a scalar in a flow collection, and what follows it.
pub(super) fn flow_scalar(content: &[u8]) -> Option<(Style, &[u8])> {
    match content {
        [quote @ (b'"' | b'\''), rest @ ..] => {
            let length = memchr::memchr3(*quote, b'\\', b'\t', rest)?;
            let after = &rest[length + 1..];
            let is_simple = rest[length] == *quote && length < KEY_LIMIT && !after.starts_with(b"'");
            is_simple.then_some((quoted_style(*quote), after))
        }
        [b'-', b'-', first, ..] | [b'-', first, ..] | [first, ..]
            if first.is_ascii_alphanumeric() || *first == b'/' =>
        {
            let is_inside = |byte: &&u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'+' | b'=')
            };
            let length = content.iter().take_while(is_inside).count();
            (length < KEY_LIMIT).then(|| (Style::Plain, &content[length..]))
        }
        _ => None,
    }
}

pub(super) fn quoted_style(quote: u8) -> Style {
    if quote == b'"' { Style::Double } else { Style::Single }
}

/// The characters, other than a colon, that a plain key is read with.
static IN_KEYS: [bool; 256] = alphanumeric_or(b"_./$-+()");

/// The characters that a plain scalar may have to end at.
pub(super) static ENDS_PLAIN: [bool; 256] = table(b":#\t");

/// A key with its colon.
pub(super) struct Key<'t> {
    pub(super) text: &'t [u8],
    pub(super) style: Style,
    /// Up to behind the colon.
    pub(super) length: usize,
}

impl<'t> Key<'t> {
    /// The key at the start of `content`, if it is a simple one.
    pub(super) fn read(content: &'t [u8]) -> Option<Self> {
        let (style, text, length) = match content {
            [quote @ (b'"' | b'\''), rest @ ..] => {
                let length = memchr::memchr3(*quote, b'\\', b'\t', rest)?;
                (rest[length] == *quote).then_some((quoted_style(*quote), &rest[..length], length + 2))?
            }
            [first, ..] if first.is_ascii_alphanumeric() || matches!(first, b'_' | b'.' | b'/' | b'$') => {
                let mut length = 1;
                loop {
                    let is_inside = |byte: &&u8| IN_KEYS[usize::from(**byte)];
                    length += content[length..].iter().take_while(is_inside).count();
                    let is_part = matches!(content[length..], [b':', next, ..] if next != b' ');
                    if !is_part {
                        break;
                    }
                    length += 1;
                }
                (Style::Plain, &content[..length], length)
            }
            _ => return None,
        };
        let is_key = length < KEY_LIMIT
            && content.get(length) == Some(&b':')
            && matches!(content.get(length + 1), None | Some(b' '));
        is_key.then_some(Self { text, style, length: length + 1 })
    }
}

/// Whether a plain scalar may begin or go on with this character.
pub(super) fn begins_plain(first: u8) -> bool {
    first.is_ascii_alphanumeric()
        || matches!(first, b'_' | b'.' | b'/' | b'$' | b'(' | b')' | b'<' | b'+' | b'~' | b'^' | b';' | b'\\')
        || first >= 0x80
}

/// Whether a line has more than spaces and a comment.
pub(super) fn has_content(line: &[u8]) -> bool {
    !matches!(spaces_skipped(line), [] | [b'#', ..])
}

/// Whether an element begins here.
pub(super) fn is_dash(content: &[u8]) -> bool {
    content[0] == b'-' && matches!(content.get(1), None | Some(b' '))
}

/// Whether nothing but a comment is left of a line: `rest` is `after` without leading spaces.
pub(super) fn is_end(after: &[u8], rest: &[u8]) -> bool {
    match rest.first() {
        None => true,
        Some(first) => *first == b'#' && rest.len() < after.len(),
    }
}

/// What follows the name of an anchor.
pub(super) fn name_skipped(text: &[u8]) -> Option<&[u8]> {
    let is_inside = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = text.iter().take_while(is_inside).count();
    (length > 0).then(|| &text[length..])
}

pub(super) fn spaces_trimmed(text: &[u8]) -> &[u8] {
    let spaces = text.iter().rev().take_while(|byte| **byte == b' ').count();
    &text[..text.len() - spaces]
}

pub(super) fn spaces_skipped(text: &[u8]) -> &[u8] {
    &text[indent(text)..]
}

/// The number of spaces that a line begins with.
pub(super) fn indent(line: &[u8]) -> usize {
    const MANY: &[u8; 8] = b"        ";
    let mut rest = line;
    while rest.first_chunk() == Some(MANY) {
        rest = &rest[MANY.len()..];
    }
    line.len() - rest.len() + rest.iter().take_while(|byte| **byte == b' ').count()
}
