//! Prevalence from anybody's labels and gold: no store, no labeler, no call.

use super::Case;
use super::Estimating;
use super::Measured;
use super::PrevalenceRequest;
use super::one_period;
use super::positive;
use crate::eval::LabeledUnit;
use crate::eval::Positive;
use crate::gold::LabelMap;
use crate::io;
use crate::io::Columns;
use crate::io::ContentColumns;
use crate::io::ForeignLabel;
use crate::io::IdCheck;
use crate::io::Source;
use crate::measure::Division;
use crate::measure::Subject;
use crate::ops::error::OpsError;
use crate::ops::gold;
use crate::ops::gold::Collected;
use crate::ops::pivot;
use crate::ops::policies;
use crate::ops::program::Program;
use crate::ops::units;
use crate::policy::Policy;
use crate::unit::Unit;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Labels that plainly mean "violating" in files that follow no policy of ours.
const PLAINLY_VIOLATING: [&str; 6] = ["1", "true", "yes", "violating", "positive", "unsafe"];
/// Labels that plainly mean the opposite.
const PLAINLY_ALLOWED: [&str; 6] = ["0", "false", "no", "allowed", "negative", "safe"];
/// Units named before the rest are only counted.
const MOST_NAMED: usize = 5;

pub(super) fn prevalence(
    program: &Program,
    request: &PrevalenceRequest,
    labels: &Path,
) -> Result<Measured, OpsError> {
    let settings = program.file.gold.clone().unwrap_or_default();
    let codes = LabelMap::new(settings.map.label.clone());
    let rows = io::read_labels(&Source::from_argument(labels), &codes)?;
    let by_policy = grouped(&rows, request, labels)?;
    let known = known_policies(program)?;
    let gold = match &request.gold {
        Some(path) => {
            let declared = request.drawn.or(settings.drawn.map(gold::drawn_of));
            gold::from_file(path, &settings, declared, &[])?
        }
        None => gold::collected(program, None, request.drawn, &known)?,
    };
    let units = match &request.units {
        Some(path) => Some(read_units(program, path)?),
        None => None,
    };
    let sample_salt = match &request.units {
        Some(path) => units::sample_salt(program, path)?,
        None => None,
    };
    let mut measured = Measured::default();
    if units.is_none() {
        measured.notes.push(
            "no --units: every unit counts once, and the labeled units are the whole population"
                .to_owned(),
        );
    }
    if units.as_ref().is_some_and(|units| units.list.iter().all(|unit| unit.exposure <= 1.0)) {
        let text = "every unit counts once: no column `exposure` is above 1 (map another with `units: {exposure: …}`)";
        measured.notes.push(text.to_owned());
    }
    for (policy, rows) in by_policy {
        has_gold(policy, &gold)?;
        let positive = rule(program, request, &known, Labels { policy, rows: &rows, gold: &gold })?;
        let list = join(&rows, units.as_ref(), labels)?;
        let subject = Subject {
            policy: policy.to_owned(),
            policy_version: rows.first().and_then(|row| row.policy_version.clone()),
            labeler: rows.first().map(|row| row.labeler.clone()),
            period: units.as_ref().and_then(|units| one_period(&units.list)),
            segment: None,
        };
        let estimating =
            Estimating { program, request, gold: &gold, sample_salt: sample_salt.as_deref() };
        let of = known.iter().find(|known| known.id == policy).map(std::convert::AsRef::as_ref);
        let of_rows = rows.iter().map(|row| units.as_ref()?.of(&row.id));
        let divisions: Result<Vec<Division>, OpsError> =
            request.by.iter().map(|name| pivot::division(name, of_rows.clone())).collect();
        let divisions = divisions?;
        let case =
            Case { subject: &subject, units: &list, divisions: &divisions, positive: &positive };
        estimating.policy(&case, of, &mut measured)?;
    }
    Ok(measured)
}

/// The rows of each asked policy; labels of several labelers are several measurements, not one.
fn grouped<'a>(
    rows: &'a [ForeignLabel],
    request: &PrevalenceRequest,
    path: &Path,
) -> Result<BTreeMap<&'a str, Vec<&'a ForeignLabel>>, OpsError> {
    let labelers: BTreeSet<&str> = rows.iter().map(|row| row.labeler.as_str()).collect();
    let wanted = request.labeler.name.as_deref();
    if wanted.is_none() && 1 < labelers.len() {
        let names: Vec<&str> = labelers.into_iter().collect();
        return Err(OpsError::refused(
            format!(
                "{} holds labels of {} labelers, whose errors differ",
                path.display(),
                names.len()
            ),
            format!("name one with --labeler: {}", names.join(", ")),
        ));
    }
    let mut groups: BTreeMap<&str, Vec<&ForeignLabel>> = BTreeMap::new();
    for row in rows.iter().filter(|row| wanted.is_none_or(|name| name == row.labeler)) {
        if request.policies.is_empty() || request.policies.contains(&row.policy) {
            groups.entry(&row.policy).or_default().push(row);
        }
    }
    if groups.is_empty() {
        let policies: BTreeSet<&str> = rows.iter().map(|row| row.policy.as_str()).collect();
        let policies: Vec<&str> = policies.into_iter().collect();
        return Err(OpsError::refused(
            format!("{} has no label that was asked for", path.display()),
            format!("its policies are {}", policies.join(", ")),
        ));
    }
    Ok(groups)
}

