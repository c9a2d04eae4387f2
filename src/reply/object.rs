//! Reads an answer that is a JSON object: one for a policy, or one property a policy.

use super::Answer;
use super::ChatReply;
use super::ComponentAnswer;
use super::Outcome;
use super::OwnAnswer;
use super::json::first_object;
use super::probability;
use super::read::labeled;
use super::read::none;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::prompt::Question;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most characters of a label that is not one, in the reason.
const LONGEST_QUOTE: usize = 60;

/// Reads the first object of the reply; without one, says what is missing.
pub(super) fn read(reply: &ChatReply, question: &Question) -> Result<Vec<Answer>, &'static str> {
    let content = reply.content.as_deref().unwrap_or_default();
    let object = first_object(content).ok_or("the answer holds no JSON object")?;
    let mut answers: Vec<Answer> = match question.policies() {
        [only] => vec![answer(&object, only)],
        many => many.iter().map(|policy| answer_in(&object, policy)).collect(),
    };
    if !reply.tokens.is_empty() {
        let alone = question.policies().len() == 1;
        for (answer, policy) in answers.iter_mut().zip(question.policies()) {
            let property = (!alone).then_some(policy.id.as_str());
            answer.label_probability =
                answer.label.as_deref().filter(|_| policy.mode != Mode::Multi).and_then(|label| {
                    probability::of_label(&reply.tokens, property, policy, label)
                });
        }
    }
    Ok(answers)
}

fn answer_in(object: &Map<String, Value>, policy: &Policy) -> Answer {
    match object.get(&policy.id) {
        Some(Value::Object(inner)) => answer(inner, policy),
        Some(_) | None => {
            let because = format!("the answer has no object for policy `{}`", policy.id);
            none(policy, Outcome::Unparsable, &because)
        }
    }
}

fn answer(object: &Map<String, Value>, policy: &Policy) -> Answer {
    let found = match policy.mode {
        Mode::Single | Mode::Ordinal => one_label(object, policy),
        Mode::Multi => label_set(object, policy),
    };
    let answer = match found {
        Ok(answer) => answer,
        Err(because) => return none(policy, Outcome::Unparsable, &because),
    };
    let (components, wrong) = components(object, policy);
    let answer = Answer {
        criteria: known_rules(object, policy),
        checks: known_checks(object, policy),
        because: object.get("because").and_then(Value::as_str).map(str::to_owned),
        stated_confidence: object
            .get("stated_confidence")
            .and_then(Value::as_f64)
            .filter(|confidence| (0.0..=1.0).contains(confidence)),
        components,
        ..answer
    };
    match wrong {
        None => answer,
        Some(because) => Answer {
            own: OwnAnswer::of(&answer),
            components: answer.components,
            ..none(policy, Outcome::Unparsable, &because)
        },
    }
}

fn one_label(object: &Map<String, Value>, policy: &Policy) -> Result<Answer, String> {
    let label = object.get("label").and_then(Value::as_str);
    let label = label.ok_or_else(|| "the answer has no `label`".to_owned())?;
    if policy.answers(label) { Ok(labeled(policy, label)) } else { Err(unknown(label)) }
}

/// Reads all labels that apply, in the policy's order: an empty list is the default, the default beside
/// another label is dropped, and the most severe label speaks for the set.
fn label_set(object: &Map<String, Value>, policy: &Policy) -> Result<Answer, String> {
    let given = object.get("labels").and_then(Value::as_array);
    let given = given.ok_or_else(|| "the answer has no list `labels`".to_owned())?;
    let mut ids = Vec::new();
    for value in given {
        let id =
            value.as_str().ok_or_else(|| "`labels` holds something else than ids".to_owned())?;
        if !policy.answers(id) {
            return Err(unknown(id));
        }
        ids.push(id);
    }
    if let Some(reason) = ids.iter().find(|id| policy.abstains(id)) {
        return if ids.iter().all(|id| id == reason) {
            Ok(labeled(policy, reason))
        } else {
            Err(format!("the answer gives labels and `{reason}` together"))
        };
    }
    let ordered = policy.labels.iter().filter(|label| ids.contains(&label.id.as_str()));
    let mut labels: Vec<&str> =
        ordered.clone().filter(|label| !label.default).map(|label| label.id.as_str()).collect();
    if labels.is_empty() {
        labels.extend(policy.default_label().map(|label| label.id.as_str()));
    }
    let first = policy.most_severe(&labels).ok_or_else(|| "the answer has no label".to_owned())?;
    let labels = labels.iter().map(|id| (*id).to_owned()).collect();
    Ok(Answer { labels, ..labeled(policy, first) })
}

fn unknown(label: &str) -> String {
    let label: String = label.chars().take(LONGEST_QUOTE).collect();
    format!("`{label}` is not a label of the policy")
}

fn known_rules(object: &Map<String, Value>, policy: &Policy) -> Vec<String> {
    let rules = policy.rule_ids();
    let cited = object.get("criteria").and_then(Value::as_array).into_iter().flatten();
    let mut known: Vec<String> = Vec::new();
    for id in cited.filter_map(Value::as_str).filter(|id| rules.contains(id)) {
        if !known.iter().any(|before| before == id) {
            known.push(id.to_owned());
        }
    }
    known
}

fn known_checks(object: &Map<String, Value>, policy: &Policy) -> BTreeMap<String, String> {
    let answers = object.get("checks").and_then(Value::as_object);
    let answered = |id: &str| answers?.get(id)?.as_str();
    policy
        .checks
        .iter()
        .filter_map(|check| Some((check.id.clone(), answered(&check.id)?)))
        .filter(|(_, answer)| ["yes", "no", "unknown"].contains(answer))
        .map(|(id, answer)| (id, answer.to_owned()))
        .collect()
}

/// The labels of components by their number, and what is wrong with the first entry that is none.
fn components(
    object: &Map<String, Value>,
    policy: &Policy,
) -> (Vec<ComponentAnswer>, Option<String>) {
    let given = object.get("components").and_then(Value::as_array).into_iter().flatten();
    let (mut read, mut wrong) = (Vec::new(), None);
    for value in given.filter(|_| policy.rollup.is_some()) {
        match component(value, policy) {
            Ok(part) => read.push(part),
            Err(because) => wrong = wrong.or(Some(because)),
        }
    }
    (read, wrong)
}

fn component(value: &Value, policy: &Policy) -> Result<ComponentAnswer, String> {
    let n = value.get("n").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let n = n.ok_or_else(|| "an entry of `components` has no number `n`".to_owned())?;
    let label = value.get("label").and_then(Value::as_str);
    let label = label.ok_or_else(|| format!("component {n} has no label"))?;
    if !policy.answers(label) {
        return Err(format!("component {n}: {}", unknown(label)));
    }
    let criteria = value.as_object().map_or_else(Vec::new, |object| known_rules(object, policy));
    Ok(ComponentAnswer { n, label: label.to_owned(), labels: Vec::new(), criteria })
}
