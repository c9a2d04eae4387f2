//! Intervals for one share: of plain counts, or of a weighted sample by its effective size.

use crate::stats::EffectiveSize;
use crate::stats::Level;
use crate::stats::Rate;
use crate::stats::Share;
use crate::stats::beta;
use crate::stats::beta::BetaShape;

/// A two-sided interval and how it was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// How it was made.
    pub method: Method,
}

/// The ways intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Wilson's score interval.
    Wilson,
    /// Clopper and Pearson's exact interval.
    ClopperPearson,
    /// Jeffreys' interval.
    Jeffreys,
    /// Clopper-Pearson at Korn and Graubard's effective size.
    KgBeta,
    /// Beta draws by cell at effective sizes, melded.
    KgMeld,
    /// Lang and Reiczigel's interval for a corrected prevalence.
    LangReiczigel,
    /// Estimate plus and minus z standard errors; for comparison only.
    Wald,
    /// The equal-tailed credible interval of a posterior distribution.
    Posterior,
}

impl Method {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wilson => "wilson",
            Self::ClopperPearson => "clopper_pearson",
            Self::Jeffreys => "jeffreys",
            Self::KgBeta => "kg_beta",
            Self::KgMeld => "kg_meld",
            Self::LangReiczigel => "lang_reiczigel",
            Self::Wald => "wald",
            Self::Posterior => "posterior",
        }
    }
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

/// Returns Wilson's interval of a weighted share at its effective size; zero width when it is exact.
///
/// # Source
///
/// Korn & Graubard (1998), Survey Methodology 24:193–201, for the effective size.
#[must_use]
pub fn wilson_effective(share: &Share, level: Level) -> Interval {
    match share.size {
        EffectiveSize::Exact => point(share.value, Method::Wilson),
        EffectiveSize::Units(n) => wilson_at(share.value, n, level),
    }
}

/// Returns Clopper and Pearson's interval: it covers at least the level, whatever p is.
///
/// # Source
///
/// Clopper & Pearson (1934), Biometrika 26:404–413.
#[must_use]
pub fn clopper_pearson(rate: Rate, level: Level) -> Interval {
    beta_limits(rate.successes() as f64, rate.trials() as f64, level, Method::ClopperPearson)
}

/// Returns Jeffreys' interval: equal-tailed Beta(k + 1/2, n - k + 1/2), its limit 0 at k = 0 and 1 at k = n.
///
/// # Source
///
/// Brown, Cai & DasGupta (2001), Stat. Sci. 16:101–133, whose convention for k = 0 and k = n this is.
#[must_use]
pub fn jeffreys(rate: Rate, level: Level) -> Interval {
    let (k, n) = (rate.successes(), rate.trials());
    let shape = BetaShape { success: k as f64 + 0.5, failure: (n - k) as f64 + 0.5 };
    let low = if k == 0 { 0.0 } else { beta::quantile(shape, level.tail()) };
    let high = if k == n { 1.0 } else { beta::quantile(shape, 1.0 - level.tail()) };
    Interval { low, high, method: Method::Jeffreys }
}

/// Returns the Clopper-Pearson interval of a weighted share at its effective size.
///
/// Without any positive unit the lower limit is 0 and the upper one `1 - (alpha/2)^(1/n_eff)`. Where every unit was
/// certain to be observed there is no sampling error and the width is 0.
///
/// # Source
///
/// Korn & Graubard (1998), Survey Methodology 24:193–201.
#[must_use]
pub fn kg_beta(share: &Share, level: Level) -> Interval {
    match share.size {
        EffectiveSize::Exact => point(share.value, Method::KgBeta),
        EffectiveSize::Units(n) => beta_limits(share.value * n, n, level, Method::KgBeta),
    }
}

fn wilson_at(p: f64, n: f64, level: Level) -> Interval {
    let z2 = level.z().powi(2);
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = level.z() / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let low = if p <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if p >= 1.0 { 1.0 } else { (centre + half).min(1.0) };
    Interval { low, high, method: Method::Wilson }
}

fn beta_limits(k: f64, n: f64, level: Level, method: Method) -> Interval {
    let low = match k {
        k if k <= 0.0 => 0.0,
        k => beta::quantile(BetaShape { success: k, failure: n - k + 1.0 }, level.tail()),
    };
    let high = match n - k {
        rest if rest <= 0.0 => 1.0,
        rest => beta::quantile(BetaShape { success: k + 1.0, failure: rest }, 1.0 - level.tail()),
    };
    Interval { low, high, method }
}

fn point(value: f64, method: Method) -> Interval {
    Interval { low: value, high: value, method }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Weight;
    use crate::stats::WeightSum;
    use proptest::prelude::*;

    fn uniform(n: u64, probability: f64) -> WeightSum {
        let mut sum = WeightSum::default();
        (0..n).for_each(|_| sum.add(Weight::new(1.0, probability).unwrap()));
        sum
    }

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    #[test]
    fn without_positives_the_upper_limit_has_its_closed_form() {
        let share = Share::of(&uniform(0, 0.5), &uniform(100, 0.5)).unwrap();
        let interval = kg_beta(&share, level());
        // finite population: 100 of 200 units count as 200
        assert!(interval.low.abs() < 1e-300);
        assert!((interval.high - (1.0 - 0.025f64.powf(1.0 / 200.0))).abs() < 1e-10);
    }

    #[test]
    fn a_weighted_share_with_equal_weights_has_the_interval_of_its_counts() {
        let share = Share::of(&uniform(3, 1e-12), &uniform(26, 1e-12)).unwrap();
        let (weighted, counted) =
            (kg_beta(&share, level()), clopper_pearson(Rate::new(3, 29).unwrap(), level()));
        assert!(
            (weighted.low - counted.low).abs() < 1e-8
                && (weighted.high - counted.high).abs() < 1e-8
        );
    }

    #[test]
    fn a_census_has_an_interval_of_no_width() {
        let share = Share::of(&uniform(3, 1.0), &uniform(26, 1.0)).unwrap();
        let interval = kg_beta(&share, level());
        assert!((interval.high - interval.low).abs() < 1e-300);
    }

    proptest! {
        #[test]
        fn every_interval_holds_its_estimate_and_stays_a_share(n in 1u64..400, k in 0u64..400, level in 0.5f64..0.999) {
            let (rate, level) = (Rate::new(k.min(n), n).unwrap(), Level::new(level).unwrap());
            for interval in [wilson(rate, level), clopper_pearson(rate, level), jeffreys(rate, level)] {
                prop_assert!(0.0 <= interval.low && interval.low <= rate.value() + 1e-12, "{interval:?}");
                prop_assert!(rate.value() <= interval.high + 1e-12 && interval.high <= 1.0, "{interval:?}");
            }
        }
    }
}
