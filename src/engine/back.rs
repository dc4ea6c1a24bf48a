//! The way back in a text: from a document to the originals of its workloads, and the proof of it.

use std::borrow::Borrow;

use serde_json::Value;

use super::read::Found;
use crate::change::{Change, Operation, look_up};
use crate::plan::original::Original;
use crate::yaml::{Document, Edit, edited};

/// A document without the injections of some of its workloads.
#[derive(Debug)]
pub(super) struct Back {
    /// What leads there.
    pub(super) edits: Vec<Edit>,
    /// Its text.
    pub(super) text: String,
}

impl Back {
    /// The document with the originals of workloads in their places, each of them a value that stands at a base.
    /// None where the proof fails: injecting the text again must give the document's text, byte for byte.
    pub(super) fn of<O: Borrow<Original>>(
        document: &Document<'_>,
        originals: &[(&Found, O)],
    ) -> Option<Self> {
        let changes = |of: fn(&Original) -> &[Change]| -> Vec<Change> {
            let mut all = Vec::new();
            for (found, original) in originals {
                let own = of(original.borrow()).iter().cloned();
                all.extend(own.map(|change| change.below(&found.base)));
            }
            all
        };
        let edits = document.splice(&changes(|original| &original.back)).ok()?;
        let text = edited(document.source(), &edits);
        let before = Document::parse(&text).ok()?;
        let is_as_found = |(found, original): &(&Found, O)| {
            let cursor = before.at(&found.base);
            let value = cursor.and_then(|cursor| before.value_of(cursor).ok());
            value.as_ref() == Some(&original.borrow().value)
        };
        let again = before.splice(&changes(|original| &original.again)).ok()?;
        let is_proved =
            originals.iter().all(is_as_found) && edited(before.source(), &again) == document.source();
        is_proved.then_some(Self { edits, text })
    }

    /// Where the byte at `offset` of the text came from in the document.
    pub(super) fn origin(&self, offset: usize) -> usize {
        let (mut before, mut after) = (0, 0);
        for Edit { range, text } in &self.edits {
            let kept = range.start - before;
            if offset < after + kept {
                break;
            }
            if offset < after + kept + text.len() {
                return range.start;
            }
            after += kept + text.len();
            before = range.end;
        }
        before + (offset - after)
    }
}

/// What `search` finds when it is told which of the workload's texts an injection may have written anew; its
/// `original`, where there is one, is proved. A list that was empty and one that was not there leave the same text
/// more often than not: where the proof fails, the lists that would go are taken for such as were filled, each alone,
/// then more and more of them, and none without need. None where nothing is proved.
pub(super) fn proved<T>(
    document: &Document<'_>,
    found: &Found,
    resource: &Value,
    search: impl Fn(&dyn Fn(&str) -> bool) -> T,
    original: impl Fn(&T) -> Option<&Original>,
) -> Option<T> {
    // A text that was edited is searched once more for each.
    const MOST: usize = 16;
    let attempt = |filled: &[String]| {
        search(&|pointer| {
            !filled.iter().any(|list| list == pointer)
                && document.is_written_as_new(&format!("{}{pointer}", found.base))
        })
    };
    let is_proved = |original: &Original| Back::of(document, &[(found, original)]).is_some();
    let first = attempt(&[]);
    let Some(back) = original(&first).filter(|original| !is_proved(original)).map(|original| &original.back)
    else {
        return Some(first);
    };
    let lists = back.iter().filter(|change| matches!(change.operation, Operation::Remove));
    let lists = lists.filter(|change| look_up(resource, &change.pointer).is_some_and(Value::is_array));
    let lists: Vec<String> = lists.map(|change| change.pointer.clone()).take(MOST).collect();
    let proved = |filled: &[String]| Some(attempt(filled)).filter(|it| original(it).is_some_and(is_proved));
    let some = lists.chunks(1).chain((2..=lists.len()).map(|many| &lists[..many]));
    let (mut filled, mut best) =
        some.map(|some| (some.to_vec(), proved(some))).find(|(_, it)| it.is_some())?;
    // None of them without need: what an injection would add is absent wherever it may be. The last is needed, since
    // those ahead of it have failed.
    for list in (0..filled.len() - 1).rev() {
        let fewer = [&filled[..list], &filled[list + 1..]].concat();
        if let Some(it) = proved(&fewer) {
            (filled, best) = (fewer, Some(it));
        }
    }
    best
}

/// The one edit that makes `after` of `before`, as short as it can be.
pub(super) fn edit_between(before: &str, after: &str) -> Option<Edit> {
    if before == after {
        return None;
    }
    let same = |(left, right): &(u8, u8)| left == right;
    let mut start = before.bytes().zip(after.bytes()).take_while(same).count();
    while !before.is_char_boundary(start) || !after.is_char_boundary(start) {
        start -= 1;
    }
    let rest = (&before[start..], &after[start..]);
    let mut end = rest.0.bytes().rev().zip(rest.1.bytes().rev()).take_while(same).count();
    while !before.is_char_boundary(before.len() - end) || !after.is_char_boundary(after.len() - end) {
        end -= 1;
    }
    Some(Edit { range: start..before.len() - end, text: after[start..after.len() - end].to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_between_what_is_the_same() {
        let cases = [
            ("abc", "abc"),
            ("abc", "abbc"),
            ("aé", "aè"),
            ("", "x"),
            ("xx", "xxx"),
            ("xax", "x"),
            ("é", ""),
        ];
        for (before, after) in cases {
            let edits: Vec<Edit> = edit_between(before, after).into_iter().collect();
            assert_eq!(edited(before, &edits), after);
            assert_eq!(edits.is_empty(), before == after);
        }
    }

    #[test]
    fn offsets_lead_back() {
        let edit = |range, text: &str| Edit { range, text: text.to_owned() };
        // 0123456789 becomes 0xx567y89.
        let back = Back { edits: vec![edit(1..5, "xx"), edit(8..8, "y")], text: String::new() };
        let origins: Vec<usize> = (0..10).map(|offset| back.origin(offset)).collect();
        assert_eq!(origins, [0, 1, 1, 5, 6, 7, 8, 8, 9, 10]);
    }
}
