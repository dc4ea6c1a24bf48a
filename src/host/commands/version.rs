//! `version`: prints the version.

use clap::Args;

use super::Run;

/// Print the version
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  otel-inject version")]
pub(in crate::host) struct Version {}

impl Run for Version {
    fn run(self, _program: clap::Command) -> u8 {
        super::answer(concat!("otel-inject ", env!("CARGO_PKG_VERSION"), "\n").as_bytes())
    }
}
