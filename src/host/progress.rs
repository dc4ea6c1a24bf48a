//! A progress line, only on a terminal and only if work takes long.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long to wait before showing progress.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Runs `work`. After `patience`, writes what is being done to `out`, and clears it at the end.
pub(super) fn during<T>(
    what: &str,
    patience: Duration,
    mut out: impl Write + Send,
    work: impl FnOnce() -> T,
) -> T {
    let (working, done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                // If the terminal is gone, nobody misses the line.
                let _ = write!(out, "{what}").and_then(|()| out.flush());
                let _ = done.recv();
                let _ = write!(out, "\r\u{1b}[K").and_then(|()| out.flush());
            }
        });
        // Dropped when the work is done or panics.
        let _working = working;
        work()
    })
}

/// `otel-inject: 1200 files, 34 MB`.
pub(super) fn load(texts: usize, bytes: usize) -> String {
    const MEGABYTE: usize = 1_000_000;
    let files = if texts == 1 { "file" } else { "files" };
    format!("otel-inject: {texts} {files}, {} MB", bytes.div_ceil(MEGABYTE))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::Sender;

    use super::*;

    /// Sends every text written to it.
    struct Heard(Sender<String>);

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // The receiver is gone once the work is done.
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn long_work_is_said_and_taken_back() {
        let (said, heard) = channel();
        let first = during("busy", Duration::ZERO, Heard(said), || heard.recv().expect("a line"));
        assert_eq!(first, "busy");
        assert_eq!(heard.iter().collect::<String>(), "\r\u{1b}[K");
    }

    #[test]
    fn short_work_is_not() {
        let (said, heard) = channel();
        assert_eq!(during("busy", Duration::MAX, Heard(said), || 1), 1);
        assert_eq!(heard.iter().count(), 0);
    }

    #[test]
    fn the_load_is_rounded_up() {
        assert_eq!(load(1, 1), "otel-inject: 1 file, 1 MB");
        assert_eq!(load(1200, 33_000_001), "otel-inject: 1200 files, 34 MB");
    }
}
