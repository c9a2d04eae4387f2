//! `titer gold`: draw units for human review, collect the answers, import gold from elsewhere.

mod collect;
mod draw;
mod origin;
mod session;

pub(crate) use collect::Collected;
pub use collect::Imported;
pub use collect::Status;
pub(crate) use collect::collected;
pub(crate) use collect::drawn_of;
pub use collect::export;
pub(crate) use collect::from_file;
pub use collect::import;
pub use collect::status;
pub use draw::DrawRequest;
pub use draw::Drawn;
pub use draw::draw;
pub use session::Choice;
pub use session::Screen;
pub use session::Session;
