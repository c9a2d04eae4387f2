//! Prevalence corrected with error rates that are taken as known.

use crate::stats::Delta;
use crate::stats::Interval;
use crate::stats::Proportion;
use crate::stats::StatsError;

/// Error rates taken as known: measured on so much gold that their own error does not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownAccuracy {
    /// Share of positives that are labeled positive, in `[0, 1]`.
    pub sensitivity: f64,
    /// Share of negatives that are not labeled positive, in `[0, 1]`.
    pub specificity: f64,
}

impl KnownAccuracy {
    /// Returns Youden's index, sensitivity + specificity - 1.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotAProbability`] for a rate outside `[0, 1]`; [`StatsError::Uninformative`] unless the index is
    /// above 0.
    pub fn youden(self) -> Result<f64, StatsError> {
        for rate in [self.sensitivity, self.specificity] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(StatsError::NotAProbability(rate));
            }
        }
        let youden = self.sensitivity + self.specificity - 1.0;
        if youden <= 0.0 {
            return Err(StatsError::Uninformative { youden, low: youden });
        }
        Ok(youden)
    }

    /// Returns the corrected prevalence, not cut to `[0, 1]`, with the standard error of the apparent one over J.
    ///
    /// # Errors
    ///
    /// Those of [`Self::youden`].
    ///
    /// # Source
    ///
    /// Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76.
    pub fn correct(self, apparent: Proportion) -> Result<Delta, StatsError> {
        let youden = self.youden()?;
        let raw = (apparent.value() + self.specificity - 1.0) / youden;
        Ok(Delta { raw, std_error: apparent.variance().sqrt() / youden })
    }

    /// Returns the interval of the corrected prevalence for one of the apparent prevalence, not cut to `[0, 1]`.
    ///
    /// The correction rises with the apparent prevalence, so that the interval covers as often as the one it is made of.
    ///
    /// # Errors
    ///
    /// Those of [`Self::youden`].
    ///
    /// # Source
    ///
    /// Reiczigel, Foldi & Ozsvari (2010), Epidemiol. Infect. 138:1674–1678.
    pub fn correct_interval(self, apparent: Interval) -> Result<Interval, StatsError> {
        let youden = self.youden()?;
        let corrected = |limit: f64| (limit + self.specificity - 1.0) / youden;
        Ok(Interval {
            low: corrected(apparent.low),
            high: corrected(apparent.high),
            method: apparent.method,
        })
    }

    /// Returns `K`, the squared correlation of label and truth at that prevalence.
    ///
    /// # Errors
    ///
    /// Those of [`Self::youden`]; [`StatsError::OutOfRange`] unless the prevalence lies inside (0, 1).
    ///
    /// # Source
    ///
    /// Tenenbein (1970), JASA 65:1350–1361.
    pub fn squared_correlation(self, prevalence: f64) -> Result<f64, StatsError> {
        let youden = self.youden()?;
        if !(prevalence > 0.0 && prevalence < 1.0) {
            return Err(StatsError::OutOfRange {
                what: "a prevalence inside (0, 1)",
                value: prevalence,
            });
        }
        let apparent =
            prevalence * self.sensitivity + (1.0 - prevalence) * (1.0 - self.specificity);
        Ok(prevalence * (1.0 - prevalence) * youden.powi(2) / (apparent * (1.0 - apparent)))
    }
}

