//! Labels joined with gold become error rates and agreement.

#![deny(clippy::disallowed_methods)]
