//! A bootstrap interval for the Rogan-Gladen estimate, as packages for LLM judges make it.

use crate::stats::Draws;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::StatsError;
use crate::stats::draws::Generator;
use crate::stats::draws::sorted_quantile;

/// Gold units by what is true of them and what the labeler said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldCounts {
    /// Positives that were labeled positive.
    pub true_positives: u64,
    /// Positives that were not.
    pub false_negatives: u64,
    /// Negatives that were labeled positive.
    pub false_positives: u64,
    /// Negatives that were not.
    pub true_negatives: u64,
}

/// What a bootstrap draws again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resampled {
    /// The gold alone: the error of the apparent prevalence is left out, as judgy does. Too short unless the labeled sample
    /// is very large.
    Gold,
    /// The gold and, apart from it, the labeled sample.
    GoldAndSample,
}

/// Returns the percentile interval of the corrected prevalence over resampled gold.
///
/// Assumes one simple random gold sample, independent of the labeled one. A replicate is cut to `[0, 1]`; one that has no
/// value (no positive or no negative drawn, or J not above 0) may be anything, and counts as 0 for the lower limit and as 1
/// for the upper. For comparison with other packages: with few gold units the percentile interval is too short, and
/// [`crate::stats::lang_reiczigel`] is not.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without gold.
///
/// # Source
///
/// Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13; judgy 0.1.0 for [`Resampled::Gold`].
pub fn rogan_gladen_bootstrap(
    apparent: Rate,
    gold: GoldCounts,
    resampled: Resampled,
    level: Level,
    draws: Draws,
) -> Result<Interval, StatsError> {
    if gold.cells().iter().sum::<u64>() == 0 {
        return Err(StatsError::NoUnits);
    }
    let mut generator = draws.generator();
    let mut replicates: Vec<Option<f64>> = (0..draws.count())
        .map(|_| {
            let again = gold.resample(&mut generator);
            let share = match resampled {
                Resampled::Gold => apparent.value(),
                Resampled::GoldAndSample => {
                    let trials = apparent.trials();
                    generator.binomial(trials, apparent.value()) as f64 / trials as f64
                }
            };
            again.corrected(share)
        })
        .collect();
    let mut limit = |unknown: f64, part: f64| {
        replicates.sort_unstable_by(|a, b| a.unwrap_or(unknown).total_cmp(&b.unwrap_or(unknown)));
        let values: Vec<f64> = replicates.iter().map(|value| value.unwrap_or(unknown)).collect();
        sorted_quantile(&values, part).ok_or(StatsError::NoUnits)
    };
    Ok(Interval {
        low: limit(0.0, level.tail())?,
        high: limit(1.0, 1.0 - level.tail())?,
        method: Method::Percentile,
    })
}

impl GoldCounts {
    fn cells(self) -> [u64; 4] {
        [self.true_positives, self.false_negatives, self.false_positives, self.true_negatives]
    }

    /// Draws as many units again, with replacement.
    fn resample(self, generator: &mut Generator) -> Self {
        let cells = self.cells();
        let (mut units, mut drawn): (u64, u64) = (cells.iter().sum(), cells.iter().sum());
        let mut next = |cell: u64| {
            let p = if units == 0 { 0.0 } else { cell as f64 / units as f64 };
            let taken = generator.binomial(drawn, p);
            units -= cell;
            drawn -= taken;
            taken
        };
        Self {
            true_positives: next(self.true_positives),
            false_negatives: next(self.false_negatives),
            false_positives: next(self.false_positives),
            true_negatives: next(self.true_negatives),
        }
    }

    fn corrected(self, apparent: f64) -> Option<f64> {
        let share = |part: u64, rest: u64| part as f64 / (part + rest) as f64;
        let sensitivity = share(self.true_positives, self.false_negatives);
        let specificity = share(self.true_negatives, self.false_positives);
        let youden = sensitivity + specificity - 1.0;
        // also without positives or negatives, where it is NaN
        if youden.is_nan() || youden <= 0.0 {
            return None;
        }
        Some(((apparent + specificity - 1.0) / youden).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLD: GoldCounts = GoldCounts {
        true_positives: 80,
        false_negatives: 20,
        false_positives: 15,
        true_negatives: 85,
    };

    fn interval(gold: GoldCounts, resampled: Resampled) -> Result<Interval, StatsError> {
        let (apparent, level) = (Rate::new(120, 400).unwrap(), Level::new(0.95).unwrap());
        rogan_gladen_bootstrap(apparent, gold, resampled, level, Draws::least(5))
    }

    #[test]
    fn drawing_the_sample_again_widens_the_interval() {
        let (short, long) = (
            interval(GOLD, Resampled::Gold).unwrap(),
            interval(GOLD, Resampled::GoldAndSample).unwrap(),
        );
        assert!(long.low < short.low && short.high < long.high, "{short:?} {long:?}");
    }

    #[test]
    fn what_has_no_value_may_be_anything() {
        let one = GoldCounts {
            true_positives: 1,
            false_negatives: 0,
            false_positives: 0,
            true_negatives: 1,
        };
        let interval = interval(one, Resampled::Gold).unwrap();
        assert!(interval.low.abs() < 1e-300 && (interval.high - 1.0).abs() < 1e-300);
    }

    #[test]
    fn no_gold_is_an_error() {
        let none = GoldCounts {
            true_positives: 0,
            false_negatives: 0,
            false_positives: 0,
            true_negatives: 0,
        };
        assert_eq!(interval(none, Resampled::Gold), Err(StatsError::NoUnits));
    }
}
