//! Change between two days, and means over several, when days share units or gold.

mod ratio;

pub use ratio::DayWithLimit;
pub use ratio::ratio_of_days;

use crate::stats::Coordination;
use crate::stats::Estimate;
use crate::stats::Prn;
use crate::stats::SampleInfluence;
use crate::stats::StatsError;

/// How far below 0 rounding may push a variance, as a part of the variances it is made of.
const ROUNDING: f64 = 1e-9;

/// The estimate of one day (or any other period) with all that its covariance with another needs.
#[derive(Debug, Clone, PartialEq)]
pub struct DayEstimate {
    /// The estimate.
    pub value: f64,
    /// The exposure of the day, estimated or known.
    pub exposure: f64,
    /// The influence of the units sampled that day.
    pub sample: SampleInfluence,
    /// The influence of gold that other days use as well and that is no part of the day's sample: error rates carried
    /// over, or pooled cell means.
    pub calibration: Option<SampleInfluence>,
}

/// The change from one day to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The later value less the earlier one, with the variance `V_a + V_b - 2 C`.
    pub difference: Estimate,
    /// The covariance `C` of the two estimates due to units that both days sampled.
    pub from_units: f64,
    /// The covariance due to gold that both days use.
    pub from_gold: f64,
}

/// Two days to compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoDays<T> {
    /// The earlier day.
    pub earlier: T,
    /// The later day.
    pub later: T,
}

/// Whether the exposure of days is known or comes from their samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowExposure {
    /// Each day's exposure is known, as from logs.
    Known,
    /// Each day's exposure is the sum of its sample's weights and varies with the sample.
    Estimated,
}

impl DayEstimate {
    /// Returns the value with its variance: that of its sample and that of its calibration.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let gold = self.calibration.as_ref().map_or(0.0, SampleInfluence::variance);
        Estimate { value: self.value, variance: self.sample.variance() + gold }
    }

    fn covariance_by_gold(&self, other: &Self) -> f64 {
        const SAME_GOLD: Coordination = Coordination { sample: Prn::Shared, gold: Prn::Shared };
        match (&self.calibration, &other.calibration) {
            (Some(a), Some(b)) => a.covariance(b, SAME_GOLD),
            (Some(_) | None, _) => 0.0,
        }
    }

    fn check(&self) -> Result<(), StatsError> {
        if !self.value.is_finite() {
            return Err(StatsError::OutOfRange { what: "a finite estimate", value: self.value });
        }
        if self.exposure > 0.0 && self.exposure.is_finite() {
            return Ok(());
        }
        Err(StatsError::NotAnExposure(self.exposure))
    }
}

/// Returns the change between two days.
///
/// `later - earlier` with `V = V_a + V_b - 2 C`; `C` has a part from units that both samples hold
/// ([`SampleInfluence::covariance`]) and a part from gold that both days use, over which most of the calibration's error cancels.
/// Without shared random numbers and without shared gold, `C` is 0. The least change such days can show is
/// [`crate::stats::detectable_change`]. Assumes that both days measure the same thing: a change
/// of the human standard breaks the series, and no covariance mends that.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] and [`StatsError::NotAnExposure`] for days that are no estimates; [`StatsError::Undefined`]
/// where the estimated variance is below 0, as it can be with very few units.
///
/// # Source
///
/// Nordberg (2000), J. Off. Stat. 16:363–378, for change between coordinated samples.
pub fn change_between(
    days: TwoDays<&DayEstimate>,
    drawn: Coordination,
) -> Result<Change, StatsError> {
    let (earlier, later) = (days.earlier, days.later);
    earlier.check()?;
    later.check()?;
    let from_units = earlier.sample.covariance(&later.sample, drawn);
    let from_gold = earlier.covariance_by_gold(later);
    let (a, b) = (earlier.estimate(), later.estimate());
    let apart = a.variance + b.variance;
    let variance = not_negative(apart - 2.0 * (from_units + from_gold), apart)?;
    let difference = Estimate { value: b.value - a.value, variance };
    Ok(Change { difference, from_units, from_gold })
}

