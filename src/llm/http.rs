//! The real endpoint: one POST to `/chat/completions`, bounded in time and size, never repeated.

use crate::llm::Attempt;
use crate::llm::Endpoint;
use crate::llm::classify::Asked;
use crate::llm::classify::Response;
use crate::llm::classify::Verdict;
use crate::llm::classify::classify;
use crate::llm::classify::unanswered;
use reqwest::Client;
use reqwest::Url;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderName;
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;
use std::error::Error as _;
use std::fmt;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;
use thiserror::Error;

/// How to reach an endpoint.
#[derive(Clone)]
pub struct Connection {
    /// The address that `/chat/completions` is added to, such as `https://host/v1`.
    pub base_url: String,
    /// Sent as a bearer token.
    pub key: Option<SecretString>,
    /// Further headers; their values may be secret too.
    pub headers: Vec<(String, SecretString)>,
    /// How long each stage may take.
    pub timeouts: Timeouts,
    /// A response body larger than this is cut, and is no answer.
    pub max_body_bytes: usize,
    /// Idle connections kept open for the next requests; as many as requests in flight is best.
    pub max_idle: usize,
}

/// How long each stage of one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// Between bytes, and until the first one.
    pub silence: Duration,
    /// From start to end.
    pub total: Duration,
}

/// Why no request can be made with these settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The address cannot be used.
    #[error("`url` is `{base_url}`, which is not an http or https address such as https://host/v1")]
    NotAnAddress {
        /// The address without user, password and query.
        base_url: String,
    },
    /// The key has characters that no header may have.
    #[error("the API key has characters that cannot be sent; check that it holds no line break")]
    UnusableKey,
    /// A header's name or value has characters that no header may have.
    #[error("the header `{name}` cannot be sent; check its name, and its value for line breaks")]
    UnusableHeader {
        /// The header's name.
        name: String,
    },
    /// The HTTP client does not start.
    #[error("the HTTP client cannot start; check the system's certificates and proxy settings")]
    Client {
        /// What it says itself.
        #[source]
        source: reqwest::Error,
    },
}

/// An OpenAI-compatible endpoint over HTTP. Cloning shares its connections.
#[derive(Clone)]
pub struct HttpEndpoint {
    client: Client,
    url: Url,
    shown_url: String,
    key: Option<SecretString>,
    max_body_bytes: usize,
}

/// A response's head and as much of its body as is kept.
struct Received {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    end: End,
}

/// How a body ended.
enum End {
    Whole,
    Cut,
    Broken(reqwest::Error),
}

impl HttpEndpoint {
    /// Prepares a client; connects to nothing yet.
    ///
    /// # Errors
    ///
    /// [`ConnectionError`] when the address, the key or a header cannot be used.
    pub fn new(connection: Connection) -> Result<Self, ConnectionError> {
        // Fails only when a provider is there already, which is just as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let url = completions_url(&connection.base_url)?;
        let timeouts = connection.timeouts;
        let mut client = Client::builder()
            .default_headers(headers(&connection)?)
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.silence)
            .timeout(timeouts.total)
            .pool_max_idle_per_host(connection.max_idle)
            // A redirected POST becomes a GET, and the key would go to another host.
            .redirect(reqwest::redirect::Policy::none())
            // Every attempt is recorded, so none may be repeated out of sight.
            .retry(reqwest::retry::never())
            .user_agent(concat!("titer/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&url) {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build().map_err(|source| ConnectionError::Client { source })?,
            shown_url: shown(&url),
            url,
            key: connection.key,
            max_body_bytes: connection.max_body_bytes,
        })
    }

    /// Returns the address requests go to, without any secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shown_url
    }

    async fn receive(&self, body: Vec<u8>) -> Result<Received, reqwest::Error> {
        let mut response = self.client.post(self.url.clone()).body(body).send().await?;
        let mut received = Received {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            end: End::Whole,
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let room = self.max_body_bytes - received.body.len();
                    received.body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                    if room < chunk.len() {
                        received.end = End::Cut;
                        return Ok(received);
                    }
                }
                Ok(None) => return Ok(received),
                Err(error) => {
                    received.end = End::Broken(error);
                    return Ok(received);
                }
            }
        }
    }

    fn judge(&self, received: &Received, asked: &Asked<'_>) -> Verdict {
        if let End::Broken(error) = &received.end {
            return unanswered(&format!("the reply broke off: {}", causes(error)), asked);
        }
        let response = Response {
            status: received.status,
            headers: &received.headers,
            body: &received.body,
            cut: matches!(received.end, End::Cut),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        classify(&response, asked, now)
    }

    /// Takes the key out of a text: some servers repeat it when they refuse it.
    fn without_key(&self, text: String) -> String {
        match self.key.as_ref().map(|key| key.expose_secret()) {
            Some(key) if !key.is_empty() && text.contains(key) => text.replace(key, "[key]"),
            Some(_) | None => text,
        }
    }
}

impl Endpoint for HttpEndpoint {
    async fn send(&self, body: Vec<u8>) -> Attempt {
        let (model, bytes) = (model_of(&body), body.len());
        let asked = Asked { url: &self.shown_url, model: &model, bytes };
        let started = Instant::now();
        let received = self.receive(body).await;
        let latency = started.elapsed();
        let (status, raw, verdict) = match received {
            Ok(received) => {
                let verdict = self.judge(&received, &asked);
                (Some(received.status), received.body, verdict)
            }
            Err(error) => (None, Vec::new(), unanswered(&unreached(&error), &asked)),
        };
        let message = self.without_key(verdict.message);
        Attempt { status, raw, latency, signal: verdict.signal, reply: verdict.reply, message }
    }
}

