//! Cell means from pooled historical gold, and how each gold unit moves the days that use them.

use crate::stats::HistoricalMean;
use crate::stats::SampleInfluence;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::UnitInfluence;
use crate::stats::Weight;

/// A unit of historical gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistoricalUnit {
    /// Which unit it is.
    pub id: u64,
    /// Its exposure and the probability with which it came to be gold, both phases together.
    pub weight: Weight,
    /// The cell its label put it in.
    pub cell: usize,
    /// Its gold.
    pub truth: Truth,
}

/// The share of positives in each cell of pooled historical gold. Invariant: every cell has gold.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledGold {
    units: Vec<HistoricalUnit>,
    cells: Vec<CellMean>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct CellMean {
    weight: f64,
    mean: f64,
}

impl PooledGold {
    /// Pools historical gold over that many cells.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without cells, [`StatsError::Undefined`] for a cell without gold, [`StatsError::OutOfRange`] for a
    /// unit of no cell.
    pub fn new(units: Vec<HistoricalUnit>, cells: usize) -> Result<Self, StatsError> {
        if cells == 0 {
            return Err(StatsError::NoUnits);
        }
        let mut means = vec![CellMean::default(); cells];
        for unit in &units {
            let what = "the index of a cell";
            let cell = means
                .get_mut(unit.cell)
                .ok_or(StatsError::OutOfRange { what, value: unit.cell as f64 })?;
            cell.weight += unit.weight.value();
            cell.mean += (number(unit.truth) - cell.mean) * unit.weight.value() / cell.weight;
        }
        if means.iter().any(|cell| cell.weight <= 0.0) {
            let reason = "a cell has no historical gold";
            return Err(StatsError::Undefined { statistic: "a historical cell mean", reason });
        }
        Ok(Self { units, cells: means })
    }

    /// Returns the cells' means with their variances, for [`crate::stats::hybrid`] and [`crate::stats::model_only`].
    #[must_use]
    pub fn means(&self) -> Vec<HistoricalMean> {
        let mut means: Vec<HistoricalMean> = self
            .cells
            .iter()
            .map(|cell| HistoricalMean { value: cell.mean, variance: 0.0 })
            .collect();
        for unit in &self.units {
            let error = (1.0 - unit.weight.probability()) * self.pull(unit).powi(2);
            means[unit.cell].variance += error;
        }
        means
    }

    /// Returns the influence of the gold on a day whose cells hold these shares of the exposure and which uses the means
    /// without a residual: what two such days share.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there is one share a cell, [`StatsError::Duplicate`] for a unit that is gold
    /// twice.
    pub fn influence(&self, shares: &[f64]) -> Result<SampleInfluence, StatsError> {
        if shares.len() != self.cells.len() {
            return Err(StatsError::LengthsDiffer { left: self.cells.len(), right: shares.len() });
        }
        let one = |unit: &HistoricalUnit| UnitInfluence {
            id: unit.id,
            probability: unit.weight.probability(),
            share: 0.0,
            labels: shares[unit.cell] * self.pull(unit),
            gold: None,
        };
        SampleInfluence::new(self.units.iter().map(one).collect())
    }

    /// Returns the influence of a unit on the mean of its cell.
    fn pull(&self, unit: &HistoricalUnit) -> f64 {
        let cell = self.cells[unit.cell];
        unit.weight.value() * (number(unit.truth) - cell.mean) / cell.weight
    }
}

fn number(truth: Truth) -> f64 {
    match truth {
        Truth::Positive => 1.0,
        Truth::Negative => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(counts: [(u64, u64); 2]) -> Vec<HistoricalUnit> {
        let unit = |cell: usize, truth| HistoricalUnit {
            id: 0,
            weight: Weight::new(1.0, 1e-9).unwrap(),
            cell,
            truth,
        };
        let mut units = Vec::new();
        for (cell, (positive, negative)) in counts.into_iter().enumerate() {
            units.extend((0..positive).map(|_| unit(cell, Truth::Positive)));
            units.extend((0..negative).map(|_| unit(cell, Truth::Negative)));
        }
        units.iter_mut().enumerate().for_each(|(id, unit)| unit.id = id as u64);
        units
    }

    #[test]
    fn simple_random_history_has_binomial_variances() {
        let pooled = PooledGold::new(units([(40, 10), (5, 95)]), 2).unwrap();
        for (mean, (value, n)) in pooled.means().iter().zip([(0.8, 50.0), (0.05, 100.0)]) {
            assert!((mean.value - value).abs() < 1e-12);
            assert!((mean.variance - value * (1.0 - value) / n).abs() < 1e-9, "{mean:?}");
        }
    }

    #[test]
    fn the_influence_of_history_has_the_variance_of_its_means() {
        let pooled = PooledGold::new(units([(40, 10), (5, 95)]), 2).unwrap();
        let shares = [0.3, 0.7];
        let influence = pooled.influence(&shares).unwrap();
        let means = pooled.means();
        let expected: f64 = means.iter().zip(shares).map(|(m, q)| q * q * m.variance).sum();
        assert!((influence.variance() - expected).abs() < 1e-12 && influence.sum().abs() < 1e-12);
    }

    #[test]
    fn a_cell_without_history_is_an_error() {
        assert!(PooledGold::new(units([(40, 10), (0, 0)]), 2).is_err());
        assert!(PooledGold::new(units([(4, 1), (1, 4)]), 1).is_err());
        assert_eq!(PooledGold::new(Vec::new(), 0), Err(StatsError::NoUnits));
        assert!(PooledGold::new(units([(4, 1), (1, 4)]), 2).unwrap().influence(&[1.0]).is_err());
    }
}
