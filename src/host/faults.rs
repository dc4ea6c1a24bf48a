//! Findings about a run itself: what it cannot read or write, and panics.

use std::panic::{UnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::finding::Finding;

/// The location of the first panic. Its message is not kept, because it can quote the input.
static PANICKED: OnceLock<String> = OnceLock::new();

/// From now on, a panic only records its location and prints nothing to stderr.
pub(super) fn watch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place =
            panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        PANICKED.get_or_init(|| place);
    }));
}

/// The result of `work`, or the finding about its panic.
pub(super) fn caught<T>(work: impl FnOnce() -> T + UnwindSafe) -> Result<T, Box<Finding>> {
    catch_unwind(work).map_err(|_| Box::new(internal_error()))
}

pub(super) fn io_error(error: &anyhow::Error) -> Finding {
    Finding::io_error("", &format!("{error:#}"))
}

fn internal_error() -> Finding {
    Finding::internal_error("", PANICKED.get().map_or("", String::as_str))
}
