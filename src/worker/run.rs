//! The loop itself: start what may go, wait for the first thing that happens, note it, again.

use crate::llm::Endpoint;
use crate::pace::Fatal;
use crate::pace::Signal;
use crate::pace::Stop;
use crate::requests::Plan;
use crate::worker::Controls;
use crate::worker::OnRecord;
use crate::worker::RunError;
use crate::worker::RunSettings;
use crate::worker::RunSummary;
use crate::worker::StopReason;
use crate::worker::Tally;
use crate::worker::ask;
use crate::worker::ask::Asking;
use crate::worker::ask::Call;
use crate::worker::ask::Called;
use crate::worker::ask::Next;
use crate::worker::ask::Sent;
use crate::worker::gate::Admit;
use crate::worker::gate::Candidate;
use crate::worker::gate::Gate;
use crate::worker::health::Health;
use crate::worker::health::Ill;
use crate::worker::health::Seen;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinError;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Sends the plan's pending requests and returns when each is over or the run stops.
///
/// `on_record` are calls that an earlier run answered without finishing their request: they are not made again.
///
/// Every call and every answer is in the store when this returns, also after an error.
///
/// # Errors
///
/// [`RunError`] when the endpoint never answered in this run, an answer could not be recorded, or a
/// budget has no price. An endpoint lost later is no error but a [`StopReason`].
pub async fn run<E: Endpoint + 'static>(
    plan: Arc<Plan>,
    endpoint: Arc<E>,
    settings: RunSettings,
    controls: Controls,
    on_record: OnRecord,
) -> Result<RunSummary, RunError> {
    if let (Some(max_usd), None) = (settings.max_usd, settings.price) {
        return Err(RunError::NoPrice { max_usd });
    }
    let run = Run {
        gate: Gate::new(&settings, &plan),
        health: Health::new(&settings),
        jitter: Pcg64Mcg::seed_from_u64(settings.seed),
        tally: Tally { requests: plan.pending.len() as u64, ..Tally::default() },
        started: Instant::now(),
        fresh: 0,
        waiting: BTreeMap::new(),
        candidate: None,
        calls: JoinSet::new(),
        cut: CancellationToken::new(),
        end: None,
        on_record,
        plan,
        endpoint,
        settings: Arc::new(settings),
        controls,
    };
    run.until_done().await
}

#[derive(Debug)]
struct Run<E> {
    plan: Arc<Plan>,
    endpoint: Arc<E>,
    settings: Arc<RunSettings>,
    controls: Controls,
    gate: Gate,
    health: Health,
    jitter: Pcg64Mcg,
    tally: Tally,
    started: Instant,
    /// The first pending request that was not sent yet.
    fresh: usize,
    /// Requests to send again, by when they are due and how many came before.
    waiting: BTreeMap<(Duration, u64), Asking>,
    /// The request that goes next, when a limit holds it back.
    candidate: Option<Candidate>,
    calls: JoinSet<Called>,
    /// Cancelled when calls in flight are cut off.
    cut: CancellationToken,
    end: Option<End>,
    on_record: OnRecord,
}

/// Why no more requests are taken.
#[derive(Debug)]
struct End {
    result: Result<StopReason, RunError>,
    /// When calls still in flight are cut off.
    cut_at: Duration,
}

