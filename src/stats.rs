//! Counts and weights become estimates with uncertainty; knows no policy, no label, no string.
//!
//! Everything here is a pure function of numbers. Cells are indices into a slice of [`CellSums`], the level
//! of an interval and the seed of a simulation are arguments, and what cannot be estimated is a [`StatsError`].

#![deny(clippy::disallowed_methods)]

mod agreement;
mod beta;
mod cells;
mod draws;
mod error;
mod interval;
mod level;
mod meld;
mod rate;
mod ratings;
mod rogan_gladen;
mod share;
mod two_phase;
mod weight;

pub use agreement::Agreement;
pub use agreement::AgreementWeights;
pub use agreement::AlphaInterval;
pub use agreement::Kappa;
pub use agreement::PairTable;
pub use agreement::RaterPair;
pub use agreement::brennan_prediger;
pub use agreement::conger_kappa;
pub use agreement::fleiss_kappa;
pub use agreement::fleiss_null_error;
pub use agreement::gwet_ac;
pub use agreement::krippendorff_alpha;
pub use agreement::krippendorff_bootstrap;
pub use agreement::light_kappa;
pub use agreement::percent_agreement;
pub use agreement::randolph_kappa;
pub use agreement::unanimous_share;
pub use cells::CellSums;
pub use cells::Truth;
pub use draws::Draws;
pub use error::StatsError;
pub use interval::Interval;
pub use interval::Method;
pub use interval::clopper_pearson;
pub use interval::jeffreys;
pub use interval::kg_beta;
pub use interval::wilson;
pub use interval::wilson_effective;
pub use level::Level;
pub use meld::CellMean;
pub use meld::MeldCell;
pub use meld::kg_meld;
pub use rate::Rate;
pub use ratings::Rating;
pub use ratings::RatingShape;
pub use ratings::Ratings;
pub use rogan_gladen::Accuracy;
pub use rogan_gladen::Corrected;
pub use rogan_gladen::Proportion;
pub use rogan_gladen::lang_reiczigel;
pub use rogan_gladen::rogan_gladen;
pub use share::EffectiveSize;
pub use share::MAX_EFFECTIVE_SIZE;
pub use share::Share;
pub use two_phase::Bounds;
pub use two_phase::PostStratified;
pub use two_phase::cell_shares;
pub use two_phase::gold_only;
pub use two_phase::ignorance_bounds;
pub use two_phase::post_stratified;
pub use two_phase::two_phase_interval;
pub use weight::GoldWeight;
pub use weight::Weight;
pub use weight::WeightSum;
