//! A share estimated from a survey, its effective size, and its intervals.

use crate::stats::EffectiveSize;
use crate::stats::Level;
use crate::stats::StatsError;
use crate::stats::beta;
use crate::stats::beta::BetaShape;
use crate::stats::design::SurveyEstimate;
use crate::stats::design::SurveyInterval;
use crate::stats::design::SurveyMethod;
use crate::stats::design::SurveySample;
use crate::stats::design::student;

/// A variance this small beside that of independent draws is rounding.
const ROUNDING: f64 = 1e-12;

/// A weighted share of units with its effective size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurveyShare {
    /// The share with its design variance.
    pub estimate: SurveyEstimate,
    /// `p (1-p) / V` where both are above 0, else Kish's `(sum d)^2 / sum (1-pi) d^2` over PSUs.
    pub size: EffectiveSize,
    /// Units observed.
    pub n: usize,
}

impl SurveyShare {
    /// Returns the share of the weight that the column's ones hold. `values` lie in `[0, 1]`.
    ///
    /// # Errors
    ///
    /// As [`SurveySample::mean`] and [`SurveySample::estimate`]; [`StatsError::OutOfRange`] for other values.
    ///
    /// # Source
    ///
    /// Korn & Graubard (1998), Survey Methodology 24:193–201.
    pub fn of(sample: &SurveySample, values: &[f64]) -> Result<Self, StatsError> {
        if let Some(value) = values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            return Err(StatsError::OutOfRange { what: "a value from 0 to 1", value: *value });
        }
        let estimate = sample.estimate(&sample.mean(values)?)?;
        let p = estimate.value;
        let kish = sample.sum_of_weights().powi(2) / sample.design().noise(sample.weights());
        let spread = p * (1.0 - p);
        // Strata of one kind each leave rounding for a variance, which would pass for an enormous sample.
        let seen =
            if estimate.variance > ROUNDING * spread / kish { estimate.variance } else { 0.0 };
        let size = EffectiveSize::of(spread, seen, kish);
        Ok(Self { estimate, size, n: values.len() })
    }

    /// Returns the interval on the logit scale.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] at 0 and 1, and without degrees of freedom.
    pub fn logit_interval(&self, level: Level) -> Result<SurveyInterval, StatsError> {
        let (p, odds) = self.inside()?;
        let half = self.estimate.t(level)? * self.estimate.std_error() / (p * (1.0 - p));
        let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        let (low, high) = (back(odds.ln() - half), back(odds.ln() + half));
        Ok(SurveyInterval { low, high, method: SurveyMethod::LogitT })
    }

    /// Returns the interval on the arcsine square-root scale.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] at 0 and 1, and without degrees of freedom.
    pub fn arcsine_interval(&self, level: Level) -> Result<SurveyInterval, StatsError> {
        let (p, _) = self.inside()?;
        let half =
            self.estimate.t(level)? * self.estimate.std_error() / (2.0 * (p * (1.0 - p)).sqrt());
        let back = |angle: f64| angle.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2);
        let angle = p.sqrt().asin();
        let (low, high) = (back(angle - half), back(angle + half));
        Ok(SurveyInterval { low, high, method: SurveyMethod::ArcsineT })
    }

    /// Returns Clopper-Pearson limits at the effective size times `(t_{n-1} / t_df)^2`. Serves 0 and 1 too.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without degrees of freedom, or for one unit.
    ///
    /// # Source
    ///
    /// Korn & Graubard (1998), Survey Methodology 24:193–201.
    pub fn kg_interval(&self, level: Level) -> Result<SurveyInterval, StatsError> {
        let (p, method) = (self.estimate.value, SurveyMethod::KgBetaT);
        let units = match self.size {
            EffectiveSize::Exact => return Ok(SurveyInterval { low: p, high: p, method }),
            EffectiveSize::Units(units) => units,
        };
        let t = self.estimate.t(level)?;
        let n = units * (student::quantile(self.n as f64 - 1.0, level) / t).powi(2);
        let (hits, misses) = (n * p, n * (1.0 - p));
        let limit = |success, failure, part| beta::quantile(BetaShape { success, failure }, part);
        let low = if hits > 0.0 { limit(hits, misses + 1.0, level.tail()) } else { 0.0 };
        let high = if misses > 0.0 { limit(hits + 1.0, misses, 1.0 - level.tail()) } else { 1.0 };
        Ok(SurveyInterval { low, high, method })
    }

    /// Returns the share and its odds where it lies strictly between 0 and 1.
    fn inside(&self) -> Result<(f64, f64), StatsError> {
        let p = self.estimate.value;
        if p > 0.0 && p < 1.0 {
            Ok((p, p / (1.0 - p)))
        } else {
            Err(StatsError::Undefined {
                statistic: "transformed interval of a share",
                reason: "the share is 0 or 1: use the Korn-Graubard interval",
            })
        }
    }
}
