//! The two-phase difference estimator for any predictions, with the influence of every unit.
//!
//! Symbols: `d = t / pi` the first-phase weight, `rho` the probability of gold given the sample, `m` the prediction,
//! `e = y - m` the residual, `T` the sum of `d`, and for each cell `r` its mean residual and `g` the ratio of its labeled
//! weight to its gold weight.

use crate::stats::Estimate;
use crate::stats::GoldInfluence;
use crate::stats::GoldWeight;
use crate::stats::SampleInfluence;
use crate::stats::StatsError;
use crate::stats::UnitInfluence;
use crate::stats::Weight;
use std::collections::BTreeMap;

/// A labeled unit of the two-phase sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabeledUnit {
    /// Which unit it is, the same on every day.
    pub id: u64,
    /// Its first-phase weight.
    pub weight: Weight,
    /// The cell within which gold stands for the other units.
    pub cell: usize,
    /// What is predicted for it, fixed before its gold was seen; 0 leaves everything to the cells.
    pub prediction: f64,
    /// Its gold, if it has any.
    pub gold: Option<GoldTruth>,
}

/// The gold of a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldTruth {
    /// The probability of being chosen for gold, given that the unit is in the sample.
    pub probability: f64,
    /// What is true of the unit: 0 or 1, or a share between them.
    pub truth: f64,
}

/// A two-phase difference estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoPhaseDifference {
    /// The estimate.
    pub value: f64,
    /// Its variance due to the sampling of units.
    pub first_phase: f64,
    /// Its variance due to the sampling of gold among them.
    pub second_phase: f64,
    /// How each unit moves the estimate.
    pub influence: SampleInfluence,
}

impl TwoPhaseDifference {
    /// Returns the value and its whole variance.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.value, variance: self.first_phase + self.second_phase }
    }
}

/// Returns the two-phase difference estimate: the mean prediction of the labeled units plus, cell by cell, the mean residual
/// of their gold.
///
/// `theta = sum_labeled d m / T + sum_cells Q r`. With prediction 0 it is the post-stratified estimate; with one cell and
/// the label as prediction it is the difference (PPI) estimator of nested gold; with a historical model it borrows strength
/// and stays design-consistent. `V1 = sum_gold g (1-pi) d^2 (y-theta)^2 / rho / T^2` and
/// `V2 = sum_gold g^2 (1-rho) d^2 (e-r)^2 / rho^2 / T^2`, those of Poisson and priority samples; residual means are of Hajek's
/// form, so simple random gold has its own variance too. Assumes that gold is a probability subsample of the labeled units
/// and that predictions were fixed before today's gold. The variance is 0 where the gold of each cell agrees.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without units, [`StatsError::EmptyCell`] for a cell without gold, [`StatsError::NotAProbability`],
/// [`StatsError::OutOfRange`] for what is not finite, [`StatsError::Duplicate`] for a unit given twice.
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), ch. 9; Cassel, Sarndal & Wretman (1976), Biometrika 63:615–620.
pub fn two_phase_difference(units: &[LabeledUnit]) -> Result<TwoPhaseDifference, StatsError> {
    let cells = residuals_by_cell(units)?;
    let total: f64 = cells.values().map(|cell| cell.labeled).sum();
    if cells.is_empty() {
        return Err(StatsError::NoUnits);
    }
    let predicted: f64 = units.iter().map(|unit| unit.weight.value() * unit.prediction).sum();
    let corrected: f64 = cells.values().map(|cell| cell.labeled * cell.mean).sum();
    let value = (predicted + corrected) / total;
    let (mut first_phase, mut second_phase) = (0.0, 0.0);
    let mut influences = Vec::with_capacity(units.len());
    for unit in units {
        let cell = cells[&unit.cell];
        let d = unit.weight.value();
        let labels = d * (unit.prediction + cell.mean - value) / total;
        let gold = unit.gold.map(|gold| {
            let (pi, rho) = (unit.weight.probability(), gold.probability);
            let far = gold.truth - unit.prediction - cell.mean;
            let scale = cell.labeled / cell.gold;
            first_phase += scale * (1.0 - pi) * (d * (gold.truth - value)).powi(2) / rho;
            second_phase += (scale * d * far / rho).powi(2) * (1.0 - rho);
            GoldInfluence { probability: rho, value: scale * d / rho * far / total }
        });
        let share = d / total;
        let probability = unit.weight.probability();
        influences.push(UnitInfluence { id: unit.id, probability, share, labels, gold });
    }
    Ok(TwoPhaseDifference {
        value,
        first_phase: first_phase / total.powi(2),
        second_phase: second_phase / total.powi(2),
        influence: SampleInfluence::new(influences)?,
    })
}

