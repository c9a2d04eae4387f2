//! The tidy table of a measurement: one row an estimator, policy and segment.

use super::Measured;
use crate::io::Cells;
use crate::io::TableColumn;
use crate::io::Target;
use crate::io::write_table;
use crate::measure::Code;
use crate::measure::PeriodChange;
use crate::measure::PolicyPrevalence;
use crate::measure::TidyRow;
use crate::ops::error::OpsError;
use crate::stats::TwoDays;
use std::path::Path;

/// Writes the table of estimates; the file's ending names its format.
///
/// # Errors
///
/// A file that cannot be written, or an ending that names no format.
pub fn write_estimates(path: &Path, measured: &Measured) -> Result<(), OpsError> {
    let rows = measured.tidy_rows();
    Ok(write_table(&Target::from_argument(path), &columns(&rows))?)
}

impl Measured {
    /// Returns every estimate as a row: periods, then what was asked for, its segments, and changes.
    #[must_use]
    pub fn tidy_rows(&self) -> Vec<TidyRow> {
        let all = self.periods.iter().chain(&self.policies).chain(&self.segments);
        let mut rows: Vec<TidyRow> = all.flat_map(PolicyPrevalence::tidy_rows).collect();
        for change in &self.changes {
            let days = of(&self.periods, change).zip(of(&self.policies, change));
            rows.extend(
                days.map(|(earlier, later)| TidyRow::of_change(change, TwoDays { earlier, later })),
            );
        }
        rows
    }
}

/// Returns the whole of a policy's measurement whose change it is.
fn of<'a>(list: &'a [PolicyPrevalence], change: &PeriodChange) -> Option<&'a PolicyPrevalence> {
    list.iter().find(|it| it.subject.policy == change.policy)
}

fn columns(rows: &[TidyRow]) -> Vec<TableColumn> {
    let text = |name, of: fn(&TidyRow) -> Option<String>| TableColumn {
        name,
        cells: Cells::Text(rows.iter().map(of).collect()),
    };
    let number = |name, of: fn(&TidyRow) -> Option<f64>| TableColumn {
        name,
        cells: Cells::Number(rows.iter().map(of).collect()),
    };
    let count = |name, of: fn(&TidyRow) -> u64| TableColumn {
        name,
        cells: Cells::Count(rows.iter().map(|row| Some(of(row))).collect()),
    };
    vec![
        text("period", |row| row.period.clone()),
        text("policy", |row| Some(row.policy.clone())),
        text("segment", |row| row.segment.clone()),
        text("estimator", |row| Some(row.estimator.name().to_owned())),
        number("value", |row| row.value),
        number("low", |row| row.low),
        number("high", |row| row.high),
        number("level", |row| Some(row.level)),
        text("verdict", |row| Some(row.verdict.name().to_owned())),
        text("codes", |row| Some(codes(&row.codes))),
        count("n", |row| row.n),
        count("m", |row| row.m),
        number("n_eff", |row| row.n_eff),
        number("k", |row| row.k),
        number("naive", |row| row.naive),
        number("exposure", |row| Some(row.exposure)),
        text("policy_version", |row| row.policy_version.clone()),
        text("labeler", |row| row.labeler.clone()),
        number("gold_age_days", |row| row.gold_age_days),
        text("status", |row| row.status.clone()),
        text("design", |row| Some(row.design.clone())),
        text("estimate_id", |row| Some(row.estimate_id.clone())),
    ]
}

fn codes(codes: &[Code]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ")
}
