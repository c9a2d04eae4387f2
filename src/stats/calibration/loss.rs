//! Proper scores of stated probabilities: Brier's and the logarithmic.

use crate::stats::Forecasts;
use crate::stats::StatsError;

/// What the log loss does where a probability of 0 or 1 was stated and gold says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WrongCertainty {
    /// It is an error: the loss is infinite.
    Refuse,
    /// Every probability is first moved into `[least, 1 - least]`; `least` lies in (0, 0.5).
    Clip(f64),
}

/// Returns Brier's score, the mean squared difference between probability and outcome (0 is best).
///
/// # Source
///
/// Brier (1950), Mon. Weather Rev. 78:1–3 (the half of its two-class form).
#[must_use]
pub fn brier(forecasts: &Forecasts) -> f64 {
    forecasts.mean(|unit| (unit.score - unit.outcome()).powi(2))
}

/// Returns the log loss, the mean of `-ln` of the probability stated for what gold says (0 is best).
///
/// One wrong certainty makes it infinite, and a clip then decides the value: report it with the number.
///
/// # Errors
///
/// [`StatsError::Undefined`] for a wrong certainty under [`WrongCertainty::Refuse`]; [`StatsError::OutOfRange`] for a
/// clip outside (0, 0.5).
///
/// # Source
///
/// Good (1952), J. R. Stat. Soc. B 14:107–114.
pub fn log_loss(forecasts: &Forecasts, wrong: WrongCertainty) -> Result<f64, StatsError> {
    let least = match wrong {
        WrongCertainty::Refuse => 0.0,
        WrongCertainty::Clip(least) if least > 0.0 && least < 0.5 => least,
        WrongCertainty::Clip(value) => {
            return Err(StatsError::OutOfRange { what: "a clip between 0 and 0.5", value });
        }
    };
    let loss = forecasts.mean(|unit| {
        let p = unit.score.clamp(least, 1.0 - least);
        if unit.outcome() > 0.5 { -p.ln() } else { -(-p).ln_1p() }
    });
    if loss.is_finite() {
        Ok(loss)
    } else {
        let reason = "a probability of 0 or 1 was stated for a unit that gold says is otherwise";
        Err(StatsError::Undefined { statistic: "the log loss", reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ScoredUnit;
    use crate::stats::Scores;
    use crate::stats::Truth;

    fn forecasts(units: &[(f64, Truth, f64)]) -> Forecasts {
        let unit = |&(score, truth, weight): &_| ScoredUnit { score, truth, weight };
        Forecasts::new(Scores::new(units.iter().map(unit).collect()).unwrap()).unwrap()
    }

    #[test]
    fn a_wrong_certainty_has_no_log_loss_unless_clipped() {
        let wrong = forecasts(&[(0.0, Truth::Positive, 1.0), (1.0, Truth::Positive, 1.0)]);
        assert!(log_loss(&wrong, WrongCertainty::Refuse).is_err());
        let clipped = log_loss(&wrong, WrongCertainty::Clip(1e-6)).unwrap();
        assert!((clipped + 1e-6f64.ln() / 2.0).abs() < 1e-6);
        assert!(log_loss(&wrong, WrongCertainty::Clip(0.5)).is_err());
        assert!((brier(&wrong) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_right_certainty_costs_nothing() {
        let right = forecasts(&[(0.0, Truth::Negative, 2.0), (1.0, Truth::Positive, 1.0)]);
        assert!(log_loss(&right, WrongCertainty::Refuse).unwrap().abs() < 1e-300);
        assert!(brier(&right).abs() < 1e-300);
    }

    #[test]
    fn a_coin_costs_the_logarithm_of_two() {
        let coin = forecasts(&[(0.5, Truth::Negative, 2.0), (0.5, Truth::Positive, 5.0)]);
        let loss = log_loss(&coin, WrongCertainty::Refuse).unwrap();
        assert!((loss - std::f64::consts::LN_2).abs() < 1e-12);
    }
}
