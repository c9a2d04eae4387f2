//! Prediction-powered means: labels of many units, corrected by gold on other units of the same population.
//!
//! Symbols: `y` the truth, `f` the label or score, `lambda` how much of it is used; gold units (`n` of them) are disjoint
//! from the unlabeled ones (`N`). For gold that is part of the labeled sample use [`crate::stats::two_phase_difference`].

use crate::stats::Estimate;
use crate::stats::StatsError;
use crate::stats::pairs::Pair;
use crate::stats::pairs::Pairs;

/// A gold unit: what is true of it, what was predicted, and its design weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldPoint {
    /// The truth: 0 or 1, or any number whose mean is sought.
    pub truth: f64,
    /// What was predicted for it.
    pub prediction: f64,
    /// Its design weight, above 0; 1 in a simple random sample.
    pub weight: f64,
}

/// A unit without gold: what was predicted for it, and its design weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictedPoint {
    /// What was predicted for it.
    pub prediction: f64,
    /// Its design weight, above 0; 1 in a simple random sample.
    pub weight: f64,
}

/// Sums over gold units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GoldSums {
    pairs: Pairs,
}

/// Sums over units without gold.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PredictedSums {
    pairs: Pairs,
}

/// How the best `lambda` is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tuning {
    /// From the variance of all predictions together: `Cov(y, f) / ((1 + n/N) Var(f))`, as ppi_py does.
    Pooled,
    /// From the variance of the predictions in each part: `Cov(y, f)/n / (Var_gold(f)/n + Var_rest(f)/N)`.
    Separate,
}

/// A prediction-powered mean with tuned `lambda`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TunedMean {
    /// How much of the predictions was used, in `[0, 1]`.
    pub lambda: f64,
    /// The mean.
    pub mean: Estimate,
}

impl GoldSums {
    /// Adds a gold unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a number that is not finite or a weight that is not above 0.
    pub fn add(&mut self, point: GoldPoint) -> Result<(), StatsError> {
        self.add_times(point, 1)
    }

    /// Adds that many gold units of the same truth, prediction and weight.
    ///
    /// # Errors
    ///
    /// As [`Self::add`].
    pub fn add_times(&mut self, point: GoldPoint, times: u64) -> Result<(), StatsError> {
        finite(point.truth, "a finite truth")?;
        finite(point.prediction, "a finite prediction")?;
        self.pairs.add(Pair { y: point.truth, f: point.prediction }, point.weight, times)
    }
}

impl PredictedSums {
    /// Adds a unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a number that is not finite or a weight that is not above 0.
    pub fn add(&mut self, point: PredictedPoint) -> Result<(), StatsError> {
        self.add_times(point, 1)
    }

    /// Adds that many units of the same prediction and weight.
    ///
    /// # Errors
    ///
    /// As [`Self::add`].
    pub fn add_times(&mut self, point: PredictedPoint, times: u64) -> Result<(), StatsError> {
        finite(point.prediction, "a finite prediction")?;
        let pair = Pair { y: point.prediction, f: point.prediction };
        self.pairs.add(pair, point.weight, times)
    }
}

/// Returns the prediction-powered mean for a fixed `lambda`: 1 is the difference estimator, 0 the gold alone.
///
/// `mean_gold(y - lambda f) + lambda mean_rest(f)`, with weighted (Hajek) means. The variance is the linearised one of
/// independent units, `sum w^2 (e - mean e)^2 / (sum w)^2` for each part, whose divisor is n without weights; ppi_py leaves
/// out the centring on the weighted mean once there are weights. Assumes that both parts are samples of one population;
/// nothing is assumed of the predictions. Finite-population corrections are left out.
///
/// # Errors
///
/// [`StatsError::NoUnits`] when a part is empty, [`StatsError::OutOfRange`] for a `lambda` that is not finite,
/// [`StatsError::Undefined`] with fewer than two gold units.
///
/// # Source
///
/// Angelopoulos et al. (2023), Science 382:669–674; Cassel, Sarndal & Wretman (1976), Biometrika 63:615–620.
pub fn ppi_mean(
    gold: &GoldSums,
    rest: &PredictedSums,
    lambda: f64,
) -> Result<Estimate, StatsError> {
    finite(lambda, "a finite lambda")?;
    check_counts(gold, rest)?;
    let (labeled, others) = (gold.pairs, rest.pairs);
    let corrected = labeled.by_weight.y - lambda * labeled.by_weight.f;
    let spread = labeled.mean_covariances();
    let residual = spread.yy - 2.0 * lambda * spread.yf + lambda.powi(2) * spread.ff;
    Ok(Estimate {
        value: corrected + lambda * others.by_weight.f,
        variance: residual.max(0.0) + lambda.powi(2) * others.mean_covariances().ff,
    })
}

