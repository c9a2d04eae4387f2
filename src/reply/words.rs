//! Reads answers that are words: `Yes` or `No`, and `safe` or `unsafe` with category codes.

use super::Answer;
use super::ChatReply;
use super::Finish;
use super::Outcome;
use super::probability;
use super::read::labeled;
use super::read::unanswered;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::prompt::Question;

const NOT_YES_NO: &str = "the answer is neither `Yes` nor `No`";
const NOT_SAFETY: &str = "the answer is neither `safe` nor `unsafe` with a category of the prompt";

/// Reads one binary answer: yes is the policy's only violating label, no its default.
pub(super) fn read_yes_no(
    reply: &ChatReply,
    question: &Question,
) -> Result<Vec<Answer>, &'static str> {
    let yes = match first_word(reply).as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(NOT_YES_NO),
    };
    let chance = probability::of_word(&reply.tokens, ["no", "yes"], usize::from(yes));
    let answer = |policy: &Policy| {
        let violating = policy.labels.iter().find(|label| label.severity > 0).filter(|_| yes);
        let label = violating.or_else(|| policy.default_label()).ok_or(NOT_YES_NO)?;
        Ok(Answer { label_probability: chance, ..one(policy, &[&label.id]).ok_or(NOT_YES_NO)? })
    };
    question.policies().iter().map(|policy| answer(policy)).collect()
}

/// Reads a safety verdict: safe is the default of every policy; unsafe is, for each policy, the label of its
/// listed category (the most severe of several), and the default for a policy with none listed.
pub(super) fn read_safety(
    reply: &ChatReply,
    question: &Question,
) -> Result<Vec<Answer>, &'static str> {
    let unsafe_ = match first_word(reply).as_str() {
        "safe" => false,
        "unsafe" => true,
        _ => return Err(NOT_SAFETY),
    };
    if unsafe_ && reply.finish == Finish::Length {
        let because = "the list of categories was cut off by its token limit";
        return Ok(unanswered(question.policies(), Outcome::Truncated, because));
    }
    let listed = if unsafe_ { listed(reply, question)? } else { Vec::new() };
    // The first token speaks of all categories together, so it is a label's own only where there is one.
    let alone = question.policies().len() == 1 && (!unsafe_ || question.codes().len() == 1);
    let chance = probability::of_word(&reply.tokens, ["safe", "unsafe"], usize::from(unsafe_))
        .filter(|_| alone);
    let answer = |(at, policy): (usize, &std::sync::Arc<Policy>)| {
        let labels: Vec<&str> =
            listed.iter().filter(|(policy, _)| *policy == at).map(|(_, label)| *label).collect();
        let default = policy.default_label().map(|label| label.id.as_str());
        let labels = if labels.is_empty() { default.into_iter().collect() } else { labels };
        Ok(Answer { label_probability: chance, ..one(policy, &labels).ok_or(NOT_SAFETY)? })
    };
    question.policies().iter().enumerate().map(answer).collect()
}

/// The labels behind the listed codes. One unknown code spoils the list: which label was meant is not known.
fn listed<'p>(
    reply: &ChatReply,
    question: &'p Question,
) -> Result<Vec<(usize, &'p str)>, &'static str> {
    let content = reply.content.as_deref().unwrap_or_default().to_uppercase();
    let words = content.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut listed: Vec<(usize, &str)> = Vec::new();
    for word in words.skip(1) {
        let code = question.codes().iter().find(|code| code.code == word).ok_or(NOT_SAFETY)?;
        if !listed.contains(&(code.policy, code.label.as_str())) {
            listed.push((code.policy, &code.label));
        }
    }
    match (listed.is_empty(), question.codes()) {
        (false, _) => Ok(listed),
        (true, [only]) => Ok(vec![(only.policy, &only.label)]),
        (true, _) => Err(NOT_SAFETY),
    }
}

/// The answer for labels that all apply; in a policy of one label a unit, the most severe counts.
fn one(policy: &Policy, labels: &[&str]) -> Option<Answer> {
    let answer = labeled(policy, policy.most_severe(labels)?);
    let labels = labels.iter().filter(|_| policy.mode == Mode::Multi);
    Some(Answer { labels: labels.map(|label| (*label).to_owned()).collect(), ..answer })
}

fn first_word(reply: &ChatReply) -> String {
    let content = reply.content.as_deref().unwrap_or_default();
    let start = content.trim_start_matches(|c: char| !c.is_alphanumeric());
    start.chars().take_while(|c| c.is_alphanumeric()).take(12).collect::<String>().to_lowercase()
}
