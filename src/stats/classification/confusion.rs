//! A table of true by predicted classes.

use crate::stats::BinaryCells;
use crate::stats::BinaryConfusion;
use crate::stats::StatsError;
use crate::stats::classification::binary::CHANCE_AGREES;
use crate::stats::classification::binary::NO_VARIATION;
use crate::stats::classification::binary::ratio;
use crate::stats::design_weight::design_weight;

/// One unit with its true and its predicted class, as indices, and its design weight (1 in a plain sample).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classified {
    /// The true class.
    pub truth: usize,
    /// The predicted class.
    pub predicted: usize,
    /// How many units of the population it stands for, above 0.
    pub weight: f64,
}

/// Sums of design weights by true class (row) and predicted class (column).
///
/// Invariant: at least two classes and one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Confusion {
    weights: Vec<Vec<f64>>,
    squares: Vec<Vec<f64>>,
}

impl Confusion {
    /// Sums units into a table of `classes` classes; a class without units keeps its empty row and column.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units; [`StatsError::OutOfRange`] with fewer than two classes, for a class
    /// that is not below `classes`, and for a weight that is none.
    pub fn from_units(
        classes: usize,
        units: impl IntoIterator<Item = Classified>,
    ) -> Result<Self, StatsError> {
        let mut table = Self::empty(classes)?;
        let mut any = false;
        for unit in units {
            for class in [unit.truth, unit.predicted] {
                if classes <= class {
                    let what = "a class below the number of classes";
                    return Err(StatsError::OutOfRange { what, value: class as f64 });
                }
            }
            let weight = design_weight(unit.weight)?;
            table.weights[unit.truth][unit.predicted] += weight;
            table.squares[unit.truth][unit.predicted] += weight.powi(2);
            any = true;
        }
        if any { Ok(table) } else { Err(StatsError::NoUnits) }
    }

    /// Makes a table of counts, rows true and columns predicted, each unit of weight 1.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless the table is square, [`StatsError::OutOfRange`] with fewer than two
    /// classes, [`StatsError::NoUnits`] when every count is 0.
    pub fn from_counts(counts: &[Vec<u64>]) -> Result<Self, StatsError> {
        let mut table = Self::empty(counts.len())?;
        for (truth, row) in counts.iter().enumerate() {
            if row.len() != counts.len() {
                return Err(StatsError::LengthsDiffer { left: counts.len(), right: row.len() });
            }
            table.weights[truth] = row.iter().map(|count| *count as f64).collect();
        }
        table.squares.clone_from(&table.weights);
        if table.total() > 0.0 { Ok(table) } else { Err(StatsError::NoUnits) }
    }

    fn empty(classes: usize) -> Result<Self, StatsError> {
        if classes < 2 {
            let what = "a number of classes of at least 2";
            return Err(StatsError::OutOfRange { what, value: classes as f64 });
        }
        let zeros = vec![vec![0.0; classes]; classes];
        Ok(Self { weights: zeros.clone(), squares: zeros })
    }

    /// Returns the number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.weights.len()
    }

    /// Returns the weight sums of one true class, by predicted class; empty for a class there is not.
    #[must_use]
    pub fn row(&self, truth: usize) -> &[f64] {
        self.weights.get(truth).map_or(&[], Vec::as_slice)
    }

    /// Returns the weight of each true class.
    #[must_use]
    pub fn true_weights(&self) -> Vec<f64> {
        self.weights.iter().map(|row| row.iter().sum()).collect()
    }

    /// Returns the weight of each predicted class.
    #[must_use]
    pub fn predicted_weights(&self) -> Vec<f64> {
        let column = |class: usize| self.weights.iter().map(|row| row[class]).sum();
        (0..self.classes()).map(column).collect()
    }

    /// Returns the sum of all weights.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.weights.iter().flatten().sum()
    }

    /// Returns the share of units whose prediction is right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        (0..self.classes()).map(|class| self.weights[class][class]).sum::<f64>() / self.total()
    }

    /// Returns the table of each class against all others.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] when the weights are too large to be summed.
    pub fn one_vs_rest(&self) -> Result<Vec<BinaryConfusion>, StatsError> {
        (0..self.classes()).map(|class| BinaryConfusion::new(self.one_class(class))).collect()
    }

    fn one_class(&self, class: usize) -> BinaryCells {
        let mut cells = BinaryCells {
            true_positive: 0.0,
            false_positive: 0.0,
            false_negative: 0.0,
            true_negative: 0.0,
        };
        for (truth, row) in self.weights.iter().enumerate() {
            for (predicted, weight) in row.iter().enumerate() {
                *match (truth == class, predicted == class) {
                    (true, true) => &mut cells.true_positive,
                    (false, true) => &mut cells.false_positive,
                    (true, false) => &mut cells.false_negative,
                    (false, false) => &mut cells.true_negative,
                } += weight;
            }
        }
        cells
    }

    /// Returns the mean sensitivity over the classes.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when some class has no units: leave the class out of the table to ignore it.
    pub fn balanced_accuracy(&self) -> Result<f64, StatsError> {
        let reason = "a class has no units";
        let recall = |(class, weight): (usize, &f64)| {
            ratio(self.weights[class][class], *weight, ("balanced accuracy", reason))
        };
        let recalls: Result<Vec<f64>, _> =
            self.true_weights().iter().enumerate().map(recall).collect();
        Ok(recalls?.iter().sum::<f64>() / self.classes() as f64)
    }

    /// Returns Cohen's kappa between truth and prediction, 1 - observed / expected disagreement.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when all units are of one class, truly and as predicted.
    ///
    /// # Source
    ///
    /// Cohen (1960), Educ. Psychol. Meas. 20:37–46.
    pub fn kappa(&self) -> Result<f64, StatsError> {
        let shares = self.shares();
        let observed = off_diagonal(|truth, predicted| shares.cells[truth][predicted], &shares);
        let expected = off_diagonal(
            |truth, predicted| shares.truth[truth] * shares.predicted[predicted],
            &shares,
        );
        Ok(1.0 - ratio(observed, expected, ("kappa", CHANCE_AGREES))?)
    }

    /// Returns the correlation of truth and prediction for any number of classes (R_K; Matthews' for two).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when truth or prediction does not vary; scikit-learn answers 0 there.
    ///
    /// # Source
    ///
    /// Gorodkin (2004), Comput. Biol. Chem. 28:367–374.
    pub fn matthews(&self) -> Result<f64, StatsError> {
        let shares = self.shares();
        let covariance: f64 = (0..self.classes())
            .map(|k| shares.cells[k][k] - shares.truth[k] * shares.predicted[k])
            .sum();
        let spread = |margin: &[f64]| off_diagonal(|a, b| margin[a] * margin[b], &shares);
        let scale = spread(&shares.truth).sqrt() * spread(&shares.predicted).sqrt();
        ratio(covariance, scale, ("Matthews' correlation", NO_VARIATION))
    }

    /// Returns the cells and margins as shares of the total.
    pub(super) fn shares(&self) -> Shares {
        let total = self.total();
        let part = |weights: &[f64]| weights.iter().map(|weight| weight / total).collect();
        Shares {
            cells: self.weights.iter().map(|row| part(row)).collect(),
            squares: self
                .squares
                .iter()
                .map(|row| row.iter().map(|square| square / total / total).collect())
                .collect(),
            truth: part(&self.true_weights()),
            predicted: part(&self.predicted_weights()),
        }
    }
}

