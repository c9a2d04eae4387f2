//! Which units to label, with which inclusion probabilities.
//!
//! A draw is two passes over the frame in memory that does not grow with it. The first fills a
//! [`FrameTally`] (rows, exposure, mean of the transformed score); the second offers every unit to a
//! [`BottomK`], which keeps the `k + 1` smallest keys `u / w`. `u` is the unit's permanent random
//! number, so the same frame and salt give the same sample on every machine and in every engine.

#![deny(clippy::disallowed_methods)]

mod bottom_k;
mod frame;
mod manifest;
mod prn;
mod quality;
mod size;

pub use bottom_k::BottomK;
pub use bottom_k::Draw;
pub use bottom_k::DrawSettings;
pub use bottom_k::Drawn;
pub use bottom_k::Sizing;
pub use frame::FrameTally;
pub use frame::SegmentTotals;
pub use manifest::Manifest;
pub use prn::Prn;
pub use prn::Salt;
pub use prn::prn;
pub use quality::Gate;
pub use quality::GateKind;
pub use quality::GateVerdict;
pub use quality::Quality;
pub use size::Floor;
pub use size::ScoreMean;
pub use size::ScoreTransform;
pub use size::SizeMeasure;
pub use size::target_probabilities;

use thiserror::Error;

/// Why a sample cannot be drawn.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// The salt is empty or holds the separator.
    #[error("salt {0:?} is empty or contains U+001F; choose a short name such as `safety-2026`")]
    BadSalt(String),
    /// The floor is not a share.
    #[error("floor {0} is not above 0 and at most 1; 0.2 is the usual choice")]
    BadFloor(f64),
    /// The exposure cannot be a size.
    #[error("unit `{id}` has exposure {exposure}, which is not a finite number above 0")]
    BadExposure {
        /// The unit.
        id: String,
        /// Its exposure.
        exposure: f64,
    },
    /// The score is no predicted risk.
    #[error("unit `{id}` has score {score}, which is not between 0 and 1")]
    BadScore {
        /// The unit.
        id: String,
        /// Its score.
        score: f64,
    },
    /// The mean of the transformed score is not a positive number.
    #[error("mean {0} of the transformed score is not a finite number above 0")]
    BadMean(f64),
    /// A size measure over scores was asked for, and there are none.
    #[error(
        "no unit has a score, so units cannot be sized by score; map the score column or set `score: none`"
    )]
    NoScores,
    /// There is nothing to draw from.
    #[error("the frame has no units; check that the file is the one you meant")]
    EmptyFrame,
    /// One id came twice among the units that were kept.
    #[error("unit id `{0}` occurs more than once; every unit of a frame needs its own id")]
    DuplicateUnit(String),
    /// Shards were drawn by different designs.
    #[error(
        "these draws differ in salt, size or size measure and cannot be merged; draw every shard with the same settings"
    )]
    DifferentSettings,
    /// The frame is not the one of the first pass.
    #[error(
        "the frame had {first} units in the first pass and {second} in the second; sample from a file that does not change"
    )]
    FrameChanged {
        /// Units in the first pass.
        first: u64,
        /// Units in the second.
        second: u64,
    },
    /// More units were asked for than have a size.
    #[error("{wanted} units cannot be drawn from {available} with a size above 0")]
    TooFewUnits {
        /// How many were asked for.
        wanted: usize,
        /// How many could be drawn.
        available: usize,
    },
}
