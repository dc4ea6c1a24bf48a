//! `completions`: what shells complete arguments with.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Run;
use crate::host::cli::Cli;

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  otel-inject completions bash > ~/.local/share/bash-completion/completions/otel-inject")]
pub(in crate::host) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Run for Completions {
    fn run(self) -> u8 {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "otel-inject", &mut script);
        super::answer(&script)
    }
}
