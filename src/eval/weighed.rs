//! Labels ⋈ gold unit by unit: what is needed to know how each unit moves an estimate.

use crate::eval::Cells;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::eval::Matching;
use crate::eval::Positive;
use crate::eval::weigh::Unclear;
use crate::eval::weigh::truths;
use crate::gold::Cell;
use crate::stats::Truth;
use crate::stats::Weight;
use std::collections::HashMap;

/// The units of one policy with their weights and gold.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed<'a> {
    /// The sums of each cell, as [`crate::eval::join`] gives them.
    pub cells: Cells,
    /// Every labeled unit, in the order given.
    pub units: Vec<WeighedUnit<'a>>,
}

/// A labeled unit with its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeighedUnit<'a> {
    /// The unit's id.
    pub id: &'a str,
    /// The cell its label put it in.
    pub cell: Cell,
    /// Its weight: in the labeled sample, or for gold of a sample of its own in that sample.
    pub weight: Weight,
    /// Its gold, if it has any that counts.
    pub gold: Option<WeighedGold>,
}

/// The gold of a unit with its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeighedGold {
    /// The probability of being chosen for gold, given what it was chosen from; 1 where the weight has it.
    pub probability: f64,
    /// What it says.
    pub truth: Truth,
}

/// Joins labels with gold, unit by unit.
///
/// `unclear` says what is made of gold on which people could not tell. Gold of which only some has a probability does not
/// count: its weights are unknown.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn weighed<'a>(
    rows: (&[LabeledUnit<'a>], &[GoldLabel<'_>]),
    positive: &Positive,
    drawn: GoldDrawn,
    unclear: Unclear,
) -> Result<Weighed<'a>, Vec<InputMistake>> {
    let (units, gold) = rows;
    let one = |mistake| vec![mistake];
    let matching = Matching::of(units, gold, positive, drawn)?;
    let (joined, matched) = matching.whole_unweighed().map_err(one)?;
    let (cells, known) = truths(&joined, &matched, (positive, drawn), unclear).map_err(one)?;
    let known: HashMap<&str, (Weight, WeighedGold)> =
        known.into_iter().map(|(id, weight, gold)| (id, (weight, gold))).collect();
    let mut list = Vec::with_capacity(units.len());
    for (unit, place) in units.iter().zip(&matching.places) {
        let found = known.get(unit.id);
        let weight = found.map_or(place.weight, |(weight, _)| *weight);
        let gold = found.map(|(_, gold)| *gold);
        list.push(WeighedUnit { id: unit.id, cell: place.cell, weight, gold });
    }
    Ok(Weighed { cells, units: list })
}
