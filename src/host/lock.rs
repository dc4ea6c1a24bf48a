//! The file with the digests of images.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::finding::Finding;
use crate::host::faults::io_error;
use crate::host::files::{self, Stamp};
use crate::host::save::Batch;
use crate::k8s::image::{Image, is_digest};
use crate::value::{Value, json};
use crate::yaml::{Document, LineCol, emit_document};

/// The lock file and what to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    /// The file.
    pub(super) file: PathBuf,
    /// Only compare, never write.
    pub(super) is_checked: bool,
    /// A file with digests.
    pub(super) given: Option<PathBuf>,
}

/// The digests in a lock, by image.
///
/// # Errors
/// The lock does not exist, or the file is not a lock.
pub(super) fn pins(file: &Path) -> Result<BTreeMap<String, String>, Box<Finding>> {
    let lock = Lock { file: file.to_owned(), is_checked: true, given: None };
    let read = lock.read().map_err(|error| io_error(&error))?;
    let (digests, _) = read?;
    let known =
        |(image, digest): (String, Option<String>)| Some((image, digest.filter(|digest| is_digest(digest))?));
    Ok(digests.into_iter().filter_map(known).collect())
}

/// Images and their digests, if known.
type Digests = BTreeMap<String, Option<String>>;

/// The digests in a file with lines of the form `IMAGE@DIGEST`.
fn given(file: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let bytes = files::bytes(file)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let given = lines.map(|(index, line)| match line.rsplit_once('@') {
        Some((image, digest)) if is_digest(digest) => Ok((image.to_owned(), digest.to_owned())),
        _ => bail!("{}:{} is not an image, @ and its digest", file.display(), index + 1),
    });
    given.collect()
}

impl Lock {
    /// Writes the digests of `images`, or reports what is wrong in the existing file.
    pub(super) fn apply(&self, images: &BTreeSet<String>, batch: &mut Batch) -> anyhow::Result<Vec<Finding>> {
        let (locked, stamp) = match self.read()? {
            Ok(read) => read,
            Err(finding) => return Ok(vec![finding]),
        };
        let given = self.given.as_deref().map(given).transpose()?.unwrap_or_default();
        let mut digests: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for image in images {
            let own = Image::parse(image).and_then(|image| image.digest());
            let given = given.get(image).map(String::as_str);
            let known = locked.get(image).and_then(Option::as_deref).filter(|digest| is_digest(digest));
            digests.insert(image, own.or(given).or(known));
        }
        if self.is_checked {
            return Ok(self.faults(&digests, &locked));
        }
        let text = emit_document(&json!({"images": digests}));
        batch.file(&self.file, text.as_bytes(), stamp)?;
        Ok(Vec::new())
    }

    /// The digests in the file and its state when read; empty if it does not exist. A file that is not a lock is a
    /// separate error, because it may belong to somebody else.
    fn read(&self) -> anyhow::Result<Result<(Digests, Option<Stamp>), Finding>> {
        if !self.is_checked && !self.file.exists() {
            return Ok(Ok((Digests::new(), None)));
        }
        let (bytes, stamp) = files::stamped(&self.file)?;
        let no_lock = |offset, reason: &str| {
            let position = files::position(Some(&files::name(&self.file)), LineCol::at(&bytes, offset));
            Ok(Err(Finding::not_a_lock("", reason).at(position)))
        };
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => return no_lock(error.valid_up_to(), "not UTF-8"),
        };
        let value = match Document::parse(text).and_then(|document| document.value()) {
            Ok(value) => value,
            Err(problem) => return no_lock(problem.offset, &problem.message),
        };
        let Some(images) = value.get("images").and_then(Value::as_object) else {
            return no_lock(0, "it has no mapping \"images\"");
        };
        let digest = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Ok((images.iter().map(|(image, value)| (image.to_string(), digest(value))).collect(), stamp)))
    }

    fn faults(&self, wanted: &BTreeMap<&str, Option<&str>>, locked: &Digests) -> Vec<Finding> {
        let missing = wanted.iter().filter_map(|(image, digest)| match (locked.get(*image), digest) {
            (None, _) => Some(Finding::image_not_locked("", image)),
            (Some(Some(current)), digest) if is_digest(current) => {
                let is_other = digest.is_some_and(|digest| digest != current);
                is_other.then(|| Finding::image_locked_otherwise("", image))
            }
            (Some(_), _) => Some(Finding::image_without_digest("", image)),
        });
        let stale = locked.keys().filter(|image| !wanted.contains_key(image.as_str()));
        let stale = stale.map(|image| Finding::image_not_pulled("", image));
        let position = files::position(
            Some(&files::name(&self.file)),
            LineCol { line: 1, column: 1, end_column: 1, offset: 0 },
        );
        missing.chain(stale).map(|finding| finding.at(position.clone())).collect()
    }
}
