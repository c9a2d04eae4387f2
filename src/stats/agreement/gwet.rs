//! Chance-corrected coefficients for any number of raters, with the standard errors of Gwet.

use super::AgreementWeights;
use super::corrected;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Ratings;
use crate::stats::StatsError;
use crate::stats::student;

/// An agreement coefficient with its standard error.
///
/// The standard error counts the units as a simple random sample from very many and the raters as given: it says
/// nothing about other raters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// The coefficient: 1 for full agreement, 0 for what chance gives.
    pub coefficient: f64,
    /// Observed (weighted) agreement between pairs of ratings of a unit.
    pub observed: f64,
    /// What the coefficient takes for chance agreement.
    pub chance: f64,
    /// The standard error, conditional on the raters.
    pub std_error: f64,
    /// Units it rests on.
    pub units: usize,
}

impl Agreement {
    /// Returns `coefficient -+ t se`, with `n - 1` degrees of freedom, cut off at 1 above.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for fewer than two units.
    pub fn interval(&self, level: Level) -> Result<Interval, StatsError> {
        let half = student::quantile(self.units as f64 - 1.0, level)? * self.std_error;
        Ok(Interval {
            low: self.coefficient - half,
            high: (self.coefficient + half).min(1.0),
            method: Method::WaldT,
        })
    }
}

/// Ratings counted by unit and class.
pub(super) struct Counted {
    /// Units with at least one rating, in their order.
    pub(super) units: Vec<usize>,
    /// `r_ik` of each.
    pub(super) counts: Vec<Vec<f64>>,
    /// The agreement of each unit's pairs, 0 for a unit with one rating.
    agreements: Vec<f64>,
    /// Units with two or more ratings.
    paired: f64,
}

impl Counted {
    pub(super) fn of(
        ratings: &Ratings,
        weights: &AgreementWeights,
        statistic: &'static str,
    ) -> Result<Self, StatsError> {
        weights.check_for(ratings.shape().classes)?;
        ratings.check_single()?;
        let counted = (0..ratings.shape().units).map(|unit| (unit, ratings.counts_of(unit)));
        let (units, counts): (Vec<usize>, Vec<Vec<f64>>) =
            counted.filter(|(_, counts)| total(counts) > 0.0).unzip();
        let paired = counts.iter().filter(|counts| 2.0 <= total(counts)).count() as f64;
        if paired < 1.0 {
            return Err(StatsError::Undefined { statistic, reason: "no unit has two ratings" });
        }
        if units.len() < 2 {
            return Err(StatsError::Undefined {
                statistic,
                reason: "two or more units are needed",
            });
        }
        let agreements = counts.iter().map(|counts| pair_agreement(counts, weights)).collect();
        Ok(Self { units, counts, agreements, paired })
    }

    /// The mean share of the ratings that each class has within a unit.
    fn class_shares(&self) -> Vec<f64> {
        let n = self.counts.len() as f64;
        let mut shares = vec![0.0; self.counts.first().map_or(0, Vec::len)];
        for counts in &self.counts {
            let scale = 1.0 / (total(counts) * n);
            shares.iter_mut().zip(counts).for_each(|(share, count)| *share += count * scale);
        }
        shares
    }

    /// Joins observed and chance agreement. `unit_chance(place)` is the unit's part in chance agreement, whose mean is
    /// `chance`; the variance is that of the linearised coefficient.
    pub(super) fn agreement(
        &self,
        statistic: &'static str,
        chance: f64,
        unit_chance: impl Fn(usize) -> f64,
    ) -> Result<Agreement, StatsError> {
        let n = self.counts.len() as f64;
        let observed = self.agreements.iter().sum::<f64>() / self.paired;
        let coefficient = corrected(observed, chance, statistic)?;
        let linearised = |place: usize| {
            let paired = if 2.0 <= total(&self.counts[place]) { 1.0 } else { 0.0 };
            let seen = n / self.paired * (self.agreements[place] - chance * paired);
            (seen - 2.0 * (1.0 - coefficient) * (unit_chance(place) - chance)) / (1.0 - chance)
        };
        let squares: f64 =
            (0..self.counts.len()).map(|place| (linearised(place) - coefficient).powi(2)).sum();
        let std_error = (squares / (n * (n - 1.0))).sqrt();
        Ok(Agreement { coefficient, observed, chance, std_error, units: self.counts.len() })
    }
}

/// The sum of a unit's counts.
pub(super) fn total(counts: &[f64]) -> f64 {
    counts.iter().sum()
}

/// The weighted agreement of the pairs of one unit's ratings.
fn pair_agreement(counts: &[f64], weights: &AgreementWeights) -> f64 {
    let raters = total(counts);
    if raters < 2.0 {
        return 0.0;
    }
    agreeing(counts, weights) / (raters * (raters - 1.0))
}

