//! Tokens per minute: our own ledger, since a request's cost is known only after its reply.

use crate::pace::Admission;
use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::time::Duration;

const MINUTE: f64 = 60.0;
/// The budget never saves up more than this many seconds' worth.
const BURST_SECONDS: f64 = 1.0;

/// A limit on tokens per minute: reserve before sending, settle when the usage is known.
///
/// Refills continuously; the burst is taken off the refill, so that the limit holds in every window of
/// a minute for requests smaller than the burst. A larger request goes when the budget is full and
/// leaves a debt that later ones wait for. Requests go in the order in which they first asked.
#[derive(Debug, Clone)]
pub struct TokenBudget {
    per_second: f64,
    burst: f64,
    level: f64,
    updated: Duration,
    paused_until: Duration,
    queue: VecDeque<(Ticket, f64)>,
    next_ticket: u64,
}

/// A place in the queue for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

impl TokenBudget {
    /// Starts a full budget of so many tokens per minute at `now`.
    #[must_use]
    pub fn new(per_minute: NonZeroU64, now: Duration) -> Self {
        let per_minute = per_minute.get() as f64;
        let burst = (per_minute / MINUTE * BURST_SECONDS).max(1.0);
        Self {
            per_second: (per_minute - burst).max(1.0) / MINUTE,
            burst,
            level: burst,
            updated: now,
            paused_until: Duration::ZERO,
            queue: VecDeque::new(),
            next_ticket: 0,
        }
    }

