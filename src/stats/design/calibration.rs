//! Calibration: weights that reproduce known totals, and the residuals that drive the variance then.

use crate::stats::StatsError;
use crate::stats::design::margins::MarginResiduals;
use crate::stats::design::same_length;
use crate::stats::design::solve::Cholesky;

/// Newton steps at most.
const MOST_STEPS: u32 = 200;
/// Totals are met to this relative precision.
const PRECISION: f64 = 1e-12;

/// Variables whose totals over the population are known. An intercept is a column of ones with the population's size.
#[derive(Debug, Clone, Copy)]
pub struct KnownTotals<'a> {
    /// One column a variable, one value a unit of the sample.
    pub columns: &'a [&'a [f64]],
    /// The known total of each variable.
    pub totals: &'a [f64],
}

/// How the change of weights is measured: `w = d F(x' lambda)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CalibrationDistance {
    /// `F(v) = 1 + v`: the generalised regression estimator (GREG). Weights may come out negative.
    Linear,
    /// `F(v) = exp(v)`: weights stay above 0.
    Raking,
    /// `F` rises from `low` to `high`: no weight changes by more than these factors, `low < 1 < high`.
    Logit {
        /// The least factor.
        low: f64,
        /// The largest factor.
        high: f64,
    },
}

/// What the weights of a sample were calibrated to, as far as the variance needs to know.
#[derive(Debug, Clone)]
pub(super) enum Calibration {
    /// Variables with known totals.
    Variables { columns: Vec<Vec<f64>>, initial: Vec<f64>, factor: Cholesky },
    /// Margins with known totals.
    Margins(MarginResiduals),
}

/// One value of F and its slope.
struct Factor {
    value: f64,
    slope: f64,
}

impl CalibrationDistance {
    fn at(self, v: f64) -> Factor {
        match self {
            Self::Linear => Factor { value: 1.0 + v, slope: 1.0 },
            Self::Raking => Factor { value: v.exp(), slope: v.exp() },
            Self::Logit { low, high } => {
                let rate = (high - low) / ((1.0 - low) * (high - 1.0));
                let grown = (rate * v).exp().min(f64::MAX / 1e10);
                let below = (high - 1.0) + (1.0 - low) * grown;
                let value = (low * (high - 1.0) + high * (1.0 - low) * grown) / below;
                Factor {
                    value,
                    slope: (value - low) * (high - value) / ((1.0 - low) * (high - 1.0)),
                }
            }
        }
    }

    fn check(self) -> Result<(), StatsError> {
        match self {
            Self::Linear | Self::Raking => Ok(()),
            Self::Logit { low, .. } if !(0.0..1.0).contains(&low) => {
                Err(StatsError::OutOfRange { what: "a least factor from 0 to below 1", value: low })
            }
            Self::Logit { high, .. } if !(high > 1.0 && high.is_finite()) => {
                Err(StatsError::OutOfRange { what: "a largest factor above 1", value: high })
            }
            Self::Logit { .. } => Ok(()),
        }
    }
}

impl Calibration {
    /// Returns the residuals of influence values from their regression on what the weights were calibrated to.
    pub(super) fn residuals(&self, influence: &[f64]) -> Result<Vec<f64>, StatsError> {
        match self {
            Self::Margins(margins) => margins.of(influence),
            Self::Variables { columns, initial, factor } => {
                let products: Vec<f64> = columns
                    .iter()
                    .map(|column| {
                        let terms = initial.iter().zip(column).zip(influence);
                        terms.map(|((weight, x), z)| weight * x * z).sum()
                    })
                    .collect();
                let slopes = factor.solve(&products);
                let fit = |unit: usize| {
                    columns
                        .iter()
                        .zip(&slopes)
                        .map(|(column, slope)| column[unit] * slope)
                        .sum::<f64>()
                };
                Ok(influence.iter().enumerate().map(|(unit, z)| z - fit(unit)).collect())
            }
        }
    }
}

