//! Error rates of several labelers or ways of labeling, for a terminal.

use crate::measure::RatesLine;
use crate::measure::RatesTable;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::quality::PartLine;
use crate::report::quality::block;
use crate::report::quality::figure_lines;
use crate::report::quality::hidden;
use crate::report::quality::rate_lines;
use crate::report::quality::rates_table;
use crate::report::quality::scope_of;
use crate::report::text::Detail;

/// Returns the error rates of one policy as a table; no line of it is a prevalence. In full, all that is known of each line follows.
#[must_use]
pub fn error_rates(table: &RatesTable, detail: Detail) -> String {
    let (policy, by) = (clean(&table.policy), clean(&table.by));
    let gold = count(table.gold);
    let lines: Vec<PartLine> = table.lines.iter().map(|line| part(line, table)).collect();
    let mut out = format!("{policy}: errors by {by}, {gold} gold\n");
    out.push_str(&rates_table(&lines, &level(table.level.value())));
    if let Some(scope) = scope_of(table.drawn) {
        out.push_str(&format!("{scope}\n"));
    }
    match detail {
        Detail::Brief => {}
        Detail::Full => {
            for line in &table.lines {
                let level = level(table.level.value());
                let (quality, calibration) = (&line.quality, line.calibration.as_ref());
                let title = name(line, table);
                out.push_str(&format!("\n{}", block(quality, calibration, (None, &level), &title)));
            }
        }
    }
    out
}

fn name(line: &RatesLine, table: &RatesTable) -> String {
    let labelers = table.lines.iter().any(|other| other.labeler != line.labeler);
    match &line.value {
        Some(value) if labelers => format!("{} {}", clean(&line.labeler), clean(value)),
        Some(value) => clean(value),
        None => clean(&line.labeler),
    }
}

fn part(line: &RatesLine, table: &RatesTable) -> PartLine {
    let name = name(line, table);
    let summed = |it| figure_lines(it).into_iter().filter(|line| line.name == "Youden J");
    let rates = line.quality.as_ref().map(|it| rate_lines(it).into_iter().chain(summed(it)));
    PartLine { name, rates: rates.map(Iterator::collect).map_err(hidden), gold: count(line.asked) }
}
