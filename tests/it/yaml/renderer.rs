//! Values as YAML in every style that people and tools write, by choices.

use otel_inject::value::Value;
use otel_inject::yaml::{Document, quoted};

use super::choices::Choices;
use super::judge::read;

/// What every collection of a document has in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// The indent of a mapping in a mapping.
    pub(crate) step: usize,
    /// The indent of a sequence's dashes in a mapping.
    pub(crate) dash: usize,
    /// Whether layouts vary from node to node.
    pub(crate) varies: bool,
}

/// `value` as a block document without any choice.
pub(crate) fn block(value: &Value, step: usize, dash: usize) -> String {
    let mut choices = Choices::default();
    let layout = Layout { step, dash, varies: false };
    let mut renderer = Renderer::new(&mut choices, layout);
    renderer.root(value, 0);
    renderer.out
}

/// `value` in flow form as people write it: keys and safe strings plain, members on one line or on their own.
pub(crate) fn flow(value: &Value, multiline: bool) -> String {
    let mut choices = Choices::default();
    let layout = Layout { step: 2, dash: 0, varies: false };
    let mut renderer = Renderer::new(&mut choices, layout);
    renderer.flow(value, 0, multiline);
    renderer.out.push('\n');
    renderer.out
}

/// A document of `value` in a random style.
pub(crate) fn document(value: &Value, choices: &mut Choices) -> String {
    let layout =
        Layout { step: 1 + (choices.pick(5) + 1) % 5, dash: choices.pick(4), varies: choices.rarely(3) };
    let (is_crlf, is_open, has_bom) = (choices.rarely(4), choices.rarely(4), choices.rarely(12));
    let form = choices.pick(10);
    let mut renderer = Renderer::new(choices, layout);
    match form {
        8 => renderer.out = serde_json::to_string(value).unwrap() + "\n",
        9 => renderer.out = serde_json::to_string_pretty(value).unwrap() + "\n",
        _ => renderer.whole(value),
    }
    let mut text = renderer.out;
    if is_open {
        text.pop();
    }
    if has_bom {
        text.insert(0, '\u{feff}');
    }
    if is_crlf { text.replace('\n', "\r\n") } else { text }
}

struct Renderer<'c> {
    choices: &'c mut Choices,
    layout: Layout,
    out: String,
    comments: usize,
    anchors: Vec<Value>,
    /// Nothing may follow but a node: a `|+` has just ended.
    keeps_blank_lines: bool,
}

impl<'c> Renderer<'c> {
    fn new(choices: &'c mut Choices, layout: Layout) -> Self {
        Self {
            choices,
            layout,
            out: String::new(),
            comments: 0,
            anchors: Vec::new(),
            keeps_blank_lines: false,
        }
    }

    fn whole(&mut self, value: &Value) {
        let base = [0, 0, 0, 3][self.choices.pick(4)];
        self.between(0);
        if self.choices.rarely(10) {
            self.out.push_str("%YAML 1.2\n---");
            self.end_of_line();
        } else if self.choices.rarely(4) {
            self.out.push_str("---");
            self.end_of_line();
        }
        self.between(0);
        self.root(value, base);
        self.between(0);
        if self.choices.rarely(10) {
            self.out.push_str("...\n");
        }
    }

    fn root(&mut self, value: &Value, base: usize) {
        match value {
            Value::Object(entries) if !entries.is_empty() => self.mapping(value, base, true),
            Value::Array(items) if !items.is_empty() => self.sequence(value, base, true),
            _ => {
                self.flow(value, 0, false);
                self.out.push('\n');
            }
        }
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        let kind = ["c", "'", "- x: y", "é \"", "a: b"][self.choices.pick(5)];
        format!("# {kind} @{}@", self.comments)
    }

    fn spaces(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }

    /// Ends a line, perhaps with a comment.
    fn end_of_line(&mut self) {
        if self.choices.rarely(5) {
            let comment = self.comment();
            self.out.push_str(if self.choices.rarely(4) { "\t" } else { " " });
            self.out.push_str(&comment);
        } else if self.choices.rarely(12) {
            self.out.push_str("  ");
        }
        self.out.push('\n');
    }

    /// Comment and blank lines between two nodes, the comments at `column` or before it.
    fn between(&mut self, column: usize) {
        while self.choices.rarely(6) {
            if self.choices.rarely(3) && !self.keeps_blank_lines {
                self.out.push_str(["\n", "  \n"][self.choices.pick(2)]);
            } else {
                let comment = self.comment();
                let indent = if self.choices.rarely(2) { self.choices.pick(column + 1) } else { column };
                self.spaces(indent);
                self.out.push_str(&comment);
                self.out.push('\n');
                self.keeps_blank_lines = false;
            }
        }
        self.keeps_blank_lines = false;
    }

