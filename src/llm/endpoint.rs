//! What the worker sends requests through: a real endpoint, or a scripted one in tests.

use crate::pace::Signal;
use crate::reply::ChatReply;
use std::future::Future;
use std::time::Duration;

/// Something that answers chat-completion requests.
pub trait Endpoint: Send + Sync {
    /// Sends one request body (JSON) and returns what came of it; never fails, never retries.
    fn send(&self, body: Vec<u8>) -> impl Future<Output = Attempt> + Send;
}

/// One HTTP call and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The HTTP status; `None` when no response came.
    pub status: Option<u16>,
    /// The response body exactly as received, cut at the endpoint's size limit.
    pub raw: Vec<u8>,
    /// From sending to the last byte.
    pub latency: Duration,
    /// What it tells the pace.
    pub signal: Signal,
    /// The reply, when the signal is [`Signal::Answered`].
    pub reply: Option<ChatReply>,
    /// One line for a person: what happened and what to do; empty when answered.
    pub message: String,
}
