//! The labels and gold of the project's store.

use super::PrevalenceRequest;
use super::positive;
use super::sample::Maker;
use super::sample::PolicyRows;
use super::sample::Row;
use super::sample::Sample;
use crate::ops::error::OpsError;
use crate::ops::gold;
use crate::ops::gold::Collected;
use crate::ops::labeled;
use crate::ops::labeled::Labeled;
use crate::ops::program::Program;
use crate::ops::units;
use crate::unit::Design;
use crate::unit::Inclusion;
use crate::unit::Unit;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::sync::Arc;

/// Reads the labels that stand for the units of a file, with their gold.
pub(super) fn sample(
    program: &Program,
    request: &PrevalenceRequest,
    notes: &mut Vec<String>,
) -> Result<Sample, OpsError> {
    let labeled = labeled::from_store(
        program,
        request.units.as_deref(),
        &request.policies,
        &request.labeler,
    )?;
    let file = units::path(program, request.units.as_deref())?;
    let salt = units::sample_salt(program, &file)?;
    let gold = gold_by_period(program, request, &labeled)?;
    let mut policies = Vec::with_capacity(labeled.policies.len());
    for at in 0..labeled.policies.len() {
        let Some(inclusions) = inclusions(&labeled, at, notes)? else { continue };
        policies.push(policy_rows(program, &labeled, at, inclusions)?);
    }
    Ok(Sample { name: file.display().to_string(), units: labeled.units, policies, gold, salt })
}

fn policy_rows(
    program: &Program,
    labeled: &Labeled,
    at: usize,
    inclusions: Vec<Option<Inclusion>>,
) -> Result<PolicyRows, OpsError> {
    let policy = &labeled.policies[at];
    let asks = |prompt: &&crate::prompt::CompiledPrompt| {
        prompt.policies().iter().any(|known| known.id == policy.id)
    };
    let prompt = labeled.prompts.iter().find(asks);
    let maker = Maker {
        labeler: labeled.labeler.name.clone(),
        version: Some(policy.version.to_string()),
        fingerprint: prompt.map(|prompt| prompt.fingerprint().to_string()),
    };
    let row = |row: &labeled::Row| Row {
        id: None,
        unit: Some(row.unit),
        outcome: row.outcome,
        label: row.label.clone(),
        maker: 0,
    };
    Ok(PolicyRows {
        id: policy.id.clone(),
        policy: Some(Arc::clone(policy)),
        positive: positive(program, policy)?,
        rows: labeled.rows[at].iter().map(row).collect(),
        makers: vec![maker],
        inclusions: Some(inclusions),
    })
}

/// The gold of each period: of the latest draw that drew some of its units.
fn gold_by_period(
    program: &Program,
    request: &PrevalenceRequest,
    labeled: &Labeled,
) -> Result<BTreeMap<Option<String>, Arc<Collected>>, OpsError> {
    let mut ids: BTreeMap<Option<&str>, HashSet<&str>> = BTreeMap::new();
    for unit in &labeled.units {
        ids.entry(unit.period.as_deref()).or_default().insert(&unit.id);
    }
    let rows = labeled.rows.iter().flatten().map(|row| row.unit);
    let has_label: BTreeSet<usize> = rows.collect();
    let mut gold = BTreeMap::new();
    for (period, own) in &ids {
        let named = (request.gold.as_deref(), request.drawn);
        let mut collected =
            gold::collected_for(program, named, &labeled.policies, |unit| own.contains(unit))?;
        // the units the draw was made from: those of every period it drew from
        let reached: Vec<&HashSet<&str>> =
            ids.values().filter(|ids| ids.iter().any(|id| collected.may_hold(id))).collect();
        let of_draw = |unit: &Unit| reached.iter().any(|ids| ids.contains(unit.id.as_str()));
        let n = has_label.iter().filter(|at| of_draw(&labeled.units[**at])).count();
        collected.joined_with(&labeled.units, &labeled.policies, n)?;
        gold.insert(period.map(str::to_owned), Arc::new(collected));
    }
    Ok(gold)
}

/// The inclusion of each unit as the labels on hand make it: a run that stopped early has labeled a random part, of each period.
/// `None` where nothing is labeled.
fn inclusions(
    labeled: &Labeled,
    policy: usize,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Option<Inclusion>>>, OpsError> {
    let mut inclusions: Vec<Option<Inclusion>> =
        labeled.units.iter().map(|unit| unit.inclusion.clone()).collect();
    let mut periods: BTreeMap<Option<&str>, BTreeSet<usize>> = BTreeMap::new();
    for (at, unit) in labeled.units.iter().enumerate() {
        periods.entry(unit.period.as_deref()).or_default().insert(at);
    }
    let has: BTreeSet<usize> = labeled.rows[policy].iter().map(|row| row.unit).collect();
    let id = &labeled.policies[policy].id;
    if has.is_empty() {
        notes.push(format!("{id}: no unit is labeled; run `titer label`"));
        return Ok(None);
    }
    let several = periods.len() > 1;
    for (period, units) in periods {
        let (total, missing) = (units.len(), units.difference(&has).count());
        let of = period.filter(|_| several).map_or_else(String::new, |name| format!(" of {name}"));
        if missing == total {
            notes.push(format!("{id}: no unit{of} is labeled by `{}`", labeled.labeler.name));
            continue;
        }
        if missing == 0 {
            continue;
        }
        labeled.random_part(policy, |at| units.contains(&at))?;
        notes.push(format!(
            "{id}: {missing} of {total} units{of} have no label yet; the labeled ones are a random part and count as such. Finish with `titer label`"
        ));
        let share = (total - missing) as f64 / total as f64;
        for at in units {
            inclusions[at] = Some(part_of(inclusions[at].take(), share));
        }
    }
    Ok(Some(inclusions))
}

/// The inclusion of a unit of which a random part is labeled.
fn part_of(inclusion: Option<Inclusion>, share: f64) -> Inclusion {
    let Some(inclusion) = inclusion else {
        let design = Design::Uniform;
        return Inclusion { probability: share, design, stratum: None, cluster: None };
    };
    let design = match inclusion.design {
        Design::Census => Design::Uniform,
        other @ (Design::Uniform | Design::Poisson | Design::Priority) => other,
    };
    Inclusion { probability: inclusion.probability * share, design, ..inclusion }
}
