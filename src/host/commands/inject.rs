//! `inject`: the texts with their injections, as a stream or in files.

use std::path::PathBuf;

use clap::Args;

use super::{Inputs, Run};
use crate::host::files::Destination;

/// Inject into files and folders, or into stdin
///
/// Prints all files as one stream, or writes them: each file whole or not at all, none when any finding is
/// an error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject inject manifests/ | kubectl apply -f -\n  \
    otel-inject inject --in-place --context instrumentation.yaml manifests/\n  \
    otel-inject inject --output build/ manifests/\n  \
    helm template shop ./chart | otel-inject inject - --namespace shop")]
pub(in crate::host) struct Inject {
    #[command(flatten)]
    inputs: Inputs,
    /// Write the changed files in their places [default: print a stream]
    #[arg(long, conflicts_with = "output")]
    in_place: bool,
    /// Write all files below DIR, a folder's files by their paths in it [default: print a stream]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Run for Inject {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn destination(&self) -> Destination {
        match &self.output {
            Some(folder) => Destination::Folder(folder.clone()),
            None if self.in_place => Destination::InPlace,
            None => Destination::Stdout,
        }
    }

    fn run(self) -> u8 {
        let destination = self.destination();
        crate::host::inject_files(&self.inputs, destination)
    }
}
