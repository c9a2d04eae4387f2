//! A form filled in for one unit.

use crate::llm::simulate::Nonce;
use crate::llm::simulate::RightAnswer;
use crate::llm::simulate::Simulation;
use crate::llm::simulate::draw::Draws;
use crate::llm::simulate::form::Field;
use crate::llm::simulate::form::Form;
use crate::llm::simulate::form::Part;
use crate::llm::simulate::form::Question;
use crate::llm::simulate::form::Verdict;
use crate::llm::simulate::words::Binary;
use serde_json::Map;
use serde_json::Value;

/// What stands where a text is asked for.
const TEXT: &str = "simulated";

/// What the simulated model says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    /// The content of its message.
    Content(Spoken),
    /// The refusal of its message, without content.
    Refusal(&'static str),
    /// The settings do not fit the request: what is wrong.
    Misfit(String),
}

/// A text, and the places in it where the model could have said something else.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Spoken {
    pub(super) text: String,
    pub(super) choices: Vec<Choice>,
}

/// A place where the model chose.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// Where the chosen token starts.
    pub(super) start: usize,
    /// What could stand there, the chosen first, with probabilities that sum to 1.
    pub(super) tokens: Vec<(String, f64)>,
}

/// What a request shows of its unit: everything but its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) nonce: Nonce,
    /// The numbers of the components that are judged.
    pub(super) judged: Vec<usize>,
}

/// Fills in a form for a unit.
pub(super) fn answer(form: &Form, simulation: &Simulation, shown: &Shown) -> Said {
    let nonce = shown.nonce;
    if declines(form, simulation, nonce) {
        return Said::Refusal("I cannot help with that.");
    }
    let of = |policy| Filling { draws: draws(simulation, nonce, policy), shown, label: None };
    Said::Content(match form {
        Form::Misfit(problem) => return Said::Misfit(problem.clone()),
        Form::Sentence => plain("This is a simulated reply."),
        Form::Binary(binary) => {
            word(yes(binary, simulation, nonce), ["No", "Yes"], of(&binary.policy))
        }
        Form::Safety(verdicts) => safety(verdicts, simulation, shown),
        Form::One(question) => fill(question, simulation, shown),
        Form::Other(field) => plain(&value(field, "", of("")).to_string()),
        Form::Several(parts) => {
            let mut whole = Spoken::default();
            for (name, part) in parts {
                let before = if whole.text.is_empty() { '{' } else { ',' };
                whole.text.push_str(&format!("{before}{}:", Value::from(name.as_str())));
                whole.append(match part {
                    Part::Answer(question) => fill(question, simulation, shown),
                    Part::Other(field) => plain(&value(field, name, of("")).to_string()),
                });
            }
            whole.append(plain("}"));
            whole
        }
    })
}

impl Spoken {
    fn append(&mut self, more: Self) {
        let moved = self.text.len();
        let choices = more.choices.into_iter();
        self.choices.extend(choices.map(|it| Choice { start: moved + it.start, ..it }));
        self.text.push_str(&more.text);
    }
}

fn plain(text: &str) -> Spoken {
    Spoken { text: text.to_owned(), choices: Vec::new() }
}

/// Says one of two words.
fn word(second: bool, words: [&str; 2], filling: Filling<'_>) -> Spoken {
    let [first, other] = if second { [words[1], words[0]] } else { words };
    let sure = filling.sure();
    let tokens = vec![(first.to_owned(), sure), (other.to_owned(), 1.0 - sure)];
    Spoken { text: first.to_owned(), choices: vec![Choice { start: 0, tokens }] }
}

fn yes(binary: &Binary, simulation: &Simulation, nonce: Nonce) -> bool {
    let draws = draws(simulation, nonce, &binary.policy);
    if let Some(right) = right(simulation, draws) {
        return right.label == binary.label;
    }
    let labels = violating(simulation, &binary.policy, std::slice::from_ref(&binary.label));
    chosen(simulation, &labels, draws).is_some_and(|label| *label == binary.label)
}

/// `safe`, or `unsafe` and the codes of the chosen labels, one a policy.
fn safety(verdicts: &[Verdict], simulation: &Simulation, shown: &Shown) -> Spoken {
    let code = |verdict: &Verdict| {
        let draws = draws(simulation, shown.nonce, &verdict.policy);
        if let Some(right) = right(simulation, draws) {
            let listed = verdict.codes.iter().find(|(own, _)| *own == right.label);
            return listed.map(|(_, code)| code.clone());
        }
        let own: Vec<String> = verdict.codes.iter().map(|(label, _)| label.clone()).collect();
        let labels = violating(simulation, &verdict.policy, &own[..1.min(own.len())]);
        let label = chosen(simulation, &labels, draws)?;
        let listed = verdict.codes.iter().find(|(own, _)| own == label).or(verdict.codes.first());
        listed.map(|(_, code)| code.clone())
    };
    let codes: Vec<String> = verdicts.iter().filter_map(code).collect();
    let first = verdicts.first().map_or("", |verdict| verdict.policy.as_str());
    let draws = draws(simulation, shown.nonce, first);
    let filling = Filling { draws, shown, label: None };
    let mut said = word(!codes.is_empty(), ["safe", "unsafe"], filling);
    if !codes.is_empty() {
        said.append(plain(&format!("\n{}", codes.join(","))));
    }
    said
}

/// The labels a violating unit may get: as set, else these.
fn violating(simulation: &Simulation, policy: &str, others: &[String]) -> Vec<String> {
    let set = &simulation.behaviour(policy).positive;
    if set.is_empty() { others.to_vec() } else { set.clone() }
}

