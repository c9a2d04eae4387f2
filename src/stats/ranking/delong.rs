//! DeLong's variance of the area under the ROC curve, its interval, and the paired test of two areas.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Scores;
use crate::stats::StatsError;
use crate::stats::Truth;
use statrs::distribution::ContinuousCDF as _;
use statrs::distribution::Normal;

/// An area under the ROC curve with DeLong's variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelongAuc {
    /// The area.
    pub value: f64,
    /// Its variance, above 0.
    pub variance: f64,
}

/// Two scores of the same units, in the same order.
#[derive(Debug, Clone, Copy)]
pub struct ScorePair<'a> {
    /// Scores of the first labeler.
    pub first: &'a Scores,
    /// Scores of the second labeler.
    pub second: &'a Scores,
}

/// The comparison of two areas under ROC curves of the same units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelongTest {
    /// The first area.
    pub first: f64,
    /// The second area.
    pub second: f64,
    /// The variance of the first area.
    pub first_variance: f64,
    /// The variance of the second area.
    pub second_variance: f64,
    /// The covariance of both.
    pub covariance: f64,
    /// `(first - second) / sqrt(var + var - 2 cov)`.
    pub z: f64,
    /// The two-sided p-value of no difference.
    pub p_value: f64,
}

const STATISTIC: &str = "DeLong's variance";

impl DelongAuc {
    /// Returns the normal interval, cut at 0 and 1 as pROC does.
    #[must_use]
    pub fn interval(&self, level: Level) -> Interval {
        let half = level.z() * self.variance.sqrt();
        Interval {
            low: (self.value - half).max(0.0),
            high: (self.value + half).min(1.0),
            method: Method::DeLong,
        }
    }
}

/// Returns the area under the ROC curve with DeLong's variance.
///
/// Each positive unit has the weighted share of negatives that it beats (ties half) as its placement `V`, each
/// negative unit the share of positives that beat it. With `v_i` a unit's share of the weight of its class of n units:
/// `var = n1/(n1-1) sum_pos v_i^2 (V_i - A)^2 + n0/(n0-1) sum_neg v_j^2 (V_j - A)^2`; for unit weights this is
/// DeLong's. Assumes independent units and large classes; with design weights, no finite population correction.
///
/// # Errors
///
/// [`StatsError::Undefined`] with fewer than two positive or negative units, and when the ranks leave no variance
/// (the classes are fully separated, or every score is the same): an interval of no width would claim certainty.
///
/// # Source
///
/// DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44:837–845; by ranks as Sun & Xu (2014), IEEE Signal Process. Lett. 21:1389–1393.
pub fn delong(scores: &Scores) -> Result<DelongAuc, StatsError> {
    let placements = Placements::of(scores)?;
    let variance = placements.covariance(&placements);
    if variance > MOST_ROUNDING {
        Ok(DelongAuc { value: placements.area, variance })
    } else {
        let reason = "the scores separate the classes fully, or not at all";
        Err(StatsError::Undefined { statistic: STATISTIC, reason })
    }
}

/// Tests whether two scores of the same units rank equally well.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`] and [`StatsError::Undefined`] when the two are not of the same units with the same gold
/// and weights; [`StatsError::Undefined`] when they rank alike, so that the difference has no variance, and with
/// fewer than two units in a class.
///
/// # Source
///
/// DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44:837–845.
pub fn delong_test(pair: ScorePair<'_>) -> Result<DelongTest, StatsError> {
    same_units(pair)?;
    let (first, second) = (Placements::of(pair.first)?, Placements::of(pair.second)?);
    let (first_variance, second_variance) = (first.covariance(&first), second.covariance(&second));
    let covariance = first.covariance(&second);
    let variance = first.variance_of_difference(&second);
    if variance <= MOST_ROUNDING {
        let reason = "both scores rank the units alike";
        return Err(StatsError::Undefined { statistic: "DeLong's test", reason });
    }
    let z = (first.area - second.area) / variance.sqrt();
    Ok(DelongTest {
        first: first.area,
        second: second.area,
        first_variance,
        second_variance,
        covariance,
        z,
        p_value: 2.0 * Normal::standard().cdf(-z.abs()),
    })
}

/// A variance up to this is rounding: one exchanged pair among n units leaves one of the order of n^-4.
const MOST_ROUNDING: f64 = 1e-28;

fn same_units(pair: ScorePair<'_>) -> Result<(), StatsError> {
    let (first, second) = (pair.first.units(), pair.second.units());
    if first.len() != second.len() {
        return Err(StatsError::LengthsDiffer { left: first.len(), right: second.len() });
    }
    let alike = first
        .iter()
        .zip(second)
        .all(|(a, b)| a.truth == b.truth && (a.weight - b.weight).abs() <= f64::EPSILON * a.weight);
    let reason = "the two scores are not of the same units: their gold or weights differ";
    if alike { Ok(()) } else { Err(StatsError::Undefined { statistic: "DeLong's test", reason }) }
}

/// The placement of each unit among the other class, with the unit's share of its own class.
struct Placements {
    area: f64,
    positive: Vec<Placement>,
    negative: Vec<Placement>,
}

#[derive(Clone, Copy)]
struct Placement {
    share: f64,
    deviation: f64,
}

