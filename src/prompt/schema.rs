//! The output schema of a prompt, in the subset every endpoint takes: closed objects, all required, enums.

use super::settings::AnswerSettings;
use crate::policy::Policy;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Returns the name an endpoint is told for the schema: `titer_<policy>` or `titer_unified`.
pub(super) fn name(policies: &[impl AsRef<Policy>]) -> String {
    match policies {
        [only] => format!("titer_{}", only.as_ref().id),
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

/// The answer under one policy. Names are in alphabetical order, because some servers emit keys that way
/// and the reason must come before the label.
fn one(policy: &Policy, settings: AnswerSettings) -> Value {
    let mut properties = Vec::new();
    if settings.rationale_words > 0 {
        properties.push(("because".to_owned(), json!({"type": "string"})));
    }
    if !policy.checks.is_empty() {
        let answer = json!({"type": "string", "enum": ["yes", "no", "unknown"]});
        let checks = policy.checks.iter().map(|check| (check.id.clone(), answer.clone()));
        properties.push(("checks".to_owned(), closed(checks)));
    }
    if !policy.rule_ids().is_empty() {
        properties.push(("criteria".to_owned(), criteria(policy)));
    }
    let labels = policy.labels.iter().map(|label| label.id.as_str());
    let answers: Vec<&str> =
        labels.chain(policy.abstain.iter().map(|reason| reason.id.as_str())).collect();
    properties.push(("label".to_owned(), json!({"type": "string", "enum": answers})));
    if settings.confidence {
        properties.push(("stated_confidence".to_owned(), json!({"type": "number"})));
    }
    closed(properties)
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
