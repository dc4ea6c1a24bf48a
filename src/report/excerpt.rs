//! The source lines of findings, without what nobody should see: a line of a Secret, or characters that act on a
//! terminal.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::AnnotationKind;

use super::{Texts, visible};
use crate::finding::{Finding, Position};
use crate::yaml::split_documents;

/// A line of more bytes is cut around its span, and a longer span is cut.
const LONG: usize = 4096;
/// The bytes of a long line that are kept on either side of the span. No terminal is as wide.
const KEPT: usize = 1024;
/// Spans that are further apart, in lines, are shown as excerpts of their own.
const FAR: usize = 100;

/// Lines that follow each other, with spans to underline.
pub(super) struct Excerpt {
    /// Their file, or `None` for a stream.
    pub(super) file: Option<String>,
    /// The number of the first line.
    pub(super) first: usize,
    /// The lines.
    pub(super) source: String,
    /// Each span's kind, its bytes in `source`, and its label.
    pub(super) spans: Vec<(AnnotationKind, Range<usize>, String)>,
    /// The column of the span, if its line was cut; then it is the only one.
    pub(super) cut_at: Option<usize>,
}

/// Cuts excerpts out of texts.
pub(super) struct Excerpts<'t> {
    texts: &'t dyn Texts,
    read: BTreeMap<Option<String>, Option<Lines<'t>>>,
}

/// A place to underline.
struct Spot<'f> {
    kind: AnnotationKind,
    position: &'f Position,
    label: String,
}

impl<'t> Excerpts<'t> {
    pub(super) const fn new(texts: &'t dyn Texts) -> Self {
        Self { texts, read: BTreeMap::new() }
    }

    /// The excerpts for a finding: none if its text is not known or may not be shown.
    pub(super) fn cut_out(&mut self, finding: &Finding) -> Vec<Excerpt> {
        let label = finding.subject.as_ref().map(ToString::to_string).unwrap_or_default();
        let own = finding.position.iter();
        let own = own.map(|position| Spot { kind: AnnotationKind::Primary, position, label: label.clone() });
        let related = finding.related.iter().filter_map(|other| {
            let position = other.position.as_ref()?;
            Some(Spot { kind: AnnotationKind::Context, position, label: other.label.clone() })
        });
        let kind = finding.subject.as_ref().map_or("", |subject| subject.kind.as_str());
        let (mut together, mut apart): (Vec<Spot<'_>>, Vec<Spot<'_>>) = (own.collect(), Vec::new());
        for spot in related {
            let lines = self.lines(&spot.position.file);
            let first = together.first().map(|first| first.position);
            let is_near = lines.zip(first).is_some_and(|(lines, first)| lines.are_near(first, spot.position));
            if is_near { together.push(spot) } else { apart.push(spot) }
        }
        let groups = std::iter::once(together).chain(apart.into_iter().map(|spot| vec![spot]));
        groups.filter_map(|spots| self.lines(&spots.first()?.position.file)?.excerpt(&spots, kind)).collect()
    }

    fn lines(&mut self, file: &Option<String>) -> Option<&Lines<'t>> {
        let texts = self.texts;
        let read = || Lines::read(texts.text(file.as_deref())?);
        self.read.entry(file.clone()).or_insert_with(read).as_ref()
    }
}

/// A text by lines and documents.
struct Lines<'t> {
    text: Cow<'t, str>,
    /// Where each line starts.
    starts: Vec<usize>,
    /// The documents, and whether each may hold a Secret.
    documents: Vec<(Range<usize>, bool)>,
}

