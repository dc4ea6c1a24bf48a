//! Unified diffs of texts with edits. Only the lines around an edit are compared, so the cost depends on the changes,
//! not on the text.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use super::{Outcome, Output};
use crate::host::render;
use crate::host::terminal::{REFUSED, paint};
use crate::report::Paint;
use crate::yaml::Edit;

/// Prints the changes to stdout.
#[derive(Default)]
pub(in crate::host) struct Diff {
    has_diff: bool,
}

impl Output for Diff {
    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        let paint = paint(&io::stdout());
        for (text, edits) in outcome.texts.iter().zip(&outcome.result.edits) {
            self.has_diff |= write(text.name.as_deref().unwrap_or("stdin"), &text.bytes, edits, paint, out)?;
        }
        Ok(())
    }

    fn exit_code(&self, code: u8) -> u8 {
        if self.has_diff { REFUSED } else { code }
    }
}

/// The number of context lines around a change.
const CONTEXT: usize = 3;

/// Replaced lines.
struct Region {
    /// The range of old lines.
    old: Range<usize>,
    /// The new text.
    new: Vec<u8>,
}

/// Writes the diff between `text` and the same with `edits`, which are in order and do not overlap. Writes nothing if
/// they change nothing.
pub(super) fn write(
    name: &str,
    text: &[u8],
    edits: &[Edit],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let old = lines(text);
    let regions = regions(text, &old, edits);
    let mut new: Vec<&[u8]> = Vec::new();
    let mut ops: Vec<DiffOp> = Vec::new();
    let mut at = 0;
    for region in &regions {
        equal(&mut ops, at, new.len(), region.old.start - at);
        new.extend(&old[at..region.old.start]);
        let own = lines(&region.new);
        let shift = |mut op: DiffOp| {
            move_by(&mut op, region.old.start, new.len());
            op
        };
        ops.extend(
            capture_diff_slices(Algorithm::Myers, &old[region.old.clone()], &own).into_iter().map(shift),
        );
        new.extend(own);
        at = region.old.end;
    }
    equal(&mut ops, at, new.len(), old.len() - at);
    new.extend(&old[at..]);
    if old == new {
        return Ok(false);
    }
    let groups = group_diff_ops(joined(ops), CONTEXT);
    let mut printer = Printer { out, paint };
    let mut is_named = false;
    for group in groups.iter().filter(|group| group.iter().any(|op| !matches!(op, DiffOp::Equal { .. }))) {
        if !is_named {
            printer.line(Style::new().bold(), "--- ", quoted("a", name).as_bytes())?;
            printer.line(Style::new().bold(), "+++ ", quoted("b", name).as_bytes())?;
            is_named = true;
        }
        printer.hunk(group, &old, &new)?;
    }
    Ok(is_named)
}

/// The lines of `text`, including line ends.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// The lines that edits touch, and their new text.
fn regions(text: &[u8], old: &[&[u8]], edits: &[Edit]) -> Vec<Region> {
    let mut starts = Vec::with_capacity(old.len() + 1);
    let mut at = 0;
    for line in old {
        starts.push(at);
        at += line.len();
    }
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
    let mut spans: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for (index, edit) in edits.iter().enumerate() {
        let touched = line_of(edit.range.start)..(line_of(edit.range.end) + 1).min(old.len());
        match spans.last_mut() {
            Some((lines, own)) if touched.start < lines.end => {
                lines.end = lines.end.max(touched.end);
                own.end = index + 1;
            }
            _ => spans.push((touched, index..index + 1)),
        }
    }
    starts.push(text.len());
    let region = |(old, own): (Range<usize>, Range<usize>)| {
        let (start, end) = (starts[old.start], starts[old.end]);
        let moved = edits[own].iter().map(|edit| Edit {
            range: edit.range.start - start..edit.range.end - start,
            text: edit.text.clone(),
        });
        let new = render::written(&text[start..end], &moved.collect::<Vec<_>>());
        Region { old, new }
    };
    spans.into_iter().map(region).collect()
}

fn equal(ops: &mut Vec<DiffOp>, old_index: usize, new_index: usize, len: usize) {
    if len > 0 {
        ops.push(DiffOp::Equal { old_index, new_index, len });
    }
}

