//! What errors of the gold itself may do to a corrected estimate: beside it, never in its place.

mod raters;

pub use raters::Modelled;
pub use raters::ModelledRater;

use crate::eval::InputMistake;
use crate::measure::Code;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Rows;
use crate::measure::Settings;
use crate::measure::Span;
use crate::stats;
use crate::stats::Accuracy;
use crate::stats::EffectiveSize;
use crate::stats::Proportion;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::correct_gold_error;
use thiserror::Error;

/// The size of the sample that an error rate was measured on where it is taken as exact.
const EXACT: f64 = f64::MAX;

/// What one person said about one unit, where they said violating or not. Never what the labeler said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opinion<'a> {
    /// The unit's id.
    pub id: &'a str,
    /// Who said it; `None` for all that name nobody, who count as one.
    pub rater: Option<&'a str>,
    /// What they said.
    pub truth: Truth,
}

/// How often gold is right, as is known from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldRates {
    /// Share of truly violating exposure that gold calls violating, in `(0, 1]`.
    pub sensitivity: f64,
    /// Share of truly allowed exposure that gold calls allowed, in `(0, 1]`.
    pub specificity: f64,
}

/// What there is to judge gold by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldQuality<'a> {
    /// What each person said.
    pub opinions: &'a [Opinion<'a>],
    /// Error rates from elsewhere, where somebody declared them.
    pub known: Option<GoldRates>,
}

/// What errors of the gold do to the corrected estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldError {
    /// The estimate with the raters' errors modelled; `None` where no unit has two raters.
    pub modelled: Option<Result<Modelled, NotModelled>>,
    /// The estimate corrected for declared error rates; `None` where none are declared.
    pub known: Option<Result<Estimate, Missing>>,
}

/// Why the raters' errors are not modelled.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NotModelled {
    /// Several periods are pooled.
    #[error(
        "the raters' errors are modelled for each period by itself, not for all of them pooled"
    )]
    Pooled,
    /// There is nothing to model them for.
    #[error("there is no corrected estimate")]
    NotCorrected,
    /// Another estimator made the corrected estimate.
    #[error("the raters' errors are modelled for the two-phase estimate, and {} is another", .0.name())]
    NotTwoPhase(Estimator),
    /// Units come in clusters.
    #[error("the units come in clusters, which the model of the raters leaves out of account")]
    Clustered,
    /// The labeler passes for a person.
    #[error("the labeler `{0}` is one of the raters; gold must not come from what it measures")]
    LabelerIsRater(String),
    /// Too few people looked.
    #[error(
        "{few} of {of} gold units have no answers of 3 raters, and with fewer their errors cannot be told apart from the truth"
    )]
    TooFewRaters {
        /// Gold units with fewer.
        few: usize,
        /// Gold units.
        of: usize,
    },
    /// Statistics refuse.
    #[error("the raters' errors cannot be modelled")]
    Undefined(#[source] StatsError),
}

impl From<StatsError> for NotModelled {
    fn from(error: StatsError) -> Self {
        Self::Undefined(error)
    }
}

impl PolicyPrevalence {
    /// Adds what errors of the gold do to the corrected estimate, and says where that leads out of its interval (S024).
    ///
    /// `rows` and `settings` are those of the measurement. Nothing is added where no unit has two raters and no rates are declared.
    ///
    /// # Errors
    ///
    /// Every [`InputMistake`] in the rows.
    pub fn add_gold_error(
        &mut self,
        rows: Rows<'_>,
        settings: &Settings<'_>,
        quality: &GoldQuality<'_>,
    ) -> Result<(), Vec<InputMistake>> {
        let modelled = if raters::several(quality.opinions) {
            Some(match self.modelable(rows, quality) {
                Ok(()) => raters::modelled(self, rows, settings, quality.opinions)?,
                Err(reason) => Err(reason),
            })
        } else {
            None
        };
        let known = quality.known.map(|rates| self.corrected_for(rates));
        if modelled.is_none() && known.is_none() {
            return Ok(());
        }
        let error = GoldError { modelled, known };
        if let Some(finding) = self.moved(&error) {
            self.add(finding);
        }
        self.gold_error = Some(error);
        Ok(())
    }

