//! What is summed over the units of one cell: all that the two-phase estimators need.

use crate::stats::ClusterTotal;
use crate::stats::GoldWeight;
use crate::stats::Products;
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

/// What one cluster has in one cell; empty at first.
///
/// Products of what it has here with what it has elsewhere are the business of [`crate::stats::Crossing`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CellCluster {
    labeled: ClusterTotal,
    positives: ClusterTotal,
    negatives: ClusterTotal,
}

impl CellCluster {
    /// Returns what the cluster has among the gold positives and the gold negatives.
    pub(crate) fn gold_parts(&self) -> [f64; 2] {
        [self.positives.uncertain(), self.negatives.uncertain()]
    }
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

    /// Adds a labeled unit of a cluster; `cluster` is what the cluster has in this cell.
    pub fn add_unit_in(&mut self, cluster: &mut CellCluster, weight: Weight) {
        self.labeled.add_in(&mut cluster.labeled, weight);
    }

    /// Adds the gold of a unit of a cluster that was added as labeled too.
    pub fn add_gold_in(&mut self, cluster: &mut CellCluster, weight: GoldWeight, truth: Truth) {
        match truth {
            Truth::Positive => self.positives.add_gold_in(&mut cluster.positives, weight),
            Truth::Negative => self.negatives.add_gold_in(&mut cluster.negatives, weight),
        }
    }

    /// Adds everything another cell holds.
    pub fn absorb(&mut self, other: &Self) {
        self.labeled.absorb(&other.labeled);
        self.positives.absorb(&other.positives);
        self.negatives.absorb(&other.negatives);
    }

    /// Adds to the variances what clusters with gold in several of the cells absorbed add.
    pub fn add_products(&mut self, products: Products) {
        self.positives.add_products(products.positives);
        self.negatives.add_products(products.negatives);
    }

    /// Returns the sums over all gold units.
    #[must_use]
    pub fn gold(&self) -> WeightSum {
        self.positives.plus(&self.negatives)
    }

    /// Returns the first phase's part of the variance of a share of positives, its weight left out.
    #[must_use]
    pub fn first_phase_error(&self, share: f64) -> f64 {
        self.positives.first_phase_error * (1.0 - share).powi(2)
            + self.negatives.first_phase_error * share.powi(2)
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
