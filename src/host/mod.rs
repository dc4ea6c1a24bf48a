//! I/O: all bytes are read and written in this module.
//!
//! Arguments become a `session`, which reads texts, determines its settings, runs the engine and passes the result to
//! one `output`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::panic::AssertUnwindSafe;

use clap::CommandFactory;

use crate::finding::Finding;
use crate::host::cli::Cli;
use crate::host::faults::caught;
use crate::host::session::Session;
use crate::host::terminal::{COULD_NOT_RUN, is_stdout_closed, report_failure};

mod attributes;
mod cli;
mod commands;
mod discover;
mod faults;
mod files;
mod flags;
mod helm;
mod kustomize;
mod links;
mod lock;
mod metadata;
mod output;
mod progress;
mod render;
mod save;
mod session;
mod settings;
mod signals;
mod terminal;

/// Runs the command with `args`, starting with the program's name. Returns the exit code.
#[must_use]
pub fn run(args: Vec<OsString>) -> u8 {
    faults::watch_panics();
    caught(AssertUnwindSafe(|| dispatch(args))).unwrap_or_else(|finding| {
        report_failure(&[*finding]);
        COULD_NOT_RUN
    })
}

fn dispatch(mut args: Vec<OsString>) -> u8 {
    let plugin_config = kustomize::plugin_config(&args);
    if plugin_config.is_some() {
        args.remove(1);
    }
    let cli = match <Cli>::read(args, plugin_config.is_some() || !io::stdin().is_terminal()) {
        Ok(cli) => cli,
        Err(error) => return terminal::usage(&error),
    };
    cli.color.write_global();
    if let Some(command) = cli.command {
        return command.run(<Cli>::command);
    }
    if is_stdout_closed() {
        report_failure(&[Finding::stdout_closed("")]);
        return COULD_NOT_RUN;
    }
    Session::filter(plugin_config, cli.flags)
}
