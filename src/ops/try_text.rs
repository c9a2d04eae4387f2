//! `titer try`: one text under one policy, the policy writer's whole day.

use super::ask::Memory;
use super::ask::ask;
use super::error::OpsError;
use super::labeler;
use super::labeler::AdHoc;
use super::policies;
use super::program::Program;
use crate::reply::Answer;
use crate::store::CallRow;
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
    /// What each call said, where the answer is made of several.
    pub calls: Vec<TriedCall>,
    /// The labeler's name.
    pub labeler: String,
    /// How long the call took, in milliseconds.
    pub latency_ms: f64,
    /// Whether the answer was on record and cost nothing.
    pub reused: bool,
}

/// One call of several.
#[derive(Debug, Clone)]
pub struct TriedCall {
    /// The place in the unit of the one component it judged, from 1.
    pub component: Option<usize>,
    /// The label it asked about.
    pub label: Option<String>,
    /// `yes` or `no` about that label, else the label or abstain id it gave; without either, how it ended.
    pub said: String,
    /// The probability of what it said.
    pub probability: Option<f64>,
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
    let (one, source) = policies::single_to_label(program, policy)?;
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
        calls: asked.parts.into_iter().filter_map(said).collect(),
        answer: row.answer,
        rules,
        labeler: name,
        latency_ms: row.latency_ms,
        reused: asked.calls == 0,
    })
}

fn said(row: CallRow) -> Option<TriedCall> {
    let answer = row.answers.into_iter().next()?;
    let said = match (&row.label, answer.label) {
        (Some(asked), Some(label)) if *asked == label => "yes".to_owned(),
        (Some(_), Some(_)) => "no".to_owned(),
        (None, Some(label)) => label,
        (_, None) => answer.outcome.name().to_owned(),
    };
    let probability = answer.label_probability;
    Some(TriedCall { component: row.component, label: row.label, said, probability })
}
