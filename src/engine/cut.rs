//! Splits texts into groups that are read independently: one document each, with block-style lists split by item.

use std::ops::Range;

use crate::engine::Source;
use crate::k8s::Identity;
use crate::yaml::{Document, split_documents, split_items, split_json_list};

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

fn list(text: &[u8]) -> Option<List> {
    // Fast to search, and present in every list that can be split.
    memchr::memmem::find(text, b"items")?;
    let is_flow = text.starts_with(b"{");
    let items = if is_flow { split_json_list(text) } else { split_items(text) }?;
    let envelope = [&text[items.header.clone()], &text[items.tail.clone()]].concat();
    let envelope = String::from_utf8(envelope).ok()?;
    let document = Document::parse(&envelope).ok()?;
    let identity = Identity::new(document.text_at("/apiVersion"), document.text_at("/kind"), None)?;
    let inherited = identity.of_items()?;
    let is_resource_list = identity.kind() == "ResourceList";
    Some(List { items: items.items, is_flow, inherited, is_resource_list })
}
