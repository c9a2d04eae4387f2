//! The variables of the labeler's errors in the HTML template.

use crate::eval::Calibration;
use crate::eval::Quality;
use crate::measure::CalibrationError;
use crate::measure::PolicyPrevalence;
use crate::report::number::clean;
use crate::report::number::level;
use crate::report::quality::ErrorLine;
use crate::report::quality::PartLine;
use crate::report::quality::Shown;
use crate::report::quality::bin_lines;
use crate::report::quality::calibration_facts;
use crate::report::quality::calibration_remarks;
use crate::report::quality::confusion_lines;
use crate::report::quality::figure_lines;
use crate::report::quality::part_lines;
use crate::report::quality::rate_lines;
use crate::report::quality::scope;
use crate::report::reliability::plot;
use crate::report::rows::reason;
use serde_json::Value;
use serde_json::json;

/// Returns the errors of one measurement, and those of its parts.
pub(super) fn quality(measured: &PolicyPrevalence, pivots: &[Vec<&PolicyPrevalence>]) -> Value {
    let own = match &measured.quality {
        Ok(quality) => errors(quality),
        Err(missing) => json!({"missing": reason(missing)}),
    };
    json!({
        "errors": own,
        "scope": scope(measured),
        "calibration": measured.calibration.as_ref().map(calibrated),
        "pivots": pivots.iter().filter_map(|parts| by_pivot(parts)).collect::<Vec<_>>(),
    })
}

fn errors(quality: &Quality) -> Value {
    let lines = [rate_lines(quality), figure_lines(quality)].concat();
    let confusion: Vec<Value> = confusion_lines(quality)
        .into_iter()
        .map(|(said, [(violating, n), (allowed, m)])| {
            let cells = json!([{"share": violating, "n": n}, {"share": allowed, "n": m}]);
            json!({"said": said, "cells": cells})
        })
        .collect();
    json!({"lines": lines.iter().map(line).collect::<Vec<_>>(), "confusion": confusion})
}

fn line(line: &ErrorLine) -> Value {
    let (name, meaning) = (line.name, line.meaning);
    match &line.shown {
        Shown::Known { value, interval, gold } => {
            json!({"name": name, "meaning": meaning, "value": value, "interval": interval, "gold": gold})
        }
        Shown::Alone { value, why } => {
            json!({"name": name, "meaning": meaning, "value": value, "why": why})
        }
        Shown::Missing(why) => json!({"name": name, "meaning": meaning, "missing": why}),
    }
}

fn by_pivot(parts: &[&PolicyPrevalence]) -> Option<Value> {
    let first = parts.first()?;
    let by = clean(&first.subject.segment.as_ref()?.by);
    Some(
        json!({"by": by, "level": level(first.level.value()), "lines": of_parts(&part_lines(parts))}),
    )
}

/// Returns the rates of parts, one line a part.
pub(super) fn of_parts(parts: &[PartLine]) -> Vec<Value> {
    let one = |part: &PartLine| match &part.rates {
        Ok(rates) => {
            let rates: Vec<Value> = rates.iter().map(line).collect();
            json!({"name": part.name, "gold": part.gold, "rates": rates})
        }
        Err(why) => json!({"name": part.name, "gold": part.gold, "missing": why}),
    };
    parts.iter().map(one).collect()
}

fn calibrated(calibration: &Result<Calibration, CalibrationError>) -> Value {
    let made = match calibration {
        Ok(made) => made,
        Err(error) => return json!({"missing": clean(&error.to_string())}),
    };
    let facts: Vec<Value> = calibration_facts(made)
        .into_iter()
        .map(|(name, value, interval)| json!({"name": name, "value": value, "interval": interval}))
        .collect();
    let bins: Vec<Value> = bin_lines(made)
        .into_iter()
        .map(|it| {
            json!({
                "limits": it.limits,
                "stated": it.stated,
                "violating": it.violating,
                "interval": it.interval,
                "gold": it.gold,
            })
        })
        .collect();
    json!({
        "source": made.source.name(),
        "facts": facts,
        "remarks": calibration_remarks(made),
        "bins": bins,
        "plot": plot(made),
    })
}
