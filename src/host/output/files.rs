//! Writes the texts to files, in place or below a folder.

use std::path::PathBuf;

use super::{Outcome, Output};
use crate::host::files::Text;
use crate::host::save::{self, Batch};
use crate::report::Purpose;

/// The files to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::host) enum Files {
    /// Each changed file in its place.
    InPlace,
    /// All files below a folder.
    Folder(PathBuf),
}

impl Output for Files {
    fn purpose(&self) -> Purpose {
        Purpose::Write
    }

    fn writes_texts(&self) -> bool {
        true
    }

    fn replaces(&self, text: &Text) -> bool {
        match self {
            Self::InPlace => true,
            Self::Folder(folder) => {
                let target = save::place(&folder.join(&text.relative)).ok();
                target.is_some() && target == text.path.canonicalize().ok()
            }
        }
    }

    fn accepts_nothing(&self) -> bool {
        true
    }

    fn prepare(&mut self, outcome: &mut Outcome<'_>, batch: &mut Batch) -> anyhow::Result<()> {
        for (text, edits) in outcome.texts.iter().zip(&outcome.result.edits) {
            match self {
                Self::InPlace if edits.is_empty() => {}
                Self::InPlace => batch.replace(text, edits)?,
                Self::Folder(folder) => batch.copy(text, edits, folder)?,
            }
        }
        outcome.result.findings.append(&mut batch.findings);
        Ok(())
    }
}
