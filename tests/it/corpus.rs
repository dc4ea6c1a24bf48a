//! Real workload documents in every style: injected right, or refused with a finding; never wrong.
//!
//! The documents of this repository are always tried. `OTEL_INJECT_CORPUS` names a folder of more; what it
//! holds is tried whole, and 97 % of it must be right.

#![allow(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use otel_inject::change::Change;
use otel_inject::config::Settings;
use otel_inject::finding::{Finding, Severity};
use otel_inject::k8s::{Identity, Kind};
use otel_inject::value::Value;
use otel_inject::yaml::{Document, split_documents};
use otel_inject::{Role, inject, uninject};
use rayon::prelude::*;

use crate::common::edits::{self, EDITS, Edit, Injection, Rewrite};
use crate::common::judge::{Outcome, Units, judge, only_what_was_planned};
use crate::common::{Task, documents, done, entries, file_name, item, testdata};

/// A document of the corpus.
struct Sample {
    name: String,
    text: String,
}

fn samples(folder: &Path) -> Vec<Sample> {
    let files = entries(folder).into_iter().filter(|path| path.is_file());
    let texts = files.filter_map(|path| Some((file_name(&path), std::fs::read_to_string(&path).ok()?)));
    texts.flat_map(|(name, text)| cut(&name, &text)).collect()
}

fn cut(name: &str, text: &str) -> Vec<Sample> {
    let ranges = split_documents(text.as_bytes()).into_iter().enumerate();
    ranges
        .map(|(index, range)| Sample { name: format!("{name}#{index}"), text: text[range].to_owned() })
        .collect()
}

/// The workloads of this repository: hostile ones, everyday ones, those of the golden cases.
fn own() -> Vec<Sample> {
    let mut samples: Vec<Sample> =
        ["hostile", "workloads"].iter().flat_map(|folder| samples(&testdata(folder))).collect();
    for case in entries(&testdata("cases")) {
        let text = std::fs::read_to_string(case.join("input.yaml")).expect("an input");
        samples.extend(cut(&file_name(&case), &text));
    }
    samples.retain(|sample| sample.text.len() < 100_000 && is_workload(&sample.text));
    samples
}

fn real() -> Vec<Sample> {
    let folder = std::env::var_os("OTEL_INJECT_CORPUS").expect("OTEL_INJECT_CORPUS names a folder");
    samples(Path::new(&folder))
}

fn value(text: &str) -> Option<Value> {
    let mut all = documents(text).ok()?;
    if all.len() == 1 { all.pop() } else { None }
}

fn is_workload(text: &str) -> bool {
    let identity = value(text).as_ref().and_then(|value| Identity::read(value, None));
    identity.is_some_and(|identity| Kind::find(identity.group(), identity.kind()).is_some())
}

/// How a document becomes a target.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// An annotation of its namespace asks for the language.
    Namespace(&'static str),
    /// The pod's own annotation asks for Node.js, and the first container has variables that grow and move.
    Edit,
}

const WAYS: &[Way] = &[Way::Namespace("nodejs"), Way::Namespace("sdk"), Way::Namespace("go"), Way::Edit];

impl Way {
    fn called(self) -> &'static str {
        match self {
            Self::Namespace(language) => language,
            Self::Edit => "edit",
        }
    }

    fn context(self, namespace: &str) -> String {
        let annotations = match self {
            Self::Namespace(language) => {
                format!("\n  annotations: {{instrumentation.opentelemetry.io/inject-{language}: \"true\"}}")
            }
            Self::Edit => String::new(),
        };
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}{annotations}\n---\n\
             apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata:\n  name: all\n  namespace: \
             {namespace}\nspec:\n  exporter:\n    endpoint: http://collector:4318\n  propagators: [tracecontext, \
             baggage]\n  sampler:\n    type: parentbased_traceidratio\n    argument: \"1\"\n  env:\n  - name: \
             OTEL_SHARED\n    value: \"yes\"\n  go:\n    env:\n    - name: OTEL_GO_AUTO_TARGET_EXE\n      value: \
             /app/app\n"
        )
    }

    /// The document that is to be tried.
    fn prepared(self, text: &str) -> Option<String> {
        match self {
            Self::Namespace(_) => Some(text.to_owned()),
            Self::Edit => edit(text),
        }
    }
}

