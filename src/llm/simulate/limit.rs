//! How the simulated endpoint limits requests per minute: a bucket that refills continuously.

use std::num::NonZeroU32;
use std::time::Duration;

/// A bucket that holds a second's worth of requests and one more, as large providers enforce it.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: f64,
    capacity: f64,
    level: f64,
    updated: Duration,
}

/// What the bucket says about one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// How long until there is room, when there is none now.
    pub(super) wait: Option<Duration>,
    /// Whole requests that could follow at once.
    pub(super) remaining: u64,
    /// How long until the bucket is full again.
    pub(super) reset: Duration,
}

impl Bucket {
    /// Starts full.
    pub(super) fn new(per_minute: NonZeroU32) -> Self {
        let limit = f64::from(per_minute.get());
        let capacity = (limit / 60.0).floor() + 1.0;
        Self { limit, capacity, level: capacity, updated: Duration::ZERO }
    }

    /// Takes one request out at `now`, if there is room.
    pub(super) fn take(&mut self, now: Duration) -> Standing {
        let passed = now.saturating_sub(self.updated).as_secs_f64();
        self.updated = self.updated.max(now);
        self.level = (self.level + passed * self.limit / 60.0).min(self.capacity);
        // A wait told is rounded to whole nanoseconds; what that loses is not a shortage.
        let room = self.level >= 1.0 - 1e-6;
        let wait = (!room).then(|| self.seconds_for(1.0 - self.level));
        if room {
            self.level = (self.level - 1.0).max(0.0);
        }
        Standing {
            wait,
            remaining: self.level.floor() as u64,
            reset: self.seconds_for(self.capacity - self.level),
        }
    }

    fn seconds_for(&self, requests: f64) -> Duration {
        Duration::try_from_secs_f64(requests * 60.0 / self.limit).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_a_second_and_then_the_rate() {
        let mut bucket = Bucket::new(NonZeroU32::new(120).unwrap());
        let waits: Vec<_> = (0..4).map(|_| bucket.take(Duration::ZERO).wait).collect();
        let half = Duration::from_millis(500);
        assert_eq!(waits, [None, None, None, Some(half)]);
        assert_eq!(bucket.take(half).wait, None);
        assert_eq!(bucket.take(half).wait, Some(half));
    }

    #[test]
    fn what_is_left_is_told() {
        let mut bucket = Bucket::new(NonZeroU32::new(120).unwrap());
        let standing = bucket.take(Duration::ZERO);
        assert_eq!((standing.remaining, standing.reset), (2, Duration::from_millis(500)));
    }

    #[test]
    fn waiting_as_told_is_always_enough() {
        let mut bucket = Bucket::new(NonZeroU32::new(7_777).unwrap());
        let mut now = Duration::ZERO;
        for _ in 0..1_000 {
            if let Some(wait) = bucket.take(now).wait {
                now += wait;
                assert_eq!(bucket.take(now).wait, None, "{now:?}");
            }
        }
    }
}
