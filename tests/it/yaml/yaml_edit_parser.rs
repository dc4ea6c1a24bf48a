//! The parser trait on `yaml-edit`: a syntax tree by another author, walked into events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str::FromStr;

use otel_inject::yaml::{Event, Parser, Problem, Span, Style, Trouble};
use yaml_edit::{TaggedNode, YamlFile, YamlNode};

pub(crate) struct YamlEdit<'t> {
    events: std::vec::IntoIter<Result<(Event<'t>, Span), Problem>>,
}

impl<'t> YamlEdit<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let mut walk = Walk { text, events: Vec::new(), anchors: HashMap::new(), count: 0 };
        match YamlFile::from_str(text) {
            Ok(file) => walk.file(&file),
            Err(error) => walk.events.push(Err(problem(error.to_string()))),
        }
        Self { events: walk.events.into_iter() }
    }
}

impl<'t> Parser<'t> for YamlEdit<'t> {
    fn next_event(&mut self) -> Option<Result<(Event<'t>, Span), Problem>> {
        self.events.next()
    }
}

fn problem(message: String) -> Problem {
    Problem { trouble: Trouble::Syntax, offset: 0, length: 0, first: None, message }
}

struct Walk<'t> {
    text: &'t str,
    events: Vec<Result<(Event<'t>, Span), Problem>>,
    anchors: HashMap<String, usize>,
    count: usize,
}

impl Walk<'_> {
    fn file(&mut self, file: &YamlFile) {
        for document in file.documents() {
            let range = document.byte_range();
            let start = range.start as usize;
            self.events.push(Ok((Event::Document, start..start)));
            let root = document.as_mapping().map(YamlNode::Mapping);
            let root = root.or_else(|| document.as_sequence().map(YamlNode::Sequence));
            let root = root.or_else(|| document.as_scalar().map(YamlNode::Scalar));
            if let Some(root) = root.or_else(|| document.as_tagged().map(YamlNode::TaggedNode)) {
                // Properties of the root stand after the marker, in front of it.
                let from = self.text[start..].find("---").map_or(start, |marker| start + marker + 3);
                let from = if from <= self.start_of(&root, from) { from } else { start };
                self.node(&root, from, false, None);
            }
        }
    }

    /// The anchor between `from` and `to`, where only blanks, comments and properties stand.
    fn anchor(&mut self, from: usize, to: usize) -> usize {
        let between = self.text.get(from..to).unwrap_or_default();
        let lines = between.lines().map(|line| line.split('#').next().unwrap_or_default());
        let Some(name) = lines.flat_map(str::split_whitespace).find_map(|word| word.strip_prefix('&')) else {
            return 0;
        };
        self.count += 1;
        self.anchors.insert(name.to_owned(), self.count);
        self.count
    }

    /// Where a node starts that follows `from`; the tree knows it for some kinds only.
    fn start_of(&self, node: &YamlNode, from: usize) -> usize {
        match node {
            YamlNode::Scalar(node) => node.byte_range().start as usize,
            YamlNode::Mapping(node) => node.byte_range().start as usize,
            YamlNode::Sequence(node) => node.byte_range().start as usize,
            YamlNode::Alias(alias) => {
                let name = format!("*{}", alias.name());
                self.text[from..].find(&name).map_or(from, |at| from + at)
            }
            YamlNode::TaggedNode(node) => inner(node).map_or(from, |inner| self.start_of(&inner, from)),
        }
    }

    /// Walks `node`, which follows `from`, and returns its end.
    fn node(&mut self, node: &YamlNode, from: usize, in_flow: bool, tag: Option<String>) -> usize {
        let start = self.start_of(node, from);
        if let YamlNode::TaggedNode(tagged) = node {
            let tag = tagged.resolved_tag().map(|tag| match tag.strip_prefix("!!") {
                Some(name) => format!("tag:yaml.org,2002:{name}"),
                None => tag,
            });
            return match inner(tagged) {
                Some(inner) => self.node(&inner, from, in_flow, tag),
                None => {
                    self.events.push(Err(problem("a tag without a node".to_owned())));
                    from
                }
            };
        }
        let anchor = self.anchor(from, start);
        let span = match node {
            YamlNode::Scalar(node) => start..node.byte_range().end as usize,
            YamlNode::Mapping(node) => start..node.byte_range().end as usize,
            YamlNode::Sequence(node) => start..node.byte_range().end as usize,
            YamlNode::Alias(alias) => start..start + 1 + alias.name().len(),
            YamlNode::TaggedNode(_) => unreachable!("handled above"),
        };
        let end = span.end;
        match node {
            YamlNode::TaggedNode(_) => unreachable!("handled above"),
            YamlNode::Scalar(scalar) => {
                let raw = &self.text[span.clone()];
                let style = match raw.as_bytes().first() {
                    Some(b'\'') => Style::Single,
                    Some(b'"') => Style::Double,
                    Some(b'|') => Style::Literal,
                    Some(b'>') => Style::Folded,
                    _ => Style::Plain,
                };
                let mut text = scalar.as_string();
                let is_block = matches!(style, Style::Literal | Style::Folded);
                if is_block && end == self.text.len() && !self.text.ends_with('\n') && text.ends_with('\n') {
                    // That parser adds the line break that the text does not have.
                    text.pop();
                }
                let span = match style {
                    Style::Literal | Style::Folded => block_scalar(raw, &text, span.start),
                    _ => span,
                };
                self.events.push(Ok((Event::Scalar { text: Cow::Owned(text), style, anchor, tag }, span)));
            }
            YamlNode::Alias(alias) => match self.anchors.get(&alias.name()) {
                Some(anchor) => self.events.push(Ok((Event::Alias(*anchor), span))),
                None => self.events.push(Err(problem("an alias without its anchor".to_owned()))),
            },
            YamlNode::Sequence(sequence) => {
                let flow = sequence.is_flow_style();
                self.events.push(Ok((Event::Sequence { flow, anchor, tag }, opening(&span, flow))));
                let mut from = span.start;
                for value in sequence.values() {
                    from = self.node(&value, from, flow, None);
                }
                self.events.push(Ok((Event::End, span)));
            }
            YamlNode::Mapping(mapping) => {
                let braces = mapping.is_flow_style();
                let flow = braces || in_flow;
                self.events.push(Ok((Event::Mapping { flow, anchor, tag }, opening(&span, braces))));
                let mut from = span.start;
                for entry in mapping.entries() {
                    for node in [entry.key_node(), entry.value_node()] {
                        let Some(node) = node else {
                            self.events.push(Err(problem("an entry without key or value".to_owned())));
                            continue;
                        };
                        from = self.node(&node, from, flow, None);
                    }
                }
                self.events.push(Ok((Event::End, span)));
            }
        }
        end
    }
}

