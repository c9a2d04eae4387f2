//! A form filled in for one unit.

use crate::llm::simulate::Nonce;
use crate::llm::simulate::RightAnswer;
use crate::llm::simulate::Simulation;
use crate::llm::simulate::draw::Draws;
use crate::llm::simulate::form::Field;
use crate::llm::simulate::form::Form;
use crate::llm::simulate::form::Part;
use crate::llm::simulate::form::Question;
use serde_json::Map;
use serde_json::Value;

/// What stands where a text is asked for.
const TEXT: &str = "simulated";

/// What the simulated model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// The content of its message.
    Content(String),
    /// The refusal of its message, without content.
    Refusal(&'static str),
    /// The settings do not fit the request: what is wrong.
    Misfit(String),
}

/// Fills in a form for the unit behind a nonce.
pub(super) fn answer(form: &Form, simulation: &Simulation, nonce: Nonce) -> Said {
    if declines(form, simulation, nonce) {
        return Said::Refusal("I cannot help with that.");
    }
    let fill = |question: &Question| {
        let draws = draws(simulation, nonce, &question.policy);
        let label = choose(question, simulation, draws);
        let mut answer = group(&question.fields, Some(label), draws);
        let right = right(question, simulation, nonce).filter(|right| right.label == label);
        if let (Some(right), Some(cited)) = (right, answer.get_mut("criteria")) {
            *cited = right.criteria.clone().into();
        }
        Value::Object(answer)
    };
    let content = match form {
        Form::Misfit(problem) => return Said::Misfit(problem.clone()),
        Form::Sentence => return Said::Content("This is a simulated reply.".to_owned()),
        Form::One(question) => fill(question),
        Form::Other(field) => value(field, "", None, draws(simulation, nonce, "")),
        Form::Several(parts) => parts
            .iter()
            .map(|(name, part)| {
                let value = match part {
                    Part::Answer(question) => fill(question),
                    Part::Other(field) => value(field, name, None, draws(simulation, nonce, "")),
                };
                (name.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
    };
    Said::Content(content.to_string())
}

/// Whether there is no answer, which the first question decides for all.
fn declines(form: &Form, simulation: &Simulation, nonce: Nonce) -> bool {
    first_question(form).is_some_and(|question| {
        let policy = question.policy.as_str();
        draws(simulation, nonce, policy).share("no answer") < simulation.behaviour(policy).no_answer
    })
}

fn draws<'p>(simulation: &Simulation, nonce: Nonce, policy: &'p str) -> Draws<'p> {
    Draws { seed: simulation.seed, nonce, policy }
}

fn first_question(form: &Form) -> Option<&Question> {
    match form {
        Form::One(question) => Some(question),
        Form::Several(parts) => parts.iter().find_map(|(_, part)| match part {
            Part::Answer(question) => Some(question),
            Part::Other(_) => None,
        }),
        Form::Sentence | Form::Other(_) | Form::Misfit(_) => None,
    }
}

/// The answer a labeler without errors gives, where it is known and the schema takes it.
fn right<'s>(
    question: &Question,
    simulation: &'s Simulation,
    nonce: Nonce,
) -> Option<&'s RightAnswer> {
    let right = simulation.answers.get(&nonce)?.get(&question.policy)?;
    question.labels.contains(&right.label).then_some(right)
}

/// The label by the unit's truth and the labeler's errors.
fn choose<'a>(question: &'a Question, simulation: &'a Simulation, draws: Draws<'_>) -> &'a str {
    let behaviour = simulation.behaviour(&question.policy);
    let drawn = draws.share("answer");
    let violating = simulation.violating(draws.nonce, &question.policy);
    let positive =
        if violating { drawn < behaviour.sensitivity } else { drawn >= behaviour.specificity };
    if let Some(right) = right(question, simulation, draws.nonce).filter(|_| positive == violating)
    {
        return &right.label;
    }
    let violating = draws.one_of(&question.positive, "label").filter(|_| positive);
    violating.unwrap_or(&question.negative)
}

fn group(fields: &[(String, Field)], label: Option<&str>, draws: Draws<'_>) -> Map<String, Value> {
    fields.iter().map(|(name, field)| (name.clone(), value(field, name, label, draws))).collect()
}

/// Fills in one field; `name` keeps the draws of different fields apart.
fn value(field: &Field, name: &str, label: Option<&str>, draws: Draws<'_>) -> Value {
    match field {
        Field::Label => label.unwrap_or_default().into(),
        Field::Fixed(value) => value.clone(),
        Field::Text { longest } => TEXT.chars().take(*longest).collect::<String>().into(),
        Field::Number { low, high } => {
            let drawn = low + draws.share(name) * (high - low);
            // Two digits, as a model would write it, and never out of range by rounding.
            ((drawn * 100.0).round() / 100.0).clamp(*low, high.max(*low)).into()
        }
        Field::Whole { low, high } => {
            let span = high.saturating_sub(*low).max(0) as f64 + 1.0;
            low.saturating_add((draws.share(name) * span) as i64).into()
        }
        Field::Cited { ids, required } => cited(ids, *required, label, draws),
        Field::List { item } => {
            item.iter().map(|item| value(item, name, label, draws)).collect::<Vec<_>>().into()
        }
        Field::Group(fields) => group(fields, label, draws).into(),
    }
}

/// One id that belongs to the label, `label.something`; without any, none, or the first if it must be.
fn cited(ids: &[String], required: bool, label: Option<&str>, draws: Draws<'_>) -> Value {
    let belongs = |id: &&String| {
        label.is_some_and(|label| id.strip_prefix(label).is_some_and(|rest| rest.starts_with('.')))
    };
    let own: Vec<_> = ids.iter().filter(belongs).collect();
    let chosen = draws.one_of(&own, "cited").copied();
    let chosen = chosen.or_else(|| ids.first().filter(|_| required));
    chosen.into_iter().map(|id| Value::from(id.as_str())).collect::<Vec<_>>().into()
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
