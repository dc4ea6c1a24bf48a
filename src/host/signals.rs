//! Signals while files are written: they end the run, but never between a file's first byte and its rename.

#[cfg(unix)]
pub(super) use unix::{end, hold, pending, release};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, OnceLock};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU, SIGXFSZ};
    use signal_hook::flag;
    use signal_hook::low_level::emulate_default_handler;

    /// Signals that end a run.
    const ENDING: &[i32] = &[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU];

    /// The changed signal handling, if any.
    static HELD: OnceLock<Held> = OnceLock::new();

    #[derive(Default)]
    struct Held {
        /// The signals have their previous effect again.
        is_released: Arc<AtomicBool>,
        /// The signal received; 0 if none.
        arrived: Arc<AtomicUsize>,
    }

    /// From now on, signals are held for [`pending`], and exceeding `ulimit -f` is a write error instead of ending the
    /// process.
    pub(in crate::host) fn hold() -> io::Result<()> {
        if let Some(held) = HELD.get() {
            held.is_released.store(false, Ordering::Relaxed);
            return Ok(());
        }
        let held = HELD.get_or_init(Held::default);
        let ignored = ignored();
        for signal in ENDING.iter().filter(|signal| (ignored >> (**signal - 1)) & 1 == 0) {
            flag::register_conditional_default(*signal, Arc::clone(&held.is_released))?;
            let number = usize::try_from(*signal).unwrap_or_default();
            flag::register_usize(*signal, Arc::clone(&held.arrived), number)?;
        }
        flag::register(SIGXFSZ, Arc::default())?;
        Ok(())
    }

    /// From now on, signals end the process at once again.
    pub(in crate::host) fn release() {
        if let Some(held) = HELD.get() {
            held.is_released.store(true, Ordering::Relaxed);
        }
    }

    /// The signal that requests the end of the run.
    pub(in crate::host) fn pending() -> Option<i32> {
        let arrived = HELD.get()?.arrived.load(Ordering::Relaxed);
        i32::try_from(arrived).ok().filter(|signal| *signal != 0)
    }

    /// Ends the process by `signal`, as without [`hold`], so that callers see a signal and not an exit.
    pub(in crate::host) fn end(signal: i32) -> ! {
        // If it cannot be raised, use the shells' exit code for it.
        let _ = emulate_default_handler(signal);
        std::process::exit(128 + signal)
    }

    /// The signals that the caller ignores (`nohup`, `&` in a script), one bit each. They remain ignored. Without
    /// unsafe code, only Linux reports them.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }
}

/// On other systems, signals cannot be held.
#[cfg(not(unix))]
pub(super) fn hold() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn release() {}

#[cfg(not(unix))]
pub(super) fn pending() -> Option<i32> {
    None
}

#[cfg(not(unix))]
pub(super) fn end(signal: i32) -> ! {
    std::process::exit(128 + signal)
}
