//! Logistic regression on at most one variable, by Newton's method.

use crate::stats::StatsError;

/// A coefficient of a logistic regression with its standard errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// The coefficient.
    pub value: f64,
    /// From the inverse information, weights scaled to a mean of 1: for samples without design weights.
    pub std_error: f64,
    /// The sandwich (linearised) one, which also holds with design weights (Binder 1983); no finite population correction.
    pub design_std_error: f64,
}

/// One unit of the regression: `P(positive) = 1 / (1 + exp(-(offset + intercept + slope x)))`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogisticUnit {
    /// The variable.
    pub(crate) x: f64,
    /// A part of the linear predictor that is known.
    pub(crate) offset: f64,
    /// The outcome, in `[0, 1]`.
    pub(crate) outcome: f64,
    /// The weight, above 0.
    pub(crate) weight: f64,
}

/// What is estimated beside the intercept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terms {
    /// Nothing.
    Intercept,
    /// A slope.
    InterceptAndSlope,
}

/// An intercept and a slope (0 and without error where it is not estimated).
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogisticFit {
    pub(crate) intercept: Coefficient,
    pub(crate) slope: Coefficient,
}

const MOST_STEPS: u32 = 100;
const LEAST_CHANGE: f64 = 1e-10;

/// A symmetric two-by-two matrix.
#[derive(Debug, Clone, Copy, Default)]
struct Symmetric {
    first: f64,
    cross: f64,
    second: f64,
}

/// Fits by Newton's method, halving steps that do not raise the likelihood.
///
/// # Errors
///
/// [`StatsError::NoConvergence`] when the coefficients run away, as they do where x separates the outcomes;
/// [`StatsError::Undefined`] when x does not vary.
///
/// # Source
///
/// McCullagh & Nelder (1989), Generalized Linear Models, 4.4; Binder (1983), Int. Stat. Rev. 51:279–292, for design weights.
pub(crate) fn fit(units: &[LogisticUnit], terms: Terms) -> Result<LogisticFit, StatsError> {
    let scale = units.len() as f64 / units.iter().map(|unit| unit.weight).sum::<f64>();
    let mut at = [0.0, 0.0];
    let mut likelihood = log_likelihood(units, at);
    let mut change = f64::INFINITY;
    for _ in 0..MOST_STEPS {
        let (gradient, information) = derivatives(units, at);
        let mut step = solve(information, gradient, terms)?;
        change = step[0].abs().max(step[1].abs());
        if change < LEAST_CHANGE {
            return finish(units, at, scale, terms);
        }
        let mut next = [at[0] + step[0], at[1] + step[1]];
        while log_likelihood(units, next) < likelihood - 1e-9 * likelihood.abs()
            && LEAST_CHANGE < step[0].abs().max(step[1].abs())
        {
            step = step.map(|part| part / 2.0);
            next = [at[0] + step[0], at[1] + step[1]];
        }
        at = next;
        likelihood = log_likelihood(units, at);
    }
    Err(StatsError::NoConvergence { iterations: MOST_STEPS, change })
}

/// The logistic function.
pub(crate) fn logistic(eta: f64) -> f64 {
    1.0 / (1.0 + (-eta).exp())
}

fn predictor(unit: &LogisticUnit, at: [f64; 2]) -> f64 {
    unit.offset + at[0] + at[1] * unit.x
}

fn log_likelihood(units: &[LogisticUnit], at: [f64; 2]) -> f64 {
    let term = |unit: &LogisticUnit| {
        let eta = predictor(unit, at);
        // ln(1 + exp(eta)), without overflow
        let partition = eta.max(0.0) + (-eta.abs()).exp().ln_1p();
        unit.weight * (unit.outcome * eta - partition)
    };
    units.iter().map(term).sum()
}

fn derivatives(units: &[LogisticUnit], at: [f64; 2]) -> ([f64; 2], Symmetric) {
    let (mut gradient, mut information) = ([0.0, 0.0], Symmetric::default());
    for unit in units {
        let mean = logistic(predictor(unit, at));
        let residual = unit.weight * (unit.outcome - mean);
        gradient[0] += residual;
        gradient[1] += residual * unit.x;
        information.add(unit.weight * mean * (1.0 - mean), unit.x);
    }
    (gradient, information)
}

fn solve(matrix: Symmetric, right: [f64; 2], terms: Terms) -> Result<[f64; 2], StatsError> {
    let inverse = matrix.inverse(terms)?;
    Ok([
        inverse.first * right[0] + inverse.cross * right[1],
        inverse.cross * right[0] + inverse.second * right[1],
    ])
}

