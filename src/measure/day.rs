//! One period's corrected estimate with the influence of every unit: what its covariance with another period's needs.

use crate::eval::CellInUse;
use crate::eval::InputMistake;
use crate::eval::Unclear;
use crate::eval::Weighed;
use crate::eval::WeighedGold;
use crate::eval::WeighedUnit;
use crate::eval::merge_thin;
use crate::eval::weighed;
use crate::gold::Cell;
use crate::measure::Estimator;
use crate::measure::PeriodRows;
use crate::measure::lean::Lean;
use crate::stats::DayEstimate;
use crate::stats::Flag;
use crate::stats::GoldTruth;
use crate::stats::GoldUnit;
use crate::stats::LabeledUnit;
use crate::stats::SampleInfluence;
use crate::stats::SampleUnit;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::UnitInfluence;
use crate::stats::Weight;
use crate::stats::independent_influence;
use crate::stats::two_phase_difference;
use std::collections::HashMap;

/// One number a unit, the same in every period.
pub(crate) type Numbers<'a> = HashMap<&'a str, u64>;

/// Numbers the units of several periods.
pub(crate) fn numbers<'a>(periods: &[PeriodRows<'a>]) -> Numbers<'a> {
    let mut numbers = Numbers::new();
    let history = periods.iter().flat_map(|period| period.history);
    let units = history.chain(periods).flat_map(|period| period.rows.units);
    for unit in units {
        let next = numbers.len() as u64;
        numbers.entry(unit.id).or_insert(next);
    }
    numbers
}

/// Returns the corrected estimate of a period with its influence, by the estimator that made it.
///
/// Gold on which people could not tell is left out.
pub(crate) fn day(
    period: &PeriodRows<'_>,
    by: Estimator,
    numbers: &Numbers<'_>,
) -> Result<Result<DayEstimate, StatsError>, Vec<InputMistake>> {
    if matches!(by, Estimator::Hybrid | Estimator::ModelOnly)
        && let Some(lean) = Lean::of(period)?
    {
        return Ok(lean.day(by, numbers));
    }
    let (rows, settings) = (period.rows, period.settings);
    let rows = (rows.units, rows.gold);
    let joined = weighed(rows, settings.positive, settings.drawn, Unclear::LeftOut)?;
    Ok(match by {
        Estimator::RoganGladen => inverted(&joined, numbers),
        Estimator::Naive
        | Estimator::TwoPhase
        | Estimator::GoldOnly
        | Estimator::Hybrid
        | Estimator::ModelOnly
        | Estimator::TwoPhaseDawidSkene
        | Estimator::KnownGoldError
        | Estimator::Change => {
            two_phase(&joined, &merge_thin(&joined.cells, settings.drawn).0, numbers)
        }
    })
}

fn two_phase(
    joined: &Weighed<'_>,
    cells: &[CellInUse],
    numbers: &Numbers<'_>,
) -> Result<DayEstimate, StatsError> {
    let index = |cell: Cell| cells.iter().position(|used| used.parts.contains(&cell)).unwrap_or(0);
    let unit = |unit: &WeighedUnit<'_>| LabeledUnit {
        id: numbers[unit.id],
        weight: unit.weight,
        cell: index(unit.cell),
        prediction: 0.0,
        gold: unit.gold.map(|gold| GoldTruth {
            probability: gold.probability,
            truth: f64::from(u8::from(gold.truth == Truth::Positive)),
        }),
    };
    let units: Vec<LabeledUnit> = joined.units.iter().map(unit).collect();
    let estimate = two_phase_difference(&units)?;
    Ok(DayEstimate {
        value: estimate.value,
        exposure: joined.cells.exposure(),
        sample: estimate.influence,
        calibration: None,
    })
}

fn inverted(joined: &Weighed<'_>, numbers: &Numbers<'_>) -> Result<DayEstimate, StatsError> {
    let flag = |cell: Cell| match cell {
        Cell::Flagged => Flag::Flagged,
        Cell::Unflagged | Cell::NoAnswer => Flag::Unflagged,
    };
    let (mut labeled, mut golden) = (Vec::new(), Vec::new());
    let (mut sample, mut gold) = (Vec::new(), Vec::new());
    for unit in &joined.units {
        let (weight, flag) = (unit.weight, flag(unit.cell));
        match unit.gold {
            Some(WeighedGold { truth, .. }) => {
                golden.push((numbers[unit.id], weight));
                gold.push(GoldUnit { weight, flag, truth });
            }
            None => {
                labeled.push((numbers[unit.id], weight));
                sample.push(SampleUnit { weight, flag });
            }
        }
    }
    let influence = independent_influence(&sample, &gold)?;
    let exposure = joined.cells.exposure();
    let of = |list: &[(u64, Weight)], phi: &[f64], total: f64| {
        let unit = |((id, weight), phi): (&(u64, Weight), &f64)| UnitInfluence {
            id: *id,
            probability: weight.probability(),
            share: if total > 0.0 { weight.value() / total } else { 0.0 },
            labels: *phi,
            gold: None,
        };
        SampleInfluence::new(list.iter().zip(phi).map(unit).collect())
    };
    Ok(DayEstimate {
        value: influence.estimate.raw,
        exposure,
        sample: of(&labeled, &influence.sample, exposure)?,
        calibration: Some(of(&golden, &influence.gold, 0.0)?),
    })
}
