//! The hybrid estimate: cell means from pooled historical gold, corrected by the residuals of today's gold.
//!
//! Symbols: cell `g`, `Q_g` its share of today's exposure, `h_g` the share of positives in its historical gold.

use crate::stats::CellSums;
use crate::stats::EffectiveSize;
use crate::stats::Estimate;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::WeightSum;
use crate::stats::cell_shares;

/// The share of positives in a cell as earlier gold shows it, fixed before today's gold is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistoricalMean {
    /// The share, in `[0, 1]`.
    pub value: f64,
    /// The variance of its estimate.
    pub variance: f64,
}

/// An estimate from historical cell means and today's gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hybrid {
    /// The estimate: `model + residual`; may lie slightly outside `[0, 1]`.
    pub value: f64,
    /// What the historical means alone say of today, `sum_g Q_g h_g`.
    pub model: f64,
    /// The mean residual of today's gold: how far the historical means are off today.
    pub residual: f64,
    /// The variance of `value` due to the sampling of units.
    pub first_phase: f64,
    /// The variance of `value` due to the sampling of gold.
    pub second_phase: f64,
    /// Gold units of today.
    pub gold: u64,
}

/// An estimate without any gold of today.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelOnly {
    /// The estimate, `sum_g Q_g h_g`.
    pub value: f64,
    /// Its variance due to today's labels.
    pub from_labels: f64,
    /// Its variance due to the historical means.
    pub from_history: f64,
    /// How much the historical means are off from day to day, for one more day.
    pub between_days: f64,
    /// Days on which `between_days` rests; its degrees of freedom are one less.
    pub days: usize,
}

impl Hybrid {
    /// Returns the value with its whole variance.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.value, variance: self.first_phase + self.second_phase }
    }

    /// Returns the value as a share with its effective size, for [`crate::stats::kg_beta`].
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where the value is not inside (0, 1) or its variance is 0.
    pub fn share(&self) -> Result<Share, StatsError> {
        let Estimate { value, variance } = self.estimate();
        if value > 0.0 && value < 1.0 && variance > 0.0 {
            let size = EffectiveSize::of(value * (1.0 - value), variance, f64::INFINITY);
            return Ok(Share { value, variance, size, n: self.gold });
        }
        let reason =
            "the estimate is not inside 0 to 1, or all its gold agrees with its prediction";
        Err(StatsError::Undefined { statistic: "the effective size of a hybrid estimate", reason })
    }
}

impl ModelOnly {
    /// Returns the value with its whole variance.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let variance = self.from_labels + self.from_history + self.between_days;
        Estimate { value: self.value, variance }
    }
}

/// Returns the hybrid estimate: historical means applied to today's labels, plus the mean residual of today's gold.
///
/// `theta = sum_g Q_g h_g + sum_gold d2 (y - h_g) / sum_gold d2`. Design-consistent today whatever the history is, if gold is
/// a probability subsample of today's labeled units and history was fixed before it; history that fits well makes the
/// residuals, and so the variance, small. Needs far less gold than one mean a cell. Variances as
/// [`crate::stats::two_phase_difference`] with one cell. History's own error needs no place in it: the residuals show it.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without labels or without gold (then [`model_only`] is all there is),
/// [`StatsError::LengthsDiffer`] unless there is one historical mean a cell, [`StatsError::OutOfRange`].
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), ch. 9; Egami et al. (2023), NeurIPS 36, for predictions fixed beforehand.
pub fn hybrid(cells: &[CellSums], history: &[HistoricalMean]) -> Result<Hybrid, StatsError> {
    let (total, model) = expected(cells, history)?;
    let gold = cells.iter().fold(WeightSum::default(), |sum, cell| sum.plus(&cell.gold()));
    if gold.count == 0 {
        return Err(StatsError::NoUnits);
    }
    let pairs = || cells.iter().zip(history.iter().map(|mean| mean.value));
    let residuals =
        pairs().map(|(cell, h)| cell.positives.weight * (1.0 - h) - cell.negatives.weight * h);
    let residual = residuals.sum::<f64>() / gold.weight;
    let value = model + residual;
    let scale = total / gold.weight;
    let (mut first_phase, mut second_phase) = (0.0, 0.0);
    for (cell, h) in pairs() {
        let squares = |of: fn(&WeightSum) -> f64, centre: f64| {
            of(&cell.positives) * (1.0 - centre).powi(2) + of(&cell.negatives) * centre.powi(2)
        };
        first_phase += scale * squares(|sum| sum.first_phase_error, value);
        second_phase += scale.powi(2)
            * squares(|sum| (sum.error - sum.first_phase_error).max(0.0), h + residual);
    }
    let square = total.powi(2);
    let (first_phase, second_phase) = (first_phase / square, second_phase / square);
    Ok(Hybrid { value, model, residual, first_phase, second_phase, gold: gold.count })
}

