//! A policy: the labeling rules for one construct, checked and ready to compile.

#![deny(clippy::disallowed_methods)]

mod model;

pub use model::AbstainReason;
pub use model::Check;
pub use model::ComponentRule;
pub use model::Criterion;
pub use model::Example;
pub use model::Exception;
pub use model::Judging;
pub use model::Label;
pub use model::Modality;
pub use model::Mode;
pub use model::Policy;
pub use model::Status;
pub use model::Term;
pub use model::Version;
