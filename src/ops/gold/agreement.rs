//! How far the raters of a draw agree, as `titer gold status` shows it.

use crate::gold;
use crate::gold::Among;
use crate::gold::Annotation;
use crate::gold::Coefficient;
use crate::gold::LabelScale;
use crate::gold::RatedUnit;
use crate::gold::RaterRow;
use crate::gold::ScaleLabel;
use crate::ops::error::OpsError;
use crate::ops::prevalence::plainly_violating;
use crate::ops::prevalence::positive;
use crate::ops::program::Program;
use crate::policy::Policy;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::Resampling;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The level of the intervals.
const LEVEL: f64 = 0.95;
/// The seed of the bootstraps: the same answers give the same numbers.
const SEED: u64 = 1;
/// How often units are drawn again where several policies are taken together.
const RESAMPLES: u32 = 1_000;

/// How far the raters of one policy, or of all of them together, agree. Not weighted: it describes the raters on these units.
#[derive(Debug, Clone, Serialize)]
pub struct RaterAgreement {
    /// The policy; `None` for all of them together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Units with an answer.
    pub units: usize,
    /// Those of them that two or more raters answered, on which every coefficient rests.
    pub units_of_several: usize,
    /// `nominal`; `ordinal` where severities have an order too.
    pub scale: &'static str,
    /// The level of the intervals.
    pub level: f64,
    /// The coefficients.
    pub coefficients: Vec<AgreementCoefficient>,
    /// The raters.
    pub raters: Vec<RaterLine>,
}

/// One coefficient of agreement, or why it or its interval has no value.
#[derive(Debug, Clone, Serialize)]
pub struct AgreementCoefficient {
    /// Which.
    pub name: &'static str,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The lower limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How the interval was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// Why the value, or the interval of a value, is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Whether it is a share, and not corrected for chance.
    #[serde(skip)]
    pub is_share: bool,
}

/// One rater.
#[derive(Debug, Clone, Serialize)]
pub struct RaterLine {
    /// The rater.
    pub rater: String,
    /// Answers.
    pub answers: u64,
    /// Answers that say violating, among those that are no abstention.
    pub violating: Option<RaterShare>,
    /// Answers that agree with the majority of the other raters, among those where there is one.
    pub with_majority: Option<RaterShare>,
}

/// A share of a rater's answers.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RaterShare {
    /// The share.
    pub share: f64,
    /// How many answers.
    pub count: u64,
    /// Among how many.
    pub of: u64,
    /// The lower limit of the share.
    pub low: f64,
    /// The upper limit of the share.
    pub high: f64,
}

/// The name of those who gave none.
pub(super) const UNNAMED: &str = "(unnamed)";

/// Returns the agreement of each policy's raters, and where there are several policies that of all.
///
/// # Errors
///
/// A rule for violating labels that does not fit its policy.
pub(super) fn agreement(
    program: &Program,
    policies: &[Arc<Policy>],
    annotations: &[Annotation],
) -> Result<(Vec<RaterAgreement>, Option<RaterAgreement>), OpsError> {
    let rated = gold::rated(annotations);
    let mut units: BTreeMap<&str, Vec<&RatedUnit>> = BTreeMap::new();
    rated.iter().for_each(|unit| units.entry(&unit.policy).or_default().push(unit));
    let mut scales: BTreeMap<&str, LabelScale> = BTreeMap::new();
    for id in units.keys() {
        let policy = policies.iter().find(|policy| policy.id == *id);
        scales.insert(id, scale(program, policy, &units[id])?);
    }
    let level = Level::new(LEVEL)?;
    let of_policy = |(id, units): (&&str, &Vec<&RatedUnit>)| {
        let made = gold::agreement(units, &scales[id], level, Draws::least(SEED));
        let name = if scales[id].is_ordinal() { "ordinal" } else { "nominal" };
        wire(Some((*id).to_owned()), name, &made)
    };
    let list: Vec<RaterAgreement> = units.iter().map(of_policy).collect();
    let together = units.len() > 1 && list.iter().any(|one| one.units_of_several > 0);
    if !together {
        return Ok((list, None));
    }
    let all: Vec<(Vec<&RatedUnit>, &LabelScale)> =
        units.iter().map(|(id, units)| (units.clone(), &scales[id])).collect();
    let resampling = Resampling::new(SEED, RESAMPLES, NonZeroUsize::MIN)?;
    let overall = gold::overall_agreement(&all, level, resampling);
    Ok((list, Some(wire(None, "nominal", &overall))))
}

/// The labels of a policy, as titer.yaml and severities say which are violating; without a policy what their names plainly say.
fn scale(
    program: &Program,
    policy: Option<&Arc<Policy>>,
    units: &[&RatedUnit],
) -> Result<LabelScale, OpsError> {
    let Some(policy) = policy else { return Ok(plain(units)) };
    let positive = positive(program, policy)?;
    Ok(LabelScale::of(policy, |label| positive.matches(label)))
}

fn plain(units: &[&RatedUnit]) -> LabelScale {
    let answers = units.iter().flat_map(|unit| &unit.answers);
    let seen: BTreeSet<&str> = answers.map(|answer| answer.label.as_str()).collect();
    let Some(bad) = plainly_violating(&seen) else { return LabelScale::default() };
    let label = |id: &str| {
        let violating = bad.contains(&id);
        ScaleLabel { id: id.to_owned(), severity: u32::from(violating), violating }
    };
    LabelScale { labels: seen.into_iter().map(label).collect() }
}

fn wire(
    policy: Option<String>,
    scale: &'static str,
    made: &gold::RaterAgreement,
) -> RaterAgreement {
    RaterAgreement {
        policy,
        units: made.units,
        units_of_several: made.shared,
        scale,
        level: LEVEL,
        coefficients: made.coefficients.iter().map(coefficient).collect(),
        raters: made.raters.iter().map(rater).collect(),
    }
}

fn coefficient(one: &Coefficient) -> AgreementCoefficient {
    let made = one.measured.as_ref();
    let interval = made.ok().map(|made| made.interval);
    let limits = interval.and_then(Result::ok);
    let missing = made.err().copied().or_else(|| interval.and_then(Result::err));
    AgreementCoefficient {
        name: one.name.name(),
        value: made.ok().map(|made| made.value),
        low: limits.map(|limits| limits.low),
        high: limits.map(|limits| limits.high),
        method: limits.map(|limits| limits.method.name()),
        missing: missing.map(|error| error.to_string()),
        is_share: one.name.is_share(),
    }
}

fn rater(row: &RaterRow) -> RaterLine {
    let share = |among: Among| RaterShare {
        share: among.share(),
        count: among.count,
        of: among.of,
        low: among.interval.low,
        high: among.interval.high,
    };
    RaterLine {
        rater: row.rater.clone().unwrap_or_else(|| UNNAMED.to_owned()),
        answers: row.answers,
        violating: row.violating.map(share),
        with_majority: row.with_majority.map(share),
    }
}
