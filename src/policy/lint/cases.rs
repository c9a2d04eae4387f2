//! Cases that contradict the rules they cite, rules no case shows, tests the model has all but seen.

use super::Linter;
use super::hint;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::collections::HashMap;

/// The characters of one shingle.
const SHINGLE: usize = 5;
/// How many values of two lists are compared before it is asked whether they can still be alike.
const LOOKS_AFTER: usize = 8;
/// Spreads the letters of a shingle over its number (2^64 divided by the golden ratio).
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
/// The share of common shingles from which two texts are near duplicates.
const NEAR: f64 = 0.7;
/// The most examples, and tests, that are compared.
const MOST_COMPARED: usize = 300;

/// An example or a test.
struct Case<'a> {
    list: &'static str,
    at: usize,
    /// The key its label stands under, and the label.
    label: (&'static str, &'a str),
    criteria: &'a [String],
}

/// A rule that decides a case, the strongest first.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
struct Strength {
    /// Position in the precedence; a rule that is not in it is weaker than all that are.
    precedence: usize,
    /// Exclusions win over exceptions, and these over inclusions.
    kind: u8,
}

enum Effect<'a> {
    Gives(&'a str),
    Forbids(&'a str),
}

/// Returns whether two texts are near duplicates: of their five-character shingles, without
/// capitals, spaces and punctuation, seven in ten are common to both.
#[must_use]
pub fn resemble(a: &str, b: &str) -> bool {
    alike(&shingles(a), &shingles(b))
}

impl Linter<'_> {
    /// `L004`, `L005` and `L010`.
    pub(super) fn cases(&mut self) {
        let policy = self.policy;
        let examples = policy.examples.iter().enumerate().map(|(at, example)| Case {
            list: "examples",
            at,
            label: ("label", &example.label),
            criteria: &example.criteria,
        });
        let tests = policy.tests.iter().enumerate().map(|(at, test)| Case {
            list: "tests",
            at,
            label: ("expect", &test.expect),
            criteria: &test.criteria,
        });
        let cases: Vec<Case<'_>> = examples.chain(tests).collect();
        self.unshown(&cases);
        for case in &cases {
            self.contradiction(case);
        }
        self.near_duplicates();
    }

    fn unshown(&mut self, cases: &[Case<'_>]) {
        let criteria = self.criteria();
        if cases.is_empty() && !criteria.is_empty() {
            let message = "no criterion has an example or a test".to_owned();
            let warning = self.warn("L004", self.key(&["labels"]), message);
            hint(warning, "add `examples:` and `tests:` that cite the criteria that decide them");
            return;
        }
        let cited: BTreeSet<&str> =
            cases.iter().flat_map(|case| case.criteria).map(String::as_str).collect();
        for (label, side, criterion) in criteria {
            if cited.contains(criterion.id.as_str()) {
                continue;
            }
            let place = self.criterion_key(label, side, criterion);
            let message = format!("no example and no test shows `{}`", criterion.id);
            let warning = self.warn("L004", place, message);
            hint(
                warning,
                "add one that meets it and one that nearly does, citing it in `criteria`",
            );
        }
    }

    fn contradiction(&mut self, case: &Case<'_>) {
        let (key, label) = case.label;
        if self.policy.abstains(label) {
            return;
        }
        let decisive = decisive(self.policy, case.criteria);
        let gives: Vec<&str> = decisive
            .iter()
            .filter_map(|(_, effect)| match effect {
                Effect::Gives(label) => Some(*label),
                Effect::Forbids(_) => None,
            })
            .collect();
        let forbidden = decisive.iter().find_map(|(rule, effect)| match effect {
            Effect::Forbids(forbidden) if *forbidden == label => Some(*rule),
            Effect::Forbids(_) | Effect::Gives(_) => None,
        });
        let message = match (forbidden, decisive.first()) {
            (Some(rule), _) => format!("`{rule}` keeps the unit out of `{label}`"),
            (None, Some((rule, _))) if !gives.is_empty() && !gives.contains(&label) => {
                format!("the label is `{label}`, and `{rule}` gives `{}`", gives.join("` or `"))
            }
            (None, _) => return,
        };
        let at = case.at.to_string();
        let place = self.value(&[case.list, &at, key]);
        let warning = self.warn("L005", place, message);
        hint(warning, "correct the label, or cite the rule that decides the case");
    }

    fn near_duplicates(&mut self) {
        if self.off("L010") {
            return;
        }
        let policy = self.policy;
        let examples = policy.examples.iter().take(MOST_COMPARED);
        let examples: Vec<Vec<u64>> =
            examples.map(|example| shingles(&judged_text(policy, &example.components))).collect();
        let by_rarest = by_rarest(&examples);
        for (at, test) in policy.tests.iter().take(MOST_COMPARED).enumerate() {
            let text = judged_text(policy, &test.components);
            let of_test = shingles(&text);
            // An equal unit is the warning P033 already.
            let same = policy.examples.iter().any(|one| one.components == test.components);
            let candidates: BTreeSet<usize> = rarest(&of_test)
                .iter()
                .filter_map(|one| by_rarest.get(one))
                .flatten()
                .copied()
                .collect();
            let near = candidates
                .into_iter()
                .find(|at| examples.get(*at).is_some_and(|example| alike(&of_test, example)));
            let Some(example) = near.filter(|_| !same) else { continue };
            let place = self.key(&["tests", &at.to_string(), "unit"]);
            let related = self.key(&["examples", &example.to_string(), "unit"]);
            let message = "the unit of this test is nearly that of an example".to_owned();
            if let Some(warning) = self.warn("L010", place, message) {
                *warning = warning
                    .clone()
                    .related(related, "the example")
                    .hint("the model may be shown the answer: test with another unit");
            }
        }
    }
}

/// The strongest of the cited rules, with what each does; several when none of them is stronger.
fn decisive<'a>(policy: &'a Policy, cited: &'a [String]) -> Vec<(&'a str, Effect<'a>)> {
    let mut rules: Vec<(Strength, &str, Effect<'_>)> =
        cited.iter().filter_map(|id| effect(policy, id)).collect();
    let Some(strongest) = rules.iter().map(|(strength, ..)| *strength).min() else {
        return Vec::new();
    };
    rules.retain(|(strength, ..)| *strength == strongest);
    rules.into_iter().map(|(_, id, effect)| (id, effect)).collect()
}

fn effect<'a>(policy: &'a Policy, id: &'a str) -> Option<(Strength, &'a str, Effect<'a>)> {
    let at = policy.precedence.iter().position(|rule| rule == id);
    let strength = |kind| Strength { precedence: at.unwrap_or(usize::MAX), kind };
    if let Some(exception) = policy.exceptions.iter().find(|exception| exception.id == id) {
        return Some((strength(1), id, Effect::Gives(&exception.then)));
    }
    policy.labels.iter().find_map(|label| {
        let has = |list: &[crate::policy::Criterion]| list.iter().any(|one| one.id == id);
        if has(&label.excludes) {
            return Some((strength(0), id, Effect::Forbids(label.id.as_str())));
        }
        has(&label.includes).then(|| (strength(2), id, Effect::Gives(label.id.as_str())))
    })
}

