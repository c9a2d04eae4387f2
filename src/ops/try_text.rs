//! `titer try`: one text under one policy, the policy writer's whole day.

use super::error::OpsError;
use super::label::LabelRequest;
use super::label::Labeling;
use super::labeler;
use super::labeler::AdHoc;
use super::policies;
use super::program::Program;
use super::units::UnitsOf;
use crate::reply::Answer;
use crate::store::Access;
use crate::store::Store;
use crate::store::StoreError;
use crate::unit::Unit;
use crate::worker::StopReason;
use crate::worker::Tally;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What came of one text.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The policy and its version.
    pub policy: String,
    /// The answer.
    pub answer: Answer,
    /// Whether the label is violating.
    pub violating: bool,
    /// The texts of the cited rules, by id.
    pub rules: Vec<(String, String)>,
    /// The labeler's name.
    pub labeler: String,
    /// How long the call took, in milliseconds.
    pub latency_ms: f64,
    /// Whether the answer was on record and cost nothing.
    pub reused: bool,
}

/// Labels one unit with one policy.
///
/// In a project the answer goes on record, so the same text under the same policy is asked once.
///
/// # Errors
///
/// Mistakes in the policy, no labeler, an endpoint that does not answer.
pub async fn try_unit(
    program: &Program,
    policy: &str,
    unit: Unit,
    wanted: &AdHoc,
) -> Result<Tried, OpsError> {
    let named = [policy.to_owned()];
    let policies = policies::load(program, &named)?.policies;
    let [(one, _)] = policies.as_slice() else {
        return Err(OpsError::refused(
            format!("`{policy}` holds {} policies", policies.len()),
            "name one of them",
        ));
    };
    let one = std::sync::Arc::clone(one);
    let labeler = labeler::resolve(program, wanted)?;
    let name = labeler.name.clone();
    let (store, scratch) = place(program)?;
    let reader = store.reader()?;
    let id = format!("try-{}", unit.content_hash().short());
    let unit = Unit { id: id.clone(), ..unit };
    let file = UnitsOf { path: PathBuf::from("the text"), units: vec![unit] };
    let labeling =
        Labeling { store, file, policies, labeler, request: LabelRequest::default() }.checked()?;
    let (progress, _watch) = watch::channel(Tally::default());
    let labelled = labeling.run(CancellationToken::new(), progress).await?;
    if let Some(reason) = labelled.summary.stopped {
        return Err(stopped(&reason));
    }
    let mut row = None;
    reader.labels_of_unit(&id, |found| {
        if found.answer.policy == one.id {
            row = Some(found);
        }
    })?;
    drop(scratch);
    let Some(row) = row else {
        return Err(OpsError::refused(
            "the endpoint gave no answer to record",
            "run the command again with -v to see what it said",
        ));
    };
    let texts = one.labels.iter().flat_map(|label| label.includes.iter().chain(&label.excludes));
    let mut rules: Vec<(String, String)> =
        texts.map(|rule| (rule.id.clone(), rule.text.clone())).collect();
    rules.extend(one.exceptions.iter().map(|rule| (rule.id.clone(), rule.when.clone())));
    rules.retain(|(id, _)| row.answer.criteria.contains(id));
    Ok(Tried {
        policy: format!("{} {}", one.id, one.version),
        violating: row.answer.label.as_deref().is_some_and(|label| one.violating(label)),
        answer: row.answer,
        rules,
        labeler: name,
        latency_ms: row.latency_ms,
        reused: labelled.summary.tally.attempts == 0,
    })
}

/// The project's store, or a scratch one where there is no project or another process writes to it.
fn place(program: &Program) -> Result<(Store, Option<TempDir>), OpsError> {
    if program.found {
        match Store::open(&program.store_path(), Access::Write) {
            Err(StoreError::Locked { .. }) => {}
            other => return Ok((other?, None)),
        }
    }
    let scratch = TempDir::new().map_err(|source| {
        OpsError::file("make a scratch folder in", &std::env::temp_dir(), &source)
    })?;
    Ok((Store::open(&scratch.path().join("try.db"), Access::Write)?, Some(scratch)))
}

fn stopped(reason: &StopReason) -> OpsError {
    OpsError::Stopped {
        message: reason.to_string(),
        hint: "try again, or choose another endpoint with --url and --model".to_owned(),
    }
}
