//! How much gold a wanted precision needs, given what is guessed about the labeler.
//!
//! Symbols: prevalence `theta`, `J = Se + Sp - 1`, flagged share `Q`, and `K = theta (1-theta) J^2 / (Q (1-Q))`, the squared
//! correlation of label and gold. Each design's variance is `a/n + b/m` for n labeled and m gold units.

use crate::stats::Level;
use crate::stats::StatsError;
use crate::stats::plan::HalfWidth;
use crate::stats::plan::size::inside;

/// What is guessed about prevalence and labeler before gold is collected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuessedRates {
    /// The prevalence, strictly between 0 and 1.
    pub prevalence: f64,
    /// The share of violating units that get flagged.
    pub sensitivity: f64,
    /// The share of allowed units that do not.
    pub specificity: f64,
}

/// Rates that fit together: the labeler is better than chance and flags some units but not all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelerGuess {
    rates: GuessedRates,
}

/// How gold is drawn and what is computed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoldDesign {
    /// A simple random sample of gold, labels ignored.
    GoldOnly,
    /// Rogan-Gladen with sensitivity and specificity from independent simple random gold.
    RoganGladen,
    /// The two-phase estimator with gold drawn from the labeled sample at random.
    TwoPhaseSimple,
    /// The two-phase estimator with gold divided between flagged and unflagged units by Neyman's rule.
    TwoPhaseNeyman,
}

/// The first phase: the labeled sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabeledSample {
    /// Its units, above 0.
    pub units: f64,
    /// Its design effect, 1 for a simple random sample.
    pub design_effect: f64,
}

/// What one unit costs in each phase, both above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitCosts {
    /// One label by the labeler.
    pub label: f64,
    /// One gold label.
    pub gold: f64,
}

