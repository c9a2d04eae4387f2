//! What a call leaves in the store: the attempt, the answered call of several, and the rows of a finished request.

use crate::llm::Attempt;
use crate::pace::Signal;
use crate::reply;
use crate::reply::Answer;
use crate::reply::Usage;
use crate::store::AttemptRow;
use crate::store::Billed;
use crate::store::CallRow;
use crate::store::LabelRow;
use crate::store::Provenance;
use crate::store::Record;
use crate::worker::ask::About;
use crate::worker::ask::Asking;
use crate::worker::ask::Call;
use crate::worker::ask::Called;
use crate::worker::ask::Next;
use crate::worker::ask::Sent;
use crate::worker::ask::Trying;
use crate::worker::ask::sum;
use jiff::Timestamp;
use std::time::Duration;

impl<E> Call<E> {
    /// Takes note of an answered call of several and returns what becomes of its request: the next call, or its answer.
    fn heard(&mut self, about: About<'_>, next: Next, records: &mut Vec<Record>) -> Next {
        let answers = match next {
            Next::Over { answers, settled: true } if about.calls.len() > 1 => answers,
            Next::Over { .. } | Next::Again(_) | Next::Stop(_) => return next,
        };
        let asked = &about.calls[about.place];
        let Trying { attempts, billed, .. } = std::mem::take(&mut self.asking.call);
        let row = CallRow {
            request: about.pending.fingerprint,
            call: about.place,
            component: asked.component,
            label: asked.question.label().map(str::to_owned),
            answers,
            attempts,
            billed,
            answered_at: Timestamp::now(),
        };
        self.asking.said.note(&row);
        records.push(Record::Call(row));
        match self.asking.said.next(about.calls.len()) {
            Some(_) => Next::Again(Duration::ZERO),
            None => {
                let said = self.asking.said.answers();
                let answers = reply::combine(about.prompt, about.calls, said);
                Next::Over { answers, settled: true }
            }
        }
    }

    /// Records an attempt and what it settles, all or none, and returns once it is on disk.
    pub(super) async fn record(
        mut self,
        about: About<'_>,
        attempt: Option<(Attempt, Timestamp)>,
        next: Next,
    ) -> Called {
        let mut records = Vec::with_capacity(3);
        let mut latency_ms = 0.0;
        let sent = attempt.map(|(attempt, started_at)| {
            latency_ms = attempt.latency.as_secs_f64() * 1e3;
            self.sent(about, attempt, started_at, &mut records)
        });
        let next = self.heard(about, next, &mut records);
        if let Next::Over { answers, settled } = &next {
            self.rows(about, answers, *settled, |mut row| {
                row.latency_ms = latency_ms;
                records.push(Record::Label(row));
            });
        }
        let recorded = self.writer.record(records).await;
        let Self { asking, slot, reserved, .. } = self;
        Called { asking, slot: Some(slot), reserved, sent, next, recorded }
    }

    /// Puts an attempt in the ledger.
    fn sent(
        &mut self,
        about: About<'_>,
        attempt: Attempt,
        started_at: Timestamp,
        records: &mut Vec<Record>,
    ) -> Sent {
        let usage = attempt.reply.as_ref().map(|reply| reply.usage);
        let billed = self.billed(&attempt.signal, usage);
        self.asking.call.billed = sum(self.asking.call.billed, billed);
        let sent = Sent {
            signal: attempt.signal.clone(),
            message: attempt.message.clone(),
            billed,
            estimated: usage.is_some_and(|usage| usage.estimated),
            repeated: self.asking.call.attempts > 1,
        };
        records.push(Record::Attempt(AttemptRow {
            request: about.pending.fingerprint,
            call: about.place,
            labeler: self.settings.labeler,
            prompt: about.prompt.fingerprint(),
            started_at,
            status: attempt.status,
            signal: name(&attempt.signal),
            raw: attempt.raw,
            billed,
            estimated: sent.estimated,
            latency_ms: attempt.latency.as_secs_f64() * 1e3,
            message: attempt.message,
        }));
        sent
    }

