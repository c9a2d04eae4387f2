//! The reliability curve, and the calibration errors read off it.

use crate::stats::Bins;
use crate::stats::Forecasts;

/// One bin of the reliability curve that holds units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Which of the bins it is, from 0.
    pub index: usize,
    /// Its lower limit.
    pub low: f64,
    /// Its upper limit.
    pub high: f64,
    /// The units in it.
    pub count: u64,
    /// Their weight.
    pub weight: f64,
    /// Their mean probability, as stated.
    pub mean_forecast: f64,
    /// The share of them that is positive.
    pub share_positive: f64,
}

/// The reliability curve. A bin without units has no mean and is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    bins: Vec<ReliabilityBin>,
    total: f64,
}

impl ReliabilityBin {
    /// Returns by how much stated probability and share positive differ.
    #[must_use]
    pub fn gap(&self) -> f64 {
        (self.share_positive - self.mean_forecast).abs()
    }
}

impl Reliability {
    /// Returns the bins that hold units, in order.
    #[must_use]
    pub fn bins(&self) -> &[ReliabilityBin] {
        &self.bins
    }

    /// Returns the share of the weight that a bin holds.
    pub(crate) fn share(&self, bin: &ReliabilityBin) -> f64 {
        bin.weight / self.total
    }

    /// Returns the expected calibration error: the mean gap, bins weighing as their units do.
    ///
    /// It depends on the bins, is biased upwards in small samples (a perfect labeler has one above 0), and hides
    /// errors that cancel within a bin: report it with its bins and [`ece_interval`](crate::stats::ece_interval).
    ///
    /// # Source
    ///
    /// Naeini, Cooper & Hauskrecht (2015), AAAI, 2901–2907.
    #[must_use]
    pub fn expected_error(&self) -> f64 {
        self.bins.iter().map(|bin| self.share(bin) * bin.gap()).sum()
    }

    /// Returns the maximum calibration error: the largest gap of a bin, however few units it holds.
    ///
    /// # Source
    ///
    /// Naeini, Cooper & Hauskrecht (2015), AAAI, 2901–2907.
    #[must_use]
    pub fn maximum_error(&self) -> f64 {
        self.bins.iter().map(ReliabilityBin::gap).fold(0.0, f64::max)
    }
}

/// Returns the reliability curve of the forecasts over the bins.
#[must_use]
pub fn reliability(forecasts: &Forecasts, bins: &Bins) -> Reliability {
    let mut sums = vec![Sums::default(); bins.count()];
    for unit in forecasts.units() {
        let bin = &mut sums[bins.bin_of(unit.score)];
        bin.count += 1;
        bin.weight += unit.weight;
        bin.forecast += unit.weight * unit.score;
        bin.positive += unit.weight * unit.outcome();
    }
    let filled = sums.iter().enumerate().filter(|(_, bin)| bin.count > 0);
    let curve = filled.map(|(index, bin)| {
        let (low, high) = bins.limits(index);
        ReliabilityBin {
            index,
            low,
            high,
            count: bin.count,
            weight: bin.weight,
            mean_forecast: bin.forecast / bin.weight,
            share_positive: bin.positive / bin.weight,
        }
    });
    Reliability { bins: curve.collect(), total: sums.iter().map(|bin| bin.weight).sum() }
}

#[derive(Clone, Copy, Default)]
struct Sums {
    count: u64,
    weight: f64,
    forecast: f64,
    positive: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::BinEdges;
    use crate::stats::ScoredUnit;
    use crate::stats::Scores;
    use crate::stats::Truth;

    #[test]
    fn errors_are_those_of_the_bins_by_hand() {
        let unit = |score, truth, weight| ScoredUnit { score, truth, weight };
        let units = vec![
            unit(0.2, Truth::Negative, 1.0),
            unit(0.4, Truth::Positive, 1.0),
            unit(0.9, Truth::Positive, 2.0),
        ];
        let forecasts = Forecasts::new(Scores::new(units).unwrap()).unwrap();
        let bins = Bins::equal_width(2, BinEdges::RightClosed).unwrap();
        let curve = reliability(&forecasts, &bins);
        // bins: mean .3 with 1 of 2 positive, mean .9 with all positive, of equal weight
        assert!((curve.expected_error() - 0.15).abs() < 1e-12);
        assert!((curve.maximum_error() - 0.2).abs() < 1e-12);
        let wide = reliability(&forecasts, &Bins::equal_width(1, BinEdges::RightClosed).unwrap());
        assert!((wide.expected_error() - 0.15).abs() < 1e-12);
        let many = reliability(&forecasts, &Bins::equal_width(100, BinEdges::RightClosed).unwrap());
        assert_eq!(many.bins().len(), 3);
    }
}
