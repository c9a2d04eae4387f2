//! The ratio of two days.

use crate::stats::Estimate;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::StatsError;
use crate::stats::TwoDays;

/// A day's value with its lower limit, for the ratio of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayWithLimit {
    /// The value with its variance.
    pub estimate: Estimate,
    /// The lower limit of its own interval.
    pub low: f64,
}

/// Returns the ratio of the later value to the earlier one, with its interval, from the variance of its logarithm.
///
/// `Var(ln b/a) = V_a/a^2 + V_b/b^2 - 2 C/(a b)`, `C` being the covariance of the two values.
///
/// # Errors
///
/// [`StatsError::Undefined`] where either lower limit is 0: the ratio could then be anything; or where the variance is 0.
///
/// # Source
///
/// Cochran (1977), Sampling Techniques, 6.3, for the delta method.
pub fn ratio_of_days(
    days: TwoDays<DayWithLimit>,
    covariance: f64,
    level: Level,
) -> Result<(f64, Interval), StatsError> {
    let (a, b) = (days.earlier.estimate, days.later.estimate);
    let bounded = |day: DayWithLimit| day.low > 0.0 && day.estimate.value > 0.0;
    if !(bounded(days.earlier) && bounded(days.later)) {
        let reason = "a lower limit is 0, so that the ratio could be anything";
        return Err(StatsError::Undefined { statistic: "the ratio of two days", reason });
    }
    if !covariance.is_finite() {
        return Err(StatsError::OutOfRange { what: "a finite covariance", value: covariance });
    }
    let variance = a.variance / a.value.powi(2) + b.variance / b.value.powi(2)
        - 2.0 * covariance / (a.value * b.value);
    let logarithm = Estimate { value: (b.value / a.value).ln(), variance: variance.max(0.0) };
    let limits = logarithm.wald_interval(level)?;
    let interval = Interval { low: limits.low.exp(), high: limits.high.exp(), ..limits };
    Ok((b.value / a.value, interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_needs_both_lower_limits_above_0() {
        let day = |value: f64, low: f64| DayWithLimit {
            estimate: Estimate { value, variance: 1e-4 },
            low,
        };
        let level = Level::new(0.95).unwrap();
        let days = TwoDays { earlier: day(0.1, 0.08), later: day(0.2, 0.18) };
        let (got, interval) = ratio_of_days(days, 5e-5, level).unwrap();
        // Var ln = 1e-4/.01 + 1e-4/.04 - 1e-4/.02
        let half = level.z() * 0.0075_f64.sqrt();
        assert!((got - 2.0).abs() < 1e-12 && (interval.low - 2.0 * (-half).exp()).abs() < 1e-12);
        assert!((interval.high - 2.0 * half.exp()).abs() < 1e-12);
        let touching = TwoDays { earlier: day(0.1, 0.0), later: day(0.2, 0.18) };
        assert!(matches!(ratio_of_days(touching, 0.0, level), Err(StatsError::Undefined { .. })));
    }
}