/// Returns the calibrated weights.
pub(super) fn calibrate(
    initial: &[f64],
    benchmarks: KnownTotals<'_>,
    distance: CalibrationDistance,
) -> Result<(Vec<f64>, Calibration), StatsError> {
    same_length(benchmarks.columns.len(), benchmarks.totals.len())?;
    distance.check()?;
    if let Some(total) = benchmarks.totals.iter().find(|total| !total.is_finite()) {
        return Err(StatsError::OutOfRange { what: "a finite total", value: *total });
    }
    let weights = newton(initial, benchmarks, distance)?;
    let columns: Vec<Vec<f64>> = benchmarks.columns.iter().map(|column| column.to_vec()).collect();
    let factor = Cholesky::of_products(benchmarks.columns, initial)?;
    Ok((weights, Calibration::Variables { columns, initial: initial.to_vec(), factor }))
}

/// Solves `sum d F(x' lambda) x = totals` by Newton steps, halved while they make matters worse.
fn newton(
    initial: &[f64],
    benchmarks: KnownTotals<'_>,
    distance: CalibrationDistance,
) -> Result<Vec<f64>, StatsError> {
    let mut lambda = vec![0.0; benchmarks.columns.len()];
    let mut gap = Gap::at(initial, benchmarks, distance, &lambda);
    for step_number in 0..MOST_STEPS {
        if gap.size <= PRECISION {
            return Ok(gap.weights);
        }
        let slopes: Vec<f64> = gap.slopes.iter().zip(initial).map(|(slope, d)| slope * d).collect();
        let system = match Cholesky::of_products(benchmarks.columns, &slopes) {
            Ok(system) => system,
            Err(dependent) if step_number == 0 => return Err(dependent),
            // The variables were independent at first: now all factors have reached their bounds.
            Err(_) => return settled(gap, step_number),
        };
        let step = system.solve(&gap.missing);
        let mut part = 1.0;
        loop {
            let moved: Vec<f64> = lambda.iter().zip(&step).map(|(l, s)| l + part * s).collect();
            let next = Gap::at(initial, benchmarks, distance, &moved);
            if next.size < gap.size {
                (lambda, gap) = (moved, next);
                break;
            }
            part /= 2.0;
            if part < 1e-9 {
                return settled(gap, step_number);
            }
        }
    }
    settled(gap, MOST_STEPS)
}

/// Accepts weights that no step improves any more where they meet the totals up to rounding.
fn settled(gap: Gap, iterations: u32) -> Result<Vec<f64>, StatsError> {
    if gap.size <= PRECISION * 1e3 {
        return Ok(gap.weights);
    }
    Err(StatsError::NoConvergence { iterations, change: gap.size })
}

/// How far the weights at some lambda are from meeting the totals.
struct Gap {
    weights: Vec<f64>,
    slopes: Vec<f64>,
    missing: Vec<f64>,
    size: f64,
}

impl Gap {
    fn at(
        initial: &[f64],
        benchmarks: KnownTotals<'_>,
        distance: CalibrationDistance,
        lambda: &[f64],
    ) -> Self {
        let score = |unit: usize| {
            benchmarks.columns.iter().zip(lambda).map(|(column, l)| column[unit] * l).sum::<f64>()
        };
        let factors: Vec<Factor> =
            (0..initial.len()).map(|unit| distance.at(score(unit))).collect();
        let weights: Vec<f64> = initial.iter().zip(&factors).map(|(d, f)| d * f.value).collect();
        let (mut missing, mut size) = (Vec::with_capacity(lambda.len()), 0.0_f64);
        for (column, total) in benchmarks.columns.iter().zip(benchmarks.totals) {
            let sum: f64 = weights.iter().zip(*column).map(|(weight, x)| weight * x).sum();
            let scale: f64 = initial.iter().zip(*column).map(|(d, x)| d * x.abs()).sum();
            missing.push(total - sum);
            let off = ((total - sum) / (scale + total.abs()).max(f64::MIN_POSITIVE)).abs();
            size = if off.is_nan() { f64::INFINITY } else { size.max(off) };
        }
        Self { weights, slopes: factors.iter().map(|factor| factor.slope).collect(), missing, size }
    }
}
