//! Turns changes into edits of the text. Inserted lines follow the style of their neighbours.

use std::collections::BTreeSet;
use std::ops::Range;

use super::emit::Layout;
use super::index::{Content, Document, Node, NodeId};
use super::overlay::{Overlay, Slot, is_block_scalar};
use super::parser::line_break;
use super::text::{Lines, is_indicator, lone_carriage_return};
use super::{Edit, Problem};
use crate::change::{Change, longest_increasing};

mod block;
mod flow;
mod guest;

impl Document<'_> {
    /// The edits that make `changes`, in order and without overlap.
    ///
    /// # Errors
    /// A change cannot be written without changing other bytes: behind an alias, a merge key or a shared anchor, or in
    /// a form that this editor does not support.
    pub fn splice<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Result<Vec<Edit>, Problem> {
        self.splice_to(changes, None)
    }

    /// As [`Self::splice`]. If a block scalar becomes the end of a text without a final line break, it gets the head
    /// `end`, its head before lines were added after it.
    ///
    /// # Errors
    /// As [`Self::splice`].
    pub fn splice_to<'c>(
        &self,
        changes: impl IntoIterator<Item = &'c Change>,
        end: Option<&str>,
    ) -> Result<Vec<Edit>, Problem> {
        let Some(mut overlay) = Overlay::new(self) else {
            return Err(Problem::uneditable(0, "an empty document"));
        };
        for change in changes {
            overlay.apply(change)?;
        }
        if let Some(at) = lone_carriage_return(self.text.as_bytes()) {
            return Err(Problem::uneditable(at, "a carriage return without a line feed"));
        }
        let mut writer = Writer {
            document: self,
            lines: Lines::new(self.text),
            block_scalars: (0..self.nodes.len()).filter(|id| is_block(&self.nodes[*id])).collect(),
            guests: &overlay.guests,
            moved: &overlay.moved,
            edits: Vec::new(),
            empty_text: None,
            block_scalar_lines: None,
            run_ends_in: None,
            is_within_moved: false,
        };
        let layout = writer.usual_layout();
        let body = writer.body(&overlay.root, writer.lines.content_start());
        let around = Around { head: 0, body, key_column: 0, is_item: false, layout, flow: None };
        writer.slot(&overlay.root, around)?;
        writer.finish(end)
    }
}

/// The surroundings of a node, which decide how to write in it.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// The offset after the node's colon or dash; 0 for the root.
    pub(super) head: usize,
    /// The offset after the node's anchor and tag.
    pub(super) body: usize,
    /// The column of the node's key.
    pub(super) key_column: usize,
    /// The node is a sequence element, and the column is its dash's.
    pub(super) is_item: bool,
    pub(super) layout: Layout,
    /// The layout of members in a flow collection; `None` in block style.
    pub(super) flow: Option<FlowStyle>,
}

/// How the members of a flow collection are laid out.
#[derive(Debug, Clone)]
pub(super) struct FlowStyle {
    /// The blanks before each member if each has its own line.
    indent: Option<String>,
    /// The additional indent of a nested collection's members.
    step: String,
}

/// Collects the edits of one document.
pub(super) struct Writer<'d, 't> {
    pub(super) document: &'d Document<'t>,
    pub(super) lines: Lines<'t>,
    /// The block scalars, in order.
    block_scalars: Vec<NodeId>,
    /// Elements that move into new values, by their placeholder texts.
    guests: &'d [(String, Slot<'d>)],
    /// The moved nodes.
    moved: &'d BTreeSet<NodeId>,
    /// What follows the key of a collection that becomes empty, if not `[]` or `{}`.
    empty_text: Option<String>,
    pub(super) edits: Vec<Edit>,
    /// Inserted lines that end with a block scalar that needs its line break if they become the last lines.
    block_scalar_lines: Option<String>,
    /// The block scalar that ends the lines gathered so far.
    run_ends_in: Option<NodeId>,
    /// An element that moves is being written. It gets a line break if it was the end of the text.
    pub(super) is_within_moved: bool,
}

/// The span of a sequence element or mapping entry.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// The offset of the dash, or of the key or flow element including anchor and tag.
    start: usize,
    /// The offset after its last byte.
    end: usize,
}

