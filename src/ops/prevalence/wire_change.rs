//! The JSON form of changes, breaks and drift.

use super::wire::FindingJson;
use super::wire::SegmentJson;
use super::wire::findings;
use crate::measure::Break;
use crate::measure::ChangeEstimate;
use crate::measure::Drift;
use crate::measure::Missing;
use crate::measure::PeriodChange;
use crate::measure::RateDrift;
use crate::measure::RatioEstimate;
use crate::ops::chain;
use serde::Serialize;

/// A change from one period to another.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ChangeJson {
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<SegmentJson>,
    from: String,
    to: String,
    earlier: Option<f64>,
    later: Option<f64>,
    verdict: &'static str,
    change: DifferenceJson,
    changed: Option<bool>,
    q_value: Option<f64>,
    ratio: RatioJson,
    naive: Option<f64>,
    shared_units: u64,
    n: u64,
    m: u64,
    level: f64,
    codes: Vec<&'static str>,
    findings: Vec<FindingJson>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum DifferenceJson {
    Made {
        value: f64,
        low: f64,
        high: f64,
        method: &'static str,
        std_error: f64,
        p_value: f64,
        covariance_units: f64,
        covariance_gold: f64,
        detectable_80: Option<f64>,
    },
    Missing {
        missing: String,
    },
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum RatioJson {
    Made { value: f64, low: f64, high: f64 },
    Missing { missing: String },
}

/// A place in a series across which values cannot be compared.
#[derive(Debug, Clone, Serialize)]
pub(super) struct BreakJson {
    policy: String,
    after: String,
    before: String,
    changed: &'static str,
    from: String,
    to: String,
}

/// Tests of whether error rates moved.
#[derive(Debug, Clone, Serialize)]
pub(super) struct DriftJson {
    policy: String,
    periods: Vec<String>,
    rates: Vec<RateDriftJson>,
}

#[derive(Debug, Clone, Serialize)]
struct RateDriftJson {
    rate: &'static str,
    values: Vec<f64>,
    chi_squared: f64,
    degrees_of_freedom: usize,
    p_value: f64,
    p_holm: f64,
}

impl From<&PeriodChange> for ChangeJson {
    fn from(change: &PeriodChange) -> Self {
        let alpha = 1.0 - change.level.value();
        Self {
            policy: change.policy.clone(),
            segment: change.segment.as_ref().map(SegmentJson::from),
            from: change.periods.earlier.clone(),
            to: change.periods.later.clone(),
            earlier: change.values.earlier,
            later: change.values.later,
            verdict: change.verdict.name(),
            change: difference(&change.difference),
            changed: change.q_value.map(|q| q <= alpha),
            q_value: change.q_value,
            ratio: ratio(&change.ratio),
            naive: change.naive,
            shared_units: change.shared_units,
            n: change.n,
            m: change.m,
            level: change.level.value(),
            codes: change.codes.iter().map(|code| code.as_str()).collect(),
            findings: findings(&change.findings),
        }
    }
}

fn difference(made: &Result<ChangeEstimate, Missing>) -> DifferenceJson {
    match made {
        Ok(made) => DifferenceJson::Made {
            value: made.value,
            low: made.low,
            high: made.high,
            method: made.method.name(),
            std_error: made.std_error,
            p_value: made.p_value,
            covariance_units: made.from_units,
            covariance_gold: made.from_gold,
            detectable_80: made.detectable,
        },
        Err(missing) => DifferenceJson::Missing { missing: chain(missing) },
    }
}

fn ratio(made: &Result<RatioEstimate, Missing>) -> RatioJson {
    match made {
        Ok(made) => RatioJson::Made { value: made.value, low: made.low, high: made.high },
        Err(missing) => RatioJson::Missing { missing: chain(missing) },
    }
}

impl From<&(String, Break)> for BreakJson {
    fn from((policy, found): &(String, Break)) -> Self {
        Self {
            policy: policy.clone(),
            after: found.earlier.clone(),
            before: found.later.clone(),
            changed: found.what.name(),
            from: found.from.clone(),
            to: found.to.clone(),
        }
    }
}

impl From<&Drift> for DriftJson {
    fn from(drift: &Drift) -> Self {
        let rate = |it: &RateDrift| RateDriftJson {
            rate: it.rate,
            values: it.values.clone(),
            chi_squared: it.test.statistic,
            degrees_of_freedom: it.test.degrees,
            p_value: it.test.p_value,
            p_holm: it.adjusted,
        };
        Self {
            policy: drift.policy.clone(),
            periods: drift.periods.clone(),
            rates: drift.rates.iter().map(rate).collect(),
        }
    }
}
