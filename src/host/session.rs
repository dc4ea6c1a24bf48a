//! A run: reads texts, determines settings, runs the engine and writes the result.

use std::io::{self, IsTerminal, Write};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use crate::config::{Keep, Mode, Settings};
use crate::engine::{self, Role, Source, Task};
use crate::finding::{Code, Finding};
use crate::host::faults::{caught, io_error};
use crate::host::files::{self, Reading, Text, position};
use crate::host::flags::{Flags, Inputs};
use crate::host::output::{self, Function, Outcome, Output, Stream, krm};
use crate::host::save::{self, Batch};
use crate::host::settings::{self, Invocation};
use crate::host::terminal::{delivered, is_stdout_closed, report};
use crate::host::{discover, helm, kustomize, links, metadata, progress};
use crate::report::{Detail, Format, Purpose, Run, View};
use crate::yaml::{Envelope, LineCol, is_resource_list};

/// A run before anything is read.
pub(super) struct Session {
    invocation: Invocation,
    /// The paths given to a command.
    paths: Vec<PathBuf>,
    flags: Flags,
    task: Task,
    output: Box<dyn Output>,
}

impl Session {
    /// Runs on stdin without a command. `plugin_config` is kustomize's config for a plugin. Returns the exit code.
    pub(super) fn filter(plugin_config: Option<PathBuf>, flags: Flags) -> u8 {
        let input = files::stdin();
        let is_list = input.as_ref().is_ok_and(|text| is_resource_list(&text.bytes));
        let (invocation, output): (_, Box<dyn Output>) = match plugin_config {
            Some(config) => (Invocation::Plugin(config), Box::new(Stream::for_kustomize())),
            None if is_list => (Invocation::Function, Box::new(Function::default())),
            None => (Invocation::Filter, Box::new(Stream::whole())),
        };
        let session = Self { invocation, paths: Vec::new(), flags, task: Task::Inject, output };
        session.run(input.map(|text| vec![text]).map_err(|error| io_error(&error)))
    }

    /// Runs on the inputs of a command. Returns the exit code.
    pub(super) fn command(inputs: Inputs, task: Task, output: Box<dyn Output>) -> u8 {
        let Inputs { paths, flags } = inputs;
        let texts = if output.needs_stdout() && is_stdout_closed() {
            Err(Finding::stdout_closed(""))
        } else {
            let reading = Reading { all: flags.no_ignore, replaceable: output.writes_texts() };
            match files::read(&paths, reading) {
                Ok(texts) if texts.is_empty() && !flags.allow_empty => {
                    Err(files::nothing_in(&paths, reading))
                }
                Ok(texts) => Ok(texts),
                Err(error) => Err(io_error(&error)),
            }
        };
        Self { invocation: Invocation::Command, paths, flags, task, output }.run(texts)
    }

    fn run(mut self, texts: Result<Vec<Text>, Finding>) -> u8 {
        let mut refused = self.find_config();
        if let Some(collision) = self.collision() {
            // The report file is the problem, so it is not written.
            self.flags.report = None;
            refused = Some(collision);
        }
        let texts = texts.unwrap_or_else(|finding| {
            refused.get_or_insert(finding);
            Vec::new()
        });
        let mut outcome = Outcome {
            texts: &texts,
            flags: &self.flags,
            settings: Settings::default(),
            envelope: None,
            result: engine::Output::default(),
            run: Run::default(),
            listed: Vec::new(),
            links: links::base(),
            is_for_host: helm::called_us()
                || !matches!(self.invocation, Invocation::Filter | Invocation::Command),
        };
        match self.decide(&mut outcome, refused) {
            Ok(result) => outcome.result = result,
            Err(findings) => outcome.result.findings = findings,
        }
        write_output(outcome, self.output.as_mut())
    }

    /// Looks for a function config if none is named. Returns the error if it cannot be read.
    fn find_config(&mut self) -> Option<Finding> {
        let is_told = self.flags.config.is_some() || self.flags.no_config;
        if is_told || !matches!(self.invocation, Invocation::Filter | Invocation::Command) {
            return None;
        }
        match discover::config() {
            Ok(config) => {
                self.flags.is_config_found = config.is_some();
                self.flags.config = config;
                None
            }
            Err(error) => Some(io_error(&error)),
        }
    }

