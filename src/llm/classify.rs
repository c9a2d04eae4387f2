//! What one response means: what it tells the pace, the reply in it, and a line for a person.

use crate::llm::fault::Fault;
use crate::llm::fault::one_line;
use crate::llm::wait::LONGEST_WAIT;
use crate::llm::wait::asked_wait;
use crate::llm::wait::retry_after;
use crate::llm::wire::Choice;
use crate::llm::wire::Completion;
use crate::pace::Fatal;
use crate::pace::Signal;
use crate::reply::ChatReply;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// A response as it came.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The headers, of which only waits are read.
    pub headers: &'a HeaderMap,
    /// The body, or its beginning.
    pub body: &'a [u8],
    /// Whether the body went on past the size limit.
    pub cut: bool,
}

/// What was asked, and where.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The address, without any secret.
    pub url: &'a str,
    /// The model's name in the request.
    pub model: &'a str,
    /// The size of the request in bytes, for estimating tokens that the endpoint does not count.
    pub bytes: usize,
}

/// What a response means.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What it tells the pace.
    pub signal: Signal,
    /// The reply, when the signal is [`Signal::Answered`].
    pub reply: Option<ChatReply>,
    /// One line for a person: what happened, where and what to do; empty when answered.
    pub message: String,
}

/// Codes of a prompt or answer that a provider's filter stopped.
const FILTER_CODES: [&str; 5] = [
    "content_filter",
    "responsibleaipolicyviolation",
    "content_policy_violation",
    "invalid_prompt",
    "moderation_blocked",
];
/// Phrases of the same, where a gateway drops the code.
const FILTER_PHRASES: [&str; 2] =
    ["contentpolicyviolationerror", "azure openai's content management policy"];
const QUOTA_CODES: [&str; 4] =
    ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "out_of_credits"];
/// Gemini says this of its limits per minute too, and then names a short wait.
const QUOTA_PHRASES: [&str; 2] = ["exceeded your current quota", "insufficient_quota"];
const CONTEXT_CODES: [&str; 3] =
    ["context_length_exceeded", "exceed_context_size_error", "string_above_max_length"];
const CONTEXT_PHRASES: [&str; 8] = [
    "maximum context length",
    "context length exceeded",
    "available context size",
    "context window",
    "contextwindowexceedederror",
    "prompt is too long",
    "input is too long",
    "exceeds the maximum number of tokens",
];
const MODEL_CODES: [&str; 2] = ["model_not_found", "deploymentnotfound"];
const MODEL_PHRASES: [&str; 4] =
    ["invalid model name", "not a valid model", "model not found", "unknown model"];
const SCHEMA_PHRASES: [&str; 8] = [
    "response_format",
    "json_schema",
    "json schema",
    "structured output",
    "guided_json",
    "guided decoding",
    "grammar",
    "invalid schema",
];
/// The model's own output broke the schema: another attempt may not.
const OUTPUT_CODES: [&str; 2] = ["json_validate_failed", "output_parse_failed"];
/// A fault of the server that is the request's fault and so will not pass.
const LASTING_PHRASES: [&str; 1] = ["image input is not supported"];
const KEY_CODES: [&str; 4] =
    ["no_db_connection", "invalid_api_key", "authentication_error", "invalid_authentication"];

/// Reads a response; `now` is the time since 1970, for waits given as moments.
#[must_use]
pub fn classify(response: &Response<'_>, asked: &Asked<'_>, now: Duration) -> Verdict {
    if (200..300).contains(&response.status) {
        return success(response, asked, now);
    }
    let fault = Fault::read(response.body);
    let signal = fault_signal(response.status, response.headers, &fault, now);
    verdict(signal, response.status, &fault.said, asked)
}

/// Returns the verdict on an attempt that got no whole response.
pub(super) fn unanswered(what: &str, asked: &Asked<'_>) -> Verdict {
    Verdict {
        signal: Signal::Transient { wait: None },
        reply: None,
        message: format!("{what} ({}, model `{}`)", asked.url, asked.model),
    }
}

fn success(response: &Response<'_>, asked: &Asked<'_>, now: Duration) -> Verdict {
    let transient =
        |said: &str| verdict(Signal::Transient { wait: None }, response.status, said, asked);
    if response.cut {
        return transient(&format!("the body goes on past {} bytes", response.body.len()));
    }
    if response.body.trim_ascii_start().first() != Some(&b'{') {
        return transient(&format!("not a chat completion: {}", Fault::read(response.body).said));
    }
    let Ok(completion) = serde_json::from_slice::<Completion>(response.body) else {
        return transient("the body is not whole JSON");
    };
    let first = completion.choices.as_ref().and_then(|choices| choices.first());
    let error = completion.error.as_ref().or_else(|| first?.error.as_ref());
    if let Some(error) = error {
        let fault = Fault::from_json(error);
        let status = fault.status.unwrap_or(500);
        let signal = fault_signal(status, response.headers, &fault, now);
        return verdict(signal, response.status, &fault.said, asked);
    }
    if first.is_some_and(Choice::failed) {
        return transient("generation ended in an error");
    }
    if completion.choices.is_none() {
        let start = one_line(&String::from_utf8_lossy(response.body));
        return transient(&format!("no choices in the body: {start}"));
    }
    let reply = Some(completion.into_reply(asked.bytes));
    Verdict { signal: Signal::Answered, reply, message: String::new() }
}

