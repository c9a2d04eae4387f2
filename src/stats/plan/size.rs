//! How many units a simple random sample needs to show a share with a wanted precision.
//!
//! Sizes are real numbers: round up. Where the sample is weighted or clustered, multiply by its design effect.

use crate::stats::Level;
use crate::stats::StatsError;
use crate::stats::plan::LabelerGuess;

/// A share and how precisely it is to be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HalfWidth {
    /// The expected share, strictly between 0 and 1.
    pub share: f64,
    /// Half the width of its interval, in the unit of the share, strictly between 0 and 1/2.
    pub half_width: f64,
    /// The level of the interval.
    pub level: Level,
}

/// A share and the coefficient of variation its estimate may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelativeError {
    /// The expected share, strictly between 0 and 1.
    pub share: f64,
    /// Standard error over share, above 0.
    pub variation: f64,
}

impl HalfWidth {
    /// Returns the variance that gives a normal interval of this half width, `(h / z)^2`.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a share or half width that is none.
    pub fn variance(self) -> Result<f64, StatsError> {
        self.checked()?;
        Ok((self.half_width / self.level.z()).powi(2))
    }

    fn checked(self) -> Result<Self, StatsError> {
        inside(self.share)?;
        if self.half_width > 0.0 && self.half_width < 0.5 {
            Ok(self)
        } else {
            Err(StatsError::OutOfRange {
                what: "a half width above 0 and below 1/2",
                value: self.half_width,
            })
        }
    }
}

/// Returns the units for a normal (Wald) interval of the wanted half width.
///
/// `n = z^2 p q / h^2`; for a finite population of `N` units `n = n0 N/(N-1) / (1 + n0/(N-1))` with that as `n0`.
/// For a share near 0 the normal interval covers too little: plan with [`size_for_wilson`].
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a share, half width or population that is none.
///
/// # Source
///
/// Cochran (1977), Sampling Techniques, 4.4; Valliant, Dever & Kreuter (2018), Practical Tools, 3.2.
pub fn size_for_half_width(target: HalfWidth, population: Option<f64>) -> Result<f64, StatsError> {
    finite(target.share * (1.0 - target.share), target.variance()?, population)
}

/// Returns the units for an estimate with the wanted coefficient of variation.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a share, coefficient or population that is none.
///
/// # Source
///
/// Valliant, Dever & Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, 3.2.
pub fn size_for_relative_error(
    target: RelativeError,
    population: Option<f64>,
) -> Result<f64, StatsError> {
    inside(target.share)?;
    if !(target.variation > 0.0 && target.variation.is_finite()) {
        return Err(StatsError::OutOfRange {
            what: "a coefficient of variation above 0",
            value: target.variation,
        });
    }
    finite((1.0 - target.share) / target.share, target.variation.powi(2), population)
}

/// Returns the units for a Wilson interval of the wanted half width.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a share or half width that is none.
///
/// # Source
///
/// Wilson (1927), JASA 22:209, solved for n; Valliant, Dever & Kreuter (2018), Practical Tools, 3.2.
pub fn size_for_wilson(target: HalfWidth) -> Result<f64, StatsError> {
    let HalfWidth { share, half_width, level } = target.checked()?;
    let (z2, h2) = (level.z().powi(2), half_width * half_width);
    let middle = z2 * share * (1.0 - share) - 2.0 * h2 * z2;
    let root = (middle * middle + z2 * z2 * h2 * (1.0 - 4.0 * h2)).sqrt();
    Ok((middle + root) / (2.0 * h2))
}

/// Returns the units so that the labeler's sensitivity (or specificity) is known with the wanted half width.
///
/// `target.share` is that rate; only a part `among` of the units (the violating, or the allowed ones) informs it.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a rate, half width or part that is none.
///
/// # Source
///
/// Buderer (1996), Acad. Emerg. Med. 3:895–900.
pub fn size_for_rate_among(target: HalfWidth, among: f64) -> Result<f64, StatsError> {
    Ok(size_for_half_width(target, None)? / inside(among)?)
}

