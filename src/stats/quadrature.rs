//! Integrals over the prevalence: Gauss-Legendre nodes, and the part of `[0, 1]` where a single peak matters.

use std::f64::consts::PI;

/// Steps of every search for a place in `[0, 1]`.
const STEPS: u32 = 60;

/// The nodes and weights of Gauss-Legendre quadrature over `[-1, 1]`.
#[derive(Debug, Clone)]
pub(crate) struct GaussLegendre {
    nodes: Vec<(f64, f64)>,
}

/// Where a function on `[0, 1]` with one peak is not negligible.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Its lower end.
    pub(crate) low: f64,
    /// The peak.
    pub(crate) peak: f64,
    /// Its upper end.
    pub(crate) high: f64,
}

impl GaussLegendre {
    /// Returns the rule with that many nodes: zeros of the Legendre polynomial, by Newton's method.
    ///
    /// # Source
    ///
    /// NIST Digital Library of Mathematical Functions, 3.5(v).
    pub(crate) fn new(count: usize) -> Self {
        let n = count as f64;
        let node = |index: usize| {
            let mut x = (PI * (index as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..STEPS {
                let (value, at) = legendre(count, x);
                slope = at;
                x -= value / slope;
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        };
        Self { nodes: (0..count).rev().map(node).collect() }
    }

    /// Returns the places and weights over `[low, high]`, from low to high. The weights are the widths of the nodes' shares
    /// of the range.
    pub(crate) fn nodes(&self, low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> {
        let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
        self.nodes.iter().map(move |(x, weight)| (middle + half * x, half * weight))
    }
}

/// Returns the Legendre polynomial of that degree at `x`, and its slope.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

/// Returns where `log`, which rises to one peak on `[0, 1]` and falls from there, is within `depth` of its peak.
pub(crate) fn unimodal_window(log: impl Fn(f64) -> f64, depth: f64) -> Window {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..STEPS {
        let (left, right) = (low + (high - low) * 0.4, low + (high - low) * 0.6);
        if log(left) < log(right) {
            low = left;
        } else {
            high = right;
        }
    }
    let peak = (low + high) / 2.0;
    let floor = log(peak) - depth;
    let edge = |end: f64| {
        let (mut outside, mut inside) = (end, peak);
        if log(outside) >= floor {
            return outside;
        }
        for _ in 0..STEPS {
            let middle = (outside + inside) / 2.0;
            if log(middle) < floor {
                outside = middle;
            } else {
                inside = middle;
            }
        }
        outside
    };
    Window { low: edge(0.0), peak, high: edge(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_up_to_twice_the_nodes_are_integrated_exactly() {
        let rule = GaussLegendre::new(8);
        let integral: f64 = rule.nodes(0.0, 2.0).map(|(x, weight)| weight * x.powi(15)).sum();
        assert!((integral / (2.0_f64.powi(16) / 16.0) - 1.0).abs() < 1e-12, "{integral}");
    }

    #[test]
    fn the_window_ends_where_the_function_is_that_far_below_its_peak() {
        let window = unimodal_window(|x| -(x - 0.3).powi(2) / 2e-4, 8.0);
        for (got, expected) in [(window.low, 0.26), (window.peak, 0.3), (window.high, 0.34)] {
            assert!((got - expected).abs() < 1e-6, "{window:?}");
        }
        let edge = unimodal_window(|x| -50.0 * x, 25.0);
        assert!(edge.low.abs() < 1e-12 && (edge.high - 0.5).abs() < 1e-6, "{edge:?}");
    }
}
