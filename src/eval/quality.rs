//! How well a labeler does its work, as gold shows it: the confusion weighted to the population, and what is read off it.

use crate::eval::Cells;
use crate::eval::ErrorRate;
use crate::eval::ErrorRates;
use crate::gold::Cell;
use crate::stats::Figure;
use crate::stats::Flag;
use crate::stats::GoldWeight;
use crate::stats::LabelerTable;
use crate::stats::Level;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::TableUnit;
use crate::stats::Truth;
use crate::stats::WeightSum;
use crate::stats::wilson_effective;

/// A gold unit that people decided, with its weight and what the labeler made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verified {
    /// The place of its gold label in the list it came from.
    pub gold: u32,
    /// The cell its label put it in.
    pub cell: Cell,
    /// What gold says.
    pub truth: Truth,
    /// How many units it stands for, as gold.
    pub weight: GoldWeight,
    /// The number of its cluster, where it has one.
    pub cluster: Option<u32>,
}

/// One cell of the confusion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfusionCell {
    /// What the labeler said.
    pub cell: Cell,
    /// What gold says.
    pub truth: Truth,
    /// Gold units.
    pub n: u64,
    /// Their share of all exposure.
    pub share: ErrorRate,
}

/// The quality of one labeler under one policy. What gold cannot show is an error with its reason, never 0.
///
/// All of it is weighted by design: the population's, where gold is a probability sample of it, and only that of the gold at hand
/// where it is not. A unit without an answer counts as not flagged, except in precision and false omission, where it counts for
/// neither. Gold on which people could not tell is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// Gold units.
    pub gold: u64,
    /// Each cell that gold was found in, flagged units first and violating ones before the others; empty without gold.
    pub confusion: Vec<ConfusionCell>,
    /// Sensitivity, specificity, precision and false omission.
    pub rates: ErrorRates,
    /// Sensitivity + specificity - 1.
    pub youden: Result<Figure, StatsError>,
    /// The mean of sensitivity and specificity.
    pub balanced_accuracy: Result<Figure, StatsError>,
    /// The harmonic mean of precision and sensitivity.
    pub f1: Result<Figure, StatsError>,
    /// Cohen's kappa of labeler and gold.
    pub kappa: Result<Figure, StatsError>,
    /// Gwet's AC1 of labeler and gold.
    pub ac1: Result<Figure, StatsError>,
}

impl Quality {
    /// Returns the quality that these gold units show.
    #[must_use]
    pub fn of(units: &[Verified], level: Level) -> Self {
        let mut cells = Cells::default();
        for unit in units {
            cells.cell_mut(unit.cell).add_gold(unit.weight, unit.truth);
        }
        Self::with_rates(units, ErrorRates::of(&cells, level), level)
    }

    /// Returns the quality that these gold units show, with error rates that were measured on the same.
    pub(crate) fn with_rates(units: &[Verified], rates: ErrorRates, level: Level) -> Self {
        let table = LabelerTable::new(units.iter().map(table_unit).collect());
        let figure = |of: fn(&LabelerTable, Level) -> Result<Figure, StatsError>| {
            table.as_ref().map_err(|error| *error).and_then(|table| of(table, level))
        };
        Self {
            gold: units.len() as u64,
            confusion: confusion(units, level),
            rates,
            youden: figure(LabelerTable::youden),
            balanced_accuracy: figure(LabelerTable::balanced_accuracy),
            f1: figure(LabelerTable::f1),
            kappa: figure(LabelerTable::kappa),
            ac1: figure(|table, level| Ok(table.ac1(level))),
        }
    }
}

fn table_unit(unit: &Verified) -> TableUnit {
    let flag = match unit.cell {
        Cell::Flagged => Flag::Flagged,
        Cell::Unflagged | Cell::NoAnswer => Flag::Unflagged,
    };
    TableUnit { flag, truth: unit.truth, weight: unit.weight, cluster: unit.cluster }
}

