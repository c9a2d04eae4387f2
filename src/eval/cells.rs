//! Which cells an estimate uses: those with gold of their own, and a no-answer cell too thin to stand alone merged.

use crate::eval::Cells;
use crate::eval::GoldDrawn;
use crate::gold::Cell;
use crate::stats::CellSums;
use crate::stats::Crossing;

/// A cell with fewer gold units than this, where it has more units, is thin.
pub(super) const STEADY_GOLD: u64 = 30;
/// A cell without gold merges only while fewer gold units than this were to be expected in it: none at all then had a
/// chance of some 5 % or more (exp(-3)).
pub(super) const PLAUSIBLE_GOLD: f64 = 3.0;
/// A cell without gold merges only while it holds at most this share of the exposure.
pub(super) const SMALL_SHARE: f64 = 0.05;

/// A cell of an estimate, possibly several cells merged.
#[derive(Debug, Clone, PartialEq)]
pub struct CellInUse {
    /// The cells it is made of.
    pub parts: Vec<Cell>,
    /// Its sums.
    pub sums: CellSums,
}

/// One merge, to be shown with the estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// The cell that was too thin.
    pub from: Cell,
    /// The cell it was added to.
    pub into: Cell,
    /// The units it had.
    pub n: u64,
    /// The gold it had.
    pub gold: u64,
    /// The gold it needed to stand alone.
    pub needed: u64,
    /// Its share of the exposure.
    pub share: f64,
}

/// Returns what clusters with gold in several cells add to variances, for the cells in use.
pub fn crossing(cells: &Cells, used: &[CellInUse]) -> Crossing {
    let place = |cell: &Cell| used.iter().position(|used| used.parts.contains(cell));
    let into: Vec<Option<usize>> = Cell::ALL.iter().map(place).collect();
    cells.crossing.merged(&into, used.len())
}

impl CellInUse {
    /// Returns the parts' names joined by `+`.
    #[must_use]
    pub fn name(&self) -> String {
        self.parts.iter().map(|cell| cell.name()).collect::<Vec<_>>().join("+")
    }

    /// Returns the gold the cell needs to be steady: 30, or all its units if they are fewer.
    #[must_use]
    pub fn needed(&self) -> u64 {
        needed(&self.sums)
    }
}

/// Returns the cells to estimate with, and what was merged.
///
/// A no-answer cell with less gold than `min(30, its units)` merges into the flagged cell. Merging is design-consistent
/// as long as every unit of the cell could have been chosen for gold. So a no-answer cell with *no* gold merges only if
/// that could well have happened by chance, gold being a probability subsample of all labeled units (fewer than 3
/// expected, at most 5 % of the exposure); otherwise it stands alone, without gold, and the estimate is withheld.
/// Cells without units are left out. Gold that is not a subsample of the labeled units merges nothing.
#[must_use]
pub fn merge_thin(cells: &Cells, drawn: GoldDrawn) -> (Vec<CellInUse>, Vec<Merge>) {
    let mut used: Vec<CellInUse> = Cell::ALL
        .into_iter()
        .map(|cell| CellInUse { parts: vec![cell], sums: *cells.cell(cell) })
        .filter(|cell| cell.sums.labeled.count > 0)
        .collect();
    let Some(merge) = mergeable(cells, drawn) else { return (used, Vec::new()) };
    used.retain(|cell| cell.parts != [merge.from]);
    for cell in used.iter_mut().filter(|cell| cell.parts == [merge.into]) {
        cell.parts.push(merge.from);
        cell.sums.absorb(cells.cell(merge.from));
        let both = [merge.from as usize, merge.into as usize];
        cell.sums.add_products(cells.crossing.within(&both));
    }
    (used, vec![merge])
}

