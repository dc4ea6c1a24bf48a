//! Applies changes to a tree of original nodes and new values, before any text is edited.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::index::{Content, Document, NodeId};
use super::value::scalar_value;
use super::{Problem, Style};
use crate::change::{Change, Operation};
use crate::value::{Value, tokens, unescape};

/// A place in the tree.
#[derive(Debug, Clone)]
pub(super) enum Slot<'c> {
    /// An unchanged node.
    Kept(NodeId),
    /// A string with new content.
    Text(NodeId, String),
    /// A mapping with changes.
    Mapping(NodeId, Vec<Entry<'c>>),
    /// A sequence with changes.
    Sequence(NodeId, Vec<Slot<'c>>),
    /// A node replaced by another value.
    Replaced(NodeId, Cow<'c, Value>),
    /// A node that gets back its text from before an earlier edit.
    Restored(NodeId, &'c str),
    /// A new value.
    New(Cow<'c, Value>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry<'c> {
    pub(super) key: Key,
    pub(super) value: Slot<'c>,
}

#[derive(Debug, Clone)]
pub(super) enum Key {
    Kept(NodeId),
    New(String),
}

impl Slot<'_> {
    /// The original node in this slot.
    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Kept(id)
            | Self::Text(id, _)
            | Self::Mapping(id, _)
            | Self::Sequence(id, _)
            | Self::Replaced(id, _)
            | Self::Restored(id, _) => Some(*id),
            Self::New(_) => None,
        }
    }
}

impl Slot<'_> {
    /// The value added to an empty collection, or `None` if it is still empty.
    pub(super) fn new_value(&self) -> Option<Value> {
        fn value(slot: &Slot<'_>) -> Option<Value> {
            match slot {
                Slot::New(value) => Some(value.clone().into_owned()),
                _ => None,
            }
        }
        match self {
            Self::Mapping(_, entries) if !entries.is_empty() => {
                let pair = |entry: &Entry<'_>| match &entry.key {
                    Key::New(name) => Some((name.clone(), value(&entry.value)?)),
                    Key::Kept(_) => None,
                };
                entries.iter().map(pair).collect::<Option<_>>().map(Value::Object)
            }
            Self::Sequence(_, items) if !items.is_empty() => {
                items.iter().map(value).collect::<Option<_>>().map(Value::Array)
            }
            _ => None,
        }
    }
}

/// The collection that a change is made in.
enum Parent<'s, 'c> {
    Mapping(NodeId, &'s mut Vec<Entry<'c>>),
    Sequence(NodeId, &'s mut Vec<Slot<'c>>),
    Value(&'s mut Value),
}

/// A document's tree with changes.
pub(super) struct Overlay<'d, 't, 'c> {
    document: &'d Document<'t>,
    pub(super) root: Slot<'c>,
    /// Elements that move into a new value, by their placeholder texts.
    pub(super) guests: Vec<(String, Slot<'c>)>,
    /// The moved nodes.
    pub(super) moved: BTreeSet<NodeId>,
}

impl<'d, 't, 'c> Overlay<'d, 't, 'c> {
    pub(super) fn new(document: &'d Document<'t>) -> Option<Self> {
        Some(Self {
            document,
            root: Slot::Kept(document.root()?),
            guests: Vec::new(),
            moved: BTreeSet::new(),
        })
    }

    /// Applies `change`.
    pub(super) fn apply(&mut self, change: &'c Change) -> Result<(), Problem> {
        match &change.operation {
            Operation::Add(value) => self.put(&change.pointer, Slot::New(Cow::Borrowed(value)), true),
            Operation::Replace(value) => self.put(&change.pointer, Slot::New(Cow::Borrowed(value)), false),
            Operation::Restore { value, text } => self.restore(&change.pointer, value, text),
            Operation::Remove => self.take(&change.pointer).map(drop),
            Operation::Move { from } => {
                let slot = self.take(from)?;
                self.moved.extend(slot.node());
                self.put(&change.pointer, slot, true)
            }
        }
    }

    /// Restores the earlier value of the node at `pointer`.
    fn restore(&mut self, pointer: &str, value: &'c Value, text: &'c str) -> Result<(), Problem> {
        let document = self.document;
        self.put(pointer, Slot::New(Cow::Borrowed(value)), false)?;
        let (parent, token) = self.parent(pointer)?;
        let slot = match parent {
            Parent::Mapping(_, entries) => {
                let key = unescape(token);
                entries.iter_mut().find(|entry| is_key(document, entry, &key)).map(|entry| &mut entry.value)
            }
            Parent::Sequence(_, items) => token.parse().ok().and_then(|index: usize| items.get_mut(index)),
            Parent::Value(_) => None,
        };
        if let Some(slot) = slot
            && let Some(id) = slot.node()
        {
            *slot = Slot::Restored(id, text);
        }
        Ok(())
    }

