//! A judge of edited texts: another reader sees what was planned, and a diff shows nothing else.

use std::borrow::Cow;

use otel_inject::change::{Change, Operation};
use otel_inject::config::Settings;
use otel_inject::config::context::Context;
use otel_inject::k8s::Identity;
use otel_inject::plan::record::ANNOTATION;
use otel_inject::plan::{Verdict, plan};
use otel_inject::value::{Value, unescape};
use otel_inject::yaml::{Document, split_documents};
use otel_inject::{Role, apply};

use super::{documents, injected};

/// How an injection came out.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Right, with how many workloads were injected.
    Right(usize),
    /// Refused, with the findings; the text is as it was.
    Refused(String),
    /// Nothing to do; the text is as it was.
    Left,
    /// The other reader cannot read the text, which was changed.
    Unjudged,
    /// Not what it should be.
    Wrong(String),
}

/// What a resource and all that are in it are to become, as planned from what the other reader sees.
struct Plans<'p> {
    known: &'p Context,
    settings: &'p Settings,
    changes: Vec<Change>,
    count: usize,
}

impl Plans<'_> {
    fn apply(&mut self, resource: &mut Value, inherited: Option<&Identity>, is_item: bool) {
        let Some(identity) = Identity::read(resource, inherited) else { return };
        let items = resource.get_mut("items").and_then(Value::as_array_mut);
        if let (Some(inherited), Some(items)) = (identity.of_items(), items)
            && items.iter().all(Value::is_object)
        {
            let is_item = identity.kind() == "ResourceList";
            items.iter_mut().for_each(|item| self.apply(item, inherited.as_ref(), is_item));
            return;
        }
        if let Verdict::Planned(mut plan) = plan(resource, &identity, self.known, self.settings) {
            if is_item {
                apply::adapt(resource, &mut plan.value, &mut plan.changes);
            }
            *resource = plan.value;
            self.changes.extend(plan.changes);
            self.count += 1;
        }
    }

    fn learn(
        known: &mut Context,
        resource: &Value,
        inherited: Option<&Identity>,
        from_context: bool,
        settings: &Settings,
    ) {
        let Some(identity) = Identity::read(resource, inherited) else { return };
        let items = resource.get("items").and_then(Value::as_array);
        if let (Some(inherited), Some(items)) = (identity.of_items(), items)
            && items.iter().all(Value::is_object)
        {
            items
                .iter()
                .for_each(|item| Self::learn(known, item, inherited.as_ref(), from_context, settings));
            return;
        }
        known.add(resource, &identity, from_context, settings);
    }
}

/// Injects a text and judges what came out: another reader sees exactly what is planned for what it sees
/// in the input, a diff shows only what was planned, and a second injection changes nothing.
pub(crate) fn judge(text: &[u8], role: Role, units: Units, context: &str, settings: &Settings) -> Outcome {
    let output = injected(text, role, context, settings);
    let is_same = output.bytes == text;
    let errors = output.errors();
    if !errors.is_empty() {
        let codes: Vec<String> =
            errors.iter().map(|finding| format!("{}: {}", finding.code, finding.message)).collect();
        return if !is_same {
            Outcome::Wrong("refused and changed".to_owned())
        } else if errors.iter().any(|finding| finding.position.is_none()) {
            Outcome::Wrong("refused without saying where".to_owned())
        } else if output.codes().contains(&"verify-failed") {
            Outcome::Wrong(codes.join("; "))
        } else {
            Outcome::Refused(codes.join("; "))
        };
    }
    // With `onError: skip`.
    let is_left_out = |code: &&str| ["cannot-edit", "invalid-yaml", "limit-exceeded"].contains(code);
    let left_out: Vec<&str> = output.codes().into_iter().filter(is_left_out).collect();
    if !left_out.is_empty() {
        return if is_same { Outcome::Refused(left_out.join("; ")) } else { Outcome::Unjudged };
    }
    let again = injected(&output.bytes, role, context, settings);
    if again.bytes != output.bytes || !again.errors().is_empty() {
        return Outcome::Wrong("a second injection changes the output".to_owned());
    }
    let before = std::str::from_utf8(text).map_err(|error| error.to_string());
    let Ok((before, mut resources)) = before.and_then(|text| Ok((text, documents(text)?))) else {
        return if is_same { Outcome::Left } else { Outcome::Unjudged };
    };
    let mut known = Context::default();
    for resource in &resources {
        Plans::learn(&mut known, resource, None, false, settings);
    }
    for resource in documents(context).expect("the context") {
        Plans::learn(&mut known, &resource, None, true, settings);
    }
    let mut plans = Plans { known: &known, settings, changes: Vec::new(), count: 0 };
    resources.iter_mut().for_each(|resource| plans.apply(resource, None, false));
    // Readers may differ: in duplicate keys, which every host refuses, or in words of YAML 1.1.
    let differs = |why: String| match (own_reader_agrees(before), is_same) {
        (true, _) => Outcome::Wrong(why),
        (false, true) => Outcome::Left,
        (false, false) => Outcome::Unjudged,
    };
    if plans.count == 0 {
        let message = "changed, where the other reader sees nothing to do";
        return if is_same { Outcome::Left } else { differs(message.to_owned()) };
    }
    if output.codes().iter().filter(|code| **code == "injected").count() != plans.count {
        return differs(format!("{} are planned, found {:?}", plans.count, output.codes()));
    }
    let after = documents(output.text()).map(|mut after| {
        after.iter_mut().zip(&resources).for_each(|(after, planned)| without_record(after, planned));
        after
    });
    match after {
        Err(error) => return Outcome::Wrong(format!("the other reader cannot read the output: {error}")),
        Ok(after) if after != resources => {
            return differs("the other reader sees another value than was planned".to_owned());
        }
        Ok(_) => {}
    }
    match only_what_was_planned(before, output.text(), &plans.changes, units) {
        Ok(()) => Outcome::Right(plans.count),
        Err(why) => Outcome::Wrong(why),
    }
}

