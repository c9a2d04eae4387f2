//! Shares of several classes by double sampling: what gold shows within each label code, weighted by the codes.
//!
//! Symbols: `Q_k` the share of label code `k`, `C_kj` the share of class `j` in the gold of code `k`, `m_k` gold units.

use crate::stats::CellSums;
use crate::stats::Composition;
use crate::stats::Draws;
use crate::stats::GoldWeight;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Matrix;
use crate::stats::StatsError;
use crate::stats::Weight;
use crate::stats::WeightSum;
use crate::stats::multiclass::composition::deviations;
use crate::stats::multiclass::composition::multinomial;
use crate::stats::two_phase_interval;

/// Shares of classes estimated by double sampling, and where their uncertainty comes from.
///
/// A class that no gold unit has gets share 0 and variance 0: it is not identified, see [`Self::unseen`].
#[derive(Debug, Clone, PartialEq)]
pub struct ClassShares {
    /// The estimated share of each class.
    pub shares: Vec<f64>,
    /// Their covariance due to the sampling of units to label.
    pub from_labels: Matrix,
    /// Their covariance due to the sampling of gold.
    pub from_gold: Matrix,
}

/// The sums over the labeled units of one code, some of which have gold of several classes.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassCell {
    labeled: WeightSum,
    gold: Vec<WeightSum>,
}

impl ClassShares {
    /// Returns the shares with their whole covariance.
    #[must_use]
    pub fn composition(&self) -> Composition {
        let mut covariance = self.from_labels.clone();
        covariance.add_scaled(1.0, &self.from_gold);
        Composition::estimated(self.shares.clone(), covariance)
    }

    /// Returns the classes that no gold unit has: only an upper limit ([`class_intervals`]) can be said of them.
    #[must_use]
    pub fn unseen(&self) -> Vec<usize> {
        (0..self.shares.len()).filter(|class| self.shares[*class] <= 0.0).collect()
    }
}

impl ClassCell {
    /// Returns an empty cell for that many classes.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self { labeled: WeightSum::default(), gold: vec![WeightSum::default(); classes] }
    }

    /// Adds a labeled unit.
    pub fn add_unit(&mut self, weight: Weight) {
        self.labeled.add(weight);
    }

    /// Adds the gold of a unit that was added as labeled too.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a class the cell does not know.
    pub fn add_gold(&mut self, weight: GoldWeight, class: usize) -> Result<(), StatsError> {
        let unknown =
            StatsError::OutOfRange { what: "the index of a known class", value: class as f64 };
        self.gold.get_mut(class).ok_or(unknown)?.add_gold(weight);
        Ok(())
    }

    /// Returns the sums with one class as positives and all others as negatives.
    fn against_others(&self, class: usize) -> CellSums {
        let others = self.gold.iter().enumerate().filter(|(index, _)| *index != class);
        CellSums {
            labeled: self.labeled,
            positives: self.gold.get(class).copied().unwrap_or_default(),
            negatives: others.fold(WeightSum::default(), |sum, (_, gold)| sum.plus(gold)),
        }
    }
}

