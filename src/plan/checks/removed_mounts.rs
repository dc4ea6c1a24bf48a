//! User mounts that are removed from the application's container because a web server's configuration replaces them.

use std::collections::BTreeSet;

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{elements, name, position};
use crate::languages::Delivery;
use crate::plan::draft::Draft;
use crate::plan::web_server;
use crate::select::{Request, Selection};
use crate::value::Value;

pub(super) const CHECK: Check = Check { codes: &[Code::MountRemoved], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    planned.languages.iter().flat_map(|request| removed(planned.cx, request, planned.draft)).collect()
}

/// Removed mounts whose files are not in the copy of the configuration.
fn removed(cx: &Selection<'_>, request: &Request<'_>, draft: &Draft) -> Vec<Finding> {
    let Delivery::WebServer(server) = &request.language.recipe.delivery else { return Vec::new() };
    let (Some(target), Some(pod)) = (request.targets.first(), cx.workload.pod()) else {
        return Vec::new();
    };
    let Ok(location) = web_server::location(cx, request, server) else { return Vec::new() };
    let directory = location.directory;
    let key = target.list.key();
    let before = elements(pod, key);
    let after = draft.list(&cx.workload.pointer("/spec"), key);
    let both = position(before, &target.name).zip(position(after, &target.name));
    let Some((index, now)) = both else { return Vec::new() };
    let path = |mount: &Value| mount.get("mountPath").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kept: BTreeSet<String> = elements(&after[now], "volumeMounts").iter().map(path).collect();
    let below = format!("{}/", directory.trim_end_matches('/'));
    let is_copied =
        |mount: &Value| format!("{}/", path(mount).trim_end_matches('/')).starts_with(below.as_str());
    let mounts = elements(&before[index], "volumeMounts").iter().enumerate();
    let gone = mounts.filter(|(_, mount)| !kept.contains(&path(mount)) && !is_copied(mount));
    let finding = |(at, mount): (usize, &Value)| {
        let pointer = cx.workload.pointer(&format!("/spec/{key}/{index}/volumeMounts/{at}"));
        let (volume, path, language) = (name(mount), path(mount), request.language.id);
        Finding::mount_removed(pointer, &target.name, volume, &path, &directory, language)
    };
    gone.map(finding).collect()
}
