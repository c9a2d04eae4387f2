//! Recorded and hand-made responses through [`classify`].

use super::*;
use crate::reply::Finish;
use crate::reply::Usage;
use reqwest::header::HeaderName;

const NOW: Duration = Duration::from_secs(1_795_391_124);
const ASKED: Asked<'_> = Asked { url: "http://h/v1/chat/completions", model: "m", bytes: 400 };

fn read(status: u16, headers: &[(String, String)], body: &[u8]) -> Verdict {
    let headers: HeaderMap = headers
        .iter()
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?)))
        .collect();
    classify(&Response { status, headers: &headers, body, cut: false }, &ASKED, NOW)
}

/// Reads a recorded response of tests/samples/.
fn recorded(name: &str) -> Verdict {
    let path = format!("{}/tests/samples/{name}.response", env!("CARGO_MANIFEST_DIR"));
    let head = std::fs::read_to_string(format!("{path}.headers")).unwrap_or_default();
    let body = std::fs::read(format!("{path}.body")).unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let headers: Vec<_> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    read(status, &headers, &body)
}

fn check_recorded(name: &str, expected: &Signal) {
    let verdict = recorded(name);
    assert_eq!(&verdict.signal, expected, "{name}: {}", verdict.message);
    assert_eq!(verdict.reply.is_some(), *expected == Signal::Answered, "{name}");
    assert_eq!(verdict.message.is_empty(), *expected == Signal::Answered, "{name}");
    assert!(!verdict.message.contains('\n'), "{name}: {}", verdict.message);
}

fn check(status: u16, body: &str, expected: &Signal) {
    let verdict = read(status, &[], body.as_bytes());
    assert_eq!(&verdict.signal, expected, "{status} {body}: {}", verdict.message);
}

fn limited(milliseconds: u64) -> Signal {
    Signal::RateLimited { wait: Some(Duration::from_millis(milliseconds)) }
}

const TRANSIENT: Signal = Signal::Transient { wait: None };

#[test]
fn recorded_replies_of_real_servers_are_answers() {
    for name in [
        "litellm.chat1",
        "llama.gemma_schema",
        "llamacpp.chat",
        "llamacpp.schema",
        "llamacpp.logprobs",
        "llamacpp.truncated",
        "llmock.bad_schema",
    ] {
        check_recorded(name, &Signal::Answered);
    }
}

#[test]
fn recorded_errors_of_real_servers_are_told_apart() {
    check_recorded("litellm.rl6", &limited(60_000));
    check_recorded("llmock.chat4", &limited(19_813));
    check_recorded("llama.loading503", &TRANSIENT);
    check_recorded("litellm.noauth", &TRANSIENT);
    check_recorded("litellm.badkey", &Signal::Fatal(Fatal::Credentials));
    check_recorded("llama.nokey401", &Signal::Fatal(Fatal::Credentials));
    check_recorded("llamacpp.badkey401", &Signal::Fatal(Fatal::Credentials));
    check_recorded("litellm.unknown_model", &Signal::Fatal(Fatal::ModelNotFound));
    check_recorded("llamacpp.notfound", &Signal::Fatal(Fatal::NoSuchPath));
    check_recorded("llamacpp.bad_rf", &Signal::Fatal(Fatal::SchemaUnsupported));
    check_recorded("litellm.bad_rf", &Signal::Fatal(Fatal::SchemaUnsupported));
    check_recorded("llamacpp.bad_schema", &Signal::Fatal(Fatal::SchemaUnsupported));
    check_recorded("llamacpp.too_long", &Signal::TooLarge);
    check_recorded("llamacpp.bad_nomessages", &Signal::Rejected);
    check_recorded("llamacpp.image", &Signal::Rejected);
}

#[test]
fn a_recorded_reply_is_read_in_full() {
    let reply = recorded("llamacpp.logprobs").reply.unwrap();
    assert_eq!(reply.content.as_deref(), Some("No"));
    assert_eq!(reply.usage, Usage { input: 48, cached: 6, output: 2, estimated: false });
    assert_eq!(reply.tokens.len(), 2);
    assert_eq!(reply.tokens[0].alternatives[1].0, "Yes");
    assert_eq!(recorded("llamacpp.truncated").reply.unwrap().finish, Finish::Length);
    assert!(recorded("llmock.bad_schema").reply.unwrap().usage.estimated);
}

