//! Work on all cores.

use rayon::prelude::*;

/// Up to so many items do not justify a thread pool.
const FEW: usize = 3;

/// The results of two pieces of work, on two cores if they are `long`.
pub(crate) fn both<A: Send, B: Send>(
    long: bool,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    if long { rayon::join(first, second) } else { (first(), second()) }
}

/// Whether `is_one` is true of any of the `items`.
pub(crate) fn any<I: Sync>(items: &[I], is_one: impl Fn(&I) -> bool + Sync + Send) -> bool {
    if items.len() <= FEW { items.iter().any(is_one) } else { items.par_iter().any(is_one) }
}

/// The results of `work`, in the order of `items`.
pub(crate) fn in_order<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync + Send) -> Vec<R> {
    if items.len() <= FEW { items.iter().map(work).collect() } else { items.par_iter().map(work).collect() }
}
