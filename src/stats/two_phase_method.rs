//! The intervals of the two-phase estimate by name: the default, and those that people may declare in its place.

use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::Draws;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::WeightedEvents;
use crate::stats::gamma_interval;
use crate::stats::gamma_mid_p;
use crate::stats::gold_only_across;
use crate::stats::logit_t;
use crate::stats::post_stratified_across;
use crate::stats::share::EffectiveSize;
use crate::stats::two_phase_interval_across;

/// Above this share the gamma intervals, made for rare events, are too wide to be of use.
const RARE: f64 = 0.2;

/// How the interval of [`crate::stats::post_stratified`] is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TwoPhaseMethod {
    /// Beta draws of each cell at its effective size, melded (C5): the default.
    #[default]
    KgMeld,
    /// Weighted gamma with a pseudo-event of the average weight (Tiwari, Clegg & Zou 2006).
    GammaTiwari,
    /// Weighted gamma with a pseudo-event of the largest weight: never short, often wide (Fay & Feuer 1997).
    GammaFayFeuer,
    /// Weighted gamma by mid-p: the level on average (Fay & Kim 2017).
    GammaMidP,
    /// Symmetric on the logit scale, from the design variance: short where gold missed the few that matter.
    Logit,
}

impl TwoPhaseMethod {
    /// All of them, the default first.
    pub const ALL: [Self; 5] =
        [Self::KgMeld, Self::GammaTiwari, Self::GammaFayFeuer, Self::GammaMidP, Self::Logit];

    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KgMeld => Method::KgMeld.name(),
            Self::GammaTiwari => Method::GammaTiwari.name(),
            Self::GammaFayFeuer => Method::GammaFayFeuer.name(),
            Self::GammaMidP => Method::GammaMidP.name(),
            Self::Logit => Method::LogitT.name(),
        }
    }

    /// Returns the method of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Returns the interval.
    ///
    /// # Errors
    ///
    /// As [`crate::stats::post_stratified`]; [`StatsError::Undefined`] for a gamma interval of a share above 20 %, and for the
    /// logit interval of a share of 0 or 1.
    pub fn interval(
        self,
        cells: &[CellSums],
        crossing: &Crossing,
        level: Level,
        draws: Draws,
    ) -> Result<Interval, StatsError> {
        self.interval_by_design(cells, (crossing, 1.0), level, draws)
    }

    /// Returns the interval where the whole variance is `by_design` times as large as under independent inclusions, above 0.
    ///
    /// # Errors
    ///
    /// As [`Self::interval`].
    pub fn interval_by_design(
        self,
        cells: &[CellSums],
        (crossing, by_design): (&Crossing, f64),
        level: Level,
        draws: Draws,
    ) -> Result<Interval, StatsError> {
        let events = |pseudo| self.events(cells, (crossing, by_design), pseudo);
        match self {
            Self::KgMeld => two_phase_interval_across(cells, (crossing, by_design), level, draws),
            Self::GammaTiwari => Ok(gamma_interval(&events(Pseudo::Average)?, level)),
            Self::GammaFayFeuer => Ok(gamma_interval(&events(Pseudo::Largest)?, level)),
            Self::GammaMidP => Ok(gamma_mid_p(&events(Pseudo::Largest)?, level)),
            Self::Logit => {
                logit_t(&share(cells, crossing)?.scaled(by_design), f64::INFINITY, level)
            }
        }
    }

    /// Returns the estimate as a sum over gold positives, each standing for its calibrated share of the exposure.
    fn events(
        self,
        cells: &[CellSums],
        (crossing, by_design): (&Crossing, f64),
        pseudo: Pseudo,
    ) -> Result<WeightedEvents, StatsError> {
        let estimate = post_stratified_across(cells, crossing)?;
        if estimate.value > RARE {
            let reason = "it is made for rare events, and the share is above 20 %; use kg_meld";
            return Err(StatsError::Undefined { statistic: self.name(), reason });
        }
        let total: f64 = cells.iter().map(|cell| cell.labeled.weight).sum();
        let scale = |cell: &CellSums| cell.labeled.weight / cell.gold().weight / total;
        let with_gold = || cells.iter().filter(|cell| cell.gold().count > 0);
        let variance = with_gold().map(|cell| scale(cell).powi(2) * cell.positives.error);
        let largest = with_gold().map(|cell| scale(cell) * cell.gold().largest);
        let gold: u64 = cells.iter().map(|cell| cell.gold().count).sum();
        let pseudo = match pseudo {
            Pseudo::Average => 1.0 / gold as f64,
            Pseudo::Largest => largest.fold(0.0, f64::max).min(1.0),
        };
        // the positives' variance is at least that of the estimate where cells' sizes vary too
        let variance = by_design * variance.sum::<f64>().max(estimate.variance());
        WeightedEvents::of_moments(estimate.value, variance, (pseudo, self.method()))
    }

    fn method(self) -> Method {
        match self {
            Self::KgMeld => Method::KgMeld,
            Self::GammaTiwari => Method::GammaTiwari,
            Self::GammaFayFeuer => Method::GammaFayFeuer,
            Self::GammaMidP => Method::GammaMidP,
            Self::Logit => Method::LogitT,
        }
    }
}

