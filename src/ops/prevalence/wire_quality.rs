//! The JSON form of a labeler's errors.

use crate::eval::Calibration;
use crate::eval::ConfusionCell;
use crate::eval::ErrorRate;
use crate::eval::ErrorRates;
use crate::eval::Quality;
use crate::measure::CalibrationError;
use crate::measure::Missing;
use crate::ops::chain;
use crate::stats::Figure;
use crate::stats::Interval;
use crate::stats::StatsError;
use crate::stats::Truth;
use serde::Serialize;
use std::collections::BTreeMap;

/// The labeler's errors beyond its rates.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum QualityJson {
    Made(Box<MadeJson>),
    Missing { missing: String },
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct MadeJson {
    gold: u64,
    confusion: Vec<ConfusionJson>,
    balanced_accuracy: FigureJson,
    youden: FigureJson,
    f1: FigureJson,
    kappa: FigureJson,
    ac1: FigureJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<CalibrationJson>,
}

#[derive(Debug, Clone, Serialize)]
struct ConfusionJson {
    said: &'static str,
    gold: &'static str,
    n: u64,
    share: f64,
    low: f64,
    high: f64,
}

/// A value with its interval, or the reason why either is missing.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum FigureJson {
    Made { value: f64, low: f64, high: f64, method: &'static str },
    Alone { value: f64, interval_missing: String },
    Missing { missing: String },
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum NumberJson {
    Made { value: f64 },
    Missing { missing: String },
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum CalibrationJson {
    Made(Box<CalibratedJson>),
    Missing { missing: String },
}

#[derive(Debug, Clone, Serialize)]
struct CalibratedJson {
    source: &'static str,
    n: u64,
    without: u64,
    positive_share: f64,
    brier: f64,
    log_loss: NumberJson,
    expected_error: FigureJson,
    roc_auc: FigureJson,
    pr_auc: NumberJson,
    platt: PlattJson,
    isotonic: Vec<[f64; 2]>,
    bins: Vec<BinJson>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum PlattJson {
    Made { intercept: f64, slope: f64 },
    Missing { missing: String },
}

#[derive(Debug, Clone, Serialize)]
struct BinJson {
    from: f64,
    to: f64,
    n: u64,
    stated: f64,
    violating: f64,
    low: f64,
    high: f64,
}

/// One error rate.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum RateJson {
    Made { value: f64, low: f64, high: f64 },
    Missing { missing: String },
}

/// Returns the four rates, none where the errors are not to be shown.
pub(super) fn rates(
    rates: &ErrorRates,
    quality: &Result<Quality, Missing>,
) -> BTreeMap<&'static str, RateJson> {
    let one = |rate: &Result<ErrorRate, StatsError>| match (quality, rate) {
        (Err(missing), _) => RateJson::Missing { missing: chain(missing) },
        (Ok(_), Ok(rate)) => RateJson::Made {
            value: rate.share.value,
            low: rate.interval.low,
            high: rate.interval.high,
        },
        (Ok(_), Err(reason)) => RateJson::Missing { missing: chain(reason) },
    };
    BTreeMap::from([
        ("sensitivity", one(&rates.sensitivity)),
        ("specificity", one(&rates.specificity)),
        ("precision", one(&rates.precision)),
        ("false_omission", one(&rates.false_omission)),
    ])
}

/// Returns the errors, with the calibration where probabilities were stated.
pub(super) fn quality(
    quality: &Result<Quality, Missing>,
    calibration: Option<&Result<Calibration, CalibrationError>>,
) -> QualityJson {
    let made = match quality {
        Ok(made) => made,
        Err(missing) => return QualityJson::Missing { missing: chain(missing) },
    };
    QualityJson::Made(Box::new(MadeJson {
        gold: made.gold,
        confusion: made.confusion.iter().map(confusion).collect(),
        balanced_accuracy: figure(&made.balanced_accuracy),
        youden: figure(&made.youden),
        f1: figure(&made.f1),
        kappa: figure(&made.kappa),
        ac1: figure(&made.ac1),
        calibration: calibration.map(calibrated),
    }))
}

fn confusion(cell: &ConfusionCell) -> ConfusionJson {
    ConfusionJson {
        said: cell.cell.name(),
        gold: match cell.truth {
            Truth::Positive => "violating",
            Truth::Negative => "allowed",
        },
        n: cell.n,
        share: cell.share.share.value,
        low: cell.share.interval.low,
        high: cell.share.interval.high,
    }
}

fn figure(figure: &Result<Figure, StatsError>) -> FigureJson {
    match figure {
        Ok(Figure { value, interval: Ok(it) }) => around(*value, *it),
        Ok(Figure { value, interval: Err(reason) }) => {
            FigureJson::Alone { value: *value, interval_missing: chain(reason) }
        }
        Err(reason) => FigureJson::Missing { missing: chain(reason) },
    }
}

fn around(value: f64, interval: Interval) -> FigureJson {
    let Interval { low, high, method } = interval;
    FigureJson::Made { value, low, high, method: method.name() }
}

fn number(number: &Result<f64, StatsError>) -> NumberJson {
    match number {
        Ok(value) => NumberJson::Made { value: *value },
        Err(reason) => NumberJson::Missing { missing: chain(reason) },
    }
}

fn calibrated(calibration: &Result<Calibration, CalibrationError>) -> CalibrationJson {
    let made = match calibration {
        Ok(made) => made,
        Err(error) => return CalibrationJson::Missing { missing: chain(error) },
    };
    let bin = |bin: &crate::eval::CalibrationBin| BinJson {
        from: bin.limits.0,
        to: bin.limits.1,
        n: bin.n,
        stated: bin.stated,
        violating: bin.violating.share.value,
        low: bin.violating.interval.low,
        high: bin.violating.interval.high,
    };
    CalibrationJson::Made(Box::new(CalibratedJson {
        source: made.source.name(),
        n: made.n,
        without: made.without,
        positive_share: made.positive_share,
        brier: made.brier,
        log_loss: number(&made.log_loss),
        expected_error: around(made.expected_error, made.expected_error_interval),
        roc_auc: figure(&made.auc),
        pr_auc: number(&made.average_precision),
        platt: match &made.platt {
            Ok(fit) => PlattJson::Made { intercept: fit.intercept, slope: fit.slope },
            Err(reason) => PlattJson::Missing { missing: chain(reason) },
        },
        isotonic: made.isotonic.iter().map(|point| [point.stated, point.fitted]).collect(),
        bins: made.bins.iter().map(bin).collect(),
    }))
}
