//! The labeler's error rates, weighted by design.

use crate::eval::Cells;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::WeightSum;
use crate::stats::wilson_effective;

/// One error rate with its Wilson interval at its effective size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorRate {
    /// The weighted share.
    pub share: Share,
    /// Its interval.
    pub interval: Interval,
}

/// The labeler's error rates as gold shows them. A rate without a unit to measure it on is an error, not 0.
///
/// A unit without an answer counts as not flagged: it lowers the sensitivity. It belongs to neither the precision nor
/// the false omission rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorRates {
    /// Share of violating exposure that is flagged.
    pub sensitivity: Result<ErrorRate, StatsError>,
    /// Share of allowed exposure that is not flagged.
    pub specificity: Result<ErrorRate, StatsError>,
    /// Share of flagged exposure that is violating (PPV).
    pub precision: Result<ErrorRate, StatsError>,
    /// Share of unflagged exposure that is violating (FOR).
    pub false_omission: Result<ErrorRate, StatsError>,
}

impl ErrorRates {
    /// Returns the rates of the cells.
    #[must_use]
    pub fn of(cells: &Cells, level: Level) -> Self {
        let rate = |hits: &WeightSum, misses: &WeightSum| -> Result<ErrorRate, StatsError> {
            let share = Share::of(hits, misses)?;
            Ok(ErrorRate { share, interval: wilson_effective(&share, level) })
        };
        let (flagged, unflagged, none) = (&cells.flagged, &cells.unflagged, &cells.no_answer);
        Self {
            sensitivity: rate(&flagged.positives, &unflagged.positives.plus(&none.positives)),
            specificity: rate(&unflagged.negatives.plus(&none.negatives), &flagged.negatives),
            precision: rate(&flagged.positives, &flagged.negatives),
            false_omission: rate(&unflagged.positives, &unflagged.negatives),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gold::Cell;
    use crate::stats::GoldWeight;
    use crate::stats::Truth;
    use crate::stats::Weight;

    fn cells(counts: [(Cell, u64, u64); 3]) -> Cells {
        let mut cells = Cells::default();
        let weight = GoldWeight::new(Weight::new(1.0, 1e-9).unwrap(), 0.5).unwrap();
        for (cell, positives, negatives) in counts {
            (0..positives).for_each(|_| cells.cell_mut(cell).add_gold(weight, Truth::Positive));
            (0..negatives).for_each(|_| cells.cell_mut(cell).add_gold(weight, Truth::Negative));
        }
        cells
    }

    #[test]
    fn a_unit_without_an_answer_is_not_flagged() {
        let cells =
            cells([(Cell::Flagged, 8, 5), (Cell::Unflagged, 1, 80), (Cell::NoAnswer, 1, 15)]);
        let rates = ErrorRates::of(&cells, Level::new(0.95).unwrap());
        let value = |rate: Result<ErrorRate, StatsError>| rate.unwrap().share.value;
        assert!((value(rates.sensitivity) - 0.8).abs() < 1e-12);
        assert!((value(rates.specificity) - 0.95).abs() < 1e-12);
        assert!((value(rates.precision) - 8.0 / 13.0).abs() < 1e-12);
        assert!((value(rates.false_omission) - 1.0 / 81.0).abs() < 1e-12);
    }

    #[test]
    fn without_gold_positives_the_sensitivity_is_an_error() {
        let cells =
            cells([(Cell::Flagged, 0, 5), (Cell::Unflagged, 0, 80), (Cell::NoAnswer, 0, 15)]);
        let rates = ErrorRates::of(&cells, Level::new(0.95).unwrap());
        assert_eq!(rates.sensitivity, Err(StatsError::NoUnits));
        assert!(rates.specificity.is_ok());
    }
}
