//! Whether the next request may go now: every limit of the run asked in one place.

use crate::pace::Admission;
use crate::pace::Concurrency;
use crate::pace::ExpectedTokens;
use crate::pace::RequestRate;
use crate::pace::Signal;
use crate::pace::Slot;
use crate::pace::Ticket;
use crate::pace::TokenBudget;
use crate::prompt::CompiledPrompt;
use crate::requests::Plan;
use crate::requests::estimated_tokens;
use crate::unit::Content;
use crate::unit::Unit;
use crate::worker::RunSettings;
use crate::worker::ask::Asking;
use crate::worker::ask::Called;
use crate::worker::ask::Reserved;
use crate::worker::ask::Sent;
use std::time::Duration;

/// Bytes of a request body beside its texts: names, roles, separators.
const ENVELOPE: usize = 512;

/// The limits of a run. Times are since the start of the run.
#[derive(Debug)]
pub(super) struct Gate {
    concurrency: Concurrency,
    rate: Option<RequestRate>,
    tokens: Option<TokenBudget>,
    expected: ExpectedTokens,
    money: Option<Money>,
    pause: Pause,
    /// Bytes of each prompt that every call repeats, at most.
    repeated: Vec<usize>,
}

/// The request that goes next; it keeps its place in the queue for tokens while it waits.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) asking: Asking,
    reserved: Reserved,
    ticket: Option<Ticket>,
}

/// Whether the candidate goes.
#[derive(Debug)]
pub(super) enum Admit {
    /// Now, in this slot.
    Go(Slot, Reserved),
    /// When another request ends.
    Full,
    /// After this long.
    Wait(Duration),
    /// Never: it may cost more than is left.
    TooDear { spent_usd: f64, next_usd: f64 },
}

/// A budget that requests in flight count against with the most they may cost.
#[derive(Debug)]
struct Money {
    max: f64,
    spent: f64,
    in_flight: f64,
}

/// A wait the endpoint asked for, and the slow start after it: as many requests as the limit are let go
/// over the time of one backoff, not in one instant.
#[derive(Debug)]
struct Pause {
    until: Duration,
    ramp: Duration,
    released: u32,
}

impl Gate {
    pub(super) fn new(settings: &RunSettings, plan: &Plan) -> Self {
        let cap = plan.prompts.iter().map(most_output).max();
        Self {
            concurrency: Concurrency::new(settings.in_flight),
            rate: settings.rpm.map(RequestRate::new),
            tokens: settings.tpm.map(|tpm| TokenBudget::new(tpm, Duration::ZERO)),
            expected: ExpectedTokens::new(cap.unwrap_or(0)),
            money: settings.max_usd.map(|max| Money { max, spent: 0.0, in_flight: 0.0 }),
            pause: Pause { until: Duration::ZERO, ramp: settings.backoff.base, released: u32::MAX },
            repeated: plan
                .prompts
                .iter()
                .map(|prompt| {
                    let questions = prompt.questions().iter();
                    let longest =
                        questions.map(|it| it.system().len() + it.schema().to_string().len());
                    ENVELOPE + longest.max().unwrap_or(0)
                })
                .collect(),
        }
    }

    /// Works out what the request may take.
    pub(super) fn candidate(
        &mut self,
        asking: Asking,
        plan: &Plan,
        settings: &RunSettings,
    ) -> Candidate {
        let pending = &plan.pending[asking.pending];
        let mut reserved = Reserved::default();
        if self.tokens.is_some() || self.money.is_some() {
            let bytes = self.repeated[pending.prompt] + bytes(&plan.units[pending.unit]);
            reserved.tokens = estimated_tokens(bytes) + self.expected.estimate();
            // No tokenizer makes more tokens than there are bytes: the budget holds whatever comes.
            let output = most_output(&plan.prompts[pending.prompt]);
            reserved.usd = settings.price.map_or(0.0, |price| price.usd(bytes as u64, 0, output));
        }
        let ticket = self.tokens.as_mut().map(|tokens| tokens.join(reserved.tokens));
        Candidate { asking, reserved, ticket }
    }