/// A block document with an annotation on its pod and variables in its first container, written in by hand.
fn edit(text: &str) -> Option<String> {
    const ANNOTATION: &str = "instrumentation.opentelemetry.io/inject-nodejs: 'true'";
    let document = Document::parse(text).ok()?;
    let before = document.value().ok()?;
    let template = "/spec/template";
    let annotations = format!("{template}/metadata/annotations");
    let metadata = format!("{template}/metadata");
    let (pointer, lines) = if before.pointer(&annotations).is_some_and(Value::is_object) {
        (annotations, vec![ANNOTATION.to_owned()])
    } else {
        (metadata, vec!["annotations:".to_owned(), format!("  {ANNOTATION}")])
    };
    let container = format!("{template}/spec/containers/0");
    let variables: &[&str] = if before.pointer(&format!("{container}/env")).is_none() {
        &[
            "env: # the shop's",
            "# where it runs",
            "- name: OTEL_RESOURCE_ATTRIBUTES # all of them",
            "  value: 'team=shop' # us",
            "- name: NODE_OPTIONS",
            "  value: >-",
            "    --max-old-space-size=512",
            "",
            "    --no-warnings",
            "- name: LAST",
            "  value: x",
        ]
    } else {
        &[]
    };
    let variables = variables.iter().map(|line| (*line).to_owned()).collect();
    let mut result = text.to_owned();
    // From the end, so that places stay.
    for (pointer, lines) in [(container, variables), (pointer, lines)] {
        let lines: Vec<String> = lines;
        let offset = document.offset(&pointer);
        let column = offset - text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let indent = " ".repeat(column);
        let written: String = lines.iter().map(|line| format!("{line}\n{indent}")).collect();
        result.insert_str(offset, &written);
    }
    let after = value(&result)?;
    let annotated =
        after.pointer("/spec/template/metadata/annotations/instrumentation.opentelemetry.io~1inject-nodejs");
    (annotated.is_some() && after.pointer("/spec/template/spec/containers").is_some()).then_some(result)
}

/// A document in one of the styles in which documents come.
struct Variant {
    style: &'static str,
    text: String,
    role: Role,
    /// Where the workload stands.
    base: &'static str,
    units: Units,
}

impl Variant {
    /// What makes the workload a target.
    fn context(&self, way: Way) -> String {
        let read = value(&self.text);
        let workload = read.as_ref().and_then(|value| value.pointer(self.base));
        let namespace =
            workload.and_then(|value| value.pointer("/metadata/namespace")).and_then(Value::as_str);
        way.context(namespace.unwrap_or(NAMESPACE))
    }
}

/// `text` in every style that can hold its value.
fn variants(text: &str) -> Vec<Variant> {
    let mut variants = Vec::new();
    let mut push = |style, text, role, base, units| {
        variants.push(Variant { style, text, role, base, units });
    };
    let unix = text.replace("\r\n", "\n");
    let is_flow = unix.lines().any(|line| line.starts_with('{'));
    let units = if is_flow { Units::Tokens } else { Units::Lines };
    push("as is", text.to_owned(), Role::Stream, "", units);
    push("crlf", unix.replace('\n', "\r\n"), Role::Stream, "", units);
    push("no final newline", unix.trim_end().to_owned(), Role::Stream, "", units);
    let Some(value) = value(&unix) else { return variants };
    let same = |text: &String, wanted: &Value| self::value(text).is_some_and(|value| value == *wanted);
    if let Some(body) = body(&unix) {
        let indented: String = body.lines().map(|line| format!("   {line}\n")).collect();
        if same(&indented, &value) {
            push("indented", indented, Role::Stream, "", Units::Lines);
        }
        let list = format!(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}functionConfig:\n  apiVersion: \
             otel-inject.dev/v1alpha1\n  kind: OtelInject\n",
            item(body)
        );
        if self::value(&list).is_some_and(|list| list["items"][0] == value) {
            push("item", list, Role::ResourceList, "/items/0", Units::Lines);
        }
        if let Some(text) = commented(body, &value) {
            push("comments", text, Role::Stream, "", Units::Lines);
        }
    }
    let json = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
    push("json", json, Role::Stream, "", Units::Tokens);
    let mut text = String::new();
    flow(&value, 0, &mut text);
    text.push('\n');
    assert!(same(&text, &value), "the flow form has the value:\n{text}");
    push("flow", text, Role::Stream, "", Units::Tokens);
    variants
}

/// The document without marker and comments before it; none where it is not that simple.
fn body(text: &str) -> Option<&str> {
    let mut body = text.trim_start_matches('\u{feff}');
    while let Some((line, rest)) = body.split_once('\n')
        && (line.trim_end() == "---" || line.trim().is_empty() || line.starts_with('#'))
    {
        body = rest;
    }
    let is_simple = |line: &str| !["---", "...", "%"].iter().any(|mark| line.starts_with(mark));
    (body.lines().all(is_simple) && !body.starts_with([' ', '\t', '{'])).then_some(body)
}

