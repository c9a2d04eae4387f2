//! Gold weighed into its cells, and the two extremes where people could not tell.
//!
//! [`weighed`] gives the same unit by unit, for what sums over cells cannot tell: how each unit moves an estimate.

use crate::eval::Cells;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Joined;
use crate::eval::Judgment;
use crate::eval::Positive;
use crate::eval::Presence;
use crate::eval::Verified;
use crate::eval::WeighedGold;
use crate::gold::Cell;
use crate::stats::CellCluster;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::GoldWeight;
use crate::stats::StatsError;
use crate::stats::TablePart;
use crate::stats::Truth;
use crate::stats::Weight;
use std::collections::BTreeMap;

/// The probability that stands for "each unit alike, few of many": only ratios of weights matter then.
const ALIKE: f64 = 1e-9;

/// Gold on which people could not tell: what it may change at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Undetermined {
    /// Units.
    pub n: u64,
    /// Their share of the weighted gold.
    pub share: f64,
    /// The cells if none of them were violating.
    pub lowest: Cells,
    /// The cells if all of them were violating.
    pub highest: Cells,
}

/// A unit with gold, waiting for its gold probability.
pub(super) struct Matched<'a> {
    pub(super) cell: Cell,
    pub(super) weight: Weight,
    pub(super) exposure: f64,
    /// Whether an inclusion probability stands beside the unit.
    pub(super) included: bool,
    /// The number of its cluster.
    pub(super) cluster: Option<u32>,
    /// Its row among units drawn together, where that matters.
    pub(super) row: Option<usize>,
    /// What the labeler said: a label, or the outcome's name.
    pub(super) said: &'a str,
    /// The place of its gold.
    pub(super) at: u32,
    pub(super) gold: GoldLabel<'a>,
}

/// A gold unit that counts: its id, its weight and what it says.
pub(super) type Known<'a> = (&'a str, Weight, WeighedGold);

/// What is made of a unit on which people could not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// As if it had never been drawn.
    LeftOut,
    /// As if people had said this.
    Taken(Truth),
}

