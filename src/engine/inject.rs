//! The second pass: decides, plans, edits and verifies each workload.

use std::collections::BTreeSet;
use std::ops::Range;

use super::cut::{Group, List};
use super::existing::{Outcome, Subject, Target};
use super::instrumentations::{self, Removal};
use super::read::{self, Found};
use super::{
    Patch, Role, Source, Task, bystander, line_col, located, origin_of, position, template, unknown_kind,
    unreadable,
};
use crate::apply;
use crate::change::Change;
use crate::config::annotations::{PREFIX, SIDECAR};
use crate::config::context::Context;
use crate::config::{Keep, Settings};
use crate::coverage;
use crate::finding::{Code, Finding};
use crate::k8s::Kind;
use crate::parallel::in_order;
use crate::plan::requested::{Requested, of_elsewhere, requested};
use crate::select::{Selection, instrumented, own_containers};
use crate::value::Value;
use crate::verify;
use crate::yaml::{Document, Edit, Form, LineCol, LineCols, Problem, Side, Trouble, shifted};

/// The result for a group.
#[derive(Debug, Default)]
pub(super) struct Injected {
    pub(super) edits: Vec<Edit>,
    pub(super) findings: Vec<(usize, Finding)>,
    /// Only a listing has them.
    pub(super) workloads: Vec<coverage::Workload>,
    /// Resources that its workloads request: kinds, and their names in messages.
    pub(super) asks_for: Vec<(&'static str, String)>,
    /// The indexes of the rules that select its workloads.
    pub(super) rules: BTreeSet<usize>,
    /// The changes, if patches are requested.
    pub(super) patches: Vec<Patch>,
    /// The number of resources.
    pub(super) resources: usize,
    /// The group is a host's `ResourceList` and does not parse.
    pub(super) unreadable: bool,
    /// The number of removed resources.
    pub(super) dropped: usize,
    /// The whole group is removed, and the caller adds the edit for that.
    pub(super) is_dropped: bool,
}

/// The input of a run besides the text.
pub(super) struct Run<'r> {
    pub(super) context: &'r Context,
    pub(super) settings: &'r Settings,
    pub(super) task: Task,
    /// How to output Instrumentations and sidecar collectors.
    pub(super) keep: Keep,
}