/// Returns the `lambda` of least estimated variance, not clipped: outside `[0, 1]` where the predictions mislead.
///
/// With weights, Kish's effective sizes stand in for `n` and `N` in [`Tuning::Pooled`], and linearised variances are used
/// in [`Tuning::Separate`]; any `lambda` leaves the mean consistent.
///
/// # Errors
///
/// As [`ppi_mean`], and [`StatsError::Undefined`] where all predictions are the same.
///
/// # Source
///
/// Angelopoulos, Duchi & Zrnic (2023), arXiv 2311.01453, for the pooled form; Chen et al. (2026), arXiv 2601.05420, for the
/// separate one.
pub fn ppi_lambda(
    gold: &GoldSums,
    rest: &PredictedSums,
    tuning: Tuning,
) -> Result<f64, StatsError> {
    check_counts(gold, rest)?;
    let (labeled, others) = (gold.pairs, rest.pairs);
    let (gain, cost) = match tuning {
        Tuning::Pooled => {
            let (n, rest) = (labeled.kish(), others.kish());
            let scaled = labeled.scaled_to(n).and(others.scaled_to(rest));
            let pooled = scaled.by_weight.ff / scaled.by_weight.weight;
            let unbiased = pooled * (n + rest) / (n + rest - 1.0);
            let covariance = labeled.by_weight.yf / labeled.by_weight.weight;
            (covariance, (1.0 + n / rest) * unbiased)
        }
        Tuning::Separate => {
            let (own, others) = (labeled.mean_covariances(), others.mean_covariances());
            let (n, rest) = (gold.pairs.degrees(), rest.pairs.degrees());
            (own.yf * n, own.ff * n + others.ff * rest)
        }
    };
    if cost > 0.0 {
        return Ok(gain / cost);
    }
    Err(StatsError::Undefined { statistic: "lambda", reason: "all predictions are the same" })
}

/// Returns the prediction-powered mean with the tuned `lambda`, clipped to `[0, 1]`.
///
/// `lambda` is tuned and used on the same gold, which makes the variance too small with few gold units: it helps only if
/// the correlation of truth and prediction exceeds about `1 / sqrt(n - 2)`.
///
/// # Errors
///
/// As [`ppi_lambda`].
///
/// # Source
///
/// Angelopoulos, Duchi & Zrnic (2023), arXiv 2311.01453.
pub fn ppi_plus_plus(
    gold: &GoldSums,
    rest: &PredictedSums,
    tuning: Tuning,
) -> Result<TunedMean, StatsError> {
    let lambda = ppi_lambda(gold, rest, tuning)?.clamp(0.0, 1.0);
    Ok(TunedMean { lambda, mean: ppi_mean(gold, rest, lambda)? })
}

fn finite(value: f64, what: &'static str) -> Result<(), StatsError> {
    if value.is_finite() { Ok(()) } else { Err(StatsError::OutOfRange { what, value }) }
}

