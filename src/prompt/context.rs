//! The variables a template sees: the only view of a policy that can reach a model.

use super::fence;
use super::settings::AnswerSettings;
use super::settings::PromptSettings;
use crate::policy::ComponentRule;
use crate::policy::Criterion;
use crate::policy::Example;
use crate::policy::Judging;
use crate::policy::Label;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Unit;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// The variables of the static part.
pub(super) fn system(
    policies: &[impl AsRef<Policy>],
    settings: &PromptSettings,
    schema: &Value,
) -> Value {
    let views: Vec<Value> =
        policies.iter().map(|policy| policy_view(policy.as_ref(), settings.answer)).collect();
    let any = |has: fn(&Policy) -> bool| policies.iter().any(|policy| has(policy.as_ref()));
    json!({
        "part": "system",
        "policies": views,
        "any_checks": any(|policy| !policy.checks.is_empty()),
        "any_rules": any(|policy| !policy.rule_ids().is_empty()),
        "any_abstain": any(|policy| !policy.abstain.is_empty()),
        "rung": settings.rung.name(),
        "schema": schema.to_string(),
        "answer": {
            "rationale_words": settings.answer.rationale_words,
            "confidence": settings.answer.confidence,
        },
    })
}

/// The variables of the part that differs from unit to unit.
pub(super) fn unit(policies: &[impl AsRef<Policy>], unit: &Unit) -> Value {
    let shown = |(at, component): (usize, &Component)| {
        let context = policies.iter().all(|policy| read_only(policy.as_ref(), &component.role));
        json!({
            "n": at + 1, "role": component.role, "context": context,
            "text": fence::escape(body(component)),
        })
    };
    let components: Vec<Value> = unit.components.iter().enumerate().map(shown).collect();
    let named: Vec<String> =
        policies.iter().map(|policy| format!("`{}`", policy.as_ref().id)).collect();
    let policies_named = match named.as_slice() {
        [only] => format!("the policy {only}"),
        _ => format!("each of the policies {}", named.join(", ")),
    };
    json!({
        "part": "unit", "nonce": fence::nonce(unit),
        "components": components, "policies_named": policies_named,
    })
}

fn read_only(policy: &Policy, role: &str) -> bool {
    let rule = policy.components.iter().find(|rule| rule.role == role);
    rule.is_some_and(|rule| rule.judge == Judging::Context)
}

fn body(component: &Component) -> &str {
    match &component.content {
        Content::Text(text) | Content::Image(text) => text,
    }
}

fn policy_view(policy: &Policy, answer: AnswerSettings) -> Value {
    let list = |values: Vec<Value>| Value::Array(values);
    let exceptions = policy.exceptions.iter().map(|exception| {
        json!({
            "id": exception.id, "when": exception.when,
            "then": exception.then, "unless": exception.unless,
        })
    });
    let terms = policy.terms.iter().map(|term| json!({"id": term.id, "text": term.text}));
    let reasons = policy.abstain.iter().map(|reason| json!({"id": reason.id, "text": reason.text}));
    let checks =
        policy.checks.iter().map(|check| json!({"id": check.id, "question": check.question}));
    let cites = !policy.rule_ids().is_empty();
    let examples = policy.examples.iter().map(|example| example_view(example, answer, cites));
    json!({
        "id": policy.id,
        "title": policy.title,
        "scope": policy.scope,
        "terms": list(terms.collect()),
        "interpretation": policy.interpretation,
        "components": list(policy.components.iter().map(component_view).collect()),
        "labels": list(policy.labels.iter().map(label_view).collect()),
        "ordinal": policy.mode == Mode::Ordinal,
        "exceptions": list(exceptions.collect()),
        "precedence": policy.precedence,
        "abstain": list(reasons.collect()),
        "checks": list(checks.collect()),
        "examples": list(examples.collect()),
    })
}

fn label_view(label: &Label) -> Value {
    let criteria = |list: &[Criterion]| -> Vec<Value> {
        list.iter().map(|criterion| json!({"id": criterion.id, "text": criterion.text})).collect()
    };
    json!({
        "id": label.id, "definition": label.definition, "default": label.default,
        "includes": criteria(&label.includes), "excludes": criteria(&label.excludes),
    })
}

fn component_view(rule: &ComponentRule) -> Value {
    let modality = rule.modality.name();
    json!({"role": rule.role, "modality": modality, "context": rule.judge == Judging::Context})
}

/// An example with its answer in the form that is asked for. Checks and confidence are left out: what its
/// author did not decide must not be taught.
fn example_view(example: &Example, settings: AnswerSettings, cites: bool) -> Value {
    let mut answer = Map::new();
    if settings.rationale_words > 0 {
        let because = example.because.as_deref().unwrap_or_default().trim();
        answer.insert("because".to_owned(), because.into());
    }
    if cites {
        answer.insert("criteria".to_owned(), example.criteria.clone().into());
    }
    answer.insert("label".to_owned(), example.label.clone().into());
    let parts = example.components.iter();
    let parts: Vec<Value> =
        parts.map(|part| json!({"role": part.role, "text": body(part)})).collect();
    json!({"components": parts, "answer": Value::Object(answer).to_string()})
}
