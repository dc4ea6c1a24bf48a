//! The Pod Security Standards: which level a pod meets, and what keeps it from one.
//!
//! <https://kubernetes.io/docs/concepts/security/pod-security-standards/>

use serde_json::Value;

mod controls;
mod pod;

use controls::{CONTROLS, Control};
use pod::Pod;

/// A level of the standards, the strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything goes.
    Privileged,
    /// Known privilege escalations are prevented.
    Baseline,
    /// The current best practices of hardening.
    Restricted,
}

impl Level {
    /// Every level, the strictest last.
    pub const ALL: [Self; 3] = [Self::Privileged, Self::Baseline, Self::Restricted];

    /// What namespaces call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// The minor version of Kubernetes 1 whose standards hold; the latest is above all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32);

impl Version {
    /// The standards as this release knows them.
    pub const LATEST: Self = Self(u32::MAX);

    /// Reads `v1.34` or `latest`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::LATEST);
        }
        let minor = text.strip_prefix("v1.")?;
        let is_number = !minor.is_empty() && (minor == "0" || !minor.starts_with('0'));
        (is_number && minor.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| minor.parse().ok().map(Self))?
    }
}

/// What keeps the pod of a template from `level`: the field, and what is wrong with it. Nothing where it meets it.
#[must_use]
pub fn violations(template: &Value, level: Level, version: Version) -> Vec<String> {
    let pod = Pod::new(template, version.0, None);
    controls(&pod, level).flat_map(|control| (control.check)(&pod)).collect()
}

/// Whether there are [`violations`] in what stands in the template and not in the one `before`: where there are none,
/// the pod meets whatever level it met before.
#[must_use]
pub fn adds_violations(template: &Value, before: &Value, level: Level, version: Version) -> bool {
    !keeps(&Pod::new(template, version.0, Some(before)), level)
}

/// Whether the pod of a template meets `level`.
#[must_use]
pub fn meets(template: &Value, level: Level, version: Version) -> bool {
    keeps(&Pod::new(template, version.0, None), level)
}

/// Whether no control of a level is broken, the strictest ones first: most pods break one of those.
fn keeps(pod: &Pod<'_>, level: Level) -> bool {
    controls(pod, level).rev().all(|control| (control.check)(pod).is_empty())
}

fn controls(pod: &Pod<'_>, level: Level) -> impl DoubleEndedIterator<Item = &'static Control> + use<> {
    let version = pod.version;
    CONTROLS.iter().filter(move |control| control.level <= level && control.since <= version)
}

#[cfg(test)]
mod tests;