/// `sum_k r_ik (sum_l w_kl r_il - 1)`: the weighted number of ordered pairs that agree.
pub(super) fn agreeing(counts: &[f64], weights: &AgreementWeights) -> f64 {
    let close = weights.times(counts);
    counts.iter().zip(close).map(|(count, close)| count * (close - 1.0)).sum()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Returns the share of pairs of ratings of a unit that agree, averaged over units with two or more ratings.
///
/// Not corrected for chance: `chance` is 0.
///
/// # Errors
///
/// [`StatsError::Undefined`] where no unit has two ratings, fewer than two units have one, or a rater rated a unit twice;
/// [`StatsError::LengthsDiffer`] for weights of another number of classes.
///
/// # Source
///
/// Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., ch. 2 and 5.
pub fn percent_agreement(
    ratings: &Ratings,
    weights: &AgreementWeights,
) -> Result<Agreement, StatsError> {
    let statistic = "percent agreement";
    Counted::of(ratings, weights, statistic)?.agreement(statistic, 0.0, |_| 0.0)
}

/// Returns Gwet's AC1 (nominal weights) or AC2 (any other).
///
/// Chance agreement is `sum_kl w_kl / (q (q - 1)) * sum_k p_k (1 - p_k)`, small where one class dominates, so the
/// coefficient does not collapse at low prevalence. Classes nobody used count in `q`; see [`Ratings::observed`].
///
/// # Errors
///
/// As [`percent_agreement`], and [`StatsError::Undefined`] for a single class.
///
/// # Source
///
/// Gwet (2008), Br. J. Math. Stat. Psychol. 61:29–48; (2014), ch. 5 for the variance with missing ratings.
pub fn gwet_ac(ratings: &Ratings, weights: &AgreementWeights) -> Result<Agreement, StatsError> {
    let statistic = "Gwet's AC";
    let counted = Counted::of(ratings, weights, statistic)?;
    if weights.classes() < 2 {
        return Err(StatsError::Undefined { statistic, reason: "there is a single class" });
    }
    let q = weights.classes() as f64;
    let scale = weights.sum() / (q * (q - 1.0));
    let others: Vec<f64> = counted.class_shares().iter().map(|share| 1.0 - share).collect();
    let chance = scale * others.iter().map(|other| other * (1.0 - other)).sum::<f64>();
    counted.agreement(statistic, chance, |place| {
        let counts = &counted.counts[place];
        scale * dot(counts, &others) / total(counts)
    })
}

/// Returns Fleiss' kappa, weighted where the weights are not nominal.
///
/// Chance agreement is `sum_kl w_kl p_k p_l` with `p_k` the mean class shares. For two raters this is Scott's pi, not
/// Cohen's kappa. The standard error holds for any true value; [`super::fleiss_null_error`] is for testing kappa 0.
///
/// # Errors
///
/// As [`percent_agreement`], and [`StatsError::Undefined`] where all ratings are of one class.
///
/// # Source
///
/// Fleiss (1971), Psychol. Bull. 76:378–382; Gwet (2014), ch. 5 for weights, missing ratings and the variance.
pub fn fleiss_kappa(
    ratings: &Ratings,
    weights: &AgreementWeights,
) -> Result<Agreement, StatsError> {
    let statistic = "Fleiss' kappa";
    let counted = Counted::of(ratings, weights, statistic)?;
    let shares = counted.class_shares();
    let close = weights.times(&shares);
    counted.agreement(statistic, dot(&shares, &close), |place| {
        let counts = &counted.counts[place];
        dot(counts, &close) / total(counts)
    })
}

/// Returns the coefficient of Brennan and Prediger, whose chance agreement is that of guessing: `sum_kl w_kl / q^2`.
///
/// With nominal weights this is Bennett's S and Randolph's free-marginal kappa. Classes nobody used count in `q`; see
/// [`Ratings::observed`].
///
/// # Errors
///
/// As [`percent_agreement`], and [`StatsError::Undefined`] for a single class.
///
/// # Source
///
/// Brennan & Prediger (1981), Educ. Psychol. Meas. 41:687–699; Gwet (2014), ch. 5.
pub fn brennan_prediger(
    ratings: &Ratings,
    weights: &AgreementWeights,
) -> Result<Agreement, StatsError> {
    let statistic = "Brennan and Prediger's coefficient";
    let counted = Counted::of(ratings, weights, statistic)?;
    let chance = weights.sum() / (weights.classes() as f64).powi(2);
    counted.agreement(statistic, chance, |_| chance)
}
