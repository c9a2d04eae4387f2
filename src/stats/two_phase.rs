//! The default estimator: a labeled sample, gold on a probability subsample of it, post-stratified by cell.
//!
//! Symbols: cell `g`, `Q_g` its share of the exposure among labeled units, `m_g` the share of positives in its gold,
//! `T` the sum of first-phase weights `d = t / pi`, `rho` the probability of gold given the sample.

use crate::stats::CellMean;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::Draws;
use crate::stats::EffectiveSize;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::MeldCell;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::WeightSum;
use crate::stats::kg_meld;
use crate::stats::two_phase_clusters::added_by_clusters;
use crate::stats::two_phase_clusters::unsure_by_clusters;

/// The two-phase post-stratified estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct PostStratified {
    /// The estimate, `sum_g Q_g m_g`.
    pub value: f64,
    /// Its variance due to the sampling of units.
    pub first_phase: f64,
    /// Its variance due to the sampling of gold among them.
    pub second_phase: f64,
    /// How much of the variance of the truth the cells explain, in `[0, 1]`: K, the squared correlation of label and
    /// truth. Undefined where the estimate is 0 or 1.
    pub explained: Option<f64>,
}

/// What can be said when some cells have exposure and no gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The share of the exposure in cells without gold.
    pub unknown_share: f64,
    /// Worst case: the estimate if nothing in those cells were positive, and its lower limit.
    pub lowest: f64,
    /// The lower limit of `lowest`.
    pub low: f64,
    /// Worst case: the estimate if everything in those cells were positive.
    pub highest: f64,
    /// The upper limit of `highest`.
    pub high: f64,
    /// The estimate and its interval if those cells were like the others: missing at random.
    pub at_random: Option<(f64, Interval)>,
}

impl PostStratified {
    /// Returns the whole variance.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.first_phase + self.second_phase
    }
}

/// Returns the two-phase post-stratified difference estimate.
///
/// `theta = sum_g Q_g m_g`. With `g_c = (labeled weight) / (gold weight)` of a cell,
/// `V1 = sum_gold g_c (1-pi) d^2 (y-theta)^2 / rho / T^2` and `V2 = sum_gold g_c^2 (1-rho) d^2 (y-m)^2 / rho^2 / T^2`.
///
/// Assumes that gold is a probability subsample of the labeled sample and nothing about the labeler: a poor labeler
/// costs precision, never truth. Census samples have `V1 = 0`; gold on every unit has `V2 = 0`. The variance is 0 where
/// the gold of each cell agrees; use [`two_phase_interval`], never a normal interval.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without exposure, [`StatsError::EmptyCell`] for a cell with exposure and no gold.
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), ch. 9, and (1989), Biometrika 76:527–537, for the weighted residuals; Tenenbein
/// (1970), JASA 65:1350–1361, for two cells and simple random samples.
pub fn post_stratified(cells: &[CellSums]) -> Result<PostStratified, StatsError> {
    post_stratified_across(cells, &Crossing::default())
}

/// Returns [`post_stratified`] where clusters may have units in several cells: their products are part of `V1`.
///
/// # Errors
///
/// As [`post_stratified`].
pub fn post_stratified_across(
    cells: &[CellSums],
    crossing: &Crossing,
) -> Result<PostStratified, StatsError> {
    let total = total_weight(cells)?;
    let melded = with_gold(cells, total)?;
    let value: f64 = melded.iter().map(|cell| cell.share * cell.mean.value()).sum();
    let (mut first_phase, mut second_phase) = (0.0, 0.0);
    for (cell, mean) in cells.iter().filter(|cell| cell.labeled.count > 0).zip(&melded) {
        let scale = cell.labeled.weight / cell.gold().weight;
        let squares = |of: fn(&WeightSum) -> f64, centre: f64| {
            of(&cell.positives) * (1.0 - centre).powi(2) + of(&cell.negatives) * centre.powi(2)
        };
        first_phase += scale * squares(|sum| sum.first_phase_error, value);
        second_phase += scale.powi(2)
            * squares(|sum| (sum.error - sum.first_phase_error).max(0.0), mean.mean.value());
    }
    first_phase = (first_phase + crossing.variance(&calibrated(cells, value))).max(0.0);
    let between: f64 =
        melded.iter().map(|cell| cell.share * (cell.mean.value() - value).powi(2)).sum();
    let spread = value * (1.0 - value);
    Ok(PostStratified {
        value,
        first_phase: first_phase / total.powi(2),
        second_phase: second_phase / total.powi(2),
        explained: (spread > 0.0).then(|| (between / spread).min(1.0)),
    })
}

