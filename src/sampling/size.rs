//! Size measures: how much more often a unit is drawn for its exposure and predicted risk.

use crate::sampling::SamplingError;

/// Below this a transformed score counts as this, so that no size is ever 0.
const LEAST_TRANSFORMED: f64 = 1e-12;

/// How a score enters the size. Only operations that every engine rounds alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreTransform {
    /// The square root: near the optimum for a calibrated score of a rare label.
    Sqrt,
    /// The score itself.
    Identity,
    /// No score: the size is the exposure.
    None,
}

/// The share of a unit's size that does not depend on its score. In (0, 1].
///
/// No ratio estimate has more than `1 / floor` times the variance of sampling by exposure alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor(f64);

/// The exposure-weighted mean of the transformed score, gathered in a first pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreMean {
    transform: ScoreTransform,
    weighted: f64,
    exposure: f64,
}

/// The size of a unit: `w = t ((1 - floor) g(s) / gbar + floor)`.
///
/// `t` is the exposure, `s` the score, `g` the transform and `gbar` the exposure-weighted mean of `g`
/// over the scored units of the frame. A unit without a score counts as average (`g = gbar`).
/// Without a transform the size is the exposure.
///
/// # Source
///
/// Defensive mixtures: Hesterberg (1995), Technometrics 37(2):185-194; Owen & Zhou (2000), JASA 95:135-143.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizeMeasure {
    transform: ScoreTransform,
    floor: Floor,
    mean: f64,
}

impl ScoreTransform {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqrt => "sqrt",
            Self::Identity => "identity",
            Self::None => "none",
        }
    }

    /// Returns the transform of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sqrt, Self::Identity, Self::None]
            .into_iter()
            .find(|transform| transform.name() == name)
    }

    fn apply(self, score: f64) -> f64 {
        let transformed = match self {
            Self::Sqrt => score.sqrt(),
            Self::Identity => score,
            Self::None => 1.0,
        };
        transformed.max(LEAST_TRANSFORMED)
    }
}

impl Floor {
    /// Checks and keeps a floor.
    ///
    /// # Errors
    ///
    /// [`SamplingError::BadFloor`] when it is not above 0 and at most 1.
    pub fn new(share: f64) -> Result<Self, SamplingError> {
        if 0.0 < share && share <= 1.0 {
            Ok(Self(share))
        } else {
            Err(SamplingError::BadFloor(share))
        }
    }

    /// Returns the share.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl ScoreMean {
    /// Starts an empty mean.
    #[must_use]
    pub fn new(transform: ScoreTransform) -> Self {
        Self { transform, weighted: 0.0, exposure: 0.0 }
    }

    /// Adds one unit; one without a score changes nothing.
    pub fn add(&mut self, exposure: f64, score: Option<f64>) {
        if let Some(score) = score {
            self.weighted += exposure * self.transform.apply(score);
            self.exposure += exposure;
        }
    }

    /// Adds the units of another shard.
    ///
    /// # Errors
    ///
    /// [`SamplingError::DifferentSettings`] when the shard used another transform.
    pub fn merge(&mut self, other: &Self) -> Result<(), SamplingError> {
        if self.transform != other.transform {
            return Err(SamplingError::DifferentSettings);
        }
        self.weighted += other.weighted;
        self.exposure += other.exposure;
        Ok(())
    }

    /// Returns the size measure these units give.
    ///
    /// # Errors
    ///
    /// [`SamplingError::NoScores`] when a transform was asked for and no unit had a score.
    pub fn measure(&self, floor: Floor) -> Result<SizeMeasure, SamplingError> {
        if self.transform == ScoreTransform::None {
            return SizeMeasure::new(self.transform, floor, 1.0);
        }
        if self.exposure <= 0.0 {
            return Err(SamplingError::NoScores);
        }
        SizeMeasure::new(self.transform, floor, self.weighted / self.exposure)
    }
}

