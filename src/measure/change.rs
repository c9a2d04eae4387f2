//! Change from one period to another, with an interval that counts what the two share.

use crate::eval::InputMistake;
use crate::measure::Code;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Segment;
use crate::measure::Verdict;
use crate::measure::breaks::Standards;
use crate::measure::day::day;
use crate::measure::day::numbers;
use crate::stats::Adjustment;
use crate::stats::Change;
use crate::stats::ChangeVariances;
use crate::stats::Coordination;
use crate::stats::DayEstimate;
use crate::stats::DayWithLimits;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::PowerTarget;
use crate::stats::StatsError;
use crate::stats::TwoDays;
use crate::stats::adjust_p_values;
use crate::stats::change_between;
use crate::stats::detectable_change;
use crate::stats::difference_of_days;
use crate::stats::p_value_of_change;
use crate::stats::ratio_from_limits;
use std::collections::BTreeSet;

/// The power of the least detectable change.
const POWER: f64 = 0.8;

/// The change of one policy's corrected prevalence from one period to another.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodChange {
    /// The policy's id.
    pub policy: String,
    /// The part of the units; all of them when absent.
    pub segment: Option<Segment>,
    /// The two periods.
    pub periods: TwoDays<String>,
    /// The corrected estimates, as far as there are any.
    pub values: TwoDays<Option<f64>>,
    /// The worse verdict of the two periods, or withheld where there is no change to tell.
    pub verdict: Verdict,
    /// What is to be known of the change beside what is to be known of either period.
    pub findings: Vec<Finding>,
    /// The codes of both periods and of the change, in order.
    pub codes: Vec<Code>,
    /// The later corrected estimate less the earlier one.
    pub difference: Result<ChangeEstimate, Missing>,
    /// The later corrected estimate over the earlier one.
    pub ratio: Result<RatioEstimate, Missing>,
    /// The change of the naive estimate, where one labeler labeled both periods.
    pub naive: Option<f64>,
    /// The p-value of `difference` among all changes of the same answer (Benjamini-Hochberg).
    pub q_value: Option<f64>,
    /// Units that are in both samples.
    pub shared_units: u64,
    /// Labeled units of both periods.
    pub n: u64,
    /// Gold units of both periods.
    pub m: u64,
    /// The level of the intervals.
    pub level: Level,
}

/// A difference with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeEstimate {
    /// The difference of the two shares.
    pub value: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// How the interval was made.
    pub method: Method,
    /// The standard error, `sqrt(V_a + V_b - 2 C)`. The interval does not rest on it.
    pub std_error: f64,
    /// The part of the covariance `C` due to units that both samples hold.
    pub from_units: f64,
    /// The part of it due to gold that both estimates use.
    pub from_gold: f64,
    /// The p-value of no change, in step with the interval.
    pub p_value: f64,
    /// The least change that samples like these would find with 80 % power.
    pub detectable: Option<f64>,
}

/// A ratio with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioEstimate {
    /// The ratio.
    pub value: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

/// A period with what was measured in it.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// Its rows.
    pub period: PeriodRows<'a>,
    /// Its measurement.
    pub measured: &'a PolicyPrevalence,
}

