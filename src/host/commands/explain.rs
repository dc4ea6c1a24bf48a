//! `explain`: the page of a finding or a language.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args};

use super::Run;
use crate::config::nearest;
use crate::host::terminal;
use crate::report;

/// Explain a finding or a language, or list them
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  otel-inject explain\n  otel-inject explain no-instrumentation\n  \
    otel-inject explain java")]
pub(in crate::host) struct Explain {
    /// The code of a finding, as it is printed in brackets, or a language [default: list all of them]
    #[arg(value_name = "CODE|LANGUAGE", value_parser = Name, hide_possible_values = true)]
    name: Option<String>,
}

/// Any word; shells complete those that have a page.
#[derive(Debug, Clone, Copy)]
struct Name;

impl TypedValueParser for Name {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(report::names().map(PossibleValue::new)))
    }
}

impl Run for Explain {
    fn run(self, program: fn() -> clap::Command) -> u8 {
        let Some(name) = self.name else { return super::answer(report::contents().as_bytes()) };
        let wanted = name.trim_matches(['[', ']']).to_lowercase();
        if let Some(page) = report::explain(&wanted) {
            return super::answer(page.as_bytes());
        }
        let known = match nearest(&wanted, report::names()) {
            Some(known) => format!("did you mean {known}?"),
            None => "`otel-inject explain` lists all".to_owned(),
        };
        let message = format!("there is no finding and no language {name:?}; {known}");
        terminal::usage(&program().error(ErrorKind::InvalidValue, message))
    }
}