/// Table C of the endpoint notes: a status and an error become a signal.
fn fault_signal(status: u16, headers: &HeaderMap, fault: &Fault, now: Duration) -> Signal {
    let too_fast = status == 429 || status == 529 || status == 402;
    if let Some(signal) = about_the_unit(status, fault).filter(|_| !too_fast) {
        return signal;
    }
    match status {
        402 => Signal::QuotaExhausted,
        429 | 529 => too_many(asked_wait(headers, &fault.text, now), fault),
        503 if retry_after(headers, now).is_some() => too_many(retry_after(headers, now), fault),
        401 | 403 => Signal::Fatal(Fatal::Credentials),
        404 if names_the_model(fault) => Signal::Fatal(Fatal::ModelNotFound),
        300..400 | 404 | 405 => Signal::Fatal(Fatal::NoSuchPath),
        408 | 409 | 425 => transient(headers, now),
        400..500 => about_the_run(fault),
        500.. if fault.says(&LASTING_PHRASES) => Signal::Rejected,
        _ => transient(headers, now),
    }
}

/// What concerns one unit only, whatever the status says.
fn about_the_unit(status: u16, fault: &Fault) -> Option<Signal> {
    if fault.has_code(&FILTER_CODES) || fault.says(&FILTER_PHRASES) || fault.flagged {
        return Some(Signal::Filtered);
    }
    let too_long = fault.has_code(&CONTEXT_CODES) || fault.says(&CONTEXT_PHRASES);
    if status == 413 || too_long {
        return Some(Signal::TooLarge);
    }
    fault.has_code(&OUTPUT_CODES).then_some(Signal::Transient { wait: None })
}

/// A bad request: is it the key, the model, the schema, or this request alone?
fn about_the_run(fault: &Fault) -> Signal {
    if fault.has_code(&KEY_CODES) {
        Signal::Fatal(Fatal::Credentials)
    } else if fault.has_code(&MODEL_CODES) || fault.says(&MODEL_PHRASES) {
        Signal::Fatal(Fatal::ModelNotFound)
    } else if fault.says(&SCHEMA_PHRASES) || fault.codes.contains("response_format") {
        Signal::Fatal(Fatal::SchemaUnsupported)
    } else {
        Signal::Rejected
    }
}

fn names_the_model(fault: &Fault) -> bool {
    fault.has_code(&MODEL_CODES)
        || fault.says(&["model", "deployment"])
            && fault.says(&["not found", "not exist", "no such", "unknown", "invalid"])
}

fn too_many(wait: Option<Duration>, fault: &Fault) -> Signal {
    let spent = fault.has_code(&QUOTA_CODES) || fault.says(&QUOTA_PHRASES) && wait.is_none();
    if spent || wait.is_some_and(|wait| LONGEST_WAIT < wait) {
        return Signal::QuotaExhausted;
    }
    Signal::RateLimited { wait }
}

/// A wait longer than any that is obeyed is dropped here: the backoff's own schedule holds.
fn transient(headers: &HeaderMap, now: Duration) -> Signal {
    Signal::Transient { wait: retry_after(headers, now).filter(|wait| *wait <= LONGEST_WAIT) }
}

fn verdict(signal: Signal, status: u16, said: &str, asked: &Asked<'_>) -> Verdict {
    let (what, advice) = wording(&signal);
    let Asked { url, model, .. } = asked;
    let message = format!("{what} (HTTP {status}, {url}, model `{model}`): {said}; {advice}");
    Verdict { signal, reply: None, message }
}

/// What happened and what to do about it.
fn wording(signal: &Signal) -> (&'static str, &'static str) {
    match signal {
        Signal::Answered => ("answered", "nothing to do"),
        Signal::RateLimited { .. } => {
            ("the endpoint asks to slow down", "lower `rpm`, `tpm` or `in_flight` if this goes on")
        }
        Signal::QuotaExhausted => (
            "the account's quota is used up",
            "raise it or wait until it is reset, then run the same command again",
        ),
        Signal::Transient { .. } => {
            ("the endpoint failed", "if this goes on, look at the server and at `url`")
        }
        Signal::Rejected => {
            ("the endpoint refuses this request", "the same request cannot work, others may")
        }
        Signal::Filtered => (
            "the provider's filter stopped the prompt",
            "the unit counts as filtered; a human can label it",
        ),
        Signal::TooLarge => (
            "the unit does not fit the model's context",
            "take a model with a larger context, or label the unit by hand",
        ),
        Signal::Fatal(fatal) => fatal_wording(*fatal),
    }
}

fn fatal_wording(fatal: Fatal) -> (&'static str, &'static str) {
    match fatal {
        Fatal::Credentials => {
            ("the endpoint refuses the key", "check the API key and where it is taken from")
        }
        Fatal::ModelNotFound => ("the endpoint does not have the model", "check the model's name"),
        Fatal::NoSuchPath => {
            ("nothing answers at this address", "check `url`, which usually ends in /v1")
        }
        Fatal::SchemaUnsupported => (
            "the endpoint refuses the output schema",
            "ask for JSON by prompt instead of by `json_schema`",
        ),
    }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
