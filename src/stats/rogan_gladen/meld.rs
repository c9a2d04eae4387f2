//! Bayer, Fay and Graubard's melded interval for a corrected prevalence of a weighted sample.

use crate::stats::Accuracy;
use crate::stats::Draws;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Proportion;
use crate::stats::StatsError;
use crate::stats::WeightedEvents;
use crate::stats::draws::Generator;
use crate::stats::draws::sorted_quantile;
use crate::stats::interval::Confidence;

/// How the limits of the apparent prevalence are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ApparentMeld {
    /// Beta, at Korn and Graubard's effective size: near the level.
    Binomial(Proportion),
    /// Weighted gamma over the units labeled positive: at least the level in every setting the authors tried, if
    /// the pseudo-event has the largest weight. For rare labels.
    Poisson(WeightedEvents),
}

/// Which limit of a rate.
#[derive(Debug, Clone, Copy)]
enum Side {
    Lower,
    Upper,
}

/// Returns the melded interval of the corrected prevalence `g(q, fpr, se)`.
///
/// `g` is 0 for `q < fpr`, 1 for `q > se`, and `(q - fpr) / (se - fpr)` between. The lower limit is the `alpha/2` quantile of
/// `g` over draws of the lower limit of `q` and the upper limits of `fpr = 1 - sp` and `se`; the upper limit mirrors it. A draw
/// with `fpr >= se` says nothing and counts as 0 for the lower limit and 1 for the upper. Assumes that the sample and the two
/// gold samples are independent and that the error rates hold in the sample (label shift only).
///
/// # Errors
///
/// [`StatsError::Uninformative`] unless J is above 0; [`StatsError::NotAProportion`] for an apparent prevalence above 1.
///
/// # Source
///
/// Bayer, Fay & Graubard (2023), Stat. Med.; R package asht, `WprevSeSp`.
pub fn bfg_meld(
    apparent: ApparentMeld,
    labeler: Accuracy,
    level: Level,
    draws: Draws,
) -> Result<Interval, StatsError> {
    if labeler.youden() <= 0.0 {
        return Err(StatsError::Uninformative { youden: labeler.youden(), low: labeler.youden() });
    }
    let (value, method) = match apparent {
        ApparentMeld::Binomial(share) => (share.value(), Method::BfgBinomial),
        ApparentMeld::Poisson(events) => (events.estimate().min(1.0), Method::BfgPoisson),
    };
    let alarm = Proportion::new(1.0 - labeler.specificity.value(), labeler.specificity.size())?;
    let hit = labeler.sensitivity;
    let estimate = corrected(value, alarm.value(), hit.value()).unwrap_or(0.0);
    let mut generator = draws.generator();
    let mut quantile = |side: Side, part: f64| {
        let mut drawn: Vec<f64> = (0..draws.count())
            .map(|_| {
                let q = apparent.draw(side, &mut generator);
                let alarm = beta_limit(alarm, side.other(), &mut generator);
                let hit = beta_limit(hit, side.other(), &mut generator);
                corrected(q, alarm, hit).unwrap_or(side.extreme())
            })
            .collect();
        drawn.sort_unstable_by(f64::total_cmp);
        sorted_quantile(&drawn, part).ok_or(StatsError::NoUnits)
    };
    Ok(Interval {
        low: quantile(Side::Lower, level.tail())?.min(estimate),
        high: quantile(Side::Upper, 1.0 - level.tail())?.max(estimate),
        method,
    })
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }

    fn extreme(self) -> f64 {
        match self {
            Self::Lower => 0.0,
            Self::Upper => 1.0,
        }
    }
}

impl ApparentMeld {
    fn draw(self, side: Side, generator: &mut Generator) -> f64 {
        let limits = match (self, side) {
            (Self::Binomial(share), _) => return beta_limit(share, side, generator),
            (Self::Poisson(events), Side::Lower) => events.lower(),
            (Self::Poisson(events), Side::Upper) => events.upper(),
        };
        match limits {
            Confidence::Point(value) => value,
            Confidence::Gamma(gamma) => gamma.scale * generator.gamma(gamma.shape),
        }
    }
}

