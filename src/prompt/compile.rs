//! A compiled prompt: every byte that does not depend on the unit, rendered once.

use super::context;
use super::schema;
use super::settings::Bundling;
use super::settings::Dialect;
use super::settings::PromptSettings;
use super::settings::Rung;
use crate::policy::Policy;
use crate::unit::Content;
use crate::unit::Fingerprint;
use crate::unit::FingerprintBuilder;
use crate::unit::Unit;
use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;
use thiserror::Error;

const JSON_CHAT: &str = include_str!("../../prompts/json-chat.j2");
/// Tokens of JSON around one policy's answer, and tokens a word of the reason may take.
const TOKENS_A_POLICY: u32 = 160;
const TOKENS_A_WORD: u32 = 3;

/// Why policies and settings do not compile into a prompt.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// There is nothing to ask.
    #[error("a prompt needs at least one policy")]
    NoPolicy,
    /// The dialect's template does not render.
    #[error("the template of dialect `{dialect}` does not render: {source}")]
    Template {
        /// The dialect.
        dialect: &'static str,
        /// What the engine says, with its line.
        source: minijinja::Error,
    },
    /// The dialect cannot show an image.
    #[error(
        "unit `{unit}` has an image as `{role}`, which dialect `json-chat` cannot carry: label text units only"
    )]
    Image {
        /// The unit's id.
        unit: String,
        /// The component's role.
        role: String,
    },
}

/// One request's worth of policies, compiled for one labeler: add a unit and it is a request.
#[derive(Debug, Clone)]
pub struct CompiledPrompt {
    policies: Vec<Arc<Policy>>,
    settings: PromptSettings,
    templates: Arc<Environment<'static>>,
    system: String,
    schema: Value,
    fingerprint: Fingerprint,
    /// The request's JSON up to the user message, and after it.
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// Compiles policies into one prompt, or one each, as the settings say.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_all(
    policies: &[Arc<Policy>],
    settings: &PromptSettings,
) -> Result<Vec<CompiledPrompt>, CompileError> {
    match settings.bundling {
        Bundling::Unified => Ok(vec![compile(policies.to_vec(), settings.clone())?]),
        Bundling::Separate => policies
            .iter()
            .map(|policy| compile(vec![Arc::clone(policy)], settings.clone()))
            .collect(),
    }
}

/// Compiles policies into one prompt that answers all of them.
///
/// # Errors
///
/// [`CompileError::NoPolicy`] without policies; [`CompileError::Template`] when the template fails.
pub fn compile(
    policies: Vec<Arc<Policy>>,
    settings: PromptSettings,
) -> Result<CompiledPrompt, CompileError> {
    if policies.is_empty() {
        return Err(CompileError::NoPolicy);
    }
    let templates = Arc::new(environment(settings.dialect)?);
    let schema = schema::answer(&policies, settings.answer);
    let variables = context::system(&policies, &settings, &schema);
    let system = tidy(&render(&templates, settings.dialect, variables)?);
    let (head, tail) = frame(&policies, &settings, &system, &schema);
    let mut hash = FingerprintBuilder::new("prompt");
    hash.text(&settings.url).text(JSON_CHAT).bytes(&head).bytes(&tail);
    for policy in &policies {
        hash.text(&policy.id);
    }
    let fingerprint = hash.finish();
    Ok(CompiledPrompt { policies, settings, templates, system, schema, fingerprint, head, tail })
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

    /// Returns the system message.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// Returns the output schema (JSON Schema).
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.schema
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
        output_cap(&self.policies, &self.settings)
    }

    /// Returns the user message of a unit: fenced, escaped, last.
    ///
    /// # Errors
    ///
    /// [`CompileError::Image`] for a component the dialect cannot carry; [`CompileError::Template`] when the
    /// template fails.
    pub fn user_message(&self, unit: &Unit) -> Result<String, CompileError> {
        let image = unit.components.iter().find(|part| matches!(part.content, Content::Image(_)));
        if let Some(part) = image {
            return Err(CompileError::Image { unit: unit.id.clone(), role: part.role.clone() });
        }
        render(&self.templates, self.settings.dialect, context::unit(&self.policies, unit))
    }

    /// Returns the whole request body as JSON.
    ///
    /// # Errors
    ///
    /// As [`CompiledPrompt::user_message`].
    pub fn request_body(&self, unit: &Unit) -> Result<Vec<u8>, CompileError> {
        let message = Value::String(self.user_message(unit)?).to_string();
        let mut body = Vec::with_capacity(self.head.len() + message.len() + self.tail.len());
        body.extend_from_slice(&self.head);
        body.extend_from_slice(message.as_bytes());
        body.extend_from_slice(&self.tail);
        Ok(body)
    }
}

fn environment(dialect: Dialect) -> Result<Environment<'static>, CompileError> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    let failed = |source| CompileError::Template { dialect: dialect.name(), source };
    templates.set_syntax(syntax.map_err(failed)?);
    templates.add_template(dialect.name(), JSON_CHAT).map_err(failed)?;
    Ok(templates)
}

fn render(
    templates: &Environment<'static>,
    dialect: Dialect,
    variables: Value,
) -> Result<String, CompileError> {
    let failed = |source| CompileError::Template { dialect: dialect.name(), source };
    templates
        .get_template(dialect.name())
        .and_then(|template| template.render(Serde(variables)))
        .map_err(failed)
}

/// Ends lines cleanly and folds runs of empty lines, so that optional sections leave no gaps.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn output_cap(policies: &[Arc<Policy>], settings: &PromptSettings) -> u32 {
    let each = TOKENS_A_POLICY.saturating_add(settings.answer.rationale_words * TOKENS_A_WORD);
    let count = u32::try_from(policies.len()).unwrap_or(u32::MAX);
    settings.max_output_tokens.unwrap_or(each.saturating_mul(count))
}

/// The request's JSON around the user message: static bytes first, so that prefix caches hit.
fn frame(
    policies: &[Arc<Policy>],
    settings: &PromptSettings,
    system: &str,
    schema: &Value,
) -> (Vec<u8>, Vec<u8>) {
    let head = format!(
        r#"{{"model":{},"messages":[{{"role":"system","content":{}}},{{"role":"user","content":"#,
        json!(settings.model),
        json!(system)
    );
    let mut tail =
        format!(r#"}}],"{}":{}"#, settings.token_cap.name(), output_cap(policies, settings));
    if let Some(temperature) = settings.temperature {
        tail.push_str(&format!(r#","temperature":{}"#, json!(temperature)));
    }
    if let Some(seed) = settings.seed {
        tail.push_str(&format!(r#","seed":{seed}"#));
    }
    if settings.rung == Rung::Schema {
        let format = json!({
            "type": "json_schema",
            "json_schema": {"name": schema::name(policies), "strict": true, "schema": schema},
        });
        tail.push_str(&format!(r#","response_format":{format}"#));
    }
    tail.push('}');
    (head.into_bytes(), tail.into_bytes())
}
