//! Which workloads are instrumented, by what, and why not.

use std::fmt;
use std::ops::Range;

use crate::finding::{Code, Origin, Subject};

/// The state of a workload's injection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It has a recorded injection. What it came from is not in the input, so whether it is current is not known.
    Injected,
    /// Its injection is what a run would write.
    UpToDate,
    /// A run would change its injection, or nothing requests it any more.
    Stale,
    /// A run injects it.
    ToInject,
    /// It requests an injection and cannot have it.
    Refused(Code),
    /// What an injection wrote was edited or deleted since.
    Edited,
    /// It is instrumented, and there is no record of it.
    Unrecorded,
    /// Nothing requests an injection.
    NotAsked,
}

impl Status {
    /// Every status; the code is one of many.
    pub const ALL: &'static [Self] = &[
        Self::Injected,
        Self::UpToDate,
        Self::Stale,
        Self::ToInject,
        Self::Refused(Code::NoInstrumentation),
        Self::Edited,
        Self::Unrecorded,
        Self::NotAsked,
    ];

    /// Its word in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::UpToDate => "up-to-date",
            Self::Stale => "stale",
            Self::ToInject => "to inject",
            Self::Refused(_) => "refused",
            Self::Edited => "edited",
            Self::Unrecorded => "unrecorded",
            Self::NotAsked => "not asked",
        }
    }

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToInject => "to-inject",
            Self::NotAsked => "not-asked",
            other => other.word(),
        }
    }

    /// Whether the workload is instrumented where what a run prints is deployed.
    #[must_use]
    pub const fn is_instrumented(self) -> bool {
        !matches!(self, Self::Refused(_) | Self::NotAsked)
    }

    /// The code that refuses it.
    #[must_use]
    pub const fn code(self) -> Option<Code> {
        match self {
            Self::Refused(code) => Some(code),
            _ => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{} ({code})", self.word()),
            None => f.write_str(self.word()),
        }
    }
}

/// A container, and one of the agents in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The container's name.
    pub container: String,
    /// The language's id, `sidecar` for a collector, or `None` if the container is not instrumented.
    pub language: Option<&'static str>,
    /// The images of the agent.
    pub images: Vec<String>,
    /// The workload's state, or that nothing requests an injection if the container is left out of one.
    pub status: Status,
}

/// A workload, and what is injected into it or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The workload.
    pub subject: Subject,
    /// The index of its source.
    pub source: usize,
    /// Its bytes in the source.
    pub span: Range<usize>,
    /// Its first and last line in the source.
    pub lines: (usize, usize),
    /// Its file, if the source is a stream that names it.
    pub origin: Option<Origin>,
    /// Its state.
    pub status: Status,
    /// The kinds and names of the resources that the injection comes from.
    pub from: Vec<String>,
    /// Its containers, with what they are instrumented with after a run.
    pub parts: Vec<Part>,
    /// Its own containers, without those that an injection adds.
    pub containers: Vec<Container>,
}

/// A container as its manifest has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// It runs before the others.
    pub is_init: bool,
    /// Its image; empty if it has none.
    pub image: String,
    /// Its command; empty if the image's entrypoint runs.
    pub command: Vec<String>,
    /// Its arguments; empty if the image decides.
    pub args: Vec<String>,
}

impl Workload {
    /// Gives each container its state.
    pub fn settle(&mut self) {
        let status = self.status;
        let has_agent = self.parts.iter().any(|part| part.language.is_some());
        for part in &mut self.parts {
            let is_left_out = has_agent && part.language.is_none() && status.is_instrumented();
            part.status = if is_left_out { Status::NotAsked } else { status };
        }
    }

    /// The same for a workload that could not be changed: nothing is injected.
    pub fn refuse(&mut self, code: Code) {
        self.status = Status::Refused(code);
        self.from.clear();
        for part in &mut self.parts {
            (part.language, part.images) = (None, Vec::new());
        }
        self.parts.dedup();
        self.settle();
    }
}

/// How many workloads are instrumented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All workloads.
    pub workloads: usize,
    /// Those that are instrumented.
    pub instrumented: usize,
    /// Those of them whose injection is stale.
    pub stale: usize,
    /// Those that are refused.
    pub refused: usize,
}

impl Coverage {
    /// Counts workloads.
    pub fn count(statuses: impl IntoIterator<Item = Status>) -> Self {
        let mut coverage = Self::default();
        for status in statuses {
            coverage.workloads += 1;
            coverage.instrumented += usize::from(status.is_instrumented());
            coverage.stale += usize::from(status == Status::Stale);
            coverage.refused += usize::from(status.code().is_some());
        }
        coverage
    }

    /// The instrumented part in percent, rounded down; 100 if there is no workload.
    #[must_use]
    pub const fn percent(self) -> usize {
        match (self.instrumented * 100).checked_div(self.workloads) {
            Some(percent) => percent,
            None => 100,
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workloads, instrumented, stale, refused } = self;
        let noun = if *workloads == 1 { "workload" } else { "workloads" };
        write!(f, "{instrumented} of {workloads} {noun} instrumented, {stale} stale, {refused} refused")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_injects_counts_as_instrumented() {
        let coverage = Coverage::count(Status::ALL.iter().copied());
        assert_eq!(coverage.to_string(), "6 of 8 workloads instrumented, 1 stale, 1 refused");
        assert_eq!(coverage.percent(), 75);
        assert_eq!(Coverage::default().percent(), 100);
        assert_eq!(Coverage::count([Status::ToInject, Status::NotAsked, Status::NotAsked]).percent(), 33);
    }
}
