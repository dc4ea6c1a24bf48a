//! Lengthens a string in its existing style.

use super::emit;
use super::index::{Content, NodeId};
use super::overlay::is_block_scalar;
use super::splice::{Around, Writer};
use super::{Edit, Problem, Style, scalar};
use crate::value::Value;

impl Writer<'_, '_> {
    /// Changes the string `id` to `new`, keeping its style and adding text around the old text. If the style cannot
    /// hold the addition, the whole string is rewritten.
    pub(super) fn scalar(&mut self, id: NodeId, new: &str, around: &Around) -> Result<(), Problem> {
        let in_flow = around.flow.is_some();
        let node = &self.document.nodes[id];
        let Content::Scalar { text: old, style } = &node.content else {
            return Err(Problem::uneditable(node.start, "text in place of a scalar"));
        };
        let Some(at) = new.find(old.as_ref()) else {
            let is_done = self.shorten(id, new) || self.change_end(id, new, in_flow);
            return if is_done { Ok(()) } else { self.rewritten(id, new, around) };
        };
        let (prefix, suffix) = (&new[..at], &new[at + old.len()..]);
        let raw = &self.document.text[node.start..node.end];
        // A blank at either end of a line would be folded.
        let blanks = [' ', '\t'];
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let folds_suffix = suffix.starts_with(' ') && inner.trim_end_matches(blanks).ends_with('\n');
        let folds_prefix =
            prefix.ends_with(' ') && inner.trim_start_matches(blanks).starts_with(['\r', '\n']);
        let is_printable = prefix.chars().chain(suffix.chars()).all(emit::is_printable);
        match style {
            Style::Plain if !raw.is_empty() && extends_plain(new, prefix, suffix, in_flow) => {
                self.around(node.start..node.end, prefix, suffix);
            }
            Style::Single if is_printable && !folds_suffix && !folds_prefix => {
                let quote = |text: &str| text.replace('\'', "''");
                self.around(node.start + 1..node.end - 1, &quote(prefix), &quote(suffix));
            }
            Style::Double => {
                let escape = |text: &str| {
                    let mut result = String::new();
                    emit::escape(&mut result, text);
                    result
                };
                let (mut prefix, mut suffix) = (escape(prefix), escape(suffix));
                if folds_suffix {
                    suffix.replace_range(..1, "\\x20");
                }
                if folds_prefix {
                    prefix.replace_range(prefix.len() - 1.., "\\x20");
                }
                self.around(node.start + 1..node.end - 1, &prefix, &suffix);
            }
            style if is_block_scalar(*style) && is_printable => {
                return self.block_scalar(id, new, prefix, suffix, around);
            }
            Style::Plain if raw.lines().any(|line| line.trim_start().starts_with('#')) => {
                return Err(Problem::uneditable(node.start, "a comment between the lines of a scalar"));
            }
            Style::Plain if !raw.is_empty() => {
                // Double quotes fold these lines the same way.
                let escape = |text: &str| {
                    let mut result = String::new();
                    emit::escape(&mut result, text);
                    result
                };
                let (start, end) = (node.start, node.end);
                self.replace(start..start, format!("\"{}", escape(prefix)));
                for (at, _) in raw.match_indices(['"', '\\']) {
                    self.replace(start + at..start + at, "\\");
                }
                self.replace(end..end, format!("{}\"", escape(suffix)));
            }
            _ => return self.rewritten(id, new, around),
        }
        Ok(())
    }

    /// Changes the string to `new` by editing its end, in its style. Returns false if that end is not written as this
    /// style would write it, or if the style cannot hold the new end.
    fn change_end(&mut self, id: NodeId, new: &str, in_flow: bool) -> bool {
        let node = &self.document.nodes[id];
        let Content::Scalar { text: old, style } = &node.content else { return false };
        let mut same = old.bytes().zip(new.bytes()).take_while(|(left, right)| left == right).count();
        while !old.is_char_boundary(same) || !new.is_char_boundary(same) {
            same -= 1;
        }
        let (gone, come) = (&old[same..], &new[same..]);
        let raw = &self.document.text[node.start..node.end];
        let has_break = |text: &str| text.contains(['\n', '\r']);
        let quote = usize::from(matches!(style, Style::Single | Style::Double));
        let write = |text: &str| match style {
            Style::Single => text.replace('\'', "''"),
            Style::Double => {
                let mut result = String::new();
                emit::escape(&mut result, text);
                result
            }
            _ => text.to_owned(),
        };
        let fits = match style {
            Style::Double => true,
            Style::Single => come.chars().all(emit::is_printable),
            Style::Plain => !raw.is_empty() && same > 0 && extends_plain(new, "", come, in_flow),
            Style::Literal | Style::Folded => {
                let last = new.rsplit('\n').next().unwrap_or_default();
                same > 0
                    && !last.trim().is_empty()
                    && !last.ends_with(' ')
                    && come.chars().all(emit::is_printable)
            }
        };
        let Some(inner) = raw.get(quote..raw.len().saturating_sub(quote)) else { return false };
        let (gone, come) = (write(gone), write(come));
        // A blank at either end of a line would be folded.
        let rest = inner.strip_suffix(gone.as_str());
        let is_whole =
            |rest: &str| !rest.ends_with(['\\', ' ', '\t', '\n']) && !has_break(&gone) && !has_break(&come);
        if !fits || gone.ends_with('\n') || !rest.is_some_and(is_whole) {
            return false;
        }
        let end = node.end - quote;
        self.replace(end - gone.len()..end, come);
        true
    }

