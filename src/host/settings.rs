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
use crate::yaml::{Document, LineCol, Problem, shifted, split_documents};

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
            return Err(vec![Finding::two_configs("", &path.display().to_string())]);
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
    let refuse = |offset, finding: Finding| vec![finding.at(at(offset))];
    let unreadable = |start: usize, problem: &Problem| {
        refuse(start + problem.offset, Finding::config_unreadable("", &problem.message))
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| refuse(error.valid_up_to(), Finding::config_not_utf8("")))?;
    let mut filled = Vec::new();
    for range in split_documents(text.as_bytes()) {
        let document =
            Document::parse(&text[range.clone()]).map_err(|problem| unreadable(range.start, &problem))?;
        if !document.is_empty() {
            filled.push((range.start, document));
        }
    }
    let (start, document) = match filled.as_slice() {
        [only] => only,
        [] => return Err(refuse(0, Finding::config_empty(""))),
        [_, (start, second), ..] => {
            return Err(refuse(start + second.offset(""), Finding::config_with_second_document("")));
        }
    };
    let value = document.value().map_err(|problem| unreadable(*start, &problem))?;
    let place = |finding: Finding| {
        let span = shifted(&document.span(&finding.pointer, finding.side), *start);
        finding.at(position(Some(name), LineCol::span(&bytes, &span)))
    };
    let written = |pointer: &str| document.text_at(pointer).map(str::to_owned);
    function::located(function::parse_written(&value, &written), &place)
}
