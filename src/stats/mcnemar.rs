//! McNemar's tests: do two labelers, or one before and after a change, err equally often on the same units?
//!
//! Symbols: `b` units that only the first got right, `c` units that only the second did; units on which both agree say
//! nothing about the difference. All p-values are two-sided.

use crate::stats::StatsError;
use crate::stats::beta;
use crate::stats::beta::BetaShape;
use statrs::function::erf::erfc;
use statrs::function::gamma::ln_gamma;

/// Units by whether each of two labelers got them right (or labeled them positive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedCounts {
    /// Both did.
    pub both: u64,
    /// Only the first did (`b`).
    pub only_first: u64,
    /// Only the second did (`c`).
    pub only_second: u64,
    /// Neither did.
    pub neither: u64,
}

/// A chi-squared statistic with one degree of freedom and its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquared {
    /// The statistic.
    pub statistic: f64,
    /// The probability of one at least as large.
    pub p_value: f64,
}

impl PairedCounts {
    /// Returns the share of the first less that of the second, `(b - c) / n`.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units.
    pub fn difference(self) -> Result<f64, StatsError> {
        match self.both + self.only_first + self.only_second + self.neither {
            0 => Err(StatsError::NoUnits),
            n => Ok((self.only_first as f64 - self.only_second as f64) / n as f64),
        }
    }

    fn disagreements(self) -> u64 {
        self.only_first + self.only_second
    }

    fn rarer(self) -> u64 {
        self.only_first.min(self.only_second)
    }
}

/// Returns the p-value of McNemar's exact test: never too small, and often much too large.
///
/// Twice the binomial probability of `min(b, c)` or fewer of `b + c` at 1/2; 1 where `b = c`, also where nothing differs.
///
/// # Source
///
/// McNemar (1947), Psychometrika 12:153–157.
#[must_use]
pub fn mcnemar_exact(pairs: PairedCounts) -> f64 {
    let (n, least) = (pairs.disagreements() as f64, pairs.rarer() as f64);
    if pairs.only_first == pairs.only_second {
        return 1.0;
    }
    // at most `least` of `n` successes, by the beta form of the binomial tail
    (2.0 * beta::cumulative(BetaShape { success: n - least, failure: least + 1.0 }, 0.5)).min(1.0)
}

/// Returns the mid-p p-value of McNemar's test: the exact one less the probability of what was seen.
///
/// Holds its level nearly everywhere and is far less conservative than the exact test. Where `b = c` it is 1; some write
/// one less half the probability of what was seen.
///
/// # Source
///
/// Fagerland, Lydersen & Laake (2013), BMC Med. Res. Methodol. 13:91.
#[must_use]
pub fn mcnemar_mid_p(pairs: PairedCounts) -> f64 {
    if pairs.only_first == pairs.only_second {
        return 1.0;
    }
    let (n, least) = (pairs.disagreements() as f64, pairs.rarer() as f64);
    let ways = ln_gamma(n + 1.0) - ln_gamma(least + 1.0) - ln_gamma(n - least + 1.0);
    let tail = beta::cumulative(BetaShape { success: n - least, failure: least + 1.0 }, 0.5);
    (2.0 * tail - (ways - n * std::f64::consts::LN_2).exp()).clamp(0.0, 1.0)
}

/// Returns McNemar's asymptotic test, `(b - c)^2 / (b + c)`.
///
/// Needs some 10 disagreements; the mid-p test needs none.
///
/// # Errors
///
/// [`StatsError::Undefined`] where no unit differs.
///
/// # Source
///
/// McNemar (1947), Psychometrika 12:153–157.
pub fn mcnemar_chi_squared(pairs: PairedCounts) -> Result<ChiSquared, StatsError> {
    let gap = pairs.only_first.abs_diff(pairs.only_second) as f64;
    chi_squared(pairs, gap)
}

/// Returns McNemar's asymptotic test with continuity correction, `(|b - c| - 1)^2 / (b + c)`: as conservative as the exact.
///
/// # Errors
///
/// [`StatsError::Undefined`] where no unit differs, and where `b = c`: there the correction moves away from no difference,
/// and packages disagree on what to do instead.
///
/// # Source
///
/// Edwards (1948), Psychometrika 13:185–187.
pub fn mcnemar_chi_squared_corrected(pairs: PairedCounts) -> Result<ChiSquared, StatsError> {
    match pairs.only_first.abs_diff(pairs.only_second) {
        0 => Err(undefined("both kinds of disagreement are equally frequent")),
        gap => chi_squared(pairs, gap as f64 - 1.0),
    }
}

fn chi_squared(pairs: PairedCounts, gap: f64) -> Result<ChiSquared, StatsError> {
    if pairs.disagreements() == 0 {
        return Err(undefined("the two never differ"));
    }
    let statistic = gap.powi(2) / pairs.disagreements() as f64;
    Ok(ChiSquared { statistic, p_value: erfc((statistic / 2.0).sqrt()) })
}

fn undefined(reason: &'static str) -> StatsError {
    StatsError::Undefined { statistic: "McNemar's chi-squared", reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(only_first: u64, only_second: u64) -> PairedCounts {
        PairedCounts { both: 1, only_first, only_second, neither: 12 }
    }

    #[test]
    fn the_published_example_is_reproduced() {
        // Fagerland, Lydersen & Laake (2013), table 1
        let seen = pairs(1, 7);
        assert!((mcnemar_exact(seen) - 0.070_312_5).abs() < 1e-12);
        assert!((mcnemar_mid_p(seen) - 0.039_062_5).abs() < 1e-12);
        assert!((mcnemar_chi_squared(seen).unwrap().p_value - 0.033_895).abs() < 1e-6);
        assert!((mcnemar_chi_squared_corrected(seen).unwrap().p_value - 0.077_100).abs() < 1e-6);
    }

    #[test]
    fn equal_disagreements_are_no_evidence() {
        for count in [0, 4] {
            assert!((mcnemar_exact(pairs(count, count)) - 1.0).abs() < 1e-300);
            assert!((mcnemar_mid_p(pairs(count, count)) - 1.0).abs() < 1e-300);
            assert!(mcnemar_chi_squared_corrected(pairs(count, count)).is_err());
        }
        assert!(mcnemar_chi_squared(pairs(0, 0)).is_err());
    }

    proptest! {
        #[test]
        fn the_mid_p_value_is_smaller_and_sides_do_not_matter(b in 0u64..5000, c in 0u64..5000) {
            let (one, other) = (pairs(b, c), pairs(c, b));
            prop_assert!(mcnemar_mid_p(one) <= mcnemar_exact(one));
            prop_assert!((mcnemar_mid_p(one) - mcnemar_mid_p(other)).abs() < 1e-15);
            prop_assert!((one.difference().unwrap() + other.difference().unwrap()).abs() < 1e-15);
        }
    }
}
