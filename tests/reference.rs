//! Our numbers against packages nobody here wrote (`tests/reference/`), and against real labels with gold.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and says so when it is skipped"
)]

#[path = "reference/calibration.rs"]
mod calibration;
#[path = "reference/case.rs"]
mod case;
#[path = "reference/classification.rs"]
mod classification;
#[path = "reference/comparisons.rs"]
mod comparisons;
#[path = "reference/intervals.rs"]
mod intervals;
#[path = "reference/real_labels.rs"]
mod real_labels;
#[path = "reference/rogan_gladen.rs"]
mod rogan_gladen;
