//! One request over HTTP becomes a reply and its usage; the simulated endpoint lives here too.

mod endpoint;

pub use endpoint::Attempt;
pub use endpoint::Endpoint;