/// Returns the units for a Rogan-Gladen estimate of the wanted half width, sensitivity and specificity known.
///
/// No finite population correction: labeling every unit does not take away the labeler's errors.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a half width that is none.
///
/// # Source
///
/// Rogan & Gladen (1978), Am. J. Epidemiol. 107:71–76; Humphry, Cameron & Gunn (2004), Prev. Vet. Med. 65:173–188.
pub fn size_with_known_errors(
    guess: LabelerGuess,
    half_width: f64,
    level: Level,
) -> Result<f64, StatsError> {
    let share = guess.flagged();
    let target = HalfWidth { share, half_width, level };
    Ok(share * (1.0 - share) / guess.informedness().powi(2) / target.variance()?)
}

/// Returns the least number of units that holds at least one of a kind with the wanted confidence.
///
/// `share` is the kind's share; the smallest n with `1 - (1-p)^n >= level`, about `3 / p` at 95 %.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a share that is none.
///
/// # Source
///
/// Hanley & Lippman-Hand (1983), JAMA 249:1743–1745.
pub fn size_to_detect(share: f64, level: Level) -> Result<u64, StatsError> {
    let (miss, wanted) = ((-inside(share)?).ln_1p(), (1.0 - level.value()).ln());
    Ok((wanted / miss * (1.0 - 1e-12)).ceil().max(1.0) as u64)
}

/// Returns `v N/(N-1) / (target + v/(N-1))`, or `v / target` for an infinite population.
fn finite(unit: f64, target: f64, population: Option<f64>) -> Result<f64, StatsError> {
    match population {
        None => Ok(unit / target),
        Some(size) if size > 1.0 && size.is_finite() => {
            Ok(unit * size / (size - 1.0) / (target + unit / (size - 1.0)))
        }
        Some(size) => {
            Err(StatsError::OutOfRange { what: "a population of more than one unit", value: size })
        }
    }
}

/// Checks that a share lies strictly between 0 and 1.
pub(super) fn inside(share: f64) -> Result<f64, StatsError> {
    if share > 0.0 && share < 1.0 {
        Ok(share)
    } else {
        Err(StatsError::OutOfRange { what: "a share strictly between 0 and 1", value: share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Rate;
    use crate::stats::wilson;

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    #[test]
    fn a_hundred_positives_give_twenty_percent_relative_error() {
        // Liu (2019): (1.96 / 0.2)^2 (1-p) is about 96 positives for a rare share.
        let n =
            size_for_half_width(HalfWidth { share: 1e-4, half_width: 2e-5, level: level() }, None);
        assert!((n.unwrap() * 1e-4 - 96.0).abs() < 0.1);
    }

    #[test]
    fn the_wilson_size_gives_a_wilson_interval_of_the_half_width() {
        let half_width = 0.5 * {
            let interval = wilson(Rate::new(30, 120).unwrap(), level());
            interval.high - interval.low
        };
        let n = size_for_wilson(HalfWidth { share: 0.25, half_width, level: level() }).unwrap();
        assert!((n - 120.0).abs() < 1e-8, "{n}");
    }

    #[test]
    fn a_whole_population_is_the_most_that_is_needed() {
        let target = HalfWidth { share: 0.5, half_width: 1e-6, level: level() };
        assert!((size_for_half_width(target, Some(500.0)).unwrap() - 500.0).abs() < 1e-3);
        assert!(size_for_half_width(target, Some(1.0)).is_err());
        assert!(size_for_half_width(HalfWidth { share: 0.0, ..target }, None).is_err());
        assert!(size_for_wilson(HalfWidth { half_width: 0.5, ..target }).is_err());
    }

    #[test]
    fn one_unit_less_would_not_detect() {
        for (share, confidence) in [(0.01, 0.95), (0.5, 0.75), (0.5, 0.5), (0.9, 0.8), (1e-6, 0.99)]
        {
            let level = Level::new(confidence).unwrap();
            let n = size_to_detect(share, level).unwrap() as f64;
            let found = |n: f64| -(n * f64::ln_1p(-share)).exp_m1();
            assert!(found(n) >= confidence - 1e-9, "{share}");
            assert!(found(n - 1.0) < confidence, "{share}");
        }
    }
}
