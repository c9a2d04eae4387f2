//! The vote of the raters on each unit, before any model of their errors.

use crate::stats::Ratings;

/// What the raters of one unit say by head count.
#[derive(Debug, Clone, PartialEq)]
pub struct MajorityVote {
    /// The share of the unit's ratings that each class has.
    pub shares: Vec<f64>,
    /// The classes with the most ratings, ascending: more than one where they tie.
    pub winners: Vec<usize>,
}

impl MajorityVote {
    /// Counts the ratings of a unit; `None` where it has none.
    #[must_use]
    pub fn of(ratings: &Ratings, unit: usize) -> Option<Self> {
        let counts = ratings.counts_of(unit);
        let total: f64 = counts.iter().sum();
        let most = counts.iter().copied().fold(0.0, f64::max);
        if most <= 0.0 {
            return None;
        }
        // Counts are whole numbers, so half a rating apart is the same count.
        let winners = (0..counts.len()).filter(|class| counts[*class] > most - 0.5).collect();
        Some(Self { shares: counts.iter().map(|count| count / total).collect(), winners })
    }

    /// Returns the winner, or `None` where classes tie.
    #[must_use]
    pub fn winner(&self) -> Option<usize> {
        match self.winners[..] {
            [winner] => Some(winner),
            [] | [_, _, ..] => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_have_no_winner_and_no_ratings_no_vote() {
        let rows =
            [vec![Some(2), Some(0), Some(2)], vec![Some(1), None, Some(0)], vec![None, None, None]];
        let ratings = Ratings::from_rows(3, &rows).unwrap();
        assert_eq!(MajorityVote::of(&ratings, 0).unwrap().winner(), Some(2));
        let tied = MajorityVote::of(&ratings, 1).unwrap();
        assert_eq!((tied.winner(), tied.winners), (None, vec![0, 1]));
        assert_eq!(MajorityVote::of(&ratings, 2), None);
    }
}
