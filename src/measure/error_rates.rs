//! Error rates alone, of several labelers or ways of labeling on the same gold: no prevalence is measured.
//!
//! A part of the *units* has a prevalence. A part of the *labels* (those of one labeler, those given in one output mode) has
//! none: the parts may label the same units, or few of them. What they have is errors, on gold whose weights come from the design
//! that drew it and never from who was asked.

use crate::eval::Calibration;
use crate::eval::CalibrationError;
use crate::eval::Certainty;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Matching;
use crate::eval::Positive;
use crate::eval::Quality;
use crate::eval::Stated;
use crate::eval::StatedUnit;
use crate::eval::Verified;
use crate::eval::calibration;
use crate::eval::cell_of;
use crate::gold::Cell;
use crate::measure::GoldDrawn;
use crate::measure::Missing;
use crate::measure::PeriodRows;
use crate::measure::segments::LEAST_GOLD;
use crate::reply::Outcome;
use crate::stats::Level;
use std::collections::HashMap;

/// The gold of one policy with its weights, whoever labeled it.
#[derive(Debug, Clone, PartialEq)]
pub struct WeighedGoldRows<'a> {
    gold: Vec<GoldLabel<'a>>,
    units: Vec<Verified>,
}

impl<'a> WeighedGoldRows<'a> {
    /// Weighs the gold of one or several periods, each by its own design.
    ///
    /// # Errors
    ///
    /// Every [`InputMistake`] in the rows.
    pub fn of(periods: &[PeriodRows<'a>]) -> Result<Self, Vec<InputMistake>> {
        let (mut gold, mut units) = (Vec::new(), Vec::new());
        let mut clusters = 0;
        for period in periods {
            let (rows, settings) = (period.rows, period.settings);
            let matching = Matching::of(rows.units, rows.gold, settings.positive, settings.drawn)?;
            let found = matching.verified().map_err(|mistake| vec![mistake])?;
            let before = gold.len() as u32;
            let next = found.iter().filter_map(|unit| unit.cluster).max().map_or(0, |it| it + 1);
            units.extend(found.into_iter().map(|unit| Verified {
                gold: unit.gold + before,
                cluster: unit.cluster.map(|cluster| cluster + clusters),
                ..unit
            }));
            clusters += next;
            gold.extend_from_slice(rows.gold);
        }
        Ok(Self { gold, units })
    }

    fn id(&self, unit: &Verified) -> &'a str {
        self.gold[unit.gold as usize].id
    }
}

/// What one labeler answered, or one labeler in one way of labeling.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// The labeler.
    pub labeler: String,
    /// The value of the column that divides the labels, where it is not the labeler itself.
    pub value: Option<String>,
    /// Its answers by the unit's id.
    pub answers: HashMap<&'a str, GivenAnswer<'a>>,
}

/// The answer to one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GivenAnswer<'a> {
    /// How the labeling ended.
    pub outcome: Outcome,
    /// The label.
    pub label: Option<&'a str>,
    /// What stands beside it about its certainty.
    pub certainty: Option<Certainty>,
}

/// The error rates of one policy's labelers.
#[derive(Debug, Clone, PartialEq)]
pub struct RatesTable {
    /// The policy's id.
    pub policy: String,
    /// What the lines differ in.
    pub by: String,
    /// The level of the intervals.
    pub level: Level,
    /// How gold was drawn.
    pub drawn: GoldDrawn,
    /// Gold units that people decided.
    pub gold: u64,
    /// One a labeler and value.
    pub lines: Vec<RatesLine>,
}

/// The error rates of one labeler, or of one of its ways of labeling.
#[derive(Debug, Clone, PartialEq)]
pub struct RatesLine {
    /// The labeler.
    pub labeler: String,
    /// The value of the column that divides the labels.
    pub value: Option<String>,
    /// Gold units it was asked about. The others are left out.
    pub asked: u64,
    /// Its errors, not shown below 10 gold units.
    pub quality: Result<Quality, Missing>,
    /// How well its stated probabilities fit gold, where it stated any.
    pub calibration: Option<Result<Calibration, CalibrationError>>,
}

/// Returns the errors of everyone who was asked. `labels` is how many labels there are.
#[must_use]
pub fn rates_table(
    (policy, by): (&str, &str),
    gold: &WeighedGoldRows<'_>,
    asked: &[Asked<'_>],
    (positive, labels): (&Positive, usize),
    (level, drawn, seed): (Level, GoldDrawn, u64),
) -> RatesTable {
    let line = |asked: &Asked<'_>| {
        let (mut units, mut stated) = (Vec::new(), Vec::new());
        for unit in &gold.units {
            let id = gold.id(unit);
            let Some(answer) = asked.answers.get(id) else { continue };
            let cell = cell_of(answer.outcome, answer.label, positive);
            units.push(Verified { cell, ..*unit });
            if let (Some(certainty), false) = (answer.certainty, cell == Cell::NoAnswer) {
                stated.push(StatedUnit { id, flagged: cell == Cell::Flagged, certainty });
            }
        }
        let shown = units.len() as u64 >= LEAST_GOLD;
        let calibrated = |stated: Result<Stated, CalibrationError>| {
            calibration(&units, &gold.gold, &stated?, (level, seed))
        };
        RatesLine {
            labeler: asked.labeler.clone(),
            value: asked.value.clone(),
            asked: units.len() as u64,
            quality: if shown {
                Ok(Quality::of(&units, level))
            } else {
                Err(Missing::Suppressed { high: None })
            },
            calibration: Stated::of(&stated, labels).map(calibrated).filter(|_| shown),
        }
    };
    RatesTable {
        policy: policy.to_owned(),
        by: by.to_owned(),
        level,
        drawn,
        gold: gold.units.len() as u64,
        lines: asked.iter().map(line).collect(),
    }
}