/// The texts of a unit that are judged.
fn judged_text(policy: &Policy, components: &[Component]) -> String {
    let context = |role: &str| {
        policy
            .components
            .iter()
            .any(|rule| rule.role == role && rule.judge == crate::policy::Judging::Context)
    };
    let texts = components.iter().filter(|component| !context(&component.role));
    let texts: Vec<&str> = texts
        .map(|component| match &component.content {
            Content::Text(text) | Content::Image(text) => text.as_str(),
        })
        .collect();
    texts.join(" ")
}

/// The shingles of a text as numbers in order, each once. The order is that of no alphabet, so that
/// the first few of a text are as rare as any.
fn shingles(text: &str) -> Vec<u64> {
    let letters = letters(text);
    let number = |letters: &[u32]| {
        let mix = |bits: u64, c: &u32| (bits.rotate_left(21) ^ u64::from(*c)).wrapping_mul(ODD);
        letters.iter().fold(0, mix)
    };
    if letters.len() <= SHINGLE {
        return vec![number(&letters)];
    }
    let mut shingles: Vec<u64> = letters.windows(SHINGLE).map(number).collect();
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

/// The letters and digits of a text without capitals.
fn letters(text: &str) -> Vec<u32> {
    let mut letters = Vec::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            letters.push(u32::from(c.to_ascii_lowercase()));
        } else if c.is_alphanumeric() {
            letters.extend(c.to_lowercase().map(u32::from));
        }
    }
    letters
}

/// The first shingles of a text: of two texts that are alike, these have one in common
/// (prefix filtering, Chaudhuri, Ganti & Kaushik 2006).
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the texts of a policy have fewer than 2^52 letters, and the share is at most 1"
)]
fn rarest(shingles: &[u64]) -> &[u64] {
    let common = (NEAR * shingles.len() as f64) as usize;
    shingles.get(..=shingles.len() - common.clamp(1, shingles.len())).unwrap_or(shingles)
}

/// Which texts have a shingle among their first.
fn by_rarest(texts: &[Vec<u64>]) -> HashMap<u64, Vec<usize>> {
    let mut found: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, text) in texts.iter().enumerate() {
        for shingle in rarest(text) {
            found.entry(*shingle).or_default().push(at);
        }
    }
    found
}

#[allow(clippy::cast_precision_loss, reason = "the texts of a policy have fewer than 2^52 letters")]
fn alike(a: &[u64], b: &[u64]) -> bool {
    let enough = |common: usize| {
        let all = a.len() + b.len() - common;
        common as f64 >= NEAR * all as f64
    };
    // Most pairs differ too much in length to be looked at.
    let most = a.len().min(b.len());
    enough(most) && share(a, b, &enough)
}

/// Whether two ordered lists share `enough` values.
fn share(a: &[u64], b: &[u64], enough: &impl Fn(usize) -> bool) -> bool {
    let (mut left, mut right, mut common) = (0, 0, 0);
    while let (Some(one), Some(other)) = (a.get(left), b.get(right)) {
        let order = one.cmp(other);
        common += usize::from(order == Ordering::Equal);
        left += usize::from(order != Ordering::Greater);
        right += usize::from(order != Ordering::Less);
        if left % LOOKS_AFTER == 0 && !enough(common + (a.len() - left).min(b.len() - right)) {
            return false;
        }
    }
    enough(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_a_word_resemble_each_other() {
        let text = "Bet none of you will ride on top of the lift. Prove me wrong and tag me.";
        assert!(resemble(text, &text.replace("tag me", "tag us").to_uppercase()));
        assert!(!resemble(text, "Our stunt team fell forty times today, with pads and ropes."));
        assert!(resemble("Jump!", "jump"));
        assert!(!resemble("Jump!", "Run!"));
    }
}
