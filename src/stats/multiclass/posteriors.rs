//! What a classifier gives each unit: one probability a class.

use crate::stats::Composition;
use crate::stats::Matrix;
use crate::stats::StatsError;

/// How far the probabilities of a unit may be from summing to 1.
const ROUNDING: f64 = 1e-3;

/// The class probabilities of some units, and each unit's design weight.
///
/// Invariant: at least one unit, every unit with the same classes, probabilities in `[0, 1]` that sum to 1 up to
/// rounding, weights above 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Posteriors {
    classes: usize,
    rows: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl Posteriors {
    /// Checks the class probabilities of units of equal weight, one row a unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units or classes, [`StatsError::LengthsDiffer`] for rows of different lengths,
    /// [`StatsError::OutOfRange`] for what is no probability and for a row that does not sum to 1.
    pub fn new(rows: Vec<Vec<f64>>) -> Result<Self, StatsError> {
        let classes = rows.first().map_or(0, Vec::len);
        if classes == 0 {
            return Err(StatsError::NoUnits);
        }
        for row in &rows {
            if row.len() != classes {
                return Err(StatsError::LengthsDiffer { left: classes, right: row.len() });
            }
            if let Some(value) = row.iter().find(|value| !(0.0..=1.0).contains(*value)) {
                return Err(StatsError::OutOfRange { what: "a probability", value: *value });
            }
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > ROUNDING {
                return Err(StatsError::OutOfRange {
                    what: "a sum of class probabilities, which is 1",
                    value: sum,
                });
            }
        }
        Ok(Self { classes, weights: vec![1.0; rows.len()], rows })
    }

    /// Gives each unit its design weight.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there is one weight a unit, [`StatsError::OutOfRange`] for one that is not
    /// above 0.
    pub fn weighted(mut self, weights: &[f64]) -> Result<Self, StatsError> {
        if weights.len() != self.rows.len() {
            return Err(StatsError::LengthsDiffer { left: self.rows.len(), right: weights.len() });
        }
        if let Some(value) = weights.iter().find(|weight| !(**weight > 0.0 && weight.is_finite())) {
            return Err(StatsError::OutOfRange { what: "a weight above 0", value: *value });
        }
        self.weights = weights.to_vec();
        Ok(self)
    }

    /// Returns the number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the probabilities, one row a unit.
    #[must_use]
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// Returns the share of units by their most probable class: classify and count. The lowest index wins a tie.
    ///
    /// Biased whenever the classifier errs; shown beside corrected shares, never in their place.
    #[must_use]
    pub fn classify_and_count(&self) -> Composition {
        let count = |row: &Vec<f64>| -> Vec<f64> {
            let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let class = row.iter().position(|value| *value >= most);
            (0..self.classes).map(|index| f64::from(u8::from(class == Some(index)))).collect()
        };
        self.mean_of(&self.rows.iter().map(count).collect::<Vec<_>>())
    }

    /// Returns the mean probability of each class: probabilistic classify and count.
    ///
    /// Unbiased only if the classifier is calibrated on the very population the units come from. The covariance is that
    /// of a weighted mean of independent units, `sum w^2 (x - mean)(x - mean)^T / (sum w)^2`.
    ///
    /// # Source
    ///
    /// Bella et al. (2010), ICDM, 737–742.
    #[must_use]
    pub fn mean(&self) -> Composition {
        self.mean_of(&self.rows)
    }

    /// Returns the mean probabilities among the units of each true class: the error rates of soft labels.
    ///
    /// `invert_error_rates(test.mean(), validation.mean_by_class(truth))` is probabilistic adjusted counting (PACC).
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there is one true class a unit, [`StatsError::OutOfRange`] for a class that
    /// does not exist, [`StatsError::Undefined`] for a class no unit has.
    ///
    /// # Source
    ///
    /// Bella et al. (2010), ICDM, 737–742.
    pub fn mean_by_class(&self, truth: &[usize]) -> Result<Vec<Composition>, StatsError> {
        if truth.len() != self.rows.len() {
            return Err(StatsError::LengthsDiffer { left: self.rows.len(), right: truth.len() });
        }
        if let Some(class) = truth.iter().find(|class| **class >= self.classes) {
            let what = "the index of a known class";
            return Err(StatsError::OutOfRange { what, value: *class as f64 });
        }
        (0..self.classes)
            .map(|class| {
                let own = |index: &usize| truth[*index] == class;
                let chosen: Vec<usize> = (0..self.rows.len()).filter(own).collect();
                let statistic = "the mean probabilities of a class";
                let reason = "no unit has it";
                if chosen.is_empty() {
                    return Err(StatsError::Undefined { statistic, reason });
                }
                let part = Self {
                    classes: self.classes,
                    rows: chosen.iter().map(|index| self.rows[*index].clone()).collect(),
                    weights: chosen.iter().map(|index| self.weights[*index]).collect(),
                };
                Ok(part.mean())
            })
            .collect()
    }

    /// Returns the weighted mean of rows, one a unit.
    pub(crate) fn mean_shares(&self, rows: &[Vec<f64>]) -> Vec<f64> {
        let total: f64 = self.weights.iter().sum();
        let mut shares = vec![0.0; self.classes];
        for (row, weight) in rows.iter().zip(&self.weights) {
            shares.iter_mut().zip(row).for_each(|(share, value)| *share += weight / total * value);
        }
        shares
    }

    fn mean_of(&self, rows: &[Vec<f64>]) -> Composition {
        let total: f64 = self.weights.iter().sum();
        let shares = self.mean_shares(rows);
        let mut covariance = Matrix::zeros(self.classes);
        for (row, weight) in rows.iter().zip(&self.weights) {
            let far: Vec<f64> =
                row.iter().zip(&shares).map(|(value, share)| value - share).collect();
            covariance.add_outer((weight / total).powi(2), &far);
        }
        Composition::estimated(shares, covariance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_probability_is_refused() {
        for rows in [
            vec![],
            vec![vec![0.5, 0.5], vec![1.0]],
            vec![vec![0.5, 0.4]],
            vec![vec![1.5, -0.5]],
            vec![vec![f64::NAN, 1.0]],
        ] {
            assert!(Posteriors::new(rows.clone()).is_err(), "{rows:?}");
        }
        let one = Posteriors::new(vec![vec![0.5, 0.5]]).unwrap();
        assert!(one.clone().weighted(&[0.0]).is_err() && one.weighted(&[1.0, 1.0]).is_err());
    }

    #[test]
    fn a_unit_of_weight_two_counts_twice() {
        let (a, b) = (vec![0.9, 0.1], vec![0.3, 0.7]);
        let weighted = Posteriors::new(vec![a.clone(), b.clone()]).unwrap();
        let weighted = weighted.weighted(&[2.0, 1.0]).unwrap();
        let repeated = Posteriors::new(vec![a.clone(), a, b]).unwrap();
        for (x, y) in [
            (weighted.mean(), repeated.mean()),
            (weighted.classify_and_count(), repeated.classify_and_count()),
        ] {
            assert!((x.shares()[0] - y.shares()[0]).abs() < 1e-12);
        }
    }

    #[test]
    fn counting_has_the_multinomial_variance() {
        let rows = [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.7, 0.3]];
        let counted = Posteriors::new(rows.map(|row| row.to_vec()).to_vec()).unwrap();
        let counted = counted.classify_and_count();
        let expected = Composition::from_counts(&[3, 1]).unwrap();
        assert!((counted.covariance()[(0, 1)] - expected.covariance()[(0, 1)]).abs() < 1e-12);
    }

    #[test]
    fn a_class_without_units_has_no_error_rates() {
        let one = Posteriors::new(vec![vec![0.5, 0.5]]).unwrap();
        assert!(matches!(one.mean_by_class(&[0]), Err(StatsError::Undefined { .. })));
        assert!(one.mean_by_class(&[2]).is_err() && one.mean_by_class(&[]).is_err());
    }
}
