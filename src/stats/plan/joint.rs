//! Joint inclusion probabilities of designs that draw a fixed number of units with given probabilities.

use crate::stats::JointProbabilities;
use crate::stats::StatsError;
use crate::stats::plan::inclusion_probabilities;

/// Steps at most until the working probabilities give the wanted ones.
const MOST_STEPS: u32 = 10_000;
/// Inclusion probabilities are met to this precision.
const PRECISION: f64 = 1e-12;
/// A full step can double the correction it should make (two units, one drawn) and never settle.
const DAMPING: f64 = 0.7;
/// A sum of inclusion probabilities this close to a whole number is one.
const WHOLE: f64 = 1e-6;
/// Below this a unit is never drawn, above its complement always.
const EDGE: f64 = 1e-9;

/// Returns the joint probabilities of conditional Poisson sampling, the design of maximum entropy.
///
/// `probabilities` are the wanted inclusion probabilities in `[0, 1]`; they add up to the fixed sample size. Time grows
/// as `N^2 n`.
///
/// # Errors
///
/// [`StatsError::NotAProbability`] outside `[0, 1]`, [`StatsError::OutOfRange`] unless the sum is a whole number above
/// 0, [`StatsError::NoConvergence`].
///
/// # Source
///
/// Chen, Dempster & Liu (1994), Biometrika 81:457–469; Tille (2006), Sampling Algorithms, 5.
pub fn joint_max_entropy(probabilities: &[f64]) -> Result<JointProbabilities, StatsError> {
    let frame = Frame::new(probabilities)?;
    let chances = working_chances(&frame)?;
    let mut inner = vec![vec![0.0; frame.open.len()]; frame.open.len()];
    for first in 0..frame.open.len() {
        let own = frame.open[first].1;
        inner[first][first] = own;
        let others: Vec<f64> =
            chances.iter().enumerate().filter(|(k, _)| *k != first).map(|(_, p)| *p).collect();
        let given = conditional(&others, frame.size - 1);
        for (place, chance) in given.iter().enumerate() {
            inner[first][place + usize::from(first <= place)] = own * chance;
        }
    }
    frame.assemble(&symmetric(&inner))
}

/// Returns the joint probabilities of Tille's elimination procedure.
///
/// `probabilities` as in [`joint_max_entropy`].
///
/// # Errors
///
/// [`StatsError::NotAProbability`] outside `[0, 1]`, [`StatsError::OutOfRange`] unless the sum is a whole number above 0.
///
/// # Source
///
/// Tille (1996), Biometrika 83:238–241.
pub fn joint_tille(probabilities: &[f64]) -> Result<JointProbabilities, StatsError> {
    let frame = Frame::new(probabilities)?;
    let sizes: Vec<f64> = frame.open.iter().map(|(_, pi)| *pi).collect();
    let n = sizes.len();
    let mut inner = vec![vec![1.0; n]; n];
    let mut before = vec![1.0; n];
    for left in (frame.size..n).rev() {
        let after = if left == frame.size {
            sizes.clone()
        } else if left == 0 {
            vec![0.0; n]
        } else {
            inclusion_probabilities(&sizes, left as f64)?
        };
        let out: Vec<f64> = after.iter().zip(&before).map(|(a, b)| 1.0 - a / b).collect();
        for (row, own) in inner.iter_mut().zip(&out) {
            row.iter_mut().zip(&out).for_each(|(both, other)| *both *= 1.0 - own - other);
        }
        before = after;
    }
    for (place, size) in sizes.iter().enumerate() {
        inner[place][place] = *size;
    }
    frame.assemble(&inner)
}

