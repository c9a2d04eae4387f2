//! Gold as probabilities: the two-phase estimate where the truth of a gold unit is a posterior, not a verdict.

use crate::stats::CellMean;
use crate::stats::CellSums;
use crate::stats::Draws;
use crate::stats::EffectiveSize;
use crate::stats::GoldWeight;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::MeldCell;
use crate::stats::StatsError;
use crate::stats::WeightSum;
use crate::stats::kg_meld;
use crate::stats::two_phase::shares_size;

/// A gold unit whose truth is known as a probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PosteriorGold {
    /// Its cell.
    pub cell: usize,
    /// Its weight, `t / (pi rho)`.
    pub weight: GoldWeight,
    /// The probability `T` that it is positive, given its ratings.
    pub truth: f64,
}

/// The two-phase post-stratified estimate with probabilities for truths.
#[derive(Debug, Clone, PartialEq)]
pub struct PosteriorEstimate {
    /// The estimate, `sum_g Q_g m_g`.
    pub value: f64,
    /// Its variance due to the sampling of units.
    pub first_phase: f64,
    /// Its variance due to the sampling of gold among them.
    pub second_phase: f64,
    /// Its variance due to truths that remain uncertain.
    pub labels: f64,
    cells: Vec<PosteriorCell>,
    shares: EffectiveSize,
}

/// One cell with exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
struct PosteriorCell {
    share: f64,
    mean: f64,
    variance: f64,
    kish: f64,
}

/// The weighted mean of a cell's truths; 0 of weight 0 for a cell without gold.
#[derive(Debug, Clone, Copy)]
struct Mean {
    weight: f64,
    value: f64,
}

/// Sums over the gold of a cell that its variances need.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    first_phase: f64,
    second_phase: f64,
    sampling: f64,
    labels: f64,
    error: f64,
}

impl PosteriorEstimate {
    /// Returns the variance of the estimate for given parameters of the raters' model.
    ///
    /// The part due to the parameters comes from [`crate::stats::DawidSkene::bootstrap`] and is to be added.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.first_phase + self.second_phase + self.labels
    }
}

/// Returns the two-phase post-stratified estimate where gold is a probability for each unit.
///
/// As [`crate::stats::post_stratified`] with `T` in place of the truth `y`; only `labeled` of the cells is read. The
/// variance adds `sum_g Q_g^2 sum_gold d2^2 T (1 - T) / (sum_gold d2)^2`, which for one cell of `m` equal weights is
/// `m^-2 sum T (1 - T)`. With every `T` at 0 or 1 it is the estimate from hard gold.
///
/// Assumes that `T` is right on average, as that of a model that holds: the posterior of raters who share an error is
/// confident and wrong.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without exposure, [`StatsError::EmptyCell`] for a cell with exposure and no gold,
/// [`StatsError::OutOfRange`] for a probability outside `[0, 1]` or a cell that is not there.
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), ch. 9, for the two phases; Rubin (1987), Multiple Imputation for Nonresponse in
/// Surveys, ch. 3, for adding the variance of the imputed truth.
pub fn posterior_two_phase(
    labeled: &[CellSums],
    gold: &[PosteriorGold],
) -> Result<PosteriorEstimate, StatsError> {
    let total: f64 = labeled.iter().map(|cell| cell.labeled.weight).sum();
    if total <= 0.0 {
        return Err(StatsError::NoUnits);
    }
    let means = means(labeled, gold, total)?;
    let share = |cell: usize| labeled[cell].labeled.weight / total;
    let value = means.iter().enumerate().map(|(cell, mean)| share(cell) * mean.value).sum();
    let mut parts = vec![Parts::default(); labeled.len()];
    for unit in gold {
        parts[unit.cell].add(unit, means[unit.cell].value, value);
    }
    let mut estimate = PosteriorEstimate {
        value,
        first_phase: 0.0,
        second_phase: 0.0,
        labels: 0.0,
        cells: Vec::new(),
        shares: shares_size(labeled)?,
    };
    for cell in (0..labeled.len()).filter(|cell| labeled[*cell].labeled.count > 0) {
        let (parts, mean) = (parts[cell], means[cell]);
        let scale = share(cell) / mean.weight;
        estimate.first_phase += scale * parts.first_phase / total;
        estimate.second_phase += scale.powi(2) * parts.second_phase;
        estimate.labels += scale.powi(2) * parts.labels;
        estimate.cells.push(PosteriorCell {
            share: share(cell),
            mean: mean.value,
            variance: (parts.sampling + parts.labels) / mean.weight.powi(2),
            kish: mean.weight.powi(2) / parts.error,
        });
    }
    Ok(estimate)
}

