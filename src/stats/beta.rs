//! Quantiles of the beta distribution, for any shape an effective size can give.
//!
//! statrs stops its continued fraction after 140 terms and so drifts for shapes above some 20,000; here the
//! fraction runs until it has converged, and the quantile is found by bisection, which cannot leave `[0, 1]`.

use statrs::function::gamma::ln_gamma;

/// Tail probabilities are kept this far from 0 and 1.
const LEAST_TAIL: f64 = 1e-12;
/// More than the continued fraction needs at the largest effective size (about the root of the shapes).
const MOST_TERMS: u32 = 50_000;

/// The two shapes of a beta distribution, both above 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BetaShape {
    /// Weight of success.
    pub(crate) success: f64,
    /// Weight of failure.
    pub(crate) failure: f64,
}

/// Returns the value below which a beta variable falls with the given probability.
pub(crate) fn quantile(shape: BetaShape, probability: f64) -> f64 {
    let target = probability.clamp(LEAST_TAIL, 1.0 - LEAST_TAIL);
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if cumulative(shape, middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (high - low) / 2.0
}

/// Returns the regularised incomplete beta function I_x(a, b) for x in [0, 1].
pub(crate) fn cumulative(shape: BetaShape, x: f64) -> f64 {
    let (a, b) = (shape.success, shape.failure);
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let log = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    let front = log.exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(a, b, x) / a
    } else {
        1.0 - front * continued_fraction(b, a, 1.0 - x) / b
    }
}

/// Evaluates the continued fraction of the incomplete beta function by Lentz's method.
///
/// # Source
///
/// NIST Digital Library of Mathematical Functions, 8.17.22; Lentz (1976), Appl. Opt. 15:668.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |v: f64| if v.abs() < 1e-290 { 1e-290 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for term in 1..MOST_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + numerator * d);
            c = away_from_zero(1.0 + numerator / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(success: f64, failure: f64, probability: f64, expected: f64) {
        let got = quantile(BetaShape { success, failure }, probability);
        assert!(
            (got - expected).abs() < 1e-11,
            "Beta({success}, {failure}) at {probability}: {got}"
        );
    }

    #[test]
    fn quantiles_with_a_closed_form_are_met() {
        check(1.0, 1.0, 0.3, 0.3);
        check(1.0, 20.0, 0.975, 1.0 - 0.025f64.powf(0.05));
        check(5.0, 1.0, 0.025, 0.025f64.powf(0.2));
        check(0.5, 0.5, 0.025, (std::f64::consts::PI * 0.0125).sin().powi(2));
        check(1e6, 1e6, 0.5, 0.5);
    }

    #[test]
    fn large_shapes_approach_the_normal() {
        let (n, p) = (MAX, 0.3);
        let got = quantile(BetaShape { success: n * p, failure: n * (1.0 - p) }, 0.975);
        let normal = p + 1.959_963_984_540_054 * (p * (1.0 - p) / n).sqrt();
        assert!((got - normal).abs() < 1e-7, "{got} {normal}");
    }

    const MAX: f64 = crate::stats::MAX_EFFECTIVE_SIZE;

    #[test]
    fn quantile_and_cumulative_undo_each_other() {
        for (success, failure) in [(0.5, 40.5), (3.0, 1e5), (2e4, 3e4), (1.0 / 3.0, 2.0)] {
            for probability in [0.005, 0.025, 0.5, 0.975] {
                let shape = BetaShape { success, failure };
                let back = cumulative(shape, quantile(shape, probability));
                assert!(
                    (back - probability).abs() < 1e-9,
                    "{success} {failure} {probability} {back}"
                );
            }
        }
    }
}
