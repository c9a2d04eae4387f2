//! What each rater last said about each unit.

use crate::gold::Annotation;
use std::collections::BTreeMap;

/// The answers that stand for one unit under one policy: one a rater.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatedUnit {
    /// The unit.
    pub unit_id: String,
    /// The policy.
    pub policy: String,
    /// The answers, ordered by rater.
    pub answers: Vec<Answer>,
}

/// What one rater said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who said it; `None` for all that name nobody.
    pub rater: Option<String>,
    /// A label id, or an abstain id.
    pub label: String,
}

/// The annotations of each policy and unit that stand, by rater.
pub(super) type Standing<'a> =
    BTreeMap<(&'a str, &'a str), BTreeMap<Option<&'a str>, &'a Annotation>>;

/// Keeps the last annotation of each rater; those without a rater count as one rater's.
pub(super) fn standing(annotations: &[Annotation]) -> Standing<'_> {
    let mut units: Standing<'_> = BTreeMap::new();
    for annotation in annotations {
        let answers = units.entry((&annotation.policy, &annotation.unit_id)).or_default();
        answers.insert(annotation.rater.as_deref(), annotation);
    }
    units
}

/// Returns what each rater last said, ordered by policy, unit and rater.
///
/// A later answer of one rater replaces an earlier one; annotations without a rater count as one rater.
#[must_use]
pub fn rated(annotations: &[Annotation]) -> Vec<RatedUnit> {
    let one =
        |((policy, unit_id), answers): ((&str, &str), BTreeMap<Option<&str>, &Annotation>)| {
            let answer = |(rater, said): (Option<&str>, &Annotation)| Answer {
                rater: rater.map(str::to_owned),
                label: said.label.clone(),
            };
            RatedUnit {
                unit_id: unit_id.to_owned(),
                policy: policy.to_owned(),
                answers: answers.into_iter().map(answer).collect(),
            }
        };
    standing(annotations).into_iter().map(one).collect()
}
