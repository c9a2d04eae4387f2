//! The model of Dawid and Skene: what each unit truly is and how each rater errs, learned together from ratings alone.
//!
//! Symbols: unit `i` with design weight `w_i` is truly of class `j` with probability `T_ij`; class `j` has the share
//! `p_j`; rater `r` calls a unit of class `j` an `l` with probability `pi^r_jl` (the rater's confusion matrix).

mod bootstrap;
mod em;
mod model;
mod squarem;
mod start;

pub use bootstrap::BootstrapVariance;
pub use bootstrap::Refits;

use crate::stats::RatingShape;
use crate::stats::Ratings;
use crate::stats::StatsError;
use em::Climb;
use em::Engine;
use model::Parameters;
use std::num::NonZeroUsize;

/// With fewer raters on a unit, errors and truth cannot be told apart without assuming more.
const LEAST_RATERS: usize = 3;

/// How a rater's errors are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaterModel {
    /// A confusion matrix for each rater.
    Confusion,
    /// One probability of being right for each rater; wrong answers fall on the other classes alike.
    OneCoin,
}

/// Whether the raters' matrices are pulled away from 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Smoothing {
    /// Plain maximum likelihood: a rater never seen to err counts as infallible.
    MaximumLikelihood,
    /// A Beta(2, 1) prior on being right, which adds one right answer to every row: the posterior mode.
    Diagonal,
}

/// How the iteration moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Expectation-maximisation as published.
    Plain,
    /// Every third step is prolonged, and taken back where it leads down. The same answers in fewer iterations; it
    /// settles where the plain steps creep.
    Prolonged,
}

/// What to do with units that fewer than three raters rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FewRaters {
    /// Refuse them: the model is not identified from such units.
    Refuse,
    /// Accept them: the caller knows that other units, the prior or the one-coin model identify the raters.
    Accept,
}

/// Where the iteration begins. The first start is always the vote of the raters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starts {
    /// How many more starts there are: votes under random trust in the raters.
    pub random: u32,
    /// The seed of the random starts.
    pub seed: u64,
}

/// When the iteration ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stopping {
    /// No probability `T_ij` changes by this much any more.
    pub change: f64,
    /// Iterations after which it is given up.
    pub iterations: u32,
}

/// How the model is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DawidSkeneSettings {
    /// How a rater's errors are described.
    pub model: RaterModel,
    /// Whether they are smoothed.
    pub smoothing: Smoothing,
    /// What to do with units of fewer than three raters.
    pub few_raters: FewRaters,
    /// Where the iteration begins.
    pub starts: Starts,
    /// How it moves.
    pub steps: Steps,
    /// When it ends.
    pub stopping: Stopping,
    /// Threads to work with. The result is the same for any number.
    pub threads: NonZeroUsize,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct DawidSkene {
    /// The settings it was fitted with.
    pub settings: DawidSkeneSettings,
    /// The (weighted) log likelihood, without multinomial constants; weights count on the scale where their mean is 1.
    pub log_likelihood: f64,
    /// Iterations of the start that won.
    pub iterations: u32,
    /// The start that won: 0 is the vote.
    pub start: u32,
    shape: RatingShape,
    parameters: Parameters,
    posterior: Vec<f64>,
}

impl DawidSkeneSettings {
    /// Returns the recommended settings: confusion matrices, smoothed, five starts, prolonged steps, to a change of 1e-8 within 2000
    /// iterations, refusing units with fewer than three raters.
    #[must_use]
    pub fn standard(seed: u64) -> Self {
        Self {
            model: RaterModel::Confusion,
            smoothing: Smoothing::Diagonal,
            few_raters: FewRaters::Refuse,
            starts: Starts { random: 4, seed },
            steps: Steps::Prolonged,
            stopping: Stopping { change: 1e-8, iterations: 2000 },
            threads: NonZeroUsize::MIN,
        }
    }
}

impl DawidSkene {
    /// Returns the shape of the ratings it was fitted to.
    #[must_use]
    pub fn shape(&self) -> RatingShape {
        self.shape
    }

    /// Returns the share of each class, `p_j`.
    #[must_use]
    pub fn prior(&self) -> &[f64] {
        &self.parameters.prior
    }

    /// Returns the probability of each class for a unit, `T_ij`; that of the prior where the unit has no rating.
    #[must_use]
    pub fn posterior(&self, unit: usize) -> &[f64] {
        &self.posterior[unit * self.shape.classes..][..self.shape.classes]
    }

    /// Returns the most probable class of a unit, the first where several are.
    #[must_use]
    pub fn most_probable(&self, unit: usize) -> usize {
        let posterior = self.posterior(unit);
        (0..posterior.len()).fold(
            0,
            |best, class| {
                if posterior[class] > posterior[best] { class } else { best }
            },
        )
    }