/// The answer under one policy, as JSON.
fn fill(question: &Question, simulation: &Simulation, shown: &Shown) -> Spoken {
    let draws = draws(simulation, shown.nonce, &question.policy);
    let label = choose(question, simulation, draws);
    let filling = Filling { draws, shown, label: Some(label) };
    let mut answer = group(&question.fields, filling);
    let right = right(simulation, draws).filter(|right| right.label == label);
    if let (Some(right), Some(cited)) = (right, answer.get_mut("criteria")) {
        *cited = right.criteria.clone().into();
    }
    let text = Value::Object(answer).to_string();
    let spelled = format!("{label}\"");
    let before = format!("\"label\":\"{spelled}");
    // The labels of components stand before that of the unit.
    let Some(at) = text.rfind(&before) else { return plain(&text) };
    let start = at + before.len() - spelled.len();
    let others: Vec<&String> = question.answers.iter().filter(|id| *id != label).collect();
    let sure = if others.is_empty() { 1.0 } else { filling.sure() };
    let rest = (1.0 - sure) / others.len().max(1) as f64;
    let mut tokens = vec![(spelled, sure)];
    tokens.extend(others.into_iter().map(|id| (format!("{id}\""), rest)));
    Spoken { text, choices: vec![Choice { start, tokens }] }
}

/// Whether there is no answer, which the first question decides for all.
fn declines(form: &Form, simulation: &Simulation, nonce: Nonce) -> bool {
    first_policy(form).is_some_and(|policy| {
        draws(simulation, nonce, policy).share("no answer") < simulation.behaviour(policy).no_answer
    })
}

fn draws<'p>(simulation: &Simulation, nonce: Nonce, policy: &'p str) -> Draws<'p> {
    Draws { seed: simulation.seed, nonce, policy }
}

fn first_policy(form: &Form) -> Option<&str> {
    match form {
        Form::One(question) => Some(&question.policy),
        Form::Binary(binary) => Some(&binary.policy),
        Form::Safety(verdicts) => verdicts.first().map(|verdict| verdict.policy.as_str()),
        Form::Several(parts) => parts.iter().find_map(|(_, part)| match part {
            Part::Answer(question) => Some(question.policy.as_str()),
            Part::Other(_) => None,
        }),
        Form::Sentence | Form::Other(_) | Form::Misfit(_) => None,
    }
}

/// What a field is filled in from.
#[derive(Debug, Clone, Copy)]
struct Filling<'a> {
    draws: Draws<'a>,
    shown: &'a Shown,
    label: Option<&'a str>,
}

impl Filling<'_> {
    /// How probable the model finds what it says: always the more probable of two.
    fn sure(self) -> f64 {
        0.5 + self.draws.share("probability") / 2.0
    }
}

/// The label by the unit's truth and the labeler's errors.
fn choose<'q>(question: &'q Question, simulation: &'q Simulation, draws: Draws<'_>) -> &'q str {
    let may_answer = |right: &&RightAnswer| question.answers.contains(&right.label);
    if let Some(right) = right(simulation, draws).filter(may_answer) {
        return &right.label;
    }
    let violating = chosen(simulation, &question.positive, draws);
    violating.unwrap_or(&question.negative)
}

/// The violating label by the unit's truth and the labeler's errors; `None` when it is called allowed. The same draws
/// decide in every dialect.
fn chosen<'l>(
    simulation: &Simulation,
    labels: &'l [String],
    draws: Draws<'_>,
) -> Option<&'l String> {
    draws.one_of(labels, "label").filter(|_| flagged(simulation, draws))
}

fn flagged(simulation: &Simulation, draws: Draws<'_>) -> bool {
    let behaviour = simulation.behaviour(draws.policy);
    let drawn = draws.share("answer");
    if simulation.violating(draws.nonce, draws.policy) {
        drawn < behaviour.sensitivity
    } else {
        drawn >= behaviour.specificity
    }
}

/// The answer without error, where it is known and the labeler errs not in this one.
fn right<'s>(simulation: &'s Simulation, draws: Draws<'_>) -> Option<&'s RightAnswer> {
    let right = simulation.answers.get(&draws.nonce)?.get(draws.policy)?;
    let errs = flagged(simulation, draws) != simulation.violating(draws.nonce, draws.policy);
    (!errs).then_some(right)
}

fn group(fields: &[(String, Field)], filling: Filling<'_>) -> Map<String, Value> {
    fields.iter().map(|(name, field)| (name.clone(), value(field, name, filling))).collect()
}

/// Fills in one field; `name` keeps the draws of different fields apart.
fn value(field: &Field, name: &str, filling: Filling<'_>) -> Value {
    let Filling { draws, shown, label } = filling;
    match field {
        Field::Label => label.unwrap_or_default().into(),
        Field::Labels => label.into_iter().map(Value::from).collect::<Vec<_>>().into(),
        Field::Components(fields) => {
            let one = |n: &usize| {
                let mut one = group(fields, filling);
                if let Some(place) = one.get_mut("n") {
                    *place = (*n).into();
                }
                Value::Object(one)
            };
            shown.judged.iter().map(one).collect::<Vec<_>>().into()
        }
        Field::Place => 0.into(),
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
            item.iter().map(|item| value(item, name, filling)).collect::<Vec<_>>().into()
        }
        Field::Group(fields) => group(fields, filling).into(),
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
