//! Brier's score taken apart.

use crate::stats::Bins;
use crate::stats::Forecasts;
use crate::stats::reliability;

/// The parts of Brier's score over bins: `reliability - resolution + uncertainty + within_bins`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Murphy {
    /// The mean squared gap between stated probability and share positive (0 is best).
    pub reliability: f64,
    /// The mean squared difference between a bin's share positive and the overall one (more is better).
    pub resolution: f64,
    /// The variance of the outcome: the score of always stating the prevalence.
    pub uncertainty: f64,
    /// What bins hide: variance of the probabilities within bins less twice their covariance with the outcome;
    /// 0 when each bin holds one probability.
    pub within_bins: f64,
}

/// Decomposes Brier's score.
///
/// # Source
///
/// Murphy (1973), J. Appl. Meteorol. 12:595–600; Stephenson, Coelho & Jolliffe (2008), Weather Forecast. 23:752–757, for
/// the parts within bins.
#[must_use]
pub fn murphy(forecasts: &Forecasts, bins: &Bins) -> Murphy {
    let curve = reliability(forecasts, bins);
    let base = forecasts.mean(|unit| unit.outcome());
    let mut parts = Murphy {
        reliability: 0.0,
        resolution: 0.0,
        uncertainty: base * (1.0 - base),
        within_bins: 0.0,
    };
    let mut means = vec![(0.0, 0.0); bins.count()];
    for bin in curve.bins() {
        parts.reliability += curve.share(bin) * bin.gap().powi(2);
        parts.resolution += curve.share(bin) * (bin.share_positive - base).powi(2);
        means[bin.index] = (bin.mean_forecast, bin.share_positive);
    }
    parts.within_bins = forecasts.mean(|unit| {
        let (forecast, positive) = means[bins.bin_of(unit.score)];
        let off = unit.score - forecast;
        off.powi(2) - 2.0 * off * (unit.outcome() - positive)
    });
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::BinEdges;
    use crate::stats::ScoredUnit;
    use crate::stats::Scores;
    use crate::stats::Truth;
    use crate::stats::brier;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_add_up_to_the_score(units in prop::collection::vec((0.0f64..=1.0, any::<bool>(), 0.1f64..9.0), 1..60), count in 1u32..12) {
            let unit = |&(score, positive, weight): &(f64, bool, f64)| {
                let truth = if positive { Truth::Positive } else { Truth::Negative };
                ScoredUnit { score, truth, weight }
            };
            let forecasts = Forecasts::new(Scores::new(units.iter().map(unit).collect()).unwrap()).unwrap();
            let parts = murphy(&forecasts, &Bins::equal_width(count, BinEdges::RightClosed).unwrap());
            let sum = parts.reliability - parts.resolution + parts.uncertainty + parts.within_bins;
            prop_assert!((sum - brier(&forecasts)).abs() < 1e-9);
        }
    }
}
