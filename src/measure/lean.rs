//! A period whose thin gold leans on that of the periods before it: the hybrid estimate, or without gold the model alone.
//!
//! The cell means of the window's gold are predictions that were fixed before the period's own gold was seen; the mean residual of
//! that gold corrects them. Only gold of the same labeler and the same standard is leant on.

use crate::eval::GoldDrawn;
use crate::eval::InputMistake;
use crate::eval::Unclear;
use crate::eval::Weighed;
use crate::eval::weighed;
use crate::gold::Cell;
use crate::measure::Code;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Verdict;
use crate::measure::breaks::Standards;
use crate::measure::day::Numbers;
use crate::measure::estimates::nested;
use crate::stats::CellSums;
use crate::stats::DayEstimate;
use crate::stats::EffectiveSize;
use crate::stats::GoldTruth;
use crate::stats::HistoricalMean;
use crate::stats::HistoricalUnit;
use crate::stats::Hybrid;
use crate::stats::LabeledUnit;
use crate::stats::ModelOnly;
use crate::stats::PooledGold;
use crate::stats::SampleInfluence;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::UnitInfluence;
use crate::stats::Weight;
use crate::stats::WeightSum;
use crate::stats::cell_shares;
use crate::stats::hybrid;
use crate::stats::kg_beta;
use crate::stats::model_only;
use crate::stats::two_phase_difference;

/// A cell with fewer gold units than this, where it has more units, is thin.
const STEADY_GOLD: u64 = 30;

/// A period and the gold it leans on, in cells that all of that gold has.
pub(crate) struct Lean<'a> {
    today: Weighed<'a>,
    drawn: GoldDrawn,
    past: Vec<Past<'a>>,
    /// Whether units without an answer count with the flagged ones, as earlier gold has none of them.
    merged: bool,
    cells: Vec<CellSums>,
    means: Vec<HistoricalMean>,
}

/// A period whose gold is leant on.
struct Past<'a> {
    name: String,
    rows: Weighed<'a>,
}

