//! Longer steps for the iteration: squared extrapolation of the expected counts.

use super::model::Sums;

/// An extrapolated count is at least this part of the last one, so that none turns negative or vanishes at once.
const LEAST_PART: f64 = 0.1;
/// How much longer the longest step may get after one that went well.
const GROWTH: f64 = 4.0;

/// Extrapolates from three points that plain steps reached one after the other.
#[derive(Debug)]
pub(super) struct Squarem {
    points: Vec<Sums>,
    longest: f64,
}

impl Squarem {
    /// Begins at a point.
    pub(super) fn new() -> Self {
        Self { points: Vec::new(), longest: 1.0 }
    }

    /// Takes note of a point that a plain step reached.
    pub(super) fn push(&mut self, point: &Sums) {
        self.points.push(point.clone());
    }

    /// Forgets all points but this one.
    pub(super) fn restart(&mut self, point: &Sums) {
        self.points.clear();
        self.push(point);
    }

    /// Shortens the steps after one that led down.
    pub(super) fn fell(&mut self) {
        self.longest = (self.longest / GROWTH).max(1.0);
    }

    /// Returns the point to jump to, once three points are known.
    ///
    /// With `r = x1 - x0` and `v = x2 - 2 x1 + x0`, the step is `a = |r| / |v|` and the point `x0 + 2 a r + a^2 v`. Each
    /// expected count has a step of its own: the counts of a thousand raters are nearly independent and settle at very
    /// different speeds, and one step for all would be as short as the fastest allows.
    ///
    /// # Source
    ///
    /// Varadhan & Roland (2008), Scand. J. Stat. 35:335–353, scheme S3.
    pub(super) fn jump(&mut self) -> Option<Sums> {
        let [zero, one, two] = &self.points[..] else { return None };
        let mut point = two.clone();
        let cells = prolong(&mut point.cells, [&zero.cells, &one.cells], self.longest);
        let prior = prolong(&mut point.prior, [&zero.prior, &one.prior], self.longest);
        if cells || prior {
            self.longest *= GROWTH;
        }
        self.points.clear();
        Some(point)
    }
}

/// Moves `two` on along the path from `zero` over `one`; says whether a step was cut off at the longest.
fn prolong(two: &mut [f64], [zero, one]: [&[f64]; 2], longest: f64) -> bool {
    let mut cut = false;
    for ((two, one), zero) in two.iter_mut().zip(one).zip(zero) {
        let (rise, bend) = (one - zero, *two - 2.0 * one + zero);
        let step = (rise / bend).abs();
        // Also false where nothing moves: 0 / 0 has no step.
        if step > 1.0 {
            cut |= step > longest;
            let step = step.min(longest);
            *two = (zero + 2.0 * step * rise + step * step * bend).max(LEAST_PART * *two);
        }
    }
    cut
}