/// Returns the default interval (C5) of [`post_stratified`].
///
/// # Errors
///
/// As [`post_stratified`].
pub fn two_phase_interval(
    cells: &[CellSums],
    level: Level,
    draws: Draws,
) -> Result<Interval, StatsError> {
    two_phase_interval_across(cells, (&Crossing::default(), 1.0), level, draws)
}

/// Returns [`two_phase_interval`] where clusters may have units in several cells.
///
/// Melding takes the cells' means as independent of each other and of the cells' shares. Where units come in clusters they
/// are not: every effective size is then divided by the ratio of the whole design variance to the one that melding takes for
/// granted, `sum_g Q_g^2 m_g (1-m_g) / n_g + (sum_g Q_g m_g^2 - theta^2) / n_Q`; a ratio below 1 changes nothing. It is divided,
/// too, by `(t_f / z)^2`: where a few large clusters carry the variance, it is known no better than by `f` degrees of freedom.
///
/// `by_design` is how many times as large the whole variance is as under independent inclusions, above 0: every effective size
/// is divided by it too. 1 where inclusions were independent.
///
/// # Errors
///
/// As [`post_stratified`].
pub fn two_phase_interval_across(
    cells: &[CellSums],
    (crossing, by_design): (&Crossing, f64),
    level: Level,
    draws: Draws,
) -> Result<Interval, StatsError> {
    let melded = with_gold(cells, total_weight(cells)?)?;
    let shares = shares_size(cells)?;
    let clustered = if crossing.is_empty() {
        1.0
    } else {
        added_by_clusters(cells, crossing, (&melded, shares))?
            * unsure_by_clusters(cells, crossing, level)?
    };
    let ratio = by_design * clustered;
    let melded: Vec<MeldCell> = melded.iter().map(|cell| cell.reduced(ratio)).collect();
    kg_meld(&melded, shares.reduced(ratio), level, draws)
}

/// Returns what each sum of gold counts in the estimate's error: positives and negatives of each cell, calibrated to its labels.
pub(super) fn calibrated(cells: &[CellSums], value: f64) -> Vec<f64> {
    let of_cell = |cell: &CellSums| {
        let gold = cell.gold();
        let scale = if gold.count > 0 { cell.labeled.weight / gold.weight } else { 0.0 };
        [scale * (1.0 - value), -scale * value]
    };
    cells.iter().flat_map(of_cell).collect()
}

/// Returns the Hajek estimate from gold alone, without the labels.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without gold.
///
/// # Source
///
/// Hajek (1971), in Foundations of Statistical Inference, p. 236.
pub fn gold_only(cells: &[CellSums]) -> Result<Share, StatsError> {
    gold_only_across(cells, &Crossing::default())
}

/// Returns [`gold_only`] where clusters may have gold in several cells. The products of a cluster's positives with its
/// negatives are left out: they would only lower the variance.
///
/// # Errors
///
/// As [`gold_only`].
pub fn gold_only_across(cells: &[CellSums], crossing: &Crossing) -> Result<Share, StatsError> {
    let mut all = CellSums::default();
    cells.iter().for_each(|cell| all.absorb(cell));
    all.add_products(crossing.within(&(0..cells.len()).collect::<Vec<_>>()));
    all.positive_share()
}

/// Returns each cell's share of the exposure among labeled units, with its design variance.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without exposure.
pub fn cell_shares(cells: &[CellSums]) -> Result<Vec<Share>, StatsError> {
    let others = |skip: usize| {
        let rest = cells.iter().enumerate().filter(move |(index, _)| *index != skip);
        rest.fold(WeightSum::default(), |sum, (_, cell)| sum.plus(&cell.labeled))
    };
    cells.iter().enumerate().map(|(index, cell)| Share::of(&cell.labeled, &others(index))).collect()
}

