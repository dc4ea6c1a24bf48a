//! The world: bytes come in and go out here, and nowhere below.
//!
//! Every face takes one path: gather texts, [`inject`], print. What faces decide for themselves is in
//! the files of their names.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::config::{Keep, Mode, Settings};
use crate::engine::{self, Output, Role, Source, inject, patch, uninject};
use crate::finding::{Code, Finding, Severity};
use crate::host::cli::{Cli, Flags};
use crate::host::commands::Inputs;
use crate::host::files::{Destination, Reading, Text, position};
use crate::host::save::Batch;
use crate::host::stream::Printed;
use crate::report::{Detail, Format, Paint, Purpose, Run};
use crate::yaml::{Edit, Envelope, Place, is_resource_list};

mod attributes;
mod cli;
mod commands;
mod diff;
mod discover;
mod files;
mod images;
mod krm;
mod kustomize;
mod patches;
mod progress;
mod render;
mod save;
mod settings;
mod signals;
mod stream;

/// Exit code of a run that a finding fails.
const REFUSED: u8 = 1;
/// Exit code of a run that could not do its work.
const COULD_NOT_RUN: u8 = 2;

/// How a run was called, as far as it decides what goes out.
enum Face {
    /// A stream that comes in and goes out.
    Stream,
    /// A `ResourceList` from a host, which gets it back whatever happens.
    Krm,
    /// A stream with a config file from kustomize.
    Plugin(PathBuf),
    /// Files and folders.
    Files(Destination),
}

/// Where the first panic happened. Its message is not kept: it may quote the input.
static PANICKED: OnceLock<String> = OnceLock::new();

/// Runs the command with `args`, the program's name first. Gives the exit code.
#[must_use]
pub fn run(args: Vec<OsString>) -> u8 {
    std::panic::set_hook(Box::new(|panic| {
        let place =
            panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        PANICKED.get_or_init(|| place);
    }));
    catch_unwind(AssertUnwindSafe(|| dispatch(args))).unwrap_or_else(|_| {
        say(&[internal_error()]);
        COULD_NOT_RUN
    })
}

fn dispatch(mut args: Vec<OsString>) -> u8 {
    let plugin_config = kustomize::plugin_config(&args);
    if plugin_config.is_some() {
        args.remove(1);
    }
    let cli = match Cli::read(args, plugin_config.is_some() || !io::stdin().is_terminal()) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    if let Some(command) = cli.command {
        return command.run();
    }
    if stream::is_closed() {
        say(&[closed_stdout()]);
        return COULD_NOT_RUN;
    }
    let input = files::stdin();
    let is_list = input.as_ref().is_ok_and(|text| is_resource_list(&text.bytes));
    let face = match plugin_config {
        Some(config) => Face::Plugin(config),
        None if is_list => Face::Krm,
        None => Face::Stream,
    };
    start(
        &face,
        &[],
        input.map(|text| vec![text]).map_err(|error| io_error(&error)),
        &cli.flags,
        Work::Inject,
    )
}

/// What is done with the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// They are injected.
    Inject,
    /// The same, with what changes as patches.
    Patch,
    /// Injections are taken out.
    Uninject,
}

