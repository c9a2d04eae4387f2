//! What a labeler's settings say about its prompts.

use crate::prompt::Dialect;
use crate::prompt::OwnTemplate;

/// Everything beside the policies that shapes a request. Each field is part of the fingerprint.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptSettings {
    /// The endpoint's base URL: another server may be another model under the same name.
    pub url: String,
    /// The model's name as the endpoint knows it.
    pub model: String,
    /// The wording and shape of the prompt.
    pub dialect: Dialect,
    /// A template in place of the dialect's own; the dialect then says what it can carry and how answers are read.
    pub template: Option<OwnTemplate>,
    /// How the answer's form is enforced.
    pub rung: Rung,
    /// Whether policies share a request.
    pub bundling: Bundling,
    /// Whether the judged components of a unit share a call.
    pub calls: Calls,
    /// What an answer carries beside its label.
    pub answer: AnswerSettings,
    /// Sampling temperature; `None` leaves it out, as reasoning models demand.
    pub temperature: Option<f64>,
    /// Seed sent along, where the endpoint takes one.
    pub seed: Option<u64>,
    /// The most tokens one answer may have; `None` derives it from the answer's form.
    pub max_output_tokens: Option<u32>,
    /// The name under which the cap is sent.
    pub token_cap: TokenCap,
    /// Whether the probability of the label's token is asked for; dialect `yes-no` always asks.
    pub label_probability: bool,
    /// How hard a reasoning model thinks; `None` leaves it to the endpoint.
    pub reasoning_effort: Option<ReasoningEffort>,
}

/// How the form of an answer is enforced, best first. Part of the fingerprint: it shifts error rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// The endpoint constrains the answer to a strict JSON Schema.
    Schema,
    /// The prompt asks for JSON and the reader is tolerant.
    Text,
}

/// Whether policies share a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bundling {
    /// One call a unit answers every policy.
    Unified,
    /// One call a unit and policy.
    Separate,
}

/// How many calls label a unit under a policy that labels its components (`rollup`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// One call shows the whole unit and labels every component.
    PerUnit,
    /// One call for each judged component, with the components that are only read.
    PerComponent,
}

/// What an answer carries beside its label and criteria.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerSettings {
    /// Most words of the reason; 0 asks for none.
    pub rationale_words: u32,
    /// Whether the model states a confidence.
    pub confidence: bool,
    /// Whether the policy's abstain reasons may be answered; without them a label is forced.
    pub abstain: bool,
}

/// How hard a reasoning model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasoningEffort {
    /// As little as the model can.
    Low,
    /// The usual.
    Medium,
    /// As much as it likes; leave room in the cap on generated tokens.
    High,
}

/// The request property that caps generated tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenCap {
    /// `max_tokens`: nearly every server.
    MaxTokens,
    /// `max_completion_tokens`: OpenAI's and Azure's reasoning models.
    MaxCompletionTokens,
}

impl Rung {
    /// Returns the name used in files and templates.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Text => "text",
        }
    }
}

impl ReasoningEffort {
    /// Returns the name used in files and requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Bundling {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unified => "unified",
            Self::Separate => "separate",
        }
    }
}

impl Calls {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PerUnit => "per_unit",
            Self::PerComponent => "per_component",
        }
    }
}

impl TokenCap {
    /// Returns the request property.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}
