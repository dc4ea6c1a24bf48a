//! The second pass: decide, plan, edit and prove, workload by workload.

use super::cut::{Group, List};
use super::read::{self, Found};
use super::{Role, Source, at, context, in_order, place};
use crate::apply;
use crate::config::Settings;
use crate::config::context::Context;
use crate::finding::{Code, Finding};
use crate::k8s::{Kind, mentions_workload};
use crate::plan::{self, Plan, Verdict};
use crate::verify;
use crate::yaml::{Document, Edit, Problem, Trouble};

/// What came of a group.
#[derive(Debug, Default)]
pub(super) struct Injected {
    pub(super) edits: Vec<Edit>,
    pub(super) findings: Vec<(usize, Finding)>,
    /// How many resources it holds.
    pub(super) resources: usize,
    /// The group is a host's `ResourceList` and does not parse.
    pub(super) unreadable: bool,
    /// It holds a context resource that the first pass did not look at.
    pub(super) missed_context: bool,
}

/// What a text is injected with.
struct Run<'r> {
    context: &'r Context,
    settings: &'r Settings,
}

/// Injects the workloads of a group.
pub(super) fn group(
    sources: &[Source<'_>],
    group: &Group<'_>,
    context: &Context,
    settings: &Settings,
) -> Injected {
    let source = &sources[group.source];
    let run = Run { context, settings };
    let pieces = group.list.as_ref().and_then(|list| run.items(group, list)).or_else(|| run.documents(group));
    let problem = match pieces {
        Some(Ok(pieces)) => return put_together(source, group, pieces),
        Some(Err(problem)) => problem,
        None => return Injected::default(),
    };
    let code = match (mentions_workload(group.text), problem.trouble) {
        (false, _) => Code::UnparsedDocument,
        (true, Trouble::Limit) => Code::LimitExceeded,
        (true, _) => Code::InvalidYaml,
    };
    let unreadable = source.role == Role::ResourceList;
    let code = if unreadable { Code::InvalidYaml } else { code };
    let finding = at(source, place(group, problem.offset), Finding::new(code, "", problem.message));
    Injected { findings: vec![(group.source, finding)], unreadable, ..Injected::default() }
}

fn put_together(source: &Source<'_>, group: &Group<'_>, pieces: Vec<(usize, Piece)>) -> Injected {
    let mut injected = Injected::default();
    for (offset, piece) in pieces {
        injected.edits.extend(piece.edits.into_iter().map(|edit| edit.shifted(group.offset + offset)));
        injected.resources += piece.resources;
        injected.missed_context |= piece.missed_context;
        let located = piece
            .findings
            .into_iter()
            .map(|(at_byte, finding)| (group.source, at(source, place(group, offset + at_byte), finding)));
        injected.findings.extend(located);
    }
    if source.role == Role::Context {
        // Read, never changed, and its workloads are nobody's concern.
        injected = Injected { missed_context: injected.missed_context, ..Injected::default() };
    }
    injected
}

/// What came of one document of a group. Offsets are the document's.
#[derive(Debug, Default)]
struct Piece {
    edits: Vec<Edit>,
    findings: Vec<(usize, Finding)>,
    resources: usize,
    missed_context: bool,
}

/// A workload that is to be injected.
struct Planned {
    found: Found,
    plan: Plan,
}

impl Run<'_> {
    /// The items of a list one by one; none where an item cannot be read alone.
    fn items(&self, group: &Group<'_>, list: &List) -> Option<Result<Vec<(usize, Piece)>, Problem>> {
        let pieces = in_order(&list.items, |range| {
            let document = read::item(&group.text[range.clone()]).ok()?;
            let found = read::item_resources(&document, list.inherited.as_ref(), list.is_resource_list);
            Some((range.start, self.document(&document, found)))
        });
        pieces.into_iter().collect::<Option<Vec<_>>>().map(Ok)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of `items`")]
    fn documents(&self, group: &Group<'_>) -> Option<Result<Vec<(usize, Piece)>, Problem>> {
        let injected = |(offset, document): (usize, Document<'_>)| {
            (offset, self.document(&document, read::resources(&document)))
        };
        Some(read::documents(group.text).map(|documents| documents.into_iter().map(injected).collect()))
    }

    fn document(&self, document: &Document<'_>, found: Vec<Found>) -> Piece {
        // A mapping without a kind is anything: a tool's message, say.
        let has_kind =
            |found: &&Found| found.identity.is_some() || document.get(found.cursor, "kind").is_some();
        let resources = found.iter().filter(has_kind).count();
        let mut piece = Piece { resources, ..Piece::default() };
        let mut planned = Vec::new();
        for found in found {
            let Some(identity) = &found.identity else { continue };
            let text = document.source().as_bytes();
            piece.missed_context |= Context::wants(identity) && !context::is_mentioned(text, identity);
            if Kind::find(identity.group(), identity.kind()).is_none() {
                continue;
            }
            let resource = match document.value_of(found.cursor) {
                Ok(resource) => resource,
                Err(problem) => {
                    piece.problem(document, &found, problem);
                    continue;
                }
            };
            match plan::plan(&resource, identity, self.context, self.settings) {
                Verdict::Nothing => {}
                Verdict::Skipped(finding) => piece.find(document, &found, vec![finding]),
                Verdict::Refused(findings) => piece.find(document, &found, findings),
                Verdict::Planned(plan) => planned.push(Planned { found, plan }),
            }
        }
        self.carry_out(document, planned, &mut piece);
        piece
    }

    /// Edits the document for all its workloads at once; where one of them stands in the way, one by one.
    fn carry_out(&self, document: &Document<'_>, planned: Vec<Planned>, piece: &mut Piece) {
        if planned.is_empty() {
            return;
        }
        let changes: Vec<_> = planned.iter().map(Planned::changes).collect();
        let all: Vec<_> = changes.iter().flatten().cloned().collect();
        let (edits, done) = match document.splice(&all) {
            Ok(edits) => (edits, planned.into_iter().zip(changes).collect::<Vec<_>>()),
            Err(_) => {
                let mut edits = Vec::new();
                let mut done = Vec::new();
                for (planned, changes) in planned.into_iter().zip(changes) {
                    match document.splice(&changes) {
                        Ok(own) => {
                            edits.extend(own);
                            done.push((planned, changes));
                        }
                        Err(problem) => piece.problem(document, &planned.found, problem),
                    }
                }
                edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
                (edits, done)
            }
        };
        let workloads = done.iter().filter_map(|(planned, _)| planned.edited()).collect();
        let proven = verify::prove(document, &edits, workloads, self.context, self.settings);
        match proven {
            Ok(()) => {
                piece.edits = edits;
                for (planned, _) in done {
                    piece.find(document, &planned.found, planned.plan.findings);
                }
            }
            Err(message) => {
                for (planned, _) in done {
                    let finding = Finding::new(Code::VerifyFailed, "", message.clone());
                    piece.find(document, &planned.found, vec![finding]);
                }
            }
        }
    }
}

impl Planned {
    /// What the workload is to be.
    fn edited(&self) -> Option<verify::Edited<'_>> {
        let value = apply::hosted(&self.plan, self.found.is_krm_item);
        Some(verify::Edited { base: &self.found.base, identity: self.found.identity.as_ref()?, value })
    }

    /// The plan's changes where the workload stands in its document.
    fn changes(&self) -> Vec<crate::change::Change> {
        let host = if self.found.is_krm_item { apply::host_changes(&self.plan) } else { Vec::new() };
        self.plan.changes.iter().chain(&host).map(|change| change.below(&self.found.base)).collect()
    }
}

impl Piece {
    /// Findings about a resource, at the places that their pointers lead to.
    fn find(&mut self, document: &Document<'_>, found: &Found, findings: Vec<Finding>) {
        for mut finding in findings {
            let offset = document.offset(&format!("{}{}", found.base, finding.pointer));
            if finding.subject.is_none() {
                finding = finding.about(found.subject(document));
            }
            finding.origin = found.origin(document);
            self.findings.push((offset, finding));
        }
    }

    /// A workload that cannot be read or edited.
    fn problem(&mut self, document: &Document<'_>, found: &Found, problem: Problem) {
        let code = match problem.trouble {
            Trouble::Syntax => Code::InvalidYaml,
            Trouble::Limit => Code::LimitExceeded,
            Trouble::Uneditable => Code::CannotEdit,
        };
        let mut finding = Finding::new(code, "", problem.message).about(found.subject(document));
        finding.origin = found.origin(document);
        self.findings.push((problem.offset, finding));
    }
}
