//! The labeler's errors in Markdown.

use crate::eval::Calibration;
use crate::measure::CalibrationError;
use crate::measure::PolicyPrevalence;
use crate::report::markdown::escaped;
use crate::report::number::level;
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
use crate::report::rows::reason;

/// Returns the tables of errors of one policy and of its parts.
pub(super) fn errors(measured: &PolicyPrevalence, pivots: &[Vec<&PolicyPrevalence>]) -> String {
    let interval = level(measured.level.value());
    let mut out = own(measured, &interval);
    for parts in pivots {
        let by = parts.first().and_then(|part| part.subject.segment.as_ref());
        let by = by.map(|segment| escaped(&segment.by)).unwrap_or_default();
        out.push_str(&by_part(&part_lines(parts), (&by, &interval)));
    }
    if let Some(calibration) = &measured.calibration {
        out.push_str(&calibrated(calibration, &interval));
    }
    out
}

fn own(measured: &PolicyPrevalence, level: &str) -> String {
    let quality = match &measured.quality {
        Ok(quality) => quality,
        Err(missing) => return format!("The labeler's errors: {}.\n\n", escaped(&reason(missing))),
    };
    let mut out =
        format!("| the labeler's errors | value | {level} interval | gold |\n|---|--:|--:|--:|\n");
    for line in [rate_lines(quality), figure_lines(quality)].concat() {
        out.push_str(&format!("| {} |{}\n", line.name, shown(&line.shown)));
    }
    out.push_str(
        "\n| share of exposure | violating | gold | allowed | gold |\n|---|--:|--:|--:|--:|\n",
    );
    for (said, [(violating, n), (allowed, m)]) in confusion_lines(quality) {
        out.push_str(&format!("| {said} | {violating} | {n} | {allowed} | {m} |\n"));
    }
    if let Some(scope) = scope(measured) {
        out.push_str(&format!("\n{scope}\n"));
    }
    out + "\n"
}

fn shown(shown: &Shown) -> String {
    match shown {
        Shown::Known { value, interval, gold } => {
            format!(" {value} | {interval} | {} |", gold.clone().unwrap_or_default())
        }
        Shown::Alone { value, why } => format!(" {value} | {} | |", escaped(why)),
        Shown::Missing(why) => format!(" | {} | |", escaped(why)),
    }
}

/// Returns the rates of parts as a table.
pub(super) fn by_part(parts: &[PartLine], (by, level): (&str, &str)) -> String {
    let mut out = format!(
        "| {by} | sensitivity | specificity | precision | false omission | gold |\n|---|--:|--:|--:|--:|--:|\n"
    );
    for part in parts {
        let name = escaped(&part.name);
        let cells = match &part.rates {
            Ok(rates) => rates.iter().map(|rate| cell(&rate.shown)).collect::<Vec<_>>().join(" | "),
            Err(why) => format!("{} | | |", escaped(why)),
        };
        out.push_str(&format!("| {name} | {cells} | {} |\n", part.gold));
    }
    out + &format!("\nWith {level} intervals.\n\n")
}

fn cell(shown: &Shown) -> String {
    match shown {
        Shown::Known { value, interval, .. } => format!("{value} {interval}"),
        Shown::Alone { value, .. } => value.clone(),
        Shown::Missing(_) => "none".to_owned(),
    }
}

fn calibrated(calibration: &Result<Calibration, CalibrationError>, level: &str) -> String {
    let made = match calibration {
        Ok(made) => made,
        Err(error) => return format!("Calibration: {}.\n\n", escaped(&error.to_string())),
    };
    let source = escaped(made.source.name());
    let mut out = format!("| {source} | value | {level} interval |\n|---|--:|--:|\n");
    for (name, value, interval) in calibration_facts(made) {
        out.push_str(&format!("| {name} | {value} | {interval} |\n"));
    }
    for remark in calibration_remarks(made) {
        out.push_str(&format!("\n{}\n", escaped(&remark)));
    }
    out.push_str(&format!(
        "\n| stated | mean | violating | {level} interval | gold |\n|---|--:|--:|--:|--:|\n"
    ));
    for it in bin_lines(made) {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            it.limits, it.stated, it.violating, it.interval, it.gold
        ));
    }
    out + "\n"
}
