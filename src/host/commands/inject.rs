//! `inject`: the texts with injections, as a stream or in files.

use clap::Args;

use super::{Destination, Run};
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::session::Session;

/// Inject into files and folders, or into stdin
///
/// Prints all files as one stream, or writes them: each file whole or not at all, none when any finding is
/// an error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject inject manifests/ | kubectl apply -f -\n  \
    otel-inject inject --in-place --context instrumentation.yaml --lock images.lock manifests/\n  \
    otel-inject inject --output build/ manifests/\n  \
    helm template shop ./chart | otel-inject inject - --namespace shop")]
pub(in crate::host) struct Inject {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    destination: Destination,
}

impl Run for Inject {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn writes_files(&self) -> bool {
        self.destination.is_files()
    }

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        Session::command(self.inputs, Task::Inject, self.destination.output())
    }
}
