//! `version`: prints the version, and what it injects by default.

use clap::Args;

use super::Run;
use crate::config::Settings;
use crate::k8s;
use crate::languages::{ALL, OPERATOR};

/// Print the version
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  otel-inject version --verbose")]
pub(in crate::host) struct Version {
    /// Say also the release of the Kubernetes API, the oldest Rust that builds it, and the default images
    /// [default: the version and the release of the operator]
    #[arg(short, long)]
    pub(in crate::host) verbose: bool,
}

impl Run for Version {
    fn run(self, _program: fn() -> clap::Command) -> u8 {
        super::answer(text(self.verbose).as_bytes())
    }
}

/// One line, or with what follows from the tables: below the first line it is YAML.
fn text(verbose: bool) -> String {
    let mut text = format!("otel-inject {} (OpenTelemetry Operator {OPERATOR})\n", env!("CARGO_PKG_VERSION"));
    if verbose {
        let (kubernetes, rust) = (k8s::RELEASE, env!("CARGO_PKG_RUST_VERSION"));
        text.push_str(&format!("kubernetes: \"{kubernetes}\"\nrust: \"{rust}\"\nimages:\n"));
        let settings = Settings::default();
        let agents =
            ALL.iter().filter_map(|language| Some((language.id, settings.default_image(language)?)));
        for (name, image) in agents.chain([("collector", settings.default_collector_image())]) {
            text.push_str(&format!("  {name}: {image}\n"));
        }
    }
    text
}