    fn mapping(&mut self, value: &Value, column: usize, mut indents: bool) {
        for (key, value) in value.as_object().unwrap() {
            if indents {
                self.between(column);
                self.spaces(column);
            }
            indents = true;
            let is_explicit = self.choices.rarely(20);
            if is_explicit {
                self.out.push('?');
                if self.choices.rarely(6) {
                    self.end_of_line();
                    self.between(column + 1);
                    self.spaces(column);
                }
                self.out.push(' ');
            }
            self.key_with_properties(key);
            if is_explicit {
                self.end_of_line();
                if value.is_null() && self.choices.rarely(4) {
                    // Without a colon there is no value either.
                    continue;
                }
                self.between(column);
                self.spaces(column);
                self.out.push(':');
            } else {
                self.out.push_str([":", ":", ":", " :"][self.choices.pick(4)]);
            }
            self.node(value, column, false);
        }
    }

    fn sequence(&mut self, value: &Value, column: usize, mut indents: bool) {
        for value in value.as_array().unwrap() {
            if indents {
                self.between(column);
                self.spaces(column);
            }
            indents = true;
            self.out.push('-');
            self.node(value, column, true);
        }
    }

    /// What follows the colon or dash of a parent at `column`, with its line breaks.
    fn node(&mut self, value: &Value, column: usize, is_item: bool) {
        if let Some(number) = self.anchors.iter().position(|other| other == value)
            && self.choices.rarely(3)
        {
            self.out.push_str(&format!(" *a{number}"));
            return self.end_of_line();
        }
        let mut has_properties = false;
        if self.choices.rarely(25) {
            self.out.push_str(&format!(" &a{}", self.anchors.len()));
            self.anchors.push(value.clone());
            has_properties = true;
        }
        if self.choices.rarely(40) && !value.is_null() {
            self.out.push_str(match value {
                Value::String(_) => " !!str",
                Value::Object(_) => " !!map",
                Value::Array(_) => " !!seq",
                Value::Bool(_) => " !!bool",
                _ => " !!int",
            });
            has_properties = true;
        }
        let children = match value {
            Value::Object(entries) => entries.len(),
            Value::Array(items) => items.len(),
            _ => 0,
        };
        if children == 0 {
            return self.leaf(value, column, has_properties);
        }
        if self.choices.rarely(6) {
            let multiline = self.choices.rarely(2);
            self.out.push(' ');
            self.flow(value, column + 1, multiline);
            return self.end_of_line();
        }
        if is_item && !has_properties && !self.choices.rarely(6) {
            let width = if self.layout.varies { 1 + self.choices.pick(3) } else { 1 };
            self.spaces(width);
            let inner = column + 1 + width;
            return if value.is_object() {
                self.mapping(value, inner, false)
            } else {
                self.sequence(value, inner, false)
            };
        }
        self.end_of_line();
        let (step, dash) = if self.layout.varies {
            (1 + self.choices.pick(4), self.choices.pick(4))
        } else {
            (self.layout.step, self.layout.dash)
        };
        if value.is_object() {
            self.mapping(value, column + step, true);
        } else {
            self.sequence(value, column + if is_item { dash.max(1) } else { dash }, true);
        }
    }

    fn leaf(&mut self, value: &Value, column: usize, has_properties: bool) {
        let text = match value {
            Value::Null => ["null", "", "~", "Null"][self.choices.pick(4)].to_owned(),
            Value::Array(_) => self.choices.one(&["[]", "[ ]", "[\t]"]).to_owned(),
            Value::Object(_) => self.choices.one(&["{}", "{ }"]).to_owned(),
            Value::String(text) => {
                if self.choices.rarely(3) && self.block_scalar(text, column) {
                    return;
                }
                self.string(text, false, Some(column + 1))
            }
            // The words of YAML 1.1; with a tag, the other reader knows only the usual ones.
            Value::Bool(true) if !has_properties => {
                self.choices.one(&["true", "yes", "On", "YES", "TRUE"]).to_owned()
            }
            Value::Bool(false) if !has_properties => {
                self.choices.one(&["false", "no", "OFF", "No", "False"]).to_owned()
            }
            other => other.to_string(),
        };
        if !text.is_empty() {
            self.out.push_str([" ", " ", " ", "  ", "\t"][self.choices.pick(5)]);
            self.out.push_str(&text);
        }
        self.end_of_line();
    }

