//! The probability of a label, from the alternatives of the tokens that spell it.
//!
//! What endpoints send does not always line up: code fences stand in the tokens and not in the content, and
//! under a schema alternatives are taken before the grammar, so that the chosen token may be missing among them.
//! So places are found in the tokens' own text, and where the numbers do not carry a probability there is none.

use super::Token;
use super::json::first_object_at;
use super::json::value_of;
use crate::policy::Policy;

/// The least probability that the alternatives which spell a possible answer must hold together: with less, the
/// model meant to say something else and was bent into an answer.
const LEAST_MASS: f64 = 0.1;

/// Returns the probability of the first of the words that are said, given that one of them is.
///
/// Upper and lower case, leading spaces and beginnings of a word all count for the word.
pub(super) fn of_word(tokens: &[Token], words: [&str; 2], said: usize) -> Option<f64> {
    let token = tokens.iter().find(|token| !spelled(&token.text).is_empty())?;
    let which = |text: &str| {
        let text = spelled(text);
        let begins = |word: &str| !text.is_empty() && word.starts_with(&text);
        match words.map(begins) {
            [true, false] => Some(0),
            [false, true] => Some(1),
            [true, true] | [false, false] => None,
        }
    };
    share(token, which, said)
}

/// Returns the probability of a label in a JSON answer, given that the answer is one of the policy's.
///
/// It is the product over the tokens that spell the label; an alternative that could become several answers
/// counts for none.
pub(super) fn of_label(
    tokens: &[Token],
    property: Option<&str>,
    policy: &Policy,
    label: &str,
) -> Option<f64> {
    let text: String = tokens.iter().map(|token| token.text.as_str()).collect();
    let (mut object, _) = first_object_at(&text)?;
    if let Some(property) = property {
        object = value_of(&text, object, property)?;
    }
    let value = value_of(&text, object, "label")?;
    let spelled = format!("\"{label}\"");
    if !text[value..].starts_with(&spelled) {
        return None;
    }
    let answers = policy.labels.iter().map(|label| &label.id);
    let answers = answers.chain(policy.abstain.iter().map(|reason| &reason.id));
    let answers: Vec<String> = answers.map(|id| format!("\"{id}\"")).collect();
    let said = answers.iter().position(|answer| *answer == spelled)?;
    let (mut start, end) = (0, value + spelled.len());
    let mut probability = None;
    for token in tokens {
        let place = start..start + token.text.len();
        start = place.end;
        if place.end <= value || end <= place.start {
            continue;
        }
        let lead = value.saturating_sub(place.start);
        let before = &text[value..place.start.max(value)];
        let open = |answer: &&String| answer.starts_with(before);
        if answers.iter().filter(open).count() < 2 {
            break; // the rest of the label follows from its beginning
        }
        let which = |candidate: &str| {
            let ahead = token.text.get(..lead)?;
            let rest = candidate.strip_prefix(ahead)?;
            only(&answers, before, rest)
        };
        let chosen = token.text.get(lead..)?;
        let decides = |text: &str| which(text).is_some();
        let factor = if only(&answers, before, chosen).is_some() {
            share(token, which, said)?
        } else if token.alternatives.iter().any(|(text, _)| decides(text)) {
            undecided(token, &answers, (before, lead))?
        } else {
            continue; // every answer goes on like this
        };
        probability = Some(probability.unwrap_or(1.0) * factor);
    }
    probability
}

/// Returns which answer the text so far can become, if it is just one.
fn only(answers: &[String], before: &str, rest: &str) -> Option<usize> {
    if rest.is_empty() {
        return None;
    }
    let mut possible = answers.iter().enumerate().filter(|(_, answer)| fits(answer, before, rest));
    let (first, _) = possible.next()?;
    possible.next().is_none().then_some(first)
}

/// Whether an answer goes on with this text, or ends in it.
fn fits(answer: &str, before: &str, rest: &str) -> bool {
    answer.strip_prefix(before).is_some_and(|left| left.starts_with(rest) || rest.starts_with(left))
}

/// The share of a token that does not decide yet among all alternatives that go on to some answer.
fn undecided(token: &Token, answers: &[String], (before, lead): (&str, usize)) -> Option<f64> {
    let which = |candidate: &str| {
        let rest = candidate.strip_prefix(token.text.get(..lead)?)?;
        let goes_on = !rest.is_empty() && answers.iter().any(|answer| fits(answer, before, rest));
        goes_on.then_some(usize::from(candidate == token.text))
    };
    share(token, which, 1)
}

/// The share of the alternatives that mean `said` among those that mean anything.
fn share(token: &Token, which: impl Fn(&str) -> Option<usize>, said: usize) -> Option<f64> {
    let chosen = token.alternatives.iter().any(|(text, _)| *text == token.text);
    let (mut own, mut all) = (0.0, 0.0);
    for (text, logprob) in token.alternatives.iter().filter(|(_, logprob)| *logprob <= 0.0) {
        let mass = logprob.exp();
        if let Some(meant) = which(text) {
            all += mass;
            own += if meant == said { mass } else { 0.0 };
        }
    }
    (chosen && LEAST_MASS <= all).then(|| (own / all).min(1.0))
}

