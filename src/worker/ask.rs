//! One call: send a request, read the reply, decide what it settles, and wait until it is on disk.

use crate::llm::Attempt;
use crate::llm::Endpoint;
use crate::pace::Signal;
use crate::pace::Slot;
use crate::pace::Step;
use crate::pace::Stop;
use crate::pace::next_step;
use crate::prompt::CompiledPrompt;
use crate::reply;
use crate::reply::Answer;
use crate::reply::Outcome;
use crate::reply::Usage;
use crate::requests::Pending;
use crate::requests::Plan;
use crate::store::AttemptRow;
use crate::store::Billed;
use crate::store::LabelRow;
use crate::store::Provenance;
use crate::store::Record;
use crate::store::StoreError;
use crate::store::Writer;
use crate::worker::RunSettings;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A request on its way through its attempts.
#[derive(Debug, Clone, Default)]
pub(super) struct Asking {
    /// Index into the plan's pending requests.
    pub(super) pending: usize,
    /// Attempts that count: those that met a passing fault.
    faults: u32,
    /// Refusals for coming too fast, which do not count.
    refusals: u32,
    /// HTTP calls so far.
    pub(super) calls: u32,
    /// Tokens and money so far.
    billed: Billed,
    /// What an earlier reply said when part of it could not be read: it is asked once more.
    kept: Option<Vec<Answer>>,
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
    /// Starts a pending request of the plan.
    pub(super) fn new(pending: usize) -> Self {
        Self { pending, ..Self::default() }
    }
}