/// Returns the shares of the classes by double sampling with simple random gold within each label code.
///
/// `theta_j = sum_k Q_k C_kj`. `gold[k][j]` counts gold units of code `k` and class `j`. The covariance due to gold is
/// `sum_k Q_k^2 (diag(C_k) - C_k C_k^T) / (m_k - 1)`, that due to the labels `C^T Cov(Q) C`: none where the codes'
/// shares are known, as of a map or a census. Assumes gold was drawn by simple random sampling within each code, with or
/// without fixed numbers a code, and nothing about the labeler. Finite-population corrections are left out.
///
/// # Errors
///
/// [`StatsError::EmptyCell`] for a code with exposure and no gold, [`StatsError::Undefined`] where a code has a single
/// gold unit and so no variance, [`StatsError::LengthsDiffer`] where the tables do not fit.
///
/// # Source
///
/// Tenenbein (1972), Technometrics 14:187–202; Olofsson et al. (2014), Remote Sens. Environ. 148:42–57, for known codes.
pub fn double_sample(codes: &Composition, gold: &[Vec<u64>]) -> Result<ClassShares, StatsError> {
    let within = shares_within(codes, gold)?;
    let classes = within.columns();
    let mut from_gold = Matrix::zeros(classes);
    for (k, share) in codes.shares().iter().enumerate().filter(|(_, share)| **share > 0.0) {
        let m = gold[k].iter().sum::<u64>();
        if m < 2 {
            let reason = "a label code has a single gold unit";
            return Err(StatsError::Undefined { statistic: "the variance within a code", reason });
        }
        let row: Vec<f64> = (0..classes).map(|j| within[(k, j)]).collect();
        from_gold.add_scaled(share.powi(2), &multinomial(&row, m as f64 - 1.0));
    }
    let transposed = within.transposed();
    Ok(ClassShares {
        shares: transposed.apply(codes.shares())?,
        from_labels: transposed.carry(codes.covariance())?,
        from_gold,
    })
}

/// Returns the labeler's error rates `P(code k | class j)` in the population, row by class, from gold drawn by label code.
///
/// Rates counted in such gold alone are biased, because gold follows the labels; here each code counts by its share.
///
/// # Errors
///
/// As [`double_sample`], and [`StatsError::Undefined`] for a class that no gold unit has.
///
/// # Source
///
/// Begg & Greenes (1983), Biometrics 39:207–215.
pub fn error_rates_by_code(
    codes: &Composition,
    gold: &[Vec<u64>],
) -> Result<Vec<Composition>, StatsError> {
    let within = shares_within(codes, gold)?;
    let joint = |j: usize| -> Vec<f64> {
        codes.shares().iter().enumerate().map(|(k, share)| share * within[(k, j)]).collect()
    };
    (0..within.columns())
        .map(|j| {
            let (row, statistic) = (joint(j), "the error rates of a class");
            let total: f64 = row.iter().sum();
            if total <= 0.0 {
                return Err(StatsError::Undefined { statistic, reason: "no gold unit has it" });
            }
            Composition::known(&row.iter().map(|share| share / total).collect::<Vec<_>>())
        })
        .collect()
}

/// Returns the shares of the exposure by double sampling with unequal probabilities in both phases.
///
/// The two-phase post-stratified estimator with one indicator a class; its covariance is that of Poisson or priority
/// sampling in both phases (see [`crate::stats::post_stratified`], which it equals for two classes).
///
/// # Errors
///
/// [`StatsError::NoUnits`] without exposure, [`StatsError::EmptyCell`] for a cell with exposure and no gold,
/// [`StatsError::LengthsDiffer`] where cells know different numbers of classes.
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), ch. 9.
pub fn double_sample_weighted(cells: &[ClassCell]) -> Result<ClassShares, StatsError> {
    let total: f64 = cells.iter().map(|cell| cell.labeled.weight).sum();
    let classes = cells.first().map_or(0, |cell| cell.gold.len());
    if total <= 0.0 || classes == 0 {
        return Err(StatsError::NoUnits);
    }
    let exposed = cells.iter().enumerate().filter(|(_, cell)| cell.labeled.count > 0);
    let means: Vec<(&ClassCell, Vec<f64>)> = exposed
        .map(|(index, cell)| Ok((cell, class_shares(cell, index, Totals { total, classes })?)))
        .collect::<Result<_, StatsError>>()?;
    let mut shares = vec![0.0; classes];
    for (cell, mean) in &means {
        let part = cell.labeled.weight / total;
        shares.iter_mut().zip(mean).for_each(|(share, mean)| *share += part * mean);
    }
    let (mut from_labels, mut from_gold) = (Matrix::zeros(classes), Matrix::zeros(classes));
    for (cell, mean) in &means {
        let gold: f64 = cell.gold.iter().map(|sum| sum.weight).sum();
        let scale = cell.labeled.weight / gold;
        for (class, sum) in cell.gold.iter().enumerate() {
            let first = sum.first_phase_error;
            let second = (sum.error - first).max(0.0);
            let square = total.powi(2);
            from_labels.add_outer(scale * first / square, &deviations(&shares, class));
            from_gold.add_outer(scale.powi(2) * second / square, &deviations(mean, class));
        }
    }
    Ok(ClassShares { shares, from_labels, from_gold })
}

