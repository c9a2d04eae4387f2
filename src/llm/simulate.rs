//! The simulated endpoint.
