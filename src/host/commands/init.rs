//! `init`: the files with which a host starts.

use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, ValueHint};

use super::Run;
use crate::host::faults::io_error;
use crate::host::save::{self, Batch};
use crate::host::terminal::{self, COULD_NOT_RUN};
use hosts::{File, HOSTS, Host, Step};

mod hosts;

/// Write the files that a host needs, and print what to do next
///
/// Existing files are never changed: if one of the files exists, none is written.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  otel-inject init\n  otel-inject init --host kpt packages/shop\n  \
    otel-inject init --host argo-cd clusters/argo-cd")]
pub(in crate::host) struct Init {
    /// The host [default: the one whose files are in the folder]
    #[arg(long, value_name = "HOST", value_parser = host())]
    host: Option<&'static Host>,
    /// The folder to write to [default: the current folder]
    #[arg(value_name = "FOLDER", default_value = ".", hide_default_value = true, value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

fn host() -> impl TypedValueParser<Value = &'static Host> {
    let values = HOSTS.iter().map(|host| PossibleValue::new(host.name).help(host.about));
    PossibleValuesParser::new(values).try_map(|name| by_name(&name).ok_or("there is no such host"))
}

fn by_name(name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.name == name)
}

impl Run for Init {
    fn run(self, program: fn() -> clap::Command) -> u8 {
        let Self { host, folder } = self;
        let mut program = program();
        program.build();
        let mut refused = |kind, message| match program.find_subcommand_mut("init") {
            Some(command) => terminal::usage(&command.error(kind, message)),
            None => COULD_NOT_RUN,
        };
        let host = match host.map_or_else(|| only_host_of(&folder), Ok) {
            Ok(host) => host,
            Err(message) => return refused(ErrorKind::MissingRequiredArgument, message),
        };
        // A shared file that exists is left to its user.
        let is_left = |file: &&File| file.is_shared && is_taken(&below(&folder, file));
        let (left, new): (Vec<&File>, Vec<&File>) = host.files.iter().partition(is_left);
        if let Some(taken) = new.iter().map(|file| below(&folder, file)).find(|path| is_taken(path)) {
            let message = format!("{:?} exists: nothing is written", taken.display().to_string());
            return refused(ErrorKind::ValueValidation, message);
        }
        match write(&folder, &new) {
            Ok(()) => super::answer(guide(host, &folder, &new, &left).as_bytes()),
            Err(error) => {
                terminal::report_failure(&[io_error(&error)]);
                COULD_NOT_RUN
            }
        }
    }
}

/// The host whose files are in `folder`. The error asks for `--host`.
fn only_host_of(folder: &Path) -> Result<&'static Host, String> {
    let is_marked = |host: &&Host| host.marks.iter().any(|mark| folder.join(mark).exists());
    let found: Vec<&Host> = HOSTS.iter().filter(is_marked).collect();
    let names = |hosts: &[&Host]| hosts.iter().map(|host| host.name).collect::<Vec<_>>().join(", ");
    let place = folder.display().to_string();
    match found[..] {
        [host] => Ok(host),
        [] => {
            let all: Vec<&Host> = HOSTS.iter().collect();
            Err(format!("no file in {place:?} tells the host; name it with --host: {}", names(&all)))
        }
        _ => Err(format!("{place:?} has files of several hosts; name one with --host: {}", names(&found))),
    }
}

/// Whether anything is at that path, a broken link too.
fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The path of a file, as messages name it.
fn below(folder: &Path, file: &File) -> PathBuf {
    if folder == Path::new(".") { PathBuf::from(file.path) } else { folder.join(file.path) }
}

/// Writes all files or none.
fn write(folder: &Path, files: &[&File]) -> anyhow::Result<()> {
    let mut batch = Batch::default();
    for file in files {
        let target = below(folder, file);
        batch.folder(save::parent(&target))?;
        batch.create(target, file.text.as_bytes())?;
    }
    batch.commit()
}

/// What was written, and what to do next, which begins with the lines of the files that were left.
fn guide(host: &Host, folder: &Path, written: &[&File], left: &[&File]) -> String {
    let mut guide = String::new();
    for file in written {
        guide.push_str(&format!("wrote {}\n", below(folder, file).display()));
    }
    let place = if folder == Path::new(".") { String::new() } else { format!(" in {}", folder.display()) };
    guide.push_str(&format!("{}Next{place}:\n", if written.is_empty() { "" } else { "\n" }));
    let kept: Vec<Step> = left.iter().map(|file| Step::Add { to: file.path, lines: file.text }).collect();
    for (number, step) in (1..).zip(kept.iter().chain(host.next)) {
        let (text, block) = match *step {
            Step::Do(text) => (text.to_owned(), ""),
            Step::Run(text, command) => (format!("{text}:"), command),
            Step::Add { to, lines } => (format!("Add to {to}:"), lines),
        };
        guide.push_str(&format!("\n{number}. {text}\n"));
        if !block.is_empty() {
            guide.push('\n');
        }
        for line in block.lines() {
            guide.push_str(&format!("   {line}\n"));
        }
    }
    guide
}
