//! A list of a workload some of whose elements may be the injection's, and what is known of them so far.

use std::ops::Range;

use serde_json::{Value, json};

use crate::change::{Change, look_up};
use crate::k8s::pod::{List, elements, position, text};
use crate::plan::sdk::ATTRIBUTES;

/// Where a list stands, in any state of the workload: a container keeps its name, not its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// The mapping at this pointer in the pod template.
    Template(&'static str),
    /// A container.
    Container(List, String),
}

impl Owner {
    /// The owner's pointer in `resource`, whose pod template stands at `template`.
    pub(super) fn pointer(&self, resource: &Value, template: &str) -> Option<String> {
        match self {
            Self::Template(inside) => Some(format!("{template}{inside}")),
            Self::Container(list, name) => {
                let spec = look_up(resource, &format!("{template}/spec"))?;
                let index = position(elements(spec, list.key()), name)?;
                Some(format!("{template}/spec/{}/{index}", list.key()))
            }
        }
    }
}

/// What an element was before the injection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was not there.
    Gone,
    /// Its `value` was this part of what it is now.
    Cut(Range<usize>),
    /// It was what it is now.
    Stays,
}

/// A list.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) owner: Owner,
    pub(super) key: &'static str,
    /// The key by which an element is known.
    id: &'static str,
    /// Per element what it may have been: the likeliest last, and below all of them that it stays.
    fates: Vec<Vec<Fate>>,
    /// Elements that are the user's after all.
    refuted: Vec<bool>,
    /// An element that the injection took out, and where it stood.
    pub(super) lost: Option<(usize, Value)>,
    /// An element that the injection has moved to the end, and what stood ahead of it.
    pub(super) moved: Option<(&'static str, Vec<String>)>,
    /// An empty list was there, where nothing else is left of it.
    pub(super) was_empty: bool,
}

impl Part {
    pub(super) fn new(owner: Owner, key: &'static str, id: &'static str, list: &[Value]) -> Self {
        let fates = vec![Vec::new(); list.len()];
        let refuted = vec![false; list.len()];
        Self { owner, key, id, fates, refuted, lost: None, moved: None, was_empty: false }
    }

