//! Label rows as files: every unit under every policy, whatever its outcome.

use super::error::OpsError;
use super::labeled;
use crate::io::LabelRow;
use crate::io::LabelWriter;
use crate::io::Target;
use crate::policy::Policy;
use crate::requests::Plan;
use crate::store;
use crate::store::Reader;
use crate::unit::Unit;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Writes the rows that stand for the plan's units, in the order of the units' file.
pub(super) fn write(
    reader: &Reader,
    plan: &Plan,
    policies: &[Arc<Policy>],
    labeler: &str,
    out: &Path,
) -> Result<(), OpsError> {
    let target = if out == Path::new("-") { Target::Stdout } else { Target::File(out.to_owned()) };
    let mut rows: Vec<Vec<Option<store::LabelRow>>> =
        vec![vec![None; policies.len()]; plan.units.len()];
    labeled::each_standing(reader, &plan.units, policies, &plan.prompts, |policy, unit, row| {
        rows[unit][policy] = Some(row);
    })?;
    let columns: BTreeSet<String> =
        plan.units.iter().flat_map(|unit| unit.passthrough.keys().cloned()).collect();
    let columns: Vec<String> = columns.into_iter().collect();
    let mut writer = LabelWriter::create(&target, &columns)?;
    for (unit, rows) in plan.units.iter().zip(rows) {
        for row in rows.into_iter().flatten() {
            writer.write(wire(unit, row, labeler))?;
        }
    }
    writer.finish()?;
    Ok(())
}

fn wire(unit: &Unit, row: store::LabelRow, labeler: &str) -> LabelRow {
    let answer = row.answer;
    LabelRow {
        id: row.unit,
        policy: answer.policy,
        policy_version: row.policy_version,
        outcome: answer.outcome.name(),
        label: answer.label,
        criteria: answer.criteria,
        checks: answer.checks,
        components: Vec::new(),
        because: answer.because,
        stated_confidence: answer.stated_confidence,
        label_probability: answer.label_probability,
        labeler: labeler.to_owned(),
        fingerprint: row.provenance.request.to_string(),
        attempts: row.attempts,
        input_tokens: row.billed.input_tokens,
        cached_tokens: row.billed.cached_tokens,
        output_tokens: row.billed.output_tokens,
        cost_usd: row.billed.cost_usd,
        latency_ms: Some(row.latency_ms.round() as u64),
        labeled_at: row.labeled_at.to_string(),
        passthrough: unit.passthrough.clone(),
    }
}
