//! The request's JSON around the unit: static bytes first, so that prefix caches hit.

use super::AnswerForm;
use super::Part;
use super::PromptSettings;
use super::Rung;
use super::context::Frame;
use super::message;
use super::schema;
use crate::policy::Policy;
use serde_json::Value;
use serde_json::json;

/// Tokens of JSON around one policy's answer, and tokens a word of the reason may take.
const TOKENS_A_POLICY: u32 = 160;
const TOKENS_A_WORD: u32 = 3;
/// Tokens for the labels of components, where they are asked for.
const TOKENS_OF_COMPONENTS: u32 = 400;
/// Tokens a reasoning model may think, beside its answer.
const TOKENS_OF_REASONING: u32 = 4096;
/// `unsafe`, a line break, and codes of three tokens each.
const TOKENS_OF_SAFETY: u32 = 8;
const TOKENS_A_CODE: u32 = 4;
/// Alternatives asked for at each token: some endpoints refuse more.
const ALTERNATIVES: u32 = 5;

/// Everything of a request but the unit.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The static part of the prompt.
    text: String,
    /// The JSON before the unit's part, and after it.
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Whether the unit's part goes on in the very string the head ends in.
    one_turn: bool,
}

impl Request {
    pub(super) fn new(policies: &[impl AsRef<Policy>], frame: &Frame<'_>, text: String) -> Self {
        let settings = frame.settings;
        let one_turn = settings.dialect.form() == AnswerForm::SafeUnsafe;
        let (model, quoted) = (json!(settings.model), json!(text).to_string());
        let head = if one_turn {
            let open = quoted.strip_suffix('"').unwrap_or(&quoted);
            format!(r#"{{"model":{model},"messages":[{{"role":"user","content":{open}"#)
        } else {
            format!(
                r#"{{"model":{model},"messages":[{{"role":"system","content":{quoted}}},{{"role":"user","content":"#
            )
        };
        let tail = tail(policies, frame);
        Self { text, head: head.into_bytes(), tail: tail.into_bytes(), one_turn }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Returns the whole body.
    pub(super) fn body(&self, parts: &[Part]) -> Vec<u8> {
        let content = message::content(parts).to_string();
        // In one turn the static part has opened the string already.
        let content = if self.one_turn { &content[1..] } else { content.as_str() };
        [self.head.as_slice(), content.as_bytes(), self.tail.as_slice()].concat()
    }
}

/// The cap on generated tokens: as set, or from the answer's form.
pub(super) fn output_cap(policies: &[impl AsRef<Policy>], settings: &PromptSettings) -> u32 {
    let policies = policies.iter().map(AsRef::as_ref);
    let derived = match settings.dialect.form() {
        AnswerForm::YesNo => 1,
        AnswerForm::SafeUnsafe => {
            let violating = policies.flat_map(|policy| &policy.labels);
            let codes = violating.filter(|label| label.severity > 0).count();
            let codes = u32::try_from(codes).unwrap_or(u32::MAX);
            codes.saturating_mul(TOKENS_A_CODE).saturating_add(TOKENS_OF_SAFETY)
        }
        AnswerForm::Json => {
            let words = settings.answer.rationale_words.saturating_mul(TOKENS_A_WORD);
            let each = |policy: &Policy| {
                let parts = if policy.rollup.is_some() { TOKENS_OF_COMPONENTS } else { 0 };
                TOKENS_A_POLICY.saturating_add(words).saturating_add(parts)
            };
            policies.fold(0u32, |sum, policy| sum.saturating_add(each(policy)))
        }
    };
    let thinks =
        settings.reasoning_effort.is_some() || settings.dialect == super::Dialect::GptOssSafeguard;
    let thought = if thinks { TOKENS_OF_REASONING } else { 0 };
    settings.max_output_tokens.unwrap_or(derived.saturating_add(thought))
}

fn tail(policies: &[impl AsRef<Policy>], frame: &Frame<'_>) -> String {
    let settings = frame.settings;
    let form = settings.dialect.form();
    let mut tail =
        format!(r#"}}],"{}":{}"#, settings.token_cap.name(), output_cap(policies, settings));
    let mut property = |name: &str, value: Value| tail.push_str(&format!(r#","{name}":{value}"#));
    if let Some(temperature) = settings.temperature {
        property("temperature", json!(temperature));
    }
    if let Some(seed) = settings.seed {
        property("seed", json!(seed));
    }
    if let Some(effort) = settings.reasoning_effort {
        property("reasoning_effort", json!(effort.name()));
    }
    if settings.label_probability || form == AnswerForm::YesNo {
        property("logprobs", json!(true));
        property("top_logprobs", json!(ALTERNATIVES));
    }
    if settings.rung == Rung::Schema && form == AnswerForm::Json {
        property(
            "response_format",
            json!({
                "type": "json_schema",
                "json_schema": {"name": schema::name(policies), "strict": true, "schema": frame.schema},
            }),
        );
    }
    tail.push('}');
    tail
}
