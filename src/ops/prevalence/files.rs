//! Prevalence from anybody's labels and gold: no store, no labeler, no call.

use super::PrevalenceRequest;
use super::positive;
use super::sample::Maker;
use super::sample::PolicyRows;
use super::sample::Row;
use super::sample::Sample;
use crate::eval::Positive;
use crate::gold::LabelMap;
use crate::gold::labels_in;
use crate::gold::names_several;
use crate::io;
use crate::io::Columns;
use crate::io::ContentColumns;
use crate::io::ForeignLabel;
use crate::io::Source;
use crate::ops::error::OpsError;
use crate::ops::gold;
use crate::ops::gold::Collected;
use crate::ops::pivot;
use crate::ops::policies;
use crate::ops::program::Program;
use crate::ops::sampled;
use crate::ops::sampled::Sampled;
use crate::ops::strata;
use crate::ops::units;
use crate::policy::Mode;
use crate::policy::Policy;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Labels that plainly mean "violating" in files that follow no policy of ours.
const PLAINLY_VIOLATING: [&str; 6] = ["1", "true", "yes", "violating", "positive", "unsafe"];
/// Labels that plainly mean the opposite.
const PLAINLY_ALLOWED: [&str; 6] = ["0", "false", "no", "allowed", "negative", "safe"];
/// Units named before the rest are only counted.
const MOST_NAMED: usize = 5;

/// Reads labels, units and gold. `elsewhere` holds the ids of another sample whose labels and gold may stand in the same files.
pub(super) fn sample(
    program: &Program,
    request: &PrevalenceRequest,
    (labels, elsewhere): (&Path, &HashSet<String>),
    notes: &mut Vec<String>,
) -> Result<Sample, OpsError> {
    let settings = program.file.gold.clone().unwrap_or_default();
    let codes = LabelMap::new(settings.map.label.clone());
    let rows = io::read_labels(&Source::from_argument(labels), &codes)?;
    let known = known_policies(program)?;
    let gold = gold_of(program, request, &known)?;
    let units = match &request.units {
        Some(path) => Some(read_units(program, path, &request.by)?),
        None => match request.by.first() {
            Some(pivot) => return Err(pivot::unknown(pivot, [])),
            None => None,
        },
    };
    let salt = match &request.units {
        Some(path) => units::sample_salt(program, path)?,
        None => None,
    };
    notes.extend(notes_on(units.as_ref()));
    if let Some(units) = &units {
        notes.extend(strata::check(&units.path.display().to_string(), &units.units)?);
    }
    let mut policies = Vec::new();
    for (policy, rows) in grouped(rows, request, labels)? {
        has_gold(&policy, &gold)?;
        let own = match &units {
            Some(units) => joined(rows, units, labels, elsewhere)?,
            None => rows.into_iter().map(|row| (row, None)).collect(),
        };
        let list: Vec<&ForeignLabel> = own.iter().map(|(row, _)| row).collect();
        let labels = Labels { policy: &policy, rows: &list, gold: &gold };
        let positive = rule(program, request, &known, labels)?;
        let of_project = known.iter().find(|known| known.id == policy).map(Arc::clone);
        policies.push(policy_rows(policy, own, of_project, positive));
    }
    let name = units.as_ref().map_or_else(String::new, |units| units.path.display().to_string());
    let (units, divisions) = units.map_or_else(Default::default, |it| (it.units, it.divisions));
    let gold = BTreeMap::from([(None, Arc::new(gold))]);
    Ok(Sample { name, units, divisions, policies, gold, salt, known: None })
}

/// Reads the gold that is asked for: of the file named, else the project's.
pub(super) fn gold_of(
    program: &Program,
    request: &PrevalenceRequest,
    known: &[Arc<Policy>],
) -> Result<Collected, OpsError> {
    let Some(path) = &request.gold else {
        return gold::collected(program, None, request.drawn, known);
    };
    let settings = program.file.gold.clone().unwrap_or_default();
    let declared = request.drawn.or(settings.drawn.map(gold::drawn_of));
    gold::from_file(path, &settings, declared, &[])
}

/// Returns the ids of a file of units.
pub(super) fn ids(program: &Program, path: &Path) -> Result<HashSet<String>, OpsError> {
    Ok(read_units(program, path, &[])?.units.into_iter().map(|unit| unit.id).collect())
}

pub(super) fn notes_on(units: Option<&Sampled>) -> Option<String> {
    match units {
        None => Some(
            "no --units: every unit counts once, and the labeled units are the whole population"
                .to_owned(),
        ),
        Some(units) => units.units.iter().all(|unit| unit.exposure <= 1.0).then(|| {
            "every unit counts once: no column `exposure` is above 1 (map another with `units: {exposure: …}`)".to_owned()
        }),
    }
}

