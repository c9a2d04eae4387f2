//! The tidy table of a measurement: one row an estimator, policy and segment.

use super::Measured;
use crate::io::Cells;
use crate::io::Source;
use crate::io::TableColumn;
use crate::io::Target;
use crate::io::read_texts;
use crate::io::write_table;
use crate::measure::Code;
use crate::measure::PeriodChange;
use crate::measure::PolicyPrevalence;
use crate::measure::Status;
use crate::measure::TidyRow;
use crate::ops::error::OpsError;
use crate::stats::TwoDays;
use std::collections::BTreeMap;
use std::path::Path;

/// The status of an estimate that changed after it was final.
const RESTATED: &str = "restated";

/// Writes the table of estimates; the file's ending names its format.
///
/// Where the file is there already, an estimate that it held as final and that is another now becomes restated, for good. A Parquet
/// table is not looked at.
///
/// # Errors
///
/// A file that cannot be written, or an ending that names no format.
pub fn write_estimates(path: &Path, measured: &Measured) -> Result<(), OpsError> {
    let mut rows = measured.tidy_rows();
    restate(&mut rows, path);
    Ok(write_table(&Target::from_argument(path), &columns(&rows))?)
}

/// The columns that tell which estimate a row holds, and whether it was final.
const KEY: [&str; 5] = ["period", "policy", "segment", "label", "estimator"];
const STATE: [&str; 2] = ["status", "estimate_id"];

fn restate(rows: &mut [TidyRow], path: &Path) {
    let wanted = [&KEY[..], &STATE[..]].concat();
    if !path.is_file() {
        return;
    }
    // a file that is no table of ours says nothing of earlier estimates
    let Ok(before) = read_texts(&Source::from_argument(path), &wanted) else { return };
    let key = |row: &BTreeMap<&'static str, String>| {
        KEY.map(|name| row.get(name).cloned().unwrap_or_default())
    };
    let before: BTreeMap<[String; 5], BTreeMap<&str, String>> =
        before.into_iter().map(|row| (key(&row), row)).collect();
    for row in rows.iter_mut().filter(|row| row.status.as_deref() == Some(Status::Final.name())) {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let own = [
            text(&row.period),
            row.policy.clone(),
            text(&row.segment),
            text(&row.label),
            row.estimator.name().to_owned(),
        ];
        let Some(held) = before.get(&own) else { continue };
        let is = |name: &str| held.get("status").is_some_and(|status| status == name);
        let changed = held.get("estimate_id") != Some(&row.estimate_id);
        if is(RESTATED) || (is(Status::Final.name()) && changed) {
            row.status = Some(RESTATED.to_owned());
        }
    }
}

impl Measured {
    /// Returns every estimate as a row: periods, then what was asked for, its segments, and changes.
    #[must_use]
    pub fn tidy_rows(&self) -> Vec<TidyRow> {
        let all = self.periods.iter().chain(&self.policies).chain(&self.segments);
        let mut rows: Vec<TidyRow> = all.flat_map(PolicyPrevalence::tidy_rows).collect();
        rows.extend(self.policies.iter().flat_map(PolicyPrevalence::tidy_rows_of_labels));
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
        text("label", |row| row.label.clone()),
    ]
}

fn codes(codes: &[Code]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ")
}
