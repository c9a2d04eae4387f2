//! The labeler's errors as rows of text, the same in every form of a report.

use crate::eval::Calibration;
use crate::eval::ConfusionCell;
use crate::eval::ErrorRate;
use crate::eval::Quality;
use crate::gold::Cell;
use crate::measure::CalibrationError;
use crate::measure::Code;
use crate::measure::GoldDrawn;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::rows::not_estimated;
use crate::report::rows::reason;
use crate::report::table::table;
use crate::stats::Figure;
use crate::stats::StatsError;
use crate::stats::Truth;

/// One number of the table of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorLine {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) shown: Shown,
}

/// A number as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// With its interval, and the gold units it rests on where it is a share of them.
    Known { value: String, interval: String, gold: Option<String> },
    /// With the reason why its interval is not known.
    Alone { value: String, why: String },
    /// Why there is none.
    Missing(String),
}

/// What gold that is no probability sample of the units cannot show.
const OF_THE_GOLD: &str =
    "convenience gold: these are rates of the gold at hand, not of the population";
/// What gold that does not reach every cell cannot show.
const OF_THE_REST: &str =
    "a cell has no gold (S006): these are rates of the units that gold reaches, not of all";

/// Returns what the errors are those of, where it is not the population.
pub(super) fn scope(measured: &PolicyPrevalence) -> Option<&'static str> {
    let unreached = measured.findings.iter().any(|finding| finding.code == Code::EmptyCell);
    scope_of(measured.drawn).or(unreached.then_some(OF_THE_REST))
}

/// Returns what the errors are those of by the way gold was drawn.
pub(super) fn scope_of(drawn: GoldDrawn) -> Option<&'static str> {
    (drawn == GoldDrawn::Convenience).then_some(OF_THE_GOLD)
}

/// Returns sensitivity, specificity, precision and false omission.
pub(super) fn rate_lines(quality: &Quality) -> Vec<ErrorLine> {
    let rates = &quality.rates;
    [
        ("sensitivity", "of violating exposure, flagged", &rates.sensitivity),
        ("specificity", "of allowed exposure, not flagged", &rates.specificity),
        ("precision", "of flagged exposure, violating", &rates.precision),
        ("false omission", "of unflagged exposure, violating", &rates.false_omission),
    ]
    .map(|(name, meaning, rate)| ErrorLine { name, meaning, shown: of_rate(rate) })
    .to_vec()
}

/// Returns what sums the errors up in one number each.
pub(super) fn figure_lines(quality: &Quality) -> Vec<ErrorLine> {
    [
        ("balanced accuracy", "mean of sensitivity and specificity", &quality.balanced_accuracy),
        ("Youden J", "sensitivity + specificity - 1: 0 is chance", &quality.youden),
        ("F1", "harmonic mean of precision and sensitivity", &quality.f1),
        ("kappa", "agreement with gold beyond chance (Cohen)", &quality.kappa),
        ("AC1", "the same, steady where violations are rare (Gwet)", &quality.ac1),
    ]
    .map(|(name, meaning, figure)| ErrorLine { name, meaning, shown: of_figure(figure) })
    .to_vec()
}

fn of_rate(rate: &Result<ErrorRate, StatsError>) -> Shown {
    match rate {
        Ok(rate) => Shown::Known {
            value: decimals_of(rate).percent(rate.share.value),
            interval: decimals_of(rate).interval(rate.interval.low, rate.interval.high),
            gold: Some(count(rate.share.n)),
        },
        Err(error) => Shown::Missing(not_estimated(error)),
    }
}

fn decimals_of(rate: &ErrorRate) -> Decimals {
    Decimals::of(rate.share.value, Some((rate.interval.low, rate.interval.high)))
}

/// Returns a number between -1 and 1 that is no share.
pub(super) fn of_figure(figure: &Result<Figure, StatsError>) -> Shown {
    match figure {
        Ok(Figure { value, interval: Ok(it) }) => Shown::Known {
            value: plain(*value),
            interval: format!("[{}, {}]", plain(it.low), plain(it.high)),
            gold: None,
        },
        Ok(Figure { value, interval: Err(error) }) => {
            Shown::Alone { value: plain(*value), why: error.to_string() }
        }
        Err(error) => Shown::Missing(not_estimated(error)),
    }
}

/// Returns a number to three decimals, never as `-0.000`.
pub(super) fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    if text == "-0.000" { "0.000".to_owned() } else { text }
}

/// Returns the name of a row of the confusion.
pub(super) fn said(cell: Cell) -> &'static str {
    match cell {
        Cell::Flagged => "flagged",
        Cell::Unflagged => "not flagged",
        Cell::NoAnswer => "no answer",
    }
}

