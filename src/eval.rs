//! Labels joined with gold become error rates and agreement.

#![deny(clippy::disallowed_methods)]

mod calibration;
mod cells;
mod code_cells;
mod coded;
mod compare;
mod inputs;
mod join;
mod layout;
mod matching;
mod positive;
mod quality;
mod rates;
mod several;
mod stated;
pub mod suite;
mod weigh;
mod weighed;

pub use calibration::Calibration;
pub use calibration::CalibrationBin;
pub use calibration::CalibrationError;
pub use calibration::FittedPoint;
pub use calibration::calibration;
pub use cells::CellInUse;
pub use cells::Merge;
pub use cells::crossing;
pub use cells::merge_thin;
pub(crate) use code_cells::CodeCell;
pub(crate) use code_cells::CodeCount;
pub(crate) use code_cells::cells_of_codes;
pub(crate) use coded::Coded;
pub(crate) use coded::Laid;
pub use compare::AgainstReference;
pub use compare::Answers;
pub use compare::ComparedRate;
pub use compare::LabelerComparison;
pub use compare::PairedUnit;
pub use compare::compare;
pub use compare::compare_all;
pub use inputs::GoldDrawn;
pub use inputs::GoldLabel;
pub use inputs::InputMistake;
pub use inputs::Judgment;
pub use inputs::LabeledUnit;
pub use join::Joined;
pub use join::Member;
pub use join::OutcomeShare;
pub use join::Presence;
pub use join::join;
pub use matching::Matching;
pub use matching::cell_of;
pub use positive::Positive;
pub use positive::PositiveError;
pub use quality::ConfusionCell;
pub use quality::Quality;
pub use quality::Verified;
pub use rates::ErrorRate;
pub use rates::ErrorRates;
pub use several::GoldSet;
pub use several::Several;
pub use stated::Certainty;
pub use stated::CertaintySource;
pub use stated::Stated;
pub use stated::StatedUnit;
pub use weigh::Unclear;
pub use weigh::Undetermined;
pub use weighed::Weighed;
pub use weighed::WeighedGold;
pub use weighed::WeighedUnit;
pub use weighed::weighed;

use crate::gold::Cell;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::FirstPhase;
use crate::stats::Linear;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::TablePart;
use crate::stats::gold_only_across;

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
    /// The same units by how they were drawn, where inclusions were not independent or exposures were calibrated; its cells
    /// are in the order of [`Cell::ALL`].
    pub phase: Option<FirstPhase>,
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
        let others = self.unflagged.labeled.plus(&self.no_answer.labeled);
        let share = Share::of(&self.flagged.labeled, &others)?;
        let deviation = |cell: usize| match Cell::ALL.get(cell) {
            Some(Cell::Flagged) => 1.0 - share.value,
            Some(Cell::Unflagged | Cell::NoAnswer) | None => -share.value,
        };
        let ratio = self.phase.as_ref().map_or(1.0, |phase| {
            phase.ratio(|cell, part| Linear {
                scale: 1.0,
                deviation: (part == TablePart::Labeled).then(|| deviation(cell)),
            })
        });
        Ok(share.scaled(ratio))
    }

    /// Returns the share of the weighted gold that is violating.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without gold.
    pub fn violating_share(&self) -> Result<Share, StatsError> {
        let share = gold_only_across(&self.all(), &self.crossing)?;
        let ratio = self.gold_ratio(share.value, |_| Some(1.0));
        let sums = self.all();
        let first: f64 = sums.iter().map(|cell| cell.first_phase_error(share.value)).sum();
        let weight: f64 = sums.iter().map(|cell| cell.gold().weight).sum();
        let first = first / weight.powi(2);
        Ok(share.scaled((share.variance + first * (ratio - 1.0)) / share.variance))
    }

    /// Returns how many times as large the first phase's variance of a share of the gold is as under independent inclusions;
    /// `scale` is what the gold of each cell is calibrated by, `None` where it is not used.
    pub fn gold_ratio(&self, share: f64, scale: impl Fn(Cell) -> Option<f64>) -> f64 {
        let deviation = |part| match part {
            TablePart::Labeled => None,
            TablePart::Positives => Some(1.0 - share),
            TablePart::Negatives => Some(-share),
        };
        let linear = |cell: usize, part| match Cell::ALL.get(cell).and_then(|cell| scale(*cell)) {
            None => Linear { scale: 0.0, deviation: None },
            Some(scale) => Linear { scale, deviation: deviation(part) },
        };
        self.phase.as_ref().map_or(1.0, |phase| phase.ratio(linear))
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
