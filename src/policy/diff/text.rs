//! How two versions of one text differ, as far as their words show.

use std::collections::BTreeSet;

/// New words of these offer an alternative, and so widen a text.
const ALTERNATIVES: &[&str] = &["or", "any", "also", "including", "either"];
/// Words whose coming or going changes nothing a rule is about.
const EMPTY: &[&str] = &["a", "an", "the", "that", "which", "is", "are", "of", "to"];

/// The difference of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// None.
    Same,
    /// Capitals, punctuation, the order of words, and words without content.
    Cosmetic,
    /// Other words, some gone and some new.
    Reworded,
    /// More falls under it.
    Widened,
    /// Less falls under it.
    Narrowed,
}

pub(super) fn compare(before: &str, after: &str) -> Text {
    if before == after {
        return Text::Same;
    }
    let (old, new) = (words(before), words(after));
    let added: Vec<&str> = new.difference(&old).map(String::as_str).collect();
    let removed: Vec<&str> = old.difference(&new).map(String::as_str).collect();
    let alternative = |words: &[&str]| words.iter().any(|word| ALTERNATIVES.contains(word));
    match (added.as_slice(), removed.as_slice()) {
        ([], []) => Text::Cosmetic,
        (added, []) if alternative(added) => Text::Widened,
        (_, []) => Text::Narrowed,
        ([], removed) if alternative(removed) => Text::Narrowed,
        ([], _) => Text::Widened,
        (_, _) => Text::Reworded,
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty() && !EMPTY.contains(&word.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_only_come_or_go_widen_or_narrow_a_text() {
        let check = |before: &str, after: &str, expected: Text| {
            assert_eq!(compare(before, after), expected, "{before} -> {after}");
        };
        check("Gives steps.", "Gives steps.", Text::Same);
        check("Gives steps.", "gives the steps", Text::Cosmetic);
        check("Gives steps.", "Gives steps, or sourcing.", Text::Widened);
        check("Gives steps.", "Gives steps with quantities.", Text::Narrowed);
        check("Gives steps with quantities.", "Gives steps.", Text::Widened);
        check("Gives steps or sourcing.", "Gives steps.", Text::Narrowed);
        check("Gives steps.", "Shows quantities.", Text::Reworded);
    }
}
