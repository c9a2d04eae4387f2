//! What labeler and raters said of units to which several labels may apply at once.

use super::sample::PolicyRows;
use super::sample::Sample;
use crate::eval::Positive;
use crate::gold::labels_in;
use crate::gold::names_several;
use crate::measure::GoldSet;
use crate::measure::Several;
use crate::ops::gold::Collected;
use std::collections::BTreeSet;
use std::collections::HashMap;

/// How many raters said what of a unit; several labels stand in one text.
pub(super) type Votes = std::collections::BTreeMap<String, u32>;

/// Returns the label that speaks for a unit, where more than half of the raters are on one side of the rule. A rater who
/// abstained is on neither.
pub(super) fn majority<'v>(
    votes: &'v Votes,
    positive: &Positive,
    abstains: &dyn Fn(&str) -> bool,
) -> Option<&'v str> {
    let raters: u32 = votes.values().sum();
    let said = |text: &'v str| positive.of_several(labels_in(text)).filter(|it| !abstains(it));
    [true, false].into_iter().find_map(|violating| {
        let side = votes.iter().filter_map(|(text, count)| Some((said(text)?, count)));
        let side = side.filter(|(label, _)| positive.matches(label) == violating);
        let count: u32 = side.clone().map(|(_, count)| count).sum();
        // the label most raters on that side chose; the first of the alphabet where they are even
        let best = side.fold(None, |best: Option<(&str, u32)>, (label, count)| match best {
            Some((_, most)) if most >= *count => best,
            Some(_) | None => Some((label, *count)),
        });
        best.filter(|_| raters < 2 * count).map(|(label, _)| label)
    })
}

/// Returns all labels of each unit: what the labeler said, and of gold each label that more than half of the raters gave.
pub(super) fn several<'a>(sample: &'a Sample, rows: &'a PolicyRows) -> Several<'a> {
    if !rows.several() {
        return Several::default();
    }
    let mut said = HashMap::new();
    for row in &rows.rows {
        if let Some(labels) = row.labels.as_deref().filter(|labels| names_several(labels)) {
            said.insert(rows.unit_id(sample, row), labels_in(labels).collect());
        }
    }
    let mut gold = HashMap::new();
    for collected in sample.gold.values() {
        gold.extend(of_raters(collected, rows));
    }
    Several { said, gold }
}

fn of_raters<'a>(
    collected: &'a Collected,
    rows: &'a PolicyRows,
) -> impl Iterator<Item = (&'a str, GoldSet<'a>)> {
    let abstains = |text: &str| rows.policy.as_ref().is_some_and(|policy| policy.abstains(text));
    let adjudication = &collected.adjudication;
    let settled = adjudication.gold.iter().map(|it| (&it.policy, &it.unit_id, &it.votes));
    let open = adjudication.unresolved.iter().map(|it| (&it.policy, &it.unit_id, &it.votes));
    let of_policy = settled.chain(open).filter(|(policy, ..)| **policy == rows.id);
    of_policy.filter_map(move |(_, unit, votes)| {
        // where half of the raters chose a reason to abstain, nobody knows of any label
        let answers = votes.iter().filter(|(text, _)| !abstains(text));
        let (answered, raters) = (answers.map(|(_, n)| n).sum::<u32>(), votes.values().sum());
        (2 * answered > raters).then(|| (unit.as_str(), set(votes, &abstains)))
    })
}

/// Each label by the majority of the raters; a rater who abstained is for neither side.
fn set<'a>(votes: &'a Votes, abstains: &dyn Fn(&str) -> bool) -> GoldSet<'a> {
    let raters: u32 = votes.values().sum();
    let answers = || votes.iter().filter(|(text, _)| !abstains(text));
    let answered: u32 = answers().map(|(_, count)| count).sum();
    let labels: BTreeSet<&str> = answers().flat_map(|(text, _)| labels_in(text)).collect();
    let mut set = GoldSet::default();
    for label in labels {
        let given = |(text, _): &(&String, &u32)| labels_in(text).any(|it| it == label);
        let yes: u32 = answers().filter(given).map(|(_, count)| count).sum();
        if raters < 2 * yes {
            set.apply.push(label);
        } else if raters >= 2 * (answered - yes) {
            set.open.push(label);
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(said: &[(&str, u32)]) -> Votes {
        said.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect()
    }

    #[test]
    fn raters_who_name_different_violations_agree_that_there_is_one() {
        let positive = Positive::labels(["slur", "threat"]).unwrap();
        for (said, expected) in [
            ([("slur;threat", 1), ("threat", 1)], Some("slur")),
            ([("slur", 1), ("allowed", 1)], None),
            ([("slur", 1), ("allowed", 2)], Some("allowed")),
            ([("allowed", 1), ("unsure", 1)], None),
        ] {
            let said = votes(&said);
            assert_eq!(majority(&said, &positive, &|it| it == "unsure"), expected, "{said:?}");
        }
    }

    #[test]
    fn each_label_has_a_majority_of_its_own() {
        let said = votes(&[("slur;threat", 1), ("threat", 1), ("unsure", 1)]);
        let found = set(&said, &|text| text == "unsure");
        assert_eq!((found.apply, found.open), (vec!["threat"], vec!["slur"]));
    }
}
