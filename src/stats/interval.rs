//! An interval, and the names of the ways to make one.

mod binomial;
mod effective;
mod exact_test;
mod jeffreys;
mod named;
mod weighted_gamma;

pub use binomial::agresti_coull;
pub use binomial::clopper_pearson;
pub use binomial::clopper_pearson_lower;
pub use binomial::clopper_pearson_upper;
pub use binomial::logit;
pub use binomial::wald;
pub use binomial::wilson;
pub use binomial::wilson_corrected;
pub use effective::kg_beta;
pub use effective::logit_t;
pub use effective::wilson_effective;
pub use exact_test::blaker;
pub use exact_test::blaker_p_value;
pub use exact_test::sterne;
pub use exact_test::sterne_p_value;
pub use jeffreys::jeffreys;
pub use jeffreys::jeffreys_one_tail;
pub use jeffreys::jeffreys_raw;
pub use named::rate_interval;
pub use named::share_interval;
pub(crate) use weighted_gamma::Confidence;
pub use weighted_gamma::PositiveShare;
pub use weighted_gamma::PseudoEvent;
pub use weighted_gamma::WeightedEvents;
pub use weighted_gamma::gamma_interval;
pub use weighted_gamma::gamma_mid_p;

/// A two-sided interval and how it was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// How it was made.
    pub method: Method,
}

/// The ways intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Estimate plus and minus z standard errors; for comparison only.
    Wald,
    /// Wilson's score interval.
    Wilson,
    /// Wilson's score interval with continuity correction.
    WilsonCorrected,
    /// Agresti and Coull's interval.
    AgrestiCoull,
    /// Clopper and Pearson's exact interval.
    ClopperPearson,
    /// Jeffreys' interval, its limit 0 at no success and 1 at no failure.
    Jeffreys,
    /// Jeffreys' interval, equal-tailed everywhere.
    JeffreysRaw,
    /// Jeffreys' interval, all of alpha in the open tail at no success and at no failure.
    JeffreysOneTail,
    /// Wald on the logit scale.
    Logit,
    /// Wald on the logit scale with Student's quantile and a design variance.
    LogitT,
    /// Wald with Student's quantile and a design variance.
    WaldT,
    /// The same on the arcsine square-root scale.
    ArcsineT,
    /// Blaker's exact interval.
    Blaker,
    /// Sterne's exact interval.
    Sterne,
    /// Clopper-Pearson at Korn and Graubard's effective size.
    KgBeta,
    /// Beta draws by cell at effective sizes, melded.
    KgMeld,
    /// Weighted gamma, a pseudo-event of the largest weight.
    GammaFayFeuer,
    /// Weighted gamma, a pseudo-event of the average weight.
    GammaTiwari,
    /// Weighted gamma with mid-p limits.
    GammaMidP,
    /// Lang and Reiczigel's interval for a corrected prevalence.
    LangReiczigel,
    /// Bayer, Fay and Graubard's melding of corrected rates, beta limits of the apparent prevalence.
    BfgBinomial,
    /// Bayer, Fay and Graubard's melding of corrected rates, weighted gamma limits of the apparent prevalence.
    BfgPoisson,
    /// Quantiles of bootstrap replicates.
    Percentile,
    /// Quantiles of bootstrap replicates, mirrored at the estimate.
    Basic,
    /// Quantiles of bootstrap replicates, corrected for bias and acceleration.
    BiasCorrected,
    /// Newcombe's interval for a difference of two shares, from their Wilson limits.
    Newcombe,
    /// Agresti and Caffo's interval for a difference of two shares.
    AgrestiCaffo,
    /// Mee's score interval for a difference of two shares.
    Mee,
    /// Miettinen and Nurminen's score interval for a difference of two shares.
    MiettinenNurminen,
    /// Normal, by the delta method.
    Delta,
    /// Normal on the log scale.
    LogScale,
    /// Normal, with DeLong's variance.
    DeLong,
    /// Quantiles over resamples of the units.
    Bootstrap,
    /// The equal-tailed credible interval of a posterior distribution.
    Posterior,
    /// Zou and Donner's interval of a difference, its variances recovered from the limits of its parts.
    Mover,
}

impl Method {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wald => "wald",
            Self::Wilson => "wilson",
            Self::WilsonCorrected => "wilson_cc",
            Self::AgrestiCoull => "agresti_coull",
            Self::ClopperPearson => "clopper_pearson",
            Self::Jeffreys => "jeffreys",
            Self::JeffreysRaw => "jeffreys_raw",
            Self::JeffreysOneTail => "jeffreys_one_tail",
            Self::Logit => "logit",
            Self::LogitT => "logit_t",
            Self::WaldT => "wald_t",
            Self::ArcsineT => "arcsine_t",
            Self::Blaker => "blaker",
            Self::Sterne => "sterne",
            Self::KgBeta => "kg_beta",
            Self::KgMeld => "kg_meld",
            Self::GammaFayFeuer => "gamma_ff",
            Self::GammaTiwari => "gamma_tiwari",
            Self::GammaMidP => "gamma_midp",
            Self::LangReiczigel => "lang_reiczigel",
            Self::BfgBinomial => "bfg_binomial",
            Self::BfgPoisson => "bfg_poisson",
            Self::Percentile => "percentile",
            Self::Basic => "basic",
            Self::BiasCorrected => "bca",
            Self::Newcombe => "newcombe",
            Self::AgrestiCaffo => "agresti_caffo",
            Self::Mee => "mee",
            Self::MiettinenNurminen => "miettinen_nurminen",
            Self::Delta => "delta",
            Self::LogScale => "log_scale",
            Self::DeLong => "delong",
            Self::Bootstrap => "bootstrap",
            Self::Posterior => "posterior",
            Self::Mover => "mover",
        }
    }
}

impl Interval {
    /// Returns the interval cut to `[0, 1]`.
    #[must_use]
    pub fn clipped(self) -> Self {
        Self { low: self.low.clamp(0.0, 1.0), high: self.high.clamp(0.0, 1.0), ..self }
    }

    fn point(value: f64, method: Method) -> Self {
        Self { low: value, high: value, method }
    }
}
