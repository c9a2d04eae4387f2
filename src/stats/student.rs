//! Quantiles of Student's t distribution.

use crate::stats::Level;
use crate::stats::MAX_EFFECTIVE_SIZE;
use crate::stats::StatsError;
use crate::stats::beta;
use crate::stats::beta::BetaShape;

/// Returns the quantile that leaves [`Level::tail`] above it; the normal one for infinite degrees of freedom.
///
/// `t^2 / (df + t^2)` has the distribution Beta(1/2, df/2).
///
/// # Errors
///
/// [`StatsError::OutOfRange`] unless the degrees of freedom are above 0.
pub(crate) fn quantile(degrees_of_freedom: f64, level: Level) -> Result<f64, StatsError> {
    if degrees_of_freedom.is_nan() || degrees_of_freedom <= 0.0 {
        return Err(StatsError::OutOfRange {
            what: "a number of degrees of freedom above 0",
            value: degrees_of_freedom,
        });
    }
    if degrees_of_freedom >= MAX_EFFECTIVE_SIZE {
        return Ok(level.z());
    }
    let shape = BetaShape { success: 0.5, failure: degrees_of_freedom / 2.0 };
    let part = beta::quantile(shape, level.value());
    Ok((degrees_of_freedom * part / (1.0 - part)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_table() {
        for (freedom, expected) in
            [(1.0, 12.706_204_736), (5.0, 2.570_581_836), (30.0, 2.042_272_456)]
        {
            let got = quantile(freedom, Level::new(0.95).unwrap()).unwrap();
            assert!((got - expected).abs() < 1e-8, "{freedom}: {got}");
        }
    }

    #[test]
    fn many_degrees_of_freedom_approach_the_normal() {
        let level = Level::new(0.9).unwrap();
        assert!((quantile(1e6, level).unwrap() - level.z()).abs() < 1e-5);
        assert!((quantile(f64::INFINITY, level).unwrap() - level.z()).abs() < 1e-15);
    }

    #[test]
    fn no_degrees_of_freedom_are_refused() {
        for freedom in [0.0, -1.0, f64::NAN] {
            assert!(quantile(freedom, Level::new(0.9).unwrap()).is_err());
        }
    }
}
