//! A forest plot as lengths: where each estimate, interval, tick and truth stands on the axis, in percent of its width.

use crate::measure::Estimate;
use crate::measure::PolicyPrevalence;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::rows::Role;
use crate::report::rows::Row;
use crate::report::rows::rows;
use serde_json::Value;
use serde_json::json;

/// Height of one estimate's line, in pixels.
const LINE: u32 = 30;
/// Height above the first line where the truth is named there, and where it is not.
const NAMED_HEAD: u32 = 22;
const BARE_HEAD: u32 = 4;
/// Height below the last line, for the axis.
const FOOT: u32 = 26;
/// What is left free on either side of the axis, in percent of the width, so that marks at the ends are whole.
const MARGIN: f64 = 2.0;
/// The most steps an axis is divided into.
const MOST_STEPS: f64 = 5.0;

/// From 0 to somewhat beyond the highest limit shown.
#[derive(Debug, Clone, Copy)]
struct Axis {
    end: f64,
    step: f64,
}

/// Returns the variables of a plot for the template.
pub(super) fn plot(measured: &PolicyPrevalence, truth: Option<f64>) -> Value {
    let shown: Vec<_> =
        rows(measured).into_iter().filter(|row| row.role != Role::RoganGladen).collect();
    let axis = Axis::to(highest(measured, &shown, truth));
    let head = if truth.is_some() { NAMED_HEAD } else { BARE_HEAD };
    let middle = |at: usize| head + LINE * at as u32 + LINE / 2;
    let mut lines: Vec<Value> =
        shown.iter().enumerate().map(|(at, row)| line(row, axis, middle(at))).collect();
    if let Some(bounds) = measured.bounds {
        lines.push(bound_line((bounds.low, bounds.high), axis, middle(lines.len())));
    }
    let bottom = head + LINE * lines.len() as u32;
    json!({
        "height": bottom + FOOT,
        "top": head,
        "bottom": bottom,
        "lines": lines,
        "ticks": axis.ticks(),
        "truth": truth.map(|truth| truth_line(truth, axis)),
    })
}

/// Returns the variables of a plot of periods: one line each, with its corrected interval.
pub(super) fn plot_of_periods(periods: &[&PolicyPrevalence]) -> Value {
    let limit = |part: &&PolicyPrevalence| part.corrected.as_ref().ok().map(|it| it.high);
    let axis = Axis::to(periods.iter().filter_map(limit).fold(0.0, f64::max));
    let middle = |at: usize| BARE_HEAD + LINE * at as u32 + LINE / 2;
    let one = |(at, part): (usize, &&PolicyPrevalence)| {
        let name = clean(part.subject.period.as_deref().unwrap_or_default());
        let base = json!({"key": "corrected", "name": name, "y": middle(at)});
        placed(base, part.corrected.as_ref().ok(), axis)
    };
    let lines: Vec<Value> = periods.iter().enumerate().map(one).collect();
    let bottom = BARE_HEAD + LINE * lines.len() as u32;
    json!({
        "height": bottom + FOOT,
        "top": BARE_HEAD,
        "bottom": bottom,
        "lines": lines,
        "ticks": axis.ticks(),
        "truth": null,
    })
}

/// The truth's name stands on the side that has room for it.
fn truth_line(truth: f64, axis: Axis) -> Value {
    let (side, nudge) = if axis.share(truth) > 0.5 { ("end", -6) } else { ("start", 6) };
    let label = format!("truth {}", Decimals::of(truth, None).percent(truth));
    json!({"x": axis.place(truth), "side": side, "nudge": nudge, "label": label})
}

fn highest(measured: &PolicyPrevalence, shown: &[Row<'_>], truth: Option<f64>) -> f64 {
    let limits = shown.iter().filter_map(|row| row.estimate.as_ref().ok()).map(|it| it.high);
    let bounds = measured.bounds.map(|bounds| bounds.high);
    limits.chain(bounds).chain(truth).fold(0.0, f64::max)
}

fn line(row: &Row<'_>, axis: Axis, y: u32) -> Value {
    let base = json!({"key": row.role.key(), "name": row.marked_name(), "y": y});
    placed(base, row.estimate.as_ref().ok(), axis)
}

fn placed(base: Value, estimate: Option<&Estimate>, axis: Axis) -> Value {
    let Some(estimate) = estimate else { return base };
    let decimals = Decimals::of(estimate.value, Some((estimate.low, estimate.high)));
    with(
        base,
        json!({
            "at": axis.place(estimate.value),
            "low": axis.place(estimate.low),
            "high": axis.place(estimate.high),
            "value": decimals.percent(estimate.value),
            "interval": decimals.interval(estimate.low, estimate.high),
        }),
    )
}

fn bound_line((low, high): (f64, f64), axis: Axis, y: u32) -> Value {
    let decimals = Decimals::of(high, Some((low, high)));
    json!({
        "key": "bounds",
        "name": "worst cases",
        "y": y,
        "low": axis.place(low),
        "high": axis.place(high),
        "interval": decimals.interval(low, high),
    })
}

fn with(mut base: Value, more: Value) -> Value {
    if let (Some(base), Value::Object(more)) = (base.as_object_mut(), more) {
        base.extend(more);
    }
    base
}

impl Axis {
    fn to(highest: f64) -> Self {
        let end = if highest > 0.0 { (highest * 1.05).min(1.0) } else { 1.0 };
        let least = end / MOST_STEPS;
        let power = 10_f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0].map(|part| part * power).into_iter().find(|step| *step >= least);
        Self { end, step: step.unwrap_or(10.0 * power) }
    }

    fn share(self, value: f64) -> f64 {
        (value / self.end).clamp(0.0, 1.0)
    }

    /// The place of a value, as a percentage of the width of the plot.
    fn place(self, value: f64) -> String {
        format!("{:.2}%", MARGIN + (100.0 - 2.0 * MARGIN) * self.share(value))
    }

    fn ticks(self) -> Vec<Value> {
        let decimals = (-2.0 - (self.step * 1.000_001).log10().floor()).max(0.0) as usize;
        let count = (self.end / self.step + 1e-9).floor() as u32;
        (0..=count)
            .map(|at| {
                let value = f64::from(at) * self.step;
                let label = if at == 0 {
                    "0".to_owned()
                } else {
                    format!("{:.*} %", decimals, 100.0 * value)
                };
                json!({"x": self.place(value), "label": label})
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(highest: f64, labels: &[&str]) {
        let ticks = Axis::to(highest).ticks();
        let shown: Vec<_> = ticks.iter().map(|tick| tick["label"].as_str().unwrap()).collect();
        assert_eq!(shown, labels, "{highest}");
    }

    #[test]
    fn ticks_are_round_and_few() {
        check(0.0052, &["0", "0.2 %", "0.4 %"]);
        check(0.083, &["0", "2 %", "4 %", "6 %", "8 %"]);
        check(0.000_06, &["0", "0.002 %", "0.004 %", "0.006 %"]);
        check(1.0, &["0", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        check(0.0, &["0", "20 %", "40 %", "60 %", "80 %", "100 %"]);
    }

    #[test]
    fn places_stay_inside_the_plot() {
        let axis = Axis::to(0.5);
        assert_eq!((axis.place(0.0), axis.place(2.0)), ("2.00%".to_owned(), "98.00%".to_owned()));
    }
}
