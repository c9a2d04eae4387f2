//! What clusters add to variances across the sums of several cells, and how far their unevenness leaves variances unsure.

use crate::stats::CellCluster;

/// For clusters with gold in several sums (positives and negatives of each cell): what each cluster has in each sum.
///
/// Within a sum the products are part of [`crate::stats::WeightSum::error`]; here are those across sums. Without clusters
/// there are none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Crossing {
    /// The first phase's part of each cluster's error, cluster by cluster; sum `2 g` holds the positives of cell `g`, sum
    /// `2 g + 1` its negatives.
    parts: Vec<f64>,
    sums: usize,
}

/// What clusters add to the variances of two sums.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Products {
    pub(crate) positives: f64,
    pub(crate) negatives: f64,
}

impl Crossing {
    /// Returns what clusters have in `cells` cells.
    pub fn of<'a>(cells: usize, clusters: impl Iterator<Item = &'a [CellCluster]>) -> Self {
        let sums = 2 * cells;
        let mut parts = Vec::new();
        for cluster in clusters {
            let of_cluster = cluster.iter().flat_map(CellCluster::gold_parts);
            parts.extend(of_cluster.chain(std::iter::repeat(0.0)).take(sums));
        }
        Self { parts, sums }
    }

    /// Returns whether there are no clusters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns what clusters have once cells are merged: `into[g]` is the new place of cell `g` among `cells`, `None` where
    /// it is left out. Products within one new sum are no longer across sums; [`Self::within`] tells them.
    #[must_use]
    pub fn merged(&self, into: &[Option<usize>], cells: usize) -> Self {
        let sums = 2 * cells;
        let mut parts = Vec::with_capacity(self.clusters().len() * sums);
        for cluster in self.clusters() {
            let mut merged = vec![0.0; sums];
            for (sum, part) in cluster.iter().enumerate() {
                if let Some(part_of) = place(into, sum).and_then(|place| merged.get_mut(place)) {
                    *part_of += part;
                }
            }
            parts.append(&mut merged);
        }
        Self { parts, sums }
    }

    /// Returns what clusters add to the variances of the positives and the negatives of these cells together.
    #[must_use]
    pub fn within(&self, cells: &[usize]) -> Products {
        let of = |truth: usize| {
            let counted = |sum: usize| sum % 2 == truth && cells.contains(&(sum / 2));
            let one_if = |sum| if counted(sum) { 1.0 } else { 0.0 };
            self.variance(&(0..self.sums).map(one_if).collect::<Vec<f64>>())
        };
        Products { positives: of(0), negatives: of(1) }
    }

    /// Returns what clusters add to the variance of a weighted sum of the sums.
    pub(crate) fn variance(&self, coefficients: &[f64]) -> f64 {
        let of_cluster = |cluster: &[f64]| {
            let (mut total, mut squares) = (0.0_f64, 0.0);
            for (part, coefficient) in cluster.iter().zip(coefficients) {
                total += coefficient * part;
                squares += (coefficient * part).powi(2);
            }
            total.powi(2) - squares
        };
        self.clusters().map(of_cluster).sum()
    }

    /// Returns how much more the estimated variance of a weighted sum of the sums varies than if the clusters of each sum
    /// had the same size: `sum_s a_s^4 (M4 - M2^3 / M1^2)`, `M_j` the sum of the `j`-th powers of the clusters' parts.
    ///
    /// Equal clusters are counted like units, whose number says how sure the variance is. With unequal ones the few large
    /// ones decide, and whether they are in the sample is chance.
    pub(crate) fn unevenness(&self, coefficients: &[f64]) -> f64 {
        let of_sum = |(sum, coefficient): (usize, &f64)| {
            let parts = || self.clusters().filter_map(move |cluster| cluster.get(sum));
            let moment = |power: i32| parts().map(|part| part.powi(power)).sum::<f64>();
            let (first, second, fourth) = (moment(1), moment(2), moment(4));
            if first > 0.0 {
                coefficient.powi(4) * (fourth - second.powi(3) / first.powi(2)).max(0.0)
            } else {
                0.0
            }
        };
        coefficients.iter().enumerate().map(of_sum).sum()
    }

    fn clusters(&self) -> std::slice::ChunksExact<'_, f64> {
        self.parts.chunks_exact(self.sums.max(1))
    }
}

/// Returns the new place of a sum.
fn place(into: &[Option<usize>], sum: usize) -> Option<usize> {
    Some(2 * into.get(sum / 2).copied().flatten()? + sum % 2)
}
