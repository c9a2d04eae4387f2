//! One human judgment, and every mistake a set of them can hold.

use crate::gold::as_one_text;
use crate::gold::labels_in;
use crate::gold::names_several;
use crate::policy::Mode;
use crate::policy::Policy;
use std::collections::BTreeMap;
use std::fmt;

/// What one rater said about one unit under one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The unit.
    pub unit_id: String,
    /// The policy.
    pub policy: String,
    /// A label id, or an abstain id; where several labels may apply at once, their ids with `;` between them.
    pub label: String,
    /// Who judged; `None` when the file does not say.
    pub rater: Option<String>,
    /// The unit's probability of being chosen for gold, given that it was sampled; in `(0, 1]`.
    pub probability: Option<f64>,
    /// When the unit was chosen for gold.
    pub drawn_at: Option<String>,
    /// Ids of the criteria and exceptions the rater named.
    pub criteria: Vec<String>,
    /// What else the rater wrote.
    pub note: Option<String>,
    /// The row of the file it stood in; `None` when it was answered here.
    pub row: Option<u64>,
}

/// Foreign codes and the labels they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelMap(BTreeMap<String, String>);

/// The labels and abstain ids a policy's gold may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLabels {
    /// The policy.
    pub policy: String,
    /// Its label and abstain ids.
    pub labels: Vec<String>,
    /// Those of them that may stand beside each other on one unit.
    pub together: Vec<String>,
}

/// One mistake in a set of annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// The row it stands in, where the annotation came from a file.
    pub row: Option<u64>,
    /// The unit.
    pub unit_id: String,
    /// The policy.
    pub policy: String,
    /// What is wrong.
    pub kind: MistakeKind,
}

/// What can be wrong with an annotation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MistakeKind {
    /// No such policy.
    UnknownPolicy {
        /// The policies there are.
        known: Vec<String>,
    },
    /// No such label in the policy.
    UnknownLabel {
        /// The label.
        label: String,
        /// The labels there are.
        known: Vec<String>,
    },
    /// A second annotation of the unit, and neither names its rater.
    Repeated {
        /// The row of the first.
        first: Option<u64>,
    },
    /// The unit was never sampled (S013).
    OutsideSample,
    /// The probability is not in `(0, 1]`.
    BadProbability(f64),
    /// Another annotation of the unit gives another probability.
    ConflictingProbability {
        /// This one's.
        here: f64,
        /// The other's.
        there: f64,
        /// The row of the other.
        first: Option<u64>,
    },
}

impl LabelMap {
    /// Keeps a map from foreign codes to label ids.
    #[must_use]
    pub fn new(codes: BTreeMap<String, String>) -> Self {
        Self(codes)
    }

    /// Returns the label a code stands for; a code that is not in the map is a label itself.
    #[must_use]
    pub fn label<'a>(&'a self, code: &'a str) -> &'a str {
        self.0.get(code).map_or(code, String::as_str)
    }

    /// Returns the label a code stands for, or the labels that several codes with `;` between them stand for.
    #[must_use]
    pub fn labels(&self, codes: &str) -> String {
        if self.0.contains_key(codes) || !names_several(codes) {
            return self.label(codes).to_owned();
        }
        as_one_text(labels_in(codes).map(|code| self.label(code)))
    }
}

impl PolicyLabels {
    /// Returns the labels and abstain ids of a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let labels = policy.labels.iter().map(|label| label.id.clone());
        let abstain = policy.abstain.iter().map(|reason| reason.id.clone());
        let several = policy.labels.iter().filter(|it| policy.mode == Mode::Multi && !it.default);
        Self {
            policy: policy.id.clone(),
            labels: labels.chain(abstain).collect(),
            together: several.map(|label| label.id.clone()).collect(),
        }
    }
}

/// Returns every mistake in the annotations; `sampled` says whether a unit is in the sample.
///
/// One rater answering twice is no mistake: the later answer replaces the earlier.
#[must_use]
pub fn check(
    annotations: &[Annotation],
    policies: &[PolicyLabels],
    sampled: impl Fn(&str) -> bool,
) -> Vec<Mistake> {
    let mut seen: BTreeMap<(&str, &str), Seen<'_>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for annotation in annotations {
        let mut kinds: Vec<MistakeKind> =
            vocabulary_mistake(annotation, policies).into_iter().collect();
        if !sampled(&annotation.unit_id) {
            kinds.push(MistakeKind::OutsideSample);
        }
        if let Some(probability) = annotation.probability
            && !(0.0 < probability && probability <= 1.0)
        {
            kinds.push(MistakeKind::BadProbability(probability));
        }
        let place = (annotation.unit_id.as_str(), annotation.policy.as_str());
        kinds.extend(seen.entry(place).or_default().mistakes(annotation));
        mistakes.extend(kinds.into_iter().map(|kind| Mistake {
            row: annotation.row,
            unit_id: annotation.unit_id.clone(),
            policy: annotation.policy.clone(),
            kind,
        }));
    }
    mistakes
}

fn vocabulary_mistake(annotation: &Annotation, policies: &[PolicyLabels]) -> Option<MistakeKind> {
    let Some(policy) = policies.iter().find(|policy| policy.policy == annotation.policy) else {
        let known = policies.iter().map(|policy| policy.policy.clone()).collect();
        return Some(MistakeKind::UnknownPolicy { known });
    };
    let known = |label: &str| policy.labels.iter().any(|known| known == label);
    let beside = |label: &str| policy.together.iter().any(|known| known == label);
    let several = names_several(&annotation.label);
    let fits = known(&annotation.label) || several && labels_in(&annotation.label).all(beside);
    (!fits).then(|| MistakeKind::UnknownLabel {
        label: annotation.label.clone(),
        known: policy.labels.clone(),
    })
}

