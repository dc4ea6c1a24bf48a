//! Reads files and folders as texts, in a fixed order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::finding::{Finding, Position};
use crate::yaml::LineCol;

mod read;
mod walk;

pub(super) use read::{Stamp, at_most, bytes, opened, stamped};

/// The path that means stdin.
pub(super) const STDIN: &str = "-";

/// One text of the input.
#[derive(Debug)]
pub(super) struct Text {
    /// Its name in findings, or `None` for stdin.
    pub(super) name: Option<String>,
    /// The file; empty for stdin.
    pub(super) path: PathBuf,
    /// The file's path relative to the given folder, or its file name.
    pub(super) relative: PathBuf,
    /// The file's state when it was read, or `None` if it is not a regular file.
    pub(super) stamp: Option<Stamp>,
    pub(super) bytes: Vec<u8>,
}

impl Text {
    /// Whether its file name is unusual for a manifest.
    pub(super) fn is_odd(&self) -> bool {
        self.path.extension().is_some() && !walk::is_manifest(&self.path)
    }
}

/// Options for reading paths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Include hidden and git-ignored files of folders.
    pub(super) all: bool,
    /// The texts will be replaced, so all of them must be regular files.
    pub(super) replaceable: bool,
}

/// The name in findings of the file at `path`.
pub(super) fn name(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// The position in `file`, or `None` for stdin.
pub(super) fn position(file: Option<&str>, place: LineCol) -> Position {
    let LineCol { line, column, end_column, offset } = place;
    Position { file: file.map(str::to_owned), line, column, end_column, offset }
}

/// Reads all of stdin.
pub(super) fn stdin() -> Result<Text> {
    let bytes = read::stdin()?;
    let (path, relative) = (PathBuf::new(), PathBuf::new());
    Ok(Text { name: None, path, relative, stamp: None, bytes })
}

/// Reads the files at `paths` in order, each once. A folder's files are sorted by the bytes of their paths.
pub(super) fn read(paths: &[PathBuf], reading: Reading) -> Result<Vec<Text>> {
    if reading.replaceable {
        for path in paths.iter().filter(|path| !path.is_dir()) {
            read::is_replaceable(path)?;
        }
    }
    let mut texts = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path == Path::new(STDIN) {
            if seen.insert(path.clone()) {
                texts.push(stdin()?);
            }
            continue;
        }
        let is_named = !path.is_dir();
        let files = if is_named { vec![path.clone()] } else { walk::walk(path, reading.all)? };
        for file in files {
            // A pipe has no canonical path.
            if !seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                continue;
            }
            let (bytes, stamp) = if is_named {
                read::stamped(&file)?
            } else {
                let (bytes, stamp) = read::regular(&file)?;
                (bytes, Some(stamp))
            };
            let relative =
                if is_named { file.file_name().map(Path::new) } else { file.strip_prefix(path).ok() };
            let relative = relative.unwrap_or(&file).to_owned();
            texts.push(Text { name: Some(name(&file)), relative, stamp, path: file, bytes });
        }
    }
    Ok(texts)
}

/// The error for folders without manifests.
pub(super) fn nothing_in(paths: &[PathBuf], reading: Reading) -> Finding {
    let names: Vec<String> = paths.iter().map(|path| format!("{:?}", path.display().to_string())).collect();
    let names = names.join(", ");
    let left_out =
        || paths.iter().filter_map(|path| walk::walk(path, true).ok()).map(|files| files.len()).sum();
    let hidden: usize = if reading.all { 0 } else { left_out() };
    match hidden {
        0 => Finding::no_manifest_in("", &names),
        1 => Finding::only_manifest_left_out("", &names),
        count => Finding::all_manifests_left_out("", count, &names),
    }
}
