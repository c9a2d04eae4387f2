//! The bootstrap of a difference of two labelers' mean scores on the same units.

use super::acceleration;
use super::bootstrap;
use crate::stats::Replicates;
use crate::stats::Resampling;
use crate::stats::StatsError;

/// Two scores of every unit (1 for right, 0 for wrong; a loss; a cost), and the weight of the unit.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedScores {
    /// The weight, and the weight times the difference.
    units: Vec<(f64, f64)>,
}

impl PairedScores {
    /// Pairs the scores unit by unit, each unit with the weight 1: the difference is the first less the second.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`]; [`StatsError::NoUnits`]; [`StatsError::OutOfRange`] for a score that is not finite.
    pub fn new(first: &[f64], second: &[f64]) -> Result<Self, StatsError> {
        if first.len() != second.len() {
            return Err(StatsError::LengthsDiffer { left: first.len(), right: second.len() });
        }
        if first.is_empty() {
            return Err(StatsError::NoUnits);
        }
        if let Some(score) = first.iter().chain(second).find(|score| !score.is_finite()) {
            return Err(StatsError::OutOfRange { what: "a finite score", value: *score });
        }
        Ok(Self { units: first.iter().zip(second).map(|(one, two)| (1.0, one - two)).collect() })
    }

    /// Gives every unit its design weight.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`]; [`StatsError::OutOfRange`] for a weight that is not finite and above 0.
    pub fn weighted(mut self, weights: &[f64]) -> Result<Self, StatsError> {
        if weights.len() != self.units.len() {
            return Err(StatsError::LengthsDiffer { left: self.units.len(), right: weights.len() });
        }
        for (unit, weight) in self.units.iter_mut().zip(weights) {
            if !(weight.is_finite() && *weight > 0.0) {
                return Err(StatsError::OutOfRange { what: "a weight above 0", value: *weight });
            }
            *unit = (*weight, unit.1 / unit.0 * weight);
        }
        Ok(self)
    }

    /// Returns the weighted mean difference.
    #[must_use]
    pub fn difference(&self) -> f64 {
        let (weight, sum) = self.sums();
        sum / weight
    }

    /// Returns the acceleration of the difference, for [`Replicates::bias_corrected`], in one pass.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] for one unit alone; [`StatsError::Undefined`] where every unit has the same difference.
    ///
    /// # Source
    ///
    /// Efron (1987), JASA 82:171–185.
    pub fn acceleration(&self) -> Result<f64, StatsError> {
        if self.units.len() < 2 {
            return Err(StatsError::NoUnits);
        }
        let (weight, sum) = self.sums();
        let without: Vec<f64> =
            self.units.iter().map(|(own, part)| (sum - part) / (weight - own)).collect();
        acceleration(&without)
    }

    fn sums(&self) -> (f64, f64) {
        sums(self.units.iter())
    }
}

/// Returns the mean difference and its replicates over units drawn again, each with both its scores and its weight.
///
/// Assumes that units are exchangeable but for their weights.
///
/// # Errors
///
/// Those of [`crate::stats::bootstrap`].
///
/// # Source
///
/// Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 8.
pub fn paired_bootstrap(
    scores: &PairedScores,
    resampling: Resampling,
) -> Result<Replicates, StatsError> {
    let difference = |units: &[usize]| {
        let (weight, sum) = sums(units.iter().map(|unit| &scores.units[*unit]));
        Ok(sum / weight)
    };
    bootstrap(scores.units.len(), difference, resampling)
}

fn sums<'a>(units: impl Iterator<Item = &'a (f64, f64)>) -> (f64, f64) {
    units.fold((0.0, 0.0), |(weight, sum), (own, part)| (weight + own, sum + part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::jackknife_acceleration;
    use std::num::NonZeroUsize;

    const FIRST: [f64; 6] = [1.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    const SECOND: [f64; 6] = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0];

    fn plan() -> Resampling {
        Resampling::new(4, 2_000, NonZeroUsize::MIN).unwrap()
    }

    #[test]
    fn a_common_weight_changes_nothing() {
        let plain = PairedScores::new(&FIRST, &SECOND).unwrap();
        let weighted = plain.clone().weighted(&[2.0; 6]).unwrap();
        assert_eq!(
            paired_bootstrap(&plain, plan()).unwrap(),
            paired_bootstrap(&weighted, plan()).unwrap()
        );
        assert!((plain.difference() - 2.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn a_heavy_unit_pulls_the_difference() {
        let scores = PairedScores::new(&FIRST, &SECOND).unwrap();
        let weights = [7.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        assert!((scores.weighted(&weights).unwrap().difference() - 8.0 / 12.0).abs() < 1e-12);
    }

    #[test]
    fn the_acceleration_in_one_pass_is_that_of_leaving_units_out() {
        let weights = [3.0, 1.0, 2.0, 1.0, 5.0, 1.0];
        let scores = PairedScores::new(&FIRST, &SECOND).unwrap().weighted(&weights).unwrap();
        let statistic = |units: &[usize]| {
            let (weight, sum) = sums(units.iter().map(|unit| &scores.units[*unit]));
            Ok(sum / weight)
        };
        let slow = jackknife_acceleration(6, statistic, NonZeroUsize::MIN).unwrap();
        assert!((scores.acceleration().unwrap() - slow).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_pair_is_refused() {
        assert!(PairedScores::new(&FIRST, &[1.0]).is_err());
        assert!(PairedScores::new(&[], &[]).is_err());
        assert!(PairedScores::new(&[f64::NAN], &[1.0]).is_err());
        let scores = PairedScores::new(&FIRST, &SECOND).unwrap();
        assert!(scores.clone().weighted(&[1.0]).is_err());
        assert!(scores.weighted(&[1.0, 1.0, 0.0, 1.0, 1.0, 1.0]).is_err());
    }
}
