//! `uninject`: the texts without injections.

use clap::Args;

use super::{Destination, Run};
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::session::Session;

/// Take injections out of files and folders, or of stdin
///
/// The record on a workload says what was injected. That is taken out, and later edits of everything else stay. Where
/// the injected text was not touched since, the original comes back byte for byte. Prints all files as one stream, or
/// writes them as inject does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject uninject manifests/\n  \
    otel-inject uninject --in-place --context instrumentation.yaml manifests/\n  \
    otel-inject uninject --output build/ manifests/\n  \
    kubectl get deployment web -o yaml | otel-inject uninject -")]
pub(in crate::host) struct Uninject {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    destination: Destination,
}

impl Run for Uninject {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn writes_files(&self) -> bool {
        self.destination.is_files()
    }

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        Session::command(self.inputs, Task::Uninject, self.destination.output())
    }
}
