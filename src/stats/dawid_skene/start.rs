//! Where the iteration begins: the vote of the raters, plain or under random trust in them.

use super::Starts;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

/// How much of a random start is spread over all classes, so that no class is ruled out.
const SPREAD: f64 = 0.01;

/// A first guess of the classes: a weighted vote.
pub(super) struct Start {
    /// How much the vote of each rater counts.
    pub(super) trust: Vec<f64>,
    /// The share of the guess that is spread evenly over the classes.
    pub(super) spread: f64,
}

/// Returns start number `number`; number 0 trusts all raters alike and is the plain vote.
///
/// Random starts keep to the votes rather than to random classes: a start with permuted classes can end at the same
/// likelihood with the classes' meanings exchanged.
pub(super) fn start(raters: usize, starts: Starts, number: u32) -> Start {
    if number == 0 {
        return Start { trust: vec![1.0; raters], spread: 0.0 };
    }
    let mut source = Pcg64::seed_from_u64(starts.seed);
    // Every start has a stream of its own, so that asking for more starts changes none of the first.
    for _ in 1..number {
        source = Pcg64::seed_from_u64(source.next_u64());
    }
    let exponential = |_| {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        -(((source.next_u64() >> 11) as f64 + 0.5) * STEP).ln()
    };
    Start { trust: (0..raters).map(exponential).collect(), spread: SPREAD }
}
