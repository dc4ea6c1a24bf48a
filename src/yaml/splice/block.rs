//! Block style: members are lines.

use std::borrow::Cow;
use std::ops::Range;

use super::{Around, Member, Writer};
use crate::value::Value;
use crate::yaml::emit::{self, Layout};
use crate::yaml::index::{Content, NodeId};
use crate::yaml::overlay::{Entry, Key, Slot};
use crate::yaml::parser::line_break;
use crate::yaml::text::is_indicator;
use crate::yaml::{Document, Edit, Problem};

/// As many bytes as most new members take, so that their text seldom moves while it grows.
const ROOM: usize = 256;

impl Writer<'_, '_> {
    pub(super) fn block_mapping(
        &mut self,
        id: NodeId,
        entries: &[Entry<'_>],
        around: &Around,
    ) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<(NodeId, NodeId)> = document.entries(id).collect();
        if originals.is_empty() {
            return Err(Problem::uneditable(document.nodes[id].start, "a mapping without entries"));
        }
        let members = self.block_entries(&originals, around)?;
        let Some(column) = self.member_column(members[0].start) else {
            let start = members[0].start;
            return Err(Problem::uneditable(start, "text before the first key on its line"));
        };
        let mut layout = around.layout;
        if around.head > 0 && column > around.key_column {
            layout.step = column - around.key_column;
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
            let (key, start) = (originals[*original].0, members[*original].start);
            if self.member_column(start) != Some(column) {
                return Err(Problem::uneditable(start, "a key out of line"));
            }
            match (self.after_colon(key, false), &entry.value) {
                (Some(head), value) => {
                    let body = self.body(value, head);
                    let inner = Around { head, body, key_column: column, is_item: false, layout, flow: None };
                    self.slot(value, inner)?;
                }
                (None, Slot::Replaced(_, value)) => {
                    // `? key` has its value on a separate line.
                    let mut line = String::new();
                    emit::indent(&mut line, column);
                    line.push(':');
                    emit::after_colon(&mut line, value, column, layout);
                    self.insert_lines(self.lines.after_line(document.nodes[key].end), line);
                }
                (None, _) => return Err(Problem::uneditable(start, "a key without a value")),
            }
        }
        let mut added = String::new();
        for entry in entries {
            if let (Key::New(name), Slot::New(value)) = (&entry.key, &entry.value) {
                added.reserve(ROOM);
                emit::entry(&mut added, name, value, column, layout);
            }
        }
        let added = self.with_guests(added)?;
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

    /// The spans of a block mapping's entries. An entry begins with its `?`, or with the anchor or tag of its key.
    fn block_entries(&self, entries: &[(NodeId, NodeId)], around: &Around) -> Result<Vec<Member>, Problem> {
        let nodes = &self.document.nodes;
        let mut members = Vec::with_capacity(entries.len());
        let mut at = around.body;
        for (key, value) in entries {
            let start = self.lines.skip_blanks(at);
            if self.document.scalar_text(*key).is_none() {
                return Err(Problem::uneditable(start, "a key that is a collection"));
            }
            if nodes[*key].start == nodes[*key].end {
                return Err(Problem::uneditable(start, "an empty key"));
            }
            let is_explicit = is_indicator(self.document.text.as_bytes(), start, b'?', false);
            let before_key =
                self.lines.skip_properties(start + usize::from(is_explicit), nodes[*key].properties());
            if self.lines.skip_blanks(before_key) != self.lines.skip_blanks(nodes[*key].start) {
                return Err(Problem::uneditable(start, "text where a key was expected"));
            }
            at =
                nodes[*value].end.max(nodes[*key].end).max(self.after_colon(*key, false).unwrap_or_default());
            members.push(Member { start, end: at });
        }
        Ok(members)
    }

    /// Deletes the members that are not `kept`. Writes `empty` if none is left.
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
        let mut keeps_comments = false;
        if kept.is_empty() && is_last_word {
            if around.head == 0 {
                return Err(Problem::uneditable(members[0].start, "nothing would be left of the document"));
            }
            let before = self.empty_text.take();
            // Comments above the removed member were there before it.
            keeps_comments = before.is_some();
            let text = before.unwrap_or_else(|| format!(" {empty}"));
            // A value that had its own line gets one again if the first member has one.
            let own_line = text.strip_prefix('\n').filter(|_| self.begins_line(members[0]));
            let line = self.lines.line_start(members[0].start);
            let (at, text) = match own_line {
                Some(own) => {
                    let newline = self.lines.newline(line);
                    let text = format!("{newline}{:1$}{own}", "", around.key_column);
                    (line - self.lines.break_before(line), text)
                }
                None => (around.body, on_one_line(&text).into_owned()),
            };
            self.replace(at..at, text);
        }
        let is_kept = |index: usize| kept.binary_search(&index).is_ok();
        let first = members[0];
        let mut from = 0;
        if !is_kept(0) && !self.begins_line(first) {
            // The next member moves up to the dash.
            let next = kept.first().copied().unwrap_or_default();
            let text = self.document.text;
            let gaps = members[..=next].windows(2);
            let has_more = |pair: &[Member]| !text[pair[0].end..pair[1].start].trim().is_empty();
            let line = self.lines.line_start(first.start);
            let is_on_dash = text[line..first.start].trim_matches([' ', '-', '?', ':']).is_empty();
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
                0 if keeps_comments => line,
                0 => self.lines.after_line(around.body),
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

    /// The offset to insert a line before the first member of a block collection.
    fn before_first(&self, first: Member, around: &Around) -> Result<usize, Problem> {
        let line = self.lines.line_start(first.start);
        if !self.lines.is_blank(line..first.start) {
            return Err(Problem::uneditable(first.start, "a member on the line of its parent"));
        }
        Ok(match around.head {
            0 => line,
            _ => self.lines.after_line(around.body).min(line),
        })
    }

    pub(super) fn block_sequence(
        &mut self,
        id: NodeId,
        items: &[Slot<'_>],
        around: &Around,
    ) -> Result<(), Problem> {
        let document = self.document;
        let originals: Vec<NodeId> = document.children(id).collect();
        let mut members = Vec::with_capacity(originals.len());
        let mut at = around.body;
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

        // The elements in final order. Those `in_place` keep their text where it is.
        let position = |slot: &Slot<'_>| slot.node().and_then(|node| originals.binary_search(&node).ok());
        let stays = self.stays(items, &originals);
        let mut in_place: Vec<usize> = Vec::new();
        let mut run = String::new();
        for slot in items {
            match position(slot) {
                Some(original) if stays.binary_search(&originals[original]).is_ok() => {
                    self.flush(&mut run, &in_place, &members, around)?;
                    in_place.push(original);
                    let head = members[original].start + 1;
                    let body = self.body(slot, head);
                    let inner = Around { head, body, key_column: column, is_item: true, layout, flow: None };
                    self.slot(slot, inner)?;
                }
                Some(original) => {
                    let head = members[original].start + 1;
                    let body = self.body(slot, head);
                    let inner = Around { head, body, key_column: column, is_item: true, layout, flow: None };
                    run.push_str(&self.moved(slot, original, &members, around, inner)?);
                }
                None => {
                    self.run_ends_in = None;
                    match slot {
                        Slot::New(value) => {
                            run.reserve(ROOM);
                            emit::item(&mut run, value, column, width, layout);
                        }
                        slot => run.push_str(&self.block_guest(slot, column)?),
                    }
                }
            }
        }
        self.flush(&mut run, &in_place, &members, around)?;
        self.block_members(&members, &in_place, "[]", around, items.is_empty())
    }

    /// Writes the elements after the last one in place.
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
        let run = self.with_guests(std::mem::take(run))?;
        let first = members[0];
        let line = self.lines.line_start(first.start);
        // If the first dash is on its parent's line, the new elements go there.
        let shares_line = in_place.is_empty() && !self.lines.is_blank(line..first.start);
        let at = match in_place.last() {
            Some(last) => self.lines.after_line(members[*last].end),
            None if shares_line => first.start,
            None => self.before_first(first, around)?,
        };
        if let Some(scalar) = self.run_ends_in.take() {
            self.check_below(scalar, at, &self.document.text[at..])?;
            if needs_last_break(&run) {
                self.block_scalar_lines = Some(self.in_newline(at, run.clone()));
            }
        }
        if let Some(scalar) = self.block_scalar_before(at).filter(|_| !in_place.is_empty()) {
            self.check_below(scalar, at, &run)?;
        }
        if shares_line {
            let mut text = self.in_newline(at, run).trim_start_matches(' ').to_owned();
            emit::indent(&mut text, first.start - line);
            self.replace(at..at, text);
        } else {
            self.insert_lines(at, run);
        }
        Ok(())
    }

    /// Refuses to move a node that contains an alias or an anchor.
    pub(super) fn check_references(&self, slot: &Slot<'_>) -> Result<(), Problem> {
        let node = slot.node().filter(|_| self.document.aliases > 0);
        match node.and_then(|id| self.document.reference_within(id)) {
            Some(id) => {
                let message = "what would be moved contains an anchor or an alias";
                Err(Problem::uneditable(self.document.nodes[id].start, message))
            }
            None => Ok(()),
        }
    }

    /// The lines of a moved element, with its comment lines and changes.
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
            0 => self.lines.after_line(parent.body),
            _ => self.lines.after_line(members[original - 1].end),
        };
        let range = self.lines.comments_above(line, floor.min(line))..self.lines.after_line(member.end);
        let before = std::mem::take(&mut self.edits);
        let is_within_moved = std::mem::replace(&mut self.is_within_moved, true);
        self.slot(slot, inner)?;
        self.is_within_moved = is_within_moved;
        if let Some(header) = self.document.open_block_scalar().filter(|header| range.contains(header)) {
            self.strip_final_break(header);
        }
        let own = std::mem::replace(&mut self.edits, before);
        self.run_ends_in = self.block_scalar_before(range.end);
        let mut text = self.cut(range, own)?;
        if !text.ends_with('\n') {
            text.push_str(self.lines.newline(member.start));
        }
        Ok(text)
    }

