//! Measures of a labeler as a diagnostic test, with intervals, from counts of a simple random sample.

use crate::stats::BinaryCells;
use crate::stats::BinaryConfusion;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Rate;
use crate::stats::StatsError;

/// An interval for a share of counts: [`clopper_pearson`](crate::stats::clopper_pearson),
/// [`wilson`](crate::stats::wilson) or another of that form.
pub type RateInterval = fn(Rate, Level) -> Interval;

/// Counts of units by truth and prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiagnosticCounts {
    /// Truly positive and predicted positive.
    pub true_positive: u64,
    /// Truly negative and predicted positive.
    pub false_positive: u64,
    /// Truly positive and predicted negative.
    pub false_negative: u64,
    /// Truly negative and predicted negative.
    pub true_negative: u64,
}

/// A value with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiagnosticValue {
    /// The value.
    pub value: f64,
    /// Its interval.
    pub interval: Interval,
}

/// The measures of a two-by-two table of counts, as epiR's `epi.tests` reports them.
///
/// Assumes a simple random sample of units: all four counts random, no design weights. Shares take the given
/// interval; ratios a normal interval on the log scale; Youden's index and the number needed to diagnose combine
/// the limits of sensitivity and specificity, which is conservative. Each measure is an error where a margin it
/// divides by is 0, and each log-scale interval where a cell is 0.
#[derive(Debug, Clone, Copy)]
pub struct Diagnostic {
    counts: DiagnosticCounts,
    table: BinaryConfusion,
    level: Level,
    limits: RateInterval,
}

impl Diagnostic {
    /// Takes counts, the level of all intervals, and the interval for shares.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] when every count is 0.
    pub fn new(
        counts: DiagnosticCounts,
        level: Level,
        limits: RateInterval,
    ) -> Result<Self, StatsError> {
        let table = BinaryConfusion::new(BinaryCells {
            true_positive: counts.true_positive as f64,
            false_positive: counts.false_positive as f64,
            false_negative: counts.false_negative as f64,
            true_negative: counts.true_negative as f64,
        })?;
        Ok(Self { counts, table, level, limits })
    }

    /// Returns the counts as a table, whose scores need no interval.
    #[must_use]
    pub fn table(&self) -> BinaryConfusion {
        self.table
    }

    /// Returns the share of units that are predicted positive (apparent prevalence; the share ruled in).
    ///
    /// # Errors
    ///
    /// None for counts that [`Self::new`] took.
    pub fn apparent_prevalence(&self) -> Result<DiagnosticValue, StatsError> {
        let c = self.counts;
        self.share(c.true_positive + c.false_positive, self.total())
    }

    /// Returns the share of units that are predicted negative (the share ruled out).
    ///
    /// # Errors
    ///
    /// None for counts that [`Self::new`] took.
    pub fn ruled_out(&self) -> Result<DiagnosticValue, StatsError> {
        let c = self.counts;
        self.share(c.false_negative + c.true_negative, self.total())
    }

    /// Returns the share of units that are truly positive.
    ///
    /// # Errors
    ///
    /// None for counts that [`Self::new`] took.
    pub fn true_prevalence(&self) -> Result<DiagnosticValue, StatsError> {
        self.share(self.positives(), self.total())
    }

    /// Returns the share of units whose prediction is right.
    ///
    /// # Errors
    ///
    /// None for counts that [`Self::new`] took.
    pub fn accuracy(&self) -> Result<DiagnosticValue, StatsError> {
        self.share(self.counts.true_positive + self.counts.true_negative, self.total())
    }

    /// Returns P(predicted positive | truly positive).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is truly positive.
    pub fn sensitivity(&self) -> Result<DiagnosticValue, StatsError> {
        self.share(self.counts.true_positive, self.positives())
    }

    /// Returns P(predicted negative | truly negative).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is truly negative.
    pub fn specificity(&self) -> Result<DiagnosticValue, StatsError> {
        self.share(self.counts.true_negative, self.negatives())
    }

