//! The bootstrap: a statistic recomputed on units drawn again, seeded and on several threads.
//!
//! Every replicate has its own stream of random numbers, seeded by the seed and the replicate's number: the result
//! depends on neither the number of threads nor their timing.

mod exact;
mod paired;
mod replicates;

pub use exact::ExactBootstrap;
pub use exact::exact_bootstrap;
pub use paired::PairedScores;
pub use paired::paired_bootstrap;
pub use replicates::Replicates;

use crate::stats::StatsError;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use std::num::NonZeroUsize;

/// How many replicates a bootstrap takes, from which seed, on how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    seed: u64,
    replicates: u32,
    threads: NonZeroUsize,
}

impl Resampling {
    /// The least number of replicates whose tail quantiles are steady enough to print.
    pub const LEAST: u32 = 1_000;

    /// Checks the number of replicates.
    ///
    /// # Errors
    ///
    /// [`StatsError::TooFewDraws`] below [`Self::LEAST`].
    pub fn new(seed: u64, replicates: u32, threads: NonZeroUsize) -> Result<Self, StatsError> {
        if replicates < Self::LEAST {
            return Err(StatsError::TooFewDraws { asked: replicates, least: Self::LEAST });
        }
        Ok(Self { seed, replicates, threads })
    }
}

/// Returns the statistic on all units, and on as many units drawn with replacement, again and again.
///
/// `statistic` gets the numbers of the units, from 0 to `units - 1`, with repeats; it must not depend on their order. Assumes
/// that units are exchangeable: a simple random sample, or one whose weights the statistic takes along. Draw clusters, not
/// units, where units of a cluster are alike.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without units; the statistic's own error where it is undefined on all units or on any replicate:
/// leaving such replicates out would bias the interval.
///
/// # Source
///
/// Efron (1979), Ann. Stat. 7:1–26; Efron & Tibshirani (1993), An Introduction to the Bootstrap.
pub fn bootstrap<S>(
    units: usize,
    statistic: S,
    resampling: Resampling,
) -> Result<Replicates, StatsError>
where
    S: Fn(&[usize]) -> Result<f64, StatsError> + Sync,
{
    if units == 0 {
        return Err(StatsError::NoUnits);
    }
    let mut drawn: Vec<usize> = (0..units).collect();
    let estimate = statistic(&drawn)?;
    drawn.clear();
    let values = on_threads(resampling.replicates as usize, resampling.threads, |range| {
        let mut drawn = vec![0; units];
        range
            .map(|replicate| {
                draw(&mut drawn, stream(resampling.seed, replicate));
                statistic(&drawn)
            })
            .collect()
    })?;
    Replicates::new(estimate, values)
}

/// Returns the acceleration of the statistic, from leaving out each unit in turn: for [`Replicates::bias_corrected`].
///
/// Calls the statistic once a unit, so that the work grows with the square of the units.
///
/// # Errors
///
/// [`StatsError::NoUnits`] with fewer than two units; [`StatsError::Undefined`] where no unit changes the statistic; the
/// statistic's own error where it is undefined without some unit.
///
/// # Source
///
/// Efron (1987), JASA 82:171–185; Efron & Tibshirani (1993), section 14.3.
pub fn jackknife_acceleration<S>(
    units: usize,
    statistic: S,
    threads: NonZeroUsize,
) -> Result<f64, StatsError>
where
    S: Fn(&[usize]) -> Result<f64, StatsError> + Sync,
{
    let Some(others) = units.checked_sub(1).filter(|others| *others > 0) else {
        return Err(StatsError::NoUnits);
    };
    let values = on_threads(units, threads, |range| {
        let mut kept: Vec<usize> = (0..others).collect();
        range
            .map(|left_out| {
                if left_out < others {
                    kept[left_out] = others;
                }
                let value = statistic(&kept);
                if left_out < others {
                    kept[left_out] = left_out;
                }
                value
            })
            .collect()
    })?;
    acceleration(&values)
}

/// The acceleration from the statistic without each unit.
fn acceleration(without: &[f64]) -> Result<f64, StatsError> {
    let mean = without.iter().sum::<f64>() / without.len() as f64;
    let moment = |power: i32| without.iter().map(|value| (mean - value).powi(power)).sum::<f64>();
    let spread = moment(2);
    let rounding = f64::EPSILON * mean.abs() * without.len() as f64;
    if spread.sqrt() <= rounding {
        return Err(StatsError::Undefined {
            statistic: "the acceleration",
            reason: "no unit changes the statistic",
        });
    }
    Ok(moment(3) / (6.0 * spread.powf(1.5)))
}

