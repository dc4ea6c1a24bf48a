//! Variables that extend what the image sets: the value is written out and does not follow the image.

use std::collections::BTreeSet;

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{elements, position, text};
use crate::languages::Env;
use crate::metadata::escaped;
use crate::plan::sdk::ATTRIBUTES;

pub(super) const CHECK: Check = Check { codes: &[Code::ImageEnv], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, languages, containers, .. } = planned;
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for request in *languages {
        let recipe = &request.language.recipe;
        let extensions = recipe.delivery.extensions().map_or(&[][..], |extensions| extensions.env);
        let own = recipe.early_env.iter().chain(recipe.env).chain(extensions).filter(|env| env.extends());
        let names: Vec<&str> = own.map(Env::name).chain([ATTRIBUTES]).collect();
        for target in &request.targets {
            let Some((image, facts)) = target.image(cx) else { continue };
            let pointer = target.pointer(cx);
            let before = cx.workload.resource.pointer(&pointer).map_or(&[][..], |own| elements(own, "env"));
            let after = containers.find(target.list, &target.name);
            let Some((_, after)) = after else { continue };
            let env_from = cx.context.env_from(after, &cx.namespace);
            let after = elements(after, "env");
            for name in &names {
                let value = facts.variable(name).known().filter(|value| !value.is_empty());
                let written = position(after, name).map(|index| text(&after[index]));
                let (Some(value), Some(written)) = (value, written) else { continue };
                let is_extended = position(before, name).is_none()
                    && !env_from.brings(name)
                    && written.contains(&escaped(value));
                if is_extended && seen.insert((target.list, target.index, *name)) {
                    findings.push(Finding::extended_from_image(pointer.clone(), &target.name, name, image));
                }
            }
        }
    }
    findings
}