    /// Returns P(predicted positive | truly negative).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is truly negative.
    pub fn false_positive_rate(&self) -> Result<DiagnosticValue, StatsError> {
        self.share(self.counts.false_positive, self.negatives())
    }

    /// Returns P(predicted negative | truly positive).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is truly positive.
    pub fn false_negative_rate(&self) -> Result<DiagnosticValue, StatsError> {
        self.share(self.counts.false_negative, self.positives())
    }

    /// Returns P(truly positive | predicted positive).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is predicted positive.
    pub fn positive_predictive_value(&self) -> Result<DiagnosticValue, StatsError> {
        let c = self.counts;
        self.share(c.true_positive, c.true_positive + c.false_positive)
    }

    /// Returns P(truly negative | predicted negative).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is predicted negative.
    pub fn negative_predictive_value(&self) -> Result<DiagnosticValue, StatsError> {
        let c = self.counts;
        self.share(c.true_negative, c.false_negative + c.true_negative)
    }

    /// Returns P(truly negative | predicted positive).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is predicted positive.
    pub fn false_discovery_rate(&self) -> Result<DiagnosticValue, StatsError> {
        let c = self.counts;
        self.share(c.false_positive, c.true_positive + c.false_positive)
    }

    /// Returns P(truly positive | predicted negative).
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is predicted negative.
    pub fn false_omission_rate(&self) -> Result<DiagnosticValue, StatsError> {
        let c = self.counts;
        self.share(c.false_negative, c.false_negative + c.true_negative)
    }

    /// Returns the positive likelihood ratio with its log-scale interval.
    ///
    /// The variance of the log is `(1 - se) / (n1 se) + sp / (n0 (1 - sp))`, n1 and n0 truly positive and negative units.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without true or false positives, [`StatsError::NotARate`] with an empty class.
    ///
    /// # Source
    ///
    /// Simel, Samsa & Matchar (1991), J. Clin. Epidemiol. 44:763–770.
    pub fn likelihood_ratio_positive(&self) -> Result<DiagnosticValue, StatsError> {
        let (hits, alarms) = (self.sensitivity()?.value, self.false_positive_rate()?.value);
        let variance = (1.0 - hits) / self.counts.true_positive as f64
            + (1.0 - alarms) / self.counts.false_positive as f64;
        self.log_scale("the positive likelihood ratio", hits / alarms, variance)
    }

    /// Returns the negative likelihood ratio with its log-scale interval.
    ///
    /// The variance of the log is `se / (n1 (1 - se)) + (1 - sp) / (n0 sp)`.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without true or false negatives, [`StatsError::NotARate`] with an empty class.
    ///
    /// # Source
    ///
    /// Simel, Samsa & Matchar (1991), J. Clin. Epidemiol. 44:763–770.
    pub fn likelihood_ratio_negative(&self) -> Result<DiagnosticValue, StatsError> {
        let (misses, passes) = (self.false_negative_rate()?.value, self.specificity()?.value);
        let variance = (1.0 - misses) / self.counts.false_negative as f64
            + (1.0 - passes) / self.counts.true_negative as f64;
        self.log_scale("the negative likelihood ratio", misses / passes, variance)
    }

    /// Returns the diagnostic odds ratio with its log-scale interval; the variance of the log is the sum of `1 / cell`.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when a cell is 0.
    ///
    /// # Source
    ///
    /// Woolf (1955), Ann. Hum. Genet. 19:251–253.
    pub fn diagnostic_odds_ratio(&self) -> Result<DiagnosticValue, StatsError> {
        let c = self.table.cells();
        let variance = 1.0 / c.true_positive
            + 1.0 / c.false_positive
            + 1.0 / c.false_negative
            + 1.0 / c.true_negative;
        let value = c.true_positive / c.false_positive * (c.true_negative / c.false_negative);
        self.log_scale("the diagnostic odds ratio", value, variance)
    }

