//! The confidence level of an interval.

use crate::stats::StatsError;
use statrs::distribution::ContinuousCDF as _;
use statrs::distribution::Normal;

/// The confidence level of a two-sided interval, strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level(f64);

impl Level {
    /// Checks a level such as 0.95.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotALevel`] outside (0, 1), and for NaN.
    pub fn new(level: f64) -> Result<Self, StatsError> {
        if level > 0.0 && level < 1.0 { Ok(Self(level)) } else { Err(StatsError::NotALevel(level)) }
    }

    /// Returns the level.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }

    /// Returns the probability left in each tail.
    #[must_use]
    pub fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// Returns the level each of `n` intervals needs for all of them to hold at once at this one.
    ///
    /// # Source
    ///
    /// Dunn (1961), JASA 56:52–64 (Bonferroni's inequality).
    #[must_use]
    pub fn shared_by(self, n: usize) -> Self {
        Self(1.0 - (1.0 - self.0) / n.max(1) as f64)
    }

    /// Returns the standard normal quantile that leaves [`Self::tail`] above it.
    #[must_use]
    pub fn z(self) -> f64 {
        -Normal::standard().inverse_cdf(self.tail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_normal_table() {
        for (level, z) in [(0.9, 1.644_853_626_951_472_2), (0.95, 1.959_963_984_540_054)] {
            assert!((Level::new(level).unwrap().z() - z).abs() < 1e-12, "{level}");
        }
    }

    #[test]
    fn only_numbers_between_0_and_1_are_levels() {
        for level in [0.0, 1.0, 95.0, -0.1, f64::NAN] {
            assert!(Level::new(level).is_err(), "{level}");
        }
    }
}