/// Returns the share of the predictions to use where gold is part of the labeled sample: `Cov(y, f) / Var(f)` over gold.
///
/// Clipped to `[0, 1]`; multiply the predictions by it. Weighted by gold weights; the factor `1 + n/N` of disjoint gold has
/// no place here.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without gold, [`StatsError::Undefined`] where its predictions are all the same,
/// [`StatsError::NotAProbability`].
///
/// # Source
///
/// Angelopoulos, Duchi & Zrnic (2023), arXiv 2311.01453, in the nested form of double sampling (Cochran 1977, 12.6).
pub fn nested_lambda(units: &[LabeledUnit]) -> Result<f64, StatsError> {
    let golden = |unit: &LabeledUnit| {
        let gold = unit.gold?;
        Some(
            GoldWeight::new(unit.weight, gold.probability)
                .map(|w| (w.value(), gold.truth, unit.prediction)),
        )
    };
    let points: Vec<(f64, f64, f64)> = units.iter().filter_map(golden).collect::<Result<_, _>>()?;
    let total: f64 = points.iter().map(|(w, _, _)| w).sum();
    if points.is_empty() {
        return Err(StatsError::NoUnits);
    }
    let truth: f64 = points.iter().map(|(w, y, _)| w * y).sum::<f64>() / total;
    let prediction: f64 = points.iter().map(|(w, _, f)| w * f).sum::<f64>() / total;
    let covariance: f64 = points.iter().map(|(w, y, f)| w * (y - truth) * (f - prediction)).sum();
    let variance: f64 = points.iter().map(|(w, _, f)| w * (f - prediction).powi(2)).sum();
    if variance > 0.0 {
        return Ok((covariance / variance).clamp(0.0, 1.0));
    }
    Err(StatsError::Undefined { statistic: "lambda", reason: "all predictions are the same" })
}

/// What is summed over one cell.
#[derive(Debug, Clone, Copy, Default)]
struct Residuals {
    labeled: f64,
    gold: f64,
    mean: f64,
}

fn residuals_by_cell(units: &[LabeledUnit]) -> Result<BTreeMap<usize, Residuals>, StatsError> {
    let mut cells = BTreeMap::<usize, Residuals>::new();
    for unit in units {
        finite(unit.prediction)?;
        let cell = cells.entry(unit.cell).or_default();
        cell.labeled += unit.weight.value();
        if let Some(gold) = unit.gold {
            finite(gold.truth)?;
            let weight = GoldWeight::new(unit.weight, gold.probability)?.value();
            cell.gold += weight;
            cell.mean += (gold.truth - unit.prediction - cell.mean) * weight / cell.gold;
        }
    }
    let total: f64 = cells.values().map(|cell| cell.labeled).sum();
    match cells.iter().find(|(_, cell)| cell.gold <= 0.0) {
        None => Ok(cells),
        Some((cell, sums)) => {
            Err(StatsError::EmptyCell { cell: *cell, share: sums.labeled / total })
        }
    }
}

