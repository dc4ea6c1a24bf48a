//! The index of one document: nodes, spans and pointers.

use std::borrow::Cow;
use std::ops::Range;

use super::parser::{Event, Granit, Parser, Span, Style};
use super::text::{is_indicator, skip_blanks};
use super::{LineCol, Problem, events, scalar};
use crate::value::{split, unescape};

/// A node's number in its document.
pub(super) type NodeId = usize;

/// The content of a node.
#[derive(Debug)]
pub(super) enum Content<'t> {
    Scalar {
        text: Cow<'t, str>,
        style: Style,
    },
    Sequence {
        flow: bool,
    },
    /// Children alternate between keys and values.
    Mapping {
        flow: bool,
    },
    /// `open`: the alias is inside the node it refers to.
    Alias {
        target: NodeId,
        open: bool,
    },
}

/// A node of a [`Document`], for walking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub(super) NodeId);

#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) content: Content<'t>,
    /// The first byte of the node, after anchor and tag. A block collection starts at its first child.
    pub(super) start: usize,
    /// The offset after the node's last leaf or bracket.
    pub(super) end: usize,
    pub(super) anchored: bool,
    /// An alias refers to it.
    pub(super) is_shared: bool,
    pub(super) tag: Option<Box<str>>,
    first: Option<NodeId>,
    next: Option<NodeId>,
}

impl Node<'_> {
    /// The number of properties (anchor, tag) the node has.
    pub(super) fn properties(&self) -> usize {
        usize::from(self.anchored) + usize::from(self.tag.is_some())
    }
}

/// A collection whose end has not been read yet.
struct Open {
    id: NodeId,
    /// Its last child so far.
    last: Option<NodeId>,
    /// It has an odd number of children: the last key of a mapping has no value yet.
    is_odd: bool,
}

/// A side of a mapping's entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    /// The key.
    Key,
    /// The value.
    #[default]
    Value,
}

/// One document of a text, with spans and values by pointer.
#[derive(Debug)]
pub struct Document<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Node<'t>>,
    root: Option<NodeId>,
    /// The number of aliases.
    pub(super) aliases: usize,
}

impl<'t> Document<'t> {
    /// Reads a text of at most one document.
    ///
    /// # Errors
    /// The text is not YAML or has a second document.
    pub fn parse(text: &'t str) -> Result<Self, Problem> {
        let mut builder = Builder::new(text);
        if events::of_simple(text, &mut builder).is_some() {
            return Ok(builder.document);
        }
        Self::read(text, Granit::new(text))
    }

    /// Reads a text of at most one document with any parser.
    ///
    /// # Errors
    /// The text is not YAML or has a second document.
    pub fn read(text: &'t str, parser: impl Parser<'t>) -> Result<Self, Problem> {
        let mut builder = Builder::new(text);
        builder.fill(parser).map(|()| builder.document)
    }

    /// The part of an invalid document before the problem. `None` if the problem is after the document or nothing
    /// precedes it.
    #[must_use]
    pub fn start_of(text: &'t str) -> Option<Self> {
        let mut builder = Builder::new(text);
        let has_problem = builder.fill(Granit::new(text)).is_err();
        let is_within = has_problem && !builder.open.is_empty();
        while !builder.open.is_empty() {
            builder.close(text.len());
        }
        is_within.then_some(builder.document)
    }

    /// Whether the node is a flow collection with its own brackets.
    pub(super) fn is_bracketed(&self, id: NodeId) -> bool {
        let node = &self.nodes[id];
        match node.content {
            Content::Sequence { flow } => flow,
            Content::Mapping { flow } => flow && self.text.as_bytes().get(node.start) == Some(&b'{'),
            _ => false,
        }
    }