/// What earlier annotations of one unit and policy said first.
#[derive(Default)]
struct Seen<'a> {
    nameless: Option<&'a Annotation>,
    probable: Option<(f64, Option<u64>)>,
}

impl<'a> Seen<'a> {
    /// Returns what is wrong with one more annotation beside the earlier ones.
    fn mistakes(&mut self, annotation: &'a Annotation) -> Vec<MistakeKind> {
        let mut kinds = Vec::new();
        if annotation.rater.is_none() {
            match self.nameless {
                Some(first) => kinds.push(MistakeKind::Repeated { first: first.row }),
                None => self.nameless = Some(annotation),
            }
        }
        match (self.probable, annotation.probability) {
            (Some((there, first)), Some(here)) if there.to_bits() != here.to_bits() => {
                kinds.push(MistakeKind::ConflictingProbability { here, there, first });
            }
            (None, Some(here)) => self.probable = Some((here, annotation.row)),
            (Some(_) | None, _) => {}
        }
        kinds
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        let Self { unit_id, policy, kind, .. } = self;
        write!(f, "unit `{unit_id}`, policy `{policy}`: {kind}")
    }
}

impl fmt::Display for MistakeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPolicy { known } => {
                write!(f, "no such policy; there {}", are(known))
            }
            Self::UnknownLabel { label, known } => write!(
                f,
                "no label `{label}`; there {}; foreign codes go through `map: {{label: {{…}}}}`",
                are(known)
            ),
            Self::Repeated { first } => write!(
                f,
                "annotated twice{} without a rater; add a `rater` column or keep one row",
                also(*first)
            ),
            Self::OutsideSample => f.write_str(
                "S013: the unit is not in the sample; gold must come from the labeled sample",
            ),
            Self::BadProbability(probability) => write!(
                f,
                "probability {probability} is not above 0 and at most 1; write the one `titer gold draw` recorded"
            ),
            Self::ConflictingProbability { here, there, first } => write!(
                f,
                "probability {here} here and {there} elsewhere{}; a unit has one probability of being chosen",
                also(*first)
            ),
        }
    }
}

fn are(known: &[String]) -> String {
    match known {
        [] => "are none".to_owned(),
        [one] => format!("is `{one}`"),
        many => format!("are `{}`", many.join("`, `")),
    }
}

fn also(row: Option<u64>) -> String {
    row.map_or_else(String::new, |row| format!(" (also in row {row})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(unit: &str, label: &str, rater: Option<&str>, row: u64) -> Annotation {
        Annotation {
            unit_id: unit.into(),
            policy: "spam".into(),
            label: label.into(),
            rater: rater.map(Into::into),
            probability: None,
            drawn_at: None,
            criteria: Vec::new(),
            note: None,
            row: Some(row),
        }
    }

    fn messages(annotations: &[Annotation]) -> Vec<String> {
        let labels = vec!["allowed".into(), "violating".into(), "unclear".into()];
        let together = Vec::new();
        let policies = [PolicyLabels { policy: "spam".into(), labels, together }];
        let mistakes = check(annotations, &policies, |unit| unit != "stranger");
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_names_its_row_and_what_to_do() {
        let mut foreign = annotation("b", "1", None, 3);
        foreign.policy = "harassment".into();
        let mut likely = annotation("d", "allowed", None, 6);
        likely.probability = Some(1.2);
        let found = messages(&[
            annotation("a", "1", None, 2),
            foreign,
            annotation("stranger", "allowed", None, 4),
            annotation("a", "allowed", None, 5),
            likely,
        ]);
        let expected = [
            "row 2: unit `a`, policy `spam`: no label `1`; there are `allowed`, `violating`, `unclear`; \
             foreign codes go through `map: {label: {…}}`",
            "row 3: unit `b`, policy `harassment`: no such policy; there is `spam`",
            "row 4: unit `stranger`, policy `spam`: S013: the unit is not in the sample; gold must come from \
             the labeled sample",
            "row 5: unit `a`, policy `spam`: annotated twice (also in row 2) without a rater; add a `rater` \
             column or keep one row",
            "row 6: unit `d`, policy `spam`: probability 1.2 is not above 0 and at most 1; write the one \
             `titer gold draw` recorded",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn several_raters_of_one_unit_are_no_mistake() {
        let (x, y) =
            (annotation("a", "allowed", Some("x"), 2), annotation("a", "violating", Some("y"), 3));
        assert!(messages(&[x.clone(), y, x]).is_empty());
    }

    #[test]
    fn a_nameless_repeat_is_found_behind_a_named_rater() {
        let rows = [Some("x"), None, None].into_iter().zip(2..);
        let rows: Vec<_> =
            rows.map(|(rater, row)| annotation("a", "allowed", rater, row)).collect();
        let found = messages(&rows);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("annotated twice (also in row 3)"), "{found:?}");
    }

    #[test]
    fn probabilities_of_one_unit_must_agree() {
        let mut first = annotation("a", "allowed", Some("x"), 2);
        let mut second = annotation("a", "allowed", Some("y"), 3);
        (first.probability, second.probability) = (Some(0.5), Some(0.25));
        assert!(
            messages(&[first, second])[0].contains("0.25 here and 0.5 elsewhere (also in row 2)")
        );
    }

    #[test]
    fn a_code_outside_the_map_is_a_label_itself() {
        let map = LabelMap::new(BTreeMap::from([("1".into(), "violating".into())]));
        assert_eq!((map.label("1"), map.label("allowed")), ("violating", "allowed"));
    }
}