    /// Returns how a rater answers to units of a class: the probability of each answer; `None` where the rater rated no
    /// unit that may be of that class, so that nothing is known.
    #[must_use]
    pub fn confusion(&self, rater: usize, truth: usize) -> Option<Vec<f64>> {
        let classes = self.shape.classes;
        (self.parameters.support[rater * classes + truth] > 0.0).then(|| {
            (0..classes).map(|given| self.parameters.cell(rater, given, truth, classes)).collect()
        })
    }

    /// Returns how often a rater is right: `sum_j p_j pi^r_jj` over the classes the rater is known on; in the one-coin
    /// model the rater's coin. `None` where nothing is known about the rater.
    #[must_use]
    pub fn accuracy(&self, rater: usize) -> Option<f64> {
        let (mut right, mut known) = (0.0, 0.0);
        for (truth, share) in self.parameters.prior.iter().enumerate() {
            if let Some(row) = self.confusion(rater, truth) {
                right += share * row[truth];
                known += share;
            }
        }
        (known > 0.0).then(|| right / known)
    }
}

/// Fits the model by expectation-maximisation and returns the best of all starts.
///
/// E: `T_ij ~ p_j prod_r prod_l (pi^r_jl)^{n_irl}`. M: `p_j = sum_i w_i T_ij / sum_i w_i`,
/// `pi^r_jl = sum_i w_i T_ij n_irl / sum_l ...`, plus one right answer a row with [`Smoothing::Diagonal`]. A rater may
/// rate a unit several times. `weights` are design weights of the units; only their ratios matter. Of equally good starts
/// the first wins, so the classes keep the meaning the votes give them. Ratings of a class nobody can be known on are taken
/// as uniform.
///
/// Assumes that raters err independently of each other given the true class: raters who share a mistaken reading of the
/// policy look right. It finds what the raters mean, not what experts would say; gold must anchor it. Never hand in the
/// labeler under test as one of the raters.
///
/// # Errors
///
/// [`StatsError::TooFewRaters`] for a unit with fewer than three raters unless [`FewRaters::Accept`],
/// [`StatsError::NoConvergence`] where the best start has not settled, [`StatsError::Undefined`] for a single class or
/// without ratings, and for weights as [`crate::stats::PairTable::of`].
///
/// # Source
///
/// Dawid & Skene (1979), Appl. Stat. 28:20–28; Hui & Walter (1980), Biometrics 36:167–171, for what two raters do not
/// identify; Zhang et al. (2016), J. Mach. Learn. Res. 17(102):1–44, for the one-coin model.
pub fn dawid_skene(
    ratings: &Ratings,
    weights: Option<&[f64]>,
    settings: &DawidSkeneSettings,
) -> Result<DawidSkene, StatsError> {
    check(ratings, weights, settings)?;
    let mut engine = Engine::new(ratings, scaled(ratings, weights), settings);
    let mut best: Option<(Climb, DawidSkene)> = None;
    for number in 0..=settings.starts.random {
        engine.begin(&start::start(ratings.shape().raters, settings.starts, number));
        let climb = engine.climb();
        // Equal up to rounding is not better: the earlier start keeps its labels.
        let better = best.as_ref().is_none_or(|(best, _)| {
            climb.objective > best.objective + 1e-9 * (1.0 + best.objective.abs())
        });
        if better {
            let fitted = engine.fitted(&climb, number);
            best = Some((climb, fitted));
        }
    }
    let (climb, fitted) = best.ok_or(StatsError::NoUnits)?;
    climb.check(settings.stopping)?;
    Ok(fitted)
}

fn check(
    ratings: &Ratings,
    weights: Option<&[f64]>,
    settings: &DawidSkeneSettings,
) -> Result<(), StatsError> {
    let undefined = |reason| Err(StatsError::Undefined { statistic: "Dawid-Skene", reason });
    ratings.check_weights(weights)?;
    if ratings.shape().classes < 2 {
        return undefined("there is a single class");
    }
    if ratings.n_ratings() == 0 {
        return undefined("there are no ratings");
    }
    if settings.few_raters == FewRaters::Accept {
        return Ok(());
    }
    let few = (0..ratings.shape().units)
        .map(|unit| (unit, ratings.n_raters_of(unit)))
        .find(|(_, raters)| *raters < LEAST_RATERS);
    match few {
        Some((unit, raters)) => Err(StatsError::TooFewRaters { unit, raters, least: LEAST_RATERS }),
        None => Ok(()),
    }
}

/// The weights on the scale where their mean is 1, so that smoothing weighs one rating.
fn scaled(ratings: &Ratings, weights: Option<&[f64]>) -> Vec<f64> {
    let units = ratings.shape().units;
    let Some(weights) = weights else { return vec![1.0; units] };
    let mean = weights.iter().sum::<f64>() / units as f64;
    weights.iter().map(|weight| weight / mean).collect()
}

#[cfg(test)]
mod tests;