impl LabelerGuess {
    /// Checks that the rates fit together.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a prevalence outside (0, 1) or a rate outside `[0, 1]`;
    /// [`StatsError::Uninformative`] unless `Se + Sp > 1`.
    pub fn new(rates: GuessedRates) -> Result<Self, StatsError> {
        let GuessedRates { prevalence, sensitivity, specificity } = rates;
        inside(prevalence)?;
        for rate in [sensitivity, specificity] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(StatsError::OutOfRange { what: "a rate from 0 to 1", value: rate });
            }
        }
        let youden = sensitivity + specificity - 1.0;
        if youden <= 0.0 {
            return Err(StatsError::Uninformative { youden, low: youden });
        }
        Ok(Self { rates })
    }

    /// Returns the guessed prevalence.
    #[must_use]
    pub fn prevalence(self) -> f64 {
        self.rates.prevalence
    }

    /// Returns Q, the share of units that get flagged.
    #[must_use]
    pub fn flagged(self) -> f64 {
        let GuessedRates { prevalence, sensitivity, specificity } = self.rates;
        prevalence * sensitivity + (1.0 - prevalence) * (1.0 - specificity)
    }

    /// Returns the rates.
    #[must_use]
    pub fn rates(self) -> GuessedRates {
        self.rates
    }

    /// Returns the share of flagged units that are violating.
    #[must_use]
    pub fn precision(self) -> f64 {
        self.rates.prevalence * self.rates.sensitivity / self.flagged()
    }

    /// Returns the share of unflagged units that are violating.
    #[must_use]
    pub fn false_omission(self) -> f64 {
        self.rates.prevalence * (1.0 - self.rates.sensitivity) / (1.0 - self.flagged())
    }

    /// Returns Youden's J.
    #[must_use]
    pub fn informedness(self) -> f64 {
        self.rates.sensitivity + self.rates.specificity - 1.0
    }

    /// Returns K, the squared correlation of label and gold: the part of the variance that labels explain.
    #[must_use]
    pub fn explained(self) -> f64 {
        let q = self.flagged();
        self.unit_variance() * self.informedness().powi(2) / (q * (1.0 - q))
    }

    /// Returns the share of gold that flagged units get: Neyman's, but never so much that less than `floor` is left for
    /// the unflagged, whose few violating units decide the result.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a floor outside `[0, 1]`; [`StatsError::Undefined`] for a labeler without errors.
    ///
    /// # Source
    ///
    /// Neyman (1938), JASA 33:101–116, for the division in double sampling.
    pub fn flagged_share_of_gold(self, floor: f64) -> Result<f64, StatsError> {
        if !(0.0..=1.0).contains(&floor) {
            return Err(StatsError::OutOfRange { what: "a floor from 0 to 1", value: floor });
        }
        let (flagged, unflagged) = self.spreads();
        if flagged + unflagged <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "division of gold",
                reason: "a labeler without errors leaves nothing to find out",
            });
        }
        Ok((flagged / (flagged + unflagged)).min(1.0 - floor))
    }

    /// Returns the variance of the estimate from that many labeled and gold units.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for sizes or a design effect that are not above 0.
    ///
    /// # Source
    ///
    /// Tenenbein (1970), JASA 65:1350–1361; Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76.
    pub fn variance(
        self,
        design: GoldDesign,
        labeled: LabeledSample,
        gold: f64,
    ) -> Result<f64, StatsError> {
        let (first, second) = self.parts(design);
        Ok(first * labeled.variance_factor()? + second / positive(gold)?)
    }

    /// Returns the gold units that give an interval of the wanted half width, `m = b / ((h/z)^2 - a deff / n)`.
    ///
    /// A real number: round up. The sizes rest on normal approximation, so a target that expects fewer than some ten
    /// gold positives needs a simulation as well; `m >= 3 / (tolerated false omission rate)` in the unflagged cell.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where the labeled sample alone varies more than the target allows;
    /// [`StatsError::OutOfRange`] for sizes or a half width that are none.
    ///
    /// # Source
    ///
    /// Tenenbein (1970), JASA 65:1350–1361; Cochran (1977), Sampling Techniques, 12.3.
    pub fn gold_needed(
        self,
        design: GoldDesign,
        labeled: LabeledSample,
        target: GoldTarget,
    ) -> Result<f64, StatsError> {
        let GoldTarget { half_width, level } = target;
        let wanted = HalfWidth { share: self.prevalence(), half_width, level }.variance()?;
        let (first, second) = self.parts(design);
        let left = wanted - first * labeled.variance_factor()?;
        if left <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "gold sample size",
                reason: "the labeled sample alone varies more than the target: label more units first",
            });
        }
        Ok(second / left)
    }

    /// Returns the labeled units for each gold unit that make a budget go furthest, `n/m = sqrt(a c_gold / (b c_label))`.
    ///
    /// For random gold that is `sqrt(c_gold K / (c_label (1-K)))`. At least 1, as gold is drawn from the labeled.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for costs that are not above 0; [`StatsError::Undefined`] for a labeler without errors.
    ///
    /// # Source
    ///
    /// Cochran (1977), Sampling Techniques, 12.3; Tenenbein (1970), JASA 65:1350–1361.
    pub fn labeled_for_each_gold(
        self,
        design: GoldDesign,
        costs: UnitCosts,
    ) -> Result<f64, StatsError> {
        let (first, second) = self.parts(design);
        let ratio = positive(costs.gold)? * first / (positive(costs.label)? * second);
        if ratio.is_finite() {
            Ok(ratio.sqrt().max(1.0))
        } else {
            Err(StatsError::Undefined {
                statistic: "division of a budget",
                reason: "a labeler without errors needs no gold",
            })
        }
    }

    /// Returns `a` and `b` of the variance `a/n + b/m`.
    fn parts(self, design: GoldDesign) -> (f64, f64) {
        let (unit, k) = (self.unit_variance(), self.explained());
        match design {
            GoldDesign::GoldOnly => (0.0, unit),
            GoldDesign::RoganGladen => (unit / k, unit * (1.0 - k) / k),
            GoldDesign::TwoPhaseSimple => (unit * k, unit * (1.0 - k)),
            GoldDesign::TwoPhaseNeyman => {
                let (flagged, unflagged) = self.spreads();
                (unit * k, (flagged + unflagged).powi(2))
            }
        }
    }

    fn unit_variance(self) -> f64 {
        self.rates.prevalence * (1.0 - self.rates.prevalence)
    }

    /// Returns each cell's share times the standard deviation of gold within it.
    fn spreads(self) -> (f64, f64) {
        let (q, ppv, omission) = (self.flagged(), self.precision(), self.false_omission());
        (q * (ppv * (1.0 - ppv)).sqrt(), (1.0 - q) * (omission * (1.0 - omission)).sqrt())
    }
}

/// How precisely a prevalence is to be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldTarget {
    /// Half the width of its interval.
    pub half_width: f64,
    /// The level of the interval.
    pub level: Level,
}

impl LabeledSample {
    fn variance_factor(self) -> Result<f64, StatsError> {
        Ok(positive(self.design_effect)? / positive(self.units)?)
    }
}

