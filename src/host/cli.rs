//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::host::commands::{Command, Deferred, Version};
use crate::host::files::STDIN;
use crate::host::flags::Flags;

/// Bakes OpenTelemetry auto-instrumentation into Kubernetes manifests when they are built.
///
/// Without a command it is a filter: a stream of YAML or JSON documents comes in on stdin and goes out on
/// stdout, the same text with the injected lines. A ResourceList on stdin makes it a KRM function
/// (kustomize, kpt), which takes its config from the host.
#[derive(Debug, Parser)]
#[command(name = "otel-inject", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
// clap's own flag would end the parse, and so miss --verbose.
#[command(disable_version_flag = true)]
#[command(after_help = "Examples:\n  \
    kustomize build . | otel-inject --context instrumentation.yaml > manifests.yaml\n  \
    helm template shop ./chart | otel-inject --namespace shop --allow-empty --quiet > shop.yaml\n  \
    otel-inject inject --config otel-inject.yaml --on-error skip --verbose manifests/\n  \
    otel-inject check --fail-on warning --no-ignore --no-config build/ vendor/\n  \
    otel-inject inject --in-place --report findings.sarif --format github manifests/\n  \
    otel-inject check --lock images.lock --images-from images/ manifests/\n  \
    otel-inject check --format full --all --color always manifests/ | less -R\n\n\
    Exit codes: 0 fine; 1 findings that fail the run, nothing injected, or a diff; 2 could not run.")]
pub(super) struct Cli<C: Subcommand = Command> {
    #[command(subcommand)]
    pub(super) command: Option<C>,
    #[command(flatten)]
    pub(super) flags: Flags,
    /// Whether output is coloured [default: auto, on terminals; NO_COLOR and CLICOLOR_FORCE count]
    #[arg(long, global = true, value_name = "WHEN", value_parser = color(), default_value = "auto", hide_default_value = true)]
    pub(super) color: ColorChoice,
    /// Print the version; with --verbose also the default images
    #[arg(short = 'V', long)]
    version: bool,
}

