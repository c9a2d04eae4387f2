//! Class shares from class probabilities when only the shares differ from those the classifier learned from.

use crate::stats::Posteriors;
use crate::stats::StatsError;

/// Iterations after which the adjustment is given up.
const MOST_ITERATIONS: u32 = 100_000;
/// Iterations made before a small change may end the adjustment.
const LEAST_ITERATIONS: u32 = 12;

/// Class shares and class probabilities adjusted to them.
#[derive(Debug, Clone, PartialEq)]
pub struct PriorAdjusted {
    /// The estimated share of each class.
    pub shares: Vec<f64>,
    /// Each unit's class probabilities under these shares.
    pub posteriors: Vec<Vec<f64>>,
    /// Iterations made.
    pub iterations: u32,
}

/// Returns the class shares that best explain class probabilities made under other shares.
///
/// Each step reweights the probabilities of every unit by `share / learned` and takes their (design-weighted) mean as the
/// new shares; it is the EM algorithm for the mixture likelihood and starts from `learned`. It ends when the mean absolute
/// change of the shares is below `tolerance`. Assumes that the probabilities are calibrated under `learned` and that the
/// classes look the same here as there (label shift only); a miscalibrated model gives a wrong answer with no sign of it,
/// so this has no standard error here: prefer an estimate from gold.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`] unless there is one learned share a class, [`StatsError::OutOfRange`] unless learned
/// shares lie above 0 and the tolerance is above 0, [`StatsError::Undefined`] for a unit without any possible class,
/// [`StatsError::NoConvergence`].
///
/// # Source
///
/// Saerens, Latinne & Decaestecker (2002), Neural Comput. 14:21–41.
pub fn adjust_priors(
    posteriors: &Posteriors,
    learned: &[f64],
    tolerance: f64,
) -> Result<PriorAdjusted, StatsError> {
    if learned.len() != posteriors.classes() {
        return Err(StatsError::LengthsDiffer { left: posteriors.classes(), right: learned.len() });
    }
    if let Some(value) = learned.iter().find(|share| !(**share > 0.0 && **share <= 1.0)) {
        return Err(StatsError::OutOfRange { what: "a learned share above 0", value: *value });
    }
    if !(tolerance > 0.0 && tolerance.is_finite()) {
        return Err(StatsError::OutOfRange { what: "a tolerance above 0", value: tolerance });
    }
    let mut shares = learned.to_vec();
    let mut change = f64::INFINITY;
    for iterations in 1..=MOST_ITERATIONS {
        let factors: Vec<f64> =
            shares.iter().zip(learned).map(|(share, learned)| share / learned).collect();
        let rows = adjusted(posteriors, &factors)?;
        let next = posteriors.mean_shares(&rows);
        let classes = next.len() as f64;
        change = next.iter().zip(&shares).map(|(a, b)| (a - b).abs()).sum::<f64>() / classes;
        shares = next;
        if change < tolerance && iterations >= LEAST_ITERATIONS {
            return Ok(PriorAdjusted { shares, posteriors: rows, iterations });
        }
    }
    Err(StatsError::NoConvergence { iterations: MOST_ITERATIONS, change })
}

/// Returns each unit's probabilities times the factors of the classes, scaled to sum to 1.
fn adjusted(posteriors: &Posteriors, factors: &[f64]) -> Result<Vec<Vec<f64>>, StatsError> {
    let one = |row: &Vec<f64>| {
        let products: Vec<f64> = row.iter().zip(factors).map(|(value, by)| value * by).collect();
        let sum: f64 = products.iter().sum();
        if sum > 0.0 {
            return Ok(products.iter().map(|product| product / sum).collect());
        }
        let reason = "a unit has no class that is possible under the shares";
        Err(StatsError::Undefined { statistic: "the adjusted probability", reason })
    };
    posteriors.rows().iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn posteriors(rows: &[[f64; 2]]) -> Posteriors {
        Posteriors::new(rows.iter().map(|row| row.to_vec()).collect()).unwrap()
    }

    #[test]
    fn certain_probabilities_are_counted() {
        let certain = posteriors(&[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]);
        let adjusted = adjust_priors(&certain, &[0.2, 0.8], 1e-9).unwrap();
        assert!((adjusted.shares[0] - 0.75).abs() < 1e-12);
    }

    #[test]
    fn two_kinds_of_units_give_the_shares_of_their_mixture() {
        // class 0 shows sign A in 80 % of units, class 1 in 10 %; learned half and half; A was seen 31 times in 100,
        // which is 30 % of class 0
        let (a, b) = ([0.8 / 0.9, 0.1 / 0.9], [0.2 / 1.1, 0.9 / 1.1]);
        let rows: Vec<[f64; 2]> = (0..100).map(|i| if i < 31 { a } else { b }).collect();
        let adjusted = adjust_priors(&posteriors(&rows), &[0.5, 0.5], 1e-12).unwrap();
        assert!((adjusted.shares[0] - 0.3).abs() < 1e-9, "{adjusted:?}");
    }

    #[test]
    fn impossible_settings_are_refused() {
        let one = posteriors(&[[0.5, 0.5]]);
        assert!(adjust_priors(&one, &[1.0], 1e-9).is_err());
        assert!(adjust_priors(&one, &[0.0, 1.0], 1e-9).is_err());
        assert!(adjust_priors(&one, &[0.5, 0.5], 0.0).is_err());
    }

    proptest! {
        #[test]
        fn the_order_of_units_changes_nothing(values in prop::collection::vec(0.01f64..0.99, 5..40)) {
            let rows: Vec<[f64; 2]> = values.iter().map(|p| [*p, 1.0 - p]).collect();
            let back: Vec<[f64; 2]> = rows.iter().rev().copied().collect();
            let adjust = |rows: &[[f64; 2]]| adjust_priors(&posteriors(rows), &[0.4, 0.6], 1e-6).unwrap();
            prop_assert!((adjust(&rows).shares[0] - adjust(&back).shares[0]).abs() < 1e-6);
        }
    }
}