/// Injects the workloads of a group.
pub(super) fn group(
    sources: &[Source<'_>],
    group: &Group<'_>,
    context: &Context,
    settings: &Settings,
    task: Task,
) -> Injected {
    let source = &sources[group.source];
    let is_kept = source.role == Role::Context || task == Task::Uninject;
    let keep = if is_kept { Keep::Keep } else { settings.instrumentation_resources };
    let run = Run { context, settings, task, keep };
    let pieces = group.list.as_ref().and_then(|list| run.items(group, list)).or_else(|| run.documents(group));
    let problem = match pieces {
        Some(Ok(pieces)) => return put_together(source, group, pieces),
        Some(Err(problem)) => problem,
        None => return Injected::default(),
    };
    let unreadable = source.role == Role::ResourceList;
    let code = if unreadable {
        Code::InvalidYaml
    } else {
        unreadable::text(group.text, &problem, context, settings)
    };
    let span = problem.span();
    let finding = Finding::problem(code, "", &problem.message);
    let finding = template::whole(finding, group.text, problem.offset, source.file);
    let finding = located(source, group, line_col(group, &span), finding);
    Injected { findings: vec![(group.source, finding)], unreadable, ..Injected::default() }
}

fn put_together(source: &Source<'_>, group: &Group<'_>, pieces: Vec<(usize, Piece)>) -> Injected {
    // A host's list is kept even if it becomes empty.
    let is_dropped = source.role != Role::ResourceList
        && !pieces.is_empty()
        && pieces.iter().all(|(_, piece)| piece.is_dropped);
    let mut injected = Injected { is_dropped, ..Injected::default() };
    // All groups are kept until the output is written.
    injected.findings.reserve_exact(pieces.iter().map(|(_, piece)| piece.findings.len()).sum());
    let mut line_cols = LineCols::new(group.text);
    for (offset, piece) in pieces {
        injected.edits.extend(piece.edits.into_iter().map(|mut edit| {
            edit.text.shrink_to_fit();
            edit.shifted(group.offset + offset)
        }));
        injected.asks_for.extend(piece.asks_for);
        injected.rules.extend(piece.rules);
        injected.patches.extend(piece.patches.into_iter().map(|(_, patch)| patch));
        injected.resources += piece.resources;
        injected.dropped += piece.dropped;
        let mut place = |span: &Range<usize>| {
            let place = line_cols.span(&shifted(span, offset));
            LineCol { line: place.line + group.line, offset: place.offset + group.offset, ..place }
        };
        for workload in piece.workloads {
            let span = shifted(&workload.span, offset);
            let end = place(&(workload.span.end..workload.span.end)).line;
            let lines = (place(&workload.span).line, end);
            let origin = origin_of(source, group, workload.origin);
            injected.workloads.push(coverage::Workload {
                source: group.source,
                span: shifted(&span, group.offset),
                lines,
                origin,
                ..workload
            });
        }
        for Spotted { span, related, finding } in piece.findings {
            let mut finding = template::part(finding, group.text, offset + span.start, source.file);
            let related = finding.related.iter_mut().zip(related);
            for (other, span) in related.filter(|(other, _)| other.resource.is_none()) {
                other.position = Some(position(source, place(&span)));
            }
            injected.findings.push((group.source, located(source, group, place(&span), finding)));
        }
    }
    if source.role == Role::Context {
        // Context is never changed, and its workloads are ignored.
        injected = Injected::default();
    }
    injected.edits.shrink_to_fit();
    injected
}

/// The result for one document of a group. Offsets are relative to the document.
#[derive(Debug, Default)]
pub(super) struct Piece {
    edits: Vec<Edit>,
    findings: Vec<Spotted>,
    /// Only a listing has them.
    workloads: Vec<coverage::Workload>,
    /// Resources that its workloads request.
    asks_for: Vec<(&'static str, String)>,
    /// The indexes of the rules that select its workloads.
    rules: BTreeSet<usize>,
    /// The changes, with the pointer to each resource.
    patches: Vec<(String, Patch)>,
    resources: usize,
    dropped: usize,
    is_dropped: bool,
}

/// A finding with its spans in the document.
#[derive(Debug)]
struct Spotted {
    span: Range<usize>,
    /// Those of its other places.
    related: Vec<Range<usize>>,
    finding: Finding,
}

/// A change of a resource or of a list of resources.
struct Job {
    /// The resource, for messages.
    found: Found,
    /// The changed workload, or `None` for other resources.
    target: Option<Target>,
    /// Its findings.
    findings: Vec<Finding>,
    /// The changes, with pointers into the document.
    changes: Vec<Change>,
    /// Its index among the piece's workloads.
    workload: Option<usize>,
}

impl Run<'_> {
    /// The items of a list one by one. `None` if an item cannot be read separately, or cannot be removed without its
    /// comma.
    fn items(&self, group: &Group<'_>, list: &List) -> Option<Result<Vec<(usize, Piece)>, Problem>> {
        if list.is_flow && self.keep == Keep::Drop {
            return None;
        }
        let pieces = in_order(&list.items, |range| {
            let text = &group.text[range.clone()];
            if self.is_bystander(text, Form::Element) {
                return Some((range.start, Piece::passed_on()));
            }
            let document = read::item(text).ok()?;
            let read = |document: &Document<'_>| {
                read::item_resources(document, list.inherited.as_ref(), list.is_resource_list)
            };
            Some((range.start, self.document(&document, read)))
        });
        pieces.into_iter().collect::<Option<Vec<_>>>().map(Ok)
    }

    fn is_bystander(&self, text: &[u8], form: Form) -> bool {
        bystander::is_one(text, form, self.context, self.settings, self.task)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of `items`")]
    fn documents(&self, group: &Group<'_>) -> Option<Result<Vec<(usize, Piece)>, Problem>> {
        if self.is_bystander(group.text, Form::Mapping) {
            return Some(Ok(vec![(0, Piece::passed_on())]));
        }
        let injected =
            |(offset, document): (usize, Document<'_>)| (offset, self.document(&document, read::resources));
        Some(read::documents(group.text).map(|documents| documents.into_iter().map(injected).collect()))
    }

    /// Runs the task on a document whose resources `read` returns.
    pub(super) fn document(
        &self,
        document: &Document<'_>,
        read: impl Fn(&Document<'_>) -> Vec<Found>,
    ) -> Piece {
        let found = read(document);
        // A mapping without a kind can be anything, for example a tool's message.
        let has_kind =
            |found: &&Found| found.identity.is_some() || document.get(found.cursor, "kind").is_some();
        let resources = found.iter().filter(has_kind).count();
        let mut piece = Piece { resources, ..Piece::default() };
        let mut jobs = Vec::new();
        let mut removed = Vec::new();
        let mut removals = Vec::new();
        if self.keep == Keep::Drop {
            let is_dropped = |found: &&Found| instrumentations::is_one(document, found);
            piece.dropped = found.iter().filter(is_dropped).count();
            if self.task == Task::Patch {
                let patch = |found: &Found| Patch { subject: found.subject(document), changes: None };
                let dropped = found.iter().filter(is_dropped);
                piece.patches = dropped.map(|found| (found.base.clone(), patch(found))).collect();
            }
            match instrumentations::removals(document, &found) {
                Removal::Whole => {
                    let range = 0..document.source().len();
                    piece.edits.push(Edit { range, text: String::new() });
                    piece.is_dropped = true;
                    return piece;
                }
                Removal::Parts(parts) => removed = parts,
            }
        }
        for found in found {
            let Some(identity) = &found.identity else {
                let unread = self.unread(document, &found);
                piece.find(document, &found, unread.into_iter().collect());
                continue;
            };
            if let Some(part) = removed.iter().position(|part| is_within(&found.base, part)) {
                let changes = vec![Change::remove(removed.remove(part))];
                removals.push(Job { found, target: None, findings: Vec::new(), changes, workload: None });
                continue;
            }
            if self.keep == Keep::LocalConfig && instrumentations::is_one(document, &found) {
                let changes = instrumentations::local_config(document, &found);
                jobs.push(Job { found, target: None, findings: Vec::new(), changes, workload: None });
                continue;
            }
            if Kind::among(&self.settings.kinds, identity.group(), identity.kind()).is_none() {
                if self.task != Task::Uninject {
                    piece.find(
                        document,
                        &found,
                        unknown_kind::asks(document, &found, identity).into_iter().collect(),
                    );
                }
                continue;
            }
            let resource = match document.value_of(found.cursor) {
                Ok(resource) => resource,
                Err(problem) => {
                    let (context, settings) = (self.context, self.settings);
                    let code = unreadable::resource(document, found.cursor, &problem, context, settings);
                    piece.unreadable(document, &found, problem, code);
                    continue;
                }
            };
            let selection = Selection::read(&resource, identity, self.context, self.settings);
            if self.task != Task::Uninject {
                let requested = match &selection {
                    Some(selection) => requested(selection),
                    None => Requested { findings: of_elsewhere(&resource, identity), ..Requested::default() },
                };
                piece.find(document, &found, requested.findings);
                piece.asks_for.extend(requested.sources);
                piece.rules.extend(requested.rules);
            }
            let Some(selection) = &selection else { continue };
            let subject = Subject { document, base: &found.base, selection };
            let outcome = subject.outcome(self.task);
            if self.task == Task::List {
                piece.workloads.push(state_of(document, &found, selection, &outcome));
            }
            match outcome.target {
                Some(target) => {
                    let workload = piece.workloads.len().checked_sub(1);
                    jobs.push(Job { workload, ..Job::new(found, &resource, target, outcome.findings) });
                }
                None => piece.find(document, &found, outcome.findings),
            }
        }
        // The last one first, so that those before it keep their indexes.
        jobs.extend(removals.into_iter().rev());
        self.carry_out(document, jobs, &mut piece);
        piece
    }

    /// The finding for a workload that requests an injection but has no `apiVersion`.
    fn unread(&self, document: &Document<'_>, found: &Found) -> Option<Finding> {
        let kind = document.text(document.get(found.cursor, "kind")?)?;
        let asks = [PREFIX, SIDECAR].iter().any(|mark| document.source().contains(mark));
        let mut known = Kind::ALL.iter().chain(&self.settings.kinds);
        let is_one = asks && known.any(|row| row.kind == kind);
        is_one.then(|| Finding::workload_without_version("", kind))
    }

    /// Edits the document and verifies the result.
    fn carry_out(&self, document: &Document<'_>, jobs: Vec<Job>, piece: &mut Piece) {
        if jobs.iter().all(|job| job.changes.is_empty()) {
            return;
        }
        let (edits, mut done) = splice(document, jobs, piece);
        let others = done.iter().filter(|job| job.target.is_none()).flat_map(|job| &job.changes);
        let others: Vec<_> = others.cloned().collect();
        let workloads = done.iter_mut().filter_map(Job::edited).collect();
        let proven = verify::prove(document, &edits, workloads, &others, self.context, self.settings);
        match proven {
            Ok(()) => {
                piece.edits = edits;
                for Job { found, findings, changes, .. } in done {
                    if self.task == Task::Patch {
                        let own = changes.into_iter().map(|change| change.within(&found.base));
                        let own: Option<Vec<Change>> = own.collect();
                        if let Some(own) = own.filter(|own| is_inside(own)) {
                            let patch = Patch { subject: found.subject(document), changes: Some(own) };
                            piece.patches.push((found.base.clone(), patch));
                        }
                    }
                    piece.find(document, &found, findings);
                }
            }
            Err(message) => {
                for Job { found, workload, .. } in done {
                    piece.refuse(workload, Code::VerifyFailed);
                    let finding = Finding::problem(Code::VerifyFailed, "", &message);
                    piece.find(document, &found, vec![finding]);
                }
            }
        }
    }
}

/// The edits of all jobs at once, and those jobs. If a job cannot be edited, each half is tried by itself, down to that
/// job, which is refused.
fn splice(document: &Document<'_>, mut jobs: Vec<Job>, piece: &mut Piece) -> (Vec<Edit>, Vec<Job>) {
    // Only the last job reaches the end of the text.
    let end = jobs.last().and_then(|job| job.target.as_ref()).and_then(|target| target.end.as_deref());
    let problem = match document.splice_to(jobs.iter().flat_map(|job| &job.changes), end) {
        Ok(edits) => return (edits, jobs),
        Err(problem) => problem,
    };
    if let [job] = jobs.as_slice() {
        piece.refuse(job.workload, Code::CannotEdit);
        piece.problem(document, &job.found, problem);
        return (Vec::new(), Vec::new());
    }
    let others = jobs.split_off(jobs.len() / 2);
    let (mut edits, mut done) = splice(document, jobs, piece);
    let (more, rest) = splice(document, others, piece);
    edits.extend(more);
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    done.extend(rest);
    (edits, done)
}

/// Whether the changes only touch values inside the resource.
fn is_inside(changes: &[Change]) -> bool {
    !changes.is_empty() && changes.iter().all(|change| !change.pointer.is_empty())
}

/// Whether a pointer leads to `part` or into it.
fn is_within(pointer: &str, part: &str) -> bool {
    pointer.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Job {
    fn new(found: Found, before: &Value, mut target: Target, findings: Vec<Finding>) -> Self {
        let mut changes = std::mem::take(&mut target.changes);
        if found.is_krm_item {
            apply::adapt(before, &mut target.value, &mut changes);
        }
        let changes = changes.into_iter().map(|change| change.below(&found.base)).collect();
        Self { found, target: Some(target), findings, changes, workload: None }
    }

    /// The expected workload, for verification.
    fn edited(&mut self) -> Option<verify::Edited<'_>> {
        let target = self.target.as_mut()?;
        let (value, unrecorded) = (target.value.take(), target.unrecorded.take());
        Some(verify::Edited {
            base: &self.found.base,
            identity: self.found.identity.as_ref()?,
            value,
            unrecorded,
        })
    }
}

/// The workload of a listing. Its span is relative to the document.
fn state_of(
    document: &Document<'_>,
    found: &Found,
    selection: &Selection<'_>,
    outcome: &Outcome,
) -> coverage::Workload {
    let workload = &selection.workload;
    // One of two requests may be refused; a run that fails writes neither.
    let target = outcome.target.as_ref().filter(|_| outcome.status.is_instrumented());
    let resource = target.map_or(workload.resource, |target| &target.value);
    let pod = resource.pointer(&workload.pointer("/spec"));
    let mut state = coverage::Workload {
        subject: found.subject(document),
        source: 0,
        span: document.span_from(found.cursor, "", Side::Value),
        lines: (0, 0),
        origin: found.origin(document),
        status: outcome.status,
        from: outcome.from.clone(),
        parts: pod.map(instrumented).unwrap_or_default(),
        containers: workload.pod().map(own_containers).unwrap_or_default(),
    };
    state.settle();
    state
}

impl Piece {
    /// One resource that was not parsed.
    pub(super) fn passed_on() -> Self {
        Self { resources: 1, ..Self::default() }
    }

    /// Marks a workload that could not be changed.
    fn refuse(&mut self, workload: Option<usize>, code: Code) {
        if let Some(workload) = workload.and_then(|index| self.workloads.get_mut(index)) {
            workload.refuse(code);
        }
    }

    /// Adds findings about a resource, at the places of their pointers.
    fn find(&mut self, document: &Document<'_>, found: &Found, findings: Vec<Finding>) {
        let whole = document.span_from(found.cursor, "", Side::Value);
        // An alias leads to another resource, which may be a Secret: no more than the place is shown.
        let spans = |pointer: &str, side| {
            let span = document.span_from(found.cursor, pointer, side);
            let is_own = whole.start <= span.start && span.end <= whole.end;
            if is_own { span } else { span.start..span.start }
        };
        self.findings.reserve(findings.len());
        for mut finding in findings {
            let span = spans(&finding.pointer, finding.side);
            let related = finding.related.iter().map(|other| spans(&other.pointer, Side::Value)).collect();
            if finding.subject.is_none() {
                finding = finding.about(found.subject(document));
            }
            finding.origin = found.origin(document);
            self.findings.push(Spotted { span, related, finding });
        }
    }

    /// Adds a finding for a workload that cannot be read or edited.
    fn problem(&mut self, document: &Document<'_>, found: &Found, problem: Problem) {
        let code = match problem.trouble {
            Trouble::Syntax => Code::InvalidYaml,
            Trouble::Limit => Code::LimitExceeded,
            Trouble::Uneditable => Code::CannotEdit,
        };
        self.unreadable(document, found, problem, code);
    }

    fn unreadable(&mut self, document: &Document<'_>, found: &Found, problem: Problem, code: Code) {
        let span = problem.span();
        let mut finding = Finding::problem(code, "", &problem.message).about(found.subject(document));
        finding.origin = found.origin(document);
        let first = problem.first.map(|first| first..first + span.len());
        if first.is_some() {
            finding = finding.beside("", "the first one");
        }
        self.findings.push(Spotted { span, related: first.into_iter().collect(), finding });
    }
}
