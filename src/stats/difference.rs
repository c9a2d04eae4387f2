//! Intervals for the difference of two shares from independent samples.
//!
//! Symbols: `p1 = x1 / n1`, `p2 = x2 / n2`, `d = p1 - p2`, `z` the normal quantile of the level.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::wilson;

/// Two rates from independent samples: the difference is the first less the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoRates {
    /// The one that counts up.
    pub first: Rate,
    /// The one that is taken off.
    pub second: Rate,
}

/// The variance that a score interval puts under its statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreVariance {
    /// As it is (Mee).
    Mee,
    /// Times `N / (N - 1)`, with N the trials of both samples (Miettinen and Nurminen): a little wider.
    MiettinenNurminen,
}

impl TwoRates {
    /// Returns the first share less the second.
    #[must_use]
    pub fn value(self) -> f64 {
        self.first.value() - self.second.value()
    }
}

/// Returns Wald's interval of the difference, not cut to `[-1, 1]`.
///
/// Not to be reported: it has no width where both shares are 0 or 1. It is here so that other programs' intervals can be
/// compared.
///
/// # Source
///
/// Newcombe (1998), Stat. Med. 17:873–890, method 1.
#[must_use]
pub fn difference_wald(rates: TwoRates, level: Level) -> Interval {
    let half = level.z() * (rates.first.variance() + rates.second.variance()).sqrt();
    Interval { low: rates.value() - half, high: rates.value() + half, method: Method::Wald }
}

/// Returns Newcombe's interval: the two Wilson intervals' distances from their shares, combined in squares.
///
/// Covers close to the level, also for rare events.
///
/// # Source
///
/// Newcombe (1998), Stat. Med. 17:873–890, method 10.
#[must_use]
pub fn difference_newcombe(rates: TwoRates, level: Level) -> Interval {
    let (one, two) = (wilson(rates.first, level), wilson(rates.second, level));
    let (p1, p2) = (rates.first.value(), rates.second.value());
    Interval {
        low: rates.value() - (p1 - one.low).hypot(two.high - p2),
        high: rates.value() + (one.high - p1).hypot(p2 - two.low),
        method: Method::Newcombe,
    }
}

/// Returns Agresti and Caffo's interval: Wald's after adding one success and one failure to each sample.
///
/// In samples of a few trials a limit may pass -1 or 1, as published.
///
/// # Source
///
/// Agresti & Caffo (2000), Am. Stat. 54:280–288.
#[must_use]
pub fn difference_agresti_caffo(rates: TwoRates, level: Level) -> Interval {
    let added = |rate: Rate| {
        let n = rate.trials() as f64 + 2.0;
        let p = (rate.successes() as f64 + 1.0) / n;
        (p, p * (1.0 - p) / n)
    };
    let ((p1, v1), (p2, v2)) = (added(rates.first), added(rates.second));
    let half = level.z() * (v1 + v2).sqrt();
    Interval { low: p1 - p2 - half, high: p1 - p2 + half, method: Method::AgrestiCaffo }
}

/// Returns the score interval: the differences `delta` with `(d - delta)^2 <= z^2 V(delta)`.
///
/// `V` is the variance at the most likely shares that differ by `delta`. Covers close to the level everywhere; the interval
/// of choice where samples are small or shares rare.
///
/// # Source
///
/// Mee (1984), Biometrics 40:1175–1176; Miettinen & Nurminen (1985), Stat. Med. 4:213–226.
#[must_use]
pub fn difference_score(rates: TwoRates, variance: ScoreVariance, level: Level) -> Interval {
    let d = rates.value();
    let (scale, method) = match variance {
        ScoreVariance::Mee => (1.0, Method::Mee),
        ScoreVariance::MiettinenNurminen => {
            let both = (rates.first.trials() + rates.second.trials()) as f64;
            (both / (both - 1.0), Method::MiettinenNurminen)
        }
    };
    let reached = |delta: f64| {
        (d - delta).abs() >= level.z() * (scale * restricted_variance(rates, delta)).sqrt()
    };
    // going outwards from d the statistic rises, so that each side has one limit
    let limit = |end: f64| {
        let (mut inside, mut outside) = (d, end);
        for _ in 0..100 {
            let middle = inside + (outside - inside) / 2.0;
            if reached(middle) {
                outside = middle;
            } else {
                inside = middle;
            }
        }
        outside
    };
    Interval { low: limit(-1.0), high: limit(1.0), method }
}

