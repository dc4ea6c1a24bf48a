//! Existing injections of a workload: current, stale, edited, no longer requested, or without a record.

use std::borrow::Cow;

use ecow::EcoString;

use super::Task;
use crate::change::{Change, Operation, between};
use crate::config::annotations::{is_known, ours};
use crate::config::{OnError, Recording, Settings, Stale};
use crate::coverage::Status;
use crate::finding::{Code, Finding, Severity};
use crate::k8s::pod::identify;
use crate::k8s::{Workload, knative};
use crate::plan::record::{ANNOTATION, Invalid, Record, Undone};
use crate::plan::{self, Plan, Verdict, differences};
use crate::select::{self, Selection};
use crate::value::{Value, escape};
use crate::yaml::Document;

/// The result of a run for one workload.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The changed workload, or `None` if it is unchanged.
    pub(super) target: Option<Target>,
    /// Its findings, changed or not. Pointers are relative to the resource.
    pub(super) findings: Vec<Finding>,
    /// The state of its injection.
    pub(super) status: Status,
    /// The resources that the injection comes from: kinds and names.
    pub(super) from: Vec<String>,
}

impl Outcome {
    /// A workload that stays as it is.
    fn unchanged(status: Status, findings: Vec<Finding>) -> Self {
        Self { target: None, findings, status, from: Vec::new() }
    }

    /// A workload that stays as it is, because of the first of `findings` that refuses anything.
    fn refused(findings: Vec<Finding>) -> Self {
        let code = findings.iter().map(|finding| finding.code).find(|code| plan::is_refusal(*code));
        Self::unchanged(Status::Refused(code.unwrap_or(Code::VerifyFailed)), findings)
    }

    /// The same with what an injection comes from.
    fn recorded_in(mut self, record: &Record) -> Self {
        self.from.clone_from(&record.from);
        self
    }
}

/// A changed workload.
#[derive(Debug)]
pub(super) struct Target {
    /// The changes.
    pub(super) changes: Vec<Change>,
    /// The workload after the changes.
    pub(super) value: Value,
    /// Set if the injection has no record: planning the workload again must not change it.
    pub(super) unrecorded: Option<Vec<Code>>,
    /// The head of the block scalar that ended the text before the injection.
    pub(super) end: Option<String>,
}

/// A workload of a document.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s> {
    pub(super) document: &'s Document<'s>,
    /// Pointer to the resource in the document.
    pub(super) base: &'s str,
    pub(super) selection: &'s Selection<'s>,
}

