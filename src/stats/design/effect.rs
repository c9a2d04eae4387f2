//! What a design costs or saves in precision against simple random sampling.

use crate::stats::StatsError;
use crate::stats::design::SurveySample;

/// The simple random sample a design is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimpleSample {
    /// Drawn with replacement.
    WithReplacement,
    /// Drawn without replacement from a population as large as the sum of the weights.
    WithoutReplacement,
}

impl SurveySample {
    /// Returns the design effect of a weighted mean: its variance over that of a simple random sample of as many units.
    ///
    /// # Errors
    ///
    /// As [`SurveySample::estimate`]; [`StatsError::Undefined`] for a constant column, one unit, or, without
    /// replacement, weights that add up to no more than the units.
    ///
    /// # Source
    ///
    /// Kish (1965), Survey Sampling, 8.2.
    pub fn design_effect(
        &self,
        values: &[f64],
        comparison: SimpleSample,
    ) -> Result<f64, StatsError> {
        let mean = self.mean(values)?;
        let (n, population) = (values.len() as f64, self.sum_of_weights());
        let squares: Vec<f64> = values.iter().map(|value| (value - mean.value).powi(2)).collect();
        let unit_variance = self.sum(&squares) / population * n / (n - 1.0);
        let left = match comparison {
            SimpleSample::WithReplacement => 1.0,
            SimpleSample::WithoutReplacement => (population - n) / population,
        };
        let simple = unit_variance * left / n;
        if simple > 0.0 && simple.is_finite() {
            Ok(self.estimate(&mean)?.variance / simple)
        } else {
            Err(StatsError::Undefined {
                statistic: "design effect",
                reason: "the simple random sample it is compared with has no variance",
            })
        }
    }
}

/// Returns Kish's design effect of unequal weights, `n sum w^2 / (sum w)^2 = 1 + cv^2(w)`.
///
/// Holds where weights have nothing to do with the values; sizes drawn with purpose do better.
///
/// # Errors
///
/// As [`kish_size`].
///
/// # Source
///
/// Kish (1965), Survey Sampling, 11.7; Kish (1992), J. Off. Stat. 8:183–200.
pub fn kish_design_effect(weights: &[f64]) -> Result<f64, StatsError> {
    Ok(weights.len() as f64 / kish_size(weights)?)
}

/// Returns Kish's effective size, `(sum w)^2 / sum w^2`.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without weights, [`StatsError::OutOfRange`] for a weight that is not above 0.
///
/// # Source
///
/// Kish (1965), Survey Sampling, 11.7.
pub fn kish_size(weights: &[f64]) -> Result<f64, StatsError> {
    if let Some(weight) = weights.iter().find(|weight| !(**weight > 0.0 && weight.is_finite())) {
        return Err(StatsError::OutOfRange { what: "a weight above 0", value: *weight });
    }
    let largest = weights.iter().copied().reduce(f64::max).ok_or(StatsError::NoUnits)?;
    let scaled = || weights.iter().map(|weight| weight / largest);
    Ok(scaled().sum::<f64>().powi(2) / scaled().map(|weight| weight * weight).sum::<f64>())
}

/// What is guessed about units that come in clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterGuess {
    /// Units of a cluster in the sample, on average, at least 1.
    pub units: f64,
    /// The intraclass correlation: how alike two units of a cluster are, from -1 to 1.
    pub correlation: f64,
}

/// Returns the design effect of clusters of equal size, `1 + (b - 1) rho`.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a size below 1, or a correlation that such clusters cannot have.
///
/// # Source
///
/// Kish (1965), Survey Sampling, 5.4.
pub fn cluster_design_effect(guess: ClusterGuess) -> Result<f64, StatsError> {
    let ClusterGuess { units, correlation } = guess;
    if !(units >= 1.0 && units.is_finite()) {
        return Err(StatsError::OutOfRange { what: "a cluster size of at least 1", value: units });
    }
    let effect = 1.0 + (units - 1.0) * correlation;
    if correlation <= 1.0 && effect > 0.0 {
        Ok(effect)
    } else {
        Err(StatsError::OutOfRange {
            what: "an intraclass correlation that clusters of this size can have",
            value: correlation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_copies_of_one_unit_are_worth_one() {
        let of = |correlation| cluster_design_effect(ClusterGuess { units: 10.0, correlation });
        assert!((of(1.0).unwrap() - 10.0).abs() < 1e-12 && (of(0.0).unwrap() - 1.0).abs() < 1e-12);
        assert!(of(1.1).is_err() && of(-0.2).is_err() && of(f64::NAN).is_err());
    }

    #[test]
    fn equal_weights_cost_nothing_and_their_scale_does_not_matter() {
        assert!((kish_size(&[3.0; 7]).unwrap() - 7.0).abs() < 1e-12);
        let (one, other) = (kish_size(&[1.0, 4.0]).unwrap(), kish_size(&[1e90, 4e90]).unwrap());
        assert!((one - other).abs() < 1e-12 && (one - 25.0 / 17.0).abs() < 1e-12);
        assert!(kish_size(&[]).is_err() && kish_size(&[0.0]).is_err());
    }
}
