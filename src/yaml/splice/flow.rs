//! Flow style and JSON: members are separated by commas.

use std::ops::Range;

use super::{Around, FlowStyle, Member, Writer};
use crate::yaml::emit;
use crate::yaml::index::{Content, Node, NodeId};
use crate::yaml::overlay::{Entry, Key, Slot};
use crate::yaml::{Edit, Problem, Style};

impl Writer<'_, '_> {
    /// The style of the collection `id`, whose first member begins at `first`.
    fn flow_style(&self, id: NodeId, first: Option<usize>, around: &Around) -> FlowStyle {
        let text = self.document.text;
        let single_line = FlowStyle { indent: None, step: "  ".to_owned() };
        let Some(first) = first else {
            // An empty collection is laid out like its parent, one level deeper.
            return match &around.flow {
                Some(FlowStyle { indent: Some(outer), step }) => {
                    FlowStyle { indent: Some(format!("{outer}{step}")), step: step.clone() }
                }
                _ => single_line,
            };
        };
        let before = &text[self.lines.line_start(first)..first];
        if !before.trim_matches([' ', '\t']).is_empty() {
            return single_line;
        }
        let opens = &text[self.lines.line_start(self.document.nodes[id].start)..];
        let outer = &opens[..opens.len() - opens.trim_start_matches([' ', '\t']).len()];
        let step = before.strip_prefix(outer).filter(|step| !step.is_empty()).unwrap_or("  ");
        FlowStyle { indent: Some(before.to_owned()), step: step.to_owned() }
    }

