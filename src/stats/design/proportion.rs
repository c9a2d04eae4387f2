//! A share estimated from a survey, its effective size, and its intervals.

use crate::stats::EffectiveSize;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::design::SurveyEstimate;
use crate::stats::design::SurveySample;
use crate::stats::kg_beta;
use crate::stats::logit_t;
use crate::stats::student;

/// A variance this small beside that of independent draws is rounding.
const ROUNDING: f64 = 1e-12;

/// A weighted share of units under any design.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurveyShare {
    /// The share with its design variance and effective size: `p (1-p) / V` where both are above 0, else Kish's
    /// `(sum d)^2 / sum (1-pi) d^2` over PSUs.
    pub share: Share,
    /// PSUs less strata.
    pub degrees: f64,
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
        let SurveyEstimate { value, variance, degrees } = sample.estimate(&sample.mean(values)?)?;
        let kish = sample.sum_of_weights().powi(2) / sample.design().noise(sample.weights());
        let spread = value * (1.0 - value);
        // Strata of one kind each leave rounding for a variance, which would pass for an enormous sample.
        let seen = if variance > ROUNDING * spread / kish { variance } else { 0.0 };
        let size = EffectiveSize::of(spread, seen, kish);
        Ok(Self { share: Share { value, variance, size, n: values.len() as u64 }, degrees })
    }

    /// Returns the share as an estimate like any other.
    #[must_use]
    pub fn estimate(&self) -> SurveyEstimate {
        let Share { value, variance, .. } = self.share;
        SurveyEstimate { value, variance, degrees: self.degrees }
    }

    /// Returns the interval on the logit scale.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] at 0 and 1, [`StatsError::OutOfRange`] without degrees of freedom.
    ///
    /// # Source
    ///
    /// Lumley (2010), Complex Surveys, 2.3.
    pub fn logit_interval(&self, level: Level) -> Result<Interval, StatsError> {
        logit_t(&self.share, self.degrees, level)
    }

    /// Returns the interval on the arcsine square-root scale.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] at 0 and 1, and without degrees of freedom.
    ///
    /// # Source
    ///
    /// Lumley (2010), Complex Surveys, 2.3.
    pub fn arcsine_interval(&self, level: Level) -> Result<Interval, StatsError> {
        let p = self.share.value;
        if p <= 0.0 || p >= 1.0 {
            return Err(StatsError::Undefined {
                statistic: "arcsine interval",
                reason: "a share of 0 or 1 shows no variance: use the Korn-Graubard interval",
            });
        }
        let half =
            self.estimate().t(level)? * self.share.std_error() / (2.0 * (p * (1.0 - p)).sqrt());
        let back = |angle: f64| angle.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2);
        let angle = p.sqrt().asin();
        let (low, high) = (back(angle - half), back(angle + half));
        Ok(Interval { low, high, method: Method::ArcsineT })
    }

    /// Returns Clopper-Pearson limits at the effective size times `(t_{n-1} / t_df)^2`. Serves 0 and 1 too.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without degrees of freedom, [`StatsError::OutOfRange`] for one unit.
    ///
    /// # Source
    ///
    /// Korn & Graubard (1998), Survey Methodology 24:193–201.
    pub fn kg_interval(&self, level: Level) -> Result<Interval, StatsError> {
        let EffectiveSize::Units(units) = self.share.size else {
            return Ok(kg_beta(&self.share, level));
        };
        let all = student::quantile(self.share.n as f64 - 1.0, level)?;
        let size = EffectiveSize::Units(units * (all / self.estimate().t(level)?).powi(2));
        Ok(kg_beta(&Share { size, ..self.share }, level))
    }
}
