//! The simulated endpoint's HTTP face.

use crate::llm::simulate::Counters;
use crate::llm::simulate::Forms;
use crate::llm::simulate::Nonce;
use crate::llm::simulate::Simulation;
use crate::llm::simulate::answer::Choice;
use crate::llm::simulate::answer::Said;
use crate::llm::simulate::answer::Shown;
use crate::llm::simulate::answer::Spoken;
use crate::llm::simulate::answer::answer;
use crate::llm::simulate::form::Form;
use crate::llm::simulate::form::Source;
use crate::llm::simulate::limit::Bucket;
use crate::llm::simulate::limit::Standing;
use crate::llm::simulate::words;
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest request it reads.
const LARGEST_REQUEST: usize = 32 << 20;
/// Forms kept ready; one labeler needs one.
const MOST_FORMS: usize = 256;
const BYTES_PER_TOKEN: usize = 4;

/// An error response; boxed because it is large and rare.
type Refusal = Box<Response>;

/// What all requests share.
struct Desk {
    simulation: Simulation,
    counters: Arc<Counters>,
    started: Instant,
    bucket: Option<Mutex<Bucket>>,
    forms: Mutex<Forms>,
}

/// The part of a request that is read.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(default)]
    response_format: Option<Value>,
    #[serde(default)]
    logprobs: bool,
    #[serde(default)]
    top_logprobs: usize,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Content<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Parts(Vec<Piece>),
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    text: String,
}

/// Serves until cancelled, then answers what is in flight.
pub(super) async fn serve(
    listener: TcpListener,
    simulation: Simulation,
    counters: Arc<Counters>,
    cancel: CancellationToken,
) -> io::Result<()> {
    let bucket = simulation.rpm.map(|limit| Mutex::new(Bucket::new(limit)));
    let forms = Mutex::new(Forms::new());
    let desk = Arc::new(Desk { simulation, counters, started: Instant::now(), bucket, forms });
    let routes = Router::new()
        .route("/v1/chat/completions", post(completions))
        .route("/v1/models", get(models))
        .route("/health", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/simulate/counters", get(counts))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .with_state(desk);
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers may be delayed by the network's own batching");
        }
    });
    axum::serve(listener, routes).with_graceful_shutdown(cancel.cancelled_owned()).await
}

async fn counts(State(desk): State<Arc<Desk>>) -> Response {
    Json(desk.counters.now()).into_response()
}

async fn models(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = desk.refuse_key(&headers) {
        return *refusal;
    }
    let id = desk.simulation.model.as_deref().unwrap_or("simulated");
    let model = json!({"id": id, "object": "model", "owned_by": "titer"});
    Json(json!({"object": "list", "data": [model]})).into_response()
}

async fn completions(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    desk.counters.requests.fetch_add(1, Ordering::Relaxed);
    if let Some(refusal) = desk.refuse_key(&headers) {
        return *refusal;
    }
    let standing = desk.standing();
    if let Some((limit, standing)) = standing
        && let Some(wait) = standing.wait
    {
        desk.counters.refused.fetch_add(1, Ordering::Relaxed);
        return with_limits(too_many(wait), limit, standing);
    }
    let latency = desk.simulation.latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let response = desk.complete(&body).unwrap_or_else(|refusal| *refusal);
    match standing {
        Some((limit, standing)) => with_limits(response, limit, standing),
        None => response,
    }
}

impl Desk {
    fn refuse_key(&self, headers: &HeaderMap) -> Option<Refusal> {
        let key = self.simulation.key.as_ref()?;
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer "));
        let refusal =
            || error(StatusCode::UNAUTHORIZED, "Incorrect API key", "invalid_api_key", None);
        (given != Some(key.expose_secret())).then(refusal)
    }

    fn standing(&self) -> Option<(u32, Standing)> {
        let bucket = self.bucket.as_ref()?;
        let limit = self.simulation.rpm?.get();
        Some((limit, lock(bucket).take(self.started.elapsed())))
    }