/// Returns the rows of the confusion: what the labeler said, then share and units of violating and of allowed exposure.
pub(super) fn confusion_lines(quality: &Quality) -> Vec<(&'static str, [(String, String); 2])> {
    let find = |cell, truth| {
        quality.confusion.iter().find(|it: &&ConfusionCell| (it.cell, it.truth) == (cell, truth))
    };
    let shown =
        |it: &ConfusionCell| (decimals_of(&it.share).percent(it.share.share.value), count(it.n));
    let line = |cell| {
        let (violating, allowed) = (find(cell, Truth::Positive)?, find(cell, Truth::Negative)?);
        Some((said(cell), [shown(violating), shown(allowed)]))
    };
    Cell::ALL.into_iter().filter_map(line).collect()
}

/// Returns the errors of a measurement as text: rates, what sums them up, the weighted confusion and the calibration.
pub(super) fn text(measured: &PolicyPrevalence) -> String {
    let (quality, calibration) = (&measured.quality, measured.calibration.as_ref());
    let level = level(measured.level.value());
    block(quality, calibration, (scope(measured), &level), "labeler's errors")
}

/// Returns all that is known of a labeler's errors under a title.
pub(super) fn block(
    quality: &Result<Quality, Missing>,
    calibration: Option<&Result<Calibration, CalibrationError>>,
    (scope, level): (Option<&str>, &str),
    title: &str,
) -> String {
    let quality = match quality {
        Ok(quality) => quality,
        Err(missing) => return format!("{title}: {}\n", reason(missing)),
    };
    let interval = format!("{level} interval");
    let lines = [rate_lines(quality), figure_lines(quality)].concat();
    let mut out = error_table(&lines, (title, &interval));
    if let Some(scope) = scope {
        out.push_str(&format!("{scope}\n"));
    }
    let rows: Vec<Vec<String>> = confusion_lines(quality)
        .into_iter()
        .map(|(said, [(a, n), (b, m)])| vec![said.to_owned(), a, n, b, m])
        .collect();
    if !rows.is_empty() {
        let header = ["share of exposure", "violating", "gold", "allowed", "gold"];
        out.push_str(&format!("\n{}", table(&header, &rows)));
    }
    if let Some(calibration) = calibration {
        out.push_str(&format!("\n{}", calibrated(calibration, &interval)));
    }
    out
}

fn error_table(lines: &[ErrorLine], (title, interval): (&str, &str)) -> String {
    let (mut rows, mut missing) = (Vec::new(), String::new());
    for line in lines {
        let name = line.name;
        match &line.shown {
            Shown::Known { value, interval, gold } => {
                let gold = gold.clone().unwrap_or_default();
                rows.push(vec![name.to_owned(), value.clone(), interval.clone(), gold]);
            }
            Shown::Alone { value, why } => {
                rows.push(vec![name.to_owned(), value.clone(), "-".to_owned(), String::new()]);
                missing.push_str(&format!("{name}: {why}\n"));
            }
            Shown::Missing(why) => missing.push_str(&format!("{name}: {why}\n")),
        }
    }
    table(&[title, "value", interval, "gold"], &rows) + &missing
}

fn calibrated(calibration: &Result<Calibration, CalibrationError>, interval: &str) -> String {
    let made = match calibration {
        Ok(made) => made,
        Err(error) => return format!("calibration: {}\n", clean(&error.to_string())),
    };
    let rows: Vec<Vec<String>> = calibration_facts(made)
        .into_iter()
        .map(|(name, value, interval)| vec![name.to_owned(), value, interval])
        .collect();
    let mut out = table(&[made.source.name(), "value", interval], &rows);
    for remark in calibration_remarks(made) {
        out.push_str(&format!("{remark}\n"));
    }
    let bins: Vec<Vec<String>> = bin_lines(made)
        .into_iter()
        .map(|it| vec![it.limits, it.stated, it.violating, it.interval, it.gold])
        .collect();
    out + "\n" + &table(&["stated", "mean", "violating", interval, "gold"], &bins)
}

/// Returns the numbers of a calibration: name, value, interval where it has one.
pub(super) fn calibration_facts(made: &Calibration) -> Vec<(&'static str, String, String)> {
    let it = made.expected_error_interval;
    let around = format!("[{}, {}]", plain(it.low), plain(it.high));
    let mut facts = vec![("Brier score", plain(made.brier), String::new())];
    if let Ok(value) = made.log_loss {
        facts.push(("log loss", plain(value), String::new()));
    }
    facts.push(("calibration error (ECE)", plain(made.expected_error), around));
    match of_figure(&made.auc) {
        Shown::Known { value, interval, .. } => facts.push(("ROC AUC", value, interval)),
        Shown::Alone { value, .. } => facts.push(("ROC AUC", value, "-".to_owned())),
        Shown::Missing(_) => {}
    }
    if let Ok(value) = made.average_precision {
        facts.push(("PR AUC", plain(value), format!("{} at chance", plain(made.positive_share))));
    }
    facts
}

