//! Recognizes simple block YAML by its lines, several times as fast as the parser.
//!
//! A text that is recognized is valid YAML on its own, without duplicate keys: block mappings and sequences, and scalars
//! whose end is seen in the lines. Tags, flow collections of several lines, explicit keys, directives, tabs outside
//! block scalars and all rare notations are left to the parser, as is everything doubtful. Nothing is open at the end of
//! such a text.
//!
//! [`skim`] gives the values of a few keys, of texts without anchors and aliases, which so refer to nothing outside;
//! [`marks`] gives every node, from which [`super::events`] makes what the parser would give.

use super::parser::{Span, Style};
use super::text::lone_carriage_return;
use line::{
    ENDS_PLAIN, Key, Lines, begins_plain, flow_scalar, has_content, indent, is_dash, is_end, name_skipped,
    quoted_style, spaces_skipped, spaces_trimmed,
};

mod line;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A document whose root is a mapping.
    Mapping,
    /// A block sequence whose only element is a mapping, or one of its elements cut out with its lines.
    Element,
}

impl Form {
    /// How many collections are open inside the mapping.
    const fn depth(self) -> usize {
        match self {
            Self::Mapping => 1,
            Self::Element => 2,
        }
    }
}

/// The values of `keys` in the mapping of a simple text: `None` for a key that is not there. `None` for the whole if the
/// text is not simple, or if one of the keys has a value that is not one word.
#[must_use]
pub fn skim<'t, const N: usize>(text: &'t [u8], form: Form, keys: [&str; N]) -> Option<[Option<&'t str>; N]> {
    read(text, form, keys, |mark, _| (!matches!(mark, Mark::Anchor | Mark::Alias)).then_some(()))
}

/// What is at a place of a simple text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A scalar: all of it, or an empty place on the line of its dash or colon. A block scalar goes up to the next line
    /// with something else. A verbatim one means what is written, inside its quotes if it has some; a block scalar never
    /// is.
    Scalar { style: Style, is_verbatim: bool },
    /// The start of a sequence: its bracket, or an empty place at its first dash.
    Sequence { flow: bool },
    /// The start of a mapping: its brace, or an empty place at its first key.
    Mapping { flow: bool },
    /// The end of the innermost collection.
    End,
    /// The name of an anchor, behind its `&`. The next mark is its node.
    Anchor,
    /// An alias: `*` and the name of an anchor.
    Alias,
}

impl Mark {
    const WORD: Self = Self::Scalar { style: Style::Plain, is_verbatim: true };
}

/// Gives the marks of a simple text to `take`, in the parser's order. `None` if the text is not simple or `take` returns
/// `None`; the marks before that are worth nothing.
pub(super) fn marks(text: &[u8], take: impl FnMut(Mark, Span) -> Option<()>) -> Option<()> {
    let (_, first) = Lines::new(text).find(|(_, line)| has_content(line))?;
    let form = if is_dash(spaces_skipped(first)) { Form::Element } else { Form::Mapping };
    read(text, form, [], take).map(|[]| ())
}

/// Reads a simple text. Gives its marks to `take`, and returns the values of `keys`.
fn read<'t, const N: usize>(
    text: &'t [u8],
    form: Form,
    keys: [&str; N],
    take: impl FnMut(Mark, Span) -> Option<()>,
) -> Option<[Option<&'t str>; N]> {
    if !has_plain_characters(text) {
        return None;
    }
    let mut lines = Lines::new(text);
    if form == Form::Mapping {
        let mut rest = lines.clone();
        let first = rest.find(|(_, line)| has_content(line));
        if first.is_some_and(|(_, line)| line == b"---") {
            lines = rest;
        }
    }
    let mut reader = Reader {
        form,
        keys,
        values: [None; N],
        // Enough for most texts.
        open: Vec::with_capacity(16),
        seen: Vec::with_capacity(32),
        state: State::Node { floor: 0, dashes: None, at: Some(lines.at) },
        line: 0..0,
        take,
    };
    for (start, line) in lines {
        reader.line = start..start + line.len();
        reader.line(line)?;
    }
    if reader.open.len() < form.depth() {
        return None;
    }
    reader.line.start = text.len();
    reader.settle()?;
    while reader.open.pop().is_some() {
        (reader.take)(Mark::End, text.len()..text.len())?;
    }
    Some(reader.values)
}

