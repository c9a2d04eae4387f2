//! How much an estimate owes to the uncertainty of the fitted parameters: a bootstrap over units.

use super::DawidSkene;
use super::check;
use super::em::Engine;
use super::scaled;
use crate::stats::Ratings;
use crate::stats::StatsError;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

/// One resample in so many may fail to settle.
const MOST_UNSETTLED: u32 = 20;

/// How many resamples a bootstrap takes and the seed they start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refits {
    seed: u64,
    count: u32,
}

/// The variance of an estimate over resamples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapVariance {
    /// The variance.
    pub variance: f64,
    /// The mean, beside the estimate itself: far apart, the model is unsteady.
    pub mean: f64,
    /// The resamples it rests on.
    pub replicates: u32,
    /// Resamples whose fit had not settled; they count with where they stood.
    pub unsettled: u32,
}

impl Refits {
    /// The fewest resamples that make a usable variance.
    pub const LEAST: u32 = 100;
    /// The recommended number.
    pub const STANDARD: u32 = 500;

    /// Checks the number of resamples.
    ///
    /// # Errors
    ///
    /// [`StatsError::TooFewDraws`] below [`Self::LEAST`].
    pub fn new(seed: u64, count: u32) -> Result<Self, StatsError> {
        if count < Self::LEAST {
            return Err(StatsError::TooFewDraws { asked: count, least: Self::LEAST });
        }
        Ok(Self { seed, count })
    }
}

impl DawidSkene {
    /// Returns the variance of `statistic` over resamples of whole units, the model fitted again to each.
    ///
    /// `ratings` and `weights` are those of the fit. `statistic` gets the model fitted to the resample, with the
    /// probabilities of every unit under its parameters, and how often each unit was drawn. A statistic that uses the
    /// probabilities of all units and ignores how often they were drawn gives the part of the variance that is due to the
    /// parameters; add it to the sampling variance. Each refit begins where the fit ended, so the classes keep their
    /// meaning.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] for ratings of another shape, what [`super::dawid_skene`] refuses,
    /// [`StatsError::NoConvergence`] where more than one resample in twenty does not settle, and the errors of `statistic`.
    ///
    /// # Source
    ///
    /// Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 6.
    pub fn bootstrap(
        &self,
        ratings: &Ratings,
        weights: Option<&[f64]>,
        replicates: Refits,
        mut statistic: impl FnMut(&Self, &[f64]) -> Result<f64, StatsError>,
    ) -> Result<BootstrapVariance, StatsError> {
        let shape = ratings.shape();
        if shape != self.shape {
            return Err(StatsError::LengthsDiffer { left: shape.units, right: self.shape.units });
        }
        check(ratings, weights, &self.settings)?;
        let scaled = scaled(ratings, weights);
        let mut source = Pcg64::seed_from_u64(replicates.seed);
        let mut values = Vec::new();
        let mut unsettled = 0;
        for _ in 0..replicates.count {
            let times = draw(shape.units, &mut source);
            let drawn = scaled.iter().zip(&times).map(|(weight, times)| weight * times).collect();
            let mut engine = Engine::new(ratings, drawn, &self.settings);
            engine.begin_with(|unit, row| row.copy_from_slice(self.posterior(unit)));
            let climb = engine.climb();
            if let Err(error) = climb.check(self.settings.stopping) {
                unsettled += 1;
                if unsettled > replicates.count / MOST_UNSETTLED {
                    return Err(error);
                }
            }
            values.push(statistic(&engine.fitted(&climb, self.start), &times)?);
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Ok(BootstrapVariance {
            variance: squares / (count - 1.0),
            mean,
            replicates: replicates.count,
            unsettled,
        })
    }
}

/// How often each unit comes up when as many are drawn with replacement.
fn draw(units: usize, source: &mut Pcg64) -> Vec<f64> {
    let mut times = vec![0.0; units];
    for _ in 0..units {
        let place = (u128::from(source.next_u64()) * units as u128) >> 64;
        times[place as usize] += 1.0;
    }
    times
}
