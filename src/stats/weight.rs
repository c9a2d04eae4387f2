//! Design weights: how many units of the population one observed unit stands for.

use crate::stats::StatsError;

/// Weights lie in this range, so that no sum of their squares overflows or vanishes.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// The weight of a unit in the first phase (the labeled sample).
///
/// Symbols: exposure `t`, inclusion probability `pi`, weight `d = t / pi`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    exposure: f64,
    probability: f64,
}

/// The weight of a gold unit: its first-phase [`Weight`] and the probability `rho` of being chosen for gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldWeight {
    first: Weight,
    probability: f64,
}

/// Sums over weights that every estimator here is built from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WeightSum {
    /// Units added.
    pub count: u64,
    /// Sum of weights.
    pub weight: f64,
    /// Sum of squared weights.
    pub square: f64,
    /// Sum of `(1 - probability) * weight^2`: the Poisson design variance of the sum of weights.
    pub error: f64,
    /// The part of `error` due to the first phase; the same as `error` for first-phase weights.
    pub first_phase_error: f64,
    /// The largest weight of a unit that was not certain to be observed.
    pub largest: f64,
    /// Sum of the weights of units that were certain to be observed.
    pub certain: f64,
}

impl Weight {
    /// Checks an exposure and an inclusion probability.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotAnExposure`] unless it and the weight lie within 1e-100 to 1e100,
    /// [`StatsError::NotAProbability`] outside (0, 1].
    pub fn new(exposure: f64, probability: f64) -> Result<Self, StatsError> {
        let weight = Self { exposure, probability: checked_probability(probability)? };
        if WEIGHTS.contains(&exposure) && WEIGHTS.contains(&weight.value()) {
            Ok(weight)
        } else {
            Err(StatsError::NotAnExposure(exposure))
        }
    }

    /// Returns the inclusion probability.
    #[must_use]
    pub fn probability(self) -> f64 {
        self.probability
    }

    /// Returns `t / pi`.
    #[must_use]
    pub fn value(self) -> f64 {
        self.exposure / self.probability
    }
}

impl GoldWeight {
    /// Joins a first-phase weight with the conditional probability of being chosen for gold.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotAProbability`] outside (0, 1].
    pub fn new(first: Weight, probability: f64) -> Result<Self, StatsError> {
        let weight = Self { first, probability: checked_probability(probability)? };
        if WEIGHTS.contains(&weight.value()) {
            Ok(weight)
        } else {
            Err(StatsError::NotAProbability(probability))
        }
    }

    /// Returns `t / (pi * rho)`.
    #[must_use]
    pub fn value(self) -> f64 {
        self.first.value() / self.probability
    }
}

impl WeightSum {
    /// Adds a unit of the first phase.
    pub fn add(&mut self, unit: Weight) {
        let error = (1.0 - unit.probability) * unit.value().powi(2);
        self.push(unit.value(), error, error);
    }

    /// Adds a gold unit.
    pub fn add_gold(&mut self, unit: GoldWeight) {
        let both = unit.first.probability * unit.probability;
        let first = (1.0 - unit.first.probability) * unit.first.value().powi(2) / unit.probability;
        self.push(unit.value(), (1.0 - both) * unit.value().powi(2), first);
    }

    /// Adds everything another sum holds.
    pub fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.weight += other.weight;
        self.square += other.square;
        self.error += other.error;
        self.first_phase_error += other.first_phase_error;
        self.largest = self.largest.max(other.largest);
        self.certain += other.certain;
    }

    /// Returns the sum of two.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.absorb(other);
        self
    }

    fn push(&mut self, weight: f64, error: f64, first_phase_error: f64) {
        self.count += 1;
        self.weight += weight;
        self.square += weight.powi(2);
        self.error += error;
        self.first_phase_error += first_phase_error;
        if error > 0.0 {
            self.largest = self.largest.max(weight);
        } else {
            self.certain += weight;
        }
    }
}

fn checked_probability(probability: f64) -> Result<f64, StatsError> {
    if probability > 0.0 && probability <= 1.0 {
        Ok(probability)
    } else {
        Err(StatsError::NotAProbability(probability))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_weight_is_refused() {
        for (exposure, probability) in [
            (0.0, 0.5),
            (-1.0, 0.5),
            (f64::NAN, 0.5),
            (f64::INFINITY, 0.5),
            (1e-200, 0.5),
            (1e99, 1e-9),
            (1.0, 0.0),
            (1.0, 1.1),
            (1.0, f64::NAN),
        ] {
            assert!(Weight::new(exposure, probability).is_err(), "{exposure} {probability}");
        }
    }

    #[test]
    fn the_two_phases_add_up_to_the_design_variance() {
        let mut sum = WeightSum::default();
        sum.add_gold(GoldWeight::new(Weight::new(3.0, 0.5).unwrap(), 0.25).unwrap());
        // d = 6: (1-pi) d^2 / rho = 72, (1-rho) d^2 / rho^2 = 432, together (1-pi rho) (d/rho)^2 = 504
        assert!((sum.first_phase_error - 72.0).abs() < 1e-12);
        assert!((sum.error - 504.0).abs() < 1e-12);
    }

    #[test]
    fn a_unit_that_was_certain_brings_no_error() {
        let mut sum = WeightSum::default();
        sum.add(Weight::new(7.0, 1.0).unwrap());
        assert!(sum.error.abs() < 1e-300 && sum.largest.abs() < 1e-300);
        assert!((sum.certain - 7.0).abs() < 1e-12);
    }
}
