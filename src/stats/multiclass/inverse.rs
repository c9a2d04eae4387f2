//! Shares of several classes by inverting the labeler's error rates: Rogan and Gladen's correction for many classes.

use crate::stats::Composition;
use crate::stats::StatsError;
use crate::stats::multiclass::simplex::rate_matrix;

/// How well conditioned error rates must be to be inverted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditioning {
    /// The largest condition number allowed: largest over smallest singular value.
    pub most_condition: f64,
    /// The least singular value allowed.
    pub least_singular: f64,
}

/// Shares corrected by inversion.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverted {
    /// The estimates as they come out, outside `[0, 1]` where the samples disagree, with their delta-method covariance.
    pub raw: Composition,
    /// The condition number of the error rates.
    pub condition: f64,
    /// Their smallest singular value.
    pub smallest: f64,
}

impl Conditioning {
    /// What titer asks of error rates before it inverts them.
    pub const STRICT: Self = Self { most_condition: 20.0, least_singular: 0.1 };
}

impl Inverted {
    /// Returns whether a share lies outside `[0, 1]`.
    #[must_use]
    pub fn outside(&self) -> bool {
        self.raw.shares().iter().any(|share| !(0.0..=1.0).contains(share))
    }
}

/// Corrects the shares of label codes by the inverse of the labeler's error rates.
///
/// `error_rates[j]` holds `P(code k | class j)`, the same in the population the codes come from (label shift only).
/// `theta = A Q` with `A` the inverse of `M^T`, by least squares where there are more codes than classes; the first-order
/// covariance is `A [ Cov(Q) + sum_j theta_j^2 Cov(M_j) ] A^T`. Known error rates ([`Composition::known`]) add none.
/// Assumes that the codes and the rows of error rates come from independent samples; where gold is part of the labeled
/// sample use [`crate::stats::double_sample`], which needs no inverse. Weighted samples bring their own covariance.
///
/// # Errors
///
/// [`StatsError::IllConditioned`] beyond `limits`, [`StatsError::LengthsDiffer`] where rows do not fit the codes or
/// there are fewer codes than classes, [`StatsError::NoUnits`] without classes.
///
/// # Source
///
/// Greenland (1988), Stat. Med. 7:745–757; Kuha & Skinner (1997), in Survey Measurement and Process Quality, ch. 28.
pub fn invert_error_rates(
    codes: &Composition,
    error_rates: &[Composition],
    limits: Conditioning,
) -> Result<Inverted, StatsError> {
    let rates = rate_matrix(codes, error_rates)?;
    if rates.rows() > rates.columns() {
        return Err(StatsError::LengthsDiffer { left: rates.columns(), right: rates.rows() });
    }
    let singular = rates.singular_values();
    let (largest, smallest) = (singular[0], singular[singular.len() - 1]);
    let condition = largest / smallest;
    let steady = condition <= limits.most_condition && smallest >= limits.least_singular;
    if !steady {
        return Err(StatsError::IllConditioned { condition, smallest });
    }
    let inverse = rates.transposed().inverse()?;
    let shares = inverse.apply(codes.shares())?;
    let mut spread = codes.covariance().clone();
    for (share, row) in shares.iter().zip(error_rates) {
        spread.add_scaled(share.powi(2), row.covariance());
    }
    let covariance = inverse.carry(&spread)?;
    Ok(Inverted { raw: Composition::estimated(shares, covariance), condition, smallest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::double_sample;
    use crate::stats::error_rates_by_code;
    use proptest::prelude::*;

    #[test]
    fn two_classes_are_corrected_as_rogan_and_gladen_do() {
        // Worked by hand: (0.21/1000 + 0.25^2 0.09/100 + 0.75^2 0.09/200) / 0.8^2
        let rates = [[90, 10], [20, 180]].map(|row| Composition::from_counts(&row).unwrap());
        let codes = Composition::from_counts(&[300, 700]).unwrap();
        let corrected = invert_error_rates(&codes, &rates, Conditioning::STRICT).unwrap();
        assert!((corrected.raw.shares()[0] - 0.25).abs() < 1e-12);
        let error = corrected.raw.std_errors()[0];
        assert!((error - 0.000_811_523_437_5_f64.sqrt()).abs() < 1e-12, "{error}");
        assert!(!corrected.outside());
    }

    #[test]
    fn gold_drawn_by_label_gives_the_direct_estimate() {
        let gold = [vec![90, 6, 2], vec![8, 70, 10], vec![2, 4, 38]];
        let codes = Composition::from_counts(&[8000, 1500, 500]).unwrap();
        let rates = error_rates_by_code(&codes, &gold).unwrap();
        let corrected = invert_error_rates(&codes, &rates, Conditioning::STRICT).unwrap();
        for (got, expected) in corrected.raw.shares().iter().zip([0.750_603, 0.172_843, 0.076_554])
        {
            assert!((got - expected).abs() < 5e-7, "{got} for {expected}");
        }
    }

    #[test]
    fn a_labeler_near_chance_is_refused() {
        let rates = [[0.52, 0.48], [0.5, 0.5]].map(|row| Composition::known(&row).unwrap());
        let codes = Composition::from_counts(&[510, 490]).unwrap();
        let refused = invert_error_rates(&codes, &rates, Conditioning::STRICT);
        assert!(matches!(refused, Err(StatsError::IllConditioned { .. })), "{refused:?}");
    }

    #[test]
    fn more_codes_than_classes_are_solved_by_least_squares() {
        let rates = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]].map(|row| Composition::known(&row).unwrap());
        let codes = Composition::known(&[0.31, 0.59, 0.1]).unwrap();
        let corrected = invert_error_rates(&codes, &rates, Conditioning::STRICT).unwrap();
        assert!((corrected.raw.shares()[0] - 0.3).abs() < 1e-12, "{corrected:?}");
        let few = Composition::known(&[1.0]).unwrap();
        assert!(invert_error_rates(&few, &rates, Conditioning::STRICT).is_err());
    }

    proptest! {
        #[test]
        fn direct_and_inverse_agree_for_any_gold_drawn_by_label(
            counts in prop::collection::vec(2u64..60, 9), codes in prop::collection::vec(50u64..900, 3),
        ) {
            let gold: Vec<Vec<u64>> = counts.chunks(3).map(<[u64]>::to_vec).collect();
            let codes = Composition::from_counts(&codes).unwrap();
            let rates = error_rates_by_code(&codes, &gold).unwrap();
            let limits = Conditioning { most_condition: 1e4, least_singular: 1e-4 };
            if let Ok(inverse) = invert_error_rates(&codes, &rates, limits) {
                let direct = double_sample(&codes, &gold).unwrap();
                for (a, b) in inverse.raw.shares().iter().zip(&direct.shares) {
                    prop_assert!((a - b).abs() < 1e-8, "{} {}", a, b);
                }
            }
        }
    }
}