/// Whether the text has no characters that readers of YAML treat differently.
fn has_plain_characters(text: &[u8]) -> bool {
    let is_rare = |byte: u8| byte == 0x7f || byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t');
    if text.iter().fold(false, |rare, byte| rare | is_rare(*byte)) {
        return false;
    }
    if lone_carriage_return(text).is_some() {
        return false;
    }
    let is_other = |character: char| {
        let is_break = matches!(character, '\u{2028}' | '\u{2029}');
        let is_mark = matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        is_break || is_mark || matches!(character, '\u{80}'..='\u{9f}')
    };
    text.is_ascii() || std::str::from_utf8(text).is_ok_and(|text| !text.contains(is_other))
}

/// The parser's limit on nested collections is higher.
const NESTING_LIMIT: usize = 100;

/// Mappings with more keys are left to the parser, because each key is compared with those before it.
const KEYS_LIMIT: usize = 250;

/// An open block collection.
#[derive(Debug, Clone, Copy)]
struct Open {
    column: usize,
    is_sequence: bool,
    /// The index of its first key among those seen.
    first_key: usize,
}

/// What the next line can continue. A `floor` is the least column of what belongs to the node.
#[derive(Debug, Clone)]
enum State {
    /// Nothing.
    Complete,
    /// A node that has not begun. If it is empty, its place is `at`, or, if it has an anchor, left to the parser. A
    /// sequence can also begin at the column `dashes`.
    Node { floor: usize, dashes: Option<usize>, at: Option<usize> },
    /// A plain scalar, with what has been read of it.
    Plain { floor: usize, span: Span, is_verbatim: bool },
    /// A scalar in quotes that is still open, and its start.
    Quoted { floor: usize, style: Style, start: usize },
    /// A block scalar, with its start and the column of its first line.
    Block { floor: usize, style: Style, start: usize, column: Option<usize> },
}

