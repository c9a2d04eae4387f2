//! The check of a plain design weight: how many units of the population one unit stands for.

use crate::stats::StatsError;

/// Weights lie in this range, so that no sum of their squares overflows or vanishes.
const RANGE: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Returns the weight if it is one.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] unless it lies within 1e-100 to 1e100; NaN is refused too.
pub(crate) fn design_weight(value: f64) -> Result<f64, StatsError> {
    if RANGE.contains(&value) {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange { what: "a weight above 0 (1e-100 to 1e100)", value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_weight_is_refused() {
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200] {
            assert!(design_weight(weight).is_err(), "{weight}");
        }
        assert!((design_weight(2.5).unwrap() - 2.5).abs() < 1e-300);
    }
}
