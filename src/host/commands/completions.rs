//! `completions`: shell completions for arguments.

use clap::Args;
use clap_complete::Shell;

use super::Run;
use crate::report;

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  otel-inject completions bash > ~/.local/share/bash-completion/completions/otel-inject")]
pub(in crate::host) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Run for Completions {
    fn run(self, program: fn() -> clap::Command) -> u8 {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program(), "otel-inject", &mut script);
        if self.shell == Shell::Fish {
            // The generator does not complete the values of an argument without a flag.
            let names = report::names().collect::<Vec<_>>().join(" ");
            let line = format!(
                "complete -c otel-inject -n \"__fish_seen_subcommand_from explain\" -f -a \"{names}\"\n"
            );
            script.extend(line.into_bytes());
        }
        super::answer(&script)
    }
}
