//! The share of every label of a policy, beside the one share of its violations.

mod alone;
mod codes;
mod confusion;
mod exclusive;
mod inverse;

pub use confusion::ClassConfusion;

use crate::eval::InputMistake;
use crate::eval::Judgment;
use crate::eval::Matching;
use crate::eval::Several;
use crate::measure::Code;
use crate::measure::Coverage;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Rows;
use crate::measure::Settings;
use crate::measure::Verdict;
use crate::policy::Mode;
use crate::reply::Outcome;
use crate::stats::Bounds;
use crate::stats::Level;
use crate::stats::Matrix;
use std::collections::BTreeSet;

/// The labels of a policy and how they relate.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheme<'a> {
    /// How they relate.
    pub mode: Mode,
    /// The labels in the order to show them. Labels that only the rows have come after them.
    pub labels: Vec<SchemeLabel>,
    /// All labels of each unit, where several may apply.
    pub several: Several<'a>,
}

/// A label as its policy defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeLabel {
    /// Its id.
    pub id: String,
    /// How severe it is, where a policy says so.
    pub severity: Option<u32>,
}

/// The share of the exposure of every label of one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    /// How the labels relate. Where several may apply at once, each is a question of its own and the shares need not sum to 1.
    pub mode: Mode,
    /// The estimator of the corrected shares: two-phase, or the inverse of the error rates where gold is independent.
    pub by: Estimator,
    /// The best verdict a label can have here.
    pub verdict: Verdict,
    /// What is to be known of all labels together, beside the findings of the policy.
    pub findings: Vec<Finding>,
    /// One share a label.
    pub shares: Vec<ClassShare>,
    /// For ordinal policies: the share of each severity and above.
    pub at_least: Vec<ClassShare>,
    /// The covariance of the corrected shares, in their order; its rows sum to 0. `None` where labels may apply at once, and
    /// where a share lies at a boundary.
    pub covariance: Option<Matrix>,
    /// The condition number and the smallest singular value of the labeler's error rates, where they were inverted.
    pub conditioning: Option<(f64, f64)>,
    /// The cells of the estimates; empty where labels may apply at once.
    pub cells: Vec<CodeCellRow>,
    /// Said against gold; `None` where labels may apply at once.
    pub confusion: Option<ClassConfusion>,
    /// What the level is the level of.
    pub coverage: Coverage,
    /// The level of each interval.
    pub level: Level,
}

/// The share of one label, or of several together.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassShare {
    /// The label, or what joins several: `severity >= 2`.
    pub label: String,
    /// Gold units that have it.
    pub gold: u64,
    /// What may be done with it.
    pub verdict: Verdict,
    /// What is to be known of this label alone.
    pub findings: Vec<Finding>,
    /// Share of exposure to which the labeler gives it.
    pub naive: Result<Estimate, Missing>,
    /// The corrected share.
    pub corrected: Result<Estimate, Missing>,
    /// Gold alone.
    pub gold_only: Result<Estimate, Missing>,
    /// Error rates inverted: model-dependent, for comparison or for independent gold.
    pub inverted: Result<Estimate, Missing>,
    /// Where a cell has exposure and no gold: worst cases and missing at random.
    pub bounds: Option<Bounds>,
}

/// One cell of the estimates: labels of the labeler whose units share it.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeCellRow {
    /// The labels, and `no_answer`.
    pub codes: Vec<String>,
    /// Its units.
    pub n: u64,
    /// Its gold units.
    pub gold: u64,
    /// Its share of the exposure.
    pub share: f64,
}

/// The name of the code of units without an answer.
pub(crate) const NO_ANSWER: &str = "no_answer";

/// Measures the share of every label.
///
/// `measured` is what the same rows gave for the policy's own rule: whatever withholds it withholds every label too. With
/// labels of which exactly one applies, all shares rest on the same cells and so sum to 1. Where several may apply, each
/// label is a question of its own with its own cells.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn classes(
    rows: Rows<'_>,
    measured: &PolicyPrevalence,
    scheme: &Scheme<'_>,
    (settings, coverage): (&Settings<'_>, Coverage),
) -> Result<Classes, Vec<InputMistake>> {
    let labels = all_labels(rows, scheme);
    let matching = Matching::of(rows.units, rows.gold, settings.positive, settings.drawn)?;
    let severities = severities(&labels, scheme.mode);
    let settings = &coverage.settings(labels.len() + severities.len(), settings);
    let made = match scheme.mode {
        Mode::Single | Mode::Ordinal => {
            exclusive::classes(&matching, measured, (&labels, &severities), settings)
        }
        Mode::Multi => alone::classes(&matching, measured, (&labels, &scheme.several), settings),
    };
    let made = made.map_err(|mistake| vec![mistake])?;
    Ok(Classes { mode: scheme.mode, coverage, ..made })
}

/// Returns the labels of the scheme, then those that only the rows have.
#[must_use]
pub fn all_labels(rows: Rows<'_>, scheme: &Scheme<'_>) -> Vec<SchemeLabel> {
    let mut labels = scheme.labels.clone();
    let answers = rows.units.iter().filter(|unit| unit.outcome == Outcome::Label);
    let said = answers.filter_map(|unit| unit.label);
    let decided = rows.gold.iter().filter(|gold| gold.judgment == Judgment::Decided);
    let meant = decided.map(|gold| gold.label);
    let sets = scheme.several.said.values().flatten();
    let gold_sets = scheme.several.gold.values().flat_map(|set| set.apply.iter().chain(&set.open));
    let all = said.chain(meant).chain(sets.chain(gold_sets).copied());
    let more: BTreeSet<&str> =
        all.filter(|id| !labels.iter().any(|label| label.id == *id)).collect();
    let own = |id: &str| SchemeLabel { id: id.to_owned(), severity: None };
    labels.extend(more.into_iter().map(own));
    labels
}

/// The severities that divide the labels of an ordinal policy: each above the least.
fn severities(labels: &[SchemeLabel], mode: Mode) -> Vec<u32> {
    if mode != Mode::Ordinal {
        return Vec::new();
    }
    let all: BTreeSet<u32> = labels.iter().filter_map(|label| label.severity).collect();
    all.into_iter().skip(1).collect()
}

/// What withholds every label: a finding of the whole measurement that does not come from inverting its own error rates.
fn withheld(measured: &PolicyPrevalence) -> impl Iterator<Item = &Finding> {
    let withheld = measured.findings.iter().filter(|it| it.verdict == Verdict::Withheld);
    withheld.filter(|it| it.code != Code::RgUndefined)
}

/// Says only an upper limit of a label that no gold unit has.
fn seen(corrected: Result<Estimate, Missing>, gold: u64) -> Result<Estimate, Missing> {
    match corrected {
        Ok(estimate) if gold == 0 => Err(Missing::NotSeen { high: estimate.high }),
        other => other,
    }
}

#[cfg(test)]
mod tests;
