//! Labels ⋈ gold for one policy: cells, confusion and outcomes, with every row checked.

use crate::eval::Cells;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::eval::Positive;
use crate::eval::Undetermined;
use crate::eval::weigh::Matched;
use crate::eval::weigh::weigh;
use crate::gold::Cell;
use crate::reply::Outcome;
use crate::stats::Weight;
use crate::unit::Design;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;

/// Labels and gold of one policy, joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// Sums by cell, not merged. Under [`GoldDrawn::Independent`] units with gold are not among the labeled ones.
    pub cells: Cells,
    /// Gold on which people could not tell, where there is some that can be weighed. `cells` leaves it out.
    pub undetermined: Option<Undetermined>,
    /// Gold units by what the labeler said (a label, or the outcome's name) and by gold label; not weighted.
    pub confusion: BTreeMap<(String, String), u64>,
    /// Every outcome that occurred.
    pub outcomes: BTreeMap<Outcome, OutcomeShare>,
    /// Ids with gold that are not among the labeled units, in the order of the gold.
    pub gold_outside: Vec<String>,
    /// How many labeled units have an inclusion probability.
    pub inclusion: Presence,
    /// How many gold labels have a probability.
    pub gold_probability: Presence,
    /// The designs that drew the labeled units; empty when they are the whole population.
    pub designs: BTreeSet<Design>,
    /// The age of the oldest gold, where every age is known.
    pub oldest_gold_days: Option<f64>,
}

/// How often an outcome occurred.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OutcomeShare {
    /// Units.
    pub n: u64,
    /// Their estimated exposure in the population.
    pub exposure: f64,
}

/// How many rows have an optional value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// None has it.
    None,
    /// Some have it and some have not.
    Some,
    /// All have it.
    All,
}

impl Presence {
    fn of(present: impl Iterator<Item = bool>) -> Self {
        let (mut any, mut all) = (false, true);
        for present in present {
            any |= present;
            all &= present;
        }
        match (any, all) {
            (false, _) => Self::None,
            (true, true) => Self::All,
            (true, false) => Self::Some,
        }
    }
}

