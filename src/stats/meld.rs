//! The default interval (C5): beta draws by cell at effective sizes, melded over the cells' shares.

use crate::stats::EffectiveSize;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::MAX_EFFECTIVE_SIZE;
use crate::stats::Method;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::draws::Draws;
use crate::stats::draws::Generator;
use crate::stats::draws::quantile;

/// A pseudo-event is drawn apart from the positives where its effective size is below this part of theirs.
const EVEN: f64 = 0.95;

/// With fewer effective positives than this a cell's lower limit gets no pseudo-event: they may have been found by chance.
const FEW: f64 = 5.0;

/// What is known about the share of positives in one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellMean {
    /// It is known without sampling error.
    Exact(f64),
    /// It was estimated.
    Sampled {
        /// The estimate, in `[0, 1]`.
        value: f64,
        /// Its effective size, above 0.
        size: f64,
        /// The effective size were none of its units positive, above 0: the smaller it is, the more an unseen positive may weigh.
        unseen: f64,
    },
}

/// One cell of a melded estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeldCell {
    /// The cell's share of the exposure.
    pub share: f64,
    /// The share of positives in it.
    pub mean: CellMean,
}

impl CellMean {
    /// Returns the estimate.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::Exact(value) | Self::Sampled { value, .. } => value,
        }
    }
}

impl CellMean {
    /// Returns the mean where an unseen positive may weigh as much as at an effective size of `kish`.
    pub(crate) fn with_unseen(self, kish: f64) -> Self {
        match self {
            Self::Exact(value) => Self::Exact(value),
            Self::Sampled { value, size, unseen } => {
                Self::Sampled { value, size, unseen: unseen.min(kish) }
            }
        }
    }
}

impl MeldCell {
    /// Returns the cell when its variance is `ratio` times as large, `ratio` being above 0.
    pub(crate) fn reduced(self, ratio: f64) -> Self {
        let mean = match self.mean {
            CellMean::Exact(value) => CellMean::Exact(value),
            CellMean::Sampled { value, size, unseen } => {
                let reduced = |size: f64| (size / ratio).min(MAX_EFFECTIVE_SIZE);
                CellMean::Sampled { value, size: reduced(size), unseen: reduced(unseen) }
            }
        };
        Self { mean, ..self }
    }
}

impl From<Share> for CellMean {
    fn from(share: Share) -> Self {
        match share.size {
            EffectiveSize::Exact => Self::Exact(share.value),
            EffectiveSize::Units(size) => Self::Sampled { value: share.value, size, unseen: size },
        }
    }
}

/// Returns the melded interval of `sum_g Q_g m_g` over `k` cells.
///
/// Each draw takes `Q* ~ Dirichlet(n_Q Q_g + 1/2)`, with `n_Q` the effective size of the shares, and each cell's mean twice: for
/// the upper limit from `Beta(m n_eff + a_g, (1-m) n_eff + a_g)` with `a_g = max(1/k, Q_g/2)`, for the lower one with `1/k`, and
/// in a cell with less than 5 effective positives from `Beta(m n_eff, (1-m) n_eff + 1)`. The limits are quantiles of the two sums `sum_g Q_g* m_g*`. What is exact is not drawn, so a
/// census with gold for every unit has no width. The limits are widened, where needed, to hold the estimate itself: without
/// any gold positive the lower limit is 0.
///
/// With few positives the lower limit is that of Clopper and Pearson: where violations are rare, a single one found by chance must not lift it above the
/// truth, and an interval seen because one was found must hold no less often than others. The upper limit adds one
/// pseudo-event over all cells, and no less than half of one in a cell that has all the exposure. Where heavy positives were all but
/// certain to be observed, `n_eff` is far above the size `n_0` that the cell's weights have for a positive not seen; there the
/// pseudo-event is drawn apart, as `B + (1-B) P` with `B ~ Beta(m n_eff, (1-m) n_eff + 2 a_g)` and `P ~ Beta(a_g, (1-m) n_0 + a_g)`. With
/// `n_0 = n_eff` that has the distribution above.
///
/// Assumes that the cells' means are estimated independently of each other and of the shares. How often it holds the truth stands
/// in docs/coverage.md.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without cells.
///
/// # Source
///
/// Fay, Proschan & Brittain (2015), Biometrics 71:146–156, for melding; Korn & Graubard (1998) for effective sizes; Clopper &
/// Pearson (1934).
pub fn kg_meld(
    cells: &[MeldCell],
    shares: EffectiveSize,
    level: Level,
    draws: Draws,
) -> Result<Interval, StatsError> {
    if cells.is_empty() {
        return Err(StatsError::NoUnits);
    }
    let value: f64 = cells.iter().map(|cell| cell.share * cell.mean.value()).sum();
    let mut generator = draws.generator();
    let drawn = (0..draws.count()).map(|_| draw_once(cells, shares, &mut generator));
    let (mut lower, mut upper): (Vec<f64>, Vec<f64>) = drawn.unzip();
    let low = quantile(&mut lower, level.tail()).ok_or(StatsError::NoUnits)?;
    let high = quantile(&mut upper, 1.0 - level.tail()).ok_or(StatsError::NoUnits)?;
    Ok(Interval {
        low: if value <= 0.0 { 0.0 } else { low.min(value) },
        high: if value >= 1.0 { 1.0 } else { high.max(value) },
        method: Method::KgMeld,
    })
}

