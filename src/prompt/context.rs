//! The variables a template sees: the only view of policies that can reach a model.

use super::AnswerSettings;
use super::PromptSettings;
use super::codes;
use super::codes::Code;
use super::fence;
use super::schema;
use crate::policy::ComponentRule;
use crate::policy::Criterion;
use crate::policy::Example;
use crate::policy::Judging;
use crate::policy::Label;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::policy::Term;
use crate::unit::Content;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// What the static part is made of beside the policies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) settings: &'a PromptSettings,
    pub(super) schema: &'a Value,
    pub(super) codes: &'a [Code],
    /// Who speaks last, where the dialect writes turns.
    pub(super) turn: &'a str,
}

/// The variables of the static part.
pub(super) fn system(policies: &[impl AsRef<Policy>], frame: &Frame<'_>) -> Value {
    let answer = frame.settings.answer;
    let shared = shared_terms(policies);
    let view = |policy: &Policy| policy_view(policy, answer, &shared);
    let views: Vec<Value> = policies.iter().map(|policy| view(policy.as_ref())).collect();
    let any = |has: fn(&Policy) -> bool| policies.iter().any(|policy| has(policy.as_ref()));
    json!({
        "part": "system",
        "policies": views,
        "shared_terms": shared.iter().map(|term| term_view(term)).collect::<Vec<_>>(),
        "categories": codes::categories(policies, frame.codes),
        "turn": frame.turn,
        "any_checks": any(|policy| !policy.checks.is_empty()),
        "any_rules": any(|policy| !policy.rule_ids().is_empty()),
        "any_components": any(|policy| policy.rollup.is_some()),
        "any_abstain": answer.abstain && any(|policy| !policy.abstain.is_empty()),
        "rung": frame.settings.rung.name(),
        "schema": frame.schema.to_string(),
        "answer": {
            "rationale_words": answer.rationale_words,
            "confidence": answer.confidence,
            "single": any(|policy| policy.mode != Mode::Multi),
            "multi": any(|policy| policy.mode == Mode::Multi),
        },
    })
}

/// Names the policies as the unit's part speaks of them.
pub(super) fn policies_named(policies: &[impl AsRef<Policy>]) -> String {
    let named: Vec<String> =
        policies.iter().map(|policy| format!("`{}`", policy.as_ref().id)).collect();
    match named.as_slice() {
        [only] => format!("the policy {only}"),
        _ => format!("each of the policies {}", named.join(", ")),
    }
}

/// Says what the answer's properties are, for the rule that stands last.
pub(super) fn shape(policies: &[impl AsRef<Policy>], answer: AnswerSettings) -> String {
    let quoted = |names: Vec<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    match policies {
        [only] => {
            let names = quoted(schema::properties(only.as_ref(), answer));
            format!("the properties {names}, in this order")
        }
        _ => {
            let ids = policies.iter().map(|policy| policy.as_ref().id.clone()).collect();
            format!("one property for each policy: {}", quoted(ids))
        }
    }
}

/// Terms that several policies define in the very same words, in the order they first appear.
fn shared_terms(policies: &[impl AsRef<Policy>]) -> Vec<&Term> {
    let mut shared: Vec<&Term> = Vec::new();
    for (at, policy) in policies.iter().enumerate() {
        for term in &policy.as_ref().terms {
            let again = policies[at + 1..].iter().any(|other| other.as_ref().terms.contains(term));
            if again && !shared.contains(&term) {
                shared.push(term);
            }
        }
    }
    shared
}

