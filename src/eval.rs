//! Labels joined with gold become error rates and agreement.

#![deny(clippy::disallowed_methods)]

mod cells;
mod code_cells;
mod coded;
mod inputs;
mod join;
mod matching;
mod positive;
mod rates;
mod several;
pub mod suite;
mod weigh;
mod weighed;

pub use cells::CellInUse;
pub use cells::Merge;
pub use cells::crossing;
pub use cells::merge_thin;
pub(crate) use code_cells::CodeCell;
pub(crate) use code_cells::CodeCount;
pub(crate) use code_cells::cells_of_codes;
pub(crate) use coded::Coded;
pub(crate) use coded::Laid;
pub use inputs::GoldDrawn;
pub use inputs::GoldLabel;
pub use inputs::InputMistake;
pub use inputs::Judgment;
pub use inputs::LabeledUnit;
pub use join::Joined;
pub use join::OutcomeShare;
pub use join::Presence;
pub use join::join;
pub use matching::Matching;
pub use positive::Positive;
pub use positive::PositiveError;
pub use rates::ErrorRate;
pub use rates::ErrorRates;
pub use several::GoldSet;
pub use several::Several;
pub use weigh::Unclear;
pub use weigh::Undetermined;
pub use weighed::Weighed;
pub use weighed::WeighedGold;
pub use weighed::WeighedUnit;
pub use weighed::weighed;

use crate::gold::Cell;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::Share;
use crate::stats::StatsError;

/// The sums of each cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cells {
    /// Sums over flagged units.
    pub flagged: CellSums,
    /// Sums over unflagged units.
    pub unflagged: CellSums,
    /// Sums over units without a label.
    pub no_answer: CellSums,
    /// What clusters with gold in several cells add to variances, in the order of [`Cell::ALL`].
    pub crossing: Crossing,
}

impl Cells {
    /// Returns the sums of one cell.
    #[must_use]
    pub fn cell(&self, cell: Cell) -> &CellSums {
        match cell {
            Cell::Flagged => &self.flagged,
            Cell::Unflagged => &self.unflagged,
            Cell::NoAnswer => &self.no_answer,
        }
    }

    pub(crate) fn cell_mut(&mut self, cell: Cell) -> &mut CellSums {
        match cell {
            Cell::Flagged => &mut self.flagged,
            Cell::Unflagged => &mut self.unflagged,
            Cell::NoAnswer => &mut self.no_answer,
        }
    }

    /// Returns the sums in the order of [`Cell::ALL`].
    #[must_use]
    pub fn all(&self) -> [CellSums; 3] {
        [self.flagged, self.unflagged, self.no_answer]
    }

    /// Returns the share of the exposure that is flagged. A unit without an answer counts as not flagged.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without labeled units.
    pub fn flagged_share(&self) -> Result<Share, StatsError> {
        Share::of(&self.flagged.labeled, &self.unflagged.labeled.plus(&self.no_answer.labeled))
    }

    /// Returns the number of gold units.
    #[must_use]
    pub fn n_gold(&self) -> u64 {
        self.all().iter().map(|cell| cell.gold().count).sum()
    }

    /// Returns the number of labeled units.
    #[must_use]
    pub fn n_labeled(&self) -> u64 {
        self.all().iter().map(|cell| cell.labeled.count).sum()
    }

    /// Returns the sum of the labeled units' weights: the estimated exposure of the population.
    #[must_use]
    pub fn exposure(&self) -> f64 {
        self.all().iter().map(|cell| cell.labeled.weight).sum()
    }
}
