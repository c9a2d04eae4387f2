//! Counts and weights become estimates with uncertainty; knows no policy, no label, no string.
//!
//! Everything here is a pure function of numbers. Cells are indices into a slice of [`CellSums`], the level
//! of an interval and the seed of a simulation are arguments, and what cannot be estimated is a [`StatsError`].

#![deny(clippy::disallowed_methods)]

mod beta;
mod cells;
mod draws;
mod error;
mod interval;
mod level;
mod matrix;
mod meld;
mod multiclass;
mod quadrature;
mod rate;
mod rogan_gladen;
mod share;
mod true_prevalence;
mod two_phase;
mod weight;

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
pub use matrix::Matrix;
pub use meld::CellMean;
pub use meld::MeldCell;
pub use meld::kg_meld;
pub use multiclass::ClassCell;
pub use multiclass::Composition;
pub use multiclass::Conditioning;
pub use multiclass::Constrained;
pub use multiclass::DoubleSample;
pub use multiclass::Inverted;
pub use multiclass::Posteriors;
pub use multiclass::PriorAdjusted;
pub use multiclass::adjust_priors;
pub use multiclass::clip_normalise;
pub use multiclass::double_sample;
pub use multiclass::double_sample_weighted;
pub use multiclass::error_rates_by_code;
pub use multiclass::invert_error_rates;
pub use multiclass::project_to_simplex;
pub use multiclass::simplex_em;
pub use multiclass::simplex_least_squares;
pub use rate::Rate;
pub use rogan_gladen::Accuracy;
pub use rogan_gladen::Corrected;
pub use rogan_gladen::Proportion;
pub use rogan_gladen::lang_reiczigel;
pub use rogan_gladen::rogan_gladen;
pub use share::EffectiveSize;
pub use share::MAX_EFFECTIVE_SIZE;
pub use share::Share;
pub use true_prevalence::PrevalencePosterior;
pub use true_prevalence::PrevalencePrior;
pub use true_prevalence::true_prevalence;
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
