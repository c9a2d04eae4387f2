//! Which units are drawn, given their inclusion probabilities and their random numbers.
//!
//! These are the formulas on slices; the samplers of real frames stream and keep permanent random numbers.

use crate::stats::StatsError;

/// Below this a unit is never drawn, above its complement always.
const EDGE: f64 = 1e-6;

/// Units to draw from: one target inclusion probability and one random number in (0, 1) each.
#[derive(Debug, Clone, Copy)]
pub struct RankedUnits<'a> {
    /// The target inclusion probability, in `[0, 1]`.
    pub targets: &'a [f64],
    /// The random number.
    pub numbers: &'a [f64],
}

/// How random numbers and targets make the key by which units are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKey {
    /// `u (1-p) / ((1-u) p)`: inclusion probabilities closest to the targets.
    Pareto,
    /// `u / p`: sequential Poisson sampling; the order of priority sampling.
    SequentialPoisson,
    /// `ln(1-u) / ln(1-p)`: successive sampling, what weighted reservoirs do with `-ln(u)/w`.
    Exponential,
}

/// Returns the units of a Poisson sample: those with `u < pi`.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`], [`StatsError::NotAProbability`], [`StatsError::OutOfRange`] for a random number outside
/// (0, 1).
///
/// # Source
///
/// Hajek (1964), Ann. Math. Stat. 35:1491–1523.
pub fn poisson_selection(units: RankedUnits<'_>) -> Result<Vec<usize>, StatsError> {
    units.check()?;
    let drawn = |unit: &usize| units.numbers[*unit] < units.targets[*unit];
    Ok((0..units.targets.len()).filter(drawn).collect())
}

/// Returns the units of a systematic sample: those in whose stretch of the cumulated probabilities a point
/// `start + 0, 1, 2, …` falls. The order of the units matters.
///
/// # Errors
///
/// [`StatsError::NotAProbability`], [`StatsError::OutOfRange`] for a start outside (0, 1).
///
/// # Source
///
/// Madow (1949), Ann. Math. Stat. 20:333–354.
pub fn systematic_selection(targets: &[f64], start: f64) -> Result<Vec<usize>, StatsError> {
    check_targets(targets)?;
    check_number(start)?;
    let (mut drawn, mut way) = (Vec::new(), 0.0_f64);
    for (unit, target) in targets.iter().enumerate() {
        let before = (way - start).rem_euclid(1.0);
        let between = EDGE < *target && *target < 1.0 - EDGE;
        if between {
            way += target;
        }
        if *target >= 1.0 - EDGE || between && before > (way - start).rem_euclid(1.0) {
            drawn.push(unit);
        }
    }
    Ok(drawn)
}

/// Returns the key of each unit; the smallest are drawn. A target of 1 has key 0, a target of 0 an infinite one.
///
/// # Errors
///
/// As [`poisson_selection`].
///
/// # Source
///
/// Rosen (1997), J. Stat. Plan. Inference 62:135–158; Ohlsson (1998), J. Off. Stat. 14:149–162.
pub fn order_keys(units: RankedUnits<'_>, key: OrderKey) -> Result<Vec<f64>, StatsError> {
    units.check()?;
    let of = |(u, p): (&f64, &f64)| match key {
        _ if *p >= 1.0 => 0.0,
        _ if *p <= 0.0 => f64::INFINITY,
        OrderKey::Pareto => u * (1.0 - p) / ((1.0 - u) * p),
        OrderKey::SequentialPoisson => u / p,
        OrderKey::Exponential => (-u).ln_1p() / (-p).ln_1p(),
    };
    Ok(units.numbers.iter().zip(units.targets).map(of).collect())
}