/// `text` with a comment after every line, and at the end of lines that can have one.
fn commented(text: &str, value: &Value) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut has_comment = vec![false; lines.len()];
    let write = |has_comment: &[bool]| {
        let mut result = String::new();
        for (index, line) in lines.iter().enumerate() {
            result.push_str(line);
            if has_comment[index] {
                if line.ends_with(|last: char| last.is_alphanumeric() || last == ':') {
                    result.push_str(&format!(" # end of {index}"));
                }
                let next = lines.get(index + 1).copied().unwrap_or_default();
                let indent = next.len() - next.trim_start().len();
                result.push_str(&format!("\n{}# after {index}", " ".repeat(indent)));
            }
            result.push('\n');
        }
        result
    };
    // Comments are no comments in a scalar: halve until those are left out.
    let mut parts = Vec::new();
    parts.push(0..lines.len());
    while let Some(part) = parts.pop() {
        has_comment[part.clone()].fill(true);
        if self::value(&write(&has_comment)).is_some_and(|other| other == *value) {
            continue;
        }
        has_comment[part.clone()].fill(false);
        if part.len() > 1 {
            let middle = part.start + part.len() / 2;
            parts.extend([part.start..middle, middle..part.end]);
        }
    }
    has_comment.contains(&true).then(|| write(&has_comment))
}

/// `value` in flow form as people write it: words plain, the rest quoted, long collections on lines.
fn flow(value: &Value, depth: usize, out: &mut String) {
    let is_word = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.chars().all(|character| character.is_ascii_alphanumeric() || "-/.".contains(character))
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text)
    };
    let string = |text: &str| {
        if is_word(text) { text.to_owned() } else { Value::from(text).to_string() }
    };
    let (open, close, members): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(map) if !map.is_empty() => {
            ('{', '}', map.iter().map(|(key, value)| (string(key) + ": ", value)).collect())
        }
        Value::Array(list) if !list.is_empty() => {
            ('[', ']', list.iter().map(|value| (String::new(), value)).collect())
        }
        Value::String(text) => return out.push_str(&string(text)),
        other => return out.push_str(&other.to_string()),
    };
    let is_long = depth < 4;
    out.push(open);
    for (index, (key, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if is_long {
            out.push('\n');
            out.push_str(&" ".repeat(depth + 1));
        } else if index > 0 {
            out.push(' ');
        }
        out.push_str(&key);
        flow(value, depth + 1, out);
    }
    out.push(close);
}

fn judged(variant: &Variant, way: Way) -> Outcome {
    let context = variant.context(way);
    match judge(variant.text.as_bytes(), variant.role, variant.units, &context, &settings()) {
        Outcome::Right(count) if count != 1 => Outcome::Wrong(format!("{count} workloads")),
        other => other,
    }
}

/// A text in a style, with what it is injected from.
struct Case<'v> {
    variant: &'v Variant,
    context: String,
    injected: String,
}

impl<'v> Case<'v> {
    /// None where nothing is injected.
    fn of(variant: &'v Variant, way: Way, adapt: fn(String) -> String) -> Option<Self> {
        let mut case = Self { variant, context: adapt(variant.context(way)), injected: String::new() };
        case.injected = case.run(inject, &variant.text).0;
        (case.injected != variant.text).then_some(case)
    }

    fn run(&self, task: Task, text: &str) -> (String, Vec<Finding>) {
        done(task, text, self.variant.role, &self.context, &settings())
    }

    /// What becomes of the text when it is led back.
    fn led_back(&self) -> Back {
        let (before, findings) = self.run(uninject, &self.injected);
        if let Some(finding) = findings.iter().find(|finding| finding.severity == Severity::Error) {
            return Back::Refused(finding.message.clone());
        }
        if before == self.variant.text {
            Back::Same
        } else if self.run(inject, &before).0 == self.injected {
            Back::Other
        } else {
            Back::Wrong
        }
    }

    /// Tries an edit, with the text kept or written anew.
    fn is_lawful(&self, name: &str, edit: &(&str, Edit), rewrite: Option<Rewrite>) -> bool {
        let injection = Injection {
            name,
            input: &self.variant.text,
            injected: &self.injected,
            role: self.variant.role,
            base: self.variant.base,
            context: &self.context,
            settings: &settings(),
        };
        injection.is_lawful(edit, rewrite)
    }
}

