//! The change of each part of the units from one period to another.

use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::eval::Member;
use crate::measure::Compared;
use crate::measure::Coverage;
use crate::measure::Division;
use crate::measure::PeriodChange;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Rows;
use crate::measure::Segment;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::change;
use crate::measure::prevalence;
use crate::measure::segments::suppressed;
use crate::stats::Coordination;
use crate::stats::TwoDays;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Measures the change of each part of the units that both periods have, and what the later period's parts are.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn changes_by_segment(
    days: TwoDays<(PeriodRows<'_>, &Division)>,
    coverage: Coverage,
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
        earlier: coverage.settings(shared.len(), earlier.0.settings),
        later: coverage.settings(shared.len(), later.0.settings),
    };
    let mut changes = Vec::with_capacity(shared.len());
    for value in shared {
        let name = (later.1.name(), value);
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
        Rows { units: &self.units, gold: &self.gold, stated: None }
    }
}

/// Divides rows by the value of a pivot.
fn divided<'a>(division: &'a Division, rows: Rows<'a>) -> BTreeMap<&'a str, Part<'a>> {
    let mut parts: BTreeMap<&str, Part<'_>> = BTreeMap::new();
    for Member { unit, part, share } in division.members() {
        let value = division.values()[part as usize].as_str();
        let unit = rows.units[unit];
        let exposure = unit.exposure * share;
        parts.entry(value).or_default().units.push(LabeledUnit { exposure, ..unit });
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
