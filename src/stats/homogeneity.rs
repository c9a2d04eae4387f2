//! Are weighted shares of several samples the same?
//!
//! Symbols: `p_k` the share in sample `k`, `n_k` its effective size, `p` the mean of the shares weighted by these.

use crate::stats::Share;
use crate::stats::StatsError;
use statrs::distribution::ChiSquared;
use statrs::distribution::ContinuousCDF as _;

/// A chi-squared test of equal shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogeneity {
    /// The statistic.
    pub statistic: f64,
    /// Its degrees of freedom: the samples less one.
    pub degrees: usize,
    /// The probability of one at least as large where all shares are the same.
    pub p_value: f64,
}

/// Tests whether the shares of several independent samples are the same.
///
/// `sum n_k (p_k - p)^2 / (p (1-p))`, Pearson's statistic at effective sizes: with simple random samples it is the
/// chi-squared test of a 2 x k table. Effective sizes are taken to be at most the units observed. Approximate where fewer than
/// some five units of either kind are expected in a sample. Shares that are all 0 or all 1 do not differ: the p-value is 1.
///
/// # Errors
///
/// [`StatsError::Undefined`] for fewer than two shares.
///
/// # Source
///
/// Pearson (1900), Phil. Mag. 50:157–175; Rao & Scott (1981), JASA 76:221–230, for effective sizes.
pub fn homogeneity(shares: &[Share]) -> Result<Homogeneity, StatsError> {
    let undefined = |reason| StatsError::Undefined { statistic: "a test of equal shares", reason };
    let degrees = shares.len().saturating_sub(1);
    if degrees == 0 {
        return Err(undefined("there are fewer than two shares"));
    }
    let size = |share: &Share| share.size.printed(share.n);
    let total: f64 = shares.iter().map(size).sum();
    let mean = shares.iter().map(|share| size(share) * share.value).sum::<f64>() / total;
    let spread = mean * (1.0 - mean);
    if spread <= 0.0 {
        return Ok(Homogeneity { statistic: 0.0, degrees, p_value: 1.0 });
    }
    let squares = |share: &Share| size(share) * (share.value - mean).powi(2);
    let statistic = shares.iter().map(squares).sum::<f64>() / spread;
    let law = ChiSquared::new(degrees as f64).map_err(|_| undefined("too many shares"))?;
    Ok(Homogeneity { statistic, degrees, p_value: law.sf(statistic) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::EffectiveSize;

    fn share(hits: u64, n: u64) -> Share {
        let value = hits as f64 / n as f64;
        let size = EffectiveSize::Units(n as f64);
        Share { value, variance: value * (1.0 - value) / n as f64, size, n }
    }

    #[test]
    fn simple_random_samples_give_the_test_of_a_table() {
        // R: prop.test(c(15, 25), c(50, 50), correct = FALSE): X-squared = 4.1667, p = 0.04123
        let got = homogeneity(&[share(15, 50), share(25, 50)]).unwrap();
        assert!((got.statistic - 25.0 / 6.0).abs() < 1e-12 && got.degrees == 1);
        assert!((got.p_value - 0.041_226_8).abs() < 1e-6, "{got:?}");
        let three = homogeneity(&[share(15, 50), share(25, 50), share(20, 50)]).unwrap();
        assert_eq!(three.degrees, 2);
    }

    #[test]
    fn weights_that_count_as_fewer_units_weaken_the_evidence() {
        let uneven =
            |hits, n| Share { size: EffectiveSize::Units(n as f64 / 4.0), ..share(hits, n) };
        let (even, uneven) = (
            homogeneity(&[share(15, 50), share(25, 50)]).unwrap(),
            homogeneity(&[uneven(15, 50), uneven(25, 50)]).unwrap(),
        );
        assert!((even.statistic - 4.0 * uneven.statistic).abs() < 1e-12);
    }

    #[test]
    fn shares_at_the_end_do_not_differ_and_one_share_is_no_test() {
        let got = homogeneity(&[share(0, 50), share(0, 9)]).unwrap();
        assert!((got.p_value - 1.0).abs() < 1e-12);
        assert!(homogeneity(&[share(1, 9)]).is_err() && homogeneity(&[]).is_err());
    }
}
