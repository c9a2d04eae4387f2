//! Tests and gold that the model has all but seen, because an example is nearly the same.

use super::Linter;
use super::hint;
use crate::policy::Judging;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Unit;
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

/// Returns whether two texts are near duplicates: of their five-character shingles, without
/// capitals, spaces and punctuation, seven in ten are common to both.
#[must_use]
pub fn resemble(a: &str, b: &str) -> bool {
    alike(&shingles(a), &shingles(b))
}

impl Linter<'_> {
    /// `L010`.
    pub(super) fn near_duplicates(&mut self) {
        if self.off("L010") {
            return;
        }
        let policy = self.policy;
        let examples = self.example_shingles();
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

    /// `L012`.
    pub(super) fn gold(&mut self, gold: &[&Unit]) {
        if self.off("L012") || gold.is_empty() {
            return;
        }
        let policy = self.policy;
        let of_gold = gold.iter().map(|unit| (unit, judged_text(policy, &unit.components)));
        let of_gold: Vec<_> = of_gold
            .filter(|(_, text)| text.contains(char::is_alphanumeric))
            .map(|(unit, text)| (unit.id.as_str(), shingles(&text)))
            .collect();
        for (example, of_example) in self.example_shingles().iter().enumerate() {
            let near = of_gold.iter().find(|(_, of_unit)| alike(of_unit, of_example));
            let Some((id, _)) = near else { continue };
            let place = self.key(&["examples", &example.to_string(), "unit"]);
            let message = format!("this example is nearly the unit `{id}`, which has gold");
            let warning = self.warn("L012", place, message);
            hint(
                warning,
                "the model is shown the answer, so gold finds fewer errors than it makes: write another example",
            );
        }
    }

    fn example_shingles(&self) -> Vec<Vec<u64>> {
        let examples = self.policy.examples.iter().take(MOST_COMPARED);
        let text = |components: &[Component]| judged_text(self.policy, components);
        examples.map(|example| shingles(&text(&example.components))).collect()
    }
}

/// The texts of a unit that are judged.
fn judged_text(policy: &Policy, components: &[Component]) -> String {
    let context = |role: &str| {
        policy.components.iter().any(|rule| rule.role == role && rule.judge == Judging::Context)
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
    use crate::diag::Source;
    use crate::policy::LintSettings;
    use crate::policy::Reader;
    use crate::policy::lint_gold;
    use std::collections::BTreeMap;

    #[test]
    fn an_example_is_held_against_gold_by_what_is_judged() {
        let text = "\
policy: p
version: 1.0.0
labels: {fine: {default: true}, bad: {severity: 1, definition: Bad.}}
components: {query: {modality: text, judge: context}, response: {modality: text}}
examples:
  - {unit: {query: how do I do it, response: Take ten and wait.}, label: bad}
";
        let read = Reader::prepare().read(&Source::new("t", text), &BTreeMap::new()).unwrap();
        let found = |query: &str, response: &str, off: &[&str]| -> Vec<String> {
            let part = |role: &str, text: &str| Component {
                role: role.to_owned(),
                content: Content::Text(text.to_owned()),
            };
            let components = vec![part("query", query), part("response", response)];
            let gold = Unit { components, ..Unit::text("u-7", "") };
            let off = off.iter().map(|code| (*code).to_owned()).collect();
            let found =
                lint_gold(&read, &[&gold], &LintSettings { off, ..LintSettings::everything() });
            found.iter().map(ToString::to_string).collect()
        };
        let message = "t:6:6: warning[L012]: this example is nearly the unit `u-7`, which has gold";
        assert_eq!(found("what now", "take TEN, and wait", &[]), [message]);
        assert_eq!(found("how do I do it", "Call a doctor at once.", &[]), [""; 0]);
        assert_eq!(found("what now", "take TEN, and wait", &["L012"]), [""; 0]);
    }

    #[test]
    fn texts_that_differ_in_a_word_resemble_each_other() {
        let text = "Bet none of you will ride on top of the lift. Prove me wrong and tag me.";
        assert!(resemble(text, &text.replace("tag me", "tag us").to_uppercase()));
        assert!(!resemble(text, "Our stunt team fell forty times today, with pads and ropes."));
        assert!(resemble("Jump!", "jump"));
        assert!(!resemble("Jump!", "Run!"));
    }
}
