//! Prevalence from error rates measured elsewhere: Rogan and Gladen's estimator with its refusals.
//!
//! Symbols: `q` the apparent prevalence, `se` and `sp` the labeler's sensitivity and specificity, and
//! `j = se + sp - 1` Youden's index.

mod begg_greenes;
mod bootstrap;
mod calibration;
mod influence;
mod known;
mod lang_reiczigel;
mod meld;

pub use begg_greenes::ByLabel;
pub use begg_greenes::VerifiedAccuracy;
pub use begg_greenes::begg_greenes;
pub use bootstrap::GoldCounts;
pub use bootstrap::Resampled;
pub use bootstrap::rogan_gladen_bootstrap;
pub use calibration::CalibrationPilot;
pub use calibration::CalibrationSplit;
pub use calibration::calibration_split;
pub use influence::Flag;
pub use influence::GoldUnit;
pub use influence::Influence;
pub use influence::NestedUnit;
pub use influence::SampleUnit;
pub use influence::independent_influence;
pub use influence::nested_influence;
pub use known::KnownAccuracy;
pub use known::nested_gold_variance;
pub use lang_reiczigel::lang_reiczigel;
pub use meld::ApparentMeld;
pub use meld::bfg_meld;

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::Share;
use crate::stats::StatsError;

/// Below this Youden index nothing is estimated.
const LEAST_YOUDEN: f64 = 0.1;
/// Below this Youden index the estimate is unstable.
const STEADY_YOUDEN: f64 = 0.3;

/// A share and the (effective) number of trials it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    value: f64,
    size: f64,
}

/// The error rates of a labeler.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Share of positives that it labels positive.
    pub sensitivity: Proportion,
    /// Share of negatives that it does not label positive.
    pub specificity: Proportion,
}

/// A corrected prevalence that depends on error rates being the same where they were measured and where they are used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corrected {
    /// The estimate as it comes out; outside `[0, 1]` where the samples disagree.
    pub raw: f64,
    /// The first-order (delta-method) standard error of `raw`.
    pub std_error: f64,
    /// The interval, clipped to `[0, 1]`.
    pub interval: Interval,
    /// Youden's index J.
    pub youden: f64,
    /// The lower limit of J.
    pub youden_low: f64,
    /// The apparent prevalence is below the false positive rate.
    pub below_false_positive_rate: bool,
    /// J is so small that small errors in the rates move the estimate far.
    pub unstable: bool,
}

/// A corrected prevalence with its first-order standard error, before any judgement on whether it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delta {
    /// The estimate as it comes out; outside `[0, 1]` where the samples disagree.
    pub raw: f64,
    /// Its first-order (delta-method) standard error.
    pub std_error: f64,
}

impl Delta {
    /// Returns `raw` plus and minus `z` standard errors, not cut to `[0, 1]`; for comparison only, see [`crate::stats::wald`].
    #[must_use]
    pub fn wald(self, level: Level) -> Interval {
        let half = level.z() * self.std_error;
        Interval { low: self.raw - half, high: self.raw + half, method: Method::Wald }
    }
}

impl Proportion {
    /// Checks a share and its size.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotAProportion`] unless the share is in `[0, 1]` and the size above 0.
    pub fn new(value: f64, size: f64) -> Result<Self, StatsError> {
        if (0.0..=1.0).contains(&value) && size > 0.0 && size.is_finite() {
            Ok(Self { value, size })
        } else {
            Err(StatsError::NotAProportion { value, size })
        }
    }

    /// Returns the share.
    #[must_use]
    pub fn value(self) -> f64 {
        self.value
    }

    /// Returns the (effective) number of trials.
    #[must_use]
    pub fn size(self) -> f64 {
        self.size
    }

    pub(crate) fn variance(self) -> f64 {
        self.value * (1.0 - self.value) / self.size
    }

    fn wilson_low(self, level: Level) -> f64 {
        let z2 = level.z().powi(2);
        let half = level.z() * (self.variance() + z2 / (4.0 * self.size.powi(2))).sqrt();
        ((self.value + z2 / (2.0 * self.size) - half) / (1.0 + z2 / self.size)).max(0.0)
    }

