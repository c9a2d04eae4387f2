//! How many tokens the next reply will probably cost, from the replies so far.

use std::collections::VecDeque;

/// Replies that the estimate looks back on.
const WINDOW: usize = 256;
/// Replies before the estimate is trusted over the caller's first guess.
const ENOUGH: usize = 16;
/// The share of replies that should cost no more than the estimate.
const QUANTILE: f64 = 0.9;

/// A moving 0.9 quantile of the output tokens of one request.
///
/// A quantile and not the mean: a reservation that is too small breaks the endpoint's limit, one that
/// is too large is given back as soon as the reply is there.
#[derive(Debug, Clone)]
pub struct ExpectedTokens {
    first_guess: u64,
    recent: VecDeque<u64>,
    sorted: Vec<u64>,
}

impl ExpectedTokens {
    /// Starts with a guess for as long as fewer than 16 replies are known.
    #[must_use]
    pub fn new(first_guess: u64) -> Self {
        Self { first_guess, recent: VecDeque::with_capacity(WINDOW), sorted: Vec::new() }
    }

    /// Takes note of the output tokens of one reply; the oldest of 256 is forgotten.
    pub fn observe(&mut self, output: u64) {
        if self.recent.len() == WINDOW
            && let Some(oldest) = self.recent.pop_front()
        {
            let place = self.sorted.partition_point(|&known| known < oldest);
            self.sorted.remove(place);
        }
        self.recent.push_back(output);
        let place = self.sorted.partition_point(|&known| known < output);
        self.sorted.insert(place, output);
    }

    /// Returns the output tokens to reserve for the next request.
    #[must_use]
    pub fn estimate(&self) -> u64 {
        if self.sorted.len() < ENOUGH {
            return self.sorted.last().copied().unwrap_or(0).max(self.first_guess);
        }
        // At most 256 · 0.9: exact in f64, and never past the end.
        let rank = (self.sorted.len() as f64 * QUANTILE).ceil() as usize;
        self.sorted.get(rank.saturating_sub(1)).copied().unwrap_or(self.first_guess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(outputs: impl IntoIterator<Item = u64>) -> u64 {
        let mut expected = ExpectedTokens::new(100);
        outputs.into_iter().for_each(|output| expected.observe(output));
        expected.estimate()
    }

    #[test]
    fn few_replies_never_lower_the_first_guess_but_may_raise_it() {
        assert_eq!(after([]), 100);
        assert_eq!(after([10; 15]), 100);
        assert_eq!(after([10, 300, 10]), 300);
    }

    #[test]
    fn nine_in_ten_replies_cost_no_more() {
        assert_eq!(after(1..=100), 90);
        assert_eq!(after((1..=100).rev()), 90);
    }

    #[test]
    fn replies_of_long_ago_are_forgotten() {
        assert_eq!(after((0..1000).map(|_| 500).chain((0..256).map(|_| 20))), 20);
    }
}
