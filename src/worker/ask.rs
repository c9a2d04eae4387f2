//! One call: send a request, read the reply, decide what it settles, and wait until it is on disk.

use crate::llm::Attempt;
use crate::llm::Endpoint;
use crate::pace::Signal;
use crate::pace::Slot;
use crate::pace::Step;
use crate::pace::Stop;
use crate::pace::next_step;
use crate::prompt::Call as Asked;
use crate::prompt::CompiledPrompt;
use crate::reply;
use crate::reply::Answer;
use crate::reply::Outcome;
use crate::requests::Pending;
use crate::requests::Plan;
use crate::store::Billed;
use crate::store::CallRow;
use crate::store::StoreError;
use crate::store::Writer;
use crate::worker::RunSettings;
use crate::worker::calls::Said;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A request on its way through its attempts.
#[derive(Debug, Clone, Default)]
pub(super) struct Asking {
    /// Index into the plan's pending requests.
    pub(super) pending: usize,
    /// The calls that are answered, where the request takes several.
    pub(super) said: Said,
    /// The call that is being made.
    pub(super) call: Trying,
}

/// One call on its way through its attempts.
#[derive(Debug, Clone, Default)]
pub(super) struct Trying {
    /// Attempts that count: those that met a passing fault.
    faults: u32,
    /// Refusals for coming too fast, which do not count.
    refusals: u32,
    /// HTTP calls so far.
    pub(super) attempts: u32,
    /// Tokens and money so far.
    pub(super) billed: Billed,
    /// What an earlier reply said when part of it could not be read: it is asked once more.
    kept: Option<Vec<Answer>>,
}

/// What a call is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) pending: &'a Pending,
    pub(super) prompt: &'a CompiledPrompt,
    /// All calls of the request.
    pub(super) calls: &'a [Asked<'a>],
    /// The place of this one among them.
    pub(super) place: usize,
}

/// Everything one call needs.
#[derive(Debug)]
pub(super) struct Call<E> {
    pub(super) plan: Arc<Plan>,
    pub(super) endpoint: Arc<E>,
    pub(super) settings: Arc<RunSettings>,
    pub(super) writer: Writer,
    /// Cancelled when calls in flight are to be cut off.
    pub(super) cut: CancellationToken,
    pub(super) asking: Asking,
    pub(super) slot: Slot,
    /// Tokens booked for the call.
    pub(super) reserved: Reserved,
    /// Whether the endpoint has answered in this run, so that a rejection is the unit's own fault.
    pub(super) proved: bool,
    /// In `[0, 1)`.
    pub(super) jitter: f64,
}

/// What was set aside for one call until its usage is known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reserved {
    pub(super) tokens: u64,
    pub(super) usd: f64,
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) asking: Asking,
    /// Given back by the gate.
    pub(super) slot: Option<Slot>,
    pub(super) reserved: Reserved,
    /// `None` when nothing was sent.
    pub(super) sent: Option<Sent>,
    pub(super) next: Next,
    /// Whether everything about the call is on disk.
    pub(super) recorded: Result<(), StoreError>,
}

/// A call that reached the endpoint, or tried to.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) signal: Signal,
    pub(super) message: String,
    pub(super) billed: Billed,
    pub(super) estimated: bool,
    /// Whether an earlier attempt asked the very same.
    pub(super) repeated: bool,
}

/// What becomes of the request.
#[derive(Debug)]
pub(super) enum Next {
    /// It is over, with one answer a policy.
    Over { answers: Vec<Answer>, settled: bool },
    /// It is sent again after this long.
    Again(Duration),
    /// The whole run ends.
    Stop(Stop),
}

impl Asking {
    /// Starts a pending request of the plan, with its calls that are answered already.
    pub(super) fn new(pending: usize, on_record: Vec<CallRow>) -> Self {
        Self { pending, said: Said::resumed(on_record), call: Trying::default() }
    }
}

impl<E: Endpoint> Call<E> {
    /// Makes the call and returns once it is recorded.
    pub(super) async fn make(mut self) -> Called {
        let plan = Arc::clone(&self.plan);
        let pending = &plan.pending[self.asking.pending];
        let prompt = &plan.prompts[pending.prompt];
        let calls = prompt.calls(&plan.units[pending.unit]);
        let place = self.asking.said.next(calls.len());
        let about = About { pending, prompt, calls: &calls, place: place.unwrap_or_default() };
        let Some(call) = place.and_then(|place| calls.get(place)) else {
            // Cannot be by what this program writes, but nothing may be paid for again.
            let answers = reply::combine(prompt, &calls, self.asking.said.answers());
            let about = About { calls: &[], ..about };
            return self.record(about, None, Next::Over { answers, settled: true }).await;
        };
        let body = match call.question.request_body(&call.unit) {
            Ok(body) => body,
            Err(error) => {
                let because = error.to_string();
                let outcome = if error.is_about_an_image() {
                    Outcome::ImageUnavailable
                } else {
                    Outcome::Failed
                };
                let answers = reply::unanswered(call.question.policies(), outcome, &because);
                let next = Next::Over { answers, settled: true };
                return self.record(about, None, next).await;
            }
        };
        let started_at = Timestamp::now();
        let attempt = self.send(body).await;
        self.asking.call.attempts += 1;
        let next = self.decide(&attempt, call);
        self.record(about, Some((attempt, started_at)), next).await
    }

