//! Two labelers on the same gold units: do they err equally often, and by how much do their rates differ?
//!
//! Differences are the first labeler's less the second's, weighted by design. Violating and allowed units are resampled by
//! themselves, so that no replicate lacks one of them. McNemar's tests count units and not exposure: they ask about the gold at
//! hand, and are there beside the interval for small numbers. A unit without an answer is not flagged.

use crate::gold::Cell;
use crate::stats::Adjustment;
use crate::stats::Figure;
use crate::stats::GoldWeight;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::PairedCounts;
use crate::stats::PairedScores;
use crate::stats::Resampling;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::adjust_p_values;
use crate::stats::mcnemar_exact;
use crate::stats::mcnemar_mid_p;
use crate::stats::paired_bootstrap;

/// A gold unit and what two labelers made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedUnit {
    /// What gold says.
    pub truth: Truth,
    /// Its weight.
    pub weight: GoldWeight,
    /// The cell the first labeler put it in.
    pub first: Cell,
    /// The cell the second labeler put it in.
    pub second: Cell,
}

/// One rate of two labelers.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedRate {
    /// The first labeler's.
    pub first: f64,
    /// The second labeler's.
    pub second: f64,
    /// The first less the second, with its bootstrap interval; none where the two agree on every unit.
    pub difference: Figure,
    /// Units by who was right.
    pub counts: PairedCounts,
    /// The p-value of McNemar's exact test.
    pub exact: f64,
    /// Its mid-p value, less conservative.
    pub mid_p: f64,
}

/// The difference of two labelers. What gold cannot show is an error with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelerComparison {
    /// Gold units that both were asked about.
    pub n: u64,
    /// Of violating units, flagged.
    pub sensitivity: Result<ComparedRate, StatsError>,
    /// Of allowed units, not flagged.
    pub specificity: Result<ComparedRate, StatsError>,
    /// The difference of sensitivity + specificity - 1. Its interval recovers the variances from those of the two differences,
    /// which rest on different units.
    pub youden: Result<Figure, StatsError>,
}

/// The answers of one labeler, one a gold unit; `None` where it was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers<'a> {
    /// The labeler's name.
    pub labeler: &'a str,
    /// The cell it put each unit in.
    pub cells: &'a [Option<Cell>],
}

/// A labeler compared with the one that all are compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct AgainstReference {
    /// The labeler.
    pub labeler: String,
    /// It less the reference.
    pub comparison: LabelerComparison,
    /// The mid-p value of its sensitivity among those of all rates and labelers of the answer (Holm).
    pub sensitivity_adjusted: Option<f64>,
    /// The mid-p value of its specificity, likewise.
    pub specificity_adjusted: Option<f64>,
}

/// Compares two labelers on the same gold.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without units. A class without gold is an error of its rate, not of the comparison.
///
/// # Source
///
/// McNemar (1947), Psychometrika 12:153–157; Fagerland, Lydersen & Laake (2013), BMC Med. Res. Methodol. 13:91; Efron &
/// Tibshirani (1993), An Introduction to the Bootstrap, ch. 8; Zou & Donner (2008), Stat. Med. 27:1693–1702.
pub fn compare(
    units: &[PairedUnit],
    level: Level,
    resampling: Resampling,
) -> Result<LabelerComparison, StatsError> {
    if units.is_empty() {
        return Err(StatsError::NoUnits);
    }
    let rate = |truth| Rated::of(units, truth)?.compared(level, resampling);
    let (sensitivity, specificity) = (rate(Truth::Positive), rate(Truth::Negative));
    let youden = match (&sensitivity, &specificity) {
        (Ok(se), Ok(sp)) => Ok(sum(se.difference, sp.difference)),
        (Err(error), _) | (Ok(_), Err(error)) => Err(*error),
    };
    Ok(LabelerComparison { n: units.len() as u64, sensitivity, specificity, youden })
}

/// Compares each labeler with a reference on the gold units that both were asked about, and adjusts the p-values for their number.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`] unless every labeler has a place for every gold unit; [`StatsError::NoUnits`] where a labeler
/// shares none with the reference.
///
/// # Source
///
/// Holm (1979), Scand. J. Stat. 6:65–70.
pub fn compare_all(
    gold: &[(Truth, GoldWeight)],
    (reference, others): (Answers<'_>, &[Answers<'_>]),
    level: Level,
    resampling: Resampling,
) -> Result<Vec<AgainstReference>, StatsError> {
    let mut compared = Vec::with_capacity(others.len());
    for other in others {
        let units = shared(gold, *other, reference)?;
        compared.push(AgainstReference {
            labeler: other.labeler.to_owned(),
            comparison: compare(&units, level, resampling)?,
            sensitivity_adjusted: None,
            specificity_adjusted: None,
        });
    }
    adjust(&mut compared)?;
    Ok(compared)
}

