//! The JSON form of the shares of every label.

use super::wire::BoundsJson;
use super::wire::EstimateJson;
use super::wire::FindingJson;
use super::wire::estimate;
use super::wire::findings;
use crate::measure::ClassConfusion;
use crate::measure::ClassShare;
use crate::measure::Classes;
use crate::measure::CodeCellRow;
use crate::stats::Matrix;
use serde::Serialize;

/// Beside the measurement of a policy: its labels, and what they rest on.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ClassesJson {
    classes: Vec<ClassJson>,
    class_details: DetailsJson,
}

#[derive(Debug, Clone, Serialize)]
struct ClassJson {
    label: String,
    verdict: &'static str,
    gold: u64,
    naive: EstimateJson,
    corrected: EstimateJson,
    gold_only: EstimateJson,
    inverted: EstimateJson,
    bounds: Option<BoundsJson>,
    findings: Vec<FindingJson>,
}

#[derive(Debug, Clone, Serialize)]
struct DetailsJson {
    mode: &'static str,
    corrected_by: &'static str,
    level: f64,
    verdict: &'static str,
    findings: Vec<FindingJson>,
    at_least: Vec<ClassJson>,
    cells: Vec<CellJson>,
    /// Of the corrected shares, in the order of the labels.
    covariance: Option<Vec<Vec<f64>>>,
    conditioning: Option<ConditioningJson>,
    confusion: Option<ConfusionJson>,
}

#[derive(Debug, Clone, Serialize)]
struct CellJson {
    labels: Vec<String>,
    n: u64,
    gold: u64,
    exposure_share: f64,
}

#[derive(Debug, Clone, Serialize)]
struct ConditioningJson {
    condition_number: f64,
    smallest_singular_value: f64,
}

#[derive(Debug, Clone, Serialize)]
struct ConfusionJson {
    gold: Vec<String>,
    rows: Vec<ConfusionRowJson>,
}

#[derive(Debug, Clone, Serialize)]
struct ConfusionRowJson {
    said: String,
    exposure_share: f64,
    /// Of the exposure, one a gold label; null where no gold speaks for the row.
    shares: Option<Vec<f64>>,
    counts: Vec<u64>,
}

impl From<&Classes> for ClassesJson {
    fn from(classes: &Classes) -> Self {
        Self {
            classes: classes.shares.iter().map(class).collect(),
            class_details: DetailsJson {
                mode: classes.mode.name(),
                corrected_by: classes.by.name(),
                level: classes.level.value(),
                verdict: classes.verdict.name(),
                findings: findings(&classes.findings),
                at_least: classes.at_least.iter().map(class).collect(),
                cells: classes.cells.iter().map(cell).collect(),
                covariance: classes.covariance.as_ref().map(rows),
                conditioning: classes.conditioning.map(|(condition_number, smallest)| {
                    ConditioningJson { condition_number, smallest_singular_value: smallest }
                }),
                confusion: classes.confusion.as_ref().map(confusion),
            },
        }
    }
}

fn class(share: &ClassShare) -> ClassJson {
    ClassJson {
        label: share.label.clone(),
        verdict: share.verdict.name(),
        gold: share.gold,
        naive: estimate(&share.naive),
        corrected: estimate(&share.corrected),
        gold_only: estimate(&share.gold_only),
        inverted: estimate(&share.inverted),
        bounds: share.bounds.as_ref().map(BoundsJson::from),
        findings: findings(&share.findings),
    }
}

fn cell(cell: &CodeCellRow) -> CellJson {
    let CodeCellRow { codes, n, gold, share } = cell.clone();
    CellJson { labels: codes, n, gold, exposure_share: share }
}

fn rows(matrix: &Matrix) -> Vec<Vec<f64>> {
    let row = |a| (0..matrix.columns()).map(|b| matrix[(a, b)]).collect();
    (0..matrix.rows()).map(row).collect()
}

fn confusion(confusion: &ClassConfusion) -> ConfusionJson {
    let row = |at: usize| ConfusionRowJson {
        said: confusion.said[at].clone(),
        exposure_share: confusion.exposure[at],
        shares: confusion.shares[at].clone(),
        counts: confusion.counts[at].clone(),
    };
    let rows = (0..confusion.said.len()).map(row).collect();
    ConfusionJson { gold: confusion.gold.clone(), rows }
}
