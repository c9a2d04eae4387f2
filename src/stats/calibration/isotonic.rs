//! Isotonic calibration: the non-decreasing function of the score that fits gold best.

use crate::stats::Scores;
use crate::stats::StatsError;
use crate::stats::scores::finite_score;

/// A fitted non-decreasing function from scores to probabilities. Invariant: at least one knot, scores rising.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    knots: Vec<Knot>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Knot {
    score: f64,
    probability: f64,
}

/// Neighbouring scores with one fitted value.
#[derive(Debug, Clone, Copy)]
struct Block {
    positive: f64,
    weight: f64,
    scores: usize,
}

impl Isotonic {
    /// Fits by pooling adjacent violators, units of equal score first.
    ///
    /// The fitted values minimise the weighted squared error among all non-decreasing functions. The lowest and the
    /// highest block often fit 0 and 1 exactly: do not read those as certainty. Fitted and judged on the same gold
    /// it looks better calibrated than it is.
    ///
    /// # Source
    ///
    /// Ayer et al. (1955), Ann. Math. Stat. 26:641–647; Zadrozny & Elkan (2002), KDD, 694–699.
    #[must_use]
    pub fn fit(scores: &Scores) -> Self {
        let ties = scores.ties();
        let mut blocks: Vec<Block> = Vec::with_capacity(ties.len());
        for tie in &ties {
            let weight = tie.positive + tie.negative;
            let mut block = Block { positive: tie.positive, weight, scores: 1 };
            while let Some(below) = blocks.pop() {
                if below.value() < block.value() {
                    blocks.push(below);
                    break;
                }
                block.positive += below.positive;
                block.weight += below.weight;
                block.scores += below.scores;
            }
            blocks.push(block);
        }
        let values =
            blocks.iter().flat_map(|block| std::iter::repeat_n(block.value(), block.scores));
        let knots = ties.iter().zip(values);
        Self {
            knots: knots.map(|(tie, probability)| Knot { score: tie.score, probability }).collect(),
        }
    }

    /// Returns the probability of a score: fitted at the scores of the fit, linear between, constant outside.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a score that is not finite.
    pub fn apply(&self, score: f64) -> Result<f64, StatsError> {
        let score = finite_score(score)?;
        let above = self.knots.partition_point(|knot| knot.score < score);
        match (above.checked_sub(1).and_then(|below| self.knots.get(below)), self.knots.get(above))
        {
            (Some(low), Some(high)) => {
                let part = (score - low.score) / (high.score - low.score);
                Ok(low.probability + part * (high.probability - low.probability))
            }
            (Some(end), None) | (None, Some(end)) => Ok(end.probability),
            (None, None) => Err(StatsError::NoUnits),
        }
    }
}

impl Block {
    fn value(&self) -> f64 {
        self.positive / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ScoredUnit;
    use crate::stats::Truth;
    use proptest::prelude::*;

    fn scores(units: &[(f64, bool, f64)]) -> Scores {
        let unit = |&(score, positive, weight): &(f64, bool, f64)| {
            let truth = if positive { Truth::Positive } else { Truth::Negative };
            ScoredUnit { score, truth, weight }
        };
        Scores::new(units.iter().map(unit).collect()).unwrap()
    }

    fn units() -> impl Strategy<Value = Vec<(f64, bool, f64)>> {
        prop::collection::vec(((0u8..20).prop_map(f64::from), any::<bool>(), 0.1f64..5.0), 1..40)
    }

    #[test]
    fn between_scores_it_is_linear_and_outside_constant() {
        let fitted = Isotonic::fit(&scores(&[(1.0, false, 1.0), (3.0, true, 1.0)]));
        for (score, expected) in [(-5.0, 0.0), (1.0, 0.0), (1.5, 0.25), (3.0, 1.0), (9.0, 1.0)] {
            assert!((fitted.apply(score).unwrap() - expected).abs() < 1e-12, "{score}");
        }
        assert!(fitted.apply(f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn it_never_falls_and_keeps_the_mean(units in units()) {
            let fitted = Isotonic::fit(&scores(&units));
            let values: Vec<f64> = (0..40).map(|i| fitted.apply(f64::from(i) / 2.0).unwrap()).collect();
            prop_assert!(values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            let sum = |value: &dyn Fn(&(f64, bool, f64)) -> f64| units.iter().map(value).sum::<f64>();
            let (fit, gold) = (sum(&|u| u.2 * fitted.apply(u.0).unwrap()), sum(&|u| if u.1 { u.2 } else { 0.0 }));
            prop_assert!((fit - gold).abs() < 1e-9);
        }

        #[test]
        fn no_constant_fits_better(units in units()) {
            let fitted = Isotonic::fit(&scores(&units));
            let loss = |value: &dyn Fn(f64) -> f64| -> f64 {
                units.iter().map(|u| u.2 * (value(u.0) - if u.1 { 1.0 } else { 0.0 }).powi(2)).sum()
            };
            let own = loss(&|score| fitted.apply(score).unwrap());
            for constant in 0..=10 {
                prop_assert!(own <= loss(&|_| f64::from(constant) / 10.0) + 1e-9);
            }
        }
    }
}
