//! The source lines of findings, without what nobody should see: a line of a Secret, or characters that act on a
//! terminal.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::AnnotationKind;

use super::Texts;
use super::invisible::is_invisible;
use crate::finding::{Finding, Position};

/// A line of more characters is cut around its span.
const LONG: usize = 4096;
/// The characters of a long line that are kept on either side of the span. No terminal is as wide.
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
    /// The column of the only span, if its line was cut.
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
    pub(super) fn of(&mut self, finding: &Finding) -> Vec<Excerpt> {
        let label = finding.subject.as_ref().map(ToString::to_string).unwrap_or_default();
        let own = finding.position.iter();
        let own = own.map(|position| Spot { kind: AnnotationKind::Primary, position, label: label.clone() });
        let mut groups = vec![own.collect::<Vec<_>>()];
        for other in &finding.related {
            let Some(position) = &other.position else { continue };
            let spot = Spot { kind: AnnotationKind::Context, position, label: other.label.clone() };
            // What lies between two resources may be a Secret.
            let is_near = |first: &Spot<'_>| {
                other.resource.is_none() && first.position.line.abs_diff(position.line) <= FAR
            };
            if groups[0].first().is_some_and(is_near) {
                groups[0].push(spot);
            } else {
                groups.push(vec![spot]);
            }
        }
        groups.iter().filter_map(|group| self.excerpt(finding, group)).collect()
    }

    fn excerpt(&mut self, finding: &Finding, spots: &[Spot<'_>]) -> Option<Excerpt> {
        let file = &spots.first()?.position.file;
        let texts = self.texts;
        let lines =
            self.read.entry(file.clone()).or_insert_with(|| texts.text(file.as_deref()).map(Lines::new));
        let lines = lines.as_ref()?;
        let numbers = || spots.iter().map(|spot| spot.position.line);
        let (first, last) = (numbers().min()?, numbers().max()?);
        let guard = lines.guard(first, finding)?;
        let mut excerpt =
            Excerpt { file: file.clone(), first, source: String::new(), spans: Vec::new(), cut_at: None };
        for number in first..=last {
            let line = lines.line(number)?;
            let here = || spots.iter().filter(|spot| spot.position.line == number);
            let mut characters = 0..line.chars().count();
            if let Some(spot) = here().next()
                && (characters.end > LONG || (guard == Guard::SpanOnly && line.contains(['{', '['])))
            {
                let kept = if guard == Guard::SpanOnly { 0 } else { KEPT };
                let span = spot.characters();
                let end = span.end.min(span.start + LONG) + kept;
                characters = span.start.saturating_sub(kept)..end.min(characters.end);
                excerpt.cut_at = Some(spot.position.column);
            }
            let start = excerpt.source.len();
            let mut ends = vec![start];
            for character in line.chars().skip(characters.start).take(characters.len()) {
                excerpt.source.push(shown(character));
                ends.push(excerpt.source.len());
            }
            let byte =
                |character: usize| ends[character.saturating_sub(characters.start).min(ends.len() - 1)];
            for spot in here() {
                let span = spot.characters();
                excerpt.spans.push((spot.kind, byte(span.start)..byte(span.end), spot.label.clone()));
            }
            if number < last {
                excerpt.source.push('\n');
            }
        }
        Some(excerpt)
    }
}

impl Spot<'_> {
    /// The characters of its line that it spans: at least one.
    fn characters(&self) -> Range<usize> {
        let start = self.position.column.saturating_sub(1);
        start..self.position.end().map_or(start + 1, |end| end - 1)
    }
}

/// A character as it is shown.
fn shown(character: char) -> char {
    if character != '\t' && is_invisible(character) { char::REPLACEMENT_CHARACTER } else { character }
}

/// What may be shown of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// All of it.
    Whole,
    /// What is underlined: the rest of the line may belong to a Secret.
    SpanOnly,
}

/// A text by lines.
struct Lines<'t> {
    text: Cow<'t, [u8]>,
    /// Where each line starts.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: Cow<'t, [u8]>) -> Self {
        let breaks = memchr::memchr_iter(b'\n', &text).map(|newline| newline + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        Self { text, starts }
    }

    fn range(&self, number: usize) -> Option<Range<usize>> {
        let index = number.checked_sub(1)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        Some(*self.starts.get(index)?..end)
    }

    fn line(&self, number: usize) -> Option<Cow<'_, str>> {
        let bytes = &self.text[self.range(number)?];
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Some(String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes)))
    }

    /// What may be shown of a line, or `None`: no byte of a Secret is. Where the document may hold one, only the
    /// span in a resource that is known to be of another kind is shown.
    fn guard(&self, number: usize, finding: &Finding) -> Option<Guard> {
        if !may_hold_secret(self.document(number)?) {
            return Some(Guard::Whole);
        }
        let kind = finding.subject.as_ref().map(|subject| subject.kind.as_str());
        let is_other =
            |kind: &&str| !kind.is_empty() && !kind.ends_with("List") && !may_hold_secret(kind.as_bytes());
        kind.filter(is_other).map(|_| Guard::SpanOnly)
    }

    /// The text between the document markers around a line.
    fn document(&self, number: usize) -> Option<&[u8]> {
        let line = self.range(number)?;
        let before = memchr::memmem::rfind(&self.text[..line.start], b"\n---").unwrap_or(0);
        let after = memchr::memmem::find(&self.text[line.start..], b"\n---");
        let end = after.map_or(self.text.len(), |after| line.start + after);
        Some(&self.text[before..end])
    }
}

/// Whether a text names a Secret, or may do so in an escape.
fn may_hold_secret(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"Secret").is_some()
        || memchr::memchr_iter(b'\\', text)
            .any(|at| text.get(at + 1).is_some_and(|next| matches!(next, b'u' | b'U' | b'x' | b'\n' | b'\r')))
}
