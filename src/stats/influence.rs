//! How each unit moves an estimate: the influence values from which the variance of differences and means over days follows.
//!
//! Symbols: `pi` the probability of a unit to be in the sample, `rho` that of gold given the sample; day `a` and day `b`.

use crate::stats::StatsError;

/// The influence of one unit on one estimate.
///
/// Scaled so that the error of the estimate is about the sum of all influences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitInfluence {
    /// Which unit it is, the same on every day.
    pub id: u64,
    /// The probability of being in the sample, in (0, 1].
    pub probability: f64,
    /// Its share of the estimated exposure, `d / T`; 0 for gold that is no part of the sample.
    pub share: f64,
    /// Its influence by being labeled.
    pub labels: f64,
    /// Its influence by having gold, if it has.
    pub gold: Option<GoldInfluence>,
}

/// The influence of a unit's gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldInfluence {
    /// The probability of being chosen for gold given the sample, in (0, 1].
    pub probability: f64,
    /// The influence, weighted by the inverse of that probability.
    pub value: f64,
}

/// The influence of every sampled unit on one estimate. Invariant: ordered by id, no id twice, everything finite.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleInfluence {
    units: Vec<UnitInfluence>,
}

/// Whether two draws use the same permanent random number (PRN) for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prn {
    /// They use the same: one salt, coordinated draws.
    Shared,
    /// They use different ones: independent draws.
    Separate,
}

/// How the samples and the gold of two days were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordination {
    /// The samples of units to label.
    pub sample: Prn,
    /// The gold drawn among them.
    pub gold: Prn,
}

impl UnitInfluence {
    /// Returns the whole influence of the unit.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.labels + self.gold.map_or(0.0, |gold| gold.value)
    }

    fn check(&self) -> Result<(), StatsError> {
        let gold = self.gold.unwrap_or(GoldInfluence { probability: 1.0, value: 0.0 });
        for probability in [self.probability, gold.probability] {
            if !(probability > 0.0 && probability <= 1.0) {
                return Err(StatsError::NotAProbability(probability));
            }
        }
        match [self.share, self.labels, gold.value].iter().find(|value| !value.is_finite()) {
            None => Ok(()),
            Some(value) => {
                Err(StatsError::OutOfRange { what: "a finite influence", value: *value })
            }
        }
    }
}

impl Prn {
    /// Returns `p_a p_b / p_ab`, the product of two probabilities over that of both events.
    fn ratio(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Shared => a.max(b),
            Self::Separate => 1.0,
        }
    }
}

impl SampleInfluence {
    /// Checks and orders the influences of sampled units.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units, [`StatsError::Duplicate`] for a unit given twice,
    /// [`StatsError::NotAProbability`], [`StatsError::OutOfRange`] for what is not finite.
    pub fn new(mut units: Vec<UnitInfluence>) -> Result<Self, StatsError> {
        if units.is_empty() {
            return Err(StatsError::NoUnits);
        }
        units.iter().try_for_each(UnitInfluence::check)?;
        units.sort_by_key(|unit| unit.id);
        match units.windows(2).find(|pair| pair[0].id == pair[1].id) {
            None => Ok(Self { units }),
            Some(pair) => Err(StatsError::Duplicate { id: pair[0].id }),
        }
    }

    /// Returns the influences, ordered by id.
    #[must_use]
    pub fn units(&self) -> &[UnitInfluence] {
        &self.units
    }

    /// Returns the sum of all influences: 0 up to rounding for a ratio estimate.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.units.iter().map(UnitInfluence::total).sum()
    }

    /// Returns the variance of the estimate under Poisson or priority sampling in both phases.
    ///
    /// `sum (1-pi) phi^2 + pi (1-rho) gamma^2`, where `phi` is a unit's whole influence and `gamma` that of its gold. It
    /// estimates the same variance as the two phases of [`crate::stats::two_phase_difference`], and equals it for simple
    /// random samples.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let same = Coordination { sample: Prn::Shared, gold: Prn::Shared };
        self.covariance(self, same)
    }

    /// Returns the covariance of two estimates from coordinated samples.
    ///
    /// Over the units in both samples, `sum (1 - r) phi_a phi_b + r (1 - s) gamma_a gamma_b`, with
    /// `r = pi_a pi_b / pi_ab = max(pi_a, pi_b)` and `s` likewise of `rho` where draws share their permanent random
    /// numbers (`pi_ab = min(pi_a, pi_b)`), and 1 where they do not. Exact in expectation for Poisson samples. A unit that
    /// is the same on both days, with the same truth, makes it positive.
    ///
    /// # Source
    ///
    /// Brewer, Early & Joyce (1972), Austral. J. Stat. 14:231–239, and Ohlsson (1995), in Business Survey Methods, ch. 9,
    /// for permanent random numbers; Sarndal, Swensson & Wretman (1992), ch. 5, for linearisation.
    #[must_use]
    pub fn covariance(&self, other: &Self, coordination: Coordination) -> f64 {
        let (mut left, mut right) = (self.units.iter().peekable(), other.units.iter().peekable());
        let mut sum = 0.0;
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.id.cmp(&b.id) {
                std::cmp::Ordering::Less => _ = left.next(),
                std::cmp::Ordering::Greater => _ = right.next(),
                std::cmp::Ordering::Equal => {
                    sum += shared(a, b, coordination);
                    left.next();
                    right.next();
                }
            }
        }
        sum
    }

    /// Returns the influences on `scale * (this estimate + offset * its exposure)`, as a mean over days needs them.
    pub(crate) fn rescaled(&self, scale: f64, offset: f64) -> Self {
        let moved = |unit: &UnitInfluence| UnitInfluence {
            share: unit.share * scale,
            labels: (unit.labels + unit.share * offset) * scale,
            gold: unit.gold.map(|gold| GoldInfluence { value: gold.value * scale, ..gold }),
            ..*unit
        };
        Self { units: self.units.iter().map(moved).collect() }
    }
}

fn shared(a: &UnitInfluence, b: &UnitInfluence, coordination: Coordination) -> f64 {
    let r = coordination.sample.ratio(a.probability, b.probability);
    let gold = match (a.gold, b.gold) {
        (Some(a), Some(b)) => {
            let s = coordination.gold.ratio(a.probability, b.probability);
            r * (1.0 - s) * a.value * b.value
        }
        (Some(_) | None, _) => 0.0,
    };
    (1.0 - r) * a.total() * b.total() + gold
}