/// Returns the default interval (C5) of [`posterior_two_phase`].
///
/// The cells' effective sizes shrink with the variance of the labels and with `parameters`, the variance that the
/// uncertainty of the raters' model adds to the estimate (0 where the probabilities are known); that part is laid on the
/// cells alike.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a variance below 0.
///
/// # Source
///
/// As [`kg_meld`]; the widening for the labels is ours.
pub fn posterior_interval(
    estimate: &PosteriorEstimate,
    parameters: f64,
    level: Level,
    draws: Draws,
) -> Result<Interval, StatsError> {
    if !(0.0..f64::INFINITY).contains(&parameters) {
        return Err(StatsError::OutOfRange { what: "a variance", value: parameters });
    }
    let squares: f64 = estimate.cells.iter().map(|cell| cell.share.powi(2)).sum();
    let cells: Vec<MeldCell> = estimate
        .cells
        .iter()
        .map(|cell| {
            let variance = cell.variance + parameters / squares;
            let spread = cell.mean * (1.0 - cell.mean);
            let mean = match EffectiveSize::of(spread, variance, cell.kish) {
                EffectiveSize::Exact => CellMean::Exact(cell.mean),
                EffectiveSize::Units(size) => {
                    CellMean::Sampled { value: cell.mean, size, unseen: size }
                }
            };
            MeldCell { share: cell.share, mean }
        })
        .collect();
    kg_meld(&cells, estimate.shares, level, draws)
}

impl Parts {
    fn add(&mut self, unit: &PosteriorGold, mean: f64, value: f64) {
        let mut one = WeightSum::default();
        one.add_gold(unit.weight);
        self.first_phase += one.first_phase_error * (unit.truth - value).powi(2);
        let second = (one.error - one.first_phase_error).max(0.0);
        self.second_phase += second * (unit.truth - mean).powi(2);
        self.sampling += one.error * (unit.truth - mean).powi(2);
        self.labels += one.square * unit.truth * (1.0 - unit.truth);
        self.error += one.error;
    }
}

