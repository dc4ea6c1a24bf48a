//! The outputs of a run, one module each.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use crate::config::Settings;
use crate::engine;
use crate::finding::{Finding, Severity};
use crate::host::files::Text;
use crate::host::flags::Flags;
use crate::host::save::Batch;
use crate::host::terminal::{COULD_NOT_RUN, REFUSED};
use crate::report::{Detail, Format, Purpose, Run, Texts, View};
use crate::yaml::Envelope;

mod check;
mod diff;
mod files;
mod images;
pub(super) mod krm;
mod list;
mod patches;
mod stream;
mod suggest;

pub(super) use check::Check;
pub(super) use diff::Diff;
pub(super) use files::Files;
pub(super) use images::Images;
pub(super) use krm::Function;
pub(super) use list::{List, Wanted};
pub(super) use patches::{Form, Patches};
pub(super) use stream::{Stream, without_resources};
pub(super) use suggest::Suggest;

/// The result of a run, ready for output.
pub(super) struct Outcome<'t> {
    /// The input texts, without the context.
    pub(super) texts: &'t [Text],
    pub(super) flags: &'t Flags,
    pub(super) settings: Settings,
    /// The host's `ResourceList`.
    pub(super) envelope: Option<Envelope<'t>>,
    pub(super) result: engine::Output,
    /// How findings count and are worded.
    pub(super) run: Run,
    /// Findings that the output shows itself; they fail the run only if a flag says so.
    pub(super) listed: Vec<Finding>,
    /// What links to files start with.
    pub(super) links: String,
    /// Another program called us and shows the report in its own way.
    pub(super) is_for_host: bool,
}

impl Texts for Outcome<'_> {
    fn text(&self, file: Option<&str>) -> Option<Cow<'_, [u8]>> {
        let text = self.texts.iter().find(|text| text.name.as_deref() == file);
        match (text, file) {
            (Some(text), _) => Some(Cow::Borrowed(&text.bytes)),
            // A config or the context: no run replaces them. A pipe cannot be read twice.
            (None, Some(file)) if Path::new(file).is_file() => std::fs::read(file).ok().map(Cow::Owned),
            (None, _) => None,
        }
    }
}

impl Outcome<'_> {
    /// The exit code for the findings.
    pub(super) fn exit_code(&self) -> u8 {
        let is_fatal = |finding: &Finding| finding.severity == Severity::Error && finding.code.is_fatal();
        let code = |finding: &Finding| if is_fatal(finding) { COULD_NOT_RUN } else { REFUSED };
        let listed = self.listed.iter().filter(|finding| self.flags.fail_on.is_some() || is_fatal(finding));
        let failing = self.result.findings.iter().chain(listed).filter(|finding| self.run.fails(finding));
        if self.result.unreadable { COULD_NOT_RUN } else { failing.map(code).max().unwrap_or(0) }
    }

    /// The report's format; people's own is chosen by the stream.
    pub(super) fn format(&self) -> Format {
        if self.is_for_host { self.flags.format.on(false) } else { self.flags.format }
    }

    /// All findings, those that the output shows itself among them.
    pub(super) fn all_findings(&self) -> Cow<'_, [Finding]> {
        if self.listed.is_empty() {
            return Cow::Borrowed(&self.result.findings);
        }
        let mut all = [self.result.findings.as_slice(), &self.listed].concat();
        all.sort_by_key(|finding| finding.severity);
        Cow::Owned(all)
    }

    pub(super) fn view(&self) -> View<'_> {
        let flags = self.flags;
        View {
            detail: flags.detail(),
            all: flags.all,
            links: &self.links,
            texts: self,
            ..View::plain(self.run, &self.result.findings)
        }
    }

    pub(super) fn sort_findings(&mut self) {
        self.result.findings.sort_by_key(|finding| finding.severity);
    }
}

/// The output of a run, and what the rest of the run must know about it.
pub(super) trait Output {
    /// The run's purpose, unless the config sets `mode: validate`.
    fn purpose(&self) -> Purpose {
        Purpose::Show
    }

    /// The run is useless without stdout.
    fn needs_stdout(&self) -> bool {
        false
    }

    /// A separate file that it replaces; no input may be that file.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Whether replacing its file, which has `bytes`, would lose nothing.
    fn can_replace(&self, _bytes: &[u8]) -> bool {
        true
    }

    /// Texts are written to files, so all of them must be regular files.
    fn writes_texts(&self) -> bool {
        false
    }

    /// The result replaces the text's own file.
    fn replaces(&self, _text: &Text) -> bool {
        false
    }

    /// Input without resources is not an error.
    fn accepts_nothing(&self) -> bool {
        false
    }

    /// `--lock` names the output file, not a lock to pin images with.
    fn owns_lock(&self) -> bool {
        false
    }

    /// Writes to stdout even if the run fails.
    fn answers_failures(&self) -> bool {
        false
    }

    /// The report goes to stdout, not stderr.
    fn prints_report(&self) -> bool {
        false
    }

    /// The level of detail of the report, where `detail` is asked for.
    fn detail(&self, detail: Detail) -> Detail {
        detail
    }

    /// Renders the output if that can add findings. Called again if there are new findings.
    fn render(&mut self, _outcome: &mut Outcome<'_>) {}

    /// Prepares the files to write. Called if nothing has failed.
    ///
    /// # Errors
    /// A file cannot be read or prepared.
    fn prepare(&mut self, _outcome: &mut Outcome<'_>, _batch: &mut Batch) -> anyhow::Result<()> {
        Ok(())
    }

    /// Prints the result.
    ///
    /// # Errors
    /// Writing to stdout fails.
    fn print(&mut self, _outcome: &mut Outcome<'_>, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// The exit code of a printed result whose findings lead to `code`.
    fn exit_code(&self, code: u8) -> u8 {
        code
    }
}
