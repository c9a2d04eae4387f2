//! One function a verb: what `titer VERB` means, without a terminal.

mod ask;
mod error;
mod fit;
mod labeled;
mod labeler;
mod parallel;
mod pivot;
mod policies;
mod program;
mod rows;
mod strata;
mod template;
mod text_file;
mod units;

pub mod check;
pub mod compile;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod gold;
pub mod guide;
pub mod init;
pub mod label;
pub mod plan;
pub mod policy_tests;
pub mod prevalence;
pub mod report;
pub mod sample;
mod sampled;
pub mod simulate;
pub mod try_text;

pub use crate::eval::suite::schema as suite_schema;
pub use crate::io::is_full;
pub use crate::policy::schema as policy_schema;
pub use crate::policy::terms_schema;
pub use crate::worker::Tally;
pub use error::Ending;
pub use error::OpsError;
pub use error::chain;
pub use labeler::AdHoc;
pub use labeler::Labeler;
pub use program::Program;
pub use program::schema as program_schema;
pub use units::first as first_unit;
