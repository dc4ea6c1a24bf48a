//! `man`: manual pages.

use std::io::{self, Write};

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};

use super::Run;

/// Print a manual page
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  otel-inject man | man -l -\n  otel-inject man check > otel-inject-check.1")]
pub(in crate::host) struct Man {
    /// The command whose page it is [default: the page of otel-inject itself]
    #[arg(value_name = "COMMAND", value_parser = PossibleValuesParser::new(super::Command::NAMES.iter().copied()))]
    command: Option<String>,
}

/// The meanings of every command's exit status; same as the table in docs/commands.md.
const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "Fine."),
    (
        "1",
        "A finding fails the run (an error, or what --fail-on adds), and nothing was injected; or diff has a difference.",
    ),
    (
        "2",
        "The run could not do its work: wrong arguments or config, a file that cannot be read or written.",
    ),
    ("128 + n", "Ended by signal n: nothing was written, or everything."),
];

impl Run for Man {
    fn run(self, program: fn() -> Command) -> u8 {
        let mut program = program();
        program.build();
        let named = self.command.and_then(|name| program.find_subcommand(name).cloned());
        let mut text = Vec::new();
        // Writing to memory cannot fail.
        let _ = page(named.unwrap_or(program), &mut text);
        super::answer(&text)
    }
}

fn page(command: Command, out: &mut impl Write) -> io::Result<()> {
    let (has_commands, has_version) = (command.has_subcommands(), command.get_version().is_some());
    let examples = examples(&command);
    let page = Page::new(command);
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    if has_commands {
        page.render_subcommands_section(out)?;
    }
    let mut roff = Roff::default();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_STATUS {
        roff.control("TP", []);
        roff.text([roman(*code)]);
        roff.text([roman(*meaning)]);
    }
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for example in examples {
            roff.text([roman(example)]);
        }
        roff.control("fi", []);
    }
    roff.to_writer(out)?;
    if has_version { page.render_version_section(out) } else { Ok(()) }
}

/// The examples in a command's help, one per line.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}
