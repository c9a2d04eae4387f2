//! `titer label`: labels what has no label yet, records everything, resumes where it stopped.

use super::error::OpsError;
use super::labeled;
use super::labeled::OUTPUT;
use super::labeler;
use super::labeler::AdHoc;
use super::labeler::Labeler;
use super::policies;
use super::program::Program;
use super::rows;
use super::units;
use super::units::UnitsOf;
use crate::diag::Source;
use crate::llm::Endpoint;
use crate::pace::Backoff;
use crate::pace::Fatal;
use crate::policy::Policy;
use crate::prompt;
use crate::prompt::PromptSettings;
use crate::prompt::Rung;
use crate::requests;
use crate::requests::Forecast;
use crate::requests::Plan;
use crate::store::Access;
use crate::store::Capability;
use crate::store::LabelerRow;
use crate::store::PolicyRow;
use crate::store::PromptRow;
use crate::store::Record;
use crate::store::Store;
use crate::worker;
use crate::worker::Controls;
use crate::worker::RunError;
use crate::worker::RunSettings;
use crate::worker::RunSummary;
use crate::worker::Tally;
use jiff::Timestamp;
use std::num::NonZeroU32;
use std::num::NonZeroU64;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Requests in flight when nobody says otherwise: gentle to a local server.
const IN_FLIGHT: usize = 8;
/// How many requests in a row may fail before the endpoint counts as lost.
const LOST_AFTER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// What to label, and within which bounds.
#[derive(Debug, Clone, Default)]
pub struct LabelRequest {
    /// The units; the project's when absent, standard input for `-`.
    pub units: Option<PathBuf>,
    /// Policies; all in use when empty.
    pub policies: Vec<String>,
    /// Who labels.
    pub labeler: AdHoc,
    /// Where label rows are written beside the store; standard output for `-`.
    pub out: Option<PathBuf>,
    /// Requests in flight at once.
    pub in_flight: Option<NonZeroUsize>,
    /// Requests a minute.
    pub rpm: Option<NonZeroU32>,
    /// Spend no more than this.
    pub max_usd: Option<f64>,
    /// Take no more requests after this long.
    pub deadline: Option<Duration>,
}

/// A labeling that can be started: everything that could be refused beforehand was checked.
#[derive(Debug)]
pub struct Labeling {
    pub(super) store: Store,
    pub(super) file: UnitsOf,
    pub(super) policies: Vec<(Arc<Policy>, Source)>,
    pub(super) labeler: Labeler,
    pub(super) request: LabelRequest,
}

/// What a labeling did.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// The run's counts and why it stopped.
    pub summary: RunSummary,
    /// Units in the file.
    pub units: usize,
    /// Requests that were answered before.
    pub answered_before: usize,
    /// Whether the endpoint refused a strict schema, so that answers come as JSON by prompt.
    pub fell_back: bool,
    /// Where label rows were written.
    pub out: Option<PathBuf>,
}

/// Forecasts a labeling without a store to write or a key to send.
///
/// # Errors
///
/// Whatever would be refused before sending.
pub fn forecast(program: &Program, request: &LabelRequest) -> Result<Forecast, OpsError> {
    let reading = policies::load(program, &request.policies)?;
    let labeler = labeler::resolve(program, &request.labeler)?;
    let file = units::load(program, request.units.as_deref())?;
    let list: Vec<_> = reading.policies.iter().map(|(policy, _)| Arc::clone(policy)).collect();
    units::fit(&file, &list)?;
    let path = program.store_path();
    let reader = path.is_file().then(|| Store::open(&path, Access::Read)?.reader()).transpose()?;
    let prompts = prompt::compile_all(&list, &labeled::settled(reader.as_ref(), &labeler)?)?;
    let answered =
        reader.map(|reader| reader.answered_fingerprints()).transpose()?.unwrap_or_default();
    let plan = requests::plan(prompts, file.units, |fingerprint| answered.contains(&fingerprint));
    Ok(requests::forecast(&plan, labeler.price))
}

/// Checks everything a labeling needs and opens the store.
///
/// # Errors
///
/// Mistakes in policies, units that do not fit, no labeler, a store that another process writes to.
pub fn prepare(program: &Program, request: LabelRequest) -> Result<Labeling, OpsError> {
    let policies = policies::load(program, &request.policies)?.policies;
    let labeler = labeler::resolve(program, &request.labeler)?;
    let file = units::load(program, request.units.as_deref())?;
    let store = Store::open(&program.store_path(), Access::Write)?;
    Labeling { store, file, policies, labeler, request }.checked()
}

impl Labeling {
    /// Checks that every policy can judge every unit.
    pub(super) fn checked(self) -> Result<Self, OpsError> {
        units::fit(&self.file, &self.list())?;
        Ok(self)
    }

    /// Sends what has no answer yet, and writes the rows.
    ///
    /// `progress` shows the counts so far; cancelling `cancel` stops the run with everything recorded.
    ///
    /// # Errors
    ///
    /// An endpoint that never answered, a wrong key or model, a store or file that cannot be written. An
    /// early stop is no error but [`RunSummary::stopped`].
    pub async fn run(
        self,
        cancel: CancellationToken,
        progress: watch::Sender<Tally>,
    ) -> Result<Labelled, OpsError> {
        let endpoint = Arc::new(self.labeler.connect()?);
        let controls = Controls { writer: self.store.writer()?, cancel, progress };
        self.run_through(endpoint, controls).await
    }