/// Returns the joint probabilities of systematic sampling in the given order. Many pairs have probability 0.
///
/// `probabilities` as in [`joint_max_entropy`].
///
/// # Errors
///
/// [`StatsError::NotAProbability`] outside `[0, 1]`, [`StatsError::OutOfRange`] unless the sum is a whole number above 0.
///
/// # Source
///
/// Connor (1966), JASA 61:384–390; Tille (2006), Sampling Algorithms, 7.
pub fn joint_systematic(probabilities: &[f64]) -> Result<JointProbabilities, StatsError> {
    let frame = Frame::new(probabilities)?;
    let n = frame.open.len();
    let pi = |k: usize| frame.open[k].1;
    let both = |first: usize, second: usize| {
        let way: f64 = (first..second).map(pi).sum();
        let part = way - way.floor();
        (pi(first) - part).max(0.0).min(pi(second))
            + pi(first).min((part + pi(second) - 1.0).max(0.0))
    };
    let of = |i: usize, j: usize| if i == j { pi(i) } else { both(i.min(j), i.max(j)) };
    let inner: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| of(i, j)).collect()).collect();
    frame.assemble(&inner)
}

/// A frame without the units that are certain to be drawn, or never drawn.
struct Frame<'a> {
    probabilities: &'a [f64],
    /// The units left, each with its probability.
    open: Vec<(usize, f64)>,
    /// How many of them are drawn.
    size: usize,
}

impl<'a> Frame<'a> {
    fn new(probabilities: &'a [f64]) -> Result<Self, StatsError> {
        if let Some(pi) = probabilities.iter().find(|pi| !(0.0..=1.0).contains(*pi)) {
            return Err(StatsError::NotAProbability(*pi));
        }
        let sum: f64 = probabilities.iter().sum();
        if sum < 0.5 || (sum - sum.round()).abs() > WHOLE {
            return Err(StatsError::OutOfRange {
                what: "a sum of inclusion probabilities that is a whole number above 0",
                value: sum,
            });
        }
        let between = |pi: f64| EDGE < pi && pi < 1.0 - EDGE;
        let open: Vec<(usize, f64)> =
            probabilities.iter().copied().enumerate().filter(|(_, pi)| between(*pi)).collect();
        let size = open.iter().map(|(_, pi)| pi).sum::<f64>().round() as usize;
        Ok(Self { probabilities, open, size })
    }

    /// Puts the certain units back: each is drawn with any other whenever that one is.
    fn assemble(&self, inner: &[Vec<f64>]) -> Result<JointProbabilities, StatsError> {
        let pi = self.probabilities;
        let mut rows: Vec<Vec<f64>> =
            pi.iter().map(|own| pi.iter().map(|other| own * other).collect()).collect();
        for (unit, row) in rows.iter_mut().enumerate() {
            row[unit] = pi[unit];
        }
        for ((unit, _), values) in self.open.iter().zip(inner) {
            for ((other, _), both) in self.open.iter().zip(values) {
                rows[*unit][*other] = *both;
            }
        }
        JointProbabilities::new(rows)
    }
}

/// Returns the chances of independent draws that, given the sample size, have the wanted inclusion probabilities.
fn working_chances(frame: &Frame<'_>) -> Result<Vec<f64>, StatsError> {
    let logit = |p: f64| p.ln() - (-p).ln_1p();
    let wanted: Vec<f64> = frame.open.iter().map(|(_, pi)| *pi).collect();
    let mut logits: Vec<f64> = wanted.iter().map(|pi| logit(*pi)).collect();
    let mut change = 0.0;
    for _ in 0..MOST_STEPS {
        let chances: Vec<f64> = logits.iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect();
        let got = conditional(&chances, frame.size);
        change = got.iter().zip(&wanted).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
        if change <= PRECISION {
            return Ok(chances);
        }
        for ((own, got), wanted) in logits.iter_mut().zip(&got).zip(&wanted) {
            *own += DAMPING * (logit(*wanted) - logit(*got));
        }
    }
    Err(StatsError::NoConvergence { iterations: MOST_STEPS, change })
}

