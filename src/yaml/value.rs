//! The values of nodes, within limits: aliases can expand beyond any machine's memory.

use super::index::{Content, Cursor, Document, NodeId};
use super::parser::Style;
use super::{Problem, is_flag, scalar};
use crate::value::{Array, Builder, Map, Value, unescape};

/// The number of nodes that aliases may add to a value: more than any manifest needs, far less than memory holds.
const EXPANSION_LIMIT: usize = 200_000;

/// The maximum depth of a value: aliases can exceed the parser's own limit of 255.
const DEPTH_LIMIT: usize = 512;

const TAG: &str = "tag:yaml.org,2002:";

impl Document<'_> {
    /// The value of a node.
    ///
    /// # Errors
    /// As [`Document::value`].
    pub fn value_of(&self, node: Cursor) -> Result<Value, Problem> {
        self.build(node.0, None, false, &mut Budget::default())
    }

    /// The value of the document; null if it is empty.
    ///
    /// # Errors
    /// A duplicate key, a key that is a collection, an alias inside its own anchor, or aliases that expand to more
    /// nodes than the limit.
    pub fn value(&self) -> Result<Value, Problem> {
        let mut budget = Budget::default();
        self.root().map_or(Ok(Value::Null), |root| self.build(root, None, false, &mut budget))
    }

    /// The value of the document without YAML 1.1 words: `yes` and `off` are strings.
    ///
    /// # Errors
    /// As [`Document::value`].
    pub fn value_without_words(&self) -> Result<Value, Problem> {
        let mut budget = Budget { without_words: true, ..Budget::default() };
        self.root().map_or(Ok(Value::Null), |root| self.build(root, None, false, &mut budget))
    }

    /// The value of a mapping document, without the node at `left_out`.
    ///
    /// # Errors
    /// As [`Document::value`].
    pub fn value_without(&self, left_out: &str) -> Result<Value, Problem> {
        let mut budget = Budget::default();
        let Some(root) = self.root() else { return Ok(Value::Null) };
        self.build_mapping(root, Some(left_out), false, &mut budget).map(Value::Object)
    }

    /// The value at `pointer`; null if it does not exist.
    ///
    /// # Errors
    /// As [`Document::value`].
    pub fn value_at(&self, pointer: &str) -> Result<Value, Problem> {
        let mut budget = Budget::default();
        match self.follow(pointer) {
            Some((id, true)) => {
                let key = pointer.rsplit('/').next().map(unescape);
                self.build(id, key.as_deref(), false, &mut budget)
            }
            _ => Ok(Value::Null),
        }
    }

    fn build(
        &self,
        id: NodeId,
        key: Option<&str>,
        expanded: bool,
        budget: &mut Budget,
    ) -> Result<Value, Problem> {
        let node = &self.nodes[id];
        budget.expanded += usize::from(expanded);
        if budget.expanded > EXPANSION_LIMIT {
            let message = format!("aliases stand for more than {EXPANSION_LIMIT} nodes");
            return Err(Problem::limit(node.start, message));
        }
        if budget.depth == DEPTH_LIMIT {
            return Err(Problem::limit(node.start, format!("nested more than {DEPTH_LIMIT} deep")));
        }
        budget.depth += 1;
        let value = self.build_content(id, key, expanded, budget);
        budget.depth -= 1;
        value
    }

    fn build_content(
        &self,
        id: NodeId,
        key: Option<&str>,
        expanded: bool,
        budget: &mut Budget,
    ) -> Result<Value, Problem> {
        let node = &self.nodes[id];
        match &node.content {
            Content::Alias { open: true, .. } => {
                Err(Problem::syntax(node.start, "an alias inside its own node"))
            }
            Content::Alias { target, .. } => self.build(*target, key, true, budget),
            Content::Scalar { text, style: Style::Plain }
                if budget.without_words && node.tag.is_none() && scalar::is_word(text) =>
            {
                Ok(text.as_ref().into())
            }
            Content::Scalar { text, style } => Ok(scalar_value(text, *style, node.tag.as_deref(), key)),
            Content::Sequence { .. } => {
                let mut items = Array::with_capacity(self.children(id).count());
                for child in self.children(id) {
                    items.push(self.build(child, None, expanded, budget)?);
                }
                Ok(Value::Array(items))
            }
            Content::Mapping { .. } => self.build_mapping(id, None, expanded, budget).map(Value::Object),
        }
    }

    fn build_mapping(
        &self,
        id: NodeId,
        left_out: Option<&str>,
        expanded: bool,
        budget: &mut Budget,
    ) -> Result<Map, Problem> {
        let mut result = Builder::with_capacity(self.entries(id).count());
        let mut merged = Vec::new();
        let mut left_out = left_out.map(|name| (name, false));
        for (key, value) in self.entries(id) {
            if self.is_merge_key(key) {
                merged.push(value);
                continue;
            }
            let start = self.nodes[key].start;
            let Some(name) = self.scalar_text(key) else {
                return Err(Problem::syntax(start, "a key that is a collection"));
            };
            let is_repeated = match &mut left_out {
                Some((wanted, seen)) if wanted == &name => std::mem::replace(seen, true),
                _ => {
                    let value = self.build(value, Some(name), expanded, budget)?;
                    result.insert(name, value).is_some()
                }
            };
            if is_repeated {
                let same = |(other, _): &(NodeId, NodeId)| self.scalar_text(*other) == Some(name);
                let first = self.entries(id).find(same).map(|(first, _)| self.nodes[first].start);
                return Err(Problem::duplicate(name, first, start..self.nodes[key].end));
            }
        }
        for source in merged {
            self.merge(source, &mut result, budget)?;
        }
        Ok(result.finish())
    }

    /// Merges in the sources of a merge key: own keys win, then earlier sources.
    fn merge(&self, source: NodeId, into: &mut Builder, budget: &mut Budget) -> Result<(), Problem> {
        let sources = match self.build(source, None, true, budget)? {
            Value::Array(sources) => sources,
            one => Array::from(vec![one]),
        };
        for one in sources {
            let Value::Object(entries) = one else {
                return Err(Problem::syntax(
                    self.nodes[source].start,
                    "a merge of something else than mappings",
                ));
            };
            for (key, value) in entries {
                if !into.has(&key) {
                    into.insert(key, value);
                }
            }
        }
        Ok(())
    }

    /// Whether a key is `<<` in a form that readers merge.
    pub(super) fn is_merge_key(&self, id: NodeId) -> bool {
        let node = &self.nodes[id];
        matches!(&node.content, Content::Scalar { text, style: Style::Plain } if text == "<<")
            && node.tag.as_deref().is_none_or(|tag| tag.strip_prefix(TAG) == Some("merge"))
    }
}

