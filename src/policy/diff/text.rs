//! How two versions of one text differ, as far as their words show.

use std::collections::BTreeSet;

/// New words of these offer an alternative, and so widen a text.
const ALTERNATIVES: &[&str] = &["or", "any", "also", "including", "either"];
/// Words that turn a sentence round; so does a word that ends in `n't`.
const NEGATIONS: &[&str] = &["not", "no", "never", "neither", "nor", "cannot"];
/// Words whose coming or going changes nothing a rule is about.
const EMPTY: &[&str] = &["a", "an", "the", "that", "which", "is", "are", "of", "to"];
/// Words that hold a sentence together, and so are no sign that two texts are about the same.
const JOINTS: &[&str] = &[
    "and", "or", "any", "all", "also", "every", "either", "in", "on", "at", "by", "for", "with",
    "from", "as", "it", "its", "this", "be", "not", "no", "other", "others", "who", "when", "if",
];
/// One text keeps at least one of so many of its words, or it is another text.
const KEPT_OF: usize = 3;
/// From this letter on (East Asian scripts) words are not divided by spaces, so that each letter counts.
const UNDIVIDED: char = '\u{2e80}';
/// How many words after a comma may stand before the `or` of a list.
const ITEM_WORDS: usize = 2;

/// The difference of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// None.
    Same,
    /// Capitals, punctuation, and words without content.
    Cosmetic,
    /// Other words, some gone and some new, or in another order.
    Reworded,
    /// More falls under it.
    Widened,
    /// Less falls under it.
    Narrowed,
    /// Another meaning, as far as the words show: a negation or an item of an `and` list came or went, or fewer
    /// than a third of the words stayed.
    Moved,
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Word(String),
    Comma,
    End,
}

/// What joins the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Joined {
    Or,
    And,
}

pub(super) fn compare(before: &str, after: &str) -> Text {
    if before == after {
        return Text::Same;
    }
    let (old, new) = (pieces(before), pieces(after));
    let (old_words, new_words) = (content(&old), content(&new));
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let (old_set, new_set): (BTreeSet<String>, BTreeSet<String>) =
        (set(&old_words), set(&new_words));
    let added: BTreeSet<&str> = new_set.difference(&old_set).map(String::as_str).collect();
    let removed: BTreeSet<&str> = old_set.difference(&new_set).map(String::as_str).collect();
    match (added.is_empty(), removed.is_empty()) {
        (true, true) if old_words == new_words => Text::Cosmetic,
        (false, false) if !alike(&old_words, &new_words) => Text::Moved,
        (true, true) | (false, false) => Text::Reworded,
        (false, true) => match effect(&added, &new, &old) {
            Effect::Wider => Text::Widened,
            Effect::Narrower => Text::Narrowed,
            Effect::Unclear => Text::Moved,
        },
        (true, false) => match effect(&removed, &old, &new) {
            Effect::Wider => Text::Narrowed,
            Effect::Narrower => Text::Widened,
            Effect::Unclear => Text::Moved,
        },
    }
}

/// Whether at least a third of the words of the one text that has more of them stand in the other too.
fn alike(old: &[&str], new: &[&str]) -> bool {
    let (old, new) = (telling(old), telling(new));
    let kept = old.intersection(&new).count();
    kept * KEPT_OF >= old.len().max(new.len())
}

/// The words that tell what a text is about; letters, where words are not divided.
fn telling(words: &[&str]) -> BTreeSet<String> {
    let words = words.iter().filter(|word| !JOINTS.contains(*word));
    let parts = words.flat_map(|word| match word.contains(|c| c >= UNDIVIDED) {
        true => word.chars().map(String::from).collect(),
        false => vec![(*word).to_owned()],
    });
    parts.collect()
}

/// What words do to the text they stand in.
enum Effect {
    Wider,
    Narrower,
    Unclear,
}

/// The effect of the words that `text` has and `other` has not.
fn effect(words: &BTreeSet<&str>, text: &[Piece], other: &[Piece]) -> Effect {
    let negation = |word: &&&str| NEGATIONS.contains(*word) || word.ends_with("n't");
    if words.iter().any(|word| negation(&word)) {
        return Effect::Unclear;
    }
    let alternatives = |text: &[Piece]| {
        let words = text.iter().filter(|piece| match piece {
            Piece::Word(word) => ALTERNATIVES.contains(&word.as_str()),
            Piece::Comma | Piece::End => false,
        });
        words.count()
    };
    if alternatives(other) < alternatives(text) {
        return Effect::Wider;
    }
    match items(words, text) {
        Some(Joined::Or) => Effect::Wider,
        Some(Joined::And) => Effect::Unclear,
        None => Effect::Narrower,
    }
}

/// What joins the words with the rest of a list, when each run of them is an item of one.
fn items(words: &BTreeSet<&str>, text: &[Piece]) -> Option<Joined> {
    let of_run = |piece: &Piece| match piece {
        Piece::Word(word) => words.contains(word.as_str()) || EMPTY.contains(&word.as_str()),
        Piece::Comma | Piece::End => false,
    };
    let counts =
        |piece: &Piece| matches!(piece, Piece::Word(word) if words.contains(word.as_str()));
    let mut joined = None;
    let mut at = 0;
    while at < text.len() {
        let length = text.iter().skip(at).take_while(|piece| of_run(piece)).count();
        let run = text.get(at..at + length).unwrap_or_default();
        if run.iter().any(counts) {
            let before = at.checked_sub(1).and_then(|before| text.get(before));
            joined = joined.max(Some(item(before, text.get(at + length..).unwrap_or_default())?));
        }
        at += length.max(1);
    }
    joined
}

