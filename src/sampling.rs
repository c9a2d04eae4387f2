//! Which units to label, with which inclusion probabilities.

#![deny(clippy::disallowed_methods)]
