//! Signals while files are written: the run ends by them, but never between a file's first byte and its rename.

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

    /// What ends a run from outside.
    const ENDING: &[i32] = &[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU];

    /// How signals are met, once that has been changed.
    static HELD: OnceLock<Held> = OnceLock::new();

    #[derive(Default)]
    struct Held {
        /// They do again what they did before.
        is_released: Arc<AtomicBool>,
        /// The signal that has arrived; 0 before any has.
        arrived: Arc<AtomicUsize>,
    }

    /// From now on signals wait for [`pending`], and a file that grows beyond `ulimit -f` is an error of the write,
    /// not the end of the process.
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

    /// From now on signals end the process at once again.
    pub(in crate::host) fn release() {
        if let Some(held) = HELD.get() {
            held.is_released.store(true, Ordering::Relaxed);
        }
    }

    /// The signal that wants the run to end.
    pub(in crate::host) fn pending() -> Option<i32> {
        let arrived = HELD.get()?.arrived.load(Ordering::Relaxed);
        i32::try_from(arrived).ok().filter(|signal| *signal != 0)
    }

    /// Ends the process by `signal`, as it would have ended without [`hold`]: callers tell that from an exit.
    pub(in crate::host) fn end(signal: i32) -> ! {
        // Where it cannot be raised, the shells' convention says the same.
        let _ = emulate_default_handler(signal);
        std::process::exit(128 + signal)
    }

    /// The signals that the caller has switched off (`nohup`, `&` in a script), a bit each. They stay so. Only
    /// Linux tells without unsafe code.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }
}

/// Elsewhere nothing can be held back.
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
