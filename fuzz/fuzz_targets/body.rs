//! Any response body is a reply or a line for a person. The first byte chooses the status, the second the prompt
//! the reply is read for, the third which headers stand beside it.
#![no_main]

use http::HeaderMap;
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use titer::llm::Asked;
use titer::llm::Response;
use titer::llm::classify;
use titer::pace::Signal;
use titer::reply;
use titer_fuzz::PROMPTS;
use titer_fuzz::check_answers;
use titer_fuzz::unit;

const STATUSES: [u16; 16] =
    [200, 201, 200, 301, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 503, 529];
const WAITS: [&str; 4] =
    ["retry-after", "retry-after-ms", "x-ratelimit-reset-requests", "x-should-retry"];

fuzz_target!(|bytes: &[u8]| {
    let [status, which, header, body @ ..] = bytes else { return };
    let mut headers = HeaderMap::new();
    let (cut, name) = (header & 128 != 0, WAITS[usize::from(header & 3)]);
    let value = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Some(value) = HeaderValue::from_bytes(value).ok().filter(|_| header & 4 != 0) {
        headers.insert(name, value);
    }
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let response = Response { status, headers: &headers, body, cut };
    let asked = Asked { url: "http://127.0.0.1/v1", model: "model", bytes: 100 };
    let verdict = classify(&response, &asked, Duration::from_secs(1_800_000_000));
    assert_eq!(verdict.reply.is_some(), matches!(verdict.signal, Signal::Answered));
    assert_eq!(verdict.reply.is_some(), verdict.message.is_empty());
    assert!(verdict.message.len() < 4_000, "{} bytes", verdict.message.len());
    let Some(said) = verdict.reply else { return };
    let prompt = &PROMPTS[usize::from(*which) % PROMPTS.len()];
    for call in prompt.calls(&unit(prompt.policies(), "text")) {
        check_answers(&reply::read_call(&said, &call), call.question.policies());
    }
});
