//! Decides what a reply says about each policy it was asked about.

use super::Answer;
use super::ChatReply;
use super::Finish;
use super::Outcome;
use super::json::first_object;
use crate::policy::Policy;
use crate::prompt::CompiledPrompt;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a refusal in plain text begins, in lower case.
const REFUSALS: [&str; 8] = [
    "i'm sorry",
    "i’m sorry",
    "sorry,",
    "i can't",
    "i can’t",
    "i cannot",
    "i am unable",
    "i won't",
];

/// Returns one answer for each policy of the prompt, in its order.
///
/// Only the label must be there and known; cited rules the policy does not have are dropped, and a missing
/// reason, check or confidence is left out. What is not a label is an outcome of its own, never a default.
#[must_use]
pub fn read(reply: &ChatReply, prompt: &CompiledPrompt) -> Vec<Answer> {
    if let Some(refusal) = &reply.refusal {
        return unanswered(prompt, Outcome::Refusal, refusal);
    }
    let content = reply.content.as_deref().unwrap_or_default();
    let Some(object) = first_object(content) else {
        let (outcome, because) = without_object(reply, content);
        return unanswered(prompt, outcome, &because);
    };
    match prompt.policies() {
        [only] => vec![answer(&object, only)],
        many => many.iter().map(|policy| answer_in(&object, policy)).collect(),
    }
}

/// Returns the same outcome for each policy of the prompt, with its reason.
#[must_use]
pub fn unanswered(prompt: &CompiledPrompt, outcome: Outcome, because: &str) -> Vec<Answer> {
    prompt.policies().iter().map(|policy| none(policy, outcome, because)).collect()
}

fn without_object(reply: &ChatReply, content: &str) -> (Outcome, String) {
    let text = content.trim();
    let start = text.chars().take(40).collect::<String>().to_lowercase();
    match reply.finish {
        Finish::ContentFilter => {
            (Outcome::Filtered, "the provider's filter stopped the answer".to_owned())
        }
        Finish::Length => {
            (Outcome::Truncated, "the answer was cut off by its token limit".to_owned())
        }
        Finish::Stop if REFUSALS.iter().any(|refusal| start.starts_with(refusal)) => {
            (Outcome::Refusal, text.to_owned())
        }
        Finish::Stop if text.is_empty() => (Outcome::Unparsable, "the answer is empty".to_owned()),
        Finish::Stop => (Outcome::Unparsable, "the answer holds no JSON object".to_owned()),
    }
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
    let Some(label) = object.get("label").and_then(Value::as_str) else {
        return none(policy, Outcome::Unparsable, "the answer has no `label`");
    };
    let outcome = if policy.label(label).is_some() {
        Outcome::Label
    } else if policy.abstains(label) {
        Outcome::Abstain
    } else {
        let label: String = label.chars().take(60).collect();
        let because = format!("`{label}` is not a label of the policy");
        return none(policy, Outcome::Unparsable, &because);
    };
    Answer {
        policy: policy.id.clone(),
        outcome,
        label: Some(label.to_owned()),
        criteria: known_rules(object, policy),
        checks: known_checks(object, policy),
        because: object.get("because").and_then(Value::as_str).map(str::to_owned),
        stated_confidence: object
            .get("stated_confidence")
            .and_then(Value::as_f64)
            .filter(|confidence| (0.0..=1.0).contains(confidence)),
        label_probability: None,
    }
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

fn none(policy: &Policy, outcome: Outcome, because: &str) -> Answer {
    Answer {
        policy: policy.id.clone(),
        outcome,
        label: None,
        criteria: Vec::new(),
        checks: BTreeMap::new(),
        because: Some(because.to_owned()).filter(|because| !because.is_empty()),
        stated_confidence: None,
        label_probability: None,
    }
}
