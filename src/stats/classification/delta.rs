//! Standard errors of averaged scores of a confusion matrix, by the delta method.

use crate::stats::Confusion;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;
use crate::stats::classification::confusion::Shares;

/// A score of the whole matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeltaScore {
    /// Micro-averaged F1, which equals micro precision, micro recall and accuracy.
    MicroF1,
    /// The mean of the classes' F1.
    MacroF1,
    /// The mean of the classes' precision.
    MacroPrecision,
    /// The mean of the classes' recall: balanced accuracy.
    MacroRecall,
    /// F1 of the class of that index.
    ClassF1(usize),
}

/// A score with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaEstimate {
    /// The score.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
}

impl DeltaEstimate {
    /// Returns the normal interval, value plus and minus z standard errors, **not** cut at 0 or 1.
    ///
    /// A large-sample interval: too narrow where a class has few units or no errors.
    #[must_use]
    pub fn interval(&self, level: Level) -> Interval {
        let half = level.z() * self.std_error;
        Interval { low: self.value - half, high: self.value + half, method: Method::Delta }
    }
}

/// Returns an averaged score with its standard error.
///
/// With cell shares `p_ij` (rows true), `r_i = sum_j p_ij`, `c_i = sum_j p_ji`: F1 of class i is
/// `2 p_ii / (r_i + c_i)`, its precision `p_ii / c_i`, its recall `p_ii / r_i`. The variance is that of the
/// linearised score, `sum w^2 (g_cell - mean g)^2 / W^2` with `g` the gradient; for unit weights this is the
/// multinomial `(sum p g^2 - (sum p g)^2) / n` of the source, whose closed form for macro F1 it equals. With
/// design weights it treats the units as drawn independently (no finite population correction).
///
/// # Errors
///
/// [`StatsError::Undefined`] where a class that is needed has no units, true or predicted;
/// [`StatsError::OutOfRange`] for a class that there is not.
///
/// # Source
///
/// Takahashi, Yamamoto, Kuchiba & Koyama (2022), Appl. Intell. 52:4961–4972.
pub fn delta_estimate(
    confusion: &Confusion,
    score: DeltaScore,
) -> Result<DeltaEstimate, StatsError> {
    let shares = confusion.shares();
    let every: Vec<usize> = (0..confusion.classes()).collect();
    let (classes, part): (&[usize], ClassPart) = match score {
        DeltaScore::MicroF1 => return Ok(micro(&shares)),
        DeltaScore::MacroF1 => (&every, ClassPart { truth: 0.5, predicted: 0.5 }),
        DeltaScore::MacroPrecision => (&every, ClassPart { truth: 0.0, predicted: 1.0 }),
        DeltaScore::MacroRecall => (&every, ClassPart { truth: 1.0, predicted: 0.0 }),
        DeltaScore::ClassF1(class) => {
            let one = every.get(class..=class).ok_or(StatsError::OutOfRange {
                what: "a class below the number of classes",
                value: class as f64,
            })?;
            (one, ClassPart { truth: 0.5, predicted: 0.5 })
        }
    };
    let per_class: Vec<ClassRatio> =
        classes.iter().map(|class| part.ratio(&shares, *class)).collect::<Result<_, _>>()?;
    let n = per_class.len() as f64;
    let value = per_class.iter().map(|class| class.value).sum::<f64>() / n;
    let gradient = |truth: usize, predicted: usize| {
        per_class.iter().map(|class| class.slope(truth, predicted)).sum::<f64>() / n
    };
    Ok(DeltaEstimate { value, std_error: std_error(&shares, gradient) })
}

/// How much a score's denominator takes of the true and of the predicted margin of its class.
#[derive(Clone, Copy)]
struct ClassPart {
    truth: f64,
    predicted: f64,
}

/// `p_ii / denominator` of one class.
struct ClassRatio {
    class: usize,
    part: ClassPart,
    value: f64,
    denominator: f64,
}

impl ClassPart {
    fn ratio(self, shares: &Shares, class: usize) -> Result<ClassRatio, StatsError> {
        let denominator =
            self.truth * shares.truth[class] + self.predicted * shares.predicted[class];
        if denominator <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "the averaged score",
                reason: "a class has no units, or is never predicted",
            });
        }
        let value = shares.cells[class][class] / denominator;
        Ok(ClassRatio { class, part: self, value, denominator })
    }
}

impl ClassRatio {
    /// The derivative of the ratio by the share of one cell.
    fn slope(&self, truth: usize, predicted: usize) -> f64 {
        let mut upper = 0.0;
        if truth == self.class {
            upper -= self.value * self.part.truth;
        }
        if predicted == self.class {
            upper -= self.value * self.part.predicted;
        }
        if truth == self.class && predicted == self.class {
            upper += 1.0;
        }
        upper / self.denominator
    }
}