/// By hand, as an address may hold a password or a key.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = completions_url(&self.base_url).map_or_else(|_| "?".into(), |url| shown(&url));
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Connection")
            .field("url", &url)
            .field("headers", &names)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HttpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpEndpoint").field("url", &self.shown_url).finish_non_exhaustive()
    }
}

fn completions_url(base_url: &str) -> Result<Url, ConnectionError> {
    let refused = |base_url: String| ConnectionError::NotAnAddress { base_url };
    let mut url = Url::parse(base_url.trim()).map_err(|_| {
        // Not parsed, so what is secret in it is unknown: show nothing after a user or query.
        refused(base_url.split(['@', '?']).next().unwrap_or_default().to_owned())
    })?;
    if !["http", "https"].contains(&url.scheme()) || url.host().is_none() {
        return Err(refused(shown(&url)));
    }
    url.set_fragment(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["chat", "completions"]);
    }
    Ok(url)
}

/// The address without user, password and query, which may hold keys.
fn shown(url: &Url) -> String {
    match url.host_str() {
        Some(host) => {
            let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
            format!("{}://{host}{port}{}", url.scheme(), url.path())
        }
        None => format!("{}:…", url.scheme()),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

fn headers(connection: &Connection) -> Result<HeaderMap, ConnectionError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(key) = &connection.key {
        let bearer = SecretString::from(format!("Bearer {}", key.expose_secret()));
        let value = secret_value(&bearer).ok_or(ConnectionError::UnusableKey)?;
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in &connection.headers {
        let unusable = || ConnectionError::UnusableHeader { name: name.clone() };
        let parsed = name.parse::<HeaderName>().map_err(|_| unusable())?;
        headers.insert(parsed, secret_value(value).ok_or_else(unusable)?);
    }
    Ok(headers)
}

fn secret_value(secret: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn model_of(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Named {
        model: String,
    }
    serde_json::from_slice::<Named>(body).map_or_else(|_| "?".to_owned(), |named| named.model)
}

/// Why no response came, and what to do.
fn unreached(error: &reqwest::Error) -> String {
    let causes = causes(error);
    if error.is_connect() {
        return format!(
            "cannot connect: {causes}; check that the server runs and that `url` is right"
        );
    }
    if error.is_timeout() {
        return "no reply in time; raise the timeouts or send fewer requests at once".to_owned();
    }
    format!("the request broke off: {causes}")
}

/// The chain of causes without reqwest's own line, which repeats the address and its query.
fn causes(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let (mut texts, mut cause) = (Vec::new(), error.source());
    while let Some(inner) = cause {
        texts.push(inner.to_string());
        cause = inner.source();
    }
    if texts.is_empty() { "no cause given".to_owned() } else { texts.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(base_url: &str) -> Connection {
        Connection {
            base_url: base_url.into(),
            key: Some("sk-very-secret".into()),
            headers: vec![("api-key".into(), "other-secret".into())],
            timeouts: Timeouts {
                connect: Duration::from_secs(1),
                silence: Duration::from_secs(1),
                total: Duration::from_secs(1),
            },
            max_body_bytes: 1000,
            max_idle: 1,
        }
    }

    #[test]
    fn the_path_is_added_to_any_base() {
        for (base, expected) in [
            ("http://h:8080/v1", "http://h:8080/v1/chat/completions"),
            ("http://h/v1/", "http://h/v1/chat/completions"),
            ("https://h", "https://h/chat/completions"),
            ("https://u:p@h/v1?api-version=2", "https://h/v1/chat/completions"),
        ] {
            let endpoint = HttpEndpoint::new(connection(base)).unwrap();
            assert_eq!(endpoint.url(), expected);
        }
        let versioned = completions_url("https://h/v1?api-version=2").unwrap();
        assert_eq!(versioned.query(), Some("api-version=2"));
    }

    #[test]
    fn an_unusable_address_key_or_header_is_refused_by_name() {
        for base in ["", "h/v1", "ftp://h/v1", "file:///v1"] {
            let error = HttpEndpoint::new(connection(base)).unwrap_err();
            assert!(matches!(error, ConnectionError::NotAnAddress { .. }), "{base}: {error}");
        }
        let broken = Connection { key: Some("a\nb".into()), ..connection("http://h") };
        assert!(matches!(HttpEndpoint::new(broken), Err(ConnectionError::UnusableKey)));
        let header = vec![("x y".to_owned(), "1".into())];
        let broken = Connection { headers: header, ..connection("http://h") };
        assert!(matches!(HttpEndpoint::new(broken), Err(ConnectionError::UnusableHeader { .. })));
    }

    #[test]
    fn no_secret_is_in_any_debug_text() {
        let connection = connection("http://u:pass-secret@h/v1?key=query-secret");
        let before = format!("{connection:?}");
        let after = format!("{:?}", HttpEndpoint::new(connection).unwrap());
        for text in [before, after] {
            assert!(text.contains("http://h/v1/chat/completions"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