impl Work {
    fn run(self, sources: &[Source<'_>], settings: &Settings) -> Output {
        match self {
            Self::Inject => inject(sources, settings),
            Self::Patch => patch(sources, settings),
            Self::Uninject => uninject(sources, settings),
        }
    }
}

/// Injects what a command names; where the texts go is the command's matter.
fn inject_files(inputs: &Inputs, destination: Destination) -> u8 {
    start_files(inputs, destination, Work::Inject)
}

/// Takes injections out of what a command names; where the texts go is the command's matter.
fn uninject_files(inputs: &Inputs, destination: Destination) -> u8 {
    start_files(inputs, destination, Work::Uninject)
}

/// Prints as patches what changes in what a command names.
fn patch_files(inputs: &Inputs, destination: Destination) -> u8 {
    start_files(inputs, destination, Work::Patch)
}

fn start_files(inputs: &Inputs, destination: Destination, work: Work) -> u8 {
    let texts = if destination.prints() && stream::is_closed() {
        Err(closed_stdout())
    } else {
        let reading = Reading { all: inputs.flags.no_ignore, replaceable: destination.writes_texts() };
        match files::read(&inputs.paths, reading) {
            Ok(texts) if texts.is_empty() && !inputs.flags.allow_empty => {
                Err(files::nothing_in(&inputs.paths, reading))
            }
            Ok(texts) => Ok(texts),
            Err(error) => Err(io_error(&error)),
        }
    };
    start(&Face::Files(destination), &inputs.paths, texts, &inputs.flags, work)
}

fn start(
    face: &Face,
    paths: &[PathBuf],
    inputs: Result<Vec<Text>, Finding>,
    flags: &Flags,
    work: Work,
) -> u8 {
    let mut flags = flags.clone();
    let mut refused = None;
    if matches!(face, Face::Stream | Face::Files(_)) && flags.config.is_none() && !flags.no_config {
        match discover::config() {
            Ok(config) => {
                flags.is_config_found = config.is_some();
                flags.config = config;
            }
            Err(error) => refused = Some(io_error(&error)),
        }
    }
    if let Some(collision) = collision(face, paths, &flags) {
        // A report that is in the way is not written to say so.
        flags.report = None;
        refused = Some(collision);
    }
    match inputs {
        Ok(inputs) => execute(face, &inputs, &flags, refused, work),
        Err(finding) => {
            let output = failed(vec![refused.unwrap_or(finding)]);
            conclude(face, &[], &flags, None, &Settings::default(), output)
        }
    }
}

/// Help and version go to stdout; everything else about the arguments is an error.
fn usage(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        return if error.print().is_ok() { 0 } else { COULD_NOT_RUN };
    }
    if stream::is_helm_4() {
        return delivered(stream::helm_4_failure(&error.render().to_string(), &mut io::stdout().lock()), 0);
    }
    // Nothing is left to be told where stderr is closed.
    let _ = error.print();
    COULD_NOT_RUN
}

fn execute(face: &Face, inputs: &[Text], flags: &Flags, refused: Option<Finding>, work: Work) -> u8 {
    let envelope = match face {
        Face::Krm => match Envelope::read(&inputs[0].bytes) {
            Ok(envelope) => Some(envelope),
            Err(problem) => {
                let place = Place::of(&inputs[0].bytes, problem.offset);
                let finding = Finding::new(Code::InvalidYaml, "", problem.message).at(position(None, place));
                let output = Output { unreadable: true, ..failed(vec![finding]) };
                return conclude(face, inputs, flags, None, &Settings::default(), output);
            }
        },
        _ => None,
    };
    let decided = match refused {
        Some(finding) => Err(vec![finding]),
        None => decide(face, inputs, flags, envelope.as_ref(), work),
    };
    let (output, settings) = decided.unwrap_or_else(|findings| (failed(findings), Settings::default()));
    conclude(face, inputs, flags, envelope.as_ref(), &settings, output)
}

/// Everything before the first byte is written.
fn decide(
    face: &Face,
    inputs: &[Text],
    flags: &Flags,
    envelope: Option<&Envelope<'_>>,
    work: Work,
) -> Result<(Output, Settings), Vec<Finding>> {
    let (settings, warnings) = settings::of(face, flags, envelope)?;
    let reading = Reading { all: flags.no_ignore, replaceable: false };
    let context = files::read(&flags.context, reading).map_err(|error| vec![io_error(&error)])?;
    if let Face::Files(destination) = face {
        lost_sources(destination, inputs, &settings).map_or(Ok(()), |finding| Err(vec![finding]))?;
    }
    let role = if matches!(face, Face::Krm) { Role::ResourceList } else { Role::Stream };
    let inputs_and_context =
        inputs.iter().map(|text| (text, role)).chain(context.iter().map(|text| (text, Role::Context)));
    let sources: Vec<Source<'_>> = inputs_and_context
        .map(|(text, role)| Source { file: text.name.as_deref(), text: &text.bytes, role })
        .collect();
    let mut output = catch_unwind(AssertUnwindSafe(|| {
        shown_on_terminals(&sources, flags, || work.run(&sources, &settings))
    }))
    .unwrap_or_else(|_| failed(vec![internal_error()]));
    output.edits.truncate(inputs.len());
    let own = warnings.into_iter().chain(envelope.and_then(krm::unknown_version));
    let injects = work != Work::Uninject;
    let unbuilt = injects.then(|| kustomize::unbuilt(inputs, flags.config.as_deref()));
    let unbuilt = unbuilt.into_iter().flatten();
    let own = own.chain(discover::warnings(flags, inputs)).chain(unbuilt);
    for finding in own.filter_map(|finding| settings.weighed(finding)) {
        // kpt sends a config that is a file of the package as an item, too.
        let is_said = |other: &Finding| {
            (other.code, &other.subject, &other.message) == (finding.code, &finding.subject, &finding.message)
        };
        if !output.findings.iter().any(is_said) {
            output.findings.push(finding);
        }
    }
    let needs_resources = match face {
        Face::Stream => true,
        Face::Files(destination) => !destination.writes_texts(),
        Face::Krm | Face::Plugin(_) => false,
    };
    if needs_resources && !flags.allow_empty {
        output.findings.extend(stream::without_resources(inputs, &output));
    }
    Ok((output, settings))
}

