//! The Rogan-Gladen estimate from design-weighted units, with each unit's influence on it.
//!
//! Symbols: `f` the label and `y` the truth (1 for positive), `d` the weight of a unit in the labeled sample, `d2` its
//! weight in the gold sample, `D` the sum of `d`, `W1` and `W0` the sums of `d2` over gold positives and negatives.
//! `phi_q = d (f - Q) / D`, `phi_se = d2 y (f - se) / W1`, `phi_sp = d2 (1-y) (1-f-sp) / W0`, and the influence of a unit
//! is `[phi_q - theta phi_se + (1-theta) phi_sp] / J`.

use crate::stats::Delta;
use crate::stats::GoldWeight;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::Weight;

/// What the labeler said about a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// It was labeled positive.
    Flagged,
    /// It was not.
    Unflagged,
}

/// A unit of the labeled sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleUnit {
    /// Its weight.
    pub weight: Weight,
    /// Its label.
    pub flag: Flag,
}

/// A unit of a gold sample that was drawn by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldUnit {
    /// Its weight.
    pub weight: Weight,
    /// Its label.
    pub flag: Flag,
    /// Its gold.
    pub truth: Truth,
}

/// A unit of a labeled sample of which a part has gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NestedUnit {
    /// The labeled unit.
    pub unit: SampleUnit,
    /// The probability with which gold was asked for, and the gold, where it was.
    pub gold: Option<(f64, Truth)>,
}

/// A corrected prevalence with the influence of every unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// The estimate and its standard error under Poisson (or priority) sampling in each phase.
    pub estimate: Delta,
    /// The apparent prevalence.
    pub apparent: f64,
    /// The weighted sensitivity.
    pub sensitivity: f64,
    /// The weighted specificity.
    pub specificity: f64,
    /// The influence of each unit of the labeled sample, in its order; with nested gold both phases together.
    pub sample: Vec<f64>,
    /// The influence of each unit of an independent gold sample, in its order; empty for nested gold.
    pub gold: Vec<f64>,
}

/// Returns the corrected prevalence where gold is a probability part of the labeled sample.
///
/// The variance is that of two Poisson phases, `sum (1-pi)(a + b)^2 / rho + sum (1-rho) b^2 / rho^2` over gold, with `a` the
/// first-phase part of a unit's influence and `b / rho` its gold part: it holds every covariance of the three rates. The
/// influence values sum to 0 and serve any other design's variance. Assumes only that the probabilities are those with
/// which units and gold were drawn.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without units; [`StatsError::NotAProbability`] for a gold probability outside (0, 1];
/// [`StatsError::Undefined`] without a gold positive or negative; [`StatsError::Uninformative`] unless J is above 0.
///
/// # Source
///
/// Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76; Sarndal, Swensson & Wretman (1992), sections 5.5 and 9.4, for the
/// linearisation and the two phases.
pub fn nested_influence(units: &[NestedUnit]) -> Result<Influence, StatsError> {
    let mut sums = Sums::default();
    for NestedUnit { unit, gold } in units {
        sums.label(unit.weight.value(), unit.flag);
        if let Some((probability, truth)) = gold {
            sums.gold(GoldWeight::new(unit.weight, *probability)?.value(), unit.flag, *truth);
        }
    }
    let rates = sums.rates()?;
    let mut variance = 0.0;
    let mut sample = Vec::with_capacity(units.len());
    for NestedUnit { unit, gold } in units {
        let first = rates.label_part(unit.weight.value(), unit.flag);
        let Some((rho, truth)) = gold else {
            sample.push(first);
            continue;
        };
        let second = rates.gold_part(unit.weight.value(), unit.flag, *truth);
        variance += (1.0 - unit.weight.probability()) * (first + second).powi(2) / rho
            + (1.0 - rho) * (second / rho).powi(2);
        sample.push(first + second / rho);
    }
    Ok(rates.influence(variance, sample, Vec::new()))
}

