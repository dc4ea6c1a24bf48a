//! The world: bytes come in and go out here, and nowhere below.
//!
//! Every face takes one path: gather texts, [`inject`], print. What faces decide for themselves is in
//! the files of their names.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::config::function::{self, Parsed};
use crate::config::{Mode, Settings};
use crate::engine::{Output, Role, Source, inject, patch, uninject};
use crate::finding::{Code, Finding, Severity};
use crate::host::cli::{Cli, Flags};
use crate::host::commands::Inputs;
use crate::host::files::{Destination, Text, position};
use crate::report::{Detail, Format, Paint};
use crate::yaml::{Document, Edit, Envelope, Place, is_resource_list, split_documents};

mod cli;
mod commands;
mod diff;
mod files;
mod images;
mod krm;
mod kustomize;
mod patches;
mod progress;
mod render;
mod stream;

/// Exit code of a run whose findings hold an error.
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
        say(&[internal_error()], Format::Human, Detail::Lines);
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
    let input = files::stdin();
    let is_list = input.as_ref().is_ok_and(|text| is_resource_list(&text.bytes));
    let face = match plugin_config {
        Some(config) => Face::Plugin(config),
        None if is_list => Face::Krm,
        None => Face::Stream,
    };
    start(&face, input.map(|text| vec![text]), &cli.flags, inject)
}

