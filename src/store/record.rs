//! What can be appended to a store.

use crate::store::Annotation;
use crate::store::AttemptRow;
use crate::store::CallRow;
use crate::store::Capability;
use crate::store::GoldDraw;
use crate::store::LabelRow;
use crate::store::LabelerRow;
use crate::store::PolicyRow;
use crate::store::PromptRow;
use crate::store::SampleRow;
use crate::unit::Fingerprint;
use jiff::Timestamp;
use rusqlite::Connection;

/// One thing to append. Those named by a fingerprint or id are kept once: the first stays.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every record is a label, and each is moved a few times only"
)]
pub enum Record {
    /// One HTTP call.
    Attempt(AttemptRow),
    /// What one call of a request of several said.
    Call(CallRow),
    /// What one request says about one unit and policy.
    Label(LabelRow),
    /// The settled answers of a request, for another unit of the same content, at no cost.
    Reuse {
        /// The answered request.
        request: Fingerprint,
        /// The unit that gets its answers.
        unit: String,
    },
    /// A labeler that is about to be used.
    Labeler(LabelerRow),
    /// A prompt that is about to be sent.
    Prompt(PromptRow),
    /// A policy that is about to be labeled with.
    Policy(PolicyRow),
    /// What was sampled.
    Sample(SampleRow),
    /// What an endpoint can do.
    Capability(Capability),
    /// Which units humans shall see, with the probability of each.
    GoldDraw(GoldDraw),
    /// What a human said.
    Annotation(Annotation),
    /// A human takes back what they said.
    Retraction {
        /// The annotation's id.
        annotation: Fingerprint,
        /// When it was taken back.
        retracted_at: Timestamp,
    },
}

impl Record {
    /// Appends the record on the writer's connection.
    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Attempt(row) => row.insert(connection),
            Self::Call(row) => row.insert(connection),
            Self::Label(row) => row.insert(connection),
            Self::Reuse { request, unit } => LabelRow::reuse(connection, *request, unit),
            Self::Labeler(row) => row.insert(connection),
            Self::Prompt(row) => row.insert(connection),
            Self::Policy(row) => row.insert(connection),
            Self::Sample(row) => row.insert(connection),
            Self::Capability(row) => row.insert(connection),
            Self::GoldDraw(draw) => draw.insert(connection),
            Self::Annotation(row) => row.insert(connection),
            Self::Retraction { annotation, retracted_at } => {
                Annotation::retract(connection, *annotation, *retracted_at)
            }
        }
    }
}
