//! Raking: weights that reproduce the known totals of several margins, and the residuals from these margins.

use crate::stats::StatsError;
use crate::stats::design::calibration::Calibration;
use crate::stats::design::same_length;

/// Rounds of fitting at most.
const MOST_ROUNDS: u32 = 5_000;
/// Totals are met to this relative precision.
const PRECISION: f64 = 1e-13;

/// A classification of the sample's units whose totals over the population are known.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownMargin {
    /// The class of each unit, an index into `totals`.
    pub cells: Vec<usize>,
    /// The known total of each class, above 0.
    pub totals: Vec<f64>,
}

/// How the residuals of raked estimates are taken from their margins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RakedResiduals {
    /// From the regression weighted by the weights before raking: the calibration variance of Deville & Sarndal.
    Weighted,
    /// From the regression of equal weights, as the R package survey does.
    Equal,
}

/// What residuals from margins are computed with.
#[derive(Debug, Clone)]
pub(super) struct MarginResiduals {
    cells: Vec<Vec<usize>>,
    weights: Vec<f64>,
}

impl MarginResiduals {
    /// Takes out the mean of each class of each margin in turn until nothing is left to take out.
    pub(super) fn of(&self, influence: &[f64]) -> Result<Vec<f64>, StatsError> {
        let mut rest = influence.to_vec();
        let scale = rest.iter().fold(0.0_f64, |most, z| most.max(z.abs()));
        let mut change = 0.0_f64;
        for _ in 0..MOST_ROUNDS {
            change = 0.0;
            for cells in &self.cells {
                let means = self.means(cells, &rest);
                rest.iter_mut().zip(cells).for_each(|(z, cell)| *z -= means[*cell]);
                change = means.iter().fold(change, |most, mean| most.max(mean.abs()));
            }
            if change <= PRECISION * scale {
                return Ok(rest);
            }
        }
        Err(StatsError::NoConvergence { iterations: MOST_ROUNDS, change })
    }

    fn means(&self, cells: &[usize], values: &[f64]) -> Vec<f64> {
        let classes = cells.iter().map(|cell| cell + 1).max().unwrap_or(0);
        let (mut sums, mut weights) = (vec![0.0; classes], vec![0.0; classes]);
        for ((cell, value), weight) in cells.iter().zip(values).zip(&self.weights) {
            sums[*cell] += weight * value;
            weights[*cell] += weight;
        }
        let mean = |(sum, weight): (&f64, &f64)| if *weight > 0.0 { sum / weight } else { 0.0 };
        sums.iter().zip(&weights).map(mean).collect()
    }
}

/// Returns weights that meet every margin.
pub(super) fn rake(
    initial: &[f64],
    margins: &[KnownMargin],
    residuals: RakedResiduals,
) -> Result<(Vec<f64>, Calibration), StatsError> {
    margins.iter().try_for_each(|margin| margin.check(initial.len()))?;
    check_sums(margins)?;
    let weights = fit(initial, margins)?;
    let projection = match residuals {
        RakedResiduals::Weighted => initial.to_vec(),
        RakedResiduals::Equal => vec![1.0; initial.len()],
    };
    let cells = margins.iter().map(|margin| margin.cells.clone()).collect();
    Ok((weights, Calibration::Margins(MarginResiduals { cells, weights: projection })))
}

fn fit(initial: &[f64], margins: &[KnownMargin]) -> Result<Vec<f64>, StatsError> {
    let mut weights = initial.to_vec();
    let mut change = 0.0_f64;
    for _ in 0..MOST_ROUNDS {
        change = 0.0;
        for margin in margins {
            let mut sums = vec![0.0; margin.totals.len()];
            margin.cells.iter().zip(&weights).for_each(|(cell, weight)| sums[*cell] += weight);
            let factor = |cell: usize| margin.totals[cell] / sums[cell];
            change =
                (0..sums.len()).fold(change, |most, cell| most.max((factor(cell) - 1.0).abs()));
            weights
                .iter_mut()
                .zip(&margin.cells)
                .for_each(|(weight, cell)| *weight *= factor(*cell));
        }
        if change <= PRECISION {
            return Ok(weights);
        }
    }
    Err(StatsError::NoConvergence { iterations: MOST_ROUNDS, change })
}

impl KnownMargin {
    fn check(&self, n_units: usize) -> Result<(), StatsError> {
        same_length(n_units, self.cells.len())?;
        if let Some(total) = self.totals.iter().find(|total| !(**total > 0.0 && total.is_finite()))
        {
            return Err(StatsError::OutOfRange { what: "a known total above 0", value: *total });
        }
        let mut seen = vec![false; self.totals.len()];
        for cell in &self.cells {
            *seen.get_mut(*cell).ok_or(StatsError::OutOfRange {
                what: "the index of a class with a known total",
                value: *cell as f64,
            })? = true;
        }
        if seen.iter().all(|seen| *seen) {
            return Ok(());
        }
        Err(StatsError::Undefined {
            statistic: "raking",
            reason: "a class has a known total and no unit in the sample: merge it with another",
        })
    }
}

fn check_sums(margins: &[KnownMargin]) -> Result<(), StatsError> {
    let sums: Vec<f64> = margins.iter().map(|margin| margin.totals.iter().sum()).collect();
    let first = *sums.first().ok_or(StatsError::NoUnits)?;
    if sums.iter().all(|sum| (sum / first - 1.0).abs() < 1e-9) {
        return Ok(());
    }
    Err(StatsError::Undefined {
        statistic: "raking",
        reason: "the totals of the margins add up to different sums",
    })
}