fn move_by(op: &mut DiffOp, old: usize, new: usize) {
    let (DiffOp::Equal { old_index, new_index, .. }
    | DiffOp::Delete { old_index, new_index, .. }
    | DiffOp::Insert { old_index, new_index, .. }
    | DiffOp::Replace { old_index, new_index, .. }) = op;
    *old_index += old;
    *new_index += new;
}

/// Merges consecutive equal operations, because context is counted per operation.
fn joined(ops: Vec<DiffOp>) -> Vec<DiffOp> {
    let mut joined: Vec<DiffOp> = Vec::with_capacity(ops.len());
    for op in ops {
        match (joined.last_mut(), &op) {
            (Some(DiffOp::Equal { len, .. }), DiffOp::Equal { len: more, .. }) => *len += more,
            _ => joined.push(op),
        }
    }
    joined
}

/// `side/name`, quoted as git does.
fn quoted(side: &str, name: &str) -> String {
    let path = format!("{side}/{}", name.trim_start_matches('/'));
    let is_odd = |byte: u8| byte.is_ascii_control() || byte == b'"' || byte == b'\\';
    if !path.bytes().any(is_odd) {
        return path;
    }
    let escaped = |character: char| -> Cow<'_, str> {
        match u8::try_from(character) {
            Ok(byte) if byte.is_ascii_control() => format!("\\{byte:03o}").into(),
            Ok(b'"' | b'\\') => format!("\\{character}").into(),
            _ => character.to_string().into(),
        }
    };
    format!("\"{}\"", path.chars().map(escaped).collect::<String>())
}

struct Printer<'o> {
    out: &'o mut dyn Write,
    paint: Paint,
}

