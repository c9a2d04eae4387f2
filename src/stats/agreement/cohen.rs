//! Cohen's kappa of two raters, weighted or not, with design weights.

use super::AgreementWeights;
use super::corrected;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Ratings;
use crate::stats::StatsError;

/// Two raters of a table, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaterPair {
    /// The rater whose classes are the rows.
    pub rows: usize,
    /// The rater whose classes are the columns.
    pub columns: usize,
}

/// Units counted by the classes two raters gave them: weights and squared weights by cell, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct PairTable {
    classes: usize,
    weights: Vec<f64>,
    squares: Vec<f64>,
}

/// Cohen's kappa with its standard errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kappa {
    /// Kappa.
    pub value: f64,
    /// Observed (weighted) agreement.
    pub observed: f64,
    /// Agreement by chance: of two raters who rate independently, each with their own class shares.
    pub chance: f64,
    /// The standard error around the estimate, for intervals.
    pub std_error: f64,
    /// The standard error where the true kappa is 0, for a test.
    pub null_error: f64,
}

impl Kappa {
    /// Returns the Wald interval `value -+ z se`; its upper limit may lie above 1.
    #[must_use]
    pub fn interval(&self, level: Level) -> Interval {
        let half = level.z() * self.std_error;
        Interval { low: self.value - half, high: self.value + half, method: Method::Wald }
    }
}

impl PairTable {
    /// Reads counts of units, row by row; `counts[k][l]` units got class `k` from one rater and `l` from the other.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless the table is square, [`StatsError::OutOfRange`] for what is no count,
    /// [`StatsError::NoUnits`] for an empty table.
    pub fn from_counts(counts: &[Vec<f64>]) -> Result<Self, StatsError> {
        let classes = counts.len();
        if let Some(row) = counts.iter().find(|row| row.len() != classes) {
            return Err(StatsError::LengthsDiffer { left: row.len(), right: classes });
        }
        let cells: Vec<f64> = counts.iter().flatten().copied().collect();
        if let Some(value) = cells.iter().find(|value| !(0.0..f64::INFINITY).contains(*value)) {
            return Err(StatsError::OutOfRange { what: "a count of units", value: *value });
        }
        Self { classes, squares: cells.clone(), weights: cells }.not_empty()
    }

    /// Counts the units that both raters rated; each counts by its design weight, or 1.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there is a weight for every unit of the table, [`StatsError::OutOfRange`] for
    /// a weight that is not a number above 0 or a rater outside the table, [`StatsError::Undefined`] where a rater rated
    /// a unit twice, [`StatsError::NoUnits`] where they share no unit.
    pub fn of(
        ratings: &Ratings,
        pair: RaterPair,
        weights: Option<&[f64]>,
    ) -> Result<Self, StatsError> {
        let shape = ratings.shape();
        ratings.check_single()?;
        ratings.check_weights(weights)?;
        if let Some(rater) =
            [pair.rows, pair.columns].into_iter().find(|rater| shape.raters <= *rater)
        {
            return Err(StatsError::OutOfRange {
                what: "the index of a rater",
                value: rater as f64,
            });
        }
        let cells = shape.classes * shape.classes;
        let (mut sums, mut squares) = (vec![0.0; cells], vec![0.0; cells]);
        for unit in 0..shape.units {
            let class = |wanted| ratings.of_unit(unit).find(|(rater, _)| *rater == wanted);
            if let (Some((_, row)), Some((_, column))) = (class(pair.rows), class(pair.columns)) {
                let weight = weights.map_or(1.0, |weights| weights[unit]);
                sums[row * shape.classes + column] += weight;
                squares[row * shape.classes + column] += weight * weight;
            }
        }
        Self { classes: shape.classes, weights: sums, squares }.not_empty()
    }

    /// Returns the (weighted) share of the weight on which the two agree, chance not taken off.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] for agreement weights of another number of classes.
    pub fn observed(&self, agreement: &AgreementWeights) -> Result<f64, StatsError> {
        agreement.check_for(self.classes)?;
        let agreeing = self.cells().zip(&self.weights);
        let sum: f64 =
            agreeing.map(|((row, column), weight)| agreement.between(row, column) * weight).sum();
        Ok(sum / self.weights.iter().sum::<f64>())
    }

