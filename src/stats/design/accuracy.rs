//! How a labeler agrees with gold in the population a sample was drawn from, each measure a survey ratio.

use crate::stats::StatsError;
use crate::stats::design::Linearized;
use crate::stats::design::RatioOf;
use crate::stats::design::SurveySample;
use crate::stats::design::same_length;

/// Two columns of ones and zeros, one value a unit.
#[derive(Debug, Clone, Copy)]
pub struct GoldAndLabel<'a> {
    /// 1 where gold says violating.
    pub gold: &'a [f64],
    /// 1 where the labeler says so.
    pub label: &'a [f64],
}

/// The four kinds of units and the measures made of their totals.
///
/// Each measure is linearised, so that its variance, its covariance with another and a domain's share of it come from
/// the design like those of any ratio.
///
/// # Source
///
/// Stehman (2013), Remote Sens. Environ. 132:202–211, for the accuracy of maps, the same problem.
#[derive(Debug, Clone)]
pub struct LabelAccuracy<'a> {
    sample: &'a SurveySample,
    gold: Vec<f64>,
    label: Vec<f64>,
    both: Vec<f64>,
}

impl<'a> LabelAccuracy<'a> {
    /// Joins a sample with its gold and labels.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] for columns of other units, [`StatsError::OutOfRange`] for other values than 0, 1.
    pub fn new(sample: &'a SurveySample, columns: GoldAndLabel<'_>) -> Result<Self, StatsError> {
        for column in [columns.gold, columns.label] {
            same_length(sample.weights().len(), column.len())?;
            let other = |value: &&f64| !((**value).abs() <= 0.0 || (**value - 1.0).abs() <= 0.0);
            if let Some(value) = column.iter().find(other) {
                return Err(StatsError::OutOfRange { what: "0 or 1", value: *value });
            }
        }
        let both = columns.gold.iter().zip(columns.label).map(|(gold, label)| gold * label);
        Ok(Self {
            sample,
            gold: columns.gold.to_vec(),
            label: columns.label.to_vec(),
            both: both.collect(),
        })
    }

    /// Returns the share of flagged units that are violating.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where nothing is flagged.
    pub fn precision(&self) -> Result<Linearized, StatsError> {
        self.ratio(&self.both, &self.label)
    }

    /// Returns the share of violating units that are flagged.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where nothing is violating.
    pub fn sensitivity(&self) -> Result<Linearized, StatsError> {
        self.ratio(&self.both, &self.gold)
    }

    /// Returns the share of allowed units that are not flagged.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where everything is violating.
    pub fn specificity(&self) -> Result<Linearized, StatsError> {
        self.ratio(&self.neither(), &self.gold.iter().map(|gold| 1.0 - gold).collect::<Vec<_>>())
    }

    /// Returns the share of unflagged units that are allowed.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where everything is flagged.
    pub fn negative_predictive_value(&self) -> Result<Linearized, StatsError> {
        self.ratio(&self.neither(), &self.label.iter().map(|label| 1.0 - label).collect::<Vec<_>>())
    }

    /// Returns F1, the harmonic mean of precision and sensitivity.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where nothing is flagged and nothing violating.
    pub fn f1(&self) -> Result<Linearized, StatsError> {
        let twice: Vec<f64> = self.both.iter().map(|both| 2.0 * both).collect();
        let either: Vec<f64> =
            self.gold.iter().zip(&self.label).map(|(gold, label)| gold + label).collect();
        self.ratio(&twice, &either)
    }

    /// Returns the share of units on which labeler and gold agree.
    ///
    /// # Errors
    ///
    /// As [`SurveySample::mean`].
    pub fn agreement(&self) -> Result<Linearized, StatsError> {
        let same = self.both.iter().zip(self.neither()).map(|(both, neither)| both + neither);
        self.sample.mean(&same.collect::<Vec<_>>())
    }

    /// Returns the total of one kind of units over the population.
    ///
    /// # Errors
    ///
    /// As [`SurveySample::total`].
    pub fn total(&self, kind: LabelOutcome) -> Result<Linearized, StatsError> {
        let value = |(gold, label): (&f64, &f64)| match kind {
            LabelOutcome::TruePositive => gold * label,
            LabelOutcome::FalsePositive => (1.0 - gold) * label,
            LabelOutcome::FalseNegative => gold * (1.0 - label),
            LabelOutcome::TrueNegative => (1.0 - gold) * (1.0 - label),
        };
        self.sample.total(&self.gold.iter().zip(&self.label).map(value).collect::<Vec<_>>())
    }

    fn neither(&self) -> Vec<f64> {
        self.gold
            .iter()
            .zip(&self.label)
            .map(|(gold, label)| (1.0 - gold) * (1.0 - label))
            .collect()
    }

    fn ratio(&self, numerator: &[f64], denominator: &[f64]) -> Result<Linearized, StatsError> {
        self.sample.ratio(RatioOf { numerator, denominator })
    }
}

/// The four ways in which label and gold can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelOutcome {
    /// Violating and flagged.
    TruePositive,
    /// Allowed and flagged.
    FalsePositive,
    /// Violating and not flagged.
    FalseNegative,
    /// Allowed and not flagged.
    TrueNegative,
}
