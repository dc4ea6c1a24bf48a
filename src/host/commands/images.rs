//! `images`: the images used by injections.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::Run;
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::lock::Lock;
use crate::host::output;
use crate::host::session::Session;

/// List every image that an injection pulls
///
/// One a line, each once, in order. A lock keeps the digest of each beside it: one that is in the image, one
/// that --digests gives, or the one that it has already. With --all, the list has also the images of workloads that
/// ask for an injection: fetch the metadata of all of them for --images-from. Nothing is fetched here.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject images manifests/ | xargs -n 1 docker pull\n  \
    otel-inject images --all manifests/\n  \
    otel-inject images --lock images.lock manifests/\n  \
    otel-inject images --lock images.lock --digests digests.txt manifests/\n  \
    otel-inject images --lock images.lock --check manifests/")]
pub(in crate::host) struct Images {
    #[command(flatten)]
    inputs: Inputs,
    /// Write nothing, and fail where the lock lacks an image or a digest, or has one too many [default: write]
    #[arg(long, requires = "lock", conflicts_with = "digests")]
    check: bool,
    /// Take digests from FILE, which has an IMAGE@DIGEST a line [default: no file]
    #[arg(long, value_name = "FILE", requires = "lock", value_hint = ValueHint::FilePath)]
    digests: Option<PathBuf>,
}

impl Run for Images {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        let Self { inputs, check, digests } = self;
        let lock = inputs.flags.lock.clone().map(|file| Lock { file, is_checked: check, given: digests });
        // A lock is about what injections pull.
        let with_applications = inputs.flags.all && lock.is_none();
        let task = if with_applications { Task::List } else { Task::Inject };
        Session::command(inputs, task, Box::new(output::Images { lock }))
    }
}
