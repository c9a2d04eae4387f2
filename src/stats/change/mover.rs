//! Limits of a change recovered from the limits of the two days.
//!
//! Symbols: `a` and `b` the earlier and the later value, `l` and `u` their limits, `r` the correlation of their errors.

use crate::stats::Estimate;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;
use crate::stats::TwoDays;

/// A day's value with its own limits, however they were made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayWithLimits {
    /// The value.
    pub value: f64,
    /// Its lower limit.
    pub low: f64,
    /// Its upper limit.
    pub high: f64,
}

impl DayWithLimits {
    fn check(self) -> Result<(), StatsError> {
        let all = [self.value, self.low, self.high];
        match all.into_iter().find(|limit| !limit.is_finite()) {
            Some(value) => Err(StatsError::OutOfRange { what: "a finite limit", value }),
            None if self.low <= self.high => Ok(()),
            None => {
                let what = "a lower limit below the upper one";
                Err(StatsError::OutOfRange { what, value: self.low })
            }
        }
    }

    /// How far the value may be too high, and too low.
    fn reach(self) -> (f64, f64) {
        ((self.value - self.low).max(0.0), (self.high - self.value).max(0.0))
    }
}

/// Returns the interval of `b - a` from the two days' own limits.
///
/// `L = b - a - sqrt((b - l_b)^2 + (u_a - a)^2 - 2 r (b - l_b)(u_a - a))` and likewise `U`: the variance each limit implies is
/// recovered on the side where it matters, so that skewed intervals of rare shares give a skewed interval of their change, and
/// a day whose gold found nothing still has its upper limit in it. With `r = 0` and Wilson limits it is Newcombe's interval.
/// Covers about as well as the limits it is given.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for limits that are not finite or not in order, and for a correlation outside `[-1, 1]`.
///
/// # Source
///
/// Zou & Donner (2008), Stat. Med. 27:1693–1702; Newcombe (1998), Stat. Med. 17:2635–2650, for correlated shares.
pub fn difference_of_days(
    days: TwoDays<DayWithLimits>,
    correlation: f64,
) -> Result<Interval, StatsError> {
    let (a, b) = (days.earlier, days.later);
    a.check()?;
    b.check()?;
    if !(-1.0..=1.0).contains(&correlation) {
        let what = "a correlation from -1 to 1";
        return Err(StatsError::OutOfRange { what, value: correlation });
    }
    let joined =
        |x: f64, y: f64| (x.powi(2) + y.powi(2) - 2.0 * correlation * x * y).max(0.0).sqrt();
    let ((a_down, a_up), (b_down, b_up)) = (a.reach(), b.reach());
    let change = b.value - a.value;
    let (low, high) = (change - joined(b_down, a_up), change + joined(b_up, a_down));
    Ok(Interval { low, high, method: Method::Mover })
}

/// Returns the ratio `b / a` with its interval, from the limits of the two logarithms.
///
/// # Errors
///
/// [`StatsError::Undefined`] where a value or a lower limit is 0: the ratio could then be anything; otherwise as
/// [`difference_of_days`].
///
/// # Source
///
/// That of [`difference_of_days`], on the log scale.
pub fn ratio_from_limits(
    days: TwoDays<DayWithLimits>,
    correlation: f64,
) -> Result<(f64, Interval), StatsError> {
    let logarithm = |day: DayWithLimits| {
        day.check()?;
        if day.low > 0.0 && day.value > 0.0 {
            let DayWithLimits { value, low, high } = day;
            return Ok(DayWithLimits { value: value.ln(), low: low.ln(), high: high.ln() });
        }
        let reason = "a lower limit is 0, so that the ratio could be anything";
        Err(StatsError::Undefined { statistic: "the ratio of two days", reason })
    };
    let logs = TwoDays { earlier: logarithm(days.earlier)?, later: logarithm(days.later)? };
    let limits = difference_of_days(logs, correlation)?;
    let ratio = (logs.later.value - logs.earlier.value).exp();
    let (low, high) = (limits.low.exp(), limits.high.exp());
    Ok((ratio, Interval { low, high, ..limits }))
}

