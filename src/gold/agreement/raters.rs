//! One line a rater: how much they answered, how often they said violating, and whether the others agreed.

use super::LabelScale;
use crate::gold::RatedUnit;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Rate;
use crate::stats::clopper_pearson;
use std::collections::BTreeMap;

/// What one rater answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RaterRow {
    /// The rater; `None` for answers that name nobody.
    pub rater: Option<String>,
    /// Answers.
    pub answers: u64,
    /// Of the answers that are no abstention, those that say violating; `None` where nothing says which labels are violating.
    pub violating: Option<Among>,
    /// Of the answers to units on which the other raters have a majority, those that agree with it.
    pub with_majority: Option<Among>,
}

/// A count among others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Among {
    /// How many.
    pub count: u64,
    /// Among how many; above 0.
    pub of: u64,
    /// The interval of the share (Clopper-Pearson).
    pub interval: Interval,
}

#[derive(Default)]
struct Tally {
    answers: u64,
    judged: u64,
    violating: u64,
    compared: u64,
    agreed: u64,
}

impl Among {
    fn new(count: u64, of: u64, level: Level) -> Option<Self> {
        let interval = clopper_pearson(Rate::new(count, of).ok()?, level);
        Some(Self { count, of, interval })
    }

    /// Returns the share.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.count as f64 / self.of as f64
    }
}

/// Returns a row a rater, ordered by name.
pub(super) fn rows(rated: &[&RatedUnit], scale: &LabelScale, level: Level) -> Vec<RaterRow> {
    rows_over(rated.iter().map(|unit| (*unit, scale)), level)
}

/// As [`rows`], each unit with the scale of its policy.
pub(super) fn rows_over<'a>(
    rated: impl Iterator<Item = (&'a RatedUnit, &'a LabelScale)>,
    level: Level,
) -> Vec<RaterRow> {
    let mut tallies: BTreeMap<Option<&str>, Tally> = BTreeMap::new();
    let mut unknown = false;
    for (unit, scale) in rated {
        unknown |= scale.is_unknown();
        for (place, answer) in unit.answers.iter().enumerate() {
            let tally = tallies.entry(answer.rater.as_deref()).or_default();
            tally.answers += 1;
            if let Some(label) = scale.label(&answer.label) {
                tally.judged += 1;
                tally.violating += u64::from(label.violating);
            }
            if let Some(majority) = majority_of_others(unit, place) {
                tally.compared += 1;
                tally.agreed += u64::from(majority == answer.label);
            }
        }
    }
    let row = |(rater, tally): (Option<&str>, Tally)| RaterRow {
        rater: rater.map(str::to_owned),
        answers: tally.answers,
        violating: Among::new(tally.violating, tally.judged, level).filter(|_| !unknown),
        with_majority: Among::new(tally.agreed, tally.compared, level),
    };
    tallies.into_iter().map(row).collect()
}

/// The answer that more than half of the others gave.
fn majority_of_others(unit: &RatedUnit, place: usize) -> Option<&str> {
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    let others = unit.answers.iter().enumerate().filter(|(at, _)| *at != place);
    for (_, answer) in others {
        *votes.entry(&answer.label).or_default() += 1;
    }
    let all: usize = votes.values().sum();
    votes.into_iter().find(|(_, count)| all < 2 * count).map(|(label, _)| label)
}