    pub(super) fn id<'v>(&self, element: &'v Value) -> &'v str {
        element.get(self.id).and_then(Value::as_str).unwrap_or_default()
    }

    /// What the element `id` of `list` may have been, the likeliest first. One that stands twice is nobody's but
    /// the user's.
    pub(super) fn suspect(&mut self, list: &[Value], id: &str, fates: impl DoubleEndedIterator<Item = Fate>) {
        let mut there = (0..list.len()).filter(|index| self.id(&list[*index]) == id);
        if let (Some(index), None) = (there.next(), there.next()) {
            self.fates[index] = fates.rev().collect();
        }
    }

    fn fate(&self, index: usize) -> &Fate {
        self.fates[index].last().unwrap_or(&Fate::Stays)
    }

    /// Whether the injection made the list, or filled an empty one.
    pub(super) fn is_emptied(&self) -> bool {
        let is_gone = |index| *self.fate(index) == Fate::Gone;
        self.lost.is_none() && !self.fates.is_empty() && (0..self.fates.len()).all(is_gone)
    }

    /// What leads back from `list`, which stands at `pointer`.
    pub(super) fn changes(&self, list: &[Value], pointer: &str) -> Vec<Change> {
        if self.is_emptied() && !self.was_empty {
            return vec![Change::remove(pointer)];
        }
        let mut changes = Vec::new();
        let mut lost_at = list.len();
        if let Some((index, element)) = &self.lost {
            let mut staying = (0..list.len()).filter(|index| *self.fate(*index) != Fate::Gone);
            lost_at = staying.nth(*index).unwrap_or(list.len());
            changes.push(Change::add(format!("{pointer}/{lost_at}"), element.clone()));
        }
        for index in (0..list.len()).rev() {
            let now = index + usize::from(self.lost.is_some() && index >= lost_at);
            match self.fate(index) {
                Fate::Gone => changes.push(Change::remove(format!("{pointer}/{now}"))),
                Fate::Cut(range) => {
                    let before = text(&list[index]).get(range.clone()).unwrap_or_default();
                    changes.push(Change::replace(format!("{pointer}/{now}/value"), json!(before)));
                }
                Fate::Stays => {}
            }
        }
        changes.extend(self.moved_back(list, pointer));
        changes
    }

    /// What puts the element that was moved where it stood, once the others are gone.
    fn moved_back(&self, list: &[Value], pointer: &str) -> Option<Change> {
        let (id, ahead) = self.moved.as_ref()?;
        let staying = (0..list.len()).filter(|index| *self.fate(*index) != Fate::Gone);
        let staying: Vec<&str> = staying.map(|index| self.id(&list[index])).collect();
        let now = staying.iter().position(|other| other == id)?;
        let before = staying.iter().filter(|other| ahead.iter().any(|ahead| ahead == *other)).count();
        (now != before).then(|| Change::relocate(format!("{pointer}/{now}"), format!("{pointer}/{before}")))
    }

    /// Drops what the elements of `list` cannot have been, since injecting that again gives `again`: says whether
    /// anything was dropped.
    pub(super) fn refute(&mut self, list: &[Value], again: &[Value], doubt: Doubt) -> bool {
        let wrong = match doubt {
            Doubt::Clone => {
                let is_cut =
                    |index: &usize| self.id(&list[*index]) == ATTRIBUTES && self.fates[*index].len() > 1;
                (0..list.len()).filter(is_cut).collect()
            }
            Doubt::Text | Doubt::Element => {
                let differs = |index: &usize| {
                    let mut same = again.iter().filter(|element| self.id(element) == self.id(&list[*index]));
                    // Volumes, mounts and containers of ours with another content would be refused.
                    same.next().is_none_or(|element| self.key == "env" && *element != list[*index])
                };
                let is_meant = |index: &usize| match self.fate(*index) {
                    Fate::Gone => doubt == Doubt::Element || self.fates[*index].len() > 1,
                    Fate::Cut(_) => true,
                    Fate::Stays => false,
                };
                (0..list.len()).filter(is_meant).filter(differs).collect()
            }
            Doubt::Order => self.out_of_order(list, again),
        };
        for index in &wrong {
            self.fates[*index].pop();
            self.refuted[*index] = true;
        }
        !wrong.is_empty()
    }

    /// Elements that do not stand where injecting again puts them: the fewest, and none that was there before.
    fn out_of_order(&self, list: &[Value], again: &[Value]) -> Vec<usize> {
        // A heaviest chain of elements in the same order, by the square of their number.
        const MOST: usize = 1_000;
        if list.len().max(again.len()) > MOST {
            return Vec::new();
        }
        // Of several of one name, the first is the first again, and so on.
        let place = |index: usize| {
            let id = self.id(&list[index]);
            let earlier = list[..index].iter().filter(|other| self.id(other) == id).count();
            let mut same = (0..again.len()).filter(|other| self.id(&again[*other]) == id);
            same.nth(earlier)
        };
        let places: Vec<Option<usize>> = (0..list.len()).map(place).collect();
        let weight = |index: usize| match self.fate(index) {
            // One that may have been empty gives way first.
            Fate::Gone => 4 - usize::from(self.fates[index].len() > 1),
            // One that differs and stands among ours has been edited: nothing else gives way to it.
            Fate::Stays if self.refuted[index] => 2,
            Fate::Stays | Fate::Cut(_) => 4 * (list.len() + 1),
        };
        let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(list.len());
        for (index, own) in places.iter().enumerate() {
            let before = (0..index).filter(|earlier| places[*earlier].is_some() && places[*earlier] < *own);
            let chain = before.max_by_key(|earlier| (best[*earlier].0, std::cmp::Reverse(*earlier)));
            let sum = chain.map_or(0, |earlier| best[earlier].0) + weight(index);
            best.push((if own.is_some() { sum } else { 0 }, chain));
        }
        let mut kept = vec![false; list.len()];
        let mut next = (0..list.len()).max_by_key(|index| best[*index].0);
        while let Some(index) = next.filter(|index| places[*index].is_some()) {
            kept[index] = true;
            next = best[index].1;
        }
        (0..list.len()).filter(|index| !kept[*index] && *self.fate(*index) == Fate::Gone).collect()
    }
}

/// What speaks against a fate, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A text that is extended comes out different.
    Text,
    /// An element does not come back, or differs.
    Element,
    /// An element comes back at another place.
    Order,
    /// A clone of the container comes out different, though the container does not: resource attributes that
    /// several languages have added to.
    Clone,
}
