//! Gamma intervals for a rare weighted share: a sum of unequal weights over the few positives.
//!
//! Symbols: `g_j` the share of the exposure that positive gold unit `j` stands for (its weight over the sum of the weights
//! of all gold units), `pi_j` the probability with which it was observed, `y = sum g_j` the estimate,
//! `v = sum g_j^2 (1 - pi_j)` its variance, and `w` the weight of the event that might have been seen besides.

use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::StatsError;
use crate::stats::gamma::GammaShape;

/// How far the shares of the positives may add up above 1 by rounding.
const ROUNDING: f64 = 1e-9;

/// What one positive gold unit stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositiveShare {
    share: f64,
    probability: f64,
}

/// The weight of the event that might have been seen besides those that were: it keeps the upper limit above the estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PseudoEvent {
    /// The largest share of any gold unit, positive or not, that was not certain to be observed; 0 where all were. Covers
    /// at least the level in every setting tried (Fay & Feuer).
    Largest(f64),
    /// The average share, one over this many gold units: shorter, and below the level at times (Tiwari, Clegg & Zou).
    Average {
        /// The gold units, positive or not.
        gold: u64,
    },
}

/// The positives of a gold sample, summed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedEvents {
    sum: f64,
    variance: f64,
    pseudo: f64,
    method: Method,
}

impl PositiveShare {
    /// Checks a share of the exposure and the probability, over all phases, with which its unit was observed.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] unless the share lies in (0, 1]; [`StatsError::NotAProbability`] unless the probability does.
    pub fn new(share: f64, probability: f64) -> Result<Self, StatsError> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(StatsError::OutOfRange { what: "a share of the exposure", value: share });
        }
        if !(probability > 0.0 && probability <= 1.0) {
            return Err(StatsError::NotAProbability(probability));
        }
        Ok(Self { share, probability })
    }
}

impl WeightedEvents {
    /// Sums the positives; an empty slice says that gold found none.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] where the shares add up to more than 1, or the pseudo-event has no share in `[0, 1]`;
    /// [`StatsError::NoUnits`] for an average over no gold.
    pub fn of(positives: &[PositiveShare], pseudo: PseudoEvent) -> Result<Self, StatsError> {
        let (weight, method) = match pseudo {
            PseudoEvent::Largest(share) => (share, Method::GammaFayFeuer),
            PseudoEvent::Average { gold: 0 } => return Err(StatsError::NoUnits),
            PseudoEvent::Average { gold } => (1.0 / gold as f64, Method::GammaTiwari),
        };
        let sum: f64 = positives.iter().map(|unit| unit.share).sum();
        for share in [weight, sum] {
            if !(0.0..=1.0 + ROUNDING).contains(&share) {
                return Err(StatsError::OutOfRange {
                    what: "a share of the exposure",
                    value: share,
                });
            }
        }
        let variance =
            positives.iter().map(|unit| unit.share.powi(2) * (1.0 - unit.probability)).sum();
        Ok(Self { sum, variance, pseudo: weight, method })
    }

    /// Takes the sum of the positives' shares, its variance and the share of the pseudo-event as they are.
    pub(crate) fn of_moments(
        sum: f64,
        variance: f64,
        (pseudo, method): (f64, Method),
    ) -> Result<Self, StatsError> {
        for share in [pseudo, sum] {
            if !(0.0..=1.0 + ROUNDING).contains(&share) {
                return Err(StatsError::OutOfRange {
                    what: "a share of the exposure",
                    value: share,
                });
            }
        }
        Self { sum, variance: 0.0, pseudo, method }.with_variance(variance)
    }

    /// Adds the variance that the first phase brings, `(PPV - FOR)^2 Var(Q)` for two cells.
    ///
    /// # Errors
    ///
    /// [`StatsError::OutOfRange`] for a variance below 0 or not finite.
    pub fn with_variance(mut self, first_phase: f64) -> Result<Self, StatsError> {
        if !(first_phase >= 0.0 && first_phase.is_finite()) {
            return Err(StatsError::OutOfRange { what: "a variance", value: first_phase });
        }
        self.variance += first_phase;
        Ok(self)
    }

