//! Agreement over several policies at once: violating or not, each unit once a policy.

use super::Coefficient;
use super::CoefficientName;
use super::LabelScale;
use super::Measured;
use super::RaterAgreement;
use super::differing;
use super::raters::rows_over;
use super::tables::VIOLATING;
use crate::gold::RatedUnit;
use crate::stats::AgreementWeights;
use crate::stats::Level;
use crate::stats::Rating;
use crate::stats::RatingShape;
use crate::stats::Ratings;
use crate::stats::Resampling;
use crate::stats::StatsError;
use crate::stats::bootstrap;
use crate::stats::fleiss_kappa;
use crate::stats::gwet_ac;
use crate::stats::krippendorff_alpha;
use crate::stats::percent_agreement;
use crate::stats::specific_agreement;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The coefficients over all policies.
const NAMES: [CoefficientName; 5] = [
    CoefficientName::PercentAgreement,
    CoefficientName::PositiveAgreement,
    CoefficientName::KrippendorffAlpha,
    CoefficientName::GwetAc1,
    CoefficientName::FleissKappa,
];

/// Measures how far raters agree on what is violating, over the units of several policies.
///
/// The answers to a unit under different policies are one rater's reading of one text, so units, not answers, are drawn again for
/// the intervals (percentile bootstrap). Abstentions are missing.
#[must_use]
pub fn overall_agreement(
    policies: &[(Vec<&RatedUnit>, &LabelScale)],
    level: Level,
    resampling: Resampling,
) -> RaterAgreement {
    let all =
        || policies.iter().flat_map(|(units, scale)| units.iter().map(move |unit| (*unit, *scale)));
    let clusters = Clusters::of(all().filter(|(unit, _)| unit.answers.len() > 1));
    let coefficient =
        |name| Coefficient { name, measured: clusters.measured(name, level, resampling) };
    RaterAgreement {
        units: all().count(),
        shared: all().filter(|(unit, _)| unit.answers.len() > 1).count(),
        raters: rows_over(all(), level),
        coefficients: NAMES.into_iter().map(coefficient).collect(),
    }
}

/// The answers of each unit under all policies: a list of (rater, class) for each policy.
struct Clusters {
    units: Vec<Vec<Vec<(usize, usize)>>>,
    raters: usize,
}

impl Clusters {
    fn of<'a>(rated: impl Iterator<Item = (&'a RatedUnit, &'a LabelScale)> + Clone) -> Self {
        let names: BTreeSet<Option<&str>> = rated
            .clone()
            .flat_map(|(unit, _)| unit.answers.iter().map(|answer| answer.rater.as_deref()))
            .collect();
        let raters: BTreeMap<Option<&str>, usize> = names.into_iter().zip(0..).collect();
        let mut units: BTreeMap<&str, Vec<Vec<(usize, usize)>>> = BTreeMap::new();
        for (unit, scale) in rated {
            let class = |answer: &crate::gold::Answer| {
                let rater = *raters.get(&answer.rater.as_deref())?;
                Some((rater, usize::from(scale.label(&answer.label)?.violating)))
            };
            let known: Vec<(usize, usize)> = unit.answers.iter().filter_map(class).collect();
            if known.len() > 1 {
                units.entry(&unit.unit_id).or_default().push(known);
            }
        }
        Self { units: units.into_values().collect(), raters: raters.len() }
    }

    fn measured(
        &self,
        name: CoefficientName,
        level: Level,
        resampling: Resampling,
    ) -> Result<Measured, StatsError> {
        let whole: Vec<usize> = (0..self.units.len()).collect();
        let table = self.table(&whole)?;
        let value = coefficient(name, &table)?;
        let agreed = percent_agreement(&table, &AgreementWeights::nominal(2)?)?.observed;
        let drawn = |units: &[usize]| coefficient(name, &self.table(units)?);
        let made = || Ok(bootstrap(self.units.len(), drawn, resampling)?.percentile(level));
        Ok(Measured { value, interval: differing(agreed).and_then(|()| made()) })
    }

    fn table(&self, drawn: &[usize]) -> Result<Ratings, StatsError> {
        let mut ratings = Vec::new();
        let mut units = 0;
        for answers in drawn.iter().flat_map(|unit| &self.units[*unit]) {
            ratings.extend(answers.iter().map(|(rater, class)| Rating {
                unit: units,
                rater: *rater,
                class: *class,
            }));
            units += 1;
        }
        if units == 0 {
            let reason = "no unit has answers of two raters that say violating or not";
            return Err(StatsError::Undefined { statistic: "agreement", reason });
        }
        Ratings::new(RatingShape { units, raters: self.raters, classes: 2 }, &ratings)
    }
}

fn coefficient(name: CoefficientName, table: &Ratings) -> Result<f64, StatsError> {
    use CoefficientName as Name;
    let nominal = AgreementWeights::nominal(2)?;
    let made = match name {
        Name::PositiveAgreement => return Ok(specific_agreement(table, VIOLATING)?.value),
        Name::PercentAgreement => percent_agreement(table, &nominal)?,
        Name::KrippendorffAlpha | Name::KrippendorffAlphaOrdinal => {
            krippendorff_alpha(table, &nominal)?
        }
        Name::GwetAc1 => gwet_ac(table, &nominal)?,
        Name::CohenKappa
        | Name::FleissKappa
        | Name::CohenKappaWeighted
        | Name::FleissKappaWeighted => fleiss_kappa(table, &nominal)?,
    };
    Ok(made.coefficient)
}
