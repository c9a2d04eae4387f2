//! Shares of several classes: directly from gold by label code, by inverting error rates, or from class probabilities.

mod bootstrap;
mod composition;
mod direct;
mod inverse;
mod label_shift;
mod posteriors;
mod simplex;

pub use bootstrap::CodeCounts;
pub use bootstrap::simplex_intervals;
pub use composition::Composition;
pub use direct::ClassCell;
pub use direct::ClassShares;
pub use direct::class_intervals;
pub use direct::double_sample;
pub use direct::double_sample_weighted;
pub use direct::error_rates_by_code;
pub use inverse::Conditioning;
pub use inverse::Inverted;
pub use inverse::invert_error_rates;
pub use label_shift::PriorAdjusted;
pub use label_shift::adjust_priors;
pub use posteriors::Posteriors;
pub use simplex::Constrained;
pub use simplex::clip_normalise;
pub use simplex::project_to_simplex;
pub use simplex::simplex_em;
pub use simplex::simplex_least_squares;
