//! An estimate of a survey: value, design variance, degrees of freedom, and the intervals made of these.

use crate::stats::Level;
use crate::stats::StatsError;
use crate::stats::design::student;

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

/// An interval around an estimate of a survey and how it was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurveyInterval {
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// How it was made.
    pub method: SurveyMethod,
}

/// The ways intervals of survey estimates are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SurveyMethod {
    /// Estimate ± normal quantile × standard error.
    Wald,
    /// Estimate ± t quantile × standard error.
    WaldT,
    /// The same on the logit scale.
    LogitT,
    /// The same on the arcsine square-root scale.
    ArcsineT,
    /// Clopper-Pearson at Korn and Graubard's effective size, reduced for the degrees of freedom.
    KgBetaT,
}

impl SurveyMethod {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wald => "wald",
            Self::WaldT => "wald_t",
            Self::LogitT => "logit_t",
            Self::ArcsineT => "arcsine_t",
            Self::KgBetaT => "kg_beta_t",
        }
    }
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
    pub fn t_interval(&self, level: Level) -> Result<SurveyInterval, StatsError> {
        Ok(self.around(self.t(level)?, SurveyMethod::WaldT))
    }

    /// Returns estimate ± normal quantile × standard error: for designs with very many PSUs.
    #[must_use]
    pub fn normal_interval(&self, level: Level) -> SurveyInterval {
        self.around(level.z(), SurveyMethod::Wald)
    }

    /// Returns the t quantile at the degrees of freedom.
    pub(super) fn t(&self, level: Level) -> Result<f64, StatsError> {
        if self.degrees <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "t interval",
                reason: "there are as many strata as PSUs, so no degrees of freedom are left",
            });
        }
        Ok(student::quantile(self.degrees, level))
    }

    fn around(&self, quantile: f64, method: SurveyMethod) -> SurveyInterval {
        let half = quantile * self.std_error();
        SurveyInterval { low: self.value - half, high: self.value + half, method }
    }
}
