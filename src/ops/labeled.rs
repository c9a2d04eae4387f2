//! Units joined with the labels that stand for them now: same policy text, prompt, model and content.

use super::error::OpsError;
use super::fit;
use super::labeler;
use super::labeler::AdHoc;
use super::labeler::Labeler;
use super::policies;
use super::program::Program;
use super::sampled;
use super::sampled::Sampled;
use super::sampled::SampledUnit;
use super::units;
use crate::eval::Certainty;
use crate::gold::as_one_text;
use crate::measure::Division;
use crate::policy::Policy;
use crate::prompt::CompiledPrompt;
use crate::prompt::PromptSettings;
use crate::prompt::Rung;
use crate::reply::Outcome;
use crate::store::Access;
use crate::store::CapabilityKey;
use crate::store::LabelRow;
use crate::store::Reader;
use crate::store::Store;
use crate::unit::Fingerprint;
use crate::unit::Unit;
use foldhash::quality::RandomState;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// The capability that remembers the rung of the output ladder.
pub(crate) const OUTPUT: &str = "output";
/// How many requests may be out of order after a stop, at least; more where more were in flight.
const SLACK: usize = 8;
/// The share of requests that may be out of order.
const OUT_OF_ORDER: f64 = 0.02;

/// Units with the labels of one labeler.
#[derive(Debug, Clone)]
pub(crate) struct Labeled {
    pub(crate) units: Vec<SampledUnit>,
    /// The pivots asked for, one value a unit.
    pub(crate) divisions: Vec<Division>,
    pub(crate) policies: Vec<Arc<Policy>>,
    pub(crate) labeler: Labeler,
    pub(crate) prompts: Vec<CompiledPrompt>,
    /// The rows of each policy, one a labeled unit, ordered by unit.
    pub(crate) rows: Vec<Vec<Row>>,
}

/// One label that stands.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Index of the unit.
    pub(crate) unit: usize,
    pub(crate) outcome: Outcome,
    pub(crate) label: Option<Arc<str>>,
    pub(crate) certainty: Option<Certainty>,
    /// All labels with `;` between them, where several may apply.
    pub(crate) labels: Option<Arc<str>>,
}

/// A label as the store has it, before its unit is looked up.
struct Scanned {
    unit: Box<str>,
    content: Fingerprint,
    policy: usize,
    outcome: Outcome,
    label: Option<Arc<str>>,
    certainty: Option<Certainty>,
    labels: Option<Arc<str>>,
}

impl Labeled {
    /// Returns the fingerprint of each unit's request under a policy, by which requests are ordered; `named` is the file the
    /// units were read from. Empty where nothing asks about the policy.
    pub(crate) fn requests(
        &self,
        program: &Program,
        named: Option<&Path>,
        policy: usize,
    ) -> Result<Vec<Fingerprint>, OpsError> {
        let id = &self.policies[policy].id;
        let asks = |prompt: &&CompiledPrompt| prompt.policies().iter().any(|known| known.id == *id);
        let Some(prompt) = self.prompts.iter().find(asks) else { return Ok(Vec::new()) };
        let units = units::load(program, named)?.units;
        Ok(units.iter().map(|unit| prompt.request_fingerprint(unit)).collect())
    }

    /// Refuses labels of those units that are not the front of the order requests are sent in. That order is random, so its front
    /// is a random part of the file; labels of a part that somebody chose, or of another sample, are not.
    pub(crate) fn random_part(
        &self,
        policy: usize,
        requests: &[Fingerprint],
        among: impl Fn(usize) -> bool,
    ) -> Result<(), OpsError> {
        let id = &self.policies[policy].id;
        let rows = self.rows[policy].iter().map(|row| row.unit);
        let has: BTreeSet<usize> = rows.filter(|unit| among(*unit)).collect();
        let mut requests: Vec<(Fingerprint, bool)> = requests
            .iter()
            .enumerate()
            .filter(|(at, _)| among(*at))
            .map(|(at, request)| (*request, has.contains(&at)))
            .collect();
        if requests.is_empty() {
            return Ok(());
        }
        requests.sort_unstable();
        let front = requests.iter().take(has.len()).filter(|(_, labeled)| *labeled).count();
        let elsewhere = has.len() - front;
        let in_flight = self.labeler.limits.in_flight.unwrap_or(SLACK).max(SLACK);
        let allowed = in_flight.min(has.len() / 10).max((has.len() as f64 * OUT_OF_ORDER) as usize);
        if elsewhere <= allowed {
            return Ok(());
        }
        Err(OpsError::refused(
            format!(
                "policy `{id}`: {} of {} units are labeled, and they are not a random part of the file: they were labeled from another file or sample",
                has.len(),
                requests.len()
            ),
            "name the file that was labeled with --units, or finish with `titer label`",
        ))
    }
}

/// Returns the prompt settings with the rung the endpoint was seen to take.
pub(crate) fn settled(
    reader: Option<&Reader>,
    labeler: &Labeler,
) -> Result<PromptSettings, OpsError> {
    let mut settings = labeler.prompt.clone();
    if let (true, Some(reader)) = (labeler.rung_is_open, reader) {
        let key = CapabilityKey { url: &settings.url, model: &settings.model, key: OUTPUT };
        if reader.capability(key)?.is_some_and(|known| known.value == Rung::Text.name()) {
            settings.rung = Rung::Text;
        }
    }
    Ok(settings)
}

