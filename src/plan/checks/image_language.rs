//! Agents for another language than the container's image shows.

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::pod::elements;
use crate::languages::Delivery;
use crate::metadata::Guess;
use crate::value::Value;

pub(super) const CHECK: Check = Check { codes: &[Code::LanguageMismatch], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, languages, .. } = planned;
    let spec = cx.workload.pod().unwrap_or(&Value::Null);
    let mut findings = Vec::new();
    for request in *languages {
        // An application that brings its SDK can be of any language.
        if matches!(request.language.recipe.delivery, Delivery::None) {
            continue;
        }
        for target in &request.targets {
            let (Some(container), Some((image, facts))) = (target.container(spec), target.image(cx)) else {
                continue;
            };
            let words = |key: &str| -> Vec<&str> {
                elements(container, key).iter().filter_map(Value::as_str).collect()
            };
            let shown = facts.shown(&words("command"), &words("args"));
            let Guess::Language(language) = shown.guess else { continue };
            if language != request.language.id {
                let pointer = target.pointer(cx);
                let evidence = shown.evidence.join(", ");
                let wanted = request.language.id;
                findings.push(Finding::image_shows_other_language(
                    pointer,
                    wanted,
                    &target.name,
                    image,
                    language,
                    &evidence,
                ));
            }
        }
    }
    findings
}