/// Measures the change between two periods.
///
/// `V = V_a + V_b - 2 C`; `C` comes from units in both samples where these share their permanent random numbers, and from gold
/// that both estimates use. The interval is recovered from the limits of the two corrected estimates and that correlation, so it
/// is as honest as they are. Where people could not tell for some gold, the limits are those of the two worst cases. No change
/// is given across a change of standard (S018), nor across labelers where an estimate rests on error rates from elsewhere.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn change(
    days: TwoDays<Compared<'_>>,
    drawn: Coordination,
) -> Result<PeriodChange, Vec<InputMistake>> {
    let (a, b) = (days.earlier.measured, days.later.measured);
    let standards = Standards::of(&days.earlier.period, &days.later.period);
    let broken = standards.break_of_change(a, b);
    let difference = match (&broken, both(a, b)) {
        (Some(finding), _) => Err(Missing::Withheld(finding.code)),
        (None, Err(missing)) => Err(missing),
        (None, Ok(estimates)) => between(days, estimates, drawn)?,
    };
    let ratio = match (&difference, both(a, b)) {
        (Ok(made), Ok(estimates)) => ratio(estimates, made.correlation).map_err(Missing::from),
        (Err(missing), _) => Err(*missing),
        (Ok(_), Err(missing)) => Err(missing),
    };
    let ids = |rows: &PeriodRows<'_>| -> BTreeSet<String> {
        rows.rows.units.iter().map(|unit| unit.id.to_owned()).collect()
    };
    let earlier = ids(&days.earlier.period);
    let shared = days.later.period.rows.units.iter().filter(|unit| earlier.contains(unit.id));
    let naive = standards.same_labeler().then(|| naive(a, b)).flatten();
    let findings: Vec<Finding> = broken.into_iter().collect();
    let mut codes: Vec<Code> =
        [&a.findings, &b.findings, &findings].into_iter().flatten().map(|it| it.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let worst =
        findings.iter().map(|finding| finding.verdict).fold(a.verdict.max(b.verdict), Ord::max);
    let value = |of: &PolicyPrevalence| of.corrected.as_ref().ok().map(|made| made.value);
    let name = |of: &PolicyPrevalence| of.subject.period.clone().unwrap_or_default();
    Ok(PeriodChange {
        policy: b.subject.policy.clone(),
        segment: b.subject.segment.clone(),
        periods: TwoDays { earlier: name(a), later: name(b) },
        values: TwoDays { earlier: value(a), later: value(b) },
        verdict: worst,
        findings,
        codes,
        difference: difference.map(|made| made.estimate),
        ratio,
        naive,
        q_value: None,
        shared_units: shared.count() as u64,
        n: a.n + b.n,
        m: a.m + b.m,
        level: b.level,
    })
}

/// Gives each change its p-value among all of them (Benjamini-Hochberg): of the changes with a q-value of at most 5 %, some 5 %
/// are none.
///
/// # Errors
///
/// None in practice: p-values are probabilities.
pub fn adjust_changes(changes: &mut [PeriodChange]) -> Result<(), StatsError> {
    let p_of = |change: &PeriodChange| change.difference.as_ref().ok().map(|made| made.p_value);
    let p_values: Vec<f64> = changes.iter().filter_map(p_of).collect();
    let adjusted = adjust_p_values(&p_values, Adjustment::BenjaminiHochberg)?;
    let told = changes.iter_mut().filter(|change| change.difference.is_ok());
    for (change, q_value) in told.zip(adjusted) {
        change.q_value = Some(q_value);
    }
    Ok(())
}

/// A difference with the correlation it was made with.
struct Made {
    estimate: ChangeEstimate,
    correlation: f64,
}

fn both<'a>(
    a: &'a PolicyPrevalence,
    b: &'a PolicyPrevalence,
) -> Result<TwoDays<&'a Estimate>, Missing> {
    let of =
        |measured: &'a PolicyPrevalence| measured.corrected.as_ref().map_err(|missing| *missing);
    Ok(TwoDays { earlier: of(a)?, later: of(b)? })
}