/// Returns the corrected prevalence where gold is a sample by itself, of the same population.
///
/// The variance is `sum (1-pi) phi^2` over both samples. Assumes that they were drawn independently.
///
/// # Errors
///
/// Those of [`nested_influence`].
///
/// # Source
///
/// That of [`nested_influence`].
pub fn independent_influence(
    sample: &[SampleUnit],
    gold: &[GoldUnit],
) -> Result<Influence, StatsError> {
    let mut sums = Sums::default();
    for unit in sample {
        sums.label(unit.weight.value(), unit.flag);
    }
    for unit in gold {
        sums.gold(unit.weight.value(), unit.flag, unit.truth);
    }
    let rates = sums.rates()?;
    let labels: Vec<f64> =
        sample.iter().map(|unit| rates.label_part(unit.weight.value(), unit.flag)).collect();
    let truths: Vec<f64> = gold
        .iter()
        .map(|unit| rates.gold_part(unit.weight.value(), unit.flag, unit.truth))
        .collect();
    let error = |weight: Weight, phi: &f64| (1.0 - weight.probability()) * phi.powi(2);
    let variance =
        sample.iter().zip(&labels).map(|(unit, phi)| error(unit.weight, phi)).sum::<f64>()
            + gold.iter().zip(&truths).map(|(unit, phi)| error(unit.weight, phi)).sum::<f64>();
    Ok(rates.influence(variance, labels, truths))
}

/// Sums of weights by label, and of gold weights by label and truth.
#[derive(Debug, Default)]
struct Sums {
    labeled: f64,
    flagged: f64,
    positives: f64,
    hits: f64,
    negatives: f64,
    passed: f64,
}

/// The rates, and the sums they are over.
#[derive(Debug)]
struct Rates {
    sums: Sums,
    apparent: f64,
    sensitivity: f64,
    specificity: f64,
    youden: f64,
    theta: f64,
}

impl Sums {
    fn label(&mut self, weight: f64, flag: Flag) {
        self.labeled += weight;
        self.flagged += weight * flag.value();
    }

    fn gold(&mut self, weight: f64, flag: Flag, truth: Truth) {
        match truth {
            Truth::Positive => {
                self.positives += weight;
                self.hits += weight * flag.value();
            }
            Truth::Negative => {
                self.negatives += weight;
                self.passed += weight * (1.0 - flag.value());
            }
        }
    }

    fn rates(self) -> Result<Rates, StatsError> {
        if self.labeled <= 0.0 {
            return Err(StatsError::NoUnits);
        }
        let rate = |part: f64, whole: f64, statistic: &'static str, reason: &'static str| {
            if whole > 0.0 {
                Ok(part / whole)
            } else {
                Err(StatsError::Undefined { statistic, reason })
            }
        };
        let apparent = self.flagged / self.labeled;
        let sensitivity = rate(self.hits, self.positives, "sensitivity", "gold found no positive")?;
        let specificity =
            rate(self.passed, self.negatives, "specificity", "gold found no negative")?;
        let youden = sensitivity + specificity - 1.0;
        if youden <= 0.0 {
            return Err(StatsError::Uninformative { youden, low: youden });
        }
        let theta = (apparent + specificity - 1.0) / youden;
        Ok(Rates { sums: self, apparent, sensitivity, specificity, youden, theta })
    }
}

impl Rates {
    fn label_part(&self, weight: f64, flag: Flag) -> f64 {
        weight * (flag.value() - self.apparent) / (self.sums.labeled * self.youden)
    }

    fn gold_part(&self, weight: f64, flag: Flag, truth: Truth) -> f64 {
        let part = match truth {
            Truth::Positive => {
                -self.theta * (flag.value() - self.sensitivity) / self.sums.positives
            }
            Truth::Negative => {
                (1.0 - self.theta) * (1.0 - flag.value() - self.specificity) / self.sums.negatives
            }
        };
        weight * part / self.youden
    }

    fn influence(self, variance: f64, sample: Vec<f64>, gold: Vec<f64>) -> Influence {
        Influence {
            estimate: Delta { raw: self.theta, std_error: variance.sqrt() },
            apparent: self.apparent,
            sensitivity: self.sensitivity,
            specificity: self.specificity,
            sample,
            gold,
        }
    }
}

