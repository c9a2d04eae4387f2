//! Several raters' annotations become one gold label a unit and policy, or an open question.

use crate::gold::Annotation;
use crate::gold::GoldError;
use crate::gold::answers::standing;
use std::collections::BTreeMap;

/// The reference label of one unit under one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Gold {
    /// The unit.
    pub unit_id: String,
    /// The policy.
    pub policy: String,
    /// The label, or an abstain id.
    pub label: String,
    /// The unit's probability of being chosen for gold, given that it was sampled.
    pub probability: Option<f64>,
    /// When the unit was chosen for gold.
    pub drawn_at: Option<String>,
    /// How many raters gave each label.
    pub votes: BTreeMap<String, u32>,
}

/// A unit whose raters did not reach a majority.
#[derive(Debug, Clone, PartialEq)]
pub struct Unresolved {
    /// The unit.
    pub unit_id: String,
    /// The policy.
    pub policy: String,
    /// The unit's probability of being chosen for gold, given that it was sampled.
    pub probability: Option<f64>,
    /// How many raters gave each label.
    pub votes: BTreeMap<String, u32>,
}

/// Gold, and what still needs a person.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Adjudication {
    /// One label a unit and policy, ordered by policy and unit.
    pub gold: Vec<Gold>,
    /// Units without a majority. They were drawn, so leaving them out is not neutral: have them decided.
    pub unresolved: Vec<Unresolved>,
}

impl Gold {
    /// Returns whether every rater gave the same label.
    #[must_use]
    pub fn unanimous(&self) -> bool {
        self.votes.len() == 1
    }
}

impl Adjudication {
    /// Returns the units whose raters disagreed and whose majority decided.
    pub fn outvoted(&self) -> impl Iterator<Item = &Gold> {
        self.gold.iter().filter(|gold| !gold.unanimous())
    }

    /// Returns the id of every unit, once a policy.
    pub fn units(&self) -> impl Iterator<Item = &str> {
        let decided = self.gold.iter().map(|gold| gold.unit_id.as_str());
        decided.chain(self.unresolved.iter().map(|open| open.unit_id.as_str()))
    }
}

/// Decides each unit and policy by the majority of its raters.
///
/// A later answer of one rater replaces an earlier one; annotations without a rater count as one rater.
/// A label needs more than half of the raters: a tie, or three raters with three labels, stays unresolved.
///
/// # Errors
///
/// [`GoldError::ConflictingProbability`] when annotations of one unit disagree on its probability.
pub fn adjudicate(annotations: &[Annotation]) -> Result<Adjudication, GoldError> {
    let mut adjudication = Adjudication::default();
    for ((policy, unit_id), answers) in standing(annotations) {
        let (policy, unit_id) = (policy.to_owned(), unit_id.to_owned());
        let mut votes: BTreeMap<String, u32> = BTreeMap::new();
        for answer in answers.values() {
            *votes.entry(answer.label.clone()).or_default() += 1;
        }
        let probability = probability_of(&answers)?;
        let drawn_at = answers.values().find_map(|answer| answer.drawn_at.clone());
        match majority(&votes) {
            Some(label) => {
                adjudication.gold.push(Gold {
                    unit_id,
                    policy,
                    label,
                    probability,
                    drawn_at,
                    votes,
                });
            }
            None => {
                adjudication.unresolved.push(Unresolved { unit_id, policy, probability, votes });
            }
        }
    }
    Ok(adjudication)
}

fn majority(votes: &BTreeMap<String, u32>) -> Option<String> {
    let raters: u32 = votes.values().sum();
    votes.iter().find(|(_, count)| raters < 2 * **count).map(|(label, _)| label.clone())
}

fn probability_of(answers: &BTreeMap<Option<&str>, &Annotation>) -> Result<Option<f64>, GoldError> {
    let mut known = answers.values().filter_map(|answer| Some((answer, answer.probability?)));
    let Some((_, first)) = known.next() else { return Ok(None) };
    match known.find(|(_, other)| other.to_bits() != first.to_bits()) {
        None => Ok(Some(first)),
        Some((answer, second)) => Err(GoldError::ConflictingProbability {
            unit_id: answer.unit_id.clone(),
            policy: answer.policy.clone(),
            first,
            second,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn annotation(unit: &str, rater: &str, label: &str) -> Annotation {
        Annotation {
            unit_id: unit.into(),
            policy: "spam".into(),
            label: label.into(),
            rater: Some(rater.into()),
            probability: None,
            drawn_at: None,
            criteria: Vec::new(),
            note: None,
            row: None,
        }
    }

    fn labels(annotations: &[Annotation]) -> (Vec<String>, usize) {
        let done = adjudicate(annotations).unwrap();
        (done.gold.into_iter().map(|gold| gold.label).collect(), done.unresolved.len())
    }

    #[test]
    fn a_tie_is_never_resolved_silently() {
        let pair = [annotation("a", "x", "allowed"), annotation("a", "y", "violating")];
        assert_eq!(labels(&pair), (vec![], 1));
        let [x, y] = pair;
        let split = [x.clone(), y.clone(), annotation("a", "z", "unclear")];
        assert_eq!(labels(&split), (vec![], 1));
        let decided = [x, y, annotation("a", "z", "violating")];
        assert_eq!(labels(&decided), (vec!["violating".into()], 0));
        assert_eq!(adjudicate(&decided).unwrap().outvoted().count(), 1);
    }

    #[test]
    fn a_later_answer_of_the_same_rater_replaces_the_earlier() {
        let changed = [annotation("a", "x", "allowed"), annotation("a", "x", "violating")];
        assert_eq!(labels(&changed), (vec!["violating".into()], 0));
        assert!(adjudicate(&changed).unwrap().gold[0].unanimous());
    }

    #[test]
    fn a_unit_has_one_probability() {
        let mut pair = [annotation("a", "x", "allowed"), annotation("a", "y", "allowed")];
        pair[1].probability = Some(0.5);
        assert_eq!(adjudicate(&pair).unwrap().gold[0].probability, Some(0.5));
        pair[0].probability = Some(0.4);
        assert!(adjudicate(&pair).is_err());
    }

    proptest! {
        #[test]
        fn the_order_of_raters_does_not_matter(
            answers in proptest::collection::vec((0usize..6, 0usize..3), 0..30).prop_shuffle(),
        ) {
            let annotations: Vec<_> = answers
                .iter()
                .enumerate()
                .map(|(rater, (unit, label))| {
                    annotation(&unit.to_string(), &rater.to_string(), ["a", "b", "c"][*label])
                })
                .collect();
            let backwards: Vec<_> = annotations.iter().rev().cloned().collect();
            prop_assert_eq!(adjudicate(&annotations).unwrap(), adjudicate(&backwards).unwrap());
        }
    }
}
