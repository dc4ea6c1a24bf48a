//! Changes as edits of the text: lines are inserted beside their neighbours, in their neighbours' style.

use std::ops::Range;

use serde_json::Value;

use super::emit::{self, Layout};
use super::index::{Content, Document, Node, NodeId};
use super::overlay::{Entry, Key, Overlay, Slot, is_block_scalar};
use super::parser::{line_break, line_end};
use super::text::Lines;
use super::{Edit, Problem};
use crate::change::Change;

impl Document<'_> {
    /// The edits that carry `changes` out, in order and without overlap.
    ///
    /// # Errors
    /// When a change cannot be written without changing other bytes: behind an alias, a merge key or a
    /// shared anchor, or in a form that this editor does not touch.
    pub fn splice<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Result<Vec<Edit>, Problem> {
        let Some(mut overlay) = Overlay::new(self) else {
            return Err(Problem::uneditable(0, "an empty document"));
        };
        for change in changes {
            overlay.apply(change)?;
        }
        let lines = Lines::new(self.text);
        if let Some(at) = lines.lone_carriage_return() {
            return Err(Problem::uneditable(at, "a carriage return without a line feed"));
        }
        let mut writer = Writer {
            document: self,
            lines,
            edits: Vec::new(),
            keeps_final_break: false,
            run_ends_block_scalar: false,
        };
        let layout = writer.usual_layout();
        writer.slot(&overlay.root, Around { head: 0, key_column: 0, is_item: false, layout, flow: None })?;
        writer.finish()
    }
}

/// What a node's surroundings say about how to write in it.
#[derive(Debug, Clone)]
struct Around {
    /// The offset after the node's colon or dash; 0 for the root.
    head: usize,
    /// The column of the key that the node is the value of.
    key_column: usize,
    /// The node is an element: the column is its dash's.
    is_item: bool,
    layout: Layout,
    /// Within a flow collection: how its members are laid out.
    flow: Option<FlowStyle>,
}

/// How the members of a flow collection stand.
#[derive(Debug, Clone)]
struct FlowStyle {
    /// The blanks before each member, where each stands on a line of its own.
    indent: Option<String>,
    /// What a nested collection's members are indented by.
    step: String,
}

/// Collects the edits of one document.
pub(super) struct Writer<'d, 't> {
    pub(super) document: &'d Document<'t>,
    pub(super) lines: Lines<'t>,
    pub(super) edits: Vec<Edit>,
    /// The last line that is inserted ends a block scalar, which needs its line break.
    keeps_final_break: bool,
    /// The last element of the lines that are being gathered ends with a block scalar.
    run_ends_block_scalar: bool,
}

/// An element of a sequence or an entry of a mapping, where it stands in the text.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// The dash, or the first byte of the key or the flow element, anchor and tag included.
    start: usize,
    /// After its last byte.
    end: usize,
}

