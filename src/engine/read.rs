//! The resources of a text: their places and identities, read without building values.

use crate::finding::{Origin, Subject};
use crate::k8s::{Identity, origin};
use crate::yaml::{Cursor, Document, Problem, split_json};

/// A resource in a document.
#[derive(Debug)]
pub(super) struct Found {
    /// The resource's node.
    pub(super) cursor: Cursor,
    /// Its pointer in the document.
    pub(super) base: String,
    /// Its identity, or `None` if it has none.
    pub(super) identity: Option<Identity>,
    /// It is an item of a `ResourceList`.
    pub(super) is_krm_item: bool,
}

/// The documents of a group's text with their offsets: one, or several JSON values in a row.
pub(super) fn documents(text: &[u8]) -> Result<Vec<(usize, Document<'_>)>, Problem> {
    let text = utf8(text)?;
    let problem = match Document::parse(text) {
        Ok(document) => return Ok(vec![(0, document)]),
        Err(problem) => problem,
    };
    let values = split_json(text).ok_or(problem)?;
    let parse = |range: std::ops::Range<usize>| {
        let moved = |problem: Problem| Problem {
            offset: problem.offset + range.start,
            first: problem.first.map(|first| first + range.start),
            ..problem
        };
        Ok((range.start, Document::parse(&text[range.clone()]).map_err(moved)?))
    };
    values.into_iter().map(parse).collect()
}

/// The document of one list item: a sequence with one element, or in JSON a mapping.
pub(super) fn item(text: &[u8]) -> Result<Document<'_>, Problem> {
    let document = Document::parse(utf8(text)?)?;
    match document.at("").and_then(|root| document.elements(root)) {
        Some(elements) if elements.len() == 1 => Ok(document),
        None if document.is_mapping() => Ok(document),
        _ => Err(Problem::syntax(0, "more than one item")),
    }
}

fn utf8(text: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(text).map_err(|error| Problem::syntax(error.valid_up_to(), "not UTF-8"))
}

/// The resources of a document, including items of lists.
pub(super) fn resources(document: &Document<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    if let Some(root) = document.at("") {
        walk(document, root, String::new(), None, false, &mut found);
    }
    found
}

/// The resources of a list item's document.
pub(super) fn item_resources(
    document: &Document<'_>,
    inherited: Option<&Identity>,
    is_krm_item: bool,
) -> Vec<Found> {
    let mut found = Vec::new();
    let base = if document.is_mapping() { "" } else { "/0" };
    if let Some(item) = document.at(base) {
        walk(document, item, base.to_owned(), inherited, is_krm_item, &mut found);
    }
    found
}

fn walk(
    document: &Document<'_>,
    cursor: Cursor,
    base: String,
    inherited: Option<&Identity>,
    is_krm_item: bool,
    found: &mut Vec<Found>,
) {
    if !document.is_mapping_at(cursor) {
        return;
    }
    let text = |key| document.get(cursor, key).and_then(|node| document.text(node));
    let identity = Identity::new(text("apiVersion"), text("kind"), inherited);
    let items = identity
        .as_ref()
        .and_then(Identity::of_items)
        .zip(document.get(cursor, "items").and_then(|items| document.elements(items)))
        .filter(|(_, items)| !items.is_empty() && items.iter().all(|item| document.is_mapping_at(*item)));
    match items {
        Some((inherited, items)) => {
            let is_krm_item = identity.is_some_and(|identity| identity.kind() == "ResourceList");
            for (index, item) in items.into_iter().enumerate() {
                walk(document, item, format!("{base}/items/{index}"), inherited.as_ref(), is_krm_item, found);
            }
        }
        None => found.push(Found { cursor, base, identity, is_krm_item }),
    }
}

impl Found {
    /// The file that the resource comes from, according to its annotations.
    pub(super) fn origin(&self, document: &Document<'_>) -> Option<Origin> {
        let metadata = document.get(self.cursor, "metadata")?;
        let annotations = document.get(metadata, "annotations")?;
        origin::of_annotations(|key| document.get(annotations, key).and_then(|node| document.text(node)))
    }

    /// The resource as named in findings, read without building its value.
    pub(super) fn subject(&self, document: &Document<'_>) -> Subject {
        let metadata = document.get(self.cursor, "metadata");
        let text = |key| {
            let node = metadata.and_then(|metadata| document.get(metadata, key));
            node.and_then(|node| document.text(node)).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Subject {
            api_version: self.identity.as_ref().map(Identity::api_version).unwrap_or_default(),
            kind: self.identity.as_ref().map(|identity| identity.kind().to_owned()).unwrap_or_default(),
            namespace: text("namespace"),
            name: text("name").unwrap_or_default(),
        }
    }
}
