//! What people type.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{OnError, is_namespace};
use crate::host::files::{Destination, STDIN};
use crate::report::Format;

/// Bakes OpenTelemetry auto-instrumentation into Kubernetes manifests when they are built.
///
/// Without a command it is a filter: a stream of YAML or JSON documents comes in on stdin and goes out on
/// stdout, the same text with the injected lines. A ResourceList on stdin makes it a KRM function
/// (kustomize, kpt), which takes its config from the host.
#[derive(Debug, Parser)]
#[command(name = "otel-inject", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 fine; 1 findings of severity error, nothing injected; 2 could not run."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) flags: Flags,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Inject into files and folders, or into stdin
    Inject(Inject),
}

/// Inject into files and folders, or into stdin
///
/// Prints all files as one stream, or writes them: each file whole or not at all, none when any finding is
/// an error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject inject manifests/ | kubectl apply -f -\n  \
    otel-inject inject --in-place --context instrumentation.yaml manifests/\n  \
    helm template shop ./chart | otel-inject inject - --namespace shop")]
pub(super) struct Inject {
    /// Files, folders (their *.yaml, *.yml and *.json, except for what a .krmignore names), or - for stdin
    /// [default: -]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) flags: Flags,
    /// Write the changed files in their places
    #[arg(long, conflicts_with = "output")]
    pub(super) in_place: bool,
    /// Write all files below DIR, a folder's files by their paths in it
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Flags {
    /// The function config: OtelInject, ConfigMap or Instrumentation [default: none]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// What a refused workload does: fail the run, or be left out [default: the config's]
    #[arg(long, value_name = "fail|skip", value_parser = on_error)]
    pub(super) on_error: Option<OnError>,
    /// The namespace of resources that name none [default: the config's]
    #[arg(long, value_name = "NS", value_parser = namespace)]
    pub(super) namespace: Option<String>,
    /// Read resources that are looked up, never printed: a file or folder, repeatable [default: none]
    #[arg(long, value_name = "PATH")]
    pub(super) context: Vec<PathBuf>,
    /// Accept an input without resources, and print a comment line where it is empty [default: an error]
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Write the findings to FILE, by its ending: .json, .sarif or .txt [default: stderr only]
    #[arg(long, value_name = "FILE", value_parser = report)]
    pub(super) report: Option<(PathBuf, Format)>,
}

impl Cli {
    /// Reads the arguments, and asks for a path where stdin is no stream.
    ///
    /// # Errors
    /// What is wrong with the arguments, or the help that they ask for.
    pub(super) fn read(args: Vec<OsString>, stdin_is_stream: bool) -> Result<Self, clap::Error> {
        let mut cli = Self::try_parse_from(args)?;
        let usage = |kind, message: &str| Err(Self::command().error(kind, message));
        let Some(Command::Inject(inject)) = &mut cli.command else {
            return if stdin_is_stream {
                Ok(cli)
            } else {
                usage(
                    ErrorKind::MissingRequiredArgument,
                    "stdin is a terminal: pipe a stream in, or name files: otel-inject inject PATH…",
                )
            };
        };
        if inject.paths.is_empty() {
            inject.paths.push(PathBuf::from(STDIN));
        }
        let reads_stdin = inject.paths.iter().any(|path| path == Path::new(STDIN));
        if reads_stdin && (inject.in_place || inject.output.is_some()) {
            return usage(
                ErrorKind::ArgumentConflict,
                "stdin has no file: --in-place and --output need PATHs",
            );
        }
        if reads_stdin && !stdin_is_stream {
            return usage(ErrorKind::MissingRequiredArgument, "stdin is a terminal: name files or folders");
        }
        Ok(cli)
    }
}

impl Inject {
    pub(super) fn destination(&self) -> Destination {
        match &self.output {
            Some(folder) => Destination::Folder(folder.clone()),
            None if self.in_place => Destination::InPlace,
            None => Destination::Stdout,
        }
    }
}

fn on_error(word: &str) -> Result<OnError, String> {
    let choice = OnError::ALL.iter().find(|choice| choice.as_str() == word);
    choice.copied().ok_or_else(|| "expected fail or skip".to_owned())
}

fn namespace(name: &str) -> Result<String, String> {
    let wrong = || "a namespace has lower-case letters, digits and `-`, at most 63".to_owned();
    is_namespace(name).then(|| name.to_owned()).ok_or_else(wrong)
}

fn report(path: &str) -> Result<(PathBuf, Format), String> {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let format = Format::of_ending(ending).ok_or("the ending must be .json, .sarif or .txt")?;
    Ok((PathBuf::from(path), format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_fits_a_hundred_columns() {
        let mut command = Cli::command().term_width(100);
        command.build();
        for part in std::iter::once(&mut command.clone()).chain(command.get_subcommands_mut()) {
            for help in [part.render_help(), part.render_long_help()] {
                for line in help.to_string().lines() {
                    assert!(line.chars().count() <= 100, "{line}");
                }
            }
        }
    }
}