fn finish(
    units: &[LogisticUnit],
    at: [f64; 2],
    scale: f64,
    terms: Terms,
) -> Result<LogisticFit, StatsError> {
    let inverse = derivatives(units, at).1.inverse(terms)?;
    let mut spread = Symmetric::default();
    for unit in units {
        let residual = unit.weight * (unit.outcome - logistic(predictor(unit, at)));
        spread.add(residual.powi(2), unit.x);
    }
    let design = |row: [f64; 2]| {
        row[0] * row[0] * spread.first
            + 2.0 * row[0] * row[1] * spread.cross
            + row[1] * row[1] * spread.second
    };
    let coefficient = |value: f64, own: f64, row: [f64; 2]| Coefficient {
        value,
        std_error: (own / scale).sqrt(),
        design_std_error: design(row).sqrt(),
    };
    Ok(LogisticFit {
        intercept: coefficient(at[0], inverse.first, [inverse.first, inverse.cross]),
        slope: coefficient(at[1], inverse.second, [inverse.cross, inverse.second]),
    })
}

impl Symmetric {
    /// Adds `weight * (1, x) (1, x)'`.
    fn add(&mut self, weight: f64, x: f64) {
        self.first += weight;
        self.cross += weight * x;
        self.second += weight * x * x;
    }

    /// The inverse over the estimated terms, 0 elsewhere.
    fn inverse(&self, terms: Terms) -> Result<Self, StatsError> {
        let statistic = "the logistic regression";
        if self.first < f64::MIN_POSITIVE {
            let reason = "the outcomes are separated: every fitted probability is 0 or 1";
            return Err(StatsError::Undefined { statistic, reason });
        }
        if terms == Terms::Intercept {
            return Ok(Self { first: 1.0 / self.first, cross: 0.0, second: 0.0 });
        }
        let determinant = self.first * self.second - self.cross * self.cross;
        if determinant <= 1e-13 * self.first * self.second {
            let reason = "the scores do not vary, or separate the outcomes";
            return Err(StatsError::Undefined { statistic, reason });
        }
        Ok(Self {
            first: self.second / determinant,
            cross: -self.cross / determinant,
            second: self.first / determinant,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit((x, outcome, weight): (f64, f64, f64)) -> LogisticUnit {
        LogisticUnit { x, offset: 0.0, outcome, weight }
    }

    #[test]
    fn two_groups_give_their_log_odds() {
        // x = 0: 3 of 10 positive; x = 1: 8 of 10
        let units: Vec<_> = [(0.0, 1.0, 3), (0.0, 0.0, 7), (1.0, 1.0, 8), (1.0, 0.0, 2)]
            .into_iter()
            .flat_map(|(x, outcome, count)| vec![unit((x, outcome, 1.0)); count])
            .collect();
        let fit = fit(&units, Terms::InterceptAndSlope).unwrap();
        let (low, high) = ((3.0f64 / 7.0).ln(), 4.0f64.ln());
        assert!((fit.intercept.value - low).abs() < 1e-9);
        assert!((fit.slope.value - (high - low)).abs() < 1e-9);
        let woolf = 1.0 / 3.0 + 1.0 / 7.0 + 1.0 / 8.0 + 1.0 / 2.0;
        assert!((fit.slope.std_error.powi(2) - woolf).abs() < 1e-8);
        // in a saturated model the sandwich is the model's own
        assert!((fit.slope.design_std_error - fit.slope.std_error).abs() < 1e-8);
    }

    #[test]
    fn the_scale_of_the_weights_changes_no_coefficient_and_no_error() {
        let rows =
            [(0.1, 1.0, 1.0), (0.5, 0.0, 2.0), (1.4, 1.0, 1.5), (0.9, 0.0, 1.0), (2.0, 1.0, 3.0)];
        let heavy = rows.map(|(x, y, w)| unit((x, y, 50.0 * w)));
        let terms = Terms::InterceptAndSlope;
        let (a, b) = (fit(&rows.map(unit), terms).unwrap(), fit(&heavy, terms).unwrap());
        assert!((a.slope.value - b.slope.value).abs() < 1e-8);
        assert!((a.slope.std_error - b.slope.std_error).abs() < 1e-8);
        assert!((a.slope.design_std_error - b.slope.design_std_error).abs() < 1e-8);
    }

    #[test]
    fn outcomes_that_are_separated_or_a_constant_variable_have_no_fit() {
        let terms = Terms::InterceptAndSlope;
        let separated =
            [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (2.0, 1.0, 1.0), (3.0, 1.0, 1.0)].map(unit);
        assert!(fit(&separated, terms).is_err());
        let constant = [(1.0, 0.0, 1.0), (1.0, 1.0, 1.0)].map(unit);
        assert!(fit(&constant, terms).is_err());
        let positive = [(0.0, 1.0, 1.0), (1.0, 1.0, 1.0)].map(unit);
        assert!(fit(&positive, Terms::Intercept).is_err());
    }
}
