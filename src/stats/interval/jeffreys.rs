//! Jeffreys' interval in the three conventions in use where nothing or everything succeeded.
//!
//! All are quantiles of Beta(k + 1/2, n - k + 1/2), the posterior under Jeffreys' prior; they differ at `k = 0` and
//! `k = n` only. titer reports [`jeffreys`].

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::beta;
use crate::stats::beta::BetaShape;

/// Returns Jeffreys' interval: equal-tailed Beta(k + 1/2, n - k + 1/2), its limit 0 at k = 0 and 1 at k = n.
///
/// # Source
///
/// Brown, Cai & DasGupta (2001), Stat. Sci. 16:101–133, whose convention for k = 0 and k = n this is.
#[must_use]
pub fn jeffreys(rate: Rate, level: Level) -> Interval {
    opened(rate, jeffreys_raw(rate, level), Method::Jeffreys)
}

/// Returns Jeffreys' interval, equal-tailed everywhere: at `k = 0` it leaves 0 out.
///
/// # Source
///
/// Brown, Cai & DasGupta (2001), Stat. Sci. 16:101–133, before their modification; statsmodels' convention.
#[must_use]
pub fn jeffreys_raw(rate: Rate, level: Level) -> Interval {
    tails(rate, level.tail(), Method::JeffreysRaw)
}

/// Returns Jeffreys' interval with all of alpha in the open tail at `k = 0` and `k = n`: the shortest of the three there.
///
/// # Source
///
/// R package binom, `binom.bayes(type = "central")`, whose convention this is.
#[must_use]
pub fn jeffreys_one_tail(rate: Rate, level: Level) -> Interval {
    let closed = rate.successes() == 0 || rate.successes() == rate.trials();
    let tail = if closed { 2.0 * level.tail() } else { level.tail() };
    opened(rate, tails(rate, tail, Method::JeffreysOneTail), Method::JeffreysOneTail)
}

fn tails(rate: Rate, tail: f64, method: Method) -> Interval {
    let (k, n) = (rate.successes() as f64, rate.trials() as f64);
    let shape = BetaShape { success: k + 0.5, failure: n - k + 0.5 };
    Interval { low: beta::quantile(shape, tail), high: beta::quantile(shape, 1.0 - tail), method }
}

fn opened(rate: Rate, interval: Interval, method: Method) -> Interval {
    Interval {
        low: if rate.successes() == 0 { 0.0 } else { interval.low },
        high: if rate.successes() == rate.trials() { 1.0 } else { interval.high },
        method,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conventions_differ_only_without_success_or_failure() {
        let level = Level::new(0.95).unwrap();
        for (k, differ) in [(0, true), (3, false), (20, true)] {
            let rate = Rate::new(k, 20).unwrap();
            let (plain, raw, one) =
                (jeffreys(rate, level), jeffreys_raw(rate, level), jeffreys_one_tail(rate, level));
            let apart = |a: Interval, b: Interval| (a.low - b.low).abs() + (a.high - b.high).abs();
            assert_eq!(apart(plain, raw) > 1e-12, differ, "{k}");
            assert_eq!(apart(plain, one) > 1e-12, differ, "{k}");
        }
    }
}
