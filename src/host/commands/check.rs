//! `check`: prints only the findings.

use clap::Args;

use super::Run;
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::output;
use crate::host::session::Session;

/// Check whether everything that asks for it can be injected
///
/// The gate in a pull request: the report goes to stdout, in the form of --format, and nothing is written.
/// Exit code 1 says that a finding is an error, or whatever else --fail-on names: with `stale`, an injection that
/// inject would update counts too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject check manifests/\n  \
    otel-inject check --fail-on stale --format github manifests/\n  \
    otel-inject check --format sarif manifests/ > otel-inject.sarif\n  \
    kustomize build . | otel-inject check --context instrumentation.yaml")]
pub(in crate::host) struct Check {
    #[command(flatten)]
    inputs: Inputs,
}

impl Run for Check {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        Session::command(self.inputs, Task::Inject, Box::new(output::Check))
    }
}
