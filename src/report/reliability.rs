//! A reliability curve as places in a square: what was stated across, what gold says upwards.

use crate::eval::Calibration;
use crate::eval::CalibrationBin;
use crate::report::quality::plain;
use serde_json::Value;
use serde_json::json;

/// The side of the square, in the plot's own units.
const SIDE: f64 = 300.0;
/// What is left free to the left of it and above it.
const LEFT: f64 = 62.0;
const TOP: f64 = 10.0;
/// The largest and the smallest mark.
const LARGEST: f64 = 7.0;
const SMALLEST: f64 = 3.0;

/// Returns the variables of the plot: a mark a bin, as large as its share of the gold, with its interval.
pub(super) fn plot(made: &Calibration) -> Value {
    let most = made.bins.iter().map(|bin| bin.n).max().unwrap_or(1) as f64;
    let mark = |bin: &CalibrationBin| {
        let radius = SMALLEST + (LARGEST - SMALLEST) * (bin.n as f64 / most).sqrt();
        let (stated, is) = (bin.stated, bin.violating.share.value);
        json!({
            "x": across(stated),
            "y": upwards(is),
            "low": upwards(bin.violating.interval.low),
            "high": upwards(bin.violating.interval.high),
            "r": format!("{radius:.1}"),
            "title": format!("stated {}, violating {}, {} gold", plain(stated), plain(is), bin.n),
        })
    };
    let fitted: Vec<String> = made
        .isotonic
        .iter()
        .map(|point| format!("{},{}", across(point.stated), upwards(point.fitted)))
        .collect();
    let ticks: Vec<Value> = [0.0, 0.25, 0.5, 0.75, 1.0]
        .into_iter()
        .map(|at| json!({"x": across(at), "y": upwards(at), "label": format!("{at:.2}")}))
        .collect();
    json!({
        "marks": made.bins.iter().map(mark).collect::<Vec<_>>(),
        "fitted": fitted.join(" "),
        "ticks": ticks,
        "left": across(0.0),
        "right": across(1.0),
        "top": upwards(1.0),
        "bottom": upwards(0.0),
    })
}

fn across(share: f64) -> String {
    format!("{:.1}", LEFT + SIDE * share.clamp(0.0, 1.0))
}

fn upwards(share: f64) -> String {
    format!("{:.1}", TOP + SIDE * (1.0 - share.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_go_to_the_right_and_upwards() {
        assert_eq!((across(0.0), across(1.0)), ("62.0".to_owned(), "362.0".to_owned()));
        assert_eq!((upwards(0.0), upwards(1.0)), ("310.0".to_owned(), "10.0".to_owned()));
        assert_eq!(across(2.0), across(1.0));
    }
}