/// Returns the probability of each unit to be drawn, given that `size` of the independent draws succeed.
///
/// The distributions of successes before and after each unit are all sums of positive terms, so nothing cancels.
fn conditional(chances: &[f64], size: usize) -> Vec<f64> {
    let n = chances.len();
    let step = |counts: &Vec<f64>, chance: f64| -> Vec<f64> {
        let one_more = |k: usize| if k == 0 { 0.0 } else { counts[k - 1] };
        (0..counts.len()).map(|k| counts[k] * (1.0 - chance) + one_more(k) * chance).collect()
    };
    let start: Vec<f64> = (0..=size).map(|k| if k == 0 { 1.0 } else { 0.0 }).collect();
    let (mut before, mut after) = (vec![start.clone()], vec![start]);
    for unit in 0..n {
        before.push(step(&before[unit], chances[unit]));
        after.push(step(&after[unit], chances[n - 1 - unit]));
    }
    let all = before[n][size];
    let with = |unit: usize| {
        let (left, right) = (&before[unit], &after[n - 1 - unit]);
        (0..size).map(|k| left[k] * right[size - 1 - k]).sum::<f64>() * chances[unit] / all
    };
    (0..n).map(with).collect()
}

fn symmetric(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let both = |i: usize, j: usize| 0.5 * (rows[i][j] + rows[j][i]);
    (0..rows.len()).map(|i| (0..rows.len()).map(|j| both(i, j)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(joint: &JointProbabilities, wanted: &[f64]) {
        let size: f64 = wanted.iter().sum();
        for (i, row) in joint.rows().iter().enumerate() {
            // With n units in every sample, sum_j pi_ij = n pi_i.
            assert!((row.iter().sum::<f64>() - size * wanted[i]).abs() < 1e-9, "{i}: {row:?}");
            assert!((row[i] - wanted[i]).abs() < 1e-12);
        }
    }

    #[test]
    fn joint_probabilities_add_up_to_the_sample_size() {
        let wanted = [0.2, 0.7, 1.0, 0.4, 0.25, 0.9, 0.55, 0.0];
        for joint in [
            joint_max_entropy(&wanted).unwrap(),
            joint_tille(&wanted).unwrap(),
            joint_systematic(&wanted).unwrap(),
        ] {
            check(&joint, &wanted);
        }
    }

    #[test]
    fn very_unequal_probabilities_are_met_too() {
        let sizes: Vec<f64> = (1..=60).map(|i| f64::from(i).powi(3)).collect();
        for expected in [3.0, 20.0, 45.0] {
            let wanted = inclusion_probabilities(&sizes, expected).unwrap();
            check(&joint_max_entropy(&wanted).unwrap(), &wanted);
            check(&joint_tille(&wanted).unwrap(), &wanted);
            check(&joint_systematic(&wanted).unwrap(), &wanted);
        }
    }

    #[test]
    fn equal_probabilities_give_simple_random_sampling() {
        for joint in [joint_max_entropy(&[0.4; 10]).unwrap(), joint_tille(&[0.4; 10]).unwrap()] {
            assert!((joint.rows()[2][7] - 4.0 * 3.0 / 90.0).abs() < 1e-12);
        }
        let large = joint_max_entropy(&[0.9; 60]).unwrap();
        assert!((large.rows()[0][59] - 54.0 * 53.0 / (60.0 * 59.0)).abs() < 1e-12);
    }

    #[test]
    fn one_unit_is_drawn_alone_and_half_a_unit_not_at_all() {
        let alone = joint_max_entropy(&[0.3, 0.7]).unwrap();
        assert!(alone.rows()[0][1].abs() < 1e-12);
        assert!(joint_tille(&[0.3, 0.6]).is_err() && joint_systematic(&[1.5]).is_err());
        let all = joint_max_entropy(&[1.0, 1.0]).unwrap();
        assert!((all.rows()[0][1] - 1.0).abs() < 1e-12);
    }
}