/// The variance of the difference at the most likely shares that differ by `delta`.
fn restricted_variance(rates: TwoRates, delta: f64) -> f64 {
    let part = |successes: u64, share: f64| {
        if successes == 0 { 0.0 } else { successes as f64 / share }
    };
    let slope = |rate: Rate, p: f64| {
        part(rate.successes(), p) - part(rate.trials() - rate.successes(), 1.0 - p)
    };
    // the likelihood is concave in the second share: its slope falls
    let (mut low, mut high) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    for _ in 0..100 {
        let middle = low + (high - low) / 2.0;
        if slope(rates.first, middle + delta) + slope(rates.second, middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let second = low + (high - low) / 2.0;
    let spread = |rate: Rate, p: f64| (p * (1.0 - p)).max(0.0) / rate.trials() as f64;
    spread(rates.first, second + delta) + spread(rates.second, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rates(x1: u64, n1: u64, x2: u64, n2: u64) -> TwoRates {
        TwoRates { first: Rate::new(x1, n1).unwrap(), second: Rate::new(x2, n2).unwrap() }
    }

    fn check(got: Interval, low: f64, high: f64) {
        assert!((got.low - low).abs() < 6e-5 && (got.high - high).abs() < 6e-5, "{got:?}");
    }

    #[test]
    fn newcombes_table_is_reproduced() {
        // Newcombe (1998), table II, 56/70 and 48/80: methods 1, 5 (Mee), 6 (Miettinen and Nurminen), 10
        let (rates, level) = (rates(56, 70, 48, 80), Level::new(0.95).unwrap());
        check(difference_wald(rates, level), 0.0575, 0.3425);
        check(difference_score(rates, ScoreVariance::Mee, level), 0.0533, 0.3377);
        check(difference_score(rates, ScoreVariance::MiettinenNurminen, level), 0.0528, 0.3382);
        check(difference_newcombe(rates, level), 0.0524, 0.3339);
    }

    #[test]
    fn samples_without_success_leave_both_directions_open() {
        let (rates, level) = (rates(0, 20, 0, 10), Level::new(0.95).unwrap());
        for interval in
            [difference_newcombe(rates, level), difference_score(rates, ScoreVariance::Mee, level)]
        {
            assert!(interval.low < -0.1 && 0.1 < interval.high, "{interval:?}");
        }
    }

    proptest! {
        #[test]
        fn exchanging_the_samples_turns_the_interval_round(
            (n1, n2) in (2u64..200, 2u64..200), (a, b) in (0.0f64..=1.0, 0.0f64..=1.0), level in 0.6f64..0.99,
        ) {
            let (x1, x2) = ((a * n1 as f64) as u64, (b * n2 as f64) as u64);
            let (one, other, level) = (rates(x1, n1, x2, n2), rates(x2, n2, x1, n1), Level::new(level).unwrap());
            let score = |rates, level| difference_score(rates, ScoreVariance::MiettinenNurminen, level);
            for make in [difference_newcombe as fn(TwoRates, Level) -> Interval, difference_agresti_caffo, score] {
                let (there, back) = (make(one, level), make(other, level));
                prop_assert!((there.low + back.high).abs() < 1e-9, "{there:?} {back:?}");
                // Wald's form after adding two to each sample may pass 1 where samples are tiny
                let most = if there.method == Method::AgrestiCaffo { f64::INFINITY } else { 1.0 + 1e-9 };
                prop_assert!(-most <= there.low && there.low <= there.high && there.high <= most, "{there:?}");
            }
        }
    }
}
