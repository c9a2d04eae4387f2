//! `titer label`: labels what has no label yet, records everything, resumes where it stopped.

use super::error::OpsError;
use super::labeled;
use super::labeled::OUTPUT;
use super::labeler;
use super::labeler::AdHoc;
use super::labeler::Labeler;
use super::policies;
use super::policies::listed;
use super::program::Program;
use super::rows;
use super::rows::Rows;
use super::units;
use super::units::UnitsOf;
use crate::diag::Source;
use crate::llm::Endpoint;
use crate::pace::Backoff;
use crate::pace::Fatal;
use crate::policy::Policy;
use crate::prompt;
use crate::prompt::CompiledPrompt;
use crate::prompt::PromptSettings;
use crate::prompt::Rung;
use crate::requests;
use crate::requests::AnsweredCalls;
use crate::requests::Forecast;
use crate::requests::Plan;
use crate::store::Access;
use crate::store::Capability;
use crate::store::LabelerRow;
use crate::store::PolicyRow;
use crate::store::PromptRow;
use crate::store::Reader;
use crate::store::Record;
use crate::store::Store;
use crate::unit::Fingerprint;
use crate::unit::Unit;
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
    /// The least share of units and policies that must have an answer afterwards, earlier runs included.
    pub min_answered: Option<f64>,
}

/// A labeling that can be started: everything that could be refused beforehand was checked.
#[derive(Debug)]
pub struct Labeling {
    pub(super) store: Store,
    pub(super) file: UnitsOf,
    pub(super) policies: Vec<(Arc<Policy>, Source)>,
    pub(super) labeler: Labeler,
    pub(super) request: LabelRequest,
    pub(super) purpose: Purpose,
}

/// What labels are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A measurement: its policies become the last labeled versions.
    Measurement,
    /// A writer trying a draft.
    Trial,
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
    /// The prompts that were asked.
    pub prompts: Vec<Fingerprint>,
    /// Where label rows were written.
    pub out: Option<PathBuf>,
    /// Set when fewer units and policies have an answer than was asked for.
    pub shortfall: Option<Shortfall>,
}

/// Too few answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shortfall {
    /// Units and policies with a label or an abstention.
    pub answered: usize,
    /// All units under all policies.
    pub of: usize,
    /// The share that was asked for.
    pub asked: f64,
}

/// Forecasts a labeling without a store to write or a key to send.
///
/// # Errors
///
/// Whatever would be refused before sending.
pub fn forecast(program: &Program, request: &LabelRequest) -> Result<Forecast, OpsError> {
    let reading = policies::load_to_label(program, &request.policies)?;
    let labeler = labeler::resolve(program, &request.labeler)?;
    let file = units::load(program, request.units.as_deref())?;
    let list = reading.policies();
    units::fit(&file, &list)?;
    let path = program.store_path();
    let reader = path.is_file().then(|| Store::open(&path, Access::Read)?.reader()).transpose()?;
    let prompts = prompt::compile_all(&list, &labeled::settled(reader.as_ref(), &labeler)?)?;
    let answered = reader.as_ref().map(Reader::answered_fingerprints).transpose()?;
    let answered = answered.unwrap_or_default();
    let plan = requests::plan(prompts, file.units, |fingerprint| answered.contains(&fingerprint));
    let on_record = reader.map(|reader| worker::answered_calls(&plan, &reader)).transpose()?;
    let on_record = on_record.unwrap_or_default().into_iter();
    let on_record: AnsweredCalls = on_record
        .map(|(request, rows)| (request, rows.iter().map(|row| row.call).collect()))
        .collect();
    Ok(requests::forecast(&plan, labeler.price, &on_record))
}

