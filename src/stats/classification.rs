//! How well predicted classes agree with the true ones: binary, multiclass and multilabel.
//!
//! Rows of every table are true classes, columns predicted ones; cells hold sums of design weights. A score
//! whose denominator is 0 is an error that says what the data lack, unless the caller names an [`EmptyScore`].

mod averages;
mod binary;
mod confusion;
mod delta;
mod diagnostic;
mod multilabel;

pub use averages::Average;
pub use averages::ClassScore;
pub use averages::EmptyScore;
pub use averages::average;
pub use binary::BinaryCells;
pub use binary::BinaryConfusion;
pub use confusion::Classified;
pub use confusion::Confusion;
pub use delta::DeltaEstimate;
pub use delta::DeltaScore;
pub use delta::delta_estimate;
pub use diagnostic::Diagnostic;
pub use diagnostic::DiagnosticCounts;
pub use diagnostic::DiagnosticValue;
pub use diagnostic::RateInterval;
pub use multilabel::LabelSets;
pub use multilabel::Multilabel;