impl<'t> Lines<'t> {
    /// `None` if the text is not UTF-8: in another encoding a Secret has other bytes.
    fn read(text: Cow<'t, [u8]>) -> Option<Self> {
        let text = match text {
            Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).ok()?),
        };
        if text.contains('\0') {
            return None;
        }
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        let documents = split_documents(text.as_bytes()).into_iter();
        let documents = documents.map(|range| (range.clone(), may_hold_secret(&text[range]))).collect();
        Some(Self { text, starts, documents })
    }

    /// The bytes of a line, without its end.
    fn line(&self, number: usize) -> Option<Range<usize>> {
        let index = number.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        let line = self.text[start..end].trim_end_matches(['\n', '\r']);
        Some(start..start + line.len())
    }

    /// The index of the document that a byte is in.
    fn document(&self, offset: usize) -> Option<usize> {
        let index = self.documents.partition_point(|(range, _)| range.end <= offset);
        // The end of a text belongs to its last document.
        Some(index.min(self.documents.len().checked_sub(1)?))
    }

    /// Whether all lines between two positions can be shown: they are few and short, of one document, and of no Secret.
    fn are_near(&self, first: &Position, other: &Position) -> bool {
        let document = self.document(first.offset);
        let is_safe = document.is_some_and(|index| !self.documents[index].1);
        let mut lines = first.line.min(other.line)..=first.line.max(other.line);
        is_safe
            && first.file == other.file
            && document == self.document(other.offset)
            && lines.clone().count() <= FAR
            && lines.all(|number| self.line(number).is_some_and(|line| line.len() <= LONG))
    }

    /// The lines of spots that are near each other. Where the document may hold a Secret, no more than the span is shown,
    /// and only if it is in a resource of another kind.
    fn excerpt(&self, spots: &[Spot<'_>], kind: &str) -> Option<Excerpt> {
        let position = spots.first()?.position;
        let numbers = || spots.iter().map(|spot| spot.position.line);
        let (first, last) = (numbers().min()?, numbers().max()?);
        let line = self.line(position.line)?;
        let span = self.span(position, &line)?;
        let (_, is_guarded) = self.documents[self.document(position.offset)?];
        let cut = if is_guarded {
            let is_other = !kind.is_empty() && !kind.ends_with("List") && !may_hold_secret(kind);
            position.end().filter(|_| is_other)?;
            Some(span)
        } else {
            let start = self.boundary(span.start.saturating_sub(KEPT).max(line.start));
            let end = self.boundary((span.end + KEPT).min(line.end));
            (line.len() > LONG).then_some(start..end)
        };
        let mut excerpt = Excerpt {
            file: position.file.clone(),
            first,
            source: String::new(),
            spans: Vec::new(),
            cut_at: cut.is_some().then_some(position.column),
        };
        for number in first..=last {
            let here = spots.iter().filter(|spot| spot.position.line == number);
            let line = self.line(number)?;
            if number > first {
                excerpt.source.push('\n');
            }
            self.write(&mut excerpt, cut.clone().unwrap_or_else(|| line.clone()), &line, here);
        }
        Some(excerpt)
    }

    /// The bytes of a position's span on its line: at least one character, unless the line ends there.
    fn span(&self, position: &Position, line: &Range<usize>) -> Option<Range<usize>> {
        let start = position.offset;
        if start < line.start || start > line.end || !self.text.is_char_boundary(start) {
            return None;
        }
        let characters = position.end().map_or(1, |end| end - position.column);
        let rest = &self.text[start..self.boundary(line.end.min(start + LONG))];
        let length = rest.char_indices().nth(characters).map_or(rest.len(), |(at, _)| at);
        Some(start..start + length)
    }

    /// The last character boundary up to an offset.
    fn boundary(&self, offset: usize) -> usize {
        (0..=offset).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// Appends a part of a line to an excerpt, with the spans that are in it.
    fn write<'s>(
        &self,
        excerpt: &mut Excerpt,
        part: Range<usize>,
        line: &Range<usize>,
        spots: impl Iterator<Item = &'s Spot<'s>>,
    ) {
        // Where each byte of the part is in the excerpt.
        let start = excerpt.source.len();
        let mut moved = vec![start; part.len() + 1];
        for (at, character) in self.text[part.clone()].char_indices() {
            moved[at] = excerpt.source.len();
            excerpt.source.push(visible(character));
            moved[at + character.len_utf8()] = excerpt.source.len();
        }
        for spot in spots {
            let Some(span) = self.span(spot.position, line) else { continue };
            let place = |offset: usize| moved[offset.clamp(part.start, part.end) - part.start];
            excerpt.spans.push((spot.kind, place(span.start)..place(span.end), spot.label.clone()));
        }
    }
}

/// Whether a text names a Secret, or may do so in an escape.
fn may_hold_secret(text: &str) -> bool {
    const WORD: &str = "Secret";
    let is_word = |(at, _): (usize, &str)| {
        let rest = &text[at + WORD.len()..];
        rest.starts_with("List") || !rest.starts_with(|next: char| next.is_ascii_alphanumeric())
    };
    // A line break can be escaped within a word.
    let has_escape = |at: usize| text[at + 1..].starts_with(['u', 'U', 'x', '\n', '\r']);
    text.match_indices(WORD).any(is_word) || memchr::memchr_iter(b'\\', text.as_bytes()).any(has_escape)
}
