//! The answer to a request of several calls, made of the answers to each.
//!
//! A missing answer matters only where it could change the result: if every answer that could stand in its place makes
//! the same label, that label stands; else the unit ends as the missing answer did, and never as allowed.

use super::Answer;
use super::Outcome;
use super::read::labeled;
use super::read::none;
use super::rollup;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::prompt::Call;
use crate::prompt::CompiledPrompt;

/// Returns one answer for each policy of the prompt, from the answers to all calls of one unit, in their order.
///
/// A request of one call has that call's answers. Where each label has a question of its own, the label is the most
/// severe one answered yes, and the default when all are answered no; in `mode: multi` all that are answered yes. Where
/// each component has calls of its own, their labels are rolled up.
///
/// A label's probability is that of its own yes. That of the default is the least of the calls' probabilities of no: it
/// can be no more probable that all labels are absent than that the likeliest one is. Errors of one model on one unit
/// come together, so their product would be far too small.
#[must_use]
pub fn combine(prompt: &CompiledPrompt, calls: &[Call<'_>], said: Vec<Vec<Answer>>) -> Vec<Answer> {
    let (true, [policy]) = (prompt.is_split(), prompt.policies()) else {
        return said.into_iter().next().unwrap_or_default();
    };
    let mut answers = calls.iter().zip(said.into_iter().map(|said| said.into_iter().next()));
    let mut parts: Vec<(Option<usize>, Answer)> = Vec::new();
    loop {
        let group = answers.by_ref().take(prompt.questions().len());
        let group: Vec<_> = group.filter_map(|(call, said)| Some((call, said?))).collect();
        let Some((first, _)) = group.first() else { break };
        parts.push((first.component, of_questions(policy, group)));
    }
    let whole = parts.iter().any(|(component, _)| component.is_none());
    let answer = match policy.rollup {
        Some(rule) if !whole => {
            let parts = parts.into_iter().filter_map(|(n, answer)| Some((n?, answer)));
            rollup::of_parts(policy, rule, parts.collect())
        }
        Some(_) | None => parts.into_iter().next().map(|(_, answer)| answer),
    };
    let missing = || none(policy, Outcome::Unparsable, "no call has an answer");
    vec![answer.unwrap_or_else(missing)]
}

/// The answer about one unit or component, from the questions about it.
fn of_questions(policy: &Policy, group: Vec<(&Call<'_>, Answer)>) -> Answer {
    if let [(call, _)] = group.as_slice()
        && call.question.label().is_none()
    {
        return group.into_iter().next().map_or_else(
            || none(policy, Outcome::Unparsable, "no call has an answer"),
            |(_, answer)| answer,
        );
    }
    let asked: Vec<(&str, Answer)> = group
        .into_iter()
        .filter_map(|(call, answer)| Some((call.question.label()?, answer)))
        .collect();
    of_labels(policy, &asked)
}

/// The answer made of a yes or no for each violating label.
fn of_labels(policy: &Policy, asked: &[(&str, Answer)]) -> Answer {
    let yes: Vec<&str> = said_yes(asked, Gap::No);
    if chosen(policy, &yes) != chosen(policy, &said_yes(asked, Gap::Yes))
        && let Some((label, gap)) = asked.iter().find(|(_, answer)| answer.label.is_none())
    {
        let because = gap.because.as_deref().unwrap_or("there is no answer");
        return none(policy, gap.outcome, &format!("label `{label}`: {because}"));
    }
    let labels = chosen(policy, &yes);
    let own = |id: &str| {
        let (_, answer) = asked.iter().find(|(label, _)| *label == id)?;
        answer.label_probability
    };
    let Some(label) = policy.most_severe(&labels) else {
        return none(policy, Outcome::Unparsable, "the policy has no default label");
    };
    let probability = if yes.is_empty() {
        asked.iter().try_fold(1.0f64, |least, (_, no)| Some(least.min(no.label_probability?)))
    } else {
        own(label)
    };
    let set = labels.iter().filter(|_| policy.mode == Mode::Multi);
    Answer {
        labels: set.map(|id| (*id).to_owned()).collect(),
        label_probability: probability,
        ..labeled(policy, label)
    }
}

/// What a question without an answer is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Yes,
    No,
}

/// The labels answered yes.
fn said_yes<'l>(asked: &[(&'l str, Answer)], gap: Gap) -> Vec<&'l str> {
    let yes = |(label, answer): &&(&'l str, Answer)| match &answer.label {
        Some(said) => said == label,
        None => gap == Gap::Yes,
    };
    asked.iter().filter(yes).map(|(label, _)| *label).collect()
}

/// The labels of a unit to which these violating ones apply, in the policy's order.
fn chosen<'p>(policy: &'p Policy, yes: &[&str]) -> Vec<&'p str> {
    let ids = policy.labels.iter().map(|label| label.id.as_str());
    let named: Vec<&str> = ids.filter(|id| yes.contains(id)).collect();
    if named.is_empty() {
        return policy.default_label().map(|label| label.id.as_str()).into_iter().collect();
    }
    match policy.mode {
        Mode::Multi => named,
        Mode::Single | Mode::Ordinal => policy.most_severe(&named).into_iter().collect(),
    }
}
