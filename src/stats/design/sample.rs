//! A weighted sample and its estimates, each with the influence of every unit.

use crate::stats::StatsError;
use crate::stats::design::CalibrationDistance;
use crate::stats::design::KnownMargin;
use crate::stats::design::KnownTotals;
use crate::stats::design::RakedResiduals;
use crate::stats::design::SurveyDesign;
use crate::stats::design::SurveyEstimate;
use crate::stats::design::calibration;
use crate::stats::design::calibration::Calibration;
use crate::stats::design::margins;
use crate::stats::design::same_length;

/// Weights lie in this range, so that no sum of their squares overflows or vanishes.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// A sample: one weight a unit, the design it was drawn by, and what its weights were calibrated to.
///
/// The weight of unit i is `d_i = t_i / pi_i` (exposure over inclusion probability), the number of exposures of the
/// population it stands for.
#[derive(Debug, Clone)]
pub struct SurveySample {
    design: SurveyDesign,
    weights: Vec<f64>,
    calibration: Option<Calibration>,
}

/// An estimate and its influence values `z_i`: to first order its error is that of `sum w_i z_i`.
///
/// Domains, differences and functions of estimates are linear combinations of these columns.
///
/// # Source
///
/// Deville (1999), Survey Methodology 25:193; Binder (1983), Int. Stat. Rev. 51:279.
#[derive(Debug, Clone, PartialEq)]
pub struct Linearized {
    /// The estimate.
    pub value: f64,
    influence: Vec<f64>,
}

/// The two columns of a ratio of totals, one value a unit.
#[derive(Debug, Clone, Copy)]
pub struct RatioOf<'a> {
    /// What is counted.
    pub numerator: &'a [f64],
    /// What it is counted against.
    pub denominator: &'a [f64],
}

/// The units of one domain: those whose entry in `column` is `index`.
#[derive(Debug, Clone, Copy)]
pub struct SurveyDomain<'a> {
    /// The domain of each unit of the sample.
    pub column: &'a [usize],
    /// Which of them.
    pub index: usize,
}

impl Linearized {
    /// Returns the influence value of each unit, not yet weighted.
    #[must_use]
    pub fn influence(&self) -> &[f64] {
        &self.influence
    }

    /// Returns `sum c_k e_k` of estimates from one sample plus a known constant.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] for estimates of different samples, [`StatsError::NoUnits`] for no terms.
    pub fn combination(terms: &[(f64, &Self)], known: f64) -> Result<Self, StatsError> {
        let (_, first) = terms.first().ok_or(StatsError::NoUnits)?;
        let mut sum = Self { value: known, influence: vec![0.0; first.influence.len()] };
        for (factor, term) in terms {
            same_length(sum.influence.len(), term.influence.len())?;
            sum.value += factor * term.value;
            sum.influence.iter_mut().zip(&term.influence).for_each(|(s, z)| *s += factor * z);
        }
        Ok(sum)
    }
}

impl SurveyDomain<'_> {
    fn inside(&self, unit: usize) -> f64 {
        if self.column[unit] == self.index { 1.0 } else { 0.0 }
    }

    /// Returns the column with 0 outside the domain, and the domain's own indicator.
    fn split(&self, values: &[f64]) -> Result<(Vec<f64>, Vec<f64>), StatsError> {
        same_length(values.len(), self.column.len())?;
        let inside: Vec<f64> = (0..values.len()).map(|unit| self.inside(unit)).collect();
        if inside.iter().all(|one| *one <= 0.0) {
            return Err(StatsError::Undefined {
                statistic: "domain estimate",
                reason: "the sample holds no unit of the domain",
            });
        }
        Ok((values.iter().zip(&inside).map(|(value, one)| value * one).collect(), inside))
    }
}

impl SurveySample {
    /// Joins a design with the weights of its units.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there is one weight a unit, [`StatsError::OutOfRange`] for a weight that
    /// is not within 1e-100 and 1e100.
    pub fn new(design: SurveyDesign, weights: Vec<f64>) -> Result<Self, StatsError> {
        same_length(design.structure().n_units(), weights.len())?;
        match weights.iter().find(|weight| !WEIGHTS.contains(*weight)) {
            Some(weight) => Err(StatsError::OutOfRange {
                what: "a weight above 0 (within 1e-100 and 1e100)",
                value: *weight,
            }),
            None => Ok(Self { design, weights, calibration: None }),
        }
    }

    /// Returns the design.
    #[must_use]
    pub fn design(&self) -> &SurveyDesign {
        &self.design
    }

    /// Returns the weights, calibrated where the sample is.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns the sum of the weights.
    #[must_use]
    pub fn sum_of_weights(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// Returns the total of a column over the population (Horvitz-Thompson; Hansen-Hurwitz under replacement).
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] for a column of other units, [`StatsError::OutOfRange`] for a value that is not
    /// finite.
    pub fn total(&self, values: &[f64]) -> Result<Linearized, StatsError> {
        self.check(values)?;
        Ok(Linearized { value: self.sum(values), influence: values.to_vec() })
    }

    /// Returns the weighted mean of a column (Hajek): `sum w y / sum w`.
    ///
    /// # Errors
    ///
    /// As [`Self::ratio`].
    pub fn mean(&self, values: &[f64]) -> Result<Linearized, StatsError> {
        self.ratio(RatioOf { numerator: values, denominator: &vec![1.0; values.len()] })
    }

