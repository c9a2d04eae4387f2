//! A compiled prompt: every byte that does not depend on the unit, rendered once.

use super::AnswerForm;
use super::Bundling;
use super::Code;
use super::CompileError;
use super::Feature;
use super::Part;
use super::PromptSettings;
use super::codes;
use super::context;
use super::context::Frame;
use super::fit;
use super::message;
use super::message::Turn;
use super::message::Wording;
use super::request;
use super::request::Request;
use super::schema;
use super::template;
use super::template::Template;
use crate::policy::Policy;
use crate::unit::Fingerprint;
use crate::unit::FingerprintBuilder;
use crate::unit::Unit;
use serde_json::Value;
use std::sync::Arc;

/// One request's worth of policies, compiled for one labeler: add a unit and it is a request.
#[derive(Debug, Clone)]
pub struct CompiledPrompt {
    policies: Vec<Arc<Policy>>,
    settings: PromptSettings,
    template: Arc<Template>,
    wording: Wording,
    schema: Value,
    codes: Vec<Code>,
    left_out: Vec<Feature>,
    fingerprint: Fingerprint,
    request: Request,
    /// The request of a unit whose last turn is the agent's, where the static part says so.
    agent: Option<Request>,
}

/// Compiles policies into one prompt, or one each, as the settings say and the dialect can.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_all(
    policies: &[Arc<Policy>],
    settings: &PromptSettings,
) -> Result<Vec<CompiledPrompt>, CompileError> {
    let can_share = settings.dialect.carries().contains(&Feature::SeveralPolicies);
    match settings.bundling {
        Bundling::Unified if can_share => Ok(vec![compile(policies.to_vec(), settings.clone())?]),
        Bundling::Unified | Bundling::Separate => policies
            .iter()
            .map(|policy| compile(vec![Arc::clone(policy)], settings.clone()))
            .collect(),
    }
}

/// Compiles policies into one prompt that answers all of them.
///
/// # Errors
///
/// [`CompileError::NoPolicy`] without policies; [`CompileError::Cannot`] for what the dialect cannot carry;
/// [`CompileError::UnknownVariable`] and [`CompileError::Template`] when the template is wrong.
pub fn compile(
    policies: Vec<Arc<Policy>>,
    settings: PromptSettings,
) -> Result<CompiledPrompt, CompileError> {
    if policies.is_empty() {
        return Err(CompileError::NoPolicy);
    }
    fit::check(&policies, &settings)?;
    let form = settings.dialect.form();
    let template = Arc::new(Template::new(settings.dialect)?);
    let schema = match form {
        AnswerForm::Json => schema::answer(&policies, settings.answer),
        AnswerForm::SafeUnsafe | AnswerForm::YesNo => Value::Null,
    };
    let codes = match form {
        AnswerForm::SafeUnsafe => codes::number(&policies),
        AnswerForm::Json | AnswerForm::YesNo => Vec::new(),
    };
    let request = |turn: Turn| {
        let frame =
            Frame { settings: &settings, schema: &schema, codes: &codes, turn: turn.name() };
        let text = template.render(context::system(&policies, &frame))?;
        Ok::<_, CompileError>(Request::new(&policies, &frame, template::tidy(&text)))
    };
    let (user, agent) = match form {
        AnswerForm::SafeUnsafe => (request(Turn::User)?, Some(request(Turn::Agent)?)),
        AnswerForm::Json | AnswerForm::YesNo => (request(Turn::User)?, None),
    };
    Ok(CompiledPrompt {
        fingerprint: fingerprint(&policies, &settings, [Some(&user), agent.as_ref()]),
        wording: wording(&policies, &settings),
        left_out: fit::left_out(&policies, settings.dialect),
        request: user,
        agent,
        policies,
        settings,
        template,
        schema,
        codes,
    })
}

fn wording(policies: &[Arc<Policy>], settings: &PromptSettings) -> Wording {
    let shape = match settings.dialect.form() {
        AnswerForm::Json => context::shape(policies, settings.answer),
        AnswerForm::YesNo => asked_label(policies),
        AnswerForm::SafeUnsafe => String::new(),
    };
    let turns = settings.dialect.form() == AnswerForm::SafeUnsafe;
    Wording { policies_named: context::policies_named(policies), shape, turns }
}

