//! A measurement for a terminal: one line, a small table, what to know; the rest on demand.

use crate::measure::PolicyPrevalence;
use crate::report::gold_error::GoldErrorLines;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::number::percent;
use crate::report::number::whole;
use crate::report::quality;
use crate::report::rows::MODEL_DEPENDENT;
use crate::report::rows::Row;
use crate::report::rows::reason;
use crate::report::rows::remarks;
use crate::report::rows::rows;
use crate::report::rows::shared_decimals;
use crate::report::rows::words;
use crate::report::summary::summary_line;
use crate::report::table::table;

/// How much to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The line, the estimates and the findings.
    Brief,
    /// Also cells, merges, error rates, confusion, outcomes, weights, seeds and ids.
    Full,
}

/// Returns a measurement as text; its tables fit 60 columns unless a name in them is long.
#[must_use]
pub fn text(measured: &PolicyPrevalence, detail: Detail) -> String {
    let mut out = format!("{}\n\n{}", summary_line(measured), estimates(measured));
    let findings = findings(measured);
    if !findings.is_empty() {
        out.push('\n');
        out.push_str(&findings);
    }
    match detail {
        Detail::Brief => {}
        Detail::Full => {
            for section in [
                cells(measured),
                gold_error(measured),
                quality::text(measured),
                confusion(measured),
                outcomes(measured),
                origin(measured),
            ] {
                if section.is_empty() {
                    continue;
                }
                out.push('\n');
                out.push_str(&section);
            }
        }
    }
    out
}

fn estimates(measured: &PolicyPrevalence) -> String {
    let (rows, decimals) = (rows(measured), shared_decimals(measured));
    let interval = format!("{} interval", level(measured.level.value()));
    let mut lines: Vec<_> = rows.iter().map(|row| estimate_line(row, decimals)).collect();
    lines.extend(bound_lines(measured, decimals));
    let mut out = table(&["", "value", &interval, "n", "m", "K"], &lines);
    for (reason, names) in missing(&rows) {
        out.push_str(&format!("{}: {reason}\n", names.join(", ")));
    }
    for remark in remarks(measured) {
        out.push_str(&format!("{remark}\n"));
    }
    if rows.iter().any(Row::is_marked) {
        out.push_str(MODEL_DEPENDENT);
        out.push('\n');
    }
    out
}

/// Why estimates are missing, each reason once with the estimates it stands for.
fn missing(rows: &[Row<'_>]) -> Vec<(String, Vec<&'static str>)> {
    let mut reasons: Vec<(String, Vec<&'static str>)> = Vec::new();
    for row in rows {
        let Err(missing) = row.estimate else { continue };
        let why = reason(missing);
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(row.role.name()),
            None => reasons.push((why, vec![row.role.name()])),
        }
    }
    reasons
}

fn estimate_line(row: &Row<'_>, decimals: Decimals) -> Vec<String> {
    let (value, interval) = match row.estimate {
        Ok(it) => (decimals.percent(it.value), decimals.interval(it.low, it.high)),
        Err(_) => ("-".to_owned(), String::new()),
    };
    let k = row.k.map(|k| format!("{k:.2}")).unwrap_or_default();
    let size = |n: Option<u64>| n.map(count).unwrap_or_default();
    vec![row.marked_name(), value, interval, size(row.n), size(row.m), k]
}

fn bound_lines(measured: &PolicyPrevalence, decimals: Decimals) -> Vec<Vec<String>> {
    let Some(bounds) = measured.bounds else { return Vec::new() };
    let line = |name: &str, value: String, (low, high)| {
        vec![name.to_owned(), value, decimals.interval(low, high)]
    };
    let mut lines = vec![line("worst cases", String::new(), (bounds.low, bounds.high))];
    if let Some((value, interval)) = bounds.at_random {
        let limits = (interval.low, interval.high);
        lines.push(line("if at random", decimals.percent(value), limits));
    }
    lines
}

fn findings(measured: &PolicyPrevalence) -> String {
    let line = |finding: &crate::measure::Finding| {
        let (code, name, advice) = (finding.code, finding.code.name(), finding.code.advice());
        format!("{code} {name}: {}. {advice}\n", clean(&finding.detail))
    };
    measured.findings.iter().map(line).collect()
}

fn cells(measured: &PolicyPrevalence) -> String {
    let lines: Vec<_> = measured
        .cells
        .iter()
        .map(|cell| {
            vec![
                words(&cell.name),
                count(cell.n),
                percent(cell.share),
                count(cell.gold),
                count(cell.positives),
                cell.positive_share.map_or_else(|| "-".to_owned(), percent),
            ]
        })
        .collect();
    let mut out = table(&["cell", "units", "exposure", "gold", "viol.", "share"], &lines);
    for merge in &measured.merges {
        out.push_str(&format!(
            "{} ({} units, {} of {} gold needed) merged into {}\n",
            words(merge.from.name()),
            count(merge.n),
            merge.gold,
            merge.needed,
            words(merge.into.name())
        ));
    }
    out
}

fn gold_error(measured: &PolicyPrevalence) -> String {
    let Some(error) = GoldErrorLines::of(measured) else { return String::new() };
    let interval = format!("{} interval", level(measured.level.value()));
    let lines: Vec<_> = error
        .lines
        .into_iter()
        .map(|line| vec![line.name.to_owned(), line.value, line.interval])
        .collect();
    let remarks = error.remarks.into_iter().map(|remark| format!("{remark}\n"));
    table(&["errors of the gold", "value", &interval], &lines) + &remarks.collect::<String>()
}

fn confusion(measured: &PolicyPrevalence) -> String {
    let lines: Vec<_> = measured
        .confusion
        .iter()
        .map(|((said, gold), n)| vec![clean(said), clean(gold), count(*n)])
        .collect();
    table(&["labeler said", "gold", "units"], &lines)
}

fn outcomes(measured: &PolicyPrevalence) -> String {
    let lines: Vec<_> = measured
        .outcomes
        .iter()
        .map(|(outcome, share)| {
            vec![words(outcome.name()), count(share.n), percent(share.exposure / measured.exposure)]
        })
        .collect();
    table(&["outcome", "units", "exposure"], &lines)
}

fn origin(measured: &PolicyPrevalence) -> String {
    let mut lines = Vec::new();
    for (name, value) in super::rows::origin(measured) {
        lines.push(format!("{name}: {}\n", clean(&value)));
    }
    lines.push(format!(
        "weights: exposure {}, certain {}, largest of the rest {}\n",
        whole(measured.exposure),
        percent(measured.certainty_share),
        percent(measured.max_weight_share)
    ));
    lines.concat()
}
