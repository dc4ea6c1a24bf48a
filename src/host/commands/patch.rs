//! `patch`: the changes of `inject` as patches.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::Run;
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::output;
use crate::host::session::Session;

/// Print the injection as patches, for hosts that run no functions
///
/// Flux, stock Argo CD and every kustomize build apply them to the manifests that they were made from. Nothing
/// is printed when a finding is an error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject patch --as component --output otel-inject/kustomization.yaml manifests/\n  \
    otel-inject patch --as flux manifests/ | yq .spec.patches\n  \
    otel-inject patch --as json6902 --context instrumentation.yaml web.yaml\n  \
    otel-inject patch --as component --check otel-inject/kustomization.yaml manifests/")]
pub(in crate::host) struct Patch {
    #[command(flatten)]
    inputs: Inputs,
    /// What the patches are for
    #[arg(long = "as", value_name = "FORM")]
    form: output::Form,
    /// Print nothing, and fail where FILE does not hold these patches [default: print them]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    check: Option<PathBuf>,
    /// Write the patches to FILE, which stays as it is when anything fails [default: print them]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "check")]
    output: Option<PathBuf>,
}

impl Run for Patch {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        let patches = output::Patches { form: self.form, committed: self.check, output: self.output };
        Session::command(self.inputs, Task::Patch, Box::new(patches))
    }
}
