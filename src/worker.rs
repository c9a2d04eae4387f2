//! The async loop that sends requests: takes pending ones, obeys the pace, records every answer.
//!
//! One loop decides and tasks send: a task makes one HTTP call, reads the reply and waits until the
//! store has it on disk; only then does the request stop being in flight. The first request goes alone,
//! so that a wrong key, model or path ends the run before thousands are sent.
//!
//! A request of several calls is asked call by call, each through the same gate. An answered call is recorded with the
//! attempt that brought it, and the rows of the request with the last of them, so that a stop at any point loses no
//! answer and the next run asks for the calls that are missing.
//!
//! What is asked again by a later run: a request is *answered* once a settled row stands for it. Replies
//! of any kind settle (labels, abstentions, refusals, and what stays truncated or unparsable after one
//! more call), as do a filter, a unit too large, and a rejection by an endpoint that has answered others.
//! A unit that got no reply because every attempt met a passing fault gets a `failed` row that is not
//! settled: visible in every count, and asked again. Requests a stopped run never finished get no row.

mod ask;
mod calls;
mod entry;
mod gate;
mod health;
mod reuse;
mod run;
mod settings;
mod summary;

pub use reuse::OnRecord;
pub use reuse::answered_calls;
pub use reuse::reuse;
pub use run::run;
pub use settings::Controls;
pub use settings::RunSettings;
pub use summary::RunError;
pub use summary::RunSummary;
pub use summary::StopReason;
pub use summary::Tally;
