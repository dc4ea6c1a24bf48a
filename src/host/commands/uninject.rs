//! `uninject`: the texts without their injections.

use clap::Args;

use super::{Inputs, Output, Run};
use crate::host::files::Destination;

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
    output: Output,
}

impl Run for Uninject {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn destination(&self) -> Destination {
        self.output.destination()
    }

    fn run(self) -> u8 {
        let destination = self.destination();
        crate::host::uninject_files(&self.inputs, destination)
    }
}
