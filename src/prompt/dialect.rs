//! The dialects a prompt can be written in, and what each of them can carry.

use crate::prompt::CompileError;

/// The wording and shape of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// System and user message, answer as JSON: the generic dialect.
    JsonChat,
    /// The four sections gpt-oss-safeguard is trained on, answer as JSON.
    GptOssSafeguard,
    /// One user turn with custom categories, answered `safe` or `unsafe` with category codes.
    LlamaGuard,
    /// One yes-or-no question, answered by one token.
    YesNo,
}

/// Something a policy, a unit or the settings may ask of a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Images among a unit's components.
    Images,
    /// Several policies in one call.
    SeveralPolicies,
    /// More labels than the default and one violating label.
    SeveralLabels,
    /// Labels of severity 0 beside the default.
    AllowedLabels,
    /// Several labels of one policy at once (`mode: multi`).
    LabelSets,
    /// A unit with several judged components.
    SeveralJudged,
    /// A label for each component (`rollup`).
    ComponentLabels,
    /// Abstain reasons as answers.
    Abstain,
    /// A reason in words.
    Rationale,
    /// A confidence the model states.
    StatedConfidence,
    /// Answers to the policy's checks.
    Checks,
    /// Ids of the rules that decide.
    Criteria,
    /// Worked examples in the prompt.
    Examples,
}

/// The form of the answer a dialect asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// A JSON object by the prompt's schema.
    Json,
    /// `safe`, or `unsafe` and on the next line the codes of the violated categories.
    SafeUnsafe,
    /// `Yes` for the violating label, `No` for the default.
    YesNo,
}

impl Dialect {
    /// Every dialect, in order.
    pub const ALL: [Self; 4] =
        [Self::JsonChat, Self::GptOssSafeguard, Self::LlamaGuard, Self::YesNo];

    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonChat => "json-chat",
            Self::GptOssSafeguard => "gpt-oss-safeguard",
            Self::LlamaGuard => "llama-guard",
            Self::YesNo => "yes-no",
        }
    }

    /// Returns the dialect of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Returns how many tokens of rules and examples a model of the dialect takes in without losing track.
    ///
    /// Ten thousand is where the guide of gpt-oss-safeguard ends; the models that answer one question read eight thousand
    /// tokens in all (CoPE), and a quarter of these is left to the unit.
    #[must_use]
    pub fn most_policy_tokens(self) -> usize {
        match self {
            Self::JsonChat | Self::GptOssSafeguard | Self::LlamaGuard => 10_000,
            Self::YesNo => 6_000,
        }
    }

    /// Returns whether one call of the dialect can carry it.
    #[must_use]
    pub fn carries(self, feature: Feature) -> bool {
        match self {
            Self::JsonChat => true,
            Self::GptOssSafeguard => feature != Feature::Images,
            Self::LlamaGuard => matches!(
                feature,
                Feature::SeveralPolicies | Feature::SeveralLabels | Feature::LabelSets
            ),
            Self::YesNo => matches!(feature, Feature::SeveralJudged | Feature::Examples),
        }
    }

    /// Returns whether several calls of the dialect carry what one cannot: their answers are then combined.
    #[must_use]
    pub fn splits(self, feature: Feature) -> bool {
        match self {
            Self::YesNo => matches!(feature, Feature::SeveralLabels | Feature::LabelSets),
            Self::JsonChat | Self::GptOssSafeguard | Self::LlamaGuard => false,
        }
    }

    /// Returns the form of its answers.
    #[must_use]
    pub fn form(self) -> AnswerForm {
        match self {
            Self::JsonChat | Self::GptOssSafeguard => AnswerForm::Json,
            Self::LlamaGuard => AnswerForm::SafeUnsafe,
            Self::YesNo => AnswerForm::YesNo,
        }
    }

    /// Returns the error for what it cannot carry, with what to do.
    pub(super) fn refuses(self, feature: Feature, what: String) -> CompileError {
        CompileError::Cannot { dialect: self.name(), feature, what, hint: feature.way_out() }
    }
}

impl Feature {
    /// Returns its name in words, for lists of what a prompt leaves out.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::SeveralPolicies => "several policies in one call",
            Self::SeveralLabels => "several violating labels",
            Self::AllowedLabels => "labels of severity 0 beside the default",
            Self::LabelSets => "several labels at once",
            Self::SeveralJudged => "several judged components",
            Self::ComponentLabels => "a label for each component",
            Self::Abstain => "abstain reasons",
            Self::Rationale => "a reason in words",
            Self::StatedConfidence => "a stated confidence",
            Self::Checks => "answers to checks",
            Self::Criteria => "cited rules",
            Self::Examples => "examples",
        }
    }

    fn way_out(self) -> &'static str {
        match self {
            Self::Images => "take a labeler of dialect `json-chat` whose model reads images",
            Self::SeveralPolicies => "set `prompt: separate`",
            Self::AllowedLabels => {
                "keep the default as the only label of severity 0, or take dialect `json-chat`"
            }
            Self::SeveralJudged => {
                "give the other roles `judge: context`, set `rollup` in the policy and `calls: per_component` in the labeler, or take dialect `json-chat`"
            }
            Self::Abstain => {
                "set `abstain: false` under the labeler's `answer`, which makes it choose a label every time, or take dialect `json-chat`"
            }
            Self::Rationale => "set `rationale_words: 0` under the labeler's `answer`",
            Self::StatedConfidence => "set `confidence: false` under the labeler's `answer`",
            Self::ComponentLabels => {
                "set `calls: per_component` in the labeler, or take dialect `json-chat`"
            }
            Self::SeveralLabels
            | Self::LabelSets
            | Self::Checks
            | Self::Criteria
            | Self::Examples => "take dialect `json-chat`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
        }
    }
}
