//! A unit's label computed from the labels of its components.
//!
//! With one label a unit (`mode: single`, `ordinal`), *any* and *max-severity* agree: the unit has the most severe
//! label of its components. Where several labels apply at once (`mode: multi`) they differ: *any* gives the unit every
//! label that some component has, *max-severity* only those of the greatest severity. *all* makes a unit violating
//! only when each judged component is; it then has the labels they share, and where they share none, or one label is to
//! be given, what *any* would give.

use super::Answer;
use super::ComponentAnswer;
use super::Outcome;
use super::read::labeled;
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
    let mut labels: Vec<Vec<&str>> = parts.clone().map(|part| vec![part.label.as_str()]).collect();
    let gap = judged.iter().find(|n| parts.clone().filter(|part| part.n == **n).count() != 1);
    let Some(gap) = gap else {
        let labels: Vec<String> =
            by_rule(policy, rule, &labels).into_iter().map(str::to_owned).collect();
        return if labels.is_empty() { answer } else { computed(policy, answer, own, labels) };
    };
    labels.push(vec![&own]);
    let with_own = by_rule(policy, rule, &labels);
    let with_own = policy.most_severe(&with_own);
    let as_severe = with_own.is_some_and(|label| policy.severity(label) == policy.severity(&own));
    if as_severe && (policy.violating(&own) || policy.abstains(&own)) {
        return answer;
    }
    let because = format!("component {gap} does not have one label, so the unit has none");
    let unparsable = none(policy, Outcome::Unparsable, &because);
    Answer { components: answer.components, own_label: Some(own), ..unparsable }
}

/// Returns the answer for a unit whose components were each asked about alone, under a policy with a rule.
///
/// The unit's rules, checks and reason are those of the first component that has the unit's label, with the rules of
/// the others that have it. A component without a label matters only if one could change the unit's: then the unit
/// ends as that component did.
///
/// The label's probability is the greatest among the components that have it where one of them is enough to make
/// it the unit's, and the least of all where it takes every component. So it is with the stated confidence.
pub(super) fn of_parts(
    policy: &Policy,
    rule: Rollup,
    parts: Vec<(usize, Answer)>,
) -> Option<Answer> {
    let components: Vec<ComponentAnswer> = parts.iter().filter_map(component).collect();
    let labels = match settled(policy, rule, &parts) {
        Ok(labels) => labels,
        Err((n, gap)) => {
            let because = gap.because.as_deref().unwrap_or("it has no label");
            let because = format!("component {n}: {because}");
            return Some(Answer { components, ..none(policy, gap.outcome, &because) });
        }
    };
    let label =
        if labels.len() == 1 { labels.first().copied() } else { policy.most_severe(&labels) };
    let label = label?.to_owned();
    let labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
    let has =
        |answer: &Answer| answer.label.as_ref() == Some(&label) || answer.labels.contains(&label);
    let one_is_enough = match rule {
        Rollup::Any | Rollup::MaxSeverity => policy.violating(&label) || policy.abstains(&label),
        Rollup::All => !policy.violating(&label),
    };
    let number = |of: fn(&Answer) -> Option<f64>| {
        let all = parts.iter().map(|(_, answer)| answer);
        if one_is_enough {
            all.filter(|answer| has(answer)).filter_map(of).reduce(f64::max)
        } else {
            all.map(of).try_fold(1.0f64, |least, value| Some(least.min(value?)))
        }
    };
    let probability = number(|answer| answer.label_probability);
    let confidence = number(|answer| answer.stated_confidence);
    let mut deciding = parts.iter().map(|(_, answer)| answer).filter(|answer| has(answer));
    let first = deciding.next();
    let mut criteria = first.map_or_else(Vec::new, |answer| answer.criteria.clone());
    let more = deciding.flat_map(|answer| &answer.criteria);
    more.for_each(|id| {
        if !criteria.contains(id) {
            criteria.push(id.clone())
        }
    });
    Some(Answer {
        labels: if policy.mode == Mode::Multi && !policy.abstains(&label) {
            labels
        } else {
            Vec::new()
        },
        criteria,
        checks: first.map_or_else(Default::default, |answer| answer.checks.clone()),
        because: first.and_then(|answer| answer.because.clone()),
        stated_confidence: confidence,
        label_probability: probability,
        components,
        ..labeled(policy, &label)
    })
}

/// What a component's own call said, as it stands in the unit's answer; `None` without a label.
fn component((n, answer): &(usize, Answer)) -> Option<ComponentAnswer> {
    Some(ComponentAnswer {
        n: *n,
        label: answer.label.clone()?,
        labels: answer.labels.clone(),
        criteria: answer.criteria.clone(),
    })
}

