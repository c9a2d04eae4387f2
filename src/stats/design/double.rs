//! Two-phase sampling with fixed sizes: a simple random sample is labeled, gold is drawn from it by strata.

use crate::stats::StatsError;
use crate::stats::design::RatioOf;
use crate::stats::design::same_length;

/// One stratum of the second phase: units of the first phase that share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondPhase {
    /// Units of the first phase in the stratum.
    pub labeled: u64,
    /// Units of these drawn for gold, at least 2 unless all were.
    pub gold: u64,
}

/// A simple random sample of a population, sampled again by strata (often the labels the first phase found).
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, 9.4 (eq. 9.4.14); Neyman (1938), JASA 33:101.
#[derive(Debug, Clone, PartialEq)]
pub struct DoubleSample {
    population: f64,
    strata: Vec<SecondPhase>,
    stratum_of: Vec<usize>,
}

/// An estimate from two phases with the variance that each brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseEstimate {
    /// The estimate.
    pub value: f64,
    /// The variance of the first phase.
    pub first: f64,
    /// The variance of the second phase.
    pub second: f64,
}

impl PhaseEstimate {
    /// Returns the variance of both phases together.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.first + self.second
    }
}

impl DoubleSample {
    /// Joins the population's size, the strata of the second phase, and the stratum of each gold unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a population smaller than the first phase, a stratum with more gold than units
    /// or less than 2, or gold units that do not match the counts; [`StatsError::NoUnits`] without strata.
    pub fn new(
        population: f64,
        strata: Vec<SecondPhase>,
        stratum_of: Vec<usize>,
    ) -> Result<Self, StatsError> {
        let labeled: u64 = strata.iter().map(|stratum| stratum.labeled).sum();
        if labeled < 2 {
            return Err(StatsError::NoUnits);
        }
        if !(labeled as f64 <= population && population.is_finite()) {
            return Err(StatsError::OutOfRange {
                what: "a population at least as large as its sample",
                value: population,
            });
        }
        for (index, stratum) in strata.iter().enumerate() {
            let gold = stratum_of.iter().filter(|of| **of == index).count() as u64;
            let enough = 2 <= gold || gold == stratum.labeled;
            if gold != stratum.gold || stratum.labeled < gold || !enough {
                return Err(StatsError::OutOfRange {
                    what: "a count of gold units that fits its stratum (at least 2, or all)",
                    value: gold as f64,
                });
            }
        }
        match stratum_of.iter().find(|stratum| strata.len() <= **stratum) {
            Some(index) => {
                Err(StatsError::OutOfRange { what: "the index of a stratum", value: *index as f64 })
            }
            None => Ok(Self { population, strata, stratum_of }),
        }
    }

    /// Returns the total over the population of a column with one value a gold unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::LengthsDiffer`] unless there is one value a gold unit, [`StatsError::OutOfRange`] unless finite.
    pub fn total(&self, values: &[f64]) -> Result<PhaseEstimate, StatsError> {
        same_length(self.stratum_of.len(), values.len())?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(StatsError::OutOfRange { what: "a finite value", value: *value });
        }
        let n = self.first_phase_size();
        let mut sums = Sums::default();
        for (index, stratum) in self.strata.iter().enumerate() {
            let of = |(unit, _): &(&usize, &f64)| **unit == index;
            let own = self.stratum_of.iter().zip(values).filter(of).map(|(_, value)| *value);
            sums.add(*stratum, &own.collect::<Vec<_>>());
        }
        // Unbiased for the variance of the first phase's own values, which were not all observed.
        let spread = (sums.squares - (sums.total.powi(2) - sums.variance) / n) / (n - 1.0);
        let raise = self.population / n;
        Ok(PhaseEstimate {
            value: raise * sums.total,
            first: self.population.powi(2) * (1.0 - n / self.population) * spread / n,
            second: raise.powi(2) * sums.variance,
        })
    }

    /// Returns the ratio of two totals, linearised. Each column has one value a gold unit.
    ///
    /// # Errors
    ///
    /// As [`Self::total`]; [`StatsError::Undefined`] where the denominator is not above 0.
    pub fn ratio(&self, columns: RatioOf<'_>) -> Result<PhaseEstimate, StatsError> {
        let below = self.total(columns.denominator)?.value;
        if below <= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "ratio",
                reason: "its denominator adds up to nothing in the gold sample",
            });
        }
        let value = self.total(columns.numerator)?.value / below;
        let pairs = columns.numerator.iter().zip(columns.denominator);
        let residuals: Vec<f64> = pairs.map(|(y, x)| (y - value * x) / below).collect();
        Ok(PhaseEstimate { value, ..self.total(&residuals)? })
    }

    fn first_phase_size(&self) -> f64 {
        self.strata.iter().map(|stratum| stratum.labeled as f64).sum()
    }
}