    /// Does everything up to the first write.
    fn decide<'t>(
        &self,
        outcome: &mut Outcome<'t>,
        refused: Option<Finding>,
    ) -> Result<engine::Output, Vec<Finding>> {
        let (texts, flags) = (outcome.texts, &self.flags);
        if let (Invocation::Function, Some(text)) = (&self.invocation, texts.first()) {
            let envelope = Envelope::read(&text.bytes).map_err(|problem| {
                outcome.result.unreadable = true;
                let place = LineCol::at(&text.bytes, problem.offset);
                vec![Finding::problem(Code::InvalidYaml, "", &problem.message).at(position(None, place))]
            })?;
            outcome.envelope = Some(envelope);
        }
        if let Some(finding) = refused {
            return Err(vec![finding]);
        }
        let hosts = outcome.envelope.as_ref().and_then(krm::config);
        let pinning = self.pinning();
        let (mut settings, warnings) = settings::settled(&self.invocation, flags, hosts, pinning)?;
        settings.metadata = metadata::read(&flags.images_from)?;
        let reading = Reading { all: flags.no_ignore, replaceable: false };
        let context = files::read(&flags.context, reading).map_err(|error| vec![io_error(&error)])?;
        if let Some(finding) = self.lost_sources(texts, &settings) {
            return Err(vec![finding]);
        }
        let role = match self.invocation {
            Invocation::Function => Role::ResourceList,
            Invocation::Filter | Invocation::Plugin(_) | Invocation::Command => Role::Stream,
        };
        let inputs = texts.iter().map(|text| (text, role));
        let sources: Vec<Source<'_>> = inputs
            .chain(context.iter().map(|text| (text, Role::Context)))
            .map(|(text, role)| Source { file: text.name.as_deref(), text: &text.bytes, role })
            .collect();
        let work = || shown_on_terminals(&sources, flags, || engine::run(&sources, &settings, self.task));
        let mut result = caught(AssertUnwindSafe(work)).unwrap_or_else(|finding| engine::Output {
            findings: vec![*finding],
            ..engine::Output::default()
        });
        result.edits.truncate(texts.len());
        let mut own = warnings;
        own.extend(outcome.envelope.as_ref().and_then(krm::unknown_version));
        own.extend(discover::warnings(flags, texts));
        if self.task != Task::Uninject {
            own.extend(kustomize::unbuilt(texts, flags.config.as_deref()));
        }
        for finding in own.into_iter().filter_map(|finding| settings.weighed(finding)) {
            // kpt also sends a config as an item if it is a file of the package.
            let is_said = |other: &Finding| {
                (other.code, &other.subject, &other.message)
                    == (finding.code, &finding.subject, &finding.message)
            };
            if !result.findings.iter().any(is_said) {
                result.findings.push(finding);
            }
        }
        if !self.output.accepts_nothing() && !flags.allow_empty {
            result.findings.extend(output::without_resources(texts, &result));
        }
        outcome.run.fail_on = settings.fail_on;
        outcome.settings = settings;
        Ok(result)
    }

    /// The lock to pin images with.
    fn pinning(&self) -> Option<&Path> {
        self.flags.lock.as_deref().filter(|_| !self.output.owns_lock())
    }

    /// The error if the config drops Instrumentations and would remove them from their source files: the next run would
    /// not find them.
    fn lost_sources(&self, texts: &[Text], settings: &Settings) -> Option<Finding> {
        let is_lossy = settings.instrumentation_resources == Keep::Drop
            && texts.iter().any(|text| self.output.replaces(text));
        is_lossy.then(|| Finding::sources_would_be_deleted("/spec/instrumentationResources"))
    }

    /// The error if an output would replace a file that the run reads, or an unrelated file.
    fn collision(&self) -> Option<Finding> {
        let Self { paths, flags, .. } = self;
        let file = self.output.file();
        let report = flags.report.as_ref().map(|(path, _)| path.as_path());
        let real = |path: &Path| path.canonicalize().or_else(|_| save::place(path)).ok();
        let shown = |path: &Path| path.display().to_string();
        if let (Some(file), Some(report)) = (file, report)
            && real(file).is_some_and(|file| Some(file) == real(report))
        {
            return Some(Finding::outputs_share_file("", &shown(report)));
        }
        let lock = self.pinning().map(Path::to_owned);
        let named =
            || paths.iter().chain(&flags.context).chain(&flags.images_from).chain(&flags.config).chain(&lock);
        for output in file.into_iter().chain(report) {
            // A pipe or a terminal loses nothing.
            if !output.is_file() {
                continue;
            }
            let place = real(output);
            if named().any(|path| real(path) == place) {
                return Some(Finding::output_is_input("", &shown(output)));
            }
            // The file was found in a folder or not read: an earlier report can be replaced, somebody's manifest
            // cannot.
            let bytes = match files::bytes(output) {
                Ok(bytes) => bytes,
                Err(error) => return Some(io_error(&error)),
            };
            if engine::for_cluster(&bytes).has_names {
                return Some(Finding::output_holds_resources("", &shown(output)));
            }
            if Some(output) == file && !self.output.can_replace(&bytes) {
                return Some(Finding::output_holds_more_than_patches("", &shown(output)));
            }
        }
        None
    }
}

