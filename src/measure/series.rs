//! One policy over several periods: each by itself, all of them pooled, and where the series breaks.

use crate::eval::CellInUse;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::eval::Stated;
use crate::eval::Unclear;
use crate::eval::merge_thin;
use crate::eval::weighed;
use crate::measure::Break;
use crate::measure::Changed;
use crate::measure::Code;
use crate::measure::Compared;
use crate::measure::Drift;
use crate::measure::Estimate;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PeriodChange;
use crate::measure::PolicyPrevalence;
use crate::measure::Rows;
use crate::measure::Settings;
use crate::measure::Span;
use crate::measure::Subject;
use crate::measure::Verdict;
use crate::measure::breaks::breaks;
use crate::measure::breaks::finding;
use crate::measure::breaks::finding_of_window;
use crate::measure::change;
use crate::measure::drift::drift;
use crate::measure::estimates::nested;
use crate::measure::lean::Lean;
use crate::measure::prevalence::measured;
use crate::stats::CellSums;
use crate::stats::Coordination;
use crate::stats::Crossing;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::TwoDays;
use crate::stats::gold_only;
use crate::stats::post_stratified;
use std::collections::BTreeSet;
use std::collections::HashMap;

/// A period without gold is chance only while fewer gold units than this were to be expected in it.
const PLAUSIBLE_GOLD: f64 = 3.0;

/// The rows of one policy in one period.
#[derive(Debug, Clone, Copy)]
pub struct PeriodRows<'a> {
    /// What is measured, the period named.
    pub subject: &'a Subject,
    /// What labeled it, so that two periods with the same text had the same labeler: a fingerprint, or a name.
    pub instrument: Option<&'a str>,
    /// Labels and gold.
    pub rows: Rows<'a>,
    /// How it is measured.
    pub settings: &'a Settings<'a>,
    /// Earlier periods whose gold it may lean on; none to go by its own gold alone.
    pub history: &'a [PeriodRows<'a>],
}

/// A policy measured over several periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Each period by itself, in the order given.
    pub periods: Vec<PolicyPrevalence>,
    /// All of them as one number.
    pub pooled: PolicyPrevalence,
    /// Where values cannot be compared.
    pub breaks: Vec<Break>,
    /// Whether the labeler's error rates moved, where two periods with gold had one labeler and one standard.
    pub drift: Option<Drift>,
}

/// Measures one policy in each of several periods, and over all of them.
///
/// The pooled value is `sum T_p theta_p / sum T_p` while every cell of every period has the gold to stand alone, and else the same
/// estimate over all rows with the cells of all periods together; gold counts within its own period either way. Units that differ
/// from period to period have no covariance. It is withheld across a change of standard (S018).
///
/// # Errors
///
/// Every [`InputMistake`] in the rows; [`InputMistake::DuplicateUnit`] where periods share units.
pub fn series(parts: &[PeriodRows<'_>]) -> Result<Series, Vec<InputMistake>> {
    let breaks = breaks(parts);
    let mut periods = Vec::with_capacity(parts.len());
    for part in parts {
        periods.push(period(part, &breaks)?);
    }
    let drift = drift(parts, &periods);
    let pooled = pooled(parts, &periods, &breaks)?;
    if let (Some(drift), Some(last)) = (&drift, periods.last_mut()) {
        drift.tell(last);
    }
    Ok(Series { periods, pooled, breaks, drift })
}

/// Two periods side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The earlier period.
    pub earlier: PolicyPrevalence,
    /// The later period.
    pub later: PolicyPrevalence,
    /// What changed.
    pub change: PeriodChange,
    /// Where values cannot be compared.
    pub breaks: Vec<Break>,
    /// Whether the labeler's error rates moved.
    pub drift: Option<Drift>,
}

/// Measures two periods and their change. They may share units and gold; `drawn` says how far.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn compare(
    days: TwoDays<PeriodRows<'_>>,
    drawn: Coordination,
) -> Result<Comparison, Vec<InputMistake>> {
    let parts = [days.earlier, days.later];
    let breaks = breaks(&parts);
    let mut measured = [period(&parts[0], &breaks)?, period(&parts[1], &breaks)?];
    let drift = drift(&parts, &measured);
    if let Some(drift) = &drift {
        drift.tell(&mut measured[1]);
    }
    let [earlier, later] = measured;
    let change = change(
        TwoDays {
            earlier: Compared { period: days.earlier, measured: &earlier },
            later: Compared { period: days.later, measured: &later },
        },
        drawn,
    )?;
    Ok(Comparison { earlier, later, change, breaks, drift })
}