/// Returns the default interval (C5) of each class's share, each against all others.
///
/// Holds for rare classes too; without any gold of a class its lower limit is 0 and its upper one is all that is known of
/// it. One interval by itself: with several classes read together, the level is to be adjusted for their number.
///
/// # Errors
///
/// As [`double_sample_weighted`].
///
/// # Source
///
/// As [`crate::stats::kg_meld`].
pub fn class_intervals(
    cells: &[ClassCell],
    level: Level,
    draws: Draws,
) -> Result<Vec<Interval>, StatsError> {
    let classes = double_sample_weighted(cells)?.shares.len();
    let against = |class| cells.iter().map(|cell| cell.against_others(class)).collect::<Vec<_>>();
    (0..classes).map(|class| two_phase_interval(&against(class), level, draws)).collect()
}

#[derive(Clone, Copy)]
struct Totals {
    total: f64,
    classes: usize,
}

/// Returns the share of each class in the gold of one cell.
fn class_shares(cell: &ClassCell, index: usize, totals: Totals) -> Result<Vec<f64>, StatsError> {
    if cell.gold.len() != totals.classes {
        return Err(StatsError::LengthsDiffer { left: totals.classes, right: cell.gold.len() });
    }
    let gold: f64 = cell.gold.iter().map(|sum| sum.weight).sum();
    if gold <= 0.0 {
        let share = cell.labeled.weight / totals.total;
        return Err(StatsError::EmptyCell { cell: index, share });
    }
    Ok(cell.gold.iter().map(|sum| sum.weight / gold).collect())
}