    /// Returns the estimates beside the corrected one, each with its estimator.
    #[must_use]
    pub fn beside(&self) -> Vec<(Estimator, &Estimate)> {
        let error = self.gold_error.as_ref();
        let modelled = error.and_then(|it| it.modelled.as_ref()?.as_ref().ok());
        let known = error.and_then(|it| it.known.as_ref()?.as_ref().ok());
        let modelled = modelled.map(|it| (Estimator::TwoPhaseDawidSkene, &it.estimate));
        modelled.into_iter().chain(known.map(|it| (Estimator::KnownGoldError, it))).collect()
    }

    /// Refuses what the model of the raters does not hold for.
    fn modelable(&self, rows: Rows<'_>, quality: &GoldQuality<'_>) -> Result<(), NotModelled> {
        if matches!(self.subject.span, Span::Pooled(_)) {
            return Err(NotModelled::Pooled);
        }
        if self.corrected.is_err() {
            return Err(NotModelled::NotCorrected);
        }
        if self.corrected_by != Estimator::TwoPhase {
            return Err(NotModelled::NotTwoPhase(self.corrected_by));
        }
        let clustered = |unit: &crate::eval::LabeledUnit<'_>| {
            unit.inclusion.is_some_and(|inclusion| inclusion.cluster.is_some())
        };
        if rows.units.iter().any(clustered) {
            return Err(NotModelled::Clustered);
        }
        let labeler = self.subject.labeler.as_deref().filter(|labeler| !labeler.is_empty());
        match labeler.filter(|_| quality.opinions.iter().any(|it| it.rater == labeler)) {
            Some(labeler) => Err(NotModelled::LabelerIsRater(labeler.to_owned())),
            None => Ok(()),
        }
    }

    /// The corrected estimate with the declared rates taken off it; its limits go through the same formula.
    fn corrected_for(&self, rates: GoldRates) -> Result<Estimate, Missing> {
        let judged = self.corrected.as_ref().map_err(|missing| *missing)?;
        let gold = Accuracy {
            sensitivity: Proportion::new(rates.sensitivity, EXACT)?,
            specificity: Proportion::new(rates.specificity, EXACT)?,
        };
        let taken = stats::Estimate { value: judged.value, variance: judged.std_error.powi(2) };
        let corrected = correct_gold_error(taken, gold)?;
        let limit = |limit: f64| (limit + rates.specificity - 1.0) / gold.youden();
        let (low, high) = (limit(judged.low), limit(judged.high));
        if high < 0.0 || 1.0 < low {
            return Err(StatsError::Impossible { low, high }.into());
        }
        let (raw, value) = (corrected.with.value, corrected.shown());
        let otherwise = EffectiveSize::Units(judged.n_eff);
        Ok(Estimate {
            value,
            raw,
            std_error: corrected.with.std_error(),
            low: low.clamp(0.0, 1.0),
            high: high.clamp(0.0, 1.0),
            method: judged.method,
            n_eff: Estimate::printed_size(value, corrected.with.variance, self.n, otherwise),
            codes: if (0.0..=1.0).contains(&raw) { Vec::new() } else { vec![Code::Clipped] },
        })
    }

    fn moved(&self, error: &GoldError) -> Option<Finding> {
        let judged = self.corrected.as_ref().ok()?;
        let modelled = error
            .modelled
            .iter()
            .flatten()
            .map(|it| ("with the raters' errors modelled", &it.estimate));
        let known =
            error.known.iter().flatten().map(|it| ("with the declared errors of the gold", it));
        let outside = |it: &&(&str, &Estimate)| it.1.value < judged.low || judged.high < it.1.value;
        let moved: Vec<(&str, &Estimate)> = modelled.chain(known).collect();
        let named: Vec<String> = moved
            .iter()
            .filter(outside)
            .map(|(name, it)| format!("{name} the estimate is {:.3} %", 100.0 * it.value))
            .collect();
        let detail = format!(
            "{}, outside the corrected interval of {:.3} % to {:.3} %",
            named.join(" and "),
            100.0 * judged.low,
            100.0 * judged.high
        );
        (!named.is_empty()).then(|| Finding::new(Code::GoldError, detail))
    }
}
