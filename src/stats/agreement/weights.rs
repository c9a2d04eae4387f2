//! How much two different ratings agree.

use crate::stats::Ratings;
use crate::stats::StatsError;

/// Agreement weights `w_kl`: 1 for the same class, 0 for classes as far apart as can be.
///
/// Symmetric, 1 on the diagonal, all within `[0, 1]`. `values` below are the classes' numbers, by index.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreementWeights {
    classes: usize,
    cells: Vec<f64>,
}

impl AgreementWeights {
    /// Returns weights for classes without order: 1 for the same class, else 0. Alpha for nominal data.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without classes.
    pub fn nominal(classes: usize) -> Result<Self, StatsError> {
        Self::from_distance(classes, |a, b| if a == b { 0.0 } else { 1.0 })
    }

    /// Returns `1 - |a - b| / range`, the linear weights of Cicchetti and Allison.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a value that is not finite, [`StatsError::NoUnits`] without values.
    pub fn linear(values: &[f64]) -> Result<Self, StatsError> {
        finite(values)?;
        Self::from_distance(values.len(), |a, b| (values[a] - values[b]).abs())
    }

    /// Returns `1 - (a - b)^2 / range^2`, the quadratic weights of Fleiss and Cohen. Alpha for interval data.
    ///
    /// # Errors
    ///
    /// As [`Self::linear`].
    pub fn quadratic(values: &[f64]) -> Result<Self, StatsError> {
        finite(values)?;
        Self::from_distance(values.len(), |a, b| (values[a] - values[b]).powi(2))
    }

    /// Returns `1 - [(a - b) / (a + b)]^2`, scaled to 0 at the farthest pair. Alpha for ratio data.
    ///
    /// # Errors
    ///
    /// As [`Self::linear`], and [`StatsError::OutOfRange`] for a value below 0: ratios need a true zero.
    pub fn ratio(values: &[f64]) -> Result<Self, StatsError> {
        finite(values)?;
        if let Some(value) = values.iter().find(|value| **value < 0.0) {
            return Err(StatsError::OutOfRange { what: "a value on a ratio scale", value: *value });
        }
        let distance = |a: usize, b: usize| {
            let sum = values[a] + values[b];
            if sum > 0.0 { ((values[a] - values[b]) / sum).powi(2) } else { 0.0 }
        };
        Self::from_distance(values.len(), distance)
    }

    /// Returns Gwet's ordinal weights: `1 - C(|k - l| + 1, 2) / C(q, 2)` over the classes in order.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without classes.
    ///
    /// # Source
    ///
    /// Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., ch. 3.
    pub fn ordinal(classes: usize) -> Result<Self, StatsError> {
        let pairs = |steps: usize| (steps * (steps + 1)) as f64 / 2.0;
        Self::from_distance(classes, |a, b| pairs(a.abs_diff(b)))
    }

