//! titer as its users run it: the real program against the real simulated endpoint.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/designs.rs"]
mod designs;
#[path = "cli/dialects.rs"]
mod dialects;
#[path = "cli/endings.rs"]
mod endings;
#[path = "cli/endpoints.rs"]
mod endpoints;
#[path = "cli/full_disk.rs"]
mod full_disk;
#[path = "cli/gold_quality.rs"]
mod gold_quality;
#[path = "cli/labels.rs"]
mod labels;
#[path = "cli/periods.rs"]
mod periods;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/quality.rs"]
mod quality;
#[path = "cli/refusals.rs"]
mod refusals;
#[path = "cli/segments.rs"]
mod segments;
#[path = "cli/split.rs"]
mod split;
#[path = "cli/totals.rs"]
mod totals;
#[path = "cli/verbs.rs"]
mod verbs;
#[path = "cli/whole_loop.rs"]
mod whole_loop;
#[path = "cli/writer.rs"]
mod writer;
