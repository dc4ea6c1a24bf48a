//! Standard streams and exit codes.

#[cfg(unix)]
use std::fs;
use std::io::{self, Write};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};

use crate::finding::Finding;
use crate::host::faults::io_error;
use crate::host::helm;
use crate::report::{Format, Paint, Run, View};

/// Exit code of a run that a finding fails.
pub(super) const REFUSED: u8 = 1;
/// Exit code of a run that could not work.
pub(super) const COULD_NOT_RUN: u8 = 2;

/// Whether stdout was closed when the run began. Rust's runtime replaces it by `/dev/null`, opened for reading and
/// writing; shells open it only for writing.
pub(super) fn is_stdout_closed() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::MetadataExt;
        let stdout = io::stdout();
        let null = fs::metadata("/dev/null").map(|null| null.rdev()).ok();
        let device = rustix::fs::fstat(stdout.as_fd()).map(|own| own.st_rdev).ok();
        let flags = rustix::fs::fcntl_getfl(stdout.as_fd()).ok();
        let is_both = flags.is_some_and(|flags| flags.contains(rustix::fs::OFlags::RDWR));
        null.is_some() && device == null && is_both
    }
    #[cfg(not(unix))]
    false
}

/// The exit code after printing. A reader that has gone away is not an error.
pub(super) fn delivered(printed: io::Result<u8>) -> u8 {
    printed.unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::BrokenPipe {
            report_failure(&[io_error(&anyhow::Error::new(error).context("cannot write to stdout"))]);
        }
        COULD_NOT_RUN
    })
}

/// Reports what is wrong with the run itself.
pub(super) fn report_failure(findings: &[Finding]) {
    report(Format::Concise, &View::plain(Run::default(), findings));
}

/// Writes the report to stderr. Errors are ignored, because there is nowhere to report them.
pub(super) fn report(format: Format, view: &View<'_>) {
    let stderr = io::stderr().lock();
    let report = report_for(&stderr, format, view);
    let _ = io::BufWriter::new(stderr).write_all(report.as_bytes());
}

/// The report as `stream` takes it: its form, colours, links and width.
pub(super) fn report_for(stream: &impl RawStream, format: Format, view: &View<'_>) -> String {
    let is_terminal = stream.is_terminal();
    let width = terminal_size::terminal_size().filter(|_| is_terminal);
    let width = width.map_or(view.width, |(terminal_size::Width(columns), _)| usize::from(columns));
    let has_links = is_terminal && supports_hyperlinks::supports_hyperlinks();
    format.on(is_terminal).report(&View { paint: paint(stream), has_links, width, ..*view })
}

/// Writes a line to stderr that is no finding.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

pub(super) fn paint(stream: &impl RawStream) -> Paint {
    match AutoStream::choice(stream) {
        ColorChoice::Never => Paint::Plain,
        ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => Paint::Coloured,
    }
}

/// Help and version go to stdout; everything else about arguments is an error.
pub(super) fn usage(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        return if error.print().is_ok() { 0 } else { COULD_NOT_RUN };
    }
    if helm::called_us() {
        let failure = helm::failure(&error.render().to_string(), &mut io::stdout().lock());
        return delivered(failure.map(|()| 0));
    }
    // If stderr is closed, the error cannot be shown.
    let _ = error.print();
    COULD_NOT_RUN
}