struct Reader<'t, 'k, const N: usize, Take> {
    form: Form,
    keys: [&'k str; N],
    values: [Option<&'t str>; N],
    open: Vec<Open>,
    /// The keys of the open mappings.
    seen: Vec<&'t [u8]>,
    state: State,
    /// Where the line is. What is left of a line starts that much before its end.
    line: Span,
    take: Take,
}

impl<'t, const N: usize, Take: FnMut(Mark, Span) -> Option<()>> Reader<'t, '_, N, Take> {
    /// Reads one line. `None` if it is not simple.
    fn line(&mut self, line: &'t [u8]) -> Option<()> {
        let column = indent(line);
        let content = &line[column..];
        let is_comment = content.first() == Some(&b'#');
        match &mut self.state {
            State::Quoted { .. } if content.is_empty() => return Some(()),
            State::Quoted { floor, .. } => {
                return if column < *floor { None } else { self.quoted(content) };
            }
            State::Block { floor, column: first @ None, .. } => {
                if content.is_empty() {
                    // Readers disagree on spaces before the first line.
                    return (column == 0).then_some(());
                }
                if column >= *floor {
                    *first = Some(column);
                    return (content[0] != b'\t').then_some(());
                }
                self.settle()?;
            }
            State::Block { floor, column: Some(first), .. } => {
                if content.is_empty() || column >= *first {
                    return Some(());
                }
                if column >= *floor {
                    return None;
                }
                self.settle()?;
            }
            State::Plain { floor, .. } if column >= *floor && !is_comment && !content.is_empty() => {
                return self.plain(content);
            }
            State::Plain { .. } if is_comment => self.settle()?,
            _ => {}
        }
        if content.is_empty() || is_comment {
            return Some(());
        }
        if let State::Node { floor, dashes, at } = self.state {
            if column >= floor {
                // It has no second anchor.
                let is_fitting = at.is_some() || !matches!(content[0], b'&' | b'*');
                is_fitting.then_some(())?;
                return self.node(content, column, floor);
            }
            if dashes == Some(column) && is_dash(content) {
                return self.begin(column, true).and_then(|()| self.element(content, column));
            }
        }
        self.settle()?;
        let is_element = is_dash(content);
        let is_ended =
            |open: &Open| open.column > column || open.column == column && open.is_sequence && !is_element;
        while let Some(ended) = self.open.pop_if(|open| is_ended(open)) {
            self.seen.truncate(ended.first_key);
            (self.take)(Mark::End, self.line.start..self.line.start)?;
        }
        match self.open.last() {
            // A cut out element is the only one.
            Some(_) if is_element && self.form == Form::Element && self.open.len() == 1 => None,
            Some(open) if open.column == column && open.is_sequence => self.element(content, column),
            Some(open) if open.column == column => self.pair(&Key::read(content)?, content, column),
            _ => None,
        }
    }

    /// Ends what this line does not continue.
    fn settle(&mut self) -> Option<()> {
        match std::mem::replace(&mut self.state, State::Complete) {
            State::Complete => Some(()),
            State::Node { at, .. } => at.and_then(|at| (self.take)(Mark::WORD, at..at)),
            State::Plain { span, is_verbatim, .. } => {
                (self.take)(Mark::Scalar { style: Style::Plain, is_verbatim }, span)
            }
            State::Block { style, start, .. } => {
                (self.take)(Mark::Scalar { style, is_verbatim: false }, start..self.line.start)
            }
            State::Quoted { .. } => None,
        }
    }

    /// The offset of what is left of the line.
    fn offset(&self, rest: &[u8]) -> usize {
        self.line.end - rest.len()
    }

    /// Reads the start of a node.
    fn node(&mut self, content: &'t [u8], column: usize, floor: usize) -> Option<()> {
        if is_dash(content) {
            self.begin(column, true)?;
            self.element(content, column)
        } else if let Some(key) = Key::read(content) {
            self.begin(column, false)?;
            self.pair(&key, content, column)
        } else {
            self.scalar(content, floor)
        }
    }

    /// Opens a collection.
    fn begin(&mut self, column: usize, is_sequence: bool) -> Option<()> {
        let is_fitting = match (self.open.len(), self.form) {
            (0, Form::Mapping) | (1, Form::Element) => !is_sequence,
            (0, Form::Element) => is_sequence,
            (depth, _) => depth < NESTING_LIMIT,
        };
        self.open.push(Open { column, is_sequence, first_key: self.seen.len() });
        let mark = if is_sequence { Mark::Sequence { flow: false } } else { Mark::Mapping { flow: false } };
        let at = self.line.start + column;
        is_fitting.then(|| (self.take)(mark, at..at))?
    }

    /// Reads an element from its dash on.
    fn element(&mut self, content: &'t [u8], column: usize) -> Option<()> {
        let after = &content[1..];
        let value = spaces_skipped(after);
        if is_end(after, value) {
            self.state = State::Node { floor: column + 1, dashes: None, at: Some(self.line.end) };
            return Some(());
        }
        if let [b'&', name @ ..] = value {
            return self.anchored(name, column + 1, None);
        }
        self.node(value, column + content.len() - value.len(), column + 1)
    }

    /// Reads a pair of a mapping, which begins with that key.
    fn pair(&mut self, key: &Key<'t>, content: &'t [u8], column: usize) -> Option<()> {
        let known = &self.seen[self.open.last()?.first_key..];
        if known.len() == KEYS_LIMIT || known.contains(&key.text) {
            return None;
        }
        self.seen.push(key.text);
        let start = self.offset(content);
        let after = &content[key.length..];
        let end = start + key.length - 1;
        (self.take)(Mark::Scalar { style: key.style, is_verbatim: true }, start..end)?;
        let value = spaces_skipped(after);
        let index = self.keys.iter().position(|known| known.as_bytes() == key.text);
        if let Some(index) = index.filter(|_| self.open.len() == self.form.depth()) {
            let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-');
            let (word, rest) = value.split_at(value.iter().take_while(is_word).count());
            if !word.first()?.is_ascii_alphabetic() {
                return None;
            }
            self.values[index] = std::str::from_utf8(word).ok();
            return self.complete(Mark::WORD, self.offset(value), rest);
        }
        if is_end(after, value) {
            let at = Some(self.offset(after));
            self.state = State::Node { floor: column + 1, dashes: Some(column), at };
            return Some(());
        }
        if let [b'&', name @ ..] = value {
            return self.anchored(name, column + 1, Some(column));
        }
        self.scalar(value, column + 1)
    }

    /// Reads an anchor's name and the node after it.
    fn anchored(&mut self, name: &'t [u8], floor: usize, dashes: Option<usize>) -> Option<()> {
        let after = name_skipped(name)?;
        let (start, end) = (self.offset(name), self.offset(after));
        (self.take)(Mark::Anchor, start..end)?;
        let node = spaces_skipped(after);
        if is_end(after, node) {
            self.state = State::Node { floor, dashes, at: None };
            return Some(());
        }
        let is_apart = node.len() < after.len() && node[0] != b'*';
        is_apart.then(|| self.scalar(node, floor))?
    }

    /// Reads a scalar, an alias or a flow collection up to the end of the line.
    fn scalar(&mut self, content: &'t [u8], floor: usize) -> Option<()> {
        let start = self.offset(content);
        match content {
            [quote @ (b'"' | b'\''), rest @ ..] => {
                self.state = State::Quoted { floor, style: quoted_style(*quote), start };
                self.quoted(rest)
            }
            [indicator @ (b'|' | b'>'), rest @ ..] => {
                let style = if *indicator == b'|' { Style::Literal } else { Style::Folded };
                let rest = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b"+")).unwrap_or(rest);
                self.state = State::Block { floor, style, start, column: None };
                spaces_skipped(rest).is_empty().then_some(())
            }
            [b'*', name @ ..] => {
                let rest = name_skipped(name)?;
                let end = self.offset(rest);
                (self.take)(Mark::Alias, start..end)?;
                self.finish(rest)
            }
            [b'{' | b'[', ..] => {
                let rest = Flow { end: self.line.end, take: &mut self.take }.node(content, 0)?;
                self.finish(rest)
            }
            [b'-', b'-', first, ..] | [b'-', first, ..] | [first, ..] if begins_plain(*first) => {
                self.state = State::Plain { floor, span: start..start, is_verbatim: true };
                self.plain(content)
            }
            _ => None,
        }
    }

    /// Reads a line of a plain scalar.
    fn plain(&mut self, content: &[u8]) -> Option<()> {
        let start = self.offset(content);
        let mut length = content.len();
        let mut at = 0;
        // Most are so short that a plain loop takes less time than a search by blocks.
        let next = |at: usize| content[at..].iter().position(|byte| ENDS_PLAIN[usize::from(*byte)]);
        while let Some(skipped) = next(at) {
            at += skipped;
            match content[at] {
                b':' if content.get(at + 1).is_some_and(|next| *next != b' ') => {}
                b'#' if at > 0 && content[at - 1] != b' ' => {}
                b'#' => {
                    length = at;
                    break;
                }
                _ => return None,
            }
            at += 1;
        }
        let State::Plain { span, is_verbatim, .. } = &mut self.state else { return None };
        *is_verbatim = span.start == span.end;
        span.end = start + spaces_trimmed(&content[..length]).len();
        // A comment ends a plain scalar.
        if length < content.len() { self.settle() } else { Some(()) }
    }

    /// Reads a line inside quotes.
    fn quoted(&mut self, content: &[u8]) -> Option<()> {
        let State::Quoted { style, start, .. } = self.state else { return None };
        let quote = if style == Style::Single { b'\'' } else { b'"' };
        let mut is_verbatim = start >= self.line.start;
        let mut at = 0;
        while let Some(next) = memchr::memchr3(quote, b'\\', b'\t', &content[at..]) {
            at += next + 1;
            match (content[at - 1], content.get(at)) {
                (b'\\', _) if quote == b'\'' => continue,
                // An escaped quote, or an escape that is no letter of a word.
                (b'\'', Some(b'\'')) | (b'\\', Some(b'"' | b'\\' | b'n' | b't' | b'r' | b'0')) => at += 1,
                // Unlike other spaces at the end of a line, it stays.
                (b'\\', Some(b' ')) if !spaces_skipped(&content[at..]).is_empty() => at += 1,
                (found, _) if found == quote => {
                    return self.complete(Mark::Scalar { style, is_verbatim }, start, &content[at..]);
                }
                _ => return None,
            }
            is_verbatim = false;
        }
        Some(())
    }

    /// Ends a scalar before `rest`.
    fn complete(&mut self, scalar: Mark, start: usize, rest: &[u8]) -> Option<()> {
        let end = self.offset(rest);
        (self.take)(scalar, start..end)?;
        self.finish(rest)
    }

    /// Reads what follows a node that is complete.
    fn finish(&mut self, rest: &[u8]) -> Option<()> {
        self.state = State::Complete;
        is_end(rest, spaces_skipped(rest)).then_some(())
    }
}

