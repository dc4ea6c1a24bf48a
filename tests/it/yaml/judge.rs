//! Whether an edited text is right: an independent reader sees the planned value, and a diff shows nothing
//! but what the plan says.

use std::collections::BTreeMap;

use otel_inject::value::Value;
use otel_inject::yaml::{Document, Problem, edited};

use super::plan::Plan;
use crate::common::judge::tokens;

/// A text as libyaml reads it. That reader is told UTF-8 and then counts a byte order mark as a column.
pub(crate) fn read(text: &str) -> Result<Value, serde_yaml::Error> {
    serde_yaml::from_str(text.trim_start_matches('\u{feff}'))
}

/// Whether `theirs`, which libyaml reads by YAML 1.2, is what `own` is to Kubernetes: the words of YAML 1.1 are
/// booleans to it, and strings to that reader.
pub(crate) fn agrees(own: &Value, theirs: &Value) -> bool {
    match (own, theirs) {
        (Value::Bool(own), Value::String(word)) => {
            let words: &[&str] = match own {
                true => &["yes", "Yes", "YES", "on", "On", "ON"],
                false => &["no", "No", "NO", "off", "Off", "OFF"],
            };
            words.contains(&word.as_str())
        }
        (Value::Array(own), Value::Array(theirs)) => {
            own.len() == theirs.len() && own.iter().zip(theirs).all(|(own, theirs)| agrees(own, theirs))
        }
        (Value::Object(own), Value::Object(theirs)) => {
            let same = |key: &str, own: &Value| theirs.get(key).is_some_and(|theirs| agrees(own, theirs));
            own.len() == theirs.len() && own.iter().all(|(key, own)| same(key, own))
        }
        (own, theirs) => own == theirs,
    }
}

/// How an edit came out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The plan has nothing to do here.
    Nothing,
    /// Not a text that can be read.
    Unreadable(String),
    /// Refused, with the offset.
    Refused(String, usize),
    /// Right.
    Right,
    /// Written, but wrong.
    Wrong(String),
}

/// What the text is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Units {
    /// Lines, with their line breaks' style.
    Lines,
    /// Strings, brackets, words.
    Tokens,
}

/// Edits `text` by the plan that `plan` makes for its value, and judges the result.
pub(crate) fn judge(text: &str, units: Units, plan: impl Fn(&Value) -> Plan) -> (Outcome, String) {
    let value = match Document::parse(text).and_then(|document| document.value()) {
        Ok(value) => value,
        Err(problem) => return (Outcome::Unreadable(problem.message), String::new()),
    };
    let plan = plan(&value);
    if plan.changes.is_empty() {
        return (Outcome::Nothing, String::new());
    }
    let out = match splice(text, &plan) {
        Ok(out) => out,
        Err(problem) => return (Outcome::Refused(problem.message, problem.offset), String::new()),
    };
    let verdict = same_value(text, &out, &plan).and_then(|()| same_text(text, &out, &plan, units));
    match verdict {
        Ok(()) => (Outcome::Right, out),
        Err(why) => (Outcome::Wrong(why), out),
    }
}

fn splice(text: &str, plan: &Plan) -> Result<String, Problem> {
    let edits = Document::parse(text)?.splice(&plan.changes)?;
    Ok(edited(text, &edits))
}

/// Both readers see the planned value. A text that the other reader never took is judged by our own.
pub(crate) fn same_value(text: &str, out: &str, plan: &Plan) -> Result<(), String> {
    let own =
        Document::parse(out).and_then(|document| document.value()).map_err(|problem| problem.message)?;
    if own != plan.value {
        return Err("our own reader sees another value".to_owned());
    }
    let Ok(mut wanted) = read(text) else { return Ok(()) };
    for change in &plan.changes {
        if change.apply(&mut wanted).is_err() {
            return Ok(());
        }
    }
    match read(out) {
        Ok(theirs) if theirs == wanted => Ok(()),
        Ok(_) => Err("the other reader sees another value".to_owned()),
        Err(error) => Err(format!("the other reader fails: {error}")),
    }
}

/// A diff shows only added units, extended ones, empty collections opened up, and moved elements; where the
/// plan only takes out, only units that are gone.
fn same_text(text: &str, out: &str, plan: &Plan, units: Units) -> Result<(), String> {
    if text.contains("\r\n")
        && !text.replace("\r\n", "").contains('\n')
        && out.replace("\r\n", "").contains('\n')
    {
        return Err("a line break in another style".to_owned());
    }
    // A block scalar that has become the last one needs its line break.
    let means = |text: &str| read(text).ok();
    let is_needed = || out.strip_suffix('\n').is_some_and(|without| means(without) != means(out));
    if text.ends_with('\n') != out.ends_with('\n') && !is_needed() {
        return Err("the end of the last line changed".to_owned());
    }
    let (old, new): (Vec<&str>, Vec<&str>) = match units {
        Units::Lines => (text.lines().collect(), out.lines().collect()),
        Units::Tokens => (tokens(text), tokens(out)),
    };
    let (gone, come) = diff(&old, &new);
    let takes_out =
        plan.changes.iter().all(|change| change.operation == otel_inject::change::Operation::Remove);
    if takes_out {
        let is_expected = |unit: &&str| {
            // The dash moved to the next key, or an empty collection stands where elements stood.
            let before =
                [unit.replacen("- ", "  ", 1), unit.replacen(" []", "", 1), unit.replacen(" {}", "", 1)];
            let closes =
                |other: &&str| unit.starts_with(other.trim_end_matches(',')) && unit.ends_with([']', '}']);
            gone.iter().any(closes)
                || gone
                    .iter()
                    .any(|other| before.iter().any(|before| before == other) || rest_of(other, unit))
        };
        return match come.iter().find(|unit| !is_expected(unit)) {
            Some(unit) => Err(format!("added while taking out: {unit:?}")),
            None => Ok(()),
        };
    }
    let mut spare: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in &come {
        *spare.entry(unit).or_default() += 1;
    }
    let mut spend = |unit: &str| match spare.get_mut(unit) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let mut grown: Vec<&str> = gone.into_iter().filter(|unit| !(plan.moves > 0 && spend(unit))).collect();
    // The longest first: what they grew into may look like a grown shorter one, too.
    grown.sort_by_key(|unit| std::cmp::Reverse(unit.len()));
    for unit in grown {
        // A plain flow scalar of several words is several tokens, and one when it got quotes.
        let is_quoted = |candidate: &&str| units == Units::Tokens && candidate.contains(unit);
        let becomes =
            |candidate: &&str| is_quoted(candidate) || (is_grown(unit, candidate, units) && spend(candidate));
        if !come.iter().any(becomes) {
            // A line of a flow collection: its brackets may have come to stand with other members.
            return match units {
                Units::Lines if unit.contains(['[', ']', '{', '}']) => {
                    same_text(text, out, plan, Units::Tokens)
                }
                _ => Err(format!("lost: {unit:?}")),
            };
        }
    }
    Ok(())
}