/// Edits all samples in every style, `share` of the edits each: how many could be tried, kept and written anew.
fn edit_all(samples: &[Sample], share: usize) -> [usize; 3] {
    let one = |(number, sample): (usize, &Sample)| {
        let mut tried = [0; 3];
        for (shift, way) in WAYS.iter().enumerate() {
            let Some(text) = way.prepared(&sample.text) else { continue };
            for (style, variant) in variants(&text).iter().enumerate() {
                // Serialisers of YAML 1.2 write `yes` without quotes, which is another value to Kubernetes.
                let Some(case) = Case::of(variant, *way, |context| context.replace("\"yes\"", "all")) else {
                    continue;
                };
                let name = format!("{} ({}, {})", sample.name, way.called(), variant.style);
                for (rewritten, rewrite) in edits::WAYS.iter().enumerate() {
                    for part in 0..share {
                        let edit = number + shift * 3 + style + rewritten * 4 + part * EDITS.len() / share;
                        let edit = &EDITS[edit % EDITS.len()];
                        tried[rewritten] += usize::from(case.is_lawful(&name, edit, *rewrite));
                    }
                }
            }
        }
        tried
    };
    let add = |left: [usize; 3], right: [usize; 3]| std::array::from_fn(|index| left[index] + right[index]);
    let tried = samples.par_iter().enumerate().map(one).reduce(|| [0; 3], add);
    println!("edits: {} with the text kept, {} by YAML, {} by JSON", tried[0], tried[1], tried[2]);
    tried
}

#[test]
fn an_edit_of_own_documents_is_as_if_it_had_come_first() {
    let samples: Vec<Sample> = own().into_iter().step_by(3).collect();
    let tried = edit_all(&samples, 1);
    assert!(tried.iter().all(|count| *count > 200), "{tried:?}");
}

#[test]
#[ignore = "needs OTEL_INJECT_CORPUS, a folder of real workload documents"]
fn an_edit_of_real_documents_is_as_if_it_had_come_first() {
    let tried = edit_all(&real(), 2);
    assert!(tried.iter().all(|count| *count > 0), "{tried:?}");
}

/// What leads back to where.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Back {
    /// The text itself.
    Same,
    /// Another one that injects to the same text.
    Other,
    Refused(String),
    Wrong,
}

