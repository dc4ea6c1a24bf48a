//! Computes a record from a workload before and after its injection.

use std::cell::LazyCell;

use ecow::EcoString;

use super::checksum::of_text;
use super::{ANNOTATION, Node, Part, Record, Taken, VERSION, checksum, is_empty, tokens};
use crate::change::{longest_increasing, origins};
use crate::k8s::{is_of_host, pod};
use crate::value::{Map, Value, escape};

impl Record {
    /// What the injection wrote when it turned `original` into `injected`. `form` returns how a value in `original` is
    /// written, by pointer and by path of keys and names, if that must be recorded. `from` lists the resources it was
    /// injected from.
    #[must_use]
    pub fn between(
        original: &Value,
        injected: &Value,
        form: &dyn Fn(&str, &[EcoString]) -> Option<String>,
        from: Vec<String>,
    ) -> Self {
        let mut walk = Walk { form, path: Vec::new(), losses: Vec::new(), gains: Vec::new() };
        let mut root = Node::default();
        if let (Value::Object(before), Value::Object(after)) = (original, injected) {
            walk.mappings("", before, after, &mut root);
            walk.own_metadata(before, &mut root);
        }
        let Walk { losses, gains, .. } = walk;
        for loss in losses {
            let key = loss.path.last().map_or("", EcoString::as_str);
            let went = gains.iter().find(|(_, element)| pod::elements(element, key).contains(loss.element));
            if let Some((path, _)) = went {
                let to = path.iter().cloned().chain([key.into()]).collect();
                let node = loss
                    .path
                    .iter()
                    .fold(&mut root, |node, token| node.inside.entry(token.clone()).or_default());
                node.taken.insert(loss.token, Taken { to, before: loss.followers });
            }
        }
        Self { v: VERSION, from, root, end: None }
    }
}

struct Walk<'w> {
    form: &'w dyn Fn(&str, &[EcoString]) -> Option<String>,
    /// Keys and tokens that lead to the current value.
    path: Vec<EcoString>,
    /// Elements that were removed from their list.
    losses: Vec<Loss<'w>>,
    /// Elements that are ours and have lists, with their paths.
    gains: Vec<(Vec<EcoString>, &'w Value)>,
}

struct Loss<'w> {
    /// The list's path.
    path: Vec<EcoString>,
    token: EcoString,
    element: &'w Value,
    followers: Vec<EcoString>,
}

/// Lists whose elements can be partly ours.
const SHARED: [&str; 3] = ["initContainers", "containers", "env"];

static NOTHING: Value = Value::Null;

impl<'w> Walk<'w> {
    /// Records mappings that the record's own annotation may create.
    fn own_metadata(&self, before: &Map, root: &mut Node) {
        let metadata = before.get("metadata").filter(|value| !value.is_null());
        let Some(metadata) = metadata.filter(|metadata| !is_empty(metadata)) else {
            if !root.was.contains_key("metadata") {
                root.was.insert(
                    "metadata".into(),
                    self.text("/metadata", &["metadata".into()], before.get("metadata")),
                );
            }
            let annotations = root.inside.entry("metadata".into()).or_default();
            annotations.was.entry("annotations".into()).or_insert(None);
            return;
        };
        let annotations = metadata.get("annotations");
        if annotations.is_none_or(is_made) {
            let path = ["metadata", "annotations"].map(EcoString::from);
            let own = root.inside.entry("metadata".into()).or_default();
            let text = self.text("/metadata/annotations", &path, annotations);
            own.was.entry("annotations".into()).or_insert(text);
        }
    }

    /// The text of a value that is replaced.
    fn text(&self, pointer: &str, path: &[EcoString], value: Option<&Value>) -> Option<String> {
        let value = value?;
        if value.as_object().is_some_and(|entries| !entries.is_empty()) {
            // The host's own annotations are not in the file.
            return None;
        }
        let text = (self.form)(pointer, path).filter(|_| !value.is_string());
        Some(text.unwrap_or_else(|| format!(" {value}")))
    }