/// Draws the sum over the cells for the lower limit, and for the upper one.
fn draw_once(cells: &[MeldCell], shares: EffectiveSize, generator: &mut Generator) -> (f64, f64) {
    let whole = 1.0 / cells.len() as f64;
    let (mut lower, mut upper, mut total) = (0.0, 0.0, 0.0);
    for cell in cells {
        let share = match shares {
            EffectiveSize::Exact => cell.share,
            EffectiveSize::Units(_) if cells.len() == 1 => cell.share,
            EffectiveSize::Units(size) => generator.gamma(size * cell.share + 0.5),
        };
        let (low, high) = match cell.mean {
            CellMean::Exact(value) => (value, value),
            CellMean::Sampled { value, size, unseen } => {
                let (hits, misses) = (value * size, (1.0 - value) * size);
                let prior = whole.max(cell.share / 2.0);
                let apart = hits > 0.0 && unseen < EVEN * size;
                let high = if apart {
                    let seen = generator.beta(hits, misses + 2.0 * prior);
                    seen + (1.0 - seen) * generator.beta(prior, (1.0 - value) * unseen + prior)
                } else {
                    generator.beta(hits + prior, misses + prior)
                };
                let low = if hits <= 0.0 {
                    0.0
                } else if hits < FEW {
                    generator.beta(hits, misses + 1.0)
                } else if !apart && prior <= whole {
                    high
                } else {
                    generator.beta(hits + whole, misses + whole)
                };
                (low, high)
            }
        };
        lower += share * low;
        upper += share * high;
        total += share;
    }
    (lower / total, upper / total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Rate;
    use crate::stats::clopper_pearson;
    use crate::stats::jeffreys;

    fn interval(cells: &[MeldCell], shares: EffectiveSize) -> Interval {
        kg_meld(cells, shares, Level::new(0.95).unwrap(), Draws::least(1)).unwrap()
    }

    fn sampled(share: f64, value: f64, size: f64) -> MeldCell {
        MeldCell { share, mean: CellMean::Sampled { value, size, unseen: size } }
    }

    #[test]
    fn a_cell_with_all_the_exposure_lies_between_clopper_and_pearson_and_jeffreys() {
        let (rate, level) = (Rate::new(15, 50).unwrap(), Level::new(0.95).unwrap());
        let lows = [clopper_pearson(rate, level).low, jeffreys(rate, level).low];
        let high = jeffreys(rate, level).high;
        let empty = MeldCell { share: 0.0, mean: CellMean::Exact(0.0) };
        for others in [1, 2, 9] {
            let mut cells = vec![empty; others];
            cells.push(sampled(1.0, 0.3, 50.0));
            let melded = interval(&cells, EffectiveSize::Exact);
            let between = lows[0] - 0.004 < melded.low && melded.low < lows[1] + 0.004;
            assert!(between, "{melded:?} {lows:?}");
            assert!((melded.high - high).abs() < 0.004, "{melded:?} {high}");
        }
    }

    #[test]
    fn one_violation_found_by_chance_does_not_rule_out_that_they_are_rare() {
        // 1 of 250 found where 0.08 were to be expected: a beta draw with 1/3 for a prior starts above that
        let rare = 0.08 / 250.0;
        let cells = [sampled(0.95, 1.0 / 250.0, 250.0), sampled(0.05, 0.0, 50.0)];
        let melded = interval(&cells, EffectiveSize::Units(5000.0));
        assert!(melded.low < 0.95 * rare, "{melded:?}");
    }

    #[test]
    fn positives_that_were_certain_to_be_seen_leave_room_for_others() {
        // a hundredth of the exposure is known to be positive; 240 units of the rest found nothing
        let (value, size) = (0.01, 24_000.0);
        let with =
            |unseen| MeldCell { share: 1.0, mean: CellMean::Sampled { value, size, unseen } };
        let melded = interval(&[with(240.0)], EffectiveSize::Exact);
        assert!(melded.high > 0.01 + 3.0 / 240.0, "{melded:?}");
        assert!(interval(&[with(size)], EffectiveSize::Exact).high < 0.0115);
    }

    #[test]
    fn a_pseudo_event_drawn_apart_changes_nothing_where_weights_are_even() {
        let of = |unseen| {
            let mean = CellMean::Sampled { value: 0.02, size: 200.0, unseen };
            interval(&[MeldCell { share: 1.0, mean }], EffectiveSize::Exact).high
        };
        assert!((of(200.0) - of(189.0)).abs() < 0.002, "{} {}", of(200.0), of(189.0));
    }

    #[test]
    fn what_is_known_exactly_has_no_width() {
        let cells = [
            MeldCell { share: 0.25, mean: CellMean::Exact(0.5) },
            MeldCell { share: 0.75, mean: CellMean::Exact(0.1) },
        ];
        let melded = interval(&cells, EffectiveSize::Exact);
        assert!((melded.low - 0.2).abs() < 1e-12 && (melded.high - 0.2).abs() < 1e-12);
    }

    #[test]
    fn without_positives_the_lower_limit_is_0_and_the_upper_one_is_not() {
        let melded = interval(
            &[sampled(0.1, 0.0, 100.0), sampled(0.9, 0.0, 300.0)],
            EffectiveSize::Units(1000.0),
        );
        assert!(melded.low.abs() < 1e-300);
        assert!(melded.high > 0.005 && melded.high < 0.02, "{melded:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_limits() {
        let cells = [sampled(0.1, 0.7, 100.0), sampled(0.9, 0.01, 300.0)];
        assert_eq!(
            interval(&cells, EffectiveSize::Units(1e3)),
            interval(&cells, EffectiveSize::Units(1e3))
        );
    }

    #[test]
    fn no_cells_are_an_error() {
        let level = Level::new(0.9).unwrap();
        assert_eq!(
            kg_meld(&[], EffectiveSize::Exact, level, Draws::least(1)),
            Err(StatsError::NoUnits)
        );
    }
}
