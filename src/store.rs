//! The SQLite store: append-only attempts, labels and gold, one writer.
//!
//! The store holds no rule: ids, times and fingerprints come from the caller. One process writes at a
//! time (an OS lock beside the file, gone when its holder dies); any number read. A [`Writer`] says
//! "recorded" only once the rows are on disk.

mod calls;
mod catalog;
mod error;
mod gold;
mod labels;
mod ledger;
mod lock;
mod migrate;
mod open;
mod record;
mod writer;

pub use calls::CallRow;
pub use catalog::Capability;
pub use catalog::CapabilityKey;
pub use catalog::LabelerRow;
pub use catalog::PolicyRow;
pub use catalog::PromptRow;
pub use catalog::SampleRow;
pub use error::StoreError;
pub use gold::Annotation;
pub use gold::GoldDraw;
pub use gold::QueuedUnit;
pub use labels::Billed;
pub use labels::LabelRow;
pub use labels::Provenance;
pub use labels::StandingLabel;
pub use ledger::AttemptRow;
pub use ledger::Ledger;
pub use open::Access;
pub use open::Reader;
pub use open::Store;
pub use record::Record;
pub use writer::Writer;
