//! The subcommands: one module and one row each.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand, ValueHint};

use crate::host::flags::Inputs;
use crate::host::output::{Files, Output, Stream};
use crate::host::terminal;

/// A subcommand. Its help is that of its arguments.
pub(super) trait Run: Args {
    /// The manifests it reads, or `None` if it reads none.
    fn inputs(&mut self) -> Option<&mut Inputs> {
        None
    }

    /// It writes the texts to files.
    fn writes_files(&self) -> bool {
        false
    }

    /// Runs it and returns the exit code. `program` returns the definition of all arguments.
    fn run(self, program: fn() -> clap::Command) -> u8;
}

/// Where a command puts the texts.
#[derive(Debug, Args)]
pub(super) struct Destination {
    /// Write the changed files in their places [default: print a stream]
    #[arg(long, conflicts_with = "output")]
    in_place: bool,
    /// Write all files below DIR, a folder's files by their paths in it [default: print a stream]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
}

impl Destination {
    const fn is_files(&self) -> bool {
        self.in_place || self.output.is_some()
    }

    fn output(self) -> Box<dyn Output> {
        match self.output {
            Some(folder) => Box::new(Files::Folder(folder)),
            None if self.in_place => Box::new(Files::InPlace),
            None => Box::new(Stream::for_cluster()),
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
            /// The commands' names.
            const NAMES: &[&str] = &[$(stringify!($file),)*];

            pub(super) fn inputs(&mut self) -> Option<&mut Inputs> {
                match self {
                    $(Self::$name(command) => command.inputs(),)*
                }
            }

            pub(super) fn writes_files(&self) -> bool {
                match self {
                    $(Self::$name(command) => command.writes_files(),)*
                }
            }

            pub(super) fn run(self, program: fn() -> clap::Command) -> u8 {
                match self {
                    $(Self::$name(command) => command.run(program),)*
                }
            }

            /// The definitions of the commands, each without its help and arguments until it is called.
            fn deferred() -> impl Iterator<Item = clap::Command> {
                let rows: [(_, fn(clap::Command) -> clap::Command); _] =
                    [$((stringify!($file), $file::$name::augment_args),)*];
                rows.into_iter().map(|(name, arguments)| clap::Command::new(name).defer(arguments))
            }
        }
    };
}

commands! {
    init Init
    inject Inject
    diff Diff
    check Check
    list List
    patch Patch
    images Images
    suggest Suggest
    uninject Uninject
    explain Explain
    schema Schema
    completions Completions
    man Man
    version Version
}

pub(super) use version::Version;

/// A subcommand, read without defining the arguments of the others: these definitions would take most of a short run.
#[derive(Debug)]
pub(super) struct Deferred(Command);

impl Subcommand for Deferred {
    fn augment_subcommands(program: clap::Command) -> clap::Command {
        program.subcommands(Command::deferred())
    }

    fn augment_subcommands_for_update(program: clap::Command) -> clap::Command {
        Self::augment_subcommands(program)
    }

    fn has_subcommand(name: &str) -> bool {
        Command::has_subcommand(name)
    }
}

impl FromArgMatches for Deferred {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Command::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Prints a command's answer.
fn answer(text: &[u8]) -> u8 {
    let mut out = io::stdout().lock();
    terminal::delivered(out.write_all(text).and_then(|()| out.flush()).map(|()| 0))
}