    /// A key of a block mapping, perhaps with an anchor, a tag, or by an alias.
    fn key_with_properties(&mut self, key: &str) {
        let known = self.anchors.iter().position(|other| other.as_str() == Some(key));
        if let Some(number) = known
            && self.choices.rarely(8)
        {
            return self.out.push_str(&format!("*a{number} "));
        }
        if self.choices.rarely(50) {
            self.out.push_str(&format!("&a{} ", self.anchors.len()));
            self.anchors.push(Value::from(key));
        }
        if self.choices.rarely(60) {
            self.out.push_str(["!!str ", "!<tag:yaml.org,2002:str> "][self.choices.pick(2)]);
        }
        self.key(key, false);
    }

    fn key(&mut self, key: &str, in_flow: bool) {
        let text = self.string(key, in_flow, None);
        self.out.push_str(&text);
    }

    /// A string on one line, or on several lines whose later ones are indented by `indent` at least.
    fn string(&mut self, text: &str, in_flow: bool, indent: Option<usize>) -> String {
        let is_printable = text.chars().all(is_printable);
        match self.choices.pick(3) {
            0 if is_plain(text, in_flow) => self.folded_words(text, indent, false),
            1 if is_printable => format!("'{}'", self.folded_words(&text.replace('\'', "''"), indent, true)),
            _ => {
                let mut inner = quoted(text);
                inner = inner[1..inner.len() - 1].to_owned();
                if !inner.contains('\\') {
                    inner = self.folded_words(&inner, indent, true);
                    if let Some(indent) = indent
                        && self.choices.rarely(8)
                        && let Some((at, _)) = inner.char_indices().nth(1)
                        && !inner[at..].starts_with([' ', '\n', '\t'])
                    {
                        inner.insert_str(at, &format!("\\\n{}", " ".repeat(indent)));
                    }
                }
                format!("\"{inner}\"")
            }
        }
    }

    /// `text` with some of its single blanks as line breaks.
    fn folded_words(&mut self, text: &str, indent: Option<usize>, is_quoted: bool) -> String {
        let Some(indent) = indent.filter(|_| text.contains(' ') && self.choices.rarely(3)) else {
            return text.to_owned();
        };
        let indent = indent + self.choices.pick(3);
        let mut result = String::new();
        let characters: Vec<char> = text.chars().collect();
        for (at, character) in characters.iter().enumerate() {
            let is_word = |at: Option<usize>| {
                at.and_then(|at| characters.get(at))
                    .is_some_and(|c| !c.is_whitespace() && (is_quoted || c.is_alphanumeric()))
            };
            let breaks = *character == ' ' && is_word(at.checked_sub(1)) && is_word(Some(at + 1));
            if breaks && self.choices.pick(2) == 0 {
                result.push('\n');
                result.extend(std::iter::repeat_n(' ', indent));
            } else {
                result.push(*character);
            }
        }
        result
    }

    /// Writes `text` as `|` or `>` where it can be.
    fn block_scalar(&mut self, text: &str, column: usize) -> bool {
        let body = text.trim_end_matches('\n');
        let newlines = text.len() - body.len();
        let is_simple = !body.is_empty()
            && text.chars().all(|character| character == '\n' || is_printable(character))
            && !body
                .split('\n')
                .any(|line| line.starts_with('\t') || (line.trim().is_empty() && !line.is_empty()));
        if !is_simple {
            return false;
        }
        let is_folded = self.choices.rarely(2)
            && !body.starts_with('\n')
            && body.split('\n').all(|line| !line.starts_with(' ') && !line.ends_with(' '));
        let indent = 1 + self.choices.pick(4);
        self.out.push_str(if is_folded { " >" } else { " |" });
        let needs_indicator = body.starts_with([' ', '\n']);
        let chomping = match newlines {
            0 => "-",
            1 => ["", "+"][self.choices.pick(2)],
            _ => "+",
        };
        let indicator =
            if needs_indicator || self.choices.rarely(8) { indent.to_string() } else { String::new() };
        self.out.push_str(&if self.choices.rarely(2) {
            indicator + chomping
        } else {
            chomping.to_owned() + &indicator
        });
        self.end_of_line();
        let mut previous = "";
        for line in body.split('\n') {
            if is_folded && !previous.is_empty() && !line.is_empty() {
                self.out.push('\n');
            }
            if is_folded && line.is_empty() && !previous.is_empty() {
                self.out.push('\n');
            }
            let text = if is_folded { self.folded_words_of(line, column + indent) } else { line.to_owned() };
            if !line.is_empty() {
                self.spaces(column + indent);
            }
            self.out.push_str(&text);
            self.out.push('\n');
            previous = line;
        }
        self.out.extend(std::iter::repeat_n('\n', newlines.saturating_sub(1)));
        self.keeps_blank_lines = chomping == "+";
        if chomping != "+" && self.choices.rarely(5) {
            self.out.push('\n');
        }
        true
    }

