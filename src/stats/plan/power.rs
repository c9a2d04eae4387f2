//! Power: how probable it is to notice a difference, and how large a difference must be to be noticed.

use crate::stats::Level;
use crate::stats::StatsError;
use crate::stats::plan::size::inside;
use statrs::distribution::ContinuousCDF as _;
use statrs::distribution::Normal;

/// Two shares to be told apart, each strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoShares {
    /// The share in the first group, or under the hypothesis.
    pub first: f64,
    /// The share in the second group, or in truth.
    pub second: f64,
}

/// What a two-sided test is to achieve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerTarget {
    /// The probability of noticing the difference, strictly between 0 and 1.
    pub power: f64,
    /// One less the probability of a false alarm.
    pub level: Level,
}

/// Which rejections count as noticing a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejections {
    /// Those in its direction.
    InDirection,
    /// Those in the other direction too.
    Either,
}

/// The variances of two estimates that are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeVariances {
    /// Of the estimate before.
    pub before: f64,
    /// Of the estimate after.
    pub after: f64,
    /// Their covariance: above 0 where both rest on some of the same units.
    pub covariance: f64,
}

/// One of two groups of the same size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupPlan {
    /// Its expected share, strictly between 0 and 1.
    pub share: f64,
    /// Its units, above 0.
    pub units: f64,
}

/// Returns the power of the normal test of two independent shares with `n` units in each group.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for shares that are none or equal, or a size that is not above 0.
///
/// # Source
///
/// Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 4; R's `power.prop.test`.
pub fn power_of_two_shares(
    shares: TwoShares,
    n: f64,
    level: Level,
    rejections: Rejections,
) -> Result<f64, StatsError> {
    let test = Test::of(shares)?;
    let centre = positive(n)?.sqrt() * test.distance;
    let edge = level.z() * test.null_deviation;
    let power = upper((edge - centre) / test.deviation);
    Ok(match rejections {
        Rejections::InDirection => power,
        Rejections::Either => power + upper((edge + centre) / test.deviation),
    })
}

/// Returns the units each group needs for the normal test of two independent shares.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for shares that are none or equal, or a power that is none.
///
/// # Source
///
/// Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 4; R's `power.prop.test`.
pub fn size_for_two_shares(shares: TwoShares, target: PowerTarget) -> Result<f64, StatsError> {
    let test = Test::of(shares)?;
    let reach = target.level.z() * test.null_deviation + quantile(target.power)? * test.deviation;
    Ok((reach.max(0.0) / test.distance).powi(2))
}

/// Returns the smallest share above the first group's that a second group must have to be noticed (normal test).
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a share, size or power that is none; [`StatsError::Undefined`] where no share is
/// large enough.
///
/// # Source
///
/// R's `power.prop.test`, solved for the second share.
pub fn detectable_share(group: GroupPlan, target: PowerTarget) -> Result<f64, StatsError> {
    let GroupPlan { share: first, units: n } = group;
    quantile(target.power)?;
    let power = |second| {
        power_of_two_shares(TwoShares { first, second }, n, target.level, Rejections::InDirection)
    };
    let (mut low, mut high) = (inside(first)?, 1.0 - f64::EPSILON);
    if power(high)? < target.power {
        return Err(StatsError::Undefined {
            statistic: "detectable share",
            reason: "even a share of 1 would not be noticed with so few units",
        });
    }
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if power(middle)? < target.power { low = middle } else { high = middle }
    }
    Ok(high)
}

/// Returns Cohen's effect size `h = 2 asin sqrt(p1) - 2 asin sqrt(p2)`.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for shares that are none.
///
/// # Source
///
/// Cohen (1988), Statistical Power Analysis, 6.
pub fn cohen_h(shares: TwoShares) -> Result<f64, StatsError> {
    let angle = |share: f64| Ok::<_, StatsError>(2.0 * inside(share)?.sqrt().asin());
    Ok(angle(shares.first)? - angle(shares.second)?)
}

/// Returns the power of the arcsine test of two independent shares with `n` units in each group, both directions.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for shares that are none, or a size that is not above 0.
///
/// # Source
///
/// Cohen (1988), Statistical Power Analysis, 6; R's `pwr.2p.test`.
pub fn power_of_arcsine_test(shares: TwoShares, n: f64, level: Level) -> Result<f64, StatsError> {
    Ok(arcsine_power(cohen_h(shares)?.abs() * (positive(n)? / 2.0).sqrt(), level))
}

/// Returns the units each of two groups needs for the arcsine test.
///
/// # Errors
///
/// As [`size_for_arcsine_one`].
///
/// # Source
///
/// Cohen (1988), Statistical Power Analysis, 6; R's `pwr.2p.test`.
pub fn size_for_arcsine_two(shares: TwoShares, target: PowerTarget) -> Result<f64, StatsError> {
    Ok(2.0 * size_for_arcsine_one(shares, target)?)
}

