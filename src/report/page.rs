//! The variables of the HTML template: everything as the text it is shown as.

use crate::measure::PolicyPrevalence;
use crate::measure::Verdict;
use crate::report::Report;
use crate::report::changes::ChangeLine;
use crate::report::changes::Changes;
use crate::report::classes;
use crate::report::classes::Shown;
use crate::report::gold_error::GoldErrorLine;
use crate::report::gold_error::GoldErrorLines;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::number::percent;
use crate::report::number::whole;
use crate::report::page_quality::quality;
use crate::report::plot::plot;
use crate::report::plot::plot_of_periods;
use crate::report::rows::MODEL_DEPENDENT;
use crate::report::rows::Row;
use crate::report::rows::origin;
use crate::report::rows::reason;
use crate::report::rows::remarks;
use crate::report::rows::rows;
use crate::report::rows::shared_decimals;
use crate::report::rows::words;
use crate::report::segments::Line;
use crate::report::segments::Pivot;
use crate::report::summary::between;
use crate::report::summary::goal;
use crate::report::summary::of_what;
use crate::report::summary::period;
use crate::report::summary::verdict;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeSet;

/// Returns the variables of the whole page.
pub(super) fn variables(report: &Report<'_>) -> Value {
    let provenance: Vec<_> =
        report.provenance.iter().map(|(name, value)| [clean(name), clean(value)]).collect();
    let policies: Vec<_> = report.policies.iter().map(|it| policy(report, it)).collect();
    json!({
        "title": clean(&report.title),
        "subtitle": clean(&report.subtitle),
        "generated_at": clean(&report.generated_at),
        "version": clean(report.version),
        "notes": report.notes.iter().map(|note| clean(note)).collect::<Vec<_>>(),
        "simulated": report.known_truth.is_some(),
        "policies": policies,
        "provenance": provenance,
    })
}

fn policy(report: &Report<'_>, measured: &PolicyPrevalence) -> Value {
    let truth = report.truth(&measured.subject.policy);
    json!({
        "name": clean(&measured.subject.policy),
        "verdict": measured.verdict.name(),
        "symbol": symbol(measured.verdict),
        "decided_by": verdict(measured),
        "headline": headline(measured),
        "of": of_what(measured),
        "level": level(measured.level.value()),
        "naive": measured.naive.as_ref().ok().map(|naive| percent(naive.value)),
        "truth": truth.map(percent),
        "n": count(measured.n),
        "m": count(measured.m),
        "plot": plot(measured, truth),
        "estimates": estimates(measured),
        "remarks": remarks(measured),
        "model_dependent": model_dependent(measured),
        "gold_error": gold_error(measured),
        "pivots": pivots(report, measured),
        "goal": measured.goal.as_ref().map(goal),
        "span": period(measured),
        "series": series(report, measured),
        "changes": changes(report, measured),
        "breaks": report.breaks(&measured.subject.policy),
        "labels": measured.classes.as_ref().map(|classes| labels(&Shown::of(classes))),
        "findings": findings(measured),
        "quality": quality(measured, &report.pivots(&measured.subject.policy)),
        "confusion": confusion(measured),
        "outcomes": outcomes(measured),
        "non_answers": percent(measured.non_answer_share),
        "cells": cells(measured),
        "merges": merges(measured),
        "weights": weights(measured),
        "origin": origin(measured).into_iter().map(|(name, it)| json!([name, clean(&it)])).collect::<Vec<_>>(),
    })
}

/// Verdicts differ by shape as well as by colour.
fn symbol(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Publishable => "●",
        Verdict::Provisional => "◐",
        Verdict::Withheld => "○",
    }
}

fn headline(measured: &PolicyPrevalence) -> Value {
    match (&measured.corrected, measured.bounds) {
        (Ok(it), _) => {
            let decimals = Decimals::of(it.value, Some((it.low, it.high)));
            let interval = decimals.interval(it.low, it.high);
            json!({"value": decimals.percent(it.value), "interval": interval})
        }
        (Err(missing), Some(bounds)) => {
            json!({"missing": reason(missing), "between": between(bounds)})
        }
        (Err(missing), None) => json!({"missing": reason(missing)}),
    }
}

