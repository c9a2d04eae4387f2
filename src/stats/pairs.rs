//! Weighted means, squares and products of pairs of numbers, summed around their means.
//!
//! Summing around the means, and not around 0, keeps every digit where values are large and differ little.

use crate::stats::StatsError;

/// What is true and what was predicted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) y: f64,
    pub(crate) f: f64,
}

/// Centred sums over pairs, by their weights and by the squares of their weights.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Pairs {
    pub(crate) count: u64,
    pub(crate) by_weight: Centred,
    by_square: Centred,
}

/// Weighted means of a pair and the weighted sums of squares and products around them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Centred {
    pub(crate) weight: f64,
    pub(crate) y: f64,
    pub(crate) f: f64,
    yy: f64,
    pub(crate) ff: f64,
    pub(crate) yf: f64,
}

/// Variances and covariance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Covariances {
    pub(crate) yy: f64,
    pub(crate) ff: f64,
    pub(crate) yf: f64,
}

impl Pairs {
    /// Adds a pair that many times.
    pub(crate) fn add(&mut self, pair: Pair, weight: f64, times: u64) -> Result<(), StatsError> {
        if !(1e-100..=1e100).contains(&weight) {
            return Err(StatsError::OutOfRange { what: "a weight above 0", value: weight });
        }
        if times == 0 {
            return Ok(());
        }
        let add = |sum: Centred, weight: f64| {
            sum.and(Centred { weight, y: pair.y, f: pair.f, ..Centred::default() })
        };
        self.count += times;
        self.by_weight = add(self.by_weight, weight * times as f64);
        self.by_square = add(self.by_square, weight.powi(2) * times as f64);
        Ok(())
    }

    /// Returns the linearised covariances of the weighted means.
    pub(crate) fn mean_covariances(self) -> Covariances {
        let (w, s) = (self.by_weight, self.by_square);
        let (y, f) = (s.y - w.y, s.f - w.f);
        let total = w.weight.powi(2);
        Covariances {
            yy: (s.yy + s.weight * y * y) / total,
            ff: (s.ff + s.weight * f * f) / total,
            yf: (s.yf + s.weight * y * f) / total,
        }
    }

    /// Returns Kish's effective size.
    pub(crate) fn kish(self) -> f64 {
        self.by_weight.weight.powi(2) / self.by_square.weight
    }

    /// Returns the factor that makes a variance with divisor n one with divisor n - 1.
    pub(crate) fn degrees(self) -> f64 {
        let n = self.count as f64;
        if self.count > 1 { n / (n - 1.0) } else { 1.0 }
    }

    /// Returns the sums as if all weights were multiplied so that they add up to `total`.
    pub(crate) fn scaled_to(self, total: f64) -> Self {
        let by = total / self.by_weight.weight;
        let scale = |sum: Centred| Centred {
            weight: sum.weight * by,
            yy: sum.yy * by,
            ff: sum.ff * by,
            yf: sum.yf * by,
            ..sum
        };
        Self { by_weight: scale(self.by_weight), ..self }
    }

    /// Returns the sums over both sets of pairs.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            by_weight: self.by_weight.and(other.by_weight),
            by_square: self.by_square.and(other.by_square),
        }
    }
}

impl Centred {
    /// Returns the sums over both sets of pairs.
    ///
    /// # Source
    ///
    /// Chan, Golub & LeVeque (1983), Am. Stat. 37:242–247.
    fn and(self, other: Self) -> Self {
        let weight = self.weight + other.weight;
        let part = other.weight / weight;
        let (y, f) = (other.y - self.y, other.f - self.f);
        let cross = self.weight * part;
        Self {
            weight,
            y: self.y + part * y,
            f: self.f + part * f,
            yy: self.yy + other.yy + cross * y * y,
            ff: self.ff + other.ff + cross * f * f,
            yf: self.yf + other.yf + cross * y * f,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_constant_costs_no_digits() {
        let sums = |shift: f64| {
            let mut sums = Pairs::default();
            for (y, f, w) in [(1.0, 0.5, 1.0), (3.0, 0.25, 2.0), (2.0, 1.0, 0.5)] {
                sums.add(Pair { y: y + shift, f: f + shift }, w, 2).unwrap();
            }
            sums.mean_covariances()
        };
        let (near, far) = (sums(0.0), sums(1e6));
        for (a, b) in [(near.yy, far.yy), (near.ff, far.ff), (near.yf, far.yf)] {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn the_order_in_which_sums_are_joined_changes_nothing() {
        let one = |y: f64, w: f64| {
            let mut sums = Pairs::default();
            sums.add(Pair { y, f: y * y }, w, 1).unwrap();
            sums
        };
        let (a, b, c) = (one(1.0, 2.0), one(4.0, 1.0), one(-2.0, 3.0));
        let (left, right) = (a.and(b).and(c), c.and(b.and(a)));
        assert!((left.by_weight.yf - right.by_weight.yf).abs() < 1e-12);
        assert!((left.kish() - 36.0 / 14.0).abs() < 1e-12 && left.count == 3);
    }
}
