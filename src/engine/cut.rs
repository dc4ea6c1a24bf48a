//! Splits texts into groups that are read independently: one document each, with block-style lists split by item.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::engine::Source;
use crate::k8s::Identity;
use crate::yaml::{Document, Side, split_documents, split_items, split_json_list};

/// A document of a source.
#[derive(Debug)]
pub(super) struct Group<'t> {
    /// The index of its source.
    pub(super) source: usize,
    /// The document with the text around it.
    pub(super) text: &'t [u8],
    /// Its offset in the source.
    pub(super) offset: usize,
    /// The number of source lines before it.
    pub(super) line: usize,
    /// The items of a list that can be read one by one.
    pub(super) list: Option<List>,
}

/// A list split by item.
#[derive(Debug)]
pub(super) struct List {
    /// Each item in the group's text: its lines including the dash, or in flow only the item.
    pub(super) items: Vec<Range<usize>>,
    /// Items are separated by commas.
    pub(super) is_flow: bool,
    /// The identity of items without a kind.
    pub(super) inherited: Option<Identity>,
    /// The list is a `ResourceList`.
    pub(super) is_resource_list: bool,
}

impl<'t> Group<'t> {
    /// Each item of a list that can be read one by one, behind what precedes them all; otherwise the whole text. Nothing
    /// in an item refers to what follows the items.
    pub(super) fn texts(&self) -> Vec<&'t [u8]> {
        let Some(List { items, .. }) = &self.list else { return vec![self.text] };
        let header = 0..items.first().map_or(self.text.len(), |first| first.start);
        std::iter::once(&header).chain(items).map(|range| &self.text[range.clone()]).collect()
    }
}

/// The groups of a source; together they are its whole text.
pub(super) fn groups<'t>(index: usize, source: &Source<'t>) -> Vec<Group<'t>> {
    let mut line = 0;
    let mut groups = Vec::new();
    for range in split_documents(source.text) {
        let text = &source.text[range.clone()];
        groups.push(Group { source: index, text, offset: range.start, line, list: list(text) });
        line += memchr::memchr_iter(b'\n', text).count();
    }
    groups
}

/// Fast to search, and present in every list that can be split.
static ITEMS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("items"));

fn list(text: &[u8]) -> Option<List> {
    ITEMS.find(text)?;
    let is_flow = text.starts_with(b"{");
    let items = if is_flow { split_json_list(text) } else { split_items(text) }?;
    let envelope = [&text[items.header.clone()], &text[items.tail.clone()]].concat();
    let envelope = String::from_utf8(envelope).ok()?;
    let document = Document::parse(&envelope).ok()?;
    // In quotes, the line `items:` would be text.
    let key = document.span("/items", Side::Key);
    let is_last = envelope.get(key.end..items.header.end).is_some_and(|rest| rest.lines().count() == 1);
    if !is_flow && !is_last {
        return None;
    }
    let identity = Identity::new(document.text_at("/apiVersion"), document.text_at("/kind"), None)?;
    let inherited = identity.of_items()?;
    let is_resource_list = identity.kind() == "ResourceList";
    Some(List { items: items.items, is_flow, inherited, is_resource_list })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Role;

    fn is_split(text: &str) -> bool {
        let source = Source { file: None, text: text.as_bytes(), role: Role::Stream };
        groups(0, &source).iter().any(|group| group.list.is_some())
    }

    #[test]
    fn a_list_is_split_at_its_own_items() {
        let item = "- apiVersion: v1\n  kind: Pod\n";
        assert!(is_split(&format!("kind: List\napiVersion: v1\nitems:\n{item}")));
        assert!(is_split(&format!("apiVersion: v1\r\nitems: # c\r\n{item}kind: List\n")));
        for text in [
            format!("apiVersion: v1\nkind: List\nx: \"\nitems:\n{item}\"\n"),
            format!("apiVersion: v1\nkind: List\nx: '\nitems:\n{item}'\nitems: []\n"),
            format!("apiVersion: v1\nkind: List\nitems: [\nitems:\n{item}]\n"),
            format!("apiVersion: v1\nkind: Deployment\nitems:\n{item}"),
        ] {
            assert!(!is_split(&text), "{text}");
        }
    }
}
