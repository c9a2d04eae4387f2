//! The measurement program: corrected prevalence, its verdict and its refusals.

#![deny(clippy::disallowed_methods)]
