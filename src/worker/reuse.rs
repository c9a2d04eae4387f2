//! Answers that are there already, given to units that do not have them yet.

use crate::requests::Plan;
use crate::store::Record;
use crate::store::StoreError;
use crate::store::Writer;

/// Units in one submission to the writer.
const GROUP: usize = 1000;

/// Records the plan's answered requests for every unit they speak for, at no cost.
///
/// Units that have their rows keep them, so this may be called before every run.
///
/// # Errors
///
/// [`StoreError`] when the rows were not recorded.
pub async fn reuse(plan: &Plan, writer: &Writer) -> Result<(), StoreError> {
    let mut records = plan.answered.iter().flat_map(|answered| {
        answered.units().map(|unit| Record::Reuse {
            request: answered.fingerprint,
            unit: plan.units[unit].id.clone(),
        })
    });
    loop {
        let group: Vec<_> = records.by_ref().take(GROUP).collect();
        if group.is_empty() {
            return Ok(());
        }
        writer.record(group).await?;
    }
}
