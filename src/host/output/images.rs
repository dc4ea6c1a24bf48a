//! The images used by injections, as a list or as a lock with their digests.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use super::{Outcome, Output};
use crate::coverage::Status;
use crate::host::lock::Lock;
use crate::host::save::Batch;

/// The images; printed if there is no lock.
pub(in crate::host) struct Images {
    /// The lock file.
    pub(in crate::host) lock: Option<Lock>,
}

impl Output for Images {
    fn needs_stdout(&self) -> bool {
        self.lock.is_none()
    }

    fn file(&self) -> Option<&Path> {
        self.lock.as_ref().filter(|lock| !lock.is_checked).map(|lock| lock.file.as_path())
    }

    fn owns_lock(&self) -> bool {
        true
    }

    fn prepare(&mut self, outcome: &mut Outcome<'_>, batch: &mut Batch) -> anyhow::Result<()> {
        if let Some(lock) = &self.lock {
            outcome.result.findings.extend(lock.apply(&outcome.result.images, batch)?);
        }
        Ok(())
    }

    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.lock.is_none() {
            // Only a listing has workloads.
            let asking = outcome.result.workloads.iter().filter(|one| one.status != Status::NotAsked);
            let own = asking.flat_map(|workload| &workload.containers).map(|container| &container.image);
            let own = own.filter(|image| !image.is_empty());
            let images: BTreeSet<&String> = outcome.result.images.iter().chain(own).collect();
            for image in images {
                writeln!(out, "{image}")?;
            }
        }
        Ok(())
    }
}
