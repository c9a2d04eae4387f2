//! Exact binomial intervals shorter than Clopper and Pearson's: the shares that a two-sided exact test does not reject.
//!
//! Symbols: `x` successes in `n` trials, `F` their distribution function under the share `p`. Both tests give, below
//! `x / n`, the p-value `P(X >= x) + P(X <= k)`, where `k` rises in steps as `p` rises: at a step the p-value jumps up,
//! and between two steps it falls and then rises. The set of shares not rejected may so have gaps; the interval is from
//! its least to its largest value, found exactly, not on a grid.

use super::binomial::beta_low;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::beta;
use crate::stats::beta::BetaShape;
use statrs::function::gamma::ln_gamma;

/// A count seen from below: its lower limit is sought; the upper one is that of the mirrored count.
#[derive(Debug, Clone, Copy)]
struct Count {
    successes: u64,
    trials: u64,
}

/// Returns Blaker's interval: it covers at least the level, and lies within Clopper and Pearson's.
///
/// # Source
///
/// Blaker (2000), Can. J. Stat. 28:783–798; the shape between steps as in Klaschka (2010), COMPSTAT 2010.
#[must_use]
pub fn blaker(rate: Rate, level: Level) -> Interval {
    two_sided(rate, Method::Blaker, |count| blaker_low(count, level))
}

/// Returns Sterne's interval: it covers at least the level.
///
/// It holds the shares under which outcomes no more probable than the one seen have together a probability above
/// `1 - level`.
///
/// # Source
///
/// Sterne (1954), Biometrika 41:275–278; Reiczigel (2003), Stat. Med. 22:611–621.
#[must_use]
pub fn sterne(rate: Rate, level: Level) -> Interval {
    two_sided(rate, Method::Sterne, |count| sterne_low(count, level))
}

/// Returns Blaker's p-value of the hypothesis that the share is `p`: the probability of a tail no more probable than the
/// smaller one seen, on either side.
///
/// `p` is a share; outside `(0, 1)` the p-value is 1 where the counts agree with it and 0 where not.
///
/// # Source
///
/// Blaker (2000), Can. J. Stat. 28:783–798.
#[must_use]
pub fn blaker_p_value(rate: Rate, p: f64) -> f64 {
    two_sided_p_value(rate, p, Count::blaker_other_tail)
}

/// Returns Sterne's p-value of the hypothesis that the share is `p`: the probability of all outcomes no more probable than
/// the one seen.
///
/// `p` is a share; outside `(0, 1)` the p-value is 1 where the counts agree with it and 0 where not.
///
/// # Source
///
/// Sterne (1954), Biometrika 41:275–278.
#[must_use]
pub fn sterne_p_value(rate: Rate, p: f64) -> f64 {
    two_sided_p_value(rate, p, Count::sterne_other_tail)
}

impl Count {
    fn mirrored(self) -> Self {
        Self { successes: self.trials - self.successes, ..self }
    }

    /// P(X >= x) under the share `p`.
    fn upper_tail(self, p: f64) -> f64 {
        at_least(self.successes, self.trials, p)
    }

    /// The p-value while the other tail ends before `outside`: P(X >= x) + P(X < outside).
    fn both_tails(self, outside: u64, p: f64) -> f64 {
        (self.upper_tail(p) + below(outside, self.trials, p)).min(1.0)
    }

    /// The first outcome outside the other tail by Blaker: the least with P(X <= it) > P(X >= x).
    fn blaker_other_tail(self, p: f64) -> u64 {
        let own = self.upper_tail(p);
        first(self.successes, |outside| below(outside + 1, self.trials, p) > own)
    }

    /// The first outcome outside the other tail by Sterne: the least that is more probable than `x`.
    fn sterne_other_tail(self, p: f64) -> u64 {
        let odds = (p / (1.0 - p)).ln();
        first(self.successes, |outside| self.even_odds(outside) > odds)
    }

    /// The logarithm of the odds at which `other` (below `x`) is as probable as `x`.
    fn even_odds(self, other: u64) -> f64 {
        let ways = |k: u64| -ln_gamma(k as f64 + 1.0) - ln_gamma((self.trials - k) as f64 + 1.0);
        (ways(other) - ways(self.successes)) / (self.successes - other) as f64
    }
}

fn two_sided(rate: Rate, method: Method, low: impl Fn(Count) -> f64) -> Interval {
    let count = Count { successes: rate.successes(), trials: rate.trials() };
    Interval { low: low(count), high: 1.0 - low(count.mirrored()), method }
}

fn two_sided_p_value(rate: Rate, p: f64, other_tail: impl Fn(Count, f64) -> u64) -> f64 {
    let count = Count { successes: rate.successes(), trials: rate.trials() };
    let certain = |agrees: bool| if agrees { 1.0 } else { 0.0 };
    if p <= 0.0 {
        return certain(count.successes == 0);
    }
    if p >= 1.0 {
        return certain(count.successes == count.trials);
    }
    let (seen, share) = if p <= rate.value() { (count, p) } else { (count.mirrored(), 1.0 - p) };
    seen.both_tails(other_tail(seen, share), share)
}

