//! The value of a document: what every decision is based on. Its keys are in order.
//!
//! Copies share their memory until they differ: a copy of a workload costs nothing, a change copies only the collections
//! on the way to its place, and what no change has touched compares at once.

use std::fmt;
use std::ops::{Index, IndexMut};

use ecow::{EcoString, EcoVec};
use serde_json::Number;

mod convert;
mod map;
mod pointer;

pub use convert::{ToValue, json};
pub(crate) use map::Builder;
pub use map::{Iter, Map};
pub use pointer::{escape, unescape};
pub(crate) use pointer::{index, split, tokens};

/// What a YAML or JSON text says.
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// `null`, or nothing.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(EcoString),
    /// A sequence.
    Array(Array),
    /// A mapping.
    Object(Map),
}

/// The items of a sequence.
#[derive(Clone, Default)]
pub struct Array(EcoVec<Value>);

static NULL: Value = Value::Null;

impl Value {
    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(flag) = self { Some(*flag) } else { None }
    }

    /// The number, if it is an integer of that range.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Number(number) = self { number.as_i64() } else { None }
    }

    /// The number, if it is an integer of that range.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self { number.as_f64() } else { None }
    }

    /// The items, if it is a sequence.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The items, if it is a sequence.
    pub const fn as_array_mut(&mut self) -> Option<&mut Array> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Map> {
        if let Self::Object(entries) = self { Some(entries) } else { None }
    }

    /// The entries, if it is a mapping.
    pub const fn as_object_mut(&mut self) -> Option<&mut Map> {
        if let Self::Object(entries) = self { Some(entries) } else { None }
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is a string.
    #[must_use]
    pub const fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    /// Whether it is a boolean.
    #[must_use]
    pub const fn is_boolean(&self) -> bool {
        matches!(self, Self::Bool(_))
    }

    /// Whether it is a number.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    /// Whether it is a sequence.
    #[must_use]
    pub const fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    /// Whether it is a mapping.
    #[must_use]
    pub const fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// The value of a key or the item at an index, if there is one.
    #[must_use]
    pub fn get(&self, at: impl At) -> Option<&Self> {
        at.of(self)
    }

    /// The value of a key or the item at an index, if there is one.
    pub fn get_mut(&mut self, at: impl At) -> Option<&mut Self> {
        at.of_mut(self)
    }

    /// The value, leaving null behind.
    #[must_use]
    pub const fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Null)
    }
}

/// Whether two lists are the same memory.
fn is_shared<T>(one: &EcoVec<T>, other: &EcoVec<T>) -> bool {
    one.len() == other.len() && one.as_ptr() == other.as_ptr()
}

/// As JSON: in one line, or with `{:#}` in many.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_long = formatter.alternate();
        let text = if is_long { serde_json::to_string_pretty(self) } else { serde_json::to_string(self) };
        formatter.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A key of a mapping or an index of a sequence.
pub trait At {
    /// What is there.
    fn of(self, value: &Value) -> Option<&Value>;

    /// What is there.
    fn of_mut(self, value: &mut Value) -> Option<&mut Value>;
}

impl<K: AsRef<str> + ?Sized> At for &K {
    fn of(self, value: &Value) -> Option<&Value> {
        value.as_object()?.get(self.as_ref())
    }

    fn of_mut(self, value: &mut Value) -> Option<&mut Value> {
        value.as_object_mut()?.get_mut(self.as_ref())
    }
}

impl At for usize {
    fn of(self, value: &Value) -> Option<&Value> {
        value.as_array()?.get(self)
    }

    fn of_mut(self, value: &mut Value) -> Option<&mut Value> {
        value.as_array_mut()?.get_mut(self)
    }
}

impl<I: At> Index<I> for Value {
    type Output = Self;

    /// Null if there is no such key or item.
    fn index(&self, at: I) -> &Self {
        self.get(at).unwrap_or(&NULL)
    }
}

impl<K: AsRef<str> + ?Sized> IndexMut<&K> for Value {
    /// Adds a key that is not there, and makes a mapping of null.
    ///
    /// # Panics
    /// The value is neither null nor a mapping.
    fn index_mut(&mut self, key: &K) -> &mut Self {
        if self.is_null() {
            *self = Self::Object(Map::new());
        }
        self.as_object_mut().expect("a mapping").get_or_insert_with(key.as_ref(), || Self::Null)
    }
}

impl IndexMut<usize> for Value {
    /// # Panics
    /// The value is no sequence that long.
    fn index_mut(&mut self, index: usize) -> &mut Self {
        &mut self.as_array_mut().expect("a sequence")[index]
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Array {
    /// No items, and room for so many.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(EcoVec::with_capacity(capacity))
    }

    /// Adds an item at the end.
    pub fn push(&mut self, item: Value) {
        self.0.push(item);
    }

    /// Inserts an item before the one at the index.
    ///
    /// # Panics
    /// The index is above the number of items.
    pub fn insert(&mut self, index: usize, item: Value) {
        self.0.insert(index, item);
    }

    /// Takes the item at the index out.
    ///
    /// # Panics
    /// There is no such item.
    pub fn remove(&mut self, index: usize) -> Value {
        self.0.remove(index)
    }

    /// Removes the items that are not to be kept.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&Value) -> bool) {
        self.0.retain(|item| is_kept(item));
    }
}

impl std::ops::Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl std::ops::DerefMut for Array {
    fn deref_mut(&mut self) -> &mut [Value] {
        self.0.make_mut()
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        is_shared(&self.0, &other.0) || self.0 == other.0
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl From<Vec<Value>> for Array {
    fn from(items: Vec<Value>) -> Self {
        Self(items.into())
    }
}

impl Extend<Value> for Array {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, items: I) {
        self.0.extend(items);
    }
}

impl IntoIterator for Array {
    type Item = Value;
    type IntoIter = ecow::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a mut Array {
    type Item = &'a mut Value;
    type IntoIter = std::slice::IterMut<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.make_mut().iter_mut()
    }
}

#[cfg(test)]
pub(crate) mod tests;
