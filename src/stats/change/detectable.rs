//! The least change that would be found.

use crate::stats::Level;
use crate::stats::StatsError;
use statrs::distribution::ContinuousCDF as _;
use statrs::distribution::Normal;

/// The probability of finding a change that is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power(f64);

impl Power {
    /// Checks a power such as 0.8.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] unless it is at least 0.5 and below 1.
    pub fn new(power: f64) -> Result<Self, StatsError> {
        if (0.5..1.0).contains(&power) {
            return Ok(Self(power));
        }
        Err(StatsError::OutOfRange { what: "a power of at least 0.5 and below 1", value: power })
    }
}

/// Returns the least change that a test at this level finds with this power, given the variance of the change.
///
/// `(z_{1-alpha/2} + z_power) sqrt(V)`.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for a variance that is not above 0.
///
/// # Source
///
/// Bloom (1995), Eval. Rev. 19:547–556.
pub fn least_detectable_change(
    variance: f64,
    level: Level,
    power: Power,
) -> Result<f64, StatsError> {
    if variance > 0.0 && variance.is_finite() {
        let reach = level.z() + Normal::standard().inverse_cdf(power.0);
        return Ok(reach * variance.sqrt());
    }
    Err(StatsError::OutOfRange { what: "a variance above 0", value: variance })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_detectable_change_is_that_of_the_normal_test() {
        let level = Level::new(0.95).unwrap();
        let least = least_detectable_change(4e-6, level, Power::new(0.8).unwrap()).unwrap();
        assert!((least - 2.801_585_2 * 0.002).abs() < 1e-9, "{least}");
        assert!(least_detectable_change(0.0, level, Power::new(0.8).unwrap()).is_err());
        assert!(Power::new(1.0).is_err() && Power::new(f64::NAN).is_err());
    }
}
