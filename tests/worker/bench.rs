//! A scripted endpoint, a store of its own, and a plan: what every test of the worker runs on.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tempfile::TempDir;
use titer::llm::Attempt;
use titer::llm::Endpoint;
use titer::pace::Backoff;
use titer::pace::Signal;
use titer::policy::Label;
use titer::policy::Mode;
use titer::policy::Policy;
use titer::policy::Status;
use titer::policy::Version;
use titer::prompt::AnswerSettings;
use titer::prompt::Bundling;
use titer::prompt::Calls;
use titer::prompt::CompiledPrompt;
use titer::prompt::Dialect;
use titer::prompt::PromptSettings;
use titer::prompt::Rung;
use titer::prompt::TokenCap;
use titer::prompt::compile;
use titer::reply::ChatReply;
use titer::reply::Usage;
use titer::requests::Plan;
use titer::requests::Price;
use titer::requests::plan;
use titer::store::Access;
use titer::store::CallRow;
use titer::store::LabelRow;
use titer::store::Store;
use titer::unit::Component;
use titer::unit::Content;
use titer::unit::FingerprintBuilder;
use titer::unit::Unit;
use titer::worker::Controls;
use titer::worker::RunError;
use titer::worker::RunSettings;
use titer::worker::RunSummary;
use titer::worker::Tally;
use titer::worker::reuse;
use titer::worker::run;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What the endpoint does with the call of that number (from 0), whose body is given.
pub(crate) type Script = Box<dyn Fn(usize, &str) -> Reply + Send + Sync>;