fn check_counts(gold: &GoldSums, rest: &PredictedSums) -> Result<(), StatsError> {
    if gold.pairs.count == 0 || rest.pairs.count == 0 {
        return Err(StatsError::NoUnits);
    }
    if gold.pairs.count > 1 {
        return Ok(());
    }
    let reason = "there is a single gold unit";
    Err(StatsError::Undefined { statistic: "the variance of a prediction-powered mean", reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gold(pairs: &[(f64, f64)]) -> GoldSums {
        let mut sums = GoldSums::default();
        for (truth, prediction) in pairs {
            let point = GoldPoint { truth: *truth, prediction: *prediction, weight: 1.0 };
            sums.add(point).unwrap();
        }
        sums
    }

    fn rest(positive: u64, negative: u64) -> PredictedSums {
        let mut sums = PredictedSums::default();
        for (prediction, times) in [(1.0, positive), (0.0, negative)] {
            sums.add_times(PredictedPoint { prediction, weight: 1.0 }, times).unwrap();
        }
        sums
    }

    /// Y = 1010010000, F = 1000110000, and 18 of 90 predicted positive.
    fn toy() -> (GoldSums, PredictedSums) {
        let pairs = [(1.0, 1.0), (0.0, 0.0), (1.0, 0.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        let mut sums = gold(&pairs);
        let point = GoldPoint { truth: 0.0, prediction: 0.0, weight: 1.0 };
        sums.add_times(point, 4).unwrap();
        (sums, rest(18, 72))
    }

    #[test]
    fn the_toy_has_its_published_estimates_for_every_lambda() {
        let (gold, rest) = toy();
        for (lambda, value, error) in [(0.0, 0.3, 0.144_914), (1.0, 0.2, 0.147_573)] {
            let mean = ppi_mean(&gold, &rest, lambda).unwrap();
            assert!((mean.value - value).abs() < 1e-12, "{mean:?}");
            assert!((mean.std_error() - error).abs() < 5e-7, "{mean:?}");
        }
        for (tuning, lambda, value, error) in [
            (Tuning::Pooled, 0.590_778, 0.240_922, 0.126_304),
            (Tuning::Separate, 0.486_339, 0.251_366, 0.125_252),
        ] {
            let tuned = ppi_plus_plus(&gold, &rest, tuning).unwrap();
            assert!((tuned.lambda - lambda).abs() < 5e-7, "{tuned:?}");
            assert!((tuned.mean.value - value).abs() < 5e-7, "{tuned:?}");
            assert!((tuned.mean.std_error() - error).abs() < 5e-7, "{tuned:?}");
        }
    }

    #[test]
    fn what_cannot_be_estimated_is_an_error() {
        let (toy, others) = toy();
        assert_eq!(ppi_mean(&toy, &PredictedSums::default(), 1.0), Err(StatsError::NoUnits));
        assert_eq!(ppi_mean(&GoldSums::default(), &others, 1.0), Err(StatsError::NoUnits));
        assert!(ppi_mean(&gold(&[(1.0, 1.0)]), &others, 1.0).is_err());
        assert!(ppi_mean(&toy, &others, f64::NAN).is_err());
        let same = gold(&[(1.0, 0.0), (0.0, 0.0)]);
        for tuning in [Tuning::Pooled, Tuning::Separate] {
            assert!(ppi_lambda(&same, &rest(0, 9), tuning).is_err());
        }
        let mut sums = PredictedSums::default();
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(sums.add(PredictedPoint { prediction: 1.0, weight }).is_err());
        }
    }

    proptest! {
        #[test]
        fn scaling_the_weights_of_a_part_changes_nothing(
            points in prop::collection::vec((0.0f64..1.0, 0.0f64..1.0, 0.2f64..5.0), 4..30), scale in 0.01f64..100.0,
        ) {
            let sums = |by: f64| {
                let (mut gold, mut rest) = (GoldSums::default(), PredictedSums::default());
                for (y, f, w) in &points {
                    gold.add(GoldPoint { truth: *y, prediction: *f, weight: w * by }).unwrap();
                    rest.add(PredictedPoint { prediction: y * f, weight: *w }).unwrap();
                }
                (gold, rest)
            };
            let ((a, r), (b, _)) = (sums(1.0), sums(scale));
            for tuning in [Tuning::Pooled, Tuning::Separate] {
                let (one, other) = (ppi_lambda(&a, &r, tuning).unwrap(), ppi_lambda(&b, &r, tuning).unwrap());
                prop_assert!((one - other).abs() < 1e-9 * (1.0 + one.abs()));
            }
            let (one, other) = (ppi_mean(&a, &r, 0.7).unwrap(), ppi_mean(&b, &r, 0.7).unwrap());
            prop_assert!((one.value - other.value).abs() < 1e-9 && (one.variance - other.variance).abs() < 1e-9);
        }
    }
}
