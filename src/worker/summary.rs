//! What came of a run: counts, money, and why it ended.

use crate::pace::Fatal;
use crate::reply::Answer;
use crate::reply::Outcome;
use crate::store::Billed;
use crate::store::StoreError;
use thiserror::Error;

/// Counts of a run so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Requests the run was given.
    pub requests: u64,
    /// Requests that are over, whatever came of them.
    pub finished: u64,
    /// Label rows committed, units of the same content included.
    pub labels: u64,
    /// Label rows by outcome, in the order of [`Outcome::ALL`]; read it through [`Tally::of`].
    pub outcomes: [u64; Outcome::ALL.len()],
    /// HTTP calls.
    pub attempts: u64,
    /// Calls that repeated an earlier one of the same request, for whatever reason.
    pub retries: u64,
    /// Calls refused for coming too fast.
    pub rate_limited: u64,
    /// Requests in flight now: sent, or not yet on disk.
    pub in_flight: u64,
    /// Tokens and money of all calls; the cost is `None` when no price is known.
    pub billed: Billed,
    /// Calls whose token counts are our own estimate.
    pub estimated: u64,
    /// Calls that may have been billed without the endpoint saying so: timeouts, faults, filters.
    pub unpriced: u64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Its counts.
    pub tally: Tally,
    /// Why it ended before its work was done; `None` when every request is over.
    pub stopped: Option<StopReason>,
}

/// Why a run stopped early; running it again goes on where it stopped.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StopReason {
    /// The user asked.
    #[error("interrupted; run the same command again to go on")]
    Interrupted,
    /// The time is up.
    #[error("the deadline is over; run the same command again to go on")]
    Deadline,
    /// The next request could cost more than is left.
    #[error(
        "the budget of {max_usd} USD is used up ({spent_usd:.4} USD spent, the next request may cost {next_usd:.4} USD); raise it to go on"
    )]
    Budget {
        /// The budget.
        max_usd: f64,
        /// What was spent.
        spent_usd: f64,
        /// The most the next request can cost.
        next_usd: f64,
    },
    /// The account is spent.
    #[error("the account's quota is used up: {message}")]
    Quota {
        /// What the endpoint said.
        message: String,
    },
    /// The endpoint began to refuse every request.
    #[error("the endpoint no longer takes requests: {message}")]
    Refused {
        /// Why.
        fatal: Fatal,
        /// What the endpoint said.
        message: String,
    },
    /// The endpoint answers nothing any more.
    #[error(
        "the endpoint was lost: {requests} requests in a row got no answer, last: {message}; run the same command again when it is back"
    )]
    EndpointLost {
        /// Requests given up in a row.
        requests: u32,
        /// What the last attempt met.
        message: String,
    },
    /// The endpoint rejects request after request.
    #[error(
        "the endpoint rejected {requests} requests in a row, last: {message}; put that right and run the same command again"
    )]
    Rejecting {
        /// Requests rejected in a row.
        requests: u32,
        /// What the endpoint said.
        message: String,
    },
    /// Nothing but rate limits for too long.
    #[error(
        "the endpoint only said \"too many requests\" for {seconds} s; lower the limits or try later"
    )]
    RateLimited {
        /// How long.
        seconds: u64,
    },
}

/// Why a run failed. What was recorded before is kept.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The first request was never answered.
    #[error("the endpoint was never reached in {attempts} attempts: {message}")]
    NeverReached {
        /// HTTP calls made.
        attempts: u64,
        /// What the last one met.
        message: String,
    },
    /// The first request shows that none can work.
    #[error("the endpoint refuses the first request: {message}")]
    Refused {
        /// Why. [`Fatal::SchemaUnsupported`] asks the caller to start again one rung lower.
        fatal: Fatal,
        /// What the endpoint said.
        message: String,
    },
    /// The first requests were all rejected.
    #[error("the endpoint rejected the first {requests} requests and answered none: {message}")]
    Rejected {
        /// Requests sent.
        requests: u32,
        /// What the endpoint said.
        message: String,
    },
    /// An answer could not be recorded.
    #[error("the run stopped because an answer could not be recorded")]
    Store(
        /// What the store said.
        #[source]
        StoreError,
    ),
    /// A budget in money needs prices.
    #[error("a budget of {max_usd} USD needs the labeler's `price` in titer.yaml")]
    NoPrice {
        /// The budget.
        max_usd: f64,
    },
}

impl Tally {
    /// Returns how many label rows ended this way.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        Outcome::ALL
            .into_iter()
            .zip(self.outcomes)
            .find_map(|(each, count)| (each == outcome).then_some(count))
            .unwrap_or(0)
    }

    /// Counts the rows that one request was recorded with.
    pub(crate) fn record(&mut self, answers: &[Answer], units: u64) {
        self.labels += answers.len() as u64 * units;
        for answer in answers {
            let counts = Outcome::ALL.into_iter().zip(&mut self.outcomes);
            counts.filter(|(each, _)| *each == answer.outcome).for_each(|(_, n)| *n += units);
        }
    }
}