    /// Returns the ratio of two totals, `R = sum w y / sum w x`, with influence `(y - R x) / sum w x`.
    ///
    /// # Errors
    ///
    /// As [`Self::total`]; [`StatsError::Undefined`] where the denominator is not above 0.
    pub fn ratio(&self, columns: RatioOf<'_>) -> Result<Linearized, StatsError> {
        self.check(columns.numerator)?;
        self.check(columns.denominator)?;
        let below = self.sum(columns.denominator);
        if below <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "ratio",
                reason: "its denominator adds up to nothing in the sample",
            });
        }
        let value = self.sum(columns.numerator) / below;
        let pairs = columns.numerator.iter().zip(columns.denominator);
        Ok(Linearized { value, influence: pairs.map(|(y, x)| (y - value * x) / below).collect() })
    }

    /// Returns the total of a column over the part of the population in a domain; every unit stays in the variance.
    ///
    /// # Errors
    ///
    /// As [`Self::total`]; [`StatsError::Undefined`] for a domain without units in the sample.
    pub fn domain_total(
        &self,
        values: &[f64],
        domain: SurveyDomain<'_>,
    ) -> Result<Linearized, StatsError> {
        self.total(&domain.split(values)?.0)
    }

    /// Returns the weighted mean of a column over a domain; every unit stays in the variance.
    ///
    /// # Errors
    ///
    /// As [`Self::ratio`]; [`StatsError::Undefined`] for a domain without units in the sample.
    pub fn domain_mean(
        &self,
        values: &[f64],
        domain: SurveyDomain<'_>,
    ) -> Result<Linearized, StatsError> {
        let (numerator, denominator) = domain.split(values)?;
        self.ratio(RatioOf { numerator: &numerator, denominator: &denominator })
    }

    /// Returns an estimate with its design variance and degrees of freedom.
    ///
    /// # Errors
    ///
    /// As [`SurveyDesign::covariance`]; [`StatsError::Undefined`] for a negative variance estimate.
    pub fn estimate(&self, estimate: &Linearized) -> Result<SurveyEstimate, StatsError> {
        let variance = self.covariance(&[estimate])?[0][0];
        if variance < 0.0 {
            return Err(StatsError::Undefined {
                statistic: "design variance",
                reason: "the estimator came out negative: use Sen-Yates-Grundy, or a larger sample",
            });
        }
        let degrees = self.design.structure().degrees_of_freedom();
        Ok(SurveyEstimate { value: estimate.value, variance, degrees })
    }

    /// Returns the covariance matrix of several estimates.
    ///
    /// # Errors
    ///
    /// As [`SurveyDesign::covariance`].
    pub fn covariance(&self, estimates: &[&Linearized]) -> Result<Vec<Vec<f64>>, StatsError> {
        let columns = estimates
            .iter()
            .map(|estimate| self.weighted_influence(estimate))
            .collect::<Result<Vec<_>, _>>()?;
        self.design.covariance(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// Returns the sample with weights that reproduce known totals, changed as little as the distance allows.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where the sample is calibrated already, its variables are dependent, or bounds cannot
    /// be met; [`StatsError::LengthsDiffer`], [`StatsError::OutOfRange`], [`StatsError::NoConvergence`].
    ///
    /// # Source
    ///
    /// Deville & Sarndal (1992), JASA 87:376–382.
    pub fn calibrated(
        &self,
        benchmarks: KnownTotals<'_>,
        distance: CalibrationDistance,
    ) -> Result<Self, StatsError> {
        benchmarks.columns.iter().try_for_each(|column| self.check(column))?;
        self.with(calibration::calibrate(&self.weights, benchmarks, distance)?)
    }

    /// Returns the sample raked to known margins (iterative proportional fitting).
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where the sample is calibrated already, a margin has a total and no unit, or margins
    /// add up differently; [`StatsError::LengthsDiffer`], [`StatsError::OutOfRange`], [`StatsError::NoConvergence`].
    ///
    /// # Source
    ///
    /// Deming & Stephan (1940), Ann. Math. Stat. 11:427–444; Deville, Sarndal & Sautory (1993), JASA 88:1013–1020.
    pub fn raked(
        &self,
        margins: &[KnownMargin],
        residuals: RakedResiduals,
    ) -> Result<Self, StatsError> {
        self.with(margins::rake(&self.weights, margins, residuals)?)
    }

    /// Returns the sample post-stratified to the known totals of one margin.
    ///
    /// # Errors
    ///
    /// As [`Self::raked`].
    ///
    /// # Source
    ///
    /// Holt & Smith (1979), JRSS A 142:33–46.
    pub fn post_stratified(&self, margin: KnownMargin) -> Result<Self, StatsError> {
        self.raked(&[margin], RakedResiduals::Weighted)
    }

    /// Returns the weighted sum of a column.
    pub(super) fn sum(&self, values: &[f64]) -> f64 {
        self.weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
    }

    fn with(&self, (weights, calibration): (Vec<f64>, Calibration)) -> Result<Self, StatsError> {
        if self.calibration.is_some() {
            return Err(StatsError::Undefined {
                statistic: "calibration",
                reason: "the sample is calibrated already: give all variables and margins at once",
            });
        }
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "calibration",
                reason: "the calibrated weights add up to nothing: use a bounded distance",
            });
        }
        Ok(Self { design: self.design.clone(), weights, calibration: Some(calibration) })
    }

    /// Returns `w z`, with `z` replaced by its residual from what the weights were calibrated to.
    fn weighted_influence(&self, estimate: &Linearized) -> Result<Vec<f64>, StatsError> {
        same_length(self.weights.len(), estimate.influence.len())?;
        let residuals = match &self.calibration {
            Some(calibration) => calibration.residuals(&estimate.influence)?,
            None => estimate.influence.clone(),
        };
        Ok(self.weights.iter().zip(residuals).map(|(weight, z)| weight * z).collect())
    }

    fn check(&self, values: &[f64]) -> Result<(), StatsError> {
        same_length(self.weights.len(), values.len())?;
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(StatsError::OutOfRange { what: "a finite value", value: *value }),
            None => Ok(()),
        }
    }
}