/// A table divided by its total.
pub(super) struct Shares {
    /// The share of each cell, rows true.
    pub(super) cells: Vec<Vec<f64>>,
    /// The sum of squared weights of each cell, divided by the squared total.
    pub(super) squares: Vec<Vec<f64>>,
    /// The share of each true class.
    pub(super) truth: Vec<f64>,
    /// The share of each predicted class.
    pub(super) predicted: Vec<f64>,
}

/// Sums over the pairs of different classes; exactly 0 when each term is, unlike 1 minus the diagonal.
fn off_diagonal(term: impl Fn(usize, usize) -> f64, shares: &Shares) -> f64 {
    let classes = shares.truth.len();
    let row =
        |truth| (0..classes).filter(move |other| *other != truth).map(move |other| (truth, other));
    (0..classes).flat_map(row).map(|(truth, predicted)| term(truth, predicted)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit((truth, predicted, weight): (usize, usize, f64)) -> Classified {
        Classified { truth, predicted, weight }
    }

    #[test]
    fn what_does_not_fit_the_table_is_refused() {
        assert_eq!(Confusion::from_units(2, []), Err(StatsError::NoUnits));
        for wrong in [(0, 2, 1.0), (2, 0, 1.0), (0, 0, 0.0), (0, 0, f64::NAN)] {
            assert!(Confusion::from_units(2, [unit(wrong)]).is_err(), "{wrong:?}");
        }
        assert!(Confusion::from_units(1, [unit((0, 0, 1.0))]).is_err());
        assert!(Confusion::from_counts(&[vec![1, 2], vec![3]]).is_err());
        assert_eq!(Confusion::from_counts(&[vec![0, 0], vec![0, 0]]), Err(StatsError::NoUnits));
    }

    #[test]
    fn one_class_alone_has_no_kappa_and_no_correlation() {
        let table = Confusion::from_counts(&[vec![7, 0], vec![0, 0]]).unwrap();
        assert!(table.kappa().is_err() && table.matthews().is_err());
        assert!(table.balanced_accuracy().is_err());
    }

    proptest! {
        #[test]
        fn two_classes_score_as_the_binary_table(counts in prop::array::uniform4(1u64..60)) {
            let [tp, fp, fn_, tn] = counts;
            let table = Confusion::from_counts(&[vec![tn, fp], vec![fn_, tp]]).unwrap();
            let binary = table.one_vs_rest().unwrap()[1];
            prop_assert!((table.kappa().unwrap() - binary.kappa().unwrap()).abs() < 1e-12);
            prop_assert!((table.matthews().unwrap() - binary.matthews().unwrap()).abs() < 1e-12);
            prop_assert!((table.balanced_accuracy().unwrap() - binary.balanced_accuracy().unwrap()).abs() < 1e-12);
        }

        #[test]
        fn neither_order_nor_split_units_change_the_weights(units in prop::collection::vec((0usize..3, 0usize..3, 0.1f64..9.0), 1..30)) {
            let whole = Confusion::from_units(3, units.iter().copied().map(unit)).unwrap();
            let halves = units.iter().rev().flat_map(|(t, p, w)| [unit((*t, *p, w / 2.0)); 2]);
            let split = Confusion::from_units(3, halves).unwrap();
            for class in 0..3 {
                for (a, b) in whole.row(class).iter().zip(split.row(class)) {
                    prop_assert!((a - b).abs() < 1e-9);
                }
            }
        }
    }
}
