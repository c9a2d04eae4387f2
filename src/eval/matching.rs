//! Rows of one policy, checked and matched with their gold once, so that any part of them can be joined.

use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::eval::Positive;
use crate::eval::layout::Layout;
use crate::gold::Cell;
use crate::reply::Outcome;
use crate::stats::Weight;
use crate::unit::Design;
use crate::unit::Inclusion;
use std::collections::HashMap;
use std::collections::HashSet;

/// Checked rows with all that does not depend on which part of them is looked at.
#[derive(Debug, Clone)]
pub struct Matching<'a> {
    pub(super) units: &'a [LabeledUnit<'a>],
    pub(super) gold: &'a [GoldLabel<'a>],
    pub(super) positive: &'a Positive,
    pub(super) drawn: GoldDrawn,
    /// One a unit, in the same order.
    pub(super) places: Vec<Place>,
    /// How units were drawn together, where that matters and gold is a subsample of them.
    pub(super) layout: Option<Layout>,
}

/// What is known of one unit before its part is chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) weight: Weight,
    pub(super) cell: Cell,
    /// The place of its gold.
    pub(super) gold: Option<u32>,
    /// The number of its cluster.
    pub(super) cluster: Option<u32>,
}

impl<'a> Matching<'a> {
    /// Checks every row and matches units with gold.
    ///
    /// # Errors
    ///
    /// Every [`InputMistake`] in the rows.
    pub fn of(
        units: &'a [LabeledUnit<'a>],
        gold: &'a [GoldLabel<'a>],
        positive: &'a Positive,
        drawn: GoldDrawn,
    ) -> Result<Self, Vec<InputMistake>> {
        let mut mistakes = gold_mistakes(gold);
        mistakes.extend(unit_mistakes(units));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let by_id: HashMap<&str, u32> = (0..).zip(gold).map(|(at, gold)| (gold.id, at)).collect();
        let mut clusters: HashMap<&str, u32> = HashMap::new();
        let mut numbered = |unit: &LabeledUnit<'a>| {
            let name = unit.inclusion?.cluster.as_deref()?;
            let next = clusters.len() as u32;
            Some(*clusters.entry(name).or_insert(next))
        };
        let place = |unit: &LabeledUnit<'a>| {
            Ok(Place {
                weight: weight(unit)?,
                cell: cell(unit, positive),
                gold: by_id.get(unit.id).copied(),
                cluster: numbered(unit),
            })
        };
        let places: Result<_, InputMistake> = units.iter().map(place).collect();
        let places = places.map_err(|mistake| vec![mistake])?;
        let places: Vec<Place> = places;
        let layout = match drawn {
            GoldDrawn::FromSample | GoldDrawn::ByLabel => Layout::of(units, |at| places[at].weight),
            GoldDrawn::Independent | GoldDrawn::Convenience => None,
        };
        Ok(Self { units, gold, positive, drawn, places, layout })
    }
}

fn cell(unit: &LabeledUnit<'_>, positive: &Positive) -> Cell {
    cell_of(unit.outcome, unit.label, positive)
}