/// Returns what can be said while some cells have no gold: worst cases, and missing at random.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without exposure.
pub fn ignorance_bounds(
    cells: &[CellSums],
    level: Level,
    draws: Draws,
) -> Result<Bounds, StatsError> {
    let total = total_weight(cells)?;
    let size = shares_size(cells)?;
    let filled = |unknown: f64| -> Vec<MeldCell> {
        let exposed = cells.iter().filter(|cell| cell.labeled.count > 0);
        exposed
            .map(|cell| meld_cell(cell, total).unwrap_or_else(|share| known(share, unknown)))
            .collect()
    };
    let mean =
        |cells: &[MeldCell]| cells.iter().map(|cell| cell.share * cell.mean.value()).sum::<f64>();
    let (none, all) = (filled(0.0), filled(1.0));
    let unknown_share = cells.iter().filter_map(|cell| meld_cell(cell, total).err()).sum();
    Ok(Bounds {
        unknown_share,
        lowest: mean(&none),
        low: kg_meld(&none, size, level, draws)?.low,
        highest: mean(&all),
        high: kg_meld(&all, size, level, draws)?.high,
        at_random: at_random(cells, level, draws)?,
    })
}

fn at_random(
    cells: &[CellSums],
    level: Level,
    draws: Draws,
) -> Result<Option<(f64, Interval)>, StatsError> {
    let seen: Vec<CellSums> = cells.iter().filter(|cell| cell.gold().count > 0).copied().collect();
    if seen.is_empty() {
        return Ok(None);
    }
    Ok(Some((post_stratified(&seen)?.value, two_phase_interval(&seen, level, draws)?)))
}

fn known(share: f64, value: f64) -> MeldCell {
    MeldCell { share, mean: CellMean::Exact(value) }
}

pub(super) fn total_weight(cells: &[CellSums]) -> Result<f64, StatsError> {
    let total: f64 = cells.iter().map(|cell| cell.labeled.weight).sum();
    if total > 0.0 { Ok(total) } else { Err(StatsError::NoUnits) }
}

/// Returns the cells that have exposure, or the first of them that has no gold.
fn with_gold(cells: &[CellSums], total: f64) -> Result<Vec<MeldCell>, StatsError> {
    let exposed = cells.iter().enumerate().filter(|(_, cell)| cell.labeled.count > 0);
    exposed
        .map(|(cell, sums)| {
            meld_cell(sums, total).map_err(|share| StatsError::EmptyCell { cell, share })
        })
        .collect()
}

/// Returns a cell ready to meld, or its share of the exposure when it has no gold.
fn meld_cell(cell: &CellSums, total: f64) -> Result<MeldCell, f64> {
    let share = cell.labeled.weight / total;
    let mean = cell.positive_share().map_err(|_| share)?;
    let gold = cell.gold();
    let mean = CellMean::from(mean).with_unseen(gold.weight.powi(2) / gold.error);
    Ok(MeldCell { share, mean })
}