    /// Returns the estimate, the sum of the positives' shares.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        self.sum
    }

    /// The gamma distribution whose quantiles are lower limits.
    pub(crate) fn lower(&self) -> Confidence {
        Confidence::with_moments(self.sum, self.variance)
    }

    /// The gamma distribution whose quantiles are upper limits.
    pub(crate) fn upper(&self) -> Confidence {
        Confidence::with_moments(self.sum + self.pseudo, self.variance + self.pseudo.powi(2))
    }
}

/// A confidence distribution: the limits of one side at every level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Confidence {
    /// The limit is the same at every level.
    Point(f64),
    /// The limits are the quantiles of this distribution.
    Gamma(GammaShape),
}

impl Confidence {
    fn with_moments(mean: f64, variance: f64) -> Self {
        if mean > 0.0 && variance > 0.0 {
            Self::Gamma(GammaShape::with_moments(mean, variance))
        } else {
            Self::Point(mean)
        }
    }

    fn quantile(self, probability: f64) -> f64 {
        match self {
            Self::Point(value) => value,
            Self::Gamma(gamma) => gamma.quantile(probability),
        }
    }

    fn cumulative(self, x: f64) -> f64 {
        match self {
            Self::Point(value) => f64::from(u8::from(value <= x)),
            Self::Gamma(gamma) => gamma.cumulative(x),
        }
    }
}

/// Returns the weighted gamma interval with the events' pseudo-event: `gamma_ff` or `gamma_tiwari`.
///
/// The limits are the `alpha/2` quantile of the gamma distribution with mean `y` and variance `v`, and the `1 - alpha/2`
/// quantile of the one with mean `y + w` and variance `v + w^2`, at most 1. Without a positive the lower limit is 0. Assumes
/// rare, nearly Poisson positives: above some 20 % the interval is too wide.
///
/// # Source
///
/// Fay & Feuer (1997), Stat. Med. 16:791–801; Tiwari, Clegg & Zou (2006), Stat. Methods Med. Res. 15:547–569, for the
/// average weight, here with its square in the variance (as in R package asht, `wmtype = "mean"`).
#[must_use]
pub fn gamma_interval(events: &WeightedEvents, level: Level) -> Interval {
    Interval {
        low: events.lower().quantile(level.tail()).min(1.0),
        high: events.upper().quantile(1.0 - level.tail()).min(1.0),
        method: events.method,
    }
}

/// Returns the mid-p weighted gamma interval: quantiles of the even mixture of the two gamma distributions of
/// [`gamma_interval`], at most 1.
///
/// Covers the level on average rather than always. Without a positive the lower limit is 0.
///
/// # Source
///
/// Fay & Kim (2017), Biom. J. 59:377–387.
#[must_use]
pub fn gamma_mid_p(events: &WeightedEvents, level: Level) -> Interval {
    Interval {
        low: mixture_quantile(events, level.tail()).min(1.0),
        high: mixture_quantile(events, 1.0 - level.tail()).min(1.0),
        method: Method::GammaMidP,
    }
}

