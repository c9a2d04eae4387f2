//! Our numbers against packages nobody here wrote (`tests/reference/`), and against real labels with gold.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and says so when it is skipped"
)]

#[path = "reference/agreement.rs"]
mod agreement;
#[path = "reference/calibration.rs"]
mod calibration;
#[path = "reference/case.rs"]
mod case;
#[path = "reference/classification.rs"]
mod classification;
#[path = "reference/comparisons.rs"]
mod comparisons;
#[path = "reference/complete.rs"]
mod complete;
#[path = "reference/dawid_skene.rs"]
mod dawid_skene;
#[path = "reference/intervals.rs"]
mod intervals;
#[path = "reference/monte_carlo.rs"]
mod monte_carlo;
#[path = "reference/multiclass.rs"]
mod multiclass;
#[path = "reference/planning.rs"]
mod planning;
#[path = "reference/ppi.rs"]
mod ppi;
#[path = "reference/real_labels.rs"]
mod real_labels;
#[path = "reference/rogan_gladen.rs"]
mod rogan_gladen;
#[path = "reference/sampling_efficiency.rs"]
mod sampling_efficiency;
#[path = "reference/shared.rs"]
mod shared;
#[path = "reference/simulated.rs"]
mod simulated;
#[path = "reference/survey.rs"]
mod survey;
