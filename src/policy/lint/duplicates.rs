//! Tests and gold that the model has all but seen, because an example is nearly the same.

use super::Linter;
use super::hint;
use crate::policy::Judging;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Unit;
use std::cmp::Ordering;

/// The characters of one shingle.
const SHINGLE: usize = 5;
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
        for (at, test) in policy.tests.iter().take(MOST_COMPARED).enumerate() {
            let text = judged_text(policy, &test.components);
            let of_test = shingles(&text);
            // An equal unit is the warning P033 already.
            let same = policy.examples.iter().any(|one| one.components == test.components);
            let near = examples.iter().find(|(_, of_example)| alike(&of_test, of_example));
            let Some((example, _)) = near.filter(|_| !same) else { continue };
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
        for (example, of_example) in self.example_shingles() {
            let near = of_gold.iter().find(|(_, of_unit)| alike(of_unit, &of_example));
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

    fn example_shingles(&self) -> Vec<(usize, Vec<u128>)> {
        let examples = self.policy.examples.iter().take(MOST_COMPARED).enumerate();
        let text = |components: &[Component]| judged_text(self.policy, components);
        examples.map(|(at, example)| (at, shingles(&text(&example.components)))).collect()
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

/// The shingles of a text in order, each once, as its characters side by side.
fn shingles(text: &str) -> Vec<u128> {
    const BITS_OF_A_CHARACTER: usize = 21;
    let letters: Vec<char> =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let packed = |letters: &[char]| {
        letters.iter().fold(0, |bits, c| bits << BITS_OF_A_CHARACTER | u128::from(u32::from(*c)))
    };
    if letters.len() <= SHINGLE {
        return vec![packed(&letters)];
    }
    let mut shingles: Vec<u128> = letters.windows(SHINGLE).map(packed).collect();
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

#[allow(clippy::cast_precision_loss, reason = "the texts of a policy have fewer than 2^52 letters")]
fn alike(a: &[u128], b: &[u128]) -> bool {
    let enough = |common: usize| {
        let all = a.len() + b.len() - common;
        common as f64 >= NEAR * all as f64
    };
    // Most pairs differ too much in length to be looked at.
    enough(a.len().min(b.len())) && enough(n_common(a, b))
}

/// How many values two ordered lists share.
fn n_common(a: &[u128], b: &[u128]) -> usize {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut common = 0;
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        match left.cmp(right) {
            Ordering::Less => a.next(),
            Ordering::Greater => b.next(),
            Ordering::Equal => {
                common += 1;
                b.next();
                a.next()
            }
        };
    }
    common
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
            let found = lint_gold(&read, &[&gold], &LintSettings { off });
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
