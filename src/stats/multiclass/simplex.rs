//! Shares that must be at least 0 and sum to 1, found where an unconstrained answer is not.

use crate::stats::Composition;
use crate::stats::Matrix;
use crate::stats::StatsError;

/// A share below this lies on the boundary.
const ON_BOUNDARY: f64 = 1e-6;
/// Iterations after which a search is given up.
const MOST_ITERATIONS: u32 = 200_000;
/// A search ends when the best it could still gain is below this.
const LEAST_GAIN: f64 = 1e-13;
/// The same for a mean log-likelihood.
pub(crate) const LEAST_LIKELIHOOD_GAIN: f64 = 1e-11;

/// Shares found under the constraint that none is below 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Constrained {
    /// The shares, at least 0, summing to 1.
    pub shares: Vec<f64>,
    /// At least one share is 0: delta-method standard errors do not hold, and a bootstrap is needed.
    pub boundary: bool,
    /// Iterations made.
    pub iterations: u32,
}

/// Returns the shares with what is below 0 set to 0, scaled to sum to 1.
///
/// # Errors
///
/// [`StatsError::Undefined`] when nothing is above 0.
pub fn clip_normalise(shares: &[f64]) -> Result<Vec<f64>, StatsError> {
    let sum: f64 = shares.iter().map(|share| share.max(0.0)).sum();
    if sum > 0.0 && sum.is_finite() {
        return Ok(shares.iter().map(|share| share.max(0.0) / sum).collect());
    }
    Err(StatsError::Undefined {
        statistic: "the clipped composition",
        reason: "no share is above 0",
    })
}

/// Returns the nearest shares (in Euclidean distance) that are at least 0 and sum to 1.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without shares, [`StatsError::OutOfRange`] for one that is not finite.
///
/// # Source
///
/// Held, Wolfe & Crowder (1974), Math. Program. 6:62–88.
pub fn project_to_simplex(shares: &[f64]) -> Result<Vec<f64>, StatsError> {
    if shares.is_empty() {
        return Err(StatsError::NoUnits);
    }
    if let Some(value) = shares.iter().find(|share| !share.is_finite()) {
        return Err(StatsError::OutOfRange { what: "a finite share", value: *value });
    }
    let mut sorted = shares.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (index, share) in sorted.iter().enumerate() {
        sum += share;
        let candidate = (sum - 1.0) / (index as f64 + 1.0);
        if share - candidate > 0.0 {
            shift = candidate;
        }
    }
    Ok(shares.iter().map(|share| (share - shift).max(0.0)).collect())
}

/// Returns the shares on the simplex whose expected codes `M^T theta` are nearest to the observed ones.
///
/// `error_rates[j]` holds `P(code | class j)`. Found by projected gradients with momentum, which starts anew whenever it
/// leads uphill.
///
/// # Errors
///
/// [`StatsError::LengthsDiffer`] where the tables do not fit, [`StatsError::NoConvergence`].
///
/// # Source
///
/// Kuha & Skinner (1997), in Survey Measurement and Process Quality, ch. 28, for the problem; Beck & Teboulle (2009),
/// SIAM J. Imaging Sci. 2:183–202, and O'Donoghue & Candes (2015), Found. Comput. Math. 15:715–732, for the method.
pub fn simplex_least_squares(
    codes: &Composition,
    error_rates: &[Composition],
) -> Result<Constrained, StatsError> {
    let rates = rate_matrix(codes, error_rates)?;
    let expected = rates.transposed();
    let step = rates.singular_values()[0].powi(2).recip();
    let mut shares = vec![1.0 / error_rates.len() as f64; error_rates.len()];
    let (mut ahead, mut momentum) = (shares.clone(), 0.0);
    let slope_at = |shares: &[f64]| -> Result<Vec<f64>, StatsError> {
        let errors: Vec<f64> =
            expected.apply(shares)?.iter().zip(codes.shares()).map(|(a, b)| a - b).collect();
        rates.apply(&errors)
    };
    let mut gain = f64::INFINITY;
    for iteration in 1..=MOST_ITERATIONS {
        let slope = slope_at(&shares)?;
        let lowest = slope.iter().copied().fold(f64::INFINITY, f64::min);
        gain = shares.iter().zip(&slope).map(|(share, slope)| share * (slope - lowest)).sum();
        if gain < LEAST_GAIN {
            return Ok(constrained(shares, iteration));
        }
        let slope = slope_at(&ahead)?;
        let moved: Vec<f64> =
            ahead.iter().zip(&slope).map(|(at, slope)| at - step * slope).collect();
        let next = project_to_simplex(&moved)?;
        let moves = next.iter().zip(&shares).map(|(next, share)| next - share);
        let against: f64 = moves
            .clone()
            .zip(ahead.iter().zip(&next))
            .map(|(by, (at, next))| by * (at - next))
            .sum();
        momentum = if against > 0.0 { 0.0 } else { momentum + 1.0 };
        let part = momentum / (momentum + 3.0);
        ahead = next.iter().zip(moves).map(|(next, by)| next + part * by).collect();
        shares = next;
    }
    Err(StatsError::NoConvergence { iterations: MOST_ITERATIONS, change: gain })
}