fn positive(value: f64) -> Result<f64, StatsError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange { what: "a number above 0", value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn guess(prevalence: f64, sensitivity: f64, specificity: f64) -> LabelerGuess {
        LabelerGuess::new(GuessedRates { prevalence, sensitivity, specificity }).unwrap()
    }

    const LABELED: LabeledSample = LabeledSample { units: 100_000.0, design_effect: 1.0 };
    const DESIGNS: [GoldDesign; 4] = [
        GoldDesign::GoldOnly,
        GoldDesign::TwoPhaseSimple,
        GoldDesign::TwoPhaseNeyman,
        GoldDesign::RoganGladen,
    ];

    #[test]
    fn gold_for_twenty_percent_relative_error_is_that_of_the_planning_table() {
        for (rates, wanted) in [
            (guess(0.005, 0.85, 0.995), [Some(19_112), Some(12_622), Some(4_210), Some(59_149)]),
            (guess(0.02, 0.85, 0.98), [Some(4_706), Some(2_958), Some(1_266), Some(8_646)]),
            (guess(0.001, 0.80, 0.999), [Some(95_944), Some(93_848), Some(32_874), None]),
        ] {
            let level = Level::new(0.95).unwrap();
            let target = GoldTarget { half_width: 0.2 * rates.prevalence(), level };
            for (design, wanted) in DESIGNS.into_iter().zip(wanted) {
                let got = rates.gold_needed(design, LABELED, target).ok();
                assert_eq!(got.is_some(), wanted.is_some(), "{design:?}");
                if let (Some(got), Some(wanted)) = (got, wanted) {
                    // the table rounds z to 1.96
                    let wanted = f64::from(wanted);
                    assert!(
                        (got - wanted).abs() < 1.0 + 1e-4 * wanted,
                        "{design:?} {wanted}: {got}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_rare_violation_has_the_explained_part_and_the_costs_of_the_decision_table() {
        let rare = guess(0.005, 0.85, 0.995);
        assert!((rare.explained() - 0.389).abs() < 5e-4);
        let cost = |design| {
            let (_, second) = rare.parts(design);
            second / rare.unit_variance()
        };
        for (design, wanted) in [
            (GoldDesign::RoganGladen, 1.57),
            (GoldDesign::TwoPhaseSimple, 0.61),
            (GoldDesign::TwoPhaseNeyman, 0.20),
        ] {
            assert!((cost(design) - wanted).abs() < 0.006, "{design:?}: {}", cost(design));
        }
    }

    #[test]
    fn gold_is_divided_with_a_floor_for_the_unflagged() {
        let labeler = guess(0.02, 0.85, 0.98);
        let free = labeler.flagged_share_of_gold(0.0).unwrap();
        let (q, p, o) = (labeler.flagged(), labeler.precision(), labeler.false_omission());
        let (a, b) = (q * (p * (1.0 - p)).sqrt(), (1.0 - q) * (o * (1.0 - o)).sqrt());
        assert!((free - a / (a + b)).abs() < 1e-12);
        let low = labeler.flagged_share_of_gold(0.9).unwrap();
        assert!((low - 0.1).abs() < 1e-12);
        assert!(guess(0.1, 1.0, 1.0).flagged_share_of_gold(0.4).is_err());
        assert!(labeler.flagged_share_of_gold(1.5).is_err());
    }

    #[test]
    fn the_division_of_a_budget_cannot_be_improved() {
        let labeler = guess(0.02, 0.85, 0.98);
        let costs = UnitCosts { label: 0.002, gold: 0.5 };
        for design in [GoldDesign::TwoPhaseSimple, GoldDesign::TwoPhaseNeyman] {
            let ratio = labeler.labeled_for_each_gold(design, costs).unwrap();
            let variance = |ratio: f64| {
                let gold = 1000.0 / (costs.gold + ratio * costs.label);
                let labeled = LabeledSample { units: ratio * gold, design_effect: 1.0 };
                labeler.variance(design, labeled, gold).unwrap()
            };
            assert!(
                variance(ratio) < variance(0.9 * ratio) && variance(ratio) < variance(1.1 * ratio)
            );
        }
        let k = labeler.explained();
        let simple = labeler.labeled_for_each_gold(GoldDesign::TwoPhaseSimple, costs).unwrap();
        assert!((simple - (250.0 * k / (1.0 - k)).sqrt()).abs() < 1e-9);
        assert!(
            guess(0.1, 1.0, 1.0).labeled_for_each_gold(GoldDesign::TwoPhaseSimple, costs).is_err()
        );
    }

    #[test]
    fn a_labeler_no_better_than_chance_cannot_be_planned_with() {
        let rates = GuessedRates { prevalence: 0.1, sensitivity: 0.4, specificity: 0.6 };
        assert!(LabelerGuess::new(rates).is_err());
        assert!(LabelerGuess::new(GuessedRates { prevalence: 0.0, ..rates }).is_err());
        assert!(LabelerGuess::new(GuessedRates { sensitivity: 1.1, ..rates }).is_err());
    }

    proptest! {
        #[test]
        fn the_two_phase_estimator_never_loses_to_rogan_gladen(theta in 0.001f64..0.999, se in 0.51f64..0.999, sp in 0.51f64..0.999, gold in 1.0f64..1e5) {
            let labeler = guess(theta, se, sp);
            let of = |design| labeler.variance(design, LABELED, gold).unwrap();
            prop_assert!(of(GoldDesign::TwoPhaseSimple) <= of(GoldDesign::RoganGladen) * (1.0 + 1e-12));
            prop_assert!(of(GoldDesign::TwoPhaseNeyman) <= of(GoldDesign::TwoPhaseSimple) * (1.0 + 1e-9));
        }
    }
}
