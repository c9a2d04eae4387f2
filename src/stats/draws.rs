//! Seeded random draws for intervals by simulation.

use crate::stats::StatsError;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

/// How many draws a simulated interval takes and the seed they start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    seed: u64,
    count: u32,
}

/// A generator of the variables that melding needs.
#[derive(Debug)]
pub(crate) struct Generator {
    source: Pcg64,
    spare: Option<f64>,
}

impl Draws {
    /// The least number of draws whose tail quantiles are steady enough to print.
    pub const LEAST: u32 = 20_000;

    /// Checks the number of draws.
    ///
    /// # Errors
    ///
    /// [`StatsError::TooFewDraws`] below [`Self::LEAST`].
    pub fn new(seed: u64, count: u32) -> Result<Self, StatsError> {
        if count < Self::LEAST {
            return Err(StatsError::TooFewDraws { asked: count, least: Self::LEAST });
        }
        Ok(Self { seed, count })
    }

    /// Returns the fewest draws allowed.
    #[must_use]
    pub fn least(seed: u64) -> Self {
        Self { seed, count: Self::LEAST }
    }

    /// Returns the seed.
    #[must_use]
    pub fn seed(self) -> u64 {
        self.seed
    }

    /// Returns the number of draws.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    pub(crate) fn generator(self) -> Generator {
        Generator { source: Pcg64::seed_from_u64(self.seed), spare: None }
    }
}

impl Generator {
    /// Draws from the beta distribution; both shapes above 0.
    pub(crate) fn beta(&mut self, success: f64, failure: f64) -> f64 {
        let (hit, miss) = (self.gamma(success), self.gamma(failure));
        hit / (hit + miss)
    }

    /// Draws the successes of that many trials, each with the probability `p` in `[0, 1]`.
    ///
    /// The middle order statistic of the trials' uniforms is a beta variable, and says which half to look into: the work
    /// grows with the logarithm of the trials.
    ///
    /// # Source
    ///
    /// Devroye (1986), Non-Uniform Random Variate Generation, X.4.3 (recursive binomial generators).
    pub(crate) fn binomial(&mut self, mut trials: u64, mut p: f64) -> u64 {
        const FEW: u64 = 16;
        let mut successes = 0;
        while trials >= FEW && p > 0.0 && p < 1.0 {
            let middle = trials / 2 + 1;
            let above = trials + 1 - middle;
            let uniform = self.beta(middle as f64, above as f64);
            if uniform <= p {
                successes += middle;
                trials -= middle;
                p = ((p - uniform) / (1.0 - uniform)).clamp(0.0, 1.0);
            } else {
                trials = middle - 1;
                p = (p / uniform).clamp(0.0, 1.0);
            }
        }
        if p >= 1.0 {
            return successes + trials;
        }
        successes + (0..trials).filter(|_| self.uniform() < p).count() as u64
    }

    /// Draws from the gamma distribution of that shape (above 0) and scale 1.
    ///
    /// # Source
    ///
    /// Marsaglia & Tsang (2000), ACM Trans. Math. Softw. 26:363–372, with their step for shapes below 1.
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(1.0 / shape);
            return (self.gamma(shape + 1.0) * boost).max(f64::MIN_POSITIVE);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            let u = self.uniform();
            if v > 0.0
                && (u < 1.0 - 0.0331 * x.powi(4) || u.ln() < 0.5 * x * x + d * (1.0 - v + v.ln()))
            {
                return d * v;
            }
        }
    }

    /// Draws from the standard normal distribution (Marsaglia's polar method).
    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let scale = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }

    /// Draws uniformly from the open interval (0, 1), on a grid of 2^-53.
    fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.source.next_u64() >> 11) as f64 + 0.5) * STEP
    }
}

/// Returns the value below which the given part of the sorted values lies, interpolating between neighbours.
pub(crate) fn sorted_quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)? as f64);
    let (below, above) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}

/// Returns what [`sorted_quantile`] would of these values in order, which sorting them would take longer to find.
pub(crate) fn quantile(values: &mut [f64], part: f64) -> Option<f64> {
    let place = part.clamp(0.0, 1.0) * (values.len().checked_sub(1)? as f64);
    let (_, below, rest) = values.select_nth_unstable_by(place.floor() as usize, f64::total_cmp);
    let above = rest.iter().copied().reduce(f64::min).unwrap_or(*below);
    Some(*below + (above - *below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..40_000).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / 4e4;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4e4)
    }

    #[test]
    fn gamma_draws_have_the_moments_of_their_shape() {
        for shape in [1.0 / 3.0, 0.5, 1.0, 4.5, 1000.0] {
            let mut generator = Draws::least(7).generator();
            let (mean, variance) = moments(|| generator.gamma(shape));
            assert!((mean / shape - 1.0).abs() < 0.04, "{shape}: mean {mean}");
            assert!((variance / shape - 1.0).abs() < 0.08, "{shape}: variance {variance}");
        }
    }

    #[test]
    fn beta_draws_have_the_moments_of_their_shapes() {
        let mut generator = Draws::least(7).generator();
        let (mean, variance) = moments(|| generator.beta(2.5, 17.5));
        assert!((mean - 0.125).abs() < 0.002, "{mean}");
        assert!((variance - 0.125 * 0.875 / 21.0).abs() < 2e-4, "{variance}");
    }

    #[test]
    fn binomial_draws_have_the_moments_of_their_trials() {
        for (trials, p) in [(5_u64, 0.3), (40, 0.02), (1000, 0.7), (1_000_000, 0.001)] {
            let mut generator = Draws::least(7).generator();
            let (mean, variance) = moments(|| generator.binomial(trials, p) as f64);
            let expected = trials as f64 * p;
            assert!((mean / expected - 1.0).abs() < 0.02, "{trials} {p}: mean {mean}");
            assert!(
                (variance / expected / (1.0 - p) - 1.0).abs() < 0.04,
                "{trials} {p}: {variance}"
            );
        }
        let mut generator = Draws::least(7).generator();
        assert_eq!((generator.binomial(50, 0.0), generator.binomial(50, 1.0)), (0, 50));
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let (mut a, mut b, mut c) =
            (Draws::least(1).generator(), Draws::least(1).generator(), Draws::least(2).generator());
        let first = a.gamma(2.0);
        assert!((first - b.gamma(2.0)).abs() < 1e-300);
        assert!((first - c.gamma(2.0)).abs() > 1e-12);
    }

    #[test]
    fn too_few_draws_are_refused() {
        assert!(Draws::new(1, 19_999).is_err());
        assert_eq!(Draws::new(1, 20_000).unwrap().count(), 20_000);
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(sorted_quantile(&[0.0, 1.0, 2.0], 0.25), Some(0.5));
        assert_eq!(sorted_quantile(&[], 0.5), None);
        let (mut mixed, sorted) = ([3.0, 0.5, 9.0, 2.0, 2.0], [0.5, 2.0, 2.0, 3.0, 9.0]);
        for part in [0.0, 0.1, 0.3, 0.5, 0.8, 1.0] {
            assert_eq!(quantile(&mut mixed, part), sorted_quantile(&sorted, part), "{part}");
        }
        assert_eq!(quantile(&mut [], 0.5), None);
    }
}
