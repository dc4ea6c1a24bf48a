//! `diff`: what `inject` would change.

use clap::Args;

use super::{Inputs, Run};
use crate::host::files::Destination;

/// Show what inject would change, as a unified diff
///
/// Nothing is written. `git apply` and `patch -p1` take the diff. Exit code 1 says that there is one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject diff manifests/\n  \
    otel-inject diff manifests/ | git apply\n  \
    kustomize build . | otel-inject diff --context instrumentation.yaml")]
pub(in crate::host) struct Diff {
    #[command(flatten)]
    inputs: Inputs,
}

impl Run for Diff {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn run(self) -> u8 {
        crate::host::inject_files(&self.inputs, Destination::Diff)
    }
}
