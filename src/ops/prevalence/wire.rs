//! The JSON form of a measurement.

use super::Measured;
use super::wire_change::BreakJson;
use super::wire_change::ChangeJson;
use super::wire_change::DriftJson;
use super::wire_classes::ClassesJson;
use super::wire_gold_error::GoldErrorJson;
use super::wire_quality::QualityJson;
use super::wire_quality::RateJson;
use super::wire_quality::quality;
use super::wire_quality::rates;
use crate::eval::Merge;
use crate::measure::CalibratedMargin;
use crate::measure::CellRow;
use crate::measure::Estimate;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Segment;
use crate::measure::Span;
use crate::measure::Status;
use crate::ops::chain;
use crate::stats::Bounds;
use serde::Serialize;
use std::collections::BTreeMap;

/// A whole answer of `titer prevalence`.
#[derive(Debug, Clone, Serialize)]
pub struct PrevalenceJson {
    policies: Vec<PolicyJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    segments: Vec<PolicyJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    periods: Vec<PolicyJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<BreakJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drifts: Vec<DriftJson>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct PolicyJson {
    policy: String,
    policy_version: Option<String>,
    labeler: Option<String>,
    period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    periods_pooled: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<SegmentJson>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<GoalJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    naive: EstimateJson,
    corrected: EstimateJson,
    corrected_by: &'static str,
    gold_only: EstimateJson,
    rogan_gladen: EstimateJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    gold_error: Option<GoldErrorJson>,
    n: u64,
    m: u64,
    k: Option<f64>,
    youden: Option<f64>,
    level: f64,
    exposure: f64,
    design: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calibrated_to: Vec<MarginJson>,
    gold_drawn: &'static str,
    gold_age_days: Option<f64>,
    non_answer_share: f64,
    certainty_share: f64,
    max_weight_share: f64,
    rates: BTreeMap<&'static str, RateJson>,
    quality: QualityJson,
    cells: Vec<CellJson>,
    merges: Vec<MergeJson>,
    outcomes: BTreeMap<&'static str, u64>,
    findings: Vec<FindingJson>,
    bounds: Option<BoundsJson>,
    estimate_ids: BTreeMap<&'static str, String>,
    #[serde(flatten)]
    classes: Option<ClassesJson>,
}

#[derive(Debug, Clone, Serialize)]
struct MarginJson {
    segment: String,
    values: u64,
    /// Values with too few units to be calibrated.
    thin: Vec<String>,
    /// Values with a total and no unit.
    absent: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct GoalJson {
    goal: String,
    verdict: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct SegmentJson {
    by: String,
    value: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum EstimateJson {
    Made { value: f64, low: f64, high: f64, std_error: f64, method: String, n_eff: f64, raw: f64 },
    Suppressed { missing: String, high: f64 },
    Missing { missing: String },
}

#[derive(Debug, Clone, Serialize)]
struct CellJson {
    cell: String,
    n: u64,
    gold: u64,
    positives: u64,
    exposure_share: f64,
    positive_share: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
struct MergeJson {
    from: &'static str,
    into: &'static str,
    n: u64,
    gold: u64,
    needed: u64,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct FindingJson {
    code: &'static str,
    name: &'static str,
    detail: String,
    advice: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct BoundsJson {
    low: f64,
    lowest: f64,
    highest: f64,
    high: f64,
    missing_at_random: Option<f64>,
}

impl From<&Bounds> for BoundsJson {
    fn from(bounds: &Bounds) -> Self {
        Self {
            low: bounds.low,
            lowest: bounds.lowest,
            highest: bounds.highest,
            high: bounds.high,
            missing_at_random: bounds.at_random.map(|(value, _)| value),
        }
    }
}

impl From<&Segment> for SegmentJson {
    fn from(segment: &Segment) -> Self {
        Self { by: segment.by.clone(), value: segment.value.clone() }
    }
}

impl From<&Measured> for PrevalenceJson {
    fn from(measured: &Measured) -> Self {
        Self {
            policies: measured.policies.iter().map(PolicyJson::from).collect(),
            segments: measured.segments.iter().map(PolicyJson::from).collect(),
            periods: measured.periods.iter().map(PolicyJson::from).collect(),
            changes: measured.changes.iter().map(ChangeJson::from).collect(),
            breaks: measured.breaks.iter().map(BreakJson::from).collect(),
            drifts: measured.drifts.iter().map(DriftJson::from).collect(),
            notes: measured.notes.clone(),
        }
    }
}

impl From<&PolicyPrevalence> for PolicyJson {
    fn from(measured: &PolicyPrevalence) -> Self {
        let ids = measured.tidy_rows().into_iter();
        Self {
            policy: measured.subject.policy.clone(),
            policy_version: measured.subject.policy_version.clone(),
            labeler: measured.subject.labeler.clone(),
            period: measured.subject.period.clone(),
            periods_pooled: match measured.subject.span {
                Span::Pooled(n) => Some(n),
                Span::Only | Span::OneOfSeveral => None,
            },
            segment: measured.subject.segment.as_ref().map(SegmentJson::from),
            verdict: measured.verdict.name(),
            goal: measured.goal.map(|judged| GoalJson {
                goal: judged.goal.to_string(),
                verdict: judged.verdict.name(),
            }),
            status: measured.status.map(Status::name),
            naive: estimate(&measured.naive),
            corrected: estimate(&measured.corrected),
            corrected_by: measured.corrected_by.name(),
            gold_only: estimate(&measured.gold_only),
            rogan_gladen: estimate(&measured.rogan_gladen),
            gold_error: measured.gold_error.as_ref().map(GoldErrorJson::from),
            n: measured.n,
            m: measured.m,
            k: measured.k,
            youden: measured.youden,
            level: measured.level.value(),
            exposure: measured.exposure,
            design: measured.design.clone(),
            calibrated_to: margins(measured),
            gold_drawn: measured.drawn.name(),
            gold_age_days: measured.gold_age_days,
            non_answer_share: measured.non_answer_share,
            certainty_share: measured.certainty_share,
            max_weight_share: measured.max_weight_share,
            rates: rates(&measured.rates, &measured.quality),
            quality: quality(&measured.quality, measured.calibration.as_ref()),
            cells: cells(measured),
            merges: merges(measured),
            outcomes: measured
                .outcomes
                .iter()
                .map(|(outcome, share)| (outcome.name(), share.n))
                .collect(),
            findings: findings(&measured.findings),
            bounds: measured.bounds.as_ref().map(BoundsJson::from),
            estimate_ids: ids.map(|row| (row.estimator.name(), row.estimate_id)).collect(),
            classes: measured.classes.as_ref().map(ClassesJson::from),
        }
    }
}

fn margins(measured: &PolicyPrevalence) -> Vec<MarginJson> {
    let margins = measured.calibrated.iter().flat_map(|calibrated| &calibrated.margins);
    let one = |margin: &CalibratedMargin| MarginJson {
        segment: margin.by.clone(),
        values: margin.values,
        thin: margin.thin.iter().map(|(value, _)| value.clone()).collect(),
        absent: margin.absent.iter().map(|(value, _)| value.clone()).collect(),
    };
    margins.map(one).collect()
}

pub(super) fn estimate(estimate: &Result<Estimate, Missing>) -> EstimateJson {
    match estimate {
        Ok(made) => EstimateJson::Made {
            value: made.value,
            low: made.low,
            high: made.high,
            std_error: made.std_error,
            method: made.method.name().to_owned(),
            n_eff: made.n_eff,
            raw: made.raw,
        },
        Err(missing @ (Missing::Suppressed { high: Some(high) } | Missing::NotSeen { high })) => {
            EstimateJson::Suppressed { missing: chain(missing), high: *high }
        }
        Err(missing) => EstimateJson::Missing { missing: chain(missing) },
    }
}

fn cells(measured: &PolicyPrevalence) -> Vec<CellJson> {
    let one = |cell: &CellRow| CellJson {
        cell: cell.name.clone(),
        n: cell.n,
        gold: cell.gold,
        positives: cell.positives,
        exposure_share: cell.share,
        positive_share: cell.positive_share,
    };
    measured.cells.iter().map(one).collect()
}

fn merges(measured: &PolicyPrevalence) -> Vec<MergeJson> {
    let one = |merge: &Merge| MergeJson {
        from: merge.from.name(),
        into: merge.into.name(),
        n: merge.n,
        gold: merge.gold,
        needed: merge.needed,
    };
    measured.merges.iter().map(one).collect()
}

pub(super) fn findings(findings: &[Finding]) -> Vec<FindingJson> {
    let one = |finding: &Finding| FindingJson {
        code: finding.code.as_str(),
        name: finding.code.name(),
        detail: finding.detail.clone(),
        advice: finding.code.advice(),
    };
    findings.iter().map(one).collect()
}