/// Returns what is to be said beside the numbers of a calibration, a sentence each.
pub(super) fn calibration_remarks(made: &Calibration) -> Vec<String> {
    let mut remarks = Vec::new();
    if made.without > 0 {
        remarks.push(format!(
            "{} gold units have a stated probability, {} have none and are left out",
            count(made.n),
            count(made.without)
        ));
    }
    let unknown = |name: &str, error: &StatsError| format!("{name}: {error}");
    remarks.extend(made.log_loss.as_ref().err().map(|error| unknown("log loss", error)));
    match &made.auc {
        Ok(Figure { interval: Err(error), .. }) => remarks.push(unknown("interval of AUC", error)),
        Err(error) => remarks.push(unknown("AUC", error)),
        Ok(Figure { interval: Ok(_), .. }) => {}
    }
    remarks.push(match &made.platt {
        Ok(fit) => format!(
            "Platt: log odds of violating = {} + {} x stated log odds",
            plain(fit.intercept),
            plain(fit.slope)
        ),
        Err(error) => unknown("Platt", error),
    });
    remarks
}

/// One bin of the reliability curve, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BinLine {
    pub(super) limits: String,
    pub(super) stated: String,
    pub(super) violating: String,
    pub(super) interval: String,
    pub(super) gold: String,
}

/// Returns the bins of the reliability curve.
pub(super) fn bin_lines(made: &Calibration) -> Vec<BinLine> {
    made.bins
        .iter()
        .map(|bin| BinLine {
            limits: format!("{} to {}", plain(bin.limits.0), plain(bin.limits.1)),
            stated: plain(bin.stated),
            violating: plain(bin.violating.share.value),
            interval: format!(
                "[{}, {}]",
                plain(bin.violating.interval.low),
                plain(bin.violating.interval.high)
            ),
            gold: count(bin.n),
        })
        .collect()
}

/// One part of the units with the rates of its own gold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartLine {
    pub(super) name: String,
    /// The four rates, or why they are not shown.
    pub(super) rates: Result<Vec<ErrorLine>, String>,
    pub(super) gold: String,
}

/// Returns the rates of the parts of one pivot.
pub(super) fn part_lines(parts: &[&PolicyPrevalence]) -> Vec<PartLine> {
    let line = |part: &&PolicyPrevalence| PartLine {
        name: part.subject.segment.as_ref().map(|it| clean(&it.value)).unwrap_or_default(),
        rates: part.quality.as_ref().map(rate_lines).map_err(hidden),
        gold: count(part.m),
    };
    parts.iter().map(line).collect()
}

/// Returns why rates are not shown.
pub(super) fn hidden(missing: &Missing) -> String {
    reason(missing)
}

/// Returns the error rates of the parts of one policy by one pivot as a table; empty without any.
#[must_use]
pub fn rates_by_segment(parts: &[&PolicyPrevalence]) -> String {
    let Some(first) = parts.first() else { return String::new() };
    let by = first.subject.segment.as_ref().map(|it| clean(&it.by)).unwrap_or_default();
    let title = format!("{} by {by}: the labeler's errors", clean(&first.subject.policy));
    format!("{title}\n{}", rates_table(&part_lines(parts), &level(first.level.value())))
}

/// Returns the rates of each part, one line a rate.
pub(super) fn rates_table(lines: &[PartLine], level: &str) -> String {
    let (mut rows, mut missing) = (Vec::new(), String::new());
    for PartLine { name, rates, gold } in lines {
        let rates = match rates {
            Ok(rates) => rates,
            Err(why) => {
                missing.push_str(&format!("{name} ({gold} gold): {why}\n"));
                continue;
            }
        };
        for (at, rate) in rates.iter().enumerate() {
            let name = if at == 0 { name.clone() } else { String::new() };
            match &rate.shown {
                Shown::Known { value, interval, gold } => {
                    let gold = gold.clone().unwrap_or_default();
                    rows.push([name, rate.name.to_owned(), value.clone(), interval.clone(), gold]);
                }
                Shown::Alone { value, .. } => {
                    rows.push([
                        name,
                        rate.name.to_owned(),
                        value.clone(),
                        String::new(),
                        String::new(),
                    ]);
                }
                Shown::Missing(_) => {
                    rows.push([
                        name,
                        rate.name.to_owned(),
                        "-".to_owned(),
                        String::new(),
                        "0".to_owned(),
                    ]);
                }
            }
        }
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.to_vec()).collect();
    table(&["", "rate", "value", &format!("{level} interval"), "gold"], &rows) + &missing
}
