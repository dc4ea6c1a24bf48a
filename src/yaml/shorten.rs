//! Shortens a string in its existing style.

use super::index::{Content, NodeId};
use super::overlay::is_block_scalar;
use super::splice::Writer;
use super::{Style, emit, scalar};

impl Writer<'_, '_> {
    /// Shortens the string `id` to `new`, removing text at both ends. Returns false if the text there is not written as
    /// the style would write it, or if the rest would be read differently.
    pub(super) fn shorten(&mut self, id: NodeId, new: &str) -> bool {
        let node = &self.document.nodes[id];
        let Content::Scalar { text: old, style } = &node.content else { return false };
        let Some(at) = old.find(new).filter(|_| !new.is_empty() || !matches!(style, Style::Plain)) else {
            return false;
        };
        let (prefix, suffix) = (&old[..at], &old[at + new.len()..]);
        let raw = &self.document.text[node.start..node.end];
        let write: fn(&str) -> String = match style {
            Style::Plain if stays_plain(new) => str::to_owned,
            Style::Single => |text| text.replace('\'', "''"),
            Style::Double => |text| {
                let mut result = String::new();
                emit::escape(&mut result, text);
                result
            },
            style if is_block_scalar(*style) => return self.shorten_block_scalar(id, new, prefix, suffix),
            _ => return false,
        };
        let quote = usize::from(!matches!(style, Style::Plain));
        let Some(inner) = raw.get(quote..raw.len().saturating_sub(quote)) else { return false };
        let (prefix, mut suffix) = (write(prefix), write(suffix));
        // After a line break, a blank is escaped to keep it from being folded.
        let escaped = suffix.strip_prefix(' ').map(|rest| format!("\\x20{rest}"));
        let escaped =
            escaped.filter(|escaped| matches!(style, Style::Double) && inner.ends_with(escaped.as_str()));
        let is_escaped = escaped.is_some();
        suffix = escaped.unwrap_or(suffix);
        let rest = inner.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(&suffix));
        let start = node.start + quote;
        let end = node.end - quote;
        // Blanks at either end of a multi-line text would be folded.
        let is_folded = |rest: &str| rest.contains('\n') && rest.trim().len() < rest.len();
        let is_whole = |rest: &str| !rest.ends_with('\\') && !is_folded(rest);
        if !rest.is_some_and(|rest| is_escaped || is_whole(rest)) {
            return false;
        }
        for range in [start..start + prefix.len(), end - suffix.len()..end] {
            if !range.is_empty() {
                self.replace(range, "");
            }
        }
        true
    }

    /// As [`Self::shorten`], for a `|` or `>` scalar that loses its last line or the end of it.
    fn shorten_block_scalar(&mut self, id: NodeId, new: &str, prefix: &str, suffix: &str) -> bool {
        let node = &self.document.nodes[id];
        let raw = &self.document.text[node.start..node.end];
        let is_tail =
            prefix.is_empty() && !suffix.is_empty() && !suffix.contains('\n') && raw.ends_with(suffix);
        if !is_tail {
            return false;
        }
        if new.ends_with('\n') {
            return self.drop_last_line(id, new, suffix);
        }
        let Some(last) = new.rsplit('\n').next().filter(|last| !last.trim().is_empty()) else {
            return false;
        };
        if last.ends_with([' ', '\t']) {
            return false;
        }
        self.replace(node.end - suffix.len()..node.end, "");
        true
    }

    /// Removes the last line of a block scalar whose final line break was stripped when the line was added, and
    /// restores the break.
    fn drop_last_line(&mut self, id: NodeId, new: &str, suffix: &str) -> bool {
        let node = &self.document.nodes[id];
        let is_folded = matches!(node.content, Content::Scalar { style: Style::Folded, .. });
        let raw = &self.document.text[node.start..node.end];
        let header = raw.lines().next().unwrap_or_default();
        let strip = header.split('#').next().and_then(|flags| flags.find('-'));
        let Some(strip) = strip else { return false };
        let line = raw.rfind('\n').map_or(0, |newline| newline + 1);
        let is_own = raw[line..].trim_start() == suffix.trim_start() && line > header.len() + 1;
        let mut start = node.start + line;
        if is_folded && !suffix.starts_with(' ') {
            // A blank line kept the break from being folded.
            let blank = self.lines.line_start(start - 1);
            if !self.document.text[blank..start].trim().is_empty() {
                return false;
            }
            start = blank;
        }
        let end = self.lines.after_line(node.end);
        if !is_own || !self.is_within_moved && !self.document.text[..end].ends_with('\n') {
            return false;
        }
        let strip = node.start + strip;
        self.replace(strip..strip + 1, if new.ends_with("\n\n") { "+" } else { "" });
        self.replace(start..end, "");
        true
    }
}

/// Whether the rest of a plain scalar is still read as that string.
fn stays_plain(new: &str) -> bool {
    let starts = |first: char| first.is_ascii_alphanumeric() || "/_$-.".contains(first);
    new.starts_with(starts)
        && !["- ", "---"].iter().any(|indicator| new.starts_with(indicator))
        && new != "-"
        && !new.ends_with([' ', '\t', ':'])
        && scalar::is_string(new)
        && !emit::is_word_of_yaml_1_1(new)
}