    fn put(&mut self, pointer: &str, slot: Slot<'c>, insert: bool) -> Result<(), Problem> {
        let document = self.document;
        let (parent, token) = self.parent(pointer)?;
        match parent {
            Parent::Mapping(id, entries) => {
                let key = unescape(token);
                match entries.iter_mut().find(|entry| is_key(document, entry, &key)) {
                    Some(entry) => set(document, &mut entry.value, slot)?,
                    None if insert => entries.push(Entry { key: Key::New(key.into_owned()), value: slot }),
                    None => return Err(absent(document, id, token)),
                }
            }
            Parent::Sequence(id, items) => {
                let index: usize = token.parse().map_err(|_| absent(document, id, token))?;
                if insert && index <= items.len() {
                    items.insert(index, slot);
                } else {
                    let item = items.get_mut(index).ok_or_else(|| absent(document, id, token))?;
                    set(document, item, slot)?;
                }
            }
            Parent::Value(value) => {
                let (new, guest) = match slot {
                    Slot::New(new) => (new.into_owned(), None),
                    // The slot takes over its text.
                    slot => {
                        let place = slot.node().map_or_else(String::new, |node| format!("moved-here-{node}"));
                        (place.as_str().into(), Some((place, slot)))
                    }
                };
                let pointer = format!("/{token}");
                let change = if insert { Change::add(pointer, new) } else { Change::replace(pointer, new) };
                change.apply(value).map_err(|error| Problem::uneditable(0, error.to_string()))?;
                self.guests.extend(guest);
            }
        }
        Ok(())
    }

    fn take(&mut self, pointer: &str) -> Result<Slot<'c>, Problem> {
        let document = self.document;
        let (parent, token) = self.parent(pointer)?;
        let (id, slot) = match parent {
            Parent::Mapping(id, entries) => {
                let key = unescape(token);
                let at = entries.iter().position(|entry| is_key(document, entry, &key));
                if let Some(Entry { key: Key::Kept(key), .. }) = at.map(|at| &entries[at]) {
                    check_anchors(document, *key)?;
                }
                (id, at.map(|at| entries.remove(at).value))
            }
            Parent::Sequence(id, items) => {
                let at = token.parse().ok().filter(|at: &usize| *at < items.len());
                (id, at.map(|at| items.remove(at)))
            }
            Parent::Value(value) => {
                let taken = value.pointer_mut(&format!("/{token}")).map(Value::take);
                let taken = taken.ok_or_else(|| Problem::uneditable(0, format!("nothing at {pointer}")))?;
                Change::remove(format!("/{token}"))
                    .apply(value)
                    .map_err(|error| Problem::uneditable(0, error.to_string()))?;
                return Ok(Slot::New(Cow::Owned(taken)));
            }
        };
        let slot = slot.ok_or_else(|| absent(document, id, token))?;
        if let Some(node) = slot.node() {
            check_anchors(document, node)?;
        }
        Ok(slot)
    }

    /// The collection that the last token of `pointer` refers to, opened for changes, and that token.
    fn parent<'p>(&mut self, pointer: &'p str) -> Result<(Parent<'_, 'c>, &'p str), Problem> {
        let (way, last) =
            pointer.rsplit_once('/').ok_or_else(|| Problem::uneditable(0, "the root itself"))?;
        let document = self.document;
        let mut slot = &mut self.root;
        let mut tokens = tokens(way).ok_or_else(|| Problem::uneditable(0, format!("no pointer: {way}")))?;
        loop {
            open(document, slot)?;
            if matches!(slot, Slot::Replaced(..) | Slot::Restored(..) | Slot::New(_)) {
                break;
            }
            let Some(token) = tokens.next() else { break };
            slot = match slot {
                Slot::Mapping(id, entries) => {
                    let key = unescape(token);
                    let entry = entries.iter_mut().find(|entry| is_key(document, entry, &key));
                    &mut entry.ok_or_else(|| absent(document, *id, token))?.value
                }
                Slot::Sequence(id, items) => {
                    let item = token.parse::<usize>().ok().and_then(|index| items.get_mut(index));
                    item.ok_or_else(|| absent(document, *id, token))?
                }
                _ => return Err(Problem::uneditable(0, format!("{way} leads through a scalar"))),
            };
        }
        match slot {
            Slot::Mapping(id, entries) => Ok((Parent::Mapping(*id, entries), last)),
            Slot::Sequence(id, items) => Ok((Parent::Sequence(*id, items), last)),
            Slot::Replaced(_, value) | Slot::New(value) => {
                let rest: String = tokens.flat_map(|token| ["/", token]).collect();
                let missing = || Problem::uneditable(0, format!("nothing at {way}"));
                Ok((Parent::Value(value.to_mut().pointer_mut(&rest).ok_or_else(missing)?), last))
            }
            Slot::Kept(id) | Slot::Text(id, _) | Slot::Restored(id, _) => Err(absent(document, *id, last)),
        }
    }
}