    /// Adds pseudo-trials, so that no rate has variance 0.
    pub(crate) fn with_trials(self, successes: f64, trials: f64) -> Self {
        let size = self.size + trials;
        Self { value: (self.size * self.value + successes) / size, size }
    }
}

impl From<Rate> for Proportion {
    fn from(rate: Rate) -> Self {
        Self { value: rate.value(), size: rate.trials() as f64 }
    }
}

impl From<Share> for Proportion {
    fn from(share: Share) -> Self {
        Self { value: share.value, size: share.size.units() }
    }
}

impl Accuracy {
    /// Returns Youden's index, sensitivity + specificity - 1.
    #[must_use]
    pub fn youden(self) -> f64 {
        self.sensitivity.value + self.specificity.value - 1.0
    }

    /// Returns the lower limit of Youden's index from the Wilson limits of the two rates.
    ///
    /// # Source
    ///
    /// Newcombe (1998), Stat. Med. 17:873–890, for combining the limits of two independent proportions.
    #[must_use]
    pub fn youden_low(self, level: Level) -> f64 {
        let short = |rate: Proportion| (rate.value - rate.wilson_low(level)).powi(2);
        self.youden() - (short(self.sensitivity) + short(self.specificity)).sqrt()
    }
}

impl Corrected {
    /// Returns the estimate to show: `raw`, clipped to `[0, 1]`.
    #[must_use]
    pub fn shown(&self) -> f64 {
        self.raw.clamp(0.0, 1.0)
    }

    /// Returns whether [`Self::shown`] differs from what came out.
    #[must_use]
    pub fn clipped(&self) -> bool {
        !(0.0..=1.0).contains(&self.raw)
    }
}

/// Corrects an apparent prevalence for misclassification.
///
/// `theta = (q + sp - 1) / (se + sp - 1)`, with the interval of [`lang_reiczigel`]. Assumes that the three rates come
/// from independent samples and that the error rates hold in the population the labels come from (label shift only).
/// Where gold is part of the labeled sample the interval is conservative. With weighted rates, effective sizes stand in
/// for counts.
///
/// # Errors
///
/// [`StatsError::Uninformative`] where J is below 0.1 or its lower limit is not above 0; [`StatsError::Impossible`]
/// where the whole interval lies outside `[0, 1]`.
///
/// # Source
///
/// Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76.
pub fn rogan_gladen(
    apparent: Proportion,
    labeler: Accuracy,
    level: Level,
) -> Result<Corrected, StatsError> {
    let (youden, low) = (labeler.youden(), labeler.youden_low(level));
    if youden < LEAST_YOUDEN || low <= 0.0 {
        return Err(StatsError::Uninformative { youden, low });
    }
    let delta = rogan_gladen_delta(apparent, labeler)?;
    let open = lang_reiczigel(apparent, labeler, level)?;
    if open.high < 0.0 || open.low > 1.0 {
        return Err(StatsError::Impossible { low: open.low, high: open.high });
    }
    Ok(Corrected {
        raw: delta.raw,
        std_error: delta.std_error,
        interval: open.clipped(),
        youden,
        youden_low: low,
        below_false_positive_rate: apparent.value < 1.0 - labeler.specificity.value,
        unstable: youden < STEADY_YOUDEN,
    })
}

