//! The simulated endpoint: OpenAI-compatible, on loopback, with error rates that are known exactly.
//!
//! It never reads a unit's text. The prompt carries a nonce in its fence, `nonce="16 hex digits"`; in a prompt that
//! writes a conversation it is the hash of that. The hidden truth of a nonce is either given or drawn, and every draw is
//! a hash of (seed, nonce, policy, purpose). So the same request always gets the same answer, in any order and at any
//! concurrency, and a unit gets the same label in every dialect.
//!
//! Answers follow the request's own output schema: that of `response_format`, or the one between
//! `<schema>` and `</schema>` in the system message. One answer is an object with a `label`; several are
//! an object with one property a policy. A policy's id is the schema's name after `titer_`, the property's
//! name, or, in a prompt without `response_format`, what the system message writes after ``Policy ` ``.
//! Other schemas are filled in generically.
//!
//! A request without a schema is answered in words: `Yes` or `No` to a question about one label of a policy, `safe`, or
//! `unsafe` and a line of codes, to a prompt that lists categories; any other gets a sentence. Where `logprobs` are asked
//! for, the token that decides has alternatives: what is said holds at least half of the probability.
//!
//! A non-answer is a refusal of the whole reply; with several policies the first decides.

mod answer;
mod draw;
mod form;
mod limit;
mod routes;
mod words;

use crate::unit::FingerprintBuilder;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the simulated endpoint is like.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// Behaviour by policy id.
    pub policies: BTreeMap<String, Behaviour>,
    /// Behaviour for every other policy.
    pub others: Behaviour,
    /// The ids of policies by their titles, which is all a safety prompt shows of them.
    pub titles: BTreeMap<String, String>,
    /// The hidden truth: nonce → policy id → violating. What is not in it is drawn.
    pub truth: BTreeMap<Nonce, BTreeMap<String, bool>>,
    /// What a labeler without errors says: nonce → policy id → answer. A correct answer about a unit that is not in it is
    /// drawn among the labels that would be correct.
    pub answers: BTreeMap<Nonce, BTreeMap<String, RightAnswer>>,
    /// Every draw depends on it.
    pub seed: u64,
    /// How long each answer takes.
    pub latency: Duration,
    /// Requests per minute above which it answers 429; `None` for no limit.
    pub rpm: Option<std::num::NonZeroU32>,
    /// The bearer token it asks for.
    pub key: Option<secrecy::SecretString>,
    /// The only model it has; `None` when it answers to any name.
    pub model: Option<String>,
    /// Whether it takes `response_format: json_schema`.
    pub schema: bool,
}

/// How a labeler behaves under one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// The share of violating units that get a violating label.
    pub sensitivity: f64,
    /// The share of allowed units that get the negative label.
    pub specificity: f64,
    /// The share of units that get no answer.
    pub no_answer: f64,
    /// The share of violating units among those without a known truth.
    pub prevalence: f64,
    /// The violating labels; empty for the second of the schema's labels.
    pub positive: Vec<String>,
    /// The label of an allowed unit; `None` for the first of the schema's labels.
    pub negative: Option<String>,
}

/// What a labeler without errors says about a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightAnswer {
    /// The label or abstain id.
    pub label: String,
    /// The rules it cites.
    pub criteria: Vec<String>,
}

/// The number that names a unit in its prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub u64);

/// Why the simulated endpoint cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// A share is not between 0 and 1.
    #[error("the {name} of policy `{policy}` is {value}; it must be between 0 and 1")]
    NotAShare {
        /// The policy, or `*` for all others.
        policy: String,
        /// Which share.
        name: &'static str,
        /// What it is.
        value: f64,
    },
    /// The port cannot be opened.
    #[error("cannot listen on {address}; choose another port, or 0 for any free one")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What the endpoint has done so far.
#[derive(Debug, Default)]
pub struct Counters {
    requests: AtomicU64,
    answers: AtomicU64,
    refused: AtomicU64,
}

/// [`Counters`] at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests for a completion, whatever came of them.
    pub requests: u64,
    /// Completions sent, refusals to answer included.
    pub answers: u64,
    /// Requests refused for coming too fast (429).
    pub refused: u64,
}

/// A simulated endpoint that is up. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    counters: Arc<Counters>,
    cancel: CancellationToken,
    server: JoinHandle<io::Result<()>>,
}

impl Nonce {
    /// Reads the 16 hexadecimal digits of a fence.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        let all = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        all.then(|| u64::from_str_radix(digits, 16).ok().map(Self)).flatten()
    }
}

impl Nonce {
    /// Returns the number that names a unit by the turns it is written as.
    #[must_use]
    pub fn of_conversation(turns: &str) -> Self {
        let lines: Vec<&str> =
            turns.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let hash = FingerprintBuilder::new("simulate").text(&lines.join("\n")).finish();
        Self(hash.as_bytes().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

impl Counters {
    /// Returns the counts of this moment.
    #[must_use]
    pub fn now(&self) -> Counts {
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            answers: self.answers.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

impl Simulation {
    /// Starts to listen on loopback; port 0 takes any free one. Ends when `cancel` is cancelled.
    ///
    /// # Errors
    ///
    /// [`SimulationError`] when a share is out of range or the port is taken.
    pub async fn start(
        self,
        port: u16,
        cancel: CancellationToken,
    ) -> Result<Running, SimulationError> {
        self.check()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let failed = |source| SimulationError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let counters = Arc::new(Counters::default());
        let serving = routes::serve(listener, self, Arc::clone(&counters), cancel.clone());
        Ok(Running { address, counters, cancel, server: tokio::spawn(serving) })
    }

    /// Returns whether the unit behind a nonce is violating: as given, or else as drawn.
    #[must_use]
    pub fn violating(&self, nonce: Nonce, policy: &str) -> bool {
        let known = self.truth.get(&nonce).and_then(|known| known.get(policy));
        known.copied().unwrap_or_else(|| {
            let prevalence = self.behaviour(policy).prevalence;
            draw::Draws { seed: self.seed, nonce, policy }.share("truth") < prevalence
        })
    }

    fn behaviour(&self, policy: &str) -> &Behaviour {
        self.policies.get(policy).unwrap_or(&self.others)
    }

    fn check(&self) -> Result<(), SimulationError> {
        let others = ("*", &self.others);
        let named = self.policies.iter().map(|(policy, behaviour)| (policy.as_str(), behaviour));
        for (policy, behaviour) in named.chain([others]) {
            let shares = [
                ("sensitivity", behaviour.sensitivity),
                ("specificity", behaviour.specificity),
                ("no-answer rate", behaviour.no_answer),
                ("prevalence", behaviour.prevalence),
            ];
            let odd = shares.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value));
            if let Some((name, value)) = odd {
                return Err(SimulationError::NotAShare { policy: policy.into(), name, value });
            }
        }
        Ok(())
    }
}

impl Running {
    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address for a client's `base_url`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the counters, which go on after the endpoint has stopped.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Takes no more requests and waits until those in flight are answered.
    ///
    /// # Errors
    ///
    /// When the server broke down instead of stopping.
    pub async fn stop(mut self) -> io::Result<()> {
        self.cancel.cancel();
        self.ended().await
    }

    /// Waits until it ends, by its cancellation token.
    ///
    /// # Errors
    ///
    /// When the server broke down instead of stopping.
    pub async fn ended(&mut self) -> io::Result<()> {
        (&mut self.server).await.map_err(io::Error::other)?
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Forms by the hash of the schema they were made from.
type Forms = HashMap<u64, Arc<form::Form>>;