fn micro(shares: &Shares) -> DeltaEstimate {
    let value = (0..shares.truth.len()).map(|class| shares.cells[class][class]).sum();
    let std_error =
        std_error(shares, |truth, predicted| if truth == predicted { 1.0 } else { 0.0 });
    DeltaEstimate { value, std_error }
}

fn std_error(shares: &Shares, gradient: impl Fn(usize, usize) -> f64) -> f64 {
    let classes = shares.truth.len();
    let cells = || (0..classes).flat_map(|i| (0..classes).map(move |j| (i, j)));
    let mean: f64 = cells().map(|(i, j)| shares.cells[i][j] * gradient(i, j)).sum();
    cells().map(|(i, j)| shares.squares[i][j] * (gradient(i, j) - mean).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Classified;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = Vec<Vec<u64>>> {
        prop::collection::vec(prop::collection::vec(1u64..40, 3), 3)
    }

    /// The variance of macro F1 as Takahashi et al. print it.
    fn printed(counts: &[Vec<u64>]) -> f64 {
        let n = counts.iter().flatten().sum::<u64>() as f64;
        let p = |i: usize, j: usize| counts[i][j] as f64 / n;
        let margin = |i: usize| (0..3).map(|j| p(i, j) + p(j, i)).sum::<f64>();
        let f1 = |i: usize| 2.0 * p(i, i) / margin(i);
        let rest = |i: usize| margin(i) - 2.0 * p(i, i);
        let own =
            |i: usize| f1(i) * rest(i) / margin(i).powi(2) * (rest(i) / margin(i) + f1(i) / 2.0);
        let pair = |i: usize, j: usize| p(i, j) * f1(i) * f1(j) / (margin(i) * margin(j));
        let pairs = (0..3).flat_map(|i| (0..3).filter(move |j| *j != i).map(move |j| (i, j)));
        let sum = (0..3).map(own).sum::<f64>() + pairs.map(|(i, j)| pair(i, j)).sum::<f64>();
        2.0 * sum / (n * 9.0)
    }

    proptest! {
        #[test]
        fn macro_f1_has_the_variance_the_authors_print(counts in counts()) {
            let estimate = delta_estimate(&Confusion::from_counts(&counts).unwrap(), DeltaScore::MacroF1).unwrap();
            prop_assert!((estimate.std_error.powi(2) / printed(&counts) - 1.0).abs() < 1e-9);
        }

        #[test]
        fn units_of_weight_two_are_no_more_certain_than_units_of_weight_one(counts in counts()) {
            let plain = Confusion::from_counts(&counts).unwrap();
            let units = counts.iter().enumerate().flat_map(|(truth, row)| {
                row.iter().enumerate().flat_map(move |(predicted, count)| {
                    vec![Classified { truth, predicted, weight: 2.0 }; usize::try_from(*count).unwrap()]
                })
            });
            let heavy = Confusion::from_units(3, units).unwrap();
            for score in [DeltaScore::MicroF1, DeltaScore::MacroPrecision, DeltaScore::MacroRecall, DeltaScore::ClassF1(1)] {
                let (a, b) = (delta_estimate(&plain, score).unwrap(), delta_estimate(&heavy, score).unwrap());
                prop_assert!((a.value - b.value).abs() < 1e-12 && (a.std_error - b.std_error).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn macro_recall_varies_as_independent_recalls_do() {
        let table = Confusion::from_counts(&[vec![30, 10], vec![5, 55]]).unwrap();
        let estimate = delta_estimate(&table, DeltaScore::MacroRecall).unwrap();
        // the mean of two proportions: (1/4) (p q / n + p q / n)
        let variance = (0.75 * 0.25 / 40.0 + (55.0 / 60.0) * (5.0 / 60.0) / 60.0) / 4.0;
        assert!((estimate.std_error.powi(2) - variance).abs() < 1e-15);
    }

    #[test]
    fn precision_is_the_recall_of_the_exchanged_table() {
        let table = |counts: [[u64; 2]; 2]| Confusion::from_counts(&counts.map(Vec::from)).unwrap();
        let precision = delta_estimate(&table([[30, 10], [5, 55]]), DeltaScore::MacroPrecision);
        let recall = delta_estimate(&table([[30, 5], [10, 55]]), DeltaScore::MacroRecall);
        assert!((precision.unwrap().std_error - recall.unwrap().std_error).abs() < 1e-15);
    }

    #[test]
    fn a_class_never_predicted_has_no_precision_but_an_f1() {
        let table = Confusion::from_counts(&[vec![8, 0], vec![2, 0]]).unwrap();
        assert!(delta_estimate(&table, DeltaScore::MacroPrecision).is_err());
        assert!(delta_estimate(&table, DeltaScore::ClassF1(1)).unwrap().value.abs() < 1e-12);
        assert!(delta_estimate(&table, DeltaScore::ClassF1(2)).is_err());
    }
}
