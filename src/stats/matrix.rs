//! Small dense matrices: enough linear algebra for a few dozen classes.

use crate::stats::StatsError;
use std::ops::Index;
use std::ops::IndexMut;

/// Sweeps of the Jacobi method; a matrix of this size settles in fewer than ten.
const MOST_SWEEPS: usize = 100;

/// A dense matrix of finite numbers, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// Returns the matrix with these rows.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without rows or columns, [`StatsError::LengthsDiffer`] where rows differ in length,
    /// [`StatsError::OutOfRange`] for a value that is not finite.
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Self, StatsError> {
        let columns = rows.first().map_or(0, Vec::len);
        if columns == 0 {
            return Err(StatsError::NoUnits);
        }
        if let Some(other) = rows.iter().find(|row| row.len() != columns) {
            return Err(StatsError::LengthsDiffer { left: columns, right: other.len() });
        }
        let values: Vec<f64> = rows.concat();
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(StatsError::OutOfRange { what: "a finite number", value: *value });
        }
        Ok(Self { rows: rows.len(), columns, values })
    }

    /// Returns a square matrix of zeros.
    pub(crate) fn zeros(size: usize) -> Self {
        Self { rows: size, columns: size, values: vec![0.0; size * size] }
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the values on the diagonal: of a covariance matrix, the variances.
    #[must_use]
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.rows.min(self.columns)).map(|i| self[(i, i)]).collect()
    }

    /// Returns the matrix with rows and columns exchanged.
    #[must_use]
    pub fn transposed(&self) -> Self {
        self.filled(self.columns, self.rows, |i, j| self[(j, i)])
    }

    /// Returns the product of this matrix and `right`.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless `right` has as many rows as this has columns.
    pub fn times(&self, right: &Self) -> Result<Self, StatsError> {
        self.fits(right.rows)?;
        Ok(self.filled(self.rows, right.columns, |i, j| {
            (0..self.columns).map(|k| self[(i, k)] * right[(k, j)]).sum()
        }))
    }

    /// Returns the product of this matrix and a column of numbers.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there is a number for each column.
    pub fn apply(&self, column: &[f64]) -> Result<Vec<f64>, StatsError> {
        self.fits(column.len())?;
        Ok((0..self.rows).map(|i| dot(self.row(i), column)).collect())
    }

    /// Returns `A S A^T` for this matrix A: the covariance of `A x` where S is that of `x`.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless `covariance` has a row for each column of this.
    pub fn carry(&self, covariance: &Self) -> Result<Self, StatsError> {
        self.times(covariance)?.times(&self.transposed())
    }

    /// Returns the inverse, or for more rows than columns the left inverse `(A^T A)^-1 A^T` of least squares.
    ///
    /// # Errors
    ///
    /// [`StatsError::IllConditioned`] for a matrix that is singular to working precision,
    /// [`StatsError::LengthsDiffer`] for fewer rows than columns.
    pub fn inverse(&self) -> Result<Self, StatsError> {
        if self.rows < self.columns {
            return Err(StatsError::LengthsDiffer { left: self.rows, right: self.columns });
        }
        if self.rows > self.columns {
            let transposed = self.transposed();
            return transposed.times(self)?.inverse()?.times(&transposed);
        }
        let mut work = self.clone();
        let mut inverse = Self::zeros(self.rows);
        (0..self.rows).for_each(|i| inverse[(i, i)] = 1.0);
        for column in 0..self.columns {
            let pivot = work.pivot(column).ok_or_else(|| self.singular())?;
            work.swap_rows(column, pivot);
            inverse.swap_rows(column, pivot);
            let scale = work[(column, column)].recip();
            work.scale_row(column, scale);
            inverse.scale_row(column, scale);
            for row in (0..self.rows).filter(|row| *row != column) {
                let factor = work[(row, column)];
                work.subtract_row(row, column, factor);
                inverse.subtract_row(row, column, factor);
            }
        }
        Ok(inverse)
    }

    /// Returns the singular values, largest first.
    ///
    /// # Source
    ///
    /// Hestenes (1958), J. SIAM 6:51–90: one-sided Jacobi rotations.
    #[must_use]
    pub fn singular_values(&self) -> Vec<f64> {
        let mut columns: Vec<Vec<f64>> = if self.rows < self.columns {
            (0..self.rows).map(|i| self.row(i).to_vec()).collect()
        } else {
            let transposed = self.transposed();
            (0..self.columns).map(|j| transposed.row(j).to_vec()).collect()
        };
        for _ in 0..MOST_SWEEPS {
            let mut turned = false;
            for right in 1..columns.len() {
                let (before, rest) = columns.split_at_mut(right);
                for left in before {
                    turned |= make_orthogonal(left, &mut rest[0]);
                }
            }
            if !turned {
                break;
            }
        }
        let mut values: Vec<f64> = columns.iter().map(|v| dot(v, v).sqrt()).collect();
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        values
    }

    /// Adds `factor` times `other`, of the same shape.
    pub(crate) fn add_scaled(&mut self, factor: f64, other: &Self) {
        for (value, more) in self.values.iter_mut().zip(&other.values) {
            *value += factor * more;
        }
    }

    /// Adds `factor * x x^T` for the column `x`.
    pub(crate) fn add_outer(&mut self, factor: f64, x: &[f64]) {
        for (i, a) in x.iter().enumerate() {
            for (j, b) in x.iter().enumerate() {
                self[(i, j)] += factor * a * b;
            }
        }
    }

    fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.columns..(index + 1) * self.columns]
    }

    fn filled(&self, rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let cells = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
        Self { rows, columns, values: cells.map(|(i, j)| value(i, j)).collect() }
    }

    fn fits(&self, rows: usize) -> Result<(), StatsError> {
        if self.columns == rows {
            return Ok(());
        }
        Err(StatsError::LengthsDiffer { left: self.columns, right: rows })
    }

    fn singular(&self) -> StatsError {
        let values = self.singular_values();
        let (largest, smallest) = (values[0], values[values.len() - 1]);
        StatsError::IllConditioned { condition: largest / smallest, smallest }
    }

    /// Returns the row, at or below the diagonal, with the largest value in `column`; none when all are negligible.
    fn pivot(&self, column: usize) -> Option<usize> {
        let size = self.values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let best = (column..self.rows)
            .max_by(|a, b| self[(*a, column)].abs().total_cmp(&self[(*b, column)].abs()))?;
        (self[(best, column)].abs() > size * f64::EPSILON).then_some(best)
    }

    fn swap_rows(&mut self, a: usize, b: usize) {
        for column in 0..self.columns {
            self.values.swap(a * self.columns + column, b * self.columns + column);
        }
    }

    fn scale_row(&mut self, row: usize, factor: f64) {
        (0..self.columns).for_each(|column| self[(row, column)] *= factor);
    }

    fn subtract_row(&mut self, row: usize, other: usize, factor: f64) {
        for column in 0..self.columns {
            let value = self[(other, column)];
            self[(row, column)] -= factor * value;
        }
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    fn index(&self, (row, column): (usize, usize)) -> &f64 {
        &self.values[row * self.columns + column]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut f64 {
        &mut self.values[row * self.columns + column]
    }
}

/// Returns the sum of products.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// Turns two columns in their plane until they are orthogonal; returns whether they had to be turned.
fn make_orthogonal(left: &mut [f64], right: &mut [f64]) -> bool {
    let (a, b, c) = (dot(left, left), dot(right, right), dot(left, right));
    if c.abs() <= 1e-15 * (a * b).sqrt() {
        return false;
    }
    let zeta = (b - a) / (2.0 * c);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = tangent.hypot(1.0).recip();
    for (x, y) in left.iter_mut().zip(right) {
        (*x, *y) = (cosine * (*x - tangent * *y), cosine * (tangent * *x + *y));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matrix(rows: &[&[f64]]) -> Matrix {
        Matrix::from_rows(&rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn singular_values_of_a_known_matrix_are_met() {
        // [[3, 0], [4, 5]]: 3 sqrt(5) and sqrt(5)
        let values = matrix(&[&[3.0, 0.0], &[4.0, 5.0]]).singular_values();
        assert!((values[0] - 45.0_f64.sqrt()).abs() < 1e-12, "{values:?}");
        assert!((values[1] - 5.0_f64.sqrt()).abs() < 1e-12, "{values:?}");
    }

    #[test]
    fn a_singular_matrix_has_no_inverse() {
        let error = matrix(&[&[1.0, 2.0], &[2.0, 4.0]]).inverse().unwrap_err();
        assert!(matches!(error, StatsError::IllConditioned { smallest, .. } if smallest < 1e-12));
    }

    #[test]
    fn rows_of_different_length_or_nothing_are_refused() {
        assert_eq!(Matrix::from_rows(&[]), Err(StatsError::NoUnits));
        let ragged = Matrix::from_rows(&[vec![1.0], vec![1.0, 2.0]]);
        assert_eq!(ragged, Err(StatsError::LengthsDiffer { left: 1, right: 2 }));
        assert!(Matrix::from_rows(&[vec![f64::NAN]]).is_err());
    }

    #[test]
    fn more_rows_than_columns_are_solved_by_least_squares() {
        // the line through (0, 1), (1, 3), (2, 5) is 1 + 2x
        let design = matrix(&[&[1.0, 0.0], &[1.0, 1.0], &[1.0, 2.0]]);
        let line = design.inverse().unwrap().apply(&[1.0, 3.0, 5.0]).unwrap();
        assert!((line[0] - 1.0).abs() < 1e-12 && (line[1] - 2.0).abs() < 1e-12, "{line:?}");
    }

    proptest! {
        #[test]
        fn a_matrix_times_its_inverse_is_one(values in prop::collection::vec(-1.0f64..1.0, 16)) {
            let rows: Vec<Vec<f64>> = values.chunks(4).map(<[f64]>::to_vec).collect();
            let matrix = Matrix::from_rows(&rows).unwrap();
            let singular = matrix.singular_values();
            prop_assume!(singular[3] > 1e-3);
            let product = matrix.times(&matrix.inverse().unwrap()).unwrap();
            for i in 0..4 {
                for j in 0..4 {
                    prop_assert!((product[(i, j)] - f64::from(u8::from(i == j))).abs() < 1e-9);
                }
            }
        }

        #[test]
        fn the_squares_of_the_singular_values_sum_to_the_squares_of_the_values(
            values in prop::collection::vec(-1.0f64..1.0, 15),
        ) {
            let rows: Vec<Vec<f64>> = values.chunks(5).map(<[f64]>::to_vec).collect();
            let singular = Matrix::from_rows(&rows).unwrap().singular_values();
            prop_assert_eq!(singular.len(), 3);
            prop_assert!((dot(&singular, &singular) - dot(&values, &values)).abs() < 1e-9);
        }
    }
}