/// Reads a node in flow style that ends in its line and whose scalars are words or in quotes.
struct Flow<'r, Take> {
    /// The end of the line.
    end: usize,
    take: &'r mut Take,
}

impl<Take: FnMut(Mark, Span) -> Option<()>> Flow<'_, Take> {
    /// Reads a node and returns what follows it.
    fn node<'t>(&mut self, content: &'t [u8], depth: usize) -> Option<&'t [u8]> {
        let (close, mark) = match content.first()? {
            b'[' => (b']', Mark::Sequence { flow: true }),
            b'{' => (b'}', Mark::Mapping { flow: true }),
            _ => return self.scalar(content),
        };
        if depth > NESTING_LIMIT {
            return None;
        }
        let start = self.end - content.len();
        (self.take)(mark, start..start + 1)?;
        let mut rest = spaces_skipped(&content[1..]);
        let mut seen: Vec<&[u8]> = Vec::new();
        if let [first, after @ ..] = rest
            && *first == close
        {
            return self.close(after);
        }
        loop {
            if close == b'}' {
                let after = self.scalar(rest)?;
                let key = &rest[..rest.len() - after.len()];
                let key = if matches!(key[0], b'"' | b'\'') { &key[1..key.len() - 1] } else { key };
                if seen.len() == KEYS_LIMIT || seen.contains(&key) {
                    return None;
                }
                seen.push(key);
                rest = spaces_skipped(after.strip_prefix(b": ")?);
            }
            rest = spaces_skipped(self.node(rest, depth + 1)?);
            match rest {
                [b',', b' ', after @ ..] => rest = spaces_skipped(after),
                [end, after @ ..] if *end == close => return self.close(after),
                _ => return None,
            }
        }
    }

    fn close<'t>(&mut self, after: &'t [u8]) -> Option<&'t [u8]> {
        let end = self.end - after.len();
        (self.take)(Mark::End, end - 1..end)?;
        Some(after)
    }

    fn scalar<'t>(&mut self, content: &'t [u8]) -> Option<&'t [u8]> {
        let (style, after) = flow_scalar(content)?;
        let scalar = Mark::Scalar { style, is_verbatim: true };
        (self.take)(scalar, self.end - content.len()..self.end - after.len())?;
        Some(after)
    }
}

#[cfg(test)]
mod tests;