fn estimates(measured: &PolicyPrevalence) -> Vec<Value> {
    let decimals = shared_decimals(measured);
    let mut lines: Vec<Value> = rows(measured)
        .iter()
        .map(|row| {
            let estimate = row.estimate.as_ref();
            json!({
                "key": row.role.key(),
                "name": row.marked_name(),
                "value": estimate.ok().map(|it| decimals.percent(it.value)),
                "interval": estimate.ok().map(|it| decimals.interval(it.low, it.high)),
                "size": estimate.ok().map(|it| whole(it.n_eff)),
                "missing": estimate.err().map(reason),
                "n": row.n.map(count),
                "m": row.m.map(count),
                "k": row.k.map(|k| format!("{k:.2}")),
            })
        })
        .collect();
    if let Some(bounds) = measured.bounds {
        let interval = decimals.interval(bounds.low, bounds.high);
        lines.push(json!({"key": "bounds", "name": "worst cases", "interval": interval}));
        if let Some((value, limits)) = bounds.at_random {
            let interval = decimals.interval(limits.low, limits.high);
            let value = decimals.percent(value);
            lines.push(json!({"key": "bounds", "name": "if missing at random", "value": value, "interval": interval}));
        }
    }
    lines
}

/// As judged, with the raters' errors modelled, and with declared rates taken off.
fn gold_error(measured: &PolicyPrevalence) -> Option<Value> {
    let error = GoldErrorLines::of(measured)?;
    let line =
        |it: &GoldErrorLine| json!({"name": it.name, "value": it.value, "interval": it.interval});
    let lines: Vec<Value> = error.lines.iter().map(line).collect();
    json!({"lines": lines, "remarks": error.remarks}).into()
}

fn pivots(report: &Report<'_>, measured: &PolicyPrevalence) -> Vec<Value> {
    let pivots = report.pivots(&measured.subject.policy);
    pivots.iter().filter_map(|parts| Pivot::of(parts)).map(|it| pivot(&it)).collect()
}

fn pivot(pivot: &Pivot) -> Value {
    let line = |it: &Line| {
        json!({
            "name": it.name,
            "value": it.value,
            "interval": it.interval,
            "naive": it.naive,
            "n": it.n,
            "m": it.m,
            "verdict": it.verdict.name(),
            "symbol": symbol(it.verdict),
            "decided_by": it.decided_by,
        })
    };
    let lines: Vec<Value> = pivot.lines.iter().map(line).collect();
    json!({"by": pivot.by, "level": pivot.level, "lines": lines})
}

/// Every label with its share, and what the labeler said against gold.
fn labels(shown: &Shown) -> Value {
    let line = |it: &classes::Line| {
        json!({
            "name": it.name,
            "naive": it.naive,
            "value": it.value,
            "interval": it.interval,
            "gold": it.gold,
            "verdict": it.verdict.name(),
            "symbol": symbol(it.verdict),
        })
    };
    let pair = |it: &classes::Pair| json!({"share": it.share, "count": it.count, "shade": it.shade, "same": it.same});
    let row = |it: &classes::SharesRow| {
        let cells: Vec<Value> = it.cells.iter().map(pair).collect();
        json!({"said": it.said, "exposure": it.exposure, "cells": cells})
    };
    let matrix = shown.matrix.as_ref().map(|matrix| {
        let rows: Vec<Value> = matrix.rows.iter().map(row).collect();
        json!({"gold": matrix.gold, "rows": rows})
    });
    let lines: Vec<Value> = shown.lines.iter().map(line).collect();
    json!({"level": shown.level, "lines": lines, "remarks": shown.remarks, "matrix": matrix})
}

