//! `titer diff`: what changed between two versions of a policy, by rule, and whether its version says so.

use super::error::Ending;
use super::error::OpsError;
use super::policies;
use super::program::Program;
use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::policy;
use crate::policy::Change;
use crate::policy::Checked;
use crate::policy::Policy;
use crate::policy::Reader;
use crate::policy::VersionLie;
use crate::store::Access;
use crate::store::Store;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

/// What changed between two versions.
#[derive(Debug, Clone)]
pub struct Differed {
    /// The older version: where it is from, and its number.
    pub old: String,
    /// The newer version.
    pub new: String,
    /// What changed, in the order of the newer version.
    pub changes: Vec<Change>,
    /// Set when the version does not say what changed.
    pub lie: Option<VersionLie>,
}

/// Compares two files.
///
/// # Errors
///
/// Mistakes in one of them, or two different policies.
pub fn between(old: &Path, new: &Path) -> Result<Differed, OpsError> {
    let (before, after) = (single(old)?, single(new)?);
    if before.id != after.id {
        return Err(OpsError::refused(
            format!(
                "{} is policy `{}` and {} is policy `{}`",
                old.display(),
                before.id,
                new.display(),
                after.id
            ),
            "compare two versions of one policy",
        ));
    }
    Ok(compared(&before, &after, old.display().to_string(), new.display().to_string()))
}

/// Compares a policy with the version that was last labeled with.
///
/// # Errors
///
/// Mistakes in the policy; a policy that was never labeled with.
pub fn with_last(program: &Program, named: &str) -> Result<Differed, OpsError> {
    let (now, source) = policies::single(program, named)?;
    let Some((last, at)) = last_labeled(program, &now.id)? else {
        return Err(OpsError::refused(
            format!("policy `{}` was never labeled with in this project", now.id),
            "compare two files: titer diff OLD NEW",
        ));
    };
    let old = format!("labeled since {}", at.strftime("%Y-%m-%d %H:%M"));
    Ok(compared(&last, &now, old, source.name().to_owned()))
}

/// Returns the version of a policy that was last labeled with, and since when.
///
/// # Errors
///
/// A store that cannot be read.
pub(super) fn last_labeled(
    program: &Program,
    id: &str,
) -> Result<Option<(Policy, Timestamp)>, OpsError> {
    let path = program.store_path();
    if !path.is_file() {
        return Ok(None);
    }
    let rows = Store::open(&path, Access::Read)?.reader()?.policies(Some(id))?;
    if rows.is_empty() {
        return Ok(None);
    }
    let reader = Reader::prepare();
    let beside = program.path("policies").join("of-the-store.yaml");
    Ok(rows.into_iter().rev().find_map(|row| {
        let source = Source::new(&format!("{id} {}", row.version), &row.source);
        // A text of an older titer that no longer reads cannot be compared with.
        let checked = reader.read(&source, &policies::imported(&beside, &source)).ok()?;
        Some((checked.policy, row.first_seen))
    }))
}

/// Returns the ids that labels already given cite and that a newer version has lost or given another meaning.
///
/// # Errors
///
/// A store that cannot be read.
pub(super) fn changed_ids<'a>(
    program: &Program,
    policies: impl IntoIterator<Item = &'a Checked>,
) -> Result<Vec<Diagnostic>, OpsError> {
    let mut found = Vec::new();
    for read in policies {
        if let Some((last, _)) = last_labeled(program, &read.policy.id)? {
            let broken = policy::immutable_ids(&last, &read.policy);
            found.extend(broken.iter().map(|id| id.diagnostic(&read.places)));
        }
    }
    Ok(found)
}

fn single(path: &Path) -> Result<Arc<Policy>, OpsError> {
    let reading = policies::read(&[path.to_owned()])?;
    match reading.policies.as_slice() {
        [(only, _)] => Ok(Arc::clone(only)),
        _ => Err(OpsError::Diagnostics {
            diagnostics: reading.diagnostics,
            sources: reading.sources,
            ending: Ending::ChangeSomething,
        }),
    }
}

fn compared(old: &Policy, new: &Policy, old_name: String, new_name: String) -> Differed {
    let changes = policy::diff(old, new);
    // More may always be claimed: a version that rose without a change hides nothing.
    let lie = policy::check_version(old, new, &changes)
        .err()
        .filter(|lie| !matches!(lie, VersionLie::NothingChanged { .. }));
    Differed {
        old: format!("{} {} ({old_name})", old.id, old.version),
        new: format!("{} {} ({new_name})", new.id, new.version),
        changes,
        lie,
    }
}
