//! Shares of several classes that sum to 1, with the covariance of their estimates.

use crate::stats::Matrix;
use crate::stats::StatsError;
use crate::stats::WeightSum;

/// How far shares may be from summing to 1.
const ROUNDING: f64 = 1e-4;

/// Estimated shares of several classes, or of several label codes, and the covariance of the estimates.
///
/// Shares that were observed lie in `[0, 1]`; shares that come out of a correction may lie outside. They sum to 1 and
/// the rows of the covariance to 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    shares: Vec<f64>,
    covariance: Matrix,
}

impl Composition {
    /// Returns shares that are known without error.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a share outside `[0, 1]`, or a sum that is further from 1 than rounding explains;
    /// [`StatsError::NoUnits`] without shares.
    pub fn known(shares: &[f64]) -> Result<Self, StatsError> {
        if shares.is_empty() {
            return Err(StatsError::NoUnits);
        }
        if let Some(value) = shares.iter().find(|share| !(0.0..=1.0).contains(*share)) {
            return Err(StatsError::OutOfRange { what: "a share in [0, 1]", value: *value });
        }
        let sum: f64 = shares.iter().sum();
        if (sum - 1.0).abs() > ROUNDING {
            return Err(StatsError::OutOfRange { what: "a sum of shares, which is 1", value: sum });
        }
        Ok(Self { shares: shares.to_vec(), covariance: Matrix::zeros(shares.len()) })
    }

    /// Returns the shares in a simple random sample with that many units of each class.
    ///
    /// The covariance is multinomial, `(diag(p) - p p^T) / n`, without finite-population correction.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] when every count is 0.
    pub fn from_counts(counts: &[u64]) -> Result<Self, StatsError> {
        let n: u64 = counts.iter().sum();
        if n == 0 {
            return Err(StatsError::NoUnits);
        }
        let shares: Vec<f64> = counts.iter().map(|count| *count as f64 / n as f64).collect();
        let covariance = multinomial(&shares, n as f64);
        Ok(Self { shares, covariance })
    }

    /// Returns the shares of the exposure in a sample of unequal probabilities, from each class's sum of weights.
    ///
    /// `p_c = W_c / W` (Hajek), with the linearised covariance of Poisson and priority samples,
    /// `sum_e E_e (1{e=c} - p_c) (1{e=d} - p_d) / W^2` where `E_e` sums `(1 - pi) d^2` over the units of class `e`.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] when every class is empty.
    ///
    /// # Source
    ///
    /// Sarndal, Swensson & Wretman (1992), ch. 5.
    pub fn from_weights(classes: &[WeightSum]) -> Result<Self, StatsError> {
        let total: f64 = classes.iter().map(|class| class.weight).sum();
        if total <= 0.0 {
            return Err(StatsError::NoUnits);
        }
        let shares: Vec<f64> = classes.iter().map(|class| class.weight / total).collect();
        let mut covariance = Matrix::zeros(classes.len());
        for (index, class) in classes.iter().enumerate() {
            covariance.add_outer(class.error / total.powi(2), &deviations(&shares, index));
        }
        Ok(Self { shares, covariance })
    }

    pub(crate) fn estimated(shares: Vec<f64>, covariance: Matrix) -> Self {
        Self { shares, covariance }
    }

    /// Returns the shares.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// Returns the covariance of the shares.
    #[must_use]
    pub fn covariance(&self) -> &Matrix {
        &self.covariance
    }

    /// Returns the standard error of each share.
    #[must_use]
    pub fn std_errors(&self) -> Vec<f64> {
        self.covariance.diagonal().iter().map(|variance| variance.max(0.0).sqrt()).collect()
    }
}

/// Returns `(diag(p) - p p^T) / size`.
pub(crate) fn multinomial(shares: &[f64], size: f64) -> Matrix {
    let mut covariance = Matrix::zeros(shares.len());
    for (index, share) in shares.iter().enumerate() {
        covariance[(index, index)] = share / size;
    }
    covariance.add_outer(-1.0 / size, shares);
    covariance
}

/// Returns how far a unit of class `class` is from the shares: `1{class} - p`.
pub(crate) fn deviations(shares: &[f64], class: usize) -> Vec<f64> {
    let own = |index| if index == class { 1.0 } else { 0.0 };
    shares.iter().enumerate().map(|(index, share)| own(index) - share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Share;
    use crate::stats::Weight;

    #[test]
    fn what_is_no_composition_is_refused() {
        for shares in [vec![], vec![0.5, 0.4], vec![1.2, -0.2], vec![f64::NAN, 1.0]] {
            assert!(Composition::known(&shares).is_err(), "{shares:?}");
        }
        assert_eq!(Composition::from_counts(&[0, 0]), Err(StatsError::NoUnits));
        assert_eq!(Composition::from_weights(&[WeightSum::default()]), Err(StatsError::NoUnits));
    }

    #[test]
    fn two_weighted_classes_have_the_variance_of_a_share() {
        let sum = |weights: &[(f64, f64)]| {
            let mut sum = WeightSum::default();
            weights.iter().for_each(|(t, pi)| sum.add(Weight::new(*t, *pi).unwrap()));
            sum
        };
        let (hits, misses) = (sum(&[(1.0, 0.5), (2.0, 0.1)]), sum(&[(4.0, 0.3), (1.0, 1.0)]));
        let (both, share) =
            (Composition::from_weights(&[hits, misses]).unwrap(), Share::of(&hits, &misses));
        let share = share.unwrap();
        assert!((both.shares()[0] - share.value).abs() < 1e-12);
        assert!((both.covariance()[(0, 0)] - share.variance).abs() < 1e-12);
        assert!((both.covariance()[(0, 1)] + share.variance).abs() < 1e-12);
    }
}