/// Which units to join with whose labels.
pub(crate) struct Wanted<'a> {
    /// The units; the project's when absent.
    pub(crate) units: Option<&'a Path>,
    /// Policies; all in use when empty.
    pub(crate) policies: &'a [String],
    pub(crate) labeler: &'a AdHoc,
    /// Pivots to divide the units by.
    pub(crate) pivots: &'a [String],
}

/// Joins the project's units with the labels in its store.
///
/// # Errors
///
/// No store, no label that stands, and whatever keeps policies, units or labeler from being read.
pub(crate) fn from_store(program: &Program, wanted: &Wanted<'_>) -> Result<Labeled, OpsError> {
    let policies: Vec<Arc<Policy>> = policies::load(program, wanted.policies)?.policies();
    let labeler = labeler::resolve(program, wanted.labeler)?;
    let path = program.store_path();
    if !path.is_file() {
        sampled::load(program, wanted.units, wanted.pivots)?;
        return Err(OpsError::refused(
            format!("nothing is labeled yet: there is no store at {}", path.display()),
            "label the units first: titer label",
        ));
    }
    let reader = Store::open(&path, Access::Read)?.reader()?;
    let prompts = fit::compile_all(&policies, &labeler, &settled(Some(&reader), &labeler)?)?;
    // The file is read while the store is.
    let (file, scanned) = std::thread::scope(|scope| {
        let scan = scope.spawn(|| {
            let reader = reader;
            scan(&reader, &policies, &prompts)
        });
        let file = sampled::load(program, wanted.units, wanted.pivots);
        let scanned = scan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (file, scanned)
    });
    let file = file?;
    let rows = standing(&file.units, scanned?, policies.len());
    if rows.iter().all(Vec::is_empty) {
        return Err(OpsError::refused(
            format!(
                "no unit of {} has a label of labeler `{}` under the policies as they are now",
                file.path.display(),
                labeler.name
            ),
            "run `titer label`; labels of an earlier policy text, prompt or model do not count",
        ));
    }
    let Sampled { units, divisions, .. } = file;
    Ok(Labeled { units, divisions, policies, labeler, prompts, rows })
}

/// Reads the labels of these policies and prompts.
fn scan(
    reader: &Reader,
    policies: &[Arc<Policy>],
    prompts: &[CompiledPrompt],
) -> Result<Vec<Scanned>, OpsError> {
    let by_policy: HashMap<&str, usize> =
        policies.iter().enumerate().map(|(at, policy)| (policy.id.as_str(), at)).collect();
    let prompts: Vec<Fingerprint> = prompts.iter().map(CompiledPrompt::fingerprint).collect();
    let mut labels: HashMap<String, Arc<str>> = HashMap::new();
    let mut one = |label: &str| match labels.get(label) {
        Some(known) => Arc::clone(known),
        None => Arc::clone(labels.entry(label.to_owned()).or_insert_with(|| label.into())),
    };
    let mut scanned = Vec::new();
    reader.standing_labels(|row| {
        let policy = by_policy.get(row.policy).filter(|_| prompts.contains(&row.prompt));
        if let Some(&policy) = policy {
            scanned.push(Scanned {
                unit: row.unit.into(),
                content: row.unit_hash,
                policy,
                outcome: row.outcome,
                label: row.label.map(&mut one),
                certainty: Certainty::first(None, row.label_probability, row.stated_confidence),
                labels: row.labels.map(several).as_deref().map(&mut one),
            });
        }
    })?;
    Ok(scanned)
}

/// Returns the text of a list of labels as the store holds it.
fn several(list: &str) -> String {
    let labels: Vec<String> = serde_json::from_str(list).unwrap_or_default();
    as_one_text(labels.iter().map(String::as_str))
}

/// Finds the labels of each policy whose request is what would be sent now.
fn standing(units: &[SampledUnit], scanned: Vec<Scanned>, policies: usize) -> Vec<Vec<Row>> {
    let mut rows: Vec<Vec<Row>> = (0..policies).map(|_| Vec::new()).collect();
    let by_id: HashMap<&str, usize, RandomState> =
        units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at)).collect();
    for Scanned { unit, content, policy, outcome, label, labels, certainty } in scanned {
        if let Some(&unit) = by_id.get(&*unit).filter(|at| units[**at].content == content) {
            rows[policy].push(Row { unit, outcome, label, labels, certainty });
        }
    }
    rows.iter_mut().for_each(|list| list.sort_by_key(|row| row.unit));
    rows
}

/// Hands over the label that stands for each of these units and policies under these prompts, where there is one.
pub(crate) fn each_standing(
    reader: &Reader,
    units: &[Unit],
    policies: &[Arc<Policy>],
    prompts: &[CompiledPrompt],
    mut take: impl FnMut(usize, usize, LabelRow),
) -> Result<(), OpsError> {
    let by_id: HashMap<&str, usize> =
        units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at)).collect();
    let by_policy: HashMap<&str, usize> =
        policies.iter().enumerate().map(|(at, policy)| (policy.id.as_str(), at)).collect();
    let hashes: Vec<Fingerprint> = units.iter().map(Unit::content_hash).collect();
    let current = |row: &LabelRow, unit: usize| {
        prompts.iter().any(|prompt| prompt.fingerprint() == row.provenance.prompt)
            && row.provenance.unit_hash == hashes[unit]
    };
    reader.labels(|row| {
        let found = by_id.get(row.unit.as_str()).zip(by_policy.get(row.answer.policy.as_str()));
        if let Some((&unit, &policy)) = found.filter(|(unit, _)| current(&row, **unit)) {
            take(policy, unit, row);
        }
    })?;
    Ok(())
}