fn policy_rows(
    id: String,
    own: Vec<(ForeignLabel, Option<usize>)>,
    policy: Option<Arc<Policy>>,
    positive: Positive,
) -> PolicyRows {
    let mut makers: Vec<Maker> = Vec::new();
    let mut rows = Vec::with_capacity(own.len());
    let mut labels: HashMap<String, Arc<str>> = HashMap::new();
    let mut shared = |label: String| {
        Arc::clone(labels.entry(label).or_insert_with_key(|label| Arc::from(label.as_str())))
    };
    let several = several(policy.as_deref(), own.iter().map(|(row, _)| row));
    for (row, unit) in own {
        let maker = Maker { labeler: row.labeler, version: row.policy_version, fingerprint: None };
        let at = makers.iter().position(|known| *known == maker).unwrap_or(makers.len());
        if at == makers.len() {
            makers.push(maker);
        }
        let id = unit.is_none().then_some(row.id);
        let several = row.labels.filter(|_| several);
        let label = match &several {
            Some(set) => {
                let one = positive.of_several(labels_in(set));
                one.map(str::to_owned).or(row.label)
            }
            None => row.label,
        };
        let (label, all) = (label.map(&mut shared), several.map(&mut shared));
        let (outcome, certainty) = (row.outcome, row.certainty);
        rows.push(Row { id, unit, outcome, label, labels: all, certainty, maker: at });
    }
    PolicyRows { id, policy, positive, rows, makers, inclusions: None }
}

/// Returns whether several labels of a policy may apply at once: as it says, else as its labels show.
fn several<'a>(policy: Option<&Policy>, mut rows: impl Iterator<Item = &'a ForeignLabel>) -> bool {
    let named = |row: &ForeignLabel| row.labels.as_deref().is_some_and(names_several);
    policy.map_or_else(|| rows.any(named), |policy| policy.mode == Mode::Multi)
}

/// The rows of each asked policy, of the labeler asked for or of all.
pub(super) fn grouped(
    rows: Vec<ForeignLabel>,
    request: &PrevalenceRequest,
    path: &Path,
) -> Result<BTreeMap<String, Vec<ForeignLabel>>, OpsError> {
    let wanted = request.labeler.name.as_deref();
    let policies: BTreeSet<String> = rows.iter().map(|row| row.policy.clone()).collect();
    let mut groups: BTreeMap<String, Vec<ForeignLabel>> = BTreeMap::new();
    for row in rows {
        let asked = wanted.is_none_or(|name| name == row.labeler);
        if asked && (request.policies.is_empty() || request.policies.contains(&row.policy)) {
            groups.entry(row.policy.clone()).or_default().push(row);
        }
    }
    if groups.is_empty() {
        let policies: Vec<String> = policies.into_iter().collect();
        return Err(OpsError::refused(
            format!("{} has no label that was asked for", path.display()),
            format!("its policies are {}", policies.join(", ")),
        ));
    }
    Ok(groups)
}

/// The project's policies, where there are any: their severities say what is violating.
pub(super) fn known_policies(program: &Program) -> Result<Vec<Arc<Policy>>, OpsError> {
    if !program.found || !program.path("policies").is_dir() {
        return Ok(Vec::new());
    }
    Ok(policies::load(program, &[])?.policies())
}

/// Labels and gold of one policy, to tell which labels are violating.
pub(super) struct Labels<'a> {
    pub(super) policy: &'a str,
    pub(super) rows: &'a [&'a ForeignLabel],
    pub(super) gold: &'a Collected,
}

pub(super) fn rule(
    program: &Program,
    request: &PrevalenceRequest,
    known: &[Arc<Policy>],
    labels: Labels<'_>,
) -> Result<Positive, OpsError> {
    let given = labels.rows.iter().flat_map(|row| [row.label.as_deref(), row.labels.as_deref()]);
    let gold = labels.gold.adjudication.gold.iter().filter(|gold| gold.policy == labels.policy);
    let all = given.flatten().chain(gold.map(|gold| gold.label.as_str()));
    let policy = known.iter().find(|policy| policy.id == labels.policy).map(Arc::as_ref);
    let seen: BTreeSet<&str> = if several(policy, labels.rows.iter().copied()) {
        all.flat_map(labels_in).collect()
    } else {
        all.collect()
    };
    one_spelling(labels.policy, &seen)?;
    if !request.positive.is_empty() {
        if let Some(unseen) = request.positive.iter().find(|label| !seen.contains(label.as_str())) {
            return Err(OpsError::refused(
                format!("neither labels nor gold of `{}` hold the label `{unseen}`", labels.policy),
                format!("the labels are {}", listed(&seen)),
            ));
        }
        return Ok(Positive::labels(request.positive.iter().cloned())?);
    }
    if let Some(policy) = policy {
        return positive(program, policy);
    }
    if let Some(labels) = plainly_violating(&seen) {
        return Ok(Positive::labels(labels.iter().copied())?);
    }
    Err(OpsError::refused(
        format!("nothing says which labels of `{}` are violating", labels.policy),
        format!("name them with --positive; the labels are {}", listed(&seen)),
    ))
}