fn color() -> impl TypedValueParser<Value = ColorChoice> {
    let values = [
        PossibleValue::new("auto").help("on terminals that take colours"),
        PossibleValue::new("always").help("everywhere"),
        PossibleValue::new("never").help("nowhere"),
    ];
    PossibleValuesParser::new(values).map(|word| match word.as_str() {
        "always" => ColorChoice::Always,
        "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    })
}

impl Cli {
    /// Reads the arguments. Requires a path if stdin is not a stream.
    ///
    /// # Errors
    /// The problem with the arguments, or the requested help.
    pub(super) fn read(args: Vec<OsString>, stdin_is_stream: bool) -> Result<Self, clap::Error> {
        // Help and messages about arguments name all commands and their arguments.
        let mut cli = Self::quickly_read(&args)
            .or_else(|_| Self::try_parse_from(&args))
            .map_err(|error| named(error, &args))?;
        if cli.version {
            cli.command = Some(Command::Version(Version { verbose: cli.flags.verbose }));
        }
        let usage = |kind, message: &str| Err(Self::command().error(kind, message));
        let Some(command) = &mut cli.command else {
            return if stdin_is_stream {
                Ok(cli)
            } else {
                usage(
                    ErrorKind::MissingRequiredArgument,
                    "stdin is a terminal: pipe a stream in, or name files: otel-inject inject PATH…",
                )
            };
        };
        let writes_files = command.writes_files();
        let Some(inputs) = command.inputs() else { return Ok(cli) };
        if inputs.paths.is_empty() {
            inputs.paths.push(PathBuf::from(STDIN));
        }
        let reads_stdin = inputs.paths.iter().any(|path| path == Path::new(STDIN));
        if reads_stdin && writes_files {
            return usage(
                ErrorKind::ArgumentConflict,
                "stdin has no file: --in-place and --output need PATHs",
            );
        }
        if reads_stdin && !stdin_is_stream {
            return usage(ErrorKind::MissingRequiredArgument, "stdin is a terminal: name files or folders");
        }
        Ok(cli)
    }

    /// As `try_parse_from`, but an error may lack what other commands would tell.
    fn quickly_read(args: &[OsString]) -> Result<Self, clap::Error> {
        let mut matches = Cli::<Deferred>::command().try_get_matches_from(args)?;
        Self::from_arg_matches_mut(&mut matches)
    }
}

/// Suggests a command if a path was given in its place.
fn named(error: clap::Error, args: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let is_command = <Cli>::command().find_subcommand(word).is_some();
    if is_command || !(word.contains(['/', '.']) || Path::new(word).exists()) {
        return error;
    }
    let words = args.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words = words.collect::<Vec<_>>().join(" ");
    let message = format!("{word:?} is not a command; did you mean: otel-inject inject {words}");
    <Cli>::command().error(ErrorKind::InvalidSubcommand, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        <Cli>::command().debug_assert();
    }

    /// The command and its subcommands.
    fn commands() -> Vec<clap::Command> {
        let mut command = <Cli>::command().term_width(100);
        command.build();
        // clap writes the help of its own `help` command.
        let below: Vec<_> =
            command.get_subcommands().filter(|below| below.get_name() != "help").cloned().collect();
        std::iter::once(command).chain(below).collect()
    }

    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
        lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn help_fits_a_hundred_columns() {
        for mut part in commands() {
            for help in [part.render_help(), part.render_long_help()] {
                for line in help.to_string().lines() {
                    assert!(line.chars().count() <= 100, "{line}");
                }
            }
            for example in examples(&part) {
                // Indented by two blanks; a longer line would be wrapped.
                assert!(example.chars().count() <= 98, "{example}");
            }
        }
    }

    #[test]
    fn every_argument_says_what_it_does_and_its_default() {
        for part in commands() {
            for argument in
                part.get_arguments().filter(|argument| !BUILT_IN.contains(&argument.get_id().as_str()))
            {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                let says = argument.is_required_set() || help.contains("[default: ");
                assert!(says, "{} {}: {help}", part.get_name(), argument.get_id());
            }
        }
    }

    /// Arguments that clap adds.
    const BUILT_IN: &[&str] = &["help", "version"];

    #[test]
    fn every_flag_has_an_example() {
        let all = commands();
        let shared = examples(&all[0]).join("\n");
        for part in &all {
            let own = examples(part).join("\n");
            assert!(!own.is_empty(), "{} has no example", part.get_name());
            for flag in part.get_arguments().filter_map(|argument| argument.get_long()) {
                let is_shown = [&own, &shared].iter().any(|text| text.contains(&format!("--{flag} ")));
                assert!(is_shown || BUILT_IN.contains(&flag), "{} --{flag}", part.get_name());
            }
        }
    }

    #[test]
    fn a_path_where_a_command_belongs_names_the_command() {
        let refused = |words: &[&str]| {
            let args = ["otel-inject"].iter().chain(words).map(OsString::from).collect();
            <Cli>::read(args, true).expect_err("an error").to_string()
        };
        for words in [
            &["web.yaml"][..],
            &["./web"],
            &["web.yaml", "--in-place"],
            &["--namespace", "shop", "manifests/"],
            &["src"],
        ] {
            let meant = format!("did you mean: otel-inject inject {}\n", words.join(" "));
            assert!(refused(words).contains(&meant), "{}", refused(words));
        }
        for words in [&["injekt"][..], &["--namespace", "shop", "check"]] {
            assert!(!refused(words).contains("did you mean: "), "{}", refused(words));
        }
    }

    #[test]
    fn every_example_is_understood() {
        for example in commands().iter().flat_map(examples) {
            let own = example.split(" | ").find(|part| part.starts_with("otel-inject"));
            let words = own.unwrap_or_else(|| panic!("not ours: {example}")).split(" > ").next();
            let args = words.unwrap_or_default().split_whitespace().map(OsString::from).collect();
            if let Err(error) = <Cli>::read(args, true) {
                panic!("{example}: {error}");
            }
        }
    }
}
