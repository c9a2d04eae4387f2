//! One question: every byte of its requests that does not depend on the unit, rendered once.

use super::AnswerForm;
use super::Code;
use super::CompileError;
use super::Dialect;
use super::Feature;
use super::Part;
use super::PromptSettings;
use super::Rung;
use super::codes;
use super::context;
use super::context::Frame;
use super::fit;
use super::message;
use super::message::Turn;
use super::message::Wording;
use super::own;
use super::request;
use super::request::Request;
use super::schema;
use super::split::Asked;
use super::template;
use super::template::Template;
use crate::policy::Policy;
use crate::unit::Content;
use crate::unit::Unit;
use serde_json::Value;
use std::sync::Arc;

/// Bytes that one of a text becomes at most when it is escaped.
const MOST_GROWTH: usize = 6;

/// What one call asks, about whatever unit: add a unit and it is a request.
#[derive(Debug, Clone)]
pub struct Question {
    policies: Vec<Arc<Policy>>,
    label: Option<String>,
    dialect: Dialect,
    template: Arc<Template>,
    wording: Wording,
    schema: Value,
    codes: Vec<Code>,
    max_output_tokens: u32,
    request: Request,
    /// The request of a unit whose last turn is the agent's, where the static part says so.
    agent: Option<Request>,
}

impl Question {
    /// Renders the static part of a question.
    pub(super) fn new(
        Asked { policies, label }: Asked,
        settings: &PromptSettings,
        template: &Arc<Template>,
    ) -> Result<Self, CompileError> {
        let form = settings.dialect.form();
        let schema = match form {
            AnswerForm::Json => schema::answer(&policies, settings.answer),
            AnswerForm::SafeUnsafe | AnswerForm::YesNo => Value::Null,
        };
        let codes = match form {
            AnswerForm::SafeUnsafe => codes::number(&policies),
            AnswerForm::Json | AnswerForm::YesNo => Vec::new(),
        };
        let request = |turn: Turn| {
            let frame = Frame { settings, schema: &schema, codes: &codes, turn: turn.name() };
            let text = template.render(context::system(&policies, &frame), 0)?;
            Ok::<_, CompileError>(Request::new(&policies, &frame, template::tidy(&text)))
        };
        let (user, agent) = match form {
            AnswerForm::SafeUnsafe => (request(Turn::User)?, Some(request(Turn::Agent)?)),
            AnswerForm::Json | AnswerForm::YesNo => (request(Turn::User)?, None),
        };
        let question = Self {
            wording: wording(&policies, settings),
            max_output_tokens: request::output_cap(&policies, settings),
            dialect: settings.dialect,
            template: Arc::clone(template),
            request: user,
            agent,
            policies,
            label,
            schema,
            codes,
        };
        if let Some(own) = template.own() {
            own::shows_units(own, &question)?;
            other_rung(settings, |settings| {
                let frame = Frame {
                    settings,
                    schema: &question.schema,
                    codes: &question.codes,
                    turn: Turn::User.name(),
                };
                template.render(context::system(&question.policies, &frame), 0)
            })?;
        }
        Ok(question)
    }

    /// Returns the policies it asks about, in order, as they are put to the model: where each label has a question of
    /// its own, with that label alone beside the allowed ones.
    #[must_use]
    pub fn policies(&self) -> &[Arc<Policy>] {
        &self.policies
    }

    /// Returns the label it asks about, where each label has a question of its own.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Returns the form of its answer.
    #[must_use]
    pub fn form(&self) -> AnswerForm {
        self.dialect.form()
    }

    /// Returns whether its dialect carries something.
    pub(super) fn carries(&self, feature: Feature) -> bool {
        self.dialect.carries(feature)
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

    /// Returns the cap on generated tokens.
    #[must_use]
    pub fn max_output_tokens(&self) -> u32 {
        self.max_output_tokens
    }

    /// Returns the static bytes of its requests, for the fingerprint.
    pub(super) fn static_bytes(&self) -> impl Iterator<Item = &[u8]> {
        let requests = [Some(&self.request), self.agent.as_ref()].into_iter().flatten();
        requests.flat_map(|request| [request.head(), request.tail()])
    }

    /// Returns the text of the unit's part: fenced, escaped, last. Of images it has the captions.
    ///
    /// # Errors
    ///
    /// As [`Question::user_parts`].
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
    /// an image no endpoint could read, [`CompileError::Template`] when the template fails,
    /// [`CompileError::Unshown`] when it leaves an image out.
    pub fn user_parts(&self, unit: &Unit) -> Result<Vec<Part>, CompileError> {
        fit::check_unit(&self.policies, self.dialect, unit)?;
        let variables = message::variables(&self.policies, unit, &self.wording);
        let shown = unit.components.iter().map(|component| match &component.content {
            Content::Text(text) => text.len().saturating_mul(MOST_GROWTH),
            Content::Image(_) => 0,
        });
        let text = self.template.render(variables, shown.sum())?;
        message::parts(&text, unit).ok_or_else(|| CompileError::Unshown {
            template: self.template.name().to_owned(),
            unit: unit.id.clone(),
        })
    }

    /// Returns the whole request body as JSON.
    ///
    /// # Errors
    ///
    /// As [`Question::user_parts`].
    pub fn request_body(&self, unit: &Unit) -> Result<Vec<u8>, CompileError> {
        let parts = self.user_parts(unit)?;
        let agent = self.agent.as_ref().filter(|_| Turn::last(unit) == Turn::Agent);
        Ok(agent.unwrap_or(&self.request).body(&parts))
    }
}

/// Renders the static part as it is where an endpoint settles the other rung: a mistake only there is found beforehand.
fn other_rung(
    settings: &PromptSettings,
    render: impl FnOnce(&PromptSettings) -> Result<String, CompileError>,
) -> Result<(), CompileError> {
    let rung = match settings.rung {
        Rung::Schema => Rung::Text,
        Rung::Text => Rung::Schema,
    };
    render(&PromptSettings { rung, ..settings.clone() }).map(drop)
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