    /// Returns Youden's index; its limits are those of sensitivity and specificity added up.
    ///
    /// # Errors
    ///
    /// [`StatsError::NotARate`] when no unit is truly positive, or none truly negative.
    pub fn youden(&self) -> Result<DiagnosticValue, StatsError> {
        let (se, sp) = (self.sensitivity()?, self.specificity()?);
        let interval = Interval {
            low: se.interval.low + sp.interval.low - 1.0,
            high: se.interval.high + sp.interval.high - 1.0,
            method: se.interval.method,
        };
        Ok(DiagnosticValue { value: se.value + sp.value - 1.0, interval })
    }

    /// Returns the number needed to diagnose: units to label for one positive to be found by more than chance, 1 / J.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] when Youden's index J may be 0: the number is then unbounded.
    pub fn number_needed_to_diagnose(&self) -> Result<DiagnosticValue, StatsError> {
        let youden = self.youden()?;
        let Interval { low, high, method } = youden.interval;
        if low <= 0.0 && high >= 0.0 {
            return Err(StatsError::Undefined {
                statistic: "the number needed to diagnose",
                reason: "the interval of Youden's index holds 0",
            });
        }
        let interval = Interval { low: 1.0 / high, high: 1.0 / low, method };
        Ok(DiagnosticValue { value: 1.0 / youden.value, interval })
    }

    fn positives(&self) -> u64 {
        self.counts.true_positive + self.counts.false_negative
    }

    fn negatives(&self) -> u64 {
        self.counts.false_positive + self.counts.true_negative
    }

    fn total(&self) -> u64 {
        self.positives() + self.negatives()
    }

    fn share(&self, successes: u64, trials: u64) -> Result<DiagnosticValue, StatsError> {
        let rate = Rate::new(successes, trials)?;
        Ok(DiagnosticValue { value: rate.value(), interval: (self.limits)(rate, self.level) })
    }

    fn log_scale(
        &self,
        statistic: &'static str,
        value: f64,
        log_variance: f64,
    ) -> Result<DiagnosticValue, StatsError> {
        if !(value > 0.0 && value.is_finite() && log_variance.is_finite()) {
            return Err(StatsError::Undefined { statistic, reason: "a cell it needs is empty" });
        }
        let factor = (self.level.z() * log_variance.sqrt()).exp();
        let interval =
            Interval { low: value / factor, high: value * factor, method: Method::LogScale };
        Ok(DiagnosticValue { value, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::wilson;

    fn diagnostic([tp, fp, fn_, tn]: [u64; 4]) -> Diagnostic {
        let counts = DiagnosticCounts {
            true_positive: tp,
            false_positive: fp,
            false_negative: fn_,
            true_negative: tn,
        };
        Diagnostic::new(counts, Level::new(0.95).unwrap(), wilson).unwrap()
    }

    #[test]
    fn an_empty_cell_leaves_no_interval_on_the_log_scale() {
        let perfect = diagnostic([50, 0, 0, 50]);
        assert!(perfect.likelihood_ratio_positive().is_err());
        assert!(perfect.likelihood_ratio_negative().is_err());
        assert!(perfect.diagnostic_odds_ratio().is_err());
        assert!(perfect.number_needed_to_diagnose().unwrap().interval.low >= 1.0);
    }

    #[test]
    fn a_labeler_near_chance_has_no_bounded_number_needed_to_diagnose() {
        assert!(diagnostic([5, 5, 5, 5]).number_needed_to_diagnose().is_err());
        let backwards = diagnostic([5, 95, 95, 5]).number_needed_to_diagnose().unwrap();
        assert!(
            backwards.interval.low < backwards.value && backwards.value < backwards.interval.high
        );
    }

    #[test]
    fn an_empty_class_has_no_rate() {
        let all_positive = diagnostic([10, 0, 5, 0]);
        assert!(all_positive.specificity().is_err() && all_positive.youden().is_err());
        assert!(all_positive.likelihood_ratio_positive().is_err());
    }
}