fn shared(
    gold: &[(Truth, GoldWeight)],
    one: Answers<'_>,
    two: Answers<'_>,
) -> Result<Vec<PairedUnit>, StatsError> {
    for answers in [one, two] {
        let (left, right) = (gold.len(), answers.cells.len());
        if left != right {
            return Err(StatsError::LengthsDiffer { left, right });
        }
    }
    let both = one.cells.iter().zip(two.cells);
    let units = gold.iter().zip(both).filter_map(|(&(truth, weight), (first, second))| {
        let (first, second) = ((*first)?, (*second)?);
        Some(PairedUnit { truth, weight, first, second })
    });
    Ok(units.collect())
}

fn adjust(compared: &mut [AgainstReference]) -> Result<(), StatsError> {
    let p_of = |rate: &Result<ComparedRate, StatsError>| rate.as_ref().ok().map(|it| it.mid_p);
    let found: Vec<Option<f64>> = compared
        .iter()
        .flat_map(|it| [p_of(&it.comparison.sensitivity), p_of(&it.comparison.specificity)])
        .collect();
    let known: Vec<f64> = found.iter().copied().flatten().collect();
    let mut adjusted = adjust_p_values(&known, Adjustment::Holm)?.into_iter();
    let mut in_place = found.into_iter().map(|p| p.and_then(|_| adjusted.next()));
    for it in compared {
        it.sensitivity_adjusted = in_place.next().flatten();
        it.specificity_adjusted = in_place.next().flatten();
    }
    Ok(())
}

/// The units of one truth: whether each labeler is right, and the weights.
struct Rated {
    first: Vec<f64>,
    second: Vec<f64>,
    weights: Vec<f64>,
    counts: PairedCounts,
}

impl Rated {
    fn of(units: &[PairedUnit], truth: Truth) -> Result<Self, StatsError> {
        let counts = PairedCounts { both: 0, only_first: 0, only_second: 0, neither: 0 };
        let (first, second, weights) = (Vec::new(), Vec::new(), Vec::new());
        let mut rated = Self { first, second, weights, counts };
        let right = |cell| (cell == Cell::Flagged) == (truth == Truth::Positive);
        for unit in units.iter().filter(|unit| unit.truth == truth) {
            let (first, second) = (right(unit.first), right(unit.second));
            let count = match (first, second) {
                (true, true) => &mut rated.counts.both,
                (true, false) => &mut rated.counts.only_first,
                (false, true) => &mut rated.counts.only_second,
                (false, false) => &mut rated.counts.neither,
            };
            *count += 1;
            rated.first.push(f64::from(u8::from(first)));
            rated.second.push(f64::from(u8::from(second)));
            rated.weights.push(unit.weight.value());
        }
        let reason = match truth {
            Truth::Positive => "no gold unit is violating",
            Truth::Negative => "every gold unit is violating",
        };
        if rated.weights.is_empty() {
            return Err(StatsError::Undefined { statistic: "the difference", reason });
        }
        Ok(rated)
    }

    fn compared(&self, level: Level, resampling: Resampling) -> Result<ComparedRate, StatsError> {
        let pairs = PairedScores::new(&self.first, &self.second)?.weighted(&self.weights)?;
        let total: f64 = self.weights.iter().sum();
        let mean = |right: &[f64]| {
            right.iter().zip(&self.weights).map(|(right, weight)| right * weight).sum::<f64>()
                / total
        };
        let counts = self.counts;
        let interval = if counts.only_first + counts.only_second == 0 {
            let reason = "both agree on every unit, so that nothing shows how far they may differ";
            Err(StatsError::Undefined { statistic: "an interval of the difference", reason })
        } else {
            Ok(paired_bootstrap(&pairs, resampling)?.percentile(level))
        };
        Ok(ComparedRate {
            first: mean(&self.first),
            second: mean(&self.second),
            difference: Figure { value: pairs.difference(), interval },
            counts,
            exact: mcnemar_exact(counts),
            mid_p: mcnemar_mid_p(counts),
        })
    }
}

