//! Inclusion probabilities proportional to size.

use crate::stats::StatsError;

/// Returns inclusion probabilities proportional to size that add up to `expected` units, none above 1.
///
/// Units whose share would exceed 1 become certain, and the rest share what is left, until no share exceeds 1. A size of
/// 0 gets probability 0: such a unit is not covered by the sample.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without sizes; [`StatsError::OutOfRange`] for a size below 0 or not finite, or an expected
/// number that is not above 0 and at most the number of units of positive size.
///
/// # Source
///
/// Sarndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, 3.6; Tille (2006), Sampling Algorithms, 2.10.
pub fn inclusion_probabilities(sizes: &[f64], expected: f64) -> Result<Vec<f64>, StatsError> {
    if sizes.is_empty() {
        return Err(StatsError::NoUnits);
    }
    if let Some(size) = sizes.iter().find(|size| !(**size >= 0.0 && size.is_finite())) {
        return Err(StatsError::OutOfRange { what: "a size of 0 or above", value: *size });
    }
    let mut open: Vec<usize> = (0..sizes.len()).filter(|unit| sizes[*unit] > 0.0).collect();
    if !(expected > 0.0 && expected <= open.len() as f64) {
        return Err(StatsError::OutOfRange {
            what: "an expected sample size above 0 and within the units of positive size",
            value: expected,
        });
    }
    open.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]).then(a.cmp(b)));
    let mut rest: Vec<f64> = open
        .iter()
        .rev()
        .scan(0.0, |sum, unit| {
            *sum += sizes[*unit];
            Some(*sum)
        })
        .collect();
    rest.reverse();
    let certain = (0..open.len())
        .find(|first| sizes[open[*first]] * (expected - *first as f64) < rest[*first])
        .unwrap_or(open.len());
    let mut probabilities = vec![0.0; sizes.len()];
    for (rank, unit) in open.iter().enumerate() {
        probabilities[*unit] = if rank < certain {
            1.0
        } else {
            (sizes[*unit] / rest[certain] * (expected - certain as f64)).min(1.0)
        };
    }
    Ok(probabilities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_large_unit_is_certain_and_the_rest_share_what_is_left() {
        // As in the tests of the R package sps: x = (0..4, 10, 9, 8, 5, 6, 7, 0, 100), n = 4.
        let sizes = [0.0, 1.0, 2.0, 3.0, 4.0, 10.0, 9.0, 8.0, 5.0, 6.0, 7.0, 0.0, 100.0];
        let got = inclusion_probabilities(&sizes, 4.0).unwrap();
        for (unit, size) in sizes[..12].iter().enumerate() {
            assert!((got[unit] - size / 55.0 * 3.0).abs() < 1e-12, "{unit}: {}", got[unit]);
        }
        assert!((got[12] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for (sizes, n) in [
            (&[1.0, 0.0][..], 2.0),
            (&[1.0], 0.0),
            (&[-1.0, 2.0], 1.0),
            (&[f64::NAN], 1.0),
            (&[], 1.0),
            (&[1.0], f64::NAN),
        ] {
            assert!(inclusion_probabilities(sizes, n).is_err(), "{sizes:?} {n}");
        }
    }

    proptest! {
        #[test]
        fn probabilities_add_up_and_rise_with_size(sizes in proptest::collection::vec(1e-3f64..1e4, 1..40), part in 0.01f64..1.0) {
            let n = part * sizes.len() as f64;
            let got = inclusion_probabilities(&sizes, n).unwrap();
            prop_assert!((got.iter().sum::<f64>() / n - 1.0).abs() < 1e-9);
            for (a, p) in sizes.iter().zip(&got) {
                prop_assert!(*p > 0.0 && *p <= 1.0);
                prop_assert!(sizes.iter().zip(&got).all(|(b, q)| a > b || p <= &(q + 1e-12)));
            }
        }
    }
}
