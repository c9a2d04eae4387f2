//! Which requests are still to make, in which order, and what they may cost.

#![deny(clippy::disallowed_methods)]

mod forecast;
mod plan;
mod tokens;

pub use forecast::AnsweredCalls;
pub use forecast::Forecast;
pub use forecast::Price;
pub use forecast::forecast;
pub use plan::Pending;
pub use plan::Plan;
pub use plan::plan;
pub use tokens::Tokens;
pub use tokens::estimated_tokens;
pub use tokens::tokens;