/// Refuses to remove a node that an alias may refer to.
fn check_anchors(document: &Document<'_>, id: NodeId) -> Result<(), Problem> {
    match (document.aliases > 0).then(|| document.anchor_within(id)).flatten() {
        Some(anchor) => {
            let message = "an anchor would be removed or moved, and the document has aliases";
            Err(Problem::uneditable(document.nodes[anchor].start, message))
        }
        None => Ok(()),
    }
}

/// Expands an original collection so that its children can be addressed.
fn open(document: &Document<'_>, slot: &mut Slot<'_>) -> Result<(), Problem> {
    let Slot::Kept(id) = *slot else { return Ok(()) };
    match document.nodes[id].content {
        Content::Mapping { .. } => {
            check(document, id)?;
            let entries = document
                .entries(id)
                .map(|(key, value)| Entry { key: Key::Kept(key), value: Slot::Kept(value) });
            *slot = Slot::Mapping(id, entries.collect());
        }
        Content::Sequence { .. } => {
            check(document, id)?;
            *slot = Slot::Sequence(id, document.children(id).map(Slot::Kept).collect());
        }
        Content::Alias { .. } | Content::Scalar { .. } => check(document, id)?,
    }
    Ok(())
}

/// Refuses a node that is used in more than one place.
fn check(document: &Document<'_>, id: NodeId) -> Result<(), Problem> {
    let node = &document.nodes[id];
    if matches!(node.content, Content::Alias { .. }) {
        return Err(Problem::uneditable(node.start, "the injection would have to change an alias"));
    }
    if node.is_shared {
        return Err(Problem::uneditable(node.start, "an alias shares the content of the anchor here"));
    }
    Ok(())
}

fn set<'c>(document: &Document<'_>, slot: &mut Slot<'c>, new: Slot<'c>) -> Result<(), Problem> {
    let Slot::New(value) = new else {
        return Err(Problem::uneditable(0, "an element would move onto another one"));
    };
    let Some(id) = slot.node() else {
        *slot = Slot::New(value);
        return Ok(());
    };
    check(document, id)?;
    let node = &document.nodes[id];
    let is_string = match &node.content {
        Content::Scalar { text, style } => scalar_value(text, *style, node.tag.as_deref(), None).is_string(),
        _ => false,
    };
    *slot = match value.as_str() {
        Some(text) if is_string => Slot::Text(id, text.to_owned()),
        _ => Slot::Replaced(id, value),
    };
    Ok(())
}

fn is_key(document: &Document<'_>, entry: &Entry<'_>, key: &str) -> bool {
    match &entry.key {
        Key::Kept(id) => document.scalar_text(*id) == Some(key) && !document.is_merge_key(*id),
        Key::New(name) => name == key,
    }
}

/// The problem for a pointer that exists in the value but not in the text, because of a merge key.
fn absent(document: &Document<'_>, id: NodeId, token: &str) -> Problem {
    let merge = match document.nodes[id].content {
        Content::Mapping { .. } => {
            document.entries(id).map(|(key, _)| key).find(|key| document.is_merge_key(*key))
        }
        _ => None,
    };
    match merge {
        Some(key) => Problem::uneditable(
            document.nodes[key].start,
            format!("`{}` comes by a merge key", unescape(token)),
        ),
        None => Problem::uneditable(document.nodes[id].start, format!("nothing at `{}`", unescape(token))),
    }
}

/// Whether the scalar is a block scalar.
pub(super) fn is_block_scalar(style: Style) -> bool {
    matches!(style, Style::Literal | Style::Folded)
}