/// Returns the `n` units with the smallest keys, in the order of the frame; ties go to the first.
///
/// # Errors
///
/// As [`poisson_selection`]; [`StatsError::OutOfRange`] for more units than have a target above 0.
///
/// # Source
///
/// Rosen (1997), J. Stat. Plan. Inference 62:135–158; Saavedra (1995) for Pareto's key.
pub fn order_selection(
    units: RankedUnits<'_>,
    key: OrderKey,
    n: usize,
) -> Result<Vec<usize>, StatsError> {
    let keys = order_keys(units, key)?;
    let mut order: Vec<usize> = (0..keys.len()).filter(|unit| keys[*unit].is_finite()).collect();
    if order.len() < n {
        return Err(StatsError::OutOfRange {
            what: "a sample size within the units that can be drawn",
            value: n as f64,
        });
    }
    order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b]).then(a.cmp(b)));
    order.truncate(n);
    order.sort_unstable();
    Ok(order)
}

impl RankedUnits<'_> {
    fn check(&self) -> Result<(), StatsError> {
        if self.targets.len() != self.numbers.len() {
            let (left, right) = (self.targets.len(), self.numbers.len());
            return Err(StatsError::LengthsDiffer { left, right });
        }
        check_targets(self.targets)?;
        self.numbers.iter().try_for_each(|number| check_number(*number))
    }
}

fn check_targets(targets: &[f64]) -> Result<(), StatsError> {
    match targets.iter().find(|target| !(0.0..=1.0).contains(*target)) {
        Some(target) => Err(StatsError::NotAProbability(*target)),
        None => Ok(()),
    }
}

fn check_number(number: f64) -> Result<(), StatsError> {
    if number > 0.0 && number < 1.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange {
            what: "a random number strictly between 0 and 1",
            value: number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::plan::inclusion_probabilities;

    const TENTHS: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    #[test]
    fn random_numbers_decide_among_equal_units_and_turning_them_coordinates() {
        // As in the tests of the R package sps.
        let draw = |numbers: &[f64]| {
            let targets = [5.0 / 9.0; 9];
            order_selection(RankedUnits { targets: &targets, numbers }, OrderKey::Pareto, 5)
                .unwrap()
        };
        assert_eq!(draw(&TENTHS), [0, 1, 2, 3, 4]);
        let turned = TENTHS.map(|u| (u - 0.49_f64).rem_euclid(1.0));
        assert_eq!(draw(&turned), [4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_larger_sample_keeps_the_smaller_one() {
        let sizes: Vec<f64> = (1..=12).map(f64::from).collect();
        let numbers: Vec<f64> =
            (1..=12).map(|i| (f64::from(i) * 0.618_033_988_75).fract()).collect();
        let draw = |n: usize| {
            let targets = inclusion_probabilities(&sizes, n as f64).unwrap();
            let units = RankedUnits { targets: &targets, numbers: &numbers };
            order_selection(units, OrderKey::SequentialPoisson, n).unwrap()
        };
        for n in 1..12 {
            let larger = draw(n + 1);
            assert!(draw(n).iter().all(|unit| larger.contains(unit)), "{n}");
        }
    }

    #[test]
    fn ties_go_to_the_first_and_targets_of_one_and_zero_are_kept() {
        let units = RankedUnits {
            targets: &[0.5, 1.0, 0.5, 0.0, 0.5],
            numbers: &[0.3, 0.99, 0.3, 0.01, 0.3],
        };
        for key in [OrderKey::Pareto, OrderKey::SequentialPoisson, OrderKey::Exponential] {
            assert_eq!(order_selection(units, key, 2).unwrap(), [0, 1], "{key:?}");
            assert!(order_selection(units, key, 5).is_err(), "{key:?}");
        }
        assert_eq!(poisson_selection(units).unwrap(), [0, 1, 2, 4]);
        assert_eq!(systematic_selection(units.targets, 0.6).unwrap(), [1, 2]);
        assert!(systematic_selection(&[0.5], 1.0).is_err());
        assert!(poisson_selection(RankedUnits { targets: &[0.5], numbers: &[] }).is_err());
    }
}
