//! The HTTP endpoint against the simulated one, and against servers that misbehave.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use axum::Router;
use axum::http::header::LOCATION;
use axum::routing::post;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;
use titer::llm::Attempt;
use titer::llm::Connection;
use titer::llm::Endpoint as _;
use titer::llm::HttpEndpoint;
use titer::llm::Timeouts;
use titer::llm::simulate::Behaviour;
use titer::llm::simulate::Nonce;
use titer::llm::simulate::Running;
use titer::llm::simulate::Simulation;
use titer::pace::Admission;
use titer::pace::Fatal;
use titer::pace::RequestRate;
use titer::pace::Signal;
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-loopback-secret";

fn simulation() -> Simulation {
    let perfect = Behaviour {
        sensitivity: 1.0,
        specificity: 1.0,
        no_answer: 0.0,
        prevalence: 0.5,
        positive: Vec::new(),
        negative: None,
    };
    Simulation {
        policies: BTreeMap::new(),
        others: perfect,
        titles: BTreeMap::new(),
        truth: BTreeMap::new(),
        answers: BTreeMap::new(),
        seed: 1,
        latency: Duration::ZERO,
        rpm: None,
        key: None,
        model: None,
        schema: true,
    }
}

async fn start(simulation: Simulation) -> Running {
    simulation.start(0, CancellationToken::new()).await.unwrap()
}

fn connection(base_url: &str) -> Connection {
    Connection {
        base_url: base_url.to_owned(),
        key: Some(SecretString::from(KEY)),
        headers: Vec::new(),
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(20),
            total: Duration::from_secs(20),
        },
        max_body_bytes: 1 << 20,
        max_idle: 8,
    }
}

fn endpoint(base_url: &str) -> HttpEndpoint {
    HttpEndpoint::new(connection(base_url)).unwrap()
}

fn request(nonce: u64) -> Vec<u8> {
    let schema = json!({
        "type": "object", "required": ["because", "label"], "additionalProperties": false,
        "properties": {
            "because": {"type": "string"},
            "label": {"type": "string", "enum": ["ok", "abuse"]},
        },
    });
    let text = format!("<unit nonce=\"{nonce:016x}\">\nhi\n</unit nonce=\"{nonce:016x}\">");
    let messages = json!([
        {"role": "system", "content": "Apply the policy."},
        {"role": "user", "content": text},
    ]);
    let named = json!({"name": "titer_abuse", "strict": true, "schema": schema});
    let format = json!({"type": "json_schema", "json_schema": named});
    json!({"model": "m", "messages": messages, "response_format": format}).to_string().into()
}

/// A server with one route, for everything a well-behaved one does not do.
async fn misbehaving(route: axum::routing::MethodRouter) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/v1/chat/completions", route);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}/v1")
}

fn check(attempt: &Attempt, status: Option<u16>, signal: &Signal) {
    assert_eq!((attempt.status, &attempt.signal), (status, signal), "{}", attempt.message);
    assert_eq!(attempt.reply.is_some(), *signal == Signal::Answered);
    assert_eq!(attempt.message.is_empty(), *signal == Signal::Answered, "{}", attempt.message);
    assert!(!format!("{attempt:?}").contains(KEY), "the key is in {attempt:?}");
}

#[tokio::test]
async fn an_answer_carries_the_label_of_the_hidden_truth() {
    let simulation = simulation();
    let running = start(simulation.clone()).await;
    let endpoint = endpoint(&running.base_url());
    for nonce in 0..20 {
        let attempt = endpoint.send(request(nonce)).await;
        check(&attempt, Some(200), &Signal::Answered);
        let reply = attempt.reply.unwrap();
        let content: Value = serde_json::from_str(&reply.content.unwrap()).unwrap();
        let violating = simulation.violating(Nonce(nonce), "abuse");
        assert_eq!(content["label"], if violating { "abuse" } else { "ok" });
        assert!(reply.usage.input > 0 && reply.usage.output > 0 && !reply.usage.estimated);
    }
    let counts = running.counters().now();
    assert_eq!((counts.requests, counts.answers, counts.refused), (20, 20, 0));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_non_answer_is_a_refusal_in_its_own_field() {
    let mut silent = simulation();
    silent.others.no_answer = 1.0;
    let running = start(silent).await;
    let reply = endpoint(&running.base_url()).send(request(1)).await.reply.unwrap();
    assert_eq!((reply.content, reply.refusal.is_some()), (None, true));
}

#[tokio::test]
async fn above_the_rate_it_is_told_how_long_to_wait() {
    let running = start(Simulation { rpm: NonZeroU32::new(1), ..simulation() }).await;
    let endpoint = endpoint(&running.base_url());
    let mut waits = Vec::new();
    for nonce in 0..4 {
        let attempt = endpoint.send(request(nonce)).await;
        if let Signal::RateLimited { wait } = attempt.signal {
            waits.push(wait.unwrap());
        }
    }
    assert_eq!(waits.len(), 3);
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(60)), "{waits:?}");
    let counts = running.counters().now();
    assert_eq!((counts.requests, counts.answers, counts.refused), (4, 1, 3));
}

