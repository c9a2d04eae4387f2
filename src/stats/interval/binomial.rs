//! Intervals for the share of successes in a simple count.
//!
//! Symbols: `k` successes in `n` independent trials, `p = k / n`, `z` the standard normal quantile of the level.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::StatsError;
use crate::stats::beta;
use crate::stats::beta::BetaShape;

/// Returns Wald's interval, `p` plus and minus `z sqrt(p (1-p) / n)`, cut to `[0, 1]`.
///
/// Not to be reported: it has no width at `k = 0` and `k = n` and covers far below the level for rare events. It is here
/// so that other programs' intervals can be compared.
///
/// # Source
///
/// Laplace (1812); its failings in Brown, Cai & DasGupta (2001), Stat. Sci. 16:101–133.
#[must_use]
pub fn wald(rate: Rate, level: Level) -> Interval {
    let half = level.z() * rate.variance().sqrt();
    Interval { low: rate.value() - half, high: rate.value() + half, method: Method::Wald }.clipped()
}

/// Returns Wilson's score interval.
///
/// Assumes independent trials. Covers close to the level on average over p, also near 0 and 1.
///
/// # Source
///
/// Wilson (1927), JASA 22:209–212; Brown, Cai & DasGupta (2001), Stat. Sci. 16:101–133.
#[must_use]
pub fn wilson(rate: Rate, level: Level) -> Interval {
    wilson_at(rate.value(), rate.trials() as f64, level)
}

/// Returns Wilson's score interval with continuity correction: seldom below the level, and wider.
///
/// The correction is kept at `k = n / 2`, where R's `prop.test` drops it.
///
/// # Source
///
/// Newcombe (1998), Stat. Med. 17:857–872, method 4.
#[must_use]
pub fn wilson_corrected(rate: Rate, level: Level) -> Interval {
    let (p, n, z) = (rate.value(), rate.trials() as f64, level.z());
    let q = 1.0 - p;
    let root = |shift: f64, inner: f64| (z * z + shift - 1.0 / n + 4.0 * p * inner).max(0.0).sqrt();
    let (middle, scale) = (2.0 * n * p + z * z, 2.0 * (n + z * z));
    let low = (middle - 1.0 - z * root(-2.0, n * q + 1.0)) / scale;
    let high = (middle + 1.0 + z * root(2.0, n * q - 1.0)) / scale;
    Interval {
        low: if rate.successes() == 0 { 0.0 } else { low.max(0.0) },
        high: if rate.successes() == rate.trials() { 1.0 } else { high.min(1.0) },
        method: Method::WilsonCorrected,
    }
}

/// Returns Agresti and Coull's interval: Wald's after adding `z^2 / 2` successes and as many failures, cut to `[0, 1]`.
///
/// # Source
///
/// Agresti & Coull (1998), Am. Stat. 52:119–126.
#[must_use]
pub fn agresti_coull(rate: Rate, level: Level) -> Interval {
    let z2 = level.z().powi(2);
    let n = rate.trials() as f64 + z2;
    let p = (rate.successes() as f64 + z2 / 2.0) / n;
    let half = level.z() * (p * (1.0 - p) / n).sqrt();
    Interval { low: p - half, high: p + half, method: Method::AgrestiCoull }.clipped()
}

/// Returns Clopper and Pearson's interval: it covers at least the level, whatever p is.
///
/// # Source
///
/// Clopper & Pearson (1934), Biometrika 26:404–413.
#[must_use]
pub fn clopper_pearson(rate: Rate, level: Level) -> Interval {
    let (k, n) = (rate.successes() as f64, rate.trials() as f64);
    Interval {
        low: beta_low(k, n, level.tail()),
        high: beta_high(k, n, level.tail()),
        method: Method::ClopperPearson,
    }
}

/// Returns the lower limit of Clopper and Pearson with all that the level leaves out on one side.
///
/// # Source
///
/// Clopper & Pearson (1934), Biometrika 26:404–413.
#[must_use]
pub fn clopper_pearson_lower(rate: Rate, level: Level) -> f64 {
    beta_low(rate.successes() as f64, rate.trials() as f64, 2.0 * level.tail())
}

/// Returns the upper limit of Clopper and Pearson with all that the level leaves out on one side.
///
/// At `k = 0` it is `1 - alpha^(1/n)`, the "rule of three" at level .95.
///
/// # Source
///
/// Clopper & Pearson (1934), Biometrika 26:404–413.
#[must_use]
pub fn clopper_pearson_upper(rate: Rate, level: Level) -> f64 {
    beta_high(rate.successes() as f64, rate.trials() as f64, 2.0 * level.tail())
}