    /// As [`Labeling::run`], through a given endpoint.
    ///
    /// # Errors
    ///
    /// As [`Labeling::run`].
    pub async fn run_through<E: Endpoint + 'static>(
        self,
        endpoint: Arc<E>,
        controls: Controls,
    ) -> Result<Labelled, OpsError> {
        let reader = self.store.reader()?;
        let mut settings = labeled::settled(Some(&reader), &self.labeler)?;
        let mut fell_back = false;
        loop {
            let plan = Arc::new(self.plan(&settings)?);
            controls.writer.record(self.catalog(&plan)).await?;
            worker::reuse(&plan, &controls.writer).await?;
            let run = worker::run(
                Arc::clone(&plan),
                Arc::clone(&endpoint),
                self.limits(),
                controls.clone(),
            );
            match run.await {
                Ok(summary) => {
                    let labelled = Labelled {
                        summary,
                        units: self.file.units.len(),
                        answered_before: plan.answered.len(),
                        fell_back,
                        out: self.request.out.clone(),
                    };
                    if let Some(out) = &self.request.out {
                        rows::write(&reader, &plan, &self.list(), &self.labeler.name, out)?;
                    }
                    return Ok(labelled);
                }
                Err(RunError::Refused { fatal: Fatal::SchemaUnsupported, .. })
                    if self.labeler.rung_is_open && settings.rung == Rung::Schema =>
                {
                    settings.rung = Rung::Text;
                    fell_back = true;
                    tracing::warn!(
                        model = settings.model,
                        "the endpoint refuses a strict schema: asking for JSON by prompt"
                    );
                    controls.writer.record(vec![Record::Capability(rung_seen(&settings))]).await?;
                }
                Err(failed) => return Err(failed.into()),
            }
        }
    }

    fn list(&self) -> Vec<Arc<Policy>> {
        self.policies.iter().map(|(policy, _)| Arc::clone(policy)).collect()
    }

    fn plan(&self, settings: &PromptSettings) -> Result<Plan, OpsError> {
        let prompts = prompt::compile_all(&self.list(), settings)?;
        let answered = self.store.reader()?.answered_fingerprints()?;
        let units = self.file.units.clone();
        Ok(requests::plan(prompts, units, |fingerprint| answered.contains(&fingerprint)))
    }

    /// Everything a label of this run refers to, so that it can be walked back to its bytes.
    fn catalog(&self, plan: &Plan) -> Vec<Record> {
        let now = Timestamp::now();
        let labeler = Record::Labeler(LabelerRow {
            fingerprint: self.labeler.fingerprint(),
            name: self.labeler.name.clone(),
            settings: self.labeler.settings().to_string(),
            first_seen: now,
        });
        let policies = self.policies.iter().map(|(policy, source)| {
            Record::Policy(PolicyRow {
                fingerprint: policy.fingerprint(),
                id: policy.id.clone(),
                version: policy.version.to_string(),
                source: source.text().to_owned(),
                first_seen: now,
            })
        });
        let prompts = plan.prompts.iter().map(|prompt| {
            Record::Prompt(PromptRow {
                fingerprint: prompt.fingerprint(),
                text: prompt.system().to_owned(),
                schema: prompt.schema().to_string(),
                policies: prompt.policies().iter().map(|policy| policy.fingerprint()).collect(),
                first_seen: now,
            })
        });
        std::iter::once(labeler).chain(policies).chain(prompts).collect()
    }

    fn limits(&self) -> RunSettings {
        let limits = self.labeler.limits;
        let configured = limits.in_flight.and_then(NonZeroUsize::new);
        let in_flight = self.request.in_flight.or(configured).or(NonZeroUsize::new(IN_FLIGHT));
        RunSettings {
            labeler: self.labeler.fingerprint(),
            in_flight: in_flight.unwrap_or(NonZeroUsize::MIN),
            rpm: self.request.rpm.or(limits.rpm.and_then(NonZeroU32::new)),
            tpm: limits.tpm.and_then(NonZeroU64::new),
            backoff: Backoff {
                base: Duration::from_millis(500),
                cap: Duration::from_secs(30),
                max_attempts: 5,
            },
            price: self.labeler.price,
            max_usd: self.request.max_usd,
            deadline: self.request.deadline,
            drain: Duration::from_secs(30),
            lost_after: LOST_AFTER,
            patience: Duration::from_mins(10),
            // Jitter only spreads retries; any seed does, a different one for each process spreads best.
            seed: u64::from(std::process::id()),
        }
    }
}

fn rung_seen(settings: &PromptSettings) -> Capability {
    Capability {
        url: settings.url.clone(),
        model: settings.model.clone(),
        key: OUTPUT.to_owned(),
        value: settings.rung.name().to_owned(),
        probed_at: Timestamp::now(),
    }
}