#[test]
fn a_spent_account_is_not_a_rate_limit() {
    let spent = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    check(429, spent, &Signal::QuotaExhausted);
    check(
        429,
        r#"{"error":{"message":"You exceeded your current quota."}}"#,
        &Signal::QuotaExhausted,
    );
    check(
        402,
        r#"{"error":{"message":"Insufficient credits","code":402}}"#,
        &Signal::QuotaExhausted,
    );
    check(429, r#"{"error":{"type":"credit_limit"}}"#, &Signal::RateLimited { wait: None });
    let day = r#"{"error":{"code":"429","message":"Please retry after 86400 seconds."}}"#;
    check(429, day, &Signal::QuotaExhausted);
    let gemini = r#"[{"error":{"code":429,"message":"You exceeded your current quota. Please retry in 34.07s."}}]"#;
    check(429, gemini, &limited(34_070));
}

#[test]
fn an_overloaded_server_that_names_a_wait_is_a_rate_limit() {
    let wait = [("retry-after".to_owned(), "7".to_owned())];
    assert_eq!(read(503, &wait, b"").signal, limited(7_000));
    check(503, "", &TRANSIENT);
    check(
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        &Signal::RateLimited { wait: None },
    );
    let kept = Signal::Transient { wait: Some(Duration::from_secs(7)) };
    assert_eq!(read(500, &wait, b"").signal, kept);
}

#[test]
fn a_reset_header_on_a_server_fault_asks_for_nothing() {
    let reset = [("x-ratelimit-reset-requests".to_owned(), "6m0s".to_owned())];
    assert_eq!(read(500, &reset, b"").signal, TRANSIENT);
}

#[test]
fn a_fault_that_may_pass_is_told_by_its_status_or_its_body() {
    for status in [408, 409, 500, 502, 504] {
        check(status, "<html>bad gateway</html>", &TRANSIENT);
    }
    for body in [
        "<!doctype html><html></html>",
        r#""just a string""#,
        "",
        "null",
        r#"{"choices":[{"mess"#,
        r#"{"id":"x"}"#,
        r#"{"choices":[{"finish_reason":"error","message":{"content":""}}],"usage":null}"#,
        r#"{"choices":[{"error":{"message":"upstream"},"message":{"content":"half"}}]}"#,
        r#"{"error":{"message":"upstream went away"}}"#,
    ] {
        check(200, body, &TRANSIENT);
    }
    let failed = r#"{"error":{"code":"json_validate_failed","message":"Failed to validate JSON schema","failed_generation":"{"}}"#;
    check(400, failed, &TRANSIENT);
}

#[test]
fn an_error_inside_a_200_counts_by_its_own_code() {
    check(
        200,
        r#"{"error":{"code":429,"message":"slow down"}}"#,
        &Signal::RateLimited { wait: None },
    );
    check(
        200,
        r#"{"error":{"code":"401","message":"bad key"}}"#,
        &Signal::Fatal(Fatal::Credentials),
    );
    check(200, r#"{"error":null,"choices":[{"message":{"content":"a"}}]}"#, &Signal::Answered);
}

#[test]
fn a_filtered_prompt_is_an_outcome_and_not_a_fault() {
    let azure = r#"{"error":{"message":"The response was filtered","param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
    check(400, azure, &Signal::Filtered);
    check(
        403,
        r#"{"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"]}}}"#,
        &Signal::Filtered,
    );
    check(
        400,
        r#"{"error":{"code":"invalid_prompt","message":"Invalid prompt"}}"#,
        &Signal::Filtered,
    );
}

#[test]
fn a_missing_model_is_told_from_a_missing_path() {
    let model = Signal::Fatal(Fatal::ModelNotFound);
    check(
        404,
        r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
        &model,
    );
    check(404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, &model);
    check(400, r#"{"error":{"message":"x is not a valid model ID","code":400}}"#, &model);
    check(404, "<html>404</html>", &Signal::Fatal(Fatal::NoSuchPath));
    check(405, "", &Signal::Fatal(Fatal::NoSuchPath));
    check(308, "", &Signal::Fatal(Fatal::NoSuchPath));
}

#[test]
fn a_unit_that_does_not_fit_is_told_from_a_bad_request() {
    let long = r#"{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#;
    check(400, long, &Signal::TooLarge);
    check(413, "", &Signal::TooLarge);
    check(422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, &Signal::Rejected);
}

#[test]
fn a_body_past_the_limit_is_not_read_as_an_answer() {
    let headers = HeaderMap::new();
    let body = br#"{"choices":[{"message":{"content":"a"}}]}"#;
    let verdict =
        classify(&Response { status: 200, headers: &headers, body, cut: true }, &ASKED, NOW);
    assert_eq!(verdict.signal, TRANSIENT);
}

#[test]
fn a_message_says_what_where_and_what_to_do() {
    assert_eq!(
        recorded("llamacpp.badkey401").message,
        "the endpoint refuses the key (HTTP 401, http://h/v1/chat/completions, model `m`): \
         Invalid API Key; check the API key and where it is taken from"
    );
}
