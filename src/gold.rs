//! Human annotations become gold: draws, queue decisions, adjudication.

#![deny(clippy::disallowed_methods)]
