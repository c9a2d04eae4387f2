//! What the replicates of a statistic say about its error.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;
use crate::stats::draws::sorted_quantile;
use statrs::distribution::ContinuousCDF as _;
use statrs::distribution::Normal;

/// A statistic on all units, and on units drawn again.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    estimate: f64,
    sorted: Vec<f64>,
}

impl Replicates {
    /// Sorts the replicates.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without replicates; [`StatsError::OutOfRange`] for a value that is not finite.
    pub(super) fn new(estimate: f64, mut values: Vec<f64>) -> Result<Self, StatsError> {
        if values.is_empty() {
            return Err(StatsError::NoUnits);
        }
        if let Some(value) = values.iter().chain([&estimate]).find(|value| !value.is_finite()) {
            return Err(StatsError::OutOfRange { what: "a finite statistic", value: *value });
        }
        values.sort_unstable_by(f64::total_cmp);
        Ok(Self { estimate, sorted: values })
    }

    /// Returns the statistic on all units.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        self.estimate
    }

    /// Returns the replicates, smallest first.
    #[must_use]
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Returns the standard deviation of the replicates.
    #[must_use]
    pub fn std_error(&self) -> f64 {
        let n = self.sorted.len() as f64;
        let mean = self.sorted.iter().sum::<f64>() / n;
        let squares: f64 = self.sorted.iter().map(|value| (value - mean).powi(2)).sum();
        (squares / (n - 1.0)).sqrt()
    }

    /// Returns the interval between quantiles of the replicates.
    ///
    /// # Source
    ///
    /// Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
    #[must_use]
    pub fn percentile(&self, level: Level) -> Interval {
        let (low, high) = (self.quantile(level.tail()), self.quantile(1.0 - level.tail()));
        Interval { low, high, method: Method::Percentile }
    }

    /// Returns the percentile interval mirrored at the estimate.
    ///
    /// # Source
    ///
    /// Davison & Hinkley (1997), Bootstrap Methods and their Application, section 5.2.
    #[must_use]
    pub fn basic(&self, level: Level) -> Interval {
        let inner = self.percentile(level);
        Interval {
            low: 2.0 * self.estimate - inner.high,
            high: 2.0 * self.estimate - inner.low,
            method: Method::Basic,
        }
    }

    /// Returns the interval corrected for bias and acceleration (BCa): the most accurate of the three.
    ///
    /// `acceleration` comes from [`crate::stats::jackknife_acceleration`]. Replicates equal to the estimate count as half
    /// below it.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where every replicate lies on one side of the estimate, or the acceleration is so large
    /// that the corrected quantile is undefined.
    ///
    /// # Source
    ///
    /// Efron (1987), JASA 82:171–185.
    pub fn bias_corrected(&self, acceleration: f64, level: Level) -> Result<Interval, StatsError> {
        let normal = Normal::standard();
        let bias = normal.inverse_cdf(self.part_below());
        if !bias.is_finite() {
            return Err(undefined("every replicate lies on one side of the estimate"));
        }
        let part = |z: f64| {
            let moved = bias + z;
            let scale = 1.0 - acceleration * moved;
            // also refuses an acceleration that is NaN
            if scale > 0.0 {
                Ok(normal.cdf(bias + moved / scale))
            } else {
                Err(undefined("the acceleration is too large for this level"))
            }
        };
        Ok(Interval {
            low: self.quantile(part(-level.z())?),
            high: self.quantile(part(level.z())?),
            method: Method::BiasCorrected,
        })
    }

    /// The part of the replicates below the estimate, with half of those equal to it up to rounding.
    fn part_below(&self) -> f64 {
        let rounding = 1e-12 * (1.0 + self.estimate.abs());
        let below = self.sorted.partition_point(|value| *value < self.estimate - rounding);
        let up_to = self.sorted.partition_point(|value| *value <= self.estimate + rounding);
        (below + up_to) as f64 / (2.0 * self.sorted.len() as f64)
    }

    fn quantile(&self, part: f64) -> f64 {
        // there is at least one replicate
        sorted_quantile(&self.sorted, part).unwrap_or(self.estimate)
    }
}

fn undefined(reason: &'static str) -> StatsError {
    StatsError::Undefined { statistic: "the bias-corrected interval", reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> Level {
        Level::new(0.9).unwrap()
    }

    #[test]
    fn without_bias_and_acceleration_the_corrected_interval_is_the_percentile_one() {
        let values: Vec<f64> = (0..=1000).map(f64::from).collect();
        let replicates = Replicates::new(500.0, values).unwrap();
        let (plain, corrected) =
            (replicates.percentile(level()), replicates.bias_corrected(0.0, level()).unwrap());
        assert!((plain.low - 50.0).abs() < 1e-9 && (plain.high - 950.0).abs() < 1e-9, "{plain:?}");
        assert!((corrected.low - plain.low).abs() < 1e-6, "{corrected:?}");
        assert!((corrected.high - plain.high).abs() < 1e-6, "{corrected:?}");
    }

    #[test]
    fn the_basic_interval_mirrors_the_percentile_one() {
        let replicates = Replicates::new(2.0, vec![1.0, 2.0, 5.0]).unwrap();
        let (plain, basic) = (replicates.percentile(level()), replicates.basic(level()));
        assert!((basic.low - (4.0 - plain.high)).abs() < 1e-12);
        assert!((basic.high - (4.0 - plain.low)).abs() < 1e-12);
    }

    #[test]
    fn an_estimate_outside_its_replicates_is_refused() {
        let replicates = Replicates::new(9.0, vec![1.0, 2.0, 5.0]).unwrap();
        assert!(replicates.bias_corrected(0.0, level()).is_err());
        let inside = Replicates::new(2.0, vec![1.0, 2.0, 5.0]).unwrap();
        assert!(inside.bias_corrected(50.0, level()).is_err());
        assert!(Replicates::new(f64::NAN, vec![1.0]).is_err());
    }
}