/// How much of the limits a value has used.
#[derive(Default)]
struct Budget {
    expanded: usize,
    depth: usize,
    /// Words that only YAML 1.1 reads as booleans are strings.
    without_words: bool,
}

/// Whether a scalar means `value`: as [`scalar_value`], mostly without building a value.
pub(super) fn means(text: &str, style: Style, tag: Option<&str>, key: Option<&str>, value: &Value) -> bool {
    match (value, style, tag) {
        (Value::String(string), Style::Plain, None) => {
            string == text && scalar::is_string(text) && flag(text, style, tag, key).is_none()
        }
        (Value::String(string), _, None) => string == text,
        _ => scalar_value(text, style, tag, key) == *value,
    }
}

/// The value of a scalar; `key` is its key, if any. Custom tags leave the text a string.
pub(super) fn scalar_value(text: &str, style: Style, tag: Option<&str>, key: Option<&str>) -> Value {
    if let Some(flag) = flag(text, style, tag, key) {
        return Value::Bool(flag);
    }
    match (tag.map(|tag| tag.strip_prefix(TAG)), style) {
        (None, Style::Plain) => scalar::resolve(text),
        (Some(Some("null")), _) => Value::Null,
        (Some(Some("int" | "float" | "bool")), _) => scalar::resolve(text),
        _ => text.into(),
    }
}

/// The boolean that a `y` or `n` means, by its field or tag.
fn flag(text: &str, style: Style, tag: Option<&str>, key: Option<&str>) -> Option<bool> {
    let flag = scalar::letter(text)?;
    let is_flag = match tag {
        Some(tag) => tag.strip_prefix(TAG) == Some("bool"),
        None => style == Style::Plain && key.is_some_and(is_flag),
    };
    is_flag.then_some(flag)
}