fn beta_limit(rate: Proportion, side: Side, generator: &mut Generator) -> f64 {
    let (hits, misses) = (rate.value() * rate.size(), (1.0 - rate.value()) * rate.size());
    match side {
        Side::Lower if hits <= 0.0 => 0.0,
        Side::Lower => generator.beta(hits, misses + 1.0),
        Side::Upper if misses <= 0.0 => 1.0,
        Side::Upper => generator.beta(hits + 1.0, misses),
    }
}

/// The corrected prevalence in `[0, 1]`, unless the labeler says nothing.
fn corrected(apparent: f64, alarm: f64, hit: f64) -> Option<f64> {
    (alarm < hit).then(|| ((apparent - alarm) / (hit - alarm)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::KnownAccuracy;
    use crate::stats::PositiveShare;
    use crate::stats::PseudoEvent;
    use crate::stats::Rate;
    use crate::stats::clopper_pearson;
    use crate::stats::gamma_interval;
    use crate::stats::lang_reiczigel;

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    fn rate(successes: u64, trials: u64) -> Proportion {
        Rate::new(successes, trials).unwrap().into()
    }

    fn meld(apparent: ApparentMeld, labeler: Accuracy) -> Interval {
        bfg_meld(apparent, labeler, level(), Draws::new(3, 50_000).unwrap()).unwrap()
    }

    fn sure() -> (KnownAccuracy, Accuracy) {
        let known = KnownAccuracy { sensitivity: 0.9, specificity: 0.95 };
        let of = |value: f64| Proportion::new(value, 1e9).unwrap();
        (known, Accuracy { sensitivity: of(0.9), specificity: of(0.95) })
    }

    #[test]
    fn with_known_rates_it_maps_the_limits_of_the_apparent_prevalence() {
        let (known, labeler) = sure();
        let melded = meld(ApparentMeld::Binomial(rate(90, 500)), labeler);
        let exact = clopper_pearson(Rate::new(90, 500).unwrap(), level());
        let expected = known.correct_interval(exact).unwrap();
        assert!((melded.low - expected.low).abs() < 0.002, "{melded:?} {expected:?}");
        assert!((melded.high - expected.high).abs() < 0.002, "{melded:?} {expected:?}");
    }

    #[test]
    fn with_known_rates_the_poisson_form_maps_the_gamma_limits() {
        let (known, labeler) = sure();
        let unit = PositiveShare::new(0.002, 1e-9).unwrap();
        let events = WeightedEvents::of(&[unit; 40], PseudoEvent::Largest(0.006)).unwrap();
        let melded = meld(ApparentMeld::Poisson(events), labeler);
        let expected = known.correct_interval(gamma_interval(&events, level())).unwrap();
        assert!((melded.low - expected.low).abs() < 0.002, "{melded:?} {expected:?}");
        assert!((melded.high - expected.high).abs() < 0.002, "{melded:?} {expected:?}");
        assert_eq!(melded.method, Method::BfgPoisson);
    }

    #[test]
    fn on_the_published_example_it_is_close_to_lang_and_reiczigel() {
        let labeler = Accuracy { sensitivity: rate(178, 179), specificity: rate(358, 359) };
        let melded = meld(ApparentMeld::Binomial(rate(4060, 11_284)), labeler);
        let other = lang_reiczigel(rate(4060, 11_284), labeler, level()).unwrap();
        assert!((melded.low - other.low).abs() < 0.006, "{melded:?} {other:?}");
        assert!((melded.high - other.high).abs() < 0.006, "{melded:?} {other:?}");
    }

    #[test]
    fn nothing_labeled_positive_leaves_an_upper_limit() {
        let labeler = Accuracy { sensitivity: rate(32, 33), specificity: rate(20, 20) };
        let melded = meld(ApparentMeld::Binomial(rate(0, 300)), labeler);
        assert!(
            melded.low.abs() < 1e-300 && 0.009 < melded.high && melded.high < 0.02,
            "{melded:?}"
        );
    }

    #[test]
    fn a_labeler_at_chance_is_refused() {
        let labeler = Accuracy { sensitivity: rate(1, 2), specificity: rate(1, 2) };
        let refused =
            bfg_meld(ApparentMeld::Binomial(rate(1, 9)), labeler, level(), Draws::least(1));
        assert!(matches!(refused, Err(StatsError::Uninformative { .. })));
    }
}
