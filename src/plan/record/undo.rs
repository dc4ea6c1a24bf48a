//! Reverts an injection by its record.

use std::borrow::Cow;

use ecow::EcoString;

use super::{ANNOTATION, Node, Part, Record, Taken, checksum, is_empty, tokens};
use crate::change::{Change, Forms};
use crate::k8s::pod::identify;
use crate::select::is_marked;
use crate::value::{Array, Map, Value, escape};
use crate::yaml::Document;

/// A workload without its injection.
#[derive(Debug)]
pub struct Undone {
    /// The workload.
    pub value: Value,
    /// The text of values from before the injection, for [`crate::change::between`].
    pub forms: Forms,
    /// Changes that move user elements out of our containers to the end of their lists, so that their text moves along.
    pub returns: Vec<Change>,
    /// Places of injected values that were edited since.
    pub edited: Vec<String>,
}

/// Why a record does not match its workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub String);

impl Record {
    /// `injected` without what we wrote and without the record. Other later changes are kept.
    ///
    /// # Errors
    /// A container of the record is gone, and it is not clear which one it is now.
    pub fn undo(&self, injected: &Value) -> Result<Undone, Invalid> {
        let mut value = injected.clone();
        if let Some(annotations) = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.remove(ANNOTATION);
        }
        let mut walk =
            Walk { injected, forms: Forms::new(), returns: Vec::new(), edited: Vec::new(), path: Vec::new() };
        walk.value("", &self.root, &mut value)?;
        let Walk { forms, returns, edited, .. } = walk;
        Ok(Undone { value, forms, returns, edited })
    }
}

struct Walk<'i> {
    injected: &'i Value,
    forms: Forms,
    returns: Vec<Change>,
    edited: Vec<String>,
    path: Vec<Step>,
}

/// A step of a path to a value.
enum Step {
    Key(EcoString),
    Element(EcoString),
}