fn mergeable(cells: &Cells, drawn: GoldDrawn) -> Option<Merge> {
    let sums = cells.no_answer;
    let (n, gold) = (sums.labeled.count, sums.gold().count);
    let thin = n > 0 && gold < needed(&sums) && cells.flagged.labeled.count > 0;
    let share = sums.labeled.weight / cells.exposure();
    let expected = n as f64 * cells.n_gold() as f64 / cells.n_labeled() as f64;
    let reached = match drawn {
        GoldDrawn::FromSample => gold > 0 || (expected < PLAUSIBLE_GOLD && share <= SMALL_SHARE),
        GoldDrawn::ByLabel => gold > 0,
        GoldDrawn::Independent | GoldDrawn::Convenience => false,
    };
    let (from, into) = (Cell::NoAnswer, Cell::Flagged);
    (thin && reached).then(|| Merge { from, into, n, gold, needed: needed(&sums), share })
}

fn needed(sums: &CellSums) -> u64 {
    STEADY_GOLD.min(sums.labeled.count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::GoldWeight;
    use crate::stats::Truth;
    use crate::stats::Weight;

    /// Cells of equal units, as (units, gold) of flagged, unflagged and no answer.
    fn cells(counts: [(u64, u64); 3]) -> Cells {
        let weight = Weight::new(1.0, 0.01).unwrap();
        let mut cells = Cells::default();
        for (cell, (n, gold)) in Cell::ALL.into_iter().zip(counts) {
            (0..n).for_each(|_| cells.cell_mut(cell).add_unit(weight));
            let chosen = GoldWeight::new(weight, 0.1).unwrap();
            (0..gold).for_each(|_| cells.cell_mut(cell).add_gold(chosen, Truth::Positive));
        }
        cells
    }

    fn check(counts: [(u64, u64); 3], drawn: GoldDrawn, expected: &[&str]) -> Vec<Merge> {
        let (used, merges) = merge_thin(&cells(counts), drawn);
        assert_eq!(used.iter().map(CellInUse::name).collect::<Vec<_>>(), expected, "{counts:?}");
        merges
    }

    #[test]
    fn a_no_answer_cell_with_enough_gold_stands_alone() {
        let all = ["flagged", "unflagged", "no_answer"];
        assert!(check([(100, 30), (900, 90), (90, 30)], GoldDrawn::FromSample, &all).is_empty());
        assert!(check([(100, 30), (900, 90), (9, 9)], GoldDrawn::FromSample, &all).is_empty());
    }

    #[test]
    fn a_thin_no_answer_cell_merges_into_flagged_and_says_so() {
        let merges = check(
            [(100, 30), (800, 90), (100, 7)],
            GoldDrawn::ByLabel,
            &["flagged+no_answer", "unflagged"],
        );
        assert_eq!(merges.len(), 1);
        assert_eq!((merges[0].n, merges[0].gold, merges[0].needed), (100, 7, 30));
        assert!((merges[0].share - 0.1).abs() < 1e-12);
    }

    #[test]
    fn without_gold_it_merges_only_where_chance_explains_that() {
        let (merged, apart) =
            (["flagged+no_answer", "unflagged"], ["flagged", "unflagged", "no_answer"]);
        assert_eq!(check([(100, 30), (897, 90), (3, 0)], GoldDrawn::FromSample, &merged).len(), 1);
        // nobody was asked about non-answers: 12 of 120 gold were to be expected
        assert!(check([(100, 30), (800, 90), (100, 0)], GoldDrawn::FromSample, &apart).is_empty());
        // drawn by label, a cell without gold was never drawn from
        assert!(check([(100, 30), (897, 90), (3, 0)], GoldDrawn::ByLabel, &apart).is_empty());
    }

    #[test]
    fn merging_keeps_every_unit() {
        let (used, _) = merge_thin(&cells([(100, 30), (800, 90), (100, 7)]), GoldDrawn::FromSample);
        assert_eq!(used.iter().map(|cell| cell.sums.labeled.count).sum::<u64>(), 1000);
        assert_eq!(used.iter().map(|cell| cell.sums.gold().count).sum::<u64>(), 127);
    }

    #[test]
    fn cells_without_units_are_left_out() {
        check([(0, 0), (900, 90), (0, 0)], GoldDrawn::FromSample, &["unflagged"]);
        check([(0, 0), (900, 90), (10, 2)], GoldDrawn::FromSample, &["unflagged", "no_answer"]);
    }
}
