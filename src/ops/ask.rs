//! A few units under a few policies, asked now: what `try` and `test` are made of.

use super::error::OpsError;
use super::label::LabelRequest;
use super::label::Labeling;
use super::label::Purpose;
use super::labeler::Labeler;
use super::program::Program;
use super::units::UnitsOf;
use crate::diag::Source;
use crate::policy::Policy;
use crate::store::Access;
use crate::store::CallRow;
use crate::store::LabelRow;
use crate::store::Provenance;
use crate::store::Store;
use crate::store::StoreError;
use crate::unit::Fingerprint;
use crate::unit::Unit;
use crate::worker::Tally;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// In the project's store: what was asked before costs nothing.
    Project,
    /// Nowhere: the labeler is asked afresh.
    None,
}

/// What came of it.
pub(super) struct Asked {
    /// The rows that stand, in no particular order.
    pub(super) rows: Vec<LabelRow>,
    /// What each call said of the requests that take several.
    pub(super) parts: Vec<CallRow>,
    /// HTTP calls made.
    pub(super) calls: u64,
}

/// Asks about units and returns when each has its row.
///
/// # Errors
///
/// Units the policies do not fit, an endpoint that does not answer.
pub(super) async fn ask(
    program: &Program,
    policies: Vec<(Arc<Policy>, Source)>,
    labeler: Labeler,
    units: Vec<Unit>,
    memory: Memory,
) -> Result<Asked, OpsError> {
    let (store, scratch) = place(program, memory)?;
    let reader = store.reader()?;
    let asked: Vec<(String, Fingerprint)> =
        units.iter().map(|unit| (unit.id.clone(), unit.content_hash())).collect();
    let file = UnitsOf { path: PathBuf::from("the units given"), units };
    let request = LabelRequest::default();
    let labeling =
        Labeling { store, file, policies, labeler, request, purpose: Purpose::Trial }.checked()?;
    let (progress, _watch) = watch::channel(Tally::default());
    let labelled = labeling.run(CancellationToken::new(), progress).await?;
    if let Some(reason) = labelled.summary.stopped {
        return Err(OpsError::Stopped {
            message: reason.to_string(),
            hint: "try again, or choose another endpoint with --url and --model".to_owned(),
        });
    }
    let mut rows = Vec::new();
    for (id, hash) in asked {
        // A store holds rows of earlier texts of the policy and of the unit too: only those of this prompt and
        // this content stand.
        reader.labels_of_unit(&id, |row| {
            let Provenance { prompt, unit_hash, .. } = &row.provenance;
            if labelled.prompts.contains(prompt) && *unit_hash == hash {
                rows.push(row);
            }
        })?;
    }
    let requests: BTreeSet<_> = rows.iter().map(|row| row.provenance.request).collect();
    let mut parts = Vec::new();
    for request in requests {
        parts.extend(reader.calls_of(request)?);
    }
    drop(scratch);
    Ok(Asked { rows, parts, calls: labelled.summary.tally.attempts })
}

/// The project's store, or a scratch one where there is no project or another process writes to it.
fn place(program: &Program, memory: Memory) -> Result<(Store, Option<TempDir>), OpsError> {
    if program.found && memory == Memory::Project {
        match Store::open(&program.store_path(), Access::Write) {
            Err(StoreError::Locked { .. }) => {}
            other => return Ok((other?, None)),
        }
    }
    let scratch = TempDir::new().map_err(|source| {
        OpsError::file("make a scratch folder in", &std::env::temp_dir(), &source)
    })?;
    Ok((Store::open(&scratch.path().join("scratch.db"), Access::Write)?, Some(scratch)))
}