impl Writer<'_, '_> {
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push(Edit { range, text: text.into() });
    }

    /// The edits in order. A text that ends without a line break goes on doing so: until here, its last line
    /// counts as one that has a break.
    fn finish(mut self) -> Result<Vec<Edit>, Problem> {
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
                (Some(first), None, _) if !self.ends_block_scalar(end) => {
                    self.edits[first].range.start -= self.lines.break_before(end);
                }
                (_, Some(first_lines), Some(last_lines)) => {
                    if first.is_none() {
                        let newline = self.lines.newline(text.len());
                        self.edits[*first_lines].text.insert_str(0, newline);
                    }
                    if !self.keeps_final_break {
                        let last = &mut self.edits[*last_lines].text;
                        last.truncate(last.len() - line_break(last.as_bytes()));
                    }
                    let is_written_anew =
                        |header: &usize| self.edits.iter().any(|edit| edit.range.contains(header));
                    let header = self.document.open_block_scalar().filter(|header| !is_written_anew(header));
                    if let Some(header) = header.filter(|_| first.is_none()) {
                        // What follows must not give it a final line break.
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
                if self.ends_block_scalar(start) {
                    self.check_below_block_scalar(end)?;
                }
            }
            index += 1;
        }
        match self.edits.windows(2).find(|pair| pair[0].range.end > pair[1].range.start) {
            Some(pair) => Err(Problem::uneditable(pair[1].range.start, "two changes meet in one place")),
            None => Ok(self.edits),
        }
    }

    /// Whether the line that ends at `line_end` is the last one of a block scalar.
    fn ends_block_scalar(&self, line_end: usize) -> bool {
        let last_byte = line_end - self.lines.break_before(line_end);
        self.document.nodes.iter().any(|node| is_block(node) && (last_byte..=line_end).contains(&node.end))
    }

    /// Refuses to let a block scalar end right before `at`, where it would take in the lines that follow:
    /// blank ones for a `|+`, comments that are indented.
    fn check_below_block_scalar(&self, at: usize) -> Result<(), Problem> {
        let below = &self.document.text[at..];
        let takes_in = |line: &str| {
            let content = line.trim_start_matches(' ');
            content.starts_with('#') && content.len() < line.len()
        };
        let is_blank = |line: &&str| line.trim().is_empty();
        let mut lines = below.lines();
        if lines.clone().next().is_some_and(|line| is_blank(&line))
            || lines.find(|line| !is_blank(line)).is_some_and(takes_in)
        {
            return Err(Problem::uneditable(at, "a block scalar would take in the lines below"));
        }
        Ok(())
    }

    fn slot(&mut self, slot: &Slot<'_>, around: Around) -> Result<(), Problem> {
        match slot {
            Slot::Kept(_) | Slot::New(_) => Ok(()),
            Slot::Text(id, text) => self.scalar(*id, text, around.flow.is_some()),
            Slot::Replaced(id, value) => self.replaced(*id, value, &around),
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

    /// Whether nothing is written where the node stands.
    fn is_empty(&self, id: NodeId) -> bool {
        let node = &self.document.nodes[id];
        node.start == node.end
    }

    /// Whether a key of a block mapping is written, and its colon behind it.
    fn is_usual_key(&self, key: NodeId) -> bool {
        let behind = self.document.text[self.document.nodes[key].end..].trim_start_matches([' ', '\t']);
        !self.is_empty(key) && behind.starts_with(':')
    }

    /// The offset after the colon of `key`.
    fn after_colon(&self, key: NodeId) -> Result<usize, Problem> {
        let end = self.document.nodes[key].end;
        let at = self.lines.skip_blanks(end);
        if self.lines.byte(at) == Some(b':') {
            Ok(at + 1)
        } else {
            Err(Problem::uneditable(end, "a key without a colon after it"))
        }
    }

    /// The column of a mapping's keys: what stands before its first key on the line is spaces and dashes.
    fn key_column(&self, key: NodeId) -> Result<usize, Problem> {
        let start = self.document.nodes[key].start;
        let line = self.lines.line_start(start);
        let before = &self.document.text.as_bytes()[line..start];
        if self.document.scalar_text(key).is_none() || before.iter().any(|byte| !matches!(byte, b' ' | b'-'))
        {
            return Err(Problem::uneditable(
                start,
                "a key that is written with `?`, an anchor, an alias or a tag",
            ));
        }
        Ok(start - line)
    }

    // Block form.

    fn block_mapping(&mut self, id: NodeId, entries: &[Entry<'_>], around: &Around) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<(NodeId, NodeId)> = document.entries(id).collect();
        let Some((first, _)) = originals.first() else {
            return Err(Problem::uneditable(document.nodes[id].start, "a mapping without entries"));
        };
        if let Some((key, _)) = originals.iter().find(|(key, _)| !self.is_usual_key(*key)) {
            return Err(Problem::uneditable(
                document.nodes[*key].start,
                "a key that is empty or written with `?`",
            ));
        }
        let column = self.key_column(*first)?;
        let mut layout = around.layout;
        if around.head > 0 && column > around.key_column {
            layout.step = column - around.key_column;
        }
        let mut members = Vec::with_capacity(originals.len());
        for (key, value) in &originals {
            let start = document.nodes[*key].start;
            let colon = self.after_colon(*key).unwrap_or(document.nodes[*key].end);
            members.push(Member { start, end: document.nodes[*value].end.max(colon) });
        }
        let kept: Vec<usize> = entries
            .iter()
            .filter_map(|entry| match entry.key {
                Key::Kept(key) => originals.iter().position(|(original, _)| *original == key),
                Key::New(_) => None,
            })
            .collect();
        for (entry, original) in entries.iter().zip(&kept) {
            if matches!(entry.value, Slot::Kept(_)) {
                continue;
            }
            let key = originals[*original].0;
            if self.key_column(key)? != column {
                return Err(Problem::uneditable(document.nodes[key].start, "a key out of line"));
            }
            let head = self.after_colon(key)?;
            self.slot(&entry.value, Around { head, key_column: column, is_item: false, layout, flow: None })?;
        }
        let mut added = String::new();
        for entry in entries {
            if let (Key::New(name), Slot::New(value)) = (&entry.key, &entry.value) {
                emit::entry(&mut added, name, value, column, layout);
            }
        }
        self.block_members(&members, &kept, "{}", around, added.is_empty())?;
        if !added.is_empty() {
            let at = match kept.last() {
                Some(last) => self.lines.after_line(members[*last].end),
                None => self.before_first(members[0], around)?,
            };
            self.insert_lines(at, added);
        }
        Ok(())
    }

    /// Deletes the members that are not `kept`; writes `empty` where nothing is left.
    fn block_members(
        &mut self,
        members: &[Member],
        kept: &[usize],
        empty: &str,
        around: &Around,
        is_last_word: bool,
    ) -> Result<(), Problem> {
        if kept.len() == members.len() {
            return Ok(());
        }
        if kept.is_empty() && is_last_word {
            if around.head == 0 {
                return Err(Problem::uneditable(members[0].start, "nothing would be left of the document"));
            }
            let at = self.lines.skip_properties(around.head);
            self.replace(at..at, format!(" {empty}"));
        }
        let is_kept = |index: usize| kept.binary_search(&index).is_ok();
        let first = members[0];
        let mut from = 0;
        if !is_kept(0) && !self.begins_line(first) {
            // What follows it moves up to the dash.
            let next = kept.first().copied().unwrap_or_default();
            let text = self.document.text;
            let gaps = members[..=next].windows(2);
            let has_more = |pair: &[Member]| !text[pair[0].end..pair[1].start].trim().is_empty();
            let line = self.lines.line_start(first.start);
            let is_on_dash = text[line..first.start].trim_matches([' ', '-']).is_empty();
            if next == 0 || !is_on_dash || gaps.into_iter().any(has_more) {
                let message = "the first member on its dash's line cannot be removed";
                return Err(Problem::uneditable(first.start, message));
            }
            self.replace(first.start..members[next].start, "");
            from = next;
        }
        for index in (from..members.len()).filter(|index| !is_kept(*index)) {
            let member = members[index];
            let line = self.lines.line_start(member.start);
            if !self.begins_line(member) {
                return Err(Problem::uneditable(member.start, "a member that does not begin its line"));
            }
            let floor = match index {
                0 => self.lines.after_line(self.lines.skip_properties(around.head)),
                _ => self.lines.after_line(members[index - 1].end),
            };
            let range = self.lines.comments_above(line, floor.min(line))..self.lines.after_line(member.end);
            self.replace(range, "");
        }
        Ok(())
    }

    fn begins_line(&self, member: Member) -> bool {
        self.lines.is_blank(self.lines.line_start(member.start)..member.start)
    }

    /// Where a line goes that is to stand before the first member of a block collection.
    fn before_first(&self, first: Member, around: &Around) -> Result<usize, Problem> {
        let line = self.lines.line_start(first.start);
        if !self.lines.is_blank(line..first.start) {
            return Err(Problem::uneditable(first.start, "a member on the line of its parent"));
        }
        Ok(match around.head {
            0 => line,
            head => self.lines.after_line(self.lines.skip_properties(head)).min(line),
        })
    }

    fn block_sequence(&mut self, id: NodeId, items: &[Slot<'_>], around: &Around) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<NodeId> = document.children(id).collect();
        let mut members = Vec::with_capacity(originals.len());
        let head = if around.head == 0 { self.lines.content_start() } else { around.head };
        let mut at = self.lines.skip_properties(head);
        for child in &originals {
            let dash = self.lines.skip_blanks(at);
            if self.lines.byte(dash) != Some(b'-') {
                return Err(Problem::uneditable(dash, "an element without a dash before it"));
            }
            at = document.nodes[*child].end.max(dash + 1);
            members.push(Member { start: dash, end: at });
        }
        let Some(first) = members.first().copied() else {
            return Err(Problem::uneditable(document.nodes[id].start, "a sequence without elements"));
        };
        let first_line = self.lines.line_start(first.start);
        if document.text[first_line..first.start].contains('\t') {
            return Err(Problem::uneditable(first.start, "a tab before a dash"));
        }
        let column = first.start - first_line;
        let width = self.lines.dash_width(first.start);
        let mut layout = around.layout;
        if around.head > 0 && column >= around.key_column && self.lines.is_blank(first_line..first.start) {
            layout.dash = column - around.key_column;
        }

        // The elements in their final order; those whose text stays where it is are `in_place`.
        let position = |slot: &Slot<'_>| slot.node().and_then(|node| originals.binary_search(&node).ok());
        let mut in_place: Vec<usize> = Vec::new();
        let mut run = String::new();
        for slot in items {
            match position(slot) {
                Some(original) if in_place.last().is_none_or(|last| *last < original) => {
                    self.flush(&mut run, &in_place, &members, around)?;
                    in_place.push(original);
                    let head = members[original].start + 1;
                    self.slot(slot, Around { head, key_column: column, is_item: true, layout, flow: None })?;
                }
                Some(original) => {
                    let head = members[original].start + 1;
                    let inner = Around { head, key_column: column, is_item: true, layout, flow: None };
                    run.push_str(&self.moved(slot, original, &members, around, inner)?);
                }
                None => {
                    if let Slot::New(value) = slot {
                        self.run_ends_block_scalar = false;
                        emit::item(&mut run, value, column, width, layout);
                    }
                }
            }
        }
        self.flush(&mut run, &in_place, &members, around)?;
        self.block_members(&members, &in_place, "[]", around, items.is_empty())
    }

    /// Writes the elements that follow the last one in place.
    fn flush(
        &mut self,
        run: &mut String,
        in_place: &[usize],
        members: &[Member],
        around: &Around,
    ) -> Result<(), Problem> {
        if run.is_empty() {
            return Ok(());
        }
        let run = std::mem::take(run);
        if std::mem::take(&mut self.run_ends_block_scalar) {
            let at =
                in_place.last().map_or(members[0].start, |last| self.lines.after_line(members[*last].end));
            self.check_below_block_scalar(at)?;
        }
        let first = members[0];
        let line = self.lines.line_start(first.start);
        match in_place.last() {
            Some(last) => self.insert_lines(self.lines.after_line(members[*last].end), run),
            None if self.lines.is_blank(line..first.start) => {
                let at = self.before_first(first, around)?;
                self.insert_lines(at, run);
            }
            None => {
                // The first dash shares its parent's line: the new elements take its place there.
                let column = first.start - line;
                let mut text = self.in_newline(first.start, run).trim_start_matches(' ').to_owned();
                emit::indent(&mut text, column);
                self.replace(first.start..first.start, text);
            }
        }
        Ok(())
    }

    /// Refuses to move a node that refers to another place, or that another place refers to.
    fn check_references(&self, slot: &Slot<'_>) -> Result<(), Problem> {
        let node = slot.node().filter(|_| self.document.aliases > 0);
        match node.and_then(|id| self.document.reference_within(id)) {
            Some(id) => {
                let message = "an anchor or alias stands in what would be moved";
                Err(Problem::uneditable(self.document.nodes[id].start, message))
            }
            None => Ok(()),
        }
    }

    /// The lines of an element that moves, its own comment lines and changes included.
    fn moved(
        &mut self,
        slot: &Slot<'_>,
        original: usize,
        members: &[Member],
        parent: &Around,
        inner: Around,
    ) -> Result<String, Problem> {
        let member = members[original];
        let line = self.lines.line_start(member.start);
        if !self.lines.is_blank(line..member.start) {
            return Err(Problem::uneditable(
                member.start,
                "the element on its parent's line cannot be moved",
            ));
        }
        self.check_references(slot)?;
        let floor = match original {
            0 => self.lines.after_line(self.lines.skip_properties(parent.head)),
            _ => self.lines.after_line(members[original - 1].end),
        };
        let range = self.lines.comments_above(line, floor.min(line))..self.lines.after_line(member.end);
        let before = std::mem::take(&mut self.edits);
        self.slot(slot, inner)?;
        if let Some(header) = self.document.open_block_scalar().filter(|header| range.contains(header)) {
            self.strip_final_break(header);
        }
        let own = std::mem::replace(&mut self.edits, before);
        self.run_ends_block_scalar = self.ends_block_scalar(range.end);
        self.keeps_final_break = self.run_ends_block_scalar;
        let mut text = self.cut(range, own)?;
        if !text.ends_with('\n') {
            text.push_str(self.lines.newline(member.start));
        }
        Ok(text)
    }

    /// The text of `range` with the edits that belong to it.
    fn cut(&self, range: Range<usize>, mut edits: Vec<Edit>) -> Result<String, Problem> {
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut text = String::new();
        let mut at = range.start;
        for edit in edits {
            if edit.range.start < at || edit.range.end > range.end {
                return Err(Problem::uneditable(edit.range.start, "a change reaches beyond its element"));
            }
            text.push_str(&self.document.text[at..edit.range.start]);
            text.push_str(&edit.text);
            at = edit.range.end;
        }
        text.push_str(&self.document.text[at..range.end]);
        Ok(text)
    }

    /// Inserts whole lines at a line's start, or after a last line that has no line break.
    pub(super) fn insert_lines(&mut self, at: usize, lines: String) {
        if lines.is_empty() {
            return;
        }
        let lines = self.in_newline(at, lines);
        self.replace(at..at, lines);
    }

    /// Lines with the line breaks that the text has around `at`.
    fn in_newline(&self, at: usize, lines: String) -> String {
        let newline = self.lines.newline(at);
        if newline == "\n" { lines } else { to_newline(&lines, newline) }
    }

    /// Another value where a node stands.
    fn replaced(&mut self, id: NodeId, value: &Value, around: &Around) -> Result<(), Problem> {
        let node = &self.document.nodes[id];
        let span = node.start..node.end;
        let is_empty = match node.content {
            Content::Scalar { .. } => true,
            Content::Sequence { .. } | Content::Mapping { .. } => self.is_childless(id),
            Content::Alias { .. } => false,
        };
        let is_scalar = matches!(node.content, Content::Scalar { .. });
        if !is_empty || self.document.text[span.clone()].contains(['#', '\n']) {
            return Err(Problem::uneditable(node.start, "a value that is not empty would be replaced"));
        }
        let keeps_kind = match node.content {
            Content::Sequence { .. } => value.is_array(),
            Content::Mapping { .. } => value.is_object(),
            _ => false,
        };
        if (node.tag.is_some() && !keeps_kind) || (node.anchored && is_scalar) {
            let message = "a value with a tag or an anchor would be replaced";
            return Err(Problem::uneditable(node.start, message));
        }
        if let Some(flow) = &around.flow {
            let mut text = String::new();
            if span.is_empty() {
                text.push(' ');
            }
            emit::json(&mut text, value, flow.indent.as_deref(), &flow.step, self.lines.newline(node.start));
            let at = if span.is_empty() { around.head..around.head } else { span };
            self.replace(at, text);
            return Ok(());
        }
        let mut text = String::new();
        emit::after_colon(&mut text, value, around.key_column, around.layout);
        let (inline, lines) = text.split_once('\n').unwrap_or((&text, ""));
        if !inline.is_empty() {
            let at = if span.is_empty() { around.head..around.head } else { span };
            let text = if at.is_empty() { inline } else { inline.trim_start() };
            self.replace(at, text);
            return Ok(());
        }
        let text = self.document.text;
        // An empty node may have its place behind a comment.
        let after = if span.is_empty() { around.head } else { span.end };
        let rest = &text[after..line_end(text.as_bytes(), after)];
        // Some readers take a tab between a dash or colon and a comment for an error.
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let (tabs, gap) = if rest[..blanks].contains('\t') { (blanks, " ") } else { (0, "") };
        if around.is_item {
            let mut lines = String::new();
            emit::members(&mut lines, value, around.key_column + 2, around.layout);
            let properties = self.lines.skip_properties(around.head);
            if rest.trim().is_empty() && properties == around.head {
                // Its first line stands behind the dash.
                let (first, others) = lines.split_once('\n').unwrap_or((&lines, ""));
                self.replace(around.head..after, format!(" {}", first.trim_start()));
                self.insert_lines(self.lines.after_line(after), others.to_owned());
            } else {
                self.replace(properties..after + tabs, gap);
                self.insert_lines(self.lines.after_line(after), lines);
            }
            return Ok(());
        }
        let blanks = text[..span.start].trim_end_matches([' ', '\t']).len();
        if !span.is_empty() {
            self.replace(blanks.max(around.head)..span.end + tabs, gap);
        }
        let lines = lines.to_owned();
        self.insert_lines(self.lines.after_line(after), lines);
        Ok(())
    }

    // Flow form.

    /// The style of the collection `id`, whose first member begins at `first`.
    fn flow_style(&self, id: NodeId, first: Option<usize>, around: &Around) -> FlowStyle {
        let text = self.document.text;
        let single_line = FlowStyle { indent: None, step: "  ".to_owned() };
        let Some(first) = first else {
            // Nothing stands here yet: as the surroundings do, one level deeper.
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

    fn flow_mapping(&mut self, id: NodeId, entries: &[Entry<'_>], around: &Around) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<(NodeId, NodeId)> = document.entries(id).collect();
        let mut members = Vec::with_capacity(originals.len());
        let mut at = document.nodes[id].start + 1;
        for (key, value) in &originals {
            let start = self.flow_start(at, members.is_empty())?;
            let colon = self.after_colon(*key).unwrap_or(document.nodes[*key].end);
            at = document.nodes[*value].end.max(colon);
            members.push(Member { start, end: at });
        }
        let style = self.flow_style(id, members.first().map(|member| member.start), around);
        let mut placed = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry.key {
                Key::Kept(key) => {
                    let original = originals.iter().position(|(original, _)| original == key);
                    if !matches!(entry.value, Slot::Kept(_)) {
                        let head = self.after_colon(*key)?;
                        let inner = Around { head, flow: Some(style.clone()), ..around.clone() };
                        self.slot(&entry.value, inner)?;
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
                    placed.push(Placed::Text(text));
                }
            }
        }
        self.flow_members(id, &members, &placed, &style, around)
    }

    fn flow_sequence(&mut self, id: NodeId, items: &[Slot<'_>], around: &Around) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<NodeId> = document.children(id).collect();
        let mut members = Vec::with_capacity(originals.len());
        let mut at = document.nodes[id].start + 1;
        for child in &originals {
            let is_bare = self.is_flow(*child).is_err();
            if is_bare && document.children(*child).last().is_some_and(|value| self.is_empty(value)) {
                return Err(Problem::uneditable(document.nodes[*child].start, "a pair without a value"));
            }
            let start = self.flow_start(at, members.is_empty())?;
            at = document.nodes[*child].end;
            members.push(Member { start, end: at });
        }
        let style = self.flow_style(id, members.first().map(|member| member.start), around);
        let mut placed = Vec::with_capacity(items.len());
        let mut last = None;
        for slot in items {
            let original = slot.node().and_then(|node| originals.binary_search(&node).ok());
            let Some(original) = original else {
                let mut text = String::new();
                if let Slot::New(value) = slot {
                    emit::json(
                        &mut text,
                        value,
                        style.indent.as_deref(),
                        &style.step,
                        self.lines.newline(at),
                    );
                }
                placed.push(Placed::Text(text));
                continue;
            };
            let inner = Around { head: members[original].start, flow: Some(style.clone()), ..around.clone() };
            if last.is_none_or(|last| last < original) {
                last = Some(original);
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

    /// The first byte of the next flow member: after the bracket, or after the comma that follows `at`.
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

    /// Writes the members of a flow collection that are new, and takes out those that are not `placed`.
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
            if text[interior.clone()].contains('#') {
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
        // Runs of new members, after the kept member before them or before the first kept one.
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
                        // Ahead of what grows at the start of that member.
                        self.edits.insert(0, Edit { range: at..at, text: format!("{joined}{separator}") });
                    }
                }
                run.clear();
            }
            after = one.and_then(Placed::original).or(after);
        }
        self.delete_flow(members, &kept)
    }

    /// Appends members after the one that ends at `end`. A comment behind that one stays behind it.
    fn append_flow(&mut self, end: usize, separator: &str, joined: &str, style: &FlowStyle, newline: &str) {
        let line = &self.document.text[end..line_end(self.document.text.as_bytes(), end)];
        let rest = line.trim_end();
        let comma = rest.trim_start().starts_with(',');
        let comment = rest.trim_start().trim_start_matches(',').trim_start().starts_with('#');
        let blank = self.after_bare_colon(end);
        match &style.indent {
            Some(indent) if comment => {
                if !comma {
                    self.replace(end..end, format!("{blank},"));
                }
                let at = end + rest.len();
                let trailing = if comma { "," } else { "" };
                self.replace(at..at, format!("{newline}{indent}{joined}{trailing}"));
            }
            _ => self.replace(end..end, format!("{blank}{separator}{joined}")),
        }
    }

    /// A blank where a key without a value ends at `end`: some readers take `a:,` for a word.
    fn after_bare_colon(&self, end: usize) -> &'static str {
        if self.document.text[..end].ends_with(':') { " " } else { "" }
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
            if self.document.text[range.clone()].contains('#') {
                return Err(Problem::uneditable(range.start, "a comment in a flow collection"));
            }
            let blank = self.after_bare_colon(range.start);
            self.replace(range, blank);
        }
        Ok(())
    }

    // Style.

    /// How the document's first nested block mapping and block sequence are indented.
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
                let (Ok(column), Some(child)) = (self.key_column(key), document.children(value).next())
                else {
                    continue;
                };
                match document.nodes[value].content {
                    Content::Mapping { flow: false } => {
                        let inner = self.key_column(child).ok().and_then(|inner| inner.checked_sub(column));
                        step = step.or(inner.filter(|step| *step > 0));
                    }
                    Content::Sequence { flow: false } => {
                        let head = self.after_colon(key).map(|head| self.lines.skip_properties(head));
                        let at = head.map_or(0, |head| self.lines.skip_blanks(head));
                        let is_dash = self.lines.byte(at) == Some(b'-');
                        let inner = (at - self.lines.line_start(at)).checked_sub(column);
                        dash = dash.or(inner.filter(|_| is_dash));
                    }
                    _ => {}
                }
            }
        }
        Layout { step: step.unwrap_or(2), dash: dash.unwrap_or(0), newline: "\n" }
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

/// Lines that end in `\n` or already in `newline`, all with `newline`.
fn to_newline(lines: &str, newline: &str) -> String {
    let mut result = String::with_capacity(lines.len() + lines.len() / 32);
    for line in lines.split_inclusive('\n') {
        result.push_str(line.trim_end_matches(['\r', '\n']));
        result.push_str(newline);
    }
    result
}

fn is_block(node: &Node<'_>) -> bool {
    matches!(node.content, Content::Scalar { style, .. } if is_block_scalar(style))
}