/// Returns the rows of all periods as one, gold with the probability it had in its own period.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn pooled_rows<'a>(
    parts: &[PeriodRows<'a>],
) -> Result<(Vec<LabeledUnit<'a>>, Vec<GoldLabel<'a>>), Vec<InputMistake>> {
    let units = parts.iter().flat_map(|part| part.rows.units.iter().copied()).collect();
    Ok((units, gold_by_period(parts)?.0))
}

/// Measures one period by itself, leaning on earlier gold where it has some to lean on.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn one_period(part: &PeriodRows<'_>) -> Result<PolicyPrevalence, Vec<InputMistake>> {
    period(part, &[])
}

/// Measures one period, and says where it begins another standard.
fn period(part: &PeriodRows<'_>, breaks: &[Break]) -> Result<PolicyPrevalence, Vec<InputMistake>> {
    let mut measured = measured(part.subject, part.rows, part.settings)?;
    let here = |found: &&Break| Some(&found.later) == part.subject.period.as_ref();
    for found in breaks.iter().filter(here) {
        measured.findings.extend(finding(found));
    }
    measured.findings.sort_by_key(|finding| finding.code);
    if let Some(lean) = Lean::of(part)? {
        lean.correct(&mut measured);
        measured.judge(part.settings.goal);
    }
    Ok(measured)
}

