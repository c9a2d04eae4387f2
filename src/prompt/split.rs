//! The questions a prompt is split into: what each of its calls is asked about.

use super::Calls;
use super::Dialect;
use super::Feature;
use super::PromptSettings;
use super::fit;
use crate::policy::Example;
use crate::policy::Label;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Unit;
use std::sync::Arc;

/// The policies one question is about, as they are put to the model.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) policies: Vec<Arc<Policy>>,
    /// The label it asks about, where each label has a question of its own.
    pub(super) label: Option<String>,
}

/// Returns whether each judged component of a unit has calls of its own.
pub(super) fn by_component(policies: &[Arc<Policy>], settings: &PromptSettings) -> bool {
    settings.calls == Calls::PerComponent && policies.iter().any(|policy| policy.rollup.is_some())
}

/// Returns the questions in the order they are asked; one where nothing is split.
pub(super) fn asked(policies: &[Arc<Policy>], settings: &PromptSettings) -> Vec<Asked> {
    let policies: Vec<Arc<Policy>> = if by_component(policies, settings) {
        policies.iter().map(|policy| Arc::new(of_component(policy))).collect()
    } else {
        policies.to_vec()
    };
    match policies.as_slice() {
        [only] if by_label(only, settings.dialect) => violating(only)
            .map(|label| Asked {
                policies: vec![Arc::new(of_label(only, label))],
                label: Some(label.id.clone()),
            })
            .collect(),
        _ => vec![Asked { policies, label: None }],
    }
}

/// Returns the units that the calls for one policy show: every component that is only read, and one judged one,
/// each with the place of the judged one in the whole unit, from 1.
#[must_use]
pub fn component_units(policy: &Policy, unit: &Unit) -> Vec<(usize, Unit)> {
    let judged = |component: &Component| !fit::read_only(policy, &component.role);
    let places = unit.components.iter().enumerate().filter(|(_, component)| judged(component));
    let alone = |place: usize| {
        let parts = unit.components.iter().enumerate();
        let kept = parts.filter(|(at, component)| *at == place || !judged(component));
        let components = kept.map(|(_, component)| component.clone()).collect();
        Unit { components, ..unit.clone() }
    };
    places.map(|(place, _)| (place + 1, alone(place))).collect()
}

fn by_label(policy: &Policy, dialect: Dialect) -> bool {
    let splits = dialect.splits(Feature::SeveralLabels) && !dialect.carries(Feature::SeveralLabels);
    splits && violating(policy).count() > 1
}

fn violating(policy: &Policy) -> impl Iterator<Item = &Label> {
    policy.labels.iter().filter(|label| label.severity > 0)
}

/// The policy as it is asked about one component: an example of a unit with several judged components does not say
/// what the label of each of them is, and is left out.
fn of_component(policy: &Policy) -> Policy {
    let one_judged = |example: &&Example| {
        let judged = example.components.iter().filter(|part| !fit::read_only(policy, &part.role));
        judged.count() == 1
    };
    Policy {
        rollup: None,
        examples: policy.examples.iter().filter(one_judged).cloned().collect(),
        ..policy.clone()
    }
}

/// The policy as it is asked about one violating label: yes is that label, no the default.
///
/// Other violating labels and their criteria are not part of the question, so an exception that leads to one of them
/// is a no here. An example of a label that would outrank this one says nothing about it, and is left out.
fn of_label(policy: &Policy, label: &Label) -> Policy {
    let allowed = |other: &&Label| other.severity == 0 || other.id == label.id;
    let mut asked = Policy {
        mode: Mode::Single,
        labels: policy.labels.iter().filter(allowed).cloned().collect(),
        examples: policy.examples.iter().filter(|it| decides(policy, label, it)).cloned().collect(),
        ..policy.clone()
    };
    let default = policy.default_label().map_or_else(String::new, |default| default.id.clone());
    for exception in &mut asked.exceptions {
        if exception.then != label.id {
            exception.then.clone_from(&default);
        }
    }
    let shown: Vec<String> = asked.rule_ids().into_iter().map(str::to_owned).collect();
    asked.precedence.retain(|id| shown.contains(id));
    asked
}

/// Whether an example's label says if this label applies too.
fn decides(policy: &Policy, label: &Label, example: &Example) -> bool {
    let other = &example.label;
    *other == label.id
        || !policy.violating(other)
        || policy.mode == Mode::Multi
        || policy.most_severe(&[other.as_str(), label.id.as_str()]) == Some(label.id.as_str())
}