fn between(
    days: TwoDays<Compared<'_>>,
    estimates: TwoDays<&Estimate>,
    drawn: Coordination,
) -> Result<Result<Made, Missing>, Vec<InputMistake>> {
    let (a, b) = (days.earlier.period, days.later.period);
    let numbers = numbers(&[a, b]);
    let earlier = day(&a, days.earlier.measured.corrected_by, &numbers)?;
    let later = day(&b, days.later.measured.corrected_by, &numbers)?;
    let told = |side: Compared<'_>| !side.measured.has(Code::UndeterminedGold);
    let decided = told(days.earlier) && told(days.later);
    let made = || {
        let pair = TwoDays { earlier: earlier?, later: later? };
        let pair = TwoDays { earlier: &pair.earlier, later: &pair.later };
        let mut change = change_between(pair, drawn)?;
        // what an estimate without gold may be off from period to period has no unit it comes from
        let unseen = |side: Compared<'_>, day: &DayEstimate| match side.measured.corrected_by {
            Estimator::ModelOnly => {
                let whole = side.measured.corrected.as_ref().map_or(0.0, |it| it.std_error.powi(2));
                (whole - day.estimate().variance).max(0.0)
            }
            Estimator::Naive
            | Estimator::TwoPhase
            | Estimator::GoldOnly
            | Estimator::RoganGladen
            | Estimator::Hybrid
            | Estimator::TwoPhaseDawidSkene
            | Estimator::KnownGoldError
            | Estimator::Change => 0.0,
        };
        let unseen = TwoDays {
            earlier: unseen(days.earlier, pair.earlier),
            later: unseen(days.later, pair.later),
        };
        change.difference.variance += unseen.earlier + unseen.later;
        // worst cases add up, as errors that are wholly opposed do
        let correlation = if decided { correlation(&change, pair, unseen) } else { -1.0 };
        made(estimates, &change, correlation, b.settings.level)
    };
    Ok(made().map_err(Missing::from))
}

fn correlation(change: &Change, days: TwoDays<&DayEstimate>, unseen: TwoDays<f64>) -> f64 {
    let variances = (days.earlier.estimate().variance + unseen.earlier)
        * (days.later.estimate().variance + unseen.later);
    if variances > 0.0 {
        ((change.from_units + change.from_gold) / variances.sqrt()).clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

fn made(
    estimates: TwoDays<&Estimate>,
    change: &Change,
    correlation: f64,
    level: Level,
) -> Result<Made, StatsError> {
    let interval = difference_of_days(limits(estimates), correlation)?;
    let value = estimates.later.value - estimates.earlier.value;
    let half = (interval.high - interval.low) / 2.0;
    let variance = change.difference.variance.max((half / level.z()).powi(2));
    let estimate = ChangeEstimate {
        value,
        low: interval.low,
        high: interval.high,
        method: interval.method,
        std_error: change.difference.variance.sqrt(),
        from_units: change.from_units,
        from_gold: change.from_gold,
        p_value: p_value(value, interval, level)?,
        detectable: detectable_change(
            ChangeVariances { before: variance, after: 0.0, covariance: 0.0 },
            PowerTarget { power: POWER, level },
        )
        .ok(),
    };
    Ok(Made { estimate, correlation })
}

/// Two censuses whose every unit has gold differ for certain or not at all.
fn p_value(value: f64, interval: Interval, level: Level) -> Result<f64, StatsError> {
    if interval.low < interval.high {
        return p_value_of_change(value, interval, level);
    }
    Ok(if value.abs() > 0.0 { 0.0 } else { 1.0 })
}

fn ratio(estimates: TwoDays<&Estimate>, correlation: f64) -> Result<RatioEstimate, StatsError> {
    let (value, interval) = ratio_from_limits(limits(estimates), correlation)?;
    Ok(RatioEstimate { value, low: interval.low, high: interval.high })
}

fn limits(estimates: TwoDays<&Estimate>) -> TwoDays<DayWithLimits> {
    let of = |it: &Estimate| DayWithLimits { value: it.value, low: it.low, high: it.high };
    TwoDays { earlier: of(estimates.earlier), later: of(estimates.later) }
}

fn naive(a: &PolicyPrevalence, b: &PolicyPrevalence) -> Option<f64> {
    Some(b.naive.as_ref().ok()?.value - a.naive.as_ref().ok()?.value)
}

impl PolicyPrevalence {
    /// Returns whether the measurement carries a code.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// Returns whether its corrected estimate rests on error rates measured elsewhere.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.corrected_by == Estimator::ModelOnly || self.has(Code::ModelOnly)
    }
}