fn pooled(
    parts: &[PeriodRows<'_>],
    periods: &[PolicyPrevalence],
    breaks: &[Break],
) -> Result<PolicyPrevalence, Vec<InputMistake>> {
    let Some(first) = parts.first() else { return Err(vec![InputMistake::NoUnits]) };
    let units: Vec<LabeledUnit<'_>> =
        parts.iter().flat_map(|part| part.rows.units.iter().copied()).collect();
    let (gold, without) = gold_by_period(parts)?;
    let subject = window(parts);
    let several_labelers = breaks.iter().any(|found| found.what == Changed::Labeler);
    let stated = parts.iter().map(|part| part.rows.stated?.ok()).collect::<Option<Vec<&Stated>>>();
    let stated = stated.filter(|_| !several_labelers).and_then(|all| Stated::together(&all));
    let rows = Rows { units: &units, gold: &gold, stated: stated.as_ref().map(Ok) };
    let mut measured = measured(&subject, rows, first.settings)?;
    let cells = separate_cells(parts, periods)?;
    let made = cells.map(|cells| stratified(&cells, measured.n, first.settings));
    if let Some(Ok(estimate)) = made {
        measured.corrected = Ok(estimate);
    }
    if several_labelers {
        measured.naive = Err(Missing::SeveralLabelers);
        measured.rogan_gladen = Err(Missing::SeveralLabelers);
    }
    if let Some(finding) = without {
        measured.withhold(finding);
    }
    if let Some(finding) = finding_of_window(breaks) {
        measured.naive = Err(Missing::Withheld(finding.code));
        measured.withhold(finding);
    }
    measured.judge(first.settings.goal);
    Ok(measured)
}

/// Returns all gold, with the probability it had in its own period where none is recorded; and what is to be said of periods
/// without any.
fn gold_by_period<'a>(
    parts: &[PeriodRows<'a>],
) -> Result<(Vec<GoldLabel<'a>>, Option<Finding>), Vec<InputMistake>> {
    let mut seen = BTreeSet::new();
    let all = || parts.iter().flat_map(|part| part.rows.gold.iter().copied());
    let distinct: Vec<GoldLabel<'a>> = all().filter(|gold| seen.insert(gold.id)).collect();
    let recorded = distinct.iter().all(|gold| gold.probability.is_some());
    let Some(first) = parts.first() else { return Ok((distinct, None)) };
    if recorded || !nested(first.settings) {
        return Ok((distinct, None));
    }
    let n: usize = parts.iter().map(|part| part.rows.units.len()).sum();
    let share = distinct.len() as f64 / n.max(1) as f64;
    let empty: Vec<&PeriodRows<'_>> =
        parts.iter().filter(|part| part.rows.gold.is_empty()).collect();
    let expected = |part: &&PeriodRows<'_>| part.rows.units.len() as f64 * share;
    if !empty.is_empty() && empty.iter().all(|part| expected(part) < PLAUSIBLE_GOLD) {
        return Ok((distinct, None));
    }
    let name = |part: &&PeriodRows<'_>| part.subject.period.clone().unwrap_or_default();
    let names: Vec<String> = empty.iter().map(name).collect();
    let detail = format!("no unit of {} has gold", names.join(", "));
    let without = (!empty.is_empty()).then(|| Finding::new(Code::EmptyCell, detail));
    let mut known: HashMap<&str, f64> = HashMap::new();
    for part in parts {
        let rows = (part.rows.units, part.rows.gold);
        let Settings { positive, drawn, .. } = *part.settings;
        // the reading does not matter: each takes all gold
        let joined = weighed(rows, positive, drawn, Unclear::Taken(Truth::Negative))?;
        let golden = joined.units.iter().filter_map(|unit| Some((unit.id, unit.gold?.probability)));
        known.extend(golden);
    }
    let with = |gold: GoldLabel<'a>| GoldLabel { probability: known.get(gold.id).copied(), ..gold };
    Ok((distinct.into_iter().map(with).collect(), without))
}

/// Returns the cells of all periods side by side where each can stand alone.
fn separate_cells(
    parts: &[PeriodRows<'_>],
    periods: &[PolicyPrevalence],
) -> Result<Option<Vec<CellSums>>, Vec<InputMistake>> {
    let steady =
        |period: &PolicyPrevalence| period.corrected.is_ok() && !period.has(Code::UndeterminedGold);
    let nested = parts.iter().all(|part| nested(part.settings));
    if !nested || !periods.iter().all(steady) {
        return Ok(None);
    }
    let mut cells: Vec<CellInUse> = Vec::new();
    for part in parts {
        let rows = (part.rows.units, part.rows.gold);
        let Settings { positive, drawn, .. } = *part.settings;
        let joined = weighed(rows, positive, drawn, Unclear::LeftOut)?;
        if !joined.cells.crossing.is_empty() {
            // what a cluster has in several cells, or in several periods, only the estimate over all rows can tell
            return Ok(None);
        }
        cells.extend(merge_thin(&joined.cells, drawn).0);
    }
    let alone = cells.iter().all(|cell| cell.sums.gold().count >= cell.needed());
    Ok(alone.then(|| cells.into_iter().map(|cell| cell.sums).collect()))
}

fn stratified(cells: &[CellSums], n: u64, settings: &Settings<'_>) -> Result<Estimate, StatsError> {
    let estimate = post_stratified(cells)?;
    let method = settings.interval;
    let interval = method.interval(cells, &Crossing::default(), settings.level, settings.draws)?;
    let (value, variance) = (estimate.value, estimate.variance());
    let otherwise = gold_only(cells)?.size;
    Ok(Estimate {
        value,
        raw: value,
        std_error: variance.sqrt(),
        low: interval.low,
        high: interval.high,
        method: interval.method,
        n_eff: Estimate::printed_size(value, variance, n, otherwise),
        codes: Vec::new(),
    })
}

/// Returns the subject of all periods together; its period is written as the interval from the first to the last.
fn window(parts: &[PeriodRows<'_>]) -> Subject {
    let named = |of: fn(&Subject) -> Option<&String>| -> Option<String> {
        let mut names: Vec<&str> = Vec::new();
        for name in parts.iter().filter_map(|part| of(part.subject)) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        (!names.is_empty()).then(|| names.join(", "))
    };
    let end = |part: Option<&PeriodRows<'_>>| part.and_then(|part| part.subject.period.clone());
    let period = end(parts.first()).zip(end(parts.last()));
    Subject {
        policy: parts.first().map(|part| part.subject.policy.clone()).unwrap_or_default(),
        policy_version: named(|subject| subject.policy_version.as_ref()),
        labeler: named(|subject| subject.labeler.as_ref()),
        period: period.map(|(first, last)| format!("{first}/{last}")),
        span: Span::Pooled(parts.len()),
        segment: None,
    }
}

impl PolicyPrevalence {
    /// Refuses every estimate that needs gold, for a reason beyond the rows of the measurement.
    pub(crate) fn withhold(&mut self, finding: Finding) {
        for estimate in [&mut self.corrected, &mut self.gold_only, &mut self.rogan_gladen] {
            *estimate = Err(Missing::Withheld(finding.code));
        }
        self.bounds = None;
        self.add(finding);
    }

    /// Adds something to know, and lets it count in the verdict.
    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.findings.sort_by_key(|finding| finding.code);
        let verdicts = self.findings.iter().map(|finding| finding.verdict);
        self.verdict = verdicts.max().unwrap_or(Verdict::Publishable);
    }
}