/// Runs `work`, with a progress line on stderr if that is a terminal and it takes long.
fn shown_on_terminals<T>(sources: &[Source<'_>], flags: &Flags, work: impl FnOnce() -> T) -> T {
    if flags.detail() == Detail::Errors || !io::stderr().is_terminal() {
        return work();
    }
    let what = progress::load(sources.len(), sources.iter().map(|source| source.text.len()).sum());
    progress::during(&what, progress::PATIENCE, io::stderr(), work)
}

/// Writes the output and the report. Returns the exit code.
fn write_output(mut outcome: Outcome<'_>, output: &mut dyn Output) -> u8 {
    let is_validation = outcome.settings.mode == Mode::Validate;
    outcome.run.purpose = if is_validation { Purpose::Check } else { output.purpose() };
    outcome.run.word(&mut outcome.result.findings);
    outcome.sort_findings();
    output.render(&mut outcome);
    let said = outcome.result.findings.len();
    write_files(&mut outcome, output);
    if outcome.result.findings.len() > said {
        output.render(&mut outcome);
    }
    let code = outcome.exit_code();
    if code != 0 || outcome.result.edits.is_empty() {
        outcome.result.edits = vec![Vec::new(); outcome.texts.len()];
    }
    let out = &mut io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let printed = if output.answers_failures() || (code == 0 && !is_validation) {
        output.print(&mut outcome, out).map(|()| output.exit_code(code))
    } else if code != 0 && helm::called_us() {
        let text = Format::Concise.report(&outcome.view());
        helm::failure(&text, out).map(|()| 0)
    } else {
        Ok(code)
    };
    let code = delivered(printed.and_then(|code| out.flush().map(|()| code)));
    if !output.prints_report() {
        let view = outcome.view();
        let detail = output.detail(view.detail);
        let all = if detail == Detail::Reasons { outcome.all_findings() } else { view.findings.into() };
        report(outcome.format(), &View { detail, findings: &all, ..view });
    }
    code
}

/// Writes all files of the run, including the report: all or none. Adds errors to the findings.
fn write_files(outcome: &mut Outcome<'_>, output: &mut dyn Output) {
    let report = |outcome: &Outcome<'_>, batch: &mut Batch| match &outcome.flags.report {
        Some((path, format)) => {
            let findings = outcome.all_findings();
            let view = View { detail: Detail::Lines, findings: &findings, ..outcome.view() };
            let report = format.report(&view);
            batch.file(path, report.as_bytes(), None)
        }
        None => Ok(()),
    };
    let mut batch = Batch::default();
    let mut opened = outcome.flags.report.iter().map(|(path, _)| path.as_path()).chain(output.file());
    let mut prepared = opened.try_for_each(|path| batch.open(path));
    if prepared.is_ok() && outcome.exit_code() == 0 && outcome.run.purpose != Purpose::Check {
        prepared = output.prepare(outcome, &mut batch);
    }
    outcome.result.findings.splice(0..0, prepared.err().map(|error| io_error(&error)));
    outcome.sort_findings();
    if outcome.exit_code() != 0 {
        // If the run is refused now, the report file is unchanged.
        batch.forget();
    }
    if let Err(error) = report(outcome, &mut batch).and_then(|()| batch.commit()) {
        outcome.result.findings.insert(0, io_error(&error));
        // Writes the report about the failure, if possible.
        batch.forget();
        if report(outcome, &mut batch).is_ok() {
            let _ = batch.commit();
        }
    }
}
