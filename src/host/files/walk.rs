//! Finds the manifests of a folder, respecting git and `.krmignore`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Error, Result, bail};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, Match, WalkBuilder};

use super::read;

/// Extensions of manifests in a folder.
const ENDINGS: &[&str] = &["yaml", "yml", "json"];

/// The file that excludes files from the manifests, one pattern per line.
const KRMIGNORE: &str = ".krmignore";

/// Whether a path has the extension of a manifest.
pub(super) fn is_manifest(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
}

/// The manifests below `folder`, sorted by the bytes of their paths. Hidden and git-ignored ones are included only with
/// `all`. Links are not followed: they lead out of the tree, or to a file that is read anyway.
pub(super) fn walk(folder: &Path, all: bool) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot walk {}", folder.display());
    let entered = Arc::new(Mutex::new(Entered::default()));
    let lock = move |entered: &Mutex<Entered>, entry: &Path, is_folder: bool| {
        entered.lock().unwrap_or_else(PoisonError::into_inner).takes(entry, is_folder, all)
    };
    if !all {
        for parent in folder.canonicalize().with_context(cannot)?.ancestors().skip(1) {
            git_can_be_read(parent)?;
        }
    }
    lock(&entered, folder, true);
    take_error(&entered)?;
    let mut walker = WalkBuilder::new(folder);
    // The result must be the same on every machine: no user settings, no other tools' files.
    walker.standard_filters(false).follow_links(false);
    walker.hidden(!all).parents(!all).git_ignore(!all).git_exclude(!all);
    let filter = Arc::clone(&entered);
    walker.filter_entry(move |entry: &DirEntry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        entry.file_name() != ".git" && lock(&filter, entry.path(), is_folder)
    });
    let mut files = Vec::new();
    for entry in walker.build() {
        take_error(&entered)?;
        let entry = match entry {
            // Git does not understand this line of a .gitignore either.
            Err(error) if !error.is_io() => continue,
            entry => entry.with_context(cannot)?,
        };
        if entry.file_type().is_some_and(|kind| kind.is_file()) && is_manifest(entry.path()) {
            files.push(entry.into_path());
        }
    }
    take_error(&entered)?;
    files.sort_unstable_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    Ok(files)
}

fn take_error(entered: &Mutex<Entered>) -> Result<()> {
    entered.lock().unwrap_or_else(PoisonError::into_inner).error.take().map_or(Ok(()), Err)
}

/// The folders entered by a walk.
#[derive(Default)]
struct Entered {
    /// Their `.krmignore` rules.
    rules: HashMap<PathBuf, Gitignore>,
    /// The first one that cannot be read; it ends the walk.
    error: Option<Error>,
}

impl Entered {
    /// Whether `.krmignore` files allow the entry. Reads the entry's own file if it is a folder.
    fn takes(&mut self, entry: &Path, is_folder: bool, all: bool) -> bool {
        if self.error.is_some() || self.ignores(entry, is_folder) {
            return false;
        }
        if is_folder {
            match self.enter(entry, all) {
                Ok(()) => {}
                Err(error) => {
                    self.error = Some(error);
                    return false;
                }
            }
        }
        true
    }

    fn ignores(&self, entry: &Path, is_folder: bool) -> bool {
        let rules = entry.ancestors().skip(1).filter_map(|folder| self.rules.get(folder));
        let mut says = rules.map(|rules| rules.matched(entry, is_folder));
        says.find(|says| !says.is_none()).is_some_and(|says| matches!(says, Match::Ignore(_)))
    }

    fn enter(&mut self, folder: &Path, all: bool) -> Result<()> {
        // The walk reads these itself and would block on anything but a file.
        if !all {
            git_can_be_read(folder)?;
        }
        let path = folder.join(KRMIGNORE);
        if !is_file_or_absent(&path)? {
            return Ok(());
        }
        let (bytes, _) = read::regular(&path)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut builder = GitignoreBuilder::new(folder);
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let place = || format!("{}:{}", path.display(), index + 1);
            builder.add_line(None, line).with_context(place)?;
        }
        let rules = builder.build().with_context(|| path.display().to_string())?;
        self.rules.insert(folder.to_owned(), rules);
        Ok(())
    }
}

/// Fails if reading git's ignore files would block on a pipe or a device. Other unreadable ones are ignored, as in git.
fn git_can_be_read(folder: &Path) -> Result<()> {
    for name in [".gitignore", ".git/info/exclude"] {
        let path = folder.join(name);
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            bail!("cannot read {}: it is not a file", path.display());
        }
    }
    Ok(())
}

/// Whether there is a regular file at `path`. Anything else there is an error.
fn is_file_or_absent(path: &Path) -> Result<bool> {
    let cannot = || format!("cannot read {}", path.display());
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found.with_context(cannot)?,
    };
    if !fs::metadata(path).with_context(cannot)?.is_file() {
        bail!("{}: it is not a file", cannot());
    }
    Ok(true)
}
