//! `titer try`: one text under one policy, the policy writer's whole day.

use super::ask::Memory;
use super::ask::ask;
use super::error::OpsError;
use super::labeler;
use super::labeler::AdHoc;
use super::policies;
use super::program::Program;
use crate::reply::Answer;
use crate::unit::Unit;
use std::sync::Arc;

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
    let (one, source) = policies::single(program, policy)?;
    let policies = vec![(Arc::clone(&one), source)];
    let labeler = labeler::resolve(program, wanted)?;
    let name = labeler.name.clone();
    let id = format!("try-{}", unit.content_hash().short());
    let units = vec![Unit { id, ..unit }];
    let asked = ask(program, policies, labeler, units, Memory::Project).await?;
    let Some(row) = asked.rows.into_iter().next_back() else {
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
        reused: asked.calls == 0,
    })
}
