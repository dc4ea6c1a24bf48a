//! Recognizes simple block YAML by its lines, several times as fast as the parser.
//!
//! A text that is recognized is valid YAML on its own, without duplicate keys: block mappings and sequences, and scalars
//! whose end is seen in the lines. Anchors, aliases, tags, flow collections of several lines, explicit keys, directives, tabs outside block
//! scalars and all rare notations are left to the parser, as is everything doubtful. Nothing is open at the end of such
//! a text, and it refers to nothing outside.

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
    if !has_plain_characters(text) {
        return None;
    }
    let root = State::Node { floor: 0, dashes: None };
    let mut reader =
        Reader { form, keys, values: [None; N], open: Vec::new(), seen: Vec::new(), state: root };
    let mut lines = Lines(text);
    if form == Form::Mapping {
        let mut rest = lines.clone();
        let first = rest.find(|line| !matches!(spaces_skipped(line), [] | [b'#', ..]));
        if first == Some(b"---") {
            lines = rest;
        }
    }
    for line in lines {
        reader.line(line)?;
    }
    let is_whole = reader.open.len() >= form.depth() && !matches!(reader.state, State::Quoted { .. });
    is_whole.then_some(reader.values)
}

/// Whether the text has no characters that readers of YAML treat differently.
fn has_plain_characters(text: &[u8]) -> bool {
    let is_rare = |byte: u8| byte == 0x7f || byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t');
    if text.iter().fold(false, |rare, byte| rare | is_rare(*byte)) {
        return false;
    }
    if memchr::memchr_iter(b'\r', text).any(|at| text.get(at + 1) != Some(&b'\n')) {
        return false;
    }
    let is_other = |character: char| {
        let is_break = matches!(character, '\u{2028}' | '\u{2029}');
        let is_mark = matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        is_break || is_mark || matches!(character, '\u{80}'..='\u{9f}')
    };
    text.is_ascii() || std::str::from_utf8(text).is_ok_and(|text| !text.contains(is_other))
}

/// The lines of a text, without their breaks.
#[derive(Clone)]
struct Lines<'t>(&'t [u8]);

impl<'t> Iterator for Lines<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.0).unwrap_or(self.0.len());
        let line = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// The parser's limit on nested collections is higher.
const NESTING_LIMIT: usize = 100;

/// The parser's limit on keys without `?` is higher.
const KEY_LIMIT: usize = 1000;

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
#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing.
    Complete,
    /// A node that has not begun. A sequence can also begin at the column `dashes`.
    Node { floor: usize, dashes: Option<usize> },
    /// A plain scalar.
    Plain { floor: usize },
    /// An open scalar in quotes.
    Quoted { floor: usize, quote: u8 },
    /// A block scalar, with the column of its first line.
    Block { floor: usize, column: Option<usize> },
}