/// One policy, for a prompt or for the guide people read.
pub(super) fn policy_view(policy: &Policy, answer: AnswerSettings, shared: &[&Term]) -> Value {
    let own = policy.terms.iter().filter(|term| !shared.contains(term));
    let exceptions = policy.exceptions.iter().map(|exception| {
        json!({
            "id": exception.id, "when": sentence(&exception.when), "then": exception.then,
            "unless": exception.unless.as_deref().map(sentence),
        })
    });
    let reasons = policy.abstain.iter().filter(|_| answer.abstain);
    let reasons = reasons.map(|reason| json!({"id": reason.id, "text": reason.text.trim()}));
    let checks = policy.checks.iter();
    let checks = checks.map(|check| json!({"id": check.id, "question": check.question.trim()}));
    let examples = policy.examples.iter().filter(|example| can_show(policy, example, answer));
    json!({
        "id": policy.id,
        "title": policy.title.as_deref().map(str::trim),
        "scope": policy.scope.as_deref().map(str::trim),
        "terms": own.map(term_view).collect::<Vec<_>>(),
        "interpretation": policy.interpretation.iter().map(|rule| rule.trim()).collect::<Vec<_>>(),
        "components": policy.components.iter().map(component_view).collect::<Vec<_>>(),
        "labels": policy.labels.iter().map(label_view).collect::<Vec<_>>(),
        "default": policy.default_label().map(|label| label.id.as_str()),
        "mode": policy.mode.name(),
        "exceptions": exceptions.collect::<Vec<_>>(),
        "precedence": policy.precedence,
        "conflicts": !policy.precedence.is_empty()
            || policy.labels.iter().any(|label| !label.excludes.is_empty()),
        "abstain": reasons.collect::<Vec<_>>(),
        "checks": checks.collect::<Vec<_>>(),
        "examples": examples.map(|example| example_view(policy, example, answer)).collect::<Vec<_>>(),
    })
}

/// Ends a text with a full stop, where other words follow it on the line.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let ended = text.ends_with(['.', '!', '?', '…', '"', '”', ')']);
    if ended { text.to_owned() } else { format!("{text}.") }
}

fn term_view(term: &Term) -> Value {
    json!({"id": term.id, "text": term.text.trim()})
}

fn label_view(label: &Label) -> Value {
    let definition = label.definition.as_deref().map(str::trim);
    json!({
        "id": label.id, "severity": label.severity, "default": label.default,
        "definition": definition.unwrap_or_default(),
        "includes": criteria_view(&label.includes), "excludes": criteria_view(&label.excludes),
    })
}

pub(super) fn criteria_view(criteria: &[Criterion]) -> Vec<Value> {
    let view = |criterion: &Criterion| json!({"id": criterion.id, "text": criterion.text.trim()});
    criteria.iter().map(view).collect()
}

fn component_view(rule: &ComponentRule) -> Value {
    let modality = rule.modality.name();
    json!({"role": rule.role, "modality": modality, "context": rule.judge == Judging::Context})
}

/// An example is shown when every part of it can be, and its answer is one the labeler may give.
fn can_show(policy: &Policy, example: &Example, answer: AnswerSettings) -> bool {
    let texts = example.components.iter().all(|part| matches!(part.content, Content::Text(_)));
    texts && (answer.abstain || !policy.abstains(&example.label))
}

/// An example with its answer in the form that is asked for. Checks, components and confidence are left
/// out: what its author did not decide must not be taught.
fn example_view(policy: &Policy, example: &Example, settings: AnswerSettings) -> Value {
    let mut answer = Map::new();
    if settings.rationale_words > 0 {
        let because = example.because.as_deref().unwrap_or_default().trim();
        answer.insert("because".to_owned(), because.into());
    }
    if !policy.rule_ids().is_empty() {
        answer.insert("criteria".to_owned(), example.criteria.clone().into());
    }
    if policy.mode == Mode::Multi {
        answer.insert("labels".to_owned(), vec![example.label.clone()].into());
    } else {
        answer.insert("label".to_owned(), example.label.clone().into());
    }
    let parts = example.components.iter().map(|part| {
        let (Content::Text(text) | Content::Image(text)) = &part.content;
        json!({"role": part.role, "text": fence::escape(text.trim())})
    });
    json!({
        "components": parts.collect::<Vec<_>>(),
        "answer": Value::Object(answer).to_string(),
        "violating": policy.violating(&example.label),
        "label": example.label,
        "criteria": example.criteria,
        "because": example.because.as_deref().map(str::trim),
    })
}