/// Returns the cell that an answer puts its unit in.
#[must_use]
pub fn cell_of(outcome: Outcome, label: Option<&str>, positive: &Positive) -> Cell {
    match (outcome, label) {
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

fn weight(unit: &LabeledUnit<'_>) -> Result<Weight, InputMistake> {
    let probability = unit.inclusion.map_or(1.0, |inclusion| inclusion.probability);
    let weight = match unit.inclusion {
        Some(Inclusion { design: Design::WithReplacement, draws, .. }) => {
            Weight::drawn(unit.exposure, probability, *draws)
        }
        Some(_) | None => Weight::new(unit.exposure, probability),
    };
    weight.map_err(|_| InputMistake::BadInclusion { id: unit.id.to_owned(), probability })
}

fn unit_mistakes(units: &[LabeledUnit<'_>]) -> Vec<InputMistake> {
    if units.is_empty() {
        return vec![InputMistake::NoUnits];
    }
    let mut mistakes = repeated(units);
    for unit in units {
        let id = || unit.id.to_owned();
        if Weight::new(unit.exposure, 1.0).is_err() {
            mistakes.push(InputMistake::BadExposure { id: id(), exposure: unit.exposure });
        }
        if let Some(inclusion) = unit.inclusion {
            let probability = inclusion.probability;
            if !fits(inclusion) {
                mistakes.push(InputMistake::BadInclusion { id: id(), probability });
            }
        }
        if unit.outcome == Outcome::Label && unit.label.is_none() {
            mistakes.push(InputMistake::NoLabel { id: id() });
        }
    }
    mistakes
}

/// Names every unit whose id came before. Samples are ordered by id, and then a look at the neighbour is enough.
fn repeated(units: &[LabeledUnit<'_>]) -> Vec<InputMistake> {
    if units.windows(2).all(|pair| matches!(pair, [before, after] if before.id < after.id)) {
        return Vec::new();
    }
    let mut seen = HashSet::with_capacity(units.len());
    let again = units.iter().filter(|unit| !seen.insert(unit.id));
    again.map(|unit| InputMistake::DuplicateUnit { id: unit.id.to_owned() }).collect()
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

/// Returns whether a probability, or an expected number of draws, can be one of its design.
fn fits(inclusion: &Inclusion) -> bool {
    let probability = inclusion.probability;
    match inclusion.design {
        Design::Census => probability.total_cmp(&1.0).is_eq(),
        Design::WithReplacement => {
            probability > 0.0 && probability.is_finite() && inclusion.draws > 0
        }
        Design::Uniform
        | Design::Poisson
        | Design::Priority
        | Design::Stratified
        | Design::Pareto => is_probability(probability),
    }
}

fn is_probability(value: f64) -> bool {
    value > 0.0 && value <= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Judgment;

    fn labeled<'a>(id: &'a str, label: &'a str) -> LabeledUnit<'a> {
        let (outcome, label) = (Outcome::Label, Some(label));
        LabeledUnit { id, exposure: 1.0, inclusion: None, outcome, label, classes: &[] }
    }

    fn gold(id: &str) -> GoldLabel<'_> {
        let (label, judgment) = ("1", Judgment::Decided);
        GoldLabel { id, label, judgment, probability: None, age_days: None }
    }

    fn mistakes(units: &[LabeledUnit<'_>], gold: &[GoldLabel<'_>]) -> Vec<InputMistake> {
        let positive = Positive::labels(["1"]).unwrap();
        Matching::of(units, gold, &positive, GoldDrawn::FromSample).unwrap_err()
    }

    #[test]
    fn every_mistake_is_reported_not_only_the_first() {
        let census = Inclusion::new(0.5, Design::Census);
        let units = [
            LabeledUnit { exposure: f64::NAN, ..labeled("a", "1") },
            LabeledUnit { inclusion: Some(&census), ..labeled("b", "1") },
            LabeledUnit { label: None, ..labeled("b", "1") },
        ];
        let again = GoldLabel { probability: Some(0.0), age_days: Some(-1.0), ..gold("a") };
        let found = mistakes(&units, &[gold("a"), again]);
        assert_eq!(found.len(), 7, "{found:#?}");
    }

    #[test]
    fn no_units_are_a_mistake() {
        assert_eq!(mistakes(&[], &[gold("a")]), [InputMistake::NoUnits]);
    }

    #[test]
    fn a_repeated_id_is_found_whatever_the_order() {
        for ids in [["a", "a", "b"], ["b", "a", "b"], ["b", "b", "a"]] {
            let units = ids.map(|id| labeled(id, "1"));
            let id = if ids[0] == ids[1] { ids[0] } else { "b" };
            assert_eq!(mistakes(&units, &[]), [InputMistake::DuplicateUnit { id: id.to_owned() }]);
        }
    }
}
