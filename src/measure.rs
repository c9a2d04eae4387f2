//! The measurement program: corrected prevalence, its verdict and its refusals.

#![deny(clippy::disallowed_methods)]

mod breaks;
mod change;
mod code;
mod day;
mod drift;
mod estimate;
mod estimates;
mod explain;
mod findings;
mod floor;
mod goal;
mod plan;
mod prevalence;
mod segments;
mod series;
mod settings;
mod tidy;

pub use breaks::Break;
pub use breaks::Changed;
pub use change::ChangeEstimate;
pub use change::Compared;
pub use change::PeriodChange;
pub use change::RatioEstimate;
pub use change::adjust_changes;
pub use change::change;
pub use code::Code;
pub use code::Verdict;
pub use drift::Drift;
pub use drift::RateDrift;
pub use estimate::Estimate;
pub use estimate::Estimator;
pub use estimate::Missing;
pub use explain::explain;
pub use findings::Finding;
pub use floor::Floor;
pub use goal::Goal;
pub use goal::GoalVerdict;
pub use goal::JudgedGoal;
pub use goal::NotAGoal;
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
pub use segments::Pivot;
pub use segments::Rows;
pub use segments::WITHOUT_VALUE;
pub use segments::by_segment;
pub use segments::changes_by_segment;
pub use series::Comparison;
pub use series::PeriodRows;
pub use series::Series;
pub use series::compare;
pub use series::pooled_rows;
pub use series::series;
pub use settings::Salts;
pub use settings::Segment;
pub use settings::Settings;
pub use settings::Span;
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
