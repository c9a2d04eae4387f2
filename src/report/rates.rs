//! Error rates of several labelers or ways of labeling, for a terminal.

use crate::measure::GoldDrawn;
use crate::measure::RatesLine;
use crate::measure::RatesTable;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::quality::OF_THE_GOLD;
use crate::report::quality::PartLine;
use crate::report::quality::figure_lines;
use crate::report::quality::hidden;
use crate::report::quality::rate_lines;
use crate::report::quality::rates_table;

/// Returns the error rates of one policy as a table; no line of it is a prevalence.
#[must_use]
pub fn error_rates(table: &RatesTable) -> String {
    let (policy, by) = (clean(&table.policy), clean(&table.by));
    let gold = count(table.gold);
    let lines: Vec<PartLine> = table.lines.iter().map(|line| part(line, table)).collect();
    let mut out = format!("{policy}: errors by {by}, {gold} gold\n");
    out.push_str(&rates_table(&lines, &level(table.level.value())));
    if table.drawn == GoldDrawn::Convenience {
        out.push_str(&format!("{OF_THE_GOLD}\n"));
    }
    out
}

fn part(line: &RatesLine, table: &RatesTable) -> PartLine {
    let labelers = table.lines.iter().any(|other| other.labeler != line.labeler);
    let name = match &line.value {
        Some(value) if labelers => format!("{} {}", clean(&line.labeler), clean(value)),
        Some(value) => clean(value),
        None => clean(&line.labeler),
    };
    let summed = |it| figure_lines(it).into_iter().filter(|line| line.name == "Youden J");
    let rates = line.quality.as_ref().map(|it| rate_lines(it).into_iter().chain(summed(it)));
    PartLine { name, rates: rates.map(Iterator::collect).map_err(hidden), gold: count(line.asked) }
}