/// What joins an item with its list, by what stands before and after it.
fn item(before: Option<&Piece>, after: &[Piece]) -> Option<Joined> {
    let joins = |piece: &Piece| match piece {
        Piece::Word(word) if word == "or" => Some(Joined::Or),
        Piece::Word(word) if word == "and" => Some(Joined::And),
        Piece::Word(_) | Piece::Comma | Piece::End => None,
    };
    let ends = match after.first() {
        None | Some(Piece::Comma | Piece::End) => true,
        Some(piece) => joins(piece).is_some(),
    };
    let soon = || {
        let words = after.iter().filter(|piece| **piece != Piece::Comma);
        let clause = words.take_while(|piece| **piece != Piece::End);
        clause.take(ITEM_WORDS).find_map(joins)
    };
    match before {
        Some(piece) if ends && joins(piece).is_some() => joins(piece),
        Some(Piece::Comma | Piece::End) | None if ends => soon(),
        Some(_) | None => None,
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        match c {
            '\'' | '’' if !word.is_empty() => word.push('\''),
            c if c.is_alphanumeric() => word.extend(c.to_lowercase()),
            c => {
                let done = std::mem::take(&mut word);
                let done = done.trim_end_matches('\'');
                pieces.extend((!done.is_empty()).then(|| Piece::Word(done.to_owned())));
                match c {
                    ',' => pieces.push(Piece::Comma),
                    '.' | ';' | ':' | '!' | '?' => pieces.push(Piece::End),
                    _ => {}
                }
            }
        }
    }
    pieces
}

/// The words that say something, in order.
fn content(pieces: &[Piece]) -> Vec<&str> {
    let words = pieces.iter().filter_map(|piece| match piece {
        Piece::Word(word) => Some(word.as_str()),
        Piece::Comma | Piece::End => None,
    });
    words.filter(|word| !EMPTY.contains(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, there: Text, back: Text) {
        assert_eq!(compare(before, after), there, "{before} -> {after}");
        assert_eq!(compare(after, before), back, "{after} -> {before}");
    }

    #[test]
    fn words_that_only_come_or_go_widen_or_narrow_a_text() {
        check("Gives steps.", "Gives steps.", Text::Same, Text::Same);
        check("Gives steps.", "gives the steps", Text::Cosmetic, Text::Cosmetic);
        check("Gives steps.", "Gives steps, or sourcing.", Text::Widened, Text::Narrowed);
        check("Gives steps.", "Gives steps with quantities.", Text::Narrowed, Text::Widened);
        check("Gives steps.", "Shows steps.", Text::Reworded, Text::Reworded);
    }

    #[test]
    fn a_text_that_keeps_hardly_a_word_means_another_thing() {
        let kittens = "Posts pictures of kittens and flowers every morning.";
        check("Degrades a target.", kittens, Text::Moved, Text::Moved);
        check("Insults people and groups.", "Sells and ships goods.", Text::Moved, Text::Moved);
        check("Degrades a target.", "Degrades or mocks somebody.", Text::Reworded, Text::Reworded);
        check("侮辱他人的帖子", "侮辱别人的帖子", Text::Reworded, Text::Reworded);
        check("侮辱他人的帖子", "每天早上发小猫图", Text::Moved, Text::Moved);
    }

    #[test]
    fn an_item_of_a_list_is_an_alternative() {
        let dares = "Challenges or pressures others to do it.";
        check(
            dares,
            "Challenges, pays or pressures others to do it.",
            Text::Widened,
            Text::Narrowed,
        );
        check(
            dares,
            "Pays, challenges or pressures others to do it.",
            Text::Widened,
            Text::Narrowed,
        );
        let steps = "Gives steps or a price.";
        check(steps, "Gives steps or a price or sourcing.", Text::Widened, Text::Narrowed);
        check(steps, "Gives steps or a price, or sells steps.", Text::Widened, Text::Narrowed);
        check(
            dares,
            "Challenges or openly pressures others to do it.",
            Text::Narrowed,
            Text::Widened,
        );
        check(
            dares,
            "Challenges or pressures others, in anger, to do it.",
            Text::Narrowed,
            Text::Widened,
        );
    }

    #[test]
    fn what_may_turn_a_meaning_is_not_called_narrower() {
        let harmful = "Explains why the act is harmful.";
        check(harmful, "Explains why the act is not harmful.", Text::Moved, Text::Moved);
        check(harmful, "Explains why the act isn't harmful.", Text::Moved, Text::Moved);
        check("Posts and answers.", "Posts, comments, and answers.", Text::Moved, Text::Moved);
        check(
            "Blames Anna, praises Bo.",
            "Blames Bo, praises Anna.",
            Text::Reworded,
            Text::Reworded,
        );
    }
}
