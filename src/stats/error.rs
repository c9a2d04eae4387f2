//! Why a number cannot be estimated.

use thiserror::Error;

/// Why a number cannot be estimated. No variant is ever replaced by 0, NaN or a clamp.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// The counts do not describe a sample.
    #[error("{successes} successes out of {trials} trials is not a rate")]
    NotARate {
        /// Trials that succeeded.
        successes: u64,
        /// All trials.
        trials: u64,
    },
    /// The number is not a share of anything, or rests on no trials.
    #[error("{value} of {size} trials is not a proportion")]
    NotAProportion {
        /// The share.
        value: f64,
        /// The (effective) number of trials.
        size: f64,
    },
    /// The level of an interval lies outside (0, 1).
    #[error("an interval level must lie strictly between 0 and 1, not {0}")]
    NotALevel(f64),
    /// An exposure is not a number above 0 that can be weighed.
    #[error("an exposure must lie within 1e-100 and 1e100, also after weighting, not {0}")]
    NotAnExposure(f64),
    /// A probability lies outside (0, 1].
    #[error("an inclusion probability must lie in (0, 1], not {0}")]
    NotAProbability(f64),
    /// A simulation has too few draws for its quantiles to be steady.
    #[error("{asked} draws are too few for a steady interval: at least {least} are needed")]
    TooFewDraws {
        /// What was asked for.
        asked: u32,
        /// The least allowed.
        least: u32,
    },
    /// There is nothing to estimate from.
    #[error("there are no units to estimate from")]
    NoUnits,
    /// A cell has exposure and no gold.
    #[error("cell {cell} holds {share:.4} of the exposure and no gold")]
    EmptyCell {
        /// The cell's index.
        cell: usize,
        /// Its share of the exposure.
        share: f64,
    },
    /// The labeler is too close to chance to be inverted.
    #[error(
        "the labeler is uninformative: sensitivity + specificity - 1 is {youden:.3}, lower limit {low:.3}"
    )]
    Uninformative {
        /// Youden's index J.
        youden: f64,
        /// The lower limit of J.
        low: f64,
    },
    /// The whole interval lies outside the possible values.
    #[error(
        "the whole interval [{low:.4}, {high:.4}] lies outside 0 to 1: the samples contradict each other"
    )]
    Impossible {
        /// Its lower limit.
        low: f64,
        /// Its upper limit.
        high: f64,
    },
    /// Two lists that describe the same things have different lengths.
    #[error("{left} and {right} values do not describe the same units")]
    LengthsDiffer {
        /// Values in the first list.
        left: usize,
        /// Values in the second list.
        right: usize,
    },
    /// One unit was given twice.
    #[error("unit {id} is given more than once")]
    Duplicate {
        /// The unit.
        id: u64,
    },
    /// A number is not finite, or lies outside what it may be.
    #[error("{value} is not {what}")]
    OutOfRange {
        /// What it should have been: "a probability", "a weight above 0".
        what: &'static str,
        /// What it was.
        value: f64,
    },
    /// A statistic has no value for these data.
    #[error("{statistic} is undefined: {reason}")]
    Undefined {
        /// The statistic.
        statistic: &'static str,
        /// What the data lack.
        reason: &'static str,
    },
    /// A system of equations is too close to singular to be solved.
    #[error(
        "the matrix is ill-conditioned: condition number {condition:.1}, smallest singular value {smallest:.3}"
    )]
    IllConditioned {
        /// The ratio of the largest to the smallest singular value.
        condition: f64,
        /// The smallest singular value.
        smallest: f64,
    },
    /// An iteration did not settle.
    #[error("no convergence after {iterations} iterations: the last change was {change:.2e}")]
    NoConvergence {
        /// Iterations made.
        iterations: u32,
        /// The last change.
        change: f64,
    },
    /// A unit was rated by too few raters for their errors to be told apart from the truth.
    #[error(
        "unit {unit} has ratings of {raters} raters: without {least}, their errors cannot be told apart from the truth"
    )]
    TooFewRaters {
        /// The unit's index.
        unit: usize,
        /// Raters it has.
        raters: usize,
        /// The least that is needed.
        least: usize,
    },
}