fn opening(span: &Span, has_bracket: bool) -> Span {
    span.start..span.start + usize::from(has_bracket)
}

/// The node that has the tag.
fn inner(tagged: &TaggedNode) -> Option<YamlNode> {
    let inner = tagged.as_mapping().map(YamlNode::Mapping);
    let inner = inner.or_else(|| tagged.as_sequence().map(YamlNode::Sequence));
    inner.or_else(|| tagged.value().map(YamlNode::Scalar))
}

/// The span of a block scalar as the trait wants it: without the line break that ends it, but with the
/// blank lines that a `+` keeps.
fn block_scalar(raw: &str, text: &str, start: usize) -> Span {
    let breaks = text.len() - text.trim_end_matches('\n').len();
    let line_end = |at: usize| raw[at..].find('\n').map_or(raw.len(), |newline| at + newline + 1);
    let header_end = line_end(0);
    let mut end = header_end + raw[header_end..].trim_end_matches([' ', '\r', '\n']).len();
    // Blanks at the end of the last line belong to it.
    end += raw[end..].len() - raw[end..].trim_start_matches(' ').len();
    if breaks == text.len() {
        end = if breaks == 0 { raw[..header_end].trim_end_matches(['\r', '\n']).len() } else { header_end };
        end = (0..breaks).fold(end, |at, _| line_end(at));
    } else if breaks > 1 {
        end = (0..breaks).fold(end, |at, _| line_end(at));
    }
    start..start + end
}
