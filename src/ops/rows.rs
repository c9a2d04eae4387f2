//! Label rows that stand after a run: counted, and written as files, one a unit and policy whatever its outcome.

use super::error::OpsError;
use super::labeled;
use crate::io::LabelRow;
use crate::io::LabelRowComponent;
use crate::io::LabelWriter;
use crate::io::Target;
use crate::policy::Policy;
use crate::reply::Answer;
use crate::reply::ComponentAnswer;
use crate::reply::Outcome;
use crate::requests::Plan;
use crate::store;
use crate::store::Reader;
use crate::unit::Unit;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// The rows of each unit, in the order of the policies.
pub(super) struct Rows<'a> {
    plan: &'a Plan,
    by_unit: Vec<Vec<Option<store::LabelRow>>>,
}

impl<'a> Rows<'a> {
    /// Reads the rows that stand for the plan's units.
    pub(super) fn read(
        reader: &Reader,
        plan: &'a Plan,
        policies: &[Arc<Policy>],
    ) -> Result<Self, OpsError> {
        let mut by_unit = vec![vec![None; policies.len()]; plan.units.len()];
        let (units, prompts) = (&plan.units, &plan.prompts);
        labeled::each_standing(reader, units, policies, prompts, |policy, unit, row| {
            by_unit[unit][policy] = Some(row);
        })?;
        Ok(Self { plan, by_unit })
    }

    /// Returns how many units and policies have an answer, and how many there are.
    pub(super) fn answered(&self) -> (usize, usize) {
        let all = self.by_unit.iter().flatten();
        let answered = all.clone().flatten().filter(|row| match row.answer.outcome {
            Outcome::Label | Outcome::Abstain => true,
            Outcome::Refusal
            | Outcome::Filtered
            | Outcome::Truncated
            | Outcome::Unparsable
            | Outcome::TooLarge
            | Outcome::ImageUnavailable
            | Outcome::Failed => false,
        });
        (answered.count(), all.count())
    }

    /// Writes the rows in the order of the units' file.
    pub(super) fn write(self, labeler: &str, out: &Path) -> Result<(), OpsError> {
        let units = &self.plan.units;
        let columns: BTreeSet<&String> =
            units.iter().flat_map(|unit| unit.passthrough.keys()).collect();
        let columns: Vec<String> = columns.into_iter().cloned().collect();
        let mut writer = LabelWriter::create(&target(out), &columns)?;
        for (unit, rows) in units.iter().zip(self.by_unit) {
            for row in rows.into_iter().flatten() {
                writer.write(wire(unit, row, labeler))?;
            }
        }
        writer.finish()?;
        Ok(())
    }
}

/// Refuses an output that cannot be written before anything is sent or paid for.
pub(super) fn check_place(out: &Path) -> Result<(), OpsError> {
    // Opening a pipe or device would already speak to whoever reads it.
    if out.is_file() || !out.exists() && out != Path::new("-") {
        LabelWriter::create(&target(out), &[])?;
    }
    Ok(())
}

fn target(out: &Path) -> Target {
    if out == Path::new("-") { Target::Stdout } else { Target::File(out.to_owned()) }
}

/// Returns the labels of a unit's components with their roles.
pub(super) fn components(answer: &Answer, unit: &Unit) -> Vec<LabelRowComponent> {
    let role = |n: usize| unit.components.get(n.checked_sub(1)?).map(|part| part.role.clone());
    let one = |part: &ComponentAnswer| LabelRowComponent {
        n: part.n,
        role: role(part.n).unwrap_or_default(),
        label: part.label.clone(),
        labels: part.labels.clone(),
        criteria: part.criteria.clone(),
    };
    answer.components.iter().map(one).collect()
}

fn wire(unit: &Unit, row: store::LabelRow, labeler: &str) -> LabelRow {
    let components = components(&row.answer, unit);
    let mut answer = row.answer;
    let own = answer.own.take();
    LabelRow {
        id: row.unit,
        policy: answer.policy,
        policy_version: row.policy_version,
        outcome: answer.outcome.name(),
        label: answer.label,
        labels: answer.labels,
        criteria: answer.criteria,
        checks: answer.checks,
        components,
        own_label: own.as_ref().map(|own| own.label.clone()),
        own_criteria: own.as_ref().map_or_else(Vec::new, |own| own.criteria.clone()),
        own_because: own.and_then(|own| own.because),
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
