//! The symmetric systems of equations that calibration solves.

use crate::stats::StatsError;

/// A pivot this small beside its diagonal means that variables depend on each other.
const LEAST_PIVOT: f64 = 1e-11;

/// The Cholesky factor of a symmetric positive matrix.
#[derive(Debug, Clone)]
pub(super) struct Cholesky {
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Factors `sum_i weight_i x_i x_i'`; `columns` are the variables x, one value a unit.
    pub(super) fn of_products(columns: &[&[f64]], weights: &[f64]) -> Result<Self, StatsError> {
        let product = |a: &[f64], b: &[f64]| {
            weights.iter().zip(a).zip(b).map(|((weight, a), b)| weight * a * b).sum::<f64>()
        };
        let matrix = |i: usize, j: usize| product(columns[i], columns[j]);
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(columns.len());
        for i in 0..columns.len() {
            let mut row = Vec::with_capacity(i + 1);
            for j in 0..=i {
                let known: f64 =
                    row.iter().zip(rows.get(j).unwrap_or(&row)).map(|(a, b)| a * b).sum();
                let rest = matrix(i, j) - known;
                if i > j {
                    row.push(rest / rows[j][j]);
                } else if rest > LEAST_PIVOT * matrix(i, i) {
                    row.push(rest.sqrt());
                } else {
                    return Err(StatsError::Undefined {
                        statistic: "calibration",
                        reason: "one of its variables follows from the others in this sample",
                    });
                }
            }
            rows.push(row);
        }
        Ok(Self { rows })
    }

    /// Solves for the right-hand side.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut solution = right.to_vec();
        for (i, row) in self.rows.iter().enumerate() {
            let known: f64 = row[..i].iter().zip(&solution).map(|(a, b)| a * b).sum();
            solution[i] = (solution[i] - known) / row[i];
        }
        for i in (0..solution.len()).rev() {
            let known: f64 = (i + 1..solution.len()).map(|k| self.rows[k][i] * solution[k]).sum();
            solution[i] = (solution[i] - known) / self.rows[i][i];
        }
        solution
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_satisfies_its_equations() {
        let (ones, x, y) = ([1.0; 4], [1.0, 2.0, 4.0, 8.0], [3.0, -1.0, 0.5, 2.0]);
        let columns: [&[f64]; 3] = [&ones, &x, &y];
        let weights = [1.0, 2.0, 3.0, 0.5];
        let solution = Cholesky::of_products(&columns, &weights).unwrap().solve(&[5.0, -3.0, 2.0]);
        for (row, right) in columns.iter().zip([5.0, -3.0, 2.0]) {
            let fitted = |i: usize| (0..3).map(|k| columns[k][i] * solution[k]).sum::<f64>();
            let left: f64 = (0..4).map(|i| weights[i] * row[i] * fitted(i)).sum();
            assert!((left - right).abs() < 1e-9, "{left} {right}");
        }
        assert!(Cholesky::of_products(&[&ones, &x, &ones], &weights).is_err());
    }
}
