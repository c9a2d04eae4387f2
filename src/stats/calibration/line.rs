//! Calibration intercept and slope, and calibration in the large.

use crate::stats::Coefficient;
use crate::stats::Forecasts;
use crate::stats::ScoredUnit;
use crate::stats::StatsError;
use crate::stats::calibration::logistic::LogisticUnit;
use crate::stats::calibration::logistic::Terms;
use crate::stats::calibration::logistic::fit;

/// The logistic line of the outcome on the logit of the stated probability; calibrated is intercept 0, slope 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationLine {
    /// Above 0 where probabilities are stated too low, at slope 1.
    pub intercept: Coefficient,
    /// Below 1 where stated probabilities are too extreme.
    pub slope: Coefficient,
}

/// Fits `logit P(positive) = intercept + slope logit(p)`, p the stated probability.
///
/// Independent units; at least some ten positives and negatives for the errors to mean much.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a probability of 0 or 1, which has no logit (drop or clip such units knowingly);
/// [`StatsError::Undefined`] or [`StatsError::NoConvergence`] with one class only, when p does not vary, and when it
/// separates the classes.
///
/// # Source
///
/// Cox (1958), Biometrika 45:562–565; Steyerberg (2019), Clinical Prediction Models, 15.3.
pub fn calibration_line(forecasts: &Forecasts) -> Result<CalibrationLine, StatsError> {
    forecasts.scores().class_weights("the calibration slope")?;
    let units = logit_units(forecasts, |logit| (logit, 0.0))?;
    let fit = fit(&units, Terms::InterceptAndSlope)?;
    Ok(CalibrationLine { intercept: fit.intercept, slope: fit.slope })
}

/// Returns calibration in the large: the intercept with the slope held at 1, 0 where the mean probability is right.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a probability of 0 or 1; [`StatsError::Undefined`] with one class only.
///
/// # Source
///
/// Steyerberg (2019), Clinical Prediction Models, 15.3.
pub fn calibration_in_the_large(forecasts: &Forecasts) -> Result<Coefficient, StatsError> {
    forecasts.scores().class_weights("calibration in the large")?;
    let units = logit_units(forecasts, |logit| (0.0, logit))?;
    Ok(fit(&units, Terms::Intercept)?.intercept)
}

/// The units of a regression whose variable and offset are made of the logit of the probability.
fn logit_units(
    forecasts: &Forecasts,
    place: impl Fn(f64) -> (f64, f64),
) -> Result<Vec<LogisticUnit>, StatsError> {
    let unit = |unit: &ScoredUnit| {
        let p = unit.score;
        if p <= 0.0 || p >= 1.0 {
            let what = "a probability strictly between 0 and 1";
            return Err(StatsError::OutOfRange { what, value: p });
        }
        let (x, offset) = place(p.ln() - (-p).ln_1p());
        Ok(LogisticUnit { x, offset, outcome: unit.outcome(), weight: unit.weight })
    };
    forecasts.units().iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Scores;
    use crate::stats::Truth;

    fn forecasts(units: &[(f64, Truth, f64)]) -> Forecasts {
        let unit = |&(score, truth, weight): &_| ScoredUnit { score, truth, weight };
        Forecasts::new(Scores::new(units.iter().map(unit).collect()).unwrap()).unwrap()
    }

    #[test]
    fn probabilities_that_are_met_exactly_have_intercept_0_and_slope_1() {
        // of weight 10 at .2, 2 are positive; of weight 10 at .6, 6
        let exact = forecasts(&[
            (0.2, Truth::Positive, 2.0),
            (0.2, Truth::Negative, 8.0),
            (0.6, Truth::Positive, 6.0),
            (0.6, Truth::Negative, 4.0),
        ]);
        let line = calibration_line(&exact).unwrap();
        assert!(line.intercept.value.abs() < 1e-9 && (line.slope.value - 1.0).abs() < 1e-9);
        assert!(calibration_in_the_large(&exact).unwrap().value.abs() < 1e-9);
    }

    #[test]
    fn certainties_and_single_classes_have_no_line() {
        let certain = forecasts(&[(1.0, Truth::Positive, 1.0), (0.4, Truth::Negative, 1.0)]);
        assert!(calibration_line(&certain).is_err());
        assert!(calibration_in_the_large(&certain).is_err());
        let single = forecasts(&[(0.5, Truth::Positive, 1.0), (0.4, Truth::Positive, 1.0)]);
        assert!(calibration_line(&single).is_err());
        assert!(calibration_in_the_large(&single).is_err());
    }
}