struct Reader<'t, 'k, const N: usize> {
    form: Form,
    keys: [&'k str; N],
    values: [Option<&'t str>; N],
    open: Vec<Open>,
    /// The keys of the open mappings.
    seen: Vec<&'t [u8]>,
    state: State,
}

impl<'t, const N: usize> Reader<'t, '_, N> {
    /// Reads one line. `None` if it is not simple.
    fn line(&mut self, line: &'t [u8]) -> Option<()> {
        let column = line.iter().take_while(|byte| **byte == b' ').count();
        let content = &line[column..];
        match self.state {
            State::Quoted { .. } if content.is_empty() => return Some(()),
            State::Quoted { floor, quote } => {
                return if column < floor { None } else { self.quoted(content, floor, quote) };
            }
            State::Block { floor, column: None } => {
                if content.is_empty() {
                    // Readers disagree on spaces before the first line.
                    return (column == 0).then_some(());
                }
                if column >= floor {
                    self.state = State::Block { floor, column: Some(column) };
                    return (content[0] != b'\t').then_some(());
                }
                self.state = State::Complete;
            }
            State::Block { floor, column: Some(first) } => {
                if content.is_empty() || column >= first {
                    return Some(());
                }
                if column >= floor {
                    return None;
                }
                self.state = State::Complete;
            }
            State::Plain { floor } if column >= floor && !matches!(content, [] | [b'#', ..]) => {
                return if begins_plain(content[0]) { self.plain(content, floor) } else { None };
            }
            _ => {}
        }
        match content.first() {
            None => return Some(()),
            Some(b'#') => {
                if matches!(self.state, State::Plain { .. }) {
                    self.state = State::Complete;
                }
                return Some(());
            }
            _ => {}
        }
        if let State::Node { floor, dashes } = self.state {
            if column >= floor {
                return self.node(content, column, floor);
            }
            if dashes == Some(column) && is_dash(content) {
                return self.begin(column, true).and_then(|()| self.element(content, column));
            }
        }
        let is_element = is_dash(content);
        let is_ended =
            |open: &Open| open.column > column || open.column == column && open.is_sequence && !is_element;
        while let Some(ended) = self.open.pop_if(|open| is_ended(open)) {
            self.seen.truncate(ended.first_key);
        }
        match self.open.last() {
            // A cut out element is the only one.
            Some(_) if is_element && self.form == Form::Element && self.open.len() == 1 => None,
            Some(open) if open.column == column && open.is_sequence => self.element(content, column),
            Some(open) if open.column == column => self.pair(content, column),
            _ => None,
        }
    }

    /// Reads the begin of a node.
    fn node(&mut self, content: &'t [u8], column: usize, floor: usize) -> Option<()> {
        if is_dash(content) {
            self.begin(column, true)?;
            self.element(content, column)
        } else if Key::read(content).is_some() {
            self.begin(column, false)?;
            self.pair(content, column)
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
        is_fitting.then_some(())
    }

    /// Reads an element from its dash on.
    fn element(&mut self, content: &'t [u8], column: usize) -> Option<()> {
        let after = &content[1..];
        let value = spaces_skipped(after);
        if is_end(after, value) {
            self.state = State::Node { floor: column + 1, dashes: None };
            return Some(());
        }
        self.node(value, column + content.len() - value.len(), column + 1)
    }

    /// Reads a pair of a mapping.
    fn pair(&mut self, content: &'t [u8], column: usize) -> Option<()> {
        let key = Key::read(content)?;
        let known = &self.seen[self.open.last()?.first_key..];
        if known.len() == KEYS_LIMIT || known.contains(&key.text) {
            return None;
        }
        self.seen.push(key.text);
        let after = &content[key.length..];
        let value = spaces_skipped(after);
        let is_end = is_end(after, value);
        let index = self.keys.iter().position(|known| known.as_bytes() == key.text);
        if let Some(index) = index.filter(|_| self.open.len() == self.form.depth()) {
            let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-');
            let (word, rest) = value.split_at(value.iter().take_while(is_word).count());
            if !word.first()?.is_ascii_alphabetic() {
                return None;
            }
            self.values[index] = std::str::from_utf8(word).ok();
            return self.complete(rest);
        }
        if is_end {
            self.state = State::Node { floor: column + 1, dashes: Some(column) };
            return Some(());
        }
        self.scalar(value, column + 1)
    }

    /// Reads a scalar or a flow collection up to the end of the line.
    fn scalar(&mut self, content: &'t [u8], floor: usize) -> Option<()> {
        match content {
            [quote @ (b'"' | b'\''), rest @ ..] => self.quoted(rest, floor, *quote),
            [b'|' | b'>', rest @ ..] => {
                let rest = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b"+")).unwrap_or(rest);
                self.state = State::Block { floor, column: None };
                spaces_skipped(rest).is_empty().then_some(())
            }
            [b'{' | b'[', ..] => self.complete(flow(content, 0)?),
            [b'-', b'-', first, ..] | [b'-', first, ..] | [first, ..] if begins_plain(*first) => {
                self.plain(content, floor)
            }
            _ => None,
        }
    }

