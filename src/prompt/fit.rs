//! Whether a dialect can carry what policies, settings and a unit ask of it.

use super::Calls;
use super::CompileError;
use super::Dialect;
use super::Feature;
use super::PromptSettings;
use super::Refusal;
use super::split::by_component;
use crate::policy::ComponentRule;
use crate::policy::Judging;
use crate::policy::Modality;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Unit;
use std::sync::Arc;

/// Refuses what would change the meaning of an answer if it were left out, all of it at once.
pub(super) fn check(
    policies: &[Arc<Policy>],
    settings: &PromptSettings,
) -> Result<(), CompileError> {
    let alone = by_component(policies, settings);
    let mut found = Vec::new();
    if policies.len() > 1 && (alone || !carries(settings, Feature::SeveralPolicies)) {
        let each = if alone { " about each component (`calls: per_component`)" } else { "" };
        let what = format!("{} policies in one call{each}", policies.len());
        found.push(Feature::SeveralPolicies.refused(None, what));
    }
    found.extend(each_refused(policies, settings));
    refuse(settings, found)
}

/// As [`check`], where policies that cannot share a call have one each.
pub(super) fn check_each(
    policies: &[Arc<Policy>],
    settings: &PromptSettings,
) -> Result<(), CompileError> {
    refuse(settings, each_refused(policies, settings))
}

fn refuse(settings: &PromptSettings, refusals: Vec<Refusal>) -> Result<(), CompileError> {
    if refusals.is_empty() {
        return Ok(());
    }
    Err(CompileError::Unfit { dialect: settings.dialect.name(), refusals })
}

/// What each policy asks for and the dialect cannot carry, and then what the settings ask for.
fn each_refused(policies: &[Arc<Policy>], settings: &PromptSettings) -> Vec<Refusal> {
    let answer = settings.answer;
    let of_policy = |policy: &Arc<Policy>| {
        let id = policy.id.clone();
        let refused = asked_by(policy, settings).filter(|(asked, _)| !carries(settings, *asked));
        refused.map(|(feature, what)| feature.refused(Some(id.clone()), what)).collect::<Vec<_>>()
    };
    let worded = (answer.rationale_words > 0).then_some(Feature::Rationale);
    let stated = answer.confidence.then_some(Feature::StatedConfidence);
    let of_settings = worded.into_iter().chain(stated);
    let of_settings = of_settings.filter(|feature| !carries(settings, *feature));
    policies
        .iter()
        .flat_map(of_policy)
        .chain(of_settings.map(|feature| feature.refused(None, feature.name().to_owned())))
        .collect()
}

/// Whether one call, or several whose answers are combined, carry it.
fn carries(settings: &PromptSettings, feature: Feature) -> bool {
    let dialect = settings.dialect;
    // Only a policy with a rollup asks for labels of components, and such a one is then asked about each alone.
    let by_calls = settings.calls == Calls::PerComponent && feature == Feature::ComponentLabels;
    dialect.carries(feature) || dialect.splits(feature) || by_calls
}

/// What a policy asks for that cannot be left out, with its words for the error.
fn asked_by<'p>(
    policy: &'p Policy,
    settings: &PromptSettings,
) -> impl Iterator<Item = (Feature, String)> + 'p {
    let severe = |label: &&crate::policy::Label| label.severity > 0;
    let violating: Vec<&str> =
        policy.labels.iter().filter(severe).map(|label| label.id.as_str()).collect();
    let allowed = policy.labels.len() - violating.len();
    let abstain = settings.answer.abstain && !policy.abstain.is_empty();
    let labels = format!("{} violating labels ({})", violating.len(), violating.join(", "));
    [
        (violating.len() > 1).then_some((Feature::SeveralLabels, labels)),
        (allowed > 1)
            .then_some((Feature::AllowedLabels, format!("{allowed} labels of severity 0"))),
        (policy.mode == Mode::Multi)
            .then_some((Feature::LabelSets, "several labels at once (`mode: multi`)".to_owned())),
        policy.rollup.map(|_| {
            (Feature::ComponentLabels, "a label for each component (`rollup`)".to_owned())
        }),
        abstain.then_some((Feature::Abstain, "abstain reasons".to_owned())),
        required_image(policy).map(|role| {
            (Feature::Images, format!("an image in every unit (the required component `{role}`)"))
        }),
    ]
    .into_iter()
    .flatten()
}

/// The role of an image that no unit lacks.
fn required_image(policy: &Policy) -> Option<&str> {
    let image = |rule: &&ComponentRule| rule.required && rule.modality == Modality::Image;
    policy.components.iter().find(image).map(|rule| rule.role.as_str())
}

/// Returns what the policies hold and the dialect leaves out without changing what a label means.
pub(super) fn left_out(policies: &[impl AsRef<Policy>], dialect: Dialect) -> Vec<Feature> {
    let any = |has: fn(&Policy) -> bool| policies.iter().any(|policy| has(policy.as_ref()));
    [
        (Feature::Checks, any(|policy| !policy.checks.is_empty())),
        (Feature::Criteria, any(|policy| !policy.rule_ids().is_empty())),
        (Feature::Examples, any(|policy| !policy.examples.is_empty())),
    ]
    .into_iter()
    .filter(|(feature, used)| *used && !dialect.carries(*feature))
    .map(|(feature, _)| feature)
    .collect()
}

/// Refuses a unit whose parts the dialect cannot show or judge.
pub(super) fn check_unit(
    policies: &[impl AsRef<Policy>],
    dialect: Dialect,
    unit: &Unit,
) -> Result<(), CompileError> {
    let carries = |feature| dialect.carries(feature);
    for Component { role, content } in &unit.components {
        let Content::Image(reference) = content else { continue };
        if !carries(Feature::Images) {
            let what = format!("the image `{role}` of unit `{}`", unit.id);
            return Err(dialect.refuses(Feature::Images, what));
        }
        if !reference.starts_with("data:image/") && !reference.starts_with("https://") {
            return Err(CompileError::ImageReference { unit: unit.id.clone(), role: role.clone() });
        }
    }
    let judged = |component: &&Component| {
        policies.iter().any(|policy| !read_only(policy.as_ref(), &component.role))
    };
    let (count, last) = (unit.components.iter().filter(judged).count(), unit.components.last());
    let last_judged = last.as_ref().is_some_and(judged);
    if carries(Feature::SeveralJudged) || count == 1 && last_judged {
        return Ok(());
    }
    let what = format!(
        "unit `{}`, in which the last component is not the only one that is judged",
        unit.id
    );
    Err(dialect.refuses(Feature::SeveralJudged, what))
}

/// Returns whether the policy only reads components of that role.
pub(super) fn read_only(policy: &Policy, role: &str) -> bool {
    let rule = policy.components.iter().find(|rule| rule.role == role);
    rule.is_some_and(|rule| rule.judge == Judging::Context)
}
