//! `titer simulate`: an OpenAI-compatible endpoint on loopback whose errors are known.

use super::error::OpsError;
use super::policies;
use super::policy_tests;
use super::program::Program;
use super::units;
use crate::gold::LabelMap;
use crate::io;
use crate::io::IdCheck;
use crate::io::Source;
use crate::llm::simulate::Behaviour;
use crate::llm::simulate::Nonce;
use crate::llm::simulate::RightAnswer;
use crate::llm::simulate::Simulation;
use crate::policy::Policy;
use crate::policy::Rollup;
use crate::prompt;
use crate::unit::Unit;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct SimulateRequest {
    /// Units whose truth is known.
    pub units: Option<PathBuf>,
    /// Their truth: `id, policy, label`.
    pub truth: Option<PathBuf>,
    /// Error rates by policy, as JSON.
    pub errors: Option<PathBuf>,
    /// Error rates of every other policy.
    pub rates: Rates,
    /// The share of violating units among those without a known truth.
    pub prevalence: f64,
    /// Seeds every draw.
    pub seed: u64,
    /// How long each answer takes.
    pub latency: Duration,
    /// Requests a minute above which it answers 429.
    pub rpm: Option<NonZeroU32>,
    /// The key it asks for.
    pub key: Option<String>,
    /// Whether it refuses a strict schema, as some servers do.
    pub without_schema: bool,
}

/// A labeler's error rates.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Share of violating units that are flagged.
    pub sensitivity: f64,
    /// Share of allowed units that are not flagged.
    pub specificity: f64,
    /// Share of units that get no answer.
    #[serde(default)]
    pub no_answer: f64,
}

/// Prepares a simulation from files.
///
/// # Errors
///
/// Files that cannot be read, a truth about units or labels that do not exist.
pub fn simulation(program: &Program, request: &SimulateRequest) -> Result<Simulation, OpsError> {
    let texts = if program.path("policies").is_dir() {
        policies::load(program, &[])?.policies
    } else {
        Vec::new()
    };
    let policies = policies::listed(&texts);
    let units = match &request.units {
        Some(path) => {
            io::read_units(&Source::from_argument(path), &units::columns(program), IdCheck::Unique)?
                .collect::<Result<Vec<Unit>, _>>()?
        }
        None => Vec::new(),
    };
    let truth = match &request.truth {
        Some(path) => truth(path, &units, &policies)?,
        None => BTreeMap::new(),
    };
    let errors = match &request.errors {
        Some(path) => rates(path)?,
        None => BTreeMap::new(),
    };
    let mut simulation = build(request, &policies, truth, &errors);
    for (policy, source) in &texts {
        know_cases(&mut simulation, policy, Path::new(source.name()));
    }
    Ok(simulation)
}

/// Tells the simulation what a policy's own examples and tests say, so that they can be tried without a model. What
/// is known of a unit already stays.
fn know_cases(simulation: &mut Simulation, policy: &Policy, file: &Path) {
    // Pictures that cannot be read are for `titer test` to report.
    let tests = policy_tests::units(policy, file).into_iter().zip(&policy.tests);
    let tests = tests.filter_map(|(unit, test)| {
        let leads = |rule: &&String| policy.leads_to(rule, &test.expect);
        let criteria = test.criteria.iter().filter(leads).cloned().collect();
        Some((unit.ok()?, RightAnswer { label: test.expect.clone(), criteria }))
    });
    let examples = policy.examples.iter().map(|example| {
        let unit = Unit { components: example.components.clone(), ..Unit::text("example", "") };
        let (label, criteria) = (example.label.clone(), example.criteria.clone());
        (unit, RightAnswer { label, criteria })
    });
    for (unit, answer) in tests.chain(examples) {
        let Some(nonce) = Nonce::from_hex(&prompt::nonce(&unit)) else { continue };
        let truth = simulation.truth.entry(nonce).or_default();
        if !truth.contains_key(&policy.id) {
            truth.insert(policy.id.clone(), policy.violating(&answer.label));
            simulation.answers.entry(nonce).or_default().insert(policy.id.clone(), answer);
        }
    }
}

/// The hidden truth: nonce → policy → violating.
pub(super) type Truth = BTreeMap<Nonce, BTreeMap<String, bool>>;