fn mixture_quantile(events: &WeightedEvents, probability: f64) -> f64 {
    let (lower, upper) = (events.lower(), events.upper());
    let (mut low, mut high) = (lower.quantile(probability), upper.quantile(probability));
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if lower.cumulative(middle) + upper.cumulative(middle) < 2.0 * probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    if lower.cumulative(low) + upper.cumulative(low) < 2.0 * probability { high } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    fn equal(positives: usize, gold: u32, pseudo: PseudoEvent) -> WeightedEvents {
        let share = PositiveShare::new(1.0 / f64::from(gold), 1e-12).unwrap();
        WeightedEvents::of(&vec![share; positives], pseudo).unwrap()
    }

    #[test]
    fn with_equal_weights_it_is_garwoods_poisson_interval() {
        // Garwood (1936): 10 events, 95 %: 4.795 to 18.390; none: 0 to 3.689
        for pseudo in [PseudoEvent::Largest(0.001), PseudoEvent::Average { gold: 1000 }] {
            let ten = gamma_interval(&equal(10, 1000, pseudo), level());
            assert!((ten.low - 4.795_389e-3).abs() < 1e-8, "{ten:?}");
            assert!((ten.high - 18.390_356e-3).abs() < 1e-8, "{ten:?}");
            let none = gamma_interval(&equal(0, 1000, pseudo), level());
            assert!(none.low.abs() < 1e-300);
            assert!((none.high - 3.688_879e-3).abs() < 1e-8, "{none:?}");
        }
    }

    #[test]
    fn with_equal_weights_mid_p_is_that_of_the_poisson() {
        // P(X < x) + P(X = x) / 2 at the upper limit is .025
        let ten = gamma_mid_p(&equal(10, 1000, PseudoEvent::Largest(0.001)), level());
        let tail = |mean: f64| {
            let mut term = (-mean).exp();
            let mut sum = 0.0;
            for k in 1..=10 {
                sum += term;
                term *= mean / f64::from(k);
            }
            sum + term / 2.0
        };
        assert!((tail(ten.high * 1000.0) - 0.025).abs() < 1e-9, "{ten:?}");
        assert!((tail(ten.low * 1000.0) - 0.975).abs() < 1e-9, "{ten:?}");
        let none = gamma_mid_p(&equal(0, 1000, PseudoEvent::Largest(0.001)), level());
        assert!(none.low.abs() < 1e-300);
        assert!((none.high * 1000.0 + 0.05f64.ln()).abs() < 1e-9, "{none:?}");
    }

    #[test]
    fn positives_that_were_certain_bring_no_error() {
        let sure = PositiveShare::new(0.1, 1.0).unwrap();
        let events = WeightedEvents::of(&[sure], PseudoEvent::Largest(0.0)).unwrap();
        for interval in [gamma_interval(&events, level()), gamma_mid_p(&events, level())] {
            assert!((interval.low - 0.1).abs() < 1e-12 && (interval.high - 0.1).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for (share, probability) in
            [(0.0, 0.5), (1.1, 0.5), (f64::NAN, 0.5), (0.5, 0.0), (0.5, 2.0)]
        {
            assert!(PositiveShare::new(share, probability).is_err(), "{share} {probability}");
        }
        let half = PositiveShare::new(0.5, 0.5).unwrap();
        assert!(WeightedEvents::of(&[half; 3], PseudoEvent::Largest(0.5)).is_err());
        assert!(WeightedEvents::of(&[half], PseudoEvent::Largest(f64::NAN)).is_err());
        assert!(WeightedEvents::of(&[half], PseudoEvent::Average { gold: 0 }).is_err());
        let events = WeightedEvents::of(&[half], PseudoEvent::Largest(0.5)).unwrap();
        assert!(events.with_variance(f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn mid_p_is_inside_and_more_variance_is_wider(
            shares in prop::collection::vec(1e-6f64..0.01, 0..12), largest in 0.01f64..0.05,
        ) {
            let units: Vec<_> = shares.iter().map(|share| PositiveShare::new(*share, 0.1).unwrap()).collect();
            let events = WeightedEvents::of(&units, PseudoEvent::Largest(largest)).unwrap();
            let (full, mid) = (gamma_interval(&events, level()), gamma_mid_p(&events, level()));
            prop_assert!(full.low <= events.estimate() && events.estimate() <= full.high);
            prop_assert!(full.low <= mid.low + 1e-12 && mid.high <= full.high + 1e-12, "{full:?} {mid:?}");
            let wider = gamma_interval(&events.with_variance(1e-4).unwrap(), level());
            prop_assert!(units.is_empty() || wider.low <= full.low + 1e-12, "{full:?} {wider:?}");
        }
    }
}
