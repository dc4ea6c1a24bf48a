//! `diff`: shows what `inject` would change.

use clap::Args;

use super::Run;
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::output;
use crate::host::session::Session;

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

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        Session::command(self.inputs, Task::Inject, Box::new(output::Diff::default()))
    }
}
