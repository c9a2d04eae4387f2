//! Rules that say the same and decide differently.

use super::Linter;
use super::Side;
use super::hint;
use crate::policy::Criterion;
use crate::policy::Mode;
use std::collections::BTreeSet;

/// Words that say nothing about what a rule is about.
const COMMON: &[&str] = &[
    "a", "an", "and", "any", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "its",
    "of", "on", "or", "that", "the", "their", "them", "they", "this", "to", "was", "were", "which",
    "with",
];
/// The words two rules must share to overlap, at least.
const FEWEST_SHARED: usize = 3;
/// The most criteria that are compared with each other.
const MOST_COMPARED: usize = 150;

struct Rule<'a> {
    label: &'a str,
    side: Side,
    criterion: &'a Criterion,
    words: BTreeSet<String>,
}

impl Linter<'_> {
    /// `L006` and `L007`.
    pub(super) fn rules(&mut self) {
        let rules: Vec<Rule<'_>> = self
            .criteria()
            .into_iter()
            .take(MOST_COMPARED)
            .map(|(label, side, criterion)| {
                let words = content_words(&criterion.text);
                Rule { label, side, criterion, words }
            })
            .collect();
        self.overlaps(&rules);
        self.unreachable(&rules);
    }

    fn overlaps(&mut self, rules: &[Rule<'_>]) {
        for (at, second) in rules.iter().enumerate() {
            let before = rules.get(..at).unwrap_or_default();
            let first = before
                .iter()
                .find(|first| self.decide_differently(first, second) && overlap(first, second));
            let Some(first) = first else { continue };
            let ids = (&first.criterion.id, &second.criterion.id);
            let message =
                format!("`{}` and `{}` speak of the same and neither has precedence", ids.0, ids.1);
            let related = self.criterion_key(first.label, first.side, first.criterion);
            let place = self.criterion_key(second.label, second.side, second.criterion);
            if let Some(warning) = self.warn("L006", place, message) {
                *warning = warning.clone().related(related, "the other").hint(
                    "put both in `precedence`, the stronger first, or say what sets them apart",
                );
            }
        }
    }

    /// Whether a unit that meets both could get two labels, and no precedence says which.
    fn decide_differently(&self, a: &Rule<'_>, b: &Rule<'_>) -> bool {
        let ranked = |rule: &Rule<'_>| self.policy.precedence.contains(&rule.criterion.id);
        let opposed = match (a.side, b.side) {
            (Side::Includes, Side::Includes) => {
                a.label != b.label && self.policy.mode != Mode::Multi
            }
            (Side::Includes, Side::Excludes) | (Side::Excludes, Side::Includes) => {
                a.label == b.label
            }
            (Side::Excludes, Side::Excludes) => false,
        };
        opposed && !(ranked(a) && ranked(b))
    }

    /// A label each of whose criteria always loses to one that says the same.
    fn unreachable(&mut self, rules: &[Rule<'_>]) {
        for label in &self.policy.labels {
            let own = |rule: &&Rule<'_>| rule.label == label.id && rule.side == Side::Includes;
            let mut own = rules.iter().filter(own).peekable();
            let leads = self.policy.exceptions.iter().any(|exception| exception.then == label.id);
            if own.peek().is_none() || leads || label.default {
                continue;
            }
            if own.all(|rule| rules.iter().any(|other| self.beats(other, rule))) {
                let message = format!("the label `{}` cannot be reached", label.id);
                let warning = self.warn("L007", self.key(&["labels", &label.id]), message);
                hint(
                    warning,
                    "every criterion of it loses to one with the same text: change the texts or the precedence",
                );
            }
        }
    }

    fn beats(&self, other: &Rule<'_>, rule: &Rule<'_>) -> bool {
        let rank =
            |rule: &Rule<'_>| self.policy.precedence.iter().position(|id| *id == rule.criterion.id);
        let opposed = match other.side {
            Side::Excludes => other.label == rule.label,
            Side::Includes => other.label != rule.label && self.policy.mode != Mode::Multi,
        };
        let stronger = match (rank(other), rank(rule)) {
            (Some(other), Some(rule)) => other < rule,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => other.side == Side::Excludes,
        };
        opposed && stronger && !rule.words.is_empty() && other.words == rule.words
    }
}

/// Whether nine in ten of the words of the shorter rule, and three at least, are in the other.
fn overlap(a: &Rule<'_>, b: &Rule<'_>) -> bool {
    let shared = a.words.intersection(&b.words).count();
    let shorter = a.words.len().min(b.words.len());
    shared >= FEWEST_SHARED && 10 * shared >= 9 * shorter
}

fn content_words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty() && !COMMON.contains(&word.as_str()))
        .collect()
}
