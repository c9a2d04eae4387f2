//! Bias-corrected prevalence of policy-violating content: policies, prompts, labels, gold, estimates.
//!
//! The modules stand in the order of `ARCHITECTURE.md`: each uses only modules above it, and the
//! *core* (up to and including `report`) is pure: no clock, disk, network, environment or printing.

pub mod cli;
pub mod diag;
pub mod eval;
pub mod gold;
pub mod io;
pub mod llm;
pub mod measure;
pub mod ops;
pub mod pace;
pub mod policy;
pub mod prompt;
pub mod reply;
pub mod report;
pub mod requests;
pub mod sampling;
pub mod stats;
pub mod store;
pub mod unit;
pub mod worker;
pub mod yaml;