/// The project's policies, where there are any: their severities say what is violating.
fn known_policies(program: &Program) -> Result<Vec<Arc<Policy>>, OpsError> {
    if !program.found || !program.path("policies").is_dir() {
        return Ok(Vec::new());
    }
    Ok(policies::load(program, &[])?.policies())
}

struct Labels<'a> {
    policy: &'a str,
    rows: &'a [&'a ForeignLabel],
    gold: &'a Collected,
}

fn rule(
    program: &Program,
    request: &PrevalenceRequest,
    known: &[Arc<Policy>],
    labels: Labels<'_>,
) -> Result<Positive, OpsError> {
    let given = labels.rows.iter().filter_map(|row| row.label.as_deref());
    let gold = labels.gold.adjudication.gold.iter().filter(|gold| gold.policy == labels.policy);
    let seen: BTreeSet<&str> = given.chain(gold.map(|gold| gold.label.as_str())).collect();
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
    if let Some(policy) = known.iter().find(|policy| policy.id == labels.policy) {
        return positive(program, policy);
    }
    let plain = |label: &&str| PLAINLY_VIOLATING.contains(label) || PLAINLY_ALLOWED.contains(label);
    if seen.iter().any(|label| PLAINLY_VIOLATING.contains(label)) && seen.iter().all(plain) {
        return Ok(Positive::labels(PLAINLY_VIOLATING)?);
    }
    Err(OpsError::refused(
        format!("nothing says which labels of `{}` are violating", labels.policy),
        format!("name them with --positive; the labels are {}", listed(&seen)),
    ))
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
fn has_gold(policy: &str, gold: &Collected) -> Result<(), OpsError> {
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

struct Units {
    list: Vec<Unit>,
    by_id: BTreeMap<String, usize>,
    name: String,
}

impl Units {
    fn of(&self, id: &str) -> Option<&Unit> {
        self.list.get(*self.by_id.get(id)?)
    }
}

fn read_units(program: &Program, path: &Path) -> Result<Units, OpsError> {
    let source = Source::from_argument(path);
    let columns = Columns { content: ContentColumns::None, ..units::columns(program) };
    let list: Vec<Unit> =
        io::read_units(&source, &columns, IdCheck::Unique)?.collect::<Result<_, _>>()?;
    let by_id = list.iter().enumerate().map(|(at, unit)| (unit.id.clone(), at)).collect();
    Ok(Units { list, by_id, name: path.display().to_string() })
}

/// Labels with the exposure and inclusion of their units. Both lists must name the same units: a unit without a label
/// would silently leave the population, and a label without a unit has no weight.
fn join<'a>(
    rows: &[&'a ForeignLabel],
    units: Option<&'a Units>,
    labels: &Path,
) -> Result<Vec<LabeledUnit<'a>>, OpsError> {
    let Some(units) = units else {
        return Ok(rows.iter().map(|row| labeled(row, None)).collect());
    };
    let mut unknown = Vec::new();
    let mut list = Vec::with_capacity(rows.len());
    let mut has_label = vec![false; units.list.len()];
    for row in rows {
        match units.by_id.get(&row.id) {
            Some(&at) => {
                has_label[at] = true;
                list.push(labeled(row, Some(&units.list[at])));
            }
            None => unknown.push(row.id.as_str()),
        }
    }
    let bare: Vec<&str> = units
        .list
        .iter()
        .zip(&has_label)
        .filter_map(|(unit, has)| (!has).then_some(unit.id.as_str()))
        .collect();
    let named = |ids: &[&str]| {
        let first: Vec<&str> = ids.iter().take(MOST_NAMED).copied().collect();
        let rest = ids.len() - first.len();
        if rest == 0 { first.join(", ") } else { format!("{} and {rest} more", first.join(", ")) }
    };
    if !unknown.is_empty() {
        return Err(OpsError::refused(
            format!(
                "{} labels units that {} does not have: {}",
                labels.display(),
                units.name,
                named(&unknown)
            ),
            "give the file of all labeled units",
        ));
    }
    if !bare.is_empty() {
        return Err(OpsError::refused(
            format!(
                "units of {} have no label in {}: {}",
                units.name,
                labels.display(),
                named(&bare)
            ),
            "add a row for each with its outcome, such as `failed`; leaving them out would bias the estimate",
        ));
    }
    Ok(list)
}

fn labeled<'a>(row: &'a ForeignLabel, unit: Option<&'a Unit>) -> LabeledUnit<'a> {
    LabeledUnit {
        id: &row.id,
        exposure: unit.map_or(1.0, |unit| unit.exposure),
        inclusion: unit.and_then(|unit| unit.inclusion.as_ref()),
        outcome: row.outcome,
        label: row.label.as_deref(),
    }
}