/// Takes records out of what is injected, and what was made to hold them, as `planned` has it.
pub(crate) fn without_record(injected: &mut Value, planned: &Value) {
    if let (Some(Value::Array(items)), Some(Value::Array(planned))) =
        (injected.get_mut("items"), planned.get("items"))
    {
        items.iter_mut().zip(planned).for_each(|(item, planned)| without_record(item, planned));
    }
    let Some(annotations) = injected.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    else {
        return;
    };
    if annotations.remove(ANNOTATION).is_none() || !annotations.is_empty() {
        return;
    }
    match planned.get("metadata") {
        None | Some(Value::Null) => {
            let metadata = planned.get("metadata").cloned();
            let injected = injected.as_object_mut().expect("a mapping");
            match metadata {
                Some(metadata) => injected.insert("metadata".to_owned(), metadata),
                None => injected.remove("metadata"),
            };
        }
        Some(metadata) => {
            let annotations = metadata.get("annotations").cloned();
            let injected = injected["metadata"].as_object_mut().expect("a mapping");
            match annotations {
                Some(annotations) => injected.insert("annotations".to_owned(), annotations),
                None => injected.remove("annotations"),
            };
        }
    }
}

/// Whether our own reader sees the same values in a stream.
fn own_reader_agrees(text: &str) -> bool {
    let read =
        |range: std::ops::Range<usize>| Document::parse(&text[range]).and_then(|document| document.value());
    let own: Result<Vec<Value>, _> = split_documents(text.as_bytes()).into_iter().map(read).collect();
    let own = own.map(|values| values.into_iter().filter(|value| !value.is_null()).collect::<Vec<_>>());
    own.ok() == documents(text).ok()
}

/// What a diff of texts compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Units {
    /// Lines.
    Lines,
    /// Strings, brackets, commas and words.
    Tokens,
}

fn ends_in_block_scalar(text: &str) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    let Some(last) = lines.next() else { return false };
    let head = lines.find(|line| depth(line) < depth(last));
    head.is_some_and(|line| {
        line.split(" #").next().is_some_and(|line| line.trim_end().ends_with(['|', '>', '+']))
    })
}