/// Joins labels with gold.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn join(
    units: &[LabeledUnit<'_>],
    gold: &[GoldLabel<'_>],
    positive: &Positive,
    drawn: GoldDrawn,
) -> Result<Joined, Vec<InputMistake>> {
    let (mut joined, matched) = matched(units, gold, positive, drawn)?;
    weigh(&mut joined, &matched, positive, drawn).map_err(|mistake| vec![mistake])?;
    Ok(joined)
}

/// Returns the join with its gold not weighed yet, and the units that have gold.
pub(super) fn matched<'a>(
    units: &[LabeledUnit<'_>],
    gold: &[GoldLabel<'a>],
    positive: &Positive,
    drawn: GoldDrawn,
) -> Result<(Joined, Vec<Matched<'a>>), Vec<InputMistake>> {
    let mut mistakes = gold_mistakes(gold);
    mistakes.extend(unit_mistakes(units));
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let by_id: HashMap<&str, GoldLabel<'a>> = gold.iter().map(|gold| (gold.id, *gold)).collect();
    let mut joined = empty(units, gold);
    let mut matched = Vec::with_capacity(gold.len());
    for unit in units {
        let found = by_id.get(unit.id);
        let weight = weight(unit).map_err(|mistake| vec![mistake])?;
        let cell = cell(unit, positive);
        if found.is_none() || drawn != GoldDrawn::Independent {
            joined.cells.cell_mut(cell).add_unit(weight);
            let outcome = joined.outcomes.entry(unit.outcome).or_default();
            outcome.n += 1;
            outcome.exposure += weight.value();
        }
        if let Some(gold) = found {
            let said = unit
                .label
                .filter(|_| unit.outcome == Outcome::Label)
                .unwrap_or(unit.outcome.name());
            *joined.confusion.entry((said.to_owned(), gold.label.to_owned())).or_default() += 1;
            matched.push(Matched { cell, weight, exposure: unit.exposure, gold: *gold });
        }
    }
    if joined.cells.n_labeled() == 0 {
        return Err(vec![InputMistake::NothingButGold]);
    }
    joined.gold_outside = outside(gold, &matched);
    Ok((joined, matched))
}

fn empty(units: &[LabeledUnit<'_>], gold: &[GoldLabel<'_>]) -> Joined {
    let ages = gold.iter().map(|gold| gold.age_days).collect::<Option<Vec<f64>>>();
    Joined {
        cells: Cells::default(),
        undetermined: None,
        confusion: BTreeMap::new(),
        outcomes: BTreeMap::new(),
        gold_outside: Vec::new(),
        inclusion: Presence::of(units.iter().map(|unit| unit.inclusion.is_some())),
        gold_probability: Presence::of(gold.iter().map(|gold| gold.probability.is_some())),
        designs: units
            .iter()
            .filter_map(|unit| unit.inclusion)
            .map(|inclusion| inclusion.design)
            .collect(),
        oldest_gold_days: ages.and_then(|ages| ages.into_iter().reduce(f64::max)),
    }
}

pub(super) fn cell(unit: &LabeledUnit<'_>, positive: &Positive) -> Cell {
    match (unit.outcome, unit.label) {
        (Outcome::Label, Some(label)) if positive.matches(label) => Cell::Flagged,
        (Outcome::Label, Some(_)) => Cell::Unflagged,
        (
            Outcome::Label
            | Outcome::Abstain
            | Outcome::Refusal
            | Outcome::Filtered
            | Outcome::Truncated
            | Outcome::Unparsable
            | Outcome::TooLarge
            | Outcome::ImageUnavailable
            | Outcome::Failed,
            _,
        ) => Cell::NoAnswer,
    }
}

pub(super) fn weight(unit: &LabeledUnit<'_>) -> Result<Weight, InputMistake> {
    let probability = unit.inclusion.map_or(1.0, |inclusion| inclusion.probability);
    Weight::new(unit.exposure, probability)
        .map_err(|_| InputMistake::BadInclusion { id: unit.id.to_owned(), probability })
}

fn outside(gold: &[GoldLabel<'_>], matched: &[Matched<'_>]) -> Vec<String> {
    let inside: HashSet<&str> = matched.iter().map(|unit| unit.gold.id).collect();
    gold.iter().filter(|gold| !inside.contains(gold.id)).map(|gold| gold.id.to_owned()).collect()
}

fn unit_mistakes(units: &[LabeledUnit<'_>]) -> Vec<InputMistake> {
    if units.is_empty() {
        return vec![InputMistake::NoUnits];
    }
    let mut seen = HashSet::with_capacity(units.len());
    let mut mistakes = Vec::new();
    for unit in units {
        let id = || unit.id.to_owned();
        if !seen.insert(unit.id) {
            mistakes.push(InputMistake::DuplicateUnit { id: id() });
        }
        if Weight::new(unit.exposure, 1.0).is_err() {
            mistakes.push(InputMistake::BadExposure { id: id(), exposure: unit.exposure });
        }
        if let Some(inclusion) = unit.inclusion {
            let probability = inclusion.probability;
            let certain = probability >= 1.0;
            if !is_probability(probability) || (inclusion.design == Design::Census && !certain) {
                mistakes.push(InputMistake::BadInclusion { id: id(), probability });
            }
        }
        if unit.outcome == Outcome::Label && unit.label.is_none() {
            mistakes.push(InputMistake::NoLabel { id: id() });
        }
    }
    mistakes
}

fn gold_mistakes(gold: &[GoldLabel<'_>]) -> Vec<InputMistake> {
    let mut seen = HashSet::with_capacity(gold.len());
    let mut mistakes = Vec::new();
    for gold in gold {
        let id = || gold.id.to_owned();
        if !seen.insert(gold.id) {
            mistakes.push(InputMistake::DuplicateGold { id: id() });
        }
        if let Some(probability) =
            gold.probability.filter(|probability| !is_probability(*probability))
        {
            mistakes.push(InputMistake::BadGoldProbability { id: id(), probability });
        }
        if let Some(days) = gold.age_days.filter(|days| !(days.is_finite() && *days >= 0.0)) {
            mistakes.push(InputMistake::BadAge { id: id(), days });
        }
    }
    mistakes
}

fn is_probability(value: f64) -> bool {
    value > 0.0 && value <= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Judgment;
    use crate::unit::Inclusion;

    fn labeled<'a>(id: &'a str, label: &'a str) -> LabeledUnit<'a> {
        LabeledUnit {
            id,
            exposure: 1.0,
            inclusion: None,
            outcome: Outcome::Label,
            label: Some(label),
        }
    }

    fn gold<'a>(id: &'a str, label: &'a str) -> GoldLabel<'a> {
        GoldLabel { id, label, judgment: Judgment::Decided, probability: None, age_days: None }
    }

    fn positive() -> Positive {
        Positive::labels(["1", "violating"]).unwrap()
    }

    fn joined(units: &[LabeledUnit<'_>], gold: &[GoldLabel<'_>], drawn: GoldDrawn) -> Joined {
        join(units, gold, &positive(), drawn).unwrap()
    }

    fn mistakes(units: &[LabeledUnit<'_>], gold: &[GoldLabel<'_>]) -> Vec<InputMistake> {
        join(units, gold, &positive(), GoldDrawn::FromSample).unwrap_err()
    }

    #[test]
    fn every_outcome_without_a_label_is_a_no_answer() {
        let ids: Vec<String> = (0..9).map(|i| i.to_string()).collect();
        let units: Vec<_> = Outcome::ALL
            .into_iter()
            .zip(&ids)
            .map(|(outcome, id)| LabeledUnit { outcome, label: Some("1"), ..labeled(id, "1") })
            .collect();
        let joined = joined(&units, &[], GoldDrawn::FromSample);
        assert_eq!(joined.cells.flagged.labeled.count, 1);
        assert_eq!(joined.cells.no_answer.labeled.count, 8);
        assert_eq!(joined.outcomes.len(), 9);
    }

    #[test]
    fn gold_of_a_simple_random_subsample_stands_for_the_whole_sample() {
        let units = [labeled("a", "1"), labeled("b", "0"), labeled("c", "0"), labeled("d", "1")];
        let joined =
            joined(&units, &[gold("a", "violating"), gold("b", "0")], GoldDrawn::FromSample);
        assert!((joined.cells.flagged.positives.weight - 2.0).abs() < 1e-12);
        assert!((joined.cells.unflagged.negatives.weight - 2.0).abs() < 1e-12);
        assert_eq!(joined.confusion[&("1".to_owned(), "violating".to_owned())], 1);
    }

    #[test]
    fn gold_drawn_by_label_stands_for_its_cell() {
        let units = [labeled("a", "1"), labeled("b", "0"), labeled("c", "0"), labeled("d", "0")];
        let joined = joined(&units, &[gold("a", "1"), gold("b", "0")], GoldDrawn::ByLabel);
        assert!((joined.cells.flagged.positives.weight - 1.0).abs() < 1e-12);
        assert!((joined.cells.unflagged.negatives.weight - 3.0).abs() < 1e-12);
    }

    #[test]
    fn units_with_independent_gold_are_not_part_of_the_sample() {
        let units = [labeled("a", "1"), labeled("b", "0"), labeled("c", "0")];
        let joined = joined(&units, &[gold("a", "1")], GoldDrawn::Independent);
        assert_eq!((joined.cells.n_labeled(), joined.cells.n_gold()), (2, 1));
    }

    #[test]
    fn independent_gold_on_every_unit_leaves_nothing_to_correct() {
        let mistakes =
            join(&[labeled("a", "1")], &[gold("a", "1")], &positive(), GoldDrawn::Independent)
                .unwrap_err();
        assert_eq!(mistakes, [InputMistake::NothingButGold]);
    }

    #[test]
    fn gold_outside_the_sample_is_named() {
        let joined = joined(&[labeled("a", "1")], &[gold("z", "1")], GoldDrawn::FromSample);
        assert_eq!(joined.gold_outside, ["z"]);
    }

    #[test]
    fn every_mistake_is_reported_not_only_the_first() {
        let census =
            Inclusion { probability: 0.5, design: Design::Census, stratum: None, cluster: None };
        let units = [
            LabeledUnit { exposure: f64::NAN, ..labeled("a", "1") },
            LabeledUnit { inclusion: Some(&census), ..labeled("b", "1") },
            LabeledUnit { label: None, ..labeled("b", "1") },
        ];
        let gold = [
            gold("a", "1"),
            GoldLabel { probability: Some(0.0), age_days: Some(-1.0), ..gold("a", "1") },
        ];
        let found = mistakes(&units, &gold);
        assert_eq!(found.len(), 7, "{found:#?}");
    }

    #[test]
    fn no_units_are_a_mistake() {
        assert_eq!(mistakes(&[], &[gold("a", "1")]), [InputMistake::NoUnits]);
    }

    #[test]
    fn gold_with_only_some_probabilities_is_not_weighed() {
        let some = GoldLabel { probability: Some(0.5), ..gold("b", "0") };
        let joined = joined(
            &[labeled("a", "1"), labeled("b", "0")],
            &[gold("a", "1"), some],
            GoldDrawn::FromSample,
        );
        assert_eq!((joined.gold_probability, joined.cells.n_gold()), (Presence::Some, 0));
    }
}