/// Returns the corrected prevalence and its delta-method standard error, whatever they come to.
///
/// `theta = (q + sp - 1) / j` with the variance `[V(q) + theta^2 V(se) + (1-theta)^2 V(sp)] / j^2`. Assumes what
/// [`rogan_gladen`] assumes and refuses less: use that one for anything shown. A rate of exactly 0 or 1 adds no variance,
/// so the standard error is then too small.
///
/// # Errors
///
/// [`StatsError::Uninformative`] where J is not above 0.
///
/// # Source
///
/// Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76.
pub fn rogan_gladen_delta(apparent: Proportion, labeler: Accuracy) -> Result<Delta, StatsError> {
    let (se, sp, youden) = (labeler.sensitivity, labeler.specificity, labeler.youden());
    if youden <= 0.0 {
        return Err(StatsError::Uninformative { youden, low: youden });
    }
    let raw = (apparent.value + sp.value - 1.0) / youden;
    let variance =
        apparent.variance() + raw.powi(2) * se.variance() + (1.0 - raw).powi(2) * sp.variance();
    Ok(Delta { raw, std_error: variance.sqrt() / youden })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(successes: u64, trials: u64) -> Proportion {
        Rate::new(successes, trials).unwrap().into()
    }

    fn correct(q: (u64, u64), se: (u64, u64), sp: (u64, u64)) -> Result<Corrected, StatsError> {
        let labeler = Accuracy { sensitivity: rate(se.0, se.1), specificity: rate(sp.0, sp.1) };
        rogan_gladen(rate(q.0, q.1), labeler, Level::new(0.95).unwrap())
    }

    #[test]
    fn errors_of_the_labeler_widen_the_estimate() {
        // Worked by hand: (0.21/1000 + 0.25^2 0.09/100 + 0.75^2 0.09/200) / 0.8^2
        let corrected = correct((300, 1000), (90, 100), (180, 200)).unwrap();
        assert!((corrected.raw - 0.25).abs() < 1e-12);
        assert!((corrected.std_error - 0.000_811_523_437_5f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_published_example_is_reproduced() {
        let corrected = correct((4060, 11284), (178, 179), (358, 359)).unwrap();
        assert!((corrected.raw - 0.36003).abs() < 5e-6, "{corrected:?}");
        assert!((corrected.interval.low - 0.348_674).abs() < 5e-7, "{corrected:?}");
        assert!((corrected.interval.high - 0.372_083).abs() < 5e-7, "{corrected:?}");
    }

    #[test]
    fn the_published_rare_example_is_reproduced() {
        let corrected = correct((51, 2971), (32, 33), (20, 20)).unwrap();
        assert!((corrected.raw - 0.017_702).abs() < 5e-7, "{corrected:?}");
        assert!(corrected.interval.low.abs() < 1e-300);
        assert!((corrected.interval.high - 0.053_345).abs() < 5e-7, "{corrected:?}");
    }

    #[test]
    fn a_labeler_near_chance_is_refused() {
        for (se, sp) in [((55, 100), (52, 100)), ((6, 10), (6, 10)), ((20, 100), (70, 100))] {
            assert!(
                matches!(correct((30, 100), se, sp), Err(StatsError::Uninformative { .. })),
                "{se:?} {sp:?}"
            );
        }
    }

    #[test]
    fn a_weak_labeler_is_called_unstable() {
        assert!(correct((400, 1000), (600, 1000), (600, 1000)).unwrap().unstable);
        assert!(!correct((400, 1000), (900, 1000), (900, 1000)).unwrap().unstable);
    }

    #[test]
    fn too_few_flags_for_the_false_positive_rate_are_noted_and_clipped() {
        let corrected = correct((45, 1000), (45, 50), (190, 200)).unwrap();
        assert!(corrected.below_false_positive_rate && corrected.clipped());
        assert!(corrected.raw < 0.0 && corrected.shown().abs() < 1e-300);
    }

    #[test]
    fn samples_that_contradict_each_other_are_refused() {
        assert!(matches!(
            correct((200, 1000), (50, 50), (60, 100)),
            Err(StatsError::Impossible { .. })
        ));
    }

    proptest! {
        #[test]
        fn correcting_never_beats_two_phases_with_the_same_gold(
            theta in 0.001f64..0.999, se in 0.55f64..0.999, sp in 0.55f64..0.999,
        ) {
            let (n, m, j) = (1e5, 1e3, se + sp - 1.0);
            let q = theta * se + (1.0 - theta) * (1.0 - sp);
            let k = theta * (1.0 - theta) * j * j / (q * (1.0 - q));
            let two_phase = theta * (1.0 - theta) * (k / n + (1.0 - k) / m);
            let labeler = Accuracy {
                sensitivity: Proportion::new(se, m * theta).unwrap(),
                specificity: Proportion::new(sp, m * (1.0 - theta)).unwrap(),
            };
            let se = lang_free_variance(Proportion::new(q, n).unwrap(), labeler, theta);
            prop_assert!(two_phase <= se * (1.0 + 1e-9));
        }
    }

    fn lang_free_variance(q: Proportion, labeler: Accuracy, theta: f64) -> f64 {
        (q.variance()
            + theta.powi(2) * labeler.sensitivity.variance()
            + (1.0 - theta).powi(2) * labeler.specificity.variance())
            / labeler.youden().powi(2)
    }
}