/// Leads all samples back, in every style: how many come to themselves, to another text, and not back.
fn lead_back(samples: &[Sample]) -> [usize; 3] {
    let one = |sample: &Sample| {
        let mut found = Vec::new();
        for way in WAYS {
            let Some(text) = way.prepared(&sample.text) else { continue };
            for variant in variants(&text) {
                let name = format!("{} ({}, {})", sample.name, way.called(), variant.style);
                found.extend(Case::of(&variant, *way, |context| context).map(|case| (name, case.led_back())));
            }
        }
        found
    };
    let found: Vec<(String, Back)> = samples.par_iter().flat_map_iter(one).collect();
    let named = |wanted: &dyn Fn(&Back) -> bool| -> Vec<&(String, Back)> {
        found.iter().filter(|(_, back)| wanted(back)).collect()
    };
    let wrong = named(&|back| *back == Back::Wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let refused = named(&|back| matches!(back, Back::Refused(_)));
    let others = named(&|back| *back == Back::Other);
    println!("not back: {refused:?}");
    let others: BTreeSet<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
    println!("to another text: {others:?}");
    let counts = [found.len() - refused.len() - others.len(), others.len(), refused.len()];
    println!(
        "{} are the original, {} another one of the same text, {} refused",
        counts[0], counts[1], counts[2]
    );
    counts
}

#[test]
fn own_documents_lead_back_in_every_style() {
    let [same, other, refused] = lead_back(&own());
    assert!(same > 1_000 && other == 0 && refused == 0, "{same}, {other}, {refused}");
}

#[test]
#[ignore = "needs OTEL_INJECT_CORPUS, a folder of real workload documents"]
fn real_documents_lead_back_in_every_style() {
    let [same, other, refused] = lead_back(&real());
    assert!(same > 0 && other == 0 && refused == 0, "{same}, {other}, {refused}");
}

/// The namespace of documents that name none.
const NAMESPACE: &str = "corpus";

fn settings() -> Settings {
    Settings { namespace: Some(NAMESPACE.to_owned()), ..Settings::default() }
}

#[derive(Default)]
struct Tally {
    /// By style and way: right, refused, left.
    counts: BTreeMap<(&'static str, &'static str), [usize; 3]>,
    refused: Vec<String>,
    left: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, sample: &Sample, variant: &Variant, way: Way, outcome: Outcome) {
        let name = format!("{} ({}, {})", sample.name, way.called(), variant.style);
        let counts = self.counts.entry((variant.style, way.called())).or_default();
        match outcome {
            Outcome::Right(_) => counts[0] += 1,
            Outcome::Refused(why) => {
                counts[1] += 1;
                self.refused.push(format!("{name}: {why}"));
            }
            Outcome::Left => {
                counts[2] += 1;
                self.left.insert(sample.name.clone());
            }
            Outcome::Wrong(why) => self.wrong.push(format!("{name}: {why}")),
            Outcome::Unjudged => {
                self.wrong.push(format!("{name}: the other reader cannot read what was taken"))
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (key, counts) in other.counts {
            let mine = self.counts.entry(key).or_default();
            mine.iter_mut().zip(counts).for_each(|(mine, other)| *mine += other);
        }
        self.refused.extend(other.refused);
        self.left.extend(other.left);
        self.wrong.extend(other.wrong);
        self
    }

    fn total(&self, index: usize) -> usize {
        self.counts.values().map(|counts| counts[index]).sum()
    }
}

fn tried(samples: &[Sample]) -> Tally {
    let one = |sample: &Sample| {
        let mut tally = Tally::default();
        let mut written: Option<(String, Vec<Variant>)> = None;
        for way in WAYS {
            let Some(text) = way.prepared(&sample.text) else { continue };
            if written.as_ref().is_none_or(|(last, _)| *last != text) {
                let variants = variants(&text);
                written = Some((text, variants));
            }
            for variant in written.iter().flat_map(|(_, variants)| variants) {
                tally.add(sample, variant, *way, judged(variant, *way));
            }
        }
        tally
    };
    let tally = samples.par_iter().map(one).reduce(Tally::default, Tally::merge);
    for ((style, way), [right, refused, left]) in &tally.counts {
        println!("{style}, {way}: {right} right, {refused} refused, {left} left alone");
    }
    println!("left alone: {:?}", tally.left);
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
    tally
}

#[test]
fn own_documents_are_injected_right_or_refused_in_every_style() {
    let tally = tried(&own());
    assert!(tally.total(0) > 1000, "{} right", tally.total(0));
}

#[test]
#[ignore = "needs OTEL_INJECT_CORPUS, a folder of real workload documents"]
fn real_documents_are_injected_right_in_every_style() {
    let samples = real();
    let tally = tried(&samples);
    let (right, refused) = (tally.total(0), tally.total(1));
    println!("refused:\n{}", tally.refused.join("\n"));
    println!("{right} right, {refused} refused, {} left alone", tally.total(2));
    assert!(right * 100 >= (right + refused) * 97, "{right} right, {refused} refused");
    assert!(right >= samples.len() * 20, "{right} right of {} documents", samples.len());
}

#[test]
fn the_judge_sees_what_was_not_planned() {
    let before =
        "spec:\n  containers:\n  - name: app # c\n    mode: 0755\n    env: []  # none\n    args: [a]\n";
    let after = before.replace("[]", "").replace("# none\n", "# none\n    - name: A\n");
    let right = |before: &str, after: &str| only_what_was_planned(before, after, &[], Units::Lines);
    assert_eq!(right(before, &after), Ok(()));
    for (from, to) in [
        (" # c", ""),
        ("0755", "755"),
        ("0755", "07555"),
        ("- name: app", "-  name: app"),
        ("# none", "# some"),
        ("[a]", "[]"),
        ("  - name: app # c\n    mode: 0755\n", "    mode: 0755\n  - name: app # c\n"),
        ("[a]\n", "[a]"),
        ("[a]\n", "[a]\r\n"),
    ] {
        assert!(right(before, &after.replace(from, to)).is_err(), "{from} became {to}");
    }
    let replaced = [Change::replace("/spec/containers/0/mode", "0755 b".into())];
    let longer = after.replace("0755", "0755 b");
    assert_eq!(only_what_was_planned(before, &longer, &replaced, Units::Lines), Ok(()));
    assert!(right(&before.replace('\n', "\r\n"), &after).is_err());
    let json = "{\"a\": \"b\", \"c\": [1]}";
    for (wrong, is_right) in [
        ("{\"a\": \"b\", \"c\": [1, 2]}", true),
        ("{\"c\": [1], \"a\": \"b\"}", false),
        ("{\"a\": \"b\", \"c\": [2]}", false),
    ] {
        assert_eq!(only_what_was_planned(json, wrong, &[], Units::Tokens).is_ok(), is_right, "{wrong}");
    }
}
