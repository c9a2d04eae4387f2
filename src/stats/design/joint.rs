//! Joint inclusion probabilities: how probable it was to draw both of two units.

use crate::stats::StatsError;
use crate::stats::design::JointForm;

/// Rounding that a joint probability may carry.
const SLACK: f64 = 1e-9;

/// The probability of each pair to be drawn together; `pi_i` on the diagonal.
#[derive(Debug, Clone, PartialEq)]
pub struct JointProbabilities {
    rows: Vec<Vec<f64>>,
}

impl JointProbabilities {
    /// Checks a square matrix: symmetric, each diagonal in `[0, 1]`, no pair more probable than either of its two.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] when empty, [`StatsError::LengthsDiffer`] when not square,
    /// [`StatsError::OutOfRange`] for what cannot be a joint probability.
    pub fn new(rows: Vec<Vec<f64>>) -> Result<Self, StatsError> {
        if rows.is_empty() {
            return Err(StatsError::NoUnits);
        }
        if let Some(row) = rows.iter().find(|row| row.len() != rows.len()) {
            return Err(StatsError::LengthsDiffer { left: rows.len(), right: row.len() });
        }
        for (i, row) in rows.iter().enumerate() {
            for (j, both) in row.iter().enumerate() {
                let most = rows[i][i].min(rows[j][j]) + SLACK;
                let fits = (-SLACK..=most).contains(both) && most <= 1.0 + 2.0 * SLACK;
                if !fits || (both - rows[j][i]).abs() > SLACK {
                    return Err(StatsError::OutOfRange {
                        what: "a symmetric joint probability that fits its two units",
                        value: *both,
                    });
                }
            }
        }
        Ok(Self { rows })
    }

    /// Returns the number of units.
    #[must_use]
    pub fn n_units(&self) -> usize {
        self.rows.len()
    }

    /// Returns the inclusion probability of each unit.
    #[must_use]
    pub fn single(&self) -> Vec<f64> {
        self.rows.iter().enumerate().map(|(i, row)| row[i]).collect()
    }

    /// Returns the matrix, row by row.
    #[must_use]
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// Returns the probabilities among some of the units, in the order given.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for an index beyond the units, [`StatsError::NoUnits`] for none.
    pub fn among(&self, units: &[usize]) -> Result<Self, StatsError> {
        if let Some(index) = units.iter().find(|index| self.rows.len() <= **index) {
            return Err(StatsError::OutOfRange {
                what: "the index of a unit",
                value: *index as f64,
            });
        }
        Self::new(units.iter().map(|i| units.iter().map(|j| self.rows[*i][*j]).collect()).collect())
    }

    /// Fails where a pair could not have been drawn together, and so cannot be in one sample.
    pub(super) fn check_drawn(&self) -> Result<(), StatsError> {
        let impossible = self.rows.iter().flatten().find(|both| **both <= 0.0);
        match impossible {
            Some(both) => Err(StatsError::OutOfRange {
                what: "a joint probability above 0, as two units drawn together must have",
                value: *both,
            }),
            None => Ok(()),
        }
    }

    /// Returns the covariance of two sums of weighted values, estimated from the sample the matrix is of.
    pub(super) fn covariance(&self, form: JointForm, left: &[f64], right: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (i, row) in self.rows.iter().enumerate() {
            for (j, both) in row.iter().enumerate() {
                let excess = (both - row[i] * self.rows[j][j]) / both;
                sum += match form {
                    JointForm::HorvitzThompson => excess * left[i] * right[j],
                    JointForm::SenYatesGrundy => {
                        -0.5 * excess * (left[i] - left[j]) * (right[i] - right[j])
                    }
                };
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_joint_probability_is_refused() {
        for rows in [
            vec![],
            vec![vec![0.5, 0.2]],
            vec![vec![0.5, 0.6], vec![0.6, 0.5]],
            vec![vec![0.5, 0.2], vec![0.3, 0.5]],
            vec![vec![1.2]],
            vec![vec![f64::NAN]],
        ] {
            assert!(JointProbabilities::new(rows.clone()).is_err(), "{rows:?}");
        }
    }

    #[test]
    fn a_pair_that_cannot_be_drawn_is_no_sample() {
        let pair = JointProbabilities::new(vec![vec![0.5, 0.0], vec![0.0, 0.5]]).unwrap();
        assert!(pair.check_drawn().is_err() && pair.among(&[1]).unwrap().check_drawn().is_ok());
    }
}
