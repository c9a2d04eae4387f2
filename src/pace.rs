//! What to do after an attempt: wait, slow down, retry or stop, as state machines that are told the time.

#![deny(clippy::disallowed_methods)]

mod signal;

pub use signal::Fatal;
pub use signal::Signal;
