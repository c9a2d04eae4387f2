//! Quantiles of the gamma distribution, for any shape that weights can give.

use statrs::function::gamma::ln_gamma;

/// Tail probabilities are kept this far from 0 and 1.
const LEAST_TAIL: f64 = 1e-12;
/// Above this shape the distribution is taken by its Wilson-Hilferty form, whose error falls with the shape.
const LARGEST_SHAPE: f64 = 1e7;
/// More than the series and the fraction need at the largest shape (some multiples of its root).
const MOST_TERMS: u32 = 100_000;

/// A gamma distribution with mean `shape * scale`, both above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct GammaShape {
    /// The shape.
    pub(crate) shape: f64,
    /// The scale.
    pub(crate) scale: f64,
}

impl GammaShape {
    /// Returns the gamma distribution with that mean and variance, both above 0.
    pub(crate) fn with_moments(mean: f64, variance: f64) -> Self {
        Self { shape: mean.powi(2) / variance, scale: variance / mean }
    }

    /// Returns the value below which a variable falls with the given probability.
    pub(crate) fn quantile(self, probability: f64) -> f64 {
        let target = probability.clamp(LEAST_TAIL, 1.0 - LEAST_TAIL);
        let (mut low, mut high) = (0.0, self.shape + 40.0 * self.shape.sqrt() + 60.0);
        for _ in 0..300 {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                break;
            }
            if unit_cumulative(self.shape, middle) < target {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.scale * (low + (high - low) / 2.0)
    }

    /// Returns the probability of a value of at most `x`.
    pub(crate) fn cumulative(self, x: f64) -> f64 {
        unit_cumulative(self.shape, x / self.scale)
    }
}

/// Returns the regularised lower incomplete gamma function P(a, x).
///
/// # Source
///
/// NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2; Wilson & Hilferty (1931), PNAS 17:684–688.
fn unit_cumulative(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if a > LARGEST_SHAPE {
        let spread = 1.0 / (9.0 * a);
        let z = ((x / a).cbrt() - (1.0 - spread)) / spread.sqrt();
        return statrs::function::erf::erfc(-z / std::f64::consts::SQRT_2) / 2.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 { front * series(a, x) } else { 1.0 - front * continued_fraction(a, x) }
}

fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for step in 1..MOST_TERMS {
        term *= x / (a + f64::from(step));
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

fn continued_fraction(a: f64, x: f64) -> f64 {
    let away_from_zero = |v: f64| if v.abs() < 1e-290 { 1e-290 } else { v };
    let mut b = x + 1.0 - a;
    let mut c = 1e290;
    let mut d = 1.0 / away_from_zero(b);
    let mut value = d;
    for step in 1..MOST_TERMS {
        let i = f64::from(step);
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / away_from_zero(numerator * d + b);
        c = away_from_zero(b + numerator / c);
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: f64, probability: f64, expected: f64) {
        let got = GammaShape { shape, scale: 1.0 }.quantile(probability);
        assert!((got / expected - 1.0).abs() < 1e-9, "Gamma({shape}) at {probability}: {got}");
    }

    #[test]
    fn quantiles_are_those_of_the_chi_squared_table() {
        check(1.0, 0.975, -(0.025f64.ln()));
        // half a chi-squared: 1 degree of freedom at .95, 20 at .025
        check(0.5, 0.95, 3.841_458_820_694_124 / 2.0);
        check(10.0, 0.025, 9.590_777_392_264_867 / 2.0);
    }

    #[test]
    fn whole_shapes_have_the_tails_of_the_poisson() {
        for (shape, probability) in [(4_u32, 0.025), (11, 0.975), (60, 0.5)] {
            let x = GammaShape { shape: f64::from(shape), scale: 1.0 }.quantile(probability);
            let (mut term, mut below) = ((-x).exp(), 0.0);
            for k in 1..=shape {
                below += term;
                term *= x / f64::from(k);
            }
            assert!((1.0 - below - probability).abs() < 1e-10, "{shape} {below}");
        }
    }

    #[test]
    fn quantile_and_cumulative_undo_each_other() {
        for shape in [0.05, 0.3, 5.0, 4e4, 9e6, 2e7, 1e12] {
            for probability in [0.025, 0.5, 0.975] {
                let gamma = GammaShape { shape, scale: 0.01 };
                let back = gamma.cumulative(gamma.quantile(probability));
                assert!((back - probability).abs() < 1e-6, "{shape} {probability} {back}");
            }
        }
    }

    #[test]
    fn the_form_for_large_shapes_joins_the_other() {
        let at = |shape: f64| GammaShape { shape, scale: 1.0 }.quantile(0.975) / shape - 1.0;
        let (below, above) = (at(LARGEST_SHAPE), at(LARGEST_SHAPE * (1.0 + 1e-9)));
        assert!((below - above).abs() < 1e-9, "{below} {above}");
    }
}
