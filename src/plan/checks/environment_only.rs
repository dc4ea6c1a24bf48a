//! Further targets of a web server, which get the SDK's env but no module.

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::languages::Delivery;

pub(super) const CHECK: Check = Check { codes: &[Code::EnvironmentOnly], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for request in planned.languages {
        let is_server = matches!(request.language.recipe.delivery, Delivery::WebServer(_));
        let Some((with, without)) = request.targets.split_first().filter(|_| is_server) else { continue };
        if without.is_empty() {
            continue;
        }
        let names: Vec<&str> = without.iter().map(|target| target.name.as_str()).collect();
        let (pointer, language) = (planned.cx.annotations.pointer(request.list_key), request.language.id);
        findings.push(Finding::module_only_in_first(pointer, language, &names.join(", "), &with.name));
    }
    findings
}
