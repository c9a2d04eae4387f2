//! Decides what a reply says about each policy it was asked about.

use super::Answer;
use super::ChatReply;
use super::Finish;
use super::Outcome;
use super::object;
use super::rollup;
use super::words;
use crate::policy::Policy;
use crate::prompt::AnswerForm;
use crate::prompt::Call;
use crate::prompt::Question;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a refusal in plain text begins, in lower case.
const REFUSALS: [&str; 8] = [
    "i'm sorry",
    "i’m sorry",
    "sorry,",
    "i can't",
    "i can’t",
    "i cannot",
    "i am unable",
    "i won't",
];

/// Returns one answer for each policy of the question, in its order.
///
/// Only the label must be there and known; cited rules the policy does not have are dropped, and a missing
/// reason, check or confidence is left out. What is not a label is an outcome of its own, never a default.
#[must_use]
pub fn read(reply: &ChatReply, question: &Question) -> Vec<Answer> {
    if let Some(refusal) = &reply.refusal {
        return unanswered(question.policies(), Outcome::Refusal, refusal);
    }
    let answers = match question.form() {
        AnswerForm::Json => object::read(reply, question),
        AnswerForm::SafeUnsafe => words::read_safety(reply, question),
        AnswerForm::YesNo => words::read_yes_no(reply, question),
    };
    answers.unwrap_or_else(|missing| {
        let (outcome, because) = without_answer(reply, missing);
        unanswered(question.policies(), outcome, &because)
    })
}

/// Returns what [`read`] returns, with the unit's label computed from those of its components where the question
/// asks for them (`rollup`). What the model itself says about the unit stays beside it, in `own`. A judged component
/// without a label or with two, and a label for a component the unit does not have, make the answer unparsable.
#[must_use]
pub fn read_call(reply: &ChatReply, call: &Call<'_>) -> Vec<Answer> {
    let answers = read(reply, call.question).into_iter().zip(call.question.policies());
    answers.map(|(answer, policy)| rollup::of_unit(policy, &call.unit, answer)).collect()
}

/// Returns the same outcome for each policy, with its reason.
#[must_use]
pub fn unanswered(policies: &[Arc<Policy>], outcome: Outcome, because: &str) -> Vec<Answer> {
    policies.iter().map(|policy| none(policy, outcome, because)).collect()
}

/// What a reply is that does not hold what it should.
fn without_answer(reply: &ChatReply, missing: &str) -> (Outcome, String) {
    let text = reply.content.as_deref().unwrap_or_default().trim();
    let start = text.chars().take(40).collect::<String>().to_lowercase();
    match reply.finish {
        Finish::ContentFilter => {
            (Outcome::Filtered, "the provider's filter stopped the answer".to_owned())
        }
        Finish::Length => {
            (Outcome::Truncated, "the answer was cut off by its token limit".to_owned())
        }
        Finish::Stop if REFUSALS.iter().any(|refusal| start.starts_with(refusal)) => {
            (Outcome::Refusal, text.to_owned())
        }
        Finish::Stop if text.is_empty() => (Outcome::Unparsable, "the answer is empty".to_owned()),
        Finish::Stop => (Outcome::Unparsable, missing.to_owned()),
    }
}

/// An answer that holds a label or an abstain reason, and nothing else yet.
pub(super) fn labeled(policy: &Policy, label: &str) -> Answer {
    let outcome = if policy.abstains(label) { Outcome::Abstain } else { Outcome::Label };
    Answer { label: Some(label.to_owned()), ..none(policy, outcome, "") }
}

/// An answer without a label.
pub(super) fn none(policy: &Policy, outcome: Outcome, because: &str) -> Answer {
    Answer {
        policy: policy.id.clone(),
        outcome,
        label: None,
        labels: Vec::new(),
        criteria: Vec::new(),
        checks: BTreeMap::new(),
        components: Vec::new(),
        own: None,
        because: Some(because.to_owned()).filter(|because| !because.is_empty()),
        stated_confidence: None,
        label_probability: None,
    }
}
