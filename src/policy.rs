//! A policy: the labeling rules for one construct, checked and ready to compile.

#![deny(clippy::disallowed_methods)]

mod build;
mod check;
mod file;
mod fingerprint;
mod fit;
mod model;

pub use fit::CONTENT_ROLE;
pub use fit::UnitMismatch;
pub use model::AbstainReason;
pub use model::Check;
pub use model::ComponentRule;
pub use model::Criterion;
pub use model::Crosswalk;
pub use model::Example;
pub use model::Exception;
pub use model::Judging;
pub use model::Label;
pub use model::Modality;
pub use model::Mode;
pub use model::Policy;
pub use model::PolicyTest;
pub use model::Rollup;
pub use model::Status;
pub use model::Term;
pub use model::Version;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::yaml;
use crate::yaml::Decoded;
use file::PolicyFile;
use serde_json::Value;

/// Reads a policy and checks all it says; with the policy come the warnings.
///
/// # Errors
///
/// Every mistake of form (`Y…`), or, in a file of good form, every mistake of meaning (`P…`) with
/// the warnings among them, in the order of the text.
pub fn parse(source: &Source) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
    let Decoded { value: file, places } = yaml::decode::<PolicyFile>(source)?;
    let found = check::check(&file, &places);
    if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(found);
    }
    Ok((build::policy(file), found))
}

/// Returns the JSON Schema of a policy file, for editors.
#[must_use]
pub fn schema() -> Value {
    yaml::schema_of::<PolicyFile>()
}