/// Returns the mean over several days, weighted by their exposure.
///
/// `theta = sum T_d theta_d / sum T_d`, with the covariance of every two days: units and gold that days share make the mean
/// less precise than independent days would. Estimated exposures bring their own error, by a ratio's linearisation.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without days; otherwise as [`change_between`].
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), ch. 5, for the combined ratio.
pub fn pooled_window(
    days: &[DayEstimate],
    exposure: WindowExposure,
    drawn: Coordination,
) -> Result<Estimate, StatsError> {
    days.iter().try_for_each(DayEstimate::check)?;
    let total: f64 = days.iter().map(|day| day.exposure).sum();
    if days.is_empty() {
        return Err(StatsError::NoUnits);
    }
    let value = days.iter().map(|day| day.exposure / total * day.value).sum();
    let parts: Vec<DayEstimate> = days
        .iter()
        .map(|day| {
            let scale = day.exposure / total;
            let offset = match exposure {
                WindowExposure::Known => 0.0,
                WindowExposure::Estimated => day.value - value,
            };
            let calibration = day.calibration.as_ref().map(|gold| gold.rescaled(scale, 0.0));
            let sample = day.sample.rescaled(scale, offset);
            DayEstimate { sample, calibration, ..*day }
        })
        .collect();
    let own: f64 = parts.iter().map(|day| day.estimate().variance).sum();
    let mut variance = own;
    for (index, day) in parts.iter().enumerate() {
        for other in &parts[..index] {
            let shared = day.sample.covariance(&other.sample, drawn);
            variance += 2.0 * (shared + day.covariance_by_gold(other));
        }
    }
    Ok(Estimate { value, variance: not_negative(variance, own)? })
}

