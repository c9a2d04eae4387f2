//! What errors in the human gold do to an estimate: an outer correction for error rates known from elsewhere.

mod posterior;

pub use posterior::PosteriorEstimate;
pub use posterior::PosteriorGold;
pub use posterior::posterior_interval;
pub use posterior::posterior_two_phase;

use crate::stats::Accuracy;
use crate::stats::Estimate;
use crate::stats::Proportion;
use crate::stats::StatsError;

/// Raters whose sensitivity and specificity add up to less cannot be corrected for.
const LEAST_RATES: f64 = 1.5;

/// An estimate before and after the correction for errors of the gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldCorrected {
    /// Taking gold for truth.
    pub without: Estimate,
    /// Corrected; outside `[0, 1]` where the error rates contradict the estimate.
    pub with: Estimate,
}

impl GoldCorrected {
    /// Returns how far the correction moves the estimate: its sensitivity to errors of the gold.
    #[must_use]
    pub fn difference(&self) -> f64 {
        self.with.value - self.without.value
    }

    /// Returns the corrected estimate to show, clipped to `[0, 1]`.
    #[must_use]
    pub fn shown(&self) -> f64 {
        self.with.value.clamp(0.0, 1.0)
    }
}

/// Corrects an estimate that took gold for truth for error rates of the gold that are known from elsewhere.
///
/// `theta = (p + Sp_g - 1) / J`, `J = Se_g + Sp_g - 1`, with the delta-method variance
/// `[ V(p) + theta^2 V(Se_g) + (1 - theta)^2 V(Sp_g) ] / J^2`. The value is not clipped: see [`GoldCorrected::shown`].
///
/// Assumes that the rates hold for these raters and units, that they were measured on other units, and that gold errs
/// independently of the labeler: raters who saw the label do not.
///
/// # Errors
///
/// [`StatsError::Undefined`] where `Se_g + Sp_g < 1.5`: such gold needs better raters, not a correction;
/// [`StatsError::OutOfRange`] for an estimate outside `[0, 1]` or a variance below 0.
///
/// # Source
///
/// Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76, applied to the gold standard; Gart & Buck (1966), Am. J.
/// Epidemiol. 83:593–602, for imperfect reference tests.
pub fn correct_gold_error(estimate: Estimate, gold: Accuracy) -> Result<GoldCorrected, StatsError> {
    if !(0.0..=1.0).contains(&estimate.value) {
        return Err(StatsError::OutOfRange { what: "a prevalence", value: estimate.value });
    }
    if !(0.0..f64::INFINITY).contains(&estimate.variance) {
        return Err(StatsError::OutOfRange { what: "a variance", value: estimate.variance });
    }
    let (se, sp) = (gold.sensitivity, gold.specificity);
    if se.value() + sp.value() < LEAST_RATES {
        return Err(StatsError::Undefined {
            statistic: "the correction for errors of the gold",
            reason: "sensitivity + specificity of the gold is below 1.5; it needs better raters",
        });
    }
    let youden = gold.youden();
    let value = (estimate.value + sp.value() - 1.0) / youden;
    let variance =
        estimate.variance + value.powi(2) * variance(se) + (1.0 - value).powi(2) * variance(sp);
    let with = Estimate { value, variance: variance / youden.powi(2) };
    Ok(GoldCorrected { without: estimate, with })
}

fn variance(rate: Proportion) -> f64 {
    rate.value() * (1.0 - rate.value()) / rate.size()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(se: f64, sp: f64) -> Accuracy {
        let rate = |value| Proportion::new(value, 100.0).unwrap();
        Accuracy { sensitivity: rate(se), specificity: rate(sp) }
    }

    #[test]
    fn known_errors_of_the_gold_move_and_widen_the_estimate() {
        let estimate = Estimate { value: 0.3, variance: 0.0004 };
        let corrected = correct_gold_error(estimate, rates(0.9, 0.95)).unwrap();
        let theta = 0.25 / 0.85;
        assert!((corrected.with.value - theta).abs() < 1e-12);
        // Worked by hand: [0.02^2 + theta^2 0.09/100 + (1-theta)^2 0.0475/100] / 0.85^2
        let variance = (0.0004 + theta * theta * 0.0009 + (1.0 - theta).powi(2) * 0.000_475)
            / 0.85_f64.powi(2);
        assert!((corrected.with.variance - variance).abs() < 1e-12);
        assert!((corrected.difference() - (theta - 0.3)).abs() < 1e-12);
    }

    #[test]
    fn gold_that_errs_too_often_is_refused_and_what_comes_out_negative_is_shown_as_0() {
        let estimate = Estimate { value: 0.02, variance: 0.0001 };
        assert!(correct_gold_error(estimate, rates(0.7, 0.79)).is_err());
        let corrected = correct_gold_error(estimate, rates(0.9, 0.95)).unwrap();
        assert!(corrected.with.value < 0.0 && corrected.shown().abs() < 1e-300);
        assert!(correct_gold_error(Estimate { value: 1.1, ..estimate }, rates(1.0, 1.0)).is_err());
    }
}