    pub(super) fn flow_mapping(
        &mut self,
        id: NodeId,
        entries: &[Entry<'_>],
        around: &Around,
    ) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<(NodeId, NodeId)> = document.entries(id).collect();
        let mut members = Vec::with_capacity(originals.len());
        let mut at = document.nodes[id].start + 1;
        for (key, value) in &originals {
            let start = self.flow_start(at, members.is_empty())?;
            at = document.nodes[*value].end.max(document.nodes[*key].end);
            members.push(Member { start, end: at });
        }
        let style = self.flow_style(id, members.first().map(|member| member.start), around);
        let mut placed = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry.key {
                Key::Kept(key) => {
                    let original = originals.iter().position(|(original, _)| original == key);
                    if !matches!(entry.value, Slot::Kept(_)) {
                        self.flow_value(*key, &entry.value, &style, around)?;
                    }
                    placed.push(original.map_or_else(|| Placed::Text(String::new()), Placed::Original));
                }
                Key::New(name) => {
                    let mut text = emit::quoted(name);
                    text.push_str(": ");
                    if let Slot::New(value) = &entry.value {
                        emit::json(
                            &mut text,
                            value,
                            style.indent.as_deref(),
                            &style.step,
                            self.lines.newline(at),
                        );
                    }
                    let text = self.with_guests(text)?;
                    placed.push(Placed::Text(text));
                }
            }
        }
        self.flow_members(id, &members, &placed, &style, around)
    }

    /// Writes the changes of a key's value.
    fn flow_value(
        &mut self,
        key: NodeId,
        value: &Slot<'_>,
        style: &FlowStyle,
        around: &Around,
    ) -> Result<(), Problem> {
        let Node { end, ref content, .. } = self.document.nodes[key];
        match (self.after_colon(key, true), value) {
            (Some(head), _) => {
                self.slot(value, Around { head, body: head, flow: Some(style.clone()), ..around.clone() })
            }
            (None, Slot::Replaced(_, value)) => {
                // The colon would become part of an alias's name.
                let colon = if matches!(content, Content::Alias { .. }) { " : " } else { ": " };
                let mut text = colon.to_owned();
                emit::json(&mut text, value, style.indent.as_deref(), &style.step, self.lines.newline(end));
                self.replace(end..end, text);
                Ok(())
            }
            (None, _) => Err(Problem::uneditable(end, "a key without a value")),
        }
    }

    pub(super) fn flow_sequence(
        &mut self,
        id: NodeId,
        items: &[Slot<'_>],
        around: &Around,
    ) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<NodeId> = document.children(id).collect();
        let mut members = Vec::with_capacity(originals.len());
        let mut at = document.nodes[id].start + 1;
        for child in &originals {
            let key = document.children(*child).next().map(|key| &document.nodes[key]);
            if self.is_flow(*child).is_err() && key.is_some_and(|key| key.start == key.end) {
                return Err(Problem::uneditable(document.nodes[*child].start, "a pair with an empty key"));
            }
            let start = self.flow_start(at, members.is_empty())?;
            at = document.nodes[*child].end;
            members.push(Member { start, end: at });
        }
        let style = self.flow_style(id, members.first().map(|member| member.start), around);
        let mut placed = Vec::with_capacity(items.len());
        let position = |slot: &Slot<'_>| slot.node().and_then(|node| originals.binary_search(&node).ok());
        let stays = self.stays(items, &originals);
        for slot in items {
            let Some(original) = position(slot) else {
                let text = match slot {
                    Slot::New(value) => {
                        let mut text = String::new();
                        let newline = self.lines.newline(at);
                        emit::json(&mut text, value, style.indent.as_deref(), &style.step, newline);
                        self.with_guests(text)?
                    }
                    slot => self.flow_guest(slot)?,
                };
                placed.push(Placed::Text(text));
                continue;
            };
            let head = members[original].start;
            let inner = Around { head, body: head, flow: Some(style.clone()), ..around.clone() };
            if stays.binary_search(&originals[original]).is_ok() {
                self.slot(slot, inner)?;
                placed.push(Placed::Original(original));
            } else {
                self.check_references(slot)?;
                let before = std::mem::take(&mut self.edits);
                self.slot(slot, inner)?;
                let own = std::mem::replace(&mut self.edits, before);
                placed.push(Placed::Text(self.cut(members[original].start..members[original].end, own)?));
            }
        }
        self.flow_members(id, &members, &placed, &style, around)
    }

    /// The first byte of the next flow member, after the bracket or after the comma that follows `at`.
    fn flow_start(&self, at: usize, first: bool) -> Result<usize, Problem> {
        let at = self.lines.skip_blanks(at);
        if first {
            return Ok(at);
        }
        if self.lines.byte(at) == Some(b',') {
            Ok(self.lines.skip_blanks(at + 1))
        } else {
            Err(Problem::uneditable(at, "a member without a comma before it"))
        }
    }

    /// Writes the new members of a flow collection and removes those that are not `placed`.
    fn flow_members(
        &mut self,
        id: NodeId,
        members: &[Member],
        placed: &[Placed],
        style: &FlowStyle,
        around: &Around,
    ) -> Result<(), Problem> {
        let text = self.document.text;
        let node = &self.document.nodes[id];
        let interior = node.start + 1..node.end - 1;
        let newline = self.lines.newline(node.start);
        let separator = match &style.indent {
            Some(indent) => format!(",{newline}{indent}"),
            None => ", ".to_owned(),
        };
        let kept: Vec<usize> = placed.iter().filter_map(Placed::original).collect();
        if kept.is_empty() {
            if self.has_comment(interior.clone()) {
                return Err(Problem::uneditable(interior.start, "a comment in a flow collection"));
            }
            let texts: Vec<&str> = placed.iter().filter_map(Placed::text).collect();
            let mut inner = texts.join(&separator);
            if let (Some(indent), false) = (&style.indent, texts.is_empty()) {
                let close = match &around.flow {
                    Some(outer) if members.is_empty() => outer.indent.as_deref().unwrap_or_default(),
                    _ => {
                        let line = &text[self.lines.line_start(node.end - 1)..node.end - 1];
                        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
                    }
                };
                inner = format!("{newline}{indent}{inner}{newline}{close}");
            }
            self.replace(interior, inner);
            return Ok(());
        }
        // Runs of new members, after the preceding kept member or before the first kept one.
        let mut after: Option<usize> = None;
        let mut run: Vec<&str> = Vec::new();
        for one in placed.iter().map(Some).chain([None]) {
            if let Some(Placed::Text(text)) = one {
                run.push(text);
                continue;
            }
            if !run.is_empty() {
                let joined = run.join(&separator);
                match after {
                    Some(last) => self.append_flow(members[last].end, &separator, &joined, style, newline),
                    None => {
                        let at = members[kept[0]].start;
                        // Goes before text added at the start of that member.
                        self.edits.insert(0, Edit { range: at..at, text: format!("{joined}{separator}") });
                    }
                }
                run.clear();
            }
            after = one.and_then(Placed::original).or(after);
        }
        self.delete_flow(members, &kept)
    }

    /// Appends members after the one that ends at `end`. A comment after that member stays there.
    fn append_flow(&mut self, end: usize, separator: &str, joined: &str, style: &FlowStyle, newline: &str) {
        let line = &self.document.text[end..self.lines.line_end(end)];
        let rest = line.trim_end();
        let comma = rest.trim_start().starts_with(',');
        let comment = rest.trim_start().trim_start_matches(',').trim_start().starts_with('#');
        let blank = self.after_bare_colon(end);
        // A `#` starts a comment right after a colon, but not right after anything else.
        let gap = if rest.starts_with('#') { " " } else { "" };
        match &style.indent {
            Some(indent) if comment => {
                if !comma {
                    self.replace(end..end, format!("{blank},{gap}"));
                }
                let at = end + rest.len();
                let trailing = if comma { "," } else { "" };
                self.replace(at..at, format!("{newline}{indent}{joined}{trailing}"));
            }
            _ => self.replace(end..end, format!("{blank}{separator}{joined}{gap}")),
        }
    }

    /// A blank if a key without a value ends at `end`: some readers read `a:,` as a word.
    fn after_bare_colon(&self, end: usize) -> &'static str {
        if self.document.text[..end].ends_with(':') { " " } else { "" }
    }

    /// Whether `range` may contain a comment: a `#` outside quotes.
    fn has_comment(&self, range: Range<usize>) -> bool {
        let nodes = &self.document.nodes;
        let mut at = range.start;
        let first = nodes.partition_point(|node| node.start < range.start);
        for node in nodes[first..].iter().take_while(|node| node.start < range.end) {
            if let Content::Scalar { style: Style::Single | Style::Double, .. } = node.content {
                if self.document.text[at..node.start].contains('#') {
                    return true;
                }
                at = node.end;
            }
        }
        self.document.text.get(at..range.end).is_some_and(|rest| rest.contains('#'))
    }

    fn delete_flow(&mut self, members: &[Member], kept: &[usize]) -> Result<(), Problem> {
        if kept.len() == members.len() {
            return Ok(());
        }
        let is_kept = |index: usize| kept.binary_search(&index).is_ok();
        let mut index = 0;
        while index < members.len() {
            if is_kept(index) {
                index += 1;
                continue;
            }
            let first = index;
            while index < members.len() && !is_kept(index) {
                index += 1;
            }
            let range = match (members.get(index), first.checked_sub(1)) {
                (Some(next), _) => members[first].start..next.start,
                (None, Some(previous)) => members[previous].end..members[index - 1].end,
                (None, None) => continue,
            };
            if self.has_comment(range.clone()) {
                return Err(Problem::uneditable(range.start, "a comment in a flow collection"));
            }
            // A `#` starts a comment right after a colon, but not right after anything else.
            let is_before_comment = self.lines.byte(range.end) == Some(b'#');
            let has_blank = self.lines.byte(range.end).is_some_and(|byte| byte.is_ascii_whitespace());
            let blank = match (is_before_comment, has_blank) {
                (true, _) => " ",
                (false, true) => "",
                (false, false) => self.after_bare_colon(range.start),
            };
            self.replace(range, blank);
        }
        Ok(())
    }
}

/// A member of a flow collection in its final order.
enum Placed {
    Original(usize),
    Text(String),
}

impl Placed {
    fn original(&self) -> Option<usize> {
        match self {
            Self::Original(index) => Some(*index),
            Self::Text(_) => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Original(_) => None,
            Self::Text(text) => Some(text),
        }
    }
}
