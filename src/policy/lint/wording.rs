//! Words that leave the decision open, and words whose meaning is nowhere fixed.

use super::Linter;
use super::RuleText;
use super::hint;
use crate::diag::nearest;
use std::collections::BTreeSet;

/// Words that leave it to the reader whether a rule applies.
const HEDGES: &[&str] = &[
    "generally",
    "usually",
    "typically",
    "normally",
    "often",
    "sometimes",
    "mostly",
    "largely",
    "somewhat",
    "probably",
    "possibly",
    "perhaps",
    "maybe",
    "might",
    "in general",
    "in some cases",
    "as a rule",
    "where possible",
    "where reasonable",
    "as far as possible",
    "reasonably",
    "appropriately",
    "where appropriate",
    "if appropriate",
    "as appropriate",
    "as needed",
    "in most cases",
    "in many cases",
    "more or less",
    "and so on",
    "etc",
];
/// The most terms that are looked for.
const MOST_TERMS: usize = 300;
/// The most words in backticks that are looked up.
const MOST_QUOTED: usize = 5_000;
/// The most texts, and the most bytes of all of them, in which terms are looked for. A policy beyond is too long
/// for any model, which `L009` says.
const MOST_TEXTS: usize = 2_000;
const MOST_BYTES: usize = 400_000;
/// The shortest beginning by which an inflected word is recognised.
const SHORTEST_STEM: usize = 4;

impl<'a> Linter<'a> {
    /// `L001` to `L003`.
    pub(super) fn wording(&mut self) {
        let texts = self.rule_texts();
        texts.iter().for_each(|text| self.hedges(text));
        self.undefined_terms(&texts);
        self.unused_terms(&texts);
    }

    fn hedges(&mut self, text: &RuleText<'_>) {
        if self.off("L001") || self.full() {
            return;
        }
        let folded = text.text.to_ascii_lowercase();
        for hedge in hedges_that_begin_in(&folded) {
            let Some(at) = word_at(&folded, hedge) else { continue };
            let written = text.text.get(at..at + hedge.len()).unwrap_or(hedge);
            let place = self.within(&text.steps, written);
            let warning = self.warn("L001", place, format!("`{written}` leaves the decision open"));
            hint(warning, "say when the rule applies and when it does not");
        }
    }

    /// A word in backticks says that its meaning is fixed somewhere.
    fn undefined_terms(&mut self, texts: &[RuleText<'_>]) {
        if self.off("L002") {
            return;
        }
        let policy = self.policy;
        let known = self.known_ids();
        let stems: Vec<String> =
            policy.terms.iter().take(MOST_TERMS).map(|term| stem(&term.id)).collect();
        let words = texts.iter().flat_map(|text| quoted(text.text).map(move |word| (text, word)));
        for (text, word) in words.take(MOST_QUOTED) {
            if self.full() {
                return;
            }
            let folded = word.to_lowercase();
            if known.contains(word) || stems.iter().any(|stem| starts_word(&folded, stem)) {
                continue;
            }
            let near = nearest(word, policy.terms.iter().map(|term| term.id.as_str()));
            let place = self.within(&text.steps, word);
            let message = format!("`{word}` is used as a term and not defined");
            let Some(warning) = self.warn("L002", place, message) else { continue };
            match near {
                Some(near) => warning.label = format!("did you mean `{near}`?"),
                None => warning.hint = Some("define it in `terms`, or remove the backticks".into()),
            }
        }
    }

    /// Everything with an id that a rule may speak of.
    fn known_ids(&self) -> BTreeSet<&'a str> {
        let policy = self.policy;
        let answers = policy.labels.iter().map(|label| label.id.as_str());
        let answers = answers.chain(policy.abstain.iter().map(|reason| reason.id.as_str()));
        let checks = policy.checks.iter().map(|check| check.id.as_str());
        answers.chain(checks).chain(policy.rule_ids()).chain(policy.roles()).collect()
    }