    async fn send(&self, body: Vec<u8>) -> Attempt {
        let started = tokio::time::Instant::now();
        tokio::select! {
            biased;
            attempt = self.endpoint.send(body) => attempt,
            () = self.cut.cancelled() => Attempt {
                status: None,
                raw: Vec::new(),
                latency: started.elapsed(),
                signal: Signal::Transient { wait: None },
                reply: None,
                message: "cut off when the run stopped; it may have been billed".to_owned(),
            },
        }
    }

    fn decide(&mut self, attempt: &Attempt, call: &Asked<'_>) -> Next {
        if self.cut.is_cancelled() && attempt.status.is_none() {
            return Next::Again(Duration::ZERO); // the run is over; the next one asks again
        }
        let number = match attempt.signal {
            Signal::Transient { .. } => &mut self.asking.call.faults,
            Signal::RateLimited { .. } => &mut self.asking.call.refusals,
            Signal::Answered
            | Signal::QuotaExhausted
            | Signal::Rejected
            | Signal::Filtered
            | Signal::TooLarge
            | Signal::Fatal(_) => &mut 0,
        };
        *number += 1;
        match next_step(&attempt.signal, *number, self.settings.backoff, self.jitter) {
            Step::Finish => self.read(attempt, call),
            Step::GiveUp => self.give_up(attempt, call),
            Step::RetryAfter(wait) | Step::RetryFree(wait) => Next::Again(wait),
            Step::Stop(stop) => Next::Stop(stop),
        }
    }

    /// Reads a reply; what cannot be read is asked once more, by a fresh call that does not show it.
    fn read(&mut self, attempt: &Attempt, call: &Asked<'_>) -> Next {
        let answers = match &attempt.reply {
            Some(reply) => reply::read_call(reply, call),
            None => {
                let because = "the reply holds no message";
                reply::unanswered(call.question.policies(), Outcome::Unparsable, because)
            }
        };
        match self.asking.call.kept.take() {
            Some(kept) => Next::Over { answers: first_readable(kept, answers), settled: true },
            None if answers.iter().all(readable) => Next::Over { answers, settled: true },
            None => {
                self.asking.call.kept = Some(answers);
                Next::Again(Duration::ZERO)
            }
        }
    }

    fn give_up(&mut self, attempt: &Attempt, call: &Asked<'_>) -> Next {
        // An earlier reply is an answer, even one that cannot be read; the second call only found none.
        if let Some(answers) = self.asking.call.kept.take() {
            return Next::Over { answers, settled: true };
        }
        let (outcome, settled) = match attempt.signal {
            Signal::Filtered => (Outcome::Filtered, true),
            Signal::TooLarge => (Outcome::TooLarge, true),
            Signal::Rejected => (Outcome::Failed, self.proved),
            Signal::Answered
            | Signal::RateLimited { .. }
            | Signal::QuotaExhausted
            | Signal::Transient { .. }
            | Signal::Fatal(_) => (Outcome::Failed, false),
        };
        let answers = reply::unanswered(call.question.policies(), outcome, &attempt.message);
        Next::Over { answers, settled }
    }
}

fn readable(answer: &Answer) -> bool {
    match answer.outcome {
        Outcome::Truncated | Outcome::Unparsable => false,
        Outcome::Label
        | Outcome::Abstain
        | Outcome::Refusal
        | Outcome::Filtered
        | Outcome::TooLarge
        | Outcome::ImageUnavailable
        | Outcome::Failed => true,
    }
}

/// Keeps each policy's first readable answer: what was paid for is not asked away by the second call.
fn first_readable(first: Vec<Answer>, second: Vec<Answer>) -> Vec<Answer> {
    let pairs = first.into_iter().zip(second);
    pairs.map(|(first, second)| if readable(&first) { first } else { second }).collect()
}

/// Adds what one more call was billed.
pub(super) fn sum(before: Billed, more: Billed) -> Billed {
    Billed {
        input_tokens: before.input_tokens + more.input_tokens,
        cached_tokens: before.cached_tokens + more.cached_tokens,
        output_tokens: before.output_tokens + more.output_tokens,
        cost_usd: match (before.cost_usd, more.cost_usd) {
            (Some(before), Some(more)) => Some(before + more),
            (before, more) => before.or(more),
        },
    }
}
