//! Flags that the filter and every command that reads manifests have.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};

use crate::config::{FailOn, OnError, is_namespace};
use crate::report::{Detail, Format};

/// Manifests, and how they are read.
#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// Files, folders (their *.yaml, *.yml and *.json, except for hidden and git-ignored ones and what a .krmignore
    /// names), or - for stdin [default: -]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) flags: Flags,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Flags {
    /// The function config: OtelInject, ConfigMap or Instrumentation [default: an OtelInject in otel-inject.yaml of
    /// the current folder, or above it in the repository]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// The config was found, not named.
    #[arg(skip)]
    pub(super) is_config_found: bool,
    /// Look for no function config [default: use an otel-inject.yaml]
    #[arg(long, conflicts_with = "config")]
    pub(super) no_config: bool,
    /// What a refused workload does: fail the run, or be left out [default: the config's]
    #[arg(long, value_name = "POLICY", value_parser = on_error())]
    pub(super) on_error: Option<OnError>,
    /// What fails the run: errors, stale injections too, or any warning too [default: the config's]
    #[arg(long, value_name = "LEVEL", value_parser = fail_on())]
    pub(super) fail_on: Option<FailOn>,
    /// The namespace of resources that name none [default: the config's]
    #[arg(short, long, value_name = "NS", value_parser = namespace)]
    pub(super) namespace: Option<String>,
    /// Read resources that are looked up, never printed: a file or folder, repeatable [default: none]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) context: Vec<PathBuf>,
    /// Read the metadata of images: a config, an images.json, an OCI layout, or a folder of them, repeatable
    /// [default: none]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) images_from: Vec<PathBuf>,
    /// Read the hidden and git-ignored files of folders, too [default: leave them out]
    #[arg(long)]
    pub(super) no_ignore: bool,
    /// The digests of images: `images` writes them to FILE, other commands pin what they inject by it
    /// [default: no file]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) lock: Option<PathBuf>,
    /// Accept an input without resources, and print a comment line where it is empty [default: an error]
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Write the findings to FILE, by its ending: .json, .sarif, .md or .txt [default: stderr only]
    #[arg(long, value_name = "FILE", value_parser = report, value_hint = ValueHint::FilePath)]
    pub(super) report: Option<(PathBuf, Format)>,
    /// How the report is written [default: human]
    #[arg(long, value_name = "FORMAT", value_parser = format(), default_value = "human", hide_default_value = true)]
    pub(super) format: Format,
    /// Show every finding where full and markdown reports have more than 50 of one code; with `images`, list also the
    /// images of applications [default: the first ten; agents only]
    #[arg(long)]
    pub(super) all: bool,
    /// Say only what fails the run, and no totals [default: every finding]
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say also why a finding matters, and which workloads nothing asks for [default: every finding]
    #[arg(short, long)]
    pub(super) verbose: bool,
}

impl Flags {
    /// Whether a listing shows a workload of this namespace: without a name it is read as if it were in the one asked for.
    pub(super) fn lists(&self, namespace: Option<&str>) -> bool {
        let wanted = self.namespace.as_deref();
        wanted.is_none() || namespace.is_none() || namespace == wanted
    }

    pub(super) fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Errors,
            (_, true) => Detail::Reasons,
            _ => Detail::Lines,
        }
    }
}

fn on_error() -> impl TypedValueParser<Value = OnError> {
    PossibleValuesParser::new(OnError::words()).try_map(|word| OnError::named(&word).ok_or("not a policy"))
}

fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    PossibleValuesParser::new(FailOn::words()).try_map(|word| FailOn::named(&word).ok_or("not a level"))
}

fn format() -> impl TypedValueParser<Value = Format> {
    let values = Format::ALL.iter().map(|row| PossibleValue::new(row.name).help(row.what));
    PossibleValuesParser::new(values).try_map(|word| Format::named(&word).ok_or("not a format"))
}

fn namespace(name: &str) -> Result<String, String> {
    let wrong = || "a namespace has lower-case letters, digits and `-`, at most 63".to_owned();
    is_namespace(name).then(|| name.to_owned()).ok_or_else(wrong)
}

fn report(path: &str) -> Result<(PathBuf, Format), String> {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let format = Format::of_ending(ending).ok_or("the ending must be .json, .sarif, .md or .txt")?;
    Ok((PathBuf::from(path), format))
}
