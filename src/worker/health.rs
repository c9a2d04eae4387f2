//! Whether the endpoint still works, judged from what requests came to.

use crate::pace::Signal;
use crate::reply::Outcome;
use crate::worker::RunError;
use crate::worker::RunSettings;
use crate::worker::StopReason;
use crate::worker::ask::Next;
use std::time::Duration;

/// Rejections in a row that mean the endpoint rejects everything, though it answered before.
const REJECTIONS: u32 = 100;

/// What is known about the endpoint. Times are since the start of the run.
#[derive(Debug)]
pub(super) struct Health {
    proved: bool,
    given_up: u32,
    rejected: u32,
    limited_since: Option<Duration>,
    lost_after: u32,
    patience: Duration,
}

/// The endpoint does not work.
#[derive(Debug)]
pub(super) enum Ill {
    /// It never did in this run.
    Never(RunError),
    /// It did before.
    NoLonger(StopReason),
}

impl Health {
    pub(super) fn new(settings: &RunSettings) -> Self {
        let (lost_after, patience) = (settings.lost_after.get(), settings.patience);
        Self { proved: false, given_up: 0, rejected: 0, limited_since: None, lost_after, patience }
    }

    /// Returns whether the endpoint has dealt with a request in this run.
    pub(super) fn proved(&self) -> bool {
        self.proved
    }

    /// Takes note of one call; `calls` is how many there were in the run.
    pub(super) fn observe(&mut self, signal: &Signal, next: &Next, seen: Seen<'_>) -> Option<Ill> {
        match signal {
            Signal::Answered | Signal::Filtered | Signal::TooLarge => {
                self.proved = true;
                (self.given_up, self.rejected, self.limited_since) = (0, 0, None);
                None
            }
            Signal::RateLimited { .. } => {
                self.limited_since.get_or_insert(seen.now);
                None
            }
            Signal::Transient { .. } if gave_up(next) => self.gave_up(seen),
            Signal::Rejected => self.rejected(seen),
            Signal::Transient { .. } | Signal::QuotaExhausted | Signal::Fatal(_) => None,
        }
    }

    /// Returns when rate limits have gone on for too long.
    pub(super) fn patient_until(&self) -> Option<Duration> {
        self.limited_since.map(|since| since.saturating_add(self.patience))
    }

    fn gave_up(&mut self, seen: Seen<'_>) -> Option<Ill> {
        self.given_up += 1;
        let message = seen.message.to_owned();
        if !self.proved {
            return Some(Ill::Never(RunError::NeverReached { attempts: seen.calls, message }));
        }
        let lost = self.lost_after <= self.given_up;
        lost.then(|| Ill::NoLonger(StopReason::EndpointLost { requests: self.given_up, message }))
    }

    fn rejected(&mut self, seen: Seen<'_>) -> Option<Ill> {
        self.rejected += 1;
        let (requests, message) = (self.rejected, seen.message.to_owned());
        match self.proved {
            false if self.lost_after <= requests => {
                Some(Ill::Never(RunError::Rejected { requests, message }))
            }
            true if REJECTIONS <= requests => {
                Some(Ill::NoLonger(StopReason::Rejecting { requests, message }))
            }
            true | false => None,
        }
    }
}

/// The circumstances of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) now: Duration,
    /// Calls in the run so far.
    pub(super) calls: u64,
    pub(super) message: &'a str,
}

fn gave_up(next: &Next) -> bool {
    match next {
        Next::Over { answers, settled } => {
            !settled && answers.iter().any(|answer| answer.outcome == Outcome::Failed)
        }
        Next::Again(_) | Next::Stop(_) => false,
    }
}
