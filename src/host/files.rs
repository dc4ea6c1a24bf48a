//! Files and folders: read in a fixed order, replaced whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ignore::WalkBuilder;
use tempfile::NamedTempFile;

use crate::finding::Position;
use crate::host::images::Lock;
use crate::host::patches::Form;
use crate::host::render;
use crate::yaml::{Edit, Place};

/// The path that means stdin.
pub(super) const STDIN: &str = "-";
/// Endings of the files in a folder that are manifests.
const ENDINGS: &[&str] = &["yaml", "yml", "json"];

/// Where the texts go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// One stream on stdout.
    Stdout,
    /// Each changed file in its place.
    InPlace,
    /// All files below a folder.
    Folder(PathBuf),
    /// What changes, on stdout.
    Diff,
    /// What changes, as patches: on stdout, or compared with those in a file.
    Patches {
        /// What they are for.
        form: Form,
        /// The file that is to hold them.
        committed: Option<PathBuf>,
    },
    /// The images that injections pull, on stdout.
    Images {
        /// The file that holds their digests.
        lock: Option<Lock>,
    },
    /// None goes anywhere: the findings are what is asked for.
    Nowhere,
}

/// One text of the input.
#[derive(Debug)]
pub(super) struct Text {
    /// What findings call it; none for stdin.
    pub(super) name: Option<String>,
    /// The file; empty for stdin.
    path: PathBuf,
    /// The file's path in the folder that was named, or its name alone.
    relative: PathBuf,
    pub(super) bytes: Vec<u8>,
}

/// What findings call the file at `path`.
pub(super) fn name(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// The place in the file that is called `file`; none for stdin.
pub(super) fn position(file: Option<&str>, place: Place) -> Position {
    Position { file: file.map(str::to_owned), line: place.line, column: place.column }
}

/// Everything on stdin.
pub(super) fn stdin() -> Result<Text> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("cannot read stdin")?;
    Ok(Text { name: None, path: PathBuf::new(), relative: PathBuf::new(), bytes })
}

/// Everything in the file at `path`.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The files at `paths` in order, each once; folders give theirs by the bytes of their paths.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path == Path::new(STDIN) {
            if seen.insert(path.clone()) {
                texts.push(stdin()?);
            }
            continue;
        }
        let is_folder = path.is_dir();
        let files = if is_folder { walk(path)? } else { vec![path.clone()] };
        for file in files {
            let bytes = bytes(&file)?;
            // A pipe has no canonical path.
            if !seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                continue;
            }
            let relative =
                if is_folder { file.strip_prefix(path).ok() } else { file.file_name().map(Path::new) };
            let relative = relative.unwrap_or(&file).to_owned();
            texts.push(Text { name: Some(name(&file)), relative, path: file, bytes });
        }
    }
    Ok(texts)
}

/// The manifests below `folder`. Links are not followed: they lead out of the tree, or to a file that is
/// read anyway.
fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut walker = WalkBuilder::new(folder);
    walker.standard_filters(false).follow_links(false).add_custom_ignore_filename(".krmignore");
    walker.filter_entry(|entry| entry.file_name() != ".git");
    let mut files = Vec::new();
    for entry in walker.build() {
        let entry = entry.with_context(|| format!("cannot walk {}", folder.display()))?;
        if let Some(error) = entry.error() {
            bail!("cannot walk {}: {error}", folder.display());
        }
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        let ending = entry.path().extension().and_then(|ending| ending.to_str());
        if is_file && ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            files.push(entry.into_path());
        }
    }
    files.sort_unstable_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    Ok(files)
}

/// Writes the texts with their edits. Every file is complete beside its place before the first one is
/// replaced.
pub(super) fn save(texts: &[Text], edits: &[Vec<Edit>], destination: &Destination) -> Result<()> {
    let mut prepared = Vec::new();
    let mut targets = BTreeSet::new();
    for (text, edits) in texts.iter().zip(edits) {
        let target = match destination {
            Destination::Stdout
            | Destination::Diff
            | Destination::Patches { .. }
            | Destination::Images { .. }
            | Destination::Nowhere => {
                continue;
            }
            Destination::InPlace if edits.is_empty() => continue,
            // The file itself, not a link to it, is what changes.
            Destination::InPlace => {
                text.path.canonicalize().with_context(|| format!("cannot find {}", text.path.display()))?
            }
            Destination::Folder(folder) => below(folder, &text.relative)?,
        };
        if !targets.insert(target.clone()) {
            bail!("two inputs would be written to {}", target.display());
        }
        let like = if *destination == Destination::InPlace { &target } else { &text.path };
        let file = prepare(&target, Some(like), |out| render::write(&text.bytes, edits, out))
            .with_context(|| format!("cannot write {}", target.display()))?;
        prepared.push((file, target));
    }
    put(prepared)
}

/// Replaces the file at `target`, or makes it. What is no file, a pipe or a terminal, is written to.
pub(super) fn replace(target: &Path, bytes: &[u8]) -> Result<()> {
    let existing = fs::metadata(target).ok();
    if existing.as_ref().is_some_and(|existing| !existing.is_file() && !existing.is_dir()) {
        let out = File::options().write(true).open(target);
        return out
            .and_then(|mut out| out.write_all(bytes))
            .with_context(|| format!("cannot write {}", target.display()));
    }
    // The file itself, not a link to it, is what changes.
    let target = if existing.is_some() { target.canonicalize()? } else { target.to_owned() };
    let file = prepare(&target, existing.is_some().then_some(&target), |out| out.write_all(bytes))
        .with_context(|| format!("cannot write {}", target.display()))?;
    put(vec![(file, target)])
}

/// The place of `relative` in `folder`, whose own folders are made.
fn below(folder: &Path, relative: &Path) -> Result<PathBuf> {
    let cannot = || format!("cannot make {}", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    let target = folder.join(relative);
    let parent = target.parent().unwrap_or(folder);
    // Nothing is made behind a link that leads out of the folder.
    let existing = parent.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(folder);
    if !existing.canonicalize().with_context(cannot)?.starts_with(folder.canonicalize().with_context(cannot)?)
    {
        bail!("{} is outside {}", target.display(), folder.display());
    }
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    Ok(target)
}

/// A complete file beside `target`, with the permissions of the file `like`.
fn prepare(
    target: &Path,
    like: Option<&Path>,
    fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    if target.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".otel-inject-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the process' mask leaves of it, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(parent(target))?;
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file());
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    if let Some(like) = like {
        file.as_file().set_permissions(fs::metadata(like)?.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// Puts complete files in their places, one by one, and has the folders remember them.
fn put(files: Vec<(NamedTempFile, PathBuf)>) -> Result<()> {
    let mut folders = BTreeSet::new();
    for (file, target) in files {
        file.persist(&target).with_context(|| format!("cannot replace {}", target.display()))?;
        folders.insert(parent(&target).to_owned());
    }
    for folder in folders {
        // Where a folder cannot be opened like a file, the system has no such promise to give.
        let cannot = || format!("cannot write {}", folder.display());
        if let Ok(folder) = File::open(&folder) {
            folder.sync_all().with_context(cannot)?;
        }
    }
    Ok(())
}

fn parent(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