/// Below Clopper and Pearson's limit both tails are at most alpha/2; at the first step above it the p-value jumps to alpha
/// or more. The limit is that step, or the crossing just before it.
fn blaker_low(count: Count, level: Level) -> f64 {
    if count.successes == 0 {
        return 0.0;
    }
    let start = beta_low(count.successes as f64, count.trials as f64, level.tail());
    let outside = count.blaker_other_tail(start);
    let step = bisect([start, 1.0], |p| below(outside + 1, count.trials, p) <= count.upper_tail(p));
    crossing(count, outside, [start, step], level).unwrap_or(step)
}

/// P(X <= k) is at most x P(X >= x) while `k` is no more probable than `x` and below the mode, so that nothing below the
/// share where P(X >= x) is alpha / (x + 1) is in the interval. From there on it goes step by step.
fn sterne_low(count: Count, level: Level) -> f64 {
    if count.successes == 0 {
        return 0.0;
    }
    let alpha = 2.0 * level.tail();
    let x = count.successes as f64;
    let mut from = beta_low(x, count.trials as f64, alpha / (x + 1.0));
    let mut outside = count.sterne_other_tail(from);
    while outside < count.successes {
        let step = 1.0 / (1.0 + (-count.even_odds(outside)).exp());
        if let Some(found) = crossing(count, outside, [from, step], level) {
            return found;
        }
        outside += 1;
        from = step;
        if count.both_tails(outside, step) >= alpha {
            return step;
        }
    }
    from
}

/// Where the p-value reaches alpha between two steps, if it does. It falls first, so it does only if it ends above alpha.
fn crossing(count: Count, outside: u64, [from, to]: [f64; 2], level: Level) -> Option<f64> {
    let alpha = 2.0 * level.tail();
    (count.both_tails(outside, to) >= alpha)
        .then(|| bisect([from, to], |p| count.both_tails(outside, p) >= alpha))
}

/// P(X >= k) of `n` trials with the share `p`.
fn at_least(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        1.0
    } else if k > n {
        0.0
    } else {
        beta::cumulative(BetaShape { success: k as f64, failure: (n - k) as f64 + 1.0 }, p)
    }
}

/// P(X < k) of `n` trials with the share `p`.
fn below(k: u64, n: u64, p: f64) -> f64 {
    at_least(n + 1 - k.min(n + 1), n, 1.0 - p)
}

/// The least number below `end` for which `holds` (which stays true once it is), or `end`.
fn first(end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The least value for which `holds`, where it does not at the lower end and does at the upper one.
fn bisect([mut low, mut high]: [f64; 2], holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::clopper_pearson;
    use proptest::prelude::*;

    fn rate(successes: u64, trials: u64) -> Rate {
        Rate::new(successes, trials).unwrap()
    }

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    #[test]
    fn the_tails_add_up() {
        for k in 0..=5 {
            assert!((at_least(k, 5, 0.3) + below(k, 5, 0.3) - 1.0).abs() < 1e-12, "{k}");
        }
        assert!((below(1, 5, 0.3) - 0.7f64.powi(5)).abs() < 1e-12);
    }

    #[test]
    fn p_values_add_up_outcomes() {
        // Binomial(5, 0.3): .16807 .36015 .3087 .1323 .02835 .00243
        assert!((sterne_p_value(rate(3, 5), 0.3) - 0.16308).abs() < 1e-9);
        assert!((blaker_p_value(rate(3, 5), 0.3) - 0.16308).abs() < 1e-9);
        assert!((sterne_p_value(rate(0, 5), 0.3) - 0.33115).abs() < 1e-9);
        assert!((sterne_p_value(rate(0, 5), 0.0) - 1.0).abs() < 1e-300);
    }

    proptest! {
        #[test]
        fn shares_outside_are_rejected_and_the_limits_are_not(n in 1u64..120, k in 0u64..120, level in 0.6f64..0.99) {
            let (rate, level) = (rate(k.min(n), n), Level::new(level).unwrap());
            let alpha = 1.0 - level.value();
            for (interval, p_value) in
                [(blaker(rate, level), blaker_p_value as fn(Rate, f64) -> f64), (sterne(rate, level), sterne_p_value)]
            {
                prop_assert!(interval.low <= rate.value() && rate.value() <= interval.high, "{interval:?}");
                for step in 1..200 {
                    let away = f64::from(step) / 200.0;
                    let (under, over) = (interval.low * away, 1.0 - (1.0 - interval.high) * away);
                    prop_assert!(interval.low <= 0.0 || p_value(rate, under) < alpha + 1e-9, "{interval:?} {under}");
                    prop_assert!(interval.high >= 1.0 || p_value(rate, over) < alpha + 1e-9, "{interval:?} {over}");
                }
                let inside = [interval.low + 1e-9, interval.high - 1e-9];
                for p in inside {
                    prop_assert!(p_value(rate, p) > alpha - 1e-6, "{interval:?} {p} {}", p_value(rate, p));
                }
            }
        }

        #[test]
        fn blakers_interval_lies_within_clopper_and_pearsons(n in 1u64..3000, part in 0.0f64..=1.0) {
            let rate = rate((part * n as f64) as u64, n);
            let (short, long) = (blaker(rate, level()), clopper_pearson(rate, level()));
            prop_assert!(long.low <= short.low + 1e-12 && short.high <= long.high + 1e-12, "{short:?} {long:?}");
        }
    }
}