/// Returns the words for violating, where labels that follow no policy of ours are plainly that or its opposite.
pub(in crate::ops) fn plainly_violating(seen: &BTreeSet<&str>) -> Option<&'static [&'static str]> {
    let plain = |label: &&str| PLAINLY_VIOLATING.contains(label) || PLAINLY_ALLOWED.contains(label);
    let some = seen.iter().any(|label| PLAINLY_VIOLATING.contains(label));
    (some && seen.iter().all(plain)).then_some(&PLAINLY_VIOLATING)
}

/// Labels that differ only in case or space are one label that somebody wrote in two ways, and would count as two.
fn one_spelling(policy: &str, seen: &BTreeSet<&str>) -> Result<(), OpsError> {
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for label in seen {
        if let Some(other) = folded.insert(label.trim().to_lowercase(), label) {
            return Err(OpsError::refused(
                format!(
                    "`{other}` and `{label}` are both labels of `{policy}` and differ only in case or space"
                ),
                "write them in one way, or translate one with `gold: {map: {label: {…}}}` in titer.yaml",
            ));
        }
    }
    Ok(())
}

/// Gold that speaks of other policies is a mistake in a name, not a lack of gold.
pub(super) fn has_gold(policy: &str, gold: &Collected) -> Result<(), OpsError> {
    let policies: BTreeSet<&str> =
        gold.adjudication.gold.iter().map(|gold| gold.policy.as_str()).collect();
    if policies.is_empty() || policies.contains(policy) {
        return Ok(());
    }
    Err(OpsError::refused(
        format!("there is no gold for policy `{policy}`"),
        format!(
            "the gold's policies are {}; name one of them with --policy, or correct the names",
            listed(&policies)
        ),
    ))
}

fn listed(labels: &BTreeSet<&str>) -> String {
    labels.iter().take(10).copied().collect::<Vec<_>>().join(", ")
}

pub(super) fn read_units(
    program: &Program,
    path: &Path,
    pivots: &[String],
) -> Result<Sampled, OpsError> {
    let columns = Columns { content: ContentColumns::None, ..units::columns(program) };
    sampled::read(path.to_owned(), &columns, pivots)
}

/// Labels with the index of their units. Both lists must name the same units: a unit without a label would silently leave the
/// population, and a label without a unit has no weight.
fn joined(
    rows: Vec<ForeignLabel>,
    units: &Sampled,
    labels: &Path,
    elsewhere: &HashSet<String>,
) -> Result<Vec<(ForeignLabel, Option<usize>)>, OpsError> {
    let mut unknown = Vec::new();
    let mut list = Vec::with_capacity(rows.len());
    let by_id: HashMap<&str, usize> =
        units.units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at)).collect();
    let mut has_label = vec![None; units.units.len()];
    for row in rows {
        match by_id.get(row.id.as_str()) {
            Some(&at) => {
                if let Some(other) = has_label[at].replace(row.labeler.clone()) {
                    return Err(two_labelers(&row, &other, labels));
                }
                list.push((row, Some(at)));
            }
            None if elsewhere.contains(&row.id) => {}
            None => unknown.push(row.id),
        }
    }
    let bare: Vec<String> = units
        .units
        .iter()
        .zip(&has_label)
        .filter(|(_, label)| label.is_none())
        .map(|(unit, _)| unit.id.clone())
        .collect();
    if !unknown.is_empty() {
        return Err(labels_without_units(&unknown, labels, &units.path));
    }
    if !bare.is_empty() {
        return Err(OpsError::refused(
            format!(
                "units of {} have no label in {}: {}",
                units.path.display(),
                labels.display(),
                first_named(&bare)
            ),
            "add a row for each with its outcome, such as `failed`; leaving them out would bias the estimate",
        ));
    }
    Ok(list)
}

/// Labels of units that are not there have no weight.
pub(super) fn labels_without_units(unknown: &[String], labels: &Path, units: &Path) -> OpsError {
    OpsError::refused(
        format!(
            "{} labels units that {} does not have: {}",
            labels.display(),
            units.display(),
            first_named(unknown)
        ),
        "give the file of all labeled units",
    )
}

fn two_labelers(row: &ForeignLabel, other: &str, labels: &Path) -> OpsError {
    OpsError::refused(
        format!(
            "{} holds labels of 2 labelers for unit {}, whose errors differ",
            labels.display(),
            row.id
        ),
        format!(
            "name one with --labeler: {other}, {}; or see the errors of each with --rates-by labeler",
            row.labeler
        ),
    )
}

fn first_named(ids: &[String]) -> String {
    let first: Vec<&str> = ids.iter().take(MOST_NAMED).map(String::as_str).collect();
    let rest = ids.len() - first.len();
    if rest == 0 { first.join(", ") } else { format!("{} and {rest} more", first.join(", ")) }
}