/// Returns the units that the arcsine test of one share against a fixed one (`shares.first`) needs.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for shares that are none or equal, or a power that is none or below the rate of false
/// alarms.
///
/// # Source
///
/// Cohen (1988), Statistical Power Analysis, 6; R's `pwr.p.test`.
pub fn size_for_arcsine_one(shares: TwoShares, target: PowerTarget) -> Result<f64, StatsError> {
    let distance = cohen_h(Test::of(shares).map(|_| shares)?)?.abs();
    quantile(target.power)?;
    if target.power <= 1.0 - target.level.value() {
        return Err(StatsError::OutOfRange {
            what: "a power above the rate of false alarms",
            value: target.power,
        });
    }
    let (mut low, mut high) = (0.0_f64, 50.0_f64);
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if arcsine_power(middle, target.level) < target.power {
            low = middle
        } else {
            high = middle
        }
    }
    Ok((high / distance).powi(2))
}

/// Returns the smallest change between two estimates that a test notices, `(z_a + z_b) sqrt(V_a + V_b - 2C)`.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a power that is none, or variances whose difference has no variance above 0.
///
/// # Source
///
/// Kish (1965), Survey Sampling, 12.4, for the variance of a change between overlapping samples.
pub fn detectable_change(
    variances: ChangeVariances,
    target: PowerTarget,
) -> Result<f64, StatsError> {
    let ChangeVariances { before, after, covariance } = variances;
    let variance = before + after - 2.0 * covariance;
    let possible =
        before >= 0.0 && after >= 0.0 && covariance.powi(2) <= before * after * (1.0 + 1e-9);
    if !(possible && variance > 0.0 && variance.is_finite()) {
        return Err(StatsError::OutOfRange { what: "the variance of a change", value: variance });
    }
    let reach = target.level.z() + quantile(target.power)?;
    if reach <= 0.0 {
        return Err(StatsError::OutOfRange {
            what: "a power above the rate of false alarms",
            value: target.power,
        });
    }
    Ok(reach * variance.sqrt())
}

/// The normal test of two shares: per root unit, how far apart they are and how they spread.
struct Test {
    distance: f64,
    null_deviation: f64,
    deviation: f64,
}

impl Test {
    fn of(shares: TwoShares) -> Result<Self, StatsError> {
        let (p, q) = (inside(shares.first)?, inside(shares.second)?);
        let distance = (p - q).abs();
        if distance <= 0.0 {
            return Err(StatsError::OutOfRange {
                what: "a share that differs from the first",
                value: q,
            });
        }
        Ok(Self {
            distance,
            null_deviation: ((p + q) * (1.0 - (p + q) / 2.0)).sqrt(),
            deviation: (p * (1.0 - p) + q * (1.0 - q)).sqrt(),
        })
    }
}

fn arcsine_power(centre: f64, level: Level) -> f64 {
    upper(level.z() - centre) + upper(level.z() + centre)
}

/// Returns the probability that a standard normal variable exceeds `x`.
fn upper(x: f64) -> f64 {
    Normal::standard().cdf(-x)
}

/// Returns the normal quantile of a power.
fn quantile(power: f64) -> Result<f64, StatsError> {
    if power > 0.0 && power < 1.0 {
        Ok(Normal::standard().inverse_cdf(power))
    } else {
        Err(StatsError::OutOfRange { what: "a power strictly between 0 and 1", value: power })
    }
}

fn positive(n: f64) -> Result<f64, StatsError> {
    if n > 0.0 && n.is_finite() {
        Ok(n)
    } else {
        Err(StatsError::OutOfRange { what: "a size above 0", value: n })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> PowerTarget {
        PowerTarget { power: 0.8, level: Level::new(0.95).unwrap() }
    }

    #[test]
    fn size_power_and_detectable_share_undo_each_other() {
        let shares = TwoShares { first: 0.02, second: 0.035 };
        let n = size_for_two_shares(shares, target()).unwrap();
        let power =
            power_of_two_shares(shares, n, target().level, Rejections::InDirection).unwrap();
        assert!((power - 0.8).abs() < 1e-9, "{power}");
        assert!(
            (detectable_share(GroupPlan { share: 0.02, units: n }, target()).unwrap() - 0.035)
                .abs()
                < 1e-9
        );
        let n = size_for_arcsine_two(shares, target()).unwrap();
        assert!((power_of_arcsine_test(shares, n, target().level).unwrap() - 0.8).abs() < 1e-9);
    }

    #[test]
    fn shared_units_make_a_smaller_change_detectable() {
        let variances = ChangeVariances { before: 4e-6, after: 4e-6, covariance: 0.0 };
        let apart = detectable_change(variances, target()).unwrap();
        assert!((apart - 2.801_585_218 * 8e-6_f64.sqrt()).abs() < 1e-9, "{apart}");
        let shared = ChangeVariances { covariance: 3e-6, ..variances };
        assert!((detectable_change(shared, target()).unwrap() / apart - 0.5).abs() < 1e-12);
        assert!(
            detectable_change(ChangeVariances { covariance: 5e-6, ..variances }, target()).is_err()
        );
    }

    #[test]
    fn what_cannot_be_noticed_is_refused() {
        let same = TwoShares { first: 0.1, second: 0.1 };
        assert!(size_for_two_shares(same, target()).is_err());
        assert!(size_for_arcsine_one(same, target()).is_err());
        assert!(detectable_share(GroupPlan { share: 0.5, units: 1.0 }, target()).is_err());
        let certain = PowerTarget { power: 1.0, ..target() };
        assert!(detectable_share(GroupPlan { share: 0.1, units: 100.0 }, certain).is_err());
    }
}
