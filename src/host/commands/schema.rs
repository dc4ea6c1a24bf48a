//! `schema`: the JSON Schema that editors use for configs.

use clap::Args;

use super::Run;
use crate::config::function;

/// Print the JSON Schema of the function config
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  otel-inject schema > otel-inject.schema.json")]
pub(in crate::host) struct Schema {}

impl Run for Schema {
    fn run(self, _program: fn() -> clap::Command) -> u8 {
        super::answer(format!("{:#}\n", function::schema()).as_bytes())
    }
}
