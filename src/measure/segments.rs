//! The same measurement for parts of the units, and which of them may be shown.

use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::measure::Code;
use crate::measure::Compared;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PeriodChange;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Segment;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::change;
use crate::measure::prevalence;
use crate::stats::Coordination;
use crate::stats::TwoDays;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The name of the part that has no value of the pivot.
pub const WITHOUT_VALUE: &str = "(none)";
/// With a smaller effective size than this a segment is not shown.
const LEAST_SIZE: f64 = 50.0;
/// With less gold than this a segment is not shown.
const LEAST_GOLD: u64 = 10;
/// With a greater standard error than this share of the estimate a segment is not shown.
const MOST_VARIATION: f64 = 0.5;

/// Measures each part of the units by the value of one pivot; `values` holds one value a unit, in the same order.
///
/// The design treats inclusions as independent, so that the part's own rows are all that its design variance needs (a row
/// outside has a linearised value of 0: Sarndal, Swensson & Wretman 1992, section 10.3). Each part forms its cells from its own
/// gold; thin cells merge as everywhere, and no part borrows another's error rates, which differ by language and surface.
/// A part with too little gold is not shown: [`Missing::Suppressed`] holds its upper limit.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn by_segment(
    subject: &Subject,
    pivot: Pivot<'_>,
    rows: Rows<'_>,
    settings: &Settings<'_>,
) -> Result<Vec<PolicyPrevalence>, Vec<InputMistake>> {
    let parts = divided(pivot, rows);
    let settings = &pivot.settings(parts.len(), settings);
    let mut measured = Vec::with_capacity(parts.len());
    for (value, part) in &parts {
        measured.push(measured_part(subject, (pivot.name, value), part, settings)?);
    }
    Ok(measured)
}

/// Measures the change of each part of the units that both periods have, and what the later period's parts are.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn changes_by_segment(
    days: TwoDays<(PeriodRows<'_>, Pivot<'_>)>,
    drawn: Coordination,
) -> Result<Vec<PeriodChange>, Vec<InputMistake>> {
    let (earlier, later) = (days.earlier, days.later);
    let parts = TwoDays {
        earlier: divided(earlier.1, earlier.0.rows),
        later: divided(later.1, later.0.rows),
    };
    let shared: Vec<&str> =
        parts.later.keys().filter(|value| parts.earlier.contains_key(*value)).copied().collect();
    let settings = TwoDays {
        earlier: earlier.1.settings(shared.len(), earlier.0.settings),
        later: later.1.settings(shared.len(), later.0.settings),
    };
    let mut changes = Vec::with_capacity(shared.len());
    for value in shared {
        let name = (later.1.name, value);
        let (a, b) = (&parts.earlier[value], &parts.later[value]);
        let before = measured_part(earlier.0.subject, name, a, &settings.earlier)?;
        let after = measured_part(later.0.subject, name, b, &settings.later)?;
        let days = TwoDays {
            earlier: Compared {
                period: PeriodRows { rows: a.rows(), settings: &settings.earlier, ..earlier.0 },
                measured: &before,
            },
            later: Compared {
                period: PeriodRows { rows: b.rows(), settings: &settings.later, ..later.0 },
                measured: &after,
            },
        };
        changes.push(change(days, drawn)?);
    }
    Ok(changes)
}

/// The rows of one part.
#[derive(Default)]
struct Part<'a> {
    units: Vec<LabeledUnit<'a>>,
    gold: Vec<GoldLabel<'a>>,
}

impl<'a> Part<'a> {
    fn rows(&'a self) -> Rows<'a> {
        Rows { units: &self.units, gold: &self.gold }
    }
}

/// Divides rows by the value of a pivot.
fn divided<'a>(pivot: Pivot<'a>, rows: Rows<'a>) -> BTreeMap<&'a str, Part<'a>> {
    let mut parts: BTreeMap<&str, Part<'_>> = BTreeMap::new();
    for (unit, value) in rows.units.iter().zip(pivot.values) {
        parts.entry(value.unwrap_or(WITHOUT_VALUE)).or_default().units.push(*unit);
    }
    for part in parts.values_mut() {
        let ids: BTreeSet<&str> = part.units.iter().map(|unit| unit.id).collect();
        part.gold = rows.gold.iter().filter(|gold| ids.contains(gold.id)).copied().collect();
    }
    parts
}

fn measured_part(
    subject: &Subject,
    (by, value): (&str, &str),
    part: &Part<'_>,
    settings: &Settings<'_>,
) -> Result<PolicyPrevalence, Vec<InputMistake>> {
    let segment = Segment { by: by.to_owned(), value: value.to_owned() };
    let subject = Subject { segment: Some(segment), ..subject.clone() };
    let mut measured = suppressed(prevalence(&subject, &part.units, &part.gold, settings)?);
    measured.judge(settings.goal);
    Ok(measured)
}

impl Pivot<'_> {
    fn settings<'s>(&self, parts: usize, settings: &Settings<'s>) -> Settings<'s> {
        let level = match self.coverage {
            Coverage::Each => settings.level,
            Coverage::Together => settings.level.shared_by(parts),
        };
        Settings { level, ..*settings }
    }
}

/// A pivot and its value for each unit.
#[derive(Debug, Clone, Copy)]
pub struct Pivot<'a> {
    /// The pivot's name, such as `surface`.
    pub name: &'a str,
    /// One value a unit; `None` where the unit has none.
    pub values: &'a [Option<&'a str>],
    /// What the level of the intervals is the level of.
    pub coverage: Coverage,
}

/// What an interval's level is the level of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Each interval by itself.
    Each,
    /// All intervals of the pivot at once (Bonferroni).
    Together,
}

/// The rows of one policy.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The labeled units.
    pub units: &'a [LabeledUnit<'a>],
    /// Their gold.
    pub gold: &'a [GoldLabel<'a>],
}

/// Replaces estimates that say more about a few units than about the segment.
fn suppressed(mut measured: PolicyPrevalence) -> PolicyPrevalence {
    let Some(reason) = reason(&measured) else { return measured };
    let high = match (&measured.corrected, measured.bounds) {
        (Ok(estimate), _) => Some(estimate.high),
        (Err(_), Some(bounds)) => Some(bounds.high),
        (Err(_), None) => None,
    };
    for estimate in [&mut measured.corrected, &mut measured.gold_only, &mut measured.rogan_gladen] {
        if estimate.is_ok() {
            *estimate = Err(Missing::Suppressed { high });
        }
    }
    measured.findings.push(Finding::new(Code::SuppressedPivot, reason));
    measured.findings.sort_by_key(|finding| finding.code);
    measured
}

fn reason(measured: &PolicyPrevalence) -> Option<String> {
    if measured.m < LEAST_GOLD {
        return Some(format!("{} gold of at least {LEAST_GOLD}", measured.m));
    }
    let estimate = measured.corrected.as_ref().ok()?;
    if estimate.n_eff < LEAST_SIZE {
        return Some(format!("effective size {:.0} of at least {LEAST_SIZE:.0}", estimate.n_eff));
    }
    let varies = estimate.std_error > MOST_VARIATION * estimate.value;
    (varies && estimate.value > 0.0).then(|| {
        let share = 100.0 * estimate.std_error / estimate.value;
        format!(
            "a standard error of {share:.0} % of the estimate, with {:.0} % the most",
            100.0 * MOST_VARIATION
        )
    })
}
