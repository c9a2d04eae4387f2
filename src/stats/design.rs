//! The variance that a sampling design gives to estimates: one code path for every design.
//!
//! An estimate is linearised into one influence value a unit ([`Linearized`]); a [`SurveyDesign`] turns any number of such
//! columns into their covariance matrix. Domains, ratios, differences and calibration then need no formula of their own.

mod accuracy;
mod calibration;
mod double;
mod effect;
mod estimate;
mod jackknife;
mod joint;
#[cfg(test)]
mod laws;
mod margins;
mod multiplicity;
mod population;
mod proportion;
#[cfg(test)]
mod published;
mod sample;
mod solve;
mod stage;
mod structure;

pub use accuracy::GoldAndLabel;
pub use accuracy::LabelAccuracy;
pub use accuracy::LabelOutcome;
pub use calibration::CalibrationDistance;
pub use calibration::KnownTotals;
pub use double::DoubleSample;
pub use double::PhaseEstimate;
pub use double::SecondPhase;
pub use effect::ClusterGuess;
pub use effect::SimpleSample;
pub use effect::cluster_design_effect;
pub use effect::kish_design_effect;
pub use effect::kish_size;
pub use estimate::SurveyEstimate;
pub use jackknife::jackknife_by_psu;
pub use joint::JointProbabilities;
pub use margins::KnownMargin;
pub use margins::RakedResiduals;
pub use multiplicity::FrameEntry;
pub use multiplicity::inclusion_by_any;
pub use multiplicity::weight_share;
pub use population::KnownPopulation;
pub use population::hansen_hurwitz_variance;
pub use population::horvitz_thompson_variance;
pub use population::poisson_variance;
pub use proportion::SurveyShare;
pub use sample::Linearized;
pub use sample::RatioOf;
pub use sample::SurveyDomain;
pub use sample::SurveySample;
pub use structure::SamplePlace;
pub use structure::SampleStructure;

use crate::stats::StatsError;
use stage::Stage;

/// How PSUs were drawn within their strata. Lists have one entry a stratum or a PSU, in the order of their indices.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Independent draws with replacement, with any probabilities (Hansen-Hurwitz); a PSU drawn twice is two PSUs.
    /// Also the "ultimate cluster" variance of any multistage sample whose first-stage fractions are small.
    WithReplacement,
    /// Simple random sampling without replacement.
    SimpleRandom {
        /// PSUs in the population, one a stratum.
        populations: Vec<f64>,
    },
    /// Simple random sampling of PSUs and, within each, of second-stage units.
    TwoStage {
        /// PSUs in the population, one a stratum.
        populations: Vec<f64>,
        /// What was drawn within PSUs.
        second: SecondStage,
    },
    /// Independent decisions: Poisson sampling, and priority sampling given its threshold with `pi = min(1, w tau)`.
    Poisson {
        /// The inclusion probability, one a PSU.
        probabilities: Vec<f64>,
    },
    /// A fixed number of PSUs with unequal probabilities (Pareto, systematic, …), joint probabilities unknown.
    FixedSize {
        /// The inclusion probability, one a PSU.
        probabilities: Vec<f64>,
        /// Which approximation of the variance.
        form: FixedSizeForm,
    },
    /// Known joint inclusion probabilities of the PSUs drawn.
    Joint {
        /// The matrix, by PSU.
        probabilities: JointProbabilities,
        /// Which estimator of the variance.
        form: JointForm,
    },
}

/// The second stage of [`Selection::TwoStage`].
#[derive(Debug, Clone, PartialEq)]
pub struct SecondStage {
    /// The second-stage unit of each unit, indices from 0 without gaps over the whole sample.
    pub units: Vec<usize>,
    /// Second-stage units in the population, one a PSU.
    pub populations: Vec<f64>,
}

/// Approximations of the variance of a fixed-size sample with unequal probabilities.
///
/// All are `k sum (1-pi) (x - A)^2` with `x` the weighted values; `n` counts PSUs that were not certain unless stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedSizeForm {
    /// `A` weighted by `1 - pi`, `k = n/(n-1)` (Hajek 1964; Rosen 1997).
    Hajek,
    /// The same with `n` counting certain PSUs too: slightly too small where there are any.
    HajekAll,
    /// `A` weighted by `1 - pi`, `k = 1/(1 - sum a^2)` with `a = (1-pi) / sum (1-pi)` (Deville 1999).
    Deville,
    /// `A` weighted by `(1-pi) ln(1-pi) / pi`, `k = n/(n-1)`: for Pareto samples (Rosen 1997).
    Rosen,
    /// `A` the plain mean, `k = n/(n-1)` over all PSUs (Brewer 2002).
    Brewer,
}