/// Does `work`, with a line on stderr while it is long, where that is a terminal.
fn shown_on_terminals<T>(sources: &[Source<'_>], flags: &Flags, work: impl FnOnce() -> T) -> T {
    if flags.detail() == Detail::Errors || !io::stderr().is_terminal() {
        return work();
    }
    let what = progress::load(sources.len(), sources.iter().map(|source| source.text.len()).sum());
    progress::during(&what, progress::PATIENCE, io::stderr(), work)
}

/// The error about a config that has Instrumentations dropped where they would be dropped from their sources: the
/// next run would find none.
fn lost_sources(destination: &Destination, inputs: &[Text], settings: &Settings) -> Option<Finding> {
    let is_source = |text: &Text| match destination {
        Destination::InPlace => true,
        Destination::Folder(folder) => {
            let target = save::place(&folder.join(&text.relative)).ok();
            target.is_some() && target == text.path.canonicalize().ok()
        }
        _ => false,
    };
    if settings.instrumentation_resources != Keep::Drop || !inputs.iter().any(is_source) {
        return None;
    }
    let message = "instrumentationResources: drop would delete the Instrumentations from their source files";
    let finding = Finding::new(Code::InvalidConfig, "/spec/instrumentationResources", message);
    Some(
        finding.help("Write to another folder with --output, or use instrumentationResources: local-config."),
    )
}

/// The error about an output that would replace what the run reads, or what it has no business with.
fn collision(face: &Face, paths: &[PathBuf], flags: &Flags) -> Option<Finding> {
    let file = match face {
        Face::Files(destination) => destination.file(),
        _ => None,
    };
    let report = flags.report.as_ref().map(|(path, _)| path.as_path());
    let real = |path: &Path| path.canonicalize().or_else(|_| save::place(path)).ok();
    let error = |path: &Path, what: &str| {
        let message = format!("{:?} {what}", path.display().to_string());
        Some(Finding::new(Code::Io, "", message).help("Give each output a file of its own."))
    };
    if let (Some(file), Some(report)) = (file, report)
        && real(file).is_some_and(|file| Some(file) == real(report))
    {
        return error(report, "is named for two outputs");
    }
    let lock = settings::pinning(face, flags).map(Path::to_owned);
    let named = || paths.iter().chain(&flags.context).chain(&flags.config).chain(&lock);
    for output in file.into_iter().chain(report) {
        // A pipe or a terminal loses nothing.
        if !output.is_file() {
            continue;
        }
        let place = real(output);
        if named().any(|path| real(path) == place) {
            return error(output, "is an input, and would be replaced by an output");
        }
        // Found in a folder or not read at all: an earlier report goes, somebody's manifest does not.
        let bytes = match files::bytes(output) {
            Ok(bytes) => bytes,
            Err(error) => return Some(io_error(&error)),
        };
        if engine::for_cluster(&bytes).has_names {
            return error(output, "holds Kubernetes resources, and would be replaced by an output");
        }
        if let Face::Files(Destination::Patches { .. }) = face
            && Some(output) == file
            && !patches::is_replaceable(&bytes)
        {
            return error(output, "holds more than patches, and would be replaced by them");
        }
    }
    None
}

/// Writes what there is to write and says what there is to say. Gives the exit code.
fn conclude(
    face: &Face,
    inputs: &[Text],
    flags: &Flags,
    envelope: Option<&Envelope<'_>>,
    settings: &Settings,
    mut output: Output,
) -> u8 {
    let run = Run { fail_on: settings.fail_on, purpose: purpose(face, settings.mode) };
    run.word(&mut output.findings);
    output.findings.sort_by_key(|finding| finding.severity);
    let printed = |output: &mut Output| {
        envelope.and_then(|envelope| printed_list(envelope, &inputs[0].bytes, run, output))
    };
    let mut list = printed(&mut output);
    let said = output.findings.len();
    let text = write_files(face, inputs, flags, run, &mut output);
    if output.findings.len() > said {
        list = printed(&mut output);
    }
    let code = exit_code(run, &output);
    let has_failed = code != 0;
    if has_failed || output.edits.is_empty() {
        output.edits = vec![Vec::new(); inputs.len()];
    }
    let out = &mut io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let written = match (face, list) {
        (Face::Krm, Some(list)) => delivered(out.write_all(&list).and_then(|()| out.flush()), code),
        (Face::Krm, None) => code,
        _ if has_failed && stream::is_helm_4() => {
            let text = Format::Human.report(run, &output.findings, flags.detail(), Paint::Plain);
            delivered(stream::helm_4_failure(&text, out).and_then(|()| out.flush()), 0)
        }
        (Face::Files(Destination::Nowhere), _) => {
            let paint = paint(&io::stdout());
            let report = flags.format.report(run, &output.findings, flags.detail(), paint);
            return delivered(out.write_all(report.as_bytes()).and_then(|()| out.flush()), code);
        }
        _ if has_failed || settings.mode == Mode::Validate => code,
        (Face::Files(Destination::Diff), _) => {
            let mut has_diff = false;
            let written = print_diff(inputs, &output.edits, &mut has_diff, out);
            delivered(written, if has_diff { REFUSED } else { code })
        }
        (Face::Files(Destination::Stdout) | Face::Stream | Face::Plugin(_), _) => {
            let is_allowed = flags.allow_empty && !matches!(face, Face::Plugin(_));
            let note = is_allowed && inputs.iter().all(|text| stream::is_blank(&text.bytes));
            let edits = std::mem::take(&mut output.edits);
            let printed = text.printed.unwrap_or_else(|| Printed::whole(inputs, edits));
            delivered(printed.write(note, out), code)
        }
        (Face::Files(_), _) => {
            delivered(out.write_all(text.answer.as_bytes()).and_then(|()| out.flush()), code)
        }
    };
    report(run, &output.findings, flags.format, flags.detail());
    written
}

/// The `ResourceList` that goes back to the host, with the findings as its results; none where that cannot be printed,
/// or not be read again.
fn printed_list(envelope: &Envelope<'_>, text: &[u8], run: Run, output: &mut Output) -> Option<Vec<u8>> {
    if output.unreadable {
        return None;
    }
    if run.purpose == Purpose::Check {
        return Some(krm::without_items(envelope, &output.findings).into_bytes());
    }
    let results = krm::results(envelope, &output.findings).unwrap_or_else(|problem| {
        let place = Place::of(text, problem.offset);
        let message = format!("the results cannot be added: {}", problem.message);
        output.findings.insert(0, Finding::new(Code::CannotEdit, "", message).at(position(None, place)));
        Vec::new()
    });
    let has_failed = exit_code(run, output) != 0;
    let items = output.edits.first().filter(|_| !has_failed).map_or(&[][..], Vec::as_slice);
    match krm::print(envelope, text, items, results) {
        Ok(list) => Some(list),
        Err(finding) => {
            output.findings.insert(0, *finding);
            output.unreadable = true;
            None
        }
    }
}

/// What goes to stdout when the files are written.
#[derive(Default)]
struct ForStdout<'t> {
    /// What a command answers that prints no texts.
    answer: String,
    /// The texts, where they are not printed as they are.
    printed: Option<Printed<'t>>,
}