    /// Reads a line of a plain scalar.
    fn plain(&mut self, content: &[u8], floor: usize) -> Option<()> {
        self.state = State::Plain { floor };
        for at in memchr::memchr3_iter(b':', b'#', b'\t', content) {
            match content[at] {
                b':' if content.get(at + 1).is_some_and(|next| *next != b' ') => {}
                b'#' if at > 0 && content[at - 1] != b' ' => {}
                b'#' => {
                    self.state = State::Complete;
                    return Some(());
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// Reads a line inside quotes.
    fn quoted(&mut self, content: &[u8], floor: usize, quote: u8) -> Option<()> {
        self.state = State::Quoted { floor, quote };
        let mut at = 0;
        while let Some(next) = memchr::memchr3(quote, b'\\', b'\t', &content[at..]) {
            at += next + 1;
            match (content[at - 1], content.get(at)) {
                (b'\'', Some(b'\'')) => at += 1,
                (b'\\', _) if quote == b'\'' => {}
                // None of these is a letter of a word.
                (b'\\', Some(b'"' | b'\\' | b'n' | b't' | b'r' | b'0')) => at += 1,
                (found, _) if found == quote => return self.complete(&content[at..]),
                _ => return None,
            }
        }
        Some(())
    }

    /// Reads what follows the last character of a node.
    fn complete(&mut self, rest: &[u8]) -> Option<()> {
        self.state = State::Complete;
        is_end(rest, spaces_skipped(rest)).then_some(())
    }
}

/// What follows a node in flow style that ends in this line and whose scalars are words or in quotes.
fn flow(content: &[u8], depth: usize) -> Option<&[u8]> {
    let (close, mut rest) = match content {
        [b'[', rest @ ..] => (b']', spaces_skipped(rest)),
        [b'{', rest @ ..] => (b'}', spaces_skipped(rest)),
        _ => return flow_scalar(content),
    };
    if depth > NESTING_LIMIT {
        return None;
    }
    let mut seen: Vec<&[u8]> = Vec::new();
    if let [first, after @ ..] = rest
        && *first == close
    {
        return Some(after);
    }
    loop {
        if close == b'}' {
            let after = flow_scalar(rest)?;
            let key = &rest[..rest.len() - after.len()];
            let key = if matches!(key[0], b'"' | b'\'') { &key[1..key.len() - 1] } else { key };
            if seen.len() == KEYS_LIMIT || seen.contains(&key) {
                return None;
            }
            seen.push(key);
            rest = spaces_skipped(after.strip_prefix(b": ")?);
        }
        rest = spaces_skipped(flow(rest, depth + 1)?);
        match rest {
            [b',', b' ', after @ ..] => rest = spaces_skipped(after),
            [end, after @ ..] if *end == close => return Some(after),
            _ => return None,
        }
    }
}

/// What follows a scalar in a flow collection.
fn flow_scalar(content: &[u8]) -> Option<&[u8]> {
    match content {
        [quote @ (b'"' | b'\''), rest @ ..] => {
            let length = memchr::memchr3(*quote, b'\\', b'\t', rest)?;
            let after = &rest[length + 1..];
            (rest[length] == *quote && length < KEY_LIMIT && !after.starts_with(b"'")).then_some(after)
        }
        [b'-', b'-', first, ..] | [b'-', first, ..] | [first, ..]
            if first.is_ascii_alphanumeric() || *first == b'/' =>
        {
            let is_inside = |byte: &&u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'+' | b'=')
            };
            let length = content.iter().take_while(is_inside).count();
            (length < KEY_LIMIT).then(|| &content[length..])
        }
        _ => None,
    }
}

/// A key with its colon.
struct Key<'t> {
    text: &'t [u8],
    /// Up to behind the colon.
    length: usize,
}

impl<'t> Key<'t> {
    /// The key at the start of `content`, if it is a simple one.
    fn read(content: &'t [u8]) -> Option<Self> {
        let (text, length) = match content {
            [quote @ (b'"' | b'\''), rest @ ..] => {
                let length = memchr::memchr3(*quote, b'\\', b'\t', rest)?;
                (rest[length] == *quote).then_some((&rest[..length], length + 2))?
            }
            [first, ..] if first.is_ascii_alphanumeric() || matches!(first, b'_' | b'.' | b'/' | b'$') => {
                let is_inside = |(at, byte): &(usize, &u8)| match byte {
                    b':' => content.get(at + 1).is_some_and(|next| *next != b' '),
                    b'_' | b'.' | b'/' | b'$' | b'-' | b'+' | b'(' | b')' => true,
                    _ => byte.is_ascii_alphanumeric(),
                };
                let length = content.iter().enumerate().take_while(is_inside).count();
                (&content[..length], length)
            }
            _ => return None,
        };
        let is_key = length < KEY_LIMIT
            && content.get(length) == Some(&b':')
            && matches!(content.get(length + 1), None | Some(b' '));
        is_key.then_some(Self { text, length: length + 1 })
    }
}

/// Whether a plain scalar may begin or go on with this character.
fn begins_plain(first: u8) -> bool {
    first.is_ascii_alphanumeric()
        || matches!(first, b'_' | b'.' | b'/' | b'$' | b'(' | b')' | b'<' | b'+' | b'~' | b'^' | b';' | b'\\')
        || first >= 0x80
}

/// Whether an element begins here.
fn is_dash(content: &[u8]) -> bool {
    content[0] == b'-' && matches!(content.get(1), None | Some(b' '))
}

/// Whether nothing but a comment is left of a line: `rest` is `after` without leading spaces.
fn is_end(after: &[u8], rest: &[u8]) -> bool {
    match rest.first() {
        None => true,
        Some(first) => *first == b'#' && rest.len() < after.len(),
    }
}

fn spaces_skipped(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    &text[spaces..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::Document;

    const KEYS: [&str; 2] = ["apiVersion", "kind"];

    /// Compares a simple text with what the parser reads. Returns whether the text is simple.
    fn compare(text: &str, form: Form) -> bool {
        let Some(values) = skim(text.as_bytes(), form, KEYS) else { return false };
        let document = Document::parse(text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
        let base = match form {
            Form::Mapping => "",
            Form::Element => "/0",
        };
        if form == Form::Element {
            let root = document.at("").expect("a root");
            assert_eq!(document.elements(root).map(|all| all.len()), Some(1), "{text}");
        }
        assert!(document.value().is_ok(), "{text}");
        let mapping = document.at(base).expect("a mapping");
        assert!(document.is_mapping_at(mapping), "{text}");
        for (key, value) in KEYS.iter().zip(values) {
            let read = document.values(mapping, key);
            assert_eq!(read.len(), usize::from(value.is_some()), "{text}");
            assert_eq!(read.first().and_then(|node| document.text(*node)), value, "{text}");
        }
        if form == Form::Element {
            between_others(text);
        }
        true
    }

    /// The text as an element, in lines that are indented.
    fn element(text: &str) -> String {
        let indent = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("  {line}") };
        text.split_inclusive('\n').map(indent).collect::<String>().replacen(' ', "-", 1)
    }

    /// Compares an element alone with the same element between others, in a list with other keys.
    fn between_others(text: &str) {
        let text = format!("{text}{}", if text.ends_with('\n') { "" } else { "\n" });
        let dash = text.lines().find(|line| line.trim_start_matches(' ').starts_with('-')).expect("a dash");
        let indent = &dash[..dash.len() - dash.trim_start_matches(' ').len()];
        let around = format!("x: y\nitems:\n{text}{indent}- z\n{text}a: b\n");
        let list = Document::parse(&around).unwrap_or_else(|problem| panic!("{problem}\n{around}"));
        let alone = Document::parse(&text).expect("YAML");
        let value = |document: &Document<'_>, pointer| {
            document.value_of(document.at(pointer).expect("a node")).map_err(|problem| problem.message)
        };
        let own = value(&alone, "/0");
        for pointer in ["/items/0", "/items/2"] {
            assert_eq!(value(&list, pointer), own, "{around}");
        }
        assert_eq!(list.text_at("/items/1"), Some("z"), "{around}");
        assert_eq!(list.text_at("/a"), Some("b"), "{around}");
    }

    #[test]
    fn simple_texts_are_recognized() {
        for text in [
            "a: b",
            "# c\n---\na: b\n",
            "kind: Foo\napiVersion: apps/v1 \r\na:\r\n- b\r\n",
            "a:\n  b:\n  - c: d\n    e: f\n  - - g\n    - h\n  -\n    i: j\nk: l\n",
            "a:\n# c\n- b # c\n\n- c\nd:\ne: # c\n  f\n",
            "a: |\n  x: \"y\n\n   {{ z\n\n# c\nb: >-\n  t\nc: |+\n\n\nd: |\ne: f\n",
            "a:\n- |\n  kind: x\n- >\n   'y\n",
            "a: \"b\\n\\\"c\" # d\ne: 'f''g'\n\"h\": \"i\n  j\n\n  k\"\n'l': ''\n",
            "a: b c\n  d \"e\n\n  f\ng: http://h#i\n",
            "a: {}\nb: [] # c\nc: -1\nd: <e>\nf:\n- --g\n- -h i\nj: [-k, --l]\n",
            "kind: Foo # c\n",
            "a: [b, 'c d', \"e: f\", [1.5, {}], { g: h, \"i\": {j: []} }] # k\nl:\n- {m: n/o-p}\n- [ ]\n",
            "a: \u{e9}\u{2026}\n",
            "a:\n  \"b c\": d\n  .e/f: g\n",
            "a:\n  a:\n    a: b\n  b: {a: {a: b}}\nb:\n- a: b\n- a: b\nc:\n  a: b\n",
        ] {
            assert!(compare(text, Form::Mapping), "{text}");
            let item = element(text.trim_start_matches("# c\n---\n"));
            assert!(compare(&item, Form::Element), "{text}");
        }
    }

    #[test]
    fn the_rest_is_left_to_the_parser() {
        for text in [
            "",
            "a",
            "- a: b",
            "a: b\n...\n",
            "%YAML 1.2\n---\na: b\n",
            "--- # c\na: b\n",
            "\u{feff}a: b\n",
            "a: b\n---\nc: d\n",
            "a: &b c\n",
            "a: *b\n",
            "a: !!str b\n",
            "? a\n: b\n",
            "<<: a\n",
            "a: {b}\n",
            "a: {b:c}\n",
            "a: {b : c}\n",
            "a: {b: }\n",
            "a: {b: c,}\n",
            "a: {b: c]\n",
            "a: [b\n  ]\n",
            "a: [b: c]\n",
            "a: [b c]\n",
            "a: [b,c]\n",
            "a: [&b c]\n",
            "a: [b] c\n",
            "a: ['b''c']\n",
            "a: [\"b\\\"]\n",
            "a: {{ b }}\n",
            "a:\tb\n",
            "a: b\t\n",
            "\ta: b\n",
            "a: b\rc: d\n",
            "a: \u{85}\n",
            "a: \u{2028}\n",
            "a: \u{0}\n",
            "a: \u{7f}\n",
            "a: b: c\n",
            "a: b:\n",
            "a: b\n  c: d\n",
            "a: b # c\n  d\n",
            "a: b\n # c\n  d\n",
            "a: 'b' c\n",
            "a: 'b\n",
            "a: \"b\nc\"\n",
            "a: \"\\x41\"\n",
            "a: \"b\\\n  c\"\n",
            "a: |2\n   b\n",
            "a: | # c\n  b\n",
            "a: |\n    b\n  c\n",
            "a: |\n   \n  b\n",
            "a: |\n  \tb\n",
            "a:\n  b: c\n d: e\n",
            "a: - b\n",
            "a:\n- b\n-c\n",
            "  a: b\nc: d\n",
            "a: b\na: c\n",
            "a: b\n\"a\": c\n",
            "a:\n- b: c\n  d:\n    b: e\n  b: f\n",
            "a: {b: c, 'b': d}\n",
            "kind: Foo\nkind: Bar\n",
            "kind:\n  Foo\n",
            "kind: Foo\n  Bar\n",
            "kind: 'Foo'\n",
            "kind: Foo# c\n",
            "kind: Foo # c\n  Bar\n",
            "a: - b\n",
            "a: ---\n",
            "a: [-]\n",
            "a: [- b]\n",
            "a: [---]\n",
            "kind: |\n  Foo\n",
            "kind: 1\n",
            "\"kind\": Foo\nkind: Bar\n",
            "kind : Foo\n",
        ] {
            assert!(!compare(text, Form::Mapping), "{text}");
        }
        for text in [
            "a: b\n",
            "- a: b\n- c: d\n",
            "- - a: b\n",
            "- b\n",
            "-\n",
            "",
            "- a: b\nc: d\n",
            "-   a: b\n  c: d\n",
        ] {
            assert!(!compare(text, Form::Element), "{text}");
        }
    }

    const PIECES: &[&str] = &[
        "a: ",
        "a:",
        "b: c",
        "\"d\": ",
        "'e': f",
        "kind: Foo",
        "apiVersion: v1",
        "kind: ",
        "x",
        "y z",
        "-",
        "- ",
        "- ",
        "\n",
        "\n",
        "\n",
        "\n  ",
        "\n  ",
        "\n    ",
        "\n - ",
        "\n- ",
        "\n  - ",
        "\r\n",
        "\r",
        "\t",
        " ",
        "  ",
        "---",
        "\n---\n",
        "...",
        "\"",
        "\"",
        "'",
        "'",
        "|",
        "|\n",
        "|+\n  ",
        ">-\n",
        "|2",
        "{}",
        "[]",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        ": ",
        "&a ",
        "*a",
        "!!str ",
        "# c",
        " # c",
        "#",
        "? ",
        "\\",
        "\\\"",
        "\\n",
        "\\x2e",
        "<<: ",
        "%",
        "@",
        "`",
        "~",
        "<",
        "\u{feff}",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{0}",
        "\u{e9}",
        "null",
        "=",
        "-1",
        "--",
        "0",
    ];

    fn by_chance(cases: u32) {
        let pieces = || proptest::collection::vec(proptest::sample::select(PIECES), 1..16);
        let start = proptest::sample::select(
            &["", "a: b\n", "a:\n  b: c\n", "a:\n- b\n", "a: |\n  b\n", "a: \""][..],
        );
        proptest!(ProptestConfig::with_cases(cases), |(start in start, pieces in pieces(), end in pieces())| {
            let text = format!("{start}{}", pieces.concat());
            compare(&text, Form::Mapping);
            compare(&format!("{text}\nx: {}", end.concat()), Form::Mapping);
            compare(&element(&text), Form::Element);
            compare(&format!("- {text}"), Form::Element);
        });
    }

    #[test]
    fn a_simple_text_by_chance_is_read_the_same() {
        by_chance(30_000);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn a_simple_text_by_much_chance_is_read_the_same() {
        by_chance(20_000_000);
    }
}
