//! Writes texts with their edits as bytes.

use std::io::{self, Write};

use crate::yaml::Edit;

/// Writes `text` with `edits`, which are in order and do not overlap.
pub(super) fn write(text: &[u8], edits: &[Edit], out: &mut impl Write) -> io::Result<()> {
    let mut at = 0;
    for edit in edits {
        out.write_all(&text[at..edit.range.start])?;
        out.write_all(edit.text.as_bytes())?;
        at = edit.range.end;
    }
    out.write_all(&text[at..])
}

/// `text` with `edits`, in memory.
pub(super) fn written(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut written = Vec::with_capacity(text.len() + added);
    // Writing to a vector cannot fail.
    let _ = write(text, edits, &mut written);
    written
}

/// Writes several texts as one stream of documents.
pub(super) fn join<'t>(
    texts: impl IntoIterator<Item = (&'t [u8], &'t [Edit])>,
    out: &mut impl Write,
) -> io::Result<()> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let mut out = LastByte { out, last: None };
    for (text, edits) in texts {
        let rewritten;
        let (text, edits) = match edits.first() {
            // The start of the text decides how it is joined.
            Some(first) if first.range.start == 0 => {
                rewritten = written(text, edits);
                (rewritten.as_slice(), &[][..])
            }
            _ => (text, edits),
        };
        if text.is_empty() {
            continue;
        }
        if out.last.is_none() {
            write(text, edits, &mut out)?;
            continue;
        }
        if out.last != Some(b'\n') {
            out.write_all(b"\n")?;
        }
        let is_marked = text.starts_with(BOM);
        let content = if is_marked { &text[BOM.len()..] } else { text };
        if begins_with_directive(content) {
            // A directive belongs to the next document, so the previous one must be closed.
            out.write_all(b"...\n")?;
        } else if !begins_with_separator(content) {
            out.write_all(b"---\n")?;
        }
        if is_marked {
            // Inside a stream, a byte order mark would be content.
            let removed = Edit { range: 0..BOM.len(), text: String::new() };
            let all: Vec<Edit> = std::iter::once(removed).chain(edits.iter().cloned()).collect();
            write(text, &all, &mut out)?;
        } else {
            write(text, edits, &mut out)?;
        }
    }
    Ok(())
}

fn begins_with_separator(text: &[u8]) -> bool {
    text.strip_prefix(b"---").is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

fn begins_with_directive(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n');
    let first =
        lines.find(|line| !line.trim_ascii().is_empty() && !line.trim_ascii_start().starts_with(b"#"));
    first.is_some_and(|line| line.starts_with(b"%"))
}

/// A writer that remembers the last byte written.
pub(super) struct LastByte<W> {
    pub(super) out: W,
    pub(super) last: Option<u8>,
}

impl<W: Write> Write for LastByte<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        if written > 0 {
            self.last = Some(bytes[written - 1]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(texts: &[&str]) -> String {
        let mut out = Vec::new();
        let none: &[Edit] = &[];
        join(texts.iter().map(|text| (text.as_bytes(), none)), &mut out).expect("a vector takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn edits_replace_and_insert() {
        let edits = [Edit { range: 1..2, text: "XY".to_owned() }, Edit { range: 3..3, text: "!".to_owned() }];
        let mut out = Vec::new();
        write(b"abc", &edits, &mut out).expect("a vector takes all");
        assert_eq!(out, b"aXYc!");
    }

    #[test]
    fn one_text_is_the_same_bytes() {
        for text in ["", "a: 1", "---\na: 1\n", "\u{feff}a: 1\r\n", "%YAML 1.2\n---\na: 1\n"] {
            assert_eq!(joined(&[text]), text);
        }
    }

    #[test]
    fn texts_are_separated_where_they_do_not_separate_themselves() {
        assert_eq!(joined(&["a: 1\n", "b: 2\n"]), "a: 1\n---\nb: 2\n");
        assert_eq!(joined(&["a: 1", "---\nb: 2\n"]), "a: 1\n---\nb: 2\n");
        assert_eq!(joined(&["a: 1\n", "--- \nb: 2\n"]), "a: 1\n--- \nb: 2\n");
        assert_eq!(joined(&["a: 1\n", "---x: 2\n"]), "a: 1\n---\n---x: 2\n");
        assert_eq!(joined(&["a: 1\n", "", "b: 2\n"]), "a: 1\n---\nb: 2\n");
        assert_eq!(joined(&["", "b: 2\n"]), "b: 2\n");
    }

    #[test]
    fn marks_and_directives_stay_out_of_documents() {
        assert_eq!(joined(&["a: 1\n", "\u{feff}b: 2\n"]), "a: 1\n---\nb: 2\n");
        assert_eq!(
            joined(&["a: 1\n", "# c\n%YAML 1.2\n---\nb: 2\n"]),
            "a: 1\n...\n# c\n%YAML 1.2\n---\nb: 2\n"
        );
    }
}
