//! A unit's label computed from the labels of its components.

use super::Answer;
use super::Outcome;
use super::read::labeled;
use super::read::most_severe;
use super::read::none;
use crate::policy::Judging;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::policy::Rollup;
use crate::unit::Unit;

/// Returns the answer with the unit's label computed from those of its judged components by the policy's rule.
/// The model's own label of the unit stays beside it; what the model says about its own label goes when the
/// computed one is another.
///
/// An answer without a label, a policy without a rule and a unit without a judged component are left as they
/// are. When a judged component has no label or two, nothing is computed: the model's own label stays only if it
/// is violating or an abstain reason and is as severe as the rule would make the unit with it in the gap, so
/// that a gap never leaves a unit allowed. Otherwise the answer is unparsable.
pub(super) fn of_unit(policy: &Policy, unit: &Unit, answer: Answer) -> Answer {
    let (Some(rule), Some(own)) = (policy.rollup, answer.label.clone()) else { return answer };
    let judged = judged(policy, unit);
    let parts = answer.components.iter().filter(|part| judged.contains(&part.n));
    let mut labels: Vec<&str> = parts.clone().map(|part| part.label.as_str()).collect();
    let gap = judged.iter().find(|n| parts.clone().filter(|part| part.n == **n).count() != 1);
    let Some(gap) = gap else {
        let label = by_rule(policy, rule, &labels).map(str::to_owned);
        return match label {
            Some(label) => computed(policy, answer, own, &label),
            None => answer,
        };
    };
    labels.push(&own);
    let with_own = by_rule(policy, rule, &labels);
    let as_severe = with_own.is_some_and(|label| policy.severity(label) == policy.severity(&own));
    if as_severe && (policy.violating(&own) || policy.abstains(&own)) {
        return answer;
    }
    let because = format!("component {gap} does not have one label, so the unit has none");
    let unparsable = none(policy, Outcome::Unparsable, &because);
    Answer { components: answer.components, own_label: Some(own), ..unparsable }
}

/// The answer with the computed label in place of the model's own.
fn computed(policy: &Policy, answer: Answer, own: String, label: &str) -> Answer {
    if label == own {
        return Answer { own_label: Some(own), ..answer };
    }
    let set = policy.mode == Mode::Multi && !policy.abstains(label);
    let Answer { outcome, label, .. } = labeled(policy, label);
    Answer {
        outcome,
        labels: label.iter().filter(|_| set).cloned().collect(),
        label,
        own_label: Some(own),
        stated_confidence: None,
        label_probability: None,
        ..answer
    }
}

/// Returns the label that these make by the rule; none of none.
///
/// *any* and *max-severity*: the most severe label of any component; with no violating one, an abstain reason
/// if a component has one. *all*: the mildest verdict wins: a label of severity 0 if a component has one, else
/// an abstain reason, else the most severe label. Of equally severe labels the first in the policy counts.
fn by_rule<'l>(policy: &Policy, rule: Rollup, labels: &[&'l str]) -> Option<&'l str> {
    let (abstained, decided): (Vec<&str>, Vec<&str>) =
        labels.iter().copied().partition(|label| policy.abstains(label));
    let (violating, allowed): (Vec<&str>, Vec<&str>) =
        decided.into_iter().partition(|label| policy.violating(label));
    let (violating, allowed) = (most_severe(policy, &violating), most_severe(policy, &allowed));
    let abstained = abstained.first().copied();
    match rule {
        Rollup::Any | Rollup::MaxSeverity => violating.or(abstained).or(allowed),
        Rollup::All => allowed.or(abstained).or(violating),
    }
}

/// The numbers of the unit's judged components, from 1.
fn judged(policy: &Policy, unit: &Unit) -> Vec<usize> {
    let context = |role: &str| {
        policy.components.iter().any(|rule| rule.role == role && rule.judge == Judging::Context)
    };
    let numbers = unit.components.iter().enumerate();
    numbers.filter(|(_, component)| !context(&component.role)).map(|(at, _)| at + 1).collect()
}