impl<E: Endpoint> Call<E> {
    /// Makes the call and returns once it is recorded.
    pub(super) async fn make(mut self) -> Called {
        let plan = Arc::clone(&self.plan);
        let pending = &plan.pending[self.asking.pending];
        let prompt = &plan.prompts[pending.prompt];
        let body = match prompt.request_body(&plan.units[pending.unit]) {
            Ok(body) => body,
            Err(error) => {
                let because = error.to_string();
                let answers = reply::unanswered(prompt, Outcome::ImageUnavailable, &because);
                let next = Next::Over { answers, settled: true };
                return self.record(pending, prompt, None, next).await;
            }
        };
        let started_at = Timestamp::now();
        let attempt = self.send(body).await;
        self.asking.calls += 1;
        let next = self.decide(&attempt, prompt);
        self.record(pending, prompt, Some((attempt, started_at)), next).await
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

    fn decide(&mut self, attempt: &Attempt, prompt: &CompiledPrompt) -> Next {
        if self.cut.is_cancelled() && attempt.status.is_none() {
            return Next::Again(Duration::ZERO); // the run is over; the next one asks again
        }
        let number = match attempt.signal {
            Signal::Transient { .. } => &mut self.asking.faults,
            Signal::RateLimited { .. } => &mut self.asking.refusals,
            Signal::Answered
            | Signal::QuotaExhausted
            | Signal::Rejected
            | Signal::Filtered
            | Signal::TooLarge
            | Signal::Fatal(_) => &mut 0,
        };
        *number += 1;
        match next_step(&attempt.signal, *number, self.settings.backoff, self.jitter) {
            Step::Finish => self.read(attempt, prompt),
            Step::GiveUp => self.give_up(attempt, prompt),
            Step::RetryAfter(wait) | Step::RetryFree(wait) => Next::Again(wait),
            Step::Stop(stop) => Next::Stop(stop),
        }
    }

    /// Reads a reply; what cannot be read is asked once more, by a fresh call that does not show it.
    fn read(&mut self, attempt: &Attempt, prompt: &CompiledPrompt) -> Next {
        let answers = match &attempt.reply {
            Some(reply) => {
                let unit = self.plan.pending[self.asking.pending].unit;
                reply::read_unit(reply, prompt, &self.plan.units[unit])
            }
            None => reply::unanswered(prompt, Outcome::Unparsable, "the reply holds no message"),
        };
        match self.asking.kept.take() {
            Some(kept) => Next::Over { answers: first_readable(kept, answers), settled: true },
            None if answers.iter().all(readable) => Next::Over { answers, settled: true },
            None => {
                self.asking.kept = Some(answers);
                Next::Again(Duration::ZERO)
            }
        }
    }

    fn give_up(&mut self, attempt: &Attempt, prompt: &CompiledPrompt) -> Next {
        // An earlier reply is an answer, even one that cannot be read; the second call only found none.
        if let Some(answers) = self.asking.kept.take() {
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
        let answers = reply::unanswered(prompt, outcome, &attempt.message);
        Next::Over { answers, settled }
    }

    async fn record(
        mut self,
        pending: &Pending,
        prompt: &CompiledPrompt,
        attempt: Option<(Attempt, Timestamp)>,
        next: Next,
    ) -> Called {
        let mut records = Vec::with_capacity(2);
        let mut latency_ms = 0.0;
        let sent = attempt.map(|(attempt, started_at)| {
            latency_ms = attempt.latency.as_secs_f64() * 1e3;
            let usage = attempt.reply.as_ref().map(|reply| reply.usage);
            let billed = self.billed(&attempt.signal, usage);
            self.asking.billed = sum(self.asking.billed, billed);
            let estimated = usage.is_some_and(|usage| usage.estimated);
            let sent = Sent {
                signal: attempt.signal.clone(),
                message: attempt.message.clone(),
                billed,
                estimated,
            };
            records.push(Record::Attempt(AttemptRow {
                request: pending.fingerprint,
                labeler: self.settings.labeler,
                prompt: prompt.fingerprint(),
                started_at,
                status: attempt.status,
                signal: name(&attempt.signal),
                raw: attempt.raw,
                billed,
                estimated,
                latency_ms,
                message: attempt.message,
            }));
            sent
        });
        if let Next::Over { answers, settled } = &next {
            self.rows(pending, prompt, answers, |mut row| {
                row.settled = *settled;
                row.latency_ms = latency_ms;
                records.push(Record::Label(row));
            });
        }
        let recorded = self.writer.record(records).await;
        let Self { asking, slot, reserved, .. } = self;
        Called { asking, slot: Some(slot), reserved, sent, next, recorded }
    }

    /// Makes a row for each unit and answer; the first unit carries what the request was billed.
    fn rows(
        &self,
        pending: &Pending,
        prompt: &CompiledPrompt,
        answers: &[Answer],
        mut push: impl FnMut(LabelRow),
    ) {
        let labeled_at = Timestamp::now();
        let provenance = Provenance {
            unit_hash: self.plan.units[pending.unit].content_hash(),
            labeler: self.settings.labeler,
            prompt: prompt.fingerprint(),
            request: pending.fingerprint,
        };
        for (place, unit) in pending.units().enumerate() {
            let (attempts, billed) = if place == 0 {
                (self.asking.calls, self.asking.billed)
            } else {
                (0, Billed { cost_usd: self.settings.price.map(|_| 0.0), ..Billed::default() })
            };
            for (number, (answer, policy)) in answers.iter().zip(prompt.policies()).enumerate() {
                push(LabelRow {
                    unit: self.plan.units[unit].id.clone(),
                    answer: answer.clone(),
                    policy_version: policy.version.to_string(),
                    settled: true,
                    provenance,
                    attempts,
                    billed: share(billed, number as u64, answers.len() as u64),
                    latency_ms: 0.0,
                    labeled_at,
                });
            }
        }
    }

    /// What the call was billed. A refusal before any generation costs nothing; a fault or a filter may
    /// have cost what nobody says.
    fn billed(&self, signal: &Signal, usage: Option<Usage>) -> Billed {
        let price = self.settings.price;
        let Some(Usage { input, cached, output, .. }) = usage else {
            let free = match signal {
                Signal::RateLimited { .. }
                | Signal::QuotaExhausted
                | Signal::Rejected
                | Signal::TooLarge
                | Signal::Fatal(_) => price.map(|_| 0.0),
                Signal::Answered | Signal::Transient { .. } | Signal::Filtered => None,
            };
            return Billed { cost_usd: free, ..Billed::default() };
        };
        Billed {
            input_tokens: input,
            cached_tokens: cached,
            output_tokens: output,
            cost_usd: price.map(|price| price.usd(input, cached, output)),
        }
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

/// The part of row `number` among `rows`; the parts sum to the whole.
fn share(billed: Billed, number: u64, rows: u64) -> Billed {
    let part = |tokens: u64| tokens / rows + u64::from(number < tokens % rows);
    Billed {
        input_tokens: part(billed.input_tokens),
        cached_tokens: part(billed.cached_tokens),
        output_tokens: part(billed.output_tokens),
        cost_usd: billed.cost_usd.map(|cost| cost / rows as f64),
    }
}

/// The signal's name in the ledger.
fn name(signal: &Signal) -> &'static str {
    match signal {
        Signal::Answered => "answered",
        Signal::RateLimited { .. } => "rate_limited",
        Signal::QuotaExhausted => "quota_exhausted",
        Signal::Transient { .. } => "transient",
        Signal::Rejected => "rejected",
        Signal::Filtered => "filtered",
        Signal::TooLarge => "too_large",
        Signal::Fatal(_) => "fatal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_what_was_billed() {
        let whole =
            Billed { input_tokens: 100, cached_tokens: 2, output_tokens: 11, cost_usd: Some(0.75) };
        let sum = (0..3).map(|row| share(whole, row, 3)).fold(Billed::default(), sum);
        assert_eq!((sum.input_tokens, sum.cached_tokens, sum.output_tokens), (100, 2, 11));
        assert!(sum.cost_usd.is_some_and(|cost| (cost - 0.75).abs() < 1e-12));
    }
}