/// Whether `new` is what remains of the line `old` when an element is taken out of its middle.
fn rest_of(old: &str, new: &str) -> bool {
    let mut rest = old.chars();
    new.chars().all(|wanted| rest.any(|character| character == wanted))
}

/// Whether `old` became `new` by growing: more text in its value, an empty collection opened, a chomping.
fn is_grown(old: &str, new: &str, units: Units) -> bool {
    let (mut old, mut new) = (old.trim_end(), new.trim_end());
    let (body, comment) = old.split_once(" #").unwrap_or((old, ""));
    let opened = ["[]", "{}", "[ ]", "{ }", "null", "~", "Null", "|", ">", "|+", ">+"]
        .iter()
        .filter_map(|empty| body.trim_end().strip_suffix(empty))
        .any(|kept| new.starts_with(kept.trim_end()) && new.ends_with(comment));
    if opened {
        return true;
    }
    if units == Units::Lines {
        let indent = old.len() - old.trim_start().len();
        let head = old.find(": ").map_or(indent, |colon| colon + 2);
        if !new.starts_with(&old[..head]) || new[head..].starts_with(' ') {
            return false;
        }
        (old, new) = (&old[head..], &new[head..]);
    }
    // Every character of the old value is still there, in order; quotes may have changed with the style.
    let without_quotes = |text: &str| text.replace(['"', '\'', '\\'], "");
    rest_of(new, old) || rest_of(&without_quotes(new), &without_quotes(old))
}

/// The units that only the old and only the new text have, by Myers' shortest edit script.
pub(crate) fn diff<'t>(old: &[&'t str], new: &[&'t str]) -> (Vec<&'t str>, Vec<&'t str>) {
    let (n, m) = (old.len() as isize, new.len() as isize);
    let limit = n + m;
    let at = |k: isize| (k + limit + 1) as usize;
    let mut furthest = vec![0_isize; (2 * limit + 3) as usize];
    let mut trace = Vec::new();
    'search: for d in 0..=limit {
        trace.push(furthest[at(-d - 1)..=at(d + 1)].to_vec());
        for k in (-d..=d).step_by(2) {
            let down = k == -d || (k != d && furthest[at(k - 1)] < furthest[at(k + 1)]);
            let mut x = if down { furthest[at(k + 1)] } else { furthest[at(k - 1)] + 1 };
            while x < n && x - k < m && old[x as usize] == new[(x - k) as usize] {
                x += 1;
            }
            furthest[at(k)] = x;
            if x >= n && x - k >= m {
                break 'search;
            }
        }
    }
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut x, mut y) = (n, m);
    for (d, row) in trace.iter().enumerate().skip(1).rev() {
        let d = d as isize;
        let at = |k: isize| row[(k + d + 1) as usize];
        let k = x - y;
        let down = k == -d || (k != d && at(k - 1) < at(k + 1));
        let previous = if down { k + 1 } else { k - 1 };
        let (from_x, from_y) = (at(previous), at(previous) - previous);
        if down {
            come.push(new[from_y as usize]);
        } else {
            gone.push(old[from_x as usize]);
        }
        (x, y) = (from_x, from_y);
    }
    gone.reverse();
    come.reverse();
    (gone, come)
}

#[test]
fn a_diff_names_what_came_and_what_went() {
    let (gone, come) = diff(&["a", "b", "c", "d"], &["x", "a", "c", "e", "d"]);
    assert_eq!((gone, come), (vec!["b"], vec!["x", "e"]));
}

#[test]
fn the_judge_sees_a_lost_comment_a_changed_number_and_a_foreign_line_break() {
    let document = "spec:\n  containers:\n  - name: a # c\n    mode: 0755\n";
    let plan = |text: &str| super::plan::inject(&serde_yaml::from_str(text).unwrap(), "");
    let (outcome, good) = judge(document, Units::Lines, |value| super::plan::inject(value, ""));
    assert_eq!(outcome, Outcome::Right, "{good}");
    for (from, to) in [(" # c", ""), ("0755", "755"), ("name: a", "name:  a")] {
        assert!(
            same_text(document, &good.replace(from, to), &plan(document), Units::Lines).is_err(),
            "{from}"
        );
    }
    let crlf = document.replace('\n', "\r\n");
    assert!(same_text(&crlf, &good, &plan(document), Units::Lines).is_err());
    assert!(same_value(document, &good.replace("FIRST", "OTHER"), &plan(document)).is_err());
}