    pub(super) fn root(&self) -> Option<NodeId> {
        self.root
    }

    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.nodes[id].first, |child| self.nodes[*child].next)
    }

    /// The keys and values of a mapping.
    pub(super) fn entries(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let mut children = self.children(id);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The node itself, or the node an alias refers to.
    fn resolved(&self, id: NodeId) -> NodeId {
        match self.nodes[id].content {
            Content::Alias { target, .. } => target,
            _ => id,
        }
    }

    /// A scalar's text, or `None` for a collection.
    pub(super) fn scalar_text(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[self.resolved(id)].content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The value of a mapping's key.
    fn entry(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.entries(id).find(|(name, _)| self.scalar_text(*name) == Some(key)).map(|(_, value)| value)
    }

    fn child(&self, id: NodeId, token: &str) -> Option<NodeId> {
        match self.nodes[id].content {
            Content::Mapping { .. } => self.entry(id, &unescape(token)),
            Content::Sequence { .. } => self.children(id).nth(token.parse().ok()?),
            _ => None,
        }
    }

    /// The node at `pointer`, or the last one on the way, and whether the whole pointer was followed.
    pub(super) fn follow(&self, pointer: &str) -> Option<(NodeId, bool)> {
        Some(self.follow_from(self.root?, pointer))
    }

    /// As [`Document::follow`], starting at another node.
    fn follow_from(&self, from: NodeId, pointer: &str) -> (NodeId, bool) {
        let mut at = from;
        for token in split(pointer, b'/').skip(1) {
            match self.child(self.resolved(at), token) {
                Some(child) => at = child,
                None => return (at, false),
            }
        }
        (at, true)
    }

    /// The node at `pointer`.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<Cursor> {
        self.follow(pointer).and_then(|(id, found)| found.then_some(Cursor(id)))
    }

    /// The value of a mapping's key, following aliases. The key must be written in the mapping itself.
    #[must_use]
    pub fn get(&self, mapping: Cursor, key: &str) -> Option<Cursor> {
        let id = self.resolved(mapping.0);
        let is_mapping = matches!(self.nodes[id].content, Content::Mapping { .. });
        is_mapping.then(|| self.entry(id, key)).flatten().map(Cursor)
    }

    /// As [`Document::get`], with every value of a duplicate key.
    #[must_use]
    pub fn values(&self, mapping: Cursor, key: &str) -> Vec<Cursor> {
        let id = self.resolved(mapping.0);
        let is_mapping = matches!(self.nodes[id].content, Content::Mapping { .. });
        let entries = self.entries(id).filter(|(name, _)| is_mapping && self.scalar_text(*name) == Some(key));
        entries.map(|(_, value)| Cursor(value)).collect()
    }

    /// Whether `is_wanted` holds for a scalar, key or value, at or below `node`. A document with aliases is searched as
    /// a whole.
    #[must_use]
    pub fn any_text(&self, node: Cursor, is_wanted: &impl Fn(&str) -> bool) -> bool {
        let within = |id: NodeId| match &self.nodes[id].content {
            Content::Scalar { text, .. } => is_wanted(text),
            _ => self.children(id).any(|child| self.any_text(Cursor(child), is_wanted)),
        };
        if self.aliases > 0 {
            let is_wanted =
                |node: &Node<'_>| matches!(&node.content, Content::Scalar { text, .. } if is_wanted(text));
            return self.nodes.iter().any(is_wanted);
        }
        within(node.0)
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self, scalar: Cursor) -> Option<&str> {
        self.scalar_text(scalar.0)
    }

    /// The elements of a sequence, or `None` if the node is not one.
    #[must_use]
    pub fn elements(&self, sequence: Cursor) -> Option<Vec<Cursor>> {
        let id = self.resolved(sequence.0);
        let is_sequence = matches!(self.nodes[id].content, Content::Sequence { .. });
        is_sequence.then(|| self.children(id).map(Cursor).collect())
    }

    /// The keys and values of a mapping, following aliases. `None` if the node is not one, or if not all of its keys are
    /// written in it as texts.
    #[must_use]
    pub fn members(&self, mapping: Cursor) -> Option<Vec<(&str, Cursor)>> {
        let id = self.resolved(mapping.0);
        if !matches!(self.nodes[id].content, Content::Mapping { .. }) {
            return None;
        }
        let member = |(key, value): (NodeId, NodeId)| {
            let text = self.scalar_text(key).filter(|_| !self.is_merge_key(key))?;
            Some((text, Cursor(value)))
        };
        self.entries(id).map(member).collect()
    }

    /// Whether the node is a mapping.
    #[must_use]
    pub fn is_mapping_at(&self, node: Cursor) -> bool {
        matches!(self.nodes[self.resolved(node.0)].content, Content::Mapping { .. })
    }

    /// The text of the value at `pointer` if an edit would not preserve it. For an empty collection or a null, it is
    /// what follows the colon; for a string, an unquoted scalar on one line. A value on its own line starts with a line
    /// break and its indent relative to the key.
    #[must_use]
    pub fn form(&self, pointer: &str) -> Option<Cow<'t, str>> {
        let (id, true) = self.follow(pointer)? else { return None };
        let Node { start, end, ref content, .. } = self.nodes[id];
        let written = &self.text[start..end];
        if let Content::Scalar { text, style: Style::Plain } = content
            && text == written
            && scalar::resolve(text).is_string()
        {
            return Some(Cow::Borrowed(written));
        }
        let is_empty = match content {
            Content::Scalar { text, style: Style::Plain } => scalar::resolve(text).is_null(),
            Content::Mapping { .. } | Content::Sequence { .. } => self.children(id).next().is_none(),
            Content::Scalar { .. } | Content::Alias { .. } => false,
        };
        if !is_empty || written.contains('\n') {
            return None;
        }
        if start == end {
            return Some(Cow::Borrowed(""));
        }
        let before = &self.text[self.before_token(start..end)..start];
        if !before.contains('\n') {
            return Some(Cow::Borrowed(&self.text[start - before.len()..end]));
        }
        let column = |at: usize| at - self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let (parent, _) = pointer.rsplit_once('/')?;
        let (parent, _) = self.follow(parent)?;
        let (key, _) = self.entries(self.resolved(parent)).find(|(_, value)| *value == id)?;
        let more = column(start).saturating_sub(column(self.nodes[key].start));
        Some(Cow::Owned(format!("\n{:more$}{written}", "")))
    }

    /// The start of the blanks before a token, including the line break if the token is alone on its line.
    pub(super) fn before_token(&self, token: Range<usize>) -> usize {
        let before = self.text[..token.start].trim_end_matches([' ', '\t']);
        let rest = self.text[token.end..].trim_start_matches([' ', '\t']);
        let is_alone = rest.is_empty() || rest.starts_with(['\n', '\r']);
        match before.strip_suffix('\n').filter(|_| is_alone) {
            Some(line) => line.strip_suffix('\r').unwrap_or(line).len(),
            None => before.len(),
        }
    }

    /// The byte offset of the node.
    #[must_use]
    pub fn start(&self, node: Cursor) -> usize {
        self.nodes[node.0].start
    }

    /// The text of the scalar at `pointer`.
    #[must_use]
    pub fn text_at(&self, pointer: &str) -> Option<&str> {
        match self.follow(pointer)? {
            (id, true) => self.scalar_text(id),
            _ => None,
        }
    }

    /// The bytes of a side of the entry at `pointer`, relative to `node`, or of its closest existing parent. Elements
    /// of a list have no key.
    #[must_use]
    pub fn span_from(&self, node: Cursor, pointer: &str, side: Side) -> Range<usize> {
        let (id, is_found) = self.follow_from(node.0, pointer);
        let key = || {
            let (parent, _) = pointer.rsplit_once('/')?;
            let (parent, _) = self.follow_from(node.0, parent);
            self.entries(self.resolved(parent)).find(|(_, value)| *value == id).map(|(key, _)| key)
        };
        self.span_of((side == Side::Key && is_found).then(key).flatten().unwrap_or(id))
    }

    /// As [`Document::span_from`], starting at the root.
    #[must_use]
    pub fn span(&self, pointer: &str, side: Side) -> Range<usize> {
        self.root.map_or(0..0, |root| self.span_from(Cursor(root), pointer, side))
    }

    fn span_of(&self, id: NodeId) -> Range<usize> {
        let node = &self.nodes[id];
        node.start..node.end.max(node.start)
    }

    /// The byte offset of the node at `pointer`, or of its closest existing parent.
    #[must_use]
    pub fn offset(&self, pointer: &str) -> usize {
        self.span(pointer, Side::Value).start
    }

    /// The position of the node at `pointer`, or of its closest existing parent.
    #[must_use]
    pub fn line_col(&self, pointer: &str) -> LineCol {
        LineCol::at(self.text.as_bytes(), self.offset(pointer))
    }

    /// The source text.
    #[must_use]
    pub fn source(&self) -> &'t str {
        self.text
    }

    /// Whether the document's root is a mapping.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        self.root.is_some_and(|root| matches!(self.nodes[root].content, Content::Mapping { .. }))
    }

    /// Whether the document is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.root.map(|root| &self.nodes[root]) {
            None => true,
            Some(node) => {
                matches!(&node.content, Content::Scalar { text, style: Style::Plain }
                    if node.tag.is_none() && scalar::resolve(text).is_null())
            }
        }
    }

    /// The head (indicator and flags) of a block scalar that ends a text without a final line break.
    #[must_use]
    pub fn open_head(&self) -> Option<&'t str> {
        self.open_block_scalar().map(|indicator| self.block_head(indicator))
    }

    /// The head (indicator and flags) of the block scalar at the offset `indicator`.
    pub(super) fn block_head(&self, indicator: usize) -> &'t str {
        let text = &self.text[indicator..];
        let is_flag = |c: char| c.is_ascii_digit() || "+-".contains(c);
        &text[..text.len() - text[1..].trim_start_matches(is_flag).len()]
    }

    /// The indicator's offset of a block scalar that ends a text without a final line break.
    pub(super) fn open_block_scalar(&self) -> Option<usize> {
        let is_written = |node: &&Node<'_>| {
            matches!(node.content, Content::Scalar { .. } | Content::Alias { .. }) && node.start < node.end
        };
        let last = self.nodes.iter().rev().find(is_written)?;
        let is_block = matches!(last.content, Content::Scalar { style: Style::Literal | Style::Folded, .. });
        (is_block && last.end == self.text.len() && !self.text.ends_with('\n')).then_some(last.start)
    }

    /// The first node with an anchor, at or below `id`.
    pub(super) fn anchor_within(&self, id: NodeId) -> Option<NodeId> {
        if self.nodes[id].anchored {
            return Some(id);
        }
        self.children(id).find_map(|child| self.anchor_within(child))
    }

    /// The first node with an anchor or alias, at or below `id`.
    pub(super) fn reference_within(&self, id: NodeId) -> Option<NodeId> {
        if self.nodes[id].anchored || matches!(self.nodes[id].content, Content::Alias { .. }) {
            return Some(id);
        }
        self.children(id).find_map(|child| self.reference_within(child))
    }
}

