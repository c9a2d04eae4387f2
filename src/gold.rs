//! Human annotations become gold: draws, queue decisions, adjudication, how far raters agree.
//!
//! Gold corrects prevalence only when every labeled unit had a known chance of being annotated, so
//! [`draw`] records that chance and [`check`] refuses gold that lies outside the sample.

#![deny(clippy::disallowed_methods)]

mod adjudication;
mod agreement;
mod allocation;
mod annotation;
mod answers;
mod draw;
mod queue;
mod sets;

pub use adjudication::Adjudication;
pub use adjudication::Gold;
pub use adjudication::Unresolved;
pub use adjudication::adjudicate;
pub use agreement::Among;
pub use agreement::Coefficient;
pub use agreement::CoefficientName;
pub use agreement::LabelScale;
pub use agreement::Measured;
pub use agreement::RaterAgreement;
pub use agreement::RaterRow;
pub use agreement::ScaleLabel;
pub use agreement::agreement;
pub use agreement::overall_agreement;
pub use allocation::CellCounts;
pub use allocation::CellShares;
pub use allocation::LEAST_UNFLAGGED;
pub use allocation::allocate;
pub use annotation::Annotation;
pub use annotation::LabelMap;
pub use annotation::Mistake;
pub use annotation::MistakeKind;
pub use annotation::PolicyLabels;
pub use annotation::check;
pub use answers::Answer;
pub use answers::RatedUnit;
pub use answers::rated;
pub use draw::Cell;
pub use draw::CellDraw;
pub use draw::GoldDraw;
pub use draw::GoldMethod;
pub use draw::GoldPlan;
pub use draw::GoldUnit;
pub use draw::LabeledUnit;
pub use draw::Within;
pub use draw::draw;
pub use queue::Progress;
pub use queue::Question;
pub use queue::Queue;
pub use queue::Undone;
pub use sets::as_one_text;
pub use sets::labels_in;
pub use sets::names_several;

use crate::sampling::SamplingError;
use thiserror::Error;

/// Why gold cannot be drawn or adjudicated.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum GoldError {
    /// Gold and sample would be drawn by the same numbers.
    #[error(
        "S012: gold salt `{0}` is the salt of the sample, so gold would be the first units of the sample again; choose another"
    )]
    SameSalt(String),
    /// Nothing is labeled.
    #[error("no labeled units to draw gold from; run `titer label` first")]
    NoUnits,
    /// Not one gold unit a cell.
    #[error(
        "{size} gold units cannot cover {cells} cells of policy `{policy}`; draw at least {cells}"
    )]
    TooFew {
        /// Gold asked for.
        size: usize,
        /// Cells with units.
        cells: usize,
        /// The policy.
        policy: String,
    },
    /// The shares of the cells are not usable.
    #[error(
        "shares flagged {flagged} and no answer {no_answer} leave less than {LEAST_UNFLAGGED} for the unflagged, where misses hide; lower them"
    )]
    BadShares {
        /// Share of the flagged cell.
        flagged: f64,
        /// Share of the cell without an answer.
        no_answer: f64,
    },
    /// The label is not one of the policy's.
    #[error("policy `{policy}` has no label `{label}`")]
    UnknownLabel {
        /// The policy.
        policy: String,
        /// The label.
        label: String,
    },
    /// Two annotations of one unit disagree on its chance of being gold.
    #[error(
        "unit `{unit_id}`, policy `{policy}`: probabilities {first} and {second} differ; a unit has one probability of being chosen for gold"
    )]
    ConflictingProbability {
        /// The unit.
        unit_id: String,
        /// The policy.
        policy: String,
        /// One probability.
        first: f64,
        /// The other.
        second: f64,
    },
    /// The underlying draw failed.
    #[error("gold cannot be drawn")]
    Draw(#[source] SamplingError),
}