    /// The text of `range` with its edits applied.
    pub(super) fn cut(&self, range: Range<usize>, mut edits: Vec<Edit>) -> Result<String, Problem> {
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

    /// Inserts whole lines at a line's start, or after a last line without a line break.
    pub(in crate::yaml) fn insert_lines(&mut self, at: usize, lines: String) {
        if lines.is_empty() {
            return;
        }
        let lines = self.in_newline(at, lines);
        self.replace(at..at, lines);
    }

    /// Converts lines to the line breaks used around `at`.
    fn in_newline(&self, at: usize, lines: String) -> String {
        let newline = self.lines.newline(at);
        if newline == "\n" { lines } else { to_newline(&lines, newline) }
    }

    /// Replaces a node with another value.
    pub(super) fn replaced(&mut self, id: NodeId, value: &Value, around: &Around) -> Result<(), Problem> {
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
        // A bracket can directly follow an anchor; anything else would become part of its name.
        let touches_anchor = node.anchored && !self.document.text[..span.start].ends_with([' ', '\t', '\n']);
        if let Some(flow) = &around.flow {
            let mut text = String::new();
            if span.is_empty() || touches_anchor {
                text.push(' ');
            }
            emit::json(&mut text, value, flow.indent.as_deref(), &flow.step, self.lines.newline(node.start));
            let text = self.with_guests(text)?;
            let at = if span.is_empty() { around.head..around.head } else { span };
            self.replace(at, text);
            return Ok(());
        }
        // A string stays on this line: a comment may follow it.
        let layout = Layout { has_literals: !value.is_string(), ..around.layout };
        let mut text = String::new();
        emit::after_colon(&mut text, value, around.key_column, layout);
        let text = self.with_guests(text)?;
        let (inline, lines) = text.split_once('\n').unwrap_or((&text, ""));
        if !inline.is_empty() {
            let at = if span.is_empty() { around.head..around.head } else { span };
            let text = if at.is_empty() || touches_anchor { inline } else { inline.trim_start() };
            self.replace(at, text);
            return Ok(());
        }
        let text = self.document.text;
        // The parser may place an empty node after a comment.
        let after = if span.is_empty() { around.head } else { span.end };
        let rest = &text[after..self.lines.line_end(after)];
        // Some readers reject a tab between a dash or colon and a comment.
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let (tabs, gap) = if rest[..blanks].contains('\t') { (blanks, " ") } else { (0, "") };
        if around.is_item {
            let mut lines = String::new();
            emit::members(&mut lines, value, around.key_column + 2, around.layout);
            if rest.trim().is_empty() && around.body == around.head {
                // Its first line goes after the dash.
                let (first, others) = lines.split_once('\n').unwrap_or((&lines, ""));
                self.replace(around.head..after, format!(" {}", first.trim_start()));
                self.insert_lines(self.lines.after_line(after), others.to_owned());
            } else {
                self.replace(around.body..after + tabs, gap);
                self.insert_lines(self.lines.after_line(after), lines);
            }
            return Ok(());
        }
        if !span.is_empty() {
            let from = self.document.before_token(span.clone());
            self.replace(from.max(around.head)..span.end + tabs, gap);
        }
        let lines = lines.to_owned();
        self.insert_lines(self.lines.after_line(after), lines);
        Ok(())
    }
}

/// Whether lines mean something else without their last line break.
fn needs_last_break(lines: &str) -> bool {
    let value = |text| Document::parse(text).and_then(|document| document.value()).ok();
    value(lines) != value(&lines[..lines.len() - line_break(lines.as_bytes())])
}

/// Moves a recorded text from its own line to the line of its colon. Other texts are unchanged.
pub(super) fn on_one_line(text: &str) -> Cow<'_, str> {
    match text.strip_prefix('\n') {
        Some(own) => Cow::Owned(format!(" {}", own.trim_start())),
        None => Cow::Borrowed(text),
    }
}

/// Converts line breaks, `\n` or already `newline`, to `newline`.
fn to_newline(lines: &str, newline: &str) -> String {
    let mut result = String::with_capacity(lines.len() + lines.len() / 32);
    for line in lines.split_inclusive('\n') {
        result.push_str(line.trim_end_matches(['\r', '\n']));
        result.push_str(newline);
    }
    result
}