/// Adds the gold to its cells. Where only some have a probability none is added: their weights are unknown.
pub(super) fn weigh(
    joined: &mut Joined,
    matched: &[Matched<'_>],
    positive: &Positive,
    drawn: GoldDrawn,
) -> Result<(), InputMistake> {
    if joined.gold_probability == Presence::Some && drawn != GoldDrawn::Convenience {
        return Ok(());
    }
    let labeled = joined.cells.clone();
    let filled =
        |unclear| filled(labeled.clone(), matched, drawn, |unit| truth(unit, positive, unclear));
    joined.cells = filled(Unclear::LeftOut)?;
    joined.verified = verified(&labeled, matched, positive, drawn)?;
    let n = matched.iter().filter(|unit| unit.gold.judgment == Judgment::Undetermined).count();
    if n > 0 {
        let lowest = filled(Unclear::Taken(Truth::Negative))?;
        let highest = filled(Unclear::Taken(Truth::Positive))?;
        let share = undetermined_share(&lowest, &highest);
        joined.undetermined = Some(Undetermined { n: n as u64, share, lowest, highest });
    }
    Ok(())
}

/// Returns the cells under one reading, and each gold unit that counts with its weight: its own in the labeled sample, or where
/// gold is a sample of its own that of both its draws.
pub(super) fn truths<'a>(
    joined: &Joined,
    matched: &[Matched<'a>],
    (positive, drawn): (&Positive, GoldDrawn),
    unclear: Unclear,
) -> Result<(Cells, Vec<Known<'a>>), InputMistake> {
    let labeled = joined.cells.clone();
    if joined.gold_probability == Presence::Some && drawn != GoldDrawn::Convenience {
        return Ok((labeled, Vec::new()));
    }
    let truth = |unit: &Matched<'_>| truth(unit, positive, unclear);
    let mut known = Vec::with_capacity(matched.len());
    for (unit, rho, truth) in chosen(&labeled, matched, drawn, truth) {
        let (weight, probability) = match drawn {
            GoldDrawn::FromSample | GoldDrawn::ByLabel => (unit.weight, rho),
            GoldDrawn::Independent | GoldDrawn::Convenience => {
                (first_weight(unit, drawn, rho).map_err(|_| bad_gold(unit, rho))?, 1.0)
            }
        };
        known.push((unit.gold.id, weight, WeighedGold { probability, truth }));
    }
    Ok((filled(labeled, matched, drawn, truth)?, known))
}

/// Returns the gold that people decided, unit by unit.
pub(super) fn verified(
    labeled: &Cells,
    matched: &[Matched<'_>],
    positive: &Positive,
    drawn: GoldDrawn,
) -> Result<Vec<Verified>, InputMistake> {
    let decided = chosen(labeled, matched, drawn, |unit| truth(unit, positive, Unclear::LeftOut));
    let one = |(unit, rho, truth): (&Matched<'_>, f64, Truth)| {
        let weight = gold_weight(unit, rho, drawn)?;
        Ok(Verified { gold: unit.at, cell: unit.cell, truth, weight, cluster: unit.cluster })
    };
    decided.into_iter().map(one).collect()
}

/// Returns the weight that is positive in one extreme only, over all gold weight.
pub(super) fn undetermined_share(lowest: &Cells, highest: &Cells) -> f64 {
    let sum = |cells: &Cells, weight: fn(&CellSums) -> f64| -> f64 {
        cells.all().iter().map(weight).sum()
    };
    let positive = |cells: &Cells| sum(cells, |cell| cell.positives.weight);
    (positive(highest) - positive(lowest)) / sum(highest, |cell| cell.gold().weight)
}

/// Returns what the gold of a unit says, `None` where it is left out.
fn truth(unit: &Matched<'_>, positive: &Positive, unclear: Unclear) -> Option<Truth> {
    match (unit.gold.judgment, unclear) {
        (Judgment::Decided, _) if positive.matches(unit.gold.label) => Some(Truth::Positive),
        (Judgment::Decided, _) => Some(Truth::Negative),
        (Judgment::Undetermined, Unclear::Taken(truth)) => Some(truth),
        (Judgment::Undetermined, Unclear::LeftOut) => None,
    }
}

/// Returns the cells with the gold that has a truth.
fn filled(
    mut cells: Cells,
    matched: &[Matched<'_>],
    drawn: GoldDrawn,
    truth: impl Fn(&Matched<'_>) -> Option<Truth>,
) -> Result<Cells, InputMistake> {
    let mut clusters: BTreeMap<u32, [CellCluster; Cell::ALL.len()]> = BTreeMap::new();
    for (unit, rho, truth) in chosen(&cells, matched, drawn, truth) {
        let weight = gold_weight(unit, rho, drawn)?;
        if let (Some(phase), Some(row)) = (&mut cells.phase, unit.row) {
            let part = match truth {
                Truth::Positive => TablePart::Positives,
                Truth::Negative => TablePart::Negatives,
            };
            phase.add_gold((row, unit.cell as usize), weight, part);
        }
        let sums = cells.cell_mut(unit.cell);
        match unit.cluster {
            None => sums.add_gold(weight, truth),
            Some(cluster) => {
                let cluster = clusters.entry(cluster).or_default();
                sums.add_gold_in(&mut cluster[unit.cell as usize], weight, truth);
            }
        }
    }
    let in_cells = clusters.values().map(<[CellCluster; Cell::ALL.len()]>::as_slice);
    cells.crossing = Crossing::of(Cell::ALL.len(), in_cells);
    Ok(cells)
}

/// Returns the gold that has a truth, with its probability of being chosen.
///
/// Gold without one was as if never drawn: without probabilities there is less of it, and a recorded probability is
/// multiplied by the part of its cell's gold that has one, so that the rest stands for all of the cell.
pub(super) fn chosen<'m, 'a>(
    cells: &Cells,
    matched: &'m [Matched<'a>],
    drawn: GoldDrawn,
    truth: impl Fn(&Matched<'_>) -> Option<Truth>,
) -> Vec<(&'m Matched<'a>, f64, Truth)> {
    let used: Vec<_> =
        matched.iter().filter_map(|unit| truth(unit).map(|truth| (unit, truth))).collect();
    let (all_gold, all_units) = (used.len() as f64, cells.n_labeled() as f64);
    let mut chosen = Vec::with_capacity(used.len());
    for cell in Cell::ALL {
        let in_cell = used.iter().filter(|(unit, _)| unit.cell == cell).count() as f64;
        let drawn_in_cell = matched.iter().filter(|unit| unit.cell == cell).count() as f64;
        let labeled_in_cell = cells.cell(cell).labeled.count as f64;
        for (unit, truth) in used.iter().filter(|(unit, _)| unit.cell == cell) {
            let recorded = unit.gold.probability;
            let part = in_cell / drawn_in_cell;
            let rho = match drawn {
                GoldDrawn::FromSample => recorded.map_or(all_gold / all_units, |rho| rho * part),
                GoldDrawn::ByLabel => recorded.map_or(in_cell / labeled_in_cell, |rho| rho * part),
                GoldDrawn::Independent => recorded.map_or(1.0, |_| part),
                GoldDrawn::Convenience => 1.0,
            };
            chosen.push((*unit, rho, *truth));
        }
    }
    chosen
}

/// Returns the weight of a gold unit that was chosen with that probability.
pub(super) fn gold_weight(
    unit: &Matched<'_>,
    rho: f64,
    drawn: GoldDrawn,
) -> Result<GoldWeight, InputMistake> {
    first_weight(unit, drawn, 1.0)
        .and_then(|first| GoldWeight::new(first, rho))
        .map_err(|_| bad_gold(unit, rho))
}

/// Returns the weight of a gold unit before it was chosen; in a sample of its own `part` of its probability.
fn first_weight(unit: &Matched<'_>, drawn: GoldDrawn, part: f64) -> Result<Weight, StatsError> {
    match drawn {
        GoldDrawn::FromSample | GoldDrawn::ByLabel => Ok(unit.weight),
        GoldDrawn::Independent => match unit.gold.probability {
            Some(probability) => Weight::new(unit.exposure, probability * part),
            // a unit outside the labeled sample was drawn for gold: its inclusion is that of the gold's own sample
            None if unit.included => unit.weight.thinned(part),
            None => Weight::new(unit.exposure, ALIKE * part),
        },
        GoldDrawn::Convenience => Weight::new(unit.exposure, ALIKE * part),
    }
}

fn bad_gold(unit: &Matched<'_>, probability: f64) -> InputMistake {
    InputMistake::BadGoldProbability { id: unit.gold.id.to_owned(), probability }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::LabeledUnit;
    use crate::eval::join;
    use crate::reply::Outcome;

    /// Four flagged and four unflagged units, gold on the first three of each: violating, allowed, and one unclear.
    fn joined(probability: Option<f64>, drawn: GoldDrawn) -> Joined {
        let ids: Vec<String> = (0..8).map(|i| i.to_string()).collect();
        let unit = |(place, id)| LabeledUnit {
            id,
            exposure: 1.0,
            inclusion: None,
            outcome: Outcome::Label,
            label: Some(if place < 4 { "1" } else { "0" }),
            classes: &[],
        };
        let units: Vec<_> = ids.iter().map(String::as_str).enumerate().map(unit).collect();
        let gold = |place: usize, label, judgment| GoldLabel {
            id: &ids[place],
            label,
            judgment,
            probability,
            age_days: None,
        };
        let gold = [
            gold(0, "1", Judgment::Decided),
            gold(1, "0", Judgment::Decided),
            gold(2, "?", Judgment::Undetermined),
            gold(4, "1", Judgment::Decided),
            gold(5, "0", Judgment::Decided),
            gold(6, "?", Judgment::Undetermined),
        ];
        join(&units, &gold, &Positive::labels(["1"]).unwrap(), drawn).unwrap()
    }

    #[test]
    fn gold_that_is_left_out_leaves_its_weight_to_the_rest() {
        for (probability, drawn) in [
            (None, GoldDrawn::FromSample),
            (Some(0.75), GoldDrawn::FromSample),
            (None, GoldDrawn::ByLabel),
            (Some(0.75), GoldDrawn::ByLabel),
        ] {
            let joined = joined(probability, drawn);
            assert_eq!(joined.cells.n_gold(), 4);
            for cell in joined.cells.all().into_iter().take(2) {
                assert!((cell.positives.weight - 2.0).abs() < 1e-12, "{drawn:?} {cell:?}");
                assert!((cell.negatives.weight - 2.0).abs() < 1e-12, "{drawn:?} {cell:?}");
            }
        }
    }

    #[test]
    fn the_extremes_keep_all_gold_and_differ_by_the_unclear_units_alone() {
        let found = joined(None, GoldDrawn::FromSample).undetermined.unwrap();
        assert_eq!((found.n, found.lowest.n_gold(), found.highest.n_gold()), (2, 6, 6));
        assert_eq!(
            (found.lowest.flagged.positives.count, found.lowest.flagged.negatives.count),
            (1, 2)
        );
        assert_eq!(
            (found.highest.flagged.positives.count, found.highest.flagged.negatives.count),
            (2, 1)
        );
        assert!((found.share - 1.0 / 3.0).abs() < 1e-12);
    }
}
