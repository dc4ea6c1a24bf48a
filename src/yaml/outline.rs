//! The outline of a list: hashes that tell whether another text has the same content.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Problem;
use super::parser::{Event, Granit, Parser, Style};

/// A mapping with `items`, its values as hashes.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) items: Vec<Item>,
    /// The values of the other keys.
    pub(super) others: BTreeMap<String, u64>,
    /// The end of the key `items`, if it has no value.
    open: Option<usize>,
    has_anchors: bool,
}

/// An element of `items`.
#[derive(Debug)]
pub(super) struct Item {
    /// The first byte after its anchor and tag.
    pub(super) start: usize,
    /// The offset after its last scalar or bracket.
    pub(super) end: usize,
    /// The hash of its content.
    pub(super) content: u64,
    /// The hash of its tags.
    pub(super) tags: u64,
}

impl Outline {
    /// The outline of a text of one document.
    ///
    /// # Errors
    /// The text is not YAML, not a mapping, has a second document or a duplicate key.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let mut reader = Reader { parser: Granit::new(text), anchors: 0 };
        let mut outline = Self::default();
        let (root, span) = reader.next()?;
        if root != Event::Document {
            return Err(Problem::syntax(span.start, "no document"));
        }
        let (root, span) = reader.next()?;
        if !matches!(root, Event::Mapping { .. }) {
            return Err(Problem::syntax(span.start, "no mapping"));
        }
        let mut has_items = false;
        loop {
            let (key, span) = reader.next()?;
            let key = match key {
                Event::End => break,
                Event::Scalar { text, .. } => text.into_owned(),
                // The envelope's value has its content; here it only has to be present.
                Event::Alias(_) => format!("an alias, {}", outline.others.len()),
                _ => return Err(Problem::syntax(span.start, "a key that is a collection")),
            };
            let (value, place) = reader.next()?;
            if key == "items" && std::mem::replace(&mut has_items, true) {
                return Err(Problem::duplicate(&key, None, span.start..span.end));
            }
            if key == "items" && matches!(value, Event::Sequence { .. }) {
                loop {
                    let (item, span) = reader.next()?;
                    if item == Event::End {
                        break;
                    }
                    outline.items.push(reader.node(item, span)?);
                }
                continue;
            }
            let is_open = matches!(&value, Event::Scalar { anchor: 0, tag: None, .. } if place.is_empty());
            if key == "items" && is_open {
                outline.open = Some(span.end);
            }
            let hash = reader.node(value, place)?.content;
            if outline.others.insert(key.clone(), hash).is_some() {
                return Err(Problem::duplicate(&key, None, span.start..span.end));
            }
        }
        match reader.parser.next_event() {
            None => Ok(Self { has_anchors: reader.anchors > 0, ..outline }),
            Some(next) => Err(Problem::syntax(next?.1.start, "a second document")),
        }
    }
}

impl Outline {
    /// Whether the text `first` that the list begins with ends in the line of its `items`, which have no value, and
    /// nothing in the list has an anchor.
    pub(super) fn expects_items_after(&self, first: &str) -> bool {
        let line = self.open.and_then(|end| first.get(end..));
        let is_last = |line: &str| line.starts_with(':') && line.find('\n') == Some(line.len() - 1);
        !self.has_anchors && line.is_some_and(is_last)
    }
}

/// The start and the hash of the tags of the element of a text that is a block sequence of one. `None` if it is not.
pub(super) fn element(text: &str) -> Option<(usize, u64)> {
    let mut reader = Reader { parser: Granit::new(text), anchors: 0 };
    let (document, _) = reader.next().ok()?;
    let (root, _) = reader.next().ok()?;
    let is_plain =
        document == Event::Document && root == Event::Sequence { flow: false, anchor: 0, tag: None };
    let (event, span) = reader.next().ok().filter(|_| is_plain)?;
    let item = reader.node(event, span).ok()?;
    let (end, _) = reader.next().ok()?;
    let is_one = end == Event::End && reader.parser.next_event().is_none();
    is_one.then_some((item.start, item.tags))
}

/// The hash of no tags.
pub(super) fn no_tags() -> u64 {
    DefaultHasher::new().finish()
}

struct Reader<'t> {
    parser: Granit<'t>,
    /// The number of the last anchor.
    anchors: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, std::ops::Range<usize>), Problem> {
        let next = self.parser.next_event().ok_or_else(|| Problem::syntax(0, "the text ends early"))??;
        if let Event::Scalar { anchor, .. } | Event::Sequence { anchor, .. } | Event::Mapping { anchor, .. } =
            &next.0
        {
            self.anchors = self.anchors.max(*anchor);
        }
        Ok(next)
    }

    /// Hashes the node that begins with `event`.
    fn node(&mut self, event: Event<'t>, span: std::ops::Range<usize>) -> Result<Item, Problem> {
        let (mut content, mut tags) = (DefaultHasher::new(), DefaultHasher::new());
        let mut end = span.end;
        let mut depth = 0_usize;
        let mut next = (event, span.clone());
        loop {
            let (event, at) = &next;
            std::mem::discriminant(event).hash(&mut content);
            if let Event::Scalar { tag: Some(tag), .. }
            | Event::Sequence { tag: Some(tag), .. }
            | Event::Mapping { tag: Some(tag), .. } = event
            {
                tag.hash(&mut content);
                tag.hash(&mut tags);
            }
            match event {
                Event::Scalar { text, style, .. } => (text, *style == Style::Plain).hash(&mut content),
                Event::Sequence { .. } | Event::Mapping { .. } => depth += 1,
                // The distance to the anchor: the text before the list may have anchors too.
                Event::Alias(anchor) => self.anchors.wrapping_sub(*anchor).hash(&mut content),
                Event::End => depth = depth.saturating_sub(1),
                Event::Document => {}
            }
            if *event != Event::End || !at.is_empty() {
                end = at.end;
            }
            if depth == 0 {
                return Ok(Item { start: span.start, end, content: content.finish(), tags: tags.finish() });
            }
            next = self.next()?;
        }
    }
}