    /// Returns Krippendorff's ordinal weights, whose distances come from how often the ratings use each class:
    /// `(sum_{g=k..l} n_g - (n_k + n_l) / 2)^2` over the classes in order, `n_g` ratings of units with two or more.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without such units.
    ///
    /// # Source
    ///
    /// Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, Univ. of Pennsylvania.
    pub fn krippendorff_ordinal(ratings: &Ratings) -> Result<Self, StatsError> {
        let classes = ratings.shape().classes;
        let mut used = vec![0.0; classes];
        for unit in 0..ratings.shape().units {
            let counts = ratings.counts_of(unit);
            if 2.0 <= counts.iter().sum() {
                used.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
        if used.iter().sum::<f64>() <= 0.0 {
            return Err(StatsError::NoUnits);
        }
        let distance = |a: usize, b: usize| {
            let between: f64 = used[a.min(b)..=a.max(b)].iter().sum();
            (between - (used[a] + used[b]) / 2.0).powi(2)
        };
        Self::from_distance(classes, distance)
    }

    /// Checks weights of one's own, row by row.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there are `classes` squared, [`StatsError::OutOfRange`] for one outside
    /// `[0, 1]`, other than 1 on the diagonal, or unlike its mirror image.
    pub fn custom(classes: usize, cells: Vec<f64>) -> Result<Self, StatsError> {
        if classes == 0 {
            return Err(StatsError::NoUnits);
        }
        if cells.len() != classes * classes {
            return Err(StatsError::LengthsDiffer { left: cells.len(), right: classes * classes });
        }
        let bad = |what, value| Err(StatsError::OutOfRange { what, value });
        for (index, value) in cells.iter().enumerate() {
            let (row, column) = (index / classes, index % classes);
            if !(0.0..=1.0).contains(value) {
                return bad("an agreement weight in [0, 1]", *value);
            }
            if row == column && *value < 1.0 {
                return bad("the agreement weight 1 of a class with itself", *value);
            }
            if (value - cells[column * classes + row]).abs() > 1e-12 {
                return bad("an agreement weight that is the same both ways", *value);
            }
        }
        Ok(Self { classes, cells })
    }

    /// Returns the number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns how much two ratings agree.
    #[must_use]
    pub fn between(&self, a: usize, b: usize) -> f64 {
        self.cells[a * self.classes + b]
    }

    /// Fails unless the weights are for the classes of the ratings.
    pub(super) fn check_for(&self, classes: usize) -> Result<(), StatsError> {
        if self.classes == classes {
            Ok(())
        } else {
            Err(StatsError::LengthsDiffer { left: self.classes, right: classes })
        }
    }

    /// `sum_l w_kl x_l` for every class `k`.
    pub(super) fn times(&self, values: &[f64]) -> Vec<f64> {
        let row = |row: &[f64]| row.iter().zip(values).map(|(weight, value)| weight * value).sum();
        self.cells.chunks_exact(self.classes).map(row).collect()
    }

    /// The sum of all weights.
    pub(super) fn sum(&self) -> f64 {
        self.cells.iter().sum()
    }

    /// Weights that fall from 1 with the distance and reach 0 at the largest.
    fn from_distance(
        classes: usize,
        distance: impl Fn(usize, usize) -> f64,
    ) -> Result<Self, StatsError> {
        if classes == 0 {
            return Err(StatsError::NoUnits);
        }
        let pairs = (0..classes * classes).map(|index| distance(index / classes, index % classes));
        let distances: Vec<f64> = pairs.collect();
        let largest = distances.iter().copied().fold(0.0, f64::max);
        let scale = if largest > 0.0 { largest } else { 1.0 };
        Ok(Self { classes, cells: distances.iter().map(|value| 1.0 - value / scale).collect() })
    }
}

fn finite(values: &[f64]) -> Result<(), StatsError> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(StatsError::OutOfRange { what: "the value of a class", value: *value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_four_classes_are_those_of_the_handbook() {
        let check = |weights: AgreementWeights, expected: [f64; 4]| {
            for (class, value) in expected.iter().enumerate() {
                assert!((weights.between(0, class) - value).abs() < 1e-12, "{weights:?}");
                assert!((weights.between(class, 0) - value).abs() < 1e-12, "{weights:?}");
            }
        };
        let values = [1.0, 2.0, 3.0, 4.0];
        check(AgreementWeights::nominal(4).unwrap(), [1.0, 0.0, 0.0, 0.0]);
        check(AgreementWeights::linear(&values).unwrap(), [1.0, 2.0 / 3.0, 1.0 / 3.0, 0.0]);
        check(AgreementWeights::quadratic(&values).unwrap(), [1.0, 8.0 / 9.0, 5.0 / 9.0, 0.0]);
        check(AgreementWeights::ordinal(4).unwrap(), [1.0, 5.0 / 6.0, 0.5, 0.0]);
        let ratio = [1.0, 1.0 - (1.0f64 / 3.0).powi(2) / 0.36, 1.0 - 0.25 / 0.36, 0.0];
        check(AgreementWeights::ratio(&values).unwrap(), ratio);
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        assert!(AgreementWeights::custom(2, vec![1.0, 0.3, 0.3, 1.0]).is_ok());
        for cells in [
            vec![1.0, 0.3, 0.4, 1.0],
            vec![0.9, 0.3, 0.3, 1.0],
            vec![1.0, 1.3, 1.3, 1.0],
            vec![1.0, f64::NAN, f64::NAN, 1.0],
            vec![1.0, 0.3, 1.0],
        ] {
            assert!(AgreementWeights::custom(2, cells.clone()).is_err(), "{cells:?}");
        }
        assert!(AgreementWeights::linear(&[1.0, f64::NAN]).is_err());
        assert!(AgreementWeights::ratio(&[-1.0, 2.0]).is_err());
        assert_eq!(AgreementWeights::nominal(0), Err(StatsError::NoUnits));
    }
}