/// Runs `work` over the parts of `0..count`, one a thread, and puts the results in order; the first error in order wins.
fn on_threads<W>(count: usize, threads: NonZeroUsize, work: W) -> Result<Vec<f64>, StatsError>
where
    W: Fn(std::ops::Range<usize>) -> Result<Vec<f64>, StatsError> + Sync,
{
    let size = count.div_ceil(threads.get()).max(1);
    let mut parts: Vec<_> = (0..count)
        .step_by(size)
        .map(|start| (start..(start + size).min(count), Ok(Vec::new())))
        .collect();
    std::thread::scope(|scope| {
        for (range, result) in &mut parts {
            let (work, range) = (&work, range.clone());
            scope.spawn(move || *result = work(range));
        }
    });
    let mut values = Vec::with_capacity(count);
    for (_, result) in parts {
        values.extend(result?);
    }
    Ok(values)
}

/// The random numbers of one replicate: seeds that lie apart for any two pairs of seed and number (SplitMix64's finalizer).
fn stream(seed: u64, replicate: usize) -> Pcg64 {
    let mut mixed = seed.wrapping_add((replicate as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Pcg64::seed_from_u64(mixed ^ (mixed >> 31))
}

/// Fills the slice with numbers below its length.
fn draw(units: &mut [usize], mut random: Pcg64) {
    let count = units.len() as u128;
    for unit in units {
        *unit = ((u128::from(random.next_u64()) * count) >> 64) as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64, threads: usize) -> Resampling {
        Resampling::new(seed, 2_000, NonZeroUsize::new(threads).unwrap()).unwrap()
    }

    fn mean(values: &[f64]) -> impl Fn(&[usize]) -> Result<f64, StatsError> + Sync {
        |units| Ok(units.iter().map(|unit| values[*unit]).sum::<f64>() / units.len() as f64)
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let values: Vec<f64> = (0..57).map(f64::from).collect();
        let one = bootstrap(57, mean(&values), plan(9, 1)).unwrap();
        for threads in [2, 3, 16] {
            assert_eq!(one, bootstrap(57, mean(&values), plan(9, threads)).unwrap(), "{threads}");
        }
        assert_ne!(one, bootstrap(57, mean(&values), plan(10, 1)).unwrap());
    }

    #[test]
    fn the_standard_error_of_a_mean_is_that_of_the_textbook() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let found = bootstrap(100, mean(&values), plan(9, 2)).unwrap();
        let expected = (9999.0f64 / 12.0 / 100.0).sqrt();
        assert!((found.std_error() / expected - 1.0).abs() < 0.05, "{}", found.std_error());
        assert!((found.estimate() - 49.5).abs() < 1e-12);
    }

    #[test]
    fn a_statistic_undefined_on_a_replicate_is_refused() {
        let needs_both = |units: &[usize]| match units.contains(&0) && units.contains(&1) {
            true => Ok(1.0),
            false => Err(StatsError::NoUnits),
        };
        assert_eq!(bootstrap(2, needs_both, plan(1, 2)), Err(StatsError::NoUnits));
        assert_eq!(bootstrap(0, |_| Ok(1.0), plan(1, 2)), Err(StatsError::NoUnits));
    }

    #[test]
    fn the_acceleration_of_a_mean_is_its_skewness_over_six_root_n() {
        let values = [0.0, 0.0, 1.0, 3.0, 9.0];
        let found = jackknife_acceleration(5, mean(&values), NonZeroUsize::MIN).unwrap();
        let moment = |power: i32| values.iter().map(|v| (v - 2.6f64).powi(power)).sum::<f64>();
        assert!((found - moment(3) / (6.0 * moment(2).powf(1.5))).abs() < 1e-12);
        let flat = jackknife_acceleration(5, mean(&[0.1; 5]), NonZeroUsize::MIN);
        assert!(matches!(flat, Err(StatsError::Undefined { .. })));
    }

    #[test]
    fn too_few_replicates_are_refused() {
        assert!(Resampling::new(1, 999, NonZeroUsize::MIN).is_err());
    }
}
