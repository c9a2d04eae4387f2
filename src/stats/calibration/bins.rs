//! How stated probabilities are put into bins.

use crate::stats::Forecasts;
use crate::stats::StatsError;

/// To which bin a probability on an edge belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BinEdges {
    /// The lower one: bins `(a, b]`, 0 in the first. scikit-learn and uncertainty-calibration do so.
    RightClosed,
    /// The upper one: bins `[a, b)`, 1 in the last. netcal does so.
    LeftClosed,
}

/// Bins that cover `[0, 1]`. Invariant: the upper limits rise strictly and end at 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    upper: Vec<f64>,
    edges: BinEdges,
}

impl Bins {
    /// Divides `[0, 1]` into `count` bins of equal width; the edge above bin i is the number nearest to `(i + 1) / count`.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] without bins.
    pub fn equal_width(count: u32, edges: BinEdges) -> Result<Self, StatsError> {
        Self::new((1..=count).map(|i| f64::from(i) / f64::from(count)).collect(), edges)
    }

    /// Divides `[0, 1]` so that `count` bins hold about the same number of units.
    ///
    /// Units are split in order of probability (the first bins take one more where they do not divide), and an edge
    /// lies halfway between neighbours; equal probabilities stay together, so bins may become fewer. Counts, not
    /// weights, are equalised: the number of units decides how noisy a bin is.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] without bins.
    ///
    /// # Source
    ///
    /// Kumar, Liang & Ma (2019), NeurIPS 32 (and their package uncertainty-calibration).
    pub fn equal_count(
        forecasts: &Forecasts,
        count: u32,
        edges: BinEdges,
    ) -> Result<Self, StatsError> {
        let mut sorted: Vec<f64> = forecasts.units().iter().map(|unit| unit.score).collect();
        sorted.sort_by(f64::total_cmp);
        let parts = (count as usize).min(sorted.len());
        if parts == 0 {
            return Self::new(Vec::new(), edges);
        }
        let (size, longer) = (sorted.len() / parts, sorted.len() % parts);
        let ends = (1..parts).map(|part| part * size + part.min(longer));
        let mut upper: Vec<f64> =
            ends.map(|end| f64::midpoint(sorted[end - 1], sorted[end])).collect();
        upper.push(1.0);
        upper.dedup_by(|later, earlier| *later <= *earlier);
        Self::new(upper, edges)
    }

    /// Takes the upper limits of the bins, rising and ending at 1.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] unless they do.
    pub fn new(upper: Vec<f64>, edges: BinEdges) -> Result<Self, StatsError> {
        let rising = upper.windows(2).all(|pair| pair[0] < pair[1]);
        let (first, last) = (upper.first().copied(), upper.last().copied());
        let inside = first.is_some_and(|first| first >= 0.0)
            && last.is_some_and(|last| last.total_cmp(&1.0).is_eq());
        if rising && inside {
            Ok(Self { upper, edges })
        } else {
            let what = "the last of limits that rise from 0 to exactly 1";
            Err(StatsError::OutOfRange { what, value: last.unwrap_or(0.0) })
        }
    }

    /// Returns the number of bins.
    #[must_use]
    pub fn count(&self) -> usize {
        self.upper.len()
    }

    /// Returns the lower and the upper limit of a bin.
    pub(crate) fn limits(&self, bin: usize) -> (f64, f64) {
        let low = bin.checked_sub(1).map_or(0.0, |below| self.upper[below]);
        (low, self.upper[bin])
    }

    /// Returns the bin of a probability.
    #[must_use]
    pub fn bin_of(&self, probability: f64) -> usize {
        let below = |limit: &f64| match self.edges {
            BinEdges::RightClosed => *limit < probability,
            BinEdges::LeftClosed => *limit <= probability,
        };
        self.upper.partition_point(below).min(self.upper.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ScoredUnit;
    use crate::stats::Scores;
    use crate::stats::Truth;

    #[test]
    fn an_edge_belongs_to_the_bin_its_rule_says() {
        for (edges, zero, three, one) in
            [(BinEdges::RightClosed, 0, 2, 9), (BinEdges::LeftClosed, 0, 3, 9)]
        {
            let bins = Bins::equal_width(10, edges).unwrap();
            assert_eq!((bins.bin_of(0.0), bins.bin_of(0.3), bins.bin_of(1.0)), (zero, three, one));
        }
    }

    #[test]
    fn equal_counts_keep_equal_probabilities_together() {
        let unit = |score| ScoredUnit { score, truth: Truth::Positive, weight: 1.0 };
        let scores = [0.1, 0.1, 0.1, 0.1, 0.5, 0.7].map(unit).to_vec();
        let forecasts = Forecasts::new(Scores::new(scores).unwrap()).unwrap();
        let bins = Bins::equal_count(&forecasts, 3, BinEdges::RightClosed).unwrap();
        assert_eq!(bins.count(), 3);
        assert_eq!([0.1, 0.5, 0.7].map(|p| bins.bin_of(p)), [0, 2, 2]);
    }

    #[test]
    fn limits_that_do_not_cover_the_probabilities_are_refused() {
        for upper in [vec![], vec![0.5], vec![0.5, 0.4, 1.0], vec![f64::NAN, 1.0], vec![-1.0, 1.0]]
        {
            assert!(Bins::new(upper.clone(), BinEdges::RightClosed).is_err(), "{upper:?}");
        }
        assert!(Bins::equal_width(0, BinEdges::RightClosed).is_err());
    }
}
