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
use super::OwnAnswer;
use super::read::labeled;
use super::read::none;
use crate::policy::Judging;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::policy::Rollup;
use crate::unit::Unit;

/// Returns the answer with the unit's label computed from those of its judged components by the policy's rule.
/// What the model itself says about the unit stays beside it, in `own`. The answer's rules are those of the components
/// that have the computed label; the model's own reason and certainty stay the answer's only where its label is the
/// computed one.
///
/// An answer without a label, a policy without a rule and a unit without a judged component are left as they
/// are. When a judged component has no label or two, or a label names a component the unit does not have, nothing is
/// computed and the answer is unparsable: which label the unit has is not known.
pub(super) fn of_unit(policy: &Policy, unit: &Unit, answer: Answer) -> Answer {
    let (Some(rule), Some(own)) = (policy.rollup, OwnAnswer::of(&answer)) else { return answer };
    let judged = judged(policy, unit);
    if let Some(because) = mismatch(&answer.components, &judged, unit.components.len()) {
        let unparsable = none(policy, Outcome::Unparsable, &because);
        return Answer { components: answer.components, own: Some(own), ..unparsable };
    }
    let parts = answer.components.iter().filter(|part| judged.contains(&part.n));
    let sets: Vec<Vec<&str>> = parts.clone().map(|part| vec![part.label.as_str()]).collect();
    let labels = by_rule(policy, rule, &sets);
    if labels.is_empty() {
        return answer;
    }
    let deciding = parts.filter(|part| labels.contains(&part.label.as_str()));
    let criteria = cited(deciding.map(|part| &part.criteria));
    let labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
    computed(policy, Answer { criteria, ..answer }, own, labels)
}

/// Why these labels are not one for each judged component of a unit of `all`, if they are not.
fn mismatch(parts: &[ComponentAnswer], judged: &[usize], all: usize) -> Option<String> {
    if let Some(part) = parts.iter().find(|part| part.n == 0 || all < part.n) {
        return Some(format!("the answer labels component {} of a unit of {all}", part.n));
    }
    judged.iter().find_map(|n| match parts.iter().filter(|part| part.n == *n).count() {
        1 => None,
        0 => Some(format!("component {n} has no label, so the unit has none")),
        _ => Some(format!("component {n} has several labels, so the unit has none")),
    })
}

/// All of these rules, each once.
fn cited<'a>(lists: impl Iterator<Item = &'a Vec<String>>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for id in lists.flatten() {
        if !all.contains(id) {
            all.push(id.clone());
        }
    }
    all
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
    let deciding = parts.iter().map(|(_, answer)| answer).filter(|answer| has(answer));
    let first = deciding.clone().next();
    let criteria = cited(deciding.map(|answer| &answer.criteria));
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
fn computed(policy: &Policy, answer: Answer, own: OwnAnswer, labels: Vec<String>) -> Answer {
    let ids: Vec<&str> = labels.iter().map(String::as_str).collect();
    let label = policy.most_severe(&ids).unwrap_or(&own.label).to_owned();
    let set = policy.mode == Mode::Multi && !policy.abstains(&label);
    if label == own.label && (!set || labels == own.labels) {
        return Answer { own: Some(own), ..answer };
    }
    let Answer { outcome, label, .. } = labeled(policy, &label);
    Answer {
        outcome,
        labels: if set { labels } else { Vec::new() },
        label,
        own: Some(own),
        because: None,
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
