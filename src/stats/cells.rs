//! What is summed over the units of one cell: all that the two-phase estimators need.

use crate::stats::GoldWeight;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::Weight;
use crate::stats::WeightSum;

/// What gold says about a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// The unit has the property that is counted.
    Positive,
    /// It has not.
    Negative,
}

/// The sums over one cell: a set of labeled units, some of which have gold.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CellSums {
    /// Every labeled unit, by its first-phase weight.
    pub labeled: WeightSum,
    /// Gold positives, by their gold weight.
    pub positives: WeightSum,
    /// Gold negatives, by their gold weight.
    pub negatives: WeightSum,
}

impl CellSums {
    /// Adds a labeled unit.
    pub fn add_unit(&mut self, weight: Weight) {
        self.labeled.add(weight);
    }

    /// Adds the gold of a unit that was added as labeled too.
    pub fn add_gold(&mut self, weight: GoldWeight, truth: Truth) {
        match truth {
            Truth::Positive => self.positives.add_gold(weight),
            Truth::Negative => self.negatives.add_gold(weight),
        }
    }

    /// Adds everything another cell holds.
    pub fn absorb(&mut self, other: &Self) {
        self.labeled.absorb(&other.labeled);
        self.positives.absorb(&other.positives);
        self.negatives.absorb(&other.negatives);
    }

    /// Returns the sums over all gold units.
    #[must_use]
    pub fn gold(&self) -> WeightSum {
        self.positives.plus(&self.negatives)
    }

    /// Returns the share of positives in the cell as its gold shows it.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] when the cell has no gold.
    pub fn positive_share(&self) -> Result<Share, StatsError> {
        Share::of(&self.positives, &self.negatives)
    }
}
