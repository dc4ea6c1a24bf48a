//! The settings of a run: its function config, overridden by the command line.

use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::config::function::{self, Parsed};
use crate::finding::{Code, Finding, Severity};
use crate::host::faults::io_error;
use crate::host::files::{self, position};
use crate::host::flags::Flags;
use crate::host::lock;
use crate::report::Detail;
use crate::yaml::{Document, LineCol, shifted, split_documents};

/// How a run was called, which decides where its config comes from.
pub(super) enum Invocation {
    /// In a pipe, as a filter.
    Filter,
    /// By a host, with a `ResourceList`.
    Function,
    /// By kustomize, with a stream and this config file.
    Plugin(PathBuf),
    /// By a command with files and folders.
    Command,
}

/// The function config (`hosts` if a host sends one), overridden by the command line. `pinning` is the lock that pins
/// images.
pub(super) fn settled(
    invocation: &Invocation,
    flags: &Flags,
    hosts: Option<Parsed>,
    pinning: Option<&Path>,
) -> Parsed {
    let (mut settings, warnings) = match (invocation, hosts, &flags.config) {
        (_, Some(_), Some(path)) | (Invocation::Plugin(_), None, Some(path)) => {
            let message =
                format!("the host has sent a function config, and --config names {}", path.display());
            return Err(vec![Finding::new(Code::InvalidConfig, "", message).help("Use one of them.")]);
        }
        (_, Some(parsed), None) => parsed?,
        // kustomize generates a different file name for each run.
        (Invocation::Plugin(path), None, None) => config_file(path, "function config")?,
        (_, None, Some(path)) => config_file(path, &files::name(path))?,
        (_, None, None) => (Settings::default(), Vec::new()),
    };
    if let Some(on_error) = flags.on_error {
        settings.on_error = on_error;
    }
    if let Some(fail_on) = flags.fail_on {
        settings.fail_on = fail_on;
    }
    if let Some(lock) = pinning {
        settings.lock = Some(lock::pins(lock).map_err(|finding| vec![*finding])?);
    }
    if let Some(namespace) = &flags.namespace {
        settings.namespace = Some(namespace.clone());
    }
    if flags.detail() == Detail::Reasons {
        settings.severities.entry(Code::NotAsked).or_insert(Some(Severity::Info));
    }
    Ok((settings, warnings))
}

fn config_file(path: &Path, name: &str) -> Parsed {
    let bytes = files::bytes(path).map_err(|error| vec![io_error(&error)])?;
    let at = |offset| position(Some(name), LineCol::at(&bytes, offset));
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
    let place = |finding: Finding| {
        let span = shifted(&document.span(&finding.pointer, finding.side), *start);
        finding.at(position(Some(name), LineCol::span(&bytes, &span)))
    };
    let written = |pointer: &str| document.text_at(pointer).map(str::to_owned);
    function::located(function::parse_written(&value, &written), &place)
}
