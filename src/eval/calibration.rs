//! How well the probabilities that a labeler states fit what gold says, weighted by design.

use crate::eval::CertaintySource;
use crate::eval::ErrorRate;
use crate::eval::GoldLabel;
use crate::eval::Stated;
use crate::eval::Verified;
use crate::stats::BinEdges;
use crate::stats::Bins;
use crate::stats::Figure;
use crate::stats::Forecasts;
use crate::stats::Interval;
use crate::stats::Isotonic;
use crate::stats::Level;
use crate::stats::Platt;
use crate::stats::Resamples;
use crate::stats::ScoredUnit;
use crate::stats::Scores;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::WeightSum;
use crate::stats::WrongCertainty;
use crate::stats::auc;
use crate::stats::average_precision;
use crate::stats::brier;
use crate::stats::delong;
use crate::stats::ece_interval;
use crate::stats::log_loss;
use crate::stats::reliability;
use crate::stats::wilson_effective;
use thiserror::Error;

/// With fewer units than this nothing is said about calibration.
const LEAST_UNITS: u64 = 30;
/// A bin holds at least about this many units.
const UNITS_PER_BIN: u64 = 15;
/// The most bins.
const MOST_BINS: u64 = 10;
/// A probability this near to 0 or 1 is moved so far off before its logit is taken for Platt scaling.
const LOGIT_EDGE: f64 = 1e-6;

/// How well stated probabilities fit gold, over the gold units that have one.
///
/// A unit without an answer states nothing and is left out: all of this is about answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Where the probabilities are from.
    pub source: CertaintySource,
    /// Gold units with one.
    pub n: u64,
    /// Gold units without.
    pub without: u64,
    /// The weighted share of the units that is violating: what average precision is at chance.
    pub positive_share: f64,
    /// Mean squared difference of probability and gold.
    pub brier: f64,
    /// Mean of `-ln` of the probability of what gold says; an error where 0 was stated for it.
    pub log_loss: Result<f64, StatsError>,
    /// The expected calibration error over `bins`.
    pub expected_error: f64,
    /// Its interval.
    pub expected_error_interval: Interval,
    /// The reliability curve, from the lowest probabilities.
    pub bins: Vec<CalibrationBin>,
    /// The area under the ROC curve.
    pub auc: Result<Figure, StatsError>,
    /// The area under the precision-recall curve, as average precision.
    pub average_precision: Result<f64, StatsError>,
    /// The sigmoid of the logit of the probability that fits gold best.
    pub platt: Result<Platt, StatsError>,
    /// The non-decreasing curve that fits gold best, at its corners.
    pub isotonic: Vec<FittedPoint>,
}

/// One bin of the reliability curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    /// The lowest and the highest probability that belong to it.
    pub limits: (f64, f64),
    /// Gold units in it.
    pub n: u64,
    /// Their mean stated probability.
    pub stated: f64,
    /// The share of them that is violating.
    pub violating: ErrorRate,
}

/// A stated probability and what it means by a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedPoint {
    /// As stated.
    pub stated: f64,
    /// As fitted.
    pub fitted: f64,
}

/// Why stated probabilities cannot be held against gold.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// The certainty of a label does not say how likely the unit is violating.
    #[error(
        "`{name}` is the certainty of one label, and with {labels} labels it does not say how likely a unit is violating; give `violating_probability`",
        name = .of.name()
    )]
    SeveralLabels {
        /// Where the certainties are from.
        of: CertaintySource,
        /// How many labels there are.
        labels: usize,
    },
    /// A certainty is none.
    #[error("`{name}` of unit `{id}` does not lie between 0 and 1", name = .of.name())]
    NotAProbability {
        /// Where it is from.
        of: CertaintySource,
        /// The unit's id.
        id: String,
    },
    /// Too few gold units have a probability.
    #[error("{n} gold units have a stated probability, of at least {least}")]
    TooFew {
        /// Those that have.
        n: u64,
        /// The least.
        least: u64,
    },
    /// Statistics refuse.
    #[error(transparent)]
    Undefined(#[from] StatsError),
}

