//! What one policy's evaluation is made from, and what can be wrong with it.

use crate::reply::Outcome;
use crate::unit::Inclusion;
use thiserror::Error;

/// A labeled unit, as one policy sees it.
///
/// Every unit of the sample belongs in the list, whatever came of its labeling: one that has no label row at all
/// enters as [`Outcome::Failed`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabeledUnit<'a> {
    /// The unit's id.
    pub id: &'a str,
    /// Its exposure; 1 when prevalence is per item.
    pub exposure: f64,
    /// How it came into the sample; `None` when the labeled units are the whole population.
    pub inclusion: Option<&'a Inclusion>,
    /// How its labeling ended.
    pub outcome: Outcome,
    /// The label, where the outcome is [`Outcome::Label`].
    pub label: Option<&'a str>,
    /// Its class in each margin that the exposures were calibrated to; empty where exposures are as they were counted.
    pub classes: &'a [u32],
}

/// The gold label of a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldLabel<'a> {
    /// The unit's id.
    pub id: &'a str,
    /// The label people gave it, or a word for why there is none.
    pub label: &'a str,
    /// Whether the label says if the unit is violating.
    pub judgment: Judgment,
    /// The probability of being chosen for gold, given what [`GoldDrawn`] says it was chosen from.
    pub probability: Option<f64>,
    /// Days since it was labeled.
    pub age_days: Option<f64>,
}

/// Whether people could tell what a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgment {
    /// The label stands.
    Decided,
    /// They looked and could not tell, or did not agree: neither violating nor not.
    Undetermined,
}

/// How the units with gold were chosen. Declared by the user, never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoldDrawn {
    /// A probability subsample of the labeled units; without probabilities, a simple random one: `rho = m / n`.
    FromSample,
    /// Drawn by what the labeler said; without probabilities, a simple random sample of each cell (flagged, unflagged,
    /// no answer): `rho = m_c / n_c`.
    ByLabel,
    /// Another sample of the same population. Labeled units with gold serve to measure error rates, those without to
    /// measure how often the labeler flags; without probabilities, every unit was as likely to be chosen.
    Independent,
    /// Reports, enforcement, active learning: no probability sample of anything.
    Convenience,
}

impl GoldDrawn {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FromSample => "from_sample",
            Self::ByLabel => "by_label",
            Self::Independent => "independent",
            Self::Convenience => "convenience",
        }
    }

    /// Returns the way of drawing of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::FromSample, Self::ByLabel, Self::Independent, Self::Convenience]
            .into_iter()
            .find(|drawn| drawn.name() == name)
    }
}

/// What is wrong with one row of the input.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum InputMistake {
    /// There are no labeled units.
    #[error(
        "there are no labeled units; label the sample first, or check that the ids of units and labels agree"
    )]
    NoUnits,
    /// Gold was said to be independent of the sample, and there is nothing but gold.
    #[error(
        "every labeled unit has gold, so none is left to correct; if gold was drawn from these units, say drawn: from_sample"
    )]
    NothingButGold,
    /// A unit is listed twice.
    #[error("unit `{id}` is labeled twice; keep one label a unit and policy")]
    DuplicateUnit {
        /// The unit's id.
        id: String,
    },
    /// A unit has two gold labels.
    #[error("unit `{id}` has gold twice; adjudicate to one gold label a unit and policy")]
    DuplicateGold {
        /// The unit's id.
        id: String,
    },
    /// An exposure is not a number above 0 that can be weighed.
    #[error(
        "unit `{id}` has exposure {exposure}; an exposure must be a number above 0, within 1e-100 and 1e100"
    )]
    BadExposure {
        /// The unit's id.
        id: String,
        /// What was given.
        exposure: f64,
    },
    /// An inclusion probability cannot be one.
    #[error(
        "unit `{id}` has inclusion probability {probability}; it must lie in (0, 1], and be 1 in a census (expected draws of a sample with replacement: above 0)"
    )]
    BadInclusion {
        /// The unit's id.
        id: String,
        /// What was given.
        probability: f64,
    },
    /// A gold probability cannot be one.
    #[error("the gold of unit `{id}` has probability {probability}; it must lie in (0, 1]")]
    BadGoldProbability {
        /// The unit's id.
        id: String,
        /// What was given.
        probability: f64,
    },
    /// A label's age cannot be one.
    #[error(
        "the gold of unit `{id}` has an age of {days} days; an age must be a finite number of at least 0"
    )]
    BadAge {
        /// The unit's id.
        id: String,
        /// What was given.
        days: f64,
    },
    /// The outcome is a label, and there is none.
    #[error(
        "unit `{id}` has outcome `label` and no label; give the label, or the outcome that fits"
    )]
    NoLabel {
        /// The unit's id.
        id: String,
    },
}