impl Flag {
    fn value(self) -> f64 {
        match self {
            Self::Flagged => 1.0,
            Self::Unflagged => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Accuracy;
    use crate::stats::KnownAccuracy;
    use crate::stats::Proportion;
    use crate::stats::Rate;
    use crate::stats::nested_gold_variance;
    use crate::stats::rogan_gladen_delta;
    use proptest::prelude::*;

    /// Of 400 units 100 positive; se .8, sp .9; gold for every tenth unit of each kind.
    const KINDS: [(Flag, Truth, usize); 4] = [
        (Flag::Flagged, Truth::Positive, 80),
        (Flag::Unflagged, Truth::Positive, 20),
        (Flag::Flagged, Truth::Negative, 30),
        (Flag::Unflagged, Truth::Negative, 270),
    ];

    fn nested(probability: f64) -> Vec<NestedUnit> {
        let weight = Weight::new(1.0, probability).unwrap();
        KINDS
            .iter()
            .flat_map(|(flag, truth, count)| {
                (0..*count).map(move |unit| NestedUnit {
                    unit: SampleUnit { weight, flag: *flag },
                    gold: (unit % 10 == 0).then_some((0.1, *truth)),
                })
            })
            .collect()
    }

    #[test]
    fn nested_gold_by_simple_sampling_has_the_closed_form() {
        let found = nested_influence(&nested(1e-12)).unwrap();
        let labeler = KnownAccuracy { sensitivity: 0.8, specificity: 0.9 };
        let gold = Proportion::new(0.1, 400.0).unwrap();
        let expected = nested_gold_variance(labeler, 0.25, gold).unwrap();
        assert!((found.estimate.raw - 0.25).abs() < 1e-12);
        assert!((found.estimate.std_error.powi(2) / expected - 1.0).abs() < 1e-9, "{found:?}");
        assert!(found.sample.iter().sum::<f64>().abs() < 1e-12);
    }

    #[test]
    fn a_census_of_labels_leaves_the_error_of_gold() {
        let (all, few) = (nested_influence(&nested(1.0)), nested_influence(&nested(1e-12)));
        let (all, few) = (all.unwrap().estimate.std_error, few.unwrap().estimate.std_error);
        assert!(0.0 < all && all < few, "{all} {few}");
    }

    #[test]
    fn independent_gold_with_equal_weights_has_the_delta_variance() {
        let weight = Weight::new(2.0, 1e-12).unwrap();
        let mut sample = vec![SampleUnit { weight, flag: Flag::Flagged }; 300];
        sample.extend(vec![SampleUnit { weight, flag: Flag::Unflagged }; 700]);
        let gold: Vec<GoldUnit> = KINDS
            .iter()
            .flat_map(|(flag, truth, count)| {
                vec![GoldUnit { weight, flag: *flag, truth: *truth }; *count]
            })
            .collect();
        let found = independent_influence(&sample, &gold).unwrap();
        let rate = |part: u64, whole: u64| Rate::new(part, whole).unwrap().into();
        let labeler = Accuracy { sensitivity: rate(80, 100), specificity: rate(270, 300) };
        let expected = rogan_gladen_delta(rate(300, 1000), labeler).unwrap();
        assert!((found.estimate.raw - expected.raw).abs() < 1e-12);
        assert!((found.estimate.std_error / expected.std_error - 1.0).abs() < 1e-9);
        assert!(found.gold.iter().sum::<f64>().abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_estimated_is_refused() {
        assert_eq!(nested_influence(&[]), Err(StatsError::NoUnits));
        let mut units = nested(0.5);
        units.retain(|unit| unit.gold.is_none_or(|(_, truth)| truth == Truth::Negative));
        assert!(matches!(nested_influence(&units), Err(StatsError::Undefined { .. })));
        let mut units = nested(0.5);
        units[0].gold = Some((0.0, Truth::Positive));
        assert!(matches!(nested_influence(&units), Err(StatsError::NotAProbability(_))));
        let mut units = nested(0.5);
        for unit in &mut units {
            unit.unit.flag = Flag::Flagged;
        }
        assert!(matches!(nested_influence(&units), Err(StatsError::Uninformative { .. })));
    }

    proptest! {
        #[test]
        fn order_and_scale_do_not_matter(scale in 0.01f64..100.0, exposures in prop::collection::vec(0.1f64..20.0, 400)) {
            let mut units = nested(0.2);
            let weigh = |units: &mut [NestedUnit], scale: f64| {
                for (unit, exposure) in units.iter_mut().zip(&exposures) {
                    unit.unit.weight = Weight::new(exposure * scale, 0.2).unwrap();
                }
            };
            weigh(&mut units, 1.0);
            let one = nested_influence(&units).unwrap();
            weigh(&mut units, scale);
            units.reverse();
            let other = nested_influence(&units).unwrap();
            prop_assert!((one.estimate.raw - other.estimate.raw).abs() < 1e-9);
            prop_assert!((one.estimate.std_error - other.estimate.std_error).abs() < 1e-9);
            prop_assert!(one.sample.iter().sum::<f64>().abs() < 1e-9);
        }
    }
}
