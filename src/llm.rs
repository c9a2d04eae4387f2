//! One request over HTTP becomes a reply and its usage; the simulated endpoint lives here too.

mod classify;
mod endpoint;
mod fault;
mod http;
pub mod simulate;
mod wait;
mod wire;

pub use classify::Asked;
pub use classify::Response;
pub use classify::Verdict;
pub use classify::classify;
pub use endpoint::Attempt;
pub use endpoint::Endpoint;
pub use http::Connection;
pub use http::ConnectionError;
pub use http::HttpEndpoint;
pub use http::Timeouts;
pub use wait::LONGEST_WAIT;
pub use wait::asked_wait;
