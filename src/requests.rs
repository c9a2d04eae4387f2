//! Which requests are still to make, in which order, and what they may cost.

#![deny(clippy::disallowed_methods)]

mod forecast;
mod plan;

pub use forecast::Forecast;
pub use forecast::Price;
pub use forecast::estimated_tokens;
pub use forecast::forecast;
pub use plan::Pending;
pub use plan::Plan;
pub use plan::plan;
