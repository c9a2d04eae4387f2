//! An estimate of a survey: value, design variance, degrees of freedom, and the intervals made of these.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;
use crate::stats::student;

/// An estimate with its design variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurveyEstimate {
    /// The estimate.
    pub value: f64,
    /// Its design variance, 0 or above.
    pub variance: f64,
    /// PSUs less strata.
    pub degrees: f64,
}

impl SurveyEstimate {
    /// Returns the standard error.
    #[must_use]
    pub fn std_error(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Returns estimate ± t quantile × standard error. For shares near 0 use another family: this one covers too little.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without degrees of freedom.
    pub fn t_interval(&self, level: Level) -> Result<Interval, StatsError> {
        Ok(self.around(self.t(level)?, Method::WaldT))
    }

    /// Returns estimate ± normal quantile × standard error: for designs with very many PSUs.
    #[must_use]
    pub fn normal_interval(&self, level: Level) -> Interval {
        self.around(level.z(), Method::Wald)
    }

    /// Returns the t quantile at the degrees of freedom.
    pub(super) fn t(&self, level: Level) -> Result<f64, StatsError> {
        if self.degrees <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "t interval",
                reason: "there are as many strata as PSUs, so no degrees of freedom are left",
            });
        }
        student::quantile(self.degrees, level)
    }

    fn around(&self, quantile: f64, method: Method) -> Interval {
        let half = quantile * self.std_error();
        Interval { low: self.value - half, high: self.value + half, method }
    }
}
