//! One function a verb: what `titer VERB` means, without a terminal.

mod error;
mod labeler;
mod policies;
mod program;

pub mod check;
pub mod compile;

pub use error::Ending;
pub use error::OpsError;
pub use labeler::AdHoc;
pub use labeler::Labeler;
pub use program::Program;
pub use program::schema as program_schema;