/// Returns the variance of the Rogan-Gladen estimate where gold is a simple random part of the labeled sample.
///
/// `theta (1-theta) [(2K-1) / (K n) + (1-K) / (K m)]` with `n` labeled units, `m` of them with gold, and `K` the
/// [squared correlation](KnownAccuracy::squared_correlation). The delta-method variance for independent samples is larger
/// by `2 theta (1-theta) (1-K) / (K n)`. A planning formula: with data use [`crate::stats::nested_influence`].
///
/// # Errors
///
/// Those of [`KnownAccuracy::squared_correlation`]; [`StatsError::OutOfRange`] unless `0 < m <= n`.
///
/// # Source
///
/// Derived from the influence values of the three rates; at `m = n` it is the variance of gold alone.
pub fn nested_gold_variance(
    labeler: KnownAccuracy,
    prevalence: f64,
    gold: Proportion,
) -> Result<f64, StatsError> {
    let k = labeler.squared_correlation(prevalence)?;
    let (n, m) = (gold.size(), gold.size() * gold.value());
    if m <= 0.0 {
        return Err(StatsError::OutOfRange {
            what: "a share of the sample with gold above 0",
            value: m,
        });
    }
    let spread = prevalence * (1.0 - prevalence);
    Ok(spread * ((2.0 * k - 1.0) / (k * n) + (1.0 - k) / (k * m)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Accuracy;
    use crate::stats::Level;
    use crate::stats::Rate;
    use crate::stats::clopper_pearson;
    use crate::stats::rogan_gladen_delta;
    use proptest::prelude::*;

    const LABELER: KnownAccuracy = KnownAccuracy { sensitivity: 0.96, specificity: 0.89 };

    #[test]
    fn the_published_example_is_reproduced() {
        // epiR, 23 of 150: 5.1 % (0 to 13 %)
        let rate = Rate::new(23, 150).unwrap();
        let level = Level::new(0.95).unwrap();
        let corrected = LABELER.correct(rate.into()).unwrap();
        let interval = LABELER.correct_interval(clopper_pearson(rate, level)).unwrap();
        assert!((corrected.raw - 0.050_980).abs() < 1e-6, "{corrected:?}");
        assert!((interval.low + 0.012_057).abs() < 1e-6, "{interval:?}");
        assert!((interval.high - 0.130_753).abs() < 1e-6, "{interval:?}");
    }

    #[test]
    fn rates_that_say_nothing_are_refused() {
        for (sensitivity, specificity) in [(0.5, 0.5), (0.2, 0.7), (1.2, 0.9), (f64::NAN, 0.9)] {
            let labeler = KnownAccuracy { sensitivity, specificity };
            assert!(labeler.youden().is_err(), "{sensitivity} {specificity}");
        }
        assert!(LABELER.squared_correlation(0.0).is_err());
        assert!(nested_gold_variance(LABELER, 0.1, Proportion::new(0.0, 100.0).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn nested_gold_is_more_precise_by_the_known_amount(
            theta in 0.01f64..0.99, sensitivity in 0.6f64..0.999, specificity in 0.6f64..0.999, part in 0.01f64..1.0,
        ) {
            let labeler = KnownAccuracy { sensitivity, specificity };
            let (n, k) = (1e4, labeler.squared_correlation(theta).unwrap());
            let nested = nested_gold_variance(labeler, theta, Proportion::new(part, n).unwrap()).unwrap();
            let of = |value: f64, size: f64| Proportion::new(value, size).unwrap();
            let apart = Accuracy {
                sensitivity: of(sensitivity, part * n * theta),
                specificity: of(specificity, part * n * (1.0 - theta)),
            };
            let apparent = theta * sensitivity + (1.0 - theta) * (1.0 - specificity);
            let independent = rogan_gladen_delta(of(apparent, n), apart).unwrap().std_error.powi(2);
            let spread = theta * (1.0 - theta);
            prop_assert!((independent - nested - 2.0 * spread * (1.0 - k) / (k * n)).abs() < 1e-9 * independent);
            // never below the two-phase estimator, and gold alone where every unit has gold
            let two_phase = spread * (k / n + (1.0 - k) / (part * n));
            prop_assert!(two_phase <= nested * (1.0 + 1e-9));
            let all = nested_gold_variance(labeler, theta, of(1.0, n)).unwrap();
            prop_assert!((all - spread / n).abs() < 1e-9 * all);
        }
    }
}
