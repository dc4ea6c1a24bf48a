//! Texts as groups that are read independently: a document each, block-style lists item by item.

use std::ops::Range;

use crate::engine::Source;
use crate::k8s::Identity;
use crate::yaml::{Document, split_documents, split_items, split_json_list};

/// A document of a source.
#[derive(Debug)]
pub(super) struct Group<'t> {
    /// The index of its source.
    pub(super) source: usize,
    /// The document with what stands around it.
    pub(super) text: &'t [u8],
    /// Where it begins in the source.
    pub(super) offset: usize,
    /// How many lines of the source stand before it.
    pub(super) line: usize,
    /// The items of a list, where they can be read one by one.
    pub(super) list: Option<List>,
}

/// A list that was cut at its items.
#[derive(Debug)]
pub(super) struct List {
    /// Each item in the group's text: its lines, dash included, or in flow the item alone.
    pub(super) items: Vec<Range<usize>>,
    /// Commas stand between the items.
    pub(super) is_flow: bool,
    /// What an item without a kind is.
    pub(super) inherited: Option<Identity>,
    /// The list is a `ResourceList`.
    pub(super) is_resource_list: bool,
}

/// The groups of a source, which together are its whole text.
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
    // Cheap to find, and there in every list that can be cut.
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
