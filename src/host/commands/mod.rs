//! The subcommands: a file and a row each.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use crate::host::cli::Flags;
use crate::host::files::Destination;

/// What a subcommand is to those who call it. Its help is that of its arguments.
pub(super) trait Run: Args {
    /// The manifests that it reads; none where it reads none.
    fn inputs(&mut self) -> Option<&mut Inputs> {
        None
    }

    /// Where it puts the texts.
    fn destination(&self) -> Destination {
        Destination::Stdout
    }

    /// Does it, and gives the exit code.
    fn run(self) -> u8;
}

/// Manifests, and how they are read.
#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// Files, folders (their *.yaml, *.yml and *.json, except for hidden and git-ignored ones and what a .krmignore
    /// names), or - for stdin [default: -]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) flags: Flags,
}

/// Where a command puts the texts.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// Write the changed files in their places [default: print a stream]
    #[arg(long, conflicts_with = "output")]
    in_place: bool,
    /// Write all files below DIR, a folder's files by their paths in it [default: print a stream]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
}

impl Output {
    fn destination(&self) -> Destination {
        match &self.output {
            Some(folder) => Destination::Folder(folder.clone()),
            None if self.in_place => Destination::InPlace,
            None => Destination::Stdout,
        }
    }
}

macro_rules! commands {
    ($($file:ident $name:ident)*) => {
        $(mod $file;)*

        #[derive(Debug, Subcommand)]
        pub(super) enum Command {
            $($name($file::$name),)*
        }

        impl Command {
            /// What the commands are called.
            const NAMES: &[&str] = &[$(stringify!($file),)*];

            pub(super) fn inputs(&mut self) -> Option<&mut Inputs> {
                match self {
                    $(Self::$name(command) => command.inputs(),)*
                }
            }

            pub(super) fn destination(&self) -> Destination {
                match self {
                    $(Self::$name(command) => command.destination(),)*
                }
            }

            pub(super) fn run(self) -> u8 {
                match self {
                    $(Self::$name(command) => command.run(),)*
                }
            }
        }
    };
}

commands! {
    inject Inject
    diff Diff
    check Check
    patch Patch
    images Images
    uninject Uninject
    explain Explain
    schema Schema
    completions Completions
    man Man
    version Version
}

/// Prints what a command answers.
fn answer(text: &[u8]) -> u8 {
    let mut out = io::stdout().lock();
    crate::host::delivered(out.write_all(text).and_then(|()| out.flush()), 0)
}