/// The labels of the unit, if no answer to a component without one could change them; else that component.
fn settled<'p>(
    policy: &'p Policy,
    rule: Rollup,
    parts: &'p [(usize, Answer)],
) -> Result<Vec<&'p str>, (usize, &'p Answer)> {
    let filled = |gap: &'p str| {
        let labels = |(_, answer): &'p (usize, Answer)| match &answer.label {
            Some(label) if answer.labels.is_empty() => vec![label.as_str()],
            Some(_) => answer.labels.iter().map(String::as_str).collect(),
            None => vec![gap],
        };
        let parts: Vec<Vec<&str>> = parts.iter().map(labels).collect();
        by_rule(policy, rule, &parts)
    };
    let answers = policy.labels.iter().map(|label| label.id.as_str());
    let mut answers = answers.chain(policy.abstain.iter().map(|reason| reason.id.as_str()));
    let found = filled(answers.next().unwrap_or_default());
    match parts.iter().find(|(_, answer)| answer.label.is_none()) {
        Some((n, gap)) if !answers.all(|other| filled(other) == found) => Err((*n, gap)),
        Some(_) | None => Ok(found),
    }
}

/// The answer with the computed labels in place of the model's own.
fn computed(policy: &Policy, answer: Answer, own: String, labels: Vec<String>) -> Answer {
    let ids: Vec<&str> = labels.iter().map(String::as_str).collect();
    let label = policy.most_severe(&ids).unwrap_or(&own).to_owned();
    let same_set = policy.mode != Mode::Multi || policy.abstains(&label) || labels == answer.labels;
    if label == own && same_set {
        return Answer { own_label: Some(own), ..answer };
    }
    let set = policy.mode == Mode::Multi && !policy.abstains(&label);
    let Answer { outcome, label, .. } = labeled(policy, &label);
    Answer {
        outcome,
        labels: if set { labels } else { Vec::new() },
        label,
        own_label: Some(own),
        stated_confidence: None,
        label_probability: None,
        ..answer
    }
}

/// Returns the labels that these sets, one a component, make by the rule, in the policy's order; one in a policy of one
/// label a unit, none of none. An abstain reason stands alone.
///
/// *any* and *max-severity*: a violating component decides; without one, an abstain reason if a component has one.
/// *all*: an allowed component decides; without one, an abstain reason if a component has one.
fn by_rule<'l>(policy: &Policy, rule: Rollup, parts: &[Vec<&'l str>]) -> Vec<&'l str> {
    let abstains = |part: &&Vec<&'l str>| part.iter().any(|label| policy.abstains(label));
    let violates = |part: &&Vec<&'l str>| part.iter().any(|label| policy.violating(label));
    let abstained = parts.iter().find(abstains);
    let decided = || parts.iter().filter(|part| !abstains(part));
    let violating = || decided().filter(violates).flatten().copied().collect::<Vec<_>>();
    let allowed = || {
        let allowed = decided().filter(|part| !violates(part)).flatten().copied();
        allowed.collect::<Vec<_>>()
    };
    match (rule, abstained, violating(), allowed()) {
        (Rollup::Any, _, labels, _) if !labels.is_empty() => {
            let all = decided().flatten().copied().collect();
            set(policy, all)
        }
        (Rollup::MaxSeverity, _, labels, _) if !labels.is_empty() => {
            let greatest = labels.iter().map(|label| policy.severity(label)).max().flatten();
            set(policy, labels.into_iter().filter(|id| policy.severity(id) == greatest).collect())
        }
        (Rollup::All, _, _, labels) if !labels.is_empty() => set(policy, labels),
        (_, Some(reason), _, _) => reason.clone(),
        (Rollup::Any | Rollup::MaxSeverity, None, _, labels) => set(policy, labels),
        (Rollup::All, None, labels, _) => {
            let shared = labels.iter().filter(|id| parts.iter().all(|part| part.contains(id)));
            let shared: Vec<&str> = shared.copied().collect();
            set(
                policy,
                if shared.is_empty() || policy.mode != Mode::Multi { labels } else { shared },
            )
        }
    }
}

/// Makes a set of labels what a unit may have: in the policy's order, the default only alone, one where one applies.
fn set<'l>(policy: &Policy, labels: Vec<&'l str>) -> Vec<&'l str> {
    if policy.mode != Mode::Multi {
        return policy.most_severe(&labels).into_iter().collect();
    }
    let named = |default: bool| {
        let known = policy.labels.iter().filter(move |label| label.default == default);
        known.filter_map(|label| labels.iter().copied().find(|id| *id == label.id))
    };
    let others: Vec<&str> = named(false).collect();
    if others.is_empty() { named(true).collect() } else { others }
}

/// The numbers of the unit's judged components, from 1.
fn judged(policy: &Policy, unit: &Unit) -> Vec<usize> {
    let context = |role: &str| {
        policy.components.iter().any(|rule| rule.role == role && rule.judge == Judging::Context)
    };
    let numbers = unit.components.iter().enumerate();
    numbers.filter(|(_, component)| !context(&component.role)).map(|(at, _)| at + 1).collect()
}
