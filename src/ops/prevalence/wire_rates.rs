//! The JSON form of error rates.

use super::rates::MeasuredRates;
use super::wire_quality::QualityJson;
use super::wire_quality::RateJson;
use super::wire_quality::quality;
use super::wire_quality::rates;
use crate::measure::RatesLine;
use crate::measure::RatesTable;
use crate::ops::chain;
use serde::Serialize;
use std::collections::BTreeMap;

/// A whole answer of `titer prevalence --rates-by`.
#[derive(Debug, Clone, Serialize)]
pub struct RatesJson {
    error_rates: Vec<TableJson>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct TableJson {
    policy: String,
    by: String,
    level: f64,
    gold_drawn: &'static str,
    gold: u64,
    lines: Vec<LineJson>,
}

#[derive(Debug, Clone, Serialize)]
struct LineJson {
    labeler: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    asked: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    rates: BTreeMap<&'static str, RateJson>,
    quality: QualityJson,
}

impl From<&MeasuredRates> for RatesJson {
    fn from(measured: &MeasuredRates) -> Self {
        Self {
            error_rates: measured.tables.iter().map(TableJson::from).collect(),
            notes: measured.notes.clone(),
        }
    }
}

impl From<&RatesTable> for TableJson {
    fn from(table: &RatesTable) -> Self {
        Self {
            policy: table.policy.clone(),
            by: table.by.clone(),
            level: table.level.value(),
            gold_drawn: table.drawn.name(),
            gold: table.gold,
            lines: table.lines.iter().map(LineJson::from).collect(),
        }
    }
}

impl From<&RatesLine> for LineJson {
    fn from(line: &RatesLine) -> Self {
        let shown = line.quality.as_ref();
        Self {
            labeler: line.labeler.clone(),
            value: line.value.clone(),
            asked: line.asked,
            missing: shown.err().map(|missing| chain(missing)),
            rates: shown.map_or_else(|_| BTreeMap::new(), |it| rates(&it.rates, &line.quality)),
            quality: quality(&line.quality, line.calibration.as_ref()),
        }
    }
}
