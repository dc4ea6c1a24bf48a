//! Elements that move from one list to another with their text.

use super::Writer;
use super::block::on_one_line;
use crate::yaml::emit::{self, Layout};
use crate::yaml::index::{Content, Cursor, NodeId};
use crate::yaml::overlay::Slot;
use crate::yaml::{Edit, Problem};

impl Writer<'_, '_> {
    /// Replaces placeholders in new text by the elements that move into it.
    pub(super) fn with_guests(&mut self, mut text: String) -> Result<String, Problem> {
        for (place, slot) in self.guests {
            let Some(at) = text.find(place.as_str()) else { continue };
            let quoted = format!("\"{place}\"");
            if let Some(at) = text.find(&quoted) {
                let own = self.flow_guest(slot)?;
                text.replace_range(at..at + quoted.len(), &own);
                continue;
            }
            let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let column = text[line..at].find('-').unwrap_or_default();
            let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
            let own = self.block_guest(slot, column)?;
            text.replace_range(line..end, &own);
        }
        Ok(text)
    }

    /// The lines of an element from another list, with its dash at `column`. Keeps its comments and style if possible.
    pub(super) fn block_guest(&mut self, slot: &Slot<'_>, column: usize) -> Result<String, Problem> {
        self.check_references(slot)?;
        let Slot::Kept(id) = *slot else {
            return Err(Problem::uneditable(0, "an element that changes would move to another list"));
        };
        if let Some(lines) = self.own_lines(id, column) {
            return Ok(lines);
        }
        let mut lines = String::new();
        let raw = self.raw(id);
        if matches!(self.document.nodes[id].content, Content::Mapping { flow: true }) && !raw.contains('\n') {
            emit::indent(&mut lines, column);
            lines.push_str("- ");
            lines.push_str(raw);
            lines.push('\n');
        } else {
            let value = self.document.value_of(Cursor(id))?;
            let layout = Layout { step: 2, dash: 0, newline: "\n", has_literals: true };
            emit::item(&mut lines, &value, column, 2, layout);
        }
        Ok(lines)
    }

    /// An element from another list as a member of a flow collection.
    pub(super) fn flow_guest(&mut self, slot: &Slot<'_>) -> Result<String, Problem> {
        self.check_references(slot)?;
        let Slot::Kept(id) = *slot else {
            return Err(Problem::uneditable(0, "an element that changes would move to another list"));
        };
        if matches!(self.document.nodes[id].content, Content::Mapping { flow: true }) {
            return Ok(self.raw(id).to_owned());
        }
        let mut text = String::new();
        emit::json(&mut text, &self.document.value_of(Cursor(id))?, None, "  ", "\n");
        Ok(text)
    }

    fn raw(&self, id: NodeId) -> &str {
        let node = &self.document.nodes[id];
        &self.document.text[node.start..node.end]
    }

    /// The lines of a block element, including comments directly above it, shifted to `column`. `None` if it does not
    /// begin its line, or has a line that cannot be shifted that far.
    fn own_lines(&self, id: NodeId, column: usize) -> Option<String> {
        let node = &self.document.nodes[id];
        let text = self.document.text;
        let line = self.lines.line_start(node.start);
        let own = text[line..].len() - text[line..].trim_start_matches(' ').len();
        let is_element = self.lines.byte(line + own) == Some(b'-');
        if !is_element || !self.lines.is_blank(line + own + 1..node.start) {
            return None;
        }
        let start = self.lines.comments_above(line, 0);
        let end = self.lines.after_line(node.end);
        let mut lines = String::new();
        for one in text[start..end].lines() {
            if !one.trim().is_empty() {
                let indent = one.len() - one.trim_start_matches(' ').len();
                emit::indent(&mut lines, (indent + column).checked_sub(own)?);
            }
            lines.push_str(one.trim_start_matches(' '));
            lines.push('\n');
        }
        Some(lines)
    }

    /// Writes the node's text from before an earlier edit: `text` goes between the colon and the end of the node, or
    /// replaces a string.
    pub(super) fn restored(&mut self, id: NodeId, text: &str, around: &super::Around) -> Result<(), Problem> {
        let node = &self.document.nodes[id];
        let head = around.body;
        match &node.content {
            Content::Alias { .. } => Err(Problem::uneditable(node.start, "an alias would be replaced")),
            Content::Mapping { flow: false } if !self.is_childless(id) => {
                self.empty_text = Some(text.to_owned());
                self.block_mapping(id, &[], around)
            }
            Content::Sequence { flow: false } if !self.is_childless(id) => {
                self.empty_text = Some(text.to_owned());
                self.block_sequence(id, &[], around)
            }
            _ if node.start < head => Err(Problem::uneditable(node.start, "a value ahead of its colon")),
            _ => {
                let raw = &self.document.text[node.start..node.end];
                let end = node.start + raw.trim_end_matches(['\r', '\n']).len();
                let text = &*on_one_line(text);
                let is_string = !text.is_empty() && !text.starts_with([' ', '\t', '[', '{']);
                if is_string && around.flow.is_some() && text.contains(['[', ']', '{', '}', ',']) {
                    return self.scalar(id, text, around);
                }
                let start = if is_string { node.start } else { head };
                self.edits.push(Edit { range: start..end, text: text.to_owned() });
                Ok(())
            }
        }
    }
}
