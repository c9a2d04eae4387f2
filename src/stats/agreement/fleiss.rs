//! Coefficients for raters who all rated every unit: the null error of Fleiss' kappa, Randolph's kappa, unanimity.

use super::Agreement;
use super::AgreementWeights;
use super::brennan_prediger;
use crate::stats::Ratings;
use crate::stats::StatsError;

/// Returns the standard error of Fleiss' kappa (nominal weights) where the true kappa is 0: for a test, not an interval.
///
/// `sqrt( 2 / (n r (r-1)) * [ S^2 - sum_k p_k q_k (q_k - p_k) ] ) / S`, `S = sum_k p_k q_k`, `q_k = 1 - p_k`.
///
/// # Errors
///
/// [`StatsError::Undefined`] unless every rated unit has the same number of ratings, two or more, of more than one class.
///
/// # Source
///
/// Fleiss, Nee & Landis (1979), Psychol. Bull. 86:974–977.
pub fn fleiss_null_error(ratings: &Ratings) -> Result<f64, StatsError> {
    ratings.check_single()?;
    let undefined =
        |reason| StatsError::Undefined { statistic: "the null error of Fleiss' kappa", reason };
    let rated: Vec<Vec<f64>> = (0..ratings.shape().units)
        .map(|unit| ratings.counts_of(unit))
        .filter(|counts| 0.0 < counts.iter().sum())
        .collect();
    let sizes: Vec<usize> =
        rated.iter().map(|counts| counts.iter().sum::<f64>() as usize).collect();
    let Some(raters) = sizes.first().filter(|raters| 2 <= **raters) else {
        return Err(undefined("no unit has two ratings"));
    };
    if sizes.iter().any(|size| size != raters) {
        return Err(undefined("units have different numbers of ratings"));
    }
    let (n, r) = (rated.len() as f64, *raters as f64);
    let share = |class: usize| rated.iter().map(|counts| counts[class]).sum::<f64>() / (n * r);
    let (mut spread, mut skew) = (0.0, 0.0);
    for p in (0..ratings.shape().classes).map(share) {
        spread += p * (1.0 - p);
        skew += p * (1.0 - p) * (1.0 - 2.0 * p);
    }
    if spread <= 0.0 {
        return Err(undefined("the ratings hold a single class"));
    }
    Ok((2.0 / (n * r * (r - 1.0)) * (spread * spread - skew)).sqrt() / spread)
}

/// Returns Randolph's free-marginal kappa over the classes that occur.
///
/// It is [`brennan_prediger`] with nominal weights; a class that was on offer and never used would lower the chance
/// agreement, so decide whether to count it: this function does not.
///
/// # Errors
///
/// As [`brennan_prediger`].
///
/// # Source
///
/// Randolph (2005), Free-marginal multirater kappa, Joensuu Learning and Instruction Symposium.
pub fn randolph_kappa(ratings: &Ratings) -> Result<Agreement, StatsError> {
    let (observed, kept) = ratings.observed()?;
    brennan_prediger(&observed, &AgreementWeights::nominal(kept.len())?)
}

/// Returns the share of units that all raters put in one class, among those that every rater rated.
///
/// # Errors
///
/// [`StatsError::Undefined`] for fewer than two raters, where no unit was rated by all, or a rater rated a unit twice.
pub fn unanimous_share(ratings: &Ratings) -> Result<f64, StatsError> {
    ratings.check_single()?;
    let raters = ratings.shape().raters;
    let undefined = |reason| StatsError::Undefined { statistic: "unanimity", reason };
    if raters < 2 {
        return Err(undefined("two or more raters are needed"));
    }
    let complete = (0..ratings.shape().units).map(|unit| ratings.counts_of(unit));
    let complete: Vec<Vec<f64>> =
        complete.filter(|counts| counts.iter().sum::<f64>() as usize == raters).collect();
    if complete.is_empty() {
        return Err(undefined("no unit was rated by every rater"));
    }
    let one_class = |counts: &&Vec<f64>| counts.iter().filter(|count| **count > 0.0).count() == 1;
    Ok(complete.iter().filter(one_class).count() as f64 / complete.len() as f64)
}
