//! What a plan will ask for, before anything is spent.

use super::plan::Plan;
use super::tokens::tokens;
use crate::unit::Fingerprint;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Calls whose unit is put through a tokenizer. Requests come in random order, so the others are like them.
const COUNTED: u64 = 2_000;

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

/// A forecast of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Requests to finish.
    pub requests: u64,
    /// Calls to send for them: more where a request takes several, without those on record.
    pub calls: u64,
    /// Requests answered already.
    pub answered: u64,
    /// Prompt tokens. What a provider adds around messages and for images is not in it.
    pub input_tokens: u64,
    /// Whether the prompt tokens, or some of them, are estimated: the tokenizer is not known, or there are too many
    /// calls to count all.
    pub estimated: bool,
    /// Generated tokens if every answer reached its cap.
    pub output_tokens_at_most: u64,
    /// The cost at those counts, where prices are known.
    pub usd_at_most: Option<f64>,
}

/// Calls of unfinished requests that need not be sent again, by their place.
pub type AnsweredCalls = BTreeMap<Fingerprint, BTreeSet<usize>>;

impl Price {
    /// Returns the cost in USD of these tokens; `cached` is part of `input`.
    #[must_use]
    pub fn usd(&self, input: u64, cached: u64, output: u64) -> f64 {
        let fresh = input.saturating_sub(cached);
        (fresh as f64 * self.input + cached as f64 * self.cached + output as f64 * self.output)
            / 1e6
    }
}

/// Returns what sending every pending request of the plan asks for, without the calls on record.
#[must_use]
pub fn forecast(plan: &Plan, price: Option<Price>, on_record: &AnsweredCalls) -> Forecast {
    let (mut calls, mut output_tokens_at_most) = (0, 0);
    let mut input = Input::default();
    let nothing = BTreeSet::new();
    for request in &plan.pending {
        let (prompt, unit) = (&plan.prompts[request.prompt], &plan.units[request.unit]);
        let answered = on_record.get(&request.fingerprint).unwrap_or(&nothing);
        let model = prompt.settings().model.as_str();
        for (place, call) in prompt.calls(unit).iter().enumerate() {
            if answered.contains(&place) {
                continue;
            }
            calls += 1;
            input.repeated(
                model,
                (request.prompt, place % prompt.questions().len()),
                call.question.system(),
            );
            input.unit(model, &call.question.user_message(&call.unit).unwrap_or_default());
            output_tokens_at_most += u64::from(call.question.max_output_tokens());
        }
    }
    let input_tokens = input.tokens();
    Forecast {
        requests: plan.pending.len() as u64,
        calls,
        answered: plan.answered.len() as u64,
        input_tokens,
        estimated: input.estimated || input.more_bytes > 0,
        output_tokens_at_most,
        usd_at_most: price.map(|price| price.usd(input_tokens, 0, output_tokens_at_most)),
    }
}

/// Prompt tokens so far.
#[derive(Debug, Default)]
struct Input {
    /// Tokens of each question's static part.
    repeated: BTreeMap<(usize, usize), u64>,
    repeated_tokens: u64,
    counted_calls: u64,
    counted_tokens: u64,
    counted_bytes: u64,
    /// Bytes of calls that were not put through the tokenizer.
    more_bytes: u64,
    estimated: bool,
}

impl Input {
    fn repeated(&mut self, model: &str, question: (usize, usize), text: &str) {
        let estimated = &mut self.estimated;
        let count = self.repeated.entry(question).or_insert_with(|| {
            let count = tokens(model, text);
            *estimated |= count.estimated;
            count.count
        });
        self.repeated_tokens += *count;
    }

    fn unit(&mut self, model: &str, text: &str) {
        if COUNTED <= self.counted_calls {
            self.more_bytes += text.len() as u64;
            return;
        }
        let count = tokens(model, text);
        self.estimated |= count.estimated;
        self.counted_calls += 1;
        self.counted_tokens += count.count;
        self.counted_bytes += text.len() as u64;
    }

    fn tokens(&self) -> u64 {
        let a_byte = self.counted_tokens as f64 / self.counted_bytes.max(1) as f64;
        let more = (self.more_bytes as f64 * a_byte).ceil() as u64;
        self.repeated_tokens + self.counted_tokens + more
    }
}
