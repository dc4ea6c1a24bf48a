//! `man`: manual pages.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;

use super::Run;
use crate::host::cli::Cli;

/// Print a manual page
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  otel-inject man | man -l -\n  otel-inject man check > otel-inject-check.1")]
pub(in crate::host) struct Man {
    /// The command whose page it is [default: the page of otel-inject itself]
    #[arg(value_name = "COMMAND", value_parser = PossibleValuesParser::new(super::Command::NAMES.iter().copied()))]
    command: Option<String>,
}

impl Run for Man {
    fn run(self) -> u8 {
        let mut whole: Command = Cli::command();
        whole.build();
        let named = self.command.and_then(|name| whole.find_subcommand(name).cloned());
        let page = Page::new(named.unwrap_or(whole));
        let mut text = Vec::new();
        // Writing into memory does not fail.
        let _ = page.render(&mut text);
        super::answer(&text)
    }
}