/// Writes all files of the run, the report with them: all or none. What is wrong joins the findings.
fn write_files<'t>(
    face: &Face,
    inputs: &'t [Text],
    flags: &Flags,
    run: Run,
    output: &mut Output,
) -> ForStdout<'t> {
    let mut text = ForStdout::default();
    let report = |output: &Output, batch: &mut Batch| match &flags.report {
        Some((path, format)) => {
            let report = format.report(run, &output.findings, Detail::Lines, Paint::Plain);
            batch.file(path, report.as_bytes(), None)
        }
        None => Ok(()),
    };
    let mut batch = Batch::default();
    let named = match face {
        Face::Files(destination) => destination.file(),
        _ => None,
    };
    let mut opened = flags.report.iter().map(|(path, _)| path.as_path()).chain(named);
    let mut prepared = opened.try_for_each(|path| batch.open(path));
    if prepared.is_ok()
        && exit_code(run, output) == 0
        && run.purpose != Purpose::Check
        && let Face::Files(destination) = face
    {
        prepared = prepare(destination, inputs, flags, output, &mut batch).map(|prepared| text = prepared);
    }
    output.findings.splice(0..0, prepared.err().map(|error| io_error(&error)));
    output.findings.sort_by_key(|finding| finding.severity);
    if exit_code(run, output) != 0 {
        // What is refused after all leaves the report alone.
        batch.forget();
    }
    if let Err(error) = report(output, &mut batch).and_then(|()| batch.commit()) {
        output.findings.insert(0, io_error(&error));
        // The report of what went wrong, if that can be written.
        batch.forget();
        if report(output, &mut batch).is_ok() {
            let _ = batch.commit();
        }
    }
    text
}

