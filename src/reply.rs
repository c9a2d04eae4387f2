//! A model's reply, read into typed outcomes: one answer for each policy it was asked about.

#![deny(clippy::disallowed_methods)]

mod combine;
mod json;
mod object;
mod probability;
mod read;
mod rollup;
mod words;

use std::collections::BTreeMap;

pub use combine::combine;
pub use read::read;
pub use read::read_call;
pub use read::unanswered;

/// How the labeling of one unit by one policy ended. No outcome is ever dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A label of the policy.
    Label,
    /// The model chose one of the policy's abstain reasons.
    Abstain,
    /// The model declined to answer.
    Refusal,
    /// The provider's filter stopped the prompt or the answer.
    Filtered,
    /// The answer was cut off by a token limit.
    Truncated,
    /// The answer is not in the asked form.
    Unparsable,
    /// The unit does not fit the model's context.
    TooLarge,
    /// An image could not be read.
    ImageUnavailable,
    /// No answer after every allowed attempt.
    Failed,
}

/// What one reply says about one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The policy's id.
    pub policy: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The label id, or the abstain id when the outcome is [`Outcome::Abstain`].
    pub label: Option<String>,
    /// All labels that apply, in the policy's order, where several may (`mode: multi`); else empty. `label` is
    /// then the most severe of them.
    pub labels: Vec<String>,
    /// Full ids of the cited criteria and exceptions; where `label` is computed from those of the components, the ones
    /// cited for the components whose label it is.
    pub criteria: Vec<String>,
    /// Answers to the policy's checks: `yes`, `no` or `unknown`.
    pub checks: BTreeMap<String, String>,
    /// The labels of the unit's components, where the policy asks for them (`rollup`).
    pub components: Vec<ComponentAnswer>,
    /// What the model itself says about the whole unit, where `label` is computed from those of the components or
    /// should have been; else `label` is the model's own.
    pub own: Option<OwnAnswer>,
    /// The model's reason for `label`, or why there is no label; none where a computed label is not the model's own.
    pub because: Option<String>,
    /// The number the model says about itself, in `[0, 1]`; not a probability of anything.
    pub stated_confidence: Option<f64>,
    /// The probability of the label's token among its alternatives, in `[0, 1]`.
    pub label_probability: Option<f64>,
}

/// What a model says about a whole unit whose label is computed from those of its components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAnswer {
    /// The label, or the abstain id.
    pub label: String,
    /// All labels that apply, where several may; else empty.
    pub labels: Vec<String>,
    /// Full ids of the cited criteria and exceptions.
    pub criteria: Vec<String>,
    /// The reason.
    pub because: Option<String>,
}

/// What one reply says about one component of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentAnswer {
    /// The component's place in the unit, from 1.
    pub n: usize,
    /// Its label, or the abstain id.
    pub label: String,
    /// All labels that apply to it, where several may and it was asked about on its own; else empty.
    pub labels: Vec<String>,
    /// Full ids of the cited criteria and exceptions.
    pub criteria: Vec<String>,
}

/// The part of a chat completion that answers, free of any provider's wire form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChatReply {
    /// The visible text; `None` when the provider sent null or nothing.
    pub content: Option<String>,
    /// Text in the provider's own refusal field.
    pub refusal: Option<String>,
    /// Reasoning text, kept apart from the answer.
    pub reasoning: Option<String>,
    /// Why generation ended.
    pub finish: Finish,
    /// The answer's tokens with their alternatives, where the provider gives them.
    pub tokens: Vec<Token>,
    /// What was billed.
    pub usage: Usage,
}

/// Why generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Finish {
    /// The model was done, or the provider did not say.
    #[default]
    Stop,
    /// A token limit was reached.
    Length,
    /// The provider's filter cut in.
    ContentFilter,
}

/// One generated token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its text.
    pub text: String,
    /// The natural logarithm of its probability.
    pub logprob: f64,
    /// The most likely tokens at its place, as text and log probability.
    pub alternatives: Vec<(String, f64)>,
}

/// Tokens billed for one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Prompt tokens, the cached ones included.
    pub input: u64,
    /// Prompt tokens served from the provider's cache.
    pub cached: u64,
    /// Generated tokens, reasoning included.
    pub output: u64,
    /// Whether the provider did not say and the counts are our own estimate.
    pub estimated: bool,
}

impl OwnAnswer {
    /// What the answer says about the unit, before anything is computed; `None` without a label.
    fn of(answer: &Answer) -> Option<Self> {
        Some(Self {
            label: answer.label.clone()?,
            labels: answer.labels.clone(),
            criteria: answer.criteria.clone(),
            because: answer.because.clone(),
        })
    }
}

impl Outcome {
    /// Every outcome, in order.
    pub const ALL: [Self; 9] = [
        Self::Label,
        Self::Abstain,
        Self::Refusal,
        Self::Filtered,
        Self::Truncated,
        Self::Unparsable,
        Self::TooLarge,
        Self::ImageUnavailable,
        Self::Failed,
    ];

    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Abstain => "abstain",
            Self::Refusal => "refusal",
            Self::Filtered => "filtered",
            Self::Truncated => "truncated",
            Self::Unparsable => "unparsable",
            Self::TooLarge => "too_large",
            Self::ImageUnavailable => "image_unavailable",
            Self::Failed => "failed",
        }
    }

    /// Returns the outcome of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}
