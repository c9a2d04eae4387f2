//! Categories with codes: how a dialect that answers `S1,S2` names the violating labels of its policies.

use super::context;
use crate::policy::Exception;
use crate::policy::Policy;
use serde_json::Value;
use serde_json::json;

/// A violating label and the code it goes by in one prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// `S1`, `S2`, … in the order of the policies and their labels.
    pub code: String,
    /// Index of the policy in the prompt.
    pub policy: usize,
    /// The label's id.
    pub label: String,
}

/// Numbers the violating labels of all policies.
pub(super) fn number(policies: &[impl AsRef<Policy>]) -> Vec<Code> {
    let labels = policies.iter().enumerate().flat_map(|(at, policy)| {
        let violating = policy.as_ref().labels.iter().filter(|label| label.severity > 0);
        violating.map(move |label| (at, label.id.clone()))
    });
    labels
        .enumerate()
        .map(|(n, (policy, label))| Code { code: format!("S{}", n + 1), policy, label })
        .collect()
}

/// The categories as a template sees them. What holds for a whole policy stands under its last category.
pub(super) fn categories(policies: &[impl AsRef<Policy>], codes: &[Code]) -> Vec<Value> {
    let view = |(at, code): (usize, &Code)| {
        let policy = policies[code.policy].as_ref();
        let label = policy.label(&code.label)?;
        let last = codes.get(at + 1).is_none_or(|next| next.policy != code.policy);
        let mut includes = context::criteria_view(&label.includes);
        let own = policy.exceptions.iter().filter(|exception| exception.then == label.id);
        includes.extend(own.map(exception_view));
        let allowed =
            policy.exceptions.iter().filter(|exception| !policy.violating(&exception.then));
        let name = policy.title.as_deref().unwrap_or(&policy.id).trim();
        Some(json!({
            "code": code.code,
            "label": format!("{name}: {}", label.id),
            "definition": label.definition.as_deref().unwrap_or_default().trim(),
            "includes": includes,
            "excludes": context::criteria_view(&label.excludes),
            "exceptions": allowed.map(exception_view).collect::<Vec<_>>(),
            "notes": if last { notes(policy) } else { Vec::new() },
        }))
    };
    codes.iter().enumerate().filter_map(view).collect()
}

fn exception_view(exception: &Exception) -> Value {
    let unless = exception.unless.as_deref().map(context::sentence);
    let when = context::sentence(&exception.when);
    // `text` and `when` are the same words, for a list of criteria and for a list of exceptions.
    let text = match &unless {
        Some(unless) => format!("{when} Unless: {unless}"),
        None => when.clone(),
    };
    json!({"id": exception.id, "when": when, "unless": unless, "text": text})
}

/// What the rules of a policy need to be understood, a line each.
fn notes(policy: &Policy) -> Vec<String> {
    let name = policy.title.as_deref().unwrap_or(&policy.id).trim();
    let mut lines = Vec::new();
    if let Some(scope) = &policy.scope {
        lines.push(format!("Scope of {name}: {}", scope.trim()));
    }
    let terms = policy.terms.iter();
    lines.extend(terms.map(|term| format!("In {name}, {} means: {}", term.id, term.text.trim())));
    lines.extend(policy.interpretation.iter().map(|rule| rule.trim().to_owned()));
    if !policy.precedence.is_empty() {
        let order = policy.precedence.join(", ");
        lines.push(format!("When rules of {name} conflict, the first of these wins: {order}."));
    }
    lines
}