/// Names the one label a yes-or-no question is about.
fn asked_label(policies: &[Arc<Policy>]) -> String {
    let asked = policies.iter().flat_map(|policy| {
        let violating = policy.labels.iter().filter(|label| label.severity > 0);
        violating.map(|label| format!("`{}` in the policy `{}`", label.id, policy.id))
    });
    asked.collect::<Vec<_>>().join(" or ")
}

/// The hash of everything that can change a reply: where it is asked, every static byte, and the template,
/// which also shapes the unit's part.
fn fingerprint(
    policies: &[Arc<Policy>],
    settings: &PromptSettings,
    requests: [Option<&Request>; 2],
) -> Fingerprint {
    let mut hash = FingerprintBuilder::new("prompt");
    hash.text(&settings.url);
    for text in template::texts(settings.dialect) {
        hash.text(text);
    }
    for request in requests.into_iter().flatten() {
        hash.bytes(request.head()).bytes(request.tail());
    }
    for policy in policies {
        hash.text(&policy.id);
        for rule in &policy.components {
            hash.text(&rule.role).text(if fit::read_only(policy, &rule.role) {
                "read"
            } else {
                ""
            });
        }
    }
    hash.finish()
}

impl CompiledPrompt {
    /// Returns the policies it answers, in order.
    #[must_use]
    pub fn policies(&self) -> &[Arc<Policy>] {
        &self.policies
    }

    /// Returns the settings it was compiled for.
    #[must_use]
    pub fn settings(&self) -> &PromptSettings {
        &self.settings
    }

    /// Returns the static part: the system message, or the beginning of the only message.
    #[must_use]
    pub fn system(&self) -> &str {
        self.request.text()
    }

    /// Returns the output schema (JSON Schema); null where the dialect's answer is not JSON.
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Returns the category codes of the answer, where the dialect uses codes.
    #[must_use]
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// Returns what the policies hold and the dialect leaves out; none of it changes what a label means.
    #[must_use]
    pub fn left_out(&self) -> &[Feature] {
        &self.left_out
    }

    /// Returns the hash of all that can change a reply beside the unit.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns the hash of all that determines the reply to this unit.
    #[must_use]
    pub fn request_fingerprint(&self, unit: &Unit) -> Fingerprint {
        FingerprintBuilder::new("request")
            .fingerprint(self.fingerprint)
            .fingerprint(unit.content_hash())
            .finish()
    }

    /// Returns the cap on generated tokens.
    #[must_use]
    pub fn max_output_tokens(&self) -> u32 {
        request::output_cap(&self.policies, &self.settings)
    }

    /// Returns the text of the unit's part: fenced, escaped, last. Of images it has the captions.
    ///
    /// # Errors
    ///
    /// As [`CompiledPrompt::user_parts`].
    pub fn user_message(&self, unit: &Unit) -> Result<String, CompileError> {
        let parts = self.user_parts(unit)?.into_iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            Part::Image(_) => None,
        });
        Ok(parts.collect())
    }

    /// Returns the unit's part, text and images in order.
    ///
    /// # Errors
    ///
    /// [`CompileError::Cannot`] for a component the dialect cannot carry, [`CompileError::ImageReference`] for
    /// an image no endpoint could read, [`CompileError::Template`] when the template fails.
    pub fn user_parts(&self, unit: &Unit) -> Result<Vec<Part>, CompileError> {
        fit::check_unit(&self.policies, self.settings.dialect, unit)?;
        let variables = message::variables(&self.policies, unit, &self.wording);
        Ok(message::parts(self.template.render(variables)?, unit))
    }

    /// Returns the whole request body as JSON.
    ///
    /// # Errors
    ///
    /// As [`CompiledPrompt::user_parts`].
    pub fn request_body(&self, unit: &Unit) -> Result<Vec<u8>, CompileError> {
        let parts = self.user_parts(unit)?;
        let agent = self.agent.as_ref().filter(|_| Turn::last(unit) == Turn::Agent);
        Ok(agent.unwrap_or(&self.request).body(&parts))
    }
}