    fn mappings(&mut self, pointer: &str, before: &'w Map, after: &'w Map, node: &mut Node) {
        let mut before = before.seek();
        for (key, now) in after {
            let was = before.get(key);
            if was == Some(now) || key == ANNOTATION {
                continue;
            }
            let pointer = [pointer, "/", &escape(key)].concat();
            self.path.push(key.clone());
            let is_collection = matches!(now, Value::Object(_) | Value::Array(_));
            if is_collection && was.is_none_or(is_made) {
                node.was.insert(key.clone(), self.text(&pointer, &self.path, was));
            }
            let mut inside = Node::default();
            match (was.unwrap_or(&NOTHING), now) {
                (Value::Object(was), Value::Object(now)) => {
                    self.mappings(&pointer, was, now, &mut inside);
                }
                (_, Value::Object(now)) => {
                    static NONE: Map = Map::new();
                    self.mappings(&pointer, &NONE, now, &mut inside);
                }
                (was, Value::Array(now)) => {
                    let was = was.as_array().unwrap_or_default();
                    self.lists(&pointer, key, was, now, &mut inside);
                }
                (Value::String(was), Value::String(now)) if part(was, now).is_some() => {
                    let (before, after) = part(was, now).unwrap_or_default();
                    let plain = (self.form)(&pointer, &self.path).is_some_and(|form| form == *was);
                    let of = |text: &str| (!text.is_empty()).then(|| (text.len(), of_text(text)));
                    node.part.insert(key.clone(), Part { before: of(before), after: of(after), plain });
                }
                (_, now) => {
                    node.ours.insert(key.clone(), checksum(now));
                    if was.is_some() {
                        node.was.insert(key.clone(), self.text(&pointer, &self.path, was));
                    }
                }
            }
            if !inside.is_empty() {
                node.inside.insert(key.clone(), inside);
            }
            self.path.pop();
        }
    }

    fn lists(&mut self, pointer: &str, key: &str, before: &'w [Value], after: &'w [Value], node: &mut Node) {
        let is_shared = SHARED.contains(&key);
        let mut origins = origins(key, before, after, pod::identify);
        for (index, origin) in origins.iter_mut().enumerate() {
            // Same name but different content: one is the user's, one is ours.
            *origin = origin.filter(|origin| is_shared || before[*origin] == after[index]);
        }
        let old = LazyCell::new(|| tokens(key, before));
        let new = tokens(key, after);
        for (index, now) in after.iter().enumerate() {
            let origin = origins[index].map(|origin| (origin, &before[origin]));
            if origin.is_some_and(|(_, was)| was == now) {
                continue;
            }
            let token = EcoString::from(&*new[index]);
            self.path.push(token.clone());
            match origin {
                None => {
                    node.ours.insert(token, checksum(now));
                    if now.as_object().is_some_and(|entries| entries.values().any(Value::is_array)) {
                        self.gains.push((self.path.clone(), now));
                    }
                }
                Some((origin, was)) => {
                    if let (Value::Object(was), Value::Object(now)) = (was, now) {
                        let mut inside = Node::default();
                        self.mappings(&format!("{pointer}/{origin}"), was, now, &mut inside);
                        node.inside.insert(token, inside);
                    }
                }
            }
            self.path.pop();
        }
        let kept: Vec<usize> = origins.iter().flatten().copied().collect();
        let token = |index: usize| EcoString::from(&*old[index]);
        let followers = |index: usize| (index + 1..old.len()).map(token).collect::<Vec<_>>();
        for (place, origin) in longest_increasing(&kept).into_iter().zip(&kept) {
            if !place {
                node.moved.insert(token(*origin), followers(*origin));
            }
        }
        let mut stays = vec![false; before.len()];
        kept.iter().for_each(|origin| stays[*origin] = true);
        for index in (0..before.len()).filter(|index| !stays[*index]) {
            self.losses.push(Loss {
                path: self.path.clone(),
                token: token(index),
                element: &before[index],
                followers: followers(index),
            });
        }
    }
}

/// Whether a value has nothing of the user's: a null, an empty collection, or only a host's annotations.
fn is_made(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.keys().all(|key| is_of_host(key)),
        _ => false,
    }
}

/// The parts before and after `was` in `now`.
fn part<'n>(was: &str, now: &'n str) -> Option<(&'n str, &'n str)> {
    let at = if now.starts_with(was) { Some(0) } else { now.find(was) }?;
    Some((&now[..at], &now[at + was.len()..]))
}