impl Subject<'_> {
    /// Decides about the workload. Its containers have the names that they get in the cluster.
    pub(super) fn outcome(&self, task: Task) -> Outcome {
        let (resource, identity) = (self.resource(), &self.selection.workload.identity);
        let mut are_several = knative::are_several(resource);
        let Some(mut named) = knative::named(resource, identity, are_several) else {
            return self.decided(task);
        };
        let mut outcome = Subject { selection: &self.selection.with(&named), ..*self }.decided(task);
        let after = outcome.target.as_ref().map_or(&named, |target| &target.value);
        if knative::are_several(after) != are_several {
            // Containers that are added or removed count too.
            are_several = !are_several;
            named = knative::named(resource, identity, are_several).unwrap_or(named);
            outcome = Subject { selection: &self.selection.with(&named), ..*self }.decided(task);
        }
        if let Some(target) = &mut outcome.target {
            knative::take_names(&mut target.value, &named, resource);
        }
        outcome
    }

    fn decided(&self, task: Task) -> Outcome {
        let workload = &self.selection.workload;
        let about = |finding: Finding| finding.about(workload.subject());
        let place = || format!("/metadata/annotations/{}", escape(ANNOTATION));
        let mut outcome = match Record::read(self.resource()) {
            None if task == Task::Uninject => self.without_record(),
            None => self.injected(task),
            Some(Err(why)) => Outcome::refused(vec![Finding::annotation_is_no_record(place(), &why)]),
            Some(Ok(record)) => match record.undo(self.resource()) {
                Err(Invalid(why)) => Outcome::refused(vec![Finding::record_does_not_fit(place(), &why)]),
                Ok(undone) if task == Task::Uninject => self.taken_out(&record, undone, workload),
                Ok(undone) => self.refreshed(&record, undone, workload),
            },
        };
        outcome.findings = outcome.findings.into_iter().map(about).collect();
        outcome
    }

    fn resource(&self) -> &Value {
        self.selection.workload.resource
    }

    fn settings(&self) -> &Settings {
        self.selection.settings
    }

    /// Plans the workload as `resource` has it.
    fn plan(&self, resource: &Value) -> Verdict {
        plan::planned(&self.selection.with(resource))
    }

    /// The outcome of a first injection.
    fn injected(&self, task: Task) -> Outcome {
        let mut plan = match plan::planned(self.selection) {
            Verdict::Nothing => return self.not_asked(task),
            Verdict::Skipped(findings) => {
                let is_unrecorded = findings.iter().any(|finding| finding.code == Code::AlreadyInstrumented);
                let status = if is_unrecorded { Status::Unrecorded } else { Status::UpToDate };
                return Outcome::unchanged(status, findings);
            }
            Verdict::Refused(findings) => return Outcome::refused(findings),
            Verdict::Planned(plan) => plan,
        };
        let form = |pointer: &str, _: &[EcoString]| {
            self.document.form(&format!("{}{pointer}", self.base)).map(Cow::into_owned)
        };
        // A patch is its own record.
        let is_recorded = task != Task::Patch && self.settings().record == Recording::Annotation;
        let from = plan.sources.clone();
        let status = match self.refusal(&plan) {
            Some(code) => Status::Refused(code),
            // It only loses a collector that nothing requests any more.
            None if from.is_empty() => Status::Stale,
            None => Status::ToInject,
        };
        match self.recorded(&mut plan, self.resource(), &form, None, is_recorded) {
            Ok(unrecorded) => {
                let Plan { changes, value, findings, .. } = plan;
                let target = Some(Target { changes, value, unrecorded, end: None });
                Outcome { target, findings, status, from }
            }
            Err(finding) => Outcome::refused(vec![*finding]),
        }
    }

    /// Adds the record to a plan for `original` and verifies it: undoing the plan's value must give the original.
    /// `earlier` is the record of the injection that is refreshed. Without recording, returns the refused requests
    /// instead.
    fn recorded(
        &self,
        plan: &mut Plan,
        original: &Value,
        form: &dyn Fn(&str, &[EcoString]) -> Option<String>,
        earlier: Option<&Record>,
        is_recorded: bool,
    ) -> Result<Option<Vec<Code>>, Box<Finding>> {
        let is_injection = !plan.sources.is_empty();
        if !is_recorded || !is_injection {
            return Ok(Some(std::mem::take(&mut plan.refused)));
        }
        let original = plan.base.as_deref().unwrap_or(original);
        let mut record = Record::between(original, &plan.value, form, std::mem::take(&mut plan.sources));
        record.end = match earlier {
            // An element that the injection moved may be the end now.
            Some(earlier) if earlier.end.is_some() || *earlier == record => earlier.end.clone(),
            _ => self.document.open_head().map(str::to_owned),
        };
        let Some(changes) = record.write(&plan.value) else {
            return Err(Finding::nowhere_to_record("/metadata").into());
        };
        for change in changes {
            change.apply(&mut plan.value).expect("impossible: `write` looked at the value");
            plan.changes.push(change);
        }
        plan.findings.extend(too_large(&plan.value));
        match record.undo(&plan.value) {
            Ok(undone) if undone.value == *original && undone.edited.is_empty() => Ok(None),
            _ => Err(Finding::undone_otherwise("").into()),
        }
    }

    /// Undoes an existing injection and plans it again.
    fn refreshed(&self, record: &Record, mut undone: Undone, workload: &Workload<'_>) -> Outcome {
        let mut findings: Vec<Finding> = self.edited(&undone, workload).into_iter().collect();
        let errors = self.settings().errors(&findings);
        if !errors.is_empty() {
            return Outcome::unchanged(Status::Edited, errors).recorded_in(record);
        }
        let is_edited = !findings.is_empty();
        let or_edited = |status: Status| if is_edited { Status::Edited } else { status };
        let verdict = match self.plan(&undone.value) {
            // Annotations that rules wrote into the pod template earlier request it too.
            Verdict::Nothing => {
                self.with_own_annotations(&undone.value, workload).map(|value| self.plan(&value))
            }
            verdict => Some(verdict),
        };
        let mut plan = match verdict.unwrap_or(Verdict::Nothing) {
            Verdict::Nothing if self.settings().stale == Stale::Remove => {
                return self.taken_out(record, undone, workload);
            }
            Verdict::Nothing => {
                findings.push(Finding::injection_not_requested(workload.pointer("")));
                return Outcome::unchanged(or_edited(Status::Stale), findings).recorded_in(record);
            }
            Verdict::Skipped(skipped) => {
                findings.extend(skipped);
                return Outcome::unchanged(or_edited(Status::UpToDate), findings).recorded_in(record);
            }
            Verdict::Refused(refused) => {
                let is_reason = |finding: &&Finding| {
                    plan::is_refusal(finding.code) && !(is_absence(finding) && self.is_lost(record))
                };
                let reason = refused.iter().find(is_reason);
                let status =
                    reason.map_or(or_edited(Status::Injected), |reason| Status::Refused(reason.code));
                findings.extend(refused.into_iter().map(|finding| self.kept(record, finding)));
                return Outcome::unchanged(status, findings).recorded_in(record);
            }
            Verdict::Planned(plan) => plan,
        };
        if plan.findings.iter().any(is_absence) {
            let absent = plan.findings.into_iter().filter(|finding| finding.code != Code::Injected);
            findings.extend(absent.map(|finding| self.kept(record, finding)));
            let absent = findings.iter().find(|finding| is_absence(finding)).map(|finding| finding.code);
            let status = match absent {
                Some(code) if !self.is_lost(record) => Status::Refused(code),
                _ => or_edited(Status::Injected),
            };
            return Outcome::unchanged(status, findings).recorded_in(record);
        }
        let refusal = self.refusal(&plan);
        let or_edited = |status: Status| refusal.map_or(or_edited(status), Status::Refused);
        let form = |_: &str, path: &[EcoString]| {
            let restored = undone.forms.get(&joined(path)).map(|(_, text)| text.clone());
            let present = || {
                let pointer = pointer_to(self.resource(), path)?;
                self.document.form(&format!("{}{pointer}", self.base)).map(Cow::into_owned)
            };
            restored.or_else(present)
        };
        let is_recorded = self.settings().record == Recording::Annotation;
        let from = plan.sources.clone();
        let unrecorded = match self.recorded(&mut plan, &undone.value, &form, Some(record), is_recorded) {
            Ok(unrecorded) => unrecorded,
            Err(finding) => return Outcome::refused(vec![*finding]),
        };
        let is_current = plan.value == *self.resource();
        for finding in &mut plan.findings {
            if finding.code == Code::Injected {
                let at = workload.pointer("");
                let injections = std::mem::take(&mut finding.injections);
                let refreshed = if is_current {
                    Finding::injection_current(at, &finding.message)
                } else {
                    let differences = differences::between(self.resource(), &plan.value, &at);
                    Finding::injection_updated(at, &differences)
                };
                *finding = Finding { injections, ..refreshed };
            }
        }
        findings.splice(0..0, plan.findings);
        if is_current {
            return Outcome { from, ..Outcome::unchanged(or_edited(Status::UpToDate), findings) };
        }
        let changes = self.changes(&mut undone, &plan.value);
        let target = Target { changes, value: plan.value, unrecorded, end: record.end.clone() };
        Outcome { target: Some(target), findings, status: or_edited(Status::Stale), from }
    }

    /// `undone` with those of our annotations that undoing removed from the pod template, or `None` if there are none.
    fn with_own_annotations(&self, undone: &Value, workload: &Workload<'_>) -> Option<Value> {
        let present = workload.metadata("annotations")?;
        let own = |key: &str| ours(key).is_some_and(|(prefix, short)| is_known(prefix, short));
        let mut value = undone.clone();
        let template = match workload.pointer("") {
            pointer if pointer.is_empty() => &mut value,
            pointer => value.pointer_mut(&pointer)?,
        };
        let mut found = false;
        for (key, annotation) in present.iter().filter(|(key, _)| own(key)) {
            let current = &mut template["metadata"]["annotations"][key.as_str()];
            found |= current.is_null();
            *current = annotation.clone();
        }
        found.then_some(value)
    }

    /// The changes from the workload to `after`. A user's element moves out of our container with its text, unless it
    /// stays there.
    fn changes(&self, undone: &mut Undone, after: &Value) -> Vec<Change> {
        let mut current = Cow::Borrowed(self.resource());
        let mut changes = Vec::new();
        for change in undone.returns.drain(..) {
            let Operation::Move { from } = &change.operation else { continue };
            let list = change.pointer.rsplit_once('/').map_or("", |(list, _)| list);
            let element = self.resource().pointer(from);
            let elements = after.pointer(list).and_then(Value::as_array);
            let comes_back = element.zip(elements).is_some_and(|(element, list)| list.contains(element));
            if !comes_back {
                continue;
            }
            // Others may have moved back before it.
            let length = current.pointer(list).and_then(Value::as_array).map_or(0, <[Value]>::len);
            let change = Change::relocate(from.clone(), format!("{list}/{length}"));
            if change.apply(current.to_mut()).is_ok() {
                changes.push(change);
            }
        }
        changes.extend(between(&current, after, identify, &undone.forms));
        changes
    }

    fn taken_out(&self, record: &Record, mut undone: Undone, workload: &Workload<'_>) -> Outcome {
        let mut findings: Vec<Finding> = self.edited(&undone, workload).into_iter().collect();
        let errors = self.settings().errors(&findings);
        if !errors.is_empty() {
            return Outcome::unchanged(Status::Edited, errors).recorded_in(record);
        }
        let status = if findings.is_empty() { Status::Stale } else { Status::Edited };
        findings.insert(0, Finding::injection_removed(workload.pointer("")));
        let value = std::mem::take(&mut undone.value);
        let changes = self.changes(&mut undone, &value);
        let target = Target { changes, value, unrecorded: None, end: record.end.clone() };
        Outcome { target: Some(target), findings, status, from: Vec::new() }
    }

    /// A warning that lists injected values that were edited since.
    fn edited(&self, undone: &Undone, workload: &Workload<'_>) -> Option<Finding> {
        const MOST: usize = 10;
        let mut names = undone.edited.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
        if undone.edited.len() > MOST {
            names.push_str(&format!(" and {} more", undone.edited.len() - MOST));
        }
        (!undone.edited.is_empty()).then(|| Finding::injection_edited(workload.pointer(""), &names))
    }

    /// Adds to a finding what a kept injection came from: its Instrumentation may have been lost in a pipe.
    fn kept(&self, record: &Record, mut finding: Finding) -> Finding {
        if is_absence(&finding) {
            finding.severity = Severity::Warning;
            let from = record.from.join(", ");
            finding.message = Finding::injection_kept(finding.code, "", &from, &finding.message).message;
        }
        finding
    }

    /// Why a run writes nothing of a plan, if one of its requests is refused and that fails the run.
    fn refusal(&self, plan: &Plan) -> Option<Code> {
        let fails = self.settings().on_error == OnError::Fail;
        plan.refused.iter().copied().find(|code| fails && plan::is_refusal(*code))
    }

    /// Whether the input lacks something that an injection came from.
    fn is_lost(&self, record: &Record) -> bool {
        !record.from.iter().all(|source| self.selection.context.has_source(source))
    }

    fn without_record(&self) -> Outcome {
        let Selection { workload, annotations, .. } = self.selection;
        let is_asked = select::asks(annotations);
        let finding = mark(workload)
            .filter(|_| is_asked)
            .map(|mark| Finding::injection_without_record(mark.pointer, &mark.message));
        Outcome::unchanged(Status::Unrecorded, finding.into_iter().collect())
    }

    /// Applies to most workloads of most inputs, so it is reported only on request.
    fn not_asked(&self, task: Task) -> Outcome {
        let is_wanted = self.settings().severities.contains_key(&Code::NotAsked);
        let findings = is_wanted.then(|| Finding::nothing_requested("")).into_iter().collect();
        // Only a listing shows the state.
        let is_marked = task == Task::List && mark(&self.selection.workload).is_some();
        let status = if is_marked { Status::Unrecorded } else { Status::NotAsked };
        Outcome::unchanged(status, findings)
    }
}

