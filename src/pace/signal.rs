//! What one attempt tells the pace, free of HTTP.

use std::time::Duration;

/// What one attempt tells the pace. Every decision matches all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// A reply came, whatever it says.
    Answered,
    /// Too many requests; does not count as an attempt.
    RateLimited {
        /// How long the endpoint asks to wait.
        wait: Option<Duration>,
    },
    /// The account is spent, or the asked wait is longer than any run: stop, resumable.
    QuotaExhausted,
    /// A fault that may pass: 5xx, a reset, a timeout, a body that is not JSON.
    Transient {
        /// How long the endpoint asks to wait.
        wait: Option<Duration>,
    },
    /// The request can never work for this unit, but others may: 400, 422.
    Rejected,
    /// The provider's filter stopped the prompt.
    Filtered,
    /// The unit does not fit the model's context.
    TooLarge,
    /// No request of this run can work: the user must change something.
    Fatal(Fatal),
}

/// Why no request of a run can work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fatal {
    /// The key is missing or wrong (401, 403).
    Credentials,
    /// The endpoint does not have the model (404 that names it).
    ModelNotFound,
    /// Nothing answers at the path (404, 405).
    NoSuchPath,
    /// The endpoint refuses the output schema (400 that names `response_format`).
    SchemaUnsupported,
}