/// Returns what historical means say of a day without gold, widened by how much they were off on other days.
///
/// `sum_g Q_g h_g` with the variance of today's shares, that of the historical means, and the variance between days of
/// the mean residual ([`Hybrid::residual`]) for one more day, `s^2 (1 + 1/D)`; `s^2` holds the sampling error of those
/// residuals too, so it is not too small. Assumes `P(truth | cell)` today is as on those days: nothing of today can show
/// that it is not. Always labeled as model-dependent.
///
/// # Errors
///
/// As [`hybrid`]; [`StatsError::Undefined`] with residuals of fewer than two days.
///
/// # Source
///
/// Rao & Molina (2015), Small Area Estimation, ch. 2, for synthetic estimates and their risk.
pub fn model_only(
    cells: &[CellSums],
    history: &[HistoricalMean],
    past_residuals: &[f64],
) -> Result<ModelOnly, StatsError> {
    let (total, value) = expected(cells, history)?;
    let between_days = spread_for_one_more(past_residuals)?;
    let shares = cell_shares(cells)?;
    let by_cell = || cells.iter().zip(history).zip(&shares);
    let from_labels: f64 = by_cell()
        .map(|((cell, mean), _)| cell.labeled.error * (mean.value - value).powi(2))
        .sum::<f64>()
        / total.powi(2);
    let from_history =
        by_cell().map(|((_, mean), share)| share.value.powi(2) * mean.variance).sum();
    Ok(ModelOnly { value, from_labels, from_history, between_days, days: past_residuals.len() })
}

/// Returns today's exposure and the historical expectation of it.
fn expected(cells: &[CellSums], history: &[HistoricalMean]) -> Result<(f64, f64), StatsError> {
    if cells.len() != history.len() {
        return Err(StatsError::LengthsDiffer { left: cells.len(), right: history.len() });
    }
    for mean in history {
        if !(0.0..=1.0).contains(&mean.value) {
            return Err(StatsError::OutOfRange { what: "a share in [0, 1]", value: mean.value });
        }
        if !(mean.variance >= 0.0 && mean.variance.is_finite()) {
            return Err(StatsError::OutOfRange { what: "a variance", value: mean.variance });
        }
    }
    let total: f64 = cells.iter().map(|cell| cell.labeled.weight).sum();
    if total <= 0.0 {
        return Err(StatsError::NoUnits);
    }
    let pairs = cells.iter().zip(history);
    Ok((total, pairs.map(|(cell, mean)| cell.labeled.weight / total * mean.value).sum()))
}

