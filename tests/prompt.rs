//! Compiled prompts as they are sent: whole requests as snapshots, and what may and may not change them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic; the lints only spare #[test] functions, not their helpers"
)]

mod prompt {
    pub(crate) mod cases;
    mod dialects;
    mod fence;
    mod fingerprint;
    mod guide;
    mod json_chat;
    mod plan;
    mod reply;
    mod request;
    mod split;
    mod template;
}