    /// Asks every limit; the candidate keeps what it already booked.
    pub(super) fn admit(&mut self, candidate: &Candidate, now: Duration) -> Admit {
        if self.concurrency.limit() <= self.concurrency.in_flight() {
            return Admit::Full;
        }
        if let Some(money) = &self.money
            && money.max < money.spent + money.in_flight + candidate.reserved.usd
        {
            let next_usd = candidate.reserved.usd;
            let alone = self.concurrency.in_flight() == 0;
            let spent_usd = money.spent;
            return if alone { Admit::TooDear { spent_usd, next_usd } } else { Admit::Full };
        }
        if let Some(wait) = self.pause.wait(now, self.concurrency.limit()) {
            return Admit::Wait(wait);
        }
        if let (Some(tokens), Some(ticket)) = (&mut self.tokens, candidate.ticket)
            && let Admission::Wait(wait) = tokens.reserve(ticket, now)
        {
            return Admit::Wait(wait);
        }
        if let Some(rate) = &mut self.rate
            && let Admission::Wait(wait) = rate.check(now)
        {
            return Admit::Wait(wait);
        }
        let Some(slot) = self.concurrency.start() else { return Admit::Full };
        self.pause.released = self.pause.released.saturating_add(1);
        if let Some(money) = &mut self.money {
            money.in_flight += candidate.reserved.usd;
        }
        Admit::Go(slot, candidate.reserved)
    }

    /// Gives back what the call had booked and learns from what it met.
    pub(super) fn finish(&mut self, called: &mut Called, now: Duration) {
        let (reserved, sent) = (called.reserved, called.sent.as_ref());
        let (used, usd) =
            sent.map_or((0, 0.0), |sent| (used(sent), sent.billed.cost_usd.unwrap_or(0.0)));
        if let Some(tokens) = &mut self.tokens {
            tokens.true_up(reserved.tokens, used, now);
        }
        if let Some(money) = &mut self.money {
            money.in_flight = (money.in_flight - reserved.usd).max(0.0);
            money.spent += usd;
        }
        if let Some(Sent { signal: Signal::Answered, billed, .. }) = sent {
            self.expected.observe(billed.output_tokens);
        }
        if let Some(Sent { signal: Signal::RateLimited { wait: Some(wait) }, .. }) = sent {
            self.pause_until(now.saturating_add(*wait), now);
        }
        if let Some(slot) = called.slot.take() {
            self.concurrency.finish(slot, sent.map(|sent| &sent.signal));
        }
    }

    fn pause_until(&mut self, until: Duration, now: Duration) {
        if self.pause.until < until {
            self.pause.until = until;
            self.pause.released = 0;
        }
        if let Some(tokens) = &mut self.tokens {
            tokens.pause_until(until, now);
        }
        if let Some(rate) = &mut self.rate {
            rate.pause_until(until);
        }
    }
}

impl Pause {
    /// How long the next request waits; `limit` may be in flight at once.
    fn wait(&self, now: Duration, limit: usize) -> Option<Duration> {
        if now < self.until {
            return Some(self.until - now);
        }
        let share = f64::from(self.released) / limit.max(1) as f64;
        if self.released == u32::MAX || share >= 1.0 {
            return None;
        }
        let turn = self.until.saturating_add(self.ramp.mul_f64(share));
        turn.checked_sub(now).filter(|wait| !wait.is_zero())
    }
}

/// The most tokens one call of a prompt may generate.
fn most_output(prompt: &CompiledPrompt) -> u64 {
    let caps = prompt.questions().iter().map(|question| u64::from(question.max_output_tokens()));
    caps.max().unwrap_or(0)
}

/// Tokens the endpoint counted; none when it did not answer.
fn used(sent: &Sent) -> u64 {
    sent.billed.input_tokens + sent.billed.output_tokens
}

/// Bytes a unit adds to a request.
fn bytes(unit: &Unit) -> usize {
    let shown = unit.components.iter().map(|component| {
        let body = match &component.content {
            Content::Text(text) | Content::Image(text) => text.len(),
        };
        body + component.role.len()
    });
    shown.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_let_go_one_by_one_after_a_pause() {
        let second = Duration::from_secs(1);
        let mut pause = Pause { until: 10 * second, ramp: second, released: 0 };
        assert_eq!(pause.wait(8 * second, 4), Some(2 * second));
        let mut went = Vec::new();
        let mut now = 8 * second;
        for _ in 0..6 {
            now += pause.wait(now, 4).unwrap_or_default();
            went.push(now.as_millis());
            pause.released += 1;
        }
        assert_eq!(went, [10_000, 10_250, 10_500, 10_750, 10_750, 10_750]);
    }

    #[test]
    fn a_run_without_a_pause_starts_at_once() {
        let pause = Pause { until: Duration::ZERO, ramp: Duration::MAX, released: u32::MAX };
        assert_eq!(pause.wait(Duration::ZERO, 1000), None);
    }
}
