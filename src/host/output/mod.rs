//! What becomes of a run: each kind of output in a file of its own.

use std::io::{self, Write};
use std::path::Path;

use crate::config::{Mode, Settings};
use crate::engine;
use crate::finding::{Finding, Severity};
use crate::host::files::Text;
use crate::host::flags::Flags;
use crate::host::save::Batch;
use crate::host::terminal::{COULD_NOT_RUN, REFUSED};
use crate::report::{Purpose, Run};
use crate::yaml::Envelope;

mod check;
mod diff;
mod files;
mod images;
pub(super) mod krm;
mod patches;
mod stream;

pub(super) use check::Check;
pub(super) use diff::Diff;
pub(super) use files::Files;
pub(super) use images::Images;
pub(super) use krm::Function;
pub(super) use patches::{Form, Patches};
pub(super) use stream::{Stream, without_resources};

/// What came of the work, on its way out.
pub(super) struct Outcome<'t> {
    /// What was read, the context apart.
    pub(super) texts: &'t [Text],
    pub(super) flags: &'t Flags,
    pub(super) settings: Settings,
    /// The `ResourceList` of a host.
    pub(super) envelope: Option<Envelope<'t>>,
    pub(super) result: engine::Output,
    /// How findings count and are worded.
    pub(super) run: Run,
}

impl Outcome<'_> {
    /// Which exit code the findings lead to.
    pub(super) fn exit_code(&self) -> u8 {
        let is_fatal = |finding: &Finding| finding.severity == Severity::Error && finding.code.is_fatal();
        let code = |finding: &Finding| if is_fatal(finding) { COULD_NOT_RUN } else { REFUSED };
        let failing = self.result.findings.iter().filter(|finding| self.run.fails(finding));
        if self.result.unreadable { COULD_NOT_RUN } else { failing.map(code).max().unwrap_or(0) }
    }

    pub(super) fn sort_findings(&mut self) {
        self.result.findings.sort_by_key(|finding| finding.severity);
    }
}

/// Where a run's result goes, and what the rest of the run has to know of that.
pub(super) trait Output {
    /// What the run is for, unless the config says `mode: validate`.
    fn purpose(&self) -> Purpose {
        Purpose::Show
    }

    /// What is printed is the work itself: without it the run was for nothing.
    fn needs_stdout(&self) -> bool {
        false
    }

    /// A file of its own that it replaces, which no input may be.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// What a replacement of its file, which holds `bytes`, would lose.
    fn loss(&self, _bytes: &[u8]) -> Option<&'static str> {
        None
    }

    /// Files get the texts, so that all of these must be files.
    fn writes_texts(&self) -> bool {
        false
    }

    /// The text's own file gets what comes of it.
    fn replaces(&self, _text: &Text) -> bool {
        false
    }

    /// A run without resources is fine.
    fn accepts_nothing(&self) -> bool {
        false
    }

    /// `--lock` names its own file, not one that images are pinned by.
    fn owns_lock(&self) -> bool {
        false
    }

    /// Something goes to stdout even where the run fails.
    fn answers_failures(&self) -> bool {
        false
    }

    /// The report is printed, not written to stderr.
    fn prints_report(&self) -> bool {
        false
    }

    /// Makes what is printed, where that may add findings. Called again when others have come up since.
    fn render(&mut self, _outcome: &mut Outcome<'_>) {}

    /// Prepares the files that are written. Called where nothing has failed.
    ///
    /// # Errors
    /// A file that cannot be read or prepared.
    fn prepare(&mut self, _outcome: &mut Outcome<'_>, _batch: &mut Batch) -> anyhow::Result<()> {
        Ok(())
    }

    /// Prints, and gives the exit code.
    ///
    /// # Errors
    /// Where stdout takes no more.
    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<u8>;
}

/// What a run with that output is for.
pub(super) fn purpose(output: &dyn Output, mode: Mode) -> Purpose {
    if mode == Mode::Validate { Purpose::Check } else { output.purpose() }
}