    /// Returns Cohen's kappa.
    ///
    /// The standard errors are linearised: `sum w^2 u^2 / W^2` over units with `u` the influence of a unit on kappa,
    /// which for unit weights is the formula of Fleiss, Cohen and Everitt; the null error takes Kish's effective size for
    /// the number of units. Units count as drawn independently.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] for agreement weights of another number of classes, [`StatsError::Undefined`] where
    /// both raters gave a single class.
    ///
    /// # Source
    ///
    /// Cohen (1960), Educ. Psychol. Meas. 20:37–46, and (1968), Psychol. Bull. 70:213–220; Fleiss, Cohen & Everitt
    /// (1969), Psychol. Bull. 72:323–327.
    pub fn kappa(&self, agreement: &AgreementWeights) -> Result<Kappa, StatsError> {
        let observed = self.observed(agreement)?;
        let (rows, columns) = self.margins();
        let total: f64 = self.weights.iter().sum();
        let close = |(row, column)| agreement.between(row, column);
        let (by_row, by_column) = (agreement.times(&columns), agreement.times(&rows));
        let chance: f64 = rows.iter().zip(&by_row).map(|(share, close)| share * close).sum();
        let value = corrected(observed, chance, "Cohen's kappa")?;
        let influence = |(row, column)| {
            let expected = (by_row[row] + by_column[column]) * (1.0 - observed);
            close((row, column)) * (1.0 - chance)
                - expected
                - (observed * chance - 2.0 * chance + observed)
        };
        let squares = self.cells().zip(&self.squares);
        let squares: f64 = squares.map(|(cell, square)| square * influence(cell).powi(2)).sum();
        let null: f64 = self
            .cells()
            .map(|(row, column)| {
                let centred = close((row, column)) - by_row[row] - by_column[column];
                rows[row] * columns[column] * centred.powi(2)
            })
            .sum();
        let kish = total.powi(2) / self.squares.iter().sum::<f64>();
        Ok(Kappa {
            value,
            observed,
            chance,
            std_error: squares.sqrt() / (total * (1.0 - chance).powi(2)),
            null_error: ((null - chance * chance).max(0.0) / kish).sqrt() / (1.0 - chance),
        })
    }

    /// The (row, column) of every cell.
    fn cells(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.weights.len()).map(|cell| (cell / self.classes, cell % self.classes))
    }

    /// The class shares of the two raters.
    fn margins(&self) -> (Vec<f64>, Vec<f64>) {
        let total: f64 = self.weights.iter().sum();
        let (mut rows, mut columns) = (vec![0.0; self.classes], vec![0.0; self.classes]);
        for (cell, weight) in self.weights.iter().enumerate() {
            rows[cell / self.classes] += weight / total;
            columns[cell % self.classes] += weight / total;
        }
        (rows, columns)
    }

    fn not_empty(self) -> Result<Self, StatsError> {
        if 0.0 < self.weights.iter().sum() { Ok(self) } else { Err(StatsError::NoUnits) }
    }
}

/// Returns Light's kappa: the mean of Cohen's kappa over all pairs of raters, each over the units both rated.
///
/// # Errors
///
/// As [`PairTable::of`] and [`PairTable::kappa`] for any pair; [`StatsError::Undefined`] for fewer than two raters.
///
/// # Source
///
/// Light (1971), Psychol. Bull. 76:365–377.
pub fn light_kappa(ratings: &Ratings, agreement: &AgreementWeights) -> Result<f64, StatsError> {
    let raters = ratings.shape().raters;
    if raters < 2 {
        let reason = "two or more raters are needed";
        return Err(StatsError::Undefined { statistic: "Light's kappa", reason });
    }
    let mut sum = 0.0;
    for rows in 0..raters {
        for columns in rows + 1..raters {
            let table = PairTable::of(ratings, RaterPair { rows, columns }, None)?;
            sum += table.kappa(agreement)?.value;
        }
    }
    Ok(sum / (raters * (raters - 1) / 2) as f64)
}
