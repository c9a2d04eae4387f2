//! One entry for every interval of a count or of a weighted share, chosen by its method.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::agresti_coull;
use crate::stats::blaker;
use crate::stats::clopper_pearson;
use crate::stats::jeffreys;
use crate::stats::jeffreys_one_tail;
use crate::stats::jeffreys_raw;
use crate::stats::kg_beta;
use crate::stats::logit;
use crate::stats::logit_t;
use crate::stats::sterne;
use crate::stats::wald;
use crate::stats::wilson;
use crate::stats::wilson_corrected;
use crate::stats::wilson_effective;

/// Returns the interval of that method for successes out of independent trials.
///
/// # Errors
///
/// [`StatsError::Undefined`] for a method that needs more than a count, and where the method has no value for this one.
pub fn rate_interval(method: Method, rate: Rate, level: Level) -> Result<Interval, StatsError> {
    match method {
        Method::Wald => Ok(wald(rate, level)),
        Method::Wilson => Ok(wilson(rate, level)),
        Method::WilsonCorrected => Ok(wilson_corrected(rate, level)),
        Method::AgrestiCoull => Ok(agresti_coull(rate, level)),
        Method::ClopperPearson => Ok(clopper_pearson(rate, level)),
        Method::Jeffreys => Ok(jeffreys(rate, level)),
        Method::JeffreysRaw => Ok(jeffreys_raw(rate, level)),
        Method::JeffreysOneTail => Ok(jeffreys_one_tail(rate, level)),
        Method::Logit => logit(rate, level),
        Method::Blaker => Ok(blaker(rate, level)),
        Method::Sterne => Ok(sterne(rate, level)),
        other @ (Method::LogitT
        | Method::WaldT
        | Method::ArcsineT
        | Method::KgBeta
        | Method::KgMeld
        | Method::GammaFayFeuer
        | Method::GammaTiwari
        | Method::GammaMidP
        | Method::LangReiczigel
        | Method::Posterior
        | Method::Mover
        | Method::BfgBinomial
        | Method::BfgPoisson
        | Method::Percentile
        | Method::Basic
        | Method::BiasCorrected
        | Method::Newcombe
        | Method::AgrestiCaffo
        | Method::Mee
        | Method::MiettinenNurminen
        | Method::Delta
        | Method::LogScale
        | Method::DeLong
        | Method::Bootstrap) => Err(needs_more(other, "it is not an interval of a plain count")),
    }
}

/// Returns the interval of that method for a design-weighted share.
///
/// `degrees_of_freedom` serves the logit interval only; infinite where the variance is taken as known.
///
/// # Errors
///
/// [`StatsError::Undefined`] for a method that is not one of a weighted share, and where it has no value for this one;
/// [`StatsError::OutOfRange`] unless the degrees of freedom are above 0.
pub fn share_interval(
    method: Method,
    share: &Share,
    degrees_of_freedom: f64,
    level: Level,
) -> Result<Interval, StatsError> {
    match method {
        Method::Wilson => Ok(wilson_effective(share, level)),
        Method::KgBeta => Ok(kg_beta(share, level)),
        Method::LogitT => logit_t(share, degrees_of_freedom, level),
        other @ (Method::Wald
        | Method::WilsonCorrected
        | Method::AgrestiCoull
        | Method::ClopperPearson
        | Method::Jeffreys
        | Method::JeffreysRaw
        | Method::JeffreysOneTail
        | Method::Logit
        | Method::WaldT
        | Method::ArcsineT
        | Method::Blaker
        | Method::Sterne
        | Method::KgMeld
        | Method::GammaFayFeuer
        | Method::GammaTiwari
        | Method::GammaMidP
        | Method::LangReiczigel
        | Method::Posterior
        | Method::Mover
        | Method::BfgBinomial
        | Method::BfgPoisson
        | Method::Percentile
        | Method::Basic
        | Method::BiasCorrected
        | Method::Newcombe
        | Method::AgrestiCaffo
        | Method::Mee
        | Method::MiettinenNurminen
        | Method::Delta
        | Method::LogScale
        | Method::DeLong
        | Method::Bootstrap) => {
            Err(needs_more(other, "it is not an interval of one weighted share"))
        }
    }
}

fn needs_more(method: Method, reason: &'static str) -> StatsError {
    StatsError::Undefined { statistic: method.name(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Weight;
    use crate::stats::WeightSum;

    const ALL: [Method; 35] = [
        Method::WaldT,
        Method::ArcsineT,
        Method::Wald,
        Method::Wilson,
        Method::WilsonCorrected,
        Method::AgrestiCoull,
        Method::ClopperPearson,
        Method::Jeffreys,
        Method::JeffreysRaw,
        Method::JeffreysOneTail,
        Method::Logit,
        Method::LogitT,
        Method::Blaker,
        Method::Sterne,
        Method::KgBeta,
        Method::KgMeld,
        Method::GammaFayFeuer,
        Method::GammaTiwari,
        Method::GammaMidP,
        Method::LangReiczigel,
        Method::BfgBinomial,
        Method::BfgPoisson,
        Method::Percentile,
        Method::Basic,
        Method::BiasCorrected,
        Method::Newcombe,
        Method::AgrestiCaffo,
        Method::Mee,
        Method::MiettinenNurminen,
        Method::Delta,
        Method::LogScale,
        Method::DeLong,
        Method::Bootstrap,
        Method::Posterior,
        Method::Mover,
    ];

    #[test]
    fn what_comes_back_was_made_as_asked_or_says_which_method_cannot() {
        let (rate, level) = (Rate::new(3, 40).unwrap(), Level::new(0.9).unwrap());
        let mut hits = WeightSum::default();
        hits.add(Weight::new(1.0, 0.5).unwrap());
        let share = Share::of(&hits, &hits).unwrap();
        for method in ALL {
            for made in
                [rate_interval(method, rate, level), share_interval(method, &share, 1.0, level)]
            {
                match made {
                    Ok(interval) => assert_eq!(interval.method, method),
                    Err(error) => assert!(error.to_string().starts_with(method.name()), "{error}"),
                }
            }
        }
    }
}
