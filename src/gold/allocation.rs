//! How many gold units each cell of LLM labels gets.

use crate::gold::Cell;
use crate::gold::GoldError;
use std::num::NonZeroUsize;

/// The least share of gold that goes to unflagged units: the misses hide there.
pub const LEAST_UNFLAGGED: f64 = 0.4;
/// What a cell needs before an interval can stand on it.
const LEAST_IN_CELL: usize = 30;

/// A number for each cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellCounts {
    /// Flagged units.
    pub flagged: usize,
    /// Unflagged units.
    pub unflagged: usize,
    /// Units without an answer.
    pub no_answer: usize,
}

/// The share of gold for each cell; the unflagged get the rest, at least [`LEAST_UNFLAGGED`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellShares {
    flagged: f64,
    no_answer: f64,
}

impl CellShares {
    /// Checks and keeps shares.
    ///
    /// # Errors
    ///
    /// [`GoldError::BadShares`] when one is negative or the unflagged are left less than their floor.
    pub fn new(flagged: f64, no_answer: f64) -> Result<Self, GoldError> {
        let left = 1.0 - flagged - no_answer;
        if 0.0 <= flagged && 0.0 <= no_answer && LEAST_UNFLAGGED - 1e-9 <= left {
            Ok(Self { flagged, no_answer })
        } else {
            Err(GoldError::BadShares { flagged, no_answer })
        }
    }

    /// Returns the shares for a labeler nobody has measured yet: the floor for the unflagged, half for the
    /// flagged, a tenth for units without an answer.
    ///
    /// Neyman's shares need precision and the miss rate; without a pilot they are guesses, and an
    /// optimistic one starves the unflagged.
    #[must_use]
    pub fn without_pilot() -> Self {
        Self { flagged: 0.5, no_answer: 0.1 }
    }

    fn of(self, cell: Cell) -> f64 {
        match cell {
            Cell::Flagged => self.flagged,
            Cell::Unflagged => 1.0 - self.flagged - self.no_answer,
            Cell::NoAnswer => self.no_answer,
        }
    }
}

impl CellCounts {
    /// Returns the number of a cell.
    #[must_use]
    pub fn of(&self, cell: Cell) -> usize {
        match cell {
            Cell::Flagged => self.flagged,
            Cell::Unflagged => self.unflagged,
            Cell::NoAnswer => self.no_answer,
        }
    }

    /// Returns the sum over all cells.
    #[must_use]
    pub fn total(&self) -> usize {
        self.flagged + self.unflagged + self.no_answer
    }

    pub(super) fn add(&mut self, cell: Cell, count: usize) {
        *self.place(cell) += count;
    }

    fn place(&mut self, cell: Cell) -> &mut usize {
        match cell {
            Cell::Flagged => &mut self.flagged,
            Cell::Unflagged => &mut self.unflagged,
            Cell::NoAnswer => &mut self.no_answer,
        }
    }
}

/// Returns how many gold units each cell gets.
///
/// Every cell that has units gets at least 30 of them (or all, or one where `size` is too small for that);
/// beyond that the shares decide, and what a small cell cannot use goes to the unflagged first. The result
/// adds up to `size`, or to all units when there are fewer.
///
/// # Errors
///
/// The number of cells that have units, when it is above `size`: one of them would have no gold and its
/// exposure could not be estimated.
pub fn allocate(
    units: CellCounts,
    size: NonZeroUsize,
    shares: CellShares,
) -> Result<CellCounts, usize> {
    let size = size.get().min(units.total());
    let filled = Cell::ALL.iter().filter(|cell| 0 < units.of(**cell)).count();
    if size < filled {
        return Err(filled);
    }
    let least = |most: usize| {
        let mut counts = CellCounts::default();
        Cell::ALL.iter().for_each(|cell| counts.add(*cell, units.of(*cell).min(most)));
        counts
    };
    let floor = Some(least(LEAST_IN_CELL)).filter(|all| all.total() <= size).unwrap_or(least(1));
    let mut counts = CellCounts::default();
    for cell in Cell::ALL {
        let wanted = (shares.of(cell) * size as f64).round() as usize;
        counts.add(cell, wanted.max(floor.of(cell)).min(units.of(cell)));
    }
    for cell in [Cell::Unflagged, Cell::Flagged, Cell::NoAnswer] {
        let missing = size.saturating_sub(counts.total());
        counts.add(cell, missing.min(units.of(cell) - counts.of(cell)));
    }
    for cell in [Cell::Flagged, Cell::NoAnswer, Cell::Unflagged] {
        let excess = counts.total().saturating_sub(size);
        let spare = counts.of(cell) - floor.of(cell);
        *counts.place(cell) -= excess.min(spare);
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(units: [usize; 3], size: usize, expected: [usize; 3]) {
        let [flagged, unflagged, no_answer] = units;
        let units = CellCounts { flagged, unflagged, no_answer };
        let size = NonZeroUsize::new(size).unwrap();
        let counts = allocate(units, size, CellShares::without_pilot()).unwrap();
        assert_eq!([counts.flagged, counts.unflagged, counts.no_answer], expected);
    }

    #[test]
    fn shares_decide_where_cells_are_large_enough() {
        check([1000, 9000, 500], 300, [150, 120, 30]);
        check([20, 9000, 3], 300, [20, 277, 3]);
        check([1000, 50, 0], 300, [250, 50, 0]);
        check([40, 40, 40], 500, [40, 40, 40]);
        check([10, 10, 10], 3, [1, 1, 1]);
    }

    #[test]
    fn a_cell_without_gold_is_refused() {
        let units = CellCounts { flagged: 5, unflagged: 5, no_answer: 5 };
        let two = NonZeroUsize::new(2).unwrap();
        assert_eq!(allocate(units, two, CellShares::without_pilot()), Err(3));
    }

    #[test]
    fn the_unflagged_keep_their_floor() {
        assert!(CellShares::new(0.6, 0.0).is_ok());
        assert!(CellShares::new(0.61, 0.0).is_err());
        assert!(CellShares::new(-0.1, 0.0).is_err());
        assert!(CellShares::new(f64::NAN, 0.0).is_err());
    }

    proptest! {
        #[test]
        fn gold_adds_up_and_covers_every_cell(
            flagged in 0usize..400, unflagged in 0usize..400, no_answer in 0usize..400, size in 3usize..600,
        ) {
            let units = CellCounts { flagged, unflagged, no_answer };
            let size = NonZeroUsize::new(size).unwrap();
            let counts = allocate(units, size, CellShares::without_pilot()).unwrap();
            prop_assert_eq!(counts.total(), size.get().min(units.total()));
            for cell in Cell::ALL {
                prop_assert!(counts.of(cell) <= units.of(cell));
                prop_assert_eq!(counts.of(cell) == 0, units.of(cell) == 0);
            }
        }
    }
}
