//! The next step after one attempt, and how long to wait before it.

use crate::pace::Fatal;
use crate::pace::Signal;
use backon::BackoffBuilder as _;
use backon::ExponentialBuilder;
use std::time::Duration;

/// How long to wait between attempts, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first attempt; it doubles with each further one.
    pub base: Duration,
    /// The longest wait of all.
    pub cap: Duration,
    /// Attempts for one request, the first included.
    pub max_attempts: u32,
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A reply came: record it.
    Finish,
    /// No reply will come: record why.
    GiveUp,
    /// Try again after this long; the attempt counts.
    RetryAfter(Duration),
    /// Try again after this long; the attempt does not count.
    RetryFree(Duration),
    /// Send nothing more in this run.
    Stop(Stop),
}

/// Why a run ends before its work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The account is spent; the run can be resumed later.
    Quota,
    /// The user must change something first.
    Fatal(Fatal),
}

/// Chooses the next step after attempt number `attempt` (from 1). `jitter` is in `[0, 1)`.
///
/// Waits follow "full jitter": any time up to a ceiling that doubles. A wait that the endpoint asked
/// for is kept in full, with up to `backoff.base` on top so that waiting requests do not wake together.
/// A refusal for sending too fast never uses up attempts; the caller's deadline bounds it.
#[must_use]
pub fn next_step(signal: &Signal, attempt: u32, backoff: Backoff, jitter: f64) -> Step {
    match signal {
        Signal::Answered => Step::Finish,
        Signal::Rejected | Signal::Filtered | Signal::TooLarge => Step::GiveUp,
        Signal::QuotaExhausted => Step::Stop(Stop::Quota),
        Signal::Fatal(why) => Step::Stop(Stop::Fatal(*why)),
        Signal::RateLimited { wait: Some(wait) } => {
            Step::RetryFree(wait.saturating_add(backoff.base.mul_f64(jitter)))
        }
        Signal::RateLimited { wait: None } => {
            Step::RetryFree(backoff.base.saturating_add(backoff.ceiling(attempt).mul_f64(jitter)))
        }
        Signal::Transient { .. } if backoff.max_attempts <= attempt => Step::GiveUp,
        Signal::Transient { wait: Some(wait) } => {
            Step::RetryAfter(wait.saturating_add(backoff.base.mul_f64(jitter)))
        }
        Signal::Transient { wait: None } => {
            Step::RetryAfter(backoff.ceiling(attempt).mul_f64(jitter))
        }
    }
}

impl Backoff {
    /// Returns the longest wait after attempt number `attempt` (from 1), from backon's schedule.
    ///
    /// The schedule's own jitter stays off, as it would draw from a global generator.
    fn ceiling(self, attempt: u32) -> Duration {
        // Past 64 doublings any base has reached any cap: do not walk the schedule further.
        let earlier = attempt.saturating_sub(1).min(64) as usize;
        ExponentialBuilder::new()
            .with_min_delay(self.base)
            .with_max_delay(self.cap)
            .with_jitter_seed(0)
            .without_max_times()
            .build()
            .nth(earlier)
            .map_or(self.cap, |wait| wait.min(self.cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { base: Duration::from_millis(500), cap: Duration::from_secs(30), max_attempts: 5 };

    fn check(signal: &Signal, attempt: u32, jitter: f64, expected: Step) {
        assert_eq!(next_step(signal, attempt, BACKOFF, jitter), expected, "{signal:?} {attempt}");
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let ceilings: Vec<_> = (1..=9).map(|n| BACKOFF.ceiling(n).as_millis()).collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
        assert_eq!(BACKOFF.ceiling(u32::MAX), BACKOFF.cap);
        let low = Backoff { cap: Duration::from_millis(100), ..BACKOFF };
        assert_eq!(low.ceiling(1), low.cap);
    }

    #[test]
    fn a_fault_that_may_pass_is_retried_until_attempts_run_out() {
        let fault = Signal::Transient { wait: None };
        check(&fault, 1, 0.5, Step::RetryAfter(Duration::from_millis(250)));
        check(&fault, 4, 0.5, Step::RetryAfter(Duration::from_secs(2)));
        check(&fault, 5, 0.5, Step::GiveUp);
    }

    #[test]
    fn a_rate_limit_never_uses_up_attempts() {
        let limited = Signal::RateLimited { wait: Some(Duration::from_secs(20)) };
        check(&limited, 500, 0.0, Step::RetryFree(Duration::from_secs(20)));
        check(&Signal::RateLimited { wait: None }, 1, 0.0, Step::RetryFree(BACKOFF.base));
    }

    #[test]
    fn requests_told_the_same_wait_wake_at_different_times() {
        let limited = Signal::RateLimited { wait: Some(Duration::from_secs(1)) };
        check(&limited, 1, 0.1, Step::RetryFree(Duration::from_millis(1050)));
        check(&limited, 1, 0.9, Step::RetryFree(Duration::from_millis(1450)));
    }

    #[test]
    fn a_fault_waits_at_least_as_long_as_it_is_told() {
        let fault = Signal::Transient { wait: Some(Duration::from_secs(9)) };
        check(&fault, 1, 0.0, Step::RetryAfter(Duration::from_secs(9)));
    }

    #[test]
    fn what_cannot_work_is_not_retried() {
        check(&Signal::Answered, 1, 0.5, Step::Finish);
        for signal in [Signal::Rejected, Signal::Filtered, Signal::TooLarge] {
            check(&signal, 1, 0.5, Step::GiveUp);
        }
        check(&Signal::QuotaExhausted, 1, 0.5, Step::Stop(Stop::Quota));
        let fatal = Fatal::Credentials;
        check(&Signal::Fatal(fatal), 1, 0.5, Step::Stop(Stop::Fatal(fatal)));
    }
}