/// Assembles a simulation from parts already read.
pub(super) fn build(
    request: &SimulateRequest,
    policies: &[Arc<Policy>],
    truth: Truth,
    errors: &BTreeMap<String, Rates>,
) -> Simulation {
    let behaviour = |rates: Rates, policy: Option<&Policy>| Behaviour {
        sensitivity: rates.sensitivity,
        specificity: rates.specificity,
        no_answer: rates.no_answer,
        prevalence: request.prevalence,
        positive: policy.map_or_else(Vec::new, |policy| {
            let violating = policy.labels.iter().filter(|label| label.severity > 0);
            violating.map(|label| label.id.clone()).collect()
        }),
        negative: policy.and_then(|policy| {
            policy.labels.iter().find(|label| label.default).map(|label| label.id.clone())
        }),
    };
    let known = policies.iter().map(|policy| {
        let rates = errors.get(&policy.id).copied().unwrap_or(request.rates);
        (policy.id.clone(), behaviour(rates, Some(policy)))
    });
    let mut by_policy: BTreeMap<String, Behaviour> = known.collect();
    for (id, rates) in errors {
        by_policy.entry(id.clone()).or_insert_with(|| behaviour(*rates, None));
    }
    Simulation {
        policies: by_policy,
        others: behaviour(request.rates, None),
        titles: policies
            .iter()
            .filter_map(|policy| {
                Some((policy.title.as_deref()?.trim().to_owned(), policy.id.clone()))
            })
            .collect(),
        truth,
        answers: BTreeMap::new(),
        seed: request.seed,
        latency: request.latency,
        rpm: request.rpm,
        key: request.key.clone().map(Into::into),
        model: None,
        schema: !request.without_schema,
    }
}

fn truth(path: &Path, units: &[Unit], policies: &[Arc<Policy>]) -> Result<Truth, OpsError> {
    let rows = io::read_gold(&Source::from_argument(path), &LabelMap::default())?;
    let labels = rows.into_iter().map(|row| (row.unit_id, row.policy, row.label));
    truth_of(labels, units, policies).map_err(|id| {
        OpsError::refused(
            format!(
                "{} tells the truth of unit `{id}`, which is not among the units",
                path.display()
            ),
            "name the file of the units with --units",
        )
    })
}

/// Joins true labels with their units; the error is the id of a unit that is not there.
///
/// Where each component of a violating unit is asked about alone, the first judged one is what makes it violating, or
/// every one where the policy's roll-up takes all.
pub(super) fn truth_of(
    labels: impl IntoIterator<Item = (String, String, String)>,
    units: &[Unit],
    policies: &[Arc<Policy>],
) -> Result<Truth, String> {
    let by_id: BTreeMap<&str, &Unit> = units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
    let (mut truth, mut of_parts): (Truth, Truth) = (BTreeMap::new(), BTreeMap::new());
    for (id, policy, label) in labels {
        let Some(unit) = by_id.get(id.as_str()) else { return Err(id) };
        let known = policies.iter().find(|known| known.id == policy);
        let violating = match known {
            Some(policy) => policy.violating(&label),
            None => !["0", "false", "no", "allowed"].contains(&label.as_str()),
        };
        for nonce in nonces(unit) {
            truth.entry(nonce).or_default().insert(policy.clone(), violating);
        }
        let parts = known.map_or_else(Vec::new, |known| prompt::component_units(known, unit));
        let all = known.is_some_and(|known| known.rollup == Some(Rollup::All));
        for (place, (_, part)) in parts.iter().enumerate() {
            for nonce in nonces(part) {
                let part = of_parts.entry(nonce).or_default().entry(policy.clone()).or_default();
                *part |= violating && (all || place == 0);
            }
        }
    }
    for (nonce, known) in of_parts {
        for (policy, violating) in known {
            truth.entry(nonce).or_default().entry(policy).or_insert(violating);
        }
    }
    Ok(truth)
}

/// The numbers that name a unit in a prompt: in its fence, or by its conversation.
fn nonces(unit: &Unit) -> impl Iterator<Item = Nonce> {
    let fenced = Nonce::from_hex(&prompt::nonce(unit));
    fenced.into_iter().chain([Nonce::of_conversation(&prompt::conversation(unit))])
}

fn rates(path: &Path) -> Result<BTreeMap<String, Rates>, OpsError> {
    let text = fs::read(path).map_err(|source| OpsError::file("read", path, &source))?;
    serde_json::from_slice(&text).map_err(|source| {
        OpsError::refused(
            format!("{} is not a table of error rates: {source}", path.display()),
            "write {\"POLICY\": {\"sensitivity\": 0.8, \"specificity\": 0.95, \"no_answer\": 0.02}}",
        )
    })
}
