//! What a suite can measure, and which values are good.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// One number about a labeler.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of violating units that are flagged.
    Sensitivity,
    /// Share of allowed units that are not flagged.
    Specificity,
    /// Share of flagged units that are violating.
    Precision,
    /// Share of unflagged units that are violating.
    FalseOmission,
    /// Sensitivity + specificity - 1.
    Youden,
    /// Chance-corrected agreement with gold on the labels themselves.
    Kappa,
    /// Expected calibration error of the label probability.
    CalibrationError,
    /// Share of units without an answer.
    NoAnswer,
    /// USD for 1,000 units.
    Cost,
    /// Seconds to an answer, the median.
    Latency,
    /// Share of mutated clauses that a test or a gold unit notices.
    MutationScore,
    /// Share of units whose label follows a policy that was turned round.
    Steerability,
    /// Share of units whose label changes when nothing that matters did.
    Variance,
    /// Share of units whose label changes when they are asked again.
    FlipRate,
    /// Share of units whose label an instruction in their text moves towards allowed.
    InjectionSuccess,
}

/// A fault that is looked for on purpose.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Robustness {
    /// Clauses of the policy that nothing tests.
    Mutation,
    /// A labeler that does not follow the policy.
    Steerability,
    /// Criteria that are never cited, and how accurate each is.
    ClauseUse,
    /// Rules that a small change of wording decides.
    Ambiguity,
    /// A label that hangs on order, spaces or capitals.
    Invariance,
    /// A label that changes when the unit is asked again.
    Repeatability,
    /// A label that a text can talk its way out of.
    Injection,
}

impl Metric {
    /// Every metric, in order.
    pub const ALL: [Self; 15] = [
        Self::Sensitivity,
        Self::Specificity,
        Self::Precision,
        Self::FalseOmission,
        Self::Youden,
        Self::Kappa,
        Self::CalibrationError,
        Self::NoAnswer,
        Self::Cost,
        Self::Latency,
        Self::MutationScore,
        Self::Steerability,
        Self::Variance,
        Self::FlipRate,
        Self::InjectionSuccess,
    ];

    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sensitivity => "sensitivity",
            Self::Specificity => "specificity",
            Self::Precision => "precision",
            Self::FalseOmission => "false_omission",
            Self::Youden => "youden",
            Self::Kappa => "kappa",
            Self::CalibrationError => "calibration_error",
            Self::NoAnswer => "no_answer",
            Self::Cost => "cost",
            Self::Latency => "latency",
            Self::MutationScore => "mutation_score",
            Self::Steerability => "steerability",
            Self::Variance => "variance",
            Self::FlipRate => "flip_rate",
            Self::InjectionSuccess => "injection_success",
        }
    }

    /// Returns the metric of that name, if there is one; in gates, `cost_per_1000` is `cost`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "cost_per_1000" {
            return Some(Self::Cost);
        }
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Returns whether more of it is better.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        match self {
            Self::Sensitivity
            | Self::Specificity
            | Self::Precision
            | Self::Youden
            | Self::Kappa
            | Self::MutationScore
            | Self::Steerability => true,
            Self::FalseOmission
            | Self::CalibrationError
            | Self::NoAnswer
            | Self::Cost
            | Self::Latency
            | Self::Variance
            | Self::FlipRate
            | Self::InjectionSuccess => false,
        }
    }

    /// Returns the least and the greatest value it can have.
    #[must_use]
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Youden | Self::Kappa => (-1.0, 1.0),
            Self::Cost | Self::Latency => (0.0, f64::INFINITY),
            Self::Sensitivity
            | Self::Specificity
            | Self::Precision
            | Self::FalseOmission
            | Self::CalibrationError
            | Self::NoAnswer
            | Self::MutationScore
            | Self::Steerability
            | Self::Variance
            | Self::FlipRate
            | Self::InjectionSuccess => (0.0, 1.0),
        }
    }

    /// Returns the fault that must be looked for to know it.
    #[must_use]
    pub fn needs(self) -> Option<Robustness> {
        match self {
            Self::MutationScore => Some(Robustness::Mutation),
            Self::Steerability => Some(Robustness::Steerability),
            Self::Variance => Some(Robustness::Invariance),
            Self::FlipRate => Some(Robustness::Repeatability),
            Self::InjectionSuccess => Some(Robustness::Injection),
            Self::Sensitivity
            | Self::Specificity
            | Self::Precision
            | Self::FalseOmission
            | Self::Youden
            | Self::Kappa
            | Self::CalibrationError
            | Self::NoAnswer
            | Self::Cost
            | Self::Latency => None,
        }
    }
}

impl Robustness {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mutation => "mutation",
            Self::Steerability => "steerability",
            Self::ClauseUse => "clause-use",
            Self::Ambiguity => "ambiguity",
            Self::Invariance => "invariance",
            Self::Repeatability => "repeatability",
            Self::Injection => "injection",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_file() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_name(metric.name()), Some(metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        }
        assert_eq!(Metric::from_name("cost_per_1000"), Some(Metric::Cost));
        assert_eq!(serde_json::to_value(Robustness::ClauseUse).unwrap(), "clause-use");
    }
}