impl Printer<'_> {
    fn hunk(&mut self, group: &[DiffOp], old: &[&[u8]], new: &[&[u8]]) -> io::Result<()> {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(()) };
        let header = format!(
            "@@ -{} +{} @@",
            extent(first.old_range().start..last.old_range().end),
            extent(first.new_range().start..last.new_range().end)
        );
        self.line(AnsiColor::Cyan.on_default(), &header, b"")?;
        for op in group {
            if let DiffOp::Equal { .. } = op {
                self.lines(Style::new(), " ", &old[op.old_range()])?;
            } else {
                self.lines(AnsiColor::Red.on_default(), "-", &old[op.old_range()])?;
                self.lines(AnsiColor::Green.on_default(), "+", &new[op.new_range()])?;
            }
        }
        Ok(())
    }

    fn lines(&mut self, style: Style, sign: &str, lines: &[&[u8]]) -> io::Result<()> {
        for line in lines {
            match line.strip_suffix(b"\n") {
                Some(line) => self.line(style, sign, line)?,
                None => {
                    self.line(style, sign, line)?;
                    self.out.write_all(b"\\ No newline at end of file\n")?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, style: Style, sign: &str, rest: &[u8]) -> io::Result<()> {
        let style = if self.paint == Paint::Coloured { style } else { Style::new() };
        write!(self.out, "{style}{sign}")?;
        self.out.write_all(rest)?;
        writeln!(self.out, "{style:#}")
    }
}

/// A range as in a hunk header: lines count from 1, and an empty range is placed after the preceding line.
fn extent(range: Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        len => format!("{},{len}", range.start + 1),
    }
}

#[cfg(test)]
#[path = "../../../tests/common/patch.rs"]
mod patch;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn diff(text: &str, edits: &[(Range<usize>, &str)]) -> String {
        let edits: Vec<Edit> = edits
            .iter()
            .map(|(range, text)| Edit { range: range.clone(), text: (*text).to_owned() })
            .collect();
        let mut out = Vec::new();
        let differs = write("a.yaml", text.as_bytes(), &edits, Paint::Plain, &mut out).expect("memory");
        assert_eq!(differs, !out.is_empty());
        String::from_utf8(out).expect("UTF-8")
    }

    const HEAD: &str = "--- a/a.yaml\n+++ b/a.yaml\n";

    #[test]
    fn an_insertion_stands_between_its_neighbours() {
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n";
        assert_eq!(
            diff(text, &[(8..8, "x\n")]),
            format!("{HEAD}@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n")
        );
        assert_eq!(diff(text, &[(16..16, "x\n")]), format!("{HEAD}@@ -6,3 +6,4 @@\n 6\n 7\n 8\n+x\n"));
        assert_eq!(diff("", &[(0..0, "x\n")]), format!("{HEAD}@@ -0,0 +1 @@\n+x\n"));
    }

    #[test]
    fn a_part_of_a_line_changes_the_line() {
        assert_eq!(diff("a: 1\n", &[(3..4, "2")]), format!("{HEAD}@@ -1 +1 @@\n-a: 1\n+a: 2\n"));
        assert_eq!(diff("a: 1\nb: 2\n", &[(0..5, "")]), format!("{HEAD}@@ -1,2 +1 @@\n-a: 1\n b: 2\n"));
    }

    #[test]
    fn the_missing_newline_is_said() {
        assert_eq!(
            diff("a: 1", &[(4..4, "\nb: 2")]),
            format!(
                "{HEAD}@@ -1 +1,2 @@\n-a: 1\n\\ No newline at end of file\n+a: 1\n+b: 2\n\\ No newline at end of file\n"
            )
        );
    }

    #[test]
    fn far_changes_are_hunks_and_near_ones_are_one() {
        let text: String = (0..40).map(|line| format!("{line:02}\n")).collect();
        let far = diff(&text, &[(0..0, "x\n"), (90..90, "y\n")]);
        assert_eq!(far.matches("@@ -").count(), 2, "{far}");
        let near = diff(&text, &[(0..0, "x\n"), (15..15, "y\n")]);
        assert_eq!(near.matches("@@ -").count(), 1, "{near}");
    }

    #[test]
    fn nothing_is_said_where_nothing_changes() {
        assert_eq!(diff("a: 1\n", &[]), "");
        assert_eq!(diff("a: 1\n", &[(0..1, "a")]), "");
        // Edits that cancel out.
        assert_eq!(diff("a\n\nb", &[(0..2, "a"), (3..4, "\nb")]), "");
    }

    #[test]
    fn colour_is_around_whole_lines() {
        let edits = [Edit { range: 3..4, text: "2".to_owned() }];
        let mut out = Vec::new();
        write("x", b"a: 1\n", &edits, Paint::Coloured, &mut out).expect("memory");
        let text = String::from_utf8(out).expect("UTF-8");
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            ["\u{1b}[36m@@ -1 +1 @@\u{1b}[0m", "\u{1b}[31m-a: 1\u{1b}[0m", "\u{1b}[32m+a: 2\u{1b}[0m"]
        );
    }

    proptest! {
        /// Arbitrary edits: at line ends, inside lines, and at the end of a text without a newline.
        #[test]
        fn a_diff_leads_to_the_edited_text(
            text in "([ab]{0,2}\n?){0,12}",
            cuts in prop::collection::vec((0..30_usize, 0..4_usize, "[ab\n]{0,4}"), 0..5),
        ) {
            let mut edits: Vec<Edit> = Vec::new();
            let mut at = 0;
            for (gap, len, new) in cuts {
                let start = (at + gap).min(text.len());
                let end = (start + len).min(text.len());
                edits.push(Edit { range: start..end, text: new });
                at = end;
            }
            let mut out = Vec::new();
            let differs = write("x", text.as_bytes(), &edits, Paint::Plain, &mut out).expect("memory");
            let expected = render::written(text.as_bytes(), &edits);
            let diff = String::from_utf8(out).expect("UTF-8");
            prop_assert_eq!(differs, text.as_bytes() != expected);
            prop_assert_eq!(patch::applied(&text, &diff).into_bytes(), expected, "{}", diff);
        }
    }

    #[test]
    fn odd_paths_are_quoted() {
        assert_eq!(quoted("a", "/x/y z.yaml"), "a/x/y z.yaml");
        assert_eq!(quoted("a", "x\n\"y"), "\"a/x\\012\\\"y\"");
    }
}
