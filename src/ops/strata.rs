//! Whether the strata of a sample's units can be what their design says, and what is to be known of them.

use super::error::OpsError;
use super::sampled::SampledUnit;
use crate::unit::Design;
use std::collections::BTreeMap;

/// Two probabilities of one stratum may differ by this part, as files are rounded.
const ROUNDING: f64 = 1e-6;
/// Strata named before the rest are only counted.
const MOST_NAMED: usize = 5;

/// A stratum of one period, as far as it was looked at.
struct Stratum<'a> {
    first: &'a SampledUnit,
    probability: f64,
    n: usize,
}

/// Returns notes on the strata of the units and on what a design cannot profit from.
///
/// # Errors
///
/// Where a stratum of design `stratified` has two inclusion probabilities: a simple random sample of it has one, `n_h / N_h`.
pub(crate) fn check(file: &str, units: &[SampledUnit]) -> Result<Vec<String>, OpsError> {
    let mut strata: BTreeMap<(Option<&str>, &str), Stratum<'_>> = BTreeMap::new();
    for unit in units {
        let Some(inclusion) = unit.inclusion.as_deref() else { continue };
        let (Design::Stratified, Some(name)) = (inclusion.design, &inclusion.stratum) else {
            continue;
        };
        let probability = inclusion.probability;
        let stratum = strata.entry((unit.period.as_deref(), name)).or_insert(Stratum {
            first: unit,
            probability,
            n: 0,
        });
        stratum.n += 1;
        if (stratum.probability - probability).abs() > ROUNDING * probability {
            return Err(OpsError::refused(
                format!(
                    "stratum `{name}` of {file} has inclusion probability {} for unit {} and {probability} for unit {}",
                    stratum.probability, stratum.first.id, unit.id
                ),
                "design stratified is a simple random sample of each stratum, with one probability n/N; name the strata that were drawn, or the design that fits: priority, pareto or poisson",
            ));
        }
    }
    let alone: Vec<&str> = strata
        .iter()
        .filter(|(_, stratum)| stratum.n == 1 && stratum.probability < 1.0)
        .map(|((_, name), _)| *name)
        .collect();
    let mut notes = Vec::new();
    if !alone.is_empty() {
        let first = alone.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = alone.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!(
            "strata with a single unit show no spread of their own, so it is taken about the overall share, on the safe side: {first}{more}"
        ));
    }
    notes.extend(clustered(units));
    Ok(notes)
}

/// Fixed sizes within strata are not known to clusters, which count as drawn independently of each other.
fn clustered(units: &[SampledUnit]) -> Option<String> {
    let inclusions = || units.iter().filter_map(|unit| unit.inclusion.as_deref());
    let fixed = inclusions().find(|inclusion| inclusion.design.fixes_size())?.design.name();
    let clusters = inclusions().any(|inclusion| inclusion.cluster.is_some());
    clusters.then(|| {
        format!(
            "units come in clusters, so design {fixed} counts as independent draws of clusters: intervals may be wider than need be"
        )
    })
}