/// The first mark of an injection that has no record.
fn mark(workload: &Workload<'_>) -> Option<Finding> {
    select::earlier_injection(workload).or_else(|| select::collector::earlier_injection(workload))
}

/// A warning if the workload's annotations exceed the API server's limit.
fn too_large(workload: &Value) -> Option<Finding> {
    /// `TotalAnnotationSizeLimitB` of k8s.io/apimachinery.
    const MOST: usize = 256 * 1024;
    let annotations = workload.pointer("/metadata/annotations")?.as_object()?;
    let size: usize =
        annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    (size > MOST).then(|| Finding::annotations_too_large("/metadata/annotations", size, MOST))
}

/// Whether the finding is about a looked-up resource that is not in the input.
const fn is_absence(finding: &Finding) -> bool {
    matches!(
        finding.code,
        Code::NoInstrumentation | Code::InstrumentationNotFound | Code::NoCollector | Code::CollectorNotFound
    )
}

fn joined(path: &[EcoString]) -> String {
    path.iter().flat_map(|token| ["/".into(), escape(token)]).collect()
}

/// Pointer to the value at a path of keys and names.
fn pointer_to(value: &Value, path: &[EcoString]) -> Option<String> {
    let mut pointer = String::new();
    let mut value = value;
    let mut key = "";
    for token in path {
        let step = match value {
            Value::Array(elements) => {
                let index = elements.iter().position(|element| identify(key, element) == Some(token))?;
                index.to_string()
            }
            _ => escape(token).into_owned(),
        };
        value = value.pointer(&format!("/{step}"))?;
        pointer = format!("{pointer}/{step}");
        key = token;
    }
    Some(pointer)
}