    fn complete(&self, body: &[u8]) -> Result<Response, Refusal> {
        let request: Request<'_> = serde_json::from_slice(body).map_err(|problem| {
            bad_request(&format!("the request is not understood: {problem}"), None)
        })?;
        self.refuse_model(&request)?;
        let system = request.message("system").unwrap_or_default();
        let user = request.message("user").unwrap_or_default();
        let format = self.format(&request)?;
        let prompt = (system.len() + user.len()).div_ceil(BYTES_PER_TOKEN);
        let (source, shown) = match words::conversation(&user).filter(|_| system.is_empty()) {
            Some((system, turns)) => {
                let shown = Shown { nonce: Nonce::of_conversation(turns), judged: vec![1] };
                (Source { format, system, asked: "" }, shown)
            }
            None => (Source { format, system: &system, asked: after_unit(&user) }, shown(&user)),
        };
        let said = answer(&self.form(&source), &self.simulation, &shown);
        let asked = Asked {
            model: request.model.as_deref().unwrap_or("simulated"),
            prompt,
            alternatives: request.logprobs.then_some(request.top_logprobs),
        };
        let response = completion(said, &asked)?;
        self.counters.answers.fetch_add(1, Ordering::Relaxed);
        Ok(response)
    }

    fn refuse_model(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let asked = request.model.as_deref().unwrap_or_default();
        match &self.simulation.model {
            Some(only) if only != asked => {
                let text = format!("The model `{asked}` does not exist; `{only}` does");
                Err(error(StatusCode::NOT_FOUND, &text, "model_not_found", Some("model")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn format<'r>(&self, request: &'r Request<'_>) -> Result<Option<&'r Value>, Refusal> {
        let schema = request
            .response_format
            .as_ref()
            .filter(|format| format.get("type").is_some_and(|kind| kind == "json_schema"));
        if schema.is_some() && !self.simulation.schema {
            let text = "response_format of type json_schema is not supported";
            return Err(bad_request(text, Some("response_format")));
        }
        Ok(schema)
    }

    fn form(&self, source: &Source<'_>) -> Arc<Form> {
        let hash = source.hash();
        let mut forms = lock(&self.forms);
        if MOST_FORMS <= forms.len() && !forms.contains_key(&hash) {
            forms.clear();
        }
        let form = forms.entry(hash);
        Arc::clone(form.or_insert_with(|| Arc::new(Form::new(source, &self.simulation))))
    }
}

impl<'a> Request<'a> {
    /// The text of the last message of that role.
    fn message(&self, role: &str) -> Option<Cow<'_, str>> {
        let message = self.messages.iter().rev().find(|message| message.role == role)?;
        Some(match &message.content {
            Content::Text(text) => Cow::Borrowed(text.as_ref()),
            Content::Parts(parts) => parts.iter().map(|part| part.text.as_str()).collect(),
        })
    }
}

/// The nonce in the fence; a message without one is its own nonce, by hash.
fn nonce(user: &str) -> Nonce {
    let after = user.split("nonce=\"").skip(1);
    let found =
        after.filter_map(|rest| rest.split_once('"')).find_map(|(it, _)| Nonce::from_hex(it));
    found.unwrap_or_else(|| {
        let hash = crate::unit::FingerprintBuilder::new("simulate").text(user).finish();
        let first = hash.as_bytes().iter().take(8);
        Nonce(first.fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    })
}

/// What stands after the unit: the whole message where it has no fence.
fn after_unit(user: &str) -> &str {
    match user.rsplit_once("</unit nonce=") {
        Some((_, rest)) => rest.split_once('>').map_or(rest, |(_, asked)| asked),
        None => user,
    }
}

/// What a fenced message shows of its unit.
fn shown(user: &str) -> Shown {
    let marks = user.split("<component n=\"").skip(1);
    let judged = marks.filter_map(|rest| {
        let (n, rest) = rest.split_once('"')?;
        let (mark, _) = rest.split_once('>')?;
        n.parse().ok().filter(|_| !mark.contains("judge=\"context\""))
    });
    Shown { nonce: nonce(user), judged: judged.collect() }
}

/// What a response depends on beside what is said.
struct Asked<'a> {
    model: &'a str,
    /// Prompt tokens.
    prompt: usize,
    /// Alternatives a token, where log probabilities are asked for.
    alternatives: Option<usize>,
}

/// The tokens of a text: each choice is one, and so is what stands between two.
fn logprobs(spoken: &Spoken, most: usize) -> Value {
    let token = |text: &str, alternatives: &[(String, f64)]| {
        let one = |(text, share): &(String, f64)| json!({"token": text, "logprob": share.ln()});
        let own = alternatives.first().map_or(0.0, |(_, share)| share.ln());
        let top: Vec<Value> = alternatives.iter().take(most).map(one).collect();
        json!({"token": text, "logprob": own, "top_logprobs": top})
    };
    let mut tokens = Vec::new();
    let mut done = 0;
    for Choice { start, tokens: alternatives } in &spoken.choices {
        let Some((said, _)) = alternatives.first() else { continue };
        if done < *start {
            tokens.push(token(&spoken.text[done..*start], &[]));
        }
        tokens.push(token(said, alternatives));
        done = start + said.len();
    }
    if done < spoken.text.len() {
        tokens.push(token(&spoken.text[done..], &[]));
    }
    json!({"content": tokens})
}

fn completion(said: Said, asked: &Asked<'_>) -> Result<Response, Refusal> {
    let Asked { model, prompt, alternatives } = asked;
    let mut chances = Value::Null;
    let (content, refusal) = match said {
        Said::Content(spoken) => {
            chances = alternatives.map_or(Value::Null, |most| logprobs(&spoken, most));
            (Some(spoken.text), None)
        }
        Said::Refusal(refusal) => (None, Some(refusal)),
        Said::Misfit(problem) => return Err(bad_request(&problem, None)),
    };
    let written = content.as_deref().or(refusal).unwrap_or_default().len();
    let answered = written.div_ceil(BYTES_PER_TOKEN);
    let body = json!({
        "id": "chatcmpl-simulated", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{
            "index": 0, "finish_reason": "stop", "logprobs": chances,
            "message": {"role": "assistant", "content": content, "refusal": refusal},
        }],
        "usage": {
            "prompt_tokens": prompt, "completion_tokens": answered,
            "total_tokens": prompt + answered,
        },
    });
    Ok(([(CONTENT_TYPE, "application/json")], body.to_string()).into_response())
}

fn bad_request(text: &str, param: Option<&str>) -> Refusal {
    error(StatusCode::BAD_REQUEST, text, "invalid_request", param)
}

fn error(status: StatusCode, text: &str, code: &str, param: Option<&str>) -> Refusal {
    let kind = "invalid_request_error";
    let body = json!({"error": {"message": text, "type": kind, "param": param, "code": code}});
    Box::new((status, Json(body)).into_response())
}

fn too_many(wait: std::time::Duration) -> Response {
    let text = format!("Rate limit reached. Please try again in {:.3}s.", wait.as_secs_f64());
    let body = json!({"error": {
        "message": text, "type": "rate_limit_error", "param": null, "code": "rate_limit_exceeded",
    }});
    let seconds = wait.as_secs_f64().ceil();
    let milliseconds = (wait.as_secs_f64() * 1000.0).ceil();
    let headers = [
        ("retry-after", format!("{seconds:.0}")),
        ("retry-after-ms", format!("{milliseconds:.0}")),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, Json(body)).into_response()
}

fn with_limits(response: Response, limit: u32, standing: Standing) -> Response {
    let headers = [
        ("x-ratelimit-limit-requests", limit.to_string()),
        ("x-ratelimit-remaining-requests", standing.remaining.to_string()),
        ("x-ratelimit-reset-requests", format!("{:.3}s", standing.reset.as_secs_f64())),
    ];
    (headers, response).into_response()
}

/// No code panics while holding these locks, and what they guard is whole at every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
