//! The bootstrap without drawing: for whole-number differences its distribution can be computed.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;

/// More steps than this are not worth the exactness.
const MOST_STEPS: f64 = 1e9;

/// The distribution of the sum of as many differences drawn with replacement.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactBootstrap {
    units: usize,
    sums: Vec<(i64, f64)>,
}

/// Returns the exact bootstrap distribution of a sum of whole-number differences (1, 0 and -1 for two labelers' hits).
///
/// It is what [`crate::stats::paired_bootstrap`] comes to with ever more replicates. The work grows with the square of the
/// units times the range of the differences.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without differences; [`StatsError::OutOfRange`] where the work is too large: draw instead.
///
/// # Source
///
/// Efron (1979), Ann. Stat. 7:1–26, section 4 (the theoretical calculation).
pub fn exact_bootstrap(differences: &[i32]) -> Result<ExactBootstrap, StatsError> {
    let (Some(least), Some(most)) = (differences.iter().min(), differences.iter().max()) else {
        return Err(StatsError::NoUnits);
    };
    let units = differences.len();
    let mut counts = std::collections::BTreeMap::<usize, f64>::new();
    for difference in differences {
        let above = (i64::from(*difference) - i64::from(*least)) as usize;
        *counts.entry(above).or_default() += 1.0 / units as f64;
    }
    let range = (i64::from(*most) - i64::from(*least)) as f64;
    let steps = (units as f64).powi(2) * (range + 1.0) * counts.len() as f64;
    if steps > MOST_STEPS {
        return Err(StatsError::OutOfRange {
            what: "few enough units for exactness",
            value: units as f64,
        });
    }
    let mut probabilities = vec![1.0];
    for _ in 0..units {
        let mut next = vec![0.0; probabilities.len() + range as usize];
        for (above, part) in &counts {
            for (sum, probability) in probabilities.iter().enumerate() {
                next[sum + above] += part * probability;
            }
        }
        probabilities = next;
    }
    let base = i64::from(*least) * units as i64;
    let sums = probabilities
        .into_iter()
        .enumerate()
        .filter(|(_, probability)| *probability > 0.0)
        .map(|(above, probability)| (base + above as i64, probability))
        .collect();
    Ok(ExactBootstrap { units, sums })
}

impl ExactBootstrap {
    /// Returns the sums that can come out, smallest first, each with its probability.
    #[must_use]
    pub fn sums(&self) -> &[(i64, f64)] {
        &self.sums
    }

    /// Returns the expected mean difference: that of the units.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.moment(0.0, 1)
    }

    /// Returns the standard deviation of the mean difference.
    #[must_use]
    pub fn std_error(&self) -> f64 {
        self.moment(self.mean(), 2).sqrt()
    }

    /// Returns the percentile interval of the mean difference.
    ///
    /// # Source
    ///
    /// Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
    #[must_use]
    pub fn percentile(&self, level: Level) -> Interval {
        let (low, high) = (self.quantile(level.tail()), self.quantile(1.0 - level.tail()));
        Interval { low, high, method: Method::Percentile }
    }

    fn moment(&self, centre: f64, power: i32) -> f64 {
        let of = |(sum, probability): &(i64, f64)| {
            (*sum as f64 / self.units as f64 - centre).powi(power) * probability
        };
        self.sums.iter().map(of).sum()
    }

    /// The least mean difference that is not exceeded with at least that probability.
    fn quantile(&self, part: f64) -> f64 {
        let mut reached = 0.0;
        let mut found = 0;
        for (sum, probability) in &self.sums {
            found = *sum;
            reached += probability;
            if reached >= part {
                break;
            }
        }
        found as f64 / self.units as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::PairedScores;
    use crate::stats::Resampling;
    use crate::stats::paired_bootstrap;
    use std::num::NonZeroUsize;

    #[test]
    fn one_of_two_units_is_a_fair_coin() {
        let exact = exact_bootstrap(&[1, 0]).unwrap();
        let expected = [(0, 0.25), (1, 0.5), (2, 0.25)];
        for (got, expected) in exact.sums().iter().zip(expected) {
            assert_eq!(got.0, expected.0);
            assert!((got.1 - expected.1).abs() < 1e-15);
        }
        assert!((exact.mean() - 0.5).abs() < 1e-15);
        assert!((exact.std_error() - 0.125f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn drawing_approaches_it() {
        let differences = [1, 1, 0, 0, 1, -1, -1, 0, 1, 1, 0, 0, 0, 1, -1, 0, 0, 0, 1, 1];
        let exact = exact_bootstrap(&differences).unwrap();
        let first: Vec<f64> = differences.iter().map(|d| f64::from(*d)).collect();
        let scores = PairedScores::new(&first, &[0.0; 20]).unwrap();
        let plan = Resampling::new(2, 20_000, NonZeroUsize::MIN).unwrap();
        let drawn = paired_bootstrap(&scores, plan).unwrap();
        let level = Level::new(0.95).unwrap();
        let (one, other) = (exact.percentile(level), drawn.percentile(level));
        assert!((one.low - other.low).abs() < 0.051 && (one.high - other.high).abs() < 0.051);
        assert!((exact.std_error() / drawn.std_error() - 1.0).abs() < 0.02);
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(exact_bootstrap(&[]), Err(StatsError::NoUnits));
        assert!(exact_bootstrap(&[0, i32::MAX, i32::MIN]).is_err());
        assert!(exact_bootstrap(&[0, 5_000_000]).is_ok());
    }
}
