//! A policy: the labeling rules for one construct, checked and ready to compile.

#![deny(clippy::disallowed_methods)]

mod build;
mod check;
mod coverage;
mod diff;
mod explain;
mod file;
mod fingerprint;
mod fit;
mod immutable;
mod imports;
mod lint;
mod model;
mod reader;

pub use coverage::RuleCoverage;
pub use coverage::coverage;
pub use diff::Change;
pub use diff::ChangeKind;
pub use diff::Level;
pub use diff::VersionLie;
pub use diff::check_version;
pub use diff::diff;
pub use explain::explain;
pub use explain::explained;
pub use fit::CONTENT_ROLE;
pub use fit::UnitMismatch;
pub use immutable::BrokenId;
pub use immutable::immutable_ids;
pub use imports::ImportRef;
pub use imports::imports;
pub use lint::LintSettings;
pub use lint::TokenBudget;
pub use lint::lint;
pub use lint::lint_gold;
pub use lint::resemble;
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
pub use reader::Checked;
pub use reader::Reader;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::yaml;
use file::PolicyFile;
use file::TermsFile;
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads a policy that imports nothing and checks all it says; with the policy come the warnings.
///
/// For many files, or for one that imports others, keep a [`Reader`].
///
/// # Errors
///
/// Every mistake of form (`Y…`), or, in a file of good form, every mistake of meaning (`P…`) with
/// the warnings among them, in the order of the text.
pub fn parse(source: &Source) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
    parse_with(source, &BTreeMap::new())
}

/// Reads a policy and the files it imports, these by their path as written.
///
/// # Errors
///
/// Those of [`parse`], and the mistakes of the imported files.
pub fn parse_with(
    source: &Source,
    imported: &BTreeMap<String, Source>,
) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
    Reader::prepare()
        .read(source, imported)
        .map(|Checked { policy, warnings, .. }| (policy, warnings))
}

/// Returns the JSON Schema of a policy file, for editors.
#[must_use]
pub fn schema() -> Value {
    yaml::schema_of::<PolicyFile>()
}

/// Returns the JSON Schema of a file of shared terms, for editors.
#[must_use]
pub fn terms_schema() -> Value {
    yaml::schema_of::<TermsFile>()
}