/// Estimators of the variance from joint probabilities, with `D = (pi_ij - pi_i pi_j) / pi_ij`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JointForm {
    /// `sum sum D x_i x_j`: unbiased for any design, and may be negative (Horvitz & Thompson 1952).
    HorvitzThompson,
    /// `-1/2 sum sum D (x_i - x_j)^2`: for fixed-size designs (Sen 1953; Yates & Grundy 1953).
    SenYatesGrundy,
}

/// What to do with a stratum of which one PSU was drawn, where that was not all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lonely {
    /// Refuse to give a variance.
    Refuse,
    /// Take it to have been certain: no variance. Survey packages also call it "remove". Too small a variance.
    Certain,
    /// Take its squared deviation from 0, the overall mean of the influence values of means and ratios.
    /// For totals that is far on the safe side.
    Adjust,
    /// Give it the average variance of the other strata.
    Average,
}

/// A design that can give variances: the structure of the sample and how it was drawn.
///
/// # Source
///
/// Hansen & Hurwitz (1943), Ann. Math. Stat. 14:333; Horvitz & Thompson (1952), JASA 47:663; Sarndal, Swensson &
/// Wretman (1992), Model Assisted Survey Sampling, ch. 3, 4, 5; Rosen (1997), J. Stat. Plan. Inference 62:159;
/// Duffield, Lund & Thorup (2007), J. ACM 54(6) for priority samples; Lumley (2010), Complex Surveys, for lonely PSUs.
#[derive(Debug, Clone)]
pub struct SurveyDesign {
    structure: SampleStructure,
    rule: Rule,
}

/// Selection, made ready to give variances.
#[derive(Debug, Clone)]
enum Rule {
    Stages(Vec<Stage>),
    Independent { open: Vec<f64> },
    Pairs { probabilities: JointProbabilities, form: JointForm },
}

impl SurveyDesign {
    /// Checks that the selection describes the structure.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] where a list does not have one entry a stratum, PSU or unit;
    /// [`StatsError::NotAProbability`] outside (0, 1]; [`StatsError::OutOfRange`] for a population smaller than its
    /// sample, or a pair of joint probability 0.
    pub fn new(
        structure: SampleStructure,
        selection: Selection,
        lonely: Lonely,
    ) -> Result<Self, StatsError> {
        let one = |open, form| {
            Rule::Stages(vec![Stage { structure: structure.clone(), open, form, lonely }])
        };
        let rule = match selection {
            Selection::WithReplacement => one(vec![1.0; structure.n_psus()], FixedSizeForm::Brewer),
            Selection::SimpleRandom { populations } => {
                one(open_fractions(&structure, &populations)?, FixedSizeForm::Brewer)
            }
            Selection::TwoStage { populations, second } => {
                Rule::Stages(two_stages(&structure, &populations, &second, lonely)?)
            }
            Selection::FixedSize { probabilities, form } => {
                one(open_probabilities(&structure, &probabilities)?, form)
            }
            Selection::Poisson { probabilities } => {
                Rule::Independent { open: open_probabilities(&structure, &probabilities)? }
            }
            Selection::Joint { probabilities, form } => {
                same_length(structure.n_psus(), probabilities.n_units())?;
                probabilities.check_drawn()?;
                Rule::Pairs { probabilities, form }
            }
        };
        Ok(Self { structure, rule })
    }

    /// Returns the structure of the sample.
    #[must_use]
    pub fn structure(&self) -> &SampleStructure {
        &self.structure
    }

    /// Returns the covariance matrix of the sums of some columns of weighted values, one value a unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] for a column that is not of this sample; [`StatsError::Undefined`] where a
    /// stratum has one PSU and [`Lonely::Refuse`] holds.
    pub fn covariance(&self, columns: &[&[f64]]) -> Result<Vec<Vec<f64>>, StatsError> {
        for column in columns {
            same_length(self.structure.n_units(), column.len())?;
        }
        let product = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let sides =
            columns.iter().map(|column| self.contrasts(column)).collect::<Result<Vec<_>, _>>()?;
        let of = |a: &Vec<f64>, b: &Vec<f64>| match &self.rule {
            Rule::Pairs { probabilities, form } => probabilities.covariance(*form, a, b),
            Rule::Stages(_) | Rule::Independent { .. } => product(a, b),
        };
        Ok(sides.iter().map(|a| sides.iter().map(|b| of(a, b)).collect()).collect())
    }

