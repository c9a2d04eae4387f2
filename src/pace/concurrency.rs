//! How many requests may be in flight at once.

use crate::pace::Signal;
use std::num::NonZeroUsize;

/// What is left of the limit after a rate-limit episode.
const CUT: f64 = 0.8;
/// What the limit grows by once it has been used in full without trouble.
const GROWTH: f64 = 1.05;

/// A limit on requests in flight that gives way when the endpoint says "too fast".
///
/// An *episode* is every refusal among requests that started at one limit: it cuts the limit once, to
/// 0.8 of it, however many refusals there are. Refusals of requests started *after* the cut are a new
/// episode, so a limit never freezes while refusals go on. As many answers as the limit, all started
/// since the last change, raise it by 5 % (at least 1), up to the most the user allows. Faults that are
/// not about speed change nothing.
#[derive(Debug)]
pub struct Concurrency {
    most: usize,
    limit: usize,
    in_flight: usize,
    era: u64,
    answered_in_era: usize,
}

/// The right to one request in flight; it must be given back through [`Concurrency::finish`].
#[derive(Debug)]
#[must_use = "a slot that is not given back lowers the limit for good"]
pub struct Slot {
    era: u64,
}

impl Concurrency {
    /// Starts at the most that is allowed.
    #[must_use]
    pub fn new(most: NonZeroUsize) -> Self {
        let most = most.get();
        Self { most, limit: most, in_flight: 0, era: 0, answered_in_era: 0 }
    }

    /// Returns how many requests may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns how many requests are in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Takes a slot, if one is free.
    pub fn start(&mut self) -> Option<Slot> {
        (self.in_flight < self.limit).then(|| {
            self.in_flight += 1;
            Slot { era: self.era }
        })
    }

    /// Gives a slot back with what came of its request; `None` when it was never sent.
    pub fn finish(&mut self, slot: Slot, signal: Option<&Signal>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        // A reply that was in flight before the last change says nothing about the new limit.
        if slot.era != self.era {
            return;
        }
        match signal {
            Some(Signal::RateLimited { .. }) => {
                self.change(((self.limit as f64 * CUT).floor() as usize).max(1));
            }
            Some(Signal::Answered) => self.count_answer(),
            None
            | Some(
                Signal::QuotaExhausted
                | Signal::Transient { .. }
                | Signal::Rejected
                | Signal::Filtered
                | Signal::TooLarge
                | Signal::Fatal(_),
            ) => {}
        }
    }

    fn count_answer(&mut self) {
        self.answered_in_era += 1;
        if self.limit <= self.answered_in_era && self.limit < self.most {
            let grown = ((self.limit as f64 * GROWTH).floor() as usize).max(self.limit + 1);
            self.change(grown.min(self.most));
        }
    }

    fn change(&mut self, limit: usize) {
        self.limit = limit;
        self.era += 1;
        self.answered_in_era = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITED: Signal = Signal::RateLimited { wait: None };

    fn concurrency(most: usize) -> Concurrency {
        Concurrency::new(NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN))
    }

    fn fill(concurrency: &mut Concurrency) -> Vec<Slot> {
        std::iter::from_fn(|| concurrency.start()).collect()
    }

    fn finish_all(concurrency: &mut Concurrency, slots: Vec<Slot>, signal: &Signal) {
        slots.into_iter().for_each(|slot| concurrency.finish(slot, Some(signal)));
    }

    #[test]
    fn no_more_than_the_limit_is_in_flight() {
        let mut concurrency = concurrency(3);
        let mut slots = fill(&mut concurrency);
        assert_eq!((slots.len(), concurrency.in_flight()), (3, 3));
        concurrency.finish(slots.remove(0), None);
        assert_eq!(fill(&mut concurrency).len(), 1);
    }

    #[test]
    fn one_episode_cuts_once() {
        let mut concurrency = concurrency(100);
        let slots = fill(&mut concurrency);
        finish_all(&mut concurrency, slots, &LIMITED);
        assert_eq!((concurrency.limit(), concurrency.in_flight()), (80, 0));
    }

    #[test]
    fn the_limit_keeps_falling_while_refusals_go_on_but_never_to_nothing() {
        let mut concurrency = concurrency(100);
        let mut limits = Vec::new();
        for _ in 0..40 {
            let slots = fill(&mut concurrency);
            finish_all(&mut concurrency, slots, &LIMITED);
            limits.push(concurrency.limit());
        }
        assert_eq!(limits[..4], [80, 64, 51, 40]);
        assert_eq!(limits.last(), Some(&1));
    }

    #[test]
    fn answers_raise_the_limit_slowly_up_to_the_most_allowed() {
        let mut concurrency = concurrency(10);
        let slots = fill(&mut concurrency);
        finish_all(&mut concurrency, slots, &LIMITED);
        let mut limits = Vec::new();
        for _ in 0..4 {
            let slots = fill(&mut concurrency);
            finish_all(&mut concurrency, slots, &Signal::Answered);
            limits.push(concurrency.limit());
        }
        assert_eq!(limits, [9, 10, 10, 10]);
    }

    #[test]
    fn an_answer_from_before_the_cut_does_not_raise_the_limit() {
        let mut concurrency = concurrency(5);
        let mut slots = fill(&mut concurrency);
        concurrency.finish(slots.remove(0), Some(&LIMITED));
        finish_all(&mut concurrency, slots, &Signal::Answered);
        assert_eq!((concurrency.limit(), concurrency.answered_in_era), (4, 0));
    }

    #[test]
    fn server_faults_do_not_lower_the_limit() {
        let mut concurrency = concurrency(10);
        let slots = fill(&mut concurrency);
        finish_all(&mut concurrency, slots, &Signal::Transient { wait: None });
        assert_eq!(concurrency.limit(), 10);
    }
}
