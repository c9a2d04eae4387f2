//! What the measurement of one policy is told, besides its labels and gold.

use crate::eval::GoldDrawn;
use crate::eval::Positive;
use crate::measure::Goal;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::TwoPhaseMethod;

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The policy's id.
    pub policy: String,
    /// Its version, where there is one.
    pub policy_version: Option<String>,
    /// The labeler's name or fingerprint, where it is known.
    pub labeler: Option<String>,
    /// The reporting period, where there is one.
    pub period: Option<String>,
    /// Whether that period is one of several.
    pub span: Span,
    /// The part of the units; all of them when absent.
    pub segment: Option<Segment>,
}

/// What a measurement's period is among the periods of its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Span {
    /// All the units are of that period, or none is known.
    #[default]
    Only,
    /// It is one of several.
    OneOfSeveral,
    /// It spans that many periods, pooled.
    Pooled(usize),
}

/// A part of the units: those with one value of a pivot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The pivot, such as `surface`.
    pub by: String,
    /// Its value, such as `feed`.
    pub value: String,
}

impl Segment {
    /// Returns the segment as one word: `surface=feed`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}={}", self.by, self.value)
    }
}

/// How it is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings<'a> {
    /// Which labels count as violating.
    pub positive: &'a Positive,
    /// How the units with gold were chosen.
    pub drawn: GoldDrawn,
    /// The level of every interval.
    pub level: Level,
    /// The draws of simulated intervals.
    pub draws: Draws,
    /// With less gold than this the verdict is provisional.
    pub min_gold: u64,
    /// With older gold than this the verdict is provisional; needs the gold's ages.
    pub max_gold_age_days: Option<f64>,
    /// The salts of the two draws, where they are known.
    pub salts: Option<Salts<'a>>,
    /// How the interval of the two-phase estimate is made.
    pub interval: TwoPhaseMethod,
    /// What the prevalence should be, where somebody said so.
    pub goal: Option<Goal>,
}

/// The salts that sample and gold were drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salts<'a> {
    /// The sample's.
    pub sample: &'a str,
    /// The gold's.
    pub gold: &'a str,
}
