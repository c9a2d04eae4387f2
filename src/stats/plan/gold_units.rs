//! With what probability each labeled unit is chosen for gold.

use crate::stats::StatsError;
use crate::stats::plan::inclusion_probabilities;

/// The labeled units of one cell.
#[derive(Debug, Clone, Copy)]
pub struct GoldCandidates<'a> {
    /// The weight of each unit, exposure over inclusion probability.
    pub weights: &'a [f64],
    /// The predicted probability that its label is wrong, or the predicted `E (y - m)^2`.
    pub error_rates: &'a [f64],
}

/// How much gold a cell gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldBudget {
    /// The expected number of gold units.
    pub expected: f64,
    /// The least error rate a unit is taken to have, above 0 and at most 1.
    pub floor: f64,
}

/// Returns gold probabilities proportional to `d sqrt(max(r, floor))`, adding up to `expected` units, none above 1.
///
/// Fix them before any gold label is asked for, and keep them: they are what makes gold a probability sample. The floor
/// keeps units in that the error model is sure of.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`]; [`StatsError::OutOfRange`] for a weight not above 0, an error rate outside `[0, 1]`,
/// a floor outside (0, 1], or more gold than units.
///
/// # Source
///
/// Neyman (1938), JASA 33:101; Zrnic & Candes (2024), Active Statistical Inference, arXiv 2403.03208.
pub fn gold_probabilities(
    units: GoldCandidates<'_>,
    budget: GoldBudget,
) -> Result<Vec<f64>, StatsError> {
    let GoldBudget { expected, floor } = budget;
    if units.weights.len() != units.error_rates.len() {
        let (left, right) = (units.weights.len(), units.error_rates.len());
        return Err(StatsError::LengthsDiffer { left, right });
    }
    if !(floor > 0.0 && floor <= 1.0) {
        return Err(StatsError::OutOfRange { what: "a floor above 0 and at most 1", value: floor });
    }
    let size = |(weight, rate): (&f64, &f64)| {
        if !(*weight > 0.0 && weight.is_finite()) {
            return Err(StatsError::OutOfRange { what: "a weight above 0", value: *weight });
        }
        if !(0.0..=1.0).contains(rate) {
            return Err(StatsError::OutOfRange { what: "an error rate from 0 to 1", value: *rate });
        }
        Ok(weight * rate.max(floor).sqrt())
    };
    let sizes =
        units.weights.iter().zip(units.error_rates).map(size).collect::<Result<Vec<_>, _>>()?;
    inclusion_probabilities(&sizes, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavier_and_less_certain_units_are_chosen_more_often() {
        let units = GoldCandidates {
            weights: &[1.0, 1.0, 2.0, 1.0],
            error_rates: &[0.04, 0.16, 0.04, 0.0],
        };
        let got = gold_probabilities(units, GoldBudget { expected: 1.4, floor: 0.01 }).unwrap();
        for (got, wanted) in got.iter().zip([2.0, 4.0, 4.0, 1.0]) {
            assert!((got - 1.4 * wanted / 11.0).abs() < 1e-12, "{got}");
        }
    }

    #[test]
    fn what_is_no_candidate_is_refused() {
        for (weights, error_rates, expected, floor) in [
            (&[1.0][..], &[][..], 1.0, 0.1),
            (&[0.0], &[0.1], 1.0, 0.1),
            (&[1.0], &[1.1], 1.0, 0.1),
            (&[1.0], &[0.1], 2.0, 0.1),
            (&[1.0], &[0.1], 1.0, 0.0),
        ] {
            let (units, budget) =
                (GoldCandidates { weights, error_rates }, GoldBudget { expected, floor });
            assert!(gold_probabilities(units, budget).is_err(), "{budget:?}");
        }
    }
}
