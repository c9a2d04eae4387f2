//! Units with gold and a score: what ranking and calibration are measured on.

use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::design_weight::design_weight;

/// One unit: its score, what gold says, and its design weight (1 in a plain sample).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredUnit {
    /// The score; higher means more likely positive.
    pub score: f64,
    /// What gold says.
    pub truth: Truth,
    /// How many units of the population it stands for, above 0.
    pub weight: f64,
}

/// Scored units with gold. Invariant: at least one; every score finite; every weight above 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores(Vec<ScoredUnit>);

/// Scored units whose scores are probabilities of being positive. Invariant: every score lies in `[0, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecasts(Scores);

/// Returns the score if it is finite.
pub(crate) fn finite_score(value: f64) -> Result<f64, StatsError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange { what: "a finite score", value })
    }
}

impl ScoredUnit {
    /// Returns 1 for a positive unit and 0 for a negative one.
    pub(crate) fn outcome(&self) -> f64 {
        match self.truth {
            Truth::Positive => 1.0,
            Truth::Negative => 0.0,
        }
    }
}

impl Scores {
    /// Checks scores and weights.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units, [`StatsError::OutOfRange`] for a score that is not finite and for a
    /// weight that is none.
    pub fn new(units: Vec<ScoredUnit>) -> Result<Self, StatsError> {
        if units.is_empty() {
            return Err(StatsError::NoUnits);
        }
        for unit in &units {
            design_weight(unit.weight)?;
            finite_score(unit.score)?;
        }
        Ok(Self(units))
    }

    /// Returns the units in the order they were given.
    #[must_use]
    pub fn units(&self) -> &[ScoredUnit] {
        &self.0
    }

    /// Returns the sum of all weights.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.0.iter().map(|unit| unit.weight).sum()
    }

    /// Returns the weight of the positive and of the negative units, both above 0.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`], for the named statistic, when one of them is missing.
    pub(crate) fn class_weights(
        &self,
        statistic: &'static str,
    ) -> Result<ClassWeights, StatsError> {
        let sum = |truth| {
            let class = self.0.iter().filter(|unit| unit.truth == truth);
            class.map(|unit| unit.weight).sum::<f64>()
        };
        let weights =
            ClassWeights { positive: sum(Truth::Positive), negative: sum(Truth::Negative) };
        if weights.positive <= 0.0 {
            return Err(StatsError::Undefined { statistic, reason: "no unit is truly positive" });
        }
        if weights.negative <= 0.0 {
            return Err(StatsError::Undefined { statistic, reason: "no unit is truly negative" });
        }
        Ok(weights)
    }

    /// Returns the units of equal score together, in ascending order of score.
    pub(crate) fn ties(&self) -> Vec<Tie> {
        let mut sorted: Vec<&ScoredUnit> = self.0.iter().collect();
        sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
        let mut ties: Vec<Tie> = Vec::new();
        for unit in sorted {
            match ties.last_mut() {
                Some(tie) if tie.score >= unit.score => tie.add(unit),
                Some(_) | None => ties.push(Tie::of(unit)),
            }
        }
        ties
    }
}

/// The weights of the two true classes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClassWeights {
    /// Of the positive units.
    pub(crate) positive: f64,
    /// Of the negative units.
    pub(crate) negative: f64,
}

/// All units of one score.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tie {
    /// The score.
    pub(crate) score: f64,
    /// The weight of its positive units.
    pub(crate) positive: f64,
    /// The weight of its negative units.
    pub(crate) negative: f64,
}

impl Tie {
    fn of(unit: &ScoredUnit) -> Self {
        let mut tie = Self { score: unit.score, positive: 0.0, negative: 0.0 };
        tie.add(unit);
        tie
    }

    fn add(&mut self, unit: &ScoredUnit) {
        match unit.truth {
            Truth::Positive => self.positive += unit.weight,
            Truth::Negative => self.negative += unit.weight,
        }
    }
}

impl Forecasts {
    /// Checks that every score is a probability.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a score outside `[0, 1]`.
    pub fn new(scores: Scores) -> Result<Self, StatsError> {
        match scores.units().iter().find(|unit| !(0.0..=1.0).contains(&unit.score)) {
            Some(unit) => {
                Err(StatsError::OutOfRange { what: "a probability in [0, 1]", value: unit.score })
            }
            None => Ok(Self(scores)),
        }
    }

    /// Returns the units as scores, to rank them.
    #[must_use]
    pub fn scores(&self) -> &Scores {
        &self.0
    }

    /// Returns the units in the order they were given.
    #[must_use]
    pub fn units(&self) -> &[ScoredUnit] {
        self.0.units()
    }

    /// Returns the weighted mean of a value of each unit.
    pub(crate) fn mean(&self, value: impl Fn(&ScoredUnit) -> f64) -> f64 {
        self.units().iter().map(|unit| unit.weight * value(unit)).sum::<f64>() / self.0.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(score: f64, weight: f64) -> ScoredUnit {
        ScoredUnit { score, truth: Truth::Positive, weight }
    }

    #[test]
    fn what_is_no_score_weight_or_probability_is_refused() {
        assert_eq!(Scores::new(Vec::new()), Err(StatsError::NoUnits));
        for wrong in [unit(f64::NAN, 1.0), unit(f64::INFINITY, 1.0), unit(0.5, 0.0)] {
            assert!(Scores::new(vec![wrong]).is_err(), "{wrong:?}");
        }
        for score in [-0.1, 1.1] {
            assert!(Forecasts::new(Scores::new(vec![unit(score, 1.0)]).unwrap()).is_err());
        }
    }

    #[test]
    fn equal_scores_are_one_tie_and_so_are_both_zeros() {
        let units = [(0.5, 1.0), (0.0, 2.0), (-0.0, 3.0), (0.5, 4.0)];
        let ties = Scores::new(units.map(|(s, w)| unit(s, w)).to_vec()).unwrap().ties();
        let weights: Vec<f64> = ties.iter().map(|tie| tie.positive).collect();
        assert_eq!(weights, [5.0, 5.0]);
    }
}
