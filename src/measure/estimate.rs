//! One estimate, or the reason why there is none.

use crate::measure::Code;
use crate::stats::EffectiveSize;
use crate::stats::Interval;
use crate::stats::Method;
use crate::stats::Share;
use crate::stats::StatsError;
use thiserror::Error;

/// The estimators of prevalence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Estimator {
    /// Share of exposure flagged by the labeler; says nothing about its errors.
    Naive,
    /// The two-phase post-stratified estimator, the default.
    TwoPhase,
    /// Gold alone, without the labels.
    GoldOnly,
    /// Error rates inverted; depends on their holding where they are used.
    RoganGladen,
    /// Cell means of earlier gold, corrected by the residuals of the period's own gold.
    Hybrid,
    /// Cell means of earlier gold alone, for a period without gold of its own.
    ModelOnly,
    /// The two-phase estimate with the raters' errors modelled; stands beside the corrected one, never in its place.
    TwoPhaseDawidSkene,
    /// The corrected estimate with declared errors of the gold taken off it; stands beside it, never in its place.
    KnownGoldError,
    /// The change of the corrected estimate from one period to another.
    Change,
}

impl Estimator {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::TwoPhase => "two_phase",
            Self::GoldOnly => "gold_only",
            Self::RoganGladen => "rogan_gladen",
            Self::Hybrid => "hybrid",
            Self::ModelOnly => "model_only",
            Self::TwoPhaseDawidSkene => "two_phase_dawid_skene",
            Self::KnownGoldError => "known_gold_error",
            Self::Change => "change",
        }
    }
}

/// An estimate with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The estimate, in `[0, 1]`.
    pub value: f64,
    /// The estimate before clipping to `[0, 1]`; differs from `value` for the Rogan-Gladen estimator only.
    pub raw: f64,
    /// Its standard error. The interval does not rest on it.
    pub std_error: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// How the interval was made.
    pub method: Method,
    /// The effective size, never above the units observed.
    pub n_eff: f64,
    /// What is to be said about this estimate alone.
    pub codes: Vec<Code>,
}

/// Why there is no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum Missing {
    /// What it needs is not known; the code says what.
    #[error("withheld ({0}, {name}): {title}", name = .0.name(), title = .0.title())]
    Withheld(Code),
    /// There is no gold.
    #[error("there is no gold for this policy")]
    NoGold,
    /// With gold drawn by label, inverting the error rates gives the corrected estimate again.
    #[error(
        "gold drawn by label gives the corrected estimate itself when its error rates are inverted"
    )]
    SameAsCorrected,
    /// A part of the units has too little gold for its estimate to be shown.
    #[error("too little gold to show an estimate")]
    Suppressed {
        /// The upper limit, where one is known.
        high: Option<f64>,
    },
    /// No gold unit has the label.
    #[error("no gold unit has this label, so only an upper limit is known")]
    NotSeen {
        /// The upper limit.
        high: f64,
    },
    /// Several labelers labeled the periods it spans, each with errors of its own.
    #[error("labels of several labelers make no one value without gold")]
    SeveralLabelers,
    /// Statistics refuse.
    #[error("it cannot be estimated")]
    Undefined(#[source] StatsError),
}

impl From<StatsError> for Missing {
    fn from(error: StatsError) -> Self {
        Self::Undefined(error)
    }
}

impl Estimate {
    pub(crate) fn of_share(share: &Share, interval: Interval) -> Self {
        Self {
            value: share.value,
            raw: share.value,
            std_error: share.std_error(),
            low: interval.low,
            high: interval.high,
            method: interval.method,
            n_eff: share.size.printed(share.n),
            codes: Vec::new(),
        }
    }

    /// Returns the effective size to print for a value with that variance, `otherwise` where either is 0.
    pub(crate) fn printed_size(value: f64, variance: f64, n: u64, otherwise: EffectiveSize) -> f64 {
        let spread = value * (1.0 - value);
        if spread > 0.0 && variance > 0.0 {
            (spread / variance).min(n as f64)
        } else {
            otherwise.printed(n)
        }
    }
}
