//! Intervals for shares on the simplex, where the delta method fails: the Bayesian bootstrap.

use crate::stats::Constrained;
use crate::stats::Draws;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Matrix;
use crate::stats::Method;
use crate::stats::StatsError;
use crate::stats::draws::Generator;
use crate::stats::draws::sorted_quantile;
use crate::stats::multiclass::simplex::LEAST_LIKELIHOOD_GAIN;
use crate::stats::multiclass::simplex::em;

/// A drawn likelihood is maximised to within this mean gain.
const DRAWN_GAIN: f64 = 1e-7;

/// What was counted: units by label code, and gold by class and label code.
///
/// In weighted samples each count is a share times the effective size of its sample.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeCounts {
    codes: Vec<f64>,
    gold: Vec<Vec<f64>>,
}

impl CodeCounts {
    /// Checks the counts: `codes[k]` labeled units of code `k`, `gold[j][k]` gold units of class `j` and code `k`.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without labels, classes, or gold for a class; [`StatsError::LengthsDiffer`] where a row of
    /// gold does not fit the codes; [`StatsError::OutOfRange`] for what is no count.
    pub fn new(codes: Vec<f64>, gold: Vec<Vec<f64>>) -> Result<Self, StatsError> {
        if let Some(row) = gold.iter().find(|row| row.len() != codes.len()) {
            return Err(StatsError::LengthsDiffer { left: codes.len(), right: row.len() });
        }
        let rows = || gold.iter().chain([&codes]);
        if let Some(value) = rows().flatten().find(|count| !(0.0..1e15).contains(*count)) {
            return Err(StatsError::OutOfRange { what: "a count", value: *value });
        }
        if gold.is_empty() || rows().any(|row| row.iter().sum::<f64>() <= 0.0) {
            return Err(StatsError::NoUnits);
        }
        Ok(Self { codes, gold })
    }

    fn shares(counts: &[f64]) -> Vec<f64> {
        let total: f64 = counts.iter().sum();
        counts.iter().map(|count| count / total).collect()
    }

    fn drawn(counts: &[f64], generator: &mut Generator) -> Vec<f64> {
        let draw = |count: &f64| if *count > 0.0 { generator.gamma(*count) } else { 0.0 };
        Self::shares(&counts.iter().map(draw).collect::<Vec<_>>())
    }
}

/// Returns the maximum-likelihood shares on the simplex with an interval for each.
///
/// Every draw replaces the shares of the codes, and of each class's error rates, by Dirichlet variables with the counts as
/// shapes (a smoothed bootstrap), and maximises again; the limits are quantiles, widened where needed to hold the estimate.
/// Holds at the boundary, where [`Constrained::boundary`] is set and standard errors mean nothing. A code never seen in the
/// gold of a class keeps rate 0 there, so gold should be plentiful. Codes and gold are taken as independent samples.
///
/// # Errors
///
/// As [`crate::stats::simplex_em`].
///
/// # Source
///
/// Rubin (1981), Ann. Stat. 9:130–134.
pub fn simplex_intervals(
    counts: &CodeCounts,
    level: Level,
    draws: Draws,
) -> Result<(Constrained, Vec<Interval>), StatsError> {
    let rows: Vec<Vec<f64>> = counts.gold.iter().map(|row| CodeCounts::shares(row)).collect();
    let codes = CodeCounts::shares(&counts.codes);
    let found = em(&Matrix::from_rows(&rows)?, &codes, LEAST_LIKELIHOOD_GAIN)?;
    let mut generator = draws.generator();
    let mut drawn = vec![Vec::with_capacity(draws.count() as usize); rows.len()];
    for _ in 0..draws.count() {
        let codes = CodeCounts::drawn(&counts.codes, &mut generator);
        let rows: Vec<Vec<f64>> =
            counts.gold.iter().map(|row| CodeCounts::drawn(row, &mut generator)).collect();
        let shares = likeliest(&Matrix::from_rows(&rows)?, &codes)?;
        drawn.iter_mut().zip(shares).for_each(|(values, share)| values.push(share));
    }
    let interval = |(values, share): (&mut Vec<f64>, &f64)| {
        values.sort_unstable_by(f64::total_cmp);
        let quantile = |part| sorted_quantile(values, part).ok_or(StatsError::NoUnits);
        Ok(Interval {
            low: quantile(level.tail())?.min(*share),
            high: quantile(1.0 - level.tail())?.max(*share),
            method: Method::Posterior,
        })
    };
    let intervals = drawn.iter_mut().zip(&found.shares).map(interval).collect::<Result<_, _>>()?;
    Ok((found, intervals))
}

/// Returns the likeliest shares: what the inverse gives, where that lies on the simplex and explains the codes.
fn likeliest(rates: &Matrix, codes: &[f64]) -> Result<Vec<f64>, StatsError> {
    if rates.rows() == rates.columns()
        && let Ok(inverse) = rates.transposed().inverse()
    {
        let shares = inverse.apply(codes)?;
        if shares.iter().all(|share| (0.0..=1.0).contains(share)) {
            return Ok(shares);
        }
    }
    Ok(em(rates, codes, DRAWN_GAIN)?.shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Composition;
    use crate::stats::Conditioning;
    use crate::stats::invert_error_rates;

    fn intervals(codes: [f64; 2], gold: [[f64; 2]; 2]) -> (Constrained, Vec<Interval>) {
        let gold = gold.map(|row| row.to_vec()).to_vec();
        let counts = CodeCounts::new(codes.to_vec(), gold).unwrap();
        simplex_intervals(&counts, Level::new(0.95).unwrap(), Draws::least(3)).unwrap()
    }

    #[test]
    fn inside_the_simplex_the_width_is_that_of_the_delta_method() {
        let (found, got) = intervals([300.0, 700.0], [[180.0, 20.0], [40.0, 360.0]]);
        let rates = [[180, 20], [40, 360]].map(|row| Composition::from_counts(&row).unwrap());
        let codes = Composition::from_counts(&[300, 700]).unwrap();
        let raw = invert_error_rates(&codes, &rates, Conditioning::STRICT).unwrap().raw;
        assert!(!found.boundary && (found.shares[0] - raw.shares()[0]).abs() < 1e-5);
        let width = 2.0 * Level::new(0.95).unwrap().z() * raw.std_errors()[0];
        assert!(((got[0].high - got[0].low) / width - 1.0).abs() < 0.05, "{got:?} {width}");
    }

    #[test]
    fn at_the_boundary_the_interval_starts_at_0_and_has_width() {
        let (found, got) = intervals([90.0, 910.0], [[180.0, 20.0], [40.0, 360.0]]);
        assert!(found.boundary && got[0].low < 1e-6, "{found:?} {got:?}");
        assert!(got[0].high > 0.001 && got[0].high < 0.1, "{got:?}");
    }

    #[test]
    fn what_is_no_count_is_refused() {
        let row = || vec![1.0, 2.0];
        assert!(CodeCounts::new(row(), vec![]).is_err());
        assert!(CodeCounts::new(row(), vec![vec![1.0]]).is_err());
        assert!(CodeCounts::new(row(), vec![row(), vec![0.0, 0.0]]).is_err());
        assert!(CodeCounts::new(vec![f64::NAN, 1.0], vec![row()]).is_err());
        assert!(CodeCounts::new(vec![-1.0, 2.0], vec![row()]).is_err());
    }
}