/// Says what a diff shows beside added units, units that an extended value grew into, empty collections
/// opened up, and moved elements; `changes` are what was to be done.
pub(crate) fn only_what_was_planned(
    before: &str,
    after: &str,
    changes: &[Change],
    units: Units,
) -> Result<(), String> {
    let is_crlf = before.contains('\n') && !before.replace("\r\n", "").contains('\n');
    if is_crlf && after.replace("\r\n", "").contains('\n') {
        return Err("a line break without carriage return".to_owned());
    }
    if !before.contains('\r') && after.contains('\r') {
        return Err("a carriage return".to_owned());
    }
    // A block scalar that comes to stand last keeps its line break.
    let is_grown = after.ends_with('\n') && ends_in_block_scalar(after);
    if before.ends_with('\n') != after.ends_with('\n') && !is_grown {
        return Err("the end of the last line is another one".to_owned());
    }
    let (old, new): (Vec<&str>, Vec<&str>) = match units {
        Units::Lines => (before.lines().collect(), after.lines().collect()),
        Units::Tokens => (tokens(before), tokens(after)),
    };
    let count =
        |wanted: fn(&Operation) -> bool| changes.iter().filter(|change| wanted(&change.operation)).count();
    let (moves, replaced) = (
        count(|operation| matches!(operation, Operation::Move { .. })),
        count(|operation| matches!(operation, Operation::Replace(_))),
    );
    let mut removed: Vec<Cow<'_, str>> = changes
        .iter()
        .filter(|change| change.operation == Operation::Remove)
        .filter_map(|change| change.pointer.rsplit('/').next().map(unescape))
        .collect();
    let (gone, come) = diff(&old, &new);
    let mut spare: Vec<Option<&str>> = come.into_iter().map(Some).collect();
    let mut take = |fits: &dyn Fn(&str) -> bool| {
        let found = spare.iter_mut().find(|unit| unit.is_some_and(fits));
        found.map(Option::take).is_some()
    };
    let mut grown = 0;
    for unit in gone {
        if moves > 0 && take(&|new| new == unit) {
            continue;
        }
        if let Some(at) = removed.iter().position(|key| unit.contains(&format!("{key}: "))) {
            removed.swap_remove(at);
            continue;
        }
        if take(&|new| is_opened(unit, new, units)) {
            continue;
        }
        // An empty collection that has a line for itself, and is filled below.
        if units == Units::Lines && ["{}", "[]", "~", "null"].contains(&unit.trim()) {
            continue;
        }
        if units == Units::Lines && take(&|new| is_wider(unit, new, moves > 0)) {
            continue;
        }
        if take(&|new| is_extended(unit, new, units)) {
            grown += 1;
            continue;
        }
        return Err(format!("this is gone: {unit:?}"));
    }
    if grown > replaced {
        return Err(format!("{grown} values are longer, where {replaced} are to be"));
    }
    Ok(())
}

/// Whether `new` is `old` with its empty collection opened up, or with a chomping that cuts the line break
/// which the end of the text used to cut.
fn is_opened(old: &str, new: &str, units: Units) -> bool {
    if units == Units::Tokens {
        return matches!(old, "null" | "~") && matches!(new, "[" | "{");
    }
    if is_rechomped(old, new) {
        return true;
    }
    let (value, comment) = match old.find(" #") {
        Some(at) => (&old[..at], &old[at..]),
        None => (old, ""),
    };
    ["[]", "{}", "[ ]", "{ }", "null", "~"].iter().any(|empty| {
        let kept = value.trim_end().strip_suffix(empty);
        kept.is_some_and(|kept| {
            // A null may become a string, too.
            let is_value = |rest: &str| {
                rest.trim_start().starts_with(['[', '{', '"', '\'']) && rest.ends_with(comment.trim())
            };
            let rest = new.strip_prefix(kept.trim_end());
            rest.is_some_and(|rest| rest.trim() == comment.trim() || (is_value(rest) && !kept.is_empty()))
        })
    })
}

/// Whether both lines are headers of a block scalar, and differ in nothing but the chomping.
fn is_rechomped(old: &str, new: &str) -> bool {
    let without = |line: &str| {
        let at = line.find(" |").or_else(|| line.find(" >"))? + 2;
        let header = line[at..].split(' ').next().unwrap_or_default();
        let is_header = header.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+' || byte == b'-');
        is_header
            .then(|| line[..at].to_owned() + &header.replace(['+', '-'], "") + &line[at + header.len()..])
    };
    without(old).is_some_and(|old| without(new).is_some_and(|new| new == old))
}