impl Writer<'_, '_> {
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push(Edit { range, text: text.into() });
    }

    /// The edits in order. A text without a final line break keeps that: until here, its last line is treated as if it
    /// had one.
    fn finish(mut self, head: Option<&str>) -> Result<Vec<Edit>, Problem> {
        let text = self.document.text;
        let is_insertion = |edit: &Edit| edit.text.ends_with('\n');
        self.edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut end = text.len();
        if !text.ends_with('\n') {
            let mut first = None;
            for (index, edit) in self.edits.iter().enumerate().rev() {
                let is_line =
                    edit.text.is_empty() && self.lines.line_start(edit.range.start) == edit.range.start;
                if is_line && !edit.range.is_empty() && edit.range.end == end {
                    end = edit.range.start;
                    first = Some(index);
                } else if edit.range.start < end {
                    break;
                }
            }
            let inserted: Vec<usize> = (0..self.edits.len())
                .filter(|index| self.edits[*index].range.start >= end && is_insertion(&self.edits[*index]))
                .collect();
            match (first, inserted.first(), inserted.last()) {
                (Some(first), None, _)
                    if self.block_scalar_before(end).is_none_or(|scalar| self.has_flag(scalar, '-')) =>
                {
                    self.edits[first].range.start -= self.lines.break_before(end);
                    if let (Some(scalar), Some(head)) = (self.block_scalar_before(end), head) {
                        let start = self.document.nodes[scalar].start;
                        let end = start + self.document.block_head(start).len();
                        self.edits.push(Edit { range: start..end, text: head.to_owned() });
                        self.edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
                    }
                }
                (_, Some(first_lines), Some(last_lines)) => {
                    if first.is_none() {
                        let newline = self.lines.newline(text.len());
                        self.edits[*first_lines].text.insert_str(0, newline);
                    }
                    let last = &mut self.edits[*last_lines].text;
                    let keeps_break =
                        self.block_scalar_lines.as_ref().is_some_and(|lines| last.ends_with(lines.as_str()));
                    if !keeps_break {
                        last.truncate(last.len() - line_break(last.as_bytes()));
                    }
                    let is_written_anew =
                        |header: &usize| self.edits.iter().any(|edit| edit.range.contains(header));
                    let header = self.document.open_block_scalar().filter(|header| !is_written_anew(header));
                    if let Some(header) = header.filter(|_| first.is_none()) {
                        // Later edits must not give it a final line break.
                        self.strip_final_break(header);
                        self.edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
                    }
                }
                _ => {}
            }
        }
        let mut index = 0;
        while let Some(edit) = self.edits.get(index) {
            let start = edit.range.start;
            let mut end = edit.range.end;
            let is_deletion = |edit: &Edit| edit.text.is_empty() && !edit.range.is_empty();
            if is_deletion(edit) && self.lines.line_start(start) == start {
                while let Some(next) =
                    self.edits.get(index + 1).filter(|next| is_deletion(next) && next.range.start == end)
                {
                    end = next.range.end;
                    index += 1;
                }
                if let Some(scalar) = self.block_scalar_before(start) {
                    self.check_below(scalar, end, &text[end..])?;
                }
            }
            index += 1;
        }
        match self.edits.windows(2).find(|pair| pair[0].range.end > pair[1].range.start) {
            Some(pair) => Err(Problem::uneditable(pair[1].range.start, "two changes meet in one place")),
            None => Ok(self.edits),
        }
    }

    /// The block scalar whose last line ends at `line_end`.
    fn block_scalar_before(&self, line_end: usize) -> Option<NodeId> {
        let last_byte = line_end - self.lines.break_before(line_end);
        let end = |id: &NodeId| self.document.nodes[*id].end;
        let before = self.block_scalars.partition_point(|id| end(id) < last_byte);
        self.block_scalars.get(before).copied().filter(|id| end(id) <= line_end)
    }

    /// Whether the block scalar's head has the flag.
    fn has_flag(&self, scalar: NodeId, flag: char) -> bool {
        self.document.block_head(self.document.nodes[scalar].start).contains(flag)
    }

    /// Whether a line with less indent than a block scalar's content ends it. It does not if there is no content,
    /// because the line would set the indentation.
    fn ends_content(&self, scalar: NodeId, line: &str) -> bool {
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let Node { start, end, .. } = self.document.nodes[scalar];
        let content = self.document.text[start..end].lines().skip(1);
        let first = content.clone().find(|line| !line.trim().is_empty());
        let has_tab = line.trim_start_matches(' ').starts_with('\t');
        let is_filled = !line.trim().is_empty() && !has_tab;
        is_filled && first.is_some_and(|first| indent(line) < indent(first))
    }

    /// Refuses to let a block scalar end right before `at` if it would absorb the lines `below`: blank lines if it
    /// keeps them, comments indented like its content, and lines that start with a tab.
    fn check_below(&self, scalar: NodeId, at: usize, below: &str) -> Result<(), Problem> {
        let is_blank = |line: &str| line.trim().is_empty();
        let keeps_blank = self.has_flag(scalar, '+');
        let first = below.lines().find(|line| keeps_blank || !is_blank(line));
        let takes_in = |line: &str| {
            let content = line.trim_start_matches(' ');
            let is_comment = content.starts_with('#') && content.len() < line.len();
            is_blank(line) || content.starts_with('\t') || is_comment && !self.ends_content(scalar, line)
        };
        match first {
            Some(line) if takes_in(line) => {
                Err(Problem::uneditable(at, "a block scalar would take in the lines below"))
            }
            _ => Ok(()),
        }
    }

    fn slot(&mut self, slot: &Slot<'_>, around: Around) -> Result<(), Problem> {
        match slot {
            Slot::Kept(_) | Slot::New(_) => Ok(()),
            Slot::Text(id, text) => self.scalar(*id, text, &around),
            Slot::Replaced(id, value) => self.replaced(*id, value, &around),
            Slot::Restored(id, text) => self.restored(*id, text, &around),
            Slot::Mapping(id, _) | Slot::Sequence(id, _)
                if around.flow.is_none() && self.is_childless(*id) =>
            {
                match slot.new_value() {
                    Some(value) => self.replaced(*id, &value, &around),
                    None => Ok(()),
                }
            }
            Slot::Mapping(id, entries) if self.is_flow(*id)? => self.flow_mapping(*id, entries, &around),
            Slot::Mapping(id, entries) => self.block_mapping(*id, entries, &around),
            Slot::Sequence(id, items) if self.is_flow(*id)? => self.flow_sequence(*id, items, &around),
            Slot::Sequence(id, items) => self.block_sequence(*id, items, &around),
        }
    }

    /// The originals among `items` that keep their place: the longest run in order, preferring nodes that were not
    /// moved.
    fn stays(&self, items: &[Slot<'_>], originals: &[NodeId]) -> Vec<NodeId> {
        let place = |slot: &Slot<'_>| slot.node().and_then(|node| originals.binary_search(&node).ok());
        let kept: Vec<usize> = items.iter().filter_map(place).collect();
        if kept.is_sorted() {
            return kept.into_iter().map(|place| originals[place]).collect();
        }
        let unmoved = kept.into_iter().filter(|place| !self.moved.contains(&originals[*place]));
        let unmoved: Vec<usize> = unmoved.collect();
        let stays = longest_increasing(&unmoved).into_iter().zip(unmoved);
        stays.filter(|(stays, _)| *stays).map(|(_, place)| originals[place]).collect()
    }

    fn is_childless(&self, id: NodeId) -> bool {
        self.document.children(id).next().is_none()
    }

    fn is_flow(&self, id: NodeId) -> Result<bool, Problem> {
        let node = &self.document.nodes[id];
        match node.content {
            Content::Mapping { flow: true } if !self.document.is_bracketed(id) => {
                Err(Problem::uneditable(node.start, "a pair without braces"))
            }
            Content::Mapping { flow } | Content::Sequence { flow } => Ok(flow),
            _ => Ok(false),
        }
    }

    /// The offset after the anchor and tag of the node in `slot`, starting at `head`.
    fn body(&self, slot: &Slot<'_>, head: usize) -> usize {
        let count = slot.node().map_or(0, |id| self.document.nodes[id].properties());
        self.lines.skip_properties(head, count)
    }

    /// The offset after the colon of `key`, or `None` if the key has none.
    fn after_colon(&self, key: NodeId, in_flow: bool) -> Option<usize> {
        let at = self.lines.skip_blanks(self.document.nodes[key].end);
        is_indicator(self.document.text.as_bytes(), at, b':', in_flow).then_some(at + 1)
    }

    /// The column of a key, or `None` if it does not begin with its own text.
    fn key_column(&self, key: NodeId) -> Option<usize> {
        let start = self.document.nodes[key].start;
        self.member_column(start).filter(|_| self.document.nodes[key].properties() == 0)
    }

    /// The column of a block mapping's key, or `None` if anything but blanks and indicators precedes it on its line.
    fn member_column(&self, start: usize) -> Option<usize> {
        let line = self.lines.line_start(start);
        let before = &self.document.text.as_bytes()[line..start];
        before.iter().all(|byte| matches!(byte, b' ' | b'-' | b'?' | b':')).then_some(start - line)
    }

    /// The indentation of the document's first nested block mapping and block sequence.
    fn usual_layout(&self) -> Layout {
        let document = self.document;
        let mut step = None;
        let mut dash = None;
        for id in 0..document.nodes.len() {
            if step.is_some() && dash.is_some() {
                break;
            }
            if !matches!(document.nodes[id].content, Content::Mapping { flow: false }) {
                continue;
            }
            for (key, value) in document.entries(id) {
                let is_mapping = match document.nodes[value].content {
                    Content::Mapping { flow: false } if step.is_none() => true,
                    Content::Sequence { flow: false } if dash.is_none() => false,
                    _ => continue,
                };
                let (Some(column), Some(child)) = (self.key_column(key), document.children(value).next())
                else {
                    continue;
                };
                if is_mapping {
                    let inner = self.key_column(child).and_then(|inner| inner.checked_sub(column));
                    step = inner.filter(|step| *step > 0);
                } else {
                    let properties = document.nodes[value].properties();
                    let head = self.after_colon(key, false);
                    let body = head.map(|head| self.lines.skip_properties(head, properties));
                    let at = body.map_or(0, |body| self.lines.skip_blanks(body));
                    let line = self.lines.line_start(at);
                    let is_dash = self.lines.byte(at) == Some(b'-') && self.lines.is_blank(line..at);
                    let inner = (at - line).checked_sub(column);
                    dash = inner.filter(|_| is_dash);
                }
            }
        }
        Layout { step: step.unwrap_or(2), dash: dash.unwrap_or(0), newline: "\n", has_literals: true }
    }
}

fn is_block(node: &Node<'_>) -> bool {
    matches!(node.content, Content::Scalar { style, .. } if is_block_scalar(style))
}
