//! The same work on many things at once, on every core, with the results in order.

use std::num::NonZeroUsize;
use std::thread;

/// Returns the result of `work` for each item, in the order of the items.
///
/// Every thread takes each so-many-th item, so that neighbours of unlike size are shared out. A panic in `work`
/// is a panic here.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let n_threads =
        thread::available_parallelism().map_or(1, NonZeroUsize::get).min(items.len().max(1));
    if n_threads == 1 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    let stripe = |first: usize| items.iter().skip(first).step_by(n_threads).map(work);
    let stripes: Vec<Vec<R>> = thread::scope(|scope| {
        let threads: Vec<_> = (1..n_threads)
            .map(|first| scope.spawn(move || stripe(first).collect::<Vec<R>>()))
            .collect();
        let own = stripe(0).collect();
        let joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(joined).collect()
    });
    let mut stripes: Vec<_> = stripes.into_iter().map(Vec::into_iter).collect();
    (0..items.len()).filter_map(|at| stripes.get_mut(at % n_threads)?.next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        for n in [0_usize, 1, 2, 3, 100, 1_001] {
            let items: Vec<usize> = (0..n).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(each(&items, |item| item * 2), doubled);
        }
    }
}
