//! Averages of per-class scores over the classes of a table, or the labels of a multilabel policy.

use crate::stats::BinaryCells;
use crate::stats::BinaryConfusion;
use crate::stats::StatsError;

/// A score of one class against all others, or of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClassScore {
    /// P(truly in the class | predicted to be).
    Precision,
    /// P(predicted to be in the class | truly is): sensitivity.
    Recall,
    /// The harmonic mean of both.
    F1,
    /// True positives over the union of true and predicted members.
    Jaccard,
}

/// How scores of several classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Average {
    /// Each class counts the same.
    Macro,
    /// The cells of all classes are added up first.
    Micro,
    /// Each class counts by the weight of its true members.
    Weighted,
}

/// What a score with the denominator 0 counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EmptyScore {
    /// It is an error, and so is an average that needs it.
    Refuse,
    /// It counts as 0, scikit-learn's `zero_division=0`.
    Zero,
    /// It counts as 1, scikit-learn's `zero_division=1`.
    One,
}

impl EmptyScore {
    /// Returns the score, or what an undefined one counts as.
    pub(super) fn resolve(self, score: Result<f64, StatsError>) -> Result<f64, StatsError> {
        match (score, self) {
            (Ok(value), _) => Ok(value),
            (Err(error), Self::Refuse) => Err(error),
            (Err(_), Self::Zero) => Ok(0.0),
            (Err(_), Self::One) => Ok(1.0),
        }
    }
}

impl ClassScore {
    /// Returns the score of one table.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when its denominator is 0.
    pub fn of(self, table: &BinaryConfusion) -> Result<f64, StatsError> {
        match self {
            Self::Precision => table.positive_predictive_value(),
            Self::Recall => table.sensitivity(),
            Self::F1 => table.f_beta(1.0),
            Self::Jaccard => table.jaccard(),
        }
    }
}

/// Averages a score over the tables of the classes ([`Confusion::one_vs_rest`](crate::stats::Confusion::one_vs_rest))
/// or labels ([`Multilabel::tables`](crate::stats::Multilabel::tables)).
///
/// In a multiclass table the three micro averages all equal accuracy. [`Average::Weighted`] leaves out classes
/// without true members, whose weight is 0.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without tables; [`StatsError::Undefined`] where a score that is needed is, under
/// [`EmptyScore::Refuse`].
///
/// # Source
///
/// Sokolova & Lapalme (2009), Inf. Process. Manag. 45:427–437.
pub fn average(
    tables: &[BinaryConfusion],
    score: ClassScore,
    average: Average,
    empty: EmptyScore,
) -> Result<f64, StatsError> {
    if tables.is_empty() {
        return Err(StatsError::NoUnits);
    }
    match average {
        Average::Macro => mean(tables, score, empty, |_| 1.0),
        Average::Weighted => mean(tables, score, empty, BinaryConfusion::positives),
        Average::Micro => empty.resolve(score.of(&pooled(tables)?)),
    }
}

fn mean(
    tables: &[BinaryConfusion],
    score: ClassScore,
    empty: EmptyScore,
    weight: impl Fn(&BinaryConfusion) -> f64,
) -> Result<f64, StatsError> {
    let (mut sum, mut all) = (0.0, 0.0);
    for table in tables.iter().filter(|table| weight(table) > 0.0) {
        sum += weight(table) * empty.resolve(score.of(table))?;
        all += weight(table);
    }
    let (statistic, reason) = ("the weighted average", "no class has true members");
    empty.resolve(if all > 0.0 {
        Ok(sum / all)
    } else {
        Err(StatsError::Undefined { statistic, reason })
    })
}

fn pooled(tables: &[BinaryConfusion]) -> Result<BinaryConfusion, StatsError> {
    let sum = |cell: fn(BinaryCells) -> f64| tables.iter().map(|table| cell(table.cells())).sum();
    BinaryConfusion::new(BinaryCells {
        true_positive: sum(|cells| cells.true_positive),
        false_positive: sum(|cells| cells.false_positive),
        false_negative: sum(|cells| cells.false_negative),
        true_negative: sum(|cells| cells.true_negative),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Confusion;

    #[test]
    fn a_class_that_is_never_predicted_makes_macro_precision_undefined() {
        let table = Confusion::from_counts(&[vec![8, 0], vec![2, 0]]).unwrap();
        let tables = table.one_vs_rest().unwrap();
        let precision = |how, empty| average(&tables, ClassScore::Precision, how, empty);
        assert!(precision(Average::Macro, EmptyScore::Refuse).is_err());
        assert!((precision(Average::Macro, EmptyScore::Zero).unwrap() - 0.4).abs() < 1e-12);
        assert!((precision(Average::Macro, EmptyScore::One).unwrap() - 0.9).abs() < 1e-12);
        assert!((precision(Average::Micro, EmptyScore::Refuse).unwrap() - 0.8).abs() < 1e-12);
    }

    #[test]
    fn every_micro_average_of_a_multiclass_table_but_jaccard_is_its_accuracy() {
        let table = Confusion::from_counts(&[vec![5, 1, 0], vec![2, 9, 4], vec![0, 3, 7]]).unwrap();
        let tables = table.one_vs_rest().unwrap();
        for score in [ClassScore::Precision, ClassScore::Recall, ClassScore::F1] {
            let micro = average(&tables, score, Average::Micro, EmptyScore::Refuse).unwrap();
            assert!((micro - table.accuracy()).abs() < 1e-12, "{score:?}");
        }
    }

    #[test]
    fn nothing_to_average_is_an_error() {
        assert!(average(&[], ClassScore::F1, Average::Macro, EmptyScore::Zero).is_err());
    }
}
