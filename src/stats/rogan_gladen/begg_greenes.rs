//! Error rates from gold that was chosen by the label: corrected for the choice, and carried to another period.
//!
//! Symbols: `Q` the share of units labeled positive, `PPV` the share of positives among them, `FOR` (false omission rate)
//! the share of positives among the others.

use crate::stats::Delta;
use crate::stats::Proportion;
use crate::stats::StatsError;

/// What a labeled sample with gold chosen by label shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ByLabel {
    /// Units labeled positive, among all labeled.
    pub flagged: Proportion,
    /// Positives among gold units that were labeled positive (PPV).
    pub precision: Proportion,
    /// Positives among gold units that were not (FOR).
    pub omission: Proportion,
}

/// Error rates with the covariance that their common sample gives them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VerifiedAccuracy {
    /// Share of positives that were labeled positive.
    pub sensitivity: f64,
    /// Share of negatives that were not.
    pub specificity: f64,
    /// The first-order variance of the sensitivity.
    pub sensitivity_variance: f64,
    /// The first-order variance of the specificity.
    pub specificity_variance: f64,
    /// The first-order covariance of the two.
    pub covariance: f64,
}

/// Returns the sensitivity and specificity that gold chosen by label implies.
///
/// `se = Q PPV / (Q PPV + (1-Q) FOR)` and `sp = (1-Q)(1-FOR) / ((1-Q)(1-FOR) + Q (1-PPV))`; reading them off such gold
/// directly has verification bias. Assumes that within a label gold was chosen without regard to the truth. Putting them
/// into the Rogan-Gladen estimator with the same `Q` returns `Q PPV + (1-Q) FOR`: they are of use for other periods only.
/// The variances take the three shares as independent; a share of exactly 0 or 1 adds none.
///
/// # Errors
///
/// [`StatsError::Undefined`] where the shares imply no positive, or no negative, at all.
///
/// # Source
///
/// Begg & Greenes (1983), Biometrics 39:207–215.
pub fn begg_greenes(gold: ByLabel) -> Result<VerifiedAccuracy, StatsError> {
    let (q, ppv, omission) = (gold.flagged.value(), gold.precision.value(), gold.omission.value());
    let (hit, missed) = (q * ppv, (1.0 - q) * omission);
    let (passed, alarm) = ((1.0 - q) * (1.0 - omission), q * (1.0 - ppv));
    if hit + missed <= 0.0 {
        return Err(undefined("sensitivity", "the gold implies no positive unit at all"));
    }
    if passed + alarm <= 0.0 {
        return Err(undefined("specificity", "the gold implies no negative unit at all"));
    }
    // the derivatives by Q, PPV and FOR
    let positives = (hit + missed).powi(2);
    let by_sensitivity =
        [ppv * omission / positives, q * missed / positives, -(1.0 - q) * hit / positives];
    let negatives = (passed + alarm).powi(2);
    let by_specificity = [
        -(1.0 - omission) * (1.0 - ppv) / negatives,
        q * passed / negatives,
        -(1.0 - q) * alarm / negatives,
    ];
    let variances = [gold.flagged, gold.precision, gold.omission].map(Proportion::variance);
    let product = |a: [f64; 3], b: [f64; 3]| (0..3).map(|i| a[i] * b[i] * variances[i]).sum();
    Ok(VerifiedAccuracy {
        sensitivity: hit / (hit + missed),
        specificity: passed / (passed + alarm),
        sensitivity_variance: product(by_sensitivity, by_sensitivity),
        specificity_variance: product(by_specificity, by_specificity),
        covariance: product(by_sensitivity, by_specificity),
    })
}

impl VerifiedAccuracy {
    /// Returns the corrected prevalence of another sample, independent of this gold, with its standard error.
    ///
    /// Assumes that the error rates hold there (label shift only).
    ///
    /// # Errors
    ///
    /// [`StatsError::Uninformative`] unless sensitivity + specificity is above 1.
    ///
    /// # Source
    ///
    /// Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76, with the covariance of the two rates.
    pub fn carry_to(self, apparent: Proportion) -> Result<Delta, StatsError> {
        let youden = self.sensitivity + self.specificity - 1.0;
        if youden <= 0.0 {
            return Err(StatsError::Uninformative { youden, low: youden });
        }
        let raw = (apparent.value() + self.specificity - 1.0) / youden;
        let variance = apparent.variance()
            + raw.powi(2) * self.sensitivity_variance
            + (1.0 - raw).powi(2) * self.specificity_variance
            - 2.0 * raw * (1.0 - raw) * self.covariance;
        Ok(Delta { raw, std_error: variance.max(0.0).sqrt() / youden })
    }
}

fn undefined(statistic: &'static str, reason: &'static str) -> StatsError {
    StatsError::Undefined { statistic, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_label(q: f64, ppv: f64, omission: f64) -> ByLabel {
        let of = |value: f64, size: f64| Proportion::new(value, size).unwrap();
        ByLabel { flagged: of(q, 1e4), precision: of(ppv, 200.0), omission: of(omission, 300.0) }
    }

    #[test]
    fn gold_without_positives_gives_no_sensitivity() {
        assert!(matches!(
            begg_greenes(by_label(0.2, 0.0, 0.0)),
            Err(StatsError::Undefined { statistic: "sensitivity", .. })
        ));
        assert!(matches!(
            begg_greenes(by_label(0.2, 1.0, 1.0)),
            Err(StatsError::Undefined { statistic: "specificity", .. })
        ));
    }

    proptest! {
        #[test]
        fn correcting_the_same_sample_returns_the_two_phase_estimate(
            q in 0.01f64..0.99, ppv in 0.02f64..0.99, part in 0.0f64..0.95,
        ) {
            let gold = by_label(q, ppv, ppv * part);
            let rates = begg_greenes(gold).unwrap();
            let corrected = rates.carry_to(gold.flagged).unwrap().raw;
            let two_phase = q * ppv + (1.0 - q) * ppv * part;
            prop_assert!((corrected - two_phase).abs() < 1e-9, "{corrected} {two_phase}");
        }

        #[test]
        fn variances_are_those_of_small_steps(q in 0.1f64..0.9, ppv in 0.3f64..0.9, omission in 0.05f64..0.25) {
            let rates = begg_greenes(by_label(q, ppv, omission)).unwrap();
            let step = 1e-6;
            let variances = [q * (1.0 - q) / 1e4, ppv * (1.0 - ppv) / 200.0, omission * (1.0 - omission) / 300.0];
            let moved = [by_label(q + step, ppv, omission), by_label(q, ppv + step, omission), by_label(q, ppv, omission + step)];
            let (mut sensitivity, mut specificity, mut both) = (0.0, 0.0, 0.0);
            for (gold, variance) in moved.into_iter().zip(variances) {
                let after = begg_greenes(gold).unwrap();
                let (se, sp) = ((after.sensitivity - rates.sensitivity) / step, (after.specificity - rates.specificity) / step);
                sensitivity += se * se * variance;
                specificity += sp * sp * variance;
                both += se * sp * variance;
            }
            prop_assert!((sensitivity / rates.sensitivity_variance - 1.0).abs() < 1e-3);
            prop_assert!((specificity / rates.specificity_variance - 1.0).abs() < 1e-3);
            prop_assert!((both - rates.covariance).abs() < 1e-3 * (sensitivity * specificity).sqrt());
        }
    }
}
