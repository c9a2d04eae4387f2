//! Shares of several labels by inverting the labeler's error rates: model-dependent, for independent gold.

use crate::eval::Coded;
use crate::measure::Code;
use crate::measure::Estimate;
use crate::measure::Missing;
use crate::measure::Settings;
use crate::stats::CodeCounts;
use crate::stats::Composition;
use crate::stats::Conditioning;
use crate::stats::Draws;
use crate::stats::EffectiveSize;
use crate::stats::Interval;
use crate::stats::Inverted;
use crate::stats::Matrix;
use crate::stats::StatsError;
use crate::stats::WeightSum;
use crate::stats::invert_error_rates;
use crate::stats::simplex_em;
use crate::stats::simplex_intervals;

/// How far inverted shares may sum from 1 before they count as having left the simplex.
const ROUNDING: f64 = 1e-6;

/// Shares by inversion, one a class.
pub(super) struct Inverse {
    pub(super) shares: Vec<Result<Estimate, Missing>>,
    /// The covariance of the shares; `None` where the inverse left the simplex.
    pub(super) covariance: Option<Matrix>,
    pub(super) conditioning: (f64, f64),
}

/// What the rows add up to, by the codes that occur and the classes gold has.
struct Tables {
    /// The classes gold has.
    seen: Vec<usize>,
    labeled: Vec<WeightSum>,
    /// One row a seen class.
    gold: Vec<Vec<WeightSum>>,
}

/// Inverts the error rates; a unit without an answer counts as if the labeler had said `default`.
///
/// A class that no gold unit has is left out: its rates are unknown, and its share is at most what gold alone leaves for it.
///
/// # Errors
///
/// [`StatsError::IllConditioned`] where the labeler confuses the classes too much, [`StatsError::LengthsDiffer`] where it uses
/// fewer codes than gold has classes, [`StatsError::NoUnits`] without gold.
pub(super) fn inverse(
    coded: &Coded<'_, '_>,
    (classes, default): (usize, Option<usize>),
    settings: &Settings<'_>,
) -> Result<Inverse, StatsError> {
    let tables = Tables::of(coded, classes, default);
    let codes = Composition::from_weights(&tables.labeled)?;
    let rates: Vec<Composition> =
        tables.gold.iter().map(|row| Composition::from_weights(row)).collect::<Result<_, _>>()?;
    if rates.is_empty() {
        return Err(StatsError::NoUnits);
    }
    let found = invert_error_rates(&codes, &rates, Conditioning::STRICT)?;
    let sum: f64 = found.raw.shares().iter().sum();
    let left = found.outside() || (sum - 1.0).abs() > ROUNDING;
    let values =
        if left { simplex_em(&codes, &rates)?.shares } else { found.raw.shares().to_vec() };
    let intervals = tables.intervals((&codes, &rates), settings)?;
    let mut shares = vec![Err(Missing::NoGold); classes];
    let n: u64 = tables.labeled.iter().map(|code| code.count).sum();
    for (at, class) in tables.seen.iter().enumerate() {
        shares[*class] = Ok(estimate(&found, (at, values[at]), intervals[at], (n, left)));
    }
    let covariance = (!left).then(|| spread_out(found.raw.covariance(), &tables.seen, classes));
    Ok(Inverse { shares, covariance, conditioning: (found.condition, found.smallest) })
}

fn estimate(
    found: &Inverted,
    (at, value): (usize, f64),
    interval: Interval,
    (n, left): (u64, bool),
) -> Estimate {
    let std_error = found.raw.std_errors()[at];
    let otherwise = EffectiveSize::Units(n as f64);
    Estimate {
        value,
        raw: found.raw.shares()[at],
        std_error,
        low: interval.low.min(value),
        high: interval.high.max(value),
        method: interval.method,
        n_eff: Estimate::printed_size(value, std_error.powi(2), n, otherwise),
        codes: if left { vec![Code::Clipped] } else { Vec::new() },
    }
}

impl Tables {
    fn of(coded: &Coded<'_, '_>, classes: usize, default: Option<usize>) -> Self {
        // the codes are the classes and, last, no answer
        let into: Vec<usize> = (0..classes).chain([default.unwrap_or(classes)]).collect();
        let laid = coded.laid(&into);
        let labeled = laid.labeled();
        let mut table = vec![vec![WeightSum::default(); classes]; labeled.len()];
        for (code, row) in coded.table(classes).iter().enumerate() {
            table[into[code]].iter_mut().zip(row).for_each(|(all, sum)| all.absorb(sum));
        }
        let gold_of = |class: usize| table.iter().map(|row| row[class].count).sum::<u64>();
        let seen: Vec<usize> = (0..classes).filter(|class| gold_of(*class) > 0).collect();
        let occurs =
            |code: &usize| labeled[*code].count > 0 || table[*code].iter().any(|sum| sum.count > 0);
        let used: Vec<usize> = (0..labeled.len()).filter(occurs).collect();
        let row = |class: &usize| used.iter().map(|code| table[*code][*class]).collect();
        Self {
            gold: seen.iter().map(row).collect(),
            labeled: used.iter().map(|code| labeled[*code]).collect(),
            seen,
        }
    }

    /// The limits of each seen class by a smoothed bootstrap at effective sizes. One unit is spread over the codes of each
    /// class, so that a confusion that gold happened not to show is not taken to be impossible.
    fn intervals(
        &self,
        (codes, rates): (&Composition, &[Composition]),
        settings: &Settings<'_>,
    ) -> Result<Vec<Interval>, StatsError> {
        let size = sizes(codes, &self.labeled);
        let labels = codes.shares().iter().map(|share| share * size).collect();
        let spread = 1.0 / self.labeled.len() as f64;
        let row = |(rates, sums): (&Composition, &Vec<WeightSum>)| -> Vec<f64> {
            let size = sizes(rates, sums);
            rates.shares().iter().map(|share| share * size + spread).collect()
        };
        let gold = rates.iter().zip(&self.gold).map(row).collect();
        let counts = CodeCounts::new(labels, gold)?;
        let draws = Draws::least(settings.draws.seed());
        Ok(simplex_intervals(&counts, settings.level, draws)?.1)
    }
}

/// The effective size of a composition: its total spread over its total variance, Kish's where either is 0.
fn sizes(shares: &Composition, sums: &[WeightSum]) -> f64 {
    let spread = shares.shares().iter().map(|share| share * (1.0 - share)).sum();
    let variance = shares.covariance().diagonal().iter().sum();
    let all = sums.iter().fold(WeightSum::default(), |all, sum| all.plus(sum));
    EffectiveSize::of(spread, variance, all.weight.powi(2) / all.error).units()
}

/// Returns the covariance with rows of 0 for the classes that were left out.
fn spread_out(covariance: &Matrix, seen: &[usize], classes: usize) -> Matrix {
    let mut all = Matrix::zeros(classes);
    for (a, class) in seen.iter().enumerate() {
        for (b, other) in seen.iter().enumerate() {
            all[(*class, *other)] = covariance[(a, b)];
        }
    }
    all
}