/// The periods of a series, each with its interval; no line joins them.
fn series(report: &Report<'_>, measured: &PolicyPrevalence) -> Option<Value> {
    let periods = report.series(&measured.subject.policy);
    let table = pivot(&Pivot::of_periods(&periods)?);
    json!({"table": table, "plot": plot_of_periods(&periods)}).into()
}

fn changes(report: &Report<'_>, measured: &PolicyPrevalence) -> Option<Value> {
    let shown = Changes::of(&report.changes(&measured.subject.policy))?;
    let line = |it: &ChangeLine| {
        json!({
            "name": it.name,
            "from": it.from,
            "to": it.to,
            "change": it.change,
            "interval": it.interval,
            "q": it.q,
            "missing": it.missing,
        })
    };
    let lines: Vec<Value> = shown.lines.iter().map(line).collect();
    json!({"from": shown.from, "to": shown.to, "level": shown.level, "lines": lines, "remarks": shown.remarks}).into()
}

fn model_dependent(measured: &PolicyPrevalence) -> Option<&'static str> {
    rows(measured).iter().any(Row::is_marked).then_some(MODEL_DEPENDENT)
}

fn findings(measured: &PolicyPrevalence) -> Vec<Value> {
    let finding = |it: &crate::measure::Finding| {
        json!({
            "code": it.code.as_str(),
            "name": it.code.name(),
            "title": it.code.title(),
            "detail": clean(&it.detail),
            "advice": it.code.advice(),
            "verdict": it.verdict.name(),
            "symbol": symbol(it.verdict),
        })
    };
    measured.findings.iter().map(finding).collect()
}

/// A matrix: what the labeler said downwards, gold across.
fn confusion(measured: &PolicyPrevalence) -> Value {
    let said: BTreeSet<&String> = measured.confusion.keys().map(|(said, _)| said).collect();
    let gold: BTreeSet<&String> = measured.confusion.keys().map(|(_, gold)| gold).collect();
    let lines: Vec<Value> = said
        .into_iter()
        .map(|said| {
            let cells: Vec<Value> = gold
                .iter()
                .map(|gold| {
                    let n = measured.confusion.get(&(said.clone(), (*gold).clone()));
                    json!({"n": count(n.copied().unwrap_or(0)), "same": said == *gold})
                })
                .collect();
            json!({"name": clean(said), "cells": cells})
        })
        .collect();
    json!({"gold": gold.iter().map(|name| clean(name)).collect::<Vec<_>>(), "lines": lines})
}

/// Each outcome with its part of the bar, one after the other.
fn outcomes(measured: &PolicyPrevalence) -> Vec<Value> {
    let mut start = 0.0;
    let mut lines = Vec::new();
    for (outcome, share) in &measured.outcomes {
        let part = share.exposure / measured.exposure;
        lines.push(json!({
            "key": outcome.name(),
            "name": words(outcome.name()),
            "n": count(share.n),
            "share": percent(part),
            "start": format!("{:.3}%", 100.0 * start),
            "width": format!("{:.3}%", 100.0 * part),
        }));
        start += part;
    }
    lines
}

fn cells(measured: &PolicyPrevalence) -> Vec<Value> {
    let cell = |it: &crate::measure::CellRow| {
        json!({
            "name": words(&it.name),
            "n": count(it.n),
            "share": percent(it.share),
            "gold": count(it.gold),
            "positives": count(it.positives),
            "positive_share": it.positive_share.map(percent),
        })
    };
    measured.cells.iter().map(cell).collect()
}

fn merges(measured: &PolicyPrevalence) -> Vec<Value> {
    let merge = |it: &crate::eval::Merge| {
        let (from, into) = (words(it.from.name()), words(it.into.name()));
        json!({"from": from, "into": into, "n": count(it.n), "gold": it.gold, "needed": it.needed})
    };
    measured.merges.iter().map(merge).collect()
}

fn weights(measured: &PolicyPrevalence) -> Value {
    json!([
        ["estimated exposure", whole(measured.exposure)],
        ["certain to be sampled", percent(measured.certainty_share)],
        ["largest unit, certain ones aside", percent(measured.max_weight_share)],
    ])
}
