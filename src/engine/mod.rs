//! The pipeline: texts in, edits and findings out.
//!
//! Two passes over the same groups of texts. The first reads the resources to look up (Instrumentations, Namespaces and
//! what they refer to); the second decides, plans, edits and verifies each workload, and passes on what it can tell by
//! its bytes to hold none. Both run in parallel and combine their results in input order.

mod bystander;
mod context;
mod cut;
mod existing;
mod inject;
mod instrumentations;
mod mention;
mod read;
mod template;
mod undeployed;
mod unknown_kind;
mod unreadable;

pub use undeployed::{ForCluster, for_cluster, has_kind};

use std::collections::BTreeSet;
use std::ops::Range;

use crate::change::Change;
use crate::config::{Mode, OnError, Settings};
use crate::coverage::Workload;
use crate::finding::{Code, Finding, Origin, Position, Severity, Subject};
use crate::k8s::origin;
use crate::parallel::{both, in_order};
use crate::yaml::{Edit, Envelope, LineCol, Problem};
use context::Collected;
use cut::Group;

/// How a text is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A stream of documents; its workloads are injected.
    Stream,
    /// One `ResourceList` from a host. Any other document is an error.
    ResourceList,
    /// Resources to look up; never changed.
    Context,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Injects what is requested and updates earlier injections.
    Inject,
    /// The same, and also returns the changes in [`Output::patches`].
    Patch,
    /// The same as [`Task::Inject`], and also returns [`Output::workloads`], whatever else fails.
    List,
    /// Removes injections.
    Uninject,
}

/// A text to process.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file's path for findings, or `None` for a stream.
    pub file: Option<&'a str>,
    /// The unmodified bytes.
    pub text: &'a [u8],
    /// How the text is used.
    pub role: Role,
}

/// The changes of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// The resource.
    pub subject: Subject,
    /// The changes, with pointers into the resource, or `None` if it is removed.
    pub changes: Option<Vec<Change>>,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Output {
    /// The edits of each source, in the sources' order, sorted by position. All empty if a finding is an error,
    /// except in a listing.
    pub edits: Vec<Vec<Edit>>,
    /// Errors first, then warnings, then infos. Within a severity, sorted by source and position.
    pub findings: Vec<Finding>,
    /// A `ResourceList` could not be read, so there is nothing to print.
    pub unreadable: bool,
    /// The changes of each resource, in input order. Only [`patch`] fills it.
    pub patches: Vec<Patch>,
    /// Every image that an injection uses, including current earlier injections.
    pub images: BTreeSet<String>,
    /// The workloads of the texts without the context, in input order. Only [`Task::List`] fills it.
    pub workloads: Vec<Workload>,
    /// The number of resources in the texts without the context, including removed ones.
    pub resources: usize,
}