/// Returns the variance, 0 where it is below 0 by no more than rounding of numbers of this size.
fn not_negative(variance: f64, size: f64) -> Result<f64, StatsError> {
    if variance >= -ROUNDING * size {
        return Ok(variance.max(0.0));
    }
    let reason =
        "the samples are too small: the covariance of the days came out above their variances";
    Err(StatsError::Undefined { statistic: "the variance over days", reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::GoldTruth;
    use crate::stats::LabeledUnit;
    use crate::stats::UnitInfluence;
    use crate::stats::Weight;
    use crate::stats::two_phase_difference;
    use rand::RngExt as _;
    use rand::SeedableRng as _;
    use rand_pcg::Pcg64;

    const SHARED: Coordination = Coordination { sample: Prn::Shared, gold: Prn::Shared };
    const SEPARATE: Coordination = Coordination { sample: Prn::Separate, gold: Prn::Separate };

    /// A unit with its exposure, truth and label on either day, as probabilities of a sample give them.
    struct Evergreen {
        exposure: [f64; 2],
        truth: [bool; 2],
        flagged: bool,
    }

    fn population(size: usize, rng: &mut Pcg64) -> Vec<Evergreen> {
        let one = |rng: &mut Pcg64| {
            let truth = rng.random_bool(0.3);
            let changed = rng.random_bool(0.1);
            let exposure = 1.0 + 4.0 * rng.random::<f64>();
            Evergreen {
                exposure: [exposure, exposure * (0.5 + rng.random::<f64>())],
                truth: [truth, truth != changed],
                flagged: truth != rng.random_bool(0.15),
            }
        };
        (0..size).map(|_| one(rng)).collect()
    }

    /// One day's estimate from Poisson samples with the given random numbers.
    fn day(population: &[Evergreen], which: usize, numbers: [&[f64]; 2]) -> DayEstimate {
        let mut units = Vec::new();
        for (id, unit) in population.iter().enumerate() {
            let pi = (0.12 * unit.exposure[which]).min(0.9);
            let rho = if unit.flagged { 0.7 } else { 0.4 };
            if numbers[0][id] >= pi {
                continue;
            }
            let truth = f64::from(u8::from(unit.truth[which]));
            let gold = (numbers[1][id] < rho).then_some(GoldTruth { probability: rho, truth });
            let weight = Weight::new(unit.exposure[which], pi).unwrap();
            let cell = usize::from(unit.flagged);
            units.push(LabeledUnit { id: id as u64, weight, cell, prediction: 0.0, gold });
        }
        let exposure = units.iter().map(|unit| unit.weight.value()).sum();
        let got = two_phase_difference(&units).unwrap();
        DayEstimate { value: got.value, exposure, sample: got.influence, calibration: None }
    }

    #[test]
    fn the_covariance_of_coordinated_days_is_the_one_that_simulation_shows() {
        const RUNS: usize = 600;
        let mut rng = Pcg64::seed_from_u64(20);
        let population = population(400, &mut rng);
        let (mut values, mut expected, mut windows) = (Vec::new(), 0.0, (Vec::new(), 0.0));
        for _ in 0..RUNS {
            let numbers: [Vec<f64>; 2] =
                [0, 1].map(|_| population.iter().map(|_| rng.random::<f64>()).collect());
            let numbers = [&numbers[0][..], &numbers[1][..]];
            let days = [0, 1].map(|which| day(&population, which, numbers));
            let pair = TwoDays { earlier: &days[0], later: &days[1] };
            let got = change_between(pair, SHARED).unwrap();
            values.push(got.difference.value);
            expected += got.difference.variance / RUNS as f64;
            let window = pooled_window(&days, WindowExposure::Estimated, SHARED).unwrap();
            windows.0.push(window.value);
            windows.1 += window.variance / RUNS as f64;
        }
        let variance = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / RUNS as f64;
            values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (RUNS as f64 - 1.0)
        };
        let (seen, window) = (variance(&values), variance(&windows.0));
        assert!((expected / seen - 1.0).abs() < 0.2, "difference {expected} {seen}");
        assert!((windows.1 / window - 1.0).abs() < 0.2, "window {} {window}", windows.1);
        assert!(
            4.0 * window > 1.2 * seen,
            "shared units make the mean less precise than the change"
        );
    }

    fn influence(values: &[(u64, f64, f64)]) -> SampleInfluence {
        let unit = |(id, probability, labels): &(u64, f64, f64)| UnitInfluence {
            id: *id,
            probability: *probability,
            share: 0.1,
            labels: *labels,
            gold: None,
        };
        SampleInfluence::new(values.iter().map(unit).collect()).unwrap()
    }

    fn estimate(value: f64, sample: &[(u64, f64, f64)], gold: &[(u64, f64, f64)]) -> DayEstimate {
        let calibration = (!gold.is_empty()).then(|| influence(gold));
        DayEstimate { value, exposure: 2.0, sample: influence(sample), calibration }
    }

    #[test]
    fn units_and_gold_that_days_share_make_change_precise_and_means_imprecise() {
        let gold = [(9, 0.5, 0.02)];
        let a = estimate(0.2, &[(1, 0.5, 0.1), (2, 0.25, -0.1)], &gold);
        let b = estimate(0.3, &[(2, 0.5, -0.2), (3, 0.5, 0.2)], &gold);
        let pair = TwoDays { earlier: &a, later: &b };
        let shared = change_between(pair, SHARED).unwrap();
        // (1 - .5)(.1)(.2) over unit 2, (1 - .5)(.02)^2 over the gold
        assert!(
            (shared.from_units - 0.01).abs() < 1e-12 && (shared.from_gold - 2e-4).abs() < 1e-12
        );
        let apart = a.estimate().variance + b.estimate().variance;
        assert!((shared.difference.variance - (apart - 2.0 * 0.0102)).abs() < 1e-12);
        assert!((shared.difference.value - 0.1).abs() < 1e-12);
        let separate = change_between(pair, SEPARATE).unwrap();
        assert!(separate.from_units.abs() < 1e-12 && (separate.from_gold - 2e-4).abs() < 1e-12);
        let days = [a.clone(), b.clone()];
        let window = pooled_window(&days, WindowExposure::Known, SHARED).unwrap();
        assert!((window.value - 0.25).abs() < 1e-12);
        assert!((window.variance - (apart + 2.0 * 0.0102) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_day_compared_with_itself_has_no_change_and_no_variance() {
        let day = estimate(0.2, &[(1, 0.5, 0.1), (2, 0.25, -0.1)], &[(9, 0.5, 0.02)]);
        let same = change_between(TwoDays { earlier: &day, later: &day }, SHARED).unwrap();
        assert!(same.difference.value.abs() < 1e-12 && same.difference.variance.abs() < 1e-12);
    }

    #[test]
    fn days_that_are_no_estimates_are_refused() {
        let day = |value, exposure| DayEstimate {
            value,
            exposure,
            ..estimate(0.1, &[(1, 0.5, 0.1)], &[])
        };
        assert_eq!(pooled_window(&[], WindowExposure::Known, SHARED), Err(StatsError::NoUnits));
        for bad in [day(f64::NAN, 1.0), day(0.1, 0.0), day(0.1, f64::INFINITY)] {
            let good = day(0.1, 1.0);
            assert!(change_between(TwoDays { earlier: &good, later: &bad }, SHARED).is_err());
            assert!(pooled_window(&[bad], WindowExposure::Known, SHARED).is_err());
        }
        let twice = SampleInfluence::new(vec![good_unit(), good_unit()]);
        assert_eq!(twice, Err(StatsError::Duplicate { id: 1 }));
        assert!(
            SampleInfluence::new(vec![UnitInfluence { probability: 0.0, ..good_unit() }]).is_err()
        );
        assert!(
            SampleInfluence::new(vec![UnitInfluence { labels: f64::NAN, ..good_unit() }]).is_err()
        );
    }

    fn good_unit() -> UnitInfluence {
        UnitInfluence { id: 1, probability: 0.5, share: 0.1, labels: 0.1, gold: None }
    }
}