/// Returns `C`: the share of each class in the gold of each code; a code without exposure needs no gold.
fn shares_within(codes: &Composition, gold: &[Vec<u64>]) -> Result<Matrix, StatsError> {
    if codes.shares().len() != gold.len() {
        return Err(StatsError::LengthsDiffer { left: codes.shares().len(), right: gold.len() });
    }
    let rows: Vec<Vec<f64>> = codes
        .shares()
        .iter()
        .zip(gold)
        .enumerate()
        .map(|(cell, (share, counts))| {
            let m: u64 = counts.iter().sum();
            if m == 0 && *share > 0.0 {
                return Err(StatsError::EmptyCell { cell, share: *share });
            }
            Ok(counts.iter().map(|count| *count as f64 / m.max(1) as f64).collect())
        })
        .collect::<Result<_, _>>()?;
    Matrix::from_rows(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Truth;
    use crate::stats::post_stratified;
    use proptest::prelude::*;

    fn close(got: &[f64], expected: &[f64], within: f64) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < within, "{got} for {expected}");
        }
    }

    #[test]
    fn the_published_map_is_reproduced() {
        // Olofsson et al. (2014), Table 8: hectares of 30 m pixels
        let pixels = [200_000u64, 150_000, 3_200_000, 6_450_000];
        let gold = [vec![66, 0, 5, 4], vec![0, 55, 8, 12], vec![1, 0, 153, 11], vec![2, 1, 9, 313]];
        let total = pixels.iter().sum::<u64>() as f64;
        let codes = Composition::known(&pixels.map(|n| n as f64 / total)).unwrap();
        let map = double_sample(&codes, &gold).unwrap().composition();
        let hectares = total * 0.09;
        let areas: Vec<f64> = map.shares().iter().map(|share| share * hectares).collect();
        close(&areas, &[21_157.76, 11_686.15, 285_769.93, 581_386.15], 0.01);
        let errors: Vec<f64> = map.std_errors().iter().map(|se| 1.96 * se * hectares).collect();
        close(&errors, &[6_157.52, 3_755.76, 15_509.55, 16_281.36], 0.5);
    }

    #[test]
    fn labels_of_a_sample_add_to_the_uncertainty() {
        let gold = [vec![90, 6, 2], vec![8, 70, 10], vec![2, 4, 38]];
        let codes = Composition::from_counts(&[8000, 1500, 500]).unwrap();
        let estimate = double_sample(&codes, &gold).unwrap();
        close(&estimate.shares, &[0.750_603, 0.172_843, 0.076_554], 5e-7);
        let gold_only: Vec<f64> = estimate.from_gold.diagonal().iter().map(|v| v.sqrt()).collect();
        close(&gold_only, &[0.022_771, 0.020_642, 0.012_837], 5e-7);
        close(&estimate.composition().std_errors(), &[0.023_017, 0.020_808, 0.012_968], 5e-7);
    }

    #[test]
    fn codes_without_enough_gold_are_errors_that_say_which() {
        let codes = Composition::from_counts(&[60, 40]).unwrap();
        let empty = double_sample(&codes, &[vec![5, 5], vec![0, 0]]).unwrap_err();
        assert_eq!(empty, StatsError::EmptyCell { cell: 1, share: 0.4 });
        let single = double_sample(&codes, &[vec![5, 5], vec![1, 0]]).unwrap_err();
        assert!(matches!(single, StatsError::Undefined { .. }));
        assert!(double_sample(&codes, &[vec![5, 5]]).is_err());
        let unused = Composition::from_counts(&[60, 0]).unwrap();
        assert!(double_sample(&unused, &[vec![5, 5], vec![0, 0]]).is_ok());
    }

    #[test]
    fn a_class_without_gold_has_an_upper_limit_only() {
        let weight = Weight::new(1.0, 1e-9).unwrap();
        let mut cell = ClassCell::new(3);
        (0..1000).for_each(|_| cell.add_unit(weight));
        let gold = GoldWeight::new(weight, 0.1).unwrap();
        (0..100).for_each(|index| cell.add_gold(gold, index % 2).unwrap());
        assert!(cell.add_gold(gold, 3).is_err());
        let cells = [cell];
        assert_eq!(double_sample_weighted(&cells).unwrap().unseen(), [2]);
        let level = Level::new(0.95).unwrap();
        let limits = class_intervals(&cells, level, Draws::least(1)).unwrap();
        assert!(limits[2].low.abs() < 1e-300);
        assert!(limits[2].high > 0.01 && limits[2].high < 0.06, "{limits:?}");
        assert!(limits[0].low < 0.5 && limits[0].high > 0.5, "{limits:?}");
    }

    proptest! {
        #[test]
        fn two_weighted_classes_equal_the_binary_estimator(
            units in prop::collection::vec((0.5f64..9.0, 0.05f64..1.0, 0.1f64..1.0, 0usize..2, 0usize..3), 12..60),
        ) {
            let (mut binary, mut classes) = ([CellSums::default(); 2], vec![ClassCell::new(2); 2]);
            for (t, pi, rho, cell, gold) in &units {
                let weight = Weight::new(*t, *pi).unwrap();
                binary[*cell].add_unit(weight);
                classes[*cell].add_unit(weight);
                if *gold < 2 {
                    let truth = if *gold == 0 { Truth::Positive } else { Truth::Negative };
                    let weight = GoldWeight::new(weight, *rho).unwrap();
                    binary[*cell].add_gold(weight, truth);
                    classes[*cell].add_gold(weight, *gold).unwrap();
                }
            }
            match (post_stratified(&binary), double_sample_weighted(&classes)) {
                (Ok(binary), Ok(classes)) => {
                    prop_assert!((binary.value - classes.shares[0]).abs() < 1e-12);
                    prop_assert!((binary.first_phase - classes.from_labels[(0, 0)]).abs() < 1e-12);
                    prop_assert!((binary.second_phase - classes.from_gold[(1, 1)]).abs() < 1e-12);
                    prop_assert!((classes.from_gold[(0, 0)] + classes.from_gold[(0, 1)]).abs() < 1e-12);
                }
                (binary, classes) => prop_assert!(binary.is_err() && classes.is_err()),
            }
        }
    }
}