impl<'t> events::Take<'t> for Builder<'t> {
    fn event(&mut self, event: Event<'t>, span: Span) -> Option<()> {
        Self::event(self, event, span).ok()
    }

    fn scalar(&mut self, text: &'t str, style: Style, span: Span) -> Option<()> {
        self.node(Content::Scalar { text: Cow::Borrowed(text), style }, 0, None, span);
        Some(())
    }
}

/// Builds a document from its events.
struct Builder<'t> {
    document: Document<'t>,
    /// The collections whose end has not been read yet.
    open: Vec<Open>,
    anchors: Vec<Option<NodeId>>,
    documents: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        // Roughly what manifests need for this much text, with an upper bound.
        let nodes = Vec::with_capacity((text.len() / 12).min(1 << 12));
        let document = Document { text, nodes, root: None, aliases: 0 };
        // Deep enough for most texts.
        Self { document, open: Vec::with_capacity(16), anchors: Vec::new(), documents: 0 }
    }

    fn fill(&mut self, mut parser: impl Parser<'t>) -> Result<(), Problem> {
        while let Some(next) = parser.next_event() {
            let (event, span) = next?;
            self.event(event, span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'t>, span: Span) -> Result<(), Problem> {
        let (content, anchor, tag) = match event {
            Event::Document => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::syntax(span.start, "a second document where one was expected"));
                }
                return Ok(());
            }
            Event::End => {
                self.close(span.end);
                return Ok(());
            }
            Event::Scalar { text, style, anchor, tag } => (Content::Scalar { text, style }, anchor, tag),
            Event::Sequence { flow, anchor, tag } => (Content::Sequence { flow }, anchor, tag),
            Event::Mapping { flow, anchor, tag } => (Content::Mapping { flow }, anchor, tag),
            Event::Alias(anchor) => {
                let Some(target) = self.anchors.get(anchor).copied().flatten() else {
                    return Err(Problem::syntax(span.start, "an alias without its anchor"));
                };
                self.document.aliases += 1;
                self.document.nodes[target].is_shared = true;
                let open = self.open.iter().any(|open| open.id == target);
                (Content::Alias { target, open }, 0, None)
            }
        };
        self.node(content, anchor, tag, span);
        Ok(())
    }

    fn node(&mut self, content: Content<'t>, anchor: usize, tag: Option<String>, span: Span) {
        let is_collection = matches!(content, Content::Sequence { .. } | Content::Mapping { .. });
        let is_bare = span.is_empty() && anchor == 0 && tag.is_none();
        let span = match (&content, self.open.last()) {
            (Content::Scalar { .. }, Some(parent)) if is_bare => {
                self.place_of_empty(parent).map_or(span, |at| at..at)
            }
            _ => span,
        };
        let nodes = &mut self.document.nodes;
        let id = nodes.len();
        nodes.push(Node {
            content,
            start: span.start,
            end: span.end,
            anchored: anchor > 0,
            is_shared: false,
            tag: tag.map(String::into_boxed_str),
            first: None,
            next: None,
        });
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = Some(id);
        }
        match self.open.last_mut() {
            Some(parent) => {
                parent.is_odd = !parent.is_odd;
                match parent.last.replace(id) {
                    Some(previous) => nodes[previous].next = Some(id),
                    None => nodes[parent.id].first = Some(id),
                };
            }
            None => self.document.root = Some(id),
        }
        if is_collection {
            self.open.push(Open { id, last: None, is_odd: false });
        }
    }

    /// The place of an empty next node of the mapping `parent`: after the colon, or after the `?` of a key. Parsers
    /// report any offset between the key's end and the next node, which would also move the end of its parent.
    fn place_of_empty(&self, parent: &Open) -> Option<usize> {
        let Content::Mapping { flow } = self.document.nodes[parent.id].content else { return None };
        let bytes = self.document.text.as_bytes();
        let before = self.document.nodes[parent.last?].end;
        let at = skip_blanks(bytes, before);
        if parent.is_odd {
            return Some(if is_indicator(bytes, at, b':', flow) { at + 1 } else { before });
        }
        is_indicator(bytes, at, b'?', false).then_some(at + 1)
    }

    /// Ends the innermost collection.
    fn close(&mut self, end: usize) {
        let Some(Open { id, last, .. }) = self.open.pop() else { return };
        let bracketed = self.document.is_bracketed(id);
        let nodes = &mut self.document.nodes;
        nodes[id].end = match last {
            Some(last) if !bracketed => nodes[last].end,
            _ => end,
        };
        if let (Some(first), false) = (nodes[id].first, bracketed) {
            nodes[id].start = nodes[first].start;
        }
    }
}
