//! The entries of a mapping, in order.

use std::collections::BTreeMap;

use ecow::{EcoString, EcoVec};

use super::{NULL, Value, is_shared};

/// So many entries are searched one by one sooner than by a table.
const FEW: usize = 32;

/// The entries of a mapping, in order. Mappings in manifests are small, so a key is found by looking at each; what goes
/// over all keys of a mapping of any size does not search (`Builder`, `Seeker`, [`PartialEq`]).
#[derive(Clone, Default)]
pub struct Map(EcoVec<Entry>);

/// A key and its value.
type Entry = (EcoString, Value);

impl Map {
    /// No entries.
    #[must_use]
    pub const fn new() -> Self {
        Self(EcoVec::new())
    }

    /// No entries, and room for so many.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(EcoVec::with_capacity(capacity))
    }

    /// The number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.0.iter().position(|(name, _)| name == key)
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value of a key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = self.position(key)?;
        Some(&mut self.0.make_mut()[at].1)
    }

    /// The value of a key, which is added at the end if it is not there.
    pub fn get_or_insert_with(
        &mut self,
        key: impl Into<EcoString> + AsRef<str>,
        value: impl FnOnce() -> Value,
    ) -> &mut Value {
        let at = self.position(key.as_ref()).unwrap_or_else(|| {
            self.push(key.into(), value());
            self.len() - 1
        });
        &mut self.0.make_mut()[at].1
    }

    /// Puts a key that is known not to be there before all others.
    pub fn prepend(&mut self, key: &str, value: Value) {
        self.0.insert(0, (key.into(), value));
    }

    /// Sets a key, in its place or at the end, and gives its value from before.
    pub fn insert(&mut self, key: impl Into<EcoString> + AsRef<str>, value: Value) -> Option<Value> {
        if let Some(current) = self.get_mut(key.as_ref()) {
            return Some(std::mem::replace(current, value));
        }
        self.push(key.into(), value);
        None
    }

    /// Adds a key that is known not to be there.
    pub fn push(&mut self, key: EcoString, value: Value) {
        self.0.push((key, value));
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.position(key)?;
        Some(self.0.remove(at).1)
    }

    /// Removes the entries that are not to be kept.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&str, &Value) -> bool) {
        self.0.retain(|(key, value)| is_kept(key, value));
    }

    /// Looks up many keys, soonest those that are in about the same order.
    pub(crate) const fn seek(&self) -> Seeker<'_> {
        Seeker { map: self, next: 0, places: BTreeMap::new() }
    }

    /// The entries.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// The keys.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &EcoString> {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Value> {
        self.0.make_mut().iter_mut().map(|(_, value)| value)
    }

    /// The entries; their values can be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&EcoString, &mut Value)> {
        self.0.make_mut().iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The entries by their keys.
    fn sorted(&self) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.0.iter().collect();
        entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        entries
    }
}

impl std::fmt::Debug for Map {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_map().entries(self).finish()
    }
}

/// The order of the keys does not matter.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        if is_shared(&self.0, &other.0) {
            return true;
        }
        let is_in_order = self.keys().eq(other.keys());
        if is_in_order { self.values().eq(other.values()) } else { self.sorted() == other.sorted() }
    }
}

impl std::ops::Index<&str> for Map {
    type Output = Value;

    /// Null if there is no such key.
    fn index(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&NULL)
    }
}

/// Entries in order.
#[derive(Debug, Clone)]
pub struct Iter<'m>(std::slice::Iter<'m, Entry>);

impl<'m> Iterator for Iter<'m> {
    type Item = (&'m EcoString, &'m Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'m> IntoIterator for &'m Map {
    type Item = (&'m EcoString, &'m Value);
    type IntoIter = Iter<'m>;

    fn into_iter(self) -> Iter<'m> {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = Entry;
    type IntoIter = ecow::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The last of several values of a key counts, in the place of the first.
impl<K: Into<EcoString> + AsRef<str>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Into<EcoString> + AsRef<str>> Extend<(K, Value)> for Map {
    fn extend<I: IntoIterator<Item = (K, Value)>>(&mut self, entries: I) {
        let entries = entries.into_iter();
        self.0.reserve(entries.size_hint().0);
        let mut builder = Builder { map: std::mem::take(self), places: BTreeMap::new() };
        for (key, value) in entries {
            builder.insert(key, value);
        }
        *self = builder.map;
    }
}

/// Makes a mapping of any size from entries whose keys may be repeated.
#[derive(Default)]
pub(crate) struct Builder {
    map: Map,
    /// The places of the keys, once there are many.
    places: BTreeMap<EcoString, usize>,
}

impl Builder {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { map: Map::with_capacity(capacity), places: BTreeMap::new() }
    }

    /// Sets a key, in its place or at the end, and gives its value from before.
    pub(crate) fn insert(&mut self, key: impl Into<EcoString> + AsRef<str>, value: Value) -> Option<Value> {
        if let Some(at) = self.position(key.as_ref()) {
            return Some(std::mem::replace(&mut self.map.0.make_mut()[at].1, value));
        }
        let key = key.into();
        if !self.places.is_empty() {
            self.places.insert(key.clone(), self.map.len());
        }
        self.map.push(key, value);
        None
    }

    /// Whether the key is there.
    pub(crate) fn has(&mut self, key: &str) -> bool {
        self.position(key).is_some()
    }

    pub(crate) fn finish(self) -> Map {
        self.map
    }

    fn position(&mut self, key: &str) -> Option<usize> {
        if self.map.len() < FEW {
            return self.map.position(key);
        }
        if self.places.is_empty() {
            self.places = self.map.keys().cloned().enumerate().map(|(at, key)| (key, at)).collect();
        }
        self.places.get(key).copied()
    }
}

/// Looks up many keys. Those that are in about the order of the mapping are found without a search.
pub(crate) struct Seeker<'m> {
    map: &'m Map,
    /// Where the next key probably is.
    next: usize,
    /// The places of the keys, once one of many was not the next.
    places: BTreeMap<&'m str, usize>,
}

impl<'m> Seeker<'m> {
    /// The value of a key.
    pub(crate) fn get(&mut self, key: &str) -> Option<&'m Value> {
        let is_next = self.map.0.get(self.next).is_some_and(|(name, _)| name == key);
        let at = if is_next { self.next } else { self.position(key)? };
        self.next = at + 1;
        Some(&self.map.0[at].1)
    }

    fn position(&mut self, key: &str) -> Option<usize> {
        if self.map.len() < FEW {
            return self.map.position(key);
        }
        if self.places.is_empty() {
            self.places = self.map.keys().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
        }
        self.places.get(key).copied()
    }
}