pub(crate) enum Reply {
    /// Answers with this text.
    Says(&'static str),
    /// Gives this signal and no reply.
    Gives(Signal),
    /// Never ends.
    Hangs,
}

/// An endpoint that takes 100 ms a call, follows a script, and notes when each call came.
///
/// Paused time runs on whenever every task waits, also for the store's thread, which knows no paused
/// time. So after each reply the endpoint holds the clock until the run has taken note of the call.
pub(crate) struct Scripted {
    progress: Mutex<Option<watch::Receiver<Tally>>>,
    replies: AtomicUsize,
    script: Script,
    calls: AtomicUsize,
    in_flight: AtomicUsize,
    pub(crate) most_in_flight: AtomicUsize,
    pub(crate) seen: Mutex<Vec<(Instant, String)>>,
}

pub(crate) const ALLOWED: &str = r#"{"criteria": [], "label": "allowed"}"#;
pub(crate) const FAULT: Signal = Signal::Transient { wait: None };

impl Endpoint for Scripted {
    async fn send(&self, body: Vec<u8>) -> Attempt {
        let body = String::from_utf8(body).unwrap();
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        self.seen.lock().unwrap().push((Instant::now(), body.clone()));
        let reply = (self.script)(number, &body);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (signal, reply) = match reply {
            Reply::Says(text) => {
                let usage = Usage { input: 100, cached: 0, output: 10, estimated: false };
                let content = Some(text.to_owned());
                (Signal::Answered, Some(ChatReply { content, usage, ..ChatReply::default() }))
            }
            Reply::Gives(signal) => (signal, None),
            Reply::Hangs => std::future::pending().await,
        };
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        self.hold_the_clock();
        let status = reply.is_some().then_some(200);
        let message = if reply.is_some() { "" } else { "scripted" }.to_owned();
        let latency = Duration::from_millis(100);
        Attempt { status, raw: body.into_bytes(), latency, signal, reply, message }
    }
}

impl Scripted {
    pub(crate) fn new(script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            calls: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
            progress: Mutex::new(None),
            replies: AtomicUsize::new(0),
            seen: Mutex::new(Vec::new()),
        })
    }

    fn watch(&self, progress: watch::Receiver<Tally>) {
        *self.progress.lock().unwrap() = Some(progress);
        self.replies.store(0, Ordering::SeqCst);
    }

    /// Paused time stands still while a blocking task runs.
    fn hold_the_clock(&self) {
        let replies = self.replies.fetch_add(1, Ordering::SeqCst) as u64 + 1;
        let mut progress = self.progress.lock().unwrap().clone().unwrap();
        let runtime = tokio::runtime::Handle::current();
        drop(tokio::task::spawn_blocking(move || {
            let noted = runtime.block_on(progress.wait_for(|tally| replies <= tally.attempts));
            drop(noted); // an error means that the run is over
        }));
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

pub(crate) fn prompt(policies: &[&str]) -> CompiledPrompt {
    compiled(policies, &["violating"], Dialect::JsonChat)
}

/// A prompt that asks about each of these labels, the later the more severe, in a call of its own.
pub(crate) fn split(labels: &[&str]) -> CompiledPrompt {
    compiled(&["spam"], labels, Dialect::YesNo)
}

fn compiled(policies: &[&str], violating: &[&str], dialect: Dialect) -> CompiledPrompt {
    let label = |id: &str, severity| Label {
        id: id.into(),
        default: severity == 0,
        severity,
        definition: None,
        includes: Vec::new(),
        excludes: Vec::new(),
    };
    let policy = |id: &&str| {
        Arc::new(Policy {
            id: (*id).into(),
            version: Version { major: 1, minor: 0, patch: 0 },
            status: Status::Active,
            title: None,
            owners: Vec::new(),
            rationale: None,
            scope: None,
            terms: Vec::new(),
            interpretation: Vec::new(),
            mode: Mode::Single,
            labels: std::iter::once(label("allowed", 0))
                .chain(violating.iter().zip(1..).map(|(id, severity)| label(id, severity)))
                .collect(),
            exceptions: Vec::new(),
            checks: Vec::new(),
            precedence: Vec::new(),
            abstain: Vec::new(),
            components: Vec::new(),
            rollup: None,
            examples: Vec::new(),
            tests: Vec::new(),
            crosswalk: Vec::new(),
        })
    };
    let settings = PromptSettings {
        url: "http://localhost/v1".into(),
        model: "scripted".into(),
        dialect,
        template: None,
        calls: Calls::PerUnit,
        rung: Rung::Schema,
        bundling: Bundling::Unified,
        answer: AnswerSettings {
            rationale_words: 0,
            confidence: false,
            abstain: dialect != Dialect::YesNo,
        },
        temperature: Some(0.0),
        seed: None,
        max_output_tokens: Some(50),
        token_cap: TokenCap::MaxTokens,
        label_probability: false,
        reasoning_effort: None,
    };
    compile(policies.iter().map(policy).collect(), settings).unwrap()
}

pub(crate) fn unit(id: usize, text: String) -> Unit {
    Unit {
        id: format!("u{id}"),
        exposure: 1.0,
        score: None,
        segments: titer::unit::Segments::new(),
        period: None,
        components: vec![Component { role: "content".into(), content: Content::Text(text) }],
        inclusion: None,
        passthrough: serde_json::Map::new(),
    }
}

pub(crate) fn settings(in_flight: usize) -> RunSettings {
    RunSettings {
        labeler: FingerprintBuilder::new("labeler").finish(),
        in_flight: NonZeroUsize::new(in_flight).unwrap(),
        rpm: None,
        tpm: None,
        backoff: Backoff {
            base: Duration::from_millis(500),
            cap: Duration::from_secs(10),
            max_attempts: 4,
        },
        price: Some(Price { input: 10.0, cached: 5.0, output: 100.0 }),
        max_usd: None,
        deadline: None,
        drain: Duration::from_secs(30),
        lost_after: NonZeroU32::new(5).unwrap(),
        patience: Duration::from_secs(3600),
        seed: 7,
    }
}

/// A store in a folder of its own, and what is to be labeled into it.
pub(crate) struct Bench {
    folder: TempDir,
    pub(crate) units: Vec<Unit>,
    pub(crate) prompts: Vec<CompiledPrompt>,
    pub(crate) cancel: CancellationToken,
}

impl Bench {
    pub(crate) fn new(units: usize) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            units: (0..units).map(|id| unit(id, format!("text {id}."))).collect(),
            prompts: vec![prompt(&["spam"])],
            cancel: CancellationToken::new(),
        }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("titer.db")
    }

    pub(crate) fn plan(&self) -> Plan {
        let answered = Store::open(&self.path(), Access::Read)
            .and_then(|store| store.reader()?.answered_fingerprints())
            .unwrap_or_default();
        plan(self.prompts.clone(), self.units.clone(), |request| answered.contains(&request))
    }

    pub(crate) async fn run(
        &self,
        endpoint: &Arc<Scripted>,
        settings: RunSettings,
    ) -> Result<RunSummary, RunError> {
        let store = Store::open(&self.path(), Access::Write).unwrap();
        let plan = Arc::new(self.plan());
        let writer = store.writer().unwrap();
        let on_record = reuse(&plan, &store).await.unwrap();
        let (progress, watcher) = watch::channel(Tally::default());
        endpoint.watch(watcher);
        let controls = Controls { writer, cancel: self.cancel.clone(), progress };
        run(plan, Arc::clone(endpoint), settings, controls, on_record).await
    }

    pub(crate) fn labels(&self) -> Vec<LabelRow> {
        let mut rows = Vec::new();
        let store = Store::open(&self.path(), Access::Read).unwrap();
        store.reader().unwrap().labels(|row| rows.push(row)).unwrap();
        rows
    }

    pub(crate) fn calls(&self) -> Vec<CallRow> {
        let store = Store::open(&self.path(), Access::Read).unwrap();
        let reader = store.reader().unwrap();
        let requests = self.units.iter().map(|unit| self.prompts[0].request_fingerprint(unit));
        requests.flat_map(|request| reader.calls_of(request).unwrap()).collect()
    }

    pub(crate) fn attempts(&self) -> BTreeMap<String, u64> {
        let store = Store::open(&self.path(), Access::Read).unwrap();
        store.reader().unwrap().ledger(None).unwrap().attempts
    }
}
