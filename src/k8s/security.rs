//! The Pod Security Standards: the level a pod meets, and its violations of a level.
//!
//! <https://kubernetes.io/docs/concepts/security/pod-security-standards/>

use std::fmt;

use crate::value::Value;

mod controls;
mod pod;

use controls::{CONTROLS, Control};
use pod::Pod;

/// A level of the standards, from least to most strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Unrestricted.
    Privileged,
    /// Prevents known privilege escalations.
    Baseline,
    /// Current hardening best practices.
    Restricted,
}

impl Level {
    /// Every level, from least to most strict.
    pub const ALL: [Self; 3] = [Self::Privileged, Self::Baseline, Self::Restricted];

    /// The level's name in namespace labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// A Kubernetes 1.x minor version, or that of the standards; the latest is greater than all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32);

impl Version {
    /// The newest standards known to this release.
    pub const LATEST: Self = Self(u32::MAX);

    /// Kubernetes 1.x.
    #[must_use]
    pub const fn minor(minor: u32) -> Self {
        Self(minor)
    }

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

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LATEST => f.write_str("latest"),
            Self(minor) => write!(f, "v1.{minor}"),
        }
    }
}

/// The violations of `level` by the template's pod: each names the field and the problem. Empty if the pod meets it.
#[must_use]
pub fn violations(template: &Value, level: Level, version: Version) -> Vec<String> {
    let pod = Pod::new(template, version.0, None);
    controls(&pod, level)
        .flat_map(|control| (control.check)(&pod))
        .map(|violation| violation.to_string())
        .collect()
}

/// The weakest level of which the template has [`violations`] that the one `before` did not have. The pod still meets
/// every weaker level that it met before.
#[must_use]
pub fn newly_violated(template: &Value, before: &Value, version: Version) -> Option<Level> {
    let added = Pod::new(template, version.0, Some(before));
    Level::ALL.into_iter().find(|level| !keeps(&added, *level))
}

/// Whether the template's pod meets `level`.
#[must_use]
pub fn meets(template: &Value, level: Level, version: Version) -> bool {
    keeps(&Pod::new(template, version.0, None), level)
}

/// Whether the pod passes all controls of a level. It checks the strictest first because most pods fail one of them.
fn keeps(pod: &Pod<'_>, level: Level) -> bool {
    controls(pod, level).rev().all(|control| (control.check)(pod).is_empty())
}

fn controls(pod: &Pod<'_>, level: Level) -> impl DoubleEndedIterator<Item = &'static Control> + use<> {
    let version = pod.version;
    CONTROLS.iter().filter(move |control| control.level <= level && control.since <= version)
}

#[cfg(test)]
mod tests;
