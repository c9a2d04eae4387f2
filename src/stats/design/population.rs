//! The exact variance that a design would have over a population whose every value is known: for comparing designs.

use crate::stats::StatsError;
use crate::stats::design::JointProbabilities;
use crate::stats::design::same_length;

/// A population: one value and one probability a unit.
///
/// The total of the values is what a sample would estimate; for a mean over exposures the values are its linearised
/// residuals `t (y - theta) / T`.
#[derive(Debug, Clone, Copy)]
pub struct KnownPopulation<'a> {
    /// The values.
    pub values: &'a [f64],
    /// The probability of each unit: of one draw, or of inclusion.
    pub probabilities: &'a [f64],
}

/// Returns the variance of the Hansen-Hurwitz total of `draws` draws with replacement, `sum q (z/q - Z)^2 / n`.
///
/// `probabilities` are those of one draw, above 0 wherever the value is not 0, and add up to 1.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`]; [`StatsError::OutOfRange`] for 0 draws, a negative probability, a sum that is not 1,
/// or a value that cannot be drawn.
///
/// # Source
///
/// Hansen & Hurwitz (1943), Ann. Math. Stat. 14:333–362.
pub fn hansen_hurwitz_variance(
    population: KnownPopulation<'_>,
    draws: u64,
) -> Result<f64, StatsError> {
    population.check()?;
    let sum: f64 = population.probabilities.iter().sum();
    if draws == 0 || (sum - 1.0).abs() > 1e-6 {
        return Err(StatsError::OutOfRange { what: "a sum of draw probabilities (1)", value: sum });
    }
    let total: f64 = population.values.iter().sum();
    let term = |(z, q): (&f64, &f64)| if *q > 0.0 { q * (z / q - total).powi(2) } else { 0.0 };
    Ok(population.values.iter().zip(population.probabilities).map(term).sum::<f64>() / draws as f64)
}

/// Returns the variance of the Horvitz-Thompson total under Poisson sampling, `sum (1-pi) z^2 / pi`.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`]; [`StatsError::OutOfRange`] for a probability outside `[0, 1]` or a value that cannot
/// be drawn.
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, 3.5.
pub fn poisson_variance(population: KnownPopulation<'_>) -> Result<f64, StatsError> {
    population.check()?;
    let term = |(z, pi): (&f64, &f64)| if *pi > 0.0 { (1.0 - pi) * z * z / pi } else { 0.0 };
    Ok(population.values.iter().zip(population.probabilities).map(term).sum())
}

/// Returns the variance of the Horvitz-Thompson total under any design with known joint probabilities,
/// `sum sum (pi_ij - pi_i pi_j) z_i z_j / (pi_i pi_j)`.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`] unless there is one value a unit; [`StatsError::OutOfRange`] for a value that cannot be
/// drawn.
///
/// # Source
///
/// Horvitz & Thompson (1952), JASA 47:663–685.
pub fn horvitz_thompson_variance(
    values: &[f64],
    joint: &JointProbabilities,
) -> Result<f64, StatsError> {
    let single = joint.single();
    KnownPopulation { values, probabilities: &single }.check()?;
    let expanded: Vec<f64> =
        values.iter().zip(&single).map(|(z, pi)| if *pi > 0.0 { z / pi } else { 0.0 }).collect();
    let mut sum = 0.0;
    for (i, row) in joint.rows().iter().enumerate() {
        for (j, both) in row.iter().enumerate() {
            sum += (both - single[i] * single[j]) * expanded[i] * expanded[j];
        }
    }
    Ok(sum)
}

impl KnownPopulation<'_> {
    fn check(&self) -> Result<(), StatsError> {
        same_length(self.values.len(), self.probabilities.len())?;
        for (value, probability) in self.values.iter().zip(self.probabilities) {
            if !(0.0..=1.0 + 1e-9).contains(probability) {
                return Err(StatsError::OutOfRange { what: "a probability", value: *probability });
            }
            if !value.is_finite() || (*probability <= 0.0 && value.abs() > 0.0) {
                return Err(StatsError::OutOfRange {
                    what: "a finite value that can be drawn",
                    value: *value,
                });
            }
        }
        Ok(())
    }
}
