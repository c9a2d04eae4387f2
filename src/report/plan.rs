//! Plans side by side for a terminal.

use crate::measure::Plan;
use crate::measure::Simulated;
use crate::report::number::Decimals;
use crate::report::number::count;
use crate::report::number::percent;
use crate::report::number::whole;
use crate::report::table::table;
use crate::stats::LabelerGuess;

/// Returns what is guessed, then one line a plan, with what came of trying it where it was tried.
#[must_use]
pub fn plans(guess: LabelerGuess, plans: &[(Plan, Option<Simulated>)]) -> String {
    let rates = guess.rates();
    let mut out = format!(
        "prevalence {}, sensitivity {}, specificity {}: {} flagged, precision {}, K {:.2}\n\n",
        percent(rates.prevalence),
        percent(rates.sensitivity),
        percent(rates.specificity),
        percent(guess.flagged()),
        percent(guess.precision()),
        guess.explained()
    );
    let narrowest = plans.iter().map(|(plan, _)| plan.half_width).fold(f64::INFINITY, f64::min);
    let decimals = Decimals::of(narrowest.min(1.0), None);
    let tried = plans.iter().any(|(_, tried)| tried.is_some());
    let mut header = vec!["labels", "gold", "half width"];
    if tried {
        header.push("tried");
    }
    header.extend(["gold alone", "change", "no miss"]);
    let priced = plans.iter().any(|(plan, _)| plan.usd.is_some());
    let timed = plans.iter().any(|(plan, _)| plan.hours.is_some());
    if priced {
        header.push("USD");
    }
    if timed {
        header.push("hours");
    }
    let line = |(plan, simulated): &(Plan, Option<Simulated>)| {
        let mut cells =
            vec![count(plan.size.labels), count(plan.size.gold), decimals.percent(plan.half_width)];
        if tried {
            cells.push(
                simulated
                    .and_then(|it| it.width)
                    .map_or_else(|| "none".to_owned(), |width| decimals.percent(width / 2.0)),
            );
        }
        cells.push(decimals.percent(plan.gold_only_half_width));
        cells.push(decimals.percent(plan.detectable_change));
        cells.push(format!("{:.0} %", 100.0 * plan.no_miss_found));
        if priced {
            cells.push(plan.usd.map_or_else(String::new, whole));
        }
        if timed {
            cells.push(plan.hours.map_or_else(String::new, whole));
        }
        cells
    };
    out.push_str(&table(&header, &plans.iter().map(line).collect::<Vec<_>>()));
    out.push_str(&legend(plans, tried));
    out
}

fn legend(plans: &[(Plan, Option<Simulated>)], tried: bool) -> String {
    let mut out = "\nhalf width: half the expected interval, by formula\n".to_owned();
    if tried {
        let runs = plans.iter().find_map(|(_, tried)| tried.map(|tried| tried.runs));
        out.push_str(&format!(
            "tried: the same, the mean of {} samples drawn, labeled and judged on made-up truth\n",
            count(runs.unwrap_or_default() as u64)
        ));
    }
    out.push_str(
        "gold alone: without the labels\nchange: the smallest between two periods that is seen with the wanted power\n\
         no miss: chance that gold finds nothing of what the labeler misses; the limit is then a guess from above\n",
    );
    for (plan, simulated) in plans {
        let Some(it) = simulated else { continue };
        out.push_str(&format!(
            "{} labels, {} gold: {} of the intervals held the truth, nine of ten were within {}, {} had no estimate\n",
            count(plan.size.labels),
            count(plan.size.gold),
            percent(it.held),
            it.wide.map_or_else(|| "none".to_owned(), |wide| format!("±{}", percent(wide / 2.0))),
            percent(it.withheld)
        ));
    }
    out
}