    /// Makes a row for each unit and answer; the first unit carries what the request was billed. A failure that may
    /// pass carries its own call alone: what the answered calls cost stands in the row that settles the request.
    fn rows(
        &self,
        about: About<'_>,
        answers: &[Answer],
        settled: bool,
        mut push: impl FnMut(LabelRow),
    ) {
        let labeled_at = Timestamp::now();
        let provenance = Provenance {
            unit_hash: self.plan.units[about.pending.unit].content_hash(),
            labeler: self.settings.labeler,
            prompt: about.prompt.fingerprint(),
            request: about.pending.fingerprint,
        };
        let Asking { said, call, .. } = &self.asking;
        let whole = if settled {
            (said.attempts + call.attempts, sum(said.billed, call.billed))
        } else {
            (call.attempts, call.billed)
        };
        for (place, unit) in about.pending.units().enumerate() {
            let (attempts, billed) = if place == 0 {
                whole
            } else {
                (0, Billed { cost_usd: self.settings.price.map(|_| 0.0), ..Billed::default() })
            };
            for (number, (answer, policy)) in
                answers.iter().zip(about.prompt.policies()).enumerate()
            {
                push(LabelRow {
                    unit: self.plan.units[unit].id.clone(),
                    answer: answer.clone(),
                    policy_version: policy.version.to_string(),
                    settled,
                    provenance,
                    attempts,
                    billed: share(billed, number as u64, answers.len() as u64),
                    latency_ms: 0.0,
                    labeled_at,
                });
            }
        }
    }

    /// What the call was billed. A refusal before any generation costs nothing; a fault or a filter may
    /// have cost what nobody says.
    fn billed(&self, signal: &Signal, usage: Option<Usage>) -> Billed {
        let price = self.settings.price;
        let Some(Usage { input, cached, output, .. }) = usage else {
            let free = match signal {
                Signal::RateLimited { .. }
                | Signal::QuotaExhausted
                | Signal::Rejected
                | Signal::TooLarge
                | Signal::Fatal(_) => price.map(|_| 0.0),
                Signal::Answered | Signal::Transient { .. } | Signal::Filtered => None,
            };
            return Billed { cost_usd: free, ..Billed::default() };
        };
        Billed {
            input_tokens: input,
            cached_tokens: cached,
            output_tokens: output,
            cost_usd: price.map(|price| price.usd(input, cached, output)),
        }
    }
}

/// The part of row `number` among `rows`; the parts sum to the whole.
fn share(billed: Billed, number: u64, rows: u64) -> Billed {
    let part = |tokens: u64| tokens / rows + u64::from(number < tokens % rows);
    Billed {
        input_tokens: part(billed.input_tokens),
        cached_tokens: part(billed.cached_tokens),
        output_tokens: part(billed.output_tokens),
        cost_usd: billed.cost_usd.map(|cost| cost / rows as f64),
    }
}

/// The signal's name in the ledger.
fn name(signal: &Signal) -> &'static str {
    match signal {
        Signal::Answered => "answered",
        Signal::RateLimited { .. } => "rate_limited",
        Signal::QuotaExhausted => "quota_exhausted",
        Signal::Transient { .. } => "transient",
        Signal::Rejected => "rejected",
        Signal::Filtered => "filtered",
        Signal::TooLarge => "too_large",
        Signal::Fatal(_) => "fatal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_what_was_billed() {
        let whole =
            Billed { input_tokens: 100, cached_tokens: 2, output_tokens: 11, cost_usd: Some(0.75) };
        let sum = (0..3).map(|row| share(whole, row, 3)).fold(Billed::default(), sum);
        assert_eq!((sum.input_tokens, sum.cached_tokens, sum.output_tokens), (100, 2, 11));
        assert!(sum.cost_usd.is_some_and(|cost| (cost - 0.75).abs() < 1e-12));
    }
}
