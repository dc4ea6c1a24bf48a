//! Agents whose C library was chosen by the image.

use super::{Check, Planned};
use crate::config::annotations::PREFIX;
use crate::finding::{Code, Finding};
use crate::languages::Effect;

pub(super) const CHECK: Check = Check { codes: &[Code::LibcFromImage], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, languages, .. } = planned;
    let mut findings = Vec::new();
    for request in *languages {
        for option in request.language.options {
            let chosen = request.option(option.annotation);
            let Effect::OneOf { libcs, .. } = option.effect else { continue };
            let libc = libcs.iter().find(|(_, word)| *word == chosen).map(|(libc, _)| *libc);
            if libc.is_none() || !cx.annotations.effective(option.annotation).is_empty() {
                continue;
            }
            let shows = |facts: crate::metadata::Facts<'_>| facts.libc() == libc;
            let by =
                request.targets.iter().find(|target| target.image(cx).is_some_and(|(_, facts)| shows(facts)));
            let (Some(target), Some(libc)) = (by, libc) else { continue };
            let pointer = target.pointer(cx);
            let name = format!("{PREFIX}{}", option.annotation);
            let (language, libc) = (request.language.id, libc.to_string());
            findings.push(Finding::libc_of_image(pointer, language, &name, chosen, &target.name, &libc));
        }
    }
    findings
}
