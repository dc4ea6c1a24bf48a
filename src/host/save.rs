//! Replaces several files together: every new file is complete in its folder before the first one is replaced, and
//! either all are replaced or none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, anyhow, bail};
use tempfile::TempPath;

use crate::finding::Finding;
use crate::host::files::{self, Stamp, Text};
use crate::host::{attributes, render, signals};
use crate::yaml::{Edit, LineCol};

/// The attributes of a new file.
enum Like<'p> {
    /// The user's defaults.
    New,
    /// The mode of this file.
    Copy(&'p Path),
    /// Those of this file, which it replaces.
    Replacement(&'p Path),
}

/// A complete file in its target's folder.
struct Prepared {
    /// Removed when dropped. Kept closed, because there may be more files than a process can open.
    file: TempPath,
    target: PathBuf,
    /// The state of the target when it was read, if it was.
    read: Option<Stamp>,
    /// The target must not exist.
    is_new: bool,
}

/// How a target was written.
enum Done {
    /// The temporary file has the previous content.
    Exchanged,
    /// There was no file before.
    Created,
    /// The previous file is lost: the file system cannot exchange files.
    Replaced,
}

/// Files that are replaced together. If it is dropped before [`Batch::commit`], nothing remains.
#[derive(Default)]
pub(super) struct Batch {
    files: Vec<Prepared>,
    /// The target paths, with links resolved.
    targets: BTreeSet<PathBuf>,
    /// Created folders, outer ones first.
    folders: Vec<PathBuf>,
    /// Pipes and terminals, and what to write to them.
    streams: BTreeMap<PathBuf, (File, Vec<u8>)>,
    /// What a replacement could not preserve.
    pub(super) findings: Vec<Finding>,
}

impl Batch {
    /// Opens a target that is not a regular file. Must be called first: opening a pipe blocks until it has a reader,
    /// and a signal must be able to end that.
    pub(super) fn open(&mut self, target: &Path) -> Result<()> {
        if fs::metadata(target).is_ok_and(|existing| !existing.is_file() && !existing.is_dir()) {
            let file = File::options().write(true).open(target).with_context(|| cannot(target))?;
            self.streams.insert(target.to_owned(), (file, Vec::new()));
        }
        Ok(())
    }

    /// Prepares a text's own file with its edits.
    pub(super) fn replace(&mut self, text: &Text, edits: &[Edit]) -> Result<()> {
        // A link is kept; the file it points to is replaced.
        let target = text.path.canonicalize();
        let target = target.with_context(|| format!("cannot find {}", text.path.display()))?;
        let fill = |out: &mut BufWriter<&File>| render::write(&text.bytes, edits, out);
        self.prepare(target.clone(), &Like::Replacement(&target), text.stamp.clone(), fill)
    }

    /// Prepares a text's copy below `folder`, with its edits.
    pub(super) fn copy(&mut self, text: &Text, edits: &[Edit], folder: &Path) -> Result<()> {
        let target = self.below(folder, &text.relative)?;
        let fill = |out: &mut BufWriter<&File>| render::write(&text.bytes, edits, out);
        self.prepare(target, &Like::Copy(&text.path), None, fill)
    }

    /// Prepares a file with `bytes`. `read` is the target's state when it was read.
    pub(super) fn file(&mut self, target: &Path, bytes: &[u8], read: Option<Stamp>) -> Result<()> {
        if !self.streams.contains_key(target) {
            self.open(target)?;
        }
        if let Some((_, stream)) = self.streams.get_mut(target) {
            stream.extend_from_slice(bytes);
            return Ok(());
        }
        let fill = |out: &mut BufWriter<&File>| out.write_all(bytes);
        if !target.exists() {
            return self.prepare(target.to_owned(), &Like::New, None, fill);
        }
        // A link is kept; the file it points to is replaced.
        let target = target.canonicalize().with_context(|| cannot(target))?;
        self.prepare(target.clone(), &Like::Replacement(&target), read, fill)
    }

    /// Prepares a new file with `bytes`, which replaces nothing.
    pub(super) fn create(&mut self, target: PathBuf, bytes: &[u8]) -> Result<()> {
        self.prepare(target, &Like::New, None, |out| out.write_all(bytes))?;
        if let Some(file) = self.files.last_mut() {
            file.is_new = true;
        }
        Ok(())
    }

    /// The path of `relative` in `folder`, creating its folders.
    fn below(&mut self, folder: &Path, relative: &Path) -> Result<PathBuf> {
        let failed = || format!("cannot make {}", folder.display());
        self.folder(folder)?;
        let target = folder.join(relative);
        let parent = target.parent().unwrap_or(folder);
        // Nothing is created behind a link that leads out of the folder.
        let existing = parent.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(folder);
        let existing = existing.canonicalize().with_context(failed)?;
        if !existing.starts_with(folder.canonicalize().with_context(failed)?) {
            bail!("{} is outside {}", target.display(), folder.display());
        }
        self.folder(parent)?;
        Ok(target)
    }

    /// Creates a folder and its parents.
    pub(super) fn folder(&mut self, folder: &Path) -> Result<()> {
        signals::hold().context("cannot hold signals back")?;
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
            .collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    fn prepare(
        &mut self,
        target: PathBuf,
        like: &Like<'_>,
        read: Option<Stamp>,
        fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> Result<()> {
        signals::hold().context("cannot hold signals back")?;
        self.end_by_signal();
        if !self.targets.insert(place(&target).with_context(|| cannot(&target))?) {
            bail!("two outputs would be written to {}", target.display());
        }
        let (file, lost) = complete(&target, like, fill).with_context(|| cannot(&target))?;
        if !lost.is_empty() {
            // As findings name files: below the current folder.
            let current = std::env::current_dir().and_then(|folder| folder.canonicalize());
            let named = current.ok().and_then(|folder| target.strip_prefix(folder).ok().map(files::name));
            let named = named.unwrap_or_else(|| files::name(&target));
            let position =
                files::position(Some(&named), LineCol { line: 0, column: 0, end_column: 0, offset: 0 });
            self.findings.push(Finding::attributes_lost("", &lost.join(", ")).at(position));
        }
        self.files.push(Prepared { file, target, read, is_new: false });
        Ok(())
    }

    /// Moves the files into place and syncs the folders. Undoes everything if a step fails.
    pub(super) fn commit(&mut self) -> Result<()> {
        let done = self.replace_all();
        if done.is_err() {
            self.forget();
        }
        done
    }

    fn replace_all(&mut self) -> Result<()> {
        for file in &self.files {
            file.check(&file.target)?;
        }
        self.end_by_signal();
        let mut done: Vec<Done> = Vec::new();
        for file in &self.files {
            match file.put() {
                Ok(state) => done.push(state),
                Err(error) => return Err(self.undo(done, error)),
            }
        }
        self.folders.clear();
        let files = std::mem::take(&mut self.files);
        let folders: BTreeSet<&Path> = files.iter().map(|file| parent(&file.target)).collect();
        for folder in folders {
            // If a folder cannot be opened, the system does not support syncing it.
            if let Ok(open) = File::open(folder) {
                open.sync_all().with_context(|| cannot(folder))?;
            }
        }
        drop(files);
        self.end_by_signal();
        signals::release();
        for (target, (file, bytes)) in &mut self.streams {
            file.write_all(bytes).with_context(|| cannot(target))?;
        }
        Ok(())
    }

    /// Restores replaced files. Adds failures to the error.
    fn undo(&mut self, done: Vec<Done>, mut error: Error) -> Error {
        let mut files = std::mem::take(&mut self.files);
        files.truncate(done.len());
        for (file, state) in files.into_iter().zip(done).rev() {
            let undone = match state {
                Done::Exchanged => exchange(&file.file, &file.target).is_ok(),
                Done::Created => fs::remove_file(&file.target).is_ok(),
                Done::Replaced => false,
            };
            if undone {
                continue;
            }
            error = match state {
                Done::Exchanged => match file.file.keep() {
                    Ok(kept) => {
                        anyhow!("{error:#}; what {} was is now {}", file.target.display(), kept.display())
                    }
                    Err(lost) => anyhow!("{error:#}; {} stays replaced: {lost}", file.target.display()),
                },
                _ => anyhow!("{error:#}; {} is written already", file.target.display()),
            };
        }
        error
    }

    /// Ends the process if a signal requests it, leaving nothing behind.
    fn end_by_signal(&mut self) {
        if let Some(signal) = signals::pending() {
            self.clear();
            signals::end(signal);
        }
    }

    /// Removes prepared files. Open streams stay open.
    pub(super) fn forget(&mut self) {
        self.clear();
        self.targets.clear();
        self.streams.values_mut().for_each(|(_, bytes)| bytes.clear());
    }

    fn clear(&mut self) {
        self.files.clear();
        for folder in self.folders.drain(..).rev() {
            // Somebody else may have added files.
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.clear();
        signals::release();
    }
}

impl Prepared {
    /// Fails if the file at `path` is no longer the one that was read.
    fn check(&self, path: &Path) -> Result<()> {
        if self.read.as_ref().is_some_and(|read| !read.is_at(path)) {
            bail!(
                "{} was changed by somebody else after it was read: nothing is written",
                self.target.display()
            );
        }
        Ok(())
    }

    fn put(&self) -> Result<Done> {
        let failed = || format!("cannot replace {}", self.target.display());
        self.check(&self.target)?;
        let Ok(existing) = fs::symlink_metadata(&self.target) else {
            fs::rename(&self.file, &self.target).with_context(failed)?;
            return Ok(Done::Created);
        };
        if self.is_new {
            bail!("{} exists: nothing is written", self.target.display());
        }
        if existing.is_dir() {
            bail!("{}: it is a folder", failed());
        }
        match exchange(&self.file, &self.target) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                fs::rename(&self.file, &self.target).with_context(failed)?;
                return Ok(Done::Replaced);
            }
            Err(error) => return Err(error).with_context(failed),
        }
        // If the replaced file is not the one that was read, it is put back.
        if let Err(error) = self.check(&self.file) {
            exchange(&self.file, &self.target).with_context(failed)?;
            return Err(error);
        }
        Ok(Done::Exchanged)
    }
}

/// Exchanges two files atomically.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        // Errors of file systems and kernels without atomic exchange.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Err(io::ErrorKind::Unsupported.into()),
        done => Ok(done?),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A complete, closed file next to `target`, and the attributes it could not preserve.
fn complete(
    target: &Path,
    like: &Like<'_>,
    fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<(TempPath, Vec<String>)> {
    if target.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".otel-inject-");
    #[cfg(unix)]
    if let Like::New = like {
        use std::os::unix::fs::PermissionsExt;
        // Subject to the process' umask. A copy stays private until it has the original's mode.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(parent(target))?;
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file());
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    let lost = match like {
        Like::New => Vec::new(),
        Like::Copy(like) => {
            attributes::copy_mode(file.as_file(), like)?;
            Vec::new()
        }
        Like::Replacement(like) => attributes::keep(file.as_file(), like)?,
    };
    file.as_file().sync_all()?;
    Ok((file.into_temp_path(), lost))
}

/// The path of a file that may not exist yet, with links in its folder resolved.
pub(super) fn place(target: &Path) -> io::Result<PathBuf> {
    let folder = parent(target).canonicalize()?;
    Ok(target.file_name().map_or_else(|| folder.clone(), |name| folder.join(name)))
}

pub(super) fn parent(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn cannot(target: &Path) -> String {
    format!("cannot write {}", target.display())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::TempDir::new().expect("a folder")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn nobody_else_sees_what_is_not_complete() {
        let folder = folder();
        let target = folder.path().join("a");
        fs::write(&target, "old").expect("a file");
        for mode in [0o600, 0o640, 0o666, 0o444] {
            fs::set_permissions(&target, fs::Permissions::from_mode(mode)).expect("permissions");
            for like in [Like::Copy(&target), Like::Replacement(&target)] {
                let fill = |out: &mut BufWriter<&File>| {
                    assert_eq!(out.get_ref().metadata()?.mode() & 0o7777, 0o600);
                    out.write_all(b"new")
                };
                let (file, lost) = complete(&target, &like, fill).expect("a file");
                assert_eq!(fs::metadata(&file).expect("a file").mode() & 0o7777, mode);
                assert_eq!(lost, [] as [String; 0]);
            }
        }
    }

    #[test]
    fn what_fails_on_the_way_is_undone() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "old a").expect("a file");
        fs::create_dir(path("sub")).expect("a folder");
        let mut batch = Batch::default();
        batch.file(&path("a"), b"new a", None).expect("prepared");
        batch.file(&path("b"), b"new b", None).expect("prepared");
        batch.file(&path("sub/c"), b"new c", None).expect("prepared");
        fs::remove_dir_all(path("sub")).expect("no folder");
        let error = batch.commit().expect_err("no folder");
        assert!(format!("{error:#}").starts_with("cannot replace "), "{error:#}");
        assert_eq!(names(folder.path()), ["a"]);
        assert_eq!(fs::read(path("a")).expect("a file"), b"old a");
    }

    #[test]
    fn what_was_changed_in_the_last_moment_goes_back() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "old a").expect("a file");
        fs::write(path("b"), "old b").expect("a file");
        let (_, stamp) = files::stamped(&path("b")).expect("read");
        let mut batch = Batch::default();
        batch.file(&path("a"), b"new a", None).expect("prepared");
        batch.file(&path("b"), b"new b", stamp).expect("prepared");
        fs::write(path("b"), "somebody's").expect("a file");
        // After the check of all files, as if the change happened later.
        assert!(batch.files[1].put().is_err());
        assert!(batch.commit().is_err());
        assert_eq!(names(folder.path()), ["a", "b"]);
        assert_eq!(fs::read(path("a")).expect("a file"), b"old a");
        assert_eq!(fs::read(path("b")).expect("a file"), b"somebody's");
    }

    #[test]
    fn a_batch_that_is_dropped_leaves_nothing() {
        let folder = folder();
        let mut batch = Batch::default();
        batch.folder(&folder.path().join("x/y")).expect("folders");
        batch.file(&folder.path().join("x/y/a"), b"new", None).expect("prepared");
        assert_eq!(names(&folder.path().join("x/y")).len(), 1);
        drop(batch);
        assert_eq!(names(folder.path()), [] as [&str; 0]);
    }

    #[test]
    fn one_place_takes_one_output() {
        let folder = folder();
        let target = folder.path().join("a");
        let mut batch = Batch::default();
        batch.file(&target, b"one", None).expect("prepared");
        let error = batch.file(
            &folder.path().join("../").join(folder.path().file_name().expect("a name")).join("a"),
            b"two",
            None,
        );
        assert!(error.is_err_and(|error| error.to_string().starts_with("two outputs")));
    }
}
