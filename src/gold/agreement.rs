//! How far raters agree, under one policy and over a whole draw.
//!
//! Every coefficient rests on the units that two or more raters answered. Nothing is weighted: it describes the raters on the
//! units that were drawn, not the population.

mod overall;
mod raters;
mod scale;
mod tables;

pub use overall::overall_agreement;
pub use raters::Among;
pub use raters::RaterRow;
pub use scale::LabelScale;
pub use scale::ScaleLabel;

use crate::gold::RatedUnit;
use crate::stats::Agreement;
use crate::stats::AgreementWeights;
use crate::stats::Draws;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::PairTable;
use crate::stats::RaterPair;
use crate::stats::Ratings;
use crate::stats::StatsError;
use crate::stats::fleiss_kappa;
use crate::stats::gwet_ac;
use crate::stats::kg_beta;
use crate::stats::krippendorff_alpha;
use crate::stats::krippendorff_bootstrap;
use crate::stats::observed_share;
use crate::stats::percent_agreement;
use crate::stats::specific_agreement;
use tables::Tables;

/// The ways of saying how far raters agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoefficientName {
    /// The share of pairs of answers to a unit that are the same; chance is not taken off.
    PercentAgreement,
    /// How likely another rater calls a unit violating that one rater does.
    PositiveAgreement,
    /// Krippendorff's alpha for labels without order.
    KrippendorffAlpha,
    /// Gwet's AC1.
    GwetAc1,
    /// Cohen's kappa of two raters.
    CohenKappa,
    /// Fleiss' kappa of more raters.
    FleissKappa,
    /// Krippendorff's alpha over severities in order.
    KrippendorffAlphaOrdinal,
    /// Cohen's kappa with quadratic weights over severities in order.
    CohenKappaWeighted,
    /// Fleiss' kappa with quadratic weights over severities in order.
    FleissKappaWeighted,
}

/// One coefficient, or why it has no value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// Which.
    pub name: CoefficientName,
    /// What came out.
    pub measured: Result<Measured, StatsError>,
}

/// A coefficient's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Its interval, or why these units give none.
    pub interval: Result<Interval, StatsError>,
}

/// How far the raters of one policy, or of a whole draw, agree.
#[derive(Debug, Clone, PartialEq)]
pub struct RaterAgreement {
    /// Units with an answer; under several policies a unit counts once for each.
    pub units: usize,
    /// Those of them that two or more raters answered.
    pub shared: usize,
    /// The raters, ordered by name.
    pub raters: Vec<RaterRow>,
    /// The coefficients.
    pub coefficients: Vec<Coefficient>,
}

impl CoefficientName {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PercentAgreement => "percent_agreement",
            Self::PositiveAgreement => "positive_agreement",
            Self::KrippendorffAlpha => "krippendorff_alpha",
            Self::GwetAc1 => "gwet_ac1",
            Self::CohenKappa => "cohen_kappa",
            Self::FleissKappa => "fleiss_kappa",
            Self::KrippendorffAlphaOrdinal => "krippendorff_alpha_ordinal",
            Self::CohenKappaWeighted => "cohen_kappa_weighted",
            Self::FleissKappaWeighted => "fleiss_kappa_weighted",
        }
    }

    /// Returns whether it is a share, and not corrected for chance.
    #[must_use]
    pub fn is_share(self) -> bool {
        match self {
            Self::PercentAgreement | Self::PositiveAgreement => true,
            Self::KrippendorffAlpha
            | Self::GwetAc1
            | Self::CohenKappa
            | Self::FleissKappa
            | Self::KrippendorffAlphaOrdinal
            | Self::CohenKappaWeighted
            | Self::FleissKappaWeighted => false,
        }
    }
}