#[tokio::test]
async fn what_the_user_must_change_is_fatal_and_says_so() {
    let fatal = Signal::Fatal;
    let running = start(Simulation { key: Some("other".into()), ..simulation() }).await;
    let attempt = endpoint(&running.base_url()).send(request(1)).await;
    check(&attempt, Some(401), &fatal(Fatal::Credentials));

    let running = start(Simulation { model: Some("n".into()), ..simulation() }).await;
    let attempt = endpoint(&running.base_url()).send(request(1)).await;
    check(&attempt, Some(404), &fatal(Fatal::ModelNotFound));

    let running = start(Simulation { schema: false, ..simulation() }).await;
    let attempt = endpoint(&running.base_url()).send(request(1)).await;
    check(&attempt, Some(400), &fatal(Fatal::SchemaUnsupported));

    let elsewhere = format!("http://{}/v2", running.address());
    let attempt = endpoint(&elsewhere).send(request(1)).await;
    check(&attempt, Some(404), &fatal(Fatal::NoSuchPath));
}

#[tokio::test]
async fn a_page_instead_of_json_may_pass() {
    let url = misbehaving(post(|| async { "<!doctype html><p>Sign in to the Wi-Fi" })).await;
    let attempt = endpoint(&url).send(request(1)).await;
    check(&attempt, Some(200), &Signal::Transient { wait: None });
    assert!(attempt.message.contains("an HTML page instead of JSON"), "{}", attempt.message);
    assert!(attempt.raw.starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn a_key_that_a_server_repeats_is_not_shown() {
    let echo = |headers: axum::http::HeaderMap| async move {
        let given = headers["authorization"].to_str().unwrap_or_default().to_owned();
        (axum::http::StatusCode::UNAUTHORIZED, format!("no such key: {given}"))
    };
    let attempt = endpoint(&misbehaving(post(echo)).await).send(request(1)).await;
    assert_eq!(attempt.signal, Signal::Fatal(Fatal::Credentials));
    assert!(attempt.message.contains("no such key: Bearer [key]"), "{}", attempt.message);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = || async { (axum::http::StatusCode::FOUND, [(LOCATION, "http://127.0.0.1:1/")]) };
    let attempt = endpoint(&misbehaving(post(moved)).await).send(request(1)).await;
    check(&attempt, Some(302), &Signal::Fatal(Fatal::NoSuchPath));
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_after_the_timeout() {
    let url = misbehaving(post(std::future::pending::<String>)).await;
    let mut connection = connection(&url);
    connection.timeouts.silence = Duration::from_millis(50);
    let attempt = HttpEndpoint::new(connection).unwrap().send(request(1)).await;
    check(&attempt, None, &Signal::Transient { wait: None });
    assert!(attempt.message.contains("no reply in time"), "{}", attempt.message);
    assert!(attempt.latency < Duration::from_secs(10));
}

#[tokio::test]
async fn a_refused_connection_says_what_to_check() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let attempt = endpoint(&url).send(request(1)).await;
    check(&attempt, None, &Signal::Transient { wait: None });
    assert!(attempt.message.contains("check that the server runs"), "{}", attempt.message);
    assert!(attempt.message.contains(&url), "{}", attempt.message);
}

#[tokio::test]
async fn a_body_past_the_limit_is_cut_and_is_no_answer() {
    let url = misbehaving(post(|| async { vec![b'{'; 100_000] })).await;
    let small = Connection { max_body_bytes: 1000, ..connection(&url) };
    let attempt = HttpEndpoint::new(small).unwrap().send(request(1)).await;
    check(&attempt, Some(200), &Signal::Transient { wait: None });
    assert_eq!(attempt.raw.len(), 1000);
}

#[tokio::test]
async fn a_stopped_endpoint_first_answers_what_is_in_flight() {
    let slow = Simulation { latency: Duration::from_millis(50), ..simulation() };
    let running = start(slow).await;
    let (endpoint, counters) = (endpoint(&running.base_url()), running.counters());
    let asked = tokio::spawn(async move { endpoint.send(request(1)).await });
    while counters.now().requests == 0 {
        tokio::task::yield_now().await;
    }
    running.stop().await.unwrap();
    check(&asked.await.unwrap(), Some(200), &Signal::Answered);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_obeys_the_rate_stays_under_it_by_the_clock() {
    let mut rate = RequestRate::new(NonZeroU32::new(100).unwrap());
    let start = tokio::time::Instant::now();
    let mut sent = Vec::new();
    while start.elapsed() < Duration::from_secs(120) {
        match rate.check(start.elapsed()) {
            Admission::Ready => sent.push(start.elapsed()),
            Admission::Wait(wait) => tokio::time::sleep(wait).await,
        }
    }
    let first_minute = sent.iter().filter(|at| **at < Duration::from_secs(60)).count();
    assert!((90..=100).contains(&first_minute), "{first_minute} requests in the first minute");
}

#[tokio::test]
async fn its_state_and_its_model_can_be_looked_up() {
    let running = start(Simulation { model: Some("m".into()), ..simulation() }).await;
    endpoint(&running.base_url()).send(request(1)).await;
    let look_up = async |path: &str| -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}{path}", running.address());
        client.get(url).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(look_up("/v1/models").await["data"][0]["id"], "m");
    assert_eq!(look_up("/health").await["status"], "ok");
    let counts = json!({"requests": 1, "answers": 1, "refused": 0});
    assert_eq!(look_up("/simulate/counters").await, counts);
}
