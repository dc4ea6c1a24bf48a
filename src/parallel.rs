//! Work on all cores.

use rayon::prelude::*;

/// The results of `work`, in the order of `items`. A few items do not justify a thread pool.
pub(crate) fn in_order<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync + Send) -> Vec<R> {
    const WORTH_THREADS: usize = 4;
    if items.len() < WORTH_THREADS {
        items.iter().map(work).collect()
    } else {
        items.par_iter().map(work).collect()
    }
}