/// Prepares the files that a command writes, and what it prints.
fn prepare<'t>(
    destination: &Destination,
    inputs: &'t [Text],
    flags: &Flags,
    output: &mut Output,
    batch: &mut Batch,
) -> anyhow::Result<ForStdout<'t>> {
    let mut text = ForStdout::default();
    match destination {
        Destination::Stdout => {
            let (printed, finding) =
                Printed::for_cluster(inputs, std::mem::take(&mut output.edits), flags.config.as_deref());
            text.printed = Some(printed);
            output
                .findings
                .extend(finding.filter(|finding| !(flags.allow_empty && finding.code == Code::EmptyInput)));
        }
        Destination::InPlace | Destination::Folder(_) => {
            batch.texts(inputs, &output.edits, destination)?;
            output.findings.append(&mut batch.findings);
        }
        Destination::Patches { form, committed: Some(file), .. } => {
            output.findings.extend(patches::staleness(*form, &output.patches, file)?);
        }
        Destination::Patches { form, committed: None, output: Some(file) } => {
            let document = patches::document(*form, &output.patches);
            batch.folder(save::parent(file))?;
            batch.file(file, document.as_bytes(), None)?;
        }
        Destination::Patches { form, .. } => text.answer = patches::document(*form, &output.patches),
        Destination::Images { lock: None } => text.answer = images::list(&output.images),
        Destination::Images { lock: Some(lock) } => {
            output.findings.extend(lock.apply(&output.images, batch)?);
        }
        Destination::Diff | Destination::Nowhere => {}
    }
    Ok(text)
}

/// The exit code after writing to stdout. A reader that has gone away wants to hear nothing more.
fn delivered(written: io::Result<()>, code: u8) -> u8 {
    let Err(error) = written else { return code };
    if error.kind() != io::ErrorKind::BrokenPipe {
        let finding = io_error(&anyhow::Error::new(error).context("cannot write to stdout"));
        say(&[finding]);
    }
    COULD_NOT_RUN
}

/// What a run is for.
fn purpose(face: &Face, mode: Mode) -> Purpose {
    match face {
        _ if mode == Mode::Validate => Purpose::Check,
        Face::Files(Destination::Nowhere) => Purpose::Check,
        Face::Files(Destination::Diff | Destination::Patches { .. } | Destination::Images { .. }) => {
            Purpose::Show
        }
        Face::Files(_) | Face::Stream | Face::Krm | Face::Plugin(_) => Purpose::Write,
    }
}

fn exit_code(run: Run, output: &Output) -> u8 {
    let is_fatal = |finding: &Finding| finding.severity == Severity::Error && finding.code.is_fatal();
    let code = |finding: &Finding| if is_fatal(finding) { COULD_NOT_RUN } else { REFUSED };
    let worst = output.findings.iter().filter(|finding| run.fails(finding)).map(code).max();
    if output.unreadable { COULD_NOT_RUN } else { worst.unwrap_or(0) }
}

fn failed(findings: Vec<Finding>) -> Output {
    Output { findings, ..Output::default() }
}

fn io_error(error: &anyhow::Error) -> Finding {
    Finding::new(Code::Io, "", format!("{error:#}"))
}

fn closed_stdout() -> Finding {
    let message = "stdout is closed: there is no place for the output";
    Finding::new(Code::Io, "", message).help("Redirect it to a file, or to /dev/null with `> /dev/null`.")
}

fn internal_error() -> Finding {
    let place = PANICKED.get().map_or("", String::as_str);
    Finding::new(Code::VerifyFailed, "", format!("internal error{place}"))
}

/// Says what is wrong with the run itself.
fn say(findings: &[Finding]) {
    report(Run::default(), findings, Format::Human, Detail::Lines);
}

/// The report on stderr. Nobody is left to be told where that fails.
fn report(run: Run, findings: &[Finding], format: Format, detail: Detail) {
    let stderr = io::stderr().lock();
    let report = format.report(run, findings, detail, paint(&stderr));
    let _ = io::BufWriter::new(stderr).write_all(report.as_bytes());
}

fn paint(stream: &impl IsTerminal) -> Paint {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if stream.is_terminal() && !is_unwanted { Paint::Coloured } else { Paint::Plain }
}

/// Prints what changes; says whether anything does.
fn print_diff(
    inputs: &[Text],
    edits: &[Vec<Edit>],
    has_diff: &mut bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let paint = paint(&io::stdout());
    for (text, edits) in inputs.iter().zip(edits) {
        *has_diff |= diff::write(text.name.as_deref().unwrap_or("stdin"), &text.bytes, edits, paint, out)?;
    }
    out.flush()
}
