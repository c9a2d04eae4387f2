//! Measurements of parts of the units, one table a policy and pivot.

use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Verdict;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::rows::shared_decimals;
use crate::report::summary::verdict;
use crate::report::table::table;

/// The parts of one policy by the values of one pivot.
#[derive(Debug)]
pub(super) struct Pivot {
    pub(super) policy: String,
    pub(super) by: String,
    /// The level of the intervals.
    pub(super) level: String,
    pub(super) lines: Vec<Line>,
}

/// One part, as it is shown.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) interval: String,
    pub(super) naive: String,
    pub(super) n: String,
    pub(super) m: String,
    pub(super) verdict: Verdict,
    /// The verdict with the codes that made it so.
    pub(super) decided_by: String,
}

/// Returns the parts of one policy by one pivot as a table, in the order given; empty without any.
#[must_use]
pub fn by_segment(parts: &[&PolicyPrevalence]) -> String {
    Pivot::of(parts).map_or_else(String::new, |pivot| pivot.text())
}

/// Returns the periods of one policy as a table, in the order given; empty without any.
#[must_use]
pub fn by_period(periods: &[&PolicyPrevalence]) -> String {
    Pivot::of_periods(periods).map_or_else(String::new, |pivot| pivot.text())
}

impl Pivot {
    fn text(&self) -> String {
        let pivot = self;
        let header = ["", "corrected", &format!("{} interval", pivot.level), "naive", "n", "m"];
        let rows: Vec<Vec<String>> = pivot
            .lines
            .iter()
            .map(|it| {
                [&it.name, &it.value, &it.interval, &it.naive, &it.n, &it.m]
                    .map(Clone::clone)
                    .to_vec()
            })
            .collect();
        let mut out = format!("{} by {}\n{}", pivot.policy, pivot.by, table(&header, &rows));
        for line in pivot.lines.iter().filter(|line| line.verdict != Verdict::Publishable) {
            out.push_str(&format!("{}: {}\n", line.name, line.decided_by));
        }
        out
    }
}

/// Groups measurements of parts by their pivot, in the order they come.
pub fn pivots<'a>(
    parts: impl Iterator<Item = &'a PolicyPrevalence>,
) -> Vec<Vec<&'a PolicyPrevalence>> {
    let by = |part: &PolicyPrevalence| part.subject.segment.clone().map(|segment| segment.by);
    let mut pivots: Vec<Vec<&PolicyPrevalence>> = Vec::new();
    for part in parts {
        let same = |pivot: &&mut Vec<&PolicyPrevalence>| {
            pivot.first().is_some_and(|first| by(first) == by(part))
        };
        match pivots.last_mut().filter(same) {
            Some(pivot) => pivot.push(part),
            None => pivots.push(vec![part]),
        }
    }
    pivots
}

impl Pivot {
    pub(super) fn of(parts: &[&PolicyPrevalence]) -> Option<Self> {
        let by = parts.first()?.subject.segment.as_ref()?.by.clone();
        Self::divided(parts, &by)
    }

    pub(super) fn of_periods(periods: &[&PolicyPrevalence]) -> Option<Self> {
        Self::divided(periods, "period")
    }

    fn divided(parts: &[&PolicyPrevalence], by: &str) -> Option<Self> {
        let first = parts.first()?;
        let decimals = parts.iter().map(|part| shared_decimals(part)).max()?;
        Some(Self {
            policy: clean(&first.subject.policy),
            by: clean(by),
            level: level(first.level.value()),
            lines: parts.iter().map(|part| Line::of(part, decimals)).collect(),
        })
    }
}

impl Line {
    fn of(part: &PolicyPrevalence, decimals: Decimals) -> Self {
        let (value, interval) = match &part.corrected {
            Ok(it) => (decimals.percent(it.value), decimals.interval(it.low, it.high)),
            Err(Missing::Suppressed { high: Some(high) }) => {
                ("-".to_owned(), format!("at most {}", decimals.percent(*high)))
            }
            Err(_) => ("-".to_owned(), String::new()),
        };
        Self {
            name: match (&part.subject.segment, &part.subject.period) {
                (Some(segment), _) => clean(&segment.value),
                (None, period) => period.as_ref().map(|it| clean(it)).unwrap_or_default(),
            },
            value,
            interval,
            naive: part.naive.as_ref().map_or("-".to_owned(), |it| decimals.percent(it.value)),
            n: count(part.n),
            m: count(part.m),
            verdict: part.verdict,
            decided_by: verdict(part),
        }
    }
}
