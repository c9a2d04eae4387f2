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
use crate::ops::labeled::Wanted;
use crate::ops::program::Program;
use crate::ops::sampled::SampledUnit;
use crate::ops::strata;
use crate::ops::units;
use crate::policy::Policy;
use crate::unit::Design;
use crate::unit::Inclusion;
use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

/// Reads the labels that stand for the units of a file, with their gold.
pub(super) fn sample(
    program: &Program,
    request: &PrevalenceRequest,
    notes: &mut Vec<String>,
) -> Result<Sample, OpsError> {
    let wanted = Wanted {
        units: request.units.as_deref(),
        policies: &request.policies,
        labeler: &request.labeler,
        pivots: &request.by,
    };
    let mut labeled = labeled::from_store(program, &wanted)?;
    let file = units::path(program, request.units.as_deref())?;
    let salt = units::sample_salt(program, &file)?;
    notes.extend(strata::check(&file.display().to_string(), &labeled.units)?);
    let mut has_label = vec![false; labeled.units.len()];
    labeled.rows.iter().flatten().for_each(|row| has_label[row.unit] = true);
    let with = (labeled.units.as_slice(), labeled.policies.as_slice());
    let gold = gold_by_period(program, request, with, &has_label)?;
    let mut policies = Vec::with_capacity(labeled.policies.len());
    for at in 0..labeled.policies.len() {
        if labeled.rows[at].is_empty() {
            let id = &labeled.policies[at].id;
            notes.push(format!("{id}: no unit is labeled; run `titer label`"));
            continue;
        }
        let inclusions = inclusions((program, request), &labeled, at, notes)?;
        let rows = std::mem::take(&mut labeled.rows[at]);
        policies.push(policy_rows(program, &labeled, (at, rows), inclusions)?);
    }
    let name = file.display().to_string();
    let (units, divisions) = (labeled.units, labeled.divisions);
    Ok(Sample { name, units, divisions, policies, gold, salt, known: None })
}

fn policy_rows(
    program: &Program,
    labeled: &Labeled,
    (at, rows): (usize, Vec<labeled::Row>),
    inclusions: Option<Vec<Option<Inclusion>>>,
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
    let row = |labeled::Row { unit, outcome, label, labels, certainty }| Row {
        id: None,
        unit: Some(unit),
        outcome,
        label,
        certainty,
        labels,
        maker: 0,
    };
    Ok(PolicyRows {
        id: policy.id.clone(),
        policy: Some(Arc::clone(policy)),
        positive: positive(program, policy)?,
        rows: rows.into_iter().map(row).collect(),
        makers: vec![maker],
        inclusions,
    })
}

/// The gold of each period: of the latest draw that drew some of its units.
pub(super) fn gold_by_period(
    program: &Program,
    request: &PrevalenceRequest,
    (units, policies): (&[SampledUnit], &[Arc<Policy>]),
    has_label: &[bool],
) -> Result<BTreeMap<Option<String>, Arc<Collected>>, OpsError> {
    let periods: BTreeSet<Option<&str>> = units.iter().map(|unit| unit.period.as_deref()).collect();
    // only gold of the store asks, and there may be a million units
    let period_of: LazyCell<HashMap<&str, Option<&str>>, _> = LazyCell::new(|| {
        units.iter().map(|unit| (unit.id.as_str(), unit.period.as_deref())).collect()
    });
    let mut gold = BTreeMap::new();
    for period in periods {
        let named = (request.gold.as_deref(), request.drawn);
        let of_period = |unit: &str| period_of.get(unit).is_some_and(|known| *known == period);
        let mut collected = gold::collected_for(program, named, policies, of_period)?;
        // the units the draw was made from: those of every period it drew from
        let reached: BTreeSet<Option<&str>> = units
            .iter()
            .filter(|unit| collected.may_hold(&unit.id))
            .map(|unit| unit.period.as_deref())
            .collect();
        let of_draw = |at: usize| has_label[at] && reached.contains(&units[at].period.as_deref());
        let n = (0..units.len()).filter(|at| of_draw(*at)).count();
        collected.joined_with(units, policies, n)?;
        gold.insert(period.map(str::to_owned), Arc::new(collected));
    }
    Ok(gold)
}

/// The inclusion of each unit as the labels on hand make it: a run that stopped early has labeled a random part, of each period.
/// `None` where every unit's is its own.
fn inclusions(
    (program, request): (&Program, &PrevalenceRequest),
    labeled: &Labeled,
    policy: usize,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<Option<Inclusion>>>, OpsError> {
    let (id, units) = (&labeled.policies[policy].id, &labeled.units);
    if labeled.rows[policy].len() == units.len() {
        return Ok(None);
    }
    let requests = labeled.requests(program, request.units.as_deref(), policy)?;
    let mut inclusions: Vec<Option<Inclusion>> =
        units.iter().map(|unit| unit.inclusion.as_deref().cloned()).collect();
    let mut periods: BTreeMap<Option<&str>, BTreeSet<usize>> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        periods.entry(unit.period.as_deref()).or_default().insert(at);
    }
    let has: BTreeSet<usize> = labeled.rows[policy].iter().map(|row| row.unit).collect();
    let several = periods.len() > 1;
    for (period, of_period) in periods {
        let (total, missing) = (of_period.len(), of_period.difference(&has).count());
        let of = period.filter(|_| several).map_or_else(String::new, |name| format!(" of {name}"));
        if missing == total {
            notes.push(format!("{id}: no unit{of} is labeled by `{}`", labeled.labeler.name));
            continue;
        }
        if missing == 0 {
            continue;
        }
        labeled.random_part(policy, &requests, |at| of_period.contains(&at))?;
        notes.push(format!(
            "{id}: {missing} of {total} units{of} have no label yet; the labeled ones are a random part and count as such. Finish with `titer label`"
        ));
        let share = (total - missing) as f64 / total as f64;
        for at in of_period {
            inclusions[at] = Some(part_of(inclusions[at].take(), share));
        }
    }
    Ok(Some(inclusions))
}

/// The inclusion of a unit of which a random part is labeled.
fn part_of(inclusion: Option<Inclusion>, share: f64) -> Inclusion {
    let Some(inclusion) = inclusion else {
        let design = Design::Uniform;
        return Inclusion::new(share, design);
    };
    let (draws, design) = match inclusion.design {
        Design::Census => (1, Design::Uniform),
        other @ (Design::Uniform | Design::Poisson | Design::Priority) => (1, other),
        // the random part has no fixed size any more
        Design::Stratified | Design::Pareto => (1, Design::Poisson),
        // all draws of a unit are in the part or none, so they count as one draw
        Design::WithReplacement => (inclusion.draws, Design::WithReplacement),
    };
    let probability = inclusion.probability * share / f64::from(draws);
    Inclusion { probability, draws: 1, design, ..inclusion }
}