/// A token's text as a word: without spaces, quotes and the marks tokenizers put before a word.
fn spelled(text: &str) -> String {
    let text = text.trim_start_matches('Ġ');
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::policy;

    const POLICY: &str = "policy: p\nversion: 1.0.0\nlabels:\n  allowed: {default: true}\n  self-harm: {severity: 1}\n  self-praise: {severity: 1}\nabstain: {unclear: Nobody knows.}\n";

    fn token(text: &str, alternatives: &[(&str, f64)]) -> Token {
        let logprob = |chance: f64| if chance > 0.0 { chance.ln() } else { -9999.0 };
        let own = alternatives.iter().find(|(other, _)| *other == text).map_or(0.5, |(_, p)| *p);
        Token {
            text: text.into(),
            logprob: logprob(own),
            alternatives: alternatives
                .iter()
                .map(|(text, p)| ((*text).into(), logprob(*p)))
                .collect(),
        }
    }

    #[track_caller]
    fn close(found: Option<f64>, expected: f64) {
        assert!(
            found.is_some_and(|found| (found - expected).abs() < 1e-9),
            "{found:?}, not {expected}"
        );
    }

    fn label(tokens: &[Token], label: &str) -> Option<f64> {
        let policy = policy::parse(&Source::new("p", POLICY)).unwrap().0;
        of_label(tokens, None, &policy, label)
    }

    #[test]
    fn every_spelling_of_a_word_counts_for_it() {
        let said = [
            ("Yes", 0.4),
            (" yes", 0.1),
            ("▁Yes", 0.1),
            ("No", 0.15),
            ("ĠNO", 0.05),
            ("Maybe", 0.2),
        ];
        let tokens = [token("\n", &[("\n", 0.9)]), token("Yes", &said)];
        close(of_word(&tokens, ["no", "yes"], 1), 0.75);
        close(of_word(&tokens, ["no", "yes"], 0), 0.25);
    }

    #[test]
    fn the_beginning_of_a_word_counts_for_it_when_it_can_be_no_other() {
        let tokens = [token("uns", &[("uns", 0.6), ("safe", 0.2), ("s", 0.1)])];
        close(of_word(&tokens, ["safe", "unsafe"], 1), 0.6 / 0.9);
    }

    #[test]
    fn there_is_no_probability_where_the_numbers_do_not_carry_one() {
        let words = ["no", "yes"];
        assert_eq!(of_word(&[], words, 1), None);
        let missing = token("Yes", &[("```", 0.9), ("No", 0.1)]);
        assert_eq!(
            of_word(&[missing], words, 1),
            None,
            "the chosen token is not among its alternatives"
        );
        let bent = token("Yes", &[("```", 0.95), ("Yes", 0.04)]);
        assert_eq!(of_word(&[bent], words, 1), None, "the model meant to say something else");
        let odd = token("Yes", &[("Yes", f64::NAN)]);
        assert_eq!(of_word(&[odd], words, 1), None);
    }

    #[test]
    fn a_label_is_found_in_tokens_that_hold_a_fence_the_content_does_not() {
        let tokens = [
            token("```json\n", &[]),
            token("{\"because\": \"label: \\\"allowed\\\"\", \"label\": ", &[]),
            token("\"al", &[("\"al", 0.6), ("\"self", 0.2), ("\"un", 0.1), ("\"x", 0.1)]),
            token("lowed\"", &[("lowed\"", 1.0)]),
            token("}\n```", &[]),
        ];
        // "self" could become either of two labels, so it counts for none of them.
        close(label(&tokens, "allowed"), 0.6 / 0.7);
    }

    #[test]
    fn a_label_that_shares_its_beginning_is_decided_where_they_part() {
        let tokens = [
            token("{\"label\":\"", &[]),
            token("self", &[("self", 0.8), ("allowed", 0.2)]),
            token("-h", &[("-h", 0.5), ("-p", 0.25), ("ish", 0.25)]),
            token("arm\"}", &[("arm\"}", 0.1), ("x", 0.9)]),
        ];
        close(label(&tokens, "self-harm"), 0.8 * (0.5 / 0.75));
    }

    #[test]
    fn a_label_the_tokens_do_not_spell_has_no_probability() {
        let tokens = [token("{\"label\":\"", &[]), token("allowed\"}", &[("allowed\"}", 1.0)])];
        close(label(&tokens, "allowed"), 1.0);
        assert_eq!(label(&tokens, "self-harm"), None);
        assert_eq!(label(&tokens[1..], "allowed"), None);
        assert_eq!(label(&[token("{\"label\":\"allowed\"}", &[])], "allowed"), None);
    }
}
