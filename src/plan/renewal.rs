//! What becomes of an injection that is there already.

use serde_json::Value;

use super::original::{self, Original, Wanted};
use super::{Plan, Verdict, plan};
use crate::config::Settings;
use crate::config::annotations::{Annotations, SIDECAR};
use crate::config::context::{Context, namespace_of};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{elements, name, position};
use crate::k8s::{Identity, Workload};
use crate::select;

/// What becomes of an injection of ours.
#[derive(Debug)]
pub enum Renewal {
    /// It stays: it is what would be written now, or nothing asks for it any more; a finding says which.
    Stays(Box<Finding>),
    /// What is asked for now cannot be done.
    Refused(Vec<Finding>),
    /// It is taken out, and the original is injected anew.
    Updated(Box<Original>, Box<Plan>),
}

/// What becomes of the injection in `resource`; none where there is none, or it is not ours as it stands. `is_new` is
/// [`original::original`]'s.
#[must_use]
pub fn renewal(
    resource: &Value,
    is_new: &dyn Fn(&str) -> bool,
    identity: &Identity,
    context: &Context,
    settings: &Settings,
) -> Option<Renewal> {
    let workload = Workload::of(resource, identity, &settings.kinds).filter(original::has_traces)?;
    let about = |finding: Finding| finding.about(workload.subject());
    let finding = |code, message: String| about(Finding::new(code, workload.pointer(""), message));
    let back = |wanted| original::original(wanted, resource, is_new, identity, context, settings).ok();
    let original = match sidecar(&workload, context, settings) {
        Sidecar::Absent => back(Wanted::Instrumentation),
        Sidecar::Asked => back(Wanted::All),
        Sidecar::Stale if back(Wanted::All).is_some() => {
            if let Verdict::Planned(_) = plan(resource, identity, context, settings) {
                return None;
            }
            let message = "no annotation, namespace or rule asks for the sidecar that the pod template has";
            return Some(Renewal::Stays(finding(Code::StaleInjection, message.to_owned()).into()));
        }
        Sidecar::Stale => back(Wanted::Instrumentation),
    }?;
    match plan(&original.value, identity, context, settings) {
        Verdict::Nothing => {
            let message = "no annotation, namespace or rule asks for the injection that the pod template has";
            Some(Renewal::Stays(finding(Code::StaleInjection, message.to_owned()).into()))
        }
        Verdict::Skipped(_) => None,
        // A pipe has lost the Instrumentation since: nothing says that it should be otherwise.
        Verdict::Refused(findings) if findings.iter().all(is_absence) => {
            let message = format!("the injection stays as it is: {}", findings[0].message);
            Some(Renewal::Stays(finding(Code::AlreadyInstrumented, message).into()))
        }
        Verdict::Refused(findings) => Some(Renewal::Refused(findings)),
        Verdict::Planned(plan) if plan.value == *resource => {
            let message = "the injection is what would be written now";
            let injections = plan.findings.into_iter().flat_map(|finding| finding.injections).collect();
            let current = finding(Code::AlreadyInstrumented, message.to_owned());
            Some(Renewal::Stays(Finding { injections, ..current }.into()))
        }
        Verdict::Planned(mut plan) => {
            let message = changes(&workload, &plan.value);
            for injected in plan.findings.iter_mut().filter(|finding| finding.code == Code::Injected) {
                *injected = Finding {
                    injections: std::mem::take(&mut injected.injections),
                    ..finding(Code::Updated, message.clone())
                };
            }
            Some(Renewal::Updated(Box::new(original), Box::new(plan)))
        }
    }
}

/// What a sidecar that may be there means for a renewal.
enum Sidecar {
    /// It is none of ours, or nothing says what it should be now.
    Absent,
    /// It is asked for.
    Asked,
    /// Nothing asks for it.
    Stale,
}

fn sidecar(workload: &Workload<'_>, context: &Context, settings: &Settings) -> Sidecar {
    if !original::has_sidecar(workload) {
        return Sidecar::Absent;
    }
    let namespace = namespace_of(workload.resource, settings);
    let annotations = Annotations::new(workload, &namespace, context, settings);
    if annotations.effective(SIDECAR).is_empty() {
        return Sidecar::Stale;
    }
    match select::collector::asked(workload, &annotations, context, settings) {
        Some(_) => Sidecar::Asked,
        None => Sidecar::Absent,
    }
}

/// Whether an Instrumentation is not in the input.
const fn is_absence(finding: &Finding) -> bool {
    matches!(finding.code, Code::NoInstrumentation | Code::InstrumentationNotFound)
}

/// What is not the same in the pod of `workload` and in the one of `after`, in words.
fn changes(workload: &Workload<'_>, after: &Value) -> String {
    const MOST: usize = 10;
    let none = Value::Null;
    let before = workload.pod().unwrap_or(&none);
    let after = after.pointer(&workload.pointer("/spec")).unwrap_or(&none);
    let mut found = Vec::new();
    for key in ["initContainers", "containers"] {
        compare(elements(before, key), elements(after, key), |name, pair| match pair {
            [Some(before), Some(after)] => container(name, before, after, &mut found),
            [None, _] => found.push(format!("container {name} is new")),
            [_, None] => found.push(format!("container {name} is gone")),
        });
    }
    compare(elements(before, "volumes"), elements(after, "volumes"), |name, pair| {
        found.push(format!("volume {name} is {}", became(pair)));
    });
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    if found.is_empty() {
        "what stands beside the containers has changed".to_owned()
    } else {
        found.join("; ")
    }
}

fn container(called: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let image = |container: &Value| container.get("image").and_then(Value::as_str).map(str::to_owned);
    if let (true, Some(image)) = (image(before) != image(after), image(after)) {
        found.push(format!("the image of {called} is {image}"));
    }
    compare(elements(before, "env"), elements(after, "env"), |name, pair| {
        found.push(format!("{name} of {called} is {}", became(pair)));
    });
    let others = ["resources", "securityContext", "imagePullPolicy", "command", "args", "volumeMounts"];
    let others = others.into_iter().filter(|key| before.get(key) != after.get(key));
    found.extend(others.map(|key| format!("{key} of {called} is other")));
}

const fn became(pair: [Option<&Value>; 2]) -> &'static str {
    match pair {
        [None, _] => "new",
        [_, None] => "gone",
        _ => "other",
    }
}

/// Shows every named element that is not the same in both lists.
fn compare<'v>(
    before: &'v [Value],
    after: &'v [Value],
    mut show: impl FnMut(&'v str, [Option<&'v Value>; 2]),
) {
    for element in before {
        let now = position(after, name(element)).map(|index| &after[index]);
        if now != Some(element) {
            show(name(element), [Some(element), now]);
        }
    }
    for element in after.iter().filter(|element| position(before, name(element)).is_none()) {
        show(name(element), [None, Some(element)]);
    }
}
