//! Conger's kappa: Cohen's kappa for any number of raters, each with class shares of their own.

use super::Agreement;
use super::AgreementWeights;
use super::gwet::Counted;
use crate::stats::Ratings;
use crate::stats::StatsError;

/// What one rater does: how many units they rated and which classes they gave.
struct Rater {
    units: f64,
    shares: Vec<f64>,
}

/// A rater's part in chance agreement.
struct Part {
    /// Where they rated nothing.
    idle: f64,
    /// What each class they gave adds.
    given: Vec<f64>,
}

/// Returns Conger's kappa, weighted where the weights are not nominal; for two raters without gaps, Cohen's kappa.
///
/// Chance agreement is that of two different raters drawn at random, each rating by their own class shares `p_gk`:
/// `sum_kl w_kl (pbar_k pbar_l - s_kl / r)`, with `s` the covariance of the shares over raters. Raters without a rating
/// are left out.
///
/// # Errors
///
/// As [`super::percent_agreement`], and [`StatsError::Undefined`] for fewer than two raters or where all ratings are of
/// one class.
///
/// # Source
///
/// Conger (1980), Psychol. Bull. 88:322–328; Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., ch. 5, for
/// weights, missing ratings and the variance.
pub fn conger_kappa(
    ratings: &Ratings,
    weights: &AgreementWeights,
) -> Result<Agreement, StatsError> {
    let statistic = "Conger's kappa";
    let counted = Counted::of(ratings, weights, statistic)?;
    let raters = raters(ratings);
    let active: Vec<&Rater> = raters.iter().filter(|rater| rater.units > 0.0).collect();
    let r = active.len() as f64;
    if r < 2.0 {
        return Err(StatsError::Undefined { statistic, reason: "two or more raters are needed" });
    }
    let mut sums = vec![0.0; weights.classes()];
    for rater in &active {
        sums.iter_mut().zip(&rater.shares).for_each(|(sum, share)| *sum += share);
    }
    let own: f64 = active.iter().map(|rater| form(&rater.shares, &rater.shares, weights)).sum();
    let chance = (form(&sums, &sums, weights) - own) / (r * (r - 1.0));
    let parts: Vec<Part> = raters.iter().map(|rater| part(rater, &sums, weights)).collect();
    let idle: f64 = parts.iter().map(|part| part.idle).sum();
    let n = counted.units.len() as f64;
    counted.agreement(statistic, chance, |place| {
        let seen = ratings.of_unit(counted.units[place]).map(|(rater, class)| {
            n / raters[rater].units * (parts[rater].given[class] - parts[rater].idle)
        });
        (idle + seen.sum::<f64>()) / (r * (r - 1.0))
    })
}

fn raters(ratings: &Ratings) -> Vec<Rater> {
    let shape = ratings.shape();
    let nobody = || Rater { units: 0.0, shares: vec![0.0; shape.classes] };
    let mut raters: Vec<Rater> = std::iter::repeat_with(nobody).take(shape.raters).collect();
    for (rater, class) in (0..shape.units).flat_map(|unit| ratings.of_unit(unit)) {
        raters[rater].units += 1.0;
        raters[rater].shares[class] += 1.0;
    }
    for rater in raters.iter_mut().filter(|rater| rater.units > 0.0) {
        rater.shares.iter_mut().for_each(|share| *share /= rater.units);
    }
    raters
}

/// `sum_kl a_k w_kl b_l`.
fn form(a: &[f64], b: &[f64], weights: &AgreementWeights) -> f64 {
    a.iter().zip(weights.times(b)).map(|(a, b)| a * b).sum()
}

fn part(rater: &Rater, sums: &[f64], weights: &AgreementWeights) -> Part {
    if rater.units <= 0.0 {
        return Part { idle: 0.0, given: vec![0.0; sums.len()] };
    }
    let others: Vec<f64> = sums.iter().zip(&rater.shares).map(|(sum, own)| sum - own).collect();
    Part { idle: form(&others, &rater.shares, weights), given: weights.times(&others) }
}