fn confusion(units: &[Verified], level: Level) -> Vec<ConfusionCell> {
    let pairs = Cell::ALL.into_iter().flat_map(|cell| {
        [Truth::Positive, Truth::Negative].into_iter().map(move |truth| (cell, truth))
    });
    let one = |(cell, truth): (Cell, Truth)| {
        let (mut here, mut elsewhere) = (WeightSum::default(), WeightSum::default());
        for unit in units {
            let sum =
                if (unit.cell, unit.truth) == (cell, truth) { &mut here } else { &mut elsewhere };
            sum.add_gold(unit.weight);
        }
        let share = Share::of(&here, &elsewhere).ok()?;
        let share = ErrorRate { share, interval: wilson_effective(&share, level) };
        Some(ConfusionCell { cell, truth, n: here.count, share })
    };
    let no_answer = units.iter().any(|unit| unit.cell == Cell::NoAnswer);
    let answered = |it: &ConfusionCell| it.cell != Cell::NoAnswer || no_answer;
    pairs.filter_map(one).filter(answered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::GoldDrawn;
    use crate::eval::GoldLabel;
    use crate::eval::Judgment;
    use crate::eval::LabeledUnit;
    use crate::eval::Positive;
    use crate::eval::join;
    use crate::reply::Outcome;

    /// (exposure, what the labeler said, what gold says)
    type Row = (f64, &'static str, &'static str);

    /// The quality of units that all have gold, of a population too large to have been drawn whole.
    fn quality(rows: &[Row]) -> Quality {
        let ids: Vec<String> = (0..rows.len()).map(|at| format!("u{at}")).collect();
        let unit = |(id, (exposure, said, _)): (&'static str, &Row)| LabeledUnit {
            id,
            exposure: *exposure,
            inclusion: None,
            outcome: Outcome::from_name(said).unwrap_or(Outcome::Label),
            label: Outcome::from_name(said).is_none().then_some(*said),
            classes: &[],
        };
        let gold = |(id, (_, _, is)): (&'static str, &Row)| GoldLabel {
            id,
            label: is,
            judgment: if *is == "?" { Judgment::Undetermined } else { Judgment::Decided },
            probability: None,
            age_days: None,
        };
        let names: Vec<&'static str> =
            ids.into_iter().map(|id| &*Box::leak(id.into_boxed_str())).collect();
        let rows = || names.iter().copied().zip(rows);
        let (units, gold): (Vec<_>, Vec<_>) =
            (rows().map(unit).collect(), rows().map(gold).collect());
        let positive = Positive::labels(["1"]).unwrap();
        let joined = join(&units, &gold, &positive, GoldDrawn::Convenience).unwrap();
        assert_eq!(joined.verified.len() as u64, joined.cells.n_gold());
        Quality::of(&joined.verified, Level::new(0.95).unwrap())
    }

    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    /// Exposure 12: flagged 4 (3 violating), not flagged 7 (1 violating), no answer 1 (violating); two could not be told.
    const WORLD: [Row; 8] = [
        (3.0, "1", "1"),
        (1.0, "1", "0"),
        (1.0, "0", "1"),
        (4.0, "0", "0"),
        (2.0, "0", "0"),
        (1.0, "refusal", "1"),
        (5.0, "1", "?"),
        (9.0, "0", "?"),
    ];

    #[test]
    fn the_confusion_is_one_of_exposure_with_counts() {
        let quality = quality(&WORLD);
        let shown: Vec<_> =
            quality.confusion.iter().map(|it| (it.n, it.share.share.value)).collect();
        let expected = [(1, 3.0), (1, 1.0), (1, 1.0), (2, 6.0), (1, 1.0), (0, 0.0)];
        assert_eq!((quality.gold, shown.len()), (6, 6));
        for ((n, share), (count, weight)) in shown.into_iter().zip(expected) {
            assert_eq!(n, count);
            check(share, weight / 12.0);
        }
    }

    #[test]
    fn a_unit_without_an_answer_is_a_miss_of_every_figure() {
        // weights: hits 3, misses 2, false alarms 1, passes 6
        let quality = quality(&WORLD);
        check(quality.rates.sensitivity.unwrap().share.value, 3.0 / 5.0);
        check(quality.youden.unwrap().value, 3.0 / 5.0 + 6.0 / 7.0 - 1.0);
        check(quality.balanced_accuracy.unwrap().value, (3.0 / 5.0 + 6.0 / 7.0) / 2.0);
        check(quality.f1.unwrap().value, 6.0 / 9.0);
        // flagged 4 of 12, violating 5 of 12: by chance they differ on (4 * 7 + 5 * 8) / 144
        check(quality.kappa.unwrap().value, 1.0 - (3.0 / 12.0) / (68.0 / 144.0));
        // the mean share is 4.5 of 12: chance agreement 2 * .375 * .625
        check(quality.ac1.unwrap().value, (0.75 - 0.468_75) / (1.0 - 0.468_75));
    }

    #[test]
    fn without_gold_there_is_a_reason_and_no_number() {
        let quality = Quality::of(&[], Level::new(0.95).unwrap());
        assert!(quality.confusion.is_empty());
        for figure in [quality.youden, quality.f1, quality.kappa, quality.ac1] {
            assert_eq!(figure, Err(StatsError::NoUnits));
        }
    }

    #[test]
    fn a_labeler_that_never_fails_to_answer_has_no_such_row() {
        assert_eq!(quality(&WORLD[..4]).confusion.len(), 4);
    }
}
