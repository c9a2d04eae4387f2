//! Krippendorff's alpha, with Gwet's standard error and a bootstrap over units.

use super::Agreement;
use super::AgreementWeights;
use super::NEARLY_ONE;
use super::corrected;
use super::gwet::agreeing;
use super::gwet::total;
use crate::stats::Draws;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Ratings;
use crate::stats::StatsError;
use crate::stats::draws::sorted_quantile;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

const ALPHA: &str = "Krippendorff's alpha";

/// A bootstrap interval of alpha.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlphaInterval {
    /// The limits.
    pub interval: Interval,
    /// Resamples in which alpha is undefined, because they hold a single class; they are left out.
    pub undefined: u32,
}

/// One unit with two or more ratings.
struct Pairable {
    counts: Vec<f64>,
    /// `sum_k r_ik (sum_l w_kl r_il - 1) / (r_i - 1)`, at most `r_i`.
    agreement: f64,
}

/// Returns Krippendorff's alpha: `1 - D_observed / D_expected` over the pairable ratings.
///
/// Units with fewer than two ratings are left out. The level of measurement is in the weights: alpha is nominal with
/// [`AgreementWeights::nominal`], ordinal with [`AgreementWeights::krippendorff_ordinal`], interval with
/// [`AgreementWeights::quadratic`], ratio with [`AgreementWeights::ratio`]. The standard error takes weights that depend
/// on the data (ordinal) as given.
///
/// # Errors
///
/// [`StatsError::Undefined`] where fewer than two units have two ratings, all those ratings are of one class, or a rater
/// rated a unit twice; [`StatsError::LengthsDiffer`] for weights of another number of classes.
///
/// # Source
///
/// Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, Univ. of Pennsylvania; Gwet (2014), Handbook of
/// Inter-Rater Reliability, 4th ed., ch. 5, for the variance.
pub fn krippendorff_alpha(
    ratings: &Ratings,
    weights: &AgreementWeights,
) -> Result<Agreement, StatsError> {
    let units = pairable(ratings, weights)?;
    let n = units.len() as f64;
    let all: f64 = units.iter().map(|unit| total(&unit.counts)).sum();
    let mean = all / n;
    let plain = units.iter().map(|unit| unit.agreement / mean).sum::<f64>() / n;
    let observed = (1.0 - 1.0 / all) * plain + 1.0 / all;
    let mut shares = vec![0.0; weights.classes()];
    for unit in &units {
        shares.iter_mut().zip(&unit.counts).for_each(|(share, count)| *share += count / all);
    }
    let close = weights.times(&shares);
    let chance: f64 = shares.iter().zip(&close).map(|(share, close)| share * close).sum();
    let coefficient = corrected(observed, chance, ALPHA)?;
    let centre = corrected(plain, chance, ALPHA)?;
    let linearised = |unit: &Pairable| {
        let longer = (total(&unit.counts) - mean) / mean;
        let seen = unit.agreement / mean - observed * longer;
        let expected: f64 =
            unit.counts.iter().zip(&close).map(|(count, close)| count * close).sum();
        let expected = expected / mean - chance * longer;
        (seen - chance - 2.0 * (1.0 - centre) * (expected - chance)) / (1.0 - chance)
    };
    let squares: f64 = units.iter().map(|unit| (linearised(unit) - centre).powi(2)).sum();
    let std_error = (squares / (n * (n - 1.0))).sqrt();
    Ok(Agreement { coefficient, observed, chance, std_error, units: units.len() })
}

/// Returns the percentile bootstrap interval of [`krippendorff_alpha`]: whole units are drawn with replacement.
///
/// The weights are held fixed. Too narrow for fewer than about 30 units, and blind to classes that the units at hand
/// do not hold.
///
/// # Errors
///
/// As [`krippendorff_alpha`], and [`StatsError::Undefined`] where more resamples than one tail holds have one class.
///
/// # Source
///
/// Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13; Zapf et al. (2016), BMC Med. Res. Methodol.
/// 16:93, for alpha and missing ratings.
pub fn krippendorff_bootstrap(
    ratings: &Ratings,
    weights: &AgreementWeights,
    level: Level,
    draws: Draws,
) -> Result<AlphaInterval, StatsError> {
    let units = pairable(ratings, weights)?;
    let mut source = Pcg64::seed_from_u64(draws.seed());
    let resampled = (0..draws.count()).filter_map(|_| resample(&units, weights, &mut source));
    let mut alphas: Vec<f64> = resampled.collect();
    alphas.sort_unstable_by(f64::total_cmp);
    let undefined = draws.count() - alphas.len() as u32;
    if f64::from(undefined) > level.tail() * f64::from(draws.count()) {
        let reason = "too many resamples hold a single class; more units are needed";
        return Err(StatsError::Undefined { statistic: "the bootstrap of alpha", reason });
    }
    let quantile = |part| sorted_quantile(&alphas, part).ok_or(StatsError::NoUnits);
    let (low, high) = (quantile(level.tail())?, quantile(1.0 - level.tail())?);
    Ok(AlphaInterval { interval: Interval { low, high, method: Method::Percentile }, undefined })
}

/// Alpha of as many units drawn with replacement; `None` where they hold a single class.
fn resample(units: &[Pairable], weights: &AgreementWeights, source: &mut Pcg64) -> Option<f64> {
    let mut sums = vec![0.0; weights.classes()];
    let (mut all, mut agreement) = (0.0, 0.0);
    for _ in units {
        let place = (u128::from(source.next_u64()) * units.len() as u128) >> 64;
        let unit = &units[place as usize];
        agreement += unit.agreement;
        for (sum, count) in sums.iter_mut().zip(&unit.counts) {
            *sum += count;
            all += count;
        }
    }
    let close = weights.times(&sums);
    let expected = 1.0 - sums.iter().zip(close).map(|(a, b)| a * b).sum::<f64>() / (all * all);
    (expected > NEARLY_ONE).then(|| 1.0 - (all - 1.0) / all * (1.0 - agreement / all) / expected)
}

fn pairable(ratings: &Ratings, weights: &AgreementWeights) -> Result<Vec<Pairable>, StatsError> {
    weights.check_for(ratings.shape().classes)?;
    ratings.check_single()?;
    let counted = (0..ratings.shape().units).map(|unit| ratings.counts_of(unit));
    let units: Vec<Pairable> = counted
        .filter(|counts| 2.0 <= total(counts))
        .map(|counts| {
            let agreement = agreeing(&counts, weights) / (total(&counts) - 1.0);
            Pairable { counts, agreement }
        })
        .collect();
    if units.len() < 2 {
        let reason = "two or more units with two or more ratings are needed";
        return Err(StatsError::Undefined { statistic: ALPHA, reason });
    }
    Ok(units)
}