/// Injects every workload of `sources` that requests it, completely or not at all.
///
/// Deterministic: the same sources and settings give the same output. If a finding is an error, there are no edits.
#[must_use]
pub fn inject(sources: &[Source<'_>], settings: &Settings) -> Output {
    run(sources, settings, Task::Inject)
}

/// As `inject`, and also returns the changes.
#[must_use]
pub fn patch(sources: &[Source<'_>], settings: &Settings) -> Output {
    run(sources, settings, Task::Patch)
}

/// Removes what was injected, according to its record, from every workload of `sources`. Later edits of other values
/// are kept.
///
/// Deterministic: the same sources and settings give the same output. If a finding is an error, there are no edits.
#[must_use]
pub fn uninject(sources: &[Source<'_>], settings: &Settings) -> Output {
    run(sources, settings, Task::Uninject)
}

/// A list of up to so many bytes is read before a thread has begun.
const SHORT: usize = 1 << 18;

/// Runs `task` on `sources`.
#[must_use]
pub fn run(sources: &[Source<'_>], settings: &Settings, task: Task) -> Output {
    let mut output = Output { edits: vec![Vec::new(); sources.len()], ..Output::default() };
    let mut found = Located::default();
    let mut groups = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let is_long = source.role == Role::ResourceList && source.text.len() > SHORT;
        let (problem, own) = both(is_long, || unreadable(source), || cut::groups(index, source));
        match problem {
            Some(problem) => {
                output.unreadable |= source.role == Role::ResourceList;
                let finding = Finding::problem(Code::InvalidYaml, "", &problem.message);
                found.push(index, at(source, LineCol::at(source.text, problem.offset), finding));
            }
            None => groups.extend(own),
        }
    }
    let Collected { resources, findings, of_asked, unused, places } =
        context::collect(sources, &groups, settings);
    let results = in_order(&groups, |group| inject::group(sources, group, &resources, settings, task));
    drop(resources);

    found.0.reserve_exact(findings.len() + results.iter().map(|result| result.findings.len()).sum::<usize>());
    found.extend(findings);
    let asked: BTreeSet<_> = results.iter().flat_map(|result| result.asks_for.iter().cloned()).collect();
    let of_asked = of_asked.into_iter().filter(|one| asked.contains(&one.called));
    let unused = unused.into_iter();
    let unused = unused.filter(|one| task != Task::Uninject && !asked.contains(&one.called));
    found.extend(of_asked.chain(unused).map(|one| (one.source, one.finding)));
    let selecting: BTreeSet<usize> = results.iter().flat_map(|result| result.rules.iter().copied()).collect();
    let mut dropped = 0;
    for (index, (group, result)) in groups.iter().zip(results).enumerate() {
        output.unreadable |= result.unreadable;
        output.resources += result.resources;
        dropped += result.dropped;
        let whole = result.is_dropped.then(|| {
            let next = groups.get(index + 1).filter(|next| next.source == group.source);
            instrumentations::removal(group, next)
        });
        output.edits[group.source].extend(whole.map_or(result.edits, |edit| vec![edit]));
        let injections = result.findings.iter().flat_map(|(_, finding)| &finding.injections);
        output.images.extend(injections.flat_map(|injection| injection.images.iter().cloned()));
        found.extend(result.findings);
        output.patches.extend(result.patches);
        output.workloads.extend(result.workloads);
    }
    places.locate(found.0.iter_mut().map(|(_, finding)| finding), sources, &groups);
    // A rule may select workloads that could not be read.
    if task != Task::Uninject && output.resources > 0 && !found.has(&[Code::InvalidYaml, Code::LimitExceeded])
    {
        let unused = settings.rules.iter().enumerate().filter(|(index, _)| !selecting.contains(index));
        found.extend(unused.filter_map(|(_, rule)| Some((0, rule.unused.clone()?))));
    }
    // Hosts delete what is missing in the output.
    if dropped > 0 && dropped == output.resources && settings.mode == Mode::Inject {
        found.push(0, Finding::only_sources(""));
    }
    output.findings = if output.unreadable { found.sorted(None) } else { found.sorted(Some(settings)) };
    let has_error = output.findings.iter().any(|finding| finding.severity == Severity::Error);
    // A listing says of each workload what would change in it.
    if task != Task::List && (has_error || settings.mode == Mode::Validate) {
        output.edits.iter_mut().for_each(Vec::clear);
        output.patches.clear();
    }
    output
}

/// Why a whole text cannot be read.
fn unreadable(source: &Source<'_>) -> Option<Problem> {
    const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];
    if UTF_16.iter().any(|mark| source.text.starts_with(mark)) {
        return Some(Problem::syntax(0, "UTF-16, where UTF-8 is read"));
    }
    match source.role {
        Role::ResourceList => Envelope::read(source.text).err(),
        Role::Stream | Role::Context => None,
    }
}

/// `finding` at a position in a source.
fn at(source: &Source<'_>, place: LineCol, finding: Finding) -> Finding {
    finding.at(position(source, place))
}

fn position(source: &Source<'_>, place: LineCol) -> Position {
    let LineCol { line, column, end_column, offset } = place;
    Position { file: source.file.map(str::to_owned), line, column, end_column, offset }
}

/// `finding` at a position in a group. If a stream's resource comes from a file, the finding gets that file.
fn located(source: &Source<'_>, group: &Group<'_>, place: LineCol, mut finding: Finding) -> Finding {
    finding.origin = origin_of(source, group, finding.origin.take());
    at(source, place, finding)
}

/// The file of a resource of a stream, which its annotations or the group's comment names.
fn origin_of(source: &Source<'_>, group: &Group<'_>, own: Option<Origin>) -> Option<Origin> {
    if source.file.is_some() { None } else { own.or_else(|| origin::of_comment(group.text)) }
}

/// Findings with the indexes of their sources.
#[derive(Default)]
struct Located(Vec<(usize, Finding)>);

impl Located {
    fn push(&mut self, source: usize, finding: Finding) {
        self.0.push((source, finding));
    }

    fn has(&self, codes: &[Code]) -> bool {
        self.0.iter().any(|(_, finding)| codes.contains(&finding.code))
    }

    fn extend(&mut self, findings: impl IntoIterator<Item = (usize, Finding)>) {
        self.0.extend(findings);
    }

    /// Sorts by severity, source and position, after applying severities and downgrades from the settings.
    fn sorted(mut self, settings: Option<&Settings>) -> Vec<Finding> {
        if let Some(settings) = settings {
            let weighed = |(source, finding)| Some((source, settings.weighed(finding)?));
            self.0 = self.0.into_iter().filter_map(weighed).collect();
            for (_, finding) in &mut self.0 {
                let softens = settings.on_error == OnError::Skip && finding.code.is_softenable();
                if softens && finding.severity == Severity::Error {
                    finding.severity = Severity::Warning;
                }
            }
        }
        self.0.sort_by_cached_key(|(source, finding)| {
            let position = finding.position.as_ref().map(|position| (position.line, position.column));
            (finding.severity, *source, position)
        });
        self.0.into_iter().map(|(_, finding)| finding).collect()
    }
}

/// The position in a source of a span in a group.
fn line_col(group: &Group<'_>, span: &Range<usize>) -> LineCol {
    let place = LineCol::span(group.text, span);
    LineCol { line: place.line + group.line, offset: place.offset + group.offset, ..place }
}
