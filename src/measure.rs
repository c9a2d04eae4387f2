//! The measurement program: corrected prevalence, its verdict and its refusals.

#![deny(clippy::disallowed_methods)]

mod code;
mod estimate;
mod estimates;
mod findings;
mod floor;
mod plan;
mod prevalence;
mod segments;
mod settings;
mod tidy;

pub use code::Code;
pub use code::Verdict;
pub use estimate::Estimate;
pub use estimate::Estimator;
pub use estimate::Missing;
pub use findings::Finding;
pub use floor::Floor;
pub use plan::FrameUnit;
pub use plan::Plan;
pub use plan::PlanCosts;
pub use plan::PlanGold;
pub use plan::PlanSettings;
pub use plan::PlanSize;
pub use plan::Simulated;
pub use plan::Simulation;
pub use plan::plan;
pub use plan::simulate;
pub use plan::size_for_budget;
pub use plan::size_for_half_width;
pub use prevalence::CellRow;
pub use prevalence::PolicyPrevalence;
pub use prevalence::prevalence;
pub use segments::Coverage;
pub use segments::Dividing;
pub use segments::Division;
pub use segments::Pivot;
pub use segments::Rows;
pub use segments::Segments;
pub use segments::WITHOUT_VALUE;
pub use segments::by_segment;
pub use segments::with_segments;
pub use settings::Salts;
pub use settings::Segment;
pub use settings::Settings;
pub use settings::Subject;
pub use tidy::TidyRow;

pub use crate::eval::GoldDrawn;
pub use crate::eval::GoldLabel;
pub use crate::eval::InputMistake;
pub use crate::eval::Judgment;
pub use crate::eval::LabeledUnit;
pub use crate::eval::Positive;

#[cfg(test)]
mod tests;