/// Returns the Korn-Graubard size of all cell shares together: the total spread over the total variance.
pub(crate) fn shares_size(cells: &[CellSums]) -> Result<EffectiveSize, StatsError> {
    let shares = cell_shares(cells)?;
    let spread = shares.iter().map(|share| share.value * (1.0 - share.value)).sum();
    let variance = shares.iter().map(|share| share.variance).sum();
    let all = cells.iter().fold(WeightSum::default(), |sum, cell| sum.plus(&cell.labeled));
    Ok(EffectiveSize::of(spread, variance, all.weight.powi(2) / all.error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::GoldWeight;
    use crate::stats::Truth;
    use crate::stats::Weight;
    use proptest::prelude::*;

    /// A cell of `n` equal units of which `gold` were drawn by simple random sampling, `positive` of them positive.
    fn cell(n: u64, gold: u64, positive: u64, pi: f64) -> CellSums {
        let weight = Weight::new(1.0, pi).unwrap();
        let mut sums = CellSums::default();
        (0..n).for_each(|_| sums.add_unit(weight));
        for i in 0..gold {
            let truth = if i < positive { Truth::Positive } else { Truth::Negative };
            sums.add_gold(GoldWeight::new(weight, gold as f64 / n as f64).unwrap(), truth);
        }
        sums
    }

    #[test]
    fn the_published_toy_is_reproduced() {
        // 18 flagged of 90, gold for 3 flagged (2 positive) and 7 unflagged (1 positive), from a large population
        let estimate = post_stratified(&[cell(18, 3, 2, 1e-9), cell(72, 7, 1, 1e-9)]).unwrap();
        assert!((estimate.value - 0.247_619).abs() < 1e-6, "{}", estimate.value);
        assert!((estimate.variance() - 0.014_646_08).abs() < 1e-8, "{}", estimate.variance());
    }

    #[test]
    fn simple_random_samples_have_the_variance_of_tenenbein() {
        // Q = .3, PPV = .8, FOR = .1: theta = .31
        let (n, m) = (1000.0, 100.0);
        let estimate = post_stratified(&[cell(300, 30, 24, 1e-9), cell(700, 70, 7, 1e-9)]).unwrap();
        let (theta, k) = (0.31, 0.3 * 0.7 * 0.49 / (0.31 * 0.69));
        assert!((estimate.explained.unwrap() - k).abs() < 1e-9);
        let closed = theta * (1.0 - theta) * (k / n + (1.0 - k) / m);
        assert!(
            (estimate.variance() / closed - 1.0).abs() < 1e-6,
            "{} {closed}",
            estimate.variance()
        );
    }

    #[test]
    fn gold_drawn_from_a_census_has_its_finite_population_variance() {
        let estimate = post_stratified(&[cell(100, 50, 10, 1.0)]).unwrap();
        assert!(estimate.first_phase.abs() < 1e-15);
        assert!((estimate.variance() - 0.5 * 0.16 / 50.0).abs() < 1e-12);
    }

    #[test]
    fn gold_for_every_unit_of_a_census_has_no_width() {
        let cells = [cell(40, 40, 30, 1.0), cell(60, 60, 3, 1.0)];
        let interval =
            two_phase_interval(&cells, Level::new(0.95).unwrap(), Draws::least(1)).unwrap();
        assert!(
            (interval.low - 0.33).abs() < 1e-12 && (interval.high - 0.33).abs() < 1e-12,
            "{interval:?}"
        );
    }

    #[test]
    fn a_cell_without_gold_is_an_error_that_names_it() {
        let error = post_stratified(&[cell(40, 4, 3, 0.1), cell(60, 0, 0, 0.1)]).unwrap_err();
        assert!(
            matches!(error, StatsError::EmptyCell { cell: 1, share } if (share - 0.6).abs() < 1e-12)
        );
        assert_eq!(post_stratified(&[]), Err(StatsError::NoUnits));
    }

    #[test]
    fn bounds_hold_every_value_the_unknown_cell_may_have() {
        let cells = [cell(80, 40, 20, 0.1), cell(20, 0, 0, 0.1)];
        let bounds = ignorance_bounds(&cells, Level::new(0.95).unwrap(), Draws::least(1)).unwrap();
        assert!((bounds.lowest - 0.4).abs() < 1e-12 && (bounds.highest - 0.6).abs() < 1e-12);
        assert!(
            bounds.low < 0.4 && bounds.high > 0.6 && (bounds.unknown_share - 0.2).abs() < 1e-12
        );
        assert!((bounds.at_random.unwrap().0 - 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn inverting_error_rates_drawn_by_label_gives_the_same_estimate(
            (n1, n0) in (20u64..200, 20u64..900), ppv in 0.05f64..0.95, fo in 0.05f64..0.95,
        ) {
            let (m1, m0) = (n1 / 2, n0 / 3);
            let (p1, p0) = ((m1 as f64 * ppv) as u64, (m0 as f64 * fo) as u64);
            let estimate = post_stratified(&[cell(n1, m1, p1, 0.01), cell(n0, m0, p0, 0.01)]).unwrap();
            let q = n1 as f64 / (n1 + n0) as f64;
            let (ppv, fo) = (p1 as f64 / m1 as f64, p0 as f64 / m0 as f64);
            let se = q * ppv / (q * ppv + (1.0 - q) * fo);
            let sp = (1.0 - q) * (1.0 - fo) / ((1.0 - q) * (1.0 - fo) + q * (1.0 - ppv));
            prop_assume!((se + sp - 1.0).abs() > 1e-3 && se.is_finite() && sp.is_finite());
            prop_assert!((estimate.value - (q + sp - 1.0) / (se + sp - 1.0)).abs() < 1e-9);
        }

        #[test]
        fn merging_cells_of_a_simple_random_sample_gives_gold_alone(n1 in 10u64..200, n0 in 10u64..200) {
            let mut merged = cell(n1 * 2, n1, n1 / 3, 0.2);
            merged.absorb(&cell(n0 * 2, n0, n0 / 5, 0.2));
            let (alone, estimate) = (gold_only(&[merged]).unwrap(), post_stratified(&[merged]).unwrap());
            prop_assert!((alone.value - estimate.value).abs() < 1e-12);
            prop_assert!((alone.variance - estimate.variance()).abs() < 1e-12);
        }
    }
}