/// Sums over the strata of the second phase, raised to the first phase.
#[derive(Debug, Default)]
struct Sums {
    total: f64,
    squares: f64,
    variance: f64,
}

impl Sums {
    fn add(&mut self, stratum: SecondPhase, values: &[f64]) {
        let (n, m) = (stratum.labeled as f64, stratum.gold as f64);
        if stratum.gold == 0 {
            return;
        }
        let mean = values.iter().sum::<f64>() / m;
        self.total += n * mean;
        self.squares += n / m * values.iter().map(|value| value * value).sum::<f64>();
        if stratum.gold < stratum.labeled {
            let spread = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (m - 1.0);
            self.variance += n * n * (1.0 - m / n) * spread / m;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sarndal, Swensson & Wretman (1992), 9.4, as in the tests of the R package survey ("rei"): 20 of 300 units, then
    /// 5 of 12 with y = 1 to 5 and 3 of 8 with y = 6 to 8; the domain is y > 3.
    fn rei() -> (DoubleSample, [f64; 8], [f64; 8]) {
        let strata =
            vec![SecondPhase { labeled: 12, gold: 5 }, SecondPhase { labeled: 8, gold: 3 }];
        let sample = DoubleSample::new(300.0, strata, vec![0, 0, 0, 0, 0, 1, 1, 1]).unwrap();
        let domain = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        (sample, [0.0, 0.0, 0.0, 4.0, 5.0, 6.0, 7.0, 8.0], domain)
    }

    #[test]
    fn the_domain_total_of_the_textbook_has_its_variance() {
        let (sample, values, _) = rei();
        let total = sample.total(&values).unwrap();
        assert!((total.value - 1164.0).abs() < 1e-9);
        assert!((total.first - 44_325.47).abs() < 0.005, "{total:?}");
        assert!((total.second - 26_436.00).abs() < 0.005, "{total:?}");
        assert!((total.variance() - 70_761.47).abs() < 0.005, "{total:?}");
    }

    #[test]
    fn the_domain_mean_of_the_textbook_has_its_variance() {
        let (sample, values, domain) = rei();
        let mean = sample.ratio(RatioOf { numerator: &values, denominator: &domain }).unwrap();
        assert!((mean.first - 0.159_926_4).abs() < 5e-8, "{mean:?}");
        assert!((mean.second - 0.169_299_4).abs() < 5e-8, "{mean:?}");
    }

    #[test]
    fn gold_that_does_not_fit_its_strata_is_refused() {
        let strata = |labeled, gold| vec![SecondPhase { labeled, gold }];
        for (population, strata, of) in [
            (10.0, strata(12, 2), vec![0, 0]),
            (100.0, strata(12, 1), vec![0]),
            (100.0, strata(12, 3), vec![0, 0]),
            (100.0, strata(12, 2), vec![0, 0, 1]),
            (100.0, vec![], vec![]),
        ] {
            assert!(DoubleSample::new(population, strata.clone(), of).is_err(), "{strata:?}");
        }
    }
}