    fn unused_terms(&mut self, texts: &[RuleText<'_>]) {
        if self.off("L003") {
            return;
        }
        let policy = self.policy;
        let ids: Vec<&str> = self.known_ids().into_iter().collect();
        let ids = ids.join(" ").replace(['-', '.', '_'], " ");
        let folded: Vec<String> = texts.iter().map(|text| text.text.to_lowercase()).collect();
        let because = policy.examples.iter().filter_map(|example| example.because.as_deref());
        let elsewhere: Vec<String> =
            because.map(str::to_lowercase).chain(std::iter::once(ids)).collect();
        let all = folded.iter().chain(&elsewhere);
        if all.clone().count() > MOST_TEXTS || all.map(String::len).sum::<usize>() > MOST_BYTES {
            return;
        }
        for term in policy.terms.iter().skip(self.n_imported_terms).take(MOST_TERMS) {
            let own = |text: &RuleText<'_>| text.steps == ["terms", term.id.as_str()];
            let stem = stem(&term.id);
            let mut rules = texts.iter().zip(&folded).filter(|(text, _)| !own(text));
            let used = rules.any(|(_, folded)| starts_word(folded, &stem))
                || elsewhere.iter().any(|text| starts_word(text, &stem));
            if !used {
                let message = format!("the term `{}` is defined and never used", term.id);
                let place = self.key(&["terms", &term.id]);
                let warning = self.warn("L003", place, message);
                hint(warning, "use it in a rule, or remove it: it costs tokens in every prompt");
            }
        }
    }
}

/// The hedges whose first word a lowercase text has, in the order of the list.
fn hedges_that_begin_in(folded: &str) -> Vec<&'static str> {
    let words: BTreeSet<&str> = folded.split(|c: char| !c.is_alphanumeric()).collect();
    let begins = |hedge: &&str| hedge.split(' ').next().is_some_and(|first| words.contains(first));
    HEDGES.iter().copied().filter(begins).collect()
}

/// The words of a text that stand in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let n_quoted = text.matches('`').count() / 2;
    let words = text.split('`').skip(1).step_by(2).take(n_quoted);
    words.filter(|word| !word.trim().is_empty())
}

/// The beginning by which a term is recognised in a lowercase text, in whatever inflection: the last three letters
/// may differ.
fn stem(term: &str) -> String {
    let term = term.trim().to_lowercase();
    let n_last = term.rsplit(' ').next().unwrap_or_default().chars().count();
    let dropped = n_last.saturating_sub(SHORTEST_STEM).min(3);
    let end =
        term.char_indices().rev().nth(dropped.wrapping_sub(1)).map_or(term.len(), |(at, _)| at);
    term.get(..end).unwrap_or(&term).to_owned()
}

/// Whether a word of the text begins so.
fn starts_word(text: &str, beginning: &str) -> bool {
    let spaced = beginning.chars().next().is_some_and(|first| first.is_ascii_alphanumeric());
    text.match_indices(beginning).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !spaced || before.is_none_or(|before| !before.is_alphanumeric())
    })
}

/// Where a lowercase text has exactly these words.
fn word_at(text: &str, words: &str) -> Option<usize> {
    text.match_indices(words).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + words.len()..).and_then(|after| after.chars().next());
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !inside(before) && !inside(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(text: &str, term: &str) -> bool {
        starts_word(text, &stem(term))
    }

    #[test]
    fn a_term_is_used_in_any_inflection() {
        assert!(uses("it facilitates the act", "Facilitation"));
        assert!(uses("two dangerous acts", "dangerous act"));
        assert!(uses("the group", "group"));
        assert!(!uses("enact", "act"));
        assert!(!uses("a danger", "dangerous act"));
        assert!(uses("这是危险行为吗", "危险行为"));
    }

    #[test]
    fn a_hedge_is_a_whole_word() {
        assert_eq!(word_at("it is often so", "often"), Some(6));
        assert_eq!(word_at("soften it", "often"), None);
        assert_eq!(word_at("fetch", "etc"), None);
    }
}