/// The sum of two differences on different units.
fn sum(one: Figure, two: Figure) -> Figure {
    let value = one.value + two.value;
    let around = |(a, b): (Interval, Interval)| Interval {
        low: value - (one.value - a.low).hypot(two.value - b.low),
        high: value + (a.high - one.value).hypot(b.high - two.value),
        method: Method::Mover,
    };
    let both = one.interval.and_then(|a| two.interval.map(|b| (a, b)));
    Figure { value, interval: both.map(around) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Weight;
    use std::num::NonZeroUsize;

    fn weight(value: f64) -> GoldWeight {
        GoldWeight::new(Weight::new(value, 1e-9).unwrap(), 1.0).unwrap()
    }

    /// Units by (count, weight, truth, first flags, second flags).
    fn units(groups: &[(usize, f64, Truth, Cell, Cell)]) -> Vec<PairedUnit> {
        let unit = |&(n, value, truth, first, second): &(usize, f64, Truth, Cell, Cell)| {
            std::iter::repeat_n(PairedUnit { truth, weight: weight(value), first, second }, n)
        };
        groups.iter().flat_map(unit).collect()
    }

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    fn resampling() -> Resampling {
        Resampling::new(7, 2_000, NonZeroUsize::MIN).unwrap()
    }

    fn world() -> Vec<PairedUnit> {
        use Cell::Flagged;
        use Cell::NoAnswer;
        use Cell::Unflagged;
        units(&[
            (30, 1.0, Truth::Positive, Flagged, Flagged),
            (12, 1.0, Truth::Positive, Flagged, NoAnswer),
            (2, 1.0, Truth::Positive, Unflagged, Flagged),
            (6, 1.0, Truth::Positive, Unflagged, Unflagged),
            (90, 1.0, Truth::Negative, Unflagged, Unflagged),
            (5, 4.0, Truth::Negative, Flagged, Unflagged),
            (5, 2.0, Truth::Negative, Unflagged, Flagged),
        ])
    }

    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn differences_are_weighted_and_tests_count_units() {
        let made = compare(&world(), level(), resampling()).unwrap();
        let (se, sp) = (made.sensitivity.unwrap(), made.specificity.unwrap());
        check(se.first, 42.0 / 50.0);
        check(se.difference.value, 10.0 / 50.0);
        assert_eq!((se.counts.only_first, se.counts.only_second), (12, 2));
        // twice the binomial probability of at most 2 of 14: 2 (1 + 14 + 91) / 2^14
        check(se.exact, 212.0 / 16_384.0);
        check(se.mid_p, (212.0 - 91.0) / 16_384.0);
        // weights: the first errs on 20 of 120, the second on 10
        check(sp.difference.value, -10.0 / 120.0);
        check(sp.exact, 1.0);
        check(made.youden.unwrap().value, 0.2 - 10.0 / 120.0);
    }

    #[test]
    fn the_interval_is_that_of_the_seed_and_holds_the_value() {
        let made = || compare(&world(), level(), resampling()).unwrap();
        assert_eq!(made(), made());
        let se = made().sensitivity.unwrap().difference;
        let interval = se.interval.unwrap();
        // by the binomial: some .2 -+ 1.96 sqrt((14 - 100/50) / 50^2)
        assert!((interval.low - 0.08).abs() < 0.03 && (interval.high - 0.34).abs() < 0.03);
        let youden = made().youden.unwrap();
        let around = youden.interval.unwrap();
        assert!(around.low < youden.value && youden.value < around.high);
    }

    #[test]
    fn labelers_that_never_differ_have_no_interval_and_a_p_value_of_1() {
        let same = units(&[
            (10, 1.0, Truth::Positive, Cell::Flagged, Cell::Flagged),
            (10, 1.0, Truth::Negative, Cell::Unflagged, Cell::NoAnswer),
        ]);
        let made = compare(&same, level(), resampling()).unwrap();
        let se = made.sensitivity.unwrap();
        assert!(se.difference.interval.is_err() && made.youden.unwrap().interval.is_err());
        check(se.exact, 1.0);
    }

    #[test]
    fn one_truth_alone_leaves_the_other_rate_undefined() {
        let some = units(&[(9, 1.0, Truth::Negative, Cell::Unflagged, Cell::Flagged)]);
        let made = compare(&some, level(), resampling()).unwrap();
        assert!(made.sensitivity.is_err() && made.youden.is_err() && made.specificity.is_ok());
        assert_eq!(compare(&[], level(), resampling()), Err(StatsError::NoUnits));
    }

    fn answers<'a>(labeler: &'a str, cells: &'a [Option<Cell>]) -> Answers<'a> {
        Answers { labeler, cells }
    }

    #[test]
    fn p_values_are_adjusted_over_labelers_and_rates() {
        let world = world();
        let gold: Vec<_> = world.iter().map(|unit| (unit.truth, unit.weight)).collect();
        let of = |which: fn(&PairedUnit) -> Cell| -> Vec<Option<Cell>> {
            world.iter().map(|unit| Some(which(unit))).collect()
        };
        let (mut first, second) = (of(|unit| unit.first), of(|unit| unit.second));
        let all = compare_all(
            &gold,
            (answers("b", &second), &[answers("a", &first), answers("b again", &second)]),
            level(),
            resampling(),
        )
        .unwrap();
        // four tests, the least p-value times four
        let least = (212.0 - 91.0) / 16_384.0;
        check(all[0].sensitivity_adjusted.unwrap(), 4.0 * least);
        check(all[1].specificity_adjusted.unwrap(), 1.0);
        first[0] = None;
        let less = [answers("a", &first)];
        let less = compare_all(&gold, (answers("b", &second), &less), level(), resampling());
        assert_eq!(less.unwrap()[0].comparison.n, 149);
        let short = [answers("a", &first[1..])];
        let refused = compare_all(&gold, (answers("b", &second), &short), level(), resampling());
        assert!(matches!(refused, Err(StatsError::LengthsDiffer { .. })));
    }
}
