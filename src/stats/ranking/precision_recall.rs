//! The precision-recall curve and average precision.

use crate::stats::Scores;
use crate::stats::StatsError;
use crate::stats::scores::Tie;

/// What flagging every unit with at least that score gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrecisionRecallPoint {
    /// The lowest score that is flagged.
    pub threshold: f64,
    /// The share of flagged units that are positive.
    pub precision: f64,
    /// The share of positive units that are flagged (sensitivity).
    pub recall: f64,
}

/// Returns the precision-recall curve, from the highest score to everything flagged, one point a distinct score.
///
/// There is no point where nothing is flagged: precision is undefined there.
///
/// # Errors
///
/// [`StatsError::Undefined`] without positive or without negative units.
pub fn precision_recall_curve(scores: &Scores) -> Result<Vec<PrecisionRecallPoint>, StatsError> {
    let all = scores.class_weights("the precision-recall curve")?;
    let (mut positive, mut flagged) = (0.0, 0.0);
    let point = |tie: &Tie| {
        positive += tie.positive;
        flagged += tie.positive + tie.negative;
        PrecisionRecallPoint {
            threshold: tie.score,
            precision: positive / flagged,
            recall: (positive / all.positive).min(1.0),
        }
    };
    Ok(scores.ties().iter().rev().map(point).collect())
}

/// Returns average precision, `sum (R_k - R_{k-1}) P_k` over the points of the curve.
///
/// No interpolation, which would be optimistic. A labeler that ranks at random has the prevalence as its value,
/// so numbers from samples with different prevalence do not compare.
///
/// # Errors
///
/// [`StatsError::Undefined`] without positive or without negative units.
///
/// # Source
///
/// Davis & Goadrich (2006), ICML, 233–240, on interpolation.
pub fn average_precision(scores: &Scores) -> Result<f64, StatsError> {
    let mut reached = 0.0;
    let step = |point: &PrecisionRecallPoint| {
        let gain = point.recall - reached;
        reached = point.recall;
        gain * point.precision
    };
    Ok(precision_recall_curve(scores)?.iter().map(step).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ScoredUnit;
    use crate::stats::Truth;

    fn scores(units: &[(f64, Truth, f64)]) -> Scores {
        let unit = |&(score, truth, weight): &_| ScoredUnit { score, truth, weight };
        Scores::new(units.iter().map(unit).collect()).unwrap()
    }

    #[test]
    fn scores_that_say_nothing_have_the_prevalence() {
        let flat = scores(&[(0.5, Truth::Positive, 1.0), (0.5, Truth::Negative, 3.0)]);
        assert!((average_precision(&flat).unwrap() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn perfect_ranks_have_average_precision_1() {
        let perfect = scores(&[(0.1, Truth::Negative, 5.0), (0.9, Truth::Positive, 1.0)]);
        assert!((average_precision(&perfect).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(precision_recall_curve(&perfect).unwrap().len(), 2);
    }

    #[test]
    fn without_positives_there_is_no_curve() {
        assert!(average_precision(&scores(&[(0.1, Truth::Negative, 5.0)])).is_err());
    }
}
