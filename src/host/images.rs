//! The images that injections pull, and the file that holds their digests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::{Value, json};

use crate::finding::{Code, Finding};
use crate::host::files;
use crate::k8s::image::{Image, is_digest};
use crate::yaml::{Document, Place, emit_document};

/// The file of digests, and what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    /// The file.
    pub(super) file: PathBuf,
    /// It is compared, never written.
    pub(super) is_checked: bool,
    /// A file of digests that are given.
    pub(super) given: Option<PathBuf>,
}

/// One image a line.
pub(super) fn list(images: &BTreeSet<String>) -> String {
    images.iter().map(|image| format!("{image}\n")).collect()
}

/// The digests in a file of `IMAGE@DIGEST`, one a line.
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
    /// Writes the digests of `images`, or says what is wrong with those in the file.
    pub(super) fn apply(&self, images: &BTreeSet<String>) -> anyhow::Result<Vec<Finding>> {
        let locked = self.read()?;
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
        files::replace(&self.file, text.as_bytes())?;
        Ok(Vec::new())
    }

    /// The digests in the file; none where there is no file yet.
    fn read(&self) -> anyhow::Result<BTreeMap<String, Option<String>>> {
        if !self.is_checked && !self.file.exists() {
            return Ok(BTreeMap::new());
        }
        let bytes = files::bytes(&self.file)?;
        let text = std::str::from_utf8(&bytes).ok();
        let value = text.and_then(|text| Document::parse(text).and_then(|document| document.value()).ok());
        match value.as_ref().map(|value| &value["images"]).and_then(Value::as_object) {
            Some(images) => {
                let digest = |value: &Value| value.as_str().map(str::to_owned);
                Ok(images.iter().map(|(image, value)| (image.clone(), digest(value))).collect())
            }
            None => bail!("{} is no lock of images: it has no mapping `images`", self.file.display()),
        }
    }

    fn faults(
        &self,
        wanted: &BTreeMap<&str, Option<&str>>,
        locked: &BTreeMap<String, Option<String>>,
    ) -> Vec<Finding> {
        let missing = wanted.iter().filter_map(|(image, digest)| match (locked.get(*image), digest) {
            (None, _) => Some(format!("{image} is not in it")),
            (Some(Some(there)), digest) if is_digest(there) => {
                let is_other = digest.is_some_and(|digest| digest != there);
                is_other.then(|| format!("{image} has another digest"))
            }
            (Some(_), _) => Some(format!("{image} has no digest in it")),
        });
        let stale = locked.keys().filter(|image| !wanted.contains_key(image.as_str()));
        let stale = stale.map(|image| format!("nothing pulls {image} any more"));
        missing.chain(stale).map(|message| fault(&self.file, &message)).collect()
    }
}

fn fault(file: &Path, message: &str) -> Finding {
    let name = files::name(file);
    let place = Place { line: 1, column: 1 };
    Finding::new(Code::StaleLock, "", message).at(files::position(Some(&name), place))
}
