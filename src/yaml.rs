//! YAML text to values with a place for every key and value.

#![deny(clippy::disallowed_methods)]
