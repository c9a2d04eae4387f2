//! How much could hide among unflagged units in which gold found nothing.

use crate::eval::CellInUse;
use crate::gold::Cell;
use crate::stats::EffectiveSize;
use crate::stats::Level;
use crate::stats::kg_beta;

/// What may hide in the unflagged cell when its gold found nothing, and what it takes to halve that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// The cell's share of the exposure.
    pub share: f64,
    /// Gold units looked at in the cell.
    pub gold: u64,
    /// The upper limit of the prevalence that hides there, as a share of all exposure.
    pub hidden: f64,
    /// Gold units the cell needs, in all, to halve `hidden`; never more than it has units.
    pub gold_to_halve: u64,
}

impl Floor {
    /// Returns the floor of the unflagged cell, unless its gold found something or speaks for every unit.
    pub(crate) fn of(cells: &[CellInUse], exposure: f64, level: Level) -> Option<Self> {
        let cell = cells.iter().find(|cell| cell.parts == [Cell::Unflagged])?;
        let found = cell.sums.positive_share().ok()?;
        let EffectiveSize::Units(size) = found.size else { return None };
        if cell.sums.positives.count > 0 {
            return None;
        }
        let share = cell.sums.labeled.weight / exposure;
        let upper = kg_beta(&found, level).high;
        let halving = level.tail().ln() / (-upper / 2.0).ln_1p() / size;
        let gold = cell.sums.gold().count;
        let gold_to_halve = ((gold as f64 * halving).ceil() as u64).min(cell.sums.labeled.count);
        Some(Self { share, gold, hidden: share * upper, gold_to_halve })
    }
}
