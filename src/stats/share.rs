//! A design-weighted share with its variance and effective size.

use crate::stats::StatsError;
use crate::stats::WeightSum;

/// No effective size is taken to be larger than this.
pub const MAX_EFFECTIVE_SIZE: f64 = 1e7;

/// The size of the simple random sample that would be as precise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EffectiveSize {
    /// That many units, above 0 and at most [`MAX_EFFECTIVE_SIZE`].
    Units(f64),
    /// Every unit was certain to be observed: no sampling error at all.
    Exact,
}

/// The share of the weight that some of the observed units hold (Hajek), with its design variance.
///
/// `value = W1 / (W1 + W0)`; the variance is that of Poisson sampling, linearised:
/// `[ (1-p)^2 sum1 (1-pi) d^2 + p^2 sum0 (1-pi) d^2 ] / W^2`. It serves uniform and priority samples too;
/// units with `pi = 1` (a census, certainty units) bring none.
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), ch. 5; Duffield, Lund & Thorup (2007) for priority samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The share, in `[0, 1]`.
    pub value: f64,
    /// Its design variance.
    pub variance: f64,
    /// Its effective size (Korn & Graubard 1998; Kish where the share is 0 or 1).
    pub size: EffectiveSize,
    /// Units observed.
    pub n: u64,
}

impl EffectiveSize {
    /// Returns a number to compute with: the units, or [`MAX_EFFECTIVE_SIZE`] when there is no error.
    #[must_use]
    pub fn units(self) -> f64 {
        match self {
            Self::Units(units) => units,
            Self::Exact => MAX_EFFECTIVE_SIZE,
        }
    }

    /// Returns the size to print beside `n` observed units: never above `n`.
    #[must_use]
    pub fn printed(self, n: u64) -> f64 {
        self.units().min(n as f64)
    }

    /// Returns the size at which a share of that value, inside (0, 1), varies by `variance`, above 0.
    #[must_use]
    pub fn of_share(value: f64, variance: f64) -> Self {
        Self::of(value * (1.0 - value), variance, f64::INFINITY)
    }

    /// Returns the size when every variance is `ratio` times as large, `ratio` being above 0.
    pub(crate) fn reduced(self, ratio: f64) -> Self {
        match self {
            Self::Units(units) => Self::Units((units / ratio).min(MAX_EFFECTIVE_SIZE)),
            Self::Exact => Self::Exact,
        }
    }

    /// Returns the size at which a share varies by `variance` where `spread` is its one-unit variance.
    ///
    /// `kish` is the size to use where either is 0; infinite or NaN means that there is no error.
    pub(crate) fn of(spread: f64, variance: f64, kish: f64) -> Self {
        if spread > 0.0 && variance > 0.0 {
            Self::Units((spread / variance).min(MAX_EFFECTIVE_SIZE))
        } else if kish.is_finite() {
            Self::Units(kish.min(MAX_EFFECTIVE_SIZE))
        } else {
            Self::Exact
        }
    }
}

impl Share {
    /// Returns the share that `hits` hold of `hits` and `misses` together.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] when both are empty.
    pub fn of(hits: &WeightSum, misses: &WeightSum) -> Result<Self, StatsError> {
        let total = hits.weight + misses.weight;
        if total <= 0.0 {
            return Err(StatsError::NoUnits);
        }
        let value = if misses.count == 0 { 1.0 } else { hits.weight / total };
        let variance =
            (hits.error * (1.0 - value).powi(2) + misses.error * value.powi(2)) / total.powi(2);
        let kish = total.powi(2) / (hits.error + misses.error);
        let size = EffectiveSize::of(value * (1.0 - value), variance, kish);
        Ok(Self { value, variance, size, n: hits.count + misses.count })
    }

    /// Returns the share when its variance is `ratio` times as large; as it is where that says nothing.
    #[must_use]
    pub fn scaled(self, ratio: f64) -> Self {
        if !(ratio > 0.0 && ratio.is_finite()) {
            return self;
        }
        Self { variance: self.variance * ratio, size: self.size.reduced(ratio), ..self }
    }

    /// Returns the square root of the design variance.
    #[must_use]
    pub fn std_error(&self) -> f64 {
        self.variance.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Weight;
    use proptest::prelude::*;

    fn sum(units: &[(f64, f64)]) -> WeightSum {
        let mut sum = WeightSum::default();
        for (exposure, probability) in units {
            sum.add(Weight::new(*exposure, *probability).unwrap());
        }
        sum
    }

    #[test]
    fn a_simple_random_sample_has_its_binomial_variance_and_finite_population_correction() {
        let share = Share::of(&sum(&[(1.0, 0.25); 3]), &sum(&[(1.0, 0.25); 7])).unwrap();
        assert!((share.value - 0.3).abs() < 1e-12);
        assert!((share.variance - 0.75 * 0.021).abs() < 1e-12);
        assert_eq!(share.n, 10);
    }

    #[test]
    fn a_share_of_zero_has_the_size_of_kish() {
        let share = Share::of(&sum(&[]), &sum(&[(1.0, 0.5), (3.0, 0.5)])).unwrap();
        // (2+6)^2 / (0.5*4 + 0.5*36)
        assert!((share.size.units() - 3.2).abs() < 1e-12);
    }

    #[test]
    fn a_census_is_exact() {
        let share = Share::of(&sum(&[(2.0, 1.0)]), &sum(&[(6.0, 1.0)])).unwrap();
        assert_eq!(share.size, EffectiveSize::Exact);
        assert!((share.value - 0.25).abs() < 1e-12);
    }

    #[test]
    fn nothing_observed_is_an_error() {
        assert_eq!(Share::of(&sum(&[]), &sum(&[])), Err(StatsError::NoUnits));
    }

    proptest! {
        #[test]
        fn scaling_every_exposure_changes_nothing(scale in 0.01f64..1e6, hits in 1usize..9, misses in 1usize..9) {
            let unit = |i: usize| (1.0 + i as f64, 1.0 / (2.0 + i as f64));
            let scaled = |n: usize| sum(&(0..n).map(|i| (unit(i).0 * scale, unit(i).1)).collect::<Vec<_>>());
            let plain = |n: usize| sum(&(0..n).map(unit).collect::<Vec<_>>());
            let (a, b) = (Share::of(&plain(hits), &plain(misses)).unwrap(), Share::of(&scaled(hits), &scaled(misses)).unwrap());
            prop_assert!((a.value - b.value).abs() < 1e-9 && (a.variance - b.variance).abs() < 1e-9);
        }

        #[test]
        fn scaling_every_probability_leaves_the_share(scale in 0.01f64..1.0, hits in 1usize..9, misses in 1usize..9) {
            let unit = |i: usize, s: f64| (1.0 + i as f64, s / (2.0 + i as f64));
            let make = |n: usize, s: f64| sum(&(0..n).map(|i| unit(i, s)).collect::<Vec<_>>());
            let (a, b) = (Share::of(&make(hits, 1.0), &make(misses, 1.0)).unwrap(), Share::of(&make(hits, scale), &make(misses, scale)).unwrap());
            prop_assert!((a.value - b.value).abs() < 1e-9);
        }
    }
}