impl Placements {
    fn of(scores: &Scores) -> Result<Self, StatsError> {
        let all = scores.class_weights(STATISTIC)?;
        let ties = scores.ties();
        let mut below = Vec::with_capacity(ties.len());
        let (mut positive, mut negative, mut area) = (0.0, 0.0, 0.0);
        for tie in &ties {
            let beaten = (negative + tie.negative / 2.0) / all.negative;
            below.push((beaten, 1.0 - (positive + tie.positive / 2.0) / all.positive));
            area += tie.positive / all.positive * beaten;
            positive += tie.positive;
            negative += tie.negative;
        }
        let mut placements = Self { area, positive: Vec::new(), negative: Vec::new() };
        for unit in scores.units() {
            let tie = ties.partition_point(|tie| tie.score < unit.score);
            let (beaten, beaten_by) = below[tie];
            match unit.truth {
                Truth::Positive => placements.positive.push(Placement {
                    share: unit.weight / all.positive,
                    deviation: beaten - area,
                }),
                Truth::Negative => placements.negative.push(Placement {
                    share: unit.weight / all.negative,
                    deviation: beaten_by - area,
                }),
            }
        }
        if placements.positive.len() < 2 || placements.negative.len() < 2 {
            let reason = "a class has fewer than two units";
            return Err(StatsError::Undefined { statistic: STATISTIC, reason });
        }
        Ok(placements)
    }

    fn covariance(&self, other: &Self) -> f64 {
        self.sum(other, |a, b| a * b)
    }

    /// `var + var - 2 cov`, without the cancellation.
    fn variance_of_difference(&self, other: &Self) -> f64 {
        self.sum(other, |a, b| (a - b).powi(2))
    }

    fn sum(&self, other: &Self, product: impl Fn(f64, f64) -> f64) -> f64 {
        let class = |first: &[Placement], second: &[Placement]| {
            let n = first.len() as f64;
            let term = |(a, b): (&Placement, &Placement)| {
                a.share * b.share * product(a.deviation, b.deviation)
            };
            first.iter().zip(second).map(term).sum::<f64>() * n / (n - 1.0)
        };
        class(&self.positive, &other.positive) + class(&self.negative, &other.negative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ScoredUnit;
    use crate::stats::auc;
    use proptest::prelude::*;

    fn units() -> impl Strategy<Value = Vec<ScoredUnit>> {
        let unit = (0u8..8, any::<bool>()).prop_map(|(score, positive)| {
            let truth = if positive { Truth::Positive } else { Truth::Negative };
            ScoredUnit { score: f64::from(score), truth, weight: 1.0 }
        });
        prop::collection::vec(unit, 6..40)
    }

    fn scaled(units: &[ScoredUnit], score: f64, weight: f64) -> Scores {
        let scale =
            |u: &ScoredUnit| ScoredUnit { score: u.score * score, weight: u.weight * weight, ..*u };
        Scores::new(units.iter().map(scale).collect()).unwrap()
    }

    proptest! {
        #[test]
        fn the_variance_ignores_the_scales_of_scores_and_weights(units in units()) {
            let plain = scaled(&units, 1.0, 1.0);
            prop_assume!(delong(&plain).is_ok());
            let (a, b) = (delong(&plain).unwrap(), delong(&scaled(&units, 3.0, 7.0)).unwrap());
            prop_assert!((a.variance - b.variance).abs() < 1e-12);
            prop_assert!((a.value - auc(&plain).unwrap()).abs() < 1e-12);
        }

        #[test]
        fn reversed_scores_vary_as_much_and_against_each_other(units in units()) {
            let (plain, reversed) = (scaled(&units, 1.0, 1.0), scaled(&units, -1.0, 1.0));
            prop_assume!(delong(&plain).is_ok());
            let test = delong_test(ScorePair { first: &plain, second: &reversed }).unwrap();
            prop_assert!((test.first_variance - test.second_variance).abs() < 1e-12);
            prop_assert!((test.first_variance + test.covariance).abs() < 1e-12);
        }
    }

    #[test]
    fn ranks_without_variance_are_refused() {
        let unit = |score: f64, truth| ScoredUnit { score, truth, weight: 1.0 };
        let separated: Vec<_> = (0..6)
            .map(|i| unit(f64::from(i), if i < 3 { Truth::Negative } else { Truth::Positive }))
            .collect();
        assert!(delong(&scaled(&separated, 1.0, 1.0)).is_err());
        assert!(delong(&scaled(&separated, 0.0, 1.0)).is_err());
        assert!(delong(&scaled(&separated[2..], 1.0, 1.0)).is_err());
    }

    #[test]
    fn scores_that_rank_alike_or_are_of_other_units_are_not_tested() {
        let unit = |i: u32| ScoredUnit {
            score: f64::from(i * 7 % 5),
            truth: if i.is_multiple_of(2) { Truth::Positive } else { Truth::Negative },
            weight: 1.0,
        };
        let units: Vec<_> = (0..12).map(unit).collect();
        let (plain, stretched) = (scaled(&units, 1.0, 1.0), scaled(&units, 2.0, 1.0));
        assert!(delong_test(ScorePair { first: &plain, second: &stretched }).is_err());
        let other = Scores::new((1..13).map(unit).collect()).unwrap();
        assert!(delong_test(ScorePair { first: &plain, second: &other }).is_err());
    }
}
