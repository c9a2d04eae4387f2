//! An estimate that is normal in large samples: its value, its variance, and what follows from the two.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;
use statrs::distribution::ContinuousCDF as _;
use statrs::distribution::Normal;

/// A value and the variance of its estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its variance, at least 0.
    pub variance: f64,
}

impl Estimate {
    /// Returns the square root of the variance.
    #[must_use]
    pub fn std_error(self) -> f64 {
        self.variance.sqrt()
    }

    /// Returns the value and so many standard errors on either side, not clipped to any range.
    ///
    /// Fit for differences and for shares far from 0 and 1 with much gold. For rare content its coverage is far below
    /// the level (.53 to .83 at .95 in simulations): use [`crate::stats::two_phase_interval`] there.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where the variance is estimated as 0: that is a lack of information, not precision.
    pub fn wald_interval(self, level: Level) -> Result<Interval, StatsError> {
        let half = level.z() * self.known_error("a normal interval")?;
        Ok(Interval { low: self.value - half, high: self.value + half, method: Method::Wald })
    }

    /// Returns the two-sided p-value of the hypothesis that the true value is `null`.
    ///
    /// # Errors
    ///
    /// As [`Self::wald_interval`]; [`StatsError::OutOfRange`] for a `null` that is not finite.
    pub fn p_value(self, null: f64) -> Result<f64, StatsError> {
        if !null.is_finite() {
            return Err(StatsError::OutOfRange { what: "a finite null value", value: null });
        }
        let z = (self.value - null).abs() / self.known_error("a p-value")?;
        Ok(2.0 * Normal::standard().sf(z))
    }

    fn known_error(self, statistic: &'static str) -> Result<f64, StatsError> {
        if self.variance > 0.0 && self.variance.is_finite() {
            return Ok(self.std_error());
        }
        Err(StatsError::Undefined { statistic, reason: "the variance is estimated as 0" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_ends_where_its_limit_has_that_p_value() {
        let estimate = Estimate { value: 0.3, variance: 0.01 };
        let interval = estimate.wald_interval(Level::new(0.9).unwrap()).unwrap();
        for limit in [interval.low, interval.high] {
            assert!((estimate.p_value(limit).unwrap() - 0.1).abs() < 1e-9);
        }
        assert!((estimate.p_value(0.3).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_variance_is_no_precision() {
        let none = Estimate { value: 0.0, variance: 0.0 };
        assert!(none.wald_interval(Level::new(0.9).unwrap()).is_err());
        assert!(none.p_value(0.1).is_err());
        assert!(Estimate { value: 0.0, variance: 1.0 }.p_value(f64::NAN).is_err());
    }
}
