//! The guide people read, made from the same policy and ids as the prompt.

use super::AnswerSettings;
use super::context;
use super::template;
use crate::policy::Policy;
use minijinja::AutoEscape;
use minijinja::value::Serde;
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
/// # Errors
///
/// [`GuideError`] when the template fails.
pub fn guide(
    policy: &Policy,
    audience: Audience,
    format: GuideFormat,
) -> Result<String, GuideError> {
    let everything = AnswerSettings { rationale_words: 0, confidence: false, abstain: true };
    let variables = json!({
        "policy": context::policy_view(policy, everything, &[]),
        "rationale": policy.rationale.as_deref().map(str::trim),
        "version": policy.version.to_string(),
        "fingerprint": policy.fingerprint().to_string(),
        "rater": audience == Audience::Rater,
    });
    let (text, escape) = match format {
        GuideFormat::Markdown => (include_str!("../../prompts/_guide.md"), AutoEscape::None),
        GuideFormat::Html => (include_str!("../../prompts/_guide.html"), AutoEscape::Html),
    };
    let render = || {
        let mut engine = template::engine()?;
        engine.set_auto_escape_callback(move |_| escape.clone());
        engine.add_template("guide", text)?;
        engine.get_template("guide")?.render(Serde(variables))
    };
    let text = render().map_err(|source| GuideError { policy: policy.id.clone(), source })?;
    Ok(template::tidy(&text))
}
