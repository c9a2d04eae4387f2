//! Which known word a misspelt one was probably meant to be.

/// Words longer than this are not compared: nobody mistypes one letter of a paragraph.
const LONGEST: usize = 40;
/// Candidates after this many are not compared, so that a hostile file cannot buy time.
const MOST: usize = 500;

/// Returns the candidate a misspelt word was probably meant to be, if one is near enough.
///
/// Near enough is one edit (insert, delete, replace, swap of neighbours) for every three
/// characters, and at least one. Upper and lower case, and `_` and `-`, count as the same. Of equally near candidates the first wins.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = folded(word)?;
    let near_enough = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .take(MOST)
        .filter_map(|candidate| Some((edits(&word, &folded(candidate)?), candidate)))
        .filter(|(distance, _)| *distance <= near_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Option<Vec<char>> {
    let folded: Vec<char> = word
        .chars()
        .take(LONGEST + 1)
        .flat_map(char::to_lowercase)
        .map(|c| if c == '_' || c == ' ' { '-' } else { c })
        .collect();
    (!folded.is_empty() && folded.len() <= LONGEST).then_some(folded)
}

/// The optimal string alignment distance.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 4] = ["labels", "severity", "definition", "includes"];

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, KEYS), expected, "{word}");
    }

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        check("lables", Some("labels"));
        check("Severity", Some("severity"));
        check("defintion", Some("definition"));
        check("include", Some("includes"));
    }

    #[test]
    fn another_word_is_not() {
        check("owner", None);
        check("", None);
        check(&"x".repeat(10_000), None);
    }

    #[test]
    fn hyphen_and_underscore_are_one() {
        assert_eq!(nearest("safety_framing", ["x", "safety-framing"]), Some("safety-framing"));
    }
}
