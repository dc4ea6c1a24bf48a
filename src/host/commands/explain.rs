//! `explain`: the page of a finding or a language.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory};

use super::Run;
use crate::config::nearest;
use crate::host::cli::Cli;
use crate::report;

/// Explain a finding or a language
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  otel-inject explain no-instrumentation\n  otel-inject explain java")]
pub(in crate::host) struct Explain {
    /// The code of a finding, as it stands in brackets, or a language
    #[arg(value_name = "CODE|LANGUAGE")]
    name: String,
}

impl Run for Explain {
    fn run(self) -> u8 {
        let name = self.name.trim_matches(['[', ']']).to_lowercase();
        if let Some(page) = report::explain(&name) {
            return super::answer(page.as_bytes());
        }
        let known = match nearest(&name, report::names()) {
            Some(known) => format!("did you mean {known}?"),
            None => format!("known are {}", report::names().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("there is no finding and no language {:?}; {known}", self.name);
        crate::host::usage(&Cli::command().error(ErrorKind::InvalidValue, message))
    }
}
