//! What clusters add to variances across the sums of several cells.

use crate::stats::CellCluster;

/// For clusters with gold in several sums (positives and negatives of each cell): the products of what a cluster has in one
/// with what it has in another, over all clusters.
///
/// Within a sum the products are part of [`crate::stats::WeightSum::error`]. Without clusters there are none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Crossing {
    /// Row by row over pairs of sums; sum `2 g` holds the positives of cell `g`, sum `2 g + 1` its negatives.
    products: Vec<f64>,
    sums: usize,
}

/// What clusters add to the variances of two sums.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Products {
    pub(crate) positives: f64,
    pub(crate) negatives: f64,
}

impl Crossing {
    /// Returns the products of clusters with gold in `cells` cells.
    pub fn of<'a>(cells: usize, clusters: impl Iterator<Item = &'a [CellCluster]>) -> Self {
        let mut clusters = clusters.peekable();
        if clusters.peek().is_none() {
            return Self::default();
        }
        let sums = 2 * cells;
        let mut products = vec![0.0; sums * sums];
        for cluster in clusters {
            let parts: Vec<f64> = cluster.iter().flat_map(CellCluster::gold_parts).collect();
            for (at, a) in parts.iter().enumerate().take(sums) {
                for (other, b) in parts.iter().enumerate().take(sums).filter(|(b, _)| *b != at) {
                    products[at * sums + other] += a * b;
                }
            }
        }
        Self { products, sums }
    }

    /// Returns whether there are no clusters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sums == 0
    }

    /// Returns the products once cells are merged: `into[g]` is the new place of cell `g` among `cells`, `None` where it is
    /// left out. Products within one new sum are no longer across sums; [`Self::within`] tells them.
    #[must_use]
    pub fn merged(&self, into: &[Option<usize>], cells: usize) -> Self {
        if self.is_empty() {
            return Self::default();
        }
        let mut merged = Self { products: vec![0.0; 4 * cells * cells], sums: 2 * cells };
        for (a, b, product) in self.pairs() {
            if let Some((a, b)) = place(into, a).zip(place(into, b)).filter(|(a, b)| a != b) {
                merged.products[a * merged.sums + b] += product;
            }
        }
        merged
    }

    /// Returns what clusters add to the variances of the positives and the negatives of these cells together.
    #[must_use]
    pub fn within(&self, cells: &[usize]) -> Products {
        let of = |truth| {
            let belongs = |sum: usize| sum % 2 == truth && cells.contains(&(sum / 2));
            let pairs = self.pairs().filter(|(a, b, _)| belongs(*a) && belongs(*b));
            pairs.map(|(.., product)| product).sum()
        };
        Products { positives: of(0), negatives: of(1) }
    }

    /// Returns what clusters add to the variance of a weighted sum of the sums.
    pub(crate) fn variance(&self, coefficients: &[f64]) -> f64 {
        let of = |sum: usize| coefficients.get(sum).copied().unwrap_or(0.0);
        self.pairs().map(|(a, b, product)| of(a) * of(b) * product).sum()
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let sums = self.sums.max(1);
        self.products.iter().enumerate().map(move |(at, product)| (at / sums, at % sums, *product))
    }
}

/// Returns the new place of a sum.
fn place(into: &[Option<usize>], sum: usize) -> Option<usize> {
    Some(2 * into.get(sum / 2).copied().flatten()? + sum % 2)
}
