//! The stratified jackknife: the variance of any statistic from samples with one PSU left out.

use crate::stats::StatsError;
use crate::stats::design::SampleStructure;
use crate::stats::design::SurveyEstimate;
use crate::stats::design::same_length;

/// Returns a statistic of the weights with its delete-one-PSU jackknife variance (JKn).
///
/// For each PSU `c` of stratum `h` its units get weight 0 and the others of the stratum `n_h / (n_h - 1)` times
/// theirs; `V = sum_h (n_h - 1)/n_h sum_c (theta_hc - mean)^2` around the mean of all replicates. Assumes PSUs drawn
/// with replacement, and a smooth statistic: it fails for quantiles.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`] unless there is one weight a unit, [`StatsError::Undefined`] where a stratum has one
/// PSU, and whatever the statistic returns.
///
/// # Source
///
/// Jones (1974), Bull. Int. Stat. Inst. 46; Wolter (2007), Introduction to Variance Estimation, ch. 4.
pub fn jackknife_by_psu<F>(
    structure: &SampleStructure,
    weights: &[f64],
    statistic: F,
) -> Result<SurveyEstimate, StatsError>
where
    F: Fn(&[f64]) -> Result<f64, StatsError>,
{
    same_length(structure.n_units(), weights.len())?;
    let mut replicates = Vec::with_capacity(structure.n_psus());
    for (psu, stratum) in structure.stratum_of().iter().enumerate() {
        let drawn = structure.members()[*stratum].len() as f64;
        if drawn < 2.0 {
            return Err(StatsError::Undefined {
                statistic: "jackknife variance",
                reason: "a stratum has one sampled PSU, and nothing is left of it without that one",
            });
        }
        replicates.push((statistic(&without(structure, weights, psu))?, (drawn - 1.0) / drawn));
    }
    let mean = replicates.iter().map(|(value, _)| value).sum::<f64>() / replicates.len() as f64;
    let variance = replicates.iter().map(|(value, scale)| scale * (value - mean).powi(2)).sum();
    let degrees = structure.degrees_of_freedom();
    Ok(SurveyEstimate { value: statistic(weights)?, variance, degrees })
}

/// Returns the weights that leave out one PSU.
fn without(structure: &SampleStructure, weights: &[f64], left_out: usize) -> Vec<f64> {
    let stratum = structure.stratum_of()[left_out];
    let drawn = structure.members()[stratum].len() as f64;
    let factor = |psu: usize| match psu {
        psu if psu == left_out => 0.0,
        psu if structure.stratum_of()[psu] == stratum => drawn / (drawn - 1.0),
        _ => 1.0,
    };
    structure.psu_of().iter().zip(weights).map(|(psu, weight)| factor(*psu) * weight).collect()
}
