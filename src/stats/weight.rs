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

/// What the units of one cluster add up to so far; one for each cluster and [`WeightSum`], empty at first.
///
/// Whole clusters are drawn, or units of a cluster are so alike that they count as drawn together: their sampling errors
/// add up before they are squared (the ultimate cluster). How gold was drawn inside the cluster stays each unit's own.
///
/// # Source
///
/// Hansen, Hurwitz & Madow (1953), Sample Survey Methods and Theory, vol. 1, ch. 6; Sarndal, Swensson & Wretman (1992), ch. 4.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClusterTotal {
    /// Sum of `sqrt(1 - pi) * weight`: the first phase's part of each unit's error, not yet squared.
    uncertain: f64,
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
    /// The design variance of the sum of weights: sum of `(1 - probability) * weight^2` for Poisson samples, and for
    /// clusters the products of their units' errors too.
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

    /// Returns the weight of a unit of which only that part of its sample counts.
    pub(crate) fn thinned(self, part: f64) -> Result<Self, StatsError> {
        Self::new(self.exposure, self.probability * part)
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

    /// Returns the weight of a share of the unit's exposure, above 0 and at most 1.
    pub(crate) fn part(self, share: f64) -> Self {
        Self { exposure: self.exposure * share, ..self }
    }

    /// Returns the part of its variance that selection leaves: `1 - pi`.
    pub(crate) fn open(self) -> f64 {
        1.0 - self.probability
    }

    fn uncertain(self) -> f64 {
        self.open().sqrt() * self.value()
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

    pub(crate) fn first(self) -> Weight {
        self.first
    }

    pub(crate) fn probability(self) -> f64 {
        self.probability
    }

    /// Returns `sqrt(1 - pi) d2`, the error that units of one cluster have together, and `pi (1 - rho) d2^2`, the unit's own.
    ///
    /// The square of the first and the second add up to `(1 - pi rho) d2^2`.
    pub(crate) fn errors(self) -> (f64, f64) {
        let pi = self.first.probability;
        let own = pi * (1.0 - self.probability) * self.value().powi(2);
        ((1.0 - pi).sqrt() * self.value(), own)
    }
}

impl ClusterTotal {
    pub(crate) fn uncertain(self) -> f64 {
        self.uncertain
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

    /// Adds a unit of the first phase that belongs to a cluster.
    pub fn add_in(&mut self, cluster: &mut ClusterTotal, unit: Weight) {
        self.add(unit);
        self.share(cluster, unit.uncertain());
    }

    /// Adds a gold unit that belongs to a cluster.
    pub fn add_gold_in(&mut self, cluster: &mut ClusterTotal, unit: GoldWeight) {
        self.add_gold(unit);
        self.share(cluster, unit.first.uncertain() / unit.probability);
    }

    /// Adds the products of the unit's error with those of the units of its cluster that came before it.
    ///
    /// With `z` the cluster's sum of `sqrt(1-pi) d2`, the cluster's variance is `z^2 + sum pi (1-rho) d2^2`, unbiased for
    /// Poisson samples of whole clusters and gold drawn by unit.
    fn share(&mut self, cluster: &mut ClusterTotal, uncertain: f64) {
        self.add_products(2.0 * cluster.uncertain * uncertain);
        cluster.uncertain += uncertain;
    }

    /// Adds everything another sum holds. What clusters have in both is not known here: their products are left out.
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

    /// Adds to the variance what clusters with units in several of the merged sums add.
    pub(crate) fn add_products(&mut self, products: f64) {
        self.error += products;
        self.first_phase_error += products;
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
    fn clusters_drawn_whole_vary_as_if_each_were_one_unit() {
        let (mut units, mut wholes) = (WeightSum::default(), WeightSum::default());
        for exposures in [[1.0, 2.0, 4.0], [3.0, 1.0, 1.0]] {
            let mut cluster = ClusterTotal::default();
            for exposure in exposures {
                units.add_in(&mut cluster, Weight::new(exposure, 0.2).unwrap());
            }
            wholes.add(Weight::new(exposures.iter().sum(), 0.2).unwrap());
        }
        assert!((units.error - wholes.error).abs() < 1e-9, "{units:?} {wholes:?}");
        assert!((units.first_phase_error - wholes.error).abs() < 1e-9);
    }

    #[test]
    fn gold_inside_a_cluster_keeps_its_own_error() {
        let unit = GoldWeight::new(Weight::new(3.0, 0.5).unwrap(), 0.25).unwrap();
        let (mut sum, mut cluster) = (WeightSum::default(), ClusterTotal::default());
        sum.add_gold_in(&mut cluster, unit);
        assert!((sum.error - 504.0).abs() < 1e-12, "a unit alone is its own cluster");
        sum.add_gold_in(&mut cluster, unit);
        // d2 = 24: the cluster's z is 2 * sqrt(0.5) * 24, and each unit has 0.5 * 0.75 * 24^2 of its own
        assert!((sum.error - (1152.0 + 2.0 * 216.0)).abs() < 1e-9, "{sum:?}");
        assert!((sum.error - sum.first_phase_error - 2.0 * 432.0).abs() < 1e-9, "{sum:?}");
    }

    #[test]
    fn a_unit_that_was_certain_brings_no_error() {
        let mut sum = WeightSum::default();
        sum.add(Weight::new(7.0, 1.0).unwrap());
        assert!(sum.error.abs() < 1e-300 && sum.largest.abs() < 1e-300);
        assert!((sum.certain - 7.0).abs() < 1e-12);
    }
}
