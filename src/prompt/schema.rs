//! The output schema of a prompt, in the subset every endpoint takes: closed objects, all required, enums.

use super::AnswerSettings;
use crate::policy::Mode;
use crate::policy::Policy;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Most characters endpoints take in the name of a schema.
const LONGEST_NAME: usize = 64;

/// Returns the name an endpoint is told for the schema: `titer_<policy>` or `titer_unified`.
pub(super) fn name(policies: &[impl AsRef<Policy>]) -> String {
    match policies {
        [only] => format!("titer_{}", only.as_ref().id).chars().take(LONGEST_NAME).collect(),
        _ => "titer_unified".to_owned(),
    }
}

/// Returns the schema of a whole answer: one object, or one property a policy.
pub(super) fn answer(policies: &[impl AsRef<Policy>], settings: AnswerSettings) -> Value {
    match policies {
        [only] => one(only.as_ref(), settings),
        _ => closed(policies.iter().map(|policy| {
            let policy = policy.as_ref();
            (policy.id.clone(), one(policy, settings))
        })),
    }
}

/// Returns the names of the properties of an answer under one policy, in order.
pub(super) fn properties(policy: &Policy, settings: AnswerSettings) -> Vec<String> {
    fields(policy, settings).into_iter().map(|(name, _)| name).collect()
}

fn one(policy: &Policy, settings: AnswerSettings) -> Value {
    closed(fields(policy, settings))
}

/// The answer under one policy. Names are in alphabetical order, because some servers emit keys that way
/// and the reason must come before the label.
fn fields(policy: &Policy, settings: AnswerSettings) -> Vec<(String, Value)> {
    let mut fields = Vec::new();
    let mut field = |name: &str, schema: Value| fields.push((name.to_owned(), schema));
    if settings.rationale_words > 0 {
        field("because", json!({"type": "string"}));
    }
    if !policy.checks.is_empty() {
        let answer = json!({"type": "string", "enum": ["yes", "no", "unknown"]});
        let checks = policy.checks.iter().map(|check| (check.id.clone(), answer.clone()));
        field("checks", closed(checks));
    }
    // A policy without rules can cite none, and an empty enum is not a valid schema.
    let criteria = (!policy.rule_ids().is_empty()).then(|| criteria(policy));
    if policy.rollup.is_some() {
        let cited = criteria.clone().map(|criteria| ("criteria".to_owned(), criteria));
        let label = ("label".to_owned(), labels(policy, settings));
        let n = ("n".to_owned(), json!({"type": "integer"}));
        let component = closed(cited.into_iter().chain([label, n]));
        field("components", json!({"type": "array", "items": component}));
    }
    if let Some(criteria) = criteria {
        field("criteria", criteria);
    }
    match policy.mode {
        Mode::Single | Mode::Ordinal => field("label", labels(policy, settings)),
        Mode::Multi => {
            field("labels", json!({"type": "array", "items": labels(policy, settings)}));
        }
    }
    if settings.confidence {
        field("stated_confidence", json!({"type": "number"}));
    }
    fields
}

fn labels(policy: &Policy, settings: AnswerSettings) -> Value {
    let reasons = policy.abstain.iter().filter(|_| settings.abstain);
    let labels = policy.labels.iter().map(|label| label.id.as_str());
    let answers: Vec<&str> = labels.chain(reasons.map(|reason| reason.id.as_str())).collect();
    json!({"type": "string", "enum": answers})
}

fn criteria(policy: &Policy) -> Value {
    json!({"type": "array", "items": {"type": "string", "enum": policy.rule_ids()}})
}

fn closed(properties: impl IntoIterator<Item = (String, Value)>) -> Value {
    let properties: Map<String, Value> = properties.into_iter().collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    })
}
