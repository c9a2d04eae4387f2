//! The ROC curve and the area under it.

use crate::stats::Scores;
use crate::stats::StatsError;

/// What flagging every unit with at least that score gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// The lowest score that is flagged; infinite at the start of the curve, where nothing is.
    pub threshold: f64,
    /// The share of positive units flagged.
    pub sensitivity: f64,
    /// The share of negative units flagged, 1 - specificity.
    pub false_positive_rate: f64,
}

/// Returns the ROC curve, from nothing flagged to everything, one point a distinct score.
///
/// # Errors
///
/// [`StatsError::Undefined`] without positive or without negative units.
///
/// # Source
///
/// Fawcett (2006), Pattern Recognit. Lett. 27:861–874.
pub fn roc_curve(scores: &Scores) -> Result<Vec<RocPoint>, StatsError> {
    let all = scores.class_weights("the ROC curve")?;
    let (mut positive, mut negative) = (0.0, 0.0);
    let mut points =
        vec![RocPoint { threshold: f64::INFINITY, sensitivity: 0.0, false_positive_rate: 0.0 }];
    for tie in scores.ties().iter().rev() {
        // rounding of the sums may exceed the total by one unit in the last place, hence the min
        positive += tie.positive;
        negative += tie.negative;
        points.push(RocPoint {
            threshold: tie.score,
            sensitivity: (positive / all.positive).min(1.0),
            false_positive_rate: (negative / all.negative).min(1.0),
        });
    }
    Ok(points)
}

/// Returns the area under the ROC curve: P(a positive unit scores above a negative one) + P(they tie) / 2.
///
/// With design weights both units are drawn from the population by weight.
///
/// # Errors
///
/// [`StatsError::Undefined`] without positive or without negative units.
///
/// # Source
///
/// Hanley & McNeil (1982), Radiology 143:29–36.
pub fn auc(scores: &Scores) -> Result<f64, StatsError> {
    let all = scores.class_weights("the area under the ROC curve")?;
    let (mut below, mut area) = (0.0, 0.0);
    for tie in scores.ties() {
        area += tie.positive / all.positive * ((below + tie.negative / 2.0) / all.negative);
        below += tie.negative;
    }
    Ok(area.min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ScoredUnit;
    use crate::stats::Truth;
    use proptest::prelude::*;

    fn units() -> impl Strategy<Value = Vec<ScoredUnit>> {
        let unit = (0u8..6, any::<bool>(), 0.1f64..5.0).prop_map(|(score, positive, weight)| {
            let truth = if positive { Truth::Positive } else { Truth::Negative };
            ScoredUnit { score: f64::from(score), truth, weight }
        });
        prop::collection::vec(unit, 2..40)
    }

    proptest! {
        #[test]
        fn the_area_is_that_under_the_curve_and_what_reversed_scores_lack_of_1(units in units()) {
            let scores = Scores::new(units.clone()).unwrap();
            prop_assume!(auc(&scores).is_ok());
            let area = auc(&scores).unwrap();
            let curve = roc_curve(&scores).unwrap();
            let trapezoids: f64 = curve.windows(2)
                .map(|p| (p[1].false_positive_rate - p[0].false_positive_rate) * (p[1].sensitivity + p[0].sensitivity) / 2.0)
                .sum();
            prop_assert!((area - trapezoids).abs() < 1e-9);
            let reversed = units.iter().map(|unit| ScoredUnit { score: -unit.score, ..*unit }).collect();
            prop_assert!((area + auc(&Scores::new(reversed).unwrap()).unwrap() - 1.0).abs() < 1e-9);
        }

        #[test]
        fn order_of_units_and_monotone_scores_change_nothing(units in units(), turn in 0usize..40) {
            let scores = Scores::new(units.clone()).unwrap();
            prop_assume!(auc(&scores).is_ok());
            let mut other: Vec<_> = units.iter().map(|unit| ScoredUnit { score: unit.score.exp() - 7.0, ..*unit }).collect();
            other.rotate_left(turn % units.len());
            prop_assert!((auc(&scores).unwrap() - auc(&Scores::new(other).unwrap()).unwrap()).abs() < 1e-9);
        }
    }

    #[test]
    fn one_class_has_no_curve() {
        let unit = ScoredUnit { score: 0.3, truth: Truth::Positive, weight: 1.0 };
        let scores = Scores::new(vec![unit; 3]).unwrap();
        assert!(roc_curve(&scores).is_err() && auc(&scores).is_err());
    }
}
