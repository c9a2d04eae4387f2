//! What a run is told: its limits, its budget, how to stop it and where to look on.

use crate::pace::Backoff;
use crate::requests::Price;
use crate::store::Writer;
use crate::unit::Fingerprint;
use crate::worker::Tally;
use std::num::NonZeroU32;
use std::num::NonZeroU64;
use std::num::NonZeroUsize;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The limits of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSettings {
    /// The labeler that answers, for the rows.
    pub labeler: Fingerprint,
    /// Requests in flight at once, at most; rate limits lower it for a while.
    pub in_flight: NonZeroUsize,
    /// Requests per minute.
    pub rpm: Option<NonZeroU32>,
    /// Tokens per minute, input and output.
    pub tpm: Option<NonZeroU64>,
    /// Waits between attempts, and how many there may be.
    pub backoff: Backoff,
    /// What tokens cost.
    pub price: Option<Price>,
    /// Spend no more than this in the run; needs a price.
    pub max_usd: Option<f64>,
    /// Take no more requests after this long.
    pub deadline: Option<Duration>,
    /// How long requests in flight may go on after a stop; then they are cut off and recorded as such.
    pub drain: Duration,
    /// So many requests in a row given up on passing faults, and no answer between them, mean that the
    /// endpoint is lost.
    pub lost_after: NonZeroU32,
    /// How long rate limits may go on without one answer before the run stops.
    pub patience: Duration,
    /// The seed of the jitter in waits.
    pub seed: u64,
}

/// How a run is recorded, stopped and watched.
#[derive(Debug, Clone)]
pub struct Controls {
    /// Where attempts and labels go.
    pub writer: Writer,
    /// Cancelled to stop: no more is taken, what is in flight ends, everything is recorded.
    pub cancel: CancellationToken,
    /// Shows the counts so far after every call; whoever watches polls the receiver.
    pub progress: watch::Sender<Tally>,
}
