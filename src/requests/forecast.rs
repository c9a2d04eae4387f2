//! What a plan will ask for, before anything is spent.

use super::plan::Plan;
use super::tokens::estimated_tokens;

/// USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Prompt tokens.
    pub input: f64,
    /// Prompt tokens served from the provider's cache.
    pub cached: f64,
    /// Generated tokens, reasoning included.
    pub output: f64,
}

/// A forecast of a plan. Token counts are estimates from byte lengths, marked so wherever they are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Requests to send.
    pub requests: u64,
    /// Requests answered already.
    pub answered: u64,
    /// Prompt tokens, estimated.
    pub input_tokens: u64,
    /// Generated tokens if every answer reached its cap.
    pub output_tokens_at_most: u64,
    /// The cost at those counts, where prices are known.
    pub usd_at_most: Option<f64>,
}

impl Price {
    /// Returns the cost in USD of these tokens; `cached` is part of `input`.
    #[must_use]
    pub fn usd(&self, input: u64, cached: u64, output: u64) -> f64 {
        let fresh = input.saturating_sub(cached);
        (fresh as f64 * self.input + cached as f64 * self.cached + output as f64 * self.output)
            / 1e6
    }
}

/// Returns what sending every pending request of the plan asks for.
#[must_use]
pub fn forecast(plan: &Plan, price: Option<Price>) -> Forecast {
    let (mut input_tokens, mut output_tokens_at_most) = (0, 0);
    for request in &plan.pending {
        let prompt = &plan.prompts[request.prompt];
        let message = prompt.user_message(&plan.units[request.unit]).map_or(0, |text| text.len());
        input_tokens += estimated_tokens(prompt.system().len() + message);
        output_tokens_at_most += u64::from(prompt.max_output_tokens());
    }
    Forecast {
        requests: plan.pending.len() as u64,
        answered: plan.answered.len() as u64,
        input_tokens,
        output_tokens_at_most,
        usd_at_most: price.map(|price| price.usd(input_tokens, 0, output_tokens_at_most)),
    }
}