/// The weight of the event that might have been seen besides.
#[derive(Clone, Copy)]
enum Pseudo {
    Average,
    Largest,
}

fn share(cells: &[CellSums], crossing: &Crossing) -> Result<Share, StatsError> {
    let estimate = post_stratified_across(cells, crossing)?;
    let gold = gold_only_across(cells, crossing)?;
    let size = if estimate.value * (1.0 - estimate.value) > 0.0 && estimate.variance() > 0.0 {
        EffectiveSize::of_share(estimate.value, estimate.variance())
    } else {
        gold.size
    };
    Ok(Share { value: estimate.value, variance: estimate.variance(), size, ..gold })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::GoldWeight;
    use crate::stats::PositiveShare;
    use crate::stats::PseudoEvent;
    use crate::stats::Truth;
    use crate::stats::Weight;

    /// A cell of `n` equal units of a large population, `gold` of them with gold, `positive` of these positive.
    fn cell(n: u64, gold: u64, positive: u64) -> CellSums {
        let weight = Weight::new(1.0, 1e-9).unwrap();
        let mut sums = CellSums::default();
        (0..n).for_each(|_| sums.add_unit(weight));
        for i in 0..gold {
            let truth = if i < positive { Truth::Positive } else { Truth::Negative };
            sums.add_gold(GoldWeight::new(weight, gold as f64 / n as f64).unwrap(), truth);
        }
        sums
    }

    fn interval(method: TwoPhaseMethod, cells: &[CellSums]) -> Result<Interval, StatsError> {
        method.interval(cells, &Crossing::default(), Level::new(0.95).unwrap(), Draws::least(1))
    }

    #[test]
    fn of_one_cell_the_gamma_interval_is_that_of_its_gold() {
        let found = interval(TwoPhaseMethod::GammaTiwari, &[cell(5000, 400, 6)]).unwrap();
        let share = PositiveShare::new(1.0 / 400.0, 1e-12).unwrap();
        let events = WeightedEvents::of(&[share; 6], PseudoEvent::Average { gold: 400 }).unwrap();
        let expected = gamma_interval(&events, Level::new(0.95).unwrap());
        assert!((found.low - expected.low).abs() < 1e-9, "{found:?} {expected:?}");
        assert!((found.high - expected.high).abs() < 1e-9, "{found:?} {expected:?}");
    }

    #[test]
    fn the_largest_weight_gives_the_longest_upper_limit_and_every_method_holds_the_estimate() {
        let cells = [cell(200, 150, 90), cell(9800, 300, 1)];
        let value = post_stratified_across(&cells, &Crossing::default()).unwrap().value;
        let high = |method| interval(method, &cells).unwrap().high;
        assert!(high(TwoPhaseMethod::GammaTiwari) < high(TwoPhaseMethod::GammaFayFeuer));
        assert!(high(TwoPhaseMethod::GammaMidP) < high(TwoPhaseMethod::GammaFayFeuer));
        for method in TwoPhaseMethod::ALL {
            let found = interval(method, &cells).unwrap();
            assert!(found.low < value && value < found.high, "{}: {found:?}", method.name());
            assert_eq!(found.method.name(), method.name());
        }
    }

    #[test]
    fn a_gamma_interval_of_a_common_share_is_refused() {
        let refused = interval(TwoPhaseMethod::GammaTiwari, &[cell(100, 50, 20)]).unwrap_err();
        assert!(refused.to_string().contains("kg_meld"), "{refused}");
    }
}