/// Returns how well stated probabilities fit gold. `gold` is the list that the units' places are of.
///
/// Bins hold about as many units each; up to 10 of them, of some 15 units or more.
///
/// # Errors
///
/// [`CalibrationError::TooFew`] for less than 30 gold units with a probability.
pub fn calibration(
    units: &[Verified],
    gold: &[GoldLabel<'_>],
    stated: &Stated,
    (level, seed): (Level, u64),
) -> Result<Calibration, CalibrationError> {
    let with = |unit: &Verified| {
        let id = gold.get(unit.gold as usize)?.id;
        Some((*unit, *stated.of_unit.get(id)?))
    };
    let known: Vec<(Verified, f64)> = units.iter().filter_map(with).collect();
    let n = known.len() as u64;
    if n < LEAST_UNITS {
        return Err(CalibrationError::TooFew { n, least: LEAST_UNITS });
    }
    let forecasts = Forecasts::new(scores(&known, |p| p)?)?;
    let count = (n / UNITS_PER_BIN).clamp(2, MOST_BINS) as u32;
    let bins = Bins::equal_count(&forecasts, count, BinEdges::RightClosed)?;
    let curve = reliability(&forecasts, &bins);
    let resamples = Resamples::new(seed, Resamples::LEAST)?;
    Ok(Calibration {
        source: stated.source,
        n,
        without: units.len() as u64 - n,
        positive_share: share_of(&known)?.value,
        brier: brier(&forecasts),
        log_loss: log_loss(&forecasts, WrongCertainty::Refuse),
        expected_error: curve.expected_error(),
        expected_error_interval: ece_interval(&forecasts, &bins, level, resamples),
        bins: drawn_bins(&known, &bins, level)?,
        auc: area(forecasts.scores(), level),
        average_precision: average_precision(forecasts.scores()),
        platt: scores(&known, logit).and_then(|scores| Platt::fit(&scores)),
        isotonic: corners(forecasts.scores())?,
    })
}

fn scores(known: &[(Verified, f64)], score: impl Fn(f64) -> f64) -> Result<Scores, StatsError> {
    let unit = |(unit, p): &(Verified, f64)| ScoredUnit {
        score: score(*p),
        truth: unit.truth,
        weight: unit.weight.value(),
    };
    Scores::new(known.iter().map(unit).collect())
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(LOGIT_EDGE, 1.0 - LOGIT_EDGE);
    (p / (1.0 - p)).ln()
}

fn share_of<'a>(known: impl IntoIterator<Item = &'a (Verified, f64)>) -> Result<Share, StatsError> {
    let (mut hits, mut misses) = (WeightSum::default(), WeightSum::default());
    for (unit, _) in known {
        match unit.truth {
            Truth::Positive => hits.add_gold(unit.weight),
            Truth::Negative => misses.add_gold(unit.weight),
        }
    }
    Share::of(&hits, &misses)
}

fn drawn_bins(
    known: &[(Verified, f64)],
    bins: &Bins,
    level: Level,
) -> Result<Vec<CalibrationBin>, StatsError> {
    let mut drawn = Vec::with_capacity(bins.count());
    for bin in 0..bins.count() {
        let here = || known.iter().filter(|(_, p)| bins.bin_of(*p) == bin);
        let (n, weight) =
            (here().count() as u64, here().map(|it| it.0.weight.value()).sum::<f64>());
        if n == 0 {
            continue;
        }
        let share = share_of(here())?;
        let limits =
            here().fold((1.0f64, 0.0f64), |(low, high), it| (low.min(it.1), high.max(it.1)));
        drawn.push(CalibrationBin {
            limits,
            n,
            stated: here().map(|it| it.0.weight.value() * it.1).sum::<f64>() / weight,
            violating: ErrorRate { share, interval: wilson_effective(&share, level) },
        });
    }
    Ok(drawn)
}

/// The area with DeLong's interval, where the ranks leave it one.
fn area(scores: &Scores, level: Level) -> Result<Figure, StatsError> {
    let value = auc(scores)?;
    Ok(Figure { value, interval: delong(scores).map(|area| area.interval(level)) })
}

