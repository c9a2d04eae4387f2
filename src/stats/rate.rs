//! Successes out of trials.

use crate::stats::StatsError;

/// Successes out of trials. Invariant: `successes <= trials` and `0 < trials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    successes: u64,
    trials: u64,
}

impl Rate {
    /// Checks the counts.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] without trials, or with more successes than trials.
    pub fn new(successes: u64, trials: u64) -> Result<Self, StatsError> {
        if trials == 0 || successes > trials {
            return Err(StatsError::NotARate { successes, trials });
        }
        Ok(Self { successes, trials })
    }

    /// Returns the successes.
    #[must_use]
    pub fn successes(self) -> u64 {
        self.successes
    }

    /// Returns the trials.
    #[must_use]
    pub fn trials(self) -> u64 {
        self.trials
    }

    /// Returns the share of successes.
    #[must_use]
    pub fn value(self) -> f64 {
        self.successes as f64 / self.trials as f64
    }

    /// Returns the binomial variance of the share, p(1-p)/n.
    #[must_use]
    pub fn variance(self) -> f64 {
        self.value() * (1.0 - self.value()) / self.trials as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_counts_are_refused() {
        assert!(Rate::new(0, 0).is_err());
        assert!(Rate::new(3, 2).is_err());
    }

    #[test]
    fn the_variance_is_binomial() {
        assert!((Rate::new(3, 10).unwrap().variance() - 0.021).abs() < 1e-15);
    }
}