/// Measures how far the raters of one policy agree.
///
/// Labels are compared as they are, a reason to abstain being an answer like another. Whether a unit is violating, and how severe,
/// is compared without abstentions. Coefficients over severities are given where the scale has three or more. Intervals of
/// alpha are seeded bootstraps over units, the others analytic; where no answers differ, a coefficient that takes off chance has no interval.
#[must_use]
pub fn agreement(
    rated: &[&RatedUnit],
    scale: &LabelScale,
    level: Level,
    draws: Draws,
) -> RaterAgreement {
    let tables = Tables::of(rated, scale);
    let raters = tables.raters_of_shared();
    let nominal = |names: &[CoefficientName]| -> Vec<Coefficient> {
        let table = tables.labels();
        let weights = |table: &Ratings| AgreementWeights::nominal(table.shape().classes);
        let asked = Asked { table, weights: &weights, level, draws };
        names.iter().map(|name| asked.coefficient(*name)).collect()
    };
    use CoefficientName as Name;
    let two = raters == 2;
    let mut coefficients = nominal(&[Name::PercentAgreement]);
    coefficients.push(positive(&tables.violating(), level));
    let kappa = if two { Name::CohenKappa } else { Name::FleissKappa };
    coefficients.extend(nominal(&[Name::KrippendorffAlpha, Name::GwetAc1, kappa]));
    if scale.is_ordinal() {
        let ordinal = Asked {
            table: tables.severities(),
            weights: &AgreementWeights::krippendorff_ordinal,
            level,
            draws,
        };
        coefficients.push(ordinal.coefficient(Name::KrippendorffAlphaOrdinal));
        let kappa = if two { Name::CohenKappaWeighted } else { Name::FleissKappaWeighted };
        let quadratic = Asked { weights: &by_rank, ..ordinal };
        coefficients.push(quadratic.coefficient(kappa));
    }
    RaterAgreement {
        units: rated.len(),
        shared: tables.n_shared(),
        raters: raters::rows(rated, scale, level),
        coefficients,
    }
}

/// Quadratic weights over the ranks of the severities.
fn by_rank(table: &Ratings) -> Result<AgreementWeights, StatsError> {
    let ranks: Vec<f64> = (0..table.shape().classes).map(|rank| rank as f64).collect();
    AgreementWeights::quadratic(&ranks)
}

/// What coefficients are computed from.
struct Asked<'a> {
    table: Result<Ratings, StatsError>,
    weights: &'a dyn Fn(&Ratings) -> Result<AgreementWeights, StatsError>,
    level: Level,
    draws: Draws,
}

impl Asked<'_> {
    fn coefficient(&self, name: CoefficientName) -> Coefficient {
        Coefficient { name, measured: self.measured(name) }
    }

    fn measured(&self, name: CoefficientName) -> Result<Measured, StatsError> {
        use CoefficientName as Name;
        let table = self.table.as_ref().map_err(|error| *error)?;
        let weights = (self.weights)(table)?;
        match name {
            Name::PercentAgreement | Name::PositiveAgreement => {
                let observed = percent_agreement(table, &weights)?;
                let interval = Ok(kg_beta(&observed_share(&observed), self.level));
                Ok(Measured { value: observed.coefficient, interval })
            }
            Name::KrippendorffAlpha | Name::KrippendorffAlphaOrdinal => {
                let alpha = krippendorff_alpha(table, &weights)?;
                let made = || {
                    let drawn = krippendorff_bootstrap(table, &weights, self.level, self.draws)?;
                    Ok(drawn.interval)
                };
                let interval = differing(alpha.observed).and_then(|()| made());
                Ok(Measured { value: alpha.coefficient, interval })
            }
            Name::GwetAc1 => Ok(self.analytic(&gwet_ac(table, &weights)?)),
            Name::FleissKappa | Name::FleissKappaWeighted => {
                Ok(self.analytic(&fleiss_kappa(table, &weights)?))
            }
            Name::CohenKappa | Name::CohenKappaWeighted => {
                let pair = RaterPair { rows: 0, columns: 1 };
                let kappa = PairTable::of(table, pair, None)?.kappa(&weights)?;
                let interval = differing(kappa.observed).map(|()| kappa.interval(self.level));
                Ok(Measured { value: kappa.value, interval: interval.map(up_to_one) })
            }
        }
    }

    fn analytic(&self, agreement: &Agreement) -> Measured {
        let interval = differing(agreement.observed).and_then(|()| agreement.interval(self.level));
        Measured { value: agreement.coefficient, interval }
    }
}

/// Refuses an interval where no answers differ: what chance would have shown in more units cannot be told, and a width of 0 would
/// pass for precision.
fn differing(observed: f64) -> Result<(), StatsError> {
    if observed < 1.0 - 1e-12 {
        return Ok(());
    }
    let reason = "no two answers to a unit differ; read the limits of percent agreement";
    Err(StatsError::Undefined { statistic: "its interval", reason })
}

fn up_to_one(interval: Interval) -> Interval {
    Interval { high: interval.high.min(1.0), ..interval }
}

fn positive(violating: &Result<Ratings, StatsError>, level: Level) -> Coefficient {
    let made = || {
        let table = violating.as_ref().map_err(|error| *error)?;
        let share = specific_agreement(table, tables::VIOLATING)?;
        Ok(Measured { value: share.value, interval: Ok(kg_beta(&share, level)) })
    };
    Coefficient { name: CoefficientName::PositiveAgreement, measured: made() }
}

#[cfg(test)]
mod tests;