/// Returns Wald's interval on the logit scale, with the variance `1 / (n p (1-p))`.
///
/// # Errors
///
/// [`StatsError::Undefined`] at `k = 0` and `k = n`, where the logit is infinite.
///
/// # Source
///
/// Brown, Cai & DasGupta (2001), Stat. Sci. 16:101–133, section 4.
pub fn logit(rate: Rate, level: Level) -> Result<Interval, StatsError> {
    let p = rate.value();
    let half = level.z() / (rate.trials() as f64 * p * (1.0 - p)).sqrt();
    on_logit_scale(p, half, Method::Logit)
}

/// Returns the interval that reaches `half` to either side of `p` on the logit scale.
pub(super) fn on_logit_scale(p: f64, half: f64, method: Method) -> Result<Interval, StatsError> {
    if p <= 0.0 || p >= 1.0 {
        return Err(StatsError::Undefined {
            statistic: method.name(),
            reason: "the logit of a share of 0 or 1 is infinite",
        });
    }
    let (centre, back) = ((p / (1.0 - p)).ln(), |logit: f64| 1.0 / (1.0 + (-logit).exp()));
    Ok(Interval { low: back(centre - half), high: back(centre + half), method })
}

/// Returns Wilson's interval at any size above 0.
pub(super) fn wilson_at(p: f64, n: f64, level: Level) -> Interval {
    let z2 = level.z().powi(2);
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = level.z() / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let low = if p <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if p >= 1.0 { 1.0 } else { (centre + half).min(1.0) };
    Interval { low, high, method: Method::Wilson }
}

/// Returns the share at which `k` or more of `n` have the probability `tail`; 0 where `k` is 0.
pub(super) fn beta_low(k: f64, n: f64, tail: f64) -> f64 {
    if k <= 0.0 {
        0.0
    } else {
        beta::quantile(BetaShape { success: k, failure: n - k + 1.0 }, tail)
    }
}

/// Returns the share at which `k` or fewer of `n` have the probability `tail`; 1 where `k` is `n`.
pub(super) fn beta_high(k: f64, n: f64, tail: f64) -> f64 {
    if n - k <= 0.0 {
        1.0
    } else {
        beta::quantile(BetaShape { success: k + 1.0, failure: n - k }, 1.0 - tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::jeffreys;
    use crate::stats::jeffreys_raw;
    use proptest::prelude::*;

    #[test]
    fn the_upper_limit_without_success_has_its_closed_form() {
        let (none, level) = (Rate::new(0, 100).unwrap(), Level::new(0.95).unwrap());
        assert!((clopper_pearson_upper(none, level) - (1.0 - 0.05f64.powf(0.01))).abs() < 1e-12);
        assert!((clopper_pearson(none, level).high - (1.0 - 0.025f64.powf(0.01))).abs() < 1e-12);
        assert!(clopper_pearson_lower(none, level).abs() < 1e-300);
    }

    #[test]
    fn a_share_of_0_or_1_has_no_logit_interval() {
        let level = Level::new(0.95).unwrap();
        for k in [0, 9] {
            let refused = logit(Rate::new(k, 9).unwrap(), level);
            assert!(matches!(refused, Err(StatsError::Undefined { statistic: "logit", .. })));
        }
    }

    proptest! {
        #[test]
        fn every_interval_holds_its_estimate_and_stays_a_share(n in 1u64..400, k in 0u64..400, level in 0.5f64..0.999) {
            let (rate, level) = (Rate::new(k.min(n), n).unwrap(), Level::new(level).unwrap());
            let all = [
                wald(rate, level), wilson(rate, level), wilson_corrected(rate, level), agresti_coull(rate, level),
                clopper_pearson(rate, level), jeffreys(rate, level),
            ];
            for interval in all {
                prop_assert!(0.0 <= interval.low && interval.low <= rate.value() + 1e-12, "{interval:?}");
                prop_assert!(rate.value() <= interval.high + 1e-12 && interval.high <= 1.0, "{interval:?}");
            }
        }

        #[test]
        fn failures_mirror_successes(n in 1u64..400, k in 0u64..400, level in 0.5f64..0.999) {
            let k = k.min(n);
            let (rate, mirror, level) =
                (Rate::new(k, n).unwrap(), Rate::new(n - k, n).unwrap(), Level::new(level).unwrap());
            for make in [wald, wilson, wilson_corrected, agresti_coull, clopper_pearson, jeffreys, jeffreys_raw] {
                let (one, other) = (make(rate, level), make(mirror, level));
                prop_assert!((one.low - (1.0 - other.high)).abs() < 1e-9, "{one:?} {other:?}");
            }
        }
    }
}
