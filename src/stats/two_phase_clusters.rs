//! What clusters do to the default interval: they add variance, and uneven ones leave the variance itself unsure.

use crate::stats::CellMean;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::EffectiveSize;
use crate::stats::Level;
use crate::stats::MeldCell;
use crate::stats::StatsError;
use crate::stats::post_stratified;
use crate::stats::post_stratified_across;
use crate::stats::student;
use crate::stats::two_phase::calibrated;
use crate::stats::two_phase::total_weight;

/// Returns the ratio of the whole design variance to the one that melding takes for granted, at least 1.
pub(super) fn added_by_clusters(
    cells: &[CellSums],
    crossing: &Crossing,
    (melded, shares): (&[MeldCell], EffectiveSize),
) -> Result<f64, StatsError> {
    let whole = post_stratified_across(cells, crossing)?.variance();
    let ratio = whole / taken_for_granted(melded, shares);
    Ok(if ratio.is_finite() { ratio.max(1.0) } else { 1.0 })
}

/// Returns by how much clusters of unequal size widen the variance: `(t_f / z)^2`, Student's quantile over the normal one.
///
/// `f = 2 V^2 / U` are the degrees of freedom of the variance `V`, with [`Crossing::unevenness`] for `U`, the variance of `V`
/// beyond that of equal clusters, of which the number of positives tells already. Equal clusters leave `f` infinite.
///
/// # Source
///
/// Satterthwaite (1946), Biometrics Bulletin 2:110–114, for the degrees of freedom; Korn & Graubard (1998), Survey Methodology
/// 24:193–201, for effective sizes under them.
pub(super) fn unsure_by_clusters(
    cells: &[CellSums],
    crossing: &Crossing,
    level: Level,
) -> Result<f64, StatsError> {
    let estimate = post_stratified(cells)?;
    let variance = estimate.variance() * total_weight(cells)?.powi(2);
    let unevenness = crossing.unevenness(&calibrated(cells, estimate.value));
    if variance <= 0.0 || unevenness <= 0.0 {
        return Ok(1.0);
    }
    let freedom = 2.0 * variance.powi(2) / unevenness;
    Ok((student::quantile(freedom, level)? / level.z()).powi(2))
}

/// Returns the variance of the melded estimate if its parts were independent.
fn taken_for_granted(cells: &[MeldCell], shares: EffectiveSize) -> f64 {
    let of_mean = |cell: &MeldCell| match cell.mean {
        CellMean::Exact(_) => 0.0,
        CellMean::Sampled { value, size, .. } => cell.share.powi(2) * value * (1.0 - value) / size,
    };
    let value: f64 = cells.iter().map(|cell| cell.share * cell.mean.value()).sum();
    let square: f64 = cells.iter().map(|cell| cell.share * cell.mean.value().powi(2)).sum();
    let of_shares = match shares {
        EffectiveSize::Exact => 0.0,
        EffectiveSize::Units(size) => (square - value.powi(2)).max(0.0) / size,
    };
    cells.iter().map(of_mean).sum::<f64>() + of_shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::CellCluster;
    use crate::stats::GoldWeight;
    use crate::stats::Truth;
    use crate::stats::Weight;

    /// One cell, all of it gold, of clusters drawn whole: `positive` has the size of each cluster of violations, and 100 units
    /// more stand alone.
    fn clustered(positive: &[usize]) -> (CellSums, Crossing) {
        let weight = Weight::new(1.0, 0.1).unwrap();
        let gold = GoldWeight::new(weight, 1.0).unwrap();
        let mut sums = CellSums::default();
        let mut clusters: Vec<[CellCluster; 1]> = Vec::new();
        let alone = [(1, Truth::Negative); 100];
        let groups = positive.iter().map(|size| (*size, Truth::Positive)).chain(alone);
        for (size, truth) in groups {
            let mut cluster = CellCluster::default();
            for _ in 0..size {
                sums.add_unit_in(&mut cluster, weight);
                sums.add_gold_in(&mut cluster, gold, truth);
            }
            clusters.push([cluster]);
        }
        (sums, Crossing::of(1, clusters.iter().map(|cluster| cluster.as_slice())))
    }

    fn unsure(positive: &[usize]) -> f64 {
        let (sums, crossing) = clustered(positive);
        unsure_by_clusters(&[sums], &crossing, Level::new(0.95).unwrap()).unwrap()
    }

    #[test]
    fn equal_clusters_leave_the_variance_as_sure_as_units_do() {
        for sizes in [[1; 10], [7; 10]] {
            assert!((unsure(&sizes) - 1.0).abs() < 1e-9, "{sizes:?}");
        }
    }

    #[test]
    fn a_few_large_clusters_among_small_ones_leave_it_unsure() {
        let sizes = [1, 1, 1, 1, 2, 2, 3, 5, 20, 30];
        assert!(unsure(&sizes) > 1.05, "{}", unsure(&sizes));
        let many: Vec<usize> = sizes.iter().copied().cycle().take(1000).collect();
        assert!(unsure(&many) < 1.01, "{}", unsure(&many));
    }

    #[test]
    fn without_variance_nothing_is_unsure() {
        let crossing = Crossing::of(1, std::iter::empty());
        let (sums, _) = clustered(&[3]);
        let level = Level::new(0.95).unwrap();
        assert!((unsure_by_clusters(&[sums], &crossing, level).unwrap() - 1.0).abs() < 1e-12);
    }
}