/// The mean of the truths of each cell, by weight; fails for a cell with exposure and no gold.
fn means(
    labeled: &[CellSums],
    gold: &[PosteriorGold],
    total: f64,
) -> Result<Vec<Mean>, StatsError> {
    let mut means = vec![Mean { weight: 0.0, value: 0.0 }; labeled.len()];
    for unit in gold {
        if !(0.0..=1.0).contains(&unit.truth) {
            return Err(StatsError::OutOfRange { what: "a probability", value: unit.truth });
        }
        let Some(mean) = means.get_mut(unit.cell) else {
            let value = unit.cell as f64;
            return Err(StatsError::OutOfRange { what: "the index of a cell", value });
        };
        mean.weight += unit.weight.value();
        mean.value += unit.weight.value() * unit.truth;
    }
    for (cell, mean) in means.iter_mut().enumerate() {
        if mean.weight > 0.0 {
            mean.value = (mean.value / mean.weight).min(1.0);
        } else if labeled[cell].labeled.count > 0 {
            return Err(StatsError::EmptyCell {
                cell,
                share: labeled[cell].labeled.weight / total,
            });
        }
    }
    Ok(means)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Truth;
    use crate::stats::Weight;
    use crate::stats::post_stratified;
    use crate::stats::two_phase_interval;
    use proptest::prelude::*;

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    /// One cell of `n` equal units; the first of them have gold with the given truths.
    fn cell(n: usize, truths: &[f64], cell: usize) -> (CellSums, Vec<PosteriorGold>) {
        let weight = Weight::new(1.0, 0.1).unwrap();
        let gold = GoldWeight::new(weight, truths.len() as f64 / n as f64).unwrap();
        let mut sums = CellSums::default();
        (0..n).for_each(|_| sums.add_unit(weight));
        let soft = |truth: &f64| PosteriorGold { cell, weight: gold, truth: *truth };
        (sums, truths.iter().map(soft).collect())
    }

    #[test]
    fn equal_weights_add_the_variance_of_the_labels_over_m_squared() {
        let truths = [0.9, 0.2, 1.0, 0.5];
        let (sums, gold) = cell(100, &truths, 0);
        let estimate = posterior_two_phase(&[sums], &gold).unwrap();
        assert!((estimate.value - 0.65).abs() < 1e-12);
        let expected: f64 = truths.iter().map(|t| t * (1.0 - t)).sum::<f64>() / 16.0;
        assert!((estimate.labels - expected).abs() < 1e-12, "{estimate:?}");
    }

    #[test]
    fn uncertain_labels_and_parameters_widen_the_interval() {
        let hard: Vec<f64> = (0..60).map(|i| if i % 3 == 0 { 1.0 } else { 0.0 }).collect();
        let soft: Vec<f64> = hard.iter().map(|truth| 0.1 + 0.7 * truth).collect();
        let width = |truths: &[f64], parameters: f64| {
            let (sums, gold) = cell(600, truths, 0);
            let estimate = posterior_two_phase(&[sums], &gold).unwrap();
            let interval =
                posterior_interval(&estimate, parameters, level(), Draws::least(1)).unwrap();
            interval.high - interval.low
        };
        assert!(width(&soft, 0.0) < width(&soft, 0.01));
        let (sums, gold) = cell(600, &soft, 0);
        let sampling_only = PosteriorEstimate {
            cells: vec![PosteriorCell {
                variance: 0.001,
                ..posterior_two_phase(&[sums], &gold).unwrap().cells[0]
            }],
            ..posterior_two_phase(&[sums], &gold).unwrap()
        };
        let narrow = posterior_interval(&sampling_only, 0.0, level(), Draws::least(1)).unwrap();
        assert!(narrow.high - narrow.low < width(&soft, 0.0));
    }

    #[test]
    fn certain_truths_have_the_interval_of_hard_gold() {
        let (mut sums, gold) = cell(50, &[1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], 0);
        let estimate = posterior_two_phase(&[sums], &gold).unwrap();
        for unit in &gold {
            let truth = if unit.truth > 0.5 { Truth::Positive } else { Truth::Negative };
            sums.add_gold(unit.weight, truth);
        }
        let expected = two_phase_interval(&[sums], level(), Draws::least(3)).unwrap();
        let interval = posterior_interval(&estimate, 0.0, level(), Draws::least(3)).unwrap();
        assert!((interval.low - expected.low).abs() < 1e-9, "{interval:?} {expected:?}");
        assert!((interval.high - expected.high).abs() < 1e-9, "{interval:?} {expected:?}");
    }

    #[test]
    fn what_is_no_posterior_gold_is_refused() {
        let (sums, gold) = cell(10, &[0.5, 1.5], 0);
        assert!(matches!(posterior_two_phase(&[sums], &gold), Err(StatsError::OutOfRange { .. })));
        let (_, elsewhere) = cell(10, &[0.5], 1);
        assert!(posterior_two_phase(&[sums], &elsewhere).is_err());
        let empty = posterior_two_phase(&[sums], &[]);
        assert!(matches!(empty, Err(StatsError::EmptyCell { cell: 0, .. })), "{empty:?}");
        assert_eq!(posterior_two_phase(&[], &[]), Err(StatsError::NoUnits));
        let (sums, gold) = cell(10, &[0.5, 0.5], 0);
        let estimate = posterior_two_phase(&[sums], &gold).unwrap();
        assert!(posterior_interval(&estimate, f64::NAN, level(), Draws::least(1)).is_err());
    }

    proptest! {
        #[test]
        fn certain_truths_give_the_estimate_of_hard_gold(
            first in prop::collection::vec(any::<bool>(), 2..20),
            second in prop::collection::vec(any::<bool>(), 2..20),
        ) {
            let as_number = |truth: &bool| if *truth { 1.0 } else { 0.0 };
            let soft = |truths: &[bool], at| cell(40, &truths.iter().map(as_number).collect::<Vec<_>>(), at);
            let ((mut a, mut gold), (mut b, other)) = (soft(&first, 0), soft(&second, 1));
            gold.extend(other);
            let estimate = posterior_two_phase(&[a, b], &gold).unwrap();
            for unit in &gold {
                let truth = if unit.truth > 0.5 { Truth::Positive } else { Truth::Negative };
                if unit.cell == 0 { a.add_gold(unit.weight, truth) } else { b.add_gold(unit.weight, truth) }
            }
            let hard = post_stratified(&[a, b]).unwrap();
            prop_assert!((estimate.value - hard.value).abs() < 1e-12);
            prop_assert!((estimate.variance() - hard.variance()).abs() < 1e-12);
        }
    }
}