/// Checks everything a labeling needs and opens the store.
///
/// # Errors
///
/// Mistakes in policies, units that do not fit, no labeler, a store that another process writes to.
pub fn prepare(program: &Program, request: LabelRequest) -> Result<Labeling, OpsError> {
    let policies = policies::load_to_label(program, &request.policies)?.policies;
    let labeler = labeler::resolve(program, &request.labeler)?;
    let file = units::load(program, request.units.as_deref())?;
    if let Some(out) = &request.out {
        units::keep(&file.path, out)?;
        rows::check_place(out)?;
    }
    let store = Store::open(&program.store_path(), Access::Write)?;
    let purpose = Purpose::Measurement;
    Labeling { store, file, policies, labeler, request, purpose }.checked()
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
        let Self { store, file, policies, labeler, request, purpose } = self;
        let reader = store.reader()?;
        let job = Job { policies, labeler, request, purpose };
        let mut settings = labeled::settled(Some(&reader), &job.labeler)?;
        let (mut units, mut fell_back) = (file.units, false);
        loop {
            let plan = Arc::new(job.plan(&settings, units, &reader)?);
            controls.writer.record(job.catalog(&plan)).await?;
            let on_record = worker::reuse(&plan, &store).await?;
            let (shared, endpoint) = (Arc::clone(&plan), Arc::clone(&endpoint));
            match worker::run(shared, endpoint, job.limits(), controls.clone(), on_record).await {
                Ok(summary) => return job.finish(summary, &plan, &reader, fell_back),
                Err(RunError::Refused { fatal: Fatal::SchemaUnsupported, .. })
                    if job.labeler.rung_is_open && settings.rung == Rung::Schema =>
                {
                    settings.rung = Rung::Text;
                    fell_back = true;
                    tracing::warn!(
                        model = settings.model,
                        "the endpoint refuses a strict schema: asking for JSON by prompt"
                    );
                    controls.writer.record(vec![Record::Capability(rung_seen(&settings))]).await?;
                    units = Arc::try_unwrap(plan)
                        .map_or_else(|plan| plan.units.clone(), |plan| plan.units);
                }
                Err(failed) => return Err(failed.into()),
            }
        }
    }

    fn list(&self) -> Vec<Arc<Policy>> {
        listed(&self.policies)
    }
}

/// What a labeling knows beside its units and its store.
struct Job {
    policies: Vec<(Arc<Policy>, Source)>,
    labeler: Labeler,
    request: LabelRequest,
    purpose: Purpose,
}

impl Job {
    fn plan(
        &self,
        settings: &PromptSettings,
        units: Vec<Unit>,
        reader: &Reader,
    ) -> Result<Plan, OpsError> {
        let prompts = prompt::compile_all(&listed(&self.policies), settings)?;
        let answered = reader.answered_fingerprints()?;
        Ok(requests::plan(prompts, units, |fingerprint| answered.contains(&fingerprint)))
    }

    /// Writes the rows that stand now and judges whether enough of them are answers.
    fn finish(
        &self,
        summary: RunSummary,
        plan: &Plan,
        reader: &Reader,
        fell_back: bool,
    ) -> Result<Labelled, OpsError> {
        let mut labelled = Labelled {
            summary,
            units: plan.units.len(),
            answered_before: plan.answered.len(),
            fell_back,
            prompts: plan.prompts.iter().map(CompiledPrompt::fingerprint).collect(),
            out: self.request.out.clone(),
            shortfall: None,
        };
        if self.request.out.is_none() && self.request.min_answered.is_none() {
            return Ok(labelled);
        }
        let rows = Rows::read(reader, plan, &listed(&self.policies))?;
        if let Some(asked) = self.request.min_answered {
            let (answered, of) = rows.answered();
            let short = (answered as f64 / of as f64) < asked;
            labelled.shortfall = short.then_some(Shortfall { answered, of, asked });
        }
        if let Some(out) = &self.request.out {
            rows.write(&self.labeler.name, out)?;
        }
        Ok(labelled)
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
        let labeled = self.policies.iter().filter(|_| self.purpose == Purpose::Measurement);
        let policies = labeled.map(|(policy, source)| {
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
                text: text_of(prompt),
                schema: prompt.questions()[0].schema().to_string(),
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

/// The static text of a prompt; of several questions, each under a line that names its label.
fn text_of(prompt: &CompiledPrompt) -> String {
    let texts = prompt.questions().iter().map(|question| match question.label() {
        Some(label) => format!("=== label `{label}` ===\n{}", question.system()),
        None => question.system().to_owned(),
    });
    texts.collect::<Vec<_>>().join("\n")
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
