//! Policies and a dialect template compile into a prompt and an output schema; a unit fills in the messages.

#![deny(clippy::disallowed_methods)]
