//! Answers that are there already: given to units that do not have them yet, and to requests half done.

use crate::prompt::CompiledPrompt;
use crate::requests::Plan;
use crate::store::CallRow;
use crate::store::Reader;
use crate::store::Record;
use crate::store::Store;
use crate::store::StoreError;
use crate::unit::Fingerprint;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

/// Units in one submission to the writer.
const GROUP: usize = 1000;

/// Answered calls of requests that are not finished.
pub type OnRecord = BTreeMap<Fingerprint, Vec<CallRow>>;

/// Records the plan's answered requests for every unit they speak for, at no cost, and returns the answered calls of its
/// pending requests.
///
/// Units that have their rows are left alone, so this may be called before every run.
///
/// # Errors
///
/// [`StoreError`] when the store cannot be read or the rows were not recorded.
pub async fn reuse(plan: &Plan, store: &Store) -> Result<OnRecord, StoreError> {
    let writer = store.writer()?;
    let on_record = answered_calls(plan, &store.reader()?)?;
    let mut records = lacking(plan, &store.reader()?)?.into_iter();
    loop {
        let group: Vec<_> = records.by_ref().take(GROUP).collect();
        if group.is_empty() {
            return Ok(on_record);
        }
        writer.record(group).await?;
    }
}

/// Returns the answered calls of the plan's pending requests.
///
/// # Errors
///
/// [`StoreError`] when the store cannot be read.
pub fn answered_calls(plan: &Plan, reader: &Reader) -> Result<OnRecord, StoreError> {
    let mut on_record = OnRecord::new();
    if !plan.prompts.iter().any(CompiledPrompt::is_split) {
        return Ok(on_record);
    }
    let pending: BTreeSet<Fingerprint> = plan.pending.iter().map(|it| it.fingerprint).collect();
    reader.calls_of_unsettled(|row| {
        if pending.contains(&row.request) {
            on_record.entry(row.request).or_default().push(row);
        }
    })?;
    Ok(on_record)
}

/// The answered requests of units that have no row of them: new units with a known content.
fn lacking(plan: &Plan, reader: &Reader) -> Result<Vec<Record>, StoreError> {
    let answered = plan.answered.iter().enumerate();
    let mut wanted: Vec<(usize, usize)> =
        answered.flat_map(|(at, request)| request.units().map(move |unit| (at, unit))).collect();
    wanted.sort_unstable();
    let mut has_row = vec![false; wanted.len()];
    let ids: HashMap<&str, usize> =
        plan.units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at)).collect();
    reader.answered_units(|fingerprint, unit| {
        let request = plan.answered.binary_search_by_key(&fingerprint, |each| each.fingerprint);
        if let Some((at, unit)) = request.ok().zip(ids.get(unit).copied())
            && let Ok(place) = wanted.binary_search(&(at, unit))
        {
            has_row[place] = true;
        }
    })?;
    let without = wanted.into_iter().zip(has_row).filter(|(_, has_row)| !has_row);
    Ok(without
        .map(|((at, unit), _)| Record::Reuse {
            request: plan.answered[at].fingerprint,
            unit: plan.units[unit].id.clone(),
        })
        .collect())
}
