//! An interval for the expected calibration error.

use crate::stats::Bins;
use crate::stats::Forecasts;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;
use crate::stats::draws::sorted_quantile;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

/// How many resamples an interval takes and the seed they start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resamples {
    seed: u64,
    count: u32,
}

impl Resamples {
    /// The least number of resamples whose tail quantiles are steady enough to print.
    pub const LEAST: u32 = 1_000;

    /// Checks the number of resamples.
    ///
    /// # Errors
    ///
    /// [`StatsError::TooFewDraws`] below [`Self::LEAST`].
    pub fn new(seed: u64, count: u32) -> Result<Self, StatsError> {
        if count < Self::LEAST {
            return Err(StatsError::TooFewDraws { asked: count, least: Self::LEAST });
        }
        Ok(Self { seed, count })
    }
}

/// Returns an interval for the expected calibration error over the bins, that of the population.
///
/// The estimated error is biased upwards, since noise in every bin counts as a gap, and bootstrapping it doubles
/// the bias: quantiles of resampled errors miss 0 for a perfectly calibrated labeler. So signed gaps are resampled
/// instead. With `g_b = sum_b w (y - p) / sum w` of bin b, the error is `sum |g_b|` and its estimate is off by at
/// most `D = sum |g*_b - g_b|` downwards and `S = sum sign(g_b) (g_b - g*_b)` upwards; the limits are the estimate
/// less the upper quantile of D and plus that of S, cut at 0 and 1. It covers at least the level in large samples.
///
/// Units are resampled with their weights, as if drawn independently; the bins are taken as given. A bin whose
/// few units are all negative (or all positive) shows no spread, so with very few positives the interval is narrow.
///
/// # Source
///
/// Efron & Tibshirani (1993), An Introduction to the Bootstrap, for the resampling; the bound is the triangle inequality.
#[must_use]
pub fn ece_interval(
    forecasts: &Forecasts,
    bins: &Bins,
    level: Level,
    resamples: Resamples,
) -> Interval {
    let units: Vec<Binned> = forecasts
        .units()
        .iter()
        .map(|unit| Binned {
            bin: bins.bin_of(unit.score),
            weight: unit.weight,
            gap: unit.weight * (unit.outcome() - unit.score),
        })
        .collect();
    let observed = gaps(units.iter(), bins.count());
    let mut source = Pcg64::seed_from_u64(resamples.seed);
    let (mut down, mut up) = (Vec::new(), Vec::new());
    for _ in 0..resamples.count {
        let picked = (0..units.len()).map(|_| &units[index(&mut source, units.len())]);
        let again = gaps(picked, bins.count());
        let pairs = || observed.iter().zip(&again);
        down.push(pairs().map(|(seen, drawn)| (drawn - seen).abs()).sum::<f64>());
        up.push(pairs().map(|(seen, drawn)| seen.signum() * (seen - drawn)).sum::<f64>());
    }
    let estimate: f64 = observed.iter().map(|gap| gap.abs()).sum();
    Interval {
        low: (estimate - upper_quantile(down, level)).clamp(0.0, 1.0),
        high: (estimate + upper_quantile(up, level).max(0.0)).min(1.0),
        method: Method::Bootstrap,
    }
}

struct Binned {
    bin: usize,
    weight: f64,
    gap: f64,
}

/// The signed gap of each bin as a share of all the weight.
fn gaps<'a>(units: impl Iterator<Item = &'a Binned>, bins: usize) -> Vec<f64> {
    let mut sums = vec![0.0; bins];
    let mut total = 0.0;
    for unit in units {
        sums[unit.bin] += unit.gap;
        total += unit.weight;
    }
    sums.iter_mut().for_each(|sum| *sum /= total);
    sums
}

/// Draws one of `count` places: the upper half of a 128-bit product, whose bias is below 2^-30 for any sample.
fn index(source: &mut Pcg64, count: usize) -> usize {
    ((u128::from(source.next_u64()) * count as u128) >> 64) as usize
}

fn upper_quantile(mut values: Vec<f64>, level: Level) -> f64 {
    values.sort_by(f64::total_cmp);
    sorted_quantile(&values, 1.0 - level.tail()).unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::BinEdges;
    use crate::stats::ScoredUnit;
    use crate::stats::Scores;
    use crate::stats::Truth;
    use crate::stats::reliability;

    /// Forecasts whose units are positive with probability `p + shift`.
    fn simulated(seed: u64, n: usize, shift: f64) -> Forecasts {
        let mut source = Pcg64::seed_from_u64(seed);
        let mut uniform = || (source.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let units = (0..n).map(|_| {
            let (score, draw) = (0.8 * uniform(), uniform());
            let truth = if draw < score + shift { Truth::Positive } else { Truth::Negative };
            ScoredUnit { score, truth, weight: 1.0 + uniform() }
        });
        Forecasts::new(Scores::new(units.collect()).unwrap()).unwrap()
    }

    fn interval(forecasts: &Forecasts, seed: u64) -> Interval {
        let bins = Bins::equal_width(8, BinEdges::RightClosed).unwrap();
        let resamples = Resamples::new(seed, 1_000).unwrap();
        ece_interval(forecasts, &bins, Level::new(0.9).unwrap(), resamples)
    }

    #[test]
    fn it_covers_the_error_of_calibrated_and_of_biased_forecasts() {
        for (error, least) in [(0.0, 36), (0.15, 36)] {
            let holds = |seed: &u64| {
                let got = interval(&simulated(*seed, 250, error), 9);
                got.low <= error && error <= got.high
            };
            assert!(least <= (0..40).filter(holds).count(), "{error}");
        }
    }

    #[test]
    fn a_large_sample_of_biased_forecasts_shows_the_bias() {
        let got = interval(&simulated(5, 4_000, 0.15), 9);
        assert!(0.1 < got.low && got.high < 0.2, "{got:?}");
    }

    #[test]
    fn it_holds_the_estimate_and_depends_on_the_seed_alone() {
        let forecasts = simulated(3, 200, 0.05);
        let bins = Bins::equal_width(8, BinEdges::RightClosed).unwrap();
        let estimate = reliability(&forecasts, &bins).expected_error();
        let got = interval(&forecasts, 1);
        assert!(got.low <= estimate && estimate <= got.high);
        assert_eq!(got, interval(&forecasts, 1));
        assert_ne!(got, interval(&forecasts, 2));
        assert!(Resamples::new(1, 999).is_err());
    }
}