impl<E: Endpoint + 'static> Run<E> {
    async fn until_done(mut self) -> Result<RunSummary, RunError> {
        loop {
            self.note_end();
            let wake = self.start();
            self.show();
            if self.calls.is_empty() && (self.end.is_some() || self.nothing_left()) {
                break;
            }
            if let Some(called) = self.event(wake).await {
                self.called(called);
            }
            while let Some(called) = self.calls.try_join_next() {
                self.called(called);
            }
        }
        self.show();
        let stopped = self.end.map(|end| end.result).transpose()?;
        Ok(RunSummary { tally: self.tally, stopped })
    }

    /// Waits for a call to end, for the user to stop the run, or for `wake`.
    async fn event(&mut self, wake: Option<Duration>) -> Option<Result<Called, JoinError>> {
        let running = self.end.is_none();
        let wake = wake.map(|wake| self.started + wake);
        let timer = async {
            match wake {
                Some(wake) => tokio::time::sleep_until(wake).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.controls.cancel.cancelled(), if running => None,
            Some(called) = self.calls.join_next() => Some(called),
            () = timer => None,
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn nothing_left(&self) -> bool {
        self.candidate.is_none() && self.waiting.is_empty() && self.fresh == self.plan.pending.len()
    }

    /// Stops when the user or the time says so, and cuts off what outlasts the stop.
    fn note_end(&mut self) {
        let now = self.now();
        if let Some(end) = &self.end {
            if end.cut_at <= now {
                self.cut.cancel();
            }
        } else if self.calls.is_empty() && self.nothing_left() {
            // What is done cannot be stopped early, however late it is.
        } else if self.controls.cancel.is_cancelled() {
            self.stop(Ok(StopReason::Interrupted));
        } else if self.settings.deadline.is_some_and(|deadline| deadline <= now) {
            self.stop(Ok(StopReason::Deadline));
        } else if self.health.patient_until().is_some_and(|until| until <= now) {
            let seconds = self.settings.patience.as_secs();
            self.stop(Ok(StopReason::RateLimited { seconds }));
        }
    }

    /// Starts every request that may go now and returns when to look again at the latest.
    fn start(&mut self) -> Option<Duration> {
        if let Some(end) = &self.end {
            return (!self.cut.is_cancelled()).then_some(end.cut_at);
        }
        let now = self.now();
        let mut next = None;
        // Until the endpoint has dealt with one request, there is one at a time.
        while self.health.proved() || self.calls.is_empty() {
            let Some(candidate) = self.candidate.take().or_else(|| self.next_candidate(now)) else {
                next = self.waiting.keys().next().map(|(due, _)| *due);
                break;
            };
            match self.gate.admit(&candidate, now) {
                Admit::Go(slot, reserved) => {
                    let call = Call {
                        plan: Arc::clone(&self.plan),
                        endpoint: Arc::clone(&self.endpoint),
                        settings: Arc::clone(&self.settings),
                        writer: self.controls.writer.clone(),
                        cut: self.cut.clone(),
                        asking: candidate.asking,
                        slot,
                        reserved,
                        proved: self.health.proved(),
                        jitter: self.jitter.random(),
                    };
                    self.calls.spawn(call.make());
                    continue;
                }
                Admit::Full => {}
                Admit::Wait(wait) => next = Some(now.saturating_add(wait)),
                Admit::TooDear { spent_usd, next_usd } => {
                    let max_usd = self.settings.max_usd.unwrap_or_default();
                    self.stop(Ok(StopReason::Budget { max_usd, spent_usd, next_usd }));
                    return None;
                }
            }
            self.candidate = Some(candidate);
            break;
        }
        [next, self.settings.deadline, self.health.patient_until()].into_iter().flatten().min()
    }

    /// Takes the next request: one that is due again, else one that was never sent.
    fn next_candidate(&mut self, now: Duration) -> Option<Candidate> {
        let due = self.waiting.first_entry().filter(|first| first.key().0 <= now);
        let asking = if let Some(due) = due {
            due.remove()
        } else if self.fresh < self.plan.pending.len()
            && (self.health.proved() || self.waiting.is_empty())
        {
            let fingerprint = self.plan.pending[self.fresh].fingerprint;
            self.fresh += 1;
            Asking::new(self.fresh - 1, self.on_record.remove(&fingerprint).unwrap_or_default())
        } else {
            return None;
        };
        Some(self.gate.candidate(asking, &self.plan, &self.settings))
    }

    /// Takes note of a call that ended.
    fn called(&mut self, called: Result<Called, JoinError>) {
        let mut called = match called {
            Ok(called) => called,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return, // calls are never aborted
            },
        };
        let now = self.now();
        self.gate.finish(&mut called, now);
        if let Err(error) = called.recorded {
            self.stop(Err(RunError::Store(error)));
            self.cut.cancel(); // what is still in flight could not be recorded either
            return;
        }
        if let Some(sent) = &called.sent {
            self.count(sent);
            let seen = Seen { now, calls: self.tally.attempts, message: &sent.message };
            match self.health.observe(&sent.signal, &called.next, seen) {
                Some(Ill::Never(error)) => self.stop(Err(error)),
                Some(Ill::NoLonger(reason)) => self.stop(Ok(reason)),
                None => {}
            }
        }
        match called.next {
            Next::Over { answers, .. } => {
                let units = self.plan.pending[called.asking.pending].units().count();
                self.tally.record(&answers, units as u64);
                self.tally.finished += 1;
            }
            Next::Again(wait) => {
                self.waiting.insert((now.saturating_add(wait), self.tally.attempts), called.asking);
            }
            Next::Stop(stop) => {
                let message = called.sent.map(|sent| sent.message).unwrap_or_default();
                self.stop_for(stop, message);
            }
        }
    }

    fn count(&mut self, sent: &Sent) {
        self.tally.attempts += 1;
        self.tally.retries += u64::from(sent.repeated);
        self.tally.rate_limited += u64::from(matches!(sent.signal, Signal::RateLimited { .. }));
        self.tally.estimated += u64::from(sent.estimated);
        self.tally.unpriced += u64::from(sent.billed.cost_usd.is_none());
        self.tally.billed = ask::sum(self.tally.billed, sent.billed);
    }

    fn stop_for(&mut self, stop: Stop, message: String) {
        self.stop(match stop {
            Stop::Quota => Ok(StopReason::Quota { message }),
            Stop::Fatal(fatal) => self.refused(fatal, message),
        });
    }

    fn refused(&self, fatal: Fatal, message: String) -> Result<StopReason, RunError> {
        if self.health.proved() {
            Ok(StopReason::Refused { fatal, message })
        } else {
            Err(RunError::Refused { fatal, message })
        }
    }

    /// Takes no more. The first reason stands, but an answer that was not recorded outweighs any.
    fn stop(&mut self, result: Result<StopReason, RunError>) {
        let cut_at = self.now().saturating_add(self.settings.drain);
        let unrecorded = matches!(result, Err(RunError::Store(_)));
        match &mut self.end {
            Some(end) if unrecorded => end.result = result,
            Some(_) => {}
            None => self.end = Some(End { result, cut_at }),
        }
    }

    fn show(&mut self) {
        self.tally.in_flight = self.calls.len() as u64;
        self.controls.progress.send_replace(self.tally);
    }
}
