//! Work on all cores.

use rayon::prelude::*;

/// So few items do not justify a thread pool.
const FEW: usize = 3;

/// The results of two pieces of work on a text of so many bytes. A short one does not justify a thread pool.
pub(crate) fn both<A: Send, B: Send>(
    bytes: usize,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    const SHORT: usize = 1 << 18;
    if bytes < SHORT { (first(), second()) } else { rayon::join(first, second) }
}

/// Whether `is_one` is true of any of the `items`.
pub(crate) fn any<I: Sync>(items: &[I], is_one: impl Fn(&I) -> bool + Sync + Send) -> bool {
    if items.len() <= FEW { items.iter().any(is_one) } else { items.par_iter().any(is_one) }
}

/// The results of `work`, in the order of `items`.
pub(crate) fn in_order<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync + Send) -> Vec<R> {
    if items.len() <= FEW { items.iter().map(work).collect() } else { items.par_iter().map(work).collect() }
}
