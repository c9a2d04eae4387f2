//! Counts and weights become estimates with uncertainty; knows no policy, no label, no string.

#![deny(clippy::disallowed_methods)]
