//! Specific agreement: how often raters agree on one class.

use super::Agreement;
use crate::stats::EffectiveSize;
use crate::stats::Ratings;
use crate::stats::Share;
use crate::stats::StatsError;

/// Returns how likely a second rater of a unit gives class `class`, given that a first one did: the (weighted) share of that class's
/// ratings which another rating of the unit repeats.
///
/// `sum_i r_ik (r_ik - 1) / (r_i - 1) / sum_i r_ik` over units with two or more ratings; with two raters `2a / (2a + b + c)`. For the
/// violating class it is the positive agreement: it does not profit from the many units that nobody takes for violating. The
/// variance is linearised over units. Where every such rating is repeated, or none is, the size is that of the units that have one.
///
/// # Errors
///
/// [`StatsError::Undefined`] where no unit with two ratings has one of that class, or a rater rated a unit twice;
/// [`StatsError::OutOfRange`] for a class outside the table.
///
/// # Source
///
/// Cicchetti & Feinstein (1990), J. Clin. Epidemiol. 43:551–558; Uebersax (1982), Educ. Psychol. Meas. 42:1181–1183, for many raters.
pub fn specific_agreement(ratings: &Ratings, class: usize) -> Result<Share, StatsError> {
    if ratings.shape().classes <= class {
        return Err(StatsError::OutOfRange { what: "the index of a class", value: class as f64 });
    }
    ratings.check_single()?;
    let mut units = Vec::new();
    for unit in 0..ratings.shape().units {
        let counts = ratings.counts_of(unit);
        let (raters, of_class) = (counts.iter().sum::<f64>(), counts[class]);
        if 2.0 <= raters && 0.0 < of_class {
            units.push((of_class * (of_class - 1.0) / (raters - 1.0), of_class));
        }
    }
    let all: f64 = units.iter().map(|(_, given)| given).sum();
    if all <= 0.0 {
        let reason = "no unit with two ratings has one of that class";
        return Err(StatsError::Undefined { statistic: "specific agreement", reason });
    }
    let value = units.iter().map(|(repeated, _)| repeated).sum::<f64>() / all;
    let squares = units.iter().map(|(repeated, given)| (repeated - value * given).powi(2));
    let n = units.len() as f64;
    let scale = if n > 1.0 { n / (n - 1.0) } else { 1.0 };
    let variance = scale * squares.sum::<f64>() / all.powi(2);
    Ok(share(value, variance, units.len()))
}

/// Returns observed agreement, not corrected for chance, as a share whose interval has a width even where raters never disagreed.
///
/// # Source
///
/// Korn & Graubard (1998), Surv. Methodol. 24:193–201, for the effective size.
#[must_use]
pub fn observed_share(agreement: &Agreement) -> Share {
    let value = agreement.observed.clamp(0.0, 1.0);
    share(value, agreement.std_error.powi(2), agreement.units)
}

fn share(value: f64, variance: f64, units: usize) -> Share {
    let size = EffectiveSize::of(value * (1.0 - value), variance, units as f64);
    Share { value, variance, size, n: units as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::AgreementWeights;
    use crate::stats::Level;
    use crate::stats::kg_beta;
    use crate::stats::percent_agreement;

    /// `a` units both call violating, `b` only the first, `c` only the second, `d` neither.
    fn pairs(a: usize, b: usize, c: usize, d: usize) -> Ratings {
        let rows = [(a, 1, 1), (b, 1, 0), (c, 0, 1), (d, 0, 0)];
        let rows: Vec<_> = rows
            .into_iter()
            .flat_map(|(n, first, second)| vec![vec![Some(first), Some(second)]; n])
            .collect();
        Ratings::from_rows(2, &rows).unwrap()
    }

    #[test]
    fn two_raters_give_twice_the_shared_over_all_of_the_class() {
        let got = specific_agreement(&pairs(20, 5, 15, 60), 1).unwrap();
        assert!((got.value - 40.0 / 60.0).abs() < 1e-12);
        let other = specific_agreement(&pairs(20, 5, 15, 60), 0).unwrap();
        assert!((other.value - 120.0 / 140.0).abs() < 1e-12);
        // the variance of 2a / (2a + e) with a and e multinomial: 4 a e (a + e) / (2a + e)^4, but for n / (n - 1)
        let closed: f64 = 4.0 * 20.0 * 20.0 * 40.0 / 60.0_f64.powi(4);
        assert!((got.variance / closed - 40.0 / 39.0).abs() < 1e-9, "{}", got.variance / closed);
    }

    #[test]
    fn units_nobody_calls_violating_change_nothing() {
        let few = specific_agreement(&pairs(20, 5, 15, 0), 1).unwrap();
        assert_eq!(few, specific_agreement(&pairs(20, 5, 15, 900), 1).unwrap());
    }

    #[test]
    fn perfect_agreement_has_an_interval_with_a_width() {
        let ratings = pairs(10, 0, 0, 20);
        let level = Level::new(0.95).unwrap();
        let positive = kg_beta(&specific_agreement(&ratings, 1).unwrap(), level);
        let observed = percent_agreement(&ratings, &AgreementWeights::nominal(2).unwrap()).unwrap();
        let observed = kg_beta(&observed_share(&observed), level);
        // 0.025^(1/10) and 0.025^(1/30)
        assert!((positive.low - 0.691_503).abs() < 1e-6 && positive.high > 1.0 - 1e-12);
        assert!((observed.low - 0.884_297).abs() < 1e-6, "{observed:?}");
    }

    #[test]
    fn a_class_nobody_chose_has_no_agreement() {
        assert!(matches!(
            specific_agreement(&pairs(0, 0, 0, 9), 1),
            Err(StatsError::Undefined { .. })
        ));
        assert!(specific_agreement(&pairs(1, 1, 1, 1), 2).is_err());
    }
}