fn spread_for_one_more(residuals: &[f64]) -> Result<f64, StatsError> {
    if let Some(value) = residuals.iter().find(|residual| !residual.is_finite()) {
        return Err(StatsError::OutOfRange { what: "a finite residual", value: *value });
    }
    let days = residuals.len() as f64;
    if residuals.len() < 2 {
        let statistic = "the variance of residuals between days";
        return Err(StatsError::Undefined { statistic, reason: "fewer than two days had gold" });
    }
    let mean = residuals.iter().sum::<f64>() / days;
    let squares: f64 = residuals.iter().map(|residual| (residual - mean).powi(2)).sum();
    Ok(squares / (days - 1.0) * (1.0 + 1.0 / days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::GoldWeight;
    use crate::stats::Truth;
    use crate::stats::Weight;
    use crate::stats::post_stratified;
    use proptest::prelude::*;

    const SURE: f64 = 0.0;

    fn mean(value: f64) -> HistoricalMean {
        HistoricalMean { value, variance: SURE }
    }

    /// `n` equal units, `positive` of whose `gold` units are positive.
    fn cell(n: u64, gold: u64, positive: u64) -> CellSums {
        let weight = Weight::new(1.0, 1e-9).unwrap();
        let mut sums = CellSums::default();
        (0..n).for_each(|_| sums.add_unit(weight));
        for i in 0..gold {
            let truth = if i < positive { Truth::Positive } else { Truth::Negative };
            sums.add_gold(GoldWeight::new(weight, gold as f64 / n as f64).unwrap(), truth);
        }
        sums
    }

    #[test]
    fn history_that_today_confirms_gives_the_post_stratified_estimate() {
        let cells = [cell(300, 30, 24), cell(700, 70, 7)];
        let (today, both) =
            (post_stratified(&cells).unwrap(), hybrid(&cells, &[mean(0.8), mean(0.1)]).unwrap());
        assert!((both.value - today.value).abs() < 1e-12 && both.residual.abs() < 1e-12);
        assert!((both.estimate().variance - today.variance()).abs() < 1e-12, "{both:?}");
    }

    #[test]
    fn history_that_is_off_is_corrected_by_todays_gold() {
        // simple random gold: 30 of 300 and 70 of 700; gold alone says .31 whatever history says
        let cells = [cell(300, 30, 24), cell(700, 70, 7)];
        let wrong = hybrid(&cells, &[mean(0.2), mean(0.5)]).unwrap();
        assert!((wrong.value - 0.31).abs() < 1e-12, "{wrong:?}");
        assert!((wrong.model - 0.41).abs() < 1e-12);
        let right = hybrid(&cells, &[mean(0.8), mean(0.1)]).unwrap();
        assert!(right.estimate().variance < wrong.estimate().variance);
        assert!(right.share().unwrap().size.units() > 100.0);
    }

    #[test]
    fn a_day_without_gold_is_widened_by_the_other_days() {
        let cells = [cell(300, 0, 0), cell(700, 0, 0)];
        let history = [HistoricalMean { value: 0.8, variance: 0.01 }, mean(0.1)];
        assert_eq!(hybrid(&cells, &history), Err(StatsError::NoUnits));
        let alone = model_only(&cells, &history, &[0.01, -0.01, 0.03, 0.01]).unwrap();
        assert!((alone.value - 0.31).abs() < 1e-12);
        // s^2 = (0 + .0004 + .0004 + 0) / 3, times 1.25
        assert!((alone.between_days - 0.0008 / 3.0 * 1.25).abs() < 1e-12, "{alone:?}");
        assert!((alone.from_history - 0.09 * 0.01).abs() < 1e-12);
        assert!((alone.from_labels - 0.21 * 0.49 / 1000.0).abs() < 1e-9, "{alone:?}");
        assert!(model_only(&cells, &history, &[0.01]).is_err());
    }

    #[test]
    fn history_that_does_not_fit_is_refused() {
        let cells = [cell(30, 3, 1)];
        assert!(hybrid(&cells, &[]).is_err());
        assert!(hybrid(&cells, &[mean(1.1)]).is_err());
        assert!(hybrid(&cells, &[HistoricalMean { value: 0.5, variance: f64::NAN }]).is_err());
        assert_eq!(hybrid(&[], &[]), Err(StatsError::NoUnits));
    }

    proptest! {
        #[test]
        fn for_simple_random_gold_any_constant_history_gives_gold_alone(h in 0.0f64..1.0, positive in 0u64..20) {
            let cells = [cell(200, 20, positive)];
            let got = hybrid(&cells, &[mean(h)]).unwrap();
            prop_assert!((got.value - positive as f64 / 20.0).abs() < 1e-12);
        }
    }
}
