//! `otel-inject`: the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(otel_inject::host::run(std::env::args_os().collect()))
}