impl Walk<'_> {
    fn value(&mut self, key: &str, node: &Node, value: &mut Value) -> Result<(), Invalid> {
        match value {
            Value::Object(entries) => self.mapping(node, entries),
            Value::Array(elements) => self.list(key, node, elements),
            _ => Ok(()),
        }
    }

    fn mapping(&mut self, node: &Node, entries: &mut Map) -> Result<(), Invalid> {
        for (key, inside) in &node.inside {
            let Some(value) = entries.get_mut(key) else {
                self.all_edited(key, inside);
                continue;
            };
            self.path.push(Step::Key(key.clone()));
            self.value(key, inside, value)?;
            self.path.pop();
        }
        for (key, part) in &node.part {
            let value = entries.get_mut(key);
            match value.as_ref().and_then(|value| part.rest(value.as_str()?)) {
                Some(rest) => {
                    if part.plain {
                        self.forms.insert(self.at(key), (Value::from(rest.as_str()), rest.clone()));
                    }
                    if let Some(value) = value {
                        *value = Value::from(rest);
                    }
                }
                None => self.note(key),
            }
        }
        for (key, sum) in &node.ours {
            if entries.get(key).map(checksum).as_ref() != Some(sum) {
                self.note(key);
            }
            if entries.contains_key(key) {
                self.restore(entries, key, node.was.get(key).and_then(Option::as_deref));
            }
        }
        for (key, text) in node.was.iter().filter(|(key, _)| !node.ours.contains_key(*key)) {
            if entries.get(key).is_some_and(is_empty) {
                self.restore(entries, key, text.as_deref());
            }
        }
        Ok(())
    }

    /// Restores the earlier value of a key.
    fn restore(&mut self, entries: &mut Map, key: &str, text: Option<&str>) {
        let Some(text) = text else {
            entries.remove(key);
            return;
        };
        let value = Document::parse(text).and_then(|document| document.value()).unwrap_or_default();
        self.forms.insert(self.at(key), (value.clone(), text.to_owned()));
        entries.insert(key.to_owned(), value);
    }

    fn list(&mut self, key: &str, node: &Node, elements: &mut Array) -> Result<(), Invalid> {
        let given = elements.clone();
        let mut by_token: Vec<(Cow<'_, str>, usize)> = tokens(key, &given).into_iter().zip(0..).collect();
        by_token.sort();
        for (token, inside) in &node.inside {
            let index = match indexes(&by_token, token).next() {
                Some(index) => index,
                None => match renamed(key, token, node, inside, elements)? {
                    Some(index) => index,
                    None => continue,
                },
            };
            let token = identify(key, &elements[index]).unwrap_or(token).into();
            self.path.push(Step::Element(token));
            self.value("", inside, &mut elements[index])?;
            self.path.pop();
        }
        let mut gone = vec![false; elements.len()];
        for (token, sum) in &node.ours {
            let exact = indexes(&by_token, token).find(|index| checksum(&elements[*index]) == *sum);
            let first = || indexes(&by_token, token).next().filter(|_| !node.inside.contains_key(token));
            if let Some(index) = exact.or_else(first) {
                gone[index] = true;
            }
            if exact.is_none() {
                self.path.push(Step::Element(token.clone()));
                self.edited.push(self.place());
                self.path.pop();
            }
        }
        // Our elements follow the existing ones; later additions may follow ours.
        let behind = gone.iter().position(|gone| *gone).unwrap_or(elements.len());
        let mut index = 0;
        elements.retain(|_| {
            index += 1;
            !gone[index - 1]
        });
        for (token, Taken { to, before }) in &node.taken {
            match self.taken(to, token) {
                Some((from, element)) => {
                    let list = self.pointer();
                    let end =
                        self.injected.pointer(&list).and_then(Value::as_array).map_or(0, <[Value]>::len);
                    let back = self.returns.iter().filter(|change| change.pointer.starts_with(&list)).count();
                    self.returns.push(Change::relocate(from, format!("{list}/{}", end + back)));
                    let at = place_before(key, elements, before).unwrap_or(behind.min(elements.len()));
                    elements.insert(at, element);
                }
                None => {
                    self.path.push(Step::Element(token.clone()));
                    self.edited.push(self.place());
                    self.path.pop();
                }
            }
        }
        for (token, before) in &node.moved {
            let all = tokens(key, elements);
            if let Some(from) = all.iter().rposition(|other| *other == token.as_str()) {
                let element = elements.remove(from);
                let at = place_before(key, elements, before).unwrap_or(from);
                elements.insert(at, element);
            }
        }
        Ok(())
    }

    /// An element that moved into one of our containers, and its pointer.
    fn taken(&self, to: &[EcoString], token: &str) -> Option<(String, Value)> {
        let mut pointer = String::new();
        let mut value = self.injected;
        let mut key = "";
        for step in to {
            match value {
                Value::Array(elements) => {
                    let index = elements.iter().position(|element| identify(key, element) == Some(step))?;
                    pointer = format!("{pointer}/{index}");
                    value = &elements[index];
                }
                _ => {
                    pointer = format!("{pointer}/{}", escape(step));
                    value = value.get(step)?;
                }
            }
            key = step;
        }
        let elements = value.as_array()?;
        let index = tokens(key, elements).iter().position(|other| other == token)?;
        Some((format!("{pointer}/{index}"), elements[index].clone()))
    }

    /// The pointer to the current place in the injected value.
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        let mut value = self.injected;
        let mut key = "";
        for step in &self.path {
            match step {
                Step::Key(name) => {
                    pointer = format!("{pointer}/{}", escape(name));
                    value = value.get(name).unwrap_or(&Value::Null);
                    key = name;
                }
                Step::Element(name) => {
                    let elements = value.as_array().unwrap_or_default();
                    let index = tokens(key, elements).iter().position(|token| *token == name.as_str());
                    let index = index.unwrap_or(elements.len());
                    pointer = format!("{pointer}/{index}");
                    value = elements.get(index).unwrap_or(&Value::Null);
                }
            }
        }
        pointer
    }

    /// The path of a key, as used in [`Forms`].
    fn at(&self, key: &str) -> String {
        let mut path = String::new();
        for step in &self.path {
            let (Step::Key(name) | Step::Element(name)) = step;
            path.push('/');
            path.push_str(&escape(name));
        }
        format!("{path}/{}", escape(key))
    }

    fn note(&mut self, key: &str) {
        self.path.push(Step::Key(key.into()));
        self.edited.push(self.place());
        self.path.pop();
    }

    /// Notes everything recorded in a node below a removed key as edited.
    fn all_edited(&mut self, key: &str, node: &Node) {
        if !(node.ours.is_empty() && node.part.is_empty()) {
            self.note(key);
        }
    }

    /// The current place in words: `containers[app].env[NODE_OPTIONS]`.
    fn place(&self) -> String {
        let in_pod = self.path.iter().rposition(|step| matches!(step, Step::Key(name) if name == "spec"));
        let mut text = String::new();
        for step in &self.path[in_pod.map_or(0, |spec| spec + 1)..] {
            match step {
                Step::Key(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(name);
                }
                Step::Element(name) => text.push_str(&format!("[{name}]")),
            }
        }
        text.strip_suffix("].value").map_or(text.clone(), |text| format!("{text}]"))
    }
}