fn finite(value: f64) -> Result<(), StatsError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(StatsError::OutOfRange { what: "a finite prediction or truth", value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::CellSums;
    use crate::stats::HistoricalMean;
    use crate::stats::Truth;
    use crate::stats::hybrid;
    use crate::stats::post_stratified;
    use proptest::prelude::*;

    /// Exposure, sampling probability, gold probability, cell, and the truth where there is gold.
    type Row = (f64, f64, f64, usize, Option<bool>);

    fn units(rows: &[Row], prediction: impl Fn(usize) -> f64) -> Vec<LabeledUnit> {
        let unit = |(id, (t, pi, rho, cell, truth)): (usize, &Row)| LabeledUnit {
            id: id as u64,
            weight: Weight::new(*t, *pi).unwrap(),
            cell: *cell,
            prediction: prediction(*cell),
            gold: truth.map(|y| GoldTruth { probability: *rho, truth: f64::from(u8::from(y)) }),
        };
        rows.iter().enumerate().map(unit).collect()
    }

    fn sums(rows: &[Row]) -> [CellSums; 2] {
        let mut cells = [CellSums::default(); 2];
        for (t, pi, rho, cell, truth) in rows {
            let weight = Weight::new(*t, *pi).unwrap();
            cells[*cell].add_unit(weight);
            if let Some(truth) = truth {
                let truth = if *truth { Truth::Positive } else { Truth::Negative };
                cells[*cell].add_gold(GoldWeight::new(weight, *rho).unwrap(), truth);
            }
        }
        cells
    }

    /// A simple random sample of 1000 with 30 of 300 flagged and 70 of 700 unflagged units in gold.
    fn simple() -> Vec<Row> {
        let row = |cell: usize, at: usize, gold: usize, positive: usize| {
            (1.0, 1e-9, 0.1, cell, (at < gold).then_some(at < positive))
        };
        (0..300).map(|i| row(0, i, 30, 24)).chain((0..700).map(|i| row(1, i, 70, 7))).collect()
    }

    #[test]
    fn labels_as_predictions_give_the_nested_difference_estimator() {
        // lambda = Cov / Var = PPV - FOR; V = Var(y)/n + (1/m - 1/n) Var(y - lambda f)
        let mut units = units(&simple(), |cell| if cell == 0 { 1.0 } else { 0.0 });
        let lambda = nested_lambda(&units).unwrap();
        assert!((lambda - 0.7).abs() < 1e-12, "{lambda}");
        for unit in &mut units {
            unit.prediction *= lambda;
            unit.cell = 0;
        }
        let got = two_phase_difference(&units).unwrap();
        assert!((got.value - 0.31).abs() < 1e-12, "{}", got.value);
        let residual = 0.3 * 0.8 * 0.2 + 0.7 * 0.1 * 0.9;
        let expected = 0.31 * 0.69 / 1000.0 + (1.0 / 100.0 - 1.0 / 1000.0) * residual;
        assert!((got.estimate().variance - expected).abs() < 1e-9, "{got:?} {expected}");
        assert!((got.influence.variance() - expected).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_estimated_is_an_error() {
        assert_eq!(two_phase_difference(&[]), Err(StatsError::NoUnits));
        let rows = [(1.0, 0.5, 0.5, 0, Some(true)), (3.0, 0.5, 0.5, 7, None)];
        let error = two_phase_difference(&units(&rows, |_| 0.0)).unwrap_err();
        assert_eq!(error, StatsError::EmptyCell { cell: 7, share: 0.75 });
        let mut twice = units(&rows[..1], |_| 0.0);
        twice.push(twice[0]);
        assert_eq!(two_phase_difference(&twice), Err(StatsError::Duplicate { id: 0 }));
        assert!(two_phase_difference(&units(&rows[..1], |_| f64::NAN)).is_err());
        assert!(matches!(nested_lambda(&twice), Err(StatsError::Undefined { .. })));
    }

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let truth = prop_oneof![Just(None), Just(Some(true)), Just(Some(false))];
        prop::collection::vec((0.5f64..9.0, 0.05f64..1.0, 0.1f64..1.0, 0usize..2, truth), 12..60)
    }

    proptest! {
        #[test]
        fn without_predictions_it_is_the_post_stratified_estimate(rows in rows()) {
            match (two_phase_difference(&units(&rows, |_| 0.0)), post_stratified(&sums(&rows))) {
                (Ok(got), Ok(expected)) => {
                    prop_assert!((got.value - expected.value).abs() < 1e-12);
                    prop_assert!((got.first_phase - expected.first_phase).abs() < 1e-12);
                    prop_assert!((got.second_phase - expected.second_phase).abs() < 1e-12);
                    prop_assert!(got.influence.sum().abs() < 1e-12);
                }
                (got, expected) => prop_assert!(got.is_err() && expected.is_err()),
            }
        }

        #[test]
        fn a_prediction_for_each_cell_changes_nothing_within_cells(rows in rows(), h in 0.0f64..1.0) {
            let (without, with) =
                (two_phase_difference(&units(&rows, |_| 0.0)), two_phase_difference(&units(&rows, |cell| h * cell as f64)));
            if let (Ok(without), Ok(with)) = (without, with) {
                prop_assert!((without.value - with.value).abs() < 1e-12);
                prop_assert!((without.influence.variance() - with.influence.variance()).abs() < 1e-12);
            }
        }

        #[test]
        fn fixed_predictions_in_one_cell_are_the_hybrid(rows in rows(), a in 0.0f64..1.0, b in 0.0f64..1.0) {
            let mut units = units(&rows, |cell| if cell == 0 { a } else { b });
            units.iter_mut().for_each(|unit| unit.cell = 0);
            let history = [a, b].map(|value| HistoricalMean { value, variance: 0.0 });
            match (two_phase_difference(&units), hybrid(&sums(&rows), &history)) {
                (Ok(got), Ok(expected)) => {
                    prop_assert!((got.value - expected.value).abs() < 1e-12);
                    prop_assert!((got.first_phase - expected.first_phase).abs() < 1e-12);
                    prop_assert!((got.second_phase - expected.second_phase).abs() < 1e-12);
                }
                (got, expected) => prop_assert!(got.is_err() && expected.is_err()),
            }
        }

        #[test]
        fn the_order_of_units_changes_nothing(rows in rows()) {
            let mut units = units(&rows, |_| 0.0);
            let first = two_phase_difference(&units);
            units.reverse();
            if let (Ok(first), Ok(second)) = (first, two_phase_difference(&units)) {
                prop_assert!((first.value - second.value).abs() < 1e-12);
                prop_assert!((first.influence.variance() - second.influence.variance()).abs() < 1e-12);
            }
        }
    }
}