    /// Returns the variance of the sum of the weights if PSUs had been drawn independently: `sum (1-pi) d^2`.
    pub(super) fn noise(&self, weights: &[f64]) -> f64 {
        let independent = |open: &[f64]| {
            let totals = self.structure.totals(weights);
            totals.iter().zip(open).map(|(weight, open)| open * weight * weight).sum::<f64>()
        };
        match &self.rule {
            Rule::Stages(stages) => stages.iter().map(|stage| stage.noise(weights)).sum(),
            Rule::Independent { open } => independent(open),
            Rule::Pairs { probabilities, .. } => {
                independent(&probabilities.single().iter().map(|pi| 1.0 - pi).collect::<Vec<_>>())
            }
        }
    }

    /// Returns what the covariance is a product of: contrasts, or PSU totals where it is a sum over pairs.
    fn contrasts(&self, column: &[f64]) -> Result<Vec<f64>, StatsError> {
        match &self.rule {
            Rule::Stages(stages) => {
                let parts = stages.iter().map(|stage| stage.contrasts(column));
                Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
            }
            Rule::Independent { open } => {
                let totals = self.structure.totals(column);
                Ok(totals.iter().zip(open).map(|(total, open)| open.sqrt() * total).collect())
            }
            Rule::Pairs { .. } => Ok(self.structure.totals(column)),
        }
    }
}

/// Checks that two lists describe the same things.
pub(super) fn same_length(left: usize, right: usize) -> Result<(), StatsError> {
    if left == right { Ok(()) } else { Err(StatsError::LengthsDiffer { left, right }) }
}

/// Returns `1 - n_h / N_h` for each PSU.
fn open_fractions(
    structure: &SampleStructure,
    populations: &[f64],
) -> Result<Vec<f64>, StatsError> {
    same_length(structure.n_strata(), populations.len())?;
    let mut open = vec![0.0; structure.n_psus()];
    for (members, population) in structure.members().iter().zip(populations) {
        let drawn = members.len() as f64;
        if !(drawn <= *population && population.is_finite()) {
            return Err(StatsError::OutOfRange {
                what: "a population at least as large as its sample",
                value: *population,
            });
        }
        members.iter().for_each(|psu| open[*psu] = (population - drawn) / population);
    }
    Ok(open)
}

fn open_probabilities(
    structure: &SampleStructure,
    probabilities: &[f64],
) -> Result<Vec<f64>, StatsError> {
    same_length(structure.n_psus(), probabilities.len())?;
    match probabilities.iter().find(|pi| !(**pi > 0.0 && **pi <= 1.0)) {
        Some(pi) => Err(StatsError::NotAProbability(*pi)),
        None => Ok(probabilities.iter().map(|pi| 1.0 - pi).collect()),
    }
}

/// Returns both stages; the second counts by the share of PSUs that were drawn.
fn two_stages(
    structure: &SampleStructure,
    populations: &[f64],
    second: &SecondStage,
    lonely: Lonely,
) -> Result<Vec<Stage>, StatsError> {
    same_length(structure.n_units(), second.units.len())?;
    let open = open_fractions(structure, populations)?;
    let place = |(stratum, psu): (&usize, &usize)| SamplePlace { stratum: *stratum, psu: *psu };
    let places: Vec<SamplePlace> =
        structure.psu_of().iter().zip(&second.units).map(place).collect();
    let inner = SampleStructure::clustered(&places)?;
    let drawn = |psu: &usize| 1.0 - open[*psu];
    let inner_open = open_fractions(&inner, &second.populations)?
        .iter()
        .zip(inner.stratum_of())
        .map(|(open, psu)| open * drawn(psu))
        .collect();
    let form = FixedSizeForm::Brewer;
    let first = Stage { structure: structure.clone(), open: open.clone(), form, lonely };
    Ok(vec![first, Stage { structure: inner, open: inner_open, form, lonely }])
}
