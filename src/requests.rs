//! Which requests are still to make, in which order, and what they may cost.

#![deny(clippy::disallowed_methods)]