/// Whether `new` is the line `old` with more in its flow collections; with `moves`, in another order.
fn is_wider(old: &str, new: &str, moves: bool) -> bool {
    let mut rest = tokens(new);
    let is_there = |token: &str| {
        let fits = |new: &str| {
            new == token || is_extended(token, new, Units::Tokens) || is_opened(token, new, Units::Tokens)
        };
        let same = rest.iter().position(|new| *new == token).filter(|_| moves);
        match same.or_else(|| rest.iter().position(|new| fits(new))) {
            Some(at) if moves => {
                rest.remove(at);
                true
            }
            Some(at) => {
                rest.drain(..=at);
                true
            }
            None => false,
        }
    };
    // What closes a collection of several lines may now stand further down.
    let mut kept = tokens(old);
    while kept.last().is_some_and(|token| matches!(*token, "]" | "}")) {
        kept.pop();
    }
    old.contains(['{', '[']) && kept.into_iter().all(is_there)
}

/// Whether `new` is `old` with more at the end of its value: before the closing quote and the comment.
fn is_extended(old: &str, new: &str, units: Units) -> bool {
    let common = old.bytes().zip(new.bytes()).take_while(|(left, right)| left == right).count();
    let is_tail = |tail: &str| {
        let tail = tail.trim_start_matches(['"', '\'']).trim_start();
        tail.is_empty() || tail.starts_with('#')
    };
    // The closing quote may be part of what both begin with.
    for at in [common, common.saturating_sub(1)] {
        if let (Some(tail), true) = (old.get(at..), new.len() > old.len())
            && is_tail(tail)
            && new.ends_with(tail)
        {
            return true;
        }
    }
    let value = |text: &str| {
        let text = text.trim();
        text.strip_prefix("value:").unwrap_or(text).trim().trim_matches(['"', '\'']).to_owned()
    };
    if value(new) == python_path(&value(old)) {
        return true;
    }
    // A plain scalar that its new text cannot be.
    let unquoted = |text: &str| text.replace(['"', '\''], "");
    units == Units::Tokens
        && !old.contains(['"', '\'', '[', ']', '{', '}', ','])
        && new.starts_with(['"', '\''])
        && unquoted(new).contains(old)
}

/// What becomes of a `PYTHONPATH`, the one variable that is extended on both ends.
pub(crate) fn python_path(old: &str) -> String {
    let agent = "/otel-auto-instrumentation-python";
    format!("{agent}/opentelemetry/instrumentation/auto_instrumentation:{old}:{agent}")
}

/// A flow text as tokens.
pub(crate) fn tokens(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'[' | b']' | b'{' | b'}' | b',' | b':' => at += 1,
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                at += 1;
            }
            b'\'' => {
                at += 1;
                while at < bytes.len() && (bytes[at] != b'\'' || bytes.get(at + 1) == Some(&b'\'')) {
                    at += 1 + usize::from(bytes[at] == b'\'');
                }
                at += 1;
            }
            _ => at += bytes[at..].iter().take_while(|byte| !b" \t\r\n[]{},".contains(byte)).count(),
        }
        tokens.push(&text[start..at.min(bytes.len())]);
    }
    tokens
}

/// The units that only `old` has and those that only `new` has, by Myers' shortest edit script.
pub(crate) fn diff<'t>(old: &[&'t str], new: &[&'t str]) -> (Vec<&'t str>, Vec<&'t str>) {
    let start = old.iter().zip(new).take_while(|(left, right)| left == right).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(left, right)| left == right).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    // Row by row, how far `old` is read on diagonal `-d, -d + 2 … d` after `d` steps.
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let is_down =
        |row: &[usize], d: usize, index: usize| index == 0 || (index < d && row[index - 1] < row[index]);
    loop {
        let d = rows.len();
        let mut row = Vec::with_capacity(d + 1);
        let mut is_done = false;
        for index in 0..=d {
            let mut x = match rows.last() {
                None => 0,
                Some(last) if is_down(last, d, index) => last[index],
                Some(last) => last[index - 1] + 1,
            };
            // The diagonal is `2 * index - d`; paths outside of both texts lead nowhere.
            let mut y = (x + d).checked_sub(2 * index).unwrap_or(usize::MAX);
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            is_done |= x == old.len() && y == new.len();
            row.push(x);
        }
        rows.push(row);
        if is_done {
            break;
        }
    }
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut x, mut y) = (old.len(), new.len());
    for d in (1..rows.len()).rev() {
        let row = &rows[d - 1];
        let index = (x + d - y) / 2;
        if is_down(row, d, index) {
            x = row[index];
            y = x + d - 1 - 2 * index;
            come.push(new[y]);
        } else {
            x = row[index - 1];
            y = x + d + 1 - 2 * index;
            gone.push(old[x]);
        }
    }
    gone.reverse();
    come.reverse();
    (gone, come)
}