/// Returns the maximum-likelihood shares on the simplex by the EM algorithm.
///
/// Maximises `sum_k Q_k ln sum_j theta_j P(k | j)`. Each step splits the share of every code over the classes that could
/// have caused it. Stops when no direction can raise the mean log-likelihood by more than 1e-11.
///
/// # Errors
///
/// [`StatsError::Undefined`] where a code was observed that no class can cause; [`StatsError::LengthsDiffer`];
/// [`StatsError::NoConvergence`].
///
/// # Source
///
/// Dempster, Laird & Rubin (1977), JRSS B 39:1–38; Lindsay (1983), Ann. Stat. 11:86–94, for the bound that ends it.
pub fn simplex_em(
    codes: &Composition,
    error_rates: &[Composition],
) -> Result<Constrained, StatsError> {
    em(&rate_matrix(codes, error_rates)?, codes.shares(), LEAST_LIKELIHOOD_GAIN)
}

/// Runs the EM algorithm until the mean log-likelihood can gain no more than `least_gain`.
pub(crate) fn em(
    rates: &Matrix,
    observed: &[f64],
    least_gain: f64,
) -> Result<Constrained, StatsError> {
    let expected = rates.transposed();
    let mut shares = vec![1.0 / rates.rows() as f64; rates.rows()];
    let mut gain = f64::INFINITY;
    for iteration in 1..=MOST_ITERATIONS {
        let ratios: Vec<f64> = expected
            .apply(&shares)?
            .iter()
            .zip(observed)
            .map(|(expected, observed)| if *observed > 0.0 { observed / expected } else { 0.0 })
            .collect();
        if ratios.iter().any(|ratio| !ratio.is_finite()) {
            let reason = "a code was observed that no class has in its error rates";
            return Err(StatsError::Undefined { statistic: "the likelihood", reason });
        }
        let factors = rates.apply(&ratios)?;
        gain = factors.iter().copied().fold(f64::NEG_INFINITY, f64::max) - 1.0;
        if gain < least_gain {
            return Ok(constrained(shares, iteration));
        }
        shares.iter_mut().zip(&factors).for_each(|(share, factor)| *share *= factor);
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
    }
    Err(StatsError::NoConvergence { iterations: MOST_ITERATIONS, change: gain })
}

fn constrained(shares: Vec<f64>, iterations: u32) -> Constrained {
    Constrained { boundary: shares.iter().any(|share| *share < ON_BOUNDARY), shares, iterations }
}

/// Returns the error rates as a matrix, one row a class, one column a code.
pub(crate) fn rate_matrix(
    codes: &Composition,
    error_rates: &[Composition],
) -> Result<Matrix, StatsError> {
    let rows: Vec<Vec<f64>> = error_rates.iter().map(|row| row.shares().to_vec()).collect();
    let rates = Matrix::from_rows(&rows)?;
    if rates.columns() == codes.shares().len() {
        return Ok(rates);
    }
    Err(StatsError::LengthsDiffer { left: codes.shares().len(), right: rates.columns() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rates(rows: &[&[f64]]) -> Vec<Composition> {
        rows.iter().map(|row| Composition::known(row).unwrap()).collect()
    }

    #[test]
    fn a_composition_on_the_simplex_is_its_own_projection() {
        let shares = [0.2, 0.5, 0.3];
        for (got, expected) in project_to_simplex(&shares).unwrap().iter().zip(shares) {
            assert!((got - expected).abs() < 1e-12);
        }
        assert_eq!(project_to_simplex(&[2.0, 0.0]).unwrap(), [1.0, 0.0]);
        assert!(clip_normalise(&[-0.1, 0.0]).is_err() && project_to_simplex(&[]).is_err());
    }

    #[test]
    fn a_share_pushed_below_0_is_held_at_the_boundary_and_said_so() {
        let rates = rates(&[&[0.9, 0.1], &[0.2, 0.8]]);
        let codes = Composition::known(&[0.1, 0.9]).unwrap();
        for found in
            [simplex_em(&codes, &rates).unwrap(), simplex_least_squares(&codes, &rates).unwrap()]
        {
            assert!(found.boundary && found.shares[0] < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn a_code_that_nothing_can_cause_is_an_error() {
        let rates = rates(&[&[0.9, 0.1, 0.0], &[0.2, 0.8, 0.0]]);
        let codes = Composition::known(&[0.4, 0.4, 0.2]).unwrap();
        assert!(matches!(simplex_em(&codes, &rates), Err(StatsError::Undefined { .. })));
    }

    proptest! {
        #[test]
        fn inside_the_simplex_both_searches_find_the_shares_that_caused_the_codes(
            parts in prop::collection::vec(0.1f64..1.0, 3),
        ) {
            let rates = rates(&[&[0.8, 0.1, 0.1], &[0.1, 0.7, 0.2], &[0.05, 0.15, 0.8]]);
            let total: f64 = parts.iter().sum();
            let truth: Vec<f64> = parts.iter().map(|part| part / total).collect();
            let code = |k: usize| (0..3).map(|j| truth[j] * rates[j].shares()[k]).sum::<f64>();
            let codes = Composition::known(&[code(0), code(1), code(2)]).unwrap();
            let (em, squares) = (simplex_em(&codes, &rates).unwrap(), simplex_least_squares(&codes, &rates).unwrap());
            for j in 0..3 {
                prop_assert!((em.shares[j] - truth[j]).abs() < 1e-5, "{:?} {:?}", em, truth);
                prop_assert!((squares.shares[j] - truth[j]).abs() < 1e-5, "{:?} {:?}", squares, truth);
            }
        }
    }
}
