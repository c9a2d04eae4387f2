//! Platt scaling: a sigmoid from scores to probabilities.

use crate::stats::ScoredUnit;
use crate::stats::Scores;
use crate::stats::StatsError;
use crate::stats::calibration::logistic::LogisticUnit;
use crate::stats::calibration::logistic::Terms;
use crate::stats::calibration::logistic::fit;
use crate::stats::calibration::logistic::logistic;
use crate::stats::scores::finite_score;

/// A fitted sigmoid, `P(positive) = 1 / (1 + exp(-(intercept + slope score)))`.
///
/// Platt writes `1 / (1 + exp(A score + B))`: A = -slope, B = -intercept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platt {
    /// The log odds at score 0.
    pub intercept: f64,
    /// The log odds a unit of score adds; below 0 where higher scores mean less likely positive.
    pub slope: f64,
}

impl Platt {
    /// Fits the sigmoid to gold, with Platt's targets: `(n1 + 1) / (n1 + 2)` for positive units, `1 / (n0 + 2)` for negative.
    ///
    /// n1 and n0 are the positive and negative units, by design weight scaled to a mean of 1. The targets keep the fit
    /// finite where scores separate the classes. For stated probabilities, fit their logits. Fitted and judged on the
    /// same gold it looks better calibrated than it is.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] with one class only and when all scores are the same.
    ///
    /// # Source
    ///
    /// Platt (1999), Advances in Large Margin Classifiers, 61–74; Lin, Lin & Weng (2007), Mach. Learn. 68:267–276.
    pub fn fit(scores: &Scores) -> Result<Self, StatsError> {
        let classes = scores.class_weights("Platt scaling")?;
        let scale = scores.units().len() as f64 / scores.total();
        let (centre, spread) = centre_and_spread(scores)?;
        let high = (classes.positive * scale + 1.0) / (classes.positive * scale + 2.0);
        let low = 1.0 / (classes.negative * scale + 2.0);
        let unit = |unit: &ScoredUnit| LogisticUnit {
            x: (unit.score - centre) / spread,
            offset: 0.0,
            outcome: if unit.outcome() > 0.5 { high } else { low },
            weight: unit.weight * scale,
        };
        let units: Vec<_> = scores.units().iter().map(unit).collect();
        let fitted = fit(&units, Terms::InterceptAndSlope)?;
        let slope = fitted.slope.value / spread;
        Ok(Self { intercept: fitted.intercept.value - slope * centre, slope })
    }

    /// Returns the probability of a score.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a score that is not finite.
    pub fn apply(&self, score: f64) -> Result<f64, StatsError> {
        Ok(logistic(self.intercept + self.slope * finite_score(score)?))
    }
}

/// The middle and half the range of the scores, which put them into `[-1, 1]` for the fit.
fn centre_and_spread(scores: &Scores) -> Result<(f64, f64), StatsError> {
    let each = || scores.units().iter().map(|unit| unit.score);
    let (least, most) =
        (each().fold(f64::INFINITY, f64::min), each().fold(f64::NEG_INFINITY, f64::max));
    let spread = most / 2.0 - least / 2.0;
    if spread > 0.0 && spread.is_finite() {
        Ok((f64::midpoint(least, most), spread))
    } else {
        let reason = "all scores are the same";
        Err(StatsError::Undefined { statistic: "Platt scaling", reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Truth;

    fn scores(units: &[(f64, Truth, f64)]) -> Scores {
        let unit = |&(score, truth, weight): &_| ScoredUnit { score, truth, weight };
        Scores::new(units.iter().map(unit).collect()).unwrap()
    }

    #[test]
    fn separated_classes_have_a_finite_sigmoid_through_the_smoothed_targets() {
        let fitted = Platt::fit(&scores(&[
            (0.0, Truth::Negative, 1.0),
            (0.0, Truth::Negative, 1.0),
            (1.0, Truth::Positive, 1.0),
        ]))
        .unwrap();
        // two scores, two parameters: the targets are met, 1 / (2 + 2) and (1 + 1) / (1 + 2)
        assert!((fitted.apply(0.0).unwrap() - 0.25).abs() < 1e-9);
        assert!((fitted.apply(1.0).unwrap() - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn neither_the_scale_of_weights_nor_that_of_scores_changes_a_probability() {
        let rows = [
            (0.3, Truth::Negative, 1.0),
            (0.4, Truth::Positive, 2.0),
            (0.6, Truth::Negative, 1.5),
            (0.9, Truth::Positive, 0.5),
        ];
        let (plain, other) = (
            Platt::fit(&scores(&rows)).unwrap(),
            Platt::fit(&scores(&rows.map(|(s, t, w)| (1e6 * s, t, 40.0 * w)))).unwrap(),
        );
        for score in [0.1, 0.5, 0.95] {
            assert!(
                (plain.apply(score).unwrap() - other.apply(1e6 * score).unwrap()).abs() < 1e-8,
                "{score}"
            );
        }
    }

    #[test]
    fn one_class_or_one_score_has_no_sigmoid() {
        assert!(
            Platt::fit(&scores(&[(0.1, Truth::Positive, 1.0), (0.2, Truth::Positive, 1.0)]))
                .is_err()
        );
        assert!(
            Platt::fit(&scores(&[(0.1, Truth::Positive, 1.0), (0.1, Truth::Negative, 1.0)]))
                .is_err()
        );
    }
}
