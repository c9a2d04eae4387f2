//! Intervals for a design-weighted share, by its variance or its effective size.

use super::binomial::beta_high;
use super::binomial::beta_low;
use super::binomial::on_logit_scale;
use super::binomial::wilson_at;
use crate::stats::EffectiveSize;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::student;

/// Returns Wilson's interval of a weighted share at its effective size; zero width when it is exact.
///
/// # Source
///
/// Korn & Graubard (1998), Survey Methodology 24:193–201, for the effective size.
#[must_use]
pub fn wilson_effective(share: &Share, level: Level) -> Interval {
    match share.size {
        EffectiveSize::Exact => Interval::point(share.value, Method::Wilson),
        EffectiveSize::Units(n) => wilson_at(share.value, n, level),
    }
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
        EffectiveSize::Exact => Interval::point(share.value, Method::KgBeta),
        EffectiveSize::Units(n) => Interval {
            low: beta_low(share.value * n, n, level.tail()),
            high: beta_high(share.value * n, n, level.tail()),
            method: Method::KgBeta,
        },
    }
}

/// Returns the interval of a weighted share on the logit scale with Student's quantile.
///
/// `logit(p)` plus and minus `t sqrt(V) / (p (1-p))`, with `V` the design variance of the share and `t` the quantile at
/// `degrees_of_freedom` (primary sampling units less strata; infinite for the normal quantile). Above some 60 degrees the
/// two quantiles differ by less than 2 %. Zero width where every unit was certain to be observed.
///
/// # Errors
///
/// [`StatsError::Undefined`] for a share of 0 or 1, whose logit is infinite; [`StatsError::OutOfRange`] unless the degrees
/// of freedom are above 0.
///
/// # Source
///
/// Lumley (2010), Complex Surveys, section 2.3, and R package survey, `svyciprop(method = "logit")`; Korn & Graubard
/// (1999), Analysis of Health Surveys, for the degrees of freedom.
pub fn logit_t(
    share: &Share,
    degrees_of_freedom: f64,
    level: Level,
) -> Result<Interval, StatsError> {
    let t = student::quantile(degrees_of_freedom, level)?;
    if share.size == EffectiveSize::Exact {
        return Ok(Interval::point(share.value, Method::LogitT));
    }
    let slope = share.value * (1.0 - share.value);
    on_logit_scale(share.value, t * share.std_error() / slope, Method::LogitT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Rate;
    use crate::stats::Weight;
    use crate::stats::WeightSum;
    use crate::stats::clopper_pearson;
    use crate::stats::logit;

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
        for interval in [kg_beta(&share, level()), logit_t(&share, 5.0, level()).unwrap()] {
            assert!((interval.high - interval.low).abs() < 1e-300);
        }
    }

    #[test]
    fn few_degrees_of_freedom_widen_the_logit_interval() {
        let share = Share::of(&uniform(3, 1e-12), &uniform(26, 1e-12)).unwrap();
        let plain = logit(Rate::new(3, 29).unwrap(), level()).unwrap();
        let many = logit_t(&share, f64::INFINITY, level()).unwrap();
        let few = logit_t(&share, 4.0, level()).unwrap();
        assert!((plain.low - many.low).abs() < 1e-9 && (plain.high - many.high).abs() < 1e-9);
        assert!(few.low < many.low && many.high < few.high);
        assert!(logit_t(&share, 0.0, level()).is_err());
    }
}