    /// Joins the queue for the tokens one request is expected to cost, input and output.
    pub fn join(&mut self, expected: u64) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.queue.push_back((ticket, expected as f64));
        ticket
    }

    /// Books the ticket's tokens when its turn has come. A wait books nothing: ask again after it.
    ///
    /// A ticket that is not in the queue (booked before, or left) is ready.
    pub fn reserve(&mut self, ticket: Ticket, now: Duration) -> Admission {
        self.refill(now);
        let Some(place) = self.queue.iter().position(|(queued, _)| *queued == ticket) else {
            return Admission::Ready;
        };
        let wait = self.wait_of(place, now);
        if wait > Duration::ZERO {
            return Admission::Wait(wait);
        }
        if place == 0
            && let Some((_, expected)) = self.queue.pop_front()
        {
            self.level -= expected;
            return Admission::Ready;
        }
        // Those in front could go now but have not asked yet; they keep their turn.
        Admission::Wait(Duration::from_millis(1))
    }

    /// Leaves the queue without sending.
    pub fn leave(&mut self, ticket: Ticket) {
        self.queue.retain(|(queued, _)| *queued != ticket);
    }

    /// Replaces a booked expectation by what was really used; 0 when nothing was billed.
    pub fn true_up(&mut self, reserved: u64, used: u64, now: Duration) {
        self.refill(now);
        self.level = (self.level + reserved as f64 - used as f64).min(self.burst);
    }

    /// Books nothing before `until`, as after a 429, and refills from nothing after it.
    ///
    /// The endpoint counts differently than this ledger, so what it had saved up is worth nothing. An
    /// earlier pause is never shortened.
    pub fn pause_until(&mut self, until: Duration, now: Duration) {
        self.refill(now);
        self.level = self.level.min(0.0);
        self.paused_until = self.paused_until.max(until);
        self.updated = self.updated.max(self.paused_until);
    }

    /// Time does not refill during a pause: `updated` then lies in the future.
    fn refill(&mut self, now: Duration) {
        if let Some(passed) = now.checked_sub(self.updated) {
            self.level = (self.level + passed.as_secs_f64() * self.per_second).min(self.burst);
            self.updated = now;
        }
    }

    /// How long until everything in front of the place is paid for and it can go itself.
    fn wait_of(&self, place: usize, now: Duration) -> Duration {
        let in_front: f64 = self.queue.iter().take(place).map(|(_, expected)| expected).sum();
        let own = self.queue.get(place).map_or(0.0, |(_, expected)| expected.min(self.burst));
        let missing = (in_front + own - self.level).max(0.0);
        // Below a millionth of a token is rounding, not a shortage.
        let refill = if missing < 1e-6 { 0.0 } else { missing / self.per_second };
        let paused = self.updated.saturating_sub(now);
        Duration::try_from_secs_f64(refill)
            .map_or(Duration::MAX, |wait| paused.saturating_add(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(per_minute: u64) -> TokenBudget {
        TokenBudget::new(NonZeroU64::new(per_minute).unwrap_or(NonZeroU64::MIN), Duration::ZERO)
    }

    fn seconds(wait: Admission) -> f64 {
        match wait {
            Admission::Ready => 0.0,
            Admission::Wait(wait) => wait.as_secs_f64(),
        }
    }

    /// Sends requests of one size as fast as it may for three minutes.
    fn greedy(per_minute: u64, each: u64) -> Vec<Duration> {
        let (mut budget, mut now, mut sent) = (budget(per_minute), Duration::ZERO, Vec::new());
        while now < Duration::from_secs(180) {
            let ticket = budget.join(each);
            while let Admission::Wait(wait) = budget.reserve(ticket, now) {
                now += wait;
            }
            sent.push(now);
        }
        sent
    }

    #[test]
    fn no_window_of_a_minute_costs_more_than_the_limit() {
        for (per_minute, each) in [(6_000, 100), (60_000, 700), (200_000, 37)] {
            let sent = greedy(per_minute, each);
            let allowed = (per_minute / each) as usize;
            let over = sent
                .windows(allowed + 1)
                .find(|window| window[allowed] - window[0] < Duration::from_secs(60));
            assert_eq!(over.map(|window| window[0]), None, "{per_minute} by {each}");
            let used = sent.len() as f64 * each as f64 / (3.0 * per_minute as f64);
            assert!(used > 0.97, "only {used} of {per_minute} by {each}");
        }
    }

    #[test]
    fn a_request_above_the_burst_goes_and_the_next_one_pays() {
        let mut budget = budget(6_000);
        let (large, small) = (budget.join(1_000), budget.join(10));
        assert_eq!(budget.reserve(large, Duration::ZERO), Admission::Ready);
        // 900 in debt and 10 more, at 5,900 a minute.
        let wait = seconds(budget.reserve(small, Duration::ZERO));
        assert!((wait - 910.0 / (5_900.0 / 60.0)).abs() < 1e-6, "{wait}");
    }

    #[test]
    fn a_small_request_never_overtakes_a_large_one() {
        let mut budget = budget(6_000);
        let now = Duration::ZERO;
        let first = budget.join(100);
        assert_eq!(budget.reserve(first, now), Admission::Ready);
        let (large, small) = (budget.join(90), budget.join(1));
        assert!(seconds(budget.reserve(small, now)) > seconds(budget.reserve(large, now)));
        let later = Duration::from_millis(930);
        assert_ne!(budget.reserve(small, later), Admission::Ready);
        assert_eq!(budget.reserve(large, later), Admission::Ready);
        assert_eq!(budget.reserve(small, later), Admission::Ready);
    }

    #[test]
    fn one_that_leaves_frees_its_place() {
        let mut budget = budget(6_000);
        let (large, small) = (budget.join(1_000), budget.join(1));
        budget.leave(large);
        assert_eq!(budget.reserve(small, Duration::ZERO), Admission::Ready);
    }

    #[test]
    fn what_was_not_used_is_given_back_and_what_was_overused_is_owed() {
        let mut budget = budget(6_000);
        let now = Duration::ZERO;
        let first = budget.join(100);
        assert_eq!(budget.reserve(first, now), Admission::Ready);
        budget.true_up(100, 20, now);
        let second = budget.join(80);
        assert_eq!(budget.reserve(second, now), Admission::Ready);
        budget.true_up(80, 180, now);
        let third = budget.join(1);
        assert!((seconds(budget.reserve(third, now)) - 101.0 / (5_900.0 / 60.0)).abs() < 1e-6);
    }

    #[test]
    fn nothing_goes_during_a_pause_and_no_burst_follows_it() {
        let mut budget = budget(6_000);
        budget.pause_until(Duration::from_secs(20), Duration::ZERO);
        budget.pause_until(Duration::from_secs(3), Duration::ZERO);
        let ticket = budget.join(59);
        let wait = seconds(budget.reserve(ticket, Duration::from_secs(5)));
        assert!((wait - 15.6).abs() < 1e-6, "{wait}");
        assert_eq!(budget.reserve(ticket, Duration::from_millis(20_600)), Admission::Ready);
    }
}