/// What is done with the texts.
type Work = fn(&[Source<'_>], &Settings) -> Output;

/// Injects what a command names; where the texts go is the command's matter.
fn inject_files(inputs: &Inputs, destination: Destination) -> u8 {
    start(&Face::Files(destination), files::read(&inputs.paths), &inputs.flags, inject)
}

/// Takes injections out of what a command names; where the texts go is the command's matter.
fn uninject_files(inputs: &Inputs, destination: Destination) -> u8 {
    start(&Face::Files(destination), files::read(&inputs.paths), &inputs.flags, uninject)
}

/// Prints as patches what changes in what a command names.
fn patch_files(inputs: &Inputs, destination: Destination) -> u8 {
    start(&Face::Files(destination), files::read(&inputs.paths), &inputs.flags, patch)
}

fn start(face: &Face, inputs: anyhow::Result<Vec<Text>>, flags: &Flags, work: Work) -> u8 {
    match inputs {
        Ok(inputs) => execute(face, &inputs, flags, work),
        Err(error) => {
            let output = failed(vec![io_error(&error)]);
            conclude(face, &[], flags, None, Mode::Inject, output)
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

fn execute(face: &Face, inputs: &[Text], flags: &Flags, work: Work) -> u8 {
    let envelope = match face {
        Face::Krm => match Envelope::read(&inputs[0].bytes) {
            Ok(envelope) => Some(envelope),
            Err(problem) => {
                let place = Place::of(&inputs[0].bytes, problem.offset);
                let finding = Finding::new(Code::InvalidYaml, "", problem.message).at(position(None, place));
                let output = Output { unreadable: true, ..failed(vec![finding]) };
                return conclude(face, inputs, flags, None, Mode::Inject, output);
            }
        },
        _ => None,
    };
    let decided = decide(face, inputs, flags, envelope.as_ref(), work);
    let (output, mode) = decided.unwrap_or_else(|findings| (failed(findings), Mode::Inject));
    conclude(face, inputs, flags, envelope.as_ref(), mode, output)
}

/// Everything before the first byte is written.
fn decide(
    face: &Face,
    inputs: &[Text],
    flags: &Flags,
    envelope: Option<&Envelope<'_>>,
    work: Work,
) -> Result<(Output, Mode), Vec<Finding>> {
    let (settings, remarks) = settings(face, flags, envelope)?;
    let context = files::read(&flags.context).map_err(|error| vec![io_error(&error)])?;
    let role = if matches!(face, Face::Krm) { Role::ResourceList } else { Role::Stream };
    let inputs_and_context =
        inputs.iter().map(|text| (text, role)).chain(context.iter().map(|text| (text, Role::Context)));
    let sources: Vec<Source<'_>> = inputs_and_context
        .map(|(text, role)| Source { file: text.name.as_deref(), text: &text.bytes, role })
        .collect();
    let mut output =
        catch_unwind(AssertUnwindSafe(|| shown_on_terminals(&sources, flags, || work(&sources, &settings))))
            .unwrap_or_else(|_| failed(vec![internal_error()]));
    output.edits.truncate(inputs.len());
    let own = remarks.into_iter().chain(envelope.and_then(krm::unknown_version));
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
        Face::Stream
        | Face::Files(
            Destination::Stdout
            | Destination::Diff
            | Destination::Patches { .. }
            | Destination::Images { .. }
            | Destination::Nowhere,
        ) => true,
        Face::Krm | Face::Plugin(_) | Face::Files(Destination::InPlace | Destination::Folder(_)) => false,
    };
    if needs_resources && !flags.allow_empty {
        output.findings.extend(stream::without_resources(inputs, &output));
    }
    Ok((output, settings.mode))
}

/// Does `work`, with a line on stderr while it is long, where that is a terminal.
fn shown_on_terminals<T>(sources: &[Source<'_>], flags: &Flags, work: impl FnOnce() -> T) -> T {
    if flags.detail() == Detail::Errors || !io::stderr().is_terminal() {
        return work();
    }
    let what = progress::load(sources.len(), sources.iter().map(|source| source.text.len()).sum());
    progress::during(&what, progress::PATIENCE, io::stderr(), work)
}

/// Writes what there is to write and says what there is to say. Gives the exit code.
fn conclude(
    face: &Face,
    inputs: &[Text],
    flags: &Flags,
    envelope: Option<&Envelope<'_>>,
    mode: Mode,
    mut output: Output,
) -> u8 {
    output.findings.sort_by_key(|finding| finding.severity);
    let mut list = envelope.and_then(|envelope| printed_list(envelope, &inputs[0].bytes, mode, &mut output));
    if let Some((path, format)) = &flags.report
        && let Err(error) =
            files::replace(path, format.report(&output.findings, Detail::Lines, Paint::Plain).as_bytes())
    {
        output.findings.insert(0, io_error(&error));
        list = envelope.and_then(|envelope| printed_list(envelope, &inputs[0].bytes, mode, &mut output));
    }
    let has_failed = exit_code(&output) != 0;
    if has_failed || output.edits.is_empty() {
        output.edits = vec![Vec::new(); inputs.len()];
    }
    let code = exit_code(&output);
    let out = &mut io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let written = match (face, mode) {
        (Face::Krm, _) => match list {
            Some(list) => delivered(out.write_all(&list).and_then(|()| out.flush()), code),
            None => code,
        },
        _ if has_failed && stream::is_helm_4() => {
            let text = Format::Human.report(&output.findings, flags.detail(), Paint::Plain);
            delivered(stream::helm_4_failure(&text, out).and_then(|()| out.flush()), 0)
        }
        (Face::Files(Destination::Nowhere), _) => {
            let paint = paint(&io::stdout());
            let report = flags.format.report(&output.findings, flags.detail(), paint);
            return delivered(out.write_all(report.as_bytes()).and_then(|()| out.flush()), code);
        }
        _ if has_failed || mode == Mode::Validate => code,
        (Face::Files(Destination::Diff), _) => {
            let mut has_diff = false;
            let written = print_diff(inputs, &output.edits, &mut has_diff, out);
            delivered(written, if has_diff { REFUSED } else { code })
        }
        (Face::Files(destination @ (Destination::Patches { .. } | Destination::Images { .. })), _) => {
            match answer(destination, &output) {
                Ok((text, faults)) => {
                    let code = if faults.is_empty() { code } else { REFUSED };
                    output.findings.splice(0..0, faults);
                    delivered(out.write_all(text.as_bytes()).and_then(|()| out.flush()), code)
                }
                Err(error) => {
                    output.findings.insert(0, io_error(&error));
                    COULD_NOT_RUN
                }
            }
        }
        (Face::Files(destination @ (Destination::InPlace | Destination::Folder(_))), _) => {
            match files::save(inputs, &output.edits, destination) {
                Ok(()) => code,
                Err(error) => {
                    output.findings.insert(0, io_error(&error));
                    COULD_NOT_RUN
                }
            }
        }
        (Face::Stream | Face::Files(Destination::Stdout), _) => {
            let note = flags.allow_empty && inputs.iter().all(|text| stream::is_blank(&text.bytes));
            delivered(stream::print(inputs, &output.edits, note, out), code)
        }
        (Face::Plugin(_), _) => delivered(stream::print(inputs, &output.edits, false, out), code),
    };
    say(&output.findings, flags.format, flags.detail());
    written
}

/// The `ResourceList` that goes back to the host, with the findings as its results; none where that cannot be printed,
/// or not be read again.
fn printed_list(envelope: &Envelope<'_>, text: &[u8], mode: Mode, output: &mut Output) -> Option<Vec<u8>> {
    if output.unreadable {
        return None;
    }
    if mode == Mode::Validate {
        return Some(krm::without_items(envelope, &output.findings).into_bytes());
    }
    let results = krm::results(envelope, &output.findings).unwrap_or_else(|problem| {
        let place = Place::of(text, problem.offset);
        let message = format!("the results cannot be added: {}", problem.message);
        output.findings.insert(0, Finding::new(Code::CannotEdit, "", message).at(position(None, place)));
        Vec::new()
    });
    let has_failed = exit_code(output) != 0;
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

/// What a command prints that is asked about injections, and what is wrong with a file that it compares.
fn answer(destination: &Destination, output: &Output) -> anyhow::Result<(String, Vec<Finding>)> {
    match destination {
        Destination::Patches { form, committed: None } => {
            Ok((patches::document(*form, &output.patches), Vec::new()))
        }
        Destination::Patches { form, committed: Some(file) } => {
            let stale = patches::staleness(*form, &output.patches, file)?;
            Ok((String::new(), stale.into_iter().collect()))
        }
        Destination::Images { lock: None } => Ok((images::list(&output.images), Vec::new())),
        Destination::Images { lock: Some(lock) } => Ok((String::new(), lock.apply(&output.images)?)),
        _ => Ok(Default::default()),
    }
}

/// The exit code after writing to stdout. A reader that has gone away wants to hear nothing more.
fn delivered(written: io::Result<()>, code: u8) -> u8 {
    let Err(error) = written else { return code };
    if error.kind() != io::ErrorKind::BrokenPipe {
        let finding = io_error(&anyhow::Error::new(error).context("cannot write to stdout"));
        say(&[finding], Format::Human, Detail::Lines);
    }
    COULD_NOT_RUN
}

fn exit_code(output: &Output) -> u8 {
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let code = |finding: &Finding| if finding.code.is_fatal() { COULD_NOT_RUN } else { REFUSED };
    let worst = output.findings.iter().filter(is_error).map(code).max();
    if output.unreadable { COULD_NOT_RUN } else { worst.unwrap_or(0) }
}

/// The function config of the face, with what the command line says on top.
fn settings(face: &Face, flags: &Flags, envelope: Option<&Envelope<'_>>) -> Parsed {
    let hosts = envelope.and_then(krm::config);
    let (mut settings, remarks) = match (face, hosts, &flags.config) {
        (_, Some(_), Some(path)) | (Face::Plugin(_), None, Some(path)) => {
            let message =
                format!("the host has sent a function config, and --config names {}", path.display());
            return Err(vec![Finding::new(Code::InvalidConfig, "", message).help("Use one of them.")]);
        }
        (_, Some(parsed), None) => parsed?,
        // The file's name is made up by kustomize, another one in each run.
        (Face::Plugin(path), None, None) => config_file(path, "function config")?,
        (_, None, Some(path)) => config_file(path, &files::name(path))?,
        (_, None, None) => (Settings::default(), Vec::new()),
    };
    if let Some(on_error) = flags.on_error {
        settings.on_error = on_error;
    }
    if let Some(namespace) = &flags.namespace {
        settings.namespace = Some(namespace.clone());
    }
    if flags.detail() == Detail::Reasons {
        settings.severities.entry(Code::NotAsked).or_insert(Some(Severity::Info));
    }
    Ok((settings, remarks))
}

fn config_file(path: &Path, name: &str) -> Parsed {
    let bytes = files::bytes(path).map_err(|error| vec![io_error(&error)])?;
    let at = |offset| position(Some(name), Place::of(&bytes, offset));
    let refuse = |offset, message: String| {
        vec![Finding::new(Code::InvalidConfig, "", message).at(at(offset)).help("Write one YAML document.")]
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| refuse(error.valid_up_to(), "the config is not UTF-8".to_owned()))?;
    let mut filled = Vec::new();
    for range in split_documents(text.as_bytes()) {
        let document = Document::parse(&text[range.clone()])
            .map_err(|problem| refuse(range.start + problem.offset, problem.message))?;
        if !document.is_empty() {
            filled.push((range.start, document));
        }
    }
    let (start, document) = match filled.as_slice() {
        [only] => only,
        [] => return Err(refuse(0, "the config is empty".to_owned())),
        [_, (start, second), ..] => {
            return Err(refuse(start + second.offset(""), "the config has a second document".to_owned()));
        }
    };
    let value = document.value().map_err(|problem| refuse(start + problem.offset, problem.message))?;
    let placed = |findings: Vec<Finding>| -> Vec<Finding> {
        let place = |finding: Finding| {
            let offset = start + document.offset(&finding.pointer);
            finding.at(at(offset))
        };
        findings.into_iter().map(place).collect()
    };
    let written = |pointer: &str| document.text_at(pointer).map(str::to_owned);
    function::parse_written(&value, &written)
        .map(|(settings, remarks)| (settings, placed(remarks)))
        .map_err(placed)
}

fn failed(findings: Vec<Finding>) -> Output {
    Output { findings, ..Output::default() }
}

fn io_error(error: &anyhow::Error) -> Finding {
    Finding::new(Code::Io, "", format!("{error:#}"))
}

fn internal_error() -> Finding {
    let place = PANICKED.get().map_or("", String::as_str);
    Finding::new(Code::VerifyFailed, "", format!("internal error{place}"))
}

/// The report on stderr. Nobody is left to be told where that fails.
fn say(findings: &[Finding], format: Format, detail: Detail) {
    let stderr = io::stderr().lock();
    let report = format.report(findings, detail, paint(&stderr));
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
