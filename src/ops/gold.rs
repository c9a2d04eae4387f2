//! `titer gold`: draw units for human review, collect the answers, import gold from elsewhere.

mod agreement;
mod collect;
mod draw;
mod origin;
mod session;
mod sheet;
mod status;

pub use agreement::AgreementCoefficient;
pub use agreement::RaterAgreement;
pub use agreement::RaterLine;
pub use agreement::RaterShare;
pub(crate) use collect::Collected;
pub(crate) use collect::collected;
pub(crate) use collect::collected_for;
pub(crate) use collect::drawn_of;
pub(crate) use collect::from_file;
pub use draw::DrawRequest;
pub use draw::Drawn;
pub use draw::draw;
pub use session::Choice;
pub use session::Screen;
pub use session::Session;
pub use sheet::Imported;
pub use sheet::export;
pub use sheet::import;
pub use status::Status;
pub use status::status;