    fn around(&mut self, inner: std::ops::Range<usize>, prefix: &str, suffix: &str) {
        for (at, text) in [(inner.start, prefix), (inner.end, suffix)] {
            if !text.is_empty() {
                self.replace(at..at, text);
            }
        }
    }

    /// Adds text to both ends of a `|` or `>` scalar.
    fn block_scalar(
        &mut self,
        id: NodeId,
        new: &str,
        prefix: &str,
        suffix: &str,
        around: &Around,
    ) -> Result<(), Problem> {
        let node = &self.document.nodes[id];
        let is_line_start = |text: &str| !text.starts_with([' ', '\t', '\n']);
        let takes_prefix = is_line_start(prefix) && self.document.scalar_text(id).is_some_and(is_line_start);
        if !(prefix.is_empty() || takes_prefix) || !(suffix.is_empty() || self.grow_block_scalar(id, suffix))
        {
            return self.rewritten(id, new, around);
        }
        if !prefix.is_empty() {
            let text = self.document.text.as_bytes();
            let line = self.lines.line_end(node.start);
            let first = line + text[line..].iter().take_while(|byte| **byte == b' ').count();
            self.replace(first..first, prefix);
        }
        Ok(())
    }

    /// Appends to a `|` or `>` scalar: on its last line, or on a new line if it ends with a line break. Returns false
    /// if that is not possible.
    fn grow_block_scalar(&mut self, id: NodeId, suffix: &str) -> bool {
        let node = &self.document.nodes[id];
        let Content::Scalar { text: old, style } = &node.content else { return false };
        let content = old.trim_end_matches('\n');
        let Some(last) = content.rsplit('\n').next().filter(|last| !last.trim().is_empty()) else {
            return false;
        };
        let breaks = old.len() - content.len();
        if breaks == 0 {
            self.replace(node.end..node.end, suffix);
            return true;
        }
        let is_folded = *style == Style::Folded;
        if is_folded && last.starts_with([' ', '\t']) {
            return false;
        }
        // The raw last line is the indent followed by the content, which may begin with blanks.
        let raw = &self.document.text[node.start..node.end];
        let Some(raw_last) =
            raw.trim_end().rsplit('\n').next().filter(|line| line.trim_end() != raw.trim_end())
        else {
            return false;
        };
        let blanks = |text: &str| text.len() - text.trim_start_matches(' ').len();
        let indent = blanks(raw_last).saturating_sub(if is_folded { 0 } else { blanks(last) });
        let newline = self.lines.newline(node.end);
        let mut lines = String::new();
        if is_folded && !suffix.starts_with(' ') {
            lines.push_str(newline);
        }
        emit::indent(&mut lines, indent);
        lines.push_str(suffix);
        lines.push_str(newline);
        let at = self.lines.after_line(node.end);
        self.strip_final_break(node.start);
        self.insert_lines(at, lines);
        true
    }

    /// Sets the chomping indicator `-` on the block scalar whose indicator is at `header`.
    pub(super) fn strip_final_break(&mut self, header: usize) {
        let flags = &self.document.block_head(header)[1..];
        let digits: String = flags.chars().filter(char::is_ascii_digit).collect();
        let wanted = format!("{digits}-");
        let range = header + 1..header + 1 + flags.len();
        if flags != wanted && !self.edits.iter().any(|edit| edit.range == range && edit.text == wanted) {
            // Goes before lines inserted at the same offset if the header ends the text.
            self.edits.insert(0, Edit { range, text: wanted });
        }
    }

    /// Rewrites the whole scalar in the style of new text.
    fn rewritten(&mut self, id: NodeId, new: &str, around: &Around) -> Result<(), Problem> {
        let node = &self.document.nodes[id];
        let raw = &self.document.text[node.start..node.end];
        let is_block = matches!(&node.content, Content::Scalar { style, .. } if is_block_scalar(*style));
        if is_block && raw.lines().next().is_some_and(|header| header.contains('#')) {
            return Err(Problem::uneditable(node.start, "a comment in the head of a block scalar"));
        }
        if raw.is_empty() {
            return Err(Problem::uneditable(node.start, "text in place of an empty node"));
        }
        let end = node.start + raw.trim_end_matches(['\r', '\n']).len();
        let in_flow = around.flow.is_some();
        let mut text = if in_flow { emit::quoted(new) } else { emit::string(new).into_owned() };
        if is_block && !around.is_item && !in_flow {
            // Keeps line breaks as they are.
            text.clear();
            let value = Value::from(new);
            emit::after_colon(&mut text, &value, around.key_column, around.layout);
            let newline = self.lines.newline(node.start);
            text = text.trim_start().trim_end_matches('\n').replace('\n', newline);
        }
        self.replace(node.start..end, text);
        Ok(())
    }
}

/// Whether a plain scalar can get `prefix` and `suffix` and still be read as the string `new`.
fn extends_plain(new: &str, prefix: &str, suffix: &str, in_flow: bool) -> bool {
    let is_safe = |character: char| {
        character.is_ascii_alphanumeric()
            || "_./:@$()=+%~;- ".contains(character)
            || (character == ',' && !in_flow)
    };
    let starts_well = |first: char| first.is_ascii_alphanumeric() || "/_$".contains(first);
    prefix.chars().chain(suffix.chars()).all(is_safe)
        && prefix.chars().next().is_none_or(starts_well)
        // A lone `?` or `-` is text in flow, but an indicator if a blank follows.
        && !["? ", "- "].iter().any(|indicator| new.starts_with(indicator))
        && !new.ends_with([' ', ':'])
        && !new.contains(": ")
        && !new.contains(" #")
        && scalar::resolve(new).is_string()
        && !emit::is_word_of_yaml_1_1(new)
}