/// The ends of each flat part of the isotonic fit.
fn corners(scores: &Scores) -> Result<Vec<FittedPoint>, StatsError> {
    let fit = Isotonic::fit(scores);
    let mut stated: Vec<f64> = scores.units().iter().map(|unit| unit.score).collect();
    stated.sort_by(f64::total_cmp);
    stated.dedup_by(|a, b| a.total_cmp(b).is_eq());
    let mut all = Vec::with_capacity(stated.len());
    for stated in stated {
        all.push(FittedPoint { stated, fitted: fit.apply(stated)? });
    }
    let level_with = |a: &FittedPoint, b: Option<&FittedPoint>| {
        b.is_some_and(|b| a.fitted.total_cmp(&b.fitted).is_eq())
    };
    let corner = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| all.get(before));
        !(level_with(&all[*at], before) && level_with(&all[*at], all.get(at + 1)))
    };
    Ok((0..all.len()).filter(corner).map(|at| all[at]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Certainty;
    use crate::eval::Judgment;
    use crate::eval::StatedUnit;
    use crate::gold::Cell;
    use crate::stats::GoldWeight;
    use crate::stats::Weight;

    /// Groups of (units, weight, stated probability, violating among them).
    fn calibrated(groups: &[(usize, f64, f64, usize)]) -> Result<Calibration, CalibrationError> {
        let ids: Vec<String> = (0..500).map(|at| format!("u{at}")).collect();
        let (mut units, mut gold, mut stated) = (Vec::new(), Vec::new(), Vec::new());
        let rows = groups.iter().flat_map(|group| (0..group.0).map(move |at| (group, at)));
        for ((id, place), ((_, weight, p, violating), at)) in ids.iter().zip(0..).zip(rows) {
            let truth = if at < *violating { Truth::Positive } else { Truth::Negative };
            let weight = GoldWeight::new(Weight::new(*weight, 1e-9).unwrap(), 1.0).unwrap();
            let cell = Cell::Flagged;
            units.push(Verified { gold: place, cell, truth, weight, cluster: None });
            let (label, judgment) = ("1", Judgment::Decided);
            gold.push(GoldLabel { id, label, judgment, probability: None, age_days: None });
            stated.push(StatedUnit { id, flagged: true, certainty: Certainty::Violating(*p) });
        }
        let stated = Stated::of(&stated, 2).unwrap()?;
        calibration(&units, &gold, &stated, (Level::new(0.95).unwrap(), 1))
    }

    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    fn every_number_is_weighted_by_design() {
        // weight 60 states .1 and 6 of it violate; weight 40 states .6 and 30 of it violate
        let made = calibrated(&[(30, 2.0, 0.1, 3), (40, 1.0, 0.6, 30)]).unwrap();
        check(made.positive_share, 0.36);
        check(made.brier, 0.06 * 0.81 + 0.54 * 0.01 + 0.3 * 0.16 + 0.1 * 0.36);
        check(made.expected_error, 0.4 * 0.15);
        let log =
            -(0.06 * 0.1f64.ln() + 0.54 * 0.9f64.ln() + 0.3 * 0.6f64.ln() + 0.1 * 0.4f64.ln());
        check(made.log_loss.unwrap(), log);
        // a violating unit of the upper group beats a lower allowed one; within a group they tie
        let wins = (30.0 * 54.0) / (36.0 * 64.0);
        check(made.auc.unwrap().value, wins + 0.5 * (30.0 * 10.0 + 6.0 * 54.0) / (36.0 * 64.0));
        check(made.average_precision.unwrap(), 0.75 * 30.0 / 36.0 + 0.36 * 6.0 / 36.0);
        assert_eq!(made.bins.len(), 2);
        check(made.bins[1].violating.share.value, 0.75);
        let fitted: Vec<f64> = made.isotonic.iter().map(|it| it.fitted).collect();
        check(fitted[0], 0.1);
        check(fitted[1], 0.75);
    }

    #[test]
    fn a_perfectly_stated_probability_has_an_error_interval_that_holds_0() {
        let made = calibrated(&[(100, 1.0, 0.2, 20), (100, 1.0, 0.7, 70)]).unwrap();
        check(made.expected_error, 0.0);
        check(made.expected_error_interval.low, 0.0);
        assert!(made.expected_error_interval.high > 0.0);
        let platt = made.platt.unwrap();
        assert!((platt.slope - 1.0).abs() < 0.1 && platt.intercept.abs() < 0.1, "{platt:?}");
    }

    #[test]
    fn a_wrong_certainty_has_no_log_loss_and_says_so() {
        let made = calibrated(&[(20, 1.0, 1.0, 19), (20, 1.0, 0.0, 0)]).unwrap();
        assert!(matches!(made.log_loss, Err(StatsError::Undefined { .. })));
        assert!(made.platt.is_ok() && made.brier > 0.0);
    }

    #[test]
    fn few_units_and_one_class_are_reasons_not_numbers() {
        let few = calibrated(&[(29, 1.0, 0.5, 10)]).unwrap_err();
        assert_eq!(few, CalibrationError::TooFew { n: 29, least: 30 });
        let made = calibrated(&[(40, 1.0, 0.5, 0)]).unwrap();
        assert!(made.auc.is_err() && made.average_precision.is_err() && made.platt.is_err());
    }
}