impl SizeMeasure {
    /// Returns the measure with a mean from an earlier pass or a manifest.
    ///
    /// # Errors
    ///
    /// [`SamplingError::BadMean`] when the mean is not a finite number above 0.
    pub fn new(transform: ScoreTransform, floor: Floor, mean: f64) -> Result<Self, SamplingError> {
        if mean.is_finite() && 0.0 < mean {
            Ok(Self { transform, floor, mean })
        } else {
            Err(SamplingError::BadMean(mean))
        }
    }

    /// Returns the size of a unit of that exposure and score.
    #[must_use]
    pub fn size(&self, exposure: f64, score: Option<f64>) -> f64 {
        if self.transform == ScoreTransform::None {
            return exposure;
        }
        let transformed = score.map_or(self.mean, |score| self.transform.apply(score));
        let floor = self.floor.0;
        exposure * ((1.0 - floor) * transformed / self.mean + floor)
    }

    /// Returns how the score is transformed.
    #[must_use]
    pub fn transform(&self) -> ScoreTransform {
        self.transform
    }

    /// Returns the floor.
    #[must_use]
    pub fn floor(&self) -> Floor {
        self.floor
    }

    /// Returns `gbar`.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }
}

/// Returns inclusion probabilities proportional to size that add up to `n`, none above 1 (design S2).
///
/// Units that would exceed 1 are taken with certainty and the rest shares what is left, until none exceeds.
///
/// # Errors
///
/// [`SamplingError::TooFewUnits`] when fewer than `n` sizes are above 0.
///
/// # Source
///
/// Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 3.6.
pub fn target_probabilities(sizes: &[f64], n: usize) -> Result<Vec<f64>, SamplingError> {
    let available = sizes.iter().filter(|size| 0.0 < **size).count();
    if available < n {
        return Err(SamplingError::TooFewUnits { wanted: n, available });
    }
    let mut by_size: Vec<f64> = sizes.iter().copied().filter(|size| 0.0 < *size).collect();
    by_size.sort_by(|a, b| b.total_cmp(a));
    let mut rest: f64 = by_size.iter().rev().sum();
    let mut certain = 0;
    for size in by_size.iter().take(n) {
        if size * ((n - certain) as f64) < rest {
            break;
        }
        certain += 1;
        rest -= size;
    }
    let least_certain = certain.checked_sub(1).and_then(|last| by_size.get(last)).copied();
    let spread: f64 = by_size.iter().skip(certain).rev().sum();
    let share = |size: f64| match least_certain {
        Some(least) if least <= size => 1.0,
        _ if size <= 0.0 || n == certain => 0.0,
        _ => size * ((n - certain) as f64) / spread,
    };
    Ok(sizes.iter().map(|size| share(*size)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The deterministic population of the statistical specification, 4.A.
    fn population() -> Vec<(f64, f64, f64)> {
        let part = |i: u32, step: f64| (f64::from(i) * step).fract();
        (1..=20_000)
            .map(|i| {
                let (u, v, r) =
                    (part(i, 0.618_033_988_749_894_9), part(i, 2f64.sqrt()), part(i, 3f64.sqrt()));
                let exposure = (10.0 * (1.0 - u).powf(-1.0 / 1.2)).floor().min(1e5);
                let score = v.powi(4);
                let violating = r < 0.25 * score.powf(1.5);
                (exposure, score, if violating { 1.0 } else { 0.0 })
            })
            .collect()
    }

    struct Row {
        known: f64,
        ratio: f64,
        positives: f64,
        poisson: f64,
        certain: usize,
    }

    fn check(transform: ScoreTransform, floor: f64, expected: &Row) {
        let units = population();
        let total: f64 = units.iter().map(|u| u.0).sum();
        let theta = units.iter().map(|u| u.0 * u.2).sum::<f64>() / total;
        let mut mean = ScoreMean::new(transform);
        units.iter().for_each(|u| mean.add(u.0, Some(u.1)));
        let measure = mean.measure(Floor::new(floor).unwrap()).unwrap();
        let sizes: Vec<f64> = units.iter().map(|u| measure.size(u.0, Some(u.1))).collect();
        let all: f64 = sizes.iter().sum();
        let (n, q) = (1000.0, |w: f64| w / all);
        let both = || units.iter().zip(&sizes);
        let known = both().map(|(u, w)| (u.0 * u.2).powi(2) / q(*w)).sum::<f64>() / total.powi(2);
        let ratio = both().map(|(u, w)| (u.0 * (u.2 - theta)).powi(2) / q(*w)).sum::<f64>();
        let shares = target_probabilities(&sizes, 1000).unwrap();
        let poisson = units
            .iter()
            .zip(&shares)
            .map(|(u, pi)| (1.0 - pi) / pi * (u.0 * (u.2 - theta)).powi(2))
            .sum::<f64>();
        let close = |ours: f64, theirs: f64| {
            // Half a unit of the last printed digit.
            assert!((ours - theirs).abs() < 5.1e-9, "{transform:?}: {ours} is not {theirs}");
        };
        close(((known - theta * theta) / n).sqrt(), expected.known);
        close((ratio / n).sqrt() / total, expected.ratio);
        assert!(
            (both().map(|(u, w)| n * q(*w) * u.2).sum::<f64>() - expected.positives).abs() < 6e-4
        );
        close(poisson.sqrt() / total, expected.poisson);
        assert_eq!(shares.iter().filter(|pi| 1.0 <= **pi).count(), expected.certain);
    }

    #[test]
    fn sizes_reproduce_the_published_efficiencies() {
        let row = |known, ratio, positives, poisson, certain| Row {
            known,
            ratio,
            positives,
            poisson,
            certain,
        };
        let rows = [
            (ScoreTransform::None, 0.2, row(0.00529233, 0.00529233, 28.840, 0.00375115, 108)),
            (ScoreTransform::Identity, 0.2, row(0.00337585, 0.00371126, 85.791, 0.00247034, 137)),
            (ScoreTransform::Identity, 0.1, row(0.00331441, 0.00386781, 92.909, 0.00257754, 145)),
            (ScoreTransform::Sqrt, 0.2, row(0.00359147, 0.00381661, 64.278, 0.00256671, 123)),
        ];
        for (transform, floor, expected) in rows {
            check(transform, floor, &expected);
        }
    }

    #[test]
    fn an_unscored_unit_has_the_size_of_its_exposure() {
        let mut mean = ScoreMean::new(ScoreTransform::Sqrt);
        mean.add(3.0, Some(0.04));
        mean.add(7.0, None);
        let measure = mean.measure(Floor::new(0.2).unwrap()).unwrap();
        assert!((measure.size(7.0, None) - 7.0).abs() < 1e-12);
        assert!((measure.mean() - 0.2).abs() < 1e-15);
    }

    #[test]
    fn scores_that_are_all_missing_are_an_error() {
        let mean = ScoreMean::new(ScoreTransform::Sqrt);
        assert_eq!(mean.measure(Floor::new(0.2).unwrap()), Err(SamplingError::NoScores));
        assert!(Floor::new(0.0).is_err() && Floor::new(f64::NAN).is_err());
    }

    #[test]
    fn a_unit_too_big_for_its_share_is_certain() {
        let sizes = [0., 1., 2., 3., 4., 10., 9., 8., 5., 6., 7., 0., 100.];
        let shares = target_probabilities(&sizes, 4).unwrap();
        for (size, share) in sizes.iter().zip(&shares).take(12) {
            assert!((share - size / 55.0 * 3.0).abs() < 1e-12);
        }
        assert!((shares[12] - 1.0).abs() < 1e-12);
        assert!(target_probabilities(&sizes, 12).is_err());
    }
}
