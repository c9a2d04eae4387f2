//! The guide people read, made from the same policy and ids as the prompt.

use super::AnswerSettings;
use super::context;
use super::markdown;
use super::template;
use crate::policy::ComponentRule;
use crate::policy::Judging;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::policy::Rollup;
use minijinja::AutoEscape;
use minijinja::value::Serde;
use serde_json::Value;
use serde_json::json;
use thiserror::Error;

/// Who reads a guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Raters: everything that decides a label.
    Rater,
    /// The public: what the policy says about content, not how it is judged.
    Public,
}

/// The form of a guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuideFormat {
    /// Markdown.
    Markdown,
    /// One HTML page without anything to load.
    Html,
}

/// The guide's template does not render.
#[derive(Debug, Error)]
#[error("the guide of policy `{policy}` does not render")]
pub struct GuideError {
    /// The policy's id.
    pub policy: String,
    /// What the engine says, with its line.
    pub source: minijinja::Error,
}

/// Returns the guide to a policy. Its tests are never in it; its fingerprint stands in the footer.
///
/// The public reads nothing about abstaining: neither the reasons nor the examples that are answered with one.
///
/// # Errors
///
/// [`GuideError`] when the template fails.
pub fn guide(
    policy: &Policy,
    audience: Audience,
    format: GuideFormat,
) -> Result<String, GuideError> {
    let rater = audience == Audience::Rater;
    let shown = AnswerSettings { rationale_words: 0, confidence: false, abstain: rater };
    let variables = json!({
        "policy": context::policy_view(policy, shown, &[]),
        "components": policy.components.iter().map(component_view).collect::<Vec<_>>(),
        "rollup": policy.rollup.map(|rollup| rollup_rule(rollup, policy.mode)),
        "rationale": policy.rationale.as_deref().map(str::trim),
        "version": policy.version.to_string(),
        "fingerprint": policy.fingerprint().to_string(),
        "rater": rater,
    });
    let render = || {
        let mut engine = template::engine()?;
        let text = match format {
            GuideFormat::Markdown => {
                markdown::escape_in(&mut engine);
                include_str!("../../prompts/_guide.md")
            }
            GuideFormat::Html => {
                engine.set_auto_escape_callback(|_| AutoEscape::Html);
                include_str!("../../prompts/_guide.html")
            }
        };
        engine.add_template("guide", text)?;
        engine.get_template("guide")?.render(Serde(variables))
    };
    let text = render().map_err(|source| GuideError { policy: policy.id.clone(), source })?;
    Ok(template::tidy(&text))
}

/// A kind of component with what a unit may hold of it, which a prompt need not say: it shows the unit.
fn component_view(rule: &ComponentRule) -> Value {
    json!({
        "role": rule.role, "modality": rule.modality.name(),
        "context": rule.judge == Judging::Context,
        "required": rule.required, "most": rule.most,
    })
}

/// Says how the labels of a unit's parts become the unit's.
fn rollup_rule(rollup: Rollup, mode: Mode) -> &'static str {
    match (rollup, mode) {
        (Rollup::Any, Mode::Multi) => "The unit has every label that one of its parts has.",
        (Rollup::Any, Mode::Single | Mode::Ordinal) => {
            "The unit is violating as soon as one part is; it has the most severe of their labels."
        }
        (Rollup::All, Mode::Multi) => {
            "The unit is violating only when every part is; it then has the labels that all parts share, and every label \
             of a part when they share none."
        }
        (Rollup::All, Mode::Single | Mode::Ordinal) => {
            "The unit is violating only when every part is; it then has the most severe of their labels."
        }
        (Rollup::MaxSeverity, Mode::Multi) => "The unit has the labels of its most severe part.",
        (Rollup::MaxSeverity, Mode::Single | Mode::Ordinal) => {
            "The unit has the label of its most severe part."
        }
    }
}
