//! What to do after an attempt: wait, slow down, retry or stop, as state machines that are told the time.
//!
//! Time is a [`Duration`] since any fixed moment the caller likes, the same one for
//! all calls. Nothing here reads a clock or sleeps: an answer is "now" or "in 1.2 s".

#![deny(clippy::disallowed_methods)]

mod backoff;
mod concurrency;
mod expected;
mod request_rate;
mod signal;
mod token_budget;

use std::time::Duration;

pub use backoff::Backoff;
pub use backoff::Step;
pub use backoff::Stop;
pub use backoff::next_step;
pub use concurrency::Concurrency;
pub use concurrency::Slot;
pub use expected::ExpectedTokens;
pub use request_rate::RequestRate;
pub use signal::Fatal;
pub use signal::Signal;
pub use token_budget::Ticket;
pub use token_budget::TokenBudget;

/// Whether a request may go now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Send it; it is booked.
    Ready,
    /// Nothing is booked; ask again after this long.
    Wait(Duration),
}