/// The indexes of the elements with a token, in order.
fn indexes<'t>(by_token: &'t [(Cow<'_, str>, usize)], token: &'t str) -> impl Iterator<Item = usize> {
    let start = by_token.partition_point(|(other, _)| **other < *token);
    by_token[start..].iter().take_while(move |(other, _)| *other == token).map(|(_, index)| *index)
}

impl Part {
    /// The user's part of a text, or `None` if ours is not in it.
    fn rest(&self, text: &str) -> Option<String> {
        let (mut start, mut rest) = (String::new(), text);
        if let Some((length, sum)) = &self.before {
            let at = super::checksum::find(rest, *length, sum, false)?;
            start.push_str(&rest[..at]);
            rest = &rest[at + length..];
        }
        if let Some((length, sum)) = &self.after {
            let at = super::checksum::find(rest, *length, sum, true)?;
            return Some(format!("{start}{}{}", &rest[..at], &rest[at + length..]));
        }
        Some(start + rest)
    }
}

impl Node {
    /// Whether a value has everything that is recorded in the node.
    fn is_whole_in(&self, key: &str, value: &Value) -> bool {
        let index =
            |elements: &[Value], token: &str| tokens(key, elements).iter().position(|other| other == token);
        let child = |token: &str| match value {
            Value::Array(elements) => index(elements, token).map(|index| &elements[index]),
            _ => value.get(token),
        };
        let holds = |token: &str, has: &dyn Fn(&Value) -> bool| child(token).is_some_and(has);
        let has_part =
            |part: &Part, value: &Value| value.as_str().is_some_and(|text| part.rest(text).is_some());
        self.ours.iter().all(|(token, sum)| holds(token, &|value| checksum(value) == *sum))
            && self.part.iter().all(|(token, part)| holds(token, &|value| has_part(part, value)))
            && self.inside.iter().all(|(token, node)| holds(token, &|value| node.is_whole_in(token, value)))
    }
}

/// The new index of a recorded element that is gone: the only one with everything recorded for it.
fn renamed(
    key: &str,
    token: &str,
    node: &Node,
    lost: &Node,
    elements: &[Value],
) -> Result<Option<usize>, Invalid> {
    if !["initContainers", "containers"].contains(&key) {
        return Ok(None);
    }
    let names = tokens(key, elements);
    let is_free = |index: &usize| {
        let name = names[*index].as_ref();
        !(node.inside.contains_key(name) || node.ours.contains_key(name))
    };
    let free: Vec<usize> = (0..elements.len()).filter(is_free).collect();
    let whole: Vec<usize> =
        free.iter().copied().filter(|index| lost.is_whole_in("", &elements[*index])).collect();
    match whole.as_slice() {
        [one] => Ok(Some(*one)),
        [] if !free.iter().any(|index| is_marked(&elements[*index])) => Ok(None),
        _ => Err(Invalid(format!(
            "container \"{token}\" is gone, and it is not clear which container it is now (containers: {})",
            names.join(", ")
        ))),
    }
}

/// The place of an element that preceded these elements: before the first of them that still exists. If a name occurs
/// several times, the last ones are used.
fn place_before(key: &str, elements: &[Value], followers: &[EcoString]) -> Option<usize> {
    let tokens = tokens(key, elements);
    for (index, follower) in followers.iter().enumerate() {
        let from_the_end = followers[index..].iter().filter(|other| *other == follower).count();
        let places = tokens.iter().enumerate().rev().filter(|(_, token)| **token == follower.as_str());
        if let Some((place, _)) = places.take(from_the_end).last() {
            return Some(place);
        }
    }
    None
}
