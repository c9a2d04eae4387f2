//! Scores of sets of labels: several labels may hold of one unit, or none.

use crate::stats::BinaryCells;
use crate::stats::BinaryConfusion;
use crate::stats::ClassScore;
use crate::stats::EmptyScore;
use crate::stats::StatsError;
use crate::stats::classification::binary::ratio;
use crate::stats::design_weight::design_weight;

/// One unit: which labels truly hold and which are predicted, label by label, and its design weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelSets<'a> {
    /// Whether each label truly holds.
    pub truth: &'a [bool],
    /// Whether each label is predicted.
    pub predicted: &'a [bool],
    /// How many units of the population it stands for, above 0.
    pub weight: f64,
}

/// What the scores of label sets need. Invariant: at least one unit and one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Multilabel {
    tables: Vec<BinaryConfusion>,
    units: Vec<Overlap>,
    total: f64,
}

/// The sizes of the two sets of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Overlap {
    both: f64,
    truth: f64,
    predicted: f64,
    weight: f64,
}

impl Multilabel {
    /// Sums units up; all have the labels of the first, in the same order.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units or labels, [`StatsError::LengthsDiffer`] where the sets are over
    /// different labels, [`StatsError::OutOfRange`] for a weight that is none.
    pub fn from_units<'a>(
        units: impl IntoIterator<Item = LabelSets<'a>>,
    ) -> Result<Self, StatsError> {
        let mut cells: Vec<[f64; 4]> = Vec::new();
        let mut overlaps = Vec::new();
        for unit in units {
            let weight = design_weight(unit.weight)?;
            if overlaps.is_empty() {
                cells = vec![[0.0; 4]; unit.truth.len()];
            }
            for labels in [unit.truth, unit.predicted] {
                if labels.len() != cells.len() {
                    return Err(StatsError::LengthsDiffer {
                        left: cells.len(),
                        right: labels.len(),
                    });
                }
            }
            for (sums, (truth, predicted)) in
                cells.iter_mut().zip(unit.truth.iter().zip(unit.predicted))
            {
                sums[2 * usize::from(*truth) + usize::from(*predicted)] += weight;
            }
            overlaps.push(Overlap::of(unit, weight));
        }
        if cells.is_empty() {
            return Err(StatsError::NoUnits);
        }
        let tables: Result<_, _> = cells.into_iter().map(table).collect();
        let total = overlaps.iter().map(|unit| unit.weight).sum();
        Ok(Self { tables: tables?, units: overlaps, total })
    }

    /// Returns the table of each label; [`average`](crate::stats::average) turns them into macro, micro and weighted scores.
    #[must_use]
    pub fn tables(&self) -> &[BinaryConfusion] {
        &self.tables
    }

    /// Returns the share of units whose whole set is right.
    #[must_use]
    pub fn subset_accuracy(&self) -> f64 {
        self.mean(|unit| if unit.wrong() < 0.5 { 1.0 } else { 0.0 })
    }

    /// Returns the share of single label decisions that are wrong.
    #[must_use]
    pub fn hamming_loss(&self) -> f64 {
        self.mean(|unit| unit.wrong() / self.tables.len() as f64)
    }

    /// Returns the mean over units of a score of the unit's own two sets.
    ///
    /// Units for which neither gold nor the labeler has any label are common: their scores are 0/0, and `empty`
    /// says what they count as.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where a unit's score is, under [`EmptyScore::Refuse`].
    ///
    /// # Source
    ///
    /// Godbole & Sarawagi (2004), PAKDD, LNCS 3056:22–30.
    pub fn unit_average(&self, score: ClassScore, empty: EmptyScore) -> Result<f64, StatsError> {
        let mut sum = 0.0;
        for unit in &self.units {
            sum += unit.weight * empty.resolve(unit.score(score))?;
        }
        Ok(sum / self.total)
    }

    fn mean(&self, value: impl Fn(&Overlap) -> f64) -> f64 {
        self.units.iter().map(|unit| unit.weight * value(unit)).sum::<f64>() / self.total
    }
}

impl Overlap {
    fn of(unit: LabelSets<'_>, weight: f64) -> Self {
        let size = |labels: &[bool]| labels.iter().filter(|label| **label).count() as f64;
        let pairs = unit.truth.iter().zip(unit.predicted);
        let both = pairs.filter(|(truth, predicted)| **truth && **predicted).count() as f64;
        Self { both, truth: size(unit.truth), predicted: size(unit.predicted), weight }
    }

    /// Returns how many labels are in one set only.
    fn wrong(&self) -> f64 {
        self.truth + self.predicted - 2.0 * self.both
    }

    fn score(&self, score: ClassScore) -> Result<f64, StatsError> {
        let (part, whole, reason) = match score {
            ClassScore::Precision => (self.both, self.predicted, "a unit has no predicted label"),
            ClassScore::Recall => (self.both, self.truth, "a unit has no true label"),
            ClassScore::F1 => (2.0 * self.both, self.truth + self.predicted, NO_LABEL),
            ClassScore::Jaccard => (self.both, self.truth + self.predicted - self.both, NO_LABEL),
        };
        ratio(part, whole, ("the average over units", reason))
    }
}

const NO_LABEL: &str = "a unit has no label, true or predicted";

fn table(
    [true_negative, false_positive, false_negative, true_positive]: [f64; 4],
) -> Result<BinaryConfusion, StatsError> {
    BinaryConfusion::new(BinaryCells {
        true_positive,
        false_positive,
        false_negative,
        true_negative,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets<'a>(truth: &'a [bool], predicted: &'a [bool]) -> LabelSets<'a> {
        LabelSets { truth, predicted, weight: 1.0 }
    }

    #[test]
    fn a_unit_without_labels_counts_as_the_caller_says() {
        let none = Multilabel::from_units([sets(&[false, false], &[false, false])]).unwrap();
        assert!((none.subset_accuracy() - 1.0).abs() < 1e-12);
        assert!(none.unit_average(ClassScore::F1, EmptyScore::Refuse).is_err());
        assert!(none.unit_average(ClassScore::F1, EmptyScore::Zero).unwrap().abs() < 1e-12);
        assert!((none.unit_average(ClassScore::F1, EmptyScore::One).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn scores_of_one_unit_are_those_of_its_sets() {
        let unit = Multilabel::from_units([sets(
            &[true, true, false, false],
            &[true, false, true, false],
        )])
        .unwrap();
        assert!((unit.hamming_loss() - 0.5).abs() < 1e-12);
        assert!(
            (unit.unit_average(ClassScore::Jaccard, EmptyScore::Refuse).unwrap() - 1.0 / 3.0).abs()
                < 1e-12
        );
        assert!((unit.tables()[0].cells().true_positive - 1.0).abs() < 1e-12);
        assert!((unit.tables()[1].cells().false_negative - 1.0).abs() < 1e-12);
    }

    #[test]
    fn sets_over_different_labels_are_refused() {
        assert!(Multilabel::from_units([sets(&[true], &[true, false])]).is_err());
        assert!(
            Multilabel::from_units([sets(&[true], &[true]), sets(&[true, true], &[true, true])])
                .is_err()
        );
        assert_eq!(Multilabel::from_units([]), Err(StatsError::NoUnits));
        assert_eq!(Multilabel::from_units([sets(&[], &[])]), Err(StatsError::NoUnits));
    }
}
