//! `titer demo`: the whole loop, offline, against a simulated endpoint whose truth is known.

use super::error::OpsError;
use super::init::schemas;
use super::init::write_new;
use super::label;
use super::label::LabelRequest;
use super::label::Labelled;
use super::policies;
use super::prevalence;
use super::prevalence::Measured;
use super::prevalence::PrevalenceRequest;
use super::program::Program;
use super::report;
use super::simulate;
use super::simulate::Rates;
use super::simulate::SimulateRequest;
use super::units;
use crate::gold::LabelMap;
use crate::io;
use crate::io::Source;
use crate::llm::Connection;
use crate::llm::HttpEndpoint;
use crate::llm::Timeouts;
use crate::policy::Policy;
use crate::unit::Unit;
use crate::worker::Controls;
use crate::worker::Tally;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The quickstart project, as it is written into the demo's folder.
const FILES: [(&str, &str); 8] = [
    ("titer.yaml", include_str!("../../eval/quickstart/titer.yaml")),
    ("units.jsonl", include_str!("../../eval/quickstart/units.jsonl")),
    ("gold.csv", include_str!("../../eval/quickstart/gold.csv")),
    ("truth.csv", include_str!("../../eval/quickstart/truth.csv")),
    ("labeler-errors.json", include_str!("../../eval/quickstart/labeler-errors.json")),
    ("policies/spam-scam.yaml", include_str!("../../policies/spam-scam.yaml")),
    ("policies/harassment.yaml", include_str!("../../policies/harassment.yaml")),
    (
        "policies/dangerous-activities.yaml",
        include_str!("../../policies/dangerous-activities.yaml"),
    ),
];
/// Fixes the simulated labeler's errors, so that every run of the demo shows the same numbers.
const SEED: u64 = 1;

/// What the demo did.
#[derive(Debug, Clone)]
pub struct Demonstrated {
    /// The project that was written; every verb works in it.
    pub dir: PathBuf,
    /// The labeling.
    pub labelled: Labelled,
    /// The measurement.
    pub measured: Measured,
    /// The true prevalence by policy, weighted by exposure, in `[0, 1]`.
    pub truth: BTreeMap<String, f64>,
    /// Where the report is.
    pub report: PathBuf,
}

/// Runs the whole loop in a folder.
///
/// # Errors
///
/// A folder with files of another origin, or that cannot be written.
pub async fn demo(dir: &Path, progress: watch::Sender<Tally>) -> Result<Demonstrated, OpsError> {
    write_project(dir)?;
    let program = Program::open(Some(dir))?;
    let policies: Vec<Arc<Policy>> = policies::load(&program, &[])?.policies();
    let file = units::load(&program, None)?;
    let labels = io::read_gold(&Source::File(dir.join("truth.csv")), &LabelMap::default())?;
    let labels: Vec<(String, String, String)> =
        labels.into_iter().map(|row| (row.unit_id, row.policy, row.label)).collect();
    let truth = true_prevalence(&labels, &file.units, &policies);
    let hidden = simulate::truth_of(labels, &file.units, &policies).map_err(|id| {
        OpsError::refused(
            format!("truth.csv names unit `{id}`, which is not there"),
            "remove the folder and run the demo again",
        )
    })?;
    let cancel = CancellationToken::new();
    let simulation = simulate::build(&request(), &policies, hidden, &errors()?);
    let running = simulation.start(0, cancel.clone()).await?;
    let endpoint = HttpEndpoint::new(Connection {
        base_url: running.base_url(),
        key: None,
        headers: Vec::new(),
        timeouts: Timeouts { connect: SHORT, silence: SHORT, total: SHORT },
        max_body_bytes: 1 << 20,
        max_idle: 64,
    })?;
    let labeling = label::prepare(&program, LabelRequest::default())?;
    let controls = Controls { writer: labeling.store.writer()?, cancel, progress };
    let labelled = labeling.run_through(Arc::new(endpoint), controls).await?;
    drop(running);
    let measured = prevalence::prevalence(&program, &PrevalenceRequest::default())?;
    let html = report::html(&program, &measured, Some(&truth))?;
    let report = dir.join("report.html");
    report::write(&report, &html)?;
    Ok(Demonstrated { dir: dir.to_owned(), labelled, measured, truth, report })
}

/// How long anything of the loopback endpoint may take.
const SHORT: Duration = Duration::from_secs(10);

/// Writes the project, or recognises the one an earlier demo wrote.
fn write_project(dir: &Path) -> Result<(), OpsError> {
    // The files stand elsewhere in the repository than in a project, and so does what the editor line names.
    let files = FILES
        .map(|(name, text)| (name, text.replace("$schema=../../schemas/", "$schema=schemas/")));
    for (name, text) in files.into_iter().chain(schemas()) {
        let path = dir.join(name);
        if !write_new(&path, &text)? && fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            return Err(OpsError::refused(
                format!("{} is there already and is not the demo's", path.display()),
                "name another folder: titer demo DIR",
            ));
        }
    }
    Ok(())
}

fn errors() -> Result<BTreeMap<String, Rates>, OpsError> {
    let text = include_str!("../../eval/quickstart/labeler-errors.json");
    serde_json::from_str(text).map_err(|source| {
        OpsError::refused(
            format!("the demo's error rates do not read: {source}"),
            "report this as a bug",
        )
    })
}

fn request() -> SimulateRequest {
    SimulateRequest {
        units: None,
        truth: None,
        errors: None,
        rates: Rates { sensitivity: 0.8, specificity: 0.95, no_answer: 0.02 },
        prevalence: 0.05,
        seed: SEED,
        latency: Duration::ZERO,
        rpm: None,
        key: None,
        without_schema: false,
    }
}

/// The share of exposure under violating units: what the estimates should cover.
fn true_prevalence(
    labels: &[(String, String, String)],
    units: &[Unit],
    policies: &[Arc<Policy>],
) -> BTreeMap<String, f64> {
    let exposure: BTreeMap<&str, f64> =
        units.iter().map(|unit| (unit.id.as_str(), unit.exposure)).collect();
    let total: f64 = exposure.values().sum();
    let of = |policy: &Arc<Policy>| {
        let violating = labels
            .iter()
            .filter(|(_, id, label)| *id == policy.id && policy.violating(label))
            .filter_map(|(unit, ..)| exposure.get(unit.as_str()));
        (policy.id.clone(), violating.sum::<f64>() / total)
    };
    policies.iter().map(of).collect()
}