    fn folded_words_of(&mut self, line: &str, indent: usize) -> String {
        let mut result = String::new();
        let words: Vec<&str> = line.split(' ').collect();
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                if !word.is_empty() && !words[at - 1].is_empty() && self.choices.rarely(3) {
                    result.push('\n');
                    result.extend(std::iter::repeat_n(' ', indent));
                } else {
                    result.push(' ');
                }
            }
            result.push_str(word);
        }
        result
    }

    /// A flow node; lines after the first are indented by `indent` at least.
    fn flow(&mut self, value: &Value, indent: usize, multiline: bool) {
        let (open, close, count) = match value {
            Value::Array(items) => ('[', ']', items.len()),
            Value::Object(entries) => ('{', '}', entries.len()),
            Value::String(text) => {
                let text = self.string(text, true, multiline.then_some(indent));
                return self.out.push_str(&text);
            }
            Value::Null => return self.out.push_str(self.choices.one(&["null", "~"])),
            other => return self.out.push_str(&other.to_string()),
        };
        if let Some(number) = self.anchors.iter().position(|other| other == value)
            && self.choices.rarely(3)
        {
            return self.out.push_str(&format!("*a{number} "));
        }
        self.out.push(open);
        let inner = indent + 2;
        let pad = self.choices.rarely(2);
        for index in 0..count {
            if index > 0 {
                self.out.push_str([",", ",", " ,"][self.choices.pick(3)]);
            }
            if multiline && (!self.choices.rarely(4) || index == 0) {
                if self.choices.rarely(12) {
                    let comment = self.comment();
                    self.out.push(' ');
                    self.out.push_str(&comment);
                }
                self.out.push('\n');
                self.spaces(inner);
            } else if index > 0 || pad {
                self.out.push(' ');
            }
            match value {
                Value::Array(items) => {
                    let is_pair = items[index].as_object().is_some_and(|entries| entries.len() == 1);
                    if is_pair && self.choices.rarely(20) {
                        let (key, value) = items[index].as_object().unwrap().iter().next().unwrap();
                        self.flow_entry(key, value, inner, multiline);
                    } else {
                        self.flow(&items[index], inner, multiline);
                    }
                }
                Value::Object(entries) => {
                    let (key, value) = entries.iter().nth(index).unwrap();
                    self.flow_entry(key, value, inner, multiline);
                }
                _ => unreachable!("only collections get here"),
            }
        }
        if count > 0 && self.choices.rarely(6) {
            self.out.push(',');
        }
        if multiline && count > 0 {
            if self.choices.rarely(12) {
                let comment = self.comment();
                self.out.push(' ');
                self.out.push_str(&comment);
            }
            self.out.push('\n');
            self.spaces(indent);
        } else if pad {
            self.out.push(' ');
        }
        self.out.push(close);
    }
}

impl Renderer<'_> {
    /// A key and its value in flow; nothing may be written for a value that is null.
    fn flow_entry(&mut self, key: &str, value: &Value, indent: usize, multiline: bool) {
        let is_explicit = self.choices.rarely(20);
        if is_explicit {
            self.out.push_str("? ");
        }
        self.key(key, true);
        let is_quoted = self.out.ends_with('"');
        let is_tight = is_quoted && self.choices.rarely(3);
        if value.is_null() && self.choices.rarely(3) {
            let colons = [":", " :", ""];
            let count = if is_quoted && !is_explicit { 2 } else { 3 };
            self.out.push_str(colons[self.choices.pick(count)]);
        } else {
            self.out.push_str(match (is_tight, is_explicit) {
                (true, _) => ":",
                (false, true) => " : ",
                (false, false) => ": ",
            });
            self.flow(value, indent, multiline);
        }
    }
}

fn is_printable(character: char) -> bool {
    !matches!(character, '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether every reader takes `text` without quotes for the string that it is.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let is_text = text.chars().all(is_printable)
        && (first.is_alphanumeric() || "/_$".contains(first))
        && !text.ends_with([' ', ':'])
        && ![": ", " #"].iter().any(|separator| text.contains(separator))
        && !(in_flow && text.contains(['[', ']', '{', '}', ',', ':']));
    let string = Value::from(text);
    is_text
        && read(text).ok().as_ref() == Some(&string)
        && Document::parse(text).and_then(|document| document.value()).ok() == Some(string)
}
