//! Requests per minute.

use crate::pace::Admission;
use governor::Quota;
use governor::RateLimiter;
use governor::clock::Clock;
use governor::clock::Reference as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::InMemoryState;
use governor::state::NotKeyed;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The window the limit is kept in: a minute, and half a second more because requests do not arrive
/// as evenly as they are sent.
const WINDOW: Duration = Duration::from_millis(60_500);
/// A burst is at most what a tenth of a second allows: enough to hide a timer's coarseness.
const BURSTS_A_MINUTE: u32 = 600;

/// A limit on requests per minute that holds in every window of a minute, the first one too.
///
/// With a burst of `b` and one more request every `T`, a window `W` sees at most `b - 1 + W / T`
/// requests, so `T = W / (limit - b + 1)`.
#[derive(Debug)]
pub struct RequestRate {
    limiter: RateLimiter<NotKeyed, InMemoryState, ToldClock, NoOpMiddleware<Nanos>>,
    clock: ToldClock,
    paused_until: Duration,
}

/// A clock that shows the time it was last told, in nanoseconds.
#[derive(Debug, Clone, Default)]
struct ToldClock(Arc<AtomicU64>);

impl Clock for ToldClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.load(Ordering::Relaxed).into()
    }
}

impl RequestRate {
    /// Starts a limit of so many requests per minute.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        let limit = per_minute.get();
        let burst = NonZeroU32::new(limit / BURSTS_A_MINUTE).unwrap_or(NonZeroU32::MIN);
        let between = WINDOW / (limit - burst.get() + 1);
        let quota = Quota::with_period(between)
            .unwrap_or_else(|| Quota::per_minute(per_minute))
            .allow_burst(burst);
        let clock = ToldClock::default();
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        Self { limiter, clock, paused_until: Duration::ZERO }
    }

    /// Asks to send one request at `now`.
    pub fn check(&mut self, now: Duration) -> Admission {
        if now < self.paused_until {
            return Admission::Wait(self.paused_until - now);
        }
        // A time before one told earlier changes nothing: the clock never runs backwards.
        self.clock.0.fetch_max(nanoseconds(now), Ordering::Relaxed);
        match self.limiter.check() {
            Ok(()) => Admission::Ready,
            Err(refused) => Admission::Wait(
                refused.earliest_possible().duration_since(nanoseconds(now).into()).into(),
            ),
        }
    }

    /// Sends nothing before `until`, as after a 429; never shortens an earlier pause.
    pub fn pause_until(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }
}

/// Returns the time in whole nanoseconds, saturating after 584 years.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as fast as it may for three minutes and returns when each request went.
    fn greedy(per_minute: u32) -> Vec<Duration> {
        let mut rate = RequestRate::new(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        let (mut now, mut sent) = (Duration::ZERO, Vec::new());
        while now < Duration::from_secs(180) {
            match rate.check(now) {
                Admission::Ready => sent.push(now),
                Admission::Wait(wait) => now += wait,
            }
        }
        sent
    }

    #[test]
    fn no_window_of_a_minute_sees_more_than_the_limit() {
        for per_minute in [1, 2, 7, 60, 600, 3_500, 20_000] {
            let sent = greedy(per_minute);
            let limit = per_minute as usize;
            let full = sent
                .windows(limit + 1)
                .find(|window| window[limit] - window[0] < Duration::from_secs(60));
            assert_eq!(full.map(|window| window[0]), None, "{per_minute} per minute");
        }
    }

    #[test]
    fn almost_all_of_the_limit_is_used() {
        for per_minute in [60, 600, 20_000] {
            let sent = greedy(per_minute).len() as f64;
            assert!(sent > 0.985 * 3.0 * f64::from(per_minute), "{sent} of 3 x {per_minute}");
        }
    }

    #[test]
    fn a_wait_told_is_exactly_long_enough() {
        let mut rate = RequestRate::new(NonZeroU32::MIN);
        assert_eq!(rate.check(Duration::ZERO), Admission::Ready);
        assert_eq!(
            rate.check(Duration::from_secs(10)),
            Admission::Wait(Duration::from_millis(50_500))
        );
        assert_eq!(rate.check(Duration::from_millis(60_500)), Admission::Ready);
    }

    #[test]
    fn nothing_goes_during_a_pause() {
        let mut rate = RequestRate::new(NonZeroU32::MAX);
        rate.pause_until(Duration::from_secs(20));
        rate.pause_until(Duration::from_secs(5));
        assert_eq!(rate.check(Duration::from_secs(8)), Admission::Wait(Duration::from_secs(12)));
        assert_eq!(rate.check(Duration::from_secs(20)), Admission::Ready);
    }
}