/// Returns the p-value of no change that agrees with an interval: it is below `1 - level` just where the interval leaves
/// 0 out.
///
/// The variance is the one that the limit towards 0 implies, `((value - limit) / z)^2`.
///
/// # Errors
///
/// [`StatsError::Undefined`] where that limit is the value itself.
///
/// # Source
///
/// That of [`difference_of_days`].
pub fn p_value_of_change(value: f64, interval: Interval, level: Level) -> Result<f64, StatsError> {
    let towards = if value > 0.0 { value - interval.low } else { interval.high - value };
    Estimate { value, variance: (towards / level.z()).powi(2) }.p_value(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Rate;
    use crate::stats::TwoRates;
    use crate::stats::difference_newcombe;
    use crate::stats::wilson;
    use proptest::prelude::*;

    fn day(value: f64, low: f64, high: f64) -> DayWithLimits {
        DayWithLimits { value, low, high }
    }

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    fn of(rate: Rate) -> DayWithLimits {
        let limits = wilson(rate, level());
        day(rate.value(), limits.low, limits.high)
    }

    #[test]
    fn from_wilson_limits_it_is_the_interval_of_newcombe() {
        let (a, b) = (Rate::new(3, 100).unwrap(), Rate::new(11, 120).unwrap());
        let got = difference_of_days(TwoDays { earlier: of(a), later: of(b) }, 0.0).unwrap();
        let expected = difference_newcombe(TwoRates { first: b, second: a }, level());
        assert!((got.low - expected.low).abs() < 1e-12, "{got:?} {expected:?}");
        assert!((got.high - expected.high).abs() < 1e-12, "{got:?} {expected:?}");
    }

    #[test]
    fn a_day_that_found_nothing_still_has_its_upper_limit_in_the_change() {
        let days = TwoDays { earlier: day(0.0, 0.0, 0.02), later: day(0.01, 0.005, 0.03) };
        let got = difference_of_days(days, 0.0).unwrap();
        assert!((got.low - (0.01 - (0.005_f64.powi(2) + 0.02_f64.powi(2)).sqrt())).abs() < 1e-12);
        assert!((got.high - 0.03).abs() < 1e-12);
        assert!(ratio_from_limits(days, 0.0).is_err());
    }

    #[test]
    fn a_ratio_of_log_symmetric_limits_is_that_of_the_normal_logarithm() {
        let days = TwoDays { earlier: day(0.1, 0.05, 0.2), later: day(0.2, 0.1, 0.4) };
        let (ratio, interval) = ratio_from_limits(days, 0.0).unwrap();
        let half = 2.0_f64.sqrt() * 2.0_f64.ln();
        assert!((ratio - 2.0).abs() < 1e-12);
        assert!((interval.low - 2.0 * (-half).exp()).abs() < 1e-12);
        assert!((interval.high - 2.0 * half.exp()).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        let good = day(0.1, 0.0, 0.2);
        for bad in [day(f64::NAN, 0.0, 0.1), day(0.1, 0.2, 0.0)] {
            let days = TwoDays { earlier: bad, later: good };
            assert!(difference_of_days(days, 0.0).is_err());
        }
        let days = TwoDays { earlier: good, later: good };
        assert!(difference_of_days(days, 1.1).is_err());
        assert!(difference_of_days(days, f64::NAN).is_err());
        let exact = Interval { low: 0.1, high: 0.1, method: Method::Mover };
        assert!(p_value_of_change(0.1, exact, level()).is_err());
    }

    proptest! {
        #[test]
        fn correlation_narrows_and_the_p_value_agrees(
            a in 0.0f64..0.5, b in 0.0f64..0.5, down in 0.001f64..0.2, up in 0.001f64..0.2, r in 0.0f64..1.0,
        ) {
            let earlier = day(a, a - down, a + up);
            let later = day(b, b - up, b + down);
            let days = TwoDays { earlier, later };
            let (apart, together) = (difference_of_days(days, 0.0).unwrap(), difference_of_days(days, r).unwrap());
            prop_assert!(together.high - together.low <= apart.high - apart.low + 1e-12);
            let swapped = difference_of_days(TwoDays { earlier: later, later: earlier }, r).unwrap();
            prop_assert!((swapped.low + together.high).abs() < 1e-12);
            if let Ok(p) = p_value_of_change(b - a, apart, level()) {
                let outside = apart.low > 0.0 || apart.high < 0.0;
                prop_assert!((p < 0.05 - 1e-9) <= outside && (p > 0.05 + 1e-9) <= !outside);
            }
        }
    }
}