impl<'a> Lean<'a> {
    /// Returns `None` where there is nothing to lean on: no earlier gold of this labeler and standard, or none in some cell.
    pub(crate) fn of(period: &PeriodRows<'a>) -> Result<Option<Self>, Vec<InputMistake>> {
        if period.history.is_empty() || !nested(period.settings) {
            return Ok(None);
        }
        let joined = |part: &PeriodRows<'a>| {
            let rows = (part.rows.units, part.rows.gold);
            weighed(rows, part.settings.positive, part.settings.drawn, Unclear::LeftOut)
        };
        let mut past = Vec::new();
        for part in period.history.iter().filter(|part| nested(part.settings)) {
            let standards = Standards::of(part, period);
            let rows = joined(part)?;
            if standards.same_standard() && standards.same_labeler() && rows.cells.n_gold() > 0 {
                let name = part.subject.period.clone().unwrap_or_default();
                past.push(Past { name, rows });
            }
        }
        if past.is_empty() {
            return Ok(None);
        }
        let today = joined(period)?;
        let merged = past.iter().all(|past| past.rows.cells.no_answer.gold().count == 0);
        let mut lean = Self {
            drawn: period.settings.drawn,
            cells: layout(&today, merged),
            means: Vec::new(),
            today,
            past,
            merged,
        };
        match lean.pooled(None, None) {
            Ok(pooled) => lean.means = pooled.means(),
            Err(_) => return Ok(None),
        }
        Ok(Some(lean))
    }

    /// Replaces the corrected estimate, where this one can be made.
    pub(crate) fn correct(&self, measured: &mut PolicyPrevalence) {
        let level = measured.level;
        let in_the_way = measured
            .findings
            .iter()
            .any(|finding| finding.verdict == Verdict::Withheld && finding.code != Code::EmptyCell);
        if in_the_way || measured.has(Code::UndeterminedGold) || !self.thin() {
            return;
        }
        if measured.m > 0 {
            let Some(share) = self.hybrid_share() else { return };
            let estimate = Estimate::of_share(&share, kg_beta(&share, level));
            self.put(measured, (Estimator::Hybrid, estimate));
        } else if let Ok(model) = self.model_only() {
            let Ok(share) = model.share(level, measured.n) else { return };
            let estimate = Estimate::of_share(&share, kg_beta(&share, level));
            self.put(measured, (Estimator::ModelOnly, estimate));
            let detail = format!(
                "cell means of the gold of {}, which was off by {:.2} points from period to period",
                self.names(),
                100.0 * model.between_days.sqrt()
            );
            // nothing of this period can show that it is like the others
            let verdict = Verdict::Provisional;
            measured.add(Finding { code: Code::ModelOnly, verdict, detail });
        }
    }

    /// Returns whether some cell has too little gold of its own to be steady. Where none has, each cell's own mean is as precise
    /// and assumes less; the rule looks at how much gold there is, never at what it says.
    fn thin(&self) -> bool {
        let steady = |cell: &CellSums| cell.gold().count >= STEADY_GOLD.min(cell.labeled.count);
        !self.today.cells.all().iter().all(steady)
    }

    fn put(&self, measured: &mut PolicyPrevalence, (by, estimate): (Estimator, Estimate)) {
        measured.findings.retain(|finding| finding.code != Code::EmptyCell);
        measured.bounds = None;
        measured.corrected_by = by;
        measured.corrected = Ok(estimate);
        let verdicts = measured.findings.iter().map(|finding| finding.verdict);
        measured.verdict = verdicts.max().unwrap_or(Verdict::Publishable);
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.past.iter().map(|past| past.name.as_str()).collect();
        names.join(", ")
    }

    /// Gold drawn by label reaches only the cells it was drawn from; a simple random part reaches all.
    fn reached(&self) -> bool {
        let has_gold = |cell: &CellSums| cell.labeled.count == 0 || cell.gold().count > 0;
        self.drawn == GoldDrawn::FromSample || self.cells.iter().all(has_gold)
    }

    /// The hybrid estimate with the larger of two variances: the one its residuals show, and the one that the earlier means lead
    /// to expect, so that few residuals that happen to agree do not pass for precision.
    fn hybrid_share(&self) -> Option<Share> {
        if !self.reached() {
            return None;
        }
        let made = hybrid(&self.cells, &self.means).ok()?;
        let expected = hybrid(&self.expected_cells(), &self.means).ok()?;
        let of = |hybrid: &Hybrid| hybrid.first_phase + hybrid.second_phase;
        let variance = of(&made).max(of(&expected));
        let value = made.value;
        if !(value > 0.0 && value < 1.0 && variance > 0.0) {
            return None;
        }
        let n = self.cells.iter().map(|cell| cell.labeled.count).sum();
        Some(Share { value, variance, size: EffectiveSize::of_share(value, variance), n })
    }

    /// Today's gold as it would be if each cell had the earlier share of positives.
    fn expected_cells(&self) -> Vec<CellSums> {
        let part = |sum: WeightSum, share: f64| WeightSum {
            weight: sum.weight * share,
            square: sum.square * share,
            error: sum.error * share,
            first_phase_error: sum.first_phase_error * share,
            ..sum
        };
        let cell = |(cell, mean): (&CellSums, &HistoricalMean)| CellSums {
            labeled: cell.labeled,
            positives: part(cell.gold(), mean.value),
            negatives: part(cell.gold(), 1.0 - mean.value),
        };
        self.cells.iter().zip(&self.means).map(cell).collect()
    }

    fn model_only(&self) -> Result<ModelOnly, StatsError> {
        let mut residuals = Vec::with_capacity(self.past.len());
        for (at, past) in self.past.iter().enumerate() {
            // means of the other periods, as a period's own gold cannot show how far it is off
            if let Ok(others) = self.pooled(Some(at), None) {
                let cells = layout(&past.rows, self.merged);
                residuals.push(hybrid(&cells, &others.means())?.residual);
            }
        }
        model_only(&self.cells, &self.means, &residuals)
    }

    /// Pools the earlier gold, without that of one period.
    fn pooled(
        &self,
        without: Option<usize>,
        numbers: Option<&Numbers<'_>>,
    ) -> Result<PooledGold, StatsError> {
        let mut units = Vec::new();
        let used = self.past.iter().enumerate().filter(|(at, _)| Some(*at) != without);
        for unit in used.flat_map(|(_, past)| &past.rows.units) {
            let Some(gold) = unit.gold else { continue };
            let probability = unit.weight.probability() * gold.probability;
            let exposure = unit.weight.value() * unit.weight.probability();
            units.push(HistoricalUnit {
                id: numbers.map_or(0, |numbers| numbers[unit.id]),
                weight: Weight::new(exposure, probability)?,
                cell: self.index(unit.cell),
                truth: gold.truth,
            });
        }
        PooledGold::new(units, self.cells.len())
    }

    fn index(&self, cell: Cell) -> usize {
        index(cell, self.merged)
    }

    /// Returns the estimate with the influence of every unit.
    pub(crate) fn day(
        &self,
        by: Estimator,
        numbers: &Numbers<'_>,
    ) -> Result<DayEstimate, StatsError> {
        let exposure = self.today.cells.exposure();
        if by == Estimator::ModelOnly {
            return self.model_day(exposure, numbers);
        }
        let units: Vec<LabeledUnit> = self
            .today
            .units
            .iter()
            .map(|unit| LabeledUnit {
                id: numbers[unit.id],
                weight: unit.weight,
                cell: 0,
                prediction: self.means[self.index(unit.cell)].value,
                gold: unit.gold.map(|gold| GoldTruth {
                    probability: gold.probability,
                    truth: f64::from(u8::from(gold.truth == Truth::Positive)),
                }),
            })
            .collect();
        let made = two_phase_difference(&units)?;
        Ok(DayEstimate { value: made.value, exposure, sample: made.influence, calibration: None })
    }

    fn model_day(&self, exposure: f64, numbers: &Numbers<'_>) -> Result<DayEstimate, StatsError> {
        let shares: Vec<f64> = cell_shares(&self.cells)?.iter().map(|share| share.value).collect();
        let value = shares.iter().zip(&self.means).map(|(share, mean)| share * mean.value).sum();
        let unit = |unit: &crate::eval::WeighedUnit<'_>| {
            let share = unit.weight.value() / exposure;
            let labels = share * (self.means[self.index(unit.cell)].value - value);
            let probability = unit.weight.probability();
            UnitInfluence { id: numbers[unit.id], probability, share, labels, gold: None }
        };
        let sample = SampleInfluence::new(self.today.units.iter().map(unit).collect())?;
        let calibration = Some(self.pooled(None, Some(numbers))?.influence(&shares)?);
        Ok(DayEstimate { value, exposure, sample, calibration })
    }
}

/// The cells of a period: flagged, unflagged and no answer, the last with the first where it is merged.
fn layout(rows: &Weighed<'_>, merged: bool) -> Vec<CellSums> {
    let [mut flagged, unflagged, no_answer] = rows.cells.all();
    if !merged {
        return vec![flagged, unflagged, no_answer];
    }
    flagged.absorb(&no_answer);
    vec![flagged, unflagged]
}

fn index(cell: Cell, merged: bool) -> usize {
    match cell {
        Cell::Flagged => 0,
        Cell::Unflagged => 1,
        Cell::NoAnswer if merged => 0,
        Cell::NoAnswer => 2,
    }
}
