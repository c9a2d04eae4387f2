//! What a prevalence should be, and whether an interval can tell that it is.

use crate::measure::Estimator;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use std::fmt;
use thiserror::Error;

/// A bar for a prevalence, such as `below 0.5 %`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    side: Side,
    share: f64,
}

/// The side of the bar to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Above,
}

/// Whether a goal is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoalVerdict {
    /// The whole interval is on the right side.
    Met,
    /// The whole interval is on the other side.
    NotMet,
    /// The interval holds the bar, or there is none to go by.
    CannotBeTold,
}

/// A goal with what the measurement says of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedGoal {
    /// The goal.
    pub goal: Goal,
    /// Whether it is met.
    pub verdict: GoalVerdict,
}

/// A text that is no goal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no goal such as `below 0.5 %` or `above 20 %`")]
pub struct NotAGoal(String);

impl Goal {
    /// Reads a goal: `below` (or `<`, `at most`) or `above` (or `>`, `at least`), then a percentage or a share.
    ///
    /// # Errors
    ///
    /// [`NotAGoal`] for anything else, and for a share that is not between 0 and 1.
    pub fn parse(text: &str) -> Result<Self, NotAGoal> {
        const WORDS: [(&str, Side); 8] = [
            ("below", Side::Below),
            ("at most", Side::Below),
            ("<=", Side::Below),
            ("<", Side::Below),
            ("above", Side::Above),
            ("at least", Side::Above),
            (">=", Side::Above),
            (">", Side::Above),
        ];
        let wrong = || NotAGoal(text.to_owned());
        let trimmed = text.trim();
        let after = |(word, side): (&str, Side)| Some((side, trimmed.strip_prefix(word)?));
        let (side, rest) = WORDS.into_iter().find_map(after).ok_or_else(wrong)?;
        let (number, scale) = match rest.trim().strip_suffix('%') {
            Some(percent) => (percent, 0.01),
            None => (rest, 1.0),
        };
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let share = number * scale;
        if share > 0.0 && share < 1.0 { Ok(Self { side, share }) } else { Err(wrong()) }
    }

    /// Returns whether an interval tells that the goal is met.
    #[must_use]
    pub fn judge(self, low: f64, high: f64) -> GoalVerdict {
        let (below, above) = (high < self.share, low > self.share);
        match (self.side, below, above) {
            (Side::Below, true, _) | (Side::Above, _, true) => GoalVerdict::Met,
            (Side::Below, _, true) | (Side::Above, true, _) => GoalVerdict::NotMet,
            (Side::Below | Side::Above, ..) => GoalVerdict::CannotBeTold,
        }
    }

    /// Returns what a measurement says of the goal: by its corrected interval, else by its worst cases.
    ///
    /// An estimate that rests on other periods' gold alone tells nothing of this one.
    pub(crate) fn judged(self, measured: &PolicyPrevalence) -> JudgedGoal {
        let limits = match (&measured.corrected, measured.bounds) {
            (Ok(_), _) if measured.corrected_by == Estimator::ModelOnly => None,
            (Ok(estimate), _) => Some((estimate.low, estimate.high)),
            (Err(Missing::Suppressed { high }), _) => high.map(|high| (0.0, high)),
            (Err(_), bounds) => bounds.map(|bounds| (bounds.low, bounds.high)),
        };
        let told = limits.map(|(low, high)| self.judge(low, high));
        JudgedGoal { goal: self, verdict: told.unwrap_or(GoalVerdict::CannotBeTold) }
    }
}

impl GoalVerdict {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::CannotBeTold => "cannot_be_told",
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Below => "below",
            Side::Above => "above",
        };
        let percent = format!("{:.8}", 100.0 * self.share);
        let percent = percent.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{side} {percent} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_read_however_it_is_written() {
        for text in ["below 0.5 %", "< 0.5%", " at most 0.5 %", "below 0.005", "<=0.005"] {
            assert_eq!(Goal::parse(text).unwrap().to_string(), "below 0.5 %", "{text}");
        }
        assert_eq!(Goal::parse("at least 20 %").unwrap().to_string(), "above 20 %");
        for text in ["0.5 %", "below", "below 0 %", "below 100 %", "below x", "under 3 %", ""] {
            assert!(Goal::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_goal_is_met_only_by_the_whole_interval() {
        let below = Goal::parse("below 5 %").unwrap();
        assert_eq!(below.judge(0.01, 0.04), GoalVerdict::Met);
        assert_eq!(below.judge(0.01, 0.05), GoalVerdict::CannotBeTold);
        assert_eq!(below.judge(0.06, 0.09), GoalVerdict::NotMet);
        let above = Goal::parse("above 5 %").unwrap();
        assert_eq!(above.judge(0.06, 0.09), GoalVerdict::Met);
        assert_eq!(above.judge(0.01, 0.04), GoalVerdict::NotMet);
    }
}
